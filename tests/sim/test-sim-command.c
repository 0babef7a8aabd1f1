/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vgpu-sim command: what it changes, what it refuses, and that a refusal changes nothing. */
#include "sim-client.h"

#include <glib/gstdio.h>
#include <string.h>

#define UUID_1 "33333333-3333-4333-8333-333333333333"
#define UUID_2 "44444444-4444-4444-8444-444444444444"
#define MDEV   "55555555-5555-4555-8555-555555555555"
#define GPU    "0000:41:00.0"

/* Runs vgpu-sim, which must refuse with this status, print one line that contains the word, and not change
 * the file. */
#define assert_refused(client, status, word, ...)                                         \
    G_STMT_START                                                                          \
    {                                                                                     \
        g_autofree char *before_ = sim_client_read (client);                              \
        g_autofree char *line_ = NULL;                                                    \
        g_autofree char *after_ = NULL;                                                   \
        g_assert_cmpint (sim_client_run (client, &line_, __VA_ARGS__, NULL), ==, status); \
        after_ = sim_client_read (client);                                                \
        g_assert_true (g_str_has_prefix (line_, "vgpu-sim: "));                           \
        g_assert_null (strchr (line_, '\n'));                                             \
        if (!strstr (line_, word))                                                        \
            g_error ("'%s' does not say '%s'", line_, word);                              \
        g_assert_cmpstr (after_, ==, before_);                                            \
    }                                                                                     \
    G_STMT_END

#define assert_usage(client, word, ...)      assert_refused (client, 2, word, __VA_ARGS__)
#define assert_impossible(client, word, ...) assert_refused (client, 1, word, __VA_ARGS__)

static nvmlVgpuMetadata_t
metadata (SimClient *client, nvmlVgpuInstance_t instance)
{
    union {
        nvmlVgpuMetadata_t fixed;
        guint8 bytes[468];
    } record;
    unsigned int size = sizeof record.bytes;

    g_assert_cmpint (client->nvmlVgpuInstanceGetMetadata (instance, &record.fixed, &size), ==, NVML_SUCCESS);
    return record.fixed;
}

static nvmlVgpuMetadata_t
metadata_of_only_vgpu (SimClient *client)
{
    return metadata (client, sim_client_instance (client, sim_client_gpu (client, GPU)));
}

SIM_TEST (test_usage)
{
    assert_usage (client, "no command", "--");
    assert_usage (client, "unknown command 'unknown'", "unknown");
    assert_usage (client, "--unknown", "--unknown", "show");
    assert_usage (client, "unexpected argument 'more'", "show", "more");
    assert_usage (client, "--unknown", "plug", "--unknown");
    assert_usage (client, "--vm is missing", "plug", "--type", "11");
    assert_usage (client, "--type is missing", "plug", "--vm", SIM_VM_A);
    assert_usage (client, "'x' for --vm", "plug", "--vm", "x", "--type", "11");
    assert_usage (client, "'x' for --uuid", "plug", "--vm", SIM_VM_A, "--type", "11", "--uuid", "x");
    assert_usage (client, "'x' for --mdev", "plug", "--vm", SIM_VM_A, "--type", "11", "--mdev", "x");
    assert_usage (client, "'x' for --vf", "plug", "--vm", SIM_VM_A, "--type", "11", "--vf", "x");
    assert_usage (client, "'x' for --gpu", "plug", "--vm", SIM_VM_A, "--type", "11", "--gpu", "x");
    assert_usage (client, "'0' for --type", "plug", "--vm", SIM_VM_A, "--type", "0");
    assert_usage (client, "'-1' for --type", "plug", "--vm", SIM_VM_A, "--type", "-1");
    assert_usage (client, "'4294967296' for --type", "plug", "--vm", SIM_VM_A, "--type", "4294967296");
    assert_usage (client, "'65535' for --placement", "plug", "--vm", SIM_VM_A, "--type", "11", "--placement",
                  "65535");
    assert_usage (client, "'more'", "plug", "--vm", SIM_VM_A, "--type", "11", "more");
    assert_usage (client, "--gpu needs --type", "plug", "--vm", SIM_VM_A, "--mdev", MDEV, "--gpu", GPU);
    assert_usage (client, "--vf cannot be used together", "plug", "--vm", SIM_VM_A, "--mdev", MDEV, "--vf",
                  GPU);
    assert_usage (client, "cannot be used together", "plug", "--vm", SIM_VM_A, "--type", "11", "--mdev", MDEV,
                  "--vf", GPU);
    assert_usage (client, "--guest-driver", "plug", "--vm", SIM_VM_A, "--type", "11", "--guest-range",
                  "18.1-26.1");
    assert_usage (client, "--guest-range", "plug", "--vm", SIM_VM_A, "--type", "11", "--guest-driver", "580");
    assert_usage (client, "cannot be used together", "plug", "--vm", SIM_VM_A, "--type", "11",
                  "--guest-driver", "580", "--guest-range", "18.1-26.1", "--guest-version", "18.1");
    assert_usage (client, "'26'", "plug", "--vm", SIM_VM_A, "--type", "11", "--guest-version", "26");
    assert_usage (client, "'0.0'", "plug", "--vm", SIM_VM_A, "--type", "11", "--guest-version", "0.0");
    assert_usage (client, "driver version", "plug", "--vm", SIM_VM_A, "--type", "11", "--guest-driver",
                  "a\nb", "--guest-range", "18.1-26.1");
}

