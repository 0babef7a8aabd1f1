/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate as its callers use it, on a sysfs tree that changes during a request. */
#include "gate/gate.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MDEV "a3a3f5f0-2b1c-4f6e-9a9d-0c7b1d5e8f01"
#define GPU  "/sys/devices/pci0000:40/0000:41:00.0"
#define LINK "/sys/bus/mdev/devices/" MDEV
#define DOMAIN                                                                                     \
    "<domain type='kvm'><name>vm1</name><uuid>4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701</uuid>"         \
    "<devices><hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='" MDEV \
    "'/></source></hostdev></devices></domain>"

typedef struct {
    char *root;
    VgateDomain *domain;
    VgatePolicy *policy;
    guint n_loads;
    gboolean takes_away; /* load () takes the device away */
} Fixture;

static char *
in_tree (const Fixture *f, const char *path)
{
    char *full = g_strconcat (f->root, path, NULL);
    g_autofree char *parent = g_path_get_dirname (full);

    g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
    return full;
}

static void
put_device (const Fixture *f)
{
    g_autofree char *link = in_tree (f, LINK);

    g_assert_cmpint (symlink ("../../../devices/pci0000:40/0000:41:00.0/" MDEV, link), ==, 0);
}

static void
take_device (const Fixture *f)
{
    g_autofree char *link = in_tree (f, LINK);

    g_assert_cmpint (g_unlink (link), ==, 0);
}

static void
set_up (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *vendor = NULL, *device = NULL;

    f->root = g_dir_make_tmp ("vgate-gate-XXXXXX", &error);
    g_assert_no_error (error);
    vendor = in_tree (f, GPU "/vendor");
    device = in_tree (f, GPU "/" MDEV);
    g_assert_true (g_file_set_contents (vendor, "0x10de\n", -1, NULL));
    g_assert_cmpint (g_mkdir (device, 0755), ==, 0);
    f->domain = vgate_domain_read (DOMAIN, strlen (DOMAIN), NULL, &error);
    g_assert_no_error (error);
    f->policy = vgate_policy_new_default ();
}

static void
tear_down (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *command = g_strdup_printf ("rm -r -- '%s'", f->root);

    g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
    vgate_domain_free (f->domain);
    vgate_policy_free (f->policy);
    g_free (f->root);
}

static gboolean
load (VgateRequest *request, gpointer data, G_GNUC_UNUSED GError **error)
{
    Fixture *f = data;

    f->n_loads++;
    if (f->takes_away)
        take_device (f);
    request->policy = f->policy;
    return TRUE;
}

static VgateCode
decide (Fixture *f, VgateOperation operation)
{
    const VgateRequest request = {
        .operation = operation, .domain = f->domain, .root = f->root, .load = load, .load_data = f};
    g_autoptr (VgateDecision) decision = vgate_gate_decide (&request);

    return decision->code;
}

#define TEST(name) static void name (Fixture *f, G_GNUC_UNUSED gconstpointer data)

/* The device was seen, and vanishes while the configuration is read: the first observation counts. */
TEST (test_goes)
{
    put_device (f);
    f->takes_away = TRUE;
    g_assert_cmpint (decide (f, VGATE_OPERATION_RESTORE), ==, VGATE_CODE_METADATA_MISSING);
    g_assert_cmpuint (f->n_loads, ==, 1);
}

/* A guest that does not concern us needs no configuration, whose faults then do not matter. */
TEST (test_absent)
{
    g_assert_cmpint (decide (f, VGATE_OPERATION_RESTORE), ==, VGATE_CODE_NOT_CONCERNED);
    g_assert_cmpuint (f->n_loads, ==, 0);
}

/* A device of this kind, as vgpu-gate-nvml reports it. */
static void
add_device (GPtrArray *devices, const char *parent, const char *fault)
{
    VgateListedDevice *listed = g_new0 (VgateListedDevice, 1);

    listed->kind = VGATE_HOSTDEV_MDEV;
    listed->source = g_strdup (MDEV);
    listed->device.kind = fault ? VGATE_DEVICE_UNUSABLE : VGATE_DEVICE_VGPU;
    listed->device.fault = g_strdup (fault);
    listed->device.parent = g_strdup (parent);
    listed->device.pgpu = g_strdup ("0000:41:00.0");
    listed->device.type = 1131;
    listed->device.type_name = g_strdup ("NVIDIA H100XM-80C");
    g_ptr_array_add (devices, listed);
}

/* The first step identifies a device without reading its type, and keeps the result; the second takes the
 * type that was read elsewhere, of the same device. */
