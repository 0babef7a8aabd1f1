/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answers about devices, instances and types. */
#include "sim-client.h"

#include <stddef.h>
#include <string.h>

#define MIB    (G_GUINT64_CONSTANT (1) << 20)
#define UUID_1 "33333333-3333-4333-8333-333333333333"
#define UUID_2 "44444444-4444-4444-8444-444444444444"
#define MDEV   "55555555-5555-4555-8555-555555555555"

/* One mediated device whose guest is up, one virtual function of another size whose guest is down. */
static const char two_vgpus[] = "[gpu 0000:41:00.0]\n"
                                "heterogeneous=true\n"
                                "[vgpu " UUID_1 "]\n"
                                "instance=7\n"
                                "vm=" SIM_VM_A "\n"
                                "gpu=0000:41:00.0\n"
                                "type=12\n"
                                "placement=0\n"
                                "mdev=" MDEV "\n"
                                "guest-address=0000:06:00.0\n"
                                "guest-driver-state=up\n"
                                "guest-driver=580.82.07\n"
                                "guest-version=26.1\n"
                                "framebuffer-used=512\n"
                                "runtime-state=48\n"
                                "[vgpu " UUID_2 "]\n"
                                "instance=3000000000\n"
                                "vm=" SIM_VM_B "\n"
                                "gpu=0000:41:00.0\n"
                                "type=11\n"
                                "placement=160\n"
                                "vf=0000:41:00.4\n"
                                "guest-address=0000:07:00.0\n"
                                "guest-driver-state=down\n";

