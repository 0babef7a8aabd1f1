/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When captures are made again for their age. */
#include "plugin/element/renewal.h"

#include "policy/policy.h"

static char *
uuid_of (guint i)
{
    return g_strdup_printf ("7e9b6c1a-30d2-4d8f-a1c4-%012x", i);
}

/* Whatever the limit is, a third of it has not passed when a capture is looked at after its age. */
static void
test_in_time (void)
{
    static const gint64 limits[] = {9, 18, 30, 60, 61, 90, 600, 3599, 3600};

    for (gsize i = 0; i < G_N_ELEMENTS (limits); i++) {
        for (guint j = 0; j < 1000; j++) {
            g_autofree char *uuid = uuid_of (j);
            const gint64 age = vgate_renewal_age (limits[i], uuid);

            g_assert_cmpint (age, >=, 1);
            g_assert_cmpint (age + vgate_renewal_interval (limits[i]), <=, limits[i] / 3);
            g_assert_cmpint (age, >=, limits[i] / 6);
        }
    }
}

/* The limits of other hosts are not known, so a host without a limit, or with a higher one than the default,
 * renews as one with the default does. */
static void
test_other_limits (void)
{
    static const gint64 limits[] = {0, VGATE_MAX_AGE_DEFAULT + 1, 86400, G_MAXINT32};

    for (gsize i = 0; i < G_N_ELEMENTS (limits); i++) {
        g_autofree char *uuid = uuid_of (1);

        g_assert_cmpint (vgate_renewal_age (limits[i], uuid), ==,
                         vgate_renewal_age (VGATE_MAX_AGE_DEFAULT, uuid));
        g_assert_cmpuint (vgate_renewal_interval (limits[i]), ==,
                          vgate_renewal_interval (VGATE_MAX_AGE_DEFAULT));
    }
    /* limits that are too short to be kept are possible, too */
    for (gint64 limit = 1; limit < 9; limit++) {
        g_autofree char *uuid = uuid_of (1);

        g_assert_cmpint (vgate_renewal_age (limit, uuid), ==, 1);
        g_assert_cmpuint (vgate_renewal_interval (limit), ==, 1);
    }
}

static void
test_due (void)
{
    g_assert_false (vgate_renewal_is_due (1000, 1000, 600));
    g_assert_false (vgate_renewal_is_due (1000, 1599, 600));
    g_assert_true (vgate_renewal_is_due (1000, 1600, 600));
    /* the clock was set back */
    g_assert_true (vgate_renewal_is_due (1000, 999, 600));
}

/* 5,000 guests are captured in the same second; in the following two hours, no five seconds have many more
 * renewals than others. */
static void
test_no_herd (void)
{
    enum { GUESTS = 5000, SECONDS = 7200, ANSWERS = 5 };
    g_autofree gint64 *ages = g_new (gint64, GUESTS), *captured = g_new0 (gint64, GUESTS);
    guint total = 0, most = 0;

    for (guint i = 0; i < GUESTS; i++) {
        g_autofree char *uuid = uuid_of (i);

        ages[i] = vgate_renewal_age (VGATE_MAX_AGE_DEFAULT, uuid);
    }
    for (gint64 now = ANSWERS; now <= SECONDS; now += ANSWERS) {
        guint n = 0;

        for (guint i = 0; i < GUESTS; i++) {
            if (!vgate_renewal_is_due (captured[i], now, ages[i]))
                continue;
            g_assert_cmpint (now - captured[i], <=, VGATE_MAX_AGE_DEFAULT / 3);
            captured[i] = now;
            n++;
        }
        total += n;
        most = MAX (most, n);
    }
    g_test_message ("%u renewals, at most %u in %d s", total, most, ANSWERS);
    /* the multiples of some ages coincide */
    g_assert_cmpuint (most, <=, GUESTS / 20);
    /* and each guest is not renewed much more often than needed */
    g_assert_cmpuint (total, <=, GUESTS * SECONDS / (VGATE_MAX_AGE_DEFAULT / 6));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/renewal/in-time", test_in_time);
    g_test_add_func ("/renewal/other-limits", test_other_limits);
    g_test_add_func ("/renewal/due", test_due);
    g_test_add_func ("/renewal/no-herd", test_no_herd);
    return g_test_run ();
}
