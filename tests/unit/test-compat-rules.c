/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The other rules: each broken and not broken, with each severity. */
#include "compat-pair.h"

static void
break_gpu_undecided (CompatPair *pair)
{
    pair->pgpu_record.opaque_size = 300;
}

static void
break_type_not_offered (CompatPair *pair)
{
    pair->pgpu.offer = VGATE_OFFER_NO;
}

static void
break_no_free_instance (CompatPair *pair)
{
    pair->pgpu.free_instances = 0;
}

static void
break_guest_driver_down (CompatPair *pair)
{
    pair->vgpu_record.guest_version = 0;
}

static void
break_host_driver_older (CompatPair *pair)
{
    g_strlcpy (pair->vgpu_record.host_driver, "595.10.01", VGATE_DRIVER_TEXT_SIZE);
    pair->circumstances.severities[VGATE_RULE_HOST_DRIVER_NOT_SAME] = VGATE_SEVERITY_IGNORE;
}

static void
break_host_driver_newer (CompatPair *pair)
{
    g_strlcpy (pair->vgpu_record.host_driver, "570.10.01", VGATE_DRIVER_TEXT_SIZE);
    pair->circumstances.severities[VGATE_RULE_HOST_DRIVER_NOT_SAME] = VGATE_SEVERITY_IGNORE;
}

static void
break_host_driver_not_same (CompatPair *pair)
{
    g_strlcpy (pair->vgpu_record.host_driver, "580.95.04", VGATE_DRIVER_TEXT_SIZE);
}

static void
break_guest_branch (CompatPair *pair)
{
    g_strlcpy (pair->vgpu_record.guest_driver, "525.60.13", VGATE_DRIVER_TEXT_SIZE);
}

static void
break_scheduler_differs (CompatPair *pair)
{
    pair->pgpu_scheduler.policy = VGATE_SCHEDULER_FIXED_SHARE;
}

static void
break_metadata_old (CompatPair *pair)
{
    pair->circumstances.now++;
}

static void
break_captured_elsewhere (CompatPair *pair)
{
    pair->vgpu.captured_on = "44444444-4444-4444-8444-444444444444";
}

static void
break_down_time (CompatPair *pair)
{
    pair->circumstances.down_time_limit = 200;
}

static void
break_time_in_future (CompatPair *pair)
{
    pair->vgpu.captured = pair->circumstances.now + VGATE_CLOCK_TOLERANCE + 1;
}

static void
break_host_document_old (CompatPair *pair)
{
    pair->pgpu.described = pair->circumstances.now - pair->circumstances.host_max_age - 1;
}

static void
break_guest_branch_unknown (CompatPair *pair)
{
    g_strlcpy (pair->vgpu_record.guest_driver, "560.35.03", VGATE_DRIVER_TEXT_SIZE);
}

