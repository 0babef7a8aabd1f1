/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structures that grow: a program of a later version, whose structures have members that this library does
 * not know; and a program that did not set the size. */
#include <string.h>
#include <vgpu-gate/vgpu-gate.h>

#define CANARY G_GUINT64_CONSTANT (0x5a5a5a5a5a5a5a5a)

/* A structure of a later version, followed by guard bytes. */
#define LATER(type)      \
    struct {             \
        type known;      \
        guint64 more[2]; \
        guint64 canary;  \
    }

#define LATER_INIT(s)                \
    memset (&(s), 0x5a, sizeof (s)); \
    (s).known.size = sizeof (s).known + sizeof (s).more

/* Its new members are 0, and nothing after it was touched. */
#define ASSERT_LATER(s)                                                        \
    g_assert_cmpuint ((s).known.size, ==, sizeof (s).known + sizeof (s).more); \
    g_assert_cmphex ((s).more[0], ==, 0);                                      \
    g_assert_cmphex ((s).more[1], ==, 0);                                      \
    g_assert_cmphex ((s).canary, ==, CANARY)

static GBytes *
sample_bytes (const char *gpu_string)
{
    VgateVgpuRecord record = VGATE_INIT (VgateVgpuRecord);

    record.version = 3;
    record.capabilities = VGATE_CAPABILITY_MIGRATION;
    record.guest_version = vgate_version (26, 1);
    record.opaque_size = VGATE_VGPU_OPAQUE_SIZE;
    g_strlcpy (record.gpu_string, gpu_string, sizeof record.gpu_string);
    return vgate_vgpu_record_write (&record);
}

/* Structures that the library writes. */
static void
test_written (void)
{
    g_autoptr (GBytes) bytes = sample_bytes ("233016C100000003");
    LATER (VgateVgpuRecord) record;
    LATER (VgateCircumstances) circumstances;
    LATER (VgateDownTime) estimate;
    VgateVgpuSide vgpu = VGATE_INIT (VgateVgpuSide);

    LATER_INIT (record);
    g_assert_true (vgate_vgpu_record_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                           &record.known, NULL));
    ASSERT_LATER (record);
    g_assert_cmpstr (record.known.gpu_string, ==, "233016C100000003");
    LATER_INIT (circumstances);
    vgate_circumstances_init (&circumstances.known);
    ASSERT_LATER (circumstances);
    g_assert_cmpint (circumstances.known.severities[VGATE_RULE_TYPE_NOT_OFFERED], ==, VGATE_SEVERITY_REFUSE);
    g_assert_cmpint (circumstances.known.max_age, ==, 0);
    vgpu.record = &record.known;
    vgpu.framebuffer_used = 1 << 20;
    circumstances.known.link_speed = 1000;
    LATER_INIT (estimate);
    g_assert_true (vgate_down_time_estimate (&vgpu, NULL, &circumstances.known, &estimate.known));
    ASSERT_LATER (estimate);
    g_assert_cmpuint (estimate.known.rate, ==, 1000);
}

/* Structures that it reads: an array of records is walked by the records' own size. */
static void
test_read (void)
{
    static const char *const strings[] = {"233016C100000003", "27B816CA00000003"};
    LATER (VgateVgpuRecord) vgpus[2];
    LATER (VgatePgpuRecord) pgpus[2];
    VgatePackedAnswer answers[4];

    for (int i = 0; i < 2; i++) {
        memset (&vgpus[i], 0x5a, sizeof vgpus[i]);
        memset (&pgpus[i], 0x5a, sizeof pgpus[i]);
        vgpus[i].known = (VgateVgpuRecord){.size = sizeof vgpus[i], .version = 3};
        pgpus[i].known = (VgatePgpuRecord){.size = sizeof pgpus[i], .version = 3};
        vgpus[i].known.capabilities = pgpus[i].known.capabilities = VGATE_CAPABILITY_MIGRATION;
        vgpus[i].known.opaque_size = VGATE_VGPU_OPAQUE_SIZE;
        pgpus[i].known.opaque_size = VGATE_PGPU_OPAQUE_SIZE;
        g_strlcpy (vgpus[i].known.gpu_string, strings[i], sizeof vgpus[i].known.gpu_string);
        g_strlcpy (pgpus[i].known.gpu_string, strings[i], sizeof pgpus[i].known.gpu_string);
    }
    vgate_compat_matrix (&vgpus[0].known, 2, &pgpus[0].known, 2, answers);
    for (int v = 0; v < 2; v++)
        for (int p = 0; p < 2; p++)
            g_assert_cmphex (vgate_answer_unpack (answers[2 * v + p]).limit, ==,
                             v == p ? VGATE_LIMIT_NONE : VGATE_LIMIT_GPU);
}

/* A size that was not set is the caller's error, and is found before any access. */
static void
test_no_size (void)
{
    static const gsize sizes[] = {0, 1, sizeof (gsize), G_MAXSIZE};
    g_autoptr (VgateVerdict) verdict = vgate_verdict_new ();
    VgateVgpuRecord vgpu = VGATE_INIT (VgateVgpuRecord);
    VgatePgpuRecord pgpu = VGATE_INIT (VgatePgpuRecord);
    VgateVgpuSide vgpu_side = VGATE_INIT (VgateVgpuSide);
    VgatePgpuSide pgpu_side = VGATE_INIT (VgatePgpuSide);
    VgateCircumstances ignoring = VGATE_INIT (VgateCircumstances);
    g_autoptr (GBytes) bytes = sample_bytes ("233016C100000003");

    vgpu.version = pgpu.version = 3;
    vgpu.capabilities = pgpu.capabilities = VGATE_CAPABILITY_MIGRATION;
    vgpu.opaque_size = VGATE_VGPU_OPAQUE_SIZE;
    pgpu.opaque_size = VGATE_PGPU_OPAQUE_SIZE;
    vgpu_side.record = &vgpu;
    pgpu_side.record = &pgpu;
    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
        VgateVgpuRecord record = {.size = sizes[i]};
        VgateCircumstances circumstances = {.size = sizes[i]};

        g_test_expect_message ("vgpu-gate", G_LOG_LEVEL_CRITICAL, "*vgate_vgpu_record_read*HAS_SIZE*");
        g_assert_false (
            vgate_vgpu_record_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &record, NULL));
        g_test_assert_expected_messages ();
        g_assert_cmpuint (record.version, ==, 0);
        g_test_expect_message ("vgpu-gate", G_LOG_LEVEL_CRITICAL, "*vgate_circumstances_init*HAS_SIZE*");
        vgate_circumstances_init (&circumstances);
        g_test_assert_expected_messages ();
        g_assert_cmpint (circumstances.severities[VGATE_RULE_TYPE_NOT_OFFERED], ==, VGATE_SEVERITY_IGNORE);
        /* a verdict that is used again does not keep the last answer */
        vgate_compat_judge (&vgpu_side, &pgpu_side, &ignoring, verdict);
        g_assert_true (vgate_verdict_allows (verdict, VGATE_STATE_LIVE));
        g_test_expect_message ("vgpu-gate", G_LOG_LEVEL_CRITICAL, "*vgate_compat_judge*HAS_SIZE*");
        vgate_compat_judge (&vgpu_side, &pgpu_side, &circumstances, verdict);
        g_test_assert_expected_messages ();
        g_assert_false (vgate_verdict_allows (verdict, VGATE_STATE_LIVE));
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/library/growth/written", test_written);
    g_test_add_func ("/library/growth/read", test_read);
    g_test_add_func ("/library/growth/no-size", test_no_size);
    return g_test_run ();
}
