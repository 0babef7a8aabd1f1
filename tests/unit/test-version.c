/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vgpu-gate/vgpu-gate.h"

#define V(major, minor) vgate_version (major, minor)
#define R(a, b, c, d)   ((VgateVersionRange){V (a, b), V (c, d)})

static void
test_number (void)
{
    g_assert_cmphex (V (26, 1), ==, 0x1A0001);
    g_assert_cmphex (V (0, 0), ==, 0);
    g_assert_cmphex (V (65535, 65535), ==, G_MAXUINT32);
}

static void
test_in_range (void)
{
    const VgateVersionRange range = R (18, 1, 26, 1);

    g_assert_true (vgate_version_in_range (V (18, 1), range));
    g_assert_true (vgate_version_in_range (V (26, 1), range));
    g_assert_true (vgate_version_in_range (V (20, 65535), range));
    g_assert_false (vgate_version_in_range (V (18, 0), range));
    g_assert_false (vgate_version_in_range (V (26, 2), range));
    g_assert_false (vgate_version_in_range (0, range));
    g_assert_false (vgate_version_in_range (V (20, 1), R (26, 1, 18, 1)));
}

static void
test_intersect (void)
{
    const struct {
        VgateVersionRange a, b;
        gboolean overlaps;
        VgateVersionRange both;
    } cases[] = {
        {R (18, 1, 26, 1), R (7, 1, 18, 1), TRUE, R (18, 1, 18, 1)},
        {R (18, 1, 26, 1), R (20, 1, 24, 2), TRUE, R (20, 1, 24, 2)},
        {R (18, 1, 26, 1), R (18, 1, 26, 1), TRUE, R (18, 1, 26, 1)},
        {R (18, 1, 26, 1), R (26, 2, 27, 1), FALSE, {0, 0}},
        {R (18, 1, 26, 1), R (7, 1, 18, 0), FALSE, {0, 0}},
        /* inverted: it contains nothing */
        {R (26, 1, 18, 1), R (7, 1, 30, 0), FALSE, {0, 0}},
        {R (7, 1, 30, 0), R (26, 1, 18, 1), FALSE, {0, 0}},
        {{0, G_MAXUINT32}, {G_MAXUINT32, G_MAXUINT32}, TRUE, {G_MAXUINT32, G_MAXUINT32}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        VgateVersionRange both = {1, 2};
        guint32 agreed = 3;

        g_assert_cmpint (vgate_version_range_intersect (cases[i].a, cases[i].b, &both), ==,
                         cases[i].overlaps);
        g_assert_cmphex (both.min, ==, cases[i].overlaps ? cases[i].both.min : 1);
        g_assert_cmphex (both.max, ==, cases[i].overlaps ? cases[i].both.max : 2);
        g_assert_cmpint (vgate_version_negotiate (cases[i].a, cases[i].b, &agreed), ==, cases[i].overlaps);
        g_assert_cmphex (agreed, ==, cases[i].overlaps ? cases[i].both.max : 3);
    }
}

static void
test_contains (void)
{
    const VgateVersionRange outer = R (18, 1, 26, 1);

    g_assert_true (vgate_version_range_contains (outer, outer));
    g_assert_true (vgate_version_range_contains (outer, R (20, 0, 20, 0)));
    g_assert_false (vgate_version_range_contains (outer, R (18, 0, 26, 1)));
    g_assert_false (vgate_version_range_contains (outer, R (18, 1, 26, 2)));
    g_assert_false (vgate_version_range_contains (outer, R (24, 1, 20, 1)));
}

static void
test_format (void)
{
    char version[VGATE_VERSION_TEXT_SIZE], range[VGATE_VERSION_RANGE_TEXT_SIZE];

    g_assert_cmpstr (vgate_version_format (V (26, 1), version), ==, "26.1");
    g_assert_cmpstr (vgate_version_format (0, version), ==, "0.0");
    /* the longest of each fits */
    g_assert_cmpstr (vgate_version_format (G_MAXUINT32, version), ==, "65535.65535");
    g_assert_cmpstr (vgate_version_range_format (R (18, 1, 26, 1), range), ==, "18.1-26.1");
    g_assert_cmpstr (vgate_version_range_format ((VgateVersionRange){G_MAXUINT32, G_MAXUINT32}, range), ==,
                     "65535.65535-65535.65535");
}

static void
test_parse (void)
{
    static const char *const bad[] = {"",       ".",       "26",         "26.",           ".1",   "26.1 ",
                                      " 26.1",  "+26.1",   "26.+1",      "-1.0",          "01.0", "1.00",
                                      "26.1.0", "65536.0", "0.65536",    "99999999999.0", "26,1", "0x1.0",
                                      "26 .1",  "26.1\n",  "\xd9\xa1.1", "1e1.0",         "26..1"};
    guint32 version = 5;

    g_assert_true (vgate_version_parse ("26.1", &version));
    g_assert_cmphex (version, ==, 0x1A0001);
    g_assert_true (vgate_version_parse ("65535.65535", &version));
    g_assert_cmphex (version, ==, G_MAXUINT32);
    g_assert_true (vgate_version_parse ("0.0", &version));
    g_assert_cmphex (version, ==, 0);
    version = 5;
    g_assert_false (vgate_version_parse (NULL, &version));
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        if (vgate_version_parse (bad[i], &version))
            g_error ("'%s' parses", bad[i]);
        g_assert_cmphex (version, ==, 5);
    }
}

static void
test_range_parse (void)
{
    static const char *const bad[] = {
        "",           "18.1",       "18.1-",          "-26.1",     "18.1-26",      "18.1 -26.1",
        "18.1--26.1", "18.1-26.1-", "18.1-26.1-27.1", "18.1:26.1", "18.1-26.65536"};
    VgateVersionRange range = {1, 2};

    g_assert_true (vgate_version_range_parse ("18.1-26.1", &range));
    g_assert_cmphex (range.min, ==, V (18, 1));
    g_assert_cmphex (range.max, ==, V (26, 1));
    /* the caller decides whether this is acceptable */
    g_assert_true (vgate_version_range_parse ("26.1-18.1", &range));
    g_assert_cmphex (range.min, ==, V (26, 1));
    range = (VgateVersionRange){1, 2};
    g_assert_false (vgate_version_range_parse (NULL, &range));
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        if (vgate_version_range_parse (bad[i], &range))
            g_error ("'%s' parses", bad[i]);
        g_assert_cmphex (range.min, ==, 1);
        g_assert_cmphex (range.max, ==, 2);
    }
}

static void
test_round_trip (void)
{
    char text[VGATE_VERSION_TEXT_SIZE];

    for (guint i = 0; i < 20000; i++) {
        const guint32 version = g_random_int ();
        guint32 again = 0;

        g_assert_true (vgate_version_parse (vgate_version_format (version, text), &again));
        g_assert_cmphex (again, ==, version);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/version/number", test_number);
    g_test_add_func ("/version/in-range", test_in_range);
    g_test_add_func ("/version/intersect", test_intersect);
    g_test_add_func ("/version/contains", test_contains);
    g_test_add_func ("/version/format", test_format);
    g_test_add_func ("/version/parse", test_parse);
    g_test_add_func ("/version/range-parse", test_range_parse);
    g_test_add_func ("/version/round-trip", test_round_trip);
    return g_test_run ();
}
