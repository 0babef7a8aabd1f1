/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wraps libvirt: calls can be counted, made to fail, and held up after libvirt has answered them. All others
 * go through. A program that links this file gets these functions in place of libvirt's. */
#pragma once

#include <glib.h>

/* Makes this number of the next calls of the function fail, with an error of libvirt's. $VGATE_MEDDLE_FAIL
 * names a function that always fails. */
void meddle_fail (const char *call, guint n);
/* The same, after n_good more calls that succeed. */
void meddle_fail_after (const char *call, guint n_good, guint n);

/* Holds the next call of this function, after libvirt's answer, until _release (). */
void meddle_hold (const char *call);
gboolean meddle_is_held (const char *call);
void meddle_release (const char *call);

/* Returns how many calls were made, and how many of them at once at most. */
guint meddle_count (const char *call);
guint meddle_most_at_once (const char *call);

/* From now on libvirt reports that each domain is being migrated away, which the test driver never does. */
void meddle_migrate (void);

/* Lets all calls through again, and sets the counts to 0. */
void meddle_reset (void);

/* The program loses the connection that was opened last. */
void meddle_lose_connection (void);
