/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine's first part, its answers in words, and its promises: no allocation, the same bytes. */
#include "compat-pair.h"

static void
test_good (void)
{
    CompatPair pair;

    compat_pair_init (&pair);
    compat_pair_judge (&pair);
    compat_pair_assert_answer (&pair, COLD_LIVE, VGATE_LIMIT_NONE);
    g_assert_cmpuint (pair.verdict.n_findings, ==, 0);
    g_assert_false (pair.verdict.undecided);
    g_assert_null (vgate_verdict_first_refusal (&pair.verdict));
    g_assert_true (vgate_verdict_allows (&pair.verdict, VGATE_STATE_LIVE));
    g_assert_true (vgate_verdict_allows (&pair.verdict, VGATE_STATE_COLD));
    g_assert_false (vgate_verdict_allows (&pair.verdict, VGATE_STATE_SLEEP));
    g_assert_false (vgate_verdict_allows (&pair.verdict, VGATE_STATE_HIBERNATE));
    g_assert_false (vgate_verdict_allows (&pair.verdict, 0));
}

/* NVIDIA's rule broken in one place: the answer, the one finding, and its text. */
static const struct {
    const char *name;
    guint32 vgpu_version, pgpu_version, vgpu_caps, pgpu_caps, guest_version;
    const char *gpu_string; /* at the destination */
    guint32 limit;
    VgateCode code;
    gboolean at_destination;
    const char *words;
} broken[] = {
    {"vgpu version", 2, 3, 1, 1, 0x1a0001, SAMPLE_GPU_STRING, 1, VGATE_CODE_STRUCTURE_TOO_OLD, FALSE,
     "the source's metadata structure has version 2"},
    {"vgpu version 0", 0, 3, 1, 1, 0x1a0001, SAMPLE_GPU_STRING, 1, VGATE_CODE_STRUCTURE_TOO_OLD, FALSE,
     "version 0"},
    {"pgpu version", 3, 2, 1, 1, 0x1a0001, SAMPLE_GPU_STRING, 1, VGATE_CODE_STRUCTURE_TOO_OLD, TRUE,
     "this host's metadata structure has version 2"},
    {"vgpu capability", 3, 3, 0, 1, 0x1a0001, SAMPLE_GPU_STRING, 5, VGATE_CODE_NOT_MIGRATABLE, FALSE,
     "the source's vGPU cannot migrate"},
    {"pgpu capability", 3, 3, 1, 0, 0x1a0001, SAMPLE_GPU_STRING, 5, VGATE_CODE_NOT_MIGRATABLE, TRUE,
     "vGPU migration is off on the GPU here"},
    {"other bits are no migration bit", 3, 3, 0xfffffffe, 1, 0x1a0001, SAMPLE_GPU_STRING, 5,
     VGATE_CODE_NOT_MIGRATABLE, FALSE, "0xfffffffe"},
    {"below the range", 3, 3, 1, 1, 0x120000, SAMPLE_GPU_STRING, 1, VGATE_CODE_VERSION_OUTSIDE_RANGE, FALSE,
     "18.0 is below this host's range 18.1-26.1"},
    {"above the range", 3, 3, 1, 1, 0x1a0002, SAMPLE_GPU_STRING, 1, VGATE_CODE_VERSION_OUTSIDE_RANGE, FALSE,
     "26.2 is above this host's range 18.1-26.1"},
    {"other gpu", 3, 3, 1, 1, 0x1a0001, "233016C100000002", 4, VGATE_CODE_GPU_DIFFERS, FALSE,
     "ECC is on at the source, off here"},
    {"case matters", 3, 3, 1, 1, 0x1a0001, "233016c100000003", 4, VGATE_CODE_GPU_DIFFERS, FALSE, "differ"},
    {"empty string", 3, 3, 1, 1, 0x1a0001, "", 4, VGATE_CODE_GPU_DIFFERS, FALSE, "differ"},
};

static void
test_each_line (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (broken); i++) {
        CompatPair pair;
        g_autofree char *text = NULL;

        compat_pair_init (&pair);
        pair.vgpu_record.version = broken[i].vgpu_version;
        pair.pgpu_record.version = broken[i].pgpu_version;
        pair.vgpu_record.capabilities = broken[i].vgpu_caps;
        pair.pgpu_record.capabilities = broken[i].pgpu_caps;
        pair.vgpu_record.guest_version = broken[i].guest_version;
        g_strlcpy (pair.pgpu_record.gpu_string, broken[i].gpu_string, VGATE_GPU_STRING_SIZE);
        compat_pair_judge (&pair);
        g_test_message ("%s", broken[i].name);
        compat_pair_assert_answer (&pair, 0, broken[i].limit);
        g_assert_cmpuint (pair.verdict.n_findings, ==, 1);
        g_assert_cmpint (pair.verdict.findings[0].code, ==, broken[i].code);
        g_assert_cmpint (pair.verdict.findings[0].severity, ==, VGATE_SEVERITY_REFUSE);
        g_assert_cmpint (pair.verdict.findings[0].at_destination, ==, broken[i].at_destination);
        g_assert_true (vgate_verdict_first_refusal (&pair.verdict) == &pair.verdict.findings[0]);
        g_assert_false (vgate_verdict_allows (&pair.verdict, VGATE_STATE_LIVE));
        text = vgate_finding_describe (&pair.verdict.findings[0]);
        if (!strstr (text, broken[i].words))
            g_error ("'%s' does not say '%s'", text, broken[i].words);
    }
}

