/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rounded sizes are never too small, never far too large, and seldom change. */
#include "plugin/element/steady-size.h"

#define MIB ((guint64)1 << 20)
#define GIB ((guint64)1 << 30)

static void
test_rounded_up (void)
{
    static const struct {
        guint64 bytes, expected;
    } cases[] = {
        {0, 0},
        {1, 64 * MIB},
        {64 * MIB, 64 * MIB},
        {64 * MIB + 1, 128 * MIB},
        {GIB - 1, GIB},
        {GIB, GIB},
        {GIB + 1, GIB + 128 * MIB},
        {80 * GIB, 80 * GIB},
        {80 * GIB + 1, 88 * GIB},
        {G_MAXUINT64, G_MAXUINT64},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        g_assert_cmpuint (vgate_steady_size (cases[i].bytes, 0), ==, cases[i].expected);
}

static void
test_kept (void)
{
    const guint64 before = vgate_steady_size (10 * GIB, 0);

    g_assert_cmpuint (before, ==, 10 * GIB);
    g_assert_cmpuint (vgate_steady_size (9 * GIB, before), ==, before);
    g_assert_cmpuint (vgate_steady_size (8 * GIB + 1, before), ==, before);
    g_assert_cmpuint (vgate_steady_size (8 * GIB, before), ==, 8 * GIB);
    g_assert_cmpuint (vgate_steady_size (10 * GIB + 1, before), ==, 11 * GIB);
    g_assert_cmpuint (vgate_steady_size (0, before), ==, 0);
}

/* A size that varies around any border is written once. */
static void
test_swinging (void)
{
    for (guint64 border = 64 * MIB; border <= 200 * GIB; border += 64 * MIB) {
        const guint64 high = vgate_steady_size (border + 1, vgate_steady_size (border, 0));

        g_assert_cmpuint (high, >, border);
        g_assert_cmpuint (high - border, <=, MAX (64 * MIB, border / 4));
        g_assert_cmpuint (vgate_steady_size (border, high), ==, high);
        g_assert_cmpuint (vgate_steady_size (border + 1, high), ==, high);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/steady-size/rounded-up", test_rounded_up);
    g_test_add_func ("/steady-size/kept", test_kept);
    g_test_add_func ("/steady-size/swinging", test_swinging);
    return g_test_run ();
}
