/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain's numbers always increase, and the memory for them is limited. */
#include "plugin/element/sequences.h"

#define NOW G_GINT64_CONSTANT (1764104403)

static void
test_the_clock_is_enough (void)
{
    g_autoptr (VgateSequences) sequences = vgate_sequences_new ();

    g_assert_cmpuint (vgate_sequences_floor (sequences, -1), ==, 0);
    g_assert_cmpuint (vgate_sequences_floor (sequences, 0), ==, 0);
    g_assert_cmpuint (vgate_sequences_floor (sequences, NOW), ==, NOW - 1);
    /* captured in the second before the domain ended */
    vgate_sequences_note (sequences, "a", NOW - 1, NOW);
    g_assert_cmpuint (vgate_sequences_find (sequences, "a"), ==, 0);
    g_assert_cmpuint (vgate_sequences_count (sequences), ==, 0);
}

/* A number that the clock has passed is not kept, so no later number may be lower, whatever the clock
 * does. */
static void
test_the_clock_goes_back (void)
{
    g_autoptr (VgateSequences) sequences = vgate_sequences_new ();

    vgate_sequences_note (sequences, "a", NOW - 1, NOW);
    g_assert_cmpuint (vgate_sequences_find (sequences, "a"), ==, 0);
    g_assert_cmpuint (vgate_sequences_floor (sequences, NOW - 3600), >=, NOW - 1);
    vgate_sequences_note (sequences, "b", NOW, NOW - 3600);
    g_assert_cmpuint (vgate_sequences_find (sequences, "b"), ==, NOW);
}

/* Captured in the second in which the domain ended, and the clock is set back by an hour. */
static void
test_ahead_of_the_clock (void)
{
    g_autoptr (VgateSequences) sequences = vgate_sequences_new ();

    vgate_sequences_note (sequences, "a", NOW, NOW);
    vgate_sequences_note (sequences, "b", NOW + 3600, NOW);
    g_assert_cmpuint (vgate_sequences_find (sequences, "a"), ==, NOW);
    vgate_sequences_note (sequences, "c", 1, NOW - 3600);
    g_assert_cmpuint (vgate_sequences_find (sequences, "a"), ==, NOW);
    /* a later run has a lower number only if it was never captured */
    vgate_sequences_note (sequences, "b", 0, NOW);
    g_assert_cmpuint (vgate_sequences_find (sequences, "b"), ==, NOW + 3600);
    /* until the clock has passed them */
    vgate_sequences_note (sequences, "c", 1, NOW + 1);
    g_assert_cmpuint (vgate_sequences_find (sequences, "a"), ==, 0);
    g_assert_cmpuint (vgate_sequences_count (sequences), ==, 1);
}

/* Any number of transient domains, also after the clock was set back. */
static void
test_bounded (void)
{
    g_autoptr (VgateSequences) sequences = vgate_sequences_new ();

    for (guint i = 0; i < 100000; i++) {
        g_autofree char *uuid = g_strdup_printf ("%u", i);

        vgate_sequences_note (sequences, uuid, NOW + i / 10, NOW + i / 10);
        g_assert_cmpuint (vgate_sequences_count (sequences), <=, 10);
    }
    for (guint i = 0; i < 3 * VGATE_SEQUENCES_MAX; i++) {
        g_autofree char *uuid = g_strdup_printf ("ahead-%u", i);

        vgate_sequences_note (sequences, uuid, NOW + 10000 + i, NOW - 3600);
    }
    g_assert_cmpuint (vgate_sequences_count (sequences), ==, VGATE_SEQUENCES_MAX);
    /* those that the clock passes first were dropped */
    g_assert_cmpuint (vgate_sequences_find (sequences, "ahead-0"), ==, 0);
    /* and no new number is below them */
    g_assert_cmpuint (vgate_sequences_floor (sequences, NOW), >=, NOW + 10000 + 2 * VGATE_SEQUENCES_MAX - 1);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/sequences/the-clock-is-enough", test_the_clock_is_enough);
    g_test_add_func ("/sequences/the-clock-goes-back", test_the_clock_goes_back);
    g_test_add_func ("/sequences/ahead-of-the-clock", test_ahead_of_the_clock);
    g_test_add_func ("/sequences/bounded", test_bounded);
    return g_test_run ();
}
