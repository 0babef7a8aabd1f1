/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where vGPUs can be: on which functions of a GPU, together with which others, and at which placements. */
#include "sim-client.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GPU   "0000:41:00.0"
#define OTHER "0001:82:00.0" /* without SR-IOV */
#define MDEV  "55555555-5555-4555-8555-555555555555"

static unsigned int
count_vgpus (SimClient *client, nvmlDevice_t gpu)
{
    nvmlVgpuInstance_t list[16];
    unsigned int count = G_N_ELEMENTS (list);

    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (gpu, &count, list), ==, NVML_SUCCESS);
    return count;
}

/* On a virtual function, or as a mediated device on one that is not named. */
SIM_TEST (test_sriov)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlVgpuInstance_t list[2];
    unsigned int count = 2;
    char text[NVML_DEVICE_UUID_SIZE];

    sim_client_impossible (client, "no such virtual function", "plug", "--vm", SIM_VM_A, "--type", "12",
                           "--gpu", GPU, "--vf", "0000:42:00.4");
    sim_client_impossible (client, "no such virtual function", "plug", "--vm", SIM_VM_A, "--type", "12",
                           "--gpu", GPU, "--vf", GPU);
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", GPU, "--vf", "0000:41:00.4");
    sim_client_impossible (client, "uses this virtual function", "plug", "--vm", SIM_VM_A, "--type", "12",
                           "--vf", "0000:41:00.4");
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", GPU, "--mdev", MDEV);
    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (gpu, &count, list), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 2);
    g_assert_cmpint (client->nvmlVgpuInstanceGetMdevUUID (list[0], text, sizeof text), ==,
                     NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlVgpuInstanceGetMdevUUID (list[1], text, sizeof text), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, MDEV);
    sim_client_impossible (client, "vf: its GPU has no SR-IOV", "update", "--gpu", GPU, "--sriov", "off");
}

/* Always as a mediated device on the physical function. */
SIM_TEST (test_no_sriov)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, OTHER);
    char text[NVML_DEVICE_UUID_SIZE];

    sim_client_impossible (client, "without SR-IOV", "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", OTHER,
                           "--vf", "0001:82:00.4");
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", OTHER);
    g_assert_cmpint (
        client->nvmlVgpuInstanceGetMdevUUID (sim_client_instance (client, gpu), text, sizeof text), ==,
        NVML_SUCCESS);
    g_assert_true (g_uuid_string_is_valid (text));
    sim_client_must (client, "unplug", "--vm", SIM_VM_A);
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", OTHER, "--mdev", MDEV);
    g_assert_cmpint (
        client->nvmlVgpuInstanceGetMdevUUID (sim_client_instance (client, gpu), text, sizeof text), ==,
        NVML_SUCCESS);
    g_assert_cmpstr (text, ==, MDEV);
    /* an existing mediated device may remain */
    sim_client_must (client, "update", "--gpu", OTHER, "--sriov", "on");
}

/* A virtual function identifies its GPU. */
SIM_TEST (test_function_finds_its_gpu)
{
    sim_client_must (client, "update", "--gpu", OTHER, "--sriov", "on");
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--vf", "0001:82:01.0");
    g_assert_cmpuint (count_vgpus (client, sim_client_gpu (client, OTHER)), ==, 1);
    sim_client_impossible (client, "no instance is free", "plug", "--vm", SIM_VM_A, "--type", "12", "--vf",
                           "0001:82:01.1");
}

static nvmlReturn_t
set_mode (SimClient *client, nvmlDevice_t gpu, unsigned int mode)
{
    const nvmlVgpuHeterogeneousMode_t wanted = {NVML_VGPU_HETEROGENEOUS_MODE_V1, mode};

    return client->nvmlDeviceSetVgpuHeterogeneousMode (gpu, &wanted);
}

static void
assert_mode (SimClient *client, nvmlDevice_t gpu, unsigned int expected)
{
    nvmlVgpuHeterogeneousMode_t mode = {NVML_VGPU_HETEROGENEOUS_MODE_V1, 99};

    g_assert_cmpint (client->nvmlDeviceGetVgpuHeterogeneousMode (gpu, &mode), ==, NVML_SUCCESS);
    g_assert_cmpuint (mode.mode, ==, expected);
}

