/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices on QEMU's command line, in each form that QEMU accepts. */
#include "domain/command-line.h"

#include "sample.h"

#include <string.h>

#define UUID "a3a3f5f0-2b1c-4f6e-9a9d-0c7b1d5e8f01"

static const struct {
    const char *argument;
    VgateHostdevKind kind;
    const char *source;
} good[] = {
    {"vfio-pci,sysfsdev=/sys/bus/mdev/devices/" UUID, VGATE_HOSTDEV_MDEV, UUID},
    {"vfio-pci,id=vgpu0,bus=pcie.0,addr=0x6,sysfsdev=/sys/bus/mdev/devices/" UUID ",display=off",
     VGATE_HOSTDEV_MDEV, UUID},
    {"sysfsdev=/sys/bus/mdev/devices/" UUID ",driver=vfio-pci", VGATE_HOSTDEV_MDEV, UUID},
    {"vfio-pci-nohotplug,sysfsdev=/sys/bus/mdev/devices/" UUID ",ramfb=on", VGATE_HOSTDEV_MDEV, UUID},
    {"vfio-pci,sysfsdev=/sys/devices/pci0000:40/0000:41:00.0/" UUID "/", VGATE_HOSTDEV_MDEV, UUID},
    {"vfio-pci,sysfsdev=/sys/class/mdev_bus/0000:41:00.0/" UUID, VGATE_HOSTDEV_MDEV, UUID},
    {"vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:41:00.4", VGATE_HOSTDEV_PCI, "0000:41:00.4"},
    {"vfio-pci,sysfsdev=/sys/bus/pci/devices/10000:E1:00.0", VGATE_HOSTDEV_PCI, "10000:e1:00.0"},
    {"vfio-pci,host=0000:41:00.4", VGATE_HOSTDEV_PCI, "0000:41:00.4"},
    {"vfio-pci,host=41:00.4", VGATE_HOSTDEV_PCI, "0000:41:00.4"},
    {"vfio-pci,host=1:2.3,x-no-mmap", VGATE_HOSTDEV_PCI, "0000:01:02.3"},
    {"driver=vfio-pci,host=C1:1F.7", VGATE_HOSTDEV_PCI, "0000:c1:1f.7"},
    /* sysfsdev has priority over host, and the last value of a name counts */
    {"vfio-pci,sysfsdev=/sys/bus/mdev/devices/" UUID ",host=41:00.4", VGATE_HOSTDEV_MDEV, UUID},
    {"vfio-pci,host=01:00.0,host=41:00.4", VGATE_HOSTDEV_PCI, "0000:41:00.4"},
    /* a double comma is part of the value */
    {"vfio-pci,id=a,,host=01:00.0,host=41:00.4", VGATE_HOSTDEV_PCI, "0000:41:00.4"},
    {"{\"driver\":\"vfio-pci\",\"sysfsdev\":\"/sys/bus/mdev/devices/" UUID "\",\"id\":\"x\"}",
     VGATE_HOSTDEV_MDEV, UUID},
    {" { 'id' : 'x', \"multifunction\": true, \"n\" : 3, 'host' : '0000:41:00.4' ,\n 'driver': 'vfio-pci' } ",
     VGATE_HOSTDEV_PCI, "0000:41:00.4"},
    {"{\"driver\":\"vfio\\u002dpci\",\"sysfsdev\":\"\\/sys\\/bus\\/mdev\\/devices\\/" UUID "\"}",
     VGATE_HOSTDEV_MDEV, UUID},
    {"{\"x\":{\"host\":\"01:00.0\",\"driver\":\"e1000\"},\"driver\":\"vfio-pci\",\"host\":\"41:00.4\"}",
     VGATE_HOSTDEV_PCI, "0000:41:00.4"},
};