SIM_TEST (test_usage_of_the_others)
{
    assert_usage (client, "--vm is missing", "unplug");
    assert_usage (client, "missing arguments", "guest-driver");
    assert_usage (client, "'sideways'", "guest-driver", "sideways", "--vm", SIM_VM_A);
    assert_usage (client, "--driver is missing", "guest-driver", "up", "--vm", SIM_VM_A);
    assert_usage (client, "--range is missing", "guest-driver", "up", "--vm", SIM_VM_A, "--driver", "580");
    assert_usage (client, "does not accept", "guest-driver", "down", "--vm", SIM_VM_A, "--driver", "580");
    assert_usage (client, "'26.1-18.1'", "guest-driver", "up", "--vm", SIM_VM_A, "--driver", "580", "--range",
                  "26.1-18.1");
    assert_usage (client, "needs an option that changes something", "update");
    assert_usage (client, "needs an option that changes the GPU", "update", "--gpu", GPU);
    assert_usage (client, "--gpu is missing", "update", "--ecc", "on");
    assert_usage (client, "expected on or off", "update", "--gpu", GPU, "--ecc", "yes");
    assert_usage (client, "'yes' for --mig", "update", "--gpu", GPU, "--mig", "yes");
    assert_usage (client, "'yes' for --heterogeneous", "update", "--gpu", GPU, "--heterogeneous", "yes");
    assert_usage (client, "given together", "update", "--gpu", GPU, "--type", "11");
    assert_usage (client, "given together", "update", "--gpu", GPU, "--count", "1");
    assert_usage (client, "four hexadecimal", "update", "--gpu", GPU, "--device-id", "0x2330");
    assert_usage (client, "'18.1'", "update", "--range", "18.1");
    assert_usage (client, "'0'", "update", "--structure-version", "0");
    assert_usage (client, "'more'", "reload", "more");
    assert_usage (client, "missing arguments", "fail", "nvmlInit");
    assert_usage (client, "'nvmlNothing'", "fail", "nvmlNothing", "1");
    assert_usage (client, "'nvmlErrorString'", "hang", "nvmlErrorString");
    assert_usage (client, "'0'", "fail", "nvmlInit", "0");
    assert_usage (client, "'SUCCESS'", "fail", "nvmlInit", "SUCCESS");
    assert_usage (client, "'1000'", "fail", "nvmlInit", "1000");
    assert_usage (client, "not a call of a GPU", "fail", "nvmlInit", "15", "--gpu", "0000:41:00.0");
    assert_usage (client, "--gpu", "fail", "nvmlDeviceGetName", "15", "--gpu", "41");
    assert_usage (client, "'nvmlNothing'", "heal", "nvmlNothing");
    assert_usage (client, "'h1'", "init", "--force", "--gpu", "h1");
}

