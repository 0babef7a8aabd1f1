/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guest drivers on host drivers: the vGPU software releases that are supported together. */
#include "compat-pair.h"

#define SOME_GUESTS 8

/*
 * All releases of vgpu-branches.conf. A new one needs a line here. NVIDIA supports guests of the host's own
 * release, of the one before, and on a host of a long-term release (16, 19) those of the long-term release
 * before.
 */
static const struct {
    guint release;
    const char *host;     /* a host driver */
    const char *supports; /* the releases of guest drivers, as vgpu-gate.conf(5) names them */
    /* Guest drivers: Linux numbers, then Windows numbers, among them the lowest and the highest that NVIDIA's
     * release notes and security bulletins name. */
    const char *guests[SOME_GUESTS];
} releases[] = {
    {15, "525.147.01", "15", {"525.60.13", "525.147.05", "527.41", "528.24", "528.89", "529.11", "529.19"}},
    {16,
     "535.261.04",
     "16, 15",
     {"535.54.03", "535.261.03", "536.25", "537.70", "538.95", "539.41", "539.72"}},
    {17,
     "550.163.02",
     "17, 16",
     {"550.54.14", "550.163.01", "551.61", "551.78", "552.74", "553.24", "553.62"}},
    {18,
     "570.172.07",
     "18, 17",
     {"570.124.06", "570.172.08", "572.60", "572.83", "573.39", "573.48", "573.96"}},
    {19,
     "580.95.02",
     "19, 18, 16",
     {"580.65.06", "580.159.03", "580.88", "581.15", "581.42", "581.80", "582.53"}},
    {20, "595.58.02", "20, 19", {"595.58.03", "595.71.05", "595.97", "596.36"}},
};

static gboolean
is_in_list (guint release, const char *list)
{
    g_auto (GStrv) words = g_strsplit (list, ", ", -1);
    g_autofree char *word = g_strdup_printf ("%u", release);

    return g_strv_contains ((const char *const *)words, word);
}

static void
judge (CompatPair *pair, const char *guest, const char *host)
{
    compat_pair_init (pair);
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        pair->circumstances.severities[rule] = VGATE_SEVERITY_IGNORE;
    pair->circumstances.severities[VGATE_RULE_GUEST_BRANCH] = VGATE_SEVERITY_WARN;
    pair->circumstances.severities[VGATE_RULE_GUEST_BRANCH_UNKNOWN] = VGATE_SEVERITY_WARN;
    g_strlcpy (pair->vgpu_record.guest_driver, guest, VGATE_DRIVER_TEXT_SIZE);
    g_strlcpy (pair->pgpu_record.host_driver, host, VGATE_DRIVER_TEXT_SIZE);
    compat_pair_judge (pair);
}

/* words: NULL: no finding. */
static void
assert_finding (const char *guest, const char *host, int code, const char *words)
{
    CompatPair pair;
    g_autofree char *text = NULL;

    judge (&pair, guest, host);
    if (pair.verdict.n_findings > 0)
        text = vgate_finding_describe (&pair.verdict.findings[0]);
    if (pair.verdict.n_findings != (words ? 1 : 0) || g_strcmp0 (text, words) != 0 ||
        (words && pair.verdict.findings[0].code != code))
        g_error ("guest %s on host %s: %u findings, '%s' instead of VGATE-%03d '%s'", guest, host,
                 pair.verdict.n_findings, text ? text : "", code, words ? words : "");
}

/* Every guest driver on every host driver. */
static void
test_matrix (void)
{
    for (guint h = 0; h < G_N_ELEMENTS (releases); h++) {
        for (guint g = 0; g < G_N_ELEMENTS (releases); g++) {
            for (guint i = 0; i < SOME_GUESTS && releases[g].guests[i]; i++) {
                const char *guest = releases[g].guests[i], *host = releases[h].host;
                g_autofree char *words = g_strdup_printf (
                    "guest driver %s (vGPU software %u) is not supported on host driver %s (vGPU "
                    "software %u)",
                    guest, releases[g].release, host, releases[h].release);

                assert_finding (guest, host, 407,
                                is_in_list (releases[g].release, releases[h].supports) ? NULL : words);
            }
        }
    }
}

