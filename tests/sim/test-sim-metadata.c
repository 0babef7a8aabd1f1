/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metadata: the ways in which real clients ask for the size, the order of the checks, and every field. */
#include "sim-client.h"

#include <string.h>

#define VGPU_SIZE   468u
#define PGPU_SIZE   380u
#define STRING_SIZE 256u

/* Written after a buffer, so that a call that writes too much is noticed. */
#define GUARD      0x5a
#define GUARD_SIZE 64u

typedef union {
    nvmlVgpuMetadata_t fixed;
    guint8 bytes[VGPU_SIZE + GUARD_SIZE];
} Vgpu;

typedef union {
    nvmlVgpuPgpuMetadata_t fixed;
    guint8 bytes[PGPU_SIZE + GUARD_SIZE];
} Pgpu;

static const char one_vgpu[] = "[vgpu 33333333-3333-4333-8333-333333333333]\n"
                               "instance=7\n"
                               "vm=" SIM_VM_A "\n"
                               "gpu=0000:41:00.0\n"
                               "type=11\n"
                               "guest-driver-state=up\n"
                               "guest-driver=580.82.07\n"
                               "guest-range=18.1-27.1\n"
                               "guest-version=26.1\n";

/* The three calls with one signature. */
typedef nvmlReturn_t (*Sized) (SimClient *client, void *buffer, unsigned int *size);

static nvmlDevice_t
h100 (SimClient *client)
{
    nvmlDevice_t gpu = NULL;

    client->nvmlDeviceGetHandleByPciBusId_v2 ("0000:41:00.0", &gpu);
    return gpu;
}

static nvmlReturn_t
get_string (SimClient *client, void *buffer, unsigned int *size)
{
    return client->nvmlDeviceGetPgpuMetadataString (h100 (client), buffer, size);
}

static nvmlReturn_t
get_pgpu (SimClient *client, void *buffer, unsigned int *size)
{
    return client->nvmlDeviceGetVgpuMetadata (h100 (client), buffer, size);
}

static nvmlReturn_t
get_vgpu (SimClient *client, void *buffer, unsigned int *size)
{
    return client->nvmlVgpuInstanceGetMetadata (7, buffer, size);
}

static const struct {
    Sized call;
    unsigned int needed;
} sized[] = {{get_string, STRING_SIZE}, {get_pgpu, PGPU_SIZE}, {get_vgpu, VGPU_SIZE}};

static void
assert_guarded (const guint8 *buffer, gsize from, gsize to)
{
    for (gsize i = from; i < to; i++)
        g_assert_cmphex (buffer[i], ==, GUARD);
}

