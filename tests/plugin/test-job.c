/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The judgement when a migration or a save begins. */
#include "plugin/jobs/job.h"

#include "answers.h"
#include "status/status.h"

#include <string.h>

#define ALL_STATES (VGATE_STATE_COLD | VGATE_STATE_LIVE)

/* Each code that stops a job has a metric before it occurs, because alerts depend on that. */
static void
assert_is_counted_code (const GError *error)
{
    g_auto (GStrv) labels = vgate_counter_labels (VGATE_COUNTER_JOBS_STOPPED);
    char code[VGATE_CODE_TEXT_SIZE];

    vgate_code_format (error->code, code);
    if (!g_strv_contains ((const char *const *)labels, code))
        g_error ("%s stops a job, and is not in the table of lib/status/counters.c", code);
}

static VgateJobVerdict
judge (VgateJobKind kind, const VgateVgpuRecord *in_xml, VgateSnapshot *snapshot, const char *what,
       GError **error)
{
    g_auto (VgateJobFacts) facts = answers_facts (kind, in_xml);
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    g_autoptr (GError) local = NULL;
    VgateJobVerdict verdict;

    policy->ignore_stale_metadata = what && strstr (what, "stale");
    policy->ignore_unrestorable_save = what && strstr (what, "save");
    policy->allow_missing_metadata = what && strstr (what, "missing");
    verdict = vgate_job_judge (&facts, snapshot, policy, &local);
    if (verdict == VGATE_JOB_MUST_STOP)
        assert_is_counted_code (local);
    if (local)
        g_propagate_error (error, g_steal_pointer (&local));
    return verdict;
}

static void
test_unchanged (void)
{
    const VgateVgpuRecord record = sample_vgpu_record ();
    g_autoptr (VgateSnapshot) snapshot = answers_snapshot (&record, 1);

    g_assert_cmpint (judge (VGATE_JOB_MIGRATION, &record, snapshot, NULL, NULL), ==, VGATE_JOB_MAY_GO_ON);
    g_assert_cmpint (judge (VGATE_JOB_SAVE, &record, snapshot, NULL, NULL), ==, VGATE_JOB_MAY_GO_ON);
    g_assert_cmpint (judge (VGATE_JOB_SNAPSHOT, &record, snapshot, NULL, NULL), ==, VGATE_JOB_MAY_GO_ON);
}

static void
test_stale (void)
{
    const VgateVgpuRecord in_xml = sample_vgpu_record ();
    VgateVgpuRecord now = in_xml;
    g_autoptr (VgateSnapshot) snapshot = NULL;
    g_autoptr (GError) error = NULL;

    now.guest_version = vgate_version (18, 1);
    snapshot = answers_snapshot (&now, 1);
    g_assert_cmpint (judge (VGATE_JOB_MIGRATION, &in_xml, snapshot, NULL, &error), ==, VGATE_JOB_MUST_STOP);
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_JOB_STALE);
    g_assert_nonnull (strstr (error->message, "26.1 in the XML, 18.1 now"));
    g_assert_cmpint (judge (VGATE_JOB_MIGRATION, &in_xml, snapshot, "stale", NULL), ==, VGATE_JOB_MAY_GO_ON);
    g_assert_cmpint (judge (VGATE_JOB_SAVE, &in_xml, snapshot, NULL, NULL), ==, VGATE_JOB_MUST_STOP);
}

static void
test_not_captured (void)
{
    const VgateVgpuRecord record = sample_vgpu_record ();
    g_autoptr (VgateSnapshot) snapshot = answers_snapshot (&record, 1);
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (judge (VGATE_JOB_MIGRATION, NULL, snapshot, NULL, &error), ==, VGATE_JOB_MUST_STOP);
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_JOB_STALE);
    g_assert_cmpint (judge (VGATE_JOB_MIGRATION, NULL, snapshot, "missing", NULL), ==, VGATE_JOB_MAY_GO_ON);
}

static void
test_without_vgpu (void)
{
    const VgateVgpuRecord record = sample_vgpu_record ();
    g_autoptr (VgateSnapshot) snapshot = answers_snapshot (NULL, 0);

    g_assert_cmpint (judge (VGATE_JOB_MIGRATION, NULL, snapshot, NULL, NULL), ==, VGATE_JOB_MAY_GO_ON);
    g_assert_cmpint (judge (VGATE_JOB_MIGRATION, &record, snapshot, NULL, NULL), ==, VGATE_JOB_MUST_STOP);
}

