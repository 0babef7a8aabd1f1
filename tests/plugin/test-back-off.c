/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each wait is twice the one before it, up to the limit of its user. */
#include "plugin/base/back-off.h"

static void
count (gpointer user_data)
{
    ++*(guint *)user_data;
}

/* Looks at the time of the next attempt without waiting for it. */
static void
assert_next_wait (VgateBackOff *back_off, guint wait_ms)
{
    const gint64 before = g_get_monotonic_time (), wait = (gint64)wait_ms * 1000;
    gint64 due;

    vgate_back_off_schedule (back_off);
    g_assert_cmpuint (back_off->source, !=, 0);
    due = g_source_get_ready_time (g_main_context_find_source_by_id (NULL, back_off->source));
    g_assert_cmpint (due, >=, before + wait);
    g_assert_cmpint (due, <=, g_get_monotonic_time () + wait);
    vgate_back_off_clear (back_off);
    g_assert_cmpuint (back_off->source, ==, 0);
}

static void
test_up_to_its_limit (void)
{
    static const guint short_waits[] = {250, 500, 1000, 2000, 4000, 5000, 5000};
    static const guint long_waits[] = {250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
    VgateBackOff few, many;
    guint n = 0;

    vgate_back_off_init (&few, 5000, count, &n);
    vgate_back_off_init (&many, 30000, count, &n);
    for (gsize i = 0; i < G_N_ELEMENTS (short_waits); i++)
        assert_next_wait (&few, short_waits[i]);
    for (gsize i = 0; i < G_N_ELEMENTS (long_waits); i++)
        assert_next_wait (&many, long_waits[i]);
    vgate_back_off_reset (&few);
    assert_next_wait (&few, 250);
    g_assert_cmpuint (n, ==, 0);
}

/* An attempt that is due is not postponed, and is made once. */
static void
test_one_attempt (void)
{
    VgateBackOff back_off;
    guint n = 0, source;

    vgate_back_off_init (&back_off, 5000, count, &n);
    vgate_back_off_schedule (&back_off);
    source = back_off.source;
    vgate_back_off_schedule (&back_off);
    g_assert_cmpuint (back_off.source, ==, source);
    while (n == 0)
        g_main_context_iteration (NULL, TRUE);
    g_assert_cmpuint (back_off.source, ==, 0);
    assert_next_wait (&back_off, 500);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/back-off/limit", test_up_to_its_limit);
    g_test_add_func ("/back-off/one-attempt", test_one_attempt);
    return g_test_run ();
}
