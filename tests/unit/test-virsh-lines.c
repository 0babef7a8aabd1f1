/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shell commands that migrate a guest: their words, their order, and names that the shell or virsh could
 * take for something else. */
#include "virsh-lines.h"

#include <string.h>

#define UUID  "e06ac4a7-6fc1-4059-a96c-5563d2b22071"
#define MDEV  "a3a3f5f0-2b1c-4f6e-9a9d-0c7b1d5e8f01"
#define MDEV2 "b7b7f5f0-2b1c-4f6e-9a9d-0c7b1d5e8f02"
#define A     "virsh -c qemu+ssh://root@host-a/system"
#define SSH   "ssh -n root@host-b vgpu-gate "
#define FILE1 "vgpu-gate-" UUID ".xml"
#define FILE2 "vgpu-gate-" UUID "-inactive.xml"
#define DEFS  " --persistent --undefinesource"

typedef struct {
    VgateHostdevKind kind;
    const char *named, *device, *type, *gpu;
} Device;

typedef struct {
    const char *name;
    VgateVirshMove move;
    VgateVirshHosts hosts;
    Device devices[3];
    const char *lines;
} Case;

static const Case cases[] = {
    {"plain",
     {"vm1", UUID, "host-a", "host-b", NULL, 0, 0},
     {0},
     {{0}},
     A " migrate --live" DEFS " vm1 qemu+ssh://root@host-b/system\n"},
    {"from-here",
     {"vm1", UUID, NULL, "host-b", NULL, 0, 0},
     {0},
     {{0}},
     "virsh migrate --live" DEFS " vm1 qemu+ssh://root@host-b/system\n"},
    {"parallel",
     {"vm1", UUID, "host-a", "host-b", NULL, 0, 0},
     {NULL, 4, FALSE},
     {{0}},
     A " migrate --live" DEFS " --parallel --parallel-connections 4 vm1 qemu+ssh://root@host-b/system\n"},
    {"transient",
     {"vm1", UUID, "host-a", "host-b", NULL, 0, 0},
     {NULL, 0, TRUE},
     {{0}},
     A " migrate --live vm1 qemu+ssh://root@host-b/system\n"},
    /* an estimate that the limit allows changes nothing */
    {"short-enough",
     {"vm1", UUID, "host-a", "host-b", NULL, 300000, 0},
     {0},
     {{0}},
     A " migrate --live" DEFS " vm1 qemu+ssh://root@host-b/system\n"},
    {"default-limit",
     {"vm1", UUID, "host-a", "host-b", NULL, 300001, 0},
     {0},
     {{0}},
     A " migrate-setmaxdowntime vm1 400\nssh -n root@host-a vgpu-gated --once\n" A " migrate --live" DEFS
       " vm1 qemu+ssh://root@host-b/system\n"},
    {"own-limit",
     {"vm1", UUID, NULL, "host-b", NULL, 1783000, 1000},
     {0},
     {{0}},
     "virsh migrate-setmaxdowntime vm1 2300\nvgpu-gated --once\n"
     "virsh migrate --live" DEFS " vm1 qemu+ssh://root@host-b/system\n"},
    {"limit-suffices",
     {"vm1", UUID, "host-a", "host-b", NULL, 1783000, 3000},
     {0},
     {{0}},
     A " migrate --live" DEFS " vm1 qemu+ssh://root@host-b/system\n"},
    {"limit-of-qemu",
     {"vm1", UUID, NULL, "host-b", NULL, G_MAXUINT64, 0},
     {0},
     {{0}},
     "virsh migrate-setmaxdowntime vm1 2000000\nvgpu-gated --once\n"
     "virsh migrate --live" DEFS " vm1 qemu+ssh://root@host-b/system\n"},
    {"same-device",
     {"vm1", UUID, "host-a", "host-b", NULL, 0, 0},
     {0},
     {{VGATE_HOSTDEV_MDEV, MDEV, MDEV, "L40S-12Q", "0000:41:00.0"}},
     SSH "device make " MDEV " --type L40S-12Q --gpu 0000:41:00.0\n" A " migrate --live" DEFS
         " vm1 qemu+ssh://root@host-b/system\n"},
    {"device-exists",
     {"vm1", UUID, "host-a", "host-b", NULL, 0, 0},
     {0},
     {{VGATE_HOSTDEV_MDEV, MDEV, MDEV, NULL, NULL}},
     A " migrate --live" DEFS " vm1 qemu+ssh://root@host-b/system\n"},
    {"other-mdev",
     {"vm1", UUID, "host-a", "host-b", NULL, 0, 0},
     {0},
     {{VGATE_HOSTDEV_MDEV, MDEV, MDEV2, NULL, NULL}},
     "(umask 077; " A " dumpxml --migratable --security-info vm1 | sed \"s,<address uuid='" MDEV
     "'/>,<address uuid='" MDEV2 "'/>,;t\" >" FILE1 ")\n"
     "(umask 077; " A " dumpxml --inactive --security-info vm1 | sed \"s,<address uuid='" MDEV
     "'/>,<address uuid='" MDEV2 "'/>,;t\" >" FILE2 ")\n" A " migrate --live" DEFS " --xml " FILE1
     " --persistent-xml " FILE2 " vm1 qemu+ssh://root@host-b/system\nrm " FILE1 " " FILE2 "\n"},
    {"other-vf-transient",
     {"vm1", UUID, "host-a", "host-b", NULL, 0, 0},
     {NULL, 0, TRUE},
     {{VGATE_HOSTDEV_PCI, "0000:41:00.4", "0000:c1:02.7", "H100XM-20C", "0000:c1:00.0"}},
     SSH "device make 0000:c1:02.7 --type H100XM-20C\n"
         "(umask 077; " A " dumpxml --migratable --security-info vm1 | sed \"s,<address domain='0x0000' "
         "bus='0x41' slot='0x00' function='0x4'/>,<address domain='0x0000' bus='0xc1' slot='0x02' "
         "function='0x7'/>,;t\" >" FILE1 ")\n" A " migrate --live --xml " FILE1
         " vm1 qemu+ssh://root@host-b/system\nrm " FILE1 "\n"},
    /* each address is replaced once, also when two devices change places */
    {"swapped",
     {"vm1", UUID, NULL, "host-b", NULL, 0, 0},
     {NULL, 0, TRUE},
     {{VGATE_HOSTDEV_MDEV, MDEV, MDEV2, NULL, NULL}, {VGATE_HOSTDEV_MDEV, MDEV2, MDEV, NULL, NULL}},
     "(umask 077; virsh dumpxml --migratable --security-info vm1 | sed \"s,<address uuid='" MDEV
     "'/>,<address uuid='" MDEV2 "'/>,;t;s,<address uuid='" MDEV2 "'/>,<address uuid='" MDEV
     "'/>,;t\" >" FILE1 ")\nvirsh migrate --live --xml " FILE1 " vm1 qemu+ssh://root@host-b/system\nrm " FILE1
     "\n"},
    {"pci-domain",
     {"vm1", UUID, NULL, "host-b", NULL, 0, 0},
     {NULL, 0, TRUE},
     {{VGATE_HOSTDEV_PCI, "10000:41:00.4", "0000:41:00.4", NULL, NULL}},
     "(umask 077; virsh dumpxml --migratable --security-info vm1 | sed \"s,<address domain='0x10000' "
     "bus='0x41' slot='0x00' function='0x4'/>,<address domain='0x0000' bus='0x41' slot='0x00' "
     "function='0x4'/>,;t\" >" FILE1 ")\n"
     "virsh migrate --live --xml " FILE1 " vm1 qemu+ssh://root@host-b/system\nrm " FILE1 "\n"},
    {"another-transport",
     {"vm1", UUID, "host-a", "host-b", NULL, 400000, 0},
     {"qemu+tcp://%h:16509/system", 0, TRUE},
     {{VGATE_HOSTDEV_MDEV, MDEV, MDEV, "L40S-12Q", NULL}},
     "virsh -c qemu+tcp://host-a:16509/system migrate-setmaxdowntime vm1 500\n"
     "ssh -n host-a vgpu-gated --once\nssh -n host-b vgpu-gate device make " MDEV " --type L40S-12Q\n"
     "virsh -c qemu+tcp://host-a:16509/system migrate --live vm1 qemu+tcp://host-b:16509/system\n"},
    {"ssh-port",
     {"vm1", UUID, "host-a", "host-b", NULL, 0, 0},
     {"qemu+ssh://admin@%h:2222/system?keyfile=/k", 0, TRUE},
     {{VGATE_HOSTDEV_MDEV, MDEV, MDEV, "L40S-12Q", NULL}},
     "ssh -n -p 2222 admin@host-b vgpu-gate device make " MDEV " --type L40S-12Q\n"
     "virsh -c 'qemu+ssh://admin@host-a:2222/system?keyfile=/k' migrate --live vm1 "
     "'qemu+ssh://admin@host-b:2222/system?keyfile=/k'\n"},
    /* virsh takes a number for an ID */
    {"number-as-name",
     {"12", UUID, NULL, "host-b", NULL, 0, 0},
     {NULL, 0, TRUE},
     {{0}},
     "virsh migrate --live " UUID " qemu+ssh://root@host-b/system\n"},
    {"option-as-name",
     {"--all", UUID, NULL, "host-b", NULL, 0, 0},
     {NULL, 0, TRUE},
     {{0}},
     "virsh migrate --live " UUID " qemu+ssh://root@host-b/system\n"},
    {"uuid-as-name",
     {"a3a3f5f0-2b1c-4f6e-9a9d-0c7b1d5e8f01", UUID, NULL, "host-b", NULL, 0, 0},
     {NULL, 0, TRUE},
     {{0}},
     "virsh migrate --live " UUID " qemu+ssh://root@host-b/system\n"},
    {"hostile",
     {"vm; rm -rf /", UUID, "-oProxyCommand=x", "b'$(x)", NULL, 400000, 0},
     {"qemu+ssh://%h/system", 0, TRUE},
     {{VGATE_HOSTDEV_MDEV, MDEV, MDEV, "a b", NULL}},
     "virsh -c qemu+ssh://-oProxyCommand%3Dx/system migrate-setmaxdowntime " UUID " 500\n"
     "ssh -n -- '-oProxyCommand=x' vgpu-gated --once\n"
     "ssh -n 'b'\\''$(x)' vgpu-gate device make " MDEV " --type ''\\''a b'\\'''\n"
     "virsh -c qemu+ssh://-oProxyCommand%3Dx/system migrate --live " UUID
     " qemu+ssh://b%27%24%28x%29/system\n"},
};

