/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine's mediated devices as vGPUs: the host file has the GPU, sysfs has the type. */
#include "sim-client.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define GPU     "0000:41:00.0"
#define OTHER   "0001:82:00.0"
#define MDEV    "55555555-5555-4555-8555-55555555555a"
#define MDEV_2  "66666666-6666-4666-8666-666666666666"
#define PARENTS "[gpu " GPU "]\nmdev-parent=0000:41:00.4\n[gpu " OTHER "]\nmdev-parent=mtty\n"

static char *root;

static void
put_link (const char *path, const char *target)
{
    g_autofree char *full = g_build_filename (root, path, NULL);
    g_autofree char *directory = g_path_get_dirname (full);

    g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
    g_assert_cmpint (symlink (target, full), ==, 0);
}

/* A mediated device as the kernel shows it: a link on the bus, and the device below its parent. */
static void
put_mdev (const char *uuid, const char *parent, const char *type)
{
    g_autofree char *types =
        g_strdup_printf ("%s/sys/devices/%s/mdev_supported_types/%s", root, parent, type);
    g_autofree char *type_link = g_strdup_printf ("sys/devices/%s/%s/mdev_type", parent, uuid);
    g_autofree char *type_target = g_strdup_printf ("../mdev_supported_types/%s", type);
    g_autofree char *bus_link = g_strdup_printf ("sys/bus/mdev/devices/%s", uuid);
    g_autofree char *bus_target = g_strdup_printf ("../../../devices/%s/%s", parent, uuid);

    g_assert_cmpint (g_mkdir_with_parents (types, 0755), ==, 0);
    put_link (type_link, type_target);
    put_link (bus_link, bus_target);
}

/* In the directory of the host file, which is removed with the client. */
static void
begin (SimClient *client)
{
    g_free (root);
    root = g_build_filename (client->directory, "root", NULL);
    sim_client_write_more (client, PARENTS);
}

static void
end (void)
{
    const char *const argv[] = {"rm", "-r", root, NULL};
    int status;

    g_assert_true (
        g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
    g_assert_cmpint (status, ==, 0);
}

static void
assert_on (SimClient *client, const char *address, unsigned int type, const char *mdev)
{
    const nvmlVgpuInstance_t instance = sim_client_instance (client, sim_client_gpu (client, address));
    char text[NVML_DEVICE_UUID_SIZE];
    unsigned int seen;

    g_assert_cmpint (client->nvmlVgpuInstanceGetType (instance, &seen), ==, NVML_SUCCESS);
    g_assert_cmpuint (seen, ==, type);
    g_assert_cmpint (client->nvmlVgpuInstanceGetMdevUUID (instance, text, sizeof text), ==, NVML_SUCCESS);
    g_assert_cmpstr (text, ==, mdev);
}

#define plug(mdev)             "plug", "--vm", SIM_VM_A, "--root", root, "--mdev", mdev
#define impossible(words, ...) sim_client_impossible (client, words, __VA_ARGS__)

SIM_TEST (test_found)
{
    begin (client);
    put_mdev (MDEV, "pci0000:40/0000:41:00.4", "nvidia-11");
    put_mdev (MDEV_2, "virtual/mtty/mtty", "mtty-12");
    sim_client_must (client, plug (MDEV), "--guest-driver", "580.1", "--guest-version", "25.1");
    sim_client_must (client, plug (MDEV_2));
    assert_on (client, GPU, 11, MDEV);
    assert_on (client, OTHER, 12, MDEV_2);
    impossible ("vGPU type 11 on 0000:41:00.0", plug (MDEV), "--placement", "0");
    end ();
}

SIM_TEST (test_not_found)
{
    begin (client);
    impossible ("there is no mediated device " MDEV, plug (MDEV));
    put_link ("sys/bus/mdev/devices/" MDEV, "../../../devices/gone");
    impossible ("there is no mediated device " MDEV, plug (MDEV));
    put_mdev (MDEV_2, "pci0000:40/0000:42:00.0", "nvidia-11");
    impossible ("its parent, 0000:42:00.0, is not the mdev-parent of any GPU", plug (MDEV_2));
    end ();
}

SIM_TEST (test_types)
{
    begin (client);
    put_mdev (MDEV, "pci0000:40/0000:41:00.4", "nvidia");
    impossible ("its type has no number", plug (MDEV));
    put_mdev (MDEV_2, "pci0000:40/0000:41:00.4", "nvidia-13");
    impossible ("vGPU type 13 on 0000:41:00.0: the type is not offered", plug (MDEV_2));
    end ();
}

/* If the type is given, nothing is looked up in sysfs. */
SIM_TEST (test_told)
{
    begin (client);
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "11", "--mdev", MDEV);
    assert_on (client, GPU, 11, MDEV);
    g_assert_false (g_file_test (root, G_FILE_TEST_EXISTS));
}

SIM_TEST (test_shown)
{
    g_autofree char *text = NULL;

    begin (client);
    g_assert_cmpint (sim_client_run (client, &text, "show", NULL), ==, 0);
    g_assert_nonnull (strstr (text, "\n    mediated devices below 0000:41:00.4\n"));
    g_assert_nonnull (strstr (text, "\n    mediated devices below mtty\n"));
}

int
main (int argc, char *argv[])
{
    int status;

    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/mdev/found", test_found);
    sim_client_add_test ("/sim/mdev/not-found", test_not_found);
    sim_client_add_test ("/sim/mdev/types", test_types);
    sim_client_add_test ("/sim/mdev/told", test_told);
    sim_client_add_test ("/sim/mdev/shown", test_shown);
    status = g_test_run ();
    g_free (root);
    return status;
}
