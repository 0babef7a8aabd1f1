/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's own driver is asked as well: the stricter answer counts in both directions. */
#include "compat-pair.h"

enum { NONE = 0, COLD = VGATE_STATE_COLD, LIVE = VGATE_STATE_LIVE };

static const struct {
    const char *name;
    gboolean ours_good; /* else: limit GPU */
    VgateAnswer driver;
    VgateAnswer merged;
    guint findings;         /* if ours is good */
    VgateSeverity severity; /* of the disagreement */
    gboolean live;
} cases[] = {
    {"both allow", TRUE, {COLD_LIVE, 0}, {COLD_LIVE, 0}, 0, 0, TRUE},
    {"both refuse", FALSE, {NONE, VGATE_LIMIT_GPU}, {NONE, VGATE_LIMIT_GPU}, 1, 0, FALSE},
    {"driver refuses",
     TRUE,
     {NONE, VGATE_LIMIT_GPU},
     {NONE, VGATE_LIMIT_GPU},
     1,
     VGATE_SEVERITY_REFUSE,
     FALSE},
    {"driver refuses for another reason",
     FALSE,
     {NONE, VGATE_LIMIT_HOST_DRIVER},
     {NONE, VGATE_LIMIT_GPU | VGATE_LIMIT_HOST_DRIVER},
     2,
     VGATE_SEVERITY_WARN,
     FALSE},
    {"driver allows", FALSE, {COLD_LIVE, 0}, {NONE, VGATE_LIMIT_GPU}, 2, VGATE_SEVERITY_WARN, FALSE},
    {"driver takes live away", TRUE, {COLD, 0}, {COLD, 0}, 1, VGATE_SEVERITY_REFUSE, FALSE},
    {"driver gives more states",
     TRUE,
     {COLD_LIVE | VGATE_STATE_SLEEP, 0},
     {COLD_LIVE, 0},
     1,
     VGATE_SEVERITY_WARN,
     TRUE},
    /* a state counts only without a limit */
    {"driver gives live with a limit",
     TRUE,
     {COLD_LIVE, VGATE_LIMIT_GUEST_DRIVER},
     {COLD_LIVE, VGATE_LIMIT_GUEST_DRIVER},
     1,
     VGATE_SEVERITY_REFUSE,
     FALSE},
    {"driver sets the sign bit",
     TRUE,
     {COLD_LIVE, VGATE_LIMIT_OTHER},
     {COLD_LIVE, VGATE_LIMIT_OTHER},
     1,
     VGATE_SEVERITY_REFUSE,
     FALSE},
    {"driver gives nothing and no limit", TRUE, {NONE, 0}, {NONE, 0}, 1, VGATE_SEVERITY_REFUSE, FALSE},
};

static void
test_merge (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        CompatPair pair;
        const VgateFinding *last;

        compat_pair_init (&pair);
        if (!cases[i].ours_good)
            pair.pgpu_record.gpu_string[0] = '9';
        compat_pair_judge (&pair);
        vgate_verdict_apply_driver (&pair.verdict, cases[i].driver);
        g_test_message ("%s", cases[i].name);
        compat_pair_assert_answer (&pair, cases[i].merged.states, cases[i].merged.limit);
        g_assert_cmpuint (pair.verdict.n_findings, ==, cases[i].findings);
        g_assert_cmpint (vgate_verdict_allows (&pair.verdict, LIVE), ==, cases[i].live);
        if (cases[i].findings == (cases[i].ours_good ? 0 : 1))
            continue;
        last = &pair.verdict.findings[pair.verdict.n_findings - 1];
        g_assert_cmpint (last->code, ==, VGATE_CODE_DRIVER_DISAGREES);
        g_assert_cmpint (last->severity, ==, cases[i].severity);
    }
}

