/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the tests would take from a GLib that is newer than 2.68. */
#include <glib.h>

/* As g_test_fail_printf() of GLib 2.70. */
#define test_fail(...)                \
    G_STMT_START                      \
    {                                 \
        g_test_message (__VA_ARGS__); \
        g_test_fail ();               \
    }                                 \
    G_STMT_END

/* As g_strv_builder_add_many() of GLib 2.70. */
static inline G_GNUC_NULL_TERMINATED void
test_add_words (GStrvBuilder *builder, ...)
{
    va_list words;

    va_start (words, builder);
    for (const char *word = va_arg (words, const char *); word; word = va_arg (words, const char *))
        g_strv_builder_add (builder, word);
    va_end (words);
}
