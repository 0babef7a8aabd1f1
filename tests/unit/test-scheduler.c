/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sample.h"
#include "scheduler/duration.h"
#include "scheduler/settings.h"

#include <string.h>

static const VgateXmlDialect dialect = {
    .namespace_uri = "urn:test",
    .structure = VGATE_CODE_ELEMENT_STRUCTURE,
    .value = VGATE_CODE_ELEMENT_VALUE,
    .base64 = VGATE_CODE_ELEMENT_BASE64,
};

static void
test_policy_name (void)
{
    static const char *const names[] = {"unknown", "best-effort", "equal-share", "fixed-share"};

    for (int i = 0; i < (int)G_N_ELEMENTS (names); i++)
        g_assert_cmpstr (vgate_scheduler_policy_name (i), ==, names[i]);
    g_assert_cmpstr (vgate_scheduler_policy_name (-1), ==, "unknown");
    g_assert_cmpstr (vgate_scheduler_policy_name (4), ==, "unknown");
    g_assert_cmpstr (vgate_scheduler_policy_name (G_MAXINT), ==, "unknown");
}

#define SIZE sizeof (VgateScheduler)

static void
test_equal (void)
{
    static const struct {
        VgateScheduler a, b;
        gboolean equal;
    } cases[] = {
        {{SIZE, VGATE_SCHEDULER_EQUAL_SHARE, 1, 0, 2000000},
         {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, 1, 0, 2000000},
         TRUE},
        {{SIZE, VGATE_SCHEDULER_EQUAL_SHARE, 1, 0, 2000000},
         {SIZE, VGATE_SCHEDULER_FIXED_SHARE, 1, 0, 2000000},
         FALSE},
        {{SIZE, VGATE_SCHEDULER_EQUAL_SHARE, 1, 0, 2000000},
         {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, 2, 0, 2000000},
         FALSE},
        {{SIZE, VGATE_SCHEDULER_EQUAL_SHARE, 2, 33, 2000000},
         {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, 2, 34, 2000000},
         FALSE},
        {{SIZE, VGATE_SCHEDULER_EQUAL_SHARE, 1, 0, 2000000},
         {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, 1, 0, 2000001},
         FALSE},
        /* under best effort the other members have no meaning */
        {{SIZE, VGATE_SCHEDULER_BEST_EFFORT, 1, 2, 3}, {SIZE, VGATE_SCHEDULER_BEST_EFFORT, 0, 4, 5}, TRUE},
        {{SIZE, VGATE_SCHEDULER_BEST_EFFORT, 0, 0, 0}, {SIZE, VGATE_SCHEDULER_UNKNOWN, 0, 0, 0}, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_assert_cmpint (vgate_scheduler_equal (&cases[i].a, &cases[i].b), ==, cases[i].equal);
        g_assert_cmpint (vgate_scheduler_equal (&cases[i].b, &cases[i].a), ==, cases[i].equal);
    }
}

static gboolean
read_scheduler (const char *xml, VgateScheduler *scheduler, GError **error)
{
    g_autoptr (xmlDoc) doc = xmlReadMemory (xml, (int)strlen (xml), NULL, NULL, 0);

    g_assert_nonnull (doc);
    return vgate_scheduler_read (&dialect, xmlDocGetRootElement (doc), scheduler, error);
}

static void
test_round_trip (void)
{
    for (int policy = 0; policy <= VGATE_SCHEDULER_FIXED_SHARE; policy++) {
        for (int arr = 0; arr <= 2; arr++) {
            const VgateScheduler scheduler = {sizeof (VgateScheduler), policy, arr, 33, G_MAXUINT32};
            VgateScheduler again = VGATE_INIT (VgateScheduler);
            g_autoptr (GString) xml = g_string_new (NULL);
            g_autoptr (GError) error = NULL;

            vgate_scheduler_write (xml, "scheduler", &scheduler);
            g_assert_true (read_scheduler (xml->str, &again, &error));
            g_assert_no_error (error);
            g_assert_cmpmem (&again, sizeof again, &scheduler, sizeof scheduler);
        }
    }
}

static void
test_written (void)
{
    const VgateScheduler scheduler = {sizeof (VgateScheduler), VGATE_SCHEDULER_FIXED_SHARE, 2, 33, 2000000};
    g_autoptr (GString) xml = g_string_new (NULL);

    vgate_scheduler_write (xml, "scheduler", &scheduler);
    g_assert_cmpstr (
        xml->str, ==,
        "<scheduler policy='fixed-share' arr='enabled' average-factor='33' time-slice='2000000'/>");
}

static void
test_bad (void)
{
    static const struct {
        const char *xml;
        VgateCode code;
        const char *word;
    } cases[] = {
        {"<scheduler arr='default' average-factor='0' time-slice='0'/>", VGATE_CODE_ELEMENT_STRUCTURE,
         "policy"},
        {"<scheduler policy='' arr='default' average-factor='0' time-slice='0'/>", VGATE_CODE_ELEMENT_VALUE,
         "policy"},
        {"<scheduler policy='Best-effort' arr='default' average-factor='0' time-slice='0'/>",
         VGATE_CODE_ELEMENT_VALUE, "Best-effort"},
        {"<scheduler policy='unknown' arr='on' average-factor='0' time-slice='0'/>", VGATE_CODE_ELEMENT_VALUE,
         "arr"},
        {"<scheduler policy='unknown' arr='default' average-factor='-1' time-slice='0'/>",
         VGATE_CODE_ELEMENT_VALUE, "average-factor"},
        {"<scheduler policy='unknown' arr='default' average-factor='0' time-slice='4294967296'/>",
         VGATE_CODE_ELEMENT_VALUE, "4294967296"},
        {"<scheduler policy='unknown' arr='default' average-factor='0' time-slice='0' x='1'/>",
         VGATE_CODE_ELEMENT_STRUCTURE, "'x'"},
        {"<scheduler policy='unknown' arr='default' average-factor='0' time-slice='0'><x/></scheduler>",
         VGATE_CODE_ELEMENT_STRUCTURE, "<x>"},
        {"<scheduler policy='unknown' arr='default' average-factor='0' time-slice='0'>x</scheduler>",
         VGATE_CODE_ELEMENT_STRUCTURE, "text"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        VgateScheduler scheduler = VGATE_INIT (VgateScheduler);
        g_autoptr (GError) error = NULL;

        g_assert_false (read_scheduler (cases[i].xml, &scheduler, &error));
        sample_assert_error (error, cases[i].code, "line 1", cases[i].word, NULL);
    }
}

static void
test_duration_described (void)
{
    static const struct {
        guint64 ns;
        const char *text;
    } cases[] = {
        {0, "0 ns"},
        {1, "1 ns"},
        {999, "999 ns"},
        {1000, "1 us"},
        {1500, "1.5 us"},
        {2000000, "2 ms"},
        {2083333, "2.083333 ms"},
        {1000001, "1.000001 ms"},
        {G_GUINT64_CONSTANT (1000000000), "1 s"},
        {G_GUINT64_CONSTANT (61000000010), "61.00000001 s"},
        {G_MAXUINT64, "18446744073.709551615 s"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *text = vgate_duration_describe (cases[i].ns);

        g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_duration_parsed (void)
{
    static const struct {
        const char *text;
        guint32 ns;
    } good[] = {
        {"0", 0},
        {"0ms", 0},
        {"2000000", 2000000},
        {"2ms", 2000000},
        {"500us", 500000},
        {"7ns", 7},
        {"4294967295", G_MAXUINT32},
        {"4294ms", 4294000000},
        {"1500us", 1500000},
        {"4294967us", 4294967000},
    };
    static const char *const bad[] = {
        "",   "ms",  "-1",  "+1", " 2ms",       "2 ms",   "2ms ",      "02ms", "00",    "2.5ms",
        "2s", "2MS", "0x2", "2m", "4294967296", "4295ms", "4294968us", "2ms2", "2msms",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
        guint32 ns = 1;

        g_assert_true (vgate_duration_parse (good[i].text, &ns));
        g_assert_cmpuint (ns, ==, good[i].ns);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        guint32 ns = 17;

        if (vgate_duration_parse (bad[i], &ns))
            g_error ("'%s' was taken as %u ns", bad[i], ns);
        g_assert_cmpuint (ns, ==, 17);
    }
}

/* What is not set is not compared, and a frequency by its time slice. */
static void
test_has_settings (void)
{
    static const struct {
        VgateScheduler scheduler;
        VgateSchedulerSettings settings;
        gboolean has;
    } cases[] = {
        {{SIZE, VGATE_SCHEDULER_BEST_EFFORT, 0, 0, 0}, {.policy = VGATE_SCHEDULER_BEST_EFFORT}, TRUE},
        {{SIZE, VGATE_SCHEDULER_BEST_EFFORT, 0, 0, 0}, {.policy = VGATE_SCHEDULER_EQUAL_SHARE}, FALSE},
        /* the rest of the state means nothing */
        {{SIZE, VGATE_SCHEDULER_BEST_EFFORT, VGATE_ARR_ENABLED, 9, 7},
         {.policy = VGATE_SCHEDULER_BEST_EFFORT, .arr = VGATE_ARR_DISABLED},
         TRUE},
        {{SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DISABLED, 0, 2000000},
         {.policy = VGATE_SCHEDULER_EQUAL_SHARE},
         TRUE},
        {{SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DISABLED, 0, 2000000},
         {.policy = VGATE_SCHEDULER_EQUAL_SHARE, .time_slice = 2000000},
         TRUE},
        {{SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DISABLED, 0, 2000000},
         {.policy = VGATE_SCHEDULER_EQUAL_SHARE, .time_slice = 2000001},
         FALSE},
        {{SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DISABLED, 0, 2000000},
         {.policy = VGATE_SCHEDULER_EQUAL_SHARE, .arr = VGATE_ARR_ENABLED},
         FALSE},
        {{SIZE, VGATE_SCHEDULER_FIXED_SHARE, VGATE_ARR_ENABLED, 33, 2083333},
         {.policy = VGATE_SCHEDULER_FIXED_SHARE,
          .arr = VGATE_ARR_ENABLED,
          .frequency = 480,
          .average_factor = 33},
         TRUE},
        {{SIZE, VGATE_SCHEDULER_FIXED_SHARE, VGATE_ARR_ENABLED, 33, 2083333},
         {.policy = VGATE_SCHEDULER_FIXED_SHARE, .arr = VGATE_ARR_ENABLED, .frequency = 479},
         FALSE},
        {{SIZE, VGATE_SCHEDULER_FIXED_SHARE, VGATE_ARR_ENABLED, 33, 2083333},
         {.policy = VGATE_SCHEDULER_FIXED_SHARE, .arr = VGATE_ARR_ENABLED, .average_factor = 20},
         FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_test_message ("case %zu", i);
        g_assert_cmpint (vgate_scheduler_has_settings (&cases[i].scheduler, &cases[i].settings), ==,
                         cases[i].has);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/scheduler/policy-name", test_policy_name);
    g_test_add_func ("/scheduler/equal", test_equal);
    g_test_add_func ("/scheduler/written", test_written);
    g_test_add_func ("/scheduler/round-trip", test_round_trip);
    g_test_add_func ("/scheduler/bad", test_bad);
    g_test_add_func ("/scheduler/duration-described", test_duration_described);
    g_test_add_func ("/scheduler/duration-parsed", test_duration_parsed);
    g_test_add_func ("/scheduler/has-settings", test_has_settings);
    return g_test_run ();
}