/* One of the two calls about placements. */
typedef nvmlReturn_t (*Placements) (nvmlDevice_t gpu, nvmlVgpuTypeId_t type, nvmlVgpuPlacementList_t *list);

static nvmlVgpuPlacementList_t
list_of (unsigned int *ids, unsigned int count, unsigned int mode)
{
    return (nvmlVgpuPlacementList_t){NVML_VGPU_PLACEMENT_LIST_V2, 0, count, ids, mode};
}

static void
assert_placements (Placements call, nvmlDevice_t gpu, nvmlVgpuTypeId_t type, unsigned int mode,
                   unsigned int size, const unsigned int *expected, unsigned int length)
{
    unsigned int ids[8];
    nvmlVgpuPlacementList_t list = list_of (NULL, 0, mode);

    g_assert_cmpint (call (gpu, type, &list), ==, length > 0 ? NVML_ERROR_INSUFFICIENT_SIZE : NVML_SUCCESS);
    g_assert_cmpuint (list.count, ==, length);
    list = list_of (ids, G_N_ELEMENTS (ids), mode);
    g_assert_cmpint (call (gpu, type, &list), ==, NVML_SUCCESS);
    g_assert_cmpuint (list.placementSize, ==, size);
    g_assert_cmpmem (ids, list.count * sizeof *ids, expected, length * sizeof *expected);
}

static void
plug_at (SimClient *client, const char *type, const char *placement)
{
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", type, "--gpu", GPU, "--placement",
                     placement);
}

static void
plug (SimClient *client, const char *type)
{
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", type, "--gpu", GPU);
}

/* The default: one size at a time, for any series. */
SIM_TEST (test_homogeneous)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlVgpuPlacementId_t placement = {NVML_VGPU_PLACEMENT_ID_V1, 0};

    sim_client_write_more (client, "[type 13]\nname=NVIDIA TEST-20C\nclass=Compute\nframebuffer=20480\n"
                                   "[gpu " GPU "]\nvgpu-types=11:2;12:3;13:2\n");
    assert_mode (client, gpu, NVML_FEATURE_DISABLED);
    sim_client_creatable (client, gpu, NUMBERS (11, 12, 13));
    plug (client, "12");
    sim_client_creatable (client, gpu, NUMBERS (12, 13));
    plug (client, "13");
    sim_client_creatable (client, gpu, NUMBERS (12, 13));
    sim_client_impossible (client, "vGPUs of another size", "plug", "--vm", SIM_VM_A, "--type", "11");
    sim_client_impossible (client, "only a heterogeneous GPU", "plug", "--vm", SIM_VM_A, "--type", "12",
                           "--gpu", GPU, "--placement", "160");
    sim_client_must (client, "unplug", "--vm", SIM_VM_A);
    plug (client, "11");
    sim_client_creatable (client, gpu, NUMBERS (11));
    g_assert_cmpint (client->nvmlVgpuInstanceGetPlacementId (sim_client_instance (client, gpu), &placement),
                     ==, NVML_SUCCESS);
    g_assert_cmphex (placement.placementId, ==, NVML_INVALID_VGPU_PLACEMENT_ID);
}

SIM_TEST (test_framebuffer)
{
    sim_client_must (client, "update", "--gpu", GPU, "--type", "12", "--count", "8");
    for (int i = 0; i < 4; i++)
        plug (client, "12");
    /* an instance would be free, but the framebuffer is not */
    sim_client_impossible (client, "no instance is free", "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu",
                           GPU);
}

static unsigned int
placement_of (SimClient *client, nvmlDevice_t gpu, unsigned int which)
{
    nvmlVgpuPlacementId_t placement = {NVML_VGPU_PLACEMENT_ID_V1, 0};
    nvmlVgpuInstance_t list[8];
    unsigned int count = G_N_ELEMENTS (list);

    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (gpu, &count, list), ==, NVML_SUCCESS);
    g_assert_cmpuint (which, <, count);
    g_assert_cmpint (client->nvmlVgpuInstanceGetPlacementId (list[which], &placement), ==, NVML_SUCCESS);
    return placement.placementId;
}

