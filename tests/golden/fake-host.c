/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-host.h"

#include "fake-host-internal.h"
#include "host/provider-lock.h"
#include "program.h"

#include <errno.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NVIDIA 0x10de
#define INTEL  0x8086

typedef struct {
    guint id;
    const char *name;
    guint framebuffer_mib;
    guint count;
} Type;

static const struct {
    const char *name;
    const char *device_id;
    const char *subsystem_id;
    guint framebuffer_mib;
    Type types[3];
} models[] = {
    [FAKE_H100] = {"NVIDIA H100 80GB HBM3",
                   "2330",
                   "16C1",
                   81920,
                   {{FAKE_TYPE_H100_20C, "NVIDIA H100XM-20C", 20480, 4},
                    {FAKE_TYPE_H100_40C, "NVIDIA H100XM-40C", 40960, 2},
                    {FAKE_TYPE_H100_80C, "NVIDIA H100XM-80C", 81920, 1}}},
    [FAKE_L40S] = {"NVIDIA L40S",
                   "26B9",
                   "1851",
                   49152,
                   {{FAKE_TYPE_L40S_12C, "NVIDIA L40S-12C", 12288, 4},
                    {FAKE_TYPE_L40S_48C, "NVIDIA L40S-48C", 49152, 1}}},
};

/* --- files --- */

char *
fake_host_path (const FakeHost *host, const char *name)
{
    return g_build_filename (host->root, name, NULL);
}

gboolean
fake_host_has (const FakeHost *host, const char *name)
{
    g_autofree char *path = fake_host_path (host, name);

    return g_file_test (path, G_FILE_TEST_EXISTS);
}

void
fake_host_write_file (FakeHost *host, const char *name, const char *text, gsize length, guint mode)
{
    g_autofree char *path = fake_host_path (host, name);
    g_autofree char *directory = g_path_get_dirname (path);
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
    g_file_set_contents (path, text, (gssize)length, &error);
    g_assert_no_error (error);
    g_assert_cmpint (g_chmod (path, (int)mode), ==, 0);
}

static void
make_directory (const FakeHost *host, const char *name)
{
    g_autofree char *path = fake_host_path (host, name);

    g_assert_cmpint (g_mkdir_with_parents (path, 0755), ==, 0);
}

static void
write_text (FakeHost *host, const char *directory, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename (directory, name, NULL);

    fake_host_write_file (host, path, text, strlen (text), 0644);
}

/* Links directory/name to target. Both are paths in the host's directory; the link is relative, as in
 * sysfs. */
static void
write_link (FakeHost *host, const char *directory, const char *name, const char *target)
{
    g_autofree char *path = g_build_filename (host->root, directory, name, NULL);
    g_autofree char *parent = g_path_get_dirname (path);
    g_autoptr (GString) text = g_string_new (NULL);

    for (const char *at = directory; at; at = strchr (at + 1, '/'))
        g_string_append (text, "../");
    g_string_append (text, target);
    g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
    g_assert_cmpint (symlink (text->str, path), ==, 0);
}

static int
remove_entry (const char *path, G_GNUC_UNUSED const struct stat *status, G_GNUC_UNUSED int type,
              G_GNUC_UNUSED struct FTW *walk)
{
    return remove (path);
}

/* --- the host --- */

static void
save_sim (FakeHost *host)
{
    g_autofree char *text = g_key_file_to_data (host->sim, NULL, NULL);

    fake_host_write_file (host, "sim-host.conf", text, strlen (text), 0644);
}

/* A message leaves its last sentence out where the line would become too long, so the golden texts depend on
 * the length of the root's path. It is the same wherever the root is, unless $TMPDIR has more than 14
 * characters.
 * Returns: (transfer full): the template of a name for g_dir_make_tmp() */
static char *
root_template (void)
{
    static const char name[] = "vgpu-gate-";
    size_t place = strlen (g_get_tmp_dir ()), usual = strlen ("/tmp");
    size_t left_out = place > usual ? MIN (place - usual, strlen (name)) : 0;

    return g_strconcat (name + left_out, "XXXXXX", NULL);
}