static char *
lines_of (const Case *one)
{
    g_autoptr (GPtrArray) devices = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_virsh_device_free);
    VgateVirshMove move = one->move;
    g_autoptr (GPtrArray) lines = NULL;
    GString *text = g_string_new (NULL);

    for (const Device *device = one->devices; device->named; device++)
        g_ptr_array_add (devices, vgate_virsh_device_new (device->kind, device->named, device->device,
                                                          device->type, device->gpu));
    move.devices = devices->len > 0 ? devices : NULL;
    lines = vgate_virsh_migrate (&move, &one->hosts);
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf (text, "%s\n", (const char *)g_ptr_array_index (lines, i));
    return g_string_free (text, FALSE);
}

static void
test_lines (gconstpointer data)
{
    const Case *one = data;
    g_autofree char *lines = lines_of (one);

    g_assert_cmpstr (lines, ==, one->lines);
    g_assert_null (strstr (lines, "postcopy"));
}

/* What sed makes of a domain's XML: only the source addresses change. */
static void
test_sed (void)
{
    static const char before[] =
        "<domain><metadata><vgpu mdev='" MDEV "'/></metadata>\n"
        "<source>\n<address uuid='" MDEV "'/>\n</source>\n"
        "<source>\n<address uuid='" MDEV2 "'/>\n</source>\n"
        "<address type='pci' domain='0x0000' bus='0x41' slot='0x00' function='0x4'/>\n"
        "<source>\n<address domain='0x0000' bus='0x41' slot='0x00' function='0x4'/>\n"
        "</source>\n</domain>\n";
    static const char after[] =
        "<domain><metadata><vgpu mdev='" MDEV "'/></metadata>\n"
        "<source>\n<address uuid='" MDEV2 "'/>\n</source>\n"
        "<source>\n<address uuid='" MDEV "'/>\n</source>\n"
        "<address type='pci' domain='0x0000' bus='0x41' slot='0x00' function='0x4'/>\n"
        "<source>\n<address domain='0x0000' bus='0x42' slot='0x01' function='0x5'/>\n"
        "</source>\n</domain>\n";
    const Case one = {
        .move = {"vm1", UUID, NULL, "host-b", NULL, 0, 0},
        .hosts = {NULL, 0, TRUE},
        .devices = {{VGATE_HOSTDEV_MDEV, MDEV, MDEV2, NULL, NULL},
                    {VGATE_HOSTDEV_MDEV, MDEV2, MDEV, NULL, NULL}},
    };
    g_autofree char *lines = NULL, *script = NULL, *out = NULL, *directory = NULL, *path = NULL;
    const char *argv[] = {"sed", NULL, NULL, NULL};
    const char *begin, *end;
    Case with_vf = one;

    with_vf.devices[2] = (Device){VGATE_HOSTDEV_PCI, "0000:41:00.4", "0000:42:01.5", NULL, NULL};
    {
        g_autoptr (GPtrArray) devices =
            g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_virsh_device_free);
        g_autoptr (GPtrArray) commands = NULL;
        VgateVirshMove move = one.move;

        for (guint i = 0; i < 3; i++)
            g_ptr_array_add (devices,
                             vgate_virsh_device_new (with_vf.devices[i].kind, with_vf.devices[i].named,
                                                     with_vf.devices[i].device, NULL, NULL));
        move.devices = devices;
        commands = vgate_virsh_migrate (&move, &one.hosts);
        lines = g_strdup (g_ptr_array_index (commands, 0));
    }
    begin = strchr (lines, '"') + 1;
    end = strchr (begin, '"');
    script = g_strndup (begin, (gsize)(end - begin));
    directory = g_dir_make_tmp ("vgpu-gate-virsh-XXXXXX", NULL);
    path = g_build_filename (directory, "vm.xml", NULL);
    g_assert_true (g_file_set_contents (path, before, -1, NULL));
    argv[1] = script;
    argv[2] = path;
    g_assert_true (
        g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL, NULL, NULL));
    g_assert_cmpstr (out, ==, after);
    g_assert_cmpint (remove (path), ==, 0);
    g_assert_cmpint (remove (directory), ==, 0);
}