/* A vGPU gets the lowest free placement of its type, or the requested one. */
SIM_TEST (test_heterogeneous)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const unsigned int mode = NVML_VGPU_PGPU_HETEROGENEOUS_MODE;
    const Placements creatable = client->nvmlDeviceGetVgpuTypeCreatablePlacements;

    g_assert_cmpint (set_mode (client, gpu, NVML_FEATURE_ENABLED), ==, NVML_SUCCESS);
    assert_placements (creatable, gpu, 11, mode, 160, NUMBERS (0, 160));
    assert_placements (creatable, gpu, 12, mode, 80, NUMBERS (0, 80, 160, 240));
    plug (client, "12");
    assert_placements (creatable, gpu, 11, mode, 160, NUMBERS (160));
    plug (client, "11");
    g_assert_cmpuint (placement_of (client, gpu, 0), ==, 0);
    g_assert_cmpuint (placement_of (client, gpu, 1), ==, 160);
    assert_placements (creatable, gpu, 11, mode, 160, NULL, 0);
    assert_placements (creatable, gpu, 12, mode, 80, NUMBERS (80));
    sim_client_creatable (client, gpu, NUMBERS (12));
    plug (client, "12");
    g_assert_cmpuint (placement_of (client, gpu, 2), ==, 80);
    sim_client_creatable (client, gpu, NULL, 0);
}

/* Half of the frame buffer is free, but in two pieces. */
SIM_TEST (test_fragments)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const unsigned int mode = NVML_VGPU_PGPU_HETEROGENEOUS_MODE;

    g_assert_cmpint (set_mode (client, gpu, NVML_FEATURE_ENABLED), ==, NVML_SUCCESS);
    plug_at (client, "12", "80");
    plug_at (client, "12", "240");
    sim_client_creatable (client, gpu, NUMBERS (12));
    assert_placements (client->nvmlDeviceGetVgpuTypeCreatablePlacements, gpu, 12, mode, 80, NUMBERS (0, 160));
    sim_client_impossible (client, "no placement is free", "plug", "--vm", SIM_VM_A, "--type", "11", "--gpu",
                           GPU);
    sim_client_impossible (client, "this placement is not free", "plug", "--vm", SIM_VM_A, "--type", "12",
                           "--gpu", GPU, "--placement", "80");
    sim_client_impossible (client, "this placement is not free, or not one of the type", "plug", "--vm",
                           SIM_VM_A, "--type", "12", "--gpu", GPU, "--placement", "1");
    plug_at (client, "12", "160");
    /* two are left by placement, none by the type's maximum */
    assert_placements (client->nvmlDeviceGetVgpuTypeCreatablePlacements, gpu, 12, mode, 80, NULL, 0);
    sim_client_creatable (client, gpu, NULL, 0);
}

/* IDs in the host file, some of which overlap. */
SIM_TEST (test_listed_placements)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const Placements supported = client->nvmlDeviceGetVgpuTypeSupportedPlacements;
    unsigned int count = 0;

    sim_client_write_more (client, "[gpu " GPU "]\nheterogeneous=true\nplacements=12:0,40,100,240;11:160;\n");
    assert_placements (supported, gpu, 11, NVML_VGPU_PGPU_HETEROGENEOUS_MODE, 160, NUMBERS (160));
    assert_placements (supported, gpu, 11, NVML_VGPU_PGPU_HOMOGENEOUS_MODE, 160, NUMBERS (0, 160));
    assert_placements (supported, gpu, 12, NVML_VGPU_PGPU_HETEROGENEOUS_MODE, 80, NUMBERS (0, 40, 100, 240));
    /* at most one of type 11, and three of type 12: at 0, 100 and 240 */
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstances (gpu, 11, &count), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 1);
    sim_client_must (client, "update", "--gpu", GPU, "--type", "12", "--count", "8");
    g_assert_cmpint (client->nvmlVgpuTypeGetMaxInstances (gpu, 12, &count), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 3);
    plug_at (client, "12", "40");
    plug (client, "12");
    g_assert_cmpuint (placement_of (client, gpu, 1), ==, 240);
    assert_placements (client->nvmlDeviceGetVgpuTypeCreatablePlacements, gpu, 12,
                       NVML_VGPU_PGPU_HETEROGENEOUS_MODE, 80, NULL, 0);
    /* a type may be withdrawn without losing its list */
    sim_client_must (client, "update", "--gpu", GPU, "--type", "11", "--count", "0");
    sim_client_must (client, "update", "--gpu", GPU, "--type", "11", "--count", "2");
    assert_placements (supported, gpu, 11, NVML_VGPU_PGPU_HETEROGENEOUS_MODE, 160, NUMBERS (160));
}