SIM_TEST (test_count_and_index)
{
    unsigned int count = 0, old = 0;
    nvmlDevice_t gpu = NULL, again = NULL;

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlDeviceGetCount_v2 (NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetCount_v2 (&count), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlDeviceGetCount (&old), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 3);
    g_assert_cmpuint (old, ==, 3);
    g_assert_cmpint (client->nvmlDeviceGetHandleByIndex_v2 (3, &gpu), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetHandleByIndex_v2 (0, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetHandleByIndex_v2 (1, &gpu), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlDeviceGetHandleByIndex (1, &again), ==, NVML_SUCCESS);
    g_assert_nonnull (gpu);
    g_assert_true (gpu == again);
    g_assert_cmpint (client->nvmlDeviceGetHandleByPciBusId ("00000001:82:00.0", &again), ==, NVML_SUCCESS);
    g_assert_true (gpu == again);
}

SIM_TEST (test_bus_ids)
{
    /* what NVIDIA's library accepts besides the two forms of addresses (measured) */
    static const char *const good[] = {"0000:c1:00.0", "00000000:C1:00.0",  "0000:C1:00.0",  "c1:00.0",
                                       "0:c1:00.0",    "000000000:c1:00.0", " 0000:c1:00.0", "0000:c1:00.00",
                                       "0000:c1:00",   "0:c1:0.0"};
    /* the last but one is a virtual function, the last a GPU's audio device */
    static const char *const bad[] = {"",
                                      "c1",
                                      "c1:00",
                                      "0000:c1:00.8",
                                      "0000:c1:00.0 ",
                                      "0000:c1:00.",
                                      "0000:g1:00.0",
                                      "0000-c1-00.0",
                                      "1:2:3:4:c1:00.0",
                                      "no address",
                                      "0000:41:00.4",
                                      "0000:c1:00.1"};
    static const char *const nobody[] = {"0000:42:00.0", "0000:c1:20.0", "0000:1c1:00.0", "fffe:c1:00.0"};
    nvmlDevice_t gpu = NULL, third = NULL;

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlDeviceGetHandleByIndex_v2 (2, &third), ==, NVML_SUCCESS);
    for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
        g_assert_cmpint (client->nvmlDeviceGetHandleByPciBusId_v2 (good[i], &gpu), ==, NVML_SUCCESS);
        g_assert_true (gpu == third);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
        g_assert_cmpint (client->nvmlDeviceGetHandleByPciBusId_v2 (bad[i], &gpu), ==,
                         NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetHandleByPciBusId_v2 (NULL, &gpu), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetHandleByPciBusId_v2 (good[0], NULL), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    for (gsize i = 0; i < G_N_ELEMENTS (nobody); i++)
        g_assert_cmpint (client->nvmlDeviceGetHandleByPciBusId_v2 (nobody[i], &gpu), ==,
                         NVML_ERROR_NOT_FOUND);
}

/* Invalid handles, for every call that takes one. */
SIM_TEST (test_bad_handles)
{
    unsigned int number = 0;
    char text[96];
    nvmlPciInfo_t pci;
    nvmlMemory_t memory;

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    for (int i = 0; i < 2; i++) {
        const nvmlDevice_t gpu = i == 0 ? NULL : (nvmlDevice_t)&number;
        const nvmlReturn_t codes[] = {
            client->nvmlDeviceGetPciInfo (gpu, &pci),
            client->nvmlDeviceGetPciInfo_v2 (gpu, &pci),
            client->nvmlDeviceGetPciInfo_v3 (gpu, &pci),
            client->nvmlDeviceGetName (gpu, text, sizeof text),
            client->nvmlDeviceGetUUID (gpu, text, sizeof text),
            client->nvmlDeviceGetMemoryInfo (gpu, &memory),
            client->nvmlDeviceGetVirtualizationMode (gpu, &number),
            client->nvmlDeviceGetHostVgpuMode (gpu, &number),
            client->nvmlDeviceGetEccMode (gpu, &number, &number),
            client->nvmlDeviceGetActiveVgpus (gpu, &number, NULL),
            client->nvmlDeviceGetSupportedVgpus (gpu, &number, NULL),
            client->nvmlDeviceGetCreatableVgpus (gpu, &number, NULL),
            client->nvmlVgpuTypeGetMaxInstances (gpu, 11, &number),
        };

        for (gsize k = 0; k < G_N_ELEMENTS (codes); k++)
            g_assert_cmpint (codes[k], ==, NVML_ERROR_INVALID_ARGUMENT);
    }
}

SIM_TEST (test_pci_info)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, "0001:82:00.0");
    nvmlPciInfo_t pci, old;

    g_assert_cmpint (client->nvmlDeviceGetPciInfo_v3 (gpu, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetPciInfo_v3 (gpu, &pci), ==, NVML_SUCCESS);
    g_assert_cmpstr (pci.busId, ==, "00000001:82:00.0");
    g_assert_cmpstr (pci.busIdLegacy, ==, "0001:82:00.0");
    g_assert_cmphex (pci.domain, ==, 1);
    g_assert_cmphex (pci.bus, ==, 0x82);
    g_assert_cmphex (pci.device, ==, 0);
    g_assert_cmphex (pci.pciDeviceId, ==, 0x20b210de);
    g_assert_cmphex (pci.pciSubSystemId, ==, 0x146310de);

    /* the structure of the older calls is shorter */
    memset (&old, 0x5a, sizeof old);
    g_assert_cmpint (client->nvmlDeviceGetPciInfo (gpu, &old), ==, NVML_SUCCESS);
    g_assert_cmpmem (&old, offsetof (nvmlPciInfo_t, pciSubSystemId), &pci,
                     offsetof (nvmlPciInfo_t, pciSubSystemId));
    g_assert_cmphex (old.pciSubSystemId, ==, 0x5a5a5a5a);
    g_assert_cmpint (client->nvmlDeviceGetPciInfo_v2 (gpu, &old), ==, NVML_SUCCESS);
    g_assert_cmpmem (&old, offsetof (nvmlPciInfo_t, busId), &pci, offsetof (nvmlPciInfo_t, busId));
    g_assert_cmphex (old.busId[0], ==, 0x5a);
}