SIM_TEST (test_help)
{
    g_autofree char *help = NULL;
    g_autofree char *version = NULL;

    g_assert_cmpint (sim_client_run (client, &help, "plug", "--help", NULL), ==, 0);
    g_assert_nonnull (strstr (help, "--guest-version"));
    g_assert_cmpint (sim_client_run (client, &version, "--version", NULL), ==, 0);
    g_assert_cmpstr (version, ==, "vgpu-sim " VGATE_VERSION);
}

SIM_TEST (test_missing_and_broken_file)
{
    g_autofree char *line = NULL;

    sim_client_write (client, "[driver]\nversion=1\nrange=1.1-2.1\ncolour=green\n");
    assert_impossible (client, "[driver] colour: unknown key", "plug", "--vm", SIM_VM_A, "--type", "11");
    assert_impossible (client, "[driver] colour: unknown key", "show");
    sim_client_write (client, NULL);
    g_assert_cmpint (sim_client_run (client, &line, "plug", "--vm", SIM_VM_A, "--type", "11", NULL), ==, 1);
    g_assert_nonnull (strstr (line, "host.conf"));
    g_assert_false (g_file_test (client->host_file, G_FILE_TEST_EXISTS));
    sim_client_write (client, sim_client_host ());
}

SIM_TEST (test_plug)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    g_autofree char *uuid = NULL;
    char text[NVML_DEVICE_UUID_SIZE];
    nvmlVgpuInstance_t instance;
    unsigned int number;
    unsigned long long bytes;
    nvmlVgpuRuntimeState_t state = {NVML_VGPU_RUNTIME_STATE_V1, 0};

    g_assert_cmpint (sim_client_run (client, &uuid, "plug", "--vm", SIM_VM_A, "--type", "12", "--vf",
                                     "0000:41:00.4", "--framebuffer-used", "3", "--runtime-state", "5", NULL),
                     ==, 0);
    g_assert_true (g_uuid_string_is_valid (uuid));
    instance = sim_client_instance (client, gpu);
    g_assert_cmpuint (instance, ==, 3251634178u);
    g_assert_cmpint (client->nvmlVgpuInstanceGetUUID (instance, text, sizeof text), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, uuid);
    g_assert_cmpint (client->nvmlVgpuInstanceGetVmID (instance, text, sizeof text, &number), ==,
                     NVML_SUCCESS);
    g_assert_cmpstr (text, ==, SIM_VM_A);
    g_assert_cmpint (client->nvmlVgpuInstanceGetMdevUUID (instance, text, sizeof text), ==,
                     NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlVgpuInstanceGetType (instance, &number), ==, NVML_SUCCESS);
    g_assert_cmpuint (number, ==, 12);
    g_assert_cmpint (client->nvmlVgpuInstanceGetFbUsage (instance, &bytes), ==, NVML_SUCCESS);
    g_assert_cmpuint (bytes, ==, 3 << 20);
    g_assert_cmpint (client->nvmlVgpuInstanceGetRuntimeStateSize (instance, &state), ==, NVML_SUCCESS);
    g_assert_cmpuint (state.size, ==, 5 << 20);
    g_assert_cmpuint (metadata (client, instance).guestInfoState, ==, NVML_GUEST_INFO_UNINITIALIZED);
}

SIM_TEST (test_guest_memory)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlVgpuRuntimeState_t state = {NVML_VGPU_RUNTIME_STATE_V1, 0};
    nvmlVgpuInstance_t instance;
    unsigned long long bytes;

    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12");
    instance = sim_client_instance (client, gpu);
    sim_client_must (client, "guest-memory", "--vm", SIM_VM_A, "--framebuffer-used", "70", "--runtime-state",
                     "0");
    g_assert_cmpint (client->nvmlVgpuInstanceGetFbUsage (instance, &bytes), ==, NVML_SUCCESS);
    g_assert_cmpuint (bytes, ==, 70 << 20);
    g_assert_cmpint (client->nvmlVgpuInstanceGetRuntimeStateSize (instance, &state), ==, NVML_SUCCESS);
    g_assert_cmpuint (state.size, ==, 0);
    sim_client_must (client, "guest-memory", "--vm", SIM_VM_A, "--runtime-state", "6");
    g_assert_cmpint (client->nvmlVgpuInstanceGetFbUsage (instance, &bytes), ==, NVML_SUCCESS);
    g_assert_cmpuint (bytes, ==, 70 << 20);
    assert_impossible (client, "framebuffer-used", "guest-memory", "--vm", SIM_VM_A, "--framebuffer-used",
                       "20481");
    assert_impossible (client, "has no vGPU", "guest-memory", "--vm", SIM_VM_B, "--framebuffer-used", "1");
}

