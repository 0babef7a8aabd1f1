/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the inventory reads on a host, with the simulated driver and vgpu-sim, which changes it. */
#include "driver/inventory.h"
#include "sample.h"
#include "nvml/nvml-abi.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

static const char *library, *command;

static const char host_file[] = "[driver]\n"
                                "version=580.95.05\n"
                                "range=18.1-26.1\n"
                                "[type 11]\n"
                                "name=NVIDIA TEST-40C\n"
                                "class=Compute\n"
                                "framebuffer=40960\n"
                                "[type 12]\n"
                                "name=NVIDIA TEST-20Q\n"
                                "class=Quadro\n"
                                "framebuffer=20480\n"
                                "[gpu 0000:41:00.0]\n"
                                "name=NVIDIA H100 80GB HBM3\n"
                                "uuid=GPU-aaaaaaaa-0000-4000-8000-000000000001\n"
                                "device-id=2330\n"
                                "subsystem-id=16C1\n"
                                "framebuffer=81920\n"
                                "heterogeneous=true\n"
                                "vgpu-types=11:2;12:4\n"
                                "[gpu 0000:81:00.0]\n"
                                "name=NVIDIA L4\n"
                                "uuid=GPU-aaaaaaaa-0000-4000-8000-000000000002\n"
                                "device-id=27B8\n"
                                "subsystem-id=16CA\n"
                                "migration=false\n"
                                "virtualization-mode=none\n"
                                "framebuffer=24576\n";

typedef struct {
    char *directory, *path;
} Fixture;

static void
set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    fixture->directory = g_dir_make_tmp ("vgate-inventory-XXXXXX", &error);
    g_assert_no_error (error);
    fixture->path = g_build_filename (fixture->directory, "sim-host.conf", NULL);
    g_assert_true (g_file_set_contents (fixture->path, host_file, -1, NULL));
    g_setenv ("VGPU_SIM_HOST", fixture->path, TRUE);
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *lock = g_strconcat (fixture->path, ".lock", NULL);

    g_unlink (fixture->path);
    g_unlink (lock);
    g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
    g_free (fixture->path);
    g_free (fixture->directory);
}

/* Runs vgpu-sim with these words, which must succeed. */
static void
sim (const char *words)
{
    g_auto (GStrv) argv = NULL;
    g_autofree char *line = g_strdup_printf ("%s %s", command, words), *output = NULL, *complaint = NULL;
    g_autoptr (GError) error = NULL;
    int status;

    g_assert_true (g_shell_parse_argv (line, NULL, &argv, &error));
    g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, &complaint, &status, &error);
    g_assert_no_error (error);
    if (status != 0)
        g_error ("%s: %s", line, complaint);
}

static VgateNvml *
open_driver (void)
{
    g_autoptr (GError) error = NULL;
    VgateNvml *nvml = vgate_nvml_open (library, &error);

    g_assert_no_error (error);
    return nvml;
}

/* instances: NULL, or a new list, which the caller unrefs. */
static VgateHost *
read_all (VgateNvml *nvml, GPtrArray **instances)
{
    g_autoptr (GError) error = NULL;
    VgateHost *host;

    if (instances)
        *instances = vgate_instances_new ();
    host = vgate_inventory_read (nvml, instances ? *instances : NULL, &error);
    g_assert_no_error (error);
    return host;
}

static VgateHost *
read_host (VgateNvml *nvml)
{
    return read_all (nvml, NULL);
}

static guint
free_of (const VgateHost *host, guint32 type)
{
    const VgateHostType *found = vgate_pgpu_find_type (g_ptr_array_index (host->pgpus, 0), type, NULL);

    g_assert_nonnull (found);
    return found->free_instances;
}

#define TEST(name) static void name (G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)

