/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The threads of this process. */
#pragma once

#include <glib.h>

static inline guint
count_process_threads (void)
{
    g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
    guint n = 0;

    g_assert_nonnull (tasks);
    while (g_dir_read_name (tasks))
        n++;
    return n;
}

/* The kernel lists a thread for a moment after pthread_join () has returned. */
static inline void
assert_process_threads (guint expected)
{
    const gint64 end = g_get_monotonic_time () + 3 * G_USEC_PER_SEC;

    while (count_process_threads () != expected && g_get_monotonic_time () < end)
        g_usleep (1000);
    g_assert_cmpuint (count_process_threads (), ==, expected);
}