/* Values just inside the limits pass. */
static void
test_just_inside (void)
{
    static const guint32 versions[] = {0x120001, 0x1a0001, 0x140005};
    CompatPair pair;

    for (gsize i = 0; i < G_N_ELEMENTS (versions); i++) {
        compat_pair_init (&pair);
        pair.vgpu_record.version = pair.pgpu_record.version = i == 0 ? 3 : G_MAXUINT32;
        pair.vgpu_record.capabilities = pair.pgpu_record.capabilities = i == 0 ? 1 : G_MAXUINT32;
        pair.vgpu_record.guest_version = versions[i];
        compat_pair_judge (&pair);
        compat_pair_assert_answer (&pair, COLD_LIVE, VGATE_LIMIT_NONE);
        g_assert_cmpuint (pair.verdict.n_findings, ==, 0);
    }
}

/* Unlike NVIDIA's call, the engine continues: every line on either side, in the order of the rule. */
static void
test_all_together (void)
{
    static const VgateCode codes[] = {VGATE_CODE_STRUCTURE_TOO_OLD,     VGATE_CODE_STRUCTURE_TOO_OLD,
                                      VGATE_CODE_NOT_MIGRATABLE,        VGATE_CODE_NOT_MIGRATABLE,
                                      VGATE_CODE_VERSION_OUTSIDE_RANGE, VGATE_CODE_GPU_DIFFERS};
    CompatPair pair;

    compat_pair_init (&pair);
    pair.vgpu_record.version = pair.pgpu_record.version = 2;
    pair.vgpu_record.capabilities = pair.pgpu_record.capabilities = 0;
    pair.vgpu_record.guest_version = vgate_version (30, 0);
    pair.pgpu_record.gpu_string[0] = '9';
    compat_pair_judge (&pair);
    compat_pair_assert_answer (&pair, 0, VGATE_LIMIT_HOST_DRIVER);
    g_assert_cmpuint (pair.verdict.n_findings, ==, G_N_ELEMENTS (codes));
    for (gsize i = 0; i < G_N_ELEMENTS (codes); i++) {
        g_assert_cmpint (pair.verdict.findings[i].code, ==, codes[i]);
        g_assert_cmpint (pair.verdict.findings[i].severity, ==, VGATE_SEVERITY_REFUSE);
        if (i < 4)
            g_assert_cmpint (pair.verdict.findings[i].at_destination, ==, i % 2 == 1);
    }
    /* the answer is that of the first line that applies, as in the call */
    pair.vgpu_record.version = pair.pgpu_record.version = 3;
    compat_pair_judge (&pair);
    compat_pair_assert_answer (&pair, 0, VGATE_LIMIT_HOST_DRIVER | VGATE_LIMIT_GPU);
}

/* An opaque section other than the known one, on one side or both. */
static void
test_unknown_layout (void)
{
    static const struct {
        guint32 vgpu_size, pgpu_size;
    } sizes[] = {{0, 256}, {260, 0}, {261, 256}, {260, 257}, {256, 260}, {512, 512}};

    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
        CompatPair pair;

        compat_pair_init (&pair);
        pair.vgpu_record.opaque_size = sizes[i].vgpu_size;
        pair.pgpu_record.opaque_size = sizes[i].pgpu_size;
        compat_pair_judge (&pair);
        compat_pair_assert_answer (&pair, 0, VGATE_LIMIT_OTHER);
        g_assert_true (pair.verdict.undecided);
        g_assert_cmpuint (pair.verdict.n_findings, ==, 1);
        g_assert_cmpint (pair.verdict.findings[0].code, ==, VGATE_CODE_GPU_UNDECIDED);
        g_assert_cmpuint (pair.verdict.findings[0].source, ==, sizes[i].vgpu_size);
        g_assert_cmpuint (pair.verdict.findings[0].destination, ==, sizes[i].pgpu_size);
        g_assert_false (vgate_verdict_allows (&pair.verdict, VGATE_STATE_LIVE));

        /* strings that cannot be read are not compared, whatever their bytes are */
        pair.pgpu_record.gpu_string[0] = '9';
        compat_pair_judge (&pair);
        compat_pair_assert_answer (&pair, 0, VGATE_LIMIT_OTHER);
        g_assert_cmpuint (pair.verdict.n_findings, ==, 1);
    }
}