TEST (test_sizes)
{
    g_autoptr (VgateNvml) nvml = NULL;
    g_autoptr (VgateHost) host = NULL;
    g_autoptr (GPtrArray) instances = NULL;
    const VgatePgpu *pgpu;
    const VgateInstance *instance;

    sim ("update --gpu 0000:41:00.0 --read-bandwidth 12000 --write-bandwidth 9000");
    sim ("update --warm-update on");
    sim ("plug --vm 11111111-1111-4111-8111-111111111111 --type 11 --framebuffer-used 3 --runtime-state 0");
    nvml = open_driver ();
    host = read_all (nvml, &instances);
    pgpu = g_ptr_array_index (host->pgpus, 0);
    g_assert_cmpuint (pgpu->read_bandwidth, ==, 12000);
    g_assert_cmpuint (pgpu->write_bandwidth, ==, 9000);
    g_assert_cmpint (pgpu->vgpu_sizes, ==, VGATE_SIZES_MIXED);
    g_assert_cmpint (host->warm_update, ==, VGATE_MODE_ON);
    g_assert_cmpint (pgpu->warm_update, ==, VGATE_MODE_ON);
    g_assert_true (vgate_host_has_warm_update (host));
    instance = g_ptr_array_index (instances, 0);
    g_assert_cmpuint (instance->framebuffer_used, ==, 3 << 20);
    /* "none" differs from "not known" */
    g_assert_cmpuint (instance->runtime_state, ==, 1);
}

/* A driver that lacks a call, or answers that the value is not known, can be read nevertheless. */
TEST (test_sizes_not_known)
{
    static const char *const faults[] = {"NOT_SUPPORTED", "FUNCTION_NOT_FOUND", "GPU_IS_LOST"};
    static const char *const calls[] = {"nvmlVgpuInstanceGetFbUsage", "nvmlVgpuInstanceGetRuntimeStateSize",
                                        "nvmlDeviceGetVgpuCapabilities", "nvmlDeviceGetVgpuHeterogeneousMode",
                                        "nvmlGetVgpuDriverCapabilities"};

    sim ("update --gpu 0000:41:00.0 --read-bandwidth 12000 --write-bandwidth 9000");
    sim ("update --warm-update on");
    sim ("plug --vm 11111111-1111-4111-8111-111111111111 --type 11 --framebuffer-used 3 --runtime-state 1");
    for (gsize i = 0; i < G_N_ELEMENTS (faults); i++) {
        g_autoptr (VgateNvml) nvml = NULL;
        g_autoptr (VgateHost) host = NULL;
        g_autoptr (GPtrArray) instances = NULL;
        const VgatePgpu *pgpu;
        const VgateInstance *instance;

        for (gsize j = 0; j < G_N_ELEMENTS (calls); j++) {
            g_autofree char *words = g_strdup_printf ("fail %s %s", calls[j], faults[i]);

            sim (words);
        }
        nvml = open_driver ();
        host = read_all (nvml, &instances);
        pgpu = g_ptr_array_index (host->pgpus, 0);
        g_assert_cmpuint (pgpu->read_bandwidth, ==, 0);
        g_assert_cmpuint (pgpu->write_bandwidth, ==, 0);
        g_assert_cmpint (pgpu->vgpu_sizes, ==, VGATE_SIZES_UNKNOWN);
        g_assert_cmpint (host->warm_update, ==, VGATE_MODE_UNKNOWN);
        g_assert_cmpint (pgpu->warm_update, ==, VGATE_MODE_UNKNOWN);
        instance = g_ptr_array_index (instances, 0);
        g_assert_cmpuint (instance->framebuffer_used, ==, 0);
        g_assert_cmpuint (instance->runtime_state, ==, 0);
        g_assert_nonnull (instance->metadata);
    }
}

