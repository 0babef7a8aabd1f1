/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A GPU about which NVML cannot answer: what the daemon must not conclude from that, and what it reports. */
#include "plugin/element/capture.h"
#include "plugin/capture/gpu-log.h"
#include "tests/plugin/answers.h"

#include <string.h>

#define LOST "0000:c2:00.0"

/* An element of this host whose vGPUs are on the GPU at address. */
static VgateElement *
own_element (const VgateHost *host, guint n_vgpus, const char *address)
{
    VgateElement *element = sample_element (n_vgpus);

    g_free (element->host_uuid);
    element->host_uuid = g_strdup (host->uuid);
    for (guint i = 0; i < n_vgpus; i++) {
        VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);

        g_free (vgpu->pgpu.address);
        vgpu->pgpu.address = g_strdup (address);
    }
    return element;
}

static void
assert_may_run (const VgateHost *host, const VgateElement *element, const VgateElement *now)
{
    g_autoptr (GError) error = NULL;

    g_assert_false (vgate_capture_check_gone (host, element, now, &error));
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_GPU_UNUSABLE);
    g_assert_nonnull (strstr (error->message, "nvmlDeviceGetUUID: NVML error 15"));
}

static void
test_gone (void)
{
    g_autoptr (VgateHost) host = sample_host ();
    g_autoptr (VgateElement) here = own_element (host, 2, "0000:41:00.0");
    g_autoptr (VgateElement) there = own_element (host, 2, LOST), one = own_element (host, 1, LOST);
    g_autoptr (VgateElement) foreign = sample_element (1);

    g_free (foreign->host_uuid);
    foreign->host_uuid = g_strdup ("99999999-9999-4999-8999-999999999999");
    /* all GPUs answer, so a vGPU that NVML does not list does not exist */
    g_assert_true (vgate_capture_check_gone (host, there, NULL, NULL));
    sample_add_unusable (host, LOST);
    assert_may_run (host, there, NULL);
    assert_may_run (host, there, one);
    g_assert_true (vgate_capture_check_gone (host, there, there, NULL));
    g_assert_true (vgate_capture_check_gone (host, here, NULL, NULL));
    g_assert_true (vgate_capture_check_gone (host, here, one, NULL));
    /* where the vGPU of an arrival should be is unknown, but the element is complete */
    assert_may_run (host, foreign, NULL);
    g_assert_true (vgate_capture_check_gone (host, foreign, one, NULL));
    /* NVML does not even identify the GPU: it can be any GPU except those that answer */
    g_ptr_array_set_size (host->unusable, 0);
    sample_add_unusable (host, NULL);
    assert_may_run (host, there, NULL);
    g_assert_true (vgate_capture_check_gone (host, here, NULL, NULL));
}

/* Its migration is not stopped because of a vGPU that seems to be missing, because that is not known. */
static void
test_job (void)
{
    const VgateVgpuRecord record = sample_vgpu_record ();
    g_autoptr (VgateSnapshot) snapshot = answers_snapshot (NULL, 0);
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    g_auto (VgateJobFacts) facts = answers_facts (VGATE_JOB_MIGRATION, &record);
    g_autoptr (GError) stale = NULL, unknown = NULL;

    g_assert_cmpint (vgate_job_judge (&facts, snapshot, policy, &stale), ==, VGATE_JOB_MUST_STOP);
    g_assert_error (stale, VGATE_ERROR, VGATE_CODE_JOB_STALE);
    sample_add_unusable (snapshot->probe->host, NULL);
    g_free (facts.domain->element->host_uuid);
    facts.domain->element->host_uuid = g_strdup (snapshot->probe->host->uuid);
    g_free (((VgateElementVgpu *)g_ptr_array_index (facts.domain->element->vgpus, 0))->pgpu.address);
    ((VgateElementVgpu *)g_ptr_array_index (facts.domain->element->vgpus, 0))->pgpu.address = g_strdup (LOST);
    g_assert_cmpint (vgate_job_judge (&facts, snapshot, policy, &unknown), ==, VGATE_JOB_UNKNOWN);
    g_assert_error (unknown, VGATE_ERROR, VGATE_CODE_GPU_UNUSABLE);
}

static void
test_log_subprocess (void)
{
    g_autoptr (VgateHost) good = sample_host (), lost = sample_host (), nameless = sample_host ();

    sample_add_unusable (lost, LOST);
    sample_add_unusable (nameless, NULL);
    vgate_gpu_log_changes (NULL, good);
    g_printerr ("1\n");
    vgate_gpu_log_changes (good, lost);
    g_printerr ("2\n");
    vgate_gpu_log_changes (lost, lost);
    g_printerr ("3\n");
    vgate_gpu_log_changes (lost, good);
    g_printerr ("4\n");
    vgate_gpu_log_changes (NULL, nameless);
    g_printerr ("5\n");
    /* the same GPU, about which NVML now reports less */
    vgate_gpu_log_changes (lost, nameless);
    g_printerr ("6\n");
}

/* Once at the beginning, and once at the end. */
static void
test_log (void)
{
    g_test_trap_subprocess ("/lost-gpu/log/subprocess", 0, 0);
    g_test_trap_assert_passed ();
    g_test_trap_assert_stderr ("1\n"
                               "vgpu-gate: VGATE-517: cannot use GPU " LOST " (NVIDIA L4): "
                               "nvmlDeviceGetUUID: NVML error 15: GPU is lost\n2\n3\n"
                               "vgpu-gate: VGATE-519: GPU " LOST " can be used again\n4\n"
                               "vgpu-gate: VGATE-517: cannot use GPU 2: nvmlDeviceGetUUID: "
                               "NVML error 15: GPU is lost\n5\n"
                               "vgpu-gate: VGATE-517: cannot use GPU 2: nvmlDeviceGetUUID: "
                               "NVML error 15: GPU is lost\n6\n");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/lost-gpu/gone", test_gone);
    g_test_add_func ("/lost-gpu/job", test_job);
    g_test_add_func ("/lost-gpu/log", test_log);
    g_test_add_func ("/lost-gpu/log/subprocess", test_log_subprocess);
    return g_test_run ();
}