SIM_TEST (test_plug_with_all)
{
    g_autofree char *uuid = NULL;
    char text[NVML_DEVICE_UUID_SIZE];
    unsigned int size = sizeof text;
    nvmlVgpuInstance_t instance;

    g_assert_cmpint (sim_client_run (client, &uuid, "plug", "--vm", SIM_VM_A, "--type", "11", "--uuid",
                                     UUID_1, "--mdev", MDEV, "--guest-address", "0000:06:00.0",
                                     "--guest-driver", "550.90.05", "--guest-range", "7.1-20.1", NULL),
                     ==, 0);
    g_assert_cmpstr (uuid, ==, UUID_1);
    instance = sim_client_instance (client, sim_client_gpu (client, GPU));
    g_assert_cmpint (client->nvmlVgpuInstanceGetMdevUUID (instance, text, sizeof text), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, MDEV);
    g_assert_cmpint (client->nvmlVgpuInstanceGetGpuPciId (instance, text, &size), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, "00000000:06:00.0");
    g_assert_cmphex (metadata (client, instance).guestVgpuVersion, ==, 20 << 16 | 1);
    g_assert_cmpstr (metadata (client, instance).guestDriverVersion, ==, "550.90.05");
    assert_impossible (client, "already running", "plug", "--vm", SIM_VM_B, "--type", "12", "--uuid", UUID_1);
    assert_impossible (client, "mediated device", "plug", "--vm", SIM_VM_B, "--type", "12", "--mdev", MDEV);
    assert_impossible (client, "framebuffer-used", "plug", "--vm", SIM_VM_B, "--type", "12",
                       "--framebuffer-used", "20481");
}

/* A guest that arrives by migration keeps the version from its source, even one below what it would get
 * here. */
SIM_TEST (test_plug_of_a_migrated_guest)
{
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "11", "--gpu", GPU, "--guest-driver",
                     "535.1", "--guest-version", "18.1");
    g_assert_cmphex (metadata_of_only_vgpu (client).guestVgpuVersion, ==, 18 << 16 | 1);
    g_assert_cmpstr (metadata_of_only_vgpu (client).guestDriverVersion, ==, "535.1");
    g_assert_cmpuint (metadata_of_only_vgpu (client).guestInfoState, ==, NVML_GUEST_INFO_INITIALIZED);
    /* a narrower host range does not change running guests */
    sim_client_must (client, "update", "--range", "24.1-27.1", "--driver", "590.44");
    g_assert_cmphex (metadata_of_only_vgpu (client).guestVgpuVersion, ==, 18 << 16 | 1);
    assert_impossible (client, "outside the host's 24.1-27.1", "plug", "--vm", SIM_VM_B, "--type", "12",
                       "--guest-version", "18.1");
    sim_client_must (client, "unplug", "--vm", SIM_VM_A);
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "11", "--gpu", GPU, "--guest-version",
                     "25.1");
    g_assert_cmphex (metadata_of_only_vgpu (client).guestVgpuVersion, ==, 25 << 16 | 1);
    g_assert_cmpstr (metadata_of_only_vgpu (client).guestDriverVersion, ==, "590.44");
}

SIM_TEST (test_plug_without_room)
{
    assert_impossible (client, "there is no GPU 0000:42:00.0", "plug", "--vm", SIM_VM_A, "--type", "11",
                       "--gpu", "0000:42:00.0");
    assert_impossible (client, "not offered", "plug", "--vm", SIM_VM_A, "--type", "13");
    assert_impossible (client, "not offered", "plug", "--vm", SIM_VM_A, "--type", "11", "--gpu",
                       "0001:82:00.0");
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", "0001:82:00.0");
    assert_impossible (client, "no instance is free", "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu",
                       "0001:82:00.0");
    for (int i = 0; i < 2; i++)
        sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "11");
    assert_impossible (client, "no instance is free", "plug", "--vm", SIM_VM_A, "--type", "11");
}