static const struct {
    const char *name;
    void (*break_it) (CompatPair *pair);
    VgateSeverity severity; /* the default */
    VgateCode code;
    const char *words[2]; /* both values, in the description */
} rules[] = {
    {"gpu-undecided", break_gpu_undecided, VGATE_SEVERITY_REFUSE, VGATE_CODE_GPU_UNDECIDED, {"260", "300"}},
    {"type-not-offered",
     break_type_not_offered,
     VGATE_SEVERITY_REFUSE,
     VGATE_CODE_TYPE_NOT_OFFERED,
     {"'NVIDIA H100XM-80C'", "here"}},
    {"no-free-instance",
     break_no_free_instance,
     VGATE_SEVERITY_REFUSE,
     VGATE_CODE_NO_FREE_INSTANCE,
     {"'NVIDIA H100XM-80C'", "here"}},
    {"guest-driver-down",
     break_guest_driver_down,
     VGATE_SEVERITY_REFUSE,
     VGATE_CODE_GUEST_DRIVER_DOWN,
     {"not loaded", "not known"}},
    {"host-driver-older",
     break_host_driver_older,
     VGATE_SEVERITY_WARN,
     VGATE_CODE_HOST_DRIVER_OLDER,
     {"595.10.01 at the source", SAMPLE_DRIVER " here"}},
    {"host-driver-newer",
     break_host_driver_newer,
     VGATE_SEVERITY_WARN,
     VGATE_CODE_HOST_DRIVER_NEWER,
     {"570.10.01 at the source", SAMPLE_DRIVER " here"}},
    {"host-driver-not-same",
     break_host_driver_not_same,
     VGATE_SEVERITY_IGNORE,
     VGATE_CODE_HOST_DRIVER_NOT_SAME,
     {"580.95.04 at the source", SAMPLE_DRIVER " here"}},
    {"guest-branch",
     break_guest_branch,
     VGATE_SEVERITY_WARN,
     VGATE_CODE_GUEST_BRANCH,
     {"525.60.13", SAMPLE_DRIVER}},
    {"scheduler-differs",
     break_scheduler_differs,
     VGATE_SEVERITY_WARN,
     VGATE_CODE_SCHEDULER_DIFFERS,
     {"equal-share", "fixed-share"}},
    {"metadata-old",
     break_metadata_old,
     VGATE_SEVERITY_WARN,
     VGATE_CODE_METADATA_OLD,
     {"61 s old by this host's clock (captured at 2026-11-23T22:00:00Z)", "60 s"}},
    {"captured-elsewhere",
     break_captured_elsewhere,
     VGATE_SEVERITY_REFUSE,
     VGATE_CODE_CAPTURED_ELSEWHERE,
     {"44444444-", SAMPLE_HOST_UUID}},
    {"down-time",
     break_down_time,
     VGATE_SEVERITY_WARN,
     VGATE_CODE_DOWN_TIME,
     {"about 210 ms of down-time (250 MiB at 10000 Mbit/s of the link)", "this host's limit is 200 ms"}},
    {"time-in-future",
     break_time_in_future,
     VGATE_SEVERITY_WARN,
     VGATE_CODE_TIME_IN_FUTURE,
     {"the metadata was captured at 2026-11-23T22:06:01Z", "301 s in the future by the clock here"}},
    {"host-document-old",
     break_host_document_old,
     VGATE_SEVERITY_WARN,
     VGATE_CODE_HOST_DOCUMENT_OLD,
     {"3601 s old by this host's clock (written at 2026-11-23T21:00:59Z)", "3600 s"}},
    {"guest-branch-unknown",
     break_guest_branch_unknown,
     VGATE_SEVERITY_WARN,
     VGATE_CODE_GUEST_BRANCH_UNKNOWN,
     {"560.35.03 is supported", SAMPLE_DRIVER " (vGPU software 19)"}},
};

G_STATIC_ASSERT (G_N_ELEMENTS (rules) == VGATE_N_RULES);

static void
test_infos (void)
{
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++) {
        const VgateRuleInfo *info = vgate_rule_info (rule);

        g_assert_cmpstr (info->name, ==, rules[rule].name);
        g_assert_cmpint (info->code, ==, rules[rule].code);
        g_assert_cmpint (info->severity, ==, rules[rule].severity);
        g_assert_nonnull (vgate_code_info ((int)info->code));
    }
}

static void
judge_broken (CompatPair *pair, VgateRule rule, VgateSeverity severity)
{
    compat_pair_init (pair);
    rules[rule].break_it (pair);
    pair->circumstances.severities[rule] = severity;
    compat_pair_judge (pair);
}

static void
assert_described (const VgateFinding *finding, VgateRule rule)
{
    g_autofree char *text = vgate_finding_describe (finding);

    for (gsize i = 0; i < G_N_ELEMENTS (rules[rule].words); i++)
        if (!strstr (text, rules[rule].words[i]))
            g_error ("%s: '%s' does not say '%s'", rules[rule].name, text, rules[rule].words[i]);
}