TEST (test_host)
{
    g_autoptr (VgateNvml) nvml = open_driver ();
    g_autoptr (VgateHost) host = read_host (nvml);
    const VgatePgpu *pgpu;
    const VgateHostType *type;

    g_assert_true (host->simulated);
    g_assert_nonnull (vgate_nvml_get_simulated (nvml));
    g_assert_cmpstr (host->driver, ==, "580.95.05");
    g_assert_cmphex (host->preset.min, ==, vgate_version (18, 1));
    g_assert_cmphex (host->current.max, ==, vgate_version (26, 1));
    g_assert_cmpuint (host->pgpus->len, ==, 1); /* the second is not in vGPU host mode */
    pgpu = g_ptr_array_index (host->pgpus, 0);
    g_assert_cmpstr (pgpu->address, ==, "0000:41:00.0");
    g_assert_cmpstr (pgpu->name, ==, "NVIDIA H100 80GB HBM3");
    g_assert_cmpstr (pgpu->uuid, ==, "GPU-aaaaaaaa-0000-4000-8000-000000000001");
    g_assert_cmpuint (g_bytes_get_size (pgpu->metadata.bytes), ==, 380);
    g_assert_cmpstr (pgpu->record.gpu_string, ==, SAMPLE_GPU_STRING);
    g_assert_cmpstr (pgpu->record.host_driver, ==, "580.95.05");
    g_assert_cmpuint (pgpu->types->len, ==, 2);
    type = vgate_pgpu_find_type (pgpu, 11, NULL);
    g_assert_cmpstr (type->name, ==, "NVIDIA TEST-40C");
    g_assert_cmpstr (type->class_name, ==, "Compute");
    g_assert_cmpuint (type->framebuffer, ==, (guint64)40960 << 20);
    g_assert_cmpuint (type->max_instances, ==, 2);
}

/* The probe sends a document that can be read again. */
TEST (test_document)
{
    g_autoptr (VgateNvml) nvml = open_driver ();
    g_autoptr (VgateHost) host = read_host (nvml), again = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree char *xml = NULL, *xml_again = NULL;

    host->name = g_strdup ("host");
    host->uuid = g_strdup (SAMPLE_HOST_UUID);
    xml = vgate_host_write (host);
    again = vgate_host_read (xml, strlen (xml), &error);
    g_assert_no_error (error);
    xml_again = vgate_host_write (again);
    g_assert_cmpstr (xml_again, ==, xml);
}

TEST (test_free_instances)
{
    static const struct {
        const char *words;
        guint free_11, free_12;
    } steps[] = {
        {"plug --vm " SAMPLE_DOMAIN_UUID " --type 12", 1, 3},
        {"plug --vm " SAMPLE_DOMAIN_UUID " --type 11", 0, 1},
        {"plug --vm " SAMPLE_DOMAIN_UUID " --type 12", 0, 0},
        {"unplug --vm " SAMPLE_DOMAIN_UUID, 2, 4},
    };
    g_autoptr (VgateNvml) nvml = open_driver ();
    g_autoptr (VgateHost) fresh = read_host (nvml);

    g_assert_cmpuint (free_of (fresh, 11), ==, 2);
    g_assert_cmpuint (free_of (fresh, 12), ==, 4);
    for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
        g_autoptr (VgateHost) host = NULL;

        sim (steps[i].words);
        host = read_host (nvml);
        g_test_message ("%s: %u and %u free", steps[i].words, free_of (host, 11), free_of (host, 12));
        g_assert_cmpuint (free_of (host, 11), ==, steps[i].free_11);
        g_assert_cmpuint (free_of (host, 12), ==, steps[i].free_12);
    }
}

static GPtrArray *
read_instances (VgateNvml *nvml)
{
    GPtrArray *instances;
    g_autoptr (VgateHost) host = read_all (nvml, &instances);

    g_assert_nonnull (host);
    return instances;
}