/* Without --gpu, the first GPU with room is used. */
SIM_TEST (test_plug_goes_on_to_the_next_gpu)
{
    const nvmlDevice_t second = sim_client_gpu (client, "0001:82:00.0");
    unsigned int count = 8;
    nvmlVgpuInstance_t list[8];

    for (int i = 0; i < 4; i++)
        sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12");
    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (second, &count, list), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 1);
}

SIM_TEST (test_unplug)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlVgpuInstance_t first, second;

    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", GPU, "--uuid", UUID_1);
    first = sim_client_instance (client, gpu);
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", GPU, "--uuid", UUID_2);
    sim_client_must (client, "plug", "--vm", SIM_VM_B, "--type", "12", "--gpu", GPU);
    assert_impossible (client, UUID_1, "unplug", "--vm", SIM_VM_B, "--uuid", UUID_1);
    sim_client_must (client, "unplug", "--vm", SIM_VM_A, "--uuid", UUID_1);
    assert_impossible (client, UUID_1, "unplug", "--vm", SIM_VM_A, "--uuid", UUID_1);
    sim_client_must (client, "unplug", "--vm", SIM_VM_A);
    assert_impossible (client, "has no vGPU", "unplug", "--vm", SIM_VM_A);
    sim_client_must (client, "unplug", "--vm", SIM_VM_A, "--if-present");
    sim_client_must (client, "unplug", "--vm", SIM_VM_B);
    /* numbers are not used again */
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", GPU);
    second = sim_client_instance (client, gpu);
    g_assert_cmpuint (second, ==, first + 3);
}

SIM_TEST (test_guest_driver)
{
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "11");
    assert_impossible (client, "has no vGPU", "guest-driver", "up", "--vm", SIM_VM_B, "--driver", "580",
                       "--range", "18.1-26.1");
    assert_impossible (client, "do not overlap", "guest-driver", "up", "--vm", SIM_VM_A, "--driver", "390.1",
                       "--range", "1.1-7.1");
    g_assert_cmpuint (metadata_of_only_vgpu (client).guestInfoState, ==, NVML_GUEST_INFO_UNINITIALIZED);
    sim_client_must (client, "guest-driver", "up", "--vm", SIM_VM_A, "--driver", "595.1", "--range",
                     "24.1-28.1");
    g_assert_cmphex (metadata_of_only_vgpu (client).guestVgpuVersion, ==, 26 << 16 | 1);
    g_assert_cmpstr (metadata_of_only_vgpu (client).guestDriverVersion, ==, "595.1");
    /* an update inside the guest */
    sim_client_must (client, "guest-driver", "up", "--vm", SIM_VM_A, "--driver", "535.1", "--range",
                     "7.1-18.1");
    g_assert_cmphex (metadata_of_only_vgpu (client).guestVgpuVersion, ==, 18 << 16 | 1);
    sim_client_must (client, "guest-driver", "down", "--vm", SIM_VM_A);
    g_assert_cmphex (metadata_of_only_vgpu (client).guestVgpuVersion, ==, 0);
    /* the administrator's range counts, not the preset */
    sim_client_must (client, "update", "--advertised-range", "18.1-20.1");
    sim_client_must (client, "guest-driver", "up", "--vm", SIM_VM_A, "--driver", "580.1", "--range",
                     "18.1-26.1");
    g_assert_cmphex (metadata_of_only_vgpu (client).guestVgpuVersion, ==, 20 << 16 | 1);
}

SIM_TEST (test_guest_driver_of_several_vgpus)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    unsigned int count = 3;
    nvmlVgpuInstance_t list[3];

    for (int i = 0; i < 2; i++)
        sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", GPU);
    sim_client_must (client, "plug", "--vm", SIM_VM_B, "--type", "12", "--gpu", GPU);
    sim_client_must (client, "guest-driver", "up", "--vm", SIM_VM_A, "--driver", "580.1", "--range",
                     "18.1-26.1");
    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (gpu, &count, list), ==, NVML_SUCCESS);
    g_assert_cmphex (metadata (client, list[0]).guestVgpuVersion, ==, 26 << 16 | 1);
    g_assert_cmphex (metadata (client, list[1]).guestVgpuVersion, ==, 26 << 16 | 1);
    g_assert_cmphex (metadata (client, list[2]).guestVgpuVersion, ==, 0);
}