/* Each broken alone: one finding of its severity, and only "refuse" refuses the guest. */
static void
test_each (void)
{
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++) {
        for (VgateSeverity severity = VGATE_SEVERITY_IGNORE; severity <= VGATE_SEVERITY_REFUSE; severity++) {
            const gboolean refuses = severity == VGATE_SEVERITY_REFUSE;
            CompatPair pair;

            judge_broken (&pair, rule, severity);
            g_test_message ("%s %s", rules[rule].name, vgate_severity_name (severity));
            g_assert_cmpuint (pair.verdict.n_findings, ==, severity == VGATE_SEVERITY_IGNORE ? 0 : 1);
            g_assert_cmpint (vgate_verdict_allows (&pair.verdict, VGATE_STATE_LIVE), ==, !refuses);
            g_assert_cmpint (vgate_verdict_first_refusal (&pair.verdict) != NULL, ==, refuses);
            /* only the undecided GPU changes the answer itself */
            if (rule != VGATE_RULE_GPU_UNDECIDED)
                compat_pair_assert_answer (&pair, COLD_LIVE, VGATE_LIMIT_NONE);
            if (severity == VGATE_SEVERITY_IGNORE)
                continue;
            g_assert_cmpint (pair.verdict.findings[0].code, ==, rules[rule].code);
            g_assert_cmpint (pair.verdict.findings[0].severity, ==, severity);
            assert_described (&pair.verdict.findings[0], rule);
        }
    }
}

/* As many findings as possible: all of both parts, and one by the driver. They fit, in their order. */
static void
test_all (void)
{
    CompatPair pair;

    compat_pair_init (&pair);
    pair.vgpu_record.version = pair.pgpu_record.version = 0;
    pair.vgpu_record.capabilities = pair.pgpu_record.capabilities = 0;
    pair.vgpu_record.guest_version = 1;
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        if (rule != VGATE_RULE_GUEST_DRIVER_DOWN)
            rules[rule].break_it (&pair);
    break_host_driver_newer (&pair);
    pair.circumstances.severities[VGATE_RULE_HOST_DRIVER_NOT_SAME] = VGATE_SEVERITY_REFUSE;
    compat_pair_judge (&pair);
    /* five of NVIDIA's (no string to compare); of the others not: the driver is up, only the host driver is
     * newer, a type that is not offered cannot lack a free instance, what is in the future is not old, and
     * a guest driver of an unknown release is not one that is not supported */
    g_assert_cmpuint (pair.verdict.n_findings, ==, 5 + VGATE_N_RULES - 5);
    for (guint i = 6; i < pair.verdict.n_findings; i++)
        g_assert_cmpint (pair.verdict.findings[i].code, >, pair.verdict.findings[i - 1].code);
    vgate_verdict_apply_driver (&pair.verdict, (VgateAnswer){COLD_LIVE, VGATE_LIMIT_NONE});
    g_assert_cmpuint (pair.verdict.n_findings, ==, 6 + VGATE_N_RULES - 5);
    g_assert_cmpuint (pair.verdict.n_findings, <=, VGATE_FINDINGS_MAX);
}

static guint
findings_of (CompatPair *pair)
{
    compat_pair_judge (pair);
    return pair->verdict.n_findings;
}

/* Without facts the rules about types and instances give no finding; a device that the guest has needs no
 * instance. */
static void
test_offers (void)
{
    static const struct {
        VgateOffer offer;
        guint free_instances, findings;
    } cases[] = {
        {VGATE_OFFER_UNKNOWN, 0, 0}, {VGATE_OFFER_HELD, 0, 0}, {VGATE_OFFER_YES, 1, 0},
        {VGATE_OFFER_YES, 0, 1},     {VGATE_OFFER_NO, 0, 1},   {VGATE_OFFER_NO, 5, 1},
    };
    CompatPair pair;

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        compat_pair_init (&pair);
        pair.pgpu.offer = cases[i].offer;
        pair.pgpu.free_instances = cases[i].free_instances;
        g_assert_cmpuint (findings_of (&pair), ==, cases[i].findings);
    }
}