/* The host's driver was updated under the running guest. */
static void
test_unrestorable (void)
{
    VgateVgpuRecord record = sample_vgpu_record ();
    g_autoptr (VgateSnapshot) snapshot = NULL;
    g_autoptr (GError) error = NULL;

    record.guest_version = vgate_version (18, 1);
    snapshot = answers_snapshot (&record, 1);
    answers_pgpu (snapshot)->record.range.min = vgate_version (24, 1);
    g_assert_cmpint (judge (VGATE_JOB_SNAPSHOT, &record, snapshot, NULL, NULL), ==, VGATE_JOB_MUST_STOP);
    g_assert_cmpint (judge (VGATE_JOB_SAVE, &record, snapshot, NULL, &error), ==, VGATE_JOB_MUST_STOP);
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_VERSION_OUTSIDE_RANGE);
    g_assert_nonnull (strstr (error->message, "18.1"));
    g_assert_nonnull (strstr (error->message, "24.1-26.1"));
    /* leaving this host is the way out */
    g_assert_cmpint (judge (VGATE_JOB_MIGRATION, &record, snapshot, NULL, NULL), ==, VGATE_JOB_MAY_GO_ON);
    g_assert_cmpint (judge (VGATE_JOB_SAVE, &record, snapshot, "save", NULL), ==, VGATE_JOB_MAY_GO_ON);
}

/* The stricter answer counts, as in the gate. */
static void
test_the_driver_says_no (void)
{
    const VgateVgpuRecord record = sample_vgpu_record ();
    g_autoptr (VgateSnapshot) no = answers_snapshot_judged (&record, (VgateAnswer){0, VGATE_LIMIT_GPU});
    g_autoptr (VgateSnapshot) yes =
        answers_snapshot_judged (&record, (VgateAnswer){ALL_STATES, VGATE_LIMIT_NONE});
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (judge (VGATE_JOB_SAVE, &record, yes, NULL, NULL), ==, VGATE_JOB_MAY_GO_ON);
    g_assert_cmpint (judge (VGATE_JOB_SAVE, &record, no, NULL, &error), ==, VGATE_JOB_MUST_STOP);
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_DRIVER_DISAGREES);
}

static void
test_an_element_that_cannot_be_read (void)
{
    const VgateVgpuRecord record = sample_vgpu_record ();
    g_autoptr (VgateSnapshot) snapshot = answers_snapshot (&record, 1);
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    g_auto (VgateJobFacts) facts = {.kind = VGATE_JOB_MIGRATION};
    g_autoptr (GError) error = NULL;

    facts.failure = g_error_new_literal (VGATE_ERROR, VGATE_CODE_ELEMENT_BASE64, "no base64");
    g_assert_cmpint (vgate_job_judge (&facts, snapshot, policy, &error), ==, VGATE_JOB_MUST_STOP);
    g_clear_error (&error);
    facts.failure->code = VGATE_CODE_LIBVIRT_ERROR;
    g_assert_cmpint (vgate_job_judge (&facts, snapshot, policy, &error), ==, VGATE_JOB_UNKNOWN);
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR);
}

static void
test_nvml_gave_nothing (void)
{
    const VgateVgpuRecord record = sample_vgpu_record ();
    g_autoptr (VgateSnapshot) snapshot = answers_snapshot (&record, 1);
    VgateInstance *instance = g_ptr_array_index (snapshot->probe->instances, 0);
    g_autoptr (GError) error = NULL;

    g_clear_pointer (&instance->metadata, g_bytes_unref);
    instance->failure = g_strdup ("nvmlVgpuInstanceGetMetadata: GPU_IS_LOST");
    g_assert_cmpint (judge (VGATE_JOB_MIGRATION, &record, snapshot, NULL, &error), ==, VGATE_JOB_UNKNOWN);
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_CAPTURE_FAILED);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/job/unchanged", test_unchanged);
    g_test_add_func ("/job/stale", test_stale);
    g_test_add_func ("/job/not-captured", test_not_captured);
    g_test_add_func ("/job/without-vgpu", test_without_vgpu);
    g_test_add_func ("/job/unrestorable", test_unrestorable);
    g_test_add_func ("/job/the-driver-says-no", test_the_driver_says_no);
    g_test_add_func ("/job/an-element-that-cannot-be-read", test_an_element_that_cannot_be_read);
    g_test_add_func ("/job/nvml-gave-nothing", test_nvml_gave_nothing);
    return g_test_run ();
}