/* The releases of vgpu-branches.conf are those above, with these Windows drivers at the ends. */
static void
test_file (void)
{
    g_autofree char *path =
        g_build_filename (g_getenv ("VGATE_SRCDIR"), "lib/compat/vgpu-branches.conf", NULL);
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_auto (GStrv) groups = NULL;
    guint n = 0;

    g_assert_true (g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL));
    groups = g_key_file_get_groups (file, NULL);
    for (guint i = 0; groups[i]; i++) {
        g_autofree char *windows = g_key_file_get_string (file, groups[i], "windows", NULL);
        g_auto (GStrv) ends = windows ? g_strsplit (windows, "-", 2) : NULL;

        if (!windows)
            continue;
        if (n == G_N_ELEMENTS (releases))
            g_error ("this test has no line for [%s]", groups[i]);
        g_assert_cmpint (g_key_file_get_integer (file, groups[i], "release", NULL), ==, releases[n].release);
        g_assert_true (g_str_has_prefix (releases[n].host, groups[i]));
        g_assert_true (g_strv_contains (releases[n].guests, ends[0]));
        g_assert_true (g_strv_contains (releases[n].guests, ends[1]));
        n++;
    }
    g_assert_cmpuint (n, ==, G_N_ELEMENTS (releases));
}

/* vgpu-gate.conf(5) has the same rule. */
static void
test_page (void)
{
    g_autofree char *path = g_build_filename (g_getenv ("VGATE_BUILDDIR"), "docs/vgpu-gate.conf.5", NULL);
    g_autofree char *page = NULL;

    g_assert_true (g_file_get_contents (path, &page, NULL, NULL));
    for (guint i = 0; i < G_N_ELEMENTS (releases); i++) {
        g_autofree char *begin = g_strdup_printf ("\n%u", releases[i].release),
                        *end = g_strdup_printf ("\t%s", releases[i].supports);
        g_auto (GStrv) lines = g_strsplit (page, "\n", -1);
        gboolean found = FALSE;

        for (guint k = 0; lines[k] && !found; k++)
            found = g_str_has_prefix (lines[k], begin + 1) && strstr (lines[k], "\t") &&
                    g_str_has_suffix (lines[k], end);
        if (!found)
            g_error ("%s: release %u does not support '%s'", path, releases[i].release, releases[i].supports);
    }
}

#define UNKNOWN(guest, host) \
    "it is not known whether guest driver " guest " is supported on host driver " host
#define NOT(guest, host) "guest driver " guest " is not supported on host driver " host

/* Drivers of no known release: feature branches, later Windows drivers of a long-term release, what is older
 * or newer than the table, and texts that are not a version. */