static void
test_ages (void)
{
    static const struct {
        gint64 age, max_age;
        gboolean has_clock;
        guint findings;
    } cases[] = {
        {60, 60, TRUE, 0},
        {61, 60, TRUE, 1},
        {-5, 60, TRUE, 0},                     /* clocks differ */
        {-VGATE_CLOCK_TOLERANCE, 60, TRUE, 0}, /* as far as they may */
        {-VGATE_CLOCK_TOLERANCE - 1, 60, TRUE, 1},
        {-VGATE_CLOCK_TOLERANCE - 1, 0, TRUE, 1}, /* also without a limit */
        {-1000000, 60, FALSE, 0},
        {1000000000, 0, TRUE, 0},   /* no limit */
        {1000000000, 60, FALSE, 0}, /* no clock */
    };
    CompatPair pair;

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        compat_pair_init (&pair);
        pair.circumstances.now = cases[i].has_clock ? SAMPLE_TIME + cases[i].age : 0;
        pair.circumstances.max_age = cases[i].max_age;
        g_assert_cmpuint (findings_of (&pair), ==, cases[i].findings);
    }
}

/* Times that are not known have no age; and the times of the most distant years are compared without an
 * overflow. */
static void
test_unknown_times (void)
{
    static const struct {
        gint64 captured, described, now;
        guint findings;
    } cases[] = {
        {0, 0, SAMPLE_TIME, 0},
        {SAMPLE_TIME, SAMPLE_TIME - 3600, SAMPLE_TIME, 0},
        {0, SAMPLE_TIME - 3601, SAMPLE_TIME, 1},
        {0, SAMPLE_TIME + VGATE_CLOCK_TOLERANCE + 1, SAMPLE_TIME, 1},
        {G_MAXINT64, G_MAXINT64, SAMPLE_TIME, 1},
        {G_MININT64, G_MININT64, SAMPLE_TIME, 2},
        {1, 1, G_MAXINT64, 2},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        CompatPair pair;

        compat_pair_init (&pair);
        pair.vgpu.captured = cases[i].captured;
        pair.pgpu.described = cases[i].described;
        pair.circumstances.now = cases[i].now;
        g_assert_cmpuint (findings_of (&pair), ==, cases[i].findings);
    }
}

static void
test_senders (void)
{
    static const char other[] = "44444444-4444-4444-8444-444444444444";
    static const struct {
        const char *captured_on, *sent_by, *certainly_not_from;
        guint findings;
    } cases[] = {
        {SAMPLE_HOST_UUID, SAMPLE_HOST_UUID, other, 0},
        {SAMPLE_HOST_UUID, other, NULL, 1},
        {SAMPLE_HOST_UUID, NULL, other, 0},
        {SAMPLE_HOST_UUID, NULL, SAMPLE_HOST_UUID, 1},
        {SAMPLE_HOST_UUID, NULL, NULL, 0},
        {NULL, other, other, 0},
        /* the sender is known, so it does not matter which others it cannot be */
        {SAMPLE_HOST_UUID, SAMPLE_HOST_UUID, SAMPLE_HOST_UUID, 0},
    };
    CompatPair pair;

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        compat_pair_init (&pair);
        pair.vgpu.captured_on = cases[i].captured_on;
        pair.circumstances.sent_by = cases[i].sent_by;
        pair.circumstances.certainly_not_from = cases[i].certainly_not_from;
        g_assert_cmpuint (findings_of (&pair), ==, cases[i].findings);
        if (cases[i].findings > 0) {
            g_autofree char *text = vgate_finding_describe (&pair.verdict.findings[0]);

            g_assert_nonnull (strstr (text, SAMPLE_HOST_UUID));
        }
    }
}