TEST (test_instances)
{
    g_autoptr (VgateNvml) nvml = open_driver ();
    g_autoptr (GPtrArray) none = read_instances (nvml), two = NULL;
    const VgateInstance *first, *second;
    VgateVgpuRecord record = VGATE_INIT (VgateVgpuRecord);
    gsize length;
    const guint8 *bytes;

    g_assert_cmpuint (none->len, ==, 0);
    sim ("plug --vm " SAMPLE_DOMAIN_UUID " --type 11 --uuid aaaaaaaa-0000-4000-8000-000000000001 "
         "--mdev bbbbbbbb-0000-4000-8000-000000000001 --guest-driver 570.1 --guest-range 18.1-24.2");
    sim ("plug --vm " SAMPLE_DOMAIN_UUID
         " --type 12 --uuid aaaaaaaa-0000-4000-8000-000000000002 --vf 0000:41:00.4");
    two = read_instances (nvml);
    g_assert_cmpuint (two->len, ==, 2);
    first = g_ptr_array_index (two, 0);
    second = g_ptr_array_index (two, 1);
    g_assert_cmpstr (first->vm, ==, SAMPLE_DOMAIN_UUID);
    g_assert_cmpstr (first->uuid, ==, "aaaaaaaa-0000-4000-8000-000000000001");
    g_assert_cmpstr (first->mdev, ==, "bbbbbbbb-0000-4000-8000-000000000001");
    g_assert_cmpuint (first->type, ==, 11);
    g_assert_cmpstr (first->type_name, ==, "NVIDIA TEST-40C");
    g_assert_cmpuint (first->pgpu, ==, 0);
    g_assert_null (first->failure);
    g_assert_null (second->mdev);
    bytes = g_bytes_get_data (first->metadata, &length);
    g_assert_cmpuint (length, ==, 468);
    g_assert_true (vgate_vgpu_record_read (bytes, length, &record, NULL));
    g_assert_cmpstr (record.guest_driver, ==, "570.1");
    g_assert_cmphex (record.guest_version, ==, vgate_version (24, 2));
    g_assert_cmpstr (record.gpu_string, ==, SAMPLE_GPU_STRING);
}

/* --- GPUs that are lost, beside one that is not --- */

#define GPU   "0000:41:00.0"
#define GPU_2 "0000:c2:00.0"

static const char second_gpu[] = "[gpu " GPU_2 "]\n"
                                 "name=NVIDIA H100 80GB HBM3\n"
                                 "uuid=GPU-aaaaaaaa-0000-4000-8000-000000000003\n"
                                 "device-id=2330\n"
                                 "subsystem-id=16C1\n"
                                 "framebuffer=81920\n"
                                 "vgpu-types=11:2\n";

static void
add_second_gpu (const Fixture *fixture)
{
    g_autofree char *text = g_strconcat (host_file, second_gpu, NULL);

    g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
    sim ("plug --vm " SAMPLE_DOMAIN_UUID " --type 11 --gpu " GPU
         " --guest-driver 580.95.05 --guest-range 18.1-26.1");
    sim ("plug --vm 22222222-2222-4222-8222-222222222222 --type 11 --gpu " GPU_2);
}

static const struct {
    const char *call, *code;
    const char *address, *name; /* as far as they are known then */
} losses[] = {
    {"nvmlDeviceGetHandleByIndex", "GPU_IS_LOST", NULL, NULL},
    {"nvmlDeviceGetHandleByIndex", "999", NULL, NULL},
    {"nvmlDeviceGetVirtualizationMode", "RESET_REQUIRED", NULL, NULL},
    {"nvmlDeviceGetPciInfo", "GPU_IS_LOST", NULL, NULL},
    {"nvmlDeviceGetName", "GPU_IS_LOST", GPU_2, NULL},
    {"nvmlDeviceGetUUID", "GPU_IS_LOST", GPU_2, "NVIDIA H100 80GB HBM3"},
    {"nvmlDeviceGetVgpuMetadata", "GPU_IS_LOST", GPU_2, "NVIDIA H100 80GB HBM3"},
    {"nvmlDeviceGetVgpuMetadata", "NOT_SUPPORTED", GPU_2, "NVIDIA H100 80GB HBM3"},
    {"nvmlDeviceGetSupportedVgpus", "UNKNOWN", GPU_2, "NVIDIA H100 80GB HBM3"},
    {"nvmlDeviceGetCreatableVgpus", "RESET_REQUIRED", GPU_2, "NVIDIA H100 80GB HBM3"},
    {"nvmlDeviceGetActiveVgpus", "GPU_IS_LOST", GPU_2, "NVIDIA H100 80GB HBM3"},
};