SIM_TEST (test_update)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlVgpuVersion_t supported, current;
    unsigned int count = 8, list[8];

    assert_impossible (client, "there is no GPU", "update", "--gpu", "0000:42:00.0", "--ecc", "on");
    assert_impossible (client, "not inside", "update", "--advertised-range", "17.1-26.1");
    assert_impossible (client, "missing group [type 13]", "update", "--gpu", GPU, "--type", "13", "--count",
                       "1");
    sim_client_must (client, "update", "--advertised-range", "20.1-25.1");
    /* another driver: the administrator's range is lost */
    sim_client_must (client, "update", "--driver", "580.200.01");
    g_assert_cmpint (client->nvmlGetVgpuVersion (&supported, &current), ==, NVML_SUCCESS);
    g_assert_cmpmem (&supported, sizeof supported, &current, sizeof current);
    sim_client_must (client, "update", "--gpu", GPU, "--type", "11", "--count", "0");
    g_assert_cmpint (client->nvmlDeviceGetSupportedVgpus (gpu, &count, list), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 1);
    g_assert_cmpuint (list[0], ==, 12);
    sim_client_must (client, "update", "--gpu", GPU, "--type", "11", "--count", "1");
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstances (gpu, 11, &count), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 1);
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "11", "--gpu", GPU);
    assert_impossible (client, "does not offer", "update", "--gpu", GPU, "--type", "11", "--count", "0");
}

/* Without a change the file is not written, so that a client that waits for changes is not woken. */
SIM_TEST (test_no_change_no_write)
{
    GStatBuf before, after;

    g_assert_cmpint (g_stat (client->host_file, &before), ==, 0);
    sim_client_must (client, "heal");
    sim_client_must (client, "heal", "nvmlInit");
    sim_client_must (client, "unplug", "--vm", SIM_VM_A, "--if-present");
    g_assert_cmpint (g_stat (client->host_file, &after), ==, 0);
    g_assert_cmpuint (before.st_ino, ==, after.st_ino);
    sim_client_must (client, "update", "--driver", "580.200.01");
    g_assert_cmpint (g_stat (client->host_file, &after), ==, 0);
    g_assert_cmpuint (before.st_ino, !=, after.st_ino);
}

SIM_TEST (test_comments_and_mode_stay)
{
    g_autofree char *text = NULL;
    GStatBuf status;

    g_assert_cmpint (g_chmod (client->host_file, 0600), ==, 0);
    sim_client_must (client, "update", "--driver", "580.200.01");
    text = sim_client_read (client);
    g_assert_nonnull (strstr (text, "# the host of most tests\n"));
    g_assert_cmpint (g_stat (client->host_file, &status), ==, 0);
    g_assert_cmphex (status.st_mode & 0777, ==, 0600);
}

SIM_TEST (test_show)
{
    g_autofree char *text = NULL;
    static const char *const lines[] = {
        "driver 580.159.04: vGPU versions 18.1-26.1, advertised 18.1-26.1, structure version 3",
        "gpu 0000:41:00.0: NVIDIA H100 80GB HBM3, GPU-aaaaaaaa-0000-4000-8000-000000000001",
        "    metadata string 233016C100000003",
        "    scheduler best-effort",
        "    framebuffer 81920 MiB, 40960 in use",
        "    type 11: NVIDIA TEST-40C, Compute, 40960 MiB, at most 2",
        "    mode none, ecc off, sriov on, migration off, mig off",
        "vgpu " UUID_1 ": instance 3251634178, type 11 on 0000:41:00.0, VM " SIM_VM_A,
        "    guest driver 580.1, vGPU version 26.1",
        "    cannot migrate",
        "fault nvmlInit: hangs",
        "fault nvmlShutdown: 999, Unknown Error",
    };

    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "11", "--uuid", UUID_1, "--no-migration",
                     "--guest-driver", "580.1", "--guest-range", "18.1-26.1");
    sim_client_must (client, "hang", "nvmlInit");
    sim_client_must (client, "fail", "nvmlShutdown", "UNKNOWN");
    g_assert_cmpint (sim_client_run (client, &text, "show", NULL), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
        g_auto (GStrv) shown = g_strsplit (text, "\n", -1);

        if (!g_strv_contains ((const char *const *)shown, lines[i]))
            g_error ("'%s' is not shown in\n%s", lines[i], text);
    }
    sim_client_must (client, "heal");
}

