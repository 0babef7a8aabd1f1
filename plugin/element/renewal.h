/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Captures that are made again although nothing has changed, because other hosts judge a capture by its age
 * (VGATE-409). A host cannot know the limits of the others, so it renews within a third of its own limit, or
 * of the default if its own is higher or if it has none.
 *
 * All guests of a host can be captured in the same second, for example when vgpu-gated starts. Each guest
 * therefore has an age of its own, so that the renewals of thousands of guests are spread over minutes, and
 * stay so.
 */
#pragma once

#include <glib.h>

/* Returns the age in seconds, at least 1, at which the capture of this domain is made again: a sixth to
 * less than five eighteenths of the limit, so that less than a third has passed when it is written.
 * max_age: [gate] max-age; 0: no limit. */
gint64 vgate_renewal_age (gint64 max_age, const char *uuid);

/* Returns how often captures must be looked at, in seconds, at least 1: an eighteenth of the limit. */
guint vgate_renewal_interval (gint64 max_age);

/* TRUE if a capture of this time, in seconds since 1970, must be made again. A capture of the future
 * must: the clock was set back. */
gboolean vgate_renewal_is_due (gint64 captured, gint64 now, gint64 age);
