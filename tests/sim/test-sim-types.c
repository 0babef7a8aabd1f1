/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties of vGPU types that only other clients of NVML ask for, and the version of NVML. */
#include "sim-client.h"

#include <string.h>

#define GPU "0000:41:00.0"

#define assert_code(call, code) g_assert_cmpint (client->call, ==, NVML_ERROR_##code)
#define assert_good(call)       g_assert_cmpint (client->call, ==, NVML_SUCCESS)

static void
assert_version (SimClient *client, const char *expected)
{
    char text[NVML_SYSTEM_NVML_VERSION_SIZE];

    assert_good (nvmlSystemGetNVMLVersion (text, sizeof text));
    g_assert_cmpstr (text, ==, expected);
}

SIM_TEST (test_nvml_version)
{
    char text[NVML_SYSTEM_NVML_VERSION_SIZE];

    assert_code (nvmlSystemGetNVMLVersion (text, sizeof text), UNINITIALIZED);
    assert_good (nvmlInit_v2 ());
    assert_version (client, "13.580.159.04");
    assert_code (nvmlSystemGetNVMLVersion (text, 13), INSUFFICIENT_SIZE);
    assert_code (nvmlSystemGetNVMLVersion (NULL, 80), INVALID_ARGUMENT);
    sim_client_must (client, "update", "--driver", "535.261.04");
    assert_version (client, "12.535.261.04");
    sim_client_must (client, "update", "--nvml-version", "12.1");
    assert_version (client, "12.1");
    /* a driver brings its own library */
    sim_client_must (client, "update", "--driver", "470.256");
    assert_version (client, "11.470.256");
}

SIM_TEST (test_driver_capability)
{
    unsigned int result = 9;

    assert_good (nvmlInit_v2 ());
    assert_code (nvmlGetVgpuDriverCapabilities (0, &result), NOT_SUPPORTED);
    sim_client_write_more (client, "[driver]\nheterogeneous-multi-vgpu=true\n");
    assert_good (nvmlGetVgpuDriverCapabilities (0, &result));
    g_assert_cmpuint (result, ==, 1);
    assert_code (nvmlGetVgpuDriverCapabilities (1, &result), NOT_SUPPORTED);
    assert_code (nvmlGetVgpuDriverCapabilities (2, &result), INVALID_ARGUMENT);
}

/* Type 12 of class Quadro, with what follows from that. */
SIM_TEST (test_defaults)
{
    char license[NVML_GRID_LICENSE_SIZE];
    unsigned int number = 0, height = 0;
    unsigned long long device = 0, subsystem = 0, bytes = 0;
    nvmlVgpuTypeBar1Info_v1_t bar1 = {NVML_VGPU_TYPE_BAR1_INFO_V1, 0};

    assert_good (nvmlInit_v2 ());
    assert_good (nvmlVgpuTypeGetLicense (12, license, sizeof license));
    g_assert_true (g_str_has_prefix (license, "Quadro-Virtual-DWS,5.0;"));
    assert_good (nvmlVgpuTypeGetLicense (11, license, sizeof license));
    g_assert_true (g_str_has_prefix (license, "NVIDIA-vComputeServer,"));
    assert_good (nvmlVgpuTypeGetMaxInstancesPerVm (12, &number));
    g_assert_cmpuint (number, ==, 16);
    assert_good (nvmlVgpuTypeGetFrameRateLimit (12, &number));
    g_assert_cmpuint (number, ==, 60);
    assert_good (nvmlVgpuTypeGetNumDisplayHeads (12, &number));
    g_assert_cmpuint (number, ==, 4);
    assert_good (nvmlVgpuTypeGetResolution (12, 3, &number, &height));
    g_assert_cmpuint (number, ==, 7680);
    g_assert_cmpuint (height, ==, 4320);
    assert_good (nvmlVgpuTypeGetNumDisplayHeads (11, &number));
    g_assert_cmpuint (number, ==, 1);
    for (unsigned int i = 0; i < NVML_VGPU_CAP_COUNT; i++) {
        assert_good (nvmlVgpuTypeGetCapabilities (12, i, &number));
        g_assert_cmpuint (number, ==, 0);
    }
    assert_good (nvmlVgpuTypeGetDeviceID (12, &device, &subsystem));
    g_assert_cmphex (device, ==, 0x233010de);
    g_assert_cmphex (subsystem, ==, 0x16c110de);
    assert_good (nvmlVgpuTypeGetFbReservation (12, &bytes));
    g_assert_cmpuint (bytes, ==, (64ull + 20480 / 16) << 20);
    assert_good (nvmlVgpuTypeGetGspHeapSize (12, &bytes));
    g_assert_cmpuint (bytes, ==, 48ull << 20);
    assert_good (nvmlVgpuTypeGetBAR1Info (12, &bar1));
    g_assert_cmpuint (bar1.bar1Size, ==, 256);
}

