/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guest drivers on host drivers: the vGPU software releases that are supported together. */
#include "compat-pair.h"

enum { FIRST_RELEASE = 15, LAST_RELEASE = 20, N_RELEASES = LAST_RELEASE - FIRST_RELEASE + 1 };

/* The host driver of each release. */
static const char *const hosts[N_RELEASES] = {
    "525.147.01", "535.261.04", "550.163.02", "570.172.07", "580.95.02", "595.58.02",
};

/*
 * Guest drivers of each release: Linux numbers, then Windows numbers, among them the lowest and the highest
 * that NVIDIA's release notes and security bulletins name.
 */
static const char *const guests[N_RELEASES][7] = {
    {"525.60.13", "525.147.05", "527.41", "528.24", "528.89", "529.11", "529.19"},
    {"535.54.03", "535.261.03", "536.25", "537.70", "538.95", "539.41", "539.72"},
    {"550.54.14", "550.163.01", "551.61", "551.78", "552.74", "553.24", "553.62"},
    {"570.124.06", "570.172.08", "572.60", "572.83", "573.39", "573.48", "573.96"},
    {"580.65.06", "580.159.03", "580.88", "581.15", "581.42", "581.80", "582.53"},
    {"595.58.03", "595.71.05", "595.97", "596.36"},
};

/*
 * NVIDIA supports guests (rows) of the host's (columns) own release, of the one before, and on a host of a
 * long-term release (16, 19) those of the long-term release before.
 */
static const char matrix[N_RELEASES][N_RELEASES + 1] = {
    /* host: 15, 16, 17, 18, 19, 20 */
    "yynnnn", /* guest 15 */
    "nyynyn", /* guest 16 */
    "nnyynn", /* guest 17 */
    "nnnyyn", /* guest 18 */
    "nnnnyy", /* guest 19 */
    "nnnnny", /* guest 20 */
};

static void
judge (CompatPair *pair, const char *guest, const char *host)
{
    compat_pair_init (pair);
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        pair->circumstances.severities[rule] =
            rule == VGATE_RULE_GUEST_BRANCH ? VGATE_SEVERITY_WARN : VGATE_SEVERITY_IGNORE;
    g_strlcpy (pair->vgpu_record.guest_driver, guest, VGATE_DRIVER_TEXT_SIZE);
    g_strlcpy (pair->pgpu_record.host_driver, host, VGATE_DRIVER_TEXT_SIZE);
    compat_pair_judge (pair);
}

static void
assert_words (const CompatPair *pair, const char *words)
{
    g_autofree char *text = vgate_finding_describe (&pair->verdict.findings[0]);

    g_assert_cmpint (pair->verdict.findings[0].code, ==, 407);
    g_assert_cmpstr (text, ==, words);
}

static void
test_matrix (void)
{
    CompatPair pair;

    for (guint g = 0; g < N_RELEASES; g++) {
        for (guint h = 0; h < N_RELEASES; h++) {
            for (guint i = 0; i < G_N_ELEMENTS (guests[g]) && guests[g][i]; i++) {
                g_autofree char *words = NULL;

                judge (&pair, guests[g][i], hosts[h]);
                if (pair.verdict.n_findings != (matrix[g][h] == 'y' ? 0 : 1))
                    g_error ("guest %s (%u) on host %s (%u): %u findings", guests[g][i], FIRST_RELEASE + g,
                             hosts[h], FIRST_RELEASE + h, pair.verdict.n_findings);
                if (matrix[g][h] == 'y')
                    continue;
                words = g_strdup_printf ("guest driver %s (vGPU software %u) is not supported on host driver "
                                         "%s (vGPU software %u)",
                                         guests[g][i], FIRST_RELEASE + g, hosts[h], FIRST_RELEASE + h);
                assert_words (&pair, words);
            }
        }
    }
}

/*
 * There is no finding for an unknown release: feature branches (545, 555, 560, 565, 575, 590), later Windows
 * numbers of a long-term release, later releases, and texts that are not a version. It is certain only if the
 * guest is of a known release that is newer than the host, or newer than all known ones.
 */
static void
test_unknown (void)
{
    static const struct {
        const char *guest, *host;
        const char *words; /* NULL: no finding */
    } cases[] = {
        {"", "580.1", NULL},
        {"580.1", "", NULL},
        {"garbage", "580.1", NULL},
        {"580.1", "unknown", NULL},
        {"580", "580.1", NULL},
        {"99999999999.1", "580.1",
         "guest driver 99999999999.1 is not supported on host driver 580.1 (vGPU software 19)"},
        /* a feature branch on itself, on others, and between releases */
        {"590.1", "590.2", NULL},
        {"560.1", "580.1", NULL},
        {"560.1", "550.1", NULL},
        {"565.1", "570.1", NULL},
        {"545.1", "535.1", NULL},
        {"555.1", "560.1", NULL},
        {"535.1", "590.1", NULL},
        {"570.1", "575.1", NULL},
        {"590.1", "580.1", NULL},
        /* the long-term release continues: its later Windows drivers have numbers that are not known today */
        {"583.10", "580.1", NULL},
        {"583.10", "595.1", NULL},
        {"540.10", "535.1", NULL},
        /* older than all known releases, and later ones */
        {"470.1", "525.1", NULL},
        {"510.1", "580.1", NULL},
        {"610.1", "595.1", NULL},
        {"610.1", "620.1", NULL},
        {"580.1", "620.1", NULL},
        {"620.1", "620.1", NULL},
        /* newer than the host in any case */
        {"580.1", "575.1", "guest driver 580.1 (vGPU software 19) is not supported on host driver 575.1"},
        {"581.42", "575.1", "guest driver 581.42 (vGPU software 19) is not supported on host driver 575.1"},
        {"535.1", "470.1", "guest driver 535.1 (vGPU software 16) is not supported on host driver 470.1"},
        {"590.1", "570.1", "guest driver 590.1 is not supported on host driver 570.1 (vGPU software 18)"},
        {"590.1", "575.1", "guest driver 590.1 is not supported on host driver 575.1"},
        {"600.1", "580.1", "guest driver 600.1 is not supported on host driver 580.1 (vGPU software 19)"},
    };
    CompatPair pair;

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        judge (&pair, cases[i].guest, cases[i].host);
        if (pair.verdict.n_findings != (cases[i].words ? 1 : 0))
            g_error ("guest %s on host %s: %u findings", cases[i].guest, cases[i].host,
                     pair.verdict.n_findings);
        if (cases[i].words)
            assert_words (&pair, cases[i].words);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/compat-releases/matrix", test_matrix);
    g_test_add_func ("/compat-releases/unknown", test_unknown);
    return g_test_run ();
}