static void
assert_lost (const VgateHost *host, gsize i)
{
    const VgateUnusableGpu *gpu;
    g_autofree char *text = NULL;

    g_assert_cmpuint (host->pgpus->len, ==, 1);
    g_assert_cmpstr (((VgatePgpu *)g_ptr_array_index (host->pgpus, 0))->address, ==, GPU);
    g_assert_cmpuint (host->unusable->len, ==, 1);
    gpu = g_ptr_array_index (host->unusable, 0);
    g_assert_cmpuint (gpu->index, ==, 2);
    g_assert_cmpstr (gpu->address, ==, losses[i].address);
    g_assert_cmpstr (gpu->name, ==, losses[i].name);
    g_assert_true (g_str_has_prefix (gpu->reason, losses[i].call));
    g_assert_nonnull (strstr (gpu->reason, ": NVML error "));
    /* it may be this GPU if the index is not known */
    g_assert_true (vgate_host_find_unusable (host, GPU_2) == gpu);
    g_assert_null (vgate_host_find_unusable (host, GPU));
    text = vgate_unusable_gpu_describe (gpu);
    g_assert_true (g_str_has_prefix (text, losses[i].address ? "GPU " GPU_2 : "GPU 2: "));
}

TEST (test_lost)
{
    for (gsize i = 0; i < G_N_ELEMENTS (losses); i++) {
        g_autofree char *words = g_strdup_printf ("fail %s %s --gpu " GPU_2, losses[i].call, losses[i].code);
        g_autoptr (VgateNvml) nvml = NULL;
        g_autoptr (VgateHost) host = NULL;
        g_autoptr (GPtrArray) instances = NULL;

        g_test_message ("%s", words);
        add_second_gpu (fixture);
        sim (words);
        nvml = open_driver ();
        host = read_all (nvml, &instances);
        assert_lost (host, i);
        g_assert_cmpuint (instances->len, ==, 1);
        g_assert_cmpstr (((VgateInstance *)g_ptr_array_index (instances, 0))->vm, ==, SAMPLE_DOMAIN_UUID);
        g_assert_cmpuint (((VgateInstance *)g_ptr_array_index (instances, 0))->pgpu, ==, 0);
    }
}

/* The first of two is lost: the vGPUs of the second refer to it by its index without the first. */
TEST (test_first_is_lost)
{
    static const char *const calls[] = {"nvmlDeviceGetActiveVgpus", "nvmlVgpuInstanceGetVmID",
                                        "nvmlVgpuInstanceGetUUID", "nvmlVgpuInstanceGetType"};

    for (gsize i = 0; i < G_N_ELEMENTS (calls); i++) {
        g_autofree char *words = g_strdup_printf ("fail %s GPU_IS_LOST --gpu " GPU, calls[i]);
        g_autoptr (VgateNvml) nvml = NULL;
        g_autoptr (VgateHost) host = NULL;
        g_autoptr (GPtrArray) instances = NULL;
        const VgateInstance *instance;

        g_test_message ("%s", words);
        add_second_gpu (fixture);
        sim (words);
        nvml = open_driver ();
        host = read_all (nvml, &instances);
        g_assert_cmpuint (host->pgpus->len, ==, 1);
        g_assert_cmpuint (host->unusable->len, ==, 1);
        g_assert_cmpstr (((VgateUnusableGpu *)g_ptr_array_index (host->unusable, 0))->address, ==, GPU);
        g_assert_cmpuint (instances->len, ==, 1);
        instance = g_ptr_array_index (instances, 0);
        g_assert_cmpstr (instance->vm, ==, "22222222-2222-4222-8222-222222222222");
        g_assert_cmpuint (instance->pgpu, ==, 0);
        g_assert_cmpstr (((VgatePgpu *)g_ptr_array_index (host->pgpus, 0))->address, ==, GPU_2);
    }
}