static void
test_remove (void)
{
    g_autofree char *line = vgate_virsh_remove ("host-b", MDEV, &(VgateVirshHosts){0});

    g_assert_cmpstr (line, ==, "ssh -n root@host-b vgpu-gate device remove --yes " MDEV);
}

static void
test_allowed (void)
{
    static const struct {
        guint64 estimate, allowed;
    } times[] = {
        {1, 100},
        {300001, 400},
        {1000000, 1300},
        {1783000, 2300},
        {1600000000, 2000000},
        {1600001000, 2000000},
        {G_MAXUINT64, 2000000},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
        g_assert_cmpuint (vgate_virsh_allowed_down_time (times[i].estimate), ==, times[i].allowed);
}

static void
test_uri (void)
{
    static const char *const good[] = {VGATE_VIRSH_URI_DEFAULT, "qemu+tcp://%h/system",
                                       "qemu+tls://%h:1/system"};
    static const char *const bad[] = {"", "%h", "qemu+ssh://host/system", "qemu+ssh://%h:x/system",
                                      "a b://%h/"};

    for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
        g_assert_true (vgate_virsh_check_uri (good[i], NULL));
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_false (vgate_virsh_check_uri (bad[i], &error));
        g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
        g_assert_nonnull (strstr (error->message, bad[i]));
    }
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *path = g_strdup_printf ("/virsh-lines/%s", cases[i].name);

        g_test_add_data_func (path, &cases[i], test_lines);
    }
    g_test_add_func ("/virsh-lines/sed", test_sed);
    g_test_add_func ("/virsh-lines/remove", test_remove);
    g_test_add_func ("/virsh-lines/allowed-down-time", test_allowed);
    g_test_add_func ("/virsh-lines/uri", test_uri);
    return g_test_run ();
}
