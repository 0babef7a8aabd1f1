/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MIG-backed vGPU types, and which types each mode of a GPU can create. */
#include "sim-client.h"

#include <string.h>

#define GPU   "0000:41:00.0"
#define OTHER "0001:82:00.0"

static void
plug (SimClient *client, const char *type)
{
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", type, "--gpu", GPU);
}

/* An H100 in MIG mode with both kinds of types: 21 takes one slice of seven, 22 three; 12 is time-sliced. */
static const char mig_host[] = "[type 21]\nname=NVIDIA TEST-1-10C\nclass=Compute\nframebuffer=10240\n"
                               "gpu-instance-profile=19\ngpu-instance-slices=1\n"
                               "[type 22]\nname=NVIDIA TEST-3-40C\nclass=Compute\nframebuffer=40960\n"
                               "gpu-instance-profile=9\ngpu-instance-slices=3\n"
                               "[gpu " GPU "]\nvgpu-types=12:3;21:7;22:4\nmig=true\n";

static unsigned int
gpu_instance_of (SimClient *client, nvmlDevice_t gpu, unsigned int which)
{
    nvmlVgpuInstance_t list[8];
    unsigned int count = G_N_ELEMENTS (list), id = 99;

    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (gpu, &count, list), ==, NVML_SUCCESS);
    g_assert_cmpuint (which, <, count);
    g_assert_cmpint (client->nvmlVgpuInstanceGetGpuInstanceId (list[which], &id), ==, NVML_SUCCESS);
    return id;
}

SIM_TEST (test_mig)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    unsigned int types[8], count = G_N_ELEMENTS (types);
    const unsigned int all[] = {12, 21, 22};

    sim_client_write_more (client, mig_host);
    g_assert_cmpint (client->nvmlDeviceGetSupportedVgpus (gpu, &count, types), ==, NVML_SUCCESS);
    g_assert_cmpmem (types, count * sizeof *types, all, sizeof all);
    sim_client_creatable (client, gpu, NUMBERS (21, 22));
    sim_client_impossible (client, "the GPU is in MIG mode", "plug", "--vm", SIM_VM_A, "--type", "12",
                           "--gpu", GPU);
    /* sizes can be mixed, like GPU instances; a second one of type 22 would find slices, but no frame
     * buffer */
    plug (client, "22");
    sim_client_creatable (client, gpu, NUMBERS (21, 22));
    plug (client, "21");
    sim_client_creatable (client, gpu, NUMBERS (21));
    for (int i = 0; i < 3; i++)
        plug (client, "21");
    /* that is seven of seven slices */
    sim_client_creatable (client, gpu, NULL, 0);
    sim_client_impossible (client, "no instance is free", "plug", "--vm", SIM_VM_A, "--type", "21", "--gpu",
                           GPU);
    for (unsigned int i = 0; i < 5; i++)
        g_assert_cmpuint (gpu_instance_of (client, gpu, i), ==, i + 1);
}

/* There is frame buffer, but no slice; and the number of a GPU instance is used again. */
SIM_TEST (test_mig_slices)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    unsigned int count = 0;

    sim_client_write_more (client, mig_host);
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstances (gpu, 21, &count), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 7);
    /* its maximum is 4, but 4 times 3 slices are more than 7 */
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstances (gpu, 22, &count), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 2);
    sim_client_must (client, "plug", "--vm", SIM_VM_B, "--type", "21", "--gpu", GPU);
    for (int i = 0; i < 4; i++)
        plug (client, "21");
    sim_client_creatable (client, gpu, NUMBERS (21));
    sim_client_impossible (client, "no instance is free", "plug", "--vm", SIM_VM_A, "--type", "22", "--gpu",
                           GPU);
    sim_client_must (client, "unplug", "--vm", SIM_VM_B);
    sim_client_must (client, "update", "--gpu", GPU, "--type", "22", "--count", "1");
    plug (client, "21");
    g_assert_cmpuint (gpu_instance_of (client, gpu, 4), ==, 1);
    sim_client_must (client, "unplug", "--vm", SIM_VM_A);
    sim_client_write_more (client, "[type 23]\nname=n\nclass=c\nframebuffer=1\ngpu-instance-profile=5\n"
                                   "gpu-instance-slices=4\n[gpu " GPU
                                   "]\nvgpu-types=23:9\nmig=true\ngpu-instance-slices=8\n");
    plug (client, "23");
    plug (client, "23");
    sim_client_impossible (client, "not enough slices are left", "plug", "--vm", SIM_VM_A, "--type", "23");
}