static void
test_unknown_layout_by_policy (void)
{
    static const VgateSeverity soft[] = {VGATE_SEVERITY_WARN, VGATE_SEVERITY_IGNORE};
    CompatPair pair;

    for (gsize i = 0; i < G_N_ELEMENTS (soft); i++) {
        compat_pair_init (&pair);
        pair.vgpu_record.opaque_size = 300;
        pair.circumstances.severities[VGATE_RULE_GPU_UNDECIDED] = soft[i];
        compat_pair_judge (&pair);
        compat_pair_assert_answer (&pair, COLD_LIVE, VGATE_LIMIT_NONE);
        g_assert_cmpuint (pair.verdict.n_findings, ==, soft[i] == VGATE_SEVERITY_WARN);
        g_assert_true (vgate_verdict_allows (&pair.verdict, VGATE_STATE_LIVE));
        /* the lines before the last still decide, and cannot be weakened */
        pair.vgpu_record.guest_version = vgate_version (30, 0);
        compat_pair_judge (&pair);
        compat_pair_assert_answer (&pair, 0, VGATE_LIMIT_HOST_DRIVER);
        g_assert_false (pair.verdict.undecided);
        g_assert_false (vgate_verdict_allows (&pair.verdict, VGATE_STATE_LIVE));
    }
}

static void
assert_same_findings (const VgateVerdict *a, const VgateVerdict *b)
{
    g_assert_cmphex (a->states, ==, b->states);
    g_assert_cmphex (a->limit, ==, b->limit);
    g_assert_cmpint (a->undecided, ==, b->undecided);
    g_assert_cmpuint (a->n_findings, ==, b->n_findings);
    for (guint i = 0; i < a->n_findings; i++) {
        const VgateFinding *x = &a->findings[i], *y = &b->findings[i];
        g_autofree char *x_text = vgate_finding_describe (x), *y_text = vgate_finding_describe (y);

        g_assert_cmpint (x->code, ==, y->code);
        g_assert_cmpint (x->severity, ==, y->severity);
        g_assert_cmpint (x->at_destination, ==, y->at_destination);
        g_assert_cmpuint (x->source, ==, y->source);
        g_assert_cmpuint (x->destination, ==, y->destination);
        g_assert_cmpuint (x->destination_max, ==, y->destination_max);
        g_assert_true (x->source_text == y->source_text && x->destination_text == y->destination_text);
        g_assert_cmpstr (x_text, ==, y_text);
    }
}

/* The result depends neither on the verdict's former content nor on the number of calls. */
static void
test_repeatable (void)
{
    CompatPair pair;
    VgateVerdict first, second;

    compat_pair_init (&pair);
    pair.vgpu_record.version = 2;
    pair.pgpu_record.gpu_string[0] = '9';
    pair.pgpu.offer = VGATE_OFFER_NO;
    pair.pgpu_scheduler.time_slice++;
    memset (&first, 0x00, sizeof first);
    memset (&second, 0xff, sizeof second);
    vgate_compat_judge (&pair.vgpu, &pair.pgpu, &pair.circumstances, &first);
    vgate_compat_judge (&pair.vgpu, &pair.pgpu, &pair.circumstances, &second);
    g_assert_cmpuint (first.n_findings, ==, 4);
    assert_same_findings (&first, &second);
}

static void
test_words (void)
{
    static const struct {
        guint32 bits;
        const char *states, *limit;
    } cases[] = {
        {0, "none", "none"},
        {1, "cold", "host driver"},
        {2, "hibernate", "guest driver"},
        {4, "sleep", "GPU"},
        {9, "cold|live", "host driver|0x8"},
        {15, "cold|hibernate|sleep|live", "host driver|guest driver|GPU|0x8"},
        {0x80000000, "0x80000000", "other"},
        {0x80000005, "cold|sleep|0x80000000", "host driver|GPU|other"},
        {0x110, "0x110", "0x110"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *states = vgate_states_describe (cases[i].bits);
        g_autofree char *limit = vgate_limit_describe (cases[i].bits);

        g_assert_cmpstr (states, ==, cases[i].states);
        g_assert_cmpstr (limit, ==, cases[i].limit);
    }
}

static void
test_severity_words (void)
{
    static const char *const bad[] = {"", "Refuse", "refuse ", "deny", "0"};
    VgateSeverity severity;

    for (VgateSeverity each = VGATE_SEVERITY_IGNORE; each <= VGATE_SEVERITY_REFUSE; each++) {
        g_assert_true (vgate_severity_parse (vgate_severity_name (each), &severity));
        g_assert_cmpint (severity, ==, each);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
        g_assert_false (vgate_severity_parse (bad[i], &severity));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/compat/good", test_good);
    g_test_add_func ("/compat/each-line", test_each_line);
    g_test_add_func ("/compat/just-inside", test_just_inside);
    g_test_add_func ("/compat/all-together", test_all_together);
    g_test_add_func ("/compat/unknown-layout", test_unknown_layout);
    g_test_add_func ("/compat/unknown-layout-by-policy", test_unknown_layout_by_policy);
    g_test_add_func ("/compat/repeatable", test_repeatable);
    g_test_add_func ("/compat/words", test_words);
    g_test_add_func ("/compat/severity-words", test_severity_words);
    return g_test_run ();
}