static void
test_unknown (void)
{
    static const struct {
        const char *guest, *host;
        int code; /* 0: no finding */
        const char *words;
    } cases[] = {
        /* not a version */
        {"", "580.1", 416, UNKNOWN ("", "580.1 (vGPU software 19)")},
        {"580.1", "", 416, UNKNOWN ("580.1 (vGPU software 19)", "")},
        {"garbage", "580.1", 416, UNKNOWN ("garbage", "580.1 (vGPU software 19)")},
        {"Not Available", "580.1", 416, UNKNOWN ("Not Available", "580.1 (vGPU software 19)")},
        {"580.1", "unknown", 416, UNKNOWN ("580.1 (vGPU software 19)", "unknown")},
        {"580", "580.1", 0, NULL},
        /* a branch on itself, known or not */
        {"590.1", "590.2", 0, NULL},
        {"545.1", "545.2", 0, NULL},
        {"9620.1", "9620.2", 0, NULL},
        {"470.1", "470.2", 0, NULL},
        /* a feature branch on others, and between releases */
        {"560.1", "580.1", 416, UNKNOWN ("560.1", "580.1 (vGPU software 19)")},
        {"560.1", "550.1", 416, UNKNOWN ("560.1", "550.1 (vGPU software 17)")},
        {"565.1", "570.1", 416, UNKNOWN ("565.1", "570.1 (vGPU software 18)")},
        {"545.1", "535.1", 416, UNKNOWN ("545.1", "535.1 (vGPU software 16)")},
        {"555.1", "560.1", 416, UNKNOWN ("555.1", "560.1")},
        {"535.1", "590.1", 416, UNKNOWN ("535.1 (vGPU software 16)", "590.1")},
        {"570.1", "575.1", 416, UNKNOWN ("570.1 (vGPU software 18)", "575.1")},
        {"590.1", "580.1", 416, UNKNOWN ("590.1", "580.1 (vGPU software 19)")},
        /* the long-term release continues: its later Windows drivers have numbers that are not known today */
        {"583.10", "580.1", 416, UNKNOWN ("583.10", "580.1 (vGPU software 19)")},
        {"583.10", "595.1", 416, UNKNOWN ("583.10", "595.1 (vGPU software 20)")},
        {"540.10", "535.1", 416, UNKNOWN ("540.10", "535.1 (vGPU software 16)")},
        /* older than the table: what its first releases support is not in it */
        {"470.1", "525.1", 416, UNKNOWN ("470.1", "525.1 (vGPU software 15)")},
        {"470.1", "535.1", 416, UNKNOWN ("470.1", "535.1 (vGPU software 16)")},
        {"524.9", "535.1", 416, UNKNOWN ("524.9", "535.1 (vGPU software 16)")},
        /* older than all that the host supports */
        {"524.9", "550.1", 407, NOT ("524.9", "550.1 (vGPU software 17)")},
        {"510.1", "580.1", 407, NOT ("510.1", "580.1 (vGPU software 19)")},
        {"534.9", "580.1", 407, NOT ("534.9", "580.1 (vGPU software 19)")},
        {"545.1", "570.1", 407, NOT ("545.1", "570.1 (vGPU software 18)")},
        {"575.1", "595.1", 407, NOT ("575.1", "595.1 (vGPU software 20)")},
        {"579.9", "595.1", 407, NOT ("579.9", "595.1 (vGPU software 20)")},
        /* newer than the table */
        {"9610.1", "595.1", 416, UNKNOWN ("9610.1", "595.1 (vGPU software 20)")},
        {"9610.1", "9620.1", 416, UNKNOWN ("9610.1", "9620.1")},
        {"580.1", "9620.1", 416, UNKNOWN ("580.1 (vGPU software 19)", "9620.1")},
        /* newer than the host in any case */
        {"580.1", "575.1", 407, NOT ("580.1 (vGPU software 19)", "575.1")},
        {"581.42", "575.1", 407, NOT ("581.42 (vGPU software 19)", "575.1")},
        {"535.1", "470.1", 407, NOT ("535.1 (vGPU software 16)", "470.1")},
        {"590.1", "570.1", 407, NOT ("590.1", "570.1 (vGPU software 18)")},
        {"590.1", "575.1", 407, NOT ("590.1", "575.1")},
        {"600.1", "580.1", 407, NOT ("600.1", "580.1 (vGPU software 19)")},
        {"99999999999.1", "580.1", 407, NOT ("99999999999.1", "580.1 (vGPU software 19)")},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        assert_finding (cases[i].guest, cases[i].host, cases[i].code, cases[i].words);
}

/* A guest driver that is not running has no version; this is a finding of another rule. */
static void
test_driver_down (void)
{
    static const char *const guests[] = {"", "Not Available", "560.1"};

    for (gsize i = 0; i < G_N_ELEMENTS (guests); i++) {
        CompatPair pair;

        judge (&pair, guests[i], "580.1");
        g_assert_cmpuint (pair.verdict.n_findings, ==, 1);
        pair.vgpu_record.guest_version = 0;
        compat_pair_judge (&pair);
        g_assert_cmpuint (pair.verdict.n_findings, ==, 0);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/compat-releases/matrix", test_matrix);
    g_test_add_func ("/compat-releases/file", test_file);
    g_test_add_func ("/compat-releases/page", test_page);
    g_test_add_func ("/compat-releases/unknown", test_unknown);
    g_test_add_func ("/compat-releases/driver-down", test_driver_down);
    return g_test_run ();
}