/* The same types without MIG: the other types can be created. */
SIM_TEST (test_mig_off)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);

    sim_client_write_more (client, mig_host);
    plug (client, "21");
    sim_client_impossible (client, "vGPUs run on GPU " GPU, "update", "--gpu", GPU, "--mig", "off");
    sim_client_must (client, "unplug", "--vm", SIM_VM_A);
    sim_client_impossible (client, "heterogeneous: but the GPU is in MIG mode", "update", "--gpu", GPU,
                           "--heterogeneous", "on");
    sim_client_must (client, "update", "--gpu", GPU, "--mig", "off", "--heterogeneous", "on");
    sim_client_creatable (client, gpu, NUMBERS (12));
    sim_client_impossible (client, "the GPU is not in MIG mode", "plug", "--vm", SIM_VM_A, "--type", "21");
    plug (client, "12");
    g_assert_cmphex (gpu_instance_of (client, gpu, 0), ==, NVML_INVALID_GPU_INSTANCE_ID);
}

SIM_TEST (test_mig_mode)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlDevice_t other = sim_client_gpu (client, OTHER);
    unsigned int current = 9, pending = 9;

    g_assert_cmpint (client->nvmlDeviceGetMigMode (NULL, &current, &pending), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetMigMode (gpu, NULL, &pending), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetMigMode (gpu, &current, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetMigMode (gpu, &current, &pending), ==, NVML_ERROR_NOT_SUPPORTED);
    sim_client_write_more (client, mig_host);
    g_assert_cmpint (client->nvmlDeviceGetMigMode (gpu, &current, &pending), ==, NVML_SUCCESS);
    g_assert_cmpuint (current, ==, NVML_DEVICE_MIG_ENABLE);
    g_assert_cmpuint (pending, ==, NVML_DEVICE_MIG_ENABLE);
    g_assert_cmpint (client->nvmlDeviceGetMigMode (other, &current, &pending), ==, NVML_ERROR_NOT_SUPPORTED);
    sim_client_must (client, "update", "--gpu", GPU, "--mig", "off");
    g_assert_cmpint (client->nvmlDeviceGetMigMode (gpu, &current, &pending), ==, NVML_SUCCESS);
    g_assert_cmpuint (current, ==, NVML_DEVICE_MIG_DISABLE);
    g_assert_cmpuint (pending, ==, NVML_DEVICE_MIG_DISABLE);
}

