/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes that change all the time, rounded so that an element with them seldom has to be written again. */
#pragma once

#include <glib.h>

/*
 * The size to write for so many bytes: before, while it is not too small and less than two steps too large;
 * else the bytes rounded up to a step, which is 64 MiB, or of more than 1 GiB an eighth to a sixteenth. 0,
 * not known, stays 0; before may be 0.
 */
guint64 vgate_steady_size (guint64 bytes, guint64 before);
