/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-client.h"
#include "../test-glib.h"

#include <dlfcn.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

static const char *library_path, *command_path, *oracle_path;

void
sim_client_arguments (int argc, char **argv)
{
    g_assert_cmpint (argc, ==, 4);
    library_path = argv[1];
    command_path = argv[2];
    oracle_path = argv[3];
}

const char *
sim_client_library (void)
{
    return library_path;
}

const char *
sim_client_oracle (void)
{
    return oracle_path;
}

const char *
sim_client_host (void)
{
    return "# the host of most tests\n"
           "[driver]\n"
           "version=580.159.04\n"
           "range=18.1-26.1\n"
           "\n"
           "[type 11]\n"
           "name=NVIDIA TEST-40C\n"
           "class=Compute\n"
           "framebuffer=40960\n"
           "\n"
           "[type 12]\n"
           "name=NVIDIA TEST-20Q\n"
           "class=Quadro\n"
           "framebuffer=20480\n"
           "\n"
           "[gpu 0000:41:00.0]\n"
           "name=NVIDIA H100 80GB HBM3\n"
           "uuid=GPU-aaaaaaaa-0000-4000-8000-000000000001\n"
           "device-id=2330\n"
           "subsystem-id=16c1\n"
           "framebuffer=81920\n"
           "vgpu-types=11:2;12:3;\n"
           "\n"
           "[gpu 0001:82:00.0]\n"
           "name=NVIDIA A100-SXM4-80GB\n"
           "uuid=GPU-aaaaaaaa-0000-4000-8000-000000000002\n"
           "device-id=20B2\n"
           "subsystem-id=1463\n"
           "floor-sweeping=0A1BC\n"
           "sriov=false\n"
           "framebuffer=81920\n"
           "vgpu-types=12:1\n"
           "\n"
           "[gpu 0000:c1:00.0]\n"
           "name=NVIDIA L4\n"
           "uuid=GPU-aaaaaaaa-0000-4000-8000-000000000003\n"
           "device-id=27B8\n"
           "subsystem-id=16CA\n"
           "ecc=false\n"
           "migration=false\n"
           "virtualization-mode=none\n"
           "framebuffer=24576\n";
}

void
sim_client_write (SimClient *client, const char *text)
{
    g_autoptr (GError) error = NULL;

    if (!text) {
        g_assert_cmpint (g_unlink (client->host_file), ==, 0);
        return;
    }
    g_file_set_contents (client->host_file, text, -1, &error);
    g_assert_no_error (error);
}

void
sim_client_write_more (SimClient *client, const char *more)
{
    g_autofree char *text = g_strconcat (sim_client_host (), "\n", more, NULL);

    sim_client_write (client, text);
}

char *
sim_client_read (SimClient *client)
{
    g_autoptr (GError) error = NULL;
    char *text = NULL;

    g_file_get_contents (client->host_file, &text, NULL, &error);
    g_assert_no_error (error);
    return text;
}

int
sim_client_run (SimClient *client, char **output, ...)
{
    g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
    g_autofree char *good = NULL;
    g_autofree char *bad = NULL;
    g_autoptr (GError) error = NULL;
    g_auto (GStrv) argv = NULL;
    va_list arguments;
    int status;

    test_add_words (words, command_path, "--file", client->host_file, NULL);
    va_start (arguments, output);
    for (const char *word = va_arg (arguments, const char *); word; word = va_arg (arguments, const char *))
        g_strv_builder_add (words, word);
    va_end (arguments);
    argv = g_strv_builder_end (words);
    g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &good, &bad, &status, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (status == 0 ? bad : good, ==, "");
    if (output)
        *output = g_strchomp (g_strdup (status == 0 ? good : bad));
    g_assert_true (WIFEXITED (status));
    return WEXITSTATUS (status);
}

nvmlDevice_t
sim_client_gpu (SimClient *client, const char *address)
{
    nvmlDevice_t gpu = NULL;

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlDeviceGetHandleByPciBusId_v2 (address, &gpu), ==, NVML_SUCCESS);
    return gpu;
}

void
sim_client_creatable (SimClient *client, nvmlDevice_t gpu, const unsigned int *expected, unsigned int length)
{
    unsigned int list[8], count = G_N_ELEMENTS (list);

    g_assert_cmpint (client->nvmlDeviceGetCreatableVgpus (gpu, &count, list), ==, NVML_SUCCESS);
    g_assert_cmpmem (list, count * sizeof *list, expected, length * sizeof *expected);
}

nvmlVgpuInstance_t
sim_client_instance (SimClient *client, nvmlDevice_t gpu)
{
    nvmlVgpuInstance_t instance = 0;
    unsigned int count = 1;

    g_assert_cmpint (client->nvmlDeviceGetActiveVgpus (gpu, &count, &instance), ==, NVML_SUCCESS);
    g_assert_cmpuint (count, ==, 1);
    return instance;
}

/* By memcpy (), because ISO C cannot convert dlsym ()'s object pointer to a function pointer. */
#define LOOK_UP(symbol)                                     \
    {                                                       \
        void *address = dlsym (client->library, #symbol);   \
        g_assert_nonnull (address);                         \
        memcpy (&client->symbol, &address, sizeof address); \
    }

static void
set_up (SimClient *client, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    client->directory = g_dir_make_tmp ("vgpu-sim-XXXXXX", &error);
    g_assert_no_error (error);
    client->host_file = g_build_filename (client->directory, "host.conf", NULL);
    g_setenv ("VGPU_SIM_HOST", client->host_file, TRUE);
    sim_client_write (client, sim_client_host ());
    client->library = dlopen (library_path, RTLD_NOW | RTLD_LOCAL);
    if (!client->library)
        g_error ("%s", dlerror ());
    SIM_CALLS (LOOK_UP)
}

static void
tear_down (SimClient *client, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *lock = g_strconcat (client->host_file, ".lock", NULL);

    while (client->nvmlShutdown () == NVML_SUCCESS)
        continue;
    dlclose (client->library);
    g_unlink (client->host_file);
    g_unlink (lock);
    /* this also proves that no writer has left a temporary file */
    g_assert_cmpint (g_rmdir (client->directory), ==, 0);
    g_free (client->directory);
    g_free (client->host_file);
}

void
sim_client_add_data_test (const char *path, SimTest test, gconstpointer data)
{
    g_test_add (path, SimClient, data, set_up, test, tear_down);
}

void
sim_client_add_test (const char *path, SimTest test)
{
    sim_client_add_data_test (path, test, NULL);
}