/* The first version of the structure has no mode, and no member for its room. */
SIM_TEST (test_first_version)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    unsigned int ids[4] = {9, 9, 9, 9};
    struct {
        nvmlVgpuPlacementList_v1_t list;
        unsigned int guard;
    } memory = {{NVML_VGPU_PLACEMENT_LIST_V1, 0, 0, ids}, 9};
    nvmlVgpuPlacementList_t *list = (nvmlVgpuPlacementList_t *)&memory.list;

    g_assert_cmpint (client->nvmlDeviceGetVgpuTypeSupportedPlacements (gpu, 12, list), ==, NVML_SUCCESS);
    /* four placements, but its array has room for the three instances of the type */
    g_assert_cmpuint (memory.list.count, ==, 3);
    g_assert_cmpuint (memory.list.placementSize, ==, 80);
    g_assert_cmpuint (ids[2], ==, 160);
    g_assert_cmpuint (ids[3], ==, 9);
    g_assert_cmpuint (memory.guard, ==, 9);
    g_assert_cmpint (set_mode (client, gpu, NVML_FEATURE_ENABLED), ==, NVML_SUCCESS);
    plug_at (client, "12", "80");
    g_assert_cmpint (client->nvmlDeviceGetVgpuTypeCreatablePlacements (gpu, 12, list), ==, NVML_SUCCESS);
    g_assert_cmpuint (memory.list.count, ==, 3);
    g_assert_cmpuint (ids[1], ==, 160);
    memory.list.placementIds = NULL;
    g_assert_cmpint (client->nvmlDeviceGetVgpuTypeCreatablePlacements (gpu, 12, list), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
}

