/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../test-glib.h"

#include <glib.h>

/* Runs the main loop until the condition holds; after 20 s the test fails, and goes on. */
#define WAIT_UNTIL(condition)                                                  \
    G_STMT_START                                                               \
    {                                                                          \
        const gint64 wait_end = g_get_monotonic_time () + 20 * G_USEC_PER_SEC; \
        while (!(condition)) {                                                 \
            if (g_get_monotonic_time () >= wait_end) {                         \
                test_fail ("%s not within 20 s: %s", G_STRLOC, #condition);    \
                break;                                                         \
            }                                                                  \
            if (!g_main_context_iteration (NULL, FALSE))                       \
                g_usleep (1000);                                               \
        }                                                                      \
    }                                                                          \
    G_STMT_END