TEST (test_observation)
{
    static const struct {
        const char *parent, *fault;
        VgateDeviceKind kind;
    } types[] = {{"0000:41:00.0", NULL, VGATE_DEVICE_VGPU},
                 {"0000:41:00.4", NULL, VGATE_DEVICE_ABSENT}, /* another device by now */
                 {NULL, NULL, VGATE_DEVICE_ABSENT},           /* it vanished */
                 {"0000:41:00.0", "the name of its type is none", VGATE_DEVICE_UNUSABLE}};
    const VgateHostdev *hostdev = g_ptr_array_index (f->domain->hostdevs, 0);

    for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
        g_autoptr (VgateObservation) observation = NULL;
        g_autoptr (GPtrArray) devices =
            g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_listed_device_free);
        const VgateDevice *device;

        put_device (f);
        observation = vgate_observation_new (f->domain, f->root, FALSE);
        take_device (f);
        g_assert_true (vgate_observation_has_vgpu (observation));
        g_assert_cmpint (vgate_observation_device (observation, hostdev)->kind, ==, VGATE_DEVICE_VGPU);
        if (types[i].parent)
            add_device (devices, types[i].parent, types[i].fault);
        vgate_observation_take_types (observation, devices);
        device = vgate_observation_typed_device (observation, hostdev);
        g_assert_cmpint (device->kind, ==, types[i].kind);
        g_assert_cmpstr (device->fault, ==, types[i].fault);
        g_assert_cmpstr (device->type_name, ==,
                         types[i].kind == VGATE_DEVICE_VGPU ? "NVIDIA H100XM-80C" : NULL);
    }
}

static void
put (const Fixture *f, const char *path, const char *text, gsize length)
{
    g_autofree char *full = in_tree (f, path);

    g_assert_true (g_file_set_contents (full, text, (gssize)length, NULL));
}

/* A session's libvirtd has its pid files in the user's run-time directory, or else in the cache. A guest of
 * the system's libvirtd with the same name is another guest. */
TEST (test_session)
{
    static const char incoming[] = "/usr/bin/qemu-system-x86_64\0-incoming\0defer";
    static const char cold[] = "/usr/bin/qemu-system-x86_64\0-S";
    g_autofree char *runtime = g_strdup_printf ("/run/user/%u/libvirt/qemu/run/vm1.pid", (guint)geteuid ());
    g_autofree char *cache = g_build_filename (g_get_user_runtime_dir (), "libvirt/qemu/run/vm1.pid", NULL);
    const char *const pid_files[] = {runtime, cache};

    put (f, "/run/libvirt/qemu/vm1.pid", "4711", 4);
    put (f, "/proc/4711/cmdline", incoming, sizeof incoming);
    put (f, "/proc/4712/cmdline", cold, sizeof cold);
    for (gsize i = 0; i < G_N_ELEMENTS (pid_files); i++) {
        g_autoptr (VgateObservation) before = vgate_observation_new (f->domain, f->root, TRUE);
        g_autoptr (VgateObservation) session = vgate_observation_new (f->domain, f->root, TRUE);
        g_autoptr (VgateObservation) ours = vgate_observation_new (f->domain, f->root, FALSE);
        g_autofree char *path = in_tree (f, pid_files[i]);
        g_autoptr (GError) error = NULL;

        g_assert_false (vgate_observation_is_incoming (before, &error));
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_QEMU_UNKNOWN);
        g_clear_error (&error);
        put (f, pid_files[i], "4712\n", 5);
        g_assert_false (vgate_observation_is_incoming (session, &error));
        g_assert_no_error (error);
        g_assert_true (vgate_observation_is_incoming (ours, &error));
        g_assert_no_error (error);
        g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

/* The leases, which cannot be read here, do not concern a session, so they do not prevent a cold start. */
TEST (test_session_leases)
{
    VgateRequest request = {
        .operation = VGATE_OPERATION_PREPARE, .domain = f->domain, .root = f->root, .is_session = TRUE};
    g_autoptr (VgateDecision) session = NULL;

    put (f, "/run/vgpu-gate/leases", "rubbish", strlen ("rubbish"));
    put_device (f);
    session = vgate_gate_decide (&request);
    g_assert_cmpint (session->code, ==, VGATE_CODE_NOT_CONCERNED);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add ("/gate/device-goes", Fixture, NULL, set_up, test_goes, tear_down);
    g_test_add ("/gate/device-absent", Fixture, NULL, set_up, test_absent, tear_down);
    g_test_add ("/gate/observation", Fixture, NULL, set_up, test_observation, tear_down);
    g_test_add ("/gate/session", Fixture, NULL, set_up, test_session, tear_down);
    g_test_add ("/gate/session-leases", Fixture, NULL, set_up, test_session_leases, tear_down);
    return g_test_run ();
}
