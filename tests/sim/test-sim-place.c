/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where vGPUs can be: on which functions of a GPU. */
#include "sim-client.h"

#include <string.h>

#define GPU   "0000:41:00.0"
#define OTHER "0001:82:00.0" /* without SR-IOV */
#define MDEV  "55555555-5555-4555-8555-555555555555"

/* vgpu-sim must refuse, with that in its one line. */
#define assert_impossible(client, word, ...)                                         \
    G_STMT_START                                                                     \
    {                                                                                \
        g_autofree char *line_ = NULL;                                               \
        g_assert_cmpint (sim_client_run (client, &line_, __VA_ARGS__, NULL), ==, 1); \
        if (!strstr (line_, word))                                                   \
            g_error ("'%s' does not say '%s'", line_, word);                         \
    }                                                                                \
    G_STMT_END

static unsigned int
count_vgpus (SimClient *client, nvmlDevice_t gpu)
{
    nvmlVgpuInstance_t list[16];
    unsigned int count = G_N_ELEMENTS (list);

    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (gpu, &count, list), ==, NVML_SUCCESS);
    return count;
}

/* On a virtual function of its own, or a mediated device on one that is not named. */
SIM_TEST (test_sriov)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlVgpuInstance_t list[2];
    unsigned int count = 2;
    char text[NVML_DEVICE_UUID_SIZE];

    assert_impossible (client, "no such virtual function", "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu",
                       GPU, "--vf", "0000:42:00.4");
    assert_impossible (client, "no such virtual function", "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu",
                       GPU, "--vf", GPU);
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", GPU, "--vf", "0000:41:00.4");
    assert_impossible (client, "has this virtual function", "plug", "--vm", SIM_VM_A, "--type", "12", "--vf",
                       "0000:41:00.4");
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", GPU, "--mdev", MDEV);
    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (gpu, &count, list), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 2);
    g_assert_cmpint (client->nvmlVgpuInstanceGetMdevUUID (list[0], text, sizeof text), ==,
                     NVML_ERROR_NOT_SUPPORTED);
    g_assert_cmpint (client->nvmlVgpuInstanceGetMdevUUID (list[1], text, sizeof text), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, MDEV);
    assert_impossible (client, "vf: its GPU has no SR-IOV", "update", "--gpu", GPU, "--sriov", "off");
}

/* A mediated device on the physical function, always. */
SIM_TEST (test_no_sriov)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, OTHER);
    char text[NVML_DEVICE_UUID_SIZE];

    assert_impossible (client, "without SR-IOV", "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", OTHER,
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
    /* a mediated device may stay where it is */
    sim_client_must (client, "update", "--gpu", OTHER, "--sriov", "on");
}

/* A virtual function says which GPU is meant. */
SIM_TEST (test_function_finds_its_gpu)
{
    sim_client_must (client, "update", "--gpu", OTHER, "--sriov", "on");
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--vf", "0001:82:01.0");
    g_assert_cmpuint (count_vgpus (client, sim_client_gpu (client, OTHER)), ==, 1);
    assert_impossible (client, "no instance is free", "plug", "--vm", SIM_VM_A, "--type", "12", "--vf",
                       "0001:82:01.1");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/place/sriov", test_sriov);
    sim_client_add_test ("/sim/place/no-sriov", test_no_sriov);
    sim_client_add_test ("/sim/place/function-finds-its-gpu", test_function_finds_its_gpu);
    return g_test_run ();
}
