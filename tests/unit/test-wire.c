/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages between the gate and the process that reads NVML: accepted only as a whole. */
#include "driver/probe-wire.h"
#include "sample.h"
#include "nvml/nvml-abi.h"

static VgateListedDevice *
sample_device (VgateHostdevKind kind, const char *source, const char *fault)
{
    VgateListedDevice *listed = g_new0 (VgateListedDevice, 1);

    listed->kind = kind;
    listed->source = g_strdup (source);
    listed->device.kind = fault ? VGATE_DEVICE_UNUSABLE : VGATE_DEVICE_VGPU;
    listed->device.fault = g_strdup (fault);
    if (fault)
        return listed;
    listed->device.pgpu = g_strdup ("0000:41:00.0");
    listed->device.parent = g_strdup ("0000:41:00.5");
    listed->device.type = 1131;
    listed->device.type_name = g_strdup ("NVIDIA H100XM-80C");
    return listed;
}

static VgateMakeable *
sample_makeable (void)
{
    VgateMakeable *makeable = g_new0 (VgateMakeable, 1);

    makeable->kind = VGATE_HOSTDEV_PCI;
    makeable->parent = g_strdup ("0000:41:00.6");
    makeable->pgpu = g_strdup ("0000:41:00.0");
    makeable->type = 1128;
    makeable->type_name = g_strdup ("NVIDIA H100XM-20C");
    makeable->available = 1;
    return makeable;
}

static VgateProbe *
sample_probe (void)
{
    VgateProbe *probe = vgate_probe_new ();
    const VgateVgpuRecord record = sample_vgpu_record ();
    const VgateDriverAnswer answer = {1, 1, 6, 9, 0x80000000};
    VgateInstance *good = vgate_instance_new (), *bad = vgate_instance_new ();

    probe->host = sample_host ();
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
    g_ptr_array_add (probe->devices,
                     sample_device (VGATE_HOSTDEV_MDEV, "bbbbbbbb-0000-4000-8000-000000000001", NULL));
    g_ptr_array_add (probe->devices, sample_device (VGATE_HOSTDEV_PCI, "0000:41:00.4", "its type is none"));
    g_ptr_array_add (probe->makeable, sample_makeable ());
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
assert_same_device (const VgateListedDevice *a, const VgateListedDevice *b)
{
    g_assert_cmpint (a->kind, ==, b->kind);
    g_assert_cmpstr (a->source, ==, b->source);
    g_assert_cmpint (a->device.kind, ==, b->device.kind);
    g_assert_cmpstr (a->device.pgpu, ==, b->device.pgpu);
    g_assert_cmpstr (a->device.parent, ==, b->device.parent);
    g_assert_cmpuint (a->device.type, ==, b->device.type);
    g_assert_cmpstr (a->device.type_name, ==, b->device.type_name);
    g_assert_cmpstr (a->device.fault, ==, b->device.fault);
}

static void
assert_same_makeable (const VgateMakeable *a, const VgateMakeable *b)
{
    g_assert_cmpint (a->kind, ==, b->kind);
    g_assert_cmpstr (a->parent, ==, b->parent);
    g_assert_cmpstr (a->pgpu, ==, b->pgpu);
    g_assert_cmpuint (a->type, ==, b->type);
    g_assert_cmpstr (a->type_name, ==, b->type_name);
    g_assert_cmpuint (a->available, ==, b->available);
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
    g_assert_cmpuint (read->devices->len, ==, 2);
    for (guint i = 0; i < 2; i++)
        assert_same_device (g_ptr_array_index (read->devices, i), g_ptr_array_index (probe->devices, i));
    g_assert_cmpuint (read->makeable->len, ==, 1);
    assert_same_makeable (g_ptr_array_index (read->makeable, 0), g_ptr_array_index (probe->makeable, 0));
}

static void
no_kind (VgateListedDevice *listed)
{
    listed->device.kind = VGATE_DEVICE_OTHER;
}

static void
no_gpu (VgateListedDevice *listed)
{
    g_clear_pointer (&listed->device.pgpu, g_free);
}

static void
no_parent (VgateListedDevice *listed)
{
    g_clear_pointer (&listed->device.parent, g_free);
}

static void
no_uuid (VgateListedDevice *listed)
{
    listed->source[0] = '/';
}

static void
no_hostdev (VgateListedDevice *listed)
{
    listed->kind = (VgateHostdevKind)7;
}

static void
no_fault (VgateListedDevice *listed)
{
    listed->device.kind = VGATE_DEVICE_UNUSABLE;
}

/* Values that would be used as a device of the host, and cannot be one. */
static void
test_devices_that_lie (void)
{
    static void (*const lies[]) (VgateListedDevice * listed) = {no_kind, no_gpu,     no_parent,
                                                                no_uuid, no_hostdev, no_fault};

    for (gsize i = 0; i < G_N_ELEMENTS (lies) + 1; i++) {
        g_autoptr (VgateProbe) probe = sample_probe ();
        g_autoptr (GBytes) bytes = NULL;
        g_autoptr (GError) error = NULL;

        if (i < G_N_ELEMENTS (lies))
            lies[i](g_ptr_array_index (probe->devices, 0));
        else
            ((VgateMakeable *)g_ptr_array_index (probe->makeable, 0))->parent[0] = '/';
        bytes = vgate_wire_write_answer (probe, NULL);
        g_assert_null (vgate_wire_read_answer (bytes, &error));
        sample_assert_error (error, VGATE_CODE_NVML_CRASHED, "invalid device", NULL);
    }
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

/* The process died while it wrote: no part of an answer is accepted as an answer. */
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

/* Indices outside the host's list would be read beyond its end. */
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
        sample_assert_error (error, VGATE_CODE_NVML_CRASHED, "does not list", NULL);
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
                              .with_instances = TRUE,
                              .devices = VGATE_PROBE_DEVICES,
                              .root = (char *)"/root"};
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
    g_assert_cmpint (read.devices, ==, VGATE_PROBE_DEVICES);
    g_assert_cmpstr (read.root, ==, "/root");
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
    g_test_add_func ("/wire/devices-that-lie", test_devices_that_lie);
    g_test_add_func ("/wire/question", test_question);
    return g_test_run ();
}
