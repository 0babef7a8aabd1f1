/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/serve-life.h"

#include "base/descriptor.h"

#include <sys/time.h>

/* Added to the asker's deadline, so that this timer never interrupts an answer. */
#define GRACE_MS 500

void
vgate_serve_limit_life (guint deadline_ms)
{
    const guint total_ms = deadline_ms > 0 ? deadline_ms + GRACE_MS : 0;
    const struct itimerval timer = {.it_value = {total_ms / 1000, (total_ms % 1000) * 1000}};

    setitimer (ITIMER_REAL, &timer, NULL);
}

gboolean
vgate_serve_write (int out, GBytes *bytes)
{
    gsize length;
    const void *data = g_bytes_get_data (bytes, &length);

    return vgate_write_all (out, data, length);
}