SIM_TEST (test_bad_arguments)
{
    sim_client_write_more (client, one_vgpu);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    for (gsize i = 0; i < G_N_ELEMENTS (sized); i++) {
        guint8 buffer[1024];
        unsigned int size = 1;

        g_assert_cmpint (sized[i].call (client, buffer, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
        g_assert_cmpint (sized[i].call (client, NULL, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
        g_assert_cmpint (sized[i].call (client, NULL, &size), ==, NVML_ERROR_INVALID_ARGUMENT);
        size = 4096;
        g_assert_cmpint (sized[i].call (client, NULL, &size), ==, NVML_ERROR_INVALID_ARGUMENT);
    }
}

/* (NULL, 0), then a buffer of just that size. */
SIM_TEST (test_client_that_asks)
{
    sim_client_write_more (client, one_vgpu);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    for (gsize i = 0; i < G_N_ELEMENTS (sized); i++) {
        guint8 buffer[1024];
        unsigned int size = 0;

        g_assert_cmpint (sized[i].call (client, NULL, &size), ==, NVML_ERROR_INSUFFICIENT_SIZE);
        g_assert_cmpuint (size, ==, sized[i].needed);
        memset (buffer, GUARD, sizeof buffer);
        g_assert_cmpint (sized[i].call (client, buffer, &size), ==, NVML_SUCCESS);
        g_assert_cmpuint (size, ==, sized[i].needed);
        assert_guarded (buffer, sized[i].needed, sizeof buffer);
    }
}

/* (buffer, 0) first. */
SIM_TEST (test_client_with_a_buffer)
{
    sim_client_write_more (client, one_vgpu);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    for (gsize i = 0; i < G_N_ELEMENTS (sized); i++) {
        guint8 buffer[1024];
        unsigned int size = 0;

        memset (buffer, GUARD, sizeof buffer);
        g_assert_cmpint (sized[i].call (client, buffer, &size), ==, NVML_ERROR_INSUFFICIENT_SIZE);
        g_assert_cmpuint (size, ==, sized[i].needed);
        assert_guarded (buffer, 0, sizeof buffer);
        size = sized[i].needed - 1;
        g_assert_cmpint (sized[i].call (client, buffer, &size), ==, NVML_ERROR_INSUFFICIENT_SIZE);
        g_assert_cmpuint (size, ==, sized[i].needed);
        assert_guarded (buffer, 0, sizeof buffer);
    }
}

/* A buffer whose size the client doubles until it is large enough. */
SIM_TEST (test_client_that_doubles)
{
    sim_client_write_more (client, one_vgpu);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    for (gsize i = 0; i < G_N_ELEMENTS (sized); i++) {
        guint8 buffer[1024];
        unsigned int have = 8, size = have;
        int code;

        memset (buffer, GUARD, sizeof buffer);
        while ((code = sized[i].call (client, buffer, &size)) == NVML_ERROR_INSUFFICIENT_SIZE)
            size = have *= 2;
        g_assert_cmpint (code, ==, NVML_SUCCESS);
        g_assert_cmpuint (size, <=, have);
        g_assert_cmpuint (size, ==, sized[i].needed);
        assert_guarded (buffer, sized[i].needed, sizeof buffer);
    }
}

/* Measured: the size is checked first, then instance 0, then unknown instances. */
SIM_TEST (test_order_of_instance_checks)
{
    static const nvmlVgpuInstance_t instances[] = {0, 7, 99};
    Vgpu vgpu;

    sim_client_write_more (client, one_vgpu);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    for (gsize i = 0; i < G_N_ELEMENTS (instances); i++) {
        unsigned int size = 1;

        g_assert_cmpint (client->nvmlVgpuInstanceGetMetadata (instances[i], &vgpu.fixed, NULL), ==,
                         NVML_ERROR_INVALID_ARGUMENT);
        g_assert_cmpint (client->nvmlVgpuInstanceGetMetadata (instances[i], NULL, &size), ==,
                         NVML_ERROR_INVALID_ARGUMENT);
        size = VGPU_SIZE - 1;
        g_assert_cmpint (client->nvmlVgpuInstanceGetMetadata (instances[i], &vgpu.fixed, &size), ==,
                         NVML_ERROR_INSUFFICIENT_SIZE);
        g_assert_cmpuint (size, ==, VGPU_SIZE);
        size = sizeof vgpu;
        g_assert_cmpint (client->nvmlVgpuInstanceGetMetadata (instances[i], &vgpu.fixed, &size), ==,
                         instances[i] == 0   ? NVML_ERROR_INVALID_ARGUMENT
                         : instances[i] == 7 ? NVML_SUCCESS
                                             : NVML_ERROR_NOT_FOUND);
    }
}

SIM_TEST (test_bad_devices)
{
    const nvmlDevice_t not_a_vgpu_host = sim_client_gpu (client, "0000:c1:00.0");
    Pgpu pgpu;
    unsigned int size = sizeof pgpu;

    g_assert_cmpint (client->nvmlDeviceGetVgpuMetadata (NULL, &pgpu.fixed, &size), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetPgpuMetadataString (NULL, (char *)pgpu.bytes, &size), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetVgpuMetadata ((nvmlDevice_t)(guintptr)0x1234, &pgpu.fixed, &size),
                     ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetVgpuMetadata (not_a_vgpu_host, &pgpu.fixed, &size), ==,
                     NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlDeviceGetPgpuMetadataString (not_a_vgpu_host, (char *)pgpu.bytes, &size), ==,
                     NVML_ERROR_NOT_SUPPORTED);
}

static void
assert_string (SimClient *client, const char *address, const char *expected)
{
    char string[STRING_SIZE], padded[STRING_SIZE] = "";
    unsigned int size = sizeof string;
    nvmlDevice_t gpu = NULL;

    g_strlcpy (padded, expected, sizeof padded);
    g_assert_cmpint (client->nvmlDeviceGetHandleByPciBusId_v2 (address, &gpu), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlDeviceGetPgpuMetadataString (gpu, string, &size), ==, NVML_SUCCESS);
    g_assert_cmpmem (string, sizeof string, padded, sizeof padded);
}

SIM_TEST (test_strings)
{
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    assert_string (client, "0000:41:00.0", "233016C100000003");
    assert_string (client, "0001:82:00.0", "20B214630A1BC00000001");
    sim_client_must (client, "update", "--gpu", "0000:41:00.0", "--ecc", "off");
    assert_string (client, "0000:41:00.0", "233016C100000002");
    sim_client_must (client, "update", "--gpu", "0000:41:00.0", "--sriov", "off");
    assert_string (client, "0000:41:00.0", "233016C100000000");
    sim_client_must (client, "update", "--gpu", "0000:41:00.0", "--device-id", "26b9", "--subsystem-id",
                     "00ff");
    assert_string (client, "0000:41:00.0", "26B900FF00000000");
    sim_client_must (client, "update", "--gpu", "0000:41:00.0", "--migration", "off");
    assert_string (client, "0000:41:00.0", "GPU-aaaaaaaa-0000-4000-8000-000000000001");
}

static void
get_pgpu_of (SimClient *client, Pgpu *pgpu)
{
    unsigned int size = PGPU_SIZE;

    memset (pgpu, GUARD, sizeof *pgpu);
    g_assert_cmpint (get_pgpu (client, pgpu, &size), ==, NVML_SUCCESS);
    assert_guarded (pgpu->bytes, PGPU_SIZE, sizeof pgpu->bytes);
}

SIM_TEST (test_pgpu_fields)
{
    char string[STRING_SIZE] = "233016C100000003",
         uuid[STRING_SIZE] = "GPU-aaaaaaaa-0000-4000-8000-000000000001";
    const unsigned int zeros[5] = {0};
    Pgpu pgpu;

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    get_pgpu_of (client, &pgpu);
    g_assert_cmpuint (pgpu.fixed.version, ==, 3);
    g_assert_cmpstr (pgpu.fixed.hostDriverVersion, ==, "580.159.04");
    g_assert_cmphex (pgpu.fixed.pgpuVirtualizationCaps, ==, NVML_VIRTUALIZATION_CAP_MIGRATION);
    g_assert_cmpmem (pgpu.fixed.reserved, sizeof pgpu.fixed.reserved, zeros, sizeof zeros);
    g_assert_cmphex (pgpu.fixed.hostSupportedVgpuRange.minVersion, ==, 18 << 16 | 1);
    g_assert_cmphex (pgpu.fixed.hostSupportedVgpuRange.maxVersion, ==, 26 << 16 | 1);
    g_assert_cmpuint (pgpu.fixed.opaqueDataSize, ==, 256);
    g_assert_cmpmem (pgpu.bytes + 124, 256, string, sizeof string);

    sim_client_must (client, "update", "--driver", "535.1", "--range", "7.1-18.1", "--advertised-range",
                     "16.1-17.1", "--structure-version", "2", "--gpu", "0000:41:00.0", "--migration", "off");
    get_pgpu_of (client, &pgpu);
    g_assert_cmpuint (pgpu.fixed.version, ==, 2);
    g_assert_cmpstr (pgpu.fixed.hostDriverVersion, ==, "535.1");
    g_assert_cmphex (pgpu.fixed.pgpuVirtualizationCaps, ==, 0);
    g_assert_cmphex (pgpu.fixed.hostSupportedVgpuRange.minVersion, ==, 16 << 16 | 1);
    g_assert_cmphex (pgpu.fixed.hostSupportedVgpuRange.maxVersion, ==, 17 << 16 | 1);
    g_assert_cmpmem (pgpu.bytes + 124, 256, uuid, sizeof uuid);
}

static void
get_vgpu_of (SimClient *client, Vgpu *vgpu)
{
    unsigned int size = VGPU_SIZE;

    memset (vgpu, GUARD, sizeof *vgpu);
    g_assert_cmpint (get_vgpu (client, vgpu, &size), ==, NVML_SUCCESS);
    assert_guarded (vgpu->bytes, VGPU_SIZE, sizeof vgpu->bytes);
}

SIM_TEST (test_vgpu_fields)
{
    char string[STRING_SIZE] = "233016C100000003";
    const unsigned int zeros[6] = {0};
    Vgpu vgpu;

    sim_client_write_more (client, one_vgpu);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    get_vgpu_of (client, &vgpu);
    g_assert_cmpuint (vgpu.fixed.version, ==, 3);
    g_assert_cmpuint (vgpu.fixed.guestInfoState, ==, NVML_GUEST_INFO_INITIALIZED);
    g_assert_cmpstr (vgpu.fixed.guestDriverVersion, ==, "580.82.07");
    g_assert_cmpstr (vgpu.fixed.hostDriverVersion, ==, "580.159.04");
    g_assert_cmpmem (vgpu.fixed.reserved, sizeof vgpu.fixed.reserved, zeros, sizeof zeros);
    g_assert_cmphex (vgpu.fixed.vgpuVirtualizationCaps, ==, NVML_VIRTUALIZATION_CAP_MIGRATION);
    g_assert_cmphex (vgpu.fixed.guestVgpuVersion, ==, 26 << 16 | 1);
    g_assert_cmpuint (vgpu.fixed.opaqueDataSize, ==, 260);
    g_assert_cmpmem (vgpu.bytes + 212, 256, string, sizeof string);

    sim_client_must (client, "guest-driver", "down", "--vm", SIM_VM_A);
    get_vgpu_of (client, &vgpu);
    g_assert_cmpuint (vgpu.fixed.guestInfoState, ==, NVML_GUEST_INFO_UNINITIALIZED);
    g_assert_cmpstr (vgpu.fixed.guestDriverVersion, ==, "");
    g_assert_cmphex (vgpu.fixed.guestVgpuVersion, ==, 0);

    /* a vGPU cannot do what its GPU cannot do */
    sim_client_must (client, "update", "--gpu", "0000:41:00.0", "--migration", "off");
    get_vgpu_of (client, &vgpu);
    g_assert_cmphex (vgpu.fixed.vgpuVirtualizationCaps, ==, 0);
}

SIM_TEST (test_vgpu_that_cannot_migrate)
{
    Vgpu vgpu;
    unsigned int size = VGPU_SIZE;
    nvmlDevice_t gpu;

    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "11", "--no-migration");
    gpu = sim_client_gpu (client, "0000:41:00.0");
    g_assert_cmpint (
        client->nvmlVgpuInstanceGetMetadata (sim_client_instance (client, gpu), &vgpu.fixed, &size), ==,
        NVML_SUCCESS);
    g_assert_cmphex (vgpu.fixed.vgpuVirtualizationCaps, ==, 0);
}

/* Records of the driver, judged by the driver: a vGPU fits on its own GPU, and not on another. */
SIM_TEST (test_judged_by_itself)
{
    nvmlVgpuPgpuCompatibility_t answer;
    Vgpu vgpu;
    Pgpu pgpu;

    sim_client_write_more (client, one_vgpu);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    get_vgpu_of (client, &vgpu);
    get_pgpu_of (client, &pgpu);
    g_assert_cmpint (client->nvmlGetVgpuCompatibility (&vgpu.fixed, &pgpu.fixed, &answer), ==, NVML_SUCCESS);
    g_assert_cmphex (answer.vgpuVmCompatibility, ==, NVML_VM_COMPATIBILITY_COLD | NVML_VM_COMPATIBILITY_LIVE);
    g_assert_cmphex (answer.compatibilityLimitCode, ==, NVML_LIMIT_NONE);
    sim_client_must (client, "update", "--gpu", "0000:41:00.0", "--ecc", "off");
    get_pgpu_of (client, &pgpu);
    g_assert_cmpint (client->nvmlGetVgpuCompatibility (&vgpu.fixed, &pgpu.fixed, &answer), ==, NVML_SUCCESS);
    g_assert_cmphex (answer.vgpuVmCompatibility, ==, NVML_VM_COMPATIBILITY_NONE);
    g_assert_cmphex (answer.compatibilityLimitCode, ==, NVML_LIMIT_GPU);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/metadata/size/bad-arguments", test_bad_arguments);
    sim_client_add_test ("/sim/metadata/size/client-that-asks", test_client_that_asks);
    sim_client_add_test ("/sim/metadata/size/client-with-a-buffer", test_client_with_a_buffer);
    sim_client_add_test ("/sim/metadata/size/client-that-doubles", test_client_that_doubles);
    sim_client_add_test ("/sim/metadata/order-of-instance-checks", test_order_of_instance_checks);
    sim_client_add_test ("/sim/metadata/bad-devices", test_bad_devices);
    sim_client_add_test ("/sim/metadata/strings", test_strings);
    sim_client_add_test ("/sim/metadata/pgpu-fields", test_pgpu_fields);
    sim_client_add_test ("/sim/metadata/vgpu-fields", test_vgpu_fields);
    sim_client_add_test ("/sim/metadata/vgpu-that-cannot-migrate", test_vgpu_that_cannot_migrate);
    sim_client_add_test ("/sim/metadata/judged-by-itself", test_judged_by_itself);
    return g_test_run ();
}
