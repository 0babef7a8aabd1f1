/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part without a driver: each kind of function once through the shared library; tests/unit has the
 * details. */
#include <string.h>
#include <vgpu-gate/vgpu-gate.h>

static const VgateSchedulerCapabilities capabilities = {
    .size = sizeof (VgateSchedulerCapabilities),
    .policies = 1u << VGATE_SCHEDULER_BEST_EFFORT | 1u << VGATE_SCHEDULER_EQUAL_SHARE,
    .has_arr = TRUE,
    .time_slice_min = 1000000,
    .time_slice_max = 30000000,
    .frequency_min = 63,
    .frequency_max = 960,
    .average_factor_min = 1,
    .average_factor_max = 60,
};

#define SIZE sizeof (VgateSchedulerSettings)

static const struct {
    const char *name;
    VgateSchedulerSettings settings;
    const char *complaint; /* NULL: the value is accepted */
} settings[] = {
    {"defaults", {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DEFAULT, 0, 0, 0, 0}, NULL},
    {"shortest", {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DISABLED, 1000000, 0, 0, 0}, NULL},
    {"longest", {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DISABLED, 30000000, 0, 0, 0}, NULL},
    {"too short",
     {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DISABLED, 999999, 0, 0, 0},
     "time slice 999.999 us is not between 1 ms and 30 ms"},
    {"too long",
     {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DEFAULT, 30000001, 0, 0, 0},
     "time slice 30.000001 ms is not between 1 ms and 30 ms"},
    {"arr", {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_ENABLED, 0, 63, 60, 0}, NULL},
    {"arr, defaults", {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_ENABLED, 0, 0, 0, 0}, NULL},
    {"frequency too low",
     {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_ENABLED, 0, 62, 1, 0},
     "frequency 62 Hz is not between 63 and 960 Hz"},
    {"frequency too high",
     {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_ENABLED, 0, 961, 1, 0},
     "frequency 961 Hz is not between 63 and 960 Hz"},
    {"factor too high",
     {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_ENABLED, 0, 63, 61, 0},
     "averaging factor 61 is not between 1 and 60"},
    {"time slice with arr",
     {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_ENABLED, 2000000, 63, 60, 0},
     "a time slice has no meaning with adaptive round robin enabled"},
    {"frequency without arr",
     {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DISABLED, 2000000, 480, 0, 0},
     "a frequency has no meaning with adaptive round robin disabled"},
    {"factor without arr",
     {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DEFAULT, 2000000, 0, 33, 0},
     "an averaging factor has no meaning with adaptive round robin default"},
    {"policy that it has not",
     {SIZE, VGATE_SCHEDULER_FIXED_SHARE, VGATE_ARR_DEFAULT, 0, 0, 0, 0},
     "the GPU does not support the policy fixed-share"},
    {"no policy",
     {SIZE, VGATE_SCHEDULER_UNKNOWN, VGATE_ARR_DEFAULT, 0, 0, 0, 0},
     "does not support the policy unknown"},
    {"policy of no number", {SIZE, 77, VGATE_ARR_DEFAULT, 0, 0, 0, 0}, "does not support the policy unknown"},
    {"mode of no number", {SIZE, VGATE_SCHEDULER_EQUAL_SHARE, 3, 0, 0, 0, 0}, "unknown mode 3"},
};

static void
test_settings (void)
{
    VgateSchedulerCapabilities without_arr = capabilities;

    for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
        g_autoptr (GError) error = NULL;
        const gboolean good = vgate_scheduler_settings_check (&settings[i].settings, &capabilities, &error);

        g_test_message ("%s", settings[i].name);
        g_assert_cmpint (good, ==, settings[i].complaint == NULL);
        if (good) {
            g_assert_no_error (error);
            continue;
        }
        g_assert_error (error, VGATE_ERROR, 515);
        if (!strstr (error->message, settings[i].complaint))
            g_error ("'%s' where '%s' was expected", error->message, settings[i].complaint);
    }
    without_arr.has_arr = FALSE;
    g_assert_false (vgate_scheduler_settings_check (&(VgateSchedulerSettings){sizeof (VgateSchedulerSettings),
                                                                              VGATE_SCHEDULER_EQUAL_SHARE,
                                                                              VGATE_ARR_ENABLED, 0, 0, 0, 0},
                                                    &without_arr, NULL));
}