static void
assert_bad_lists (Placements call, nvmlDevice_t gpu, nvmlDevice_t not_a_vgpu_host)
{
    unsigned int ids[8];
    nvmlVgpuPlacementList_t list = list_of (ids, 8, NVML_VGPU_PGPU_HETEROGENEOUS_MODE);

    g_assert_cmpint (call (NULL, 12, &list), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (call (not_a_vgpu_host, 12, &list), ==, NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (call (gpu, 12, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (call (gpu, 99, &list), ==, NVML_ERROR_INVALID_ARGUMENT);
    list.mode = 2;
    g_assert_cmpint (call (gpu, 12, &list), ==, NVML_ERROR_INVALID_ARGUMENT);
    list = list_of (NULL, 8, NVML_VGPU_PGPU_HETEROGENEOUS_MODE);
    g_assert_cmpint (call (gpu, 12, &list), ==, NVML_ERROR_INVALID_ARGUMENT);
    list = list_of (ids, 1, NVML_VGPU_PGPU_HETEROGENEOUS_MODE);
    g_assert_cmpint (call (gpu, 12, &list), ==, NVML_ERROR_INSUFFICIENT_SIZE);
    g_assert_cmpuint (list.count, ==, 4);
    /* the version of another structure, another version, and no version */
    list.version = NVML_VGPU_PLACEMENT_ID_V1;
    g_assert_cmpint (call (gpu, 12, &list), ==, NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    list.version = NVML_STRUCTURE_VERSION (nvmlVgpuPlacementList_t, 3u);
    g_assert_cmpint (call (gpu, 12, &list), ==, NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    list.version = 0;
    g_assert_cmpint (call (gpu, 99, &list), ==, NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
}

SIM_TEST (test_bad_lists)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlDevice_t l4 = sim_client_gpu (client, "0000:c1:00.0");
    nvmlVgpuPlacementList_t list = list_of (NULL, 0, NVML_VGPU_PGPU_HOMOGENEOUS_MODE);

    g_assert_cmpint (client->nvmlDeviceGetVgpuTypeCreatablePlacements (gpu, 12, &list), ==,
                     NVML_ERROR_NOT_SUPPORTED);
    list.mode = NVML_VGPU_PGPU_HETEROGENEOUS_MODE;
    g_assert_cmpint (client->nvmlDeviceGetVgpuTypeCreatablePlacements (gpu, 12, &list), ==,
                     NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (set_mode (client, gpu, NVML_FEATURE_ENABLED), ==, NVML_SUCCESS);
    assert_bad_lists (client->nvmlDeviceGetVgpuTypeCreatablePlacements, gpu, l4);
    assert_bad_lists (client->nvmlDeviceGetVgpuTypeSupportedPlacements, gpu, l4);
    list.mode = NVML_VGPU_PGPU_HOMOGENEOUS_MODE;
    g_assert_cmpint (client->nvmlDeviceGetVgpuTypeCreatablePlacements (gpu, 12, &list), ==,
                     NVML_ERROR_NOT_SUPPORTED);
}

SIM_TEST (test_placement_of_bad_instances)
{
    nvmlVgpuPlacementId_t placement = {NVML_VGPU_PLACEMENT_ID_V1, 0};

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlVgpuInstanceGetPlacementId (0, &placement), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlVgpuInstanceGetPlacementId (1, &placement), ==, NVML_ERROR_NOT_FOUND);
    g_assert_cmpint (client->nvmlVgpuInstanceGetPlacementId (1, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    placement.version = NVML_VGPU_PLACEMENT_LIST_V1;
    g_assert_cmpint (client->nvmlVgpuInstanceGetPlacementId (1, &placement), ==,
                     NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
}

SIM_TEST (test_bad_modes)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlDevice_t devices[] = {NULL, sim_client_gpu (client, "0000:c1:00.0"), gpu};
    const nvmlReturn_t codes[] = {NVML_ERROR_INVALID_ARGUMENT, NVML_ERROR_NOT_SUPPORTED, NVML_SUCCESS};
    nvmlVgpuHeterogeneousMode_t mode = {NVML_VGPU_HETEROGENEOUS_MODE_V1, 0};

    for (gsize i = 0; i < G_N_ELEMENTS (devices); i++) {
        g_assert_cmpint (client->nvmlDeviceGetVgpuHeterogeneousMode (devices[i], &mode), ==, codes[i]);
        g_assert_cmpint (client->nvmlDeviceSetVgpuHeterogeneousMode (devices[i], &mode), ==, codes[i]);
    }
    g_assert_cmpint (client->nvmlDeviceGetVgpuHeterogeneousMode (gpu, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceSetVgpuHeterogeneousMode (gpu, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (set_mode (client, gpu, 2), ==, NVML_ERROR_INVALID_ARGUMENT);
    mode.version = 8;
    g_assert_cmpint (client->nvmlDeviceGetVgpuHeterogeneousMode (gpu, &mode), ==,
                     NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    g_assert_cmpint (client->nvmlDeviceSetVgpuHeterogeneousMode (gpu, &mode), ==,
                     NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
}

/* What another process has set, and what this process may not set. */
static int
set_in_child (SimClient *client, uid_t user)
{
    const pid_t child = fork ();
    int status;

    if (child == 0) {
        if (user != 0 && geteuid () == 0 && setuid (user) != 0)
            _exit (255);
        _exit (set_mode (client, sim_client_gpu (client, GPU), NVML_FEATURE_ENABLED));
    }
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    g_assert_true (WIFEXITED (status));
    return WEXITSTATUS (status);
}

/* The mode is shared by all processes, can be set only while no vGPU runs, and lasts until the driver is
 * loaded again. */
SIM_TEST (test_life_of_the_mode)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlDevice_t other = sim_client_gpu (client, OTHER);
    g_autofree char *after = NULL;

    g_assert_cmpint (set_in_child (client, 0), ==, NVML_SUCCESS);
    assert_mode (client, gpu, NVML_FEATURE_ENABLED);
    assert_mode (client, other, NVML_FEATURE_DISABLED);
    plug_at (client, "12", "240");
    g_assert_cmpint (set_mode (client, gpu, NVML_FEATURE_DISABLED), ==, NVML_ERROR_IN_USE);
    g_assert_cmpint (set_mode (client, other, NVML_FEATURE_ENABLED), ==, NVML_SUCCESS);
    sim_client_impossible (client, "vGPUs run on GPU " GPU, "update", "--gpu", GPU, "--heterogeneous", "off");
    /* after another driver was loaded, a running vGPU keeps its placement, and the rest is lost */
    sim_client_must (client, "update", "--driver", "580.200.01");
    assert_mode (client, gpu, NVML_FEATURE_ENABLED);
    assert_mode (client, other, NVML_FEATURE_DISABLED);
    sim_client_must (client, "update", "--driver", "580.159.04");
    sim_client_must (client, "unplug", "--vm", SIM_VM_A);
    sim_client_must (client, "reload");
    assert_mode (client, gpu, NVML_FEATURE_DISABLED);
    sim_client_must (client, "update", "--gpu", GPU, "--heterogeneous", "on");
    assert_mode (client, gpu, NVML_FEATURE_ENABLED);
    g_assert_cmpint (set_mode (client, gpu, NVML_FEATURE_DISABLED), ==, NVML_SUCCESS);
    assert_mode (client, gpu, NVML_FEATURE_DISABLED);
    after = sim_client_read (client);
    g_assert_null (strstr (after, "heterogeneous"));
}

#define NOBODY 65534

SIM_TEST (test_mode_without_permission)
{
    g_assert_cmpint (g_chmod (client->directory, 0555), ==, 0);
    g_assert_cmpint (g_chmod (client->host_file, 0444), ==, 0);
    g_assert_cmpint (set_in_child (client, NOBODY), ==, NVML_ERROR_NO_PERMISSION);
    g_assert_cmpint (g_chmod (client->directory, 0755), ==, 0);
}

SIM_TEST (test_show)
{
    g_autofree char *text = NULL;

    g_assert_cmpint (set_mode (client, sim_client_gpu (client, GPU), NVML_FEATURE_ENABLED), ==, NVML_SUCCESS);
    plug_at (client, "11", "160");
    g_assert_cmpint (sim_client_run (client, &text, "show", NULL), ==, 0);
    g_assert_nonnull (strstr (text, "    vGPUs of several sizes at once\n"));
    g_assert_nonnull (strstr (text, "    vGPUs of one size at a time\n"));
    g_assert_nonnull (strstr (text, "    placement 160, 160 slots\n"));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/place/sriov", test_sriov);
    sim_client_add_test ("/sim/place/no-sriov", test_no_sriov);
    sim_client_add_test ("/sim/place/function-finds-its-gpu", test_function_finds_its_gpu);
    sim_client_add_test ("/sim/place/homogeneous", test_homogeneous);
    sim_client_add_test ("/sim/place/framebuffer", test_framebuffer);
    sim_client_add_test ("/sim/place/heterogeneous", test_heterogeneous);
    sim_client_add_test ("/sim/place/fragments", test_fragments);
    sim_client_add_test ("/sim/place/listed", test_listed_placements);
    sim_client_add_test ("/sim/place/first-version", test_first_version);
    sim_client_add_test ("/sim/place/bad-lists", test_bad_lists);
    sim_client_add_test ("/sim/place/bad-instances", test_placement_of_bad_instances);
    sim_client_add_test ("/sim/place/bad-modes", test_bad_modes);
    sim_client_add_test ("/sim/place/life-of-the-mode", test_life_of_the_mode);
    sim_client_add_test ("/sim/place/without-permission", test_mode_without_permission);
    sim_client_add_test ("/sim/place/show", test_show);
    return g_test_run ();
}