/* A vGPU whose GPU is lost has not ended; its element would be removed if it counted as ended. */
TEST (test_lost_at_an_instance)
{
    static const char *const calls[] = {"nvmlVgpuInstanceGetVmID", "nvmlVgpuInstanceGetUUID",
                                        "nvmlVgpuInstanceGetType"};
    g_autoptr (VgateNvml) nvml = open_driver ();

    for (gsize i = 0; i < G_N_ELEMENTS (calls); i++) {
        g_autofree char *words = g_strdup_printf ("fail %s GPU_IS_LOST", calls[i]);
        g_autoptr (GPtrArray) instances = vgate_instances_new ();
        g_autoptr (GError) error = NULL;

        add_second_gpu (fixture);
        sim (words);
        g_assert_null (vgate_inventory_read (nvml, instances, &error));
        g_assert_error (error, VGATE_NVML_ERROR, NVML_ERROR_GPU_IS_LOST);
        g_assert_cmpuint (instances->len, ==, 0);
    }
}

/* A GPU whose address does not fit our documents is listed as unusable. */
TEST (test_wide_domain)
{
    g_autoptr (VgateNvml) nvml = NULL;
    g_autoptr (VgateHost) host = NULL;
    g_autofree char *text = NULL;
    g_autoptr (GString) file = g_string_new (host_file);

    g_string_append (file, second_gpu);
    g_string_replace (file, GPU_2, "10000:c2:00.0", 0);
    g_assert_true (g_file_set_contents (fixture->path, file->str, -1, NULL));
    nvml = open_driver ();
    host = read_host (nvml);
    g_assert_cmpuint (host->pgpus->len, ==, 1);
    g_assert_cmpuint (host->unusable->len, ==, 1);
    text = vgate_unusable_gpu_describe (g_ptr_array_index (host->unusable, 0));
    g_assert_nonnull (strstr (text, "00010000:C2:00.0"));
}

/* The document contains the unusable GPUs, and keeps them when it is read. */
TEST (test_lost_in_the_document)
{
    g_autoptr (VgateNvml) nvml = NULL;
    g_autoptr (VgateHost) host = NULL, again = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree char *xml = NULL, *xml_again = NULL;

    add_second_gpu (fixture);
    sim ("fail nvmlDeviceGetVgpuMetadata GPU_IS_LOST --gpu " GPU_2);
    nvml = open_driver ();
    host = read_host (nvml);
    host->name = g_strdup ("host");
    host->uuid = g_strdup (SAMPLE_HOST_UUID);
    xml = vgate_host_write (host);
    again = vgate_host_read (xml, strlen (xml), &error);
    g_assert_no_error (error);
    g_assert_cmpuint (again->unusable->len, ==, 1);
    xml_again = vgate_host_write (again);
    g_assert_cmpstr (xml_again, ==, xml);
}

/* Each call without which the host cannot be read fails in turn: the error is the driver's and names the
 * call. */
TEST (test_failures)
{
    static const char *const calls[] = {"nvmlSystemGetDriverVersion",  "nvmlGetVgpuVersion",
                                        "nvmlDeviceGetCount",          "nvmlDeviceGetHandleByIndex",
                                        "nvmlDeviceGetPciInfo",        "nvmlDeviceGetName",
                                        "nvmlDeviceGetUUID",           "nvmlDeviceGetVgpuMetadata",
                                        "nvmlDeviceGetSupportedVgpus", "nvmlDeviceGetCreatableVgpus",
                                        "nvmlDeviceGetActiveVgpus",    "nvmlVgpuTypeGetName",
                                        "nvmlVgpuTypeGetClass",        "nvmlVgpuTypeGetFramebufferSize",
                                        "nvmlVgpuTypeGetMaxInstances", "nvmlDeviceGetVirtualizationMode"};
    g_autoptr (VgateNvml) nvml = open_driver ();

    for (gsize i = 0; i < G_N_ELEMENTS (calls); i++) {
        g_autofree char *words = g_strdup_printf ("fail %s GPU_IS_LOST", calls[i]);
        g_autoptr (GError) error = NULL;

        sim (words);
        g_assert_null (vgate_inventory_read (nvml, NULL, &error));
        g_assert_error (error, VGATE_NVML_ERROR, NVML_ERROR_GPU_IS_LOST);
        if (!strstr (error->message, calls[i]) || !strstr (error->message, "NVML error 15: "))
            g_error ("'%s' does not name %s and its error", error->message, calls[i]);
        sim ("heal");
    }
}

