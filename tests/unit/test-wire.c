/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes between the gate and the process that reads NVML: whole, or not at all. */
#include "host/probe-wire.h"
#include "sample.h"
#include "nvml/nvml-abi.h"

static VgateProbe *
sample_probe (void)
{
    VgateProbe *probe = g_new0 (VgateProbe, 1);
    const VgateVgpuRecord record = sample_vgpu_record ();
    const VgateDriverAnswer answer = {1, 1, 6, 9, 0x80000000};
    VgateInstance *good = vgate_instance_new (), *bad = vgate_instance_new ();

    probe->host = sample_host ();
    probe->answers = g_array_new (FALSE, TRUE, sizeof (VgateDriverAnswer));
    probe->instances = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_instance_free);
    g_array_append_val (probe->answers, answer);
    good->vm = g_strdup (SAMPLE_DOMAIN_UUID);
    good->uuid = g_strdup ("aaaaaaaa-0000-4000-8000-000000000001");
    good->mdev = g_strdup ("bbbbbbbb-0000-4000-8000-000000000001");
    good->type = 1131;
    good->type_name = g_strdup ("NVIDIA H100XM-80C");
    good->metadata = vgate_vgpu_record_write (&record);
    bad->vm = g_strdup (SAMPLE_DOMAIN_UUID);
    bad->uuid = g_strdup ("aaaaaaaa-0000-4000-8000-000000000002");
    bad->type_name = g_strdup ("NVIDIA H100XM-20C");
    bad->pgpu = 1;
    bad->failure = g_strdup ("nvmlVgpuInstanceGetMetadata: NVML error 999");
    g_ptr_array_add (probe->instances, good);
    g_ptr_array_add (probe->instances, bad);
    return probe;
}

static void
assert_same_instance (const VgateInstance *a, const VgateInstance *b)
{
    g_assert_cmpstr (a->vm, ==, b->vm);
    g_assert_cmpstr (a->uuid, ==, b->uuid);
    g_assert_cmpstr (a->mdev, ==, b->mdev);
    g_assert_cmpuint (a->type, ==, b->type);
    g_assert_cmpstr (a->type_name, ==, b->type_name);
    g_assert_cmpuint (a->pgpu, ==, b->pgpu);
    g_assert_cmpstr (a->failure, ==, b->failure);
    g_assert_cmpint (a->metadata != NULL, ==, b->metadata != NULL);
    if (a->metadata)
        g_assert_true (g_bytes_equal (a->metadata, b->metadata));
}

static void
test_answer (void)
{
    g_autoptr (VgateProbe) probe = sample_probe (), read = NULL;
    g_autoptr (GBytes) bytes = vgate_wire_write_answer (probe, NULL);
    g_autofree char *sent = vgate_host_write (probe->host), *received = NULL;
    g_autoptr (GError) error = NULL;

    read = vgate_wire_read_answer (bytes, &error);
    g_assert_no_error (error);
    received = vgate_host_write (read->host);
    g_assert_cmpstr (received, ==, sent);
    g_assert_cmpuint (read->answers->len, ==, 1);
    g_assert_cmpmem (read->answers->data, sizeof (VgateDriverAnswer), probe->answers->data,
                     sizeof (VgateDriverAnswer));
    g_assert_cmpuint (read->instances->len, ==, 2);
    for (guint i = 0; i < 2; i++)
        assert_same_instance (g_ptr_array_index (read->instances, i),
                              g_ptr_array_index (probe->instances, i));
}

static void
test_error (void)
{
    g_autoptr (GError) sent = g_error_new_literal (VGATE_NVML_ERROR, NVML_ERROR_GPU_IS_LOST, "it is lost");
    g_autoptr (GBytes) bytes = vgate_wire_write_answer (NULL, sent);
    g_autoptr (GError) error = NULL;

    g_assert_null (vgate_wire_read_answer (bytes, &error));
    g_assert_error (error, VGATE_NVML_ERROR, NVML_ERROR_GPU_IS_LOST);
    g_assert_cmpstr (error->message, ==, "it is lost");
}

/* The process died while it wrote: no cut of an answer is taken for one. */
static void
test_cut_answers (void)
{
    g_autoptr (VgateProbe) probe = sample_probe ();
    g_autoptr (GBytes) bytes = vgate_wire_write_answer (probe, NULL);

    for (gsize length = 0; length < g_bytes_get_size (bytes); length++) {
        g_autoptr (GBytes) cut = g_bytes_new (g_bytes_get_data (bytes, NULL), length);
        g_autoptr (GError) error = NULL;

        g_assert_null (vgate_wire_read_answer (cut, &error));
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_NVML_CRASHED);
    }
}

/* Indices out of the host's list would be read behind its end. */
static void
test_answers_that_lie (void)
{
    for (int i = 0; i < 2; i++) {
        g_autoptr (VgateProbe) probe = sample_probe ();
        g_autoptr (GBytes) bytes = NULL;
        g_autoptr (GError) error = NULL;

        if (i == 0)
            g_array_index (probe->answers, VgateDriverAnswer, 0).pgpu = 2;
        else
            ((VgateInstance *)g_ptr_array_index (probe->instances, 1))->pgpu = G_MAXUINT32;
        bytes = vgate_wire_write_answer (probe, NULL);
        g_assert_null (vgate_wire_read_answer (bytes, &error));
        sample_assert_error (error, VGATE_CODE_NVML_CRASHED, "not listed", NULL);
    }
}

static void
test_question (void)
{
    const VgateVgpuRecord record = sample_vgpu_record ();
    g_autoptr (GPtrArray) vgpus = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
    VgateQuestion question = {.library = (char *)"libnvidia-ml.so.1",
                              .deadline_ms = 5000,
                              .identity = {(char *)"host", (char *)SAMPLE_HOST_UUID},
                              .vgpus = vgpus,
                              .with_instances = TRUE};
    g_auto (VgateQuestion) read = {0};
    g_autoptr (GBytes) bytes = NULL;

    g_ptr_array_add (vgpus, vgate_vgpu_record_write (&record));
    g_ptr_array_add (vgpus, g_bytes_new (NULL, 0));
    bytes = vgate_wire_write_question (&question);
    g_assert_true (vgate_wire_read_question (bytes, &read));
    g_assert_cmpstr (read.library, ==, "libnvidia-ml.so.1");
    g_assert_cmpuint (read.deadline_ms, ==, 5000);
    g_assert_cmpstr (read.identity.name, ==, "host");
    g_assert_cmpstr (read.identity.uuid, ==, SAMPLE_HOST_UUID);
    g_assert_true (read.with_instances);
    g_assert_cmpuint (read.vgpus->len, ==, 2);
    for (guint i = 0; i < 2; i++)
        g_assert_true (g_bytes_equal (g_ptr_array_index (read.vgpus, i), g_ptr_array_index (vgpus, i)));
    for (gsize length = 0; length < g_bytes_get_size (bytes); length++) {
        g_autoptr (GBytes) cut = g_bytes_new (g_bytes_get_data (bytes, NULL), length);
        g_auto (VgateQuestion) none = {0};

        g_assert_false (vgate_wire_read_question (cut, &none));
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/wire/answer", test_answer);
    g_test_add_func ("/wire/error", test_error);
    g_test_add_func ("/wire/cut-answers", test_cut_answers);
    g_test_add_func ("/wire/answers-that-lie", test_answers_that_lie);
    g_test_add_func ("/wire/question", test_question);
    return g_test_run ();
}