static void
test_names (void)
{
    int number = -1;

    for (int policy = VGATE_SCHEDULER_BEST_EFFORT; policy <= VGATE_SCHEDULER_FIXED_SHARE; policy++) {
        g_assert_true (vgate_scheduler_policy_parse (vgate_scheduler_policy_name (policy), &number));
        g_assert_cmpint (number, ==, policy);
    }
    for (int mode = VGATE_ARR_DEFAULT; mode <= VGATE_ARR_ENABLED; mode++) {
        g_assert_true (vgate_arr_mode_parse (vgate_arr_mode_name (mode), &number));
        g_assert_cmpint (number, ==, mode);
    }
    g_assert_cmpstr (vgate_scheduler_policy_name (-1), ==, "unknown");
    g_assert_cmpstr (vgate_arr_mode_name (3), ==, "unknown");
    for (VgateSeverity severity = VGATE_SEVERITY_IGNORE; severity <= VGATE_SEVERITY_REFUSE; severity++) {
        VgateSeverity parsed = VGATE_SEVERITY_REFUSE + 1;

        g_assert_true (vgate_severity_parse (vgate_severity_name (severity), &parsed));
        g_assert_cmpint (parsed, ==, severity);
    }
    g_assert_cmpstr (vgate_severity_name ((VgateSeverity)-1), ==, "unknown");
    g_assert_cmpstr (vgate_severity_name (VGATE_SEVERITY_REFUSE + 1), ==, "unknown");
    number = 42;
    g_assert_false (vgate_scheduler_policy_parse ("unknown", &number));
    g_assert_false (vgate_scheduler_policy_parse ("Best-Effort", &number));
    g_assert_false (vgate_arr_mode_parse ("", &number));
    g_assert_cmpint (number, ==, 42);
}