static const char *const none[] = {
    "",
    ",",
    "=",
    "vfio-pci",
    "vfio-pci,",
    "vfio-pci,host=",
    "vfio-pci,host=41:00",
    "vfio-pci,host=41",
    "vfio-pci,host=x:y.z",
    "vfio-pci,host=0:0:41:00.4",
    "vfio-pci,host=0000:41:00.4x",
    "vfio-pci,sysfsdev=",
    "vfio-pci,sysfsdev=/",
    "vfio-pci,sysfsdev=/sys/bus/pci/devices/",
    "vfio-pci,sysfsdev=/dev/vfio/12",
    "vfio-pci,id=a,,host=41:00.4",
    "vfio-ccw,sysfsdev=/sys/bus/mdev/devices/" UUID,
    "vfio-ap,sysfsdev=/sys/bus/mdev/devices/" UUID,
    "virtio-net-pci,host=41:00.4",
    "host=41:00.4",
    "e1000,id=vfio-pci,host=41:00.4",
    "{",
    "{}",
    "{\"driver\"",
    "{\"driver\":\"vfio-pci\"",
    "{\"driver\":\"vfio-pci\",\"host\":\"41:00",
    "{\"driver\":\"vfio-pci\",\"host\":\"\\",
    "{\"driver\":\"vfio-pci\",\"host\":\"\\u00",
    "{\"driver\":[\"vfio-pci\"],\"host\":\"41:00.4\"}",
    "}]{\"driver\":1,\"vfio-pci\":2,\"host\":\"41:00.4\"}",
};

static void
test_good (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
        VgateHostdevKind kind = VGATE_HOSTDEV_PCI;
        g_autofree char *source = NULL;

        g_test_message ("%s", good[i].argument);
        g_assert_true (vgate_qemu_device_parse (good[i].argument, &kind, &source));
        g_assert_cmpint (kind, ==, good[i].kind);
        g_assert_cmpstr (source, ==, good[i].source);
    }
}

static void
test_none (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (none); i++) {
        VgateHostdevKind kind;
        g_autofree char *source = NULL;

        g_test_message ("%s", none[i]);
        g_assert_false (vgate_qemu_device_parse (none[i], &kind, &source));
        g_assert_null (source);
    }
}

#define QEMU     "xmlns:qemu='" VGATE_VMSTATE_QEMU_NAMESPACE "'"
#define ARG(arg) "<qemu:arg value='" arg "'/>"
#define VFIO     "vfio-pci,sysfsdev=/sys/bus/mdev/devices/" UUID

static void
test_domain (void)
{
    static const struct {
        const char *arguments;
        guint n;
    } cases[] = {
        {ARG ("-device") ARG (VFIO), 1},
        {ARG ("--device") ARG (VFIO) "<qemu:env name='A' value='-device'/>" ARG ("-device") ARG (VFIO), 2},
        {ARG ("-device") "<!-- -->" ARG ("vfio-pci,host=41:00.4") ARG ("-name") ARG ("x"), 1},
        {ARG ("-device") "<qemu:env name='A'/>" ARG (VFIO), 1},
        {ARG ("-object") ARG (VFIO), 0},
        {ARG ("-device") ARG ("e1000") ARG (VFIO), 0},
        {ARG (VFIO), 0},
        {ARG ("-device"), 0},
        {ARG ("-device") "<qemu:arg/>" ARG (VFIO), 0},
        {"<arg value='-device'/><arg value='" VFIO "'/>", 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *domain_xml =
            g_strdup_printf ("<domain " QEMU "><name>g</name><uuid>" SAMPLE_DOMAIN_UUID
                             "</uuid><qemu:commandline>%s</qemu:commandline></domain>",
                             cases[i].arguments);
        g_autofree char *status_xml = g_strdup_printf ("<domstatus>%s</domstatus>", domain_xml);
        g_autoptr (GError) error = NULL;
        g_autoptr (VgateDomain) domain = vgate_domain_read (domain_xml, strlen (domain_xml), NULL, &error);
        g_autoptr (VgateDomain) status = vgate_domain_read_status (status_xml, strlen (status_xml), NULL);

        g_test_message ("%s", cases[i].arguments);
        g_assert_no_error (error);
        g_assert_cmpuint (domain->hostdevs->len, ==, cases[i].n);
        g_assert_nonnull (status);
        g_assert_cmpuint (status->hostdevs->len, ==, cases[i].n);
        for (guint j = 0; j < domain->hostdevs->len; j++) {
            const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, j);

            g_assert_true (hostdev->is_on_command_line);
            g_assert_null (hostdev->guest_address);
        }
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/command-line/good", test_good);
    g_test_add_func ("/command-line/none", test_none);
    g_test_add_func ("/command-line/domain", test_domain);
    return g_test_run ();
}