SIM_TEST (test_mig_ids)
{
    unsigned int id = 0;

    sim_client_write_more (client, mig_host);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlVgpuTypeGetGpuInstanceProfileId (21, &id), ==, NVML_SUCCESS);
    g_assert_cmpuint (id, ==, 19);
    g_assert_cmpint (client->nvmlVgpuTypeGetGpuInstanceProfileId (12, &id), ==, NVML_SUCCESS);
    g_assert_cmphex (id, ==, NVML_INVALID_GPU_INSTANCE_PROFILE_ID);
    g_assert_cmpint (client->nvmlVgpuTypeGetGpuInstanceProfileId (12, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlVgpuTypeGetGpuInstanceProfileId (99, &id), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlVgpuInstanceGetGpuInstanceId (0, &id), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlVgpuInstanceGetGpuInstanceId (1, &id), ==, NVML_ERROR_NOT_FOUND);
    plug (client, "21");
    g_assert_cmpint (client->nvmlVgpuInstanceGetGpuInstanceId (3251634178u, NULL), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
}

/* Documented: no heterogeneous mode under MIG, and no placements of MIG-backed types. */
SIM_TEST (test_mig_has_no_placements)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlVgpuHeterogeneousMode_t mode = {NVML_VGPU_HETEROGENEOUS_MODE_V1, 0};
    unsigned int ids[4];
    nvmlVgpuPlacementList_t list = {NVML_VGPU_PLACEMENT_LIST_V2, 0, G_N_ELEMENTS (ids), ids,
                                    NVML_VGPU_PGPU_HETEROGENEOUS_MODE};

    sim_client_write_more (client, mig_host);
    g_assert_cmpint (client->nvmlDeviceGetVgpuHeterogeneousMode (gpu, &mode), ==, NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlDeviceSetVgpuHeterogeneousMode (gpu, &mode), ==, NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlDeviceGetVgpuTypeCreatablePlacements (gpu, 12, &list), ==,
                     NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlDeviceGetVgpuTypeSupportedPlacements (gpu, 21, &list), ==,
                     NVML_ERROR_NOT_SUPPORTED);
    /* a time-sliced type has them in any mode of the GPU */
    g_assert_cmpint (client->nvmlDeviceGetVgpuTypeSupportedPlacements (gpu, 12, &list), ==, NVML_SUCCESS);
    g_assert_cmpuint (list.count, ==, 4);
}

SIM_TEST (test_mig_example)
{
    g_autofree char *text = NULL;

    sim_client_must (client, "init", "--force", "--gpu", "h100-mig");
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "1124");
    g_assert_cmpint (sim_client_run (client, &text, "show", NULL), ==, 0);
    g_assert_nonnull (strstr (text, "    vGPUs are MIG-backed: 4 of 7 slices left\n"));
    g_assert_nonnull (strstr (text, "    GPU instance 1, profile 9, 3 slices\n"));
    sim_client_creatable (client, sim_client_gpu (client, GPU), NUMBERS (1123, 1124));
}

/* Each GPU instance is that of one vGPU. */
SIM_TEST (test_gpu_instances)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlGpuInstance_t list[8], one = NULL;
    nvmlGpuInstanceInfo_t info;
    nvmlVgpuInstance_t vgpus[8];
    nvmlActiveVgpuInstanceInfo_v1_t active = {.version = NVML_ACTIVE_VGPU_INSTANCE_INFO_V1};
    nvmlVgpuTypeIdInfo_v1_t creatable = {.version = NVML_VGPU_TYPE_ID_INFO_V1};
    unsigned int count = 9;

    g_assert_cmpint (client->nvmlDeviceGetGpuInstances (gpu, 19, list, &count), ==, NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlDeviceGetGpuInstanceById (gpu, 1, &one), ==, NVML_ERROR_NOT_SUPPORTED);
    sim_client_write_more (client, mig_host);
    g_assert_cmpint (client->nvmlDeviceGetGpuInstances (gpu, 19, list, &count), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 0);
    plug (client, "22");
    plug (client, "21");
    plug (client, "21");
    g_assert_cmpint (client->nvmlDeviceGetGpuInstances (gpu, 19, list, &count), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 2);
    g_assert_cmpint (client->nvmlDeviceGetGpuInstanceById (gpu, 3, &one), ==, NVML_SUCCESS);
    g_assert_true (one == list[1]);
    g_assert_cmpint (client->nvmlGpuInstanceGetInfo (one, &info), ==, NVML_SUCCESS);
    g_assert_true (info.device == gpu);
    g_assert_cmpuint (info.id, ==, 3);
    g_assert_cmpuint (info.profileId, ==, 19);
    g_assert_cmpuint (info.placement.start, ==, 4);
    g_assert_cmpuint (info.placement.size, ==, 1);
    g_assert_cmpint (client->nvmlGpuInstanceGetActiveVgpus (one, &active), ==, NVML_ERROR_INSUFFICIENT_SIZE);
    g_assert_cmpuint (active.vgpuCount, ==, 1);
    active.vgpuInstances = vgpus;
    g_assert_cmpint (client->nvmlGpuInstanceGetActiveVgpus (one, &active), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlVgpuInstanceGetGpuInstanceId (vgpus[0], &count), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 3);
    creatable.vgpuCount = 0;
    g_assert_cmpint (client->nvmlGpuInstanceGetCreatableVgpus (one, &creatable), ==, NVML_SUCCESS);
    g_assert_cmpuint (creatable.vgpuCount, ==, 0);
    sim_client_must (client, "unplug", "--vm", SIM_VM_A);
    g_assert_cmpint (client->nvmlGpuInstanceGetInfo (one, &info), ==, NVML_ERROR_INVALID_ARGUMENT);
}