/* A driver that takes time slices, and one that always uses ARR (since r595), in both directions. */
static void
test_schedulers_arr (void)
{
    static const VgateScheduler older = {sizeof older, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DISABLED, 0,
                                         2000000};
    static const VgateScheduler newer = {sizeof newer, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_ENABLED, 33,
                                         2000000};
    static const char *const texts[] = {
        "the scheduler is equal-share with 2 ms (ARR disabled) at the source, equal-share with 2 ms (ARR "
        "enabled, averaging factor 33) here",
        "the scheduler is equal-share with 2 ms (ARR enabled, averaging factor 33) at the source, "
        "equal-share with 2 ms (ARR disabled) here"};

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        CompatPair pair;
        VgateVerdict verdict;
        g_autofree char *text = NULL;

        compat_pair_init (&pair);
        pair.vgpu_scheduler = i == 0 ? older : newer;
        pair.pgpu_scheduler = i == 0 ? newer : older;
        vgate_compat_judge (&pair.vgpu, &pair.pgpu, &pair.circumstances, &verdict);
        g_assert_cmpuint (verdict.n_findings, ==, 1);
        g_assert_cmpint (verdict.findings[0].code, ==, VGATE_CODE_SCHEDULER_DIFFERS);
        text = vgate_finding_describe (&verdict.findings[0]);
        g_assert_cmpstr (text, ==, texts[i]);
        g_assert_nonnull (strstr (vgate_finding_way_out (&verdict.findings[0]), "with ARR, on both hosts"));
        pair.vgpu_scheduler = pair.pgpu_scheduler;
        vgate_compat_judge (&pair.vgpu, &pair.pgpu, &pair.circumstances, &verdict);
        g_assert_cmpuint (verdict.n_findings, ==, 0);
    }
}

static void
test_schedulers_unknown (void)
{
    CompatPair pair;

    compat_pair_init (&pair);
    pair.pgpu_scheduler.policy = VGATE_SCHEDULER_FIXED_SHARE;
    g_assert_cmpuint (findings_of (&pair), ==, 1);
    pair.vgpu.scheduler = NULL;
    g_assert_cmpuint (findings_of (&pair), ==, 0);
    pair.vgpu.scheduler = &pair.vgpu_scheduler;
    pair.pgpu.scheduler = NULL;
    g_assert_cmpuint (findings_of (&pair), ==, 0);
}

static void
test_host_branches (void)
{
    static const struct {
        const char *source, *destination;
        int order; /* of the destination */
    } cases[] = {
        {"580.95.05", "580.159.04", 0}, {"580.95.05", "595.1", 1},
        {"580.95.05", "570.1", -1},     {"", "580.1", 0},
        {"580.1", "unknown", 0},        {"99.1", "100.1", 1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        CompatPair pair;
        gboolean older, newer;

        compat_pair_init (&pair);
        g_strlcpy (pair.vgpu_record.host_driver, cases[i].source, VGATE_DRIVER_TEXT_SIZE);
        g_strlcpy (pair.pgpu_record.host_driver, cases[i].destination, VGATE_DRIVER_TEXT_SIZE);
        pair.circumstances.severities[VGATE_RULE_HOST_DRIVER_NOT_SAME] = VGATE_SEVERITY_IGNORE;
        pair.circumstances.severities[VGATE_RULE_GUEST_BRANCH] = VGATE_SEVERITY_IGNORE;
        pair.circumstances.severities[VGATE_RULE_GUEST_BRANCH_UNKNOWN] = VGATE_SEVERITY_IGNORE;
        compat_pair_judge (&pair);
        older = pair.verdict.n_findings == 1 && pair.verdict.findings[0].code == VGATE_CODE_HOST_DRIVER_OLDER;
        newer = pair.verdict.n_findings == 1 && pair.verdict.findings[0].code == VGATE_CODE_HOST_DRIVER_NEWER;
        g_assert_cmpuint (pair.verdict.n_findings, ==, cases[i].order != 0);
        g_assert_cmpint (older, ==, cases[i].order < 0);
        g_assert_cmpint (newer, ==, cases[i].order > 0);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/compat-rules/infos", test_infos);
    g_test_add_func ("/compat-rules/each", test_each);
    g_test_add_func ("/compat-rules/all", test_all);
    g_test_add_func ("/compat-rules/offers", test_offers);
    g_test_add_func ("/compat-rules/ages", test_ages);
    g_test_add_func ("/compat-rules/unknown-times", test_unknown_times);
    g_test_add_func ("/compat-rules/senders", test_senders);
    g_test_add_func ("/compat-rules/schedulers-unknown", test_schedulers_unknown);
    g_test_add_func ("/compat-rules/schedulers-arr", test_schedulers_arr);
    g_test_add_func ("/compat-rules/host-branches", test_host_branches);
    return g_test_run ();
}