SIM_TEST (test_init)
{
    g_autofree char *uuid = NULL;
    unsigned int count = 0;

    assert_impossible (client, "exists", "init");
    sim_client_must (client, "init", "--force", "--gpu", "h100", "--gpu", "h200", "--gpu", "l40s");
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlDeviceGetCount_v2 (&count), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 3);
    sim_client_write (client, NULL);
    sim_client_must (client, "init");
    g_assert_cmpint (client->nvmlDeviceGetCount_v2 (&count), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 1);
    g_assert_cmpint (sim_client_run (client, &uuid, "plug", "--vm", SIM_VM_A, "--type", "1121", NULL), ==, 0);
}

#define WRITERS 20

static gpointer
plug_in_thread (gpointer data)
{
    return GINT_TO_POINTER (
        sim_client_run (data, NULL, "plug", "--vm", SIM_VM_A, "--type", "1", "--gpu", GPU, NULL));
}

/* Twenty concurrent calls, more than fit: exactly as many succeed as fit, each with its own number. */
SIM_TEST (test_concurrent_plugs)
{
    GThread *threads[WRITERS + 1];
    unsigned int list[WRITERS + 1], count = WRITERS + 1, refused = 0;
    nvmlDevice_t gpu;

    sim_client_write_more (client, "[type 1]\nname=T\nclass=C\nframebuffer=1\n");
    sim_client_must (client, "update", "--gpu", GPU, "--type", "1", "--count", G_STRINGIFY (WRITERS));
    for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("writer", plug_in_thread, client);
    for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        refused += GPOINTER_TO_INT (g_thread_join (threads[i])) == 1;
    g_assert_cmpuint (refused, ==, 1);
    gpu = sim_client_gpu (client, GPU);
    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (gpu, &count, list), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, WRITERS);
    for (unsigned int i = 1; i < count; i++)
        g_assert_cmpuint (list[i], ==, list[i - 1] + 1);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/command/usage", test_usage);
    sim_client_add_test ("/sim/command/usage-of-the-others", test_usage_of_the_others);
    sim_client_add_test ("/sim/command/help", test_help);
    sim_client_add_test ("/sim/command/missing-and-broken-file", test_missing_and_broken_file);
    sim_client_add_test ("/sim/command/plug", test_plug);
    sim_client_add_test ("/sim/command/plug-with-all", test_plug_with_all);
    sim_client_add_test ("/sim/command/guest-memory", test_guest_memory);
    sim_client_add_test ("/sim/command/plug-of-a-migrated-guest", test_plug_of_a_migrated_guest);
    sim_client_add_test ("/sim/command/plug-without-room", test_plug_without_room);
    sim_client_add_test ("/sim/command/plug-goes-on-to-the-next-gpu", test_plug_goes_on_to_the_next_gpu);
    sim_client_add_test ("/sim/command/unplug", test_unplug);
    sim_client_add_test ("/sim/command/guest-driver", test_guest_driver);
    sim_client_add_test ("/sim/command/guest-driver-of-several-vgpus", test_guest_driver_of_several_vgpus);
    sim_client_add_test ("/sim/command/update", test_update);
    sim_client_add_test ("/sim/command/no-change-no-write", test_no_change_no_write);
    sim_client_add_test ("/sim/command/comments-and-mode-stay", test_comments_and_mode_stay);
    sim_client_add_test ("/sim/command/show", test_show);
    sim_client_add_test ("/sim/command/init", test_init);
    sim_client_add_test ("/sim/command/concurrent-plugs", test_concurrent_plugs);
    return g_test_run ();
}
