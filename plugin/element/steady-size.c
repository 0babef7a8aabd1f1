/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/element/steady-size.h"

#define STEP_MIN ((guint64)64 << 20)

/* A power of two, so that sizes near each other have the same step. */
static guint64
step_of (guint64 bytes)
{
    guint64 step = STEP_MIN;

    while (step <= bytes / 16)
        step *= 2;
    return step;
}

static guint64
round_up (guint64 bytes)
{
    const guint64 step = step_of (bytes), steps = bytes / step + (bytes % step != 0 ? 1 : 0);

    return steps > G_MAXUINT64 / step ? bytes : steps * step;
}

guint64
vgate_steady_size (guint64 bytes, guint64 before)
{
    if (bytes == 0 || (bytes <= before && before - bytes < 2 * step_of (bytes)))
        return bytes == 0 ? 0 : before;
    return round_up (bytes);
}