FakeHost *
fake_host_new (void)
{
    g_autofree char *template = root_template ();
    FakeHost *host = g_new0 (FakeHost, 1);
    g_autoptr (GError) error = NULL;

    host->root = g_dir_make_tmp (template, &error);
    g_assert_no_error (error);
    host->lock = -1;
    g_mutex_init (&host->kernel_works);
    host->config = fake_host_path (host, "vgpu-gate.conf");
    make_directory (host, "run");
    host->settings = g_key_file_new ();
    host->sim = g_key_file_new ();
    g_key_file_set_string (host->sim, "driver", "version", "580.95.05");
    g_key_file_set_string (host->sim, "driver", "range", "18.1-26.1");
    save_sim (host);
    g_key_file_set_string (host->settings, "backend", "library", program_path ("library"));
    g_key_file_set_string (host->settings, "host", "uuid", FAKE_HOST_UUID);
    /* the inputs were captured in 2025, whatever this machine's clock shows */
    g_key_file_set_string (host->settings, "gate", "max-age", "0");
    g_key_file_set_string (host->settings, "rules", "time-in-future", "ignore");
    fake_host_set_helper (host, "exec \"$HELPER\"");
    return host;
}

void
fake_host_free (FakeHost *host)
{
    if (host->kernel) {
        g_atomic_int_set (&host->kernel_stops, 1);
        g_thread_join (host->kernel);
    }
    program_assert_no_sanitizer_report (host->root);
    if (host->lock >= 0)
        close (host->lock);
    nftw (host->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    g_mutex_clear (&host->kernel_works);
    g_key_file_unref (host->settings);
    g_key_file_unref (host->sim);
    g_free (host->config);
    g_free (host->root);
    g_free (host);
}

void
fake_host_take_sim_file (FakeHost *host, const char *path)
{
    g_autofree char *file = program_source ("../..", path);
    g_autoptr (GError) error = NULL;

    g_key_file_load_from_file (host->sim, file, G_KEY_FILE_NONE, &error);
    g_assert_no_error (error);
    save_sim (host);
}

const char *
fake_host_root (const FakeHost *host)
{
    return host->root;
}

const char *
fake_host_config (const FakeHost *host)
{
    return host->config;
}

void
fake_host_serve_switchover (FakeHost *host)
{
    g_autofree char *run = fake_host_path (host, "run");
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (g_mkdir_with_parents (run, 0755), ==, 0);
    host->lock = vgate_provider_lock_take (host->root, &error);
    g_assert_no_error (error);
}

/* --- devices --- */

/* The place of a PCI device in sysfs: sys/devices/pci0000:41/0000:41:00.4 */
static char *
pci_directory (const char *address)
{
    return g_strdup_printf ("sys/devices/pci%.7s/%s", address, address);
}

static void
add_pci_device (FakeHost *host, const char *address, guint vendor, const char *device)
{
    g_autofree char *directory = pci_directory (address);
    g_autofree char *vendor_text = g_strdup_printf ("0x%04x\n", vendor);
    g_autofree char *device_text = g_strdup_printf ("0x%s\n", device);

    write_text (host, directory, "vendor", vendor_text);
    write_text (host, directory, "device", device_text);
    write_link (host, "sys/bus/pci/devices", address, directory);
}

void
fake_host_add_unlisted_gpu (FakeHost *host, const char *address, FakeModel model)
{
    g_autofree char *device_id = g_ascii_strdown (models[model].device_id, -1);

    add_pci_device (host, address, NVIDIA, device_id);
}

void
fake_host_add_foreign_device (FakeHost *host, const char *address)
{
    add_pci_device (host, address, INTEL, "3e92");
}

static void
add_sim_type (FakeHost *host, const Type *type, GString *offers)
{
    g_autofree char *group = g_strdup_printf ("type %u", type->id);

    g_key_file_set_string (host->sim, group, "name", type->name);
    g_key_file_set_string (host->sim, group, "class", "Compute");
    g_key_file_set_integer (host->sim, group, "framebuffer", (int)type->framebuffer_mib);
    g_string_append_printf (offers, "%u:%u;", type->id, type->count);
}

void
fake_host_add_gpu (FakeHost *host, const char *address, FakeModel model)
{
    g_autofree char *group = g_strdup_printf ("gpu %s", address);
    g_autofree char *uuid =
        g_strdup_printf ("GPU-6a52c1de-0000-4000-8000-%.4s%.2s000000", address, address + 5);
    g_autoptr (GString) offers = g_string_new (NULL);

    fake_host_add_unlisted_gpu (host, address, model);
    for (gsize i = 0; i < G_N_ELEMENTS (models[model].types) && models[model].types[i].id != 0; i++)
        add_sim_type (host, &models[model].types[i], offers);
    g_key_file_set_string (host->sim, group, "name", models[model].name);
    g_key_file_set_string (host->sim, group, "uuid", uuid);
    g_key_file_set_string (host->sim, group, "device-id", models[model].device_id);
    g_key_file_set_string (host->sim, group, "subsystem-id", models[model].subsystem_id);
    g_key_file_set_integer (host->sim, group, "framebuffer", (int)models[model].framebuffer_mib);
    g_key_file_set_string (host->sim, group, "vgpu-types", offers->str);
    save_sim (host);
}

void
fake_host_set_mig (FakeHost *host, const char *address)
{
    g_autofree char *group = g_strdup_printf ("gpu %s", address);

    g_key_file_set_boolean (host->sim, group, "mig", TRUE);
    save_sim (host);
}

void
fake_host_add_vf (FakeHost *host, const char *gpu, const char *address, int type)
{
    g_autofree char *directory = pci_directory (address);
    g_autofree char *physical = pci_directory (gpu);
    g_autofree char *type_text = g_strdup_printf ("%d\n", type);

    add_pci_device (host, address, NVIDIA, "2330");
    write_link (host, directory, "physfn", physical);
    if (type >= 0) {
        g_autofree char *nvidia = g_build_filename (directory, "nvidia", NULL);

        write_text (host, nvidia, "current_vgpu_type", type_text);
    }
}

static const char *
type_name (guint id)
{
    for (gsize m = 0; m < G_N_ELEMENTS (models); m++)
        for (gsize t = 0; t < G_N_ELEMENTS (models[m].types); t++)
            if (models[m].types[t].id == id)
                return models[m].types[t].name;
    return "some other type";
}

static void
add_mdev (FakeHost *host, const char *uuid, guint type, const char *parent)
{
    g_autofree char *parent_directory = pci_directory (parent);
    g_autofree char *directory = g_build_filename (parent_directory, uuid, NULL);
    g_autofree char *type_directory =
        g_strdup_printf ("%s/mdev_supported_types/nvidia-%u", parent_directory, type);
    g_autofree char *name = g_strdup_printf ("%s\n", type_name (type));
    g_autofree char *name_path = g_build_filename (type_directory, "name", NULL);
    g_autofree char *name_file = fake_host_path (host, name_path);

    /* a type that exists keeps its name */
    if (!g_file_test (name_file, G_FILE_TEST_EXISTS))
        write_text (host, type_directory, "name", name);
    write_text (host, directory, "remove", "");
    write_link (host, directory, "mdev_type", type_directory);
    write_link (host, "sys/bus/mdev/devices", uuid, directory);
}

void
fake_host_add_mdev (FakeHost *host, const char *uuid, guint type, const char *parent)
{
    g_mutex_lock (&host->kernel_works);
    add_mdev (host, uuid, type, parent);
    g_mutex_unlock (&host->kernel_works);
}

/* --- devices that come and go --- */

void
fake_host_offer_mdev (FakeHost *host, const char *parent, guint type, guint available)
{
    g_autofree char *parent_directory = pci_directory (parent);
    g_autofree char *directory =
        g_strdup_printf ("%s/mdev_supported_types/nvidia-%u", parent_directory, type);
    g_autofree char *name = g_strdup_printf ("%s\n", type_name (type));
    g_autofree char *number = g_strdup_printf ("%u\n", available);

    write_text (host, directory, "name", name);
    write_text (host, directory, "available_instances", number);
    write_text (host, directory, "create", "");
}

void
fake_host_offer_vf (FakeHost *host, const char *address, const guint *types)
{
    g_autofree char *parent_directory = pci_directory (address);
    g_autofree char *directory = g_build_filename (parent_directory, "nvidia", NULL);
    g_autoptr (GString) text = g_string_new ("ID    : vGPU Name\n");

    for (; *types != 0; types++)
        g_string_append_printf (text, "%-6u: %s\n", *types, type_name (*types));
    write_text (host, directory, "creatable_vgpu_types", text->str);
}

/* Returns what was written to each of these files, and empties them. */
static void
take_writes (FakeHost *host, const char *pattern,
             void (*handle) (FakeHost *host, const char *path, const char *text))
{
    g_autofree char *full = g_build_filename (host->root, pattern, NULL);
    glob_t found = {0};

    if (glob (full, 0, NULL, &found) == 0) {
        for (gsize i = 0; i < found.gl_pathc; i++) {
            g_autofree char *text = NULL;

            if (!g_file_test (found.gl_pathv[i], G_FILE_TEST_IS_REGULAR) ||
                !g_file_get_contents (found.gl_pathv[i], &text, NULL, NULL) || *text == '\0')
                continue;
            g_assert_cmpint (truncate (found.gl_pathv[i], 0), ==, 0);
            handle (host, found.gl_pathv[i], text);
        }
    }
    globfree (&found);
}

/* Each type of the parent, whose mdev_supported_types these are, gets room for one instance more or less. */
static void
change_room (const char *types_directory, int by)
{
    g_autofree char *pattern = g_build_filename (types_directory, "*/available_instances", NULL);
    glob_t found = {0};

    if (glob (pattern, 0, NULL, &found) == 0) {
        for (gsize i = 0; i < found.gl_pathc; i++) {
            g_autofree char *text = NULL, *changed = NULL;

            g_assert_true (g_file_get_contents (found.gl_pathv[i], &text, NULL, NULL));
            changed = g_strdup_printf ("%d\n", MAX ((int)g_ascii_strtoull (text, NULL, 10) + by, 0));
            g_assert_true (g_file_set_contents (found.gl_pathv[i], changed, -1, NULL));
        }
    }
    globfree (&found);
}

/* ROOT/sys/devices/pciX/PARENT/mdev_supported_types/nvidia-TYPE/create */
static void
handle_create (FakeHost *host, const char *path, const char *uuid)
{
    g_auto (GStrv) parts = g_strsplit (path, "/", -1);
    const guint n = g_strv_length (parts);
    const guint type = (guint)g_ascii_strtoull (parts[n - 2] + strlen ("nvidia-"), NULL, 10);
    g_autofree char *type_directory = g_path_get_dirname (path);
    g_autofree char *types_directory = g_path_get_dirname (type_directory);

    change_room (types_directory, -1);
    add_mdev (host, uuid, type, parts[n - 4]);
}

/* ROOT/sys/bus/mdev/devices/UUID/remove */
static void
handle_remove (G_GNUC_UNUSED FakeHost *host, const char *path, G_GNUC_UNUSED const char *text)
{
    g_autofree char *link = g_path_get_dirname (path);
    char *directory = realpath (link, NULL);
    g_autofree char *types_directory =
        directory ? g_build_filename (directory, "../mdev_supported_types", NULL) : NULL;

    g_assert_nonnull (directory);
    change_room (types_directory, 1);
    g_assert_cmpint (unlink (link), ==, 0);
    nftw (directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free (directory); /* realpath () allocates with malloc () */
}

static gpointer
be_kernel (gpointer data)
{
    FakeHost *host = data;

    while (!g_atomic_int_get (&host->kernel_stops)) {
        g_mutex_lock (&host->kernel_works);
        take_writes (host, "sys/devices/pci*/*/mdev_supported_types/*/create", handle_create);
        take_writes (host, "sys/bus/mdev/devices/*/remove", handle_remove);
        g_mutex_unlock (&host->kernel_works);
        g_usleep (1000);
    }
    return NULL;
}

void
fake_host_start_kernel (FakeHost *host)
{
    host->kernel = g_thread_new ("kernel", be_kernel, host);
}

gboolean
fake_host_has_mdev (const FakeHost *host, const char *uuid)
{
    g_autofree char *path = g_build_filename (host->root, "sys/bus/mdev/devices", uuid, NULL);

    return g_file_test (path, G_FILE_TEST_IS_DIR);
}

void
fake_host_add_live_domain (FakeHost *host, const char *name, const char *uuid, const char *device)
{
    const gboolean is_pci = strchr (device, ':') != NULL;
    g_autofree char *file = g_strdup_printf ("%s.xml", name);
    g_autofree char *address =
        is_pci ? g_strdup_printf ("domain='0x%.4s' bus='0x%.2s' slot='0x%.2s' function='0x%.1s'", device,
                                  device + 5, device + 8, device + 11)
               : g_strdup_printf ("uuid='%s'", device);
    g_autofree char *text = g_strdup_printf (
        "<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE.\n-->\n"
        "<domstatus state='running' reason='booted' pid='4711'>\n  <monitor path='/m' type='unix'/>\n"
        "  <domain type='kvm' id='1'>\n    <name>%s</name>\n    <uuid>%s</uuid>\n    <devices>\n"
        "      <hostdev mode='subsystem' type='%s'>\n        <source>\n          <address %s/>\n"
        "        </source>\n      </hostdev>\n    </devices>\n  </domain>\n</domstatus>\n",
        name, uuid, is_pci ? "pci" : "mdev", address);

    write_text (host, "run/libvirt/qemu", file, text);
}

/* --- processes that have a device open --- */

static char *
device_directory (const FakeHost *host, const char *device)
{
    const gboolean is_pci = strchr (device, ':') != NULL;
    g_autofree char *link =
        g_build_filename (host->root, is_pci ? "sys/bus/pci/devices" : "sys/bus/mdev/devices", device, NULL);
    char *directory = realpath (link, NULL), *relative;

    g_assert_nonnull (directory);
    relative = g_strdup (directory + strlen (host->root) + 1);
    free (directory); /* realpath () allocates with malloc () */
    return relative;
}

void
fake_host_set_iommu_group (FakeHost *host, const char *device, guint group)
{
    g_autofree char *directory = device_directory (host, device);
    g_autofree char *target = g_strdup_printf ("sys/kernel/iommu_groups/%u", group);

    make_directory (host, target);
    write_link (host, directory, "iommu_group", target);
}

void
fake_host_set_vfio_node (FakeHost *host, const char *device, const char *node)
{
    g_autofree char *directory = device_directory (host, device);
    g_autofree char *path = g_build_filename (directory, "vfio-dev", node, NULL);

    make_directory (host, path);
}

void
fake_host_add_node (FakeHost *host, const char *file, const char *device)
{
    g_autofree char *path = g_strconcat (host->root, file, NULL), *directory = g_path_get_dirname (path);

    g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
    g_assert_cmpint (symlink (device, path), ==, 0);
}

void
fake_host_open_file (FakeHost *host, guint pid, const char *name, const char *file)
{
    g_autofree char *process = g_strdup_printf ("proc/%u", pid);
    g_autofree char *text = g_strdup_printf ("%s\n", name);
    g_autofree char *fds = g_build_filename (host->root, process, "fd", NULL);
    g_autofree char *link = g_build_filename (fds, "12", NULL), *other = g_build_filename (fds, "0", NULL);
    g_autofree char *path = g_strconcat (host->root, file, NULL);

    if (!g_file_test (path, G_FILE_TEST_EXISTS))
        fake_host_add_node (host, file, "/dev/null");
    write_text (host, process, "comm", text);
    g_assert_cmpint (g_mkdir_with_parents (fds, 0755), ==, 0);
    g_assert_cmpint (symlink ("/dev/null", other), ==, 0);
    g_assert_cmpint (symlink (path, link), ==, 0);
}

/* --- a driver that hangs --- */

/* text: NULL for a FIFO, whose opener waits for ever for the other side. */
static void
replace_files (FakeHost *host, const char *pattern, const char *text)
{
    g_autofree char *full = g_build_filename (host->root, pattern, NULL);
    glob_t found = {0};

    g_mutex_lock (&host->kernel_works);
    g_assert_cmpint (glob (full, 0, NULL, &found), ==, 0);
    for (gsize i = 0; i < found.gl_pathc; i++) {
        g_assert_cmpint (g_unlink (found.gl_pathv[i]), ==, 0);
        if (text)
            g_assert_true (g_file_set_contents (found.gl_pathv[i], text, -1, NULL));
        else
            g_assert_cmpint (mkfifo (found.gl_pathv[i], 0644), ==, 0);
    }
    globfree (&found);
    g_mutex_unlock (&host->kernel_works);
}

void
fake_host_hang (FakeHost *host, const char *pattern)
{
    replace_files (host, pattern, NULL);
}

void
fake_host_answer (FakeHost *host, const char *pattern, const char *text)
{
    replace_files (host, pattern, text);
}

/* --- QEMU --- */

#define QEMU_PID 4711

void
fake_host_qemu_pid_file (FakeHost *host, const char *domain, const char *contents)
{
    g_autofree char *path = g_strdup_printf ("run/libvirt/qemu/%s.pid", domain);

    fake_host_write_file (host, path, contents, strlen (contents), 0644);
}

void
fake_host_qemu_command_line (FakeHost *host, const char *contents, gsize length)
{
    g_autofree char *path = g_strdup_printf ("proc/%d/cmdline", QEMU_PID);

    fake_host_write_file (host, path, contents, length, 0444);
}

void
fake_host_qemu_started (FakeHost *host, const char *domain, gboolean incoming)
{
    /* each word ends with a NUL, as in the kernel's file */
    static const char words[] = "/usr/bin/qemu-system-x86_64\0-name\0guest=vm,debug-threads=on\0-S\0"
                                "-machine\0pc-q35-7.2\0-incoming\0defer";
    static const gsize length_without = sizeof words - sizeof "-incoming\0defer";

    fake_host_qemu_pid_file (host, domain, G_STRINGIFY (QEMU_PID) "\n");
    fake_host_qemu_command_line (host, words, incoming ? sizeof words : length_without);
}