/* A PCI domain beyond 16 bits, as some storage controllers have: it does not fit the legacy field. */
SIM_TEST (test_pci_info_of_a_large_domain)
{
    nvmlDevice_t gpu;
    nvmlPciInfo_t pci;

    sim_client_write_more (client, "[gpu 12345:01:1f.0]\nname=n\nuuid=u\ndevice-id=0001\nsubsystem-id=0002\n"
                                   "framebuffer=1\n");
    gpu = sim_client_gpu (client, "00012345:01:1F.0");
    g_assert_cmpint (client->nvmlDeviceGetPciInfo_v3 (gpu, &pci), ==, NVML_SUCCESS);
    g_assert_cmpstr (pci.busId, ==, "00012345:01:1F.0");
    g_assert_cmpstr (pci.busIdLegacy, ==, "2345:01:1F.0");
    g_assert_cmphex (pci.domain, ==, 0x12345);
    g_assert_cmphex (pci.device, ==, 0x1f);
}

SIM_TEST (test_device_texts)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, "0000:41:00.0");
    char text[NVML_DEVICE_UUID_SIZE];

    g_assert_cmpint (client->nvmlDeviceGetName (gpu, text, sizeof text), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, "NVIDIA H100 80GB HBM3");
    g_assert_cmpint (client->nvmlDeviceGetName (gpu, NULL, 64), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetName (gpu, text, 21), ==, NVML_ERROR_INSUFFICIENT_SIZE);
    g_assert_cmpint (client->nvmlDeviceGetName (gpu, text, 22), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlDeviceGetUUID (gpu, text, sizeof text), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, "GPU-aaaaaaaa-0000-4000-8000-000000000001");
    g_assert_cmpint (client->nvmlDeviceGetUUID (gpu, text, 40), ==, NVML_ERROR_INSUFFICIENT_SIZE);
    g_assert_cmpint (client->nvmlSystemGetDriverVersion (text, sizeof text), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, "580.159.04");
    g_assert_cmpint (client->nvmlSystemGetDriverVersion (text, 10), ==, NVML_ERROR_INSUFFICIENT_SIZE);
    g_assert_cmpint (client->nvmlSystemGetDriverVersion (NULL, 80), ==, NVML_ERROR_INVALID_ARGUMENT);
}