SIM_TEST (test_gpu_instance_errors)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlGpuInstance_t one = NULL;
    nvmlActiveVgpuInstanceInfo_v1_t active = {.version = NVML_ACTIVE_VGPU_INSTANCE_INFO_V1 + 1};
    nvmlVgpuTypeIdInfo_v1_t creatable = {.version = NVML_VGPU_TYPE_ID_INFO_V1 + 1};
    nvmlVgpuTypeMaxInstance_v1_t most = {NVML_VGPU_TYPE_MAX_INSTANCE_V1, 21, 9};
    nvmlGpuInstanceInfo_t info;
    unsigned int count = 0;

    sim_client_write_more (client, mig_host);
    plug (client, "21");
    g_assert_cmpint (client->nvmlDeviceGetGpuInstances (gpu, 5, &one, &count), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (
        client->nvmlDeviceGetGpuInstances (gpu, NVML_INVALID_GPU_INSTANCE_PROFILE_ID, &one, &count), ==,
        NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetGpuInstances (gpu, 19, NULL, &count), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetGpuInstanceById (gpu, 2, &one), ==, NVML_ERROR_NOT_FOUND);
    g_assert_cmpint (client->nvmlDeviceGetGpuInstanceById (gpu, 1, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetGpuInstanceById (gpu, 1, &one), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlGpuInstanceGetInfo (NULL, &info), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlGpuInstanceGetInfo (one, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlGpuInstanceGetActiveVgpus (one, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlGpuInstanceGetActiveVgpus (one, &active), ==,
                     NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    g_assert_cmpint (client->nvmlGpuInstanceGetCreatableVgpus (one, &creatable), ==,
                     NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstancesPerGpuInstance (NULL), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstancesPerGpuInstance (&most), ==, NVML_SUCCESS);
    g_assert_cmpuint (most.maxInstancePerGI, ==, 1);
    most.vgpuTypeId = 12;
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstancesPerGpuInstance (&most), ==, NVML_ERROR_NOT_SUPPORTED);
    most.vgpuTypeId = 99;
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstancesPerGpuInstance (&most), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    most.version++;
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstancesPerGpuInstance (&most), ==,
                     NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/mig/types", test_mig);
    sim_client_add_test ("/sim/mig/slices", test_mig_slices);
    sim_client_add_test ("/sim/mig/off", test_mig_off);
    sim_client_add_test ("/sim/mig/mode", test_mig_mode);
    sim_client_add_test ("/sim/mig/ids", test_mig_ids);
    sim_client_add_test ("/sim/mig/no-placements", test_mig_has_no_placements);
    sim_client_add_test ("/sim/mig/example", test_mig_example);
    sim_client_add_test ("/sim/mig/gpu-instances", test_gpu_instances);
    sim_client_add_test ("/sim/mig/gpu-instance-errors", test_gpu_instance_errors);
    return g_test_run ();
}