SIM_TEST (test_given)
{
    char license[NVML_GRID_LICENSE_SIZE];
    unsigned int number = 0, height = 0;
    unsigned long long device = 0, subsystem = 0, bytes = 0;
    nvmlVgpuTypeBar1Info_v1_t bar1 = {NVML_VGPU_TYPE_BAR1_INFO_V1, 0};

    sim_client_write_more (client,
                           "[type 12]\nlicense=A,1.0\nmax-instances-per-vm=1\nframe-rate-limit=30\n"
                           "display-heads=2\nresolution=1280x1024\ncapabilities=gpudirect;exclusive-size\n"
                           "framebuffer-reservation=7\ngsp-heap=8\nbar1=9\ndevice-id=1234\n"
                           "subsystem-id=abcd\n");
    assert_good (nvmlInit_v2 ());
    assert_good (nvmlVgpuTypeGetLicense (12, license, 6));
    g_assert_cmpstr (license, ==, "A,1.0");
    assert_good (nvmlVgpuTypeGetMaxInstancesPerVm (12, &number));
    g_assert_cmpuint (number, ==, 1);
    assert_good (nvmlVgpuTypeGetFrameRateLimit (12, &number));
    g_assert_cmpuint (number, ==, 30);
    assert_good (nvmlVgpuTypeGetResolution (12, 1, &number, &height));
    g_assert_cmpuint (number, ==, 1280);
    g_assert_cmpuint (height, ==, 1024);
    assert_code (nvmlVgpuTypeGetResolution (12, 2, &number, &height), INVALID_ARGUMENT);
    for (unsigned int i = 0; i < NVML_VGPU_CAP_COUNT; i++) {
        assert_good (nvmlVgpuTypeGetCapabilities (12, i, &number));
        g_assert_cmpuint (number, ==, i == NVML_VGPU_CAP_GPUDIRECT || i == NVML_VGPU_CAP_EXCLUSIVE_SIZE);
    }
    assert_good (nvmlVgpuTypeGetDeviceID (12, &device, &subsystem));
    g_assert_cmphex (device, ==, 0x123410de);
    g_assert_cmphex (subsystem, ==, 0xabcd10de);
    assert_good (nvmlVgpuTypeGetFbReservation (12, &bytes));
    g_assert_cmpuint (bytes, ==, 7ull << 20);
    assert_good (nvmlVgpuTypeGetGspHeapSize (12, &bytes));
    g_assert_cmpuint (bytes, ==, 8ull << 20);
    assert_good (nvmlVgpuTypeGetBAR1Info (12, &bar1));
    g_assert_cmpuint (bar1.bar1Size, ==, 9);
}

SIM_TEST (test_errors)
{
    char license[NVML_GRID_LICENSE_SIZE];
    unsigned int number = 0;
    unsigned long long bytes = 0;
    nvmlVgpuTypeBar1Info_v1_t bar1 = {NVML_VGPU_TYPE_BAR1_INFO_V1 + 1, 0};

    assert_good (nvmlInit_v2 ());
    assert_code (nvmlVgpuTypeGetLicense (12, license, 5), INSUFFICIENT_SIZE);
    assert_code (nvmlVgpuTypeGetLicense (12, NULL, 5), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetLicense (99, license, sizeof license), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetMaxInstancesPerVm (99, &number), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetMaxInstancesPerVm (12, NULL), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetFrameRateLimit (99, &number), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetNumDisplayHeads (99, &number), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetResolution (12, 0, &number, NULL), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetResolution (12, 0, NULL, &number), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetCapabilities (12, NVML_VGPU_CAP_COUNT, &number), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetCapabilities (12, 0, NULL), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetDeviceID (12, &bytes, NULL), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetDeviceID (12, NULL, &bytes), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetFbReservation (99, &bytes), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetGspHeapSize (12, NULL), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetBAR1Info (12, NULL), INVALID_ARGUMENT);
    assert_code (nvmlVgpuTypeGetBAR1Info (12, &bar1), ARGUMENT_VERSION_MISMATCH);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/types/nvml-version", test_nvml_version);
    sim_client_add_test ("/sim/types/driver-capability", test_driver_capability);
    sim_client_add_test ("/sim/types/defaults", test_defaults);
    sim_client_add_test ("/sim/types/given", test_given);
    sim_client_add_test ("/sim/types/errors", test_errors);
    return g_test_run ();
}