TEST (test_init_fails)
{
    g_autoptr (GError) error = NULL;

    sim ("fail nvmlInit DRIVER_NOT_LOADED");
    g_assert_null (vgate_nvml_open (library, &error));
    g_assert_error (error, VGATE_NVML_ERROR, NVML_ERROR_DRIVER_NOT_LOADED);
}

/* A GPU whose mode cannot be read is not in vGPU host mode; one whose scheduler cannot be read has none. */
TEST (test_not_supported)
{
    g_autoptr (VgateNvml) nvml = open_driver ();
    g_autoptr (VgateHost) without_scheduler = NULL, without_mode = NULL;

    sim ("fail nvmlDeviceGetVgpuSchedulerState NOT_SUPPORTED");
    without_scheduler = read_host (nvml);
    g_assert_false (((VgatePgpu *)g_ptr_array_index (without_scheduler->pgpus, 0))->has_scheduler);
    sim ("fail nvmlDeviceGetVirtualizationMode NOT_SUPPORTED");
    without_mode = read_host (nvml);
    g_assert_cmpuint (without_mode->pgpus->len, ==, 0);
}

/* A vGPU that cannot be read does not hide the others, and has its error. */
TEST (test_instance_fails)
{
    g_autoptr (VgateNvml) nvml = open_driver ();
    g_autoptr (GPtrArray) instances = NULL, nobodys = NULL, ended = NULL;
    const VgateInstance *instance;

    sim ("plug --vm " SAMPLE_DOMAIN_UUID " --type 11");
    sim ("fail nvmlVgpuInstanceGetMetadata TIMEOUT");
    instances = read_instances (nvml);
    g_assert_cmpuint (instances->len, ==, 1);
    instance = g_ptr_array_index (instances, 0);
    g_assert_null (instance->metadata);
    g_assert_nonnull (strstr (instance->failure, "nvmlVgpuInstanceGetMetadata: NVML error 10"));
    sim ("fail nvmlVgpuInstanceGetVmID NOT_FOUND");
    nobodys = read_instances (nvml);
    g_assert_cmpuint (nobodys->len, ==, 1);
    g_assert_null (((VgateInstance *)g_ptr_array_index (nobodys, 0))->vm);
    sim ("fail nvmlVgpuInstanceGetType NOT_FOUND");
    ended = read_instances (nvml);
    g_assert_cmpuint (ended->len, ==, 0);
}

/* An open client sees a change of the host at its next read, because nothing is cached. */
TEST (test_fresh)
{
    g_autoptr (VgateNvml) nvml = open_driver ();
    g_autoptr (VgateHost) before = read_host (nvml), after = NULL;

    g_assert_cmpstr (before->driver, ==, "580.95.05");
    sim ("update --driver 595.10 --range 24.1-28.1 --gpu 0000:41:00.0 --ecc off");
    after = read_host (nvml);
    g_assert_cmpstr (after->driver, ==, "595.10");
    g_assert_cmphex (after->current.min, ==, vgate_version (24, 1));
    g_assert_cmpstr (((VgatePgpu *)g_ptr_array_index (after->pgpus, 0))->record.gpu_string, ==,
                     "233016C100000002");
}

#define ADD(path, test) g_test_add ("/inventory/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_assert_cmpint (argc, ==, 3);
    library = argv[1];
    command = argv[2];
    ADD ("host", test_host);
    ADD ("document", test_document);
    ADD ("free-instances", test_free_instances);
    ADD ("instances", test_instances);
    ADD ("failures", test_failures);
    ADD ("lost", test_lost);
    ADD ("first-is-lost", test_first_is_lost);
    ADD ("lost-at-an-instance", test_lost_at_an_instance);
    ADD ("lost-in-the-document", test_lost_in_the_document);
    ADD ("wide-domain", test_wide_domain);
    ADD ("init-fails", test_init_fails);
    ADD ("not-supported", test_not_supported);
    ADD ("instance-fails", test_instance_fails);
    ADD ("fresh", test_fresh);
    ADD ("sizes", test_sizes);
    ADD ("sizes-not-known", test_sizes_not_known);
    return g_test_run ();
}