SIM_TEST (test_device_modes)
{
    const nvmlDevice_t h100 = sim_client_gpu (client, "0000:41:00.0");
    const nvmlDevice_t a100 = sim_client_gpu (client, "0001:82:00.0");
    const nvmlDevice_t l4 = sim_client_gpu (client, "0000:c1:00.0");
    unsigned int mode = 99, pending = 99;

    g_assert_cmpint (client->nvmlDeviceGetVirtualizationMode (h100, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetVirtualizationMode (h100, &mode), ==, NVML_SUCCESS);
    g_assert_cmpuint (mode, ==, NVML_VIRTUALIZATION_MODE_HOST_VGPU);
    g_assert_cmpint (client->nvmlDeviceGetVirtualizationMode (l4, &mode), ==, NVML_SUCCESS);
    g_assert_cmpuint (mode, ==, NVML_VIRTUALIZATION_MODE_NONE);
    g_assert_cmpint (client->nvmlDeviceGetHostVgpuMode (h100, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetHostVgpuMode (h100, &mode), ==, NVML_SUCCESS);
    g_assert_cmpuint (mode, ==, NVML_HOST_VGPU_MODE_SRIOV);
    g_assert_cmpint (client->nvmlDeviceGetHostVgpuMode (a100, &mode), ==, NVML_SUCCESS);
    g_assert_cmpuint (mode, ==, NVML_HOST_VGPU_MODE_NON_SRIOV);
    g_assert_cmpint (client->nvmlDeviceGetHostVgpuMode (l4, &mode), ==, NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlDeviceGetEccMode (h100, &mode, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetEccMode (h100, NULL, &pending), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetEccMode (h100, &mode, &pending), ==, NVML_SUCCESS);
    g_assert_cmpuint (mode, ==, 1);
    g_assert_cmpuint (pending, ==, 1);
    g_assert_cmpint (client->nvmlDeviceGetEccMode (l4, &mode, &pending), ==, NVML_SUCCESS);
    g_assert_cmpuint (mode, ==, 0);
}

SIM_TEST (test_memory)
{
    nvmlDevice_t gpu;
    nvmlMemory_t memory;

    sim_client_write_more (client, two_vgpus);
    gpu = sim_client_gpu (client, "0000:41:00.0");
    g_assert_cmpint (client->nvmlDeviceGetMemoryInfo (gpu, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetMemoryInfo (gpu, &memory), ==, NVML_SUCCESS);
    g_assert_cmpuint (memory.total, ==, 81920 * MIB);
    g_assert_cmpuint (memory.used, ==, 61440 * MIB);
    g_assert_cmpuint (memory.free, ==, 20480 * MIB);
}

/* The three list calls with one signature. */
typedef nvmlReturn_t (*List) (nvmlDevice_t device, unsigned int *count, unsigned int *list);

static void
assert_list (List call, nvmlDevice_t gpu, const unsigned int *expected, unsigned int length)
{
    unsigned int list[8], count = 0;

    g_assert_cmpint (call (gpu, NULL, list), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (call (gpu, &count, NULL), ==, length ? NVML_ERROR_INSUFFICIENT_SIZE : NVML_SUCCESS);
    g_assert_cmpuint (count, ==, length);
    if (length > 0) {
        g_assert_cmpint (call (gpu, &count, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
        count = length - 1;
        g_assert_cmpint (call (gpu, &count, list), ==, NVML_ERROR_INSUFFICIENT_SIZE);
        g_assert_cmpuint (count, ==, length);
    }
    count = G_N_ELEMENTS (list);
    g_assert_cmpint (call (gpu, &count, list), ==, NVML_SUCCESS);
    g_assert_cmpmem (list, count * sizeof *list, expected, length * sizeof *expected);
}

SIM_TEST (test_lists)
{
    nvmlDevice_t h100, a100, l4;
    unsigned int count = 0;

    sim_client_write_more (client, two_vgpus);
    h100 = sim_client_gpu (client, "0000:41:00.0");
    a100 = sim_client_gpu (client, "0001:82:00.0");
    l4 = sim_client_gpu (client, "0000:c1:00.0");
    assert_list (client->nvmlDeviceGetActiveVgpus, h100, (const unsigned int[]){7, 3000000000}, 2);
    assert_list (client->nvmlDeviceGetActiveVgpus, a100, NULL, 0);
    assert_list (client->nvmlDeviceGetSupportedVgpus, h100, (const unsigned int[]){11, 12}, 2);
    assert_list (client->nvmlDeviceGetSupportedVgpus, a100, (const unsigned int[]){12}, 1);
    /* 20480 MiB are left: type 11 is below its maximum, but no longer fits */
    assert_list (client->nvmlDeviceGetCreatableVgpus, h100, (const unsigned int[]){12}, 1);
    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (l4, &count, NULL), ==, NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlDeviceGetSupportedVgpus (l4, &count, NULL), ==, NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlDeviceGetCreatableVgpus (l4, &count, NULL), ==, NVML_ERROR_NOT_SUPPORTED);
}

/* The maximum prevents creation although the framebuffer would suffice. */
SIM_TEST (test_creatable_up_to_the_maximum)
{
    nvmlDevice_t gpu = sim_client_gpu (client, "0000:41:00.0");

    for (int i = 0; i < 2; i++)
        sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", "0000:41:00.0");
    /* type 11 would still fit, but has another size */
    assert_list (client->nvmlDeviceGetCreatableVgpus, gpu, (const unsigned int[]){12}, 1);
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", "0000:41:00.0");
    assert_list (client->nvmlDeviceGetCreatableVgpus, gpu, NULL, 0);
    sim_client_must (client, "update", "--gpu", "0000:41:00.0", "--type", "12", "--count", "4");
    assert_list (client->nvmlDeviceGetCreatableVgpus, gpu, (const unsigned int[]){12}, 1);
    sim_client_must (client, "unplug", "--vm", SIM_VM_A);
    assert_list (client->nvmlDeviceGetCreatableVgpus, gpu, (const unsigned int[]){11, 12}, 2);
}

SIM_TEST (test_types)
{
    const nvmlDevice_t h100 = sim_client_gpu (client, "0000:41:00.0");
    const nvmlDevice_t a100 = sim_client_gpu (client, "0001:82:00.0");
    char text[NVML_VGPU_NAME_SIZE];
    unsigned int size = 0;
    unsigned long long bytes = 0;

    /* measured: the required size is always that of the longest name */
    g_assert_cmpint (client->nvmlVgpuTypeGetName (12, NULL, &size), ==, NVML_ERROR_INSUFFICIENT_SIZE);
    g_assert_cmpuint (size, ==, sizeof text);
    size = sizeof "NVIDIA TEST-20Q";
    g_assert_cmpint (client->nvmlVgpuTypeGetName (12, text, &size), ==, NVML_ERROR_INSUFFICIENT_SIZE);
    g_assert_cmpuint (size, ==, sizeof text);
    g_assert_cmpint (client->nvmlVgpuTypeGetName (12, text, &size), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, "NVIDIA TEST-20Q");
    size = sizeof text;
    g_assert_cmpint (client->nvmlVgpuTypeGetClass (11, text, &size), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, "Compute");
    g_assert_cmpint (client->nvmlVgpuTypeGetClass (11, NULL, &size), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlVgpuTypeGetName (11, text, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlVgpuTypeGetFramebufferSize (11, &bytes), ==, NVML_SUCCESS);
    g_assert_cmpuint (bytes, ==, 40960 * MIB);
    g_assert_cmpint (client->nvmlVgpuTypeGetFramebufferSize (11, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstances (h100, 12, &size), ==, NVML_SUCCESS);
    g_assert_cmpuint (size, ==, 3);
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstances (a100, 12, &size), ==, NVML_SUCCESS);
    g_assert_cmpuint (size, ==, 1);
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstances (a100, 12, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    /* a type of the host that this GPU does not offer, and unknown types */
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstances (a100, 11, &size), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlVgpuTypeGetName (0, text, &size), ==, NVML_ERROR_INVALID_ARGUMENT);
    size = sizeof text;
    g_assert_cmpint (client->nvmlVgpuTypeGetClass (99, text, &size), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpuint (size, ==, sizeof text);
    g_assert_cmpint (client->nvmlVgpuTypeGetFramebufferSize (99, &bytes), ==, NVML_ERROR_INVALID_ARGUMENT);
}

SIM_TEST (test_instance_texts)
{
    char text[NVML_DEVICE_UUID_SIZE];
    unsigned int number = 99;

    sim_client_write_more (client, two_vgpus);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlVgpuInstanceGetUUID (7, text, sizeof text), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, UUID_1);
    g_assert_cmpint (client->nvmlVgpuInstanceGetUUID (7, text, 36), ==, NVML_ERROR_INSUFFICIENT_SIZE);
    g_assert_cmpint (client->nvmlVgpuInstanceGetUUID (7, NULL, 80), ==, NVML_ERROR_INVALID_ARGUMENT);
    /* measured: the required size is that of the longest ID, whatever the length */
    g_assert_cmpint (client->nvmlVgpuInstanceGetVmID (7, text, 79, &number), ==,
                     NVML_ERROR_INSUFFICIENT_SIZE);
    g_assert_cmpint (client->nvmlVgpuInstanceGetVmID (0, text, 79, &number), ==,
                     NVML_ERROR_INSUFFICIENT_SIZE);
    g_assert_cmpuint (number, ==, 99);
    g_assert_cmpint (client->nvmlVgpuInstanceGetVmID (7, text, sizeof text, &number), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, SIM_VM_A);
    g_assert_cmpuint (number, ==, NVML_VM_ID_UUID);
    g_assert_cmpint (client->nvmlVgpuInstanceGetVmID (7, text, sizeof text, NULL), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlVgpuInstanceGetMdevUUID (7, text, sizeof text), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, MDEV);
    g_assert_cmpint (client->nvmlVgpuInstanceGetMdevUUID (3000000000, text, sizeof text), ==,
                     NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlVgpuInstanceGetVmDriverVersion (7, text, sizeof text), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, "580.82.07");
    g_assert_cmpint (client->nvmlVgpuInstanceGetVmDriverVersion (3000000000, text, sizeof text), ==,
                     NVML_SUCCESS);
    g_assert_cmpstr (text, ==, "Not Available");
}

SIM_TEST (test_instance_pci_id)
{
    char text[NVML_PCI_BUS_ID_SIZE];
    unsigned int size = 0;

    sim_client_write_more (client, two_vgpus);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    /* measured: the size cannot be asked for without a buffer */
    g_assert_cmpint (client->nvmlVgpuInstanceGetGpuPciId (7, NULL, &size), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpuint (size, ==, 0);
    g_assert_cmpint (client->nvmlVgpuInstanceGetGpuPciId (7, text, &size), ==, NVML_ERROR_INSUFFICIENT_SIZE);
    g_assert_cmpuint (size, ==, 17);
    g_assert_cmpint (client->nvmlVgpuInstanceGetGpuPciId (7, text, &size), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, "00000000:06:00.0");
    /* unknown until the guest driver is up */
    size = sizeof text;
    g_assert_cmpint (client->nvmlVgpuInstanceGetGpuPciId (3000000000, text, &size), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, "00000000:00:00.0");
}

SIM_TEST (test_instance_numbers)
{
    unsigned int number = 99;
    unsigned long long bytes = 99;

    sim_client_write_more (client, two_vgpus);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlVgpuInstanceGetType (7, &number), ==, NVML_SUCCESS);
    g_assert_cmpuint (number, ==, 12);
    g_assert_cmpint (client->nvmlVgpuInstanceGetFbUsage (7, &bytes), ==, NVML_SUCCESS);
    g_assert_cmpuint (bytes, ==, 512 * MIB);
    g_assert_cmpint (client->nvmlVgpuInstanceGetFbUsage (3000000000, &bytes), ==, NVML_SUCCESS);
    g_assert_cmpuint (bytes, ==, 0);
    g_assert_cmpint (client->nvmlVgpuInstanceGetEccMode (7, &number), ==, NVML_SUCCESS);
    g_assert_cmpuint (number, ==, 1);
    g_assert_cmpint (client->nvmlVgpuInstanceGetType (7, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlVgpuInstanceGetFbUsage (7, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlVgpuInstanceGetEccMode (7, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
}

SIM_TEST (test_bad_instances)
{
    unsigned int number = 64;
    unsigned long long bytes;
    char text[80];

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    for (nvmlVgpuInstance_t instance = 0; instance < 2; instance++) {
        const nvmlReturn_t codes[] = {
            client->nvmlVgpuInstanceGetVmID (instance, text, sizeof text, &number),
            client->nvmlVgpuInstanceGetUUID (instance, text, sizeof text),
            client->nvmlVgpuInstanceGetMdevUUID (instance, text, sizeof text),
            client->nvmlVgpuInstanceGetGpuPciId (instance, text, &number),
            client->nvmlVgpuInstanceGetType (instance, &number),
            client->nvmlVgpuInstanceGetVmDriverVersion (instance, text, sizeof text),
            client->nvmlVgpuInstanceGetFbUsage (instance, &bytes),
            client->nvmlVgpuInstanceGetEccMode (instance, &number),
            client->nvmlVgpuInstanceGetRuntimeStateSize (instance, NULL),
        };

        for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
            g_assert_cmpint (codes[i], ==,
                             instance == 0 ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_NOT_FOUND);
    }
}

SIM_TEST (test_runtime_state)
{
    nvmlVgpuRuntimeState_t state = {NVML_VGPU_RUNTIME_STATE_V1, 99};
    const unsigned int versions[] = {0, NVML_VGPU_RUNTIME_STATE_V1 + 1, 0x2000010};

    sim_client_write_more (client, two_vgpus);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlVgpuInstanceGetRuntimeStateSize (7, &state), ==, NVML_SUCCESS);
    g_assert_cmpuint (state.size, ==, 48 * MIB);
    g_assert_cmpint (client->nvmlVgpuInstanceGetRuntimeStateSize (7, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    for (gsize i = 0; i < G_N_ELEMENTS (versions); i++) {
        state.version = versions[i];
        g_assert_cmpint (client->nvmlVgpuInstanceGetRuntimeStateSize (7, &state), ==,
                         NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    }
    /* the host file does not contain this state, so the driver does not know it */
    state = (nvmlVgpuRuntimeState_t){NVML_VGPU_RUNTIME_STATE_V1, 99};
    g_assert_cmpint (client->nvmlVgpuInstanceGetRuntimeStateSize (3000000000, &state), ==,
                     NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpuint (state.size, ==, 99);
}

SIM_TEST (test_warm_update)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, "0000:41:00.0"),
                       other = sim_client_gpu (client, "0001:82:00.0");
    unsigned int result = 99;

    /* the host file does not say so */
    g_assert_cmpint (client->nvmlGetVgpuDriverCapabilities (NVML_VGPU_DRIVER_CAP_WARM_UPDATE, &result), ==,
                     NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlDeviceGetVgpuCapabilities (gpu, NVML_DEVICE_VGPU_CAP_WARM_UPDATE, &result),
                     ==, NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpuint (result, ==, 99);
    sim_client_must (client, "update", "--warm-update", "on");
    sim_client_must (client, "update", "--gpu", "0001:82:00.0", "--warm-update", "off");
    g_assert_cmpint (client->nvmlGetVgpuDriverCapabilities (NVML_VGPU_DRIVER_CAP_WARM_UPDATE, &result), ==,
                     NVML_SUCCESS);
    g_assert_cmpuint (result, ==, 1);
    g_assert_cmpint (client->nvmlDeviceGetVgpuCapabilities (other, NVML_DEVICE_VGPU_CAP_WARM_UPDATE, &result),
                     ==, NVML_SUCCESS);
    g_assert_cmpuint (result, ==, 0);
    g_assert_cmpint (client->nvmlDeviceGetVgpuCapabilities (gpu, NVML_DEVICE_VGPU_CAP_WARM_UPDATE, &result),
                     ==, NVML_SUCCESS);
    g_assert_cmpuint (result, ==, 1);
    g_assert_cmpint (client->nvmlGetVgpuDriverCapabilities (NVML_VGPU_DRIVER_CAP_WARM_UPDATE, NULL), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlGetVgpuDriverCapabilities (2, &result), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlGetVgpuDriverCapabilities (0, &result), ==, NVML_ERROR_NOT_SUPPORTED);
}

SIM_TEST (test_bandwidths)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, "0000:41:00.0"),
                       not_a_host = sim_client_gpu (client, "0000:c1:00.0");
    unsigned int result = 99;

    g_assert_cmpint (
        client->nvmlDeviceGetVgpuCapabilities (gpu, NVML_DEVICE_VGPU_CAP_READ_DEVICE_BUFFER_BW, &result), ==,
        NVML_ERROR_NOT_SUPPORTED);
    sim_client_must (client, "update", "--gpu", "0000:41:00.0", "--read-bandwidth", "11000",
                     "--write-bandwidth", "9000");
    g_assert_cmpint (
        client->nvmlDeviceGetVgpuCapabilities (gpu, NVML_DEVICE_VGPU_CAP_READ_DEVICE_BUFFER_BW, &result), ==,
        NVML_SUCCESS);
    g_assert_cmpuint (result, ==, 11000);
    g_assert_cmpint (
        client->nvmlDeviceGetVgpuCapabilities (gpu, NVML_DEVICE_VGPU_CAP_WRITE_DEVICE_BUFFER_BW, &result), ==,
        NVML_SUCCESS);
    g_assert_cmpuint (result, ==, 9000);
    g_assert_cmpint (client->nvmlDeviceGetVgpuCapabilities (gpu, 0, &result), ==, NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlDeviceGetVgpuCapabilities (gpu, 3, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetVgpuCapabilities (NULL, 3, &result), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetVgpuCapabilities (not_a_host, 3, NULL), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetVgpuCapabilities (not_a_host, 3, &result), ==,
                     NVML_ERROR_NOT_SUPPORTED);
}

SIM_TEST (test_get_version)
{
    nvmlVgpuVersion_t supported = {1, 1}, current = {1, 1};

    sim_client_must (client, "update", "--advertised-range", "20.1-25.1");
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlGetVgpuVersion (&supported, &current), ==, NVML_SUCCESS);
    g_assert_cmphex (supported.minVersion, ==, 18 << 16 | 1);
    g_assert_cmphex (supported.maxVersion, ==, 26 << 16 | 1);
    g_assert_cmphex (current.minVersion, ==, 20 << 16 | 1);
    g_assert_cmphex (current.maxVersion, ==, 25 << 16 | 1);
    supported = current = (nvmlVgpuVersion_t){1, 1};
    g_assert_cmpint (client->nvmlGetVgpuVersion (&supported, NULL), ==, NVML_SUCCESS);
    g_assert_cmphex (supported.maxVersion, ==, 26 << 16 | 1);
    g_assert_cmpint (client->nvmlGetVgpuVersion (NULL, &current), ==, NVML_SUCCESS);
    g_assert_cmphex (current.maxVersion, ==, 25 << 16 | 1);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/device/count-and-index", test_count_and_index);
    sim_client_add_test ("/sim/device/bus-ids", test_bus_ids);
    sim_client_add_test ("/sim/device/bad-handles", test_bad_handles);
    sim_client_add_test ("/sim/device/pci-info", test_pci_info);
    sim_client_add_test ("/sim/device/pci-info-of-a-large-domain", test_pci_info_of_a_large_domain);
    sim_client_add_test ("/sim/device/texts", test_device_texts);
    sim_client_add_test ("/sim/device/modes", test_device_modes);
    sim_client_add_test ("/sim/device/memory", test_memory);
    sim_client_add_test ("/sim/device/lists", test_lists);
    sim_client_add_test ("/sim/device/creatable-up-to-the-maximum", test_creatable_up_to_the_maximum);
    sim_client_add_test ("/sim/type/all", test_types);
    sim_client_add_test ("/sim/instance/texts", test_instance_texts);
    sim_client_add_test ("/sim/instance/pci-id", test_instance_pci_id);
    sim_client_add_test ("/sim/instance/numbers", test_instance_numbers);
    sim_client_add_test ("/sim/instance/bad", test_bad_instances);
    sim_client_add_test ("/sim/instance/runtime-state", test_runtime_state);
    sim_client_add_test ("/sim/device/bandwidths", test_bandwidths);
    sim_client_add_test ("/sim/calls/warm-update", test_warm_update);
    sim_client_add_test ("/sim/version/get", test_get_version);
    return g_test_run ();
}