/* The stricter answer for each pair of answers: never a state that one of them does not allow. */
static void
test_never_softer (void)
{
    static const guint32 limits[] = {0, 1, 2, 4, 5, 0x80000000};

    for (guint32 states = 0; states < 16; states++) {
        for (gsize i = 0; i < G_N_ELEMENTS (limits); i++) {
            for (int good = 0; good < 2; good++) {
                CompatPair pair;
                VgateVerdict before;

                compat_pair_init (&pair);
                if (!good)
                    pair.vgpu_record.capabilities = 0;
                compat_pair_judge (&pair);
                before = pair.verdict;
                vgate_verdict_apply_driver (&pair.verdict, (VgateAnswer){states, limits[i]});
                g_assert_cmphex (pair.verdict.states, ==, before.states & states);
                g_assert_cmphex (pair.verdict.limit, ==, before.limit | limits[i]);
                for (guint32 state = 1; state < 16; state <<= 1)
                    g_assert_cmpint (vgate_verdict_allows (&pair.verdict, state), <=,
                                     (states & state) != 0 && limits[i] == 0 &&
                                         vgate_verdict_allows (&before, state));
            }
        }
    }
}

static void
test_says_both (void)
{
    CompatPair pair;
    g_autofree char *text = NULL;

    compat_pair_init (&pair);
    compat_pair_judge (&pair);
    vgate_verdict_apply_driver (&pair.verdict,
                                (VgateAnswer){NONE, VGATE_LIMIT_HOST_DRIVER | VGATE_LIMIT_OTHER});
    text = vgate_finding_describe (&pair.verdict.findings[0]);
    g_assert_cmpstr (
        text, ==,
        "the rule gives states cold|live, limit none; the driver here gives states none, limit host "
        "driver|other");
}

/* If the offline answer is undecided, the driver decides. */
static void
test_decides (void)
{
    static const VgateSeverity severities[] = {VGATE_SEVERITY_REFUSE, VGATE_SEVERITY_WARN,
                                               VGATE_SEVERITY_IGNORE};
    CompatPair pair;

    for (gsize i = 0; i < G_N_ELEMENTS (severities); i++) {
        compat_pair_init (&pair);
        pair.vgpu_record.opaque_size = 300;
        pair.circumstances.severities[VGATE_RULE_GPU_UNDECIDED] = severities[i];
        compat_pair_judge (&pair);
        vgate_verdict_apply_driver (&pair.verdict, (VgateAnswer){COLD_LIVE, VGATE_LIMIT_NONE});
        compat_pair_assert_answer (&pair, COLD_LIVE, VGATE_LIMIT_NONE);
        g_assert_false (pair.verdict.undecided);
        g_assert_cmpuint (pair.verdict.n_findings, ==, 0);
        g_assert_true (vgate_verdict_allows (&pair.verdict, LIVE));

        compat_pair_judge (&pair);
        vgate_verdict_apply_driver (&pair.verdict, (VgateAnswer){NONE, VGATE_LIMIT_GPU});
        compat_pair_assert_answer (&pair, NONE, VGATE_LIMIT_GPU);
        g_assert_cmpuint (pair.verdict.n_findings, ==, 1);
        g_assert_cmpint (pair.verdict.findings[0].code, ==, VGATE_CODE_GPU_DIFFERS);
        g_assert_false (vgate_verdict_allows (&pair.verdict, LIVE));
    }
}

/* Undecided, but a line before the last refuses: the driver can no longer allow that. */
static void
test_decides_not_what_is_decided (void)
{
    CompatPair pair;

    compat_pair_init (&pair);
    pair.vgpu_record.opaque_size = 300;
    pair.vgpu_record.version = 2;
    compat_pair_judge (&pair);
    vgate_verdict_apply_driver (&pair.verdict, (VgateAnswer){COLD_LIVE, VGATE_LIMIT_NONE});
    compat_pair_assert_answer (&pair, NONE, VGATE_LIMIT_HOST_DRIVER);
    g_assert_false (vgate_verdict_allows (&pair.verdict, LIVE));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/compat-driver/merge", test_merge);
    g_test_add_func ("/compat-driver/never-softer", test_never_softer);
    g_test_add_func ("/compat-driver/says-both", test_says_both);
    g_test_add_func ("/compat-driver/decides", test_decides);
    g_test_add_func ("/compat-driver/decides-not-what-is-decided", test_decides_not_what_is_decided);
    return g_test_run ();
}
