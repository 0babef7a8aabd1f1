/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rounds sizes that change all the time, so that an element with them is seldom written again. */
#pragma once

#include <glib.h>

/*
 * Returns the size to write for a number of bytes: before, if it is not too small and less than two steps too
 * large; else the bytes rounded up to a step. A step is 64 MiB up to 1 GiB, and an eighth to a sixteenth of a
 * larger size. 0 (not known) remains 0; before may be 0.
 */
guint64 vgate_steady_size (guint64 bytes, guint64 before);
