/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands between a program and libvirt: calls can be counted, made to fail, and held up once libvirt has
 * answered them. What nobody meddles with goes through. A program that links this file has these calls from
 * it, by their names.
 */
#pragma once

#include <glib.h>

/* The next so many calls of this name fail, with an error of libvirt's. $VGATE_MEDDLE_FAIL names a call that
 * always fails. */
void meddle_fail (const char *call, guint n);
/* The same, once so many more have gone through. */
void meddle_fail_after (const char *call, guint n_good, guint n);

/* The next call of this name waits, with its answer in hand, until _release (); only that one. */
void meddle_hold (const char *call);
gboolean meddle_is_held (const char *call);
void meddle_release (const char *call);

/* How many were made, and how many of those at once at the most. */
guint meddle_count (const char *call);
guint meddle_most_at_once (const char *call);

/* From now on libvirt says that each domain is being migrated away, which the test driver never does. */
void meddle_migrate (void);

/* Everything goes through again, and counts begin at 0. */
void meddle_reset (void);

/* The connection that was opened last is lost, as the program sees it. */
void meddle_lose_connection (void);