static void
test_string (void)
{
    static const struct {
        const char *string;
        const char *words;
    } cases[] = {
        {"233016C100000003", "board 2330-16C1, ECC on, SR-IOV on"},
        {"26B918510B7E00000002", "board 26B9-1851, floor-sweeping 0B7E, ECC off, SR-IOV on"},
        {"233016C180000001", "board 2330-16C1, ECC on, SR-IOV off, capability word 80000001"},
        {"GPU-aaaaaaaa-0000-4000-8000-000000000001", "a GPU that is not capable of migration"},
        {"233016c100000003", "unknown form"},
        {"", "unknown form"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *words = vgate_gpu_string_describe (cases[i].string);

        g_assert_cmpstr (words, ==, cases[i].words);
    }
}

/* A record from another program can contain a number for which this library has no name. */
static void
test_numbers_without_words (void)
{
    const int paces[] = {-1, VGATE_PACE_OF_WRITING + 1};

    for (gsize i = 0; i < G_N_ELEMENTS (paces); i++) {
        const VgateDownTime estimate = {.size = sizeof (VgateDownTime),
                                        .bytes = 1 << 20,
                                        .rate = 1000,
                                        .time = 8000,
                                        .pace_of = (VgatePaceOf)paces[i]};
        g_autofree char *words = vgate_down_time_describe (&estimate);

        g_assert_true (g_str_has_suffix (words, "at 1000 Mbit/s, an unknown speed"));
    }
}

/* The names of the error domains belong to the interface: bindings to other languages look them up. */
static void
test_error_domains (void)
{
    g_assert_cmpstr (g_quark_to_string (VGATE_ERROR), ==, "vgate-error-quark");
    g_assert_cmpstr (g_quark_to_string (VGATE_NVML_ERROR), ==, "vgate-nvml-error-quark");
}

static void
test_rules (void)
{
    VgateCircumstances circumstances = VGATE_INIT (VgateCircumstances);

    memset (&circumstances, 0x5a, sizeof circumstances);
    circumstances.size = sizeof circumstances;
    vgate_circumstances_init (&circumstances);
    for (int rule = 0; rule < VGATE_RULES_MAX; rule++) {
        const VgateRuleInfo *info = vgate_rule_info ((VgateRule)rule);

        g_assert_cmpint (info != NULL, ==, rule < VGATE_N_RULES);
        g_assert_cmpint (circumstances.severities[rule], ==, info ? info->severity : VGATE_SEVERITY_IGNORE);
        if (info)
            g_assert_nonnull (vgate_code_info (info->code));
    }
    g_assert_cmpint (circumstances.now, ==, 0);
    g_assert_null (vgate_rule_info ((VgateRule)-1));
}

static VgateVgpuRecord
sample_vgpu (void)
{
    VgateVgpuRecord record = {
        .size = sizeof (VgateVgpuRecord), .version = 3, .capabilities = VGATE_CAPABILITY_MIGRATION};

    record.guest_version = vgate_version (26, 1);
    record.opaque_size = VGATE_VGPU_OPAQUE_SIZE;
    g_strlcpy (record.gpu_string, "233016C100000003", sizeof record.gpu_string);
    return record;
}

static VgatePgpuRecord
sample_pgpu (const char *gpu_string)
{
    VgatePgpuRecord record = {
        .size = sizeof (VgatePgpuRecord), .version = 3, .capabilities = VGATE_CAPABILITY_MIGRATION};

    record.range = (VgateVersionRange){vgate_version (18, 1), vgate_version (26, 1)};
    record.opaque_size = VGATE_PGPU_OPAQUE_SIZE;
    g_strlcpy (record.gpu_string, gpu_string, sizeof record.gpu_string);
    return record;
}

/* Records into the driver's form and back, the pair alone, in a matrix, and explained. */
static void
test_engine (void)
{
    const VgateVgpuRecord sent = sample_vgpu ();
    const VgatePgpuRecord pgpus[] = {sample_pgpu ("233016C100000003"), sample_pgpu ("233016C100000002")};
    g_autoptr (GBytes) bytes = vgate_vgpu_record_write (&sent);
    g_autofree char *what = NULL;
    VgatePackedAnswer answers[2];
    VgateCircumstances circumstances = VGATE_INIT (VgateCircumstances);
    VgateVgpuRecord vgpu = VGATE_INIT (VgateVgpuRecord);
    g_autoptr (VgateVerdict) verdict = vgate_verdict_new ();
    const VgateFinding *refusal;
    VgateDownTime estimate = VGATE_INIT (VgateDownTime);

    g_assert_cmpuint (g_bytes_get_size (bytes), ==, 468);
    g_assert_true (vgate_vgpu_record_read (g_bytes_get_data (bytes, NULL), 468, &vgpu, NULL));
    vgate_compat_matrix (&vgpu, 1, pgpus, 2, answers);
    for (int i = 0; i < 2; i++) {
        const VgateAnswer alone = vgate_compat_answer (&vgpu, &pgpus[i]);
        const VgateAnswer unpacked = vgate_answer_unpack (answers[i]);

        g_assert_cmphex (answers[i], ==, vgate_answer_pack (alone));
        g_assert_cmphex (unpacked.states, ==,
                         i == 0 ? VGATE_STATE_COLD | VGATE_STATE_LIVE : VGATE_STATE_NONE);
        g_assert_cmphex (unpacked.limit, ==, i == 0 ? VGATE_LIMIT_NONE : VGATE_LIMIT_GPU);
    }
    vgate_circumstances_init (&circumstances);
    vgate_compat_judge (&(VgateVgpuSide){.size = sizeof (VgateVgpuSide), .record = &vgpu},
                        &(VgatePgpuSide){.size = sizeof (VgatePgpuSide), .record = &pgpus[1]}, &circumstances,
                        verdict);
    g_assert_false (vgate_verdict_allows (verdict, VGATE_STATE_LIVE));
    g_assert_cmphex (vgate_verdict_get_answer (verdict).limit, ==, VGATE_LIMIT_GPU);
    g_assert_false (vgate_verdict_is_undecided (verdict));
    g_assert_cmpuint (vgate_verdict_get_n_findings (verdict), >=, 1);
    refusal = vgate_verdict_first_refusal (verdict);
    g_assert_true (vgate_verdict_get_finding (verdict, 0) == refusal);
    g_assert_cmpint (vgate_finding_get_code (refusal), ==, 304);
    g_assert_cmpint (vgate_finding_get_severity (refusal), ==, VGATE_SEVERITY_REFUSE);
    g_assert_false (vgate_finding_is_at_destination (refusal));
    g_assert_false (vgate_finding_get_down_time (refusal, &estimate));
    what = vgate_finding_describe (refusal);
    g_assert_nonnull (strstr (what, "ECC is on at the source, off here"));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/library/settings", test_settings);
    g_test_add_func ("/library/names", test_names);
    g_test_add_func ("/library/string", test_string);
    g_test_add_func ("/library/numbers-without-words", test_numbers_without_words);
    g_test_add_func ("/library/error-domains", test_error_domains);
    g_test_add_func ("/library/rules", test_rules);
    g_test_add_func ("/library/engine", test_engine);
    return g_test_run ();
}
