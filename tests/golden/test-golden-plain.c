/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests without a vGPU, with every form of hostdev: no program touches them, even on a host with a bad
 * configuration and with leases; and their status files do not prevent the arrival of a guest with a vGPU. */
#include "events.h"

#include <string.h>

#define BALLOON "<memballoon model='virtio'>"
#define GUEST   "<address type='pci' domain='0x0000' bus='0x06' slot='0x00' function='0x0'/>"
#define PCI(source, more) \
    "<hostdev mode='subsystem' type='pci' managed='yes'><source>" source "</source>" more "</hostdev>"

static const struct {
    const char *name;
    const char *devices;
} forms[] = {
    /* an NVMe behind Intel's VMD, as libvirt writes it */
    {"wide-domain", PCI ("<address domain='0x10000' bus='0xe1' slot='0x00' function='0x0'/>", GUEST)},
    {"widest-domain", PCI ("<address domain='0xffffffff' bus='0xe1' slot='0x00' function='0x0'/>", GUEST)},
    {"wider-than-any", PCI ("<address domain='0x123456789' bus='0xe1' slot='0x00' function='0x0'/>", GUEST)},
    {"odd-slot", PCI ("<address domain='0x0000' bus='0xe1' slot='0x20' function='0x0'/>", GUEST)},
    {"no-number", PCI ("<address domain='x' bus='' slot='-1' function='0x'/>", GUEST)},
    {"no-address", PCI ("", GUEST)},
    {"empty-address", PCI ("<address/>", GUEST)},
    {"foreign", PCI ("<address domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>", GUEST)},
    {"absent", PCI ("<address domain='0x0000' bus='0x77' slot='0x00' function='0x0'/>", GUEST)},
    {"guest-unassigned", PCI ("<address bus='0x77'/>", "<address type='unassigned'/>")},
    {"guest-odd", PCI ("<address bus='0x77'/>", "<address type='pci' domain='y' bus='0x100'/>")},
    {"guest-wide", PCI ("<address bus='0x77'/>", "<address type='pci' domain='0x10001' bus='0x01'/>")},
    {"zpci", PCI ("<driver name='vfio'/><address bus='0x77'/>",
                  "<address type='pci' bus='0x01'><zpci uid='0xffff' fid='0xffffffff'/></address>")},
    {"xen", "<hostdev mode='subsystem' type='pci'><driver name='xen'/><source writeFiltering='no'><address "
            "bus='0x77'/></source></hostdev>"},
    {"usb", "<hostdev mode='subsystem' type='usb'><source startupPolicy='optional' guestReset='off'><vendor "
            "id='0x046d'/><product id='0x0825'/><address bus='1' device='4'/></source><address type='usb' "
            "bus='0' port='1.2'/></hostdev>"},
    {"scsi",
     "<hostdev mode='subsystem' type='scsi' sgio='filtered' rawio='yes'><source><adapter "
     "name='scsi_host0'/><address bus='0' target='0' unit='0'/></source><readonly/><shareable/><address "
     "type='drive' controller='0' bus='0' target='0' unit='0'/></hostdev>"},
    {"iscsi",
     "<hostdev mode='subsystem' type='scsi'><source protocol='iscsi' name='iqn.1992-01.com.example/0'>"
     "<host name='example.org' port='3260'/></source></hostdev>"},
    {"scsi-host", "<hostdev mode='subsystem' type='scsi_host' model='virtio'><source protocol='vhost' "
                  "wwpn='naa.5123456789abcde0'/><address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/>"
                  "</hostdev>"},
    {"vfio-ccw", "<hostdev mode='subsystem' type='mdev' model='vfio-ccw'><source><address uuid='" CASE_MDEV
                 "'/></source><address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/></hostdev>"},
    {"vfio-ap", "<hostdev mode='subsystem' type='mdev' model='vfio-ap'><source><address uuid='" CASE_MDEV
                "'/></source></hostdev>"},
    {"foreign-mdev", "<hostdev mode='subsystem' type='mdev' model='vfio-pci' display='on' ramfb='on'><source>"
                     "<address uuid='" CASE_FOREIGN_MDEV "'/></source>" GUEST "</hostdev>"},
    {"storage",
     "<hostdev mode='capabilities' type='storage'><source><block>/dev/sdf1</block></source></hostdev>"},
    {"misc",
     "<hostdev mode='capabilities' type='misc'><source><char>/dev/input/event3</char></source></hostdev>"},
    {"net", "<hostdev mode='capabilities' type='net'><source><interface>eth0</interface></source></hostdev>"},
    /* further forms from libvirt's own tests */
    {"rom", PCI ("<address bus='0x77'/>", "<rom bar='on' file='/etc/fake/bootrom.bin'/>" GUEST)},
    {"driver-model", PCI ("<driver name='vfio' model='vfio-pci-igb'/><address bus='0x77'/>", GUEST)},
    {"teaming", PCI ("<address bus='0x77'/>", "<teaming type='transient' persistent='ua-backup0'/>" GUEST)},
    {"boot", PCI ("<address bus='0x77'/>", "<boot order='1'/><alias name='ua-1'/>" GUEST)},
    {"origstates",
     PCI ("<address bus='0x77'/><origstates><unbind/><removeslot/><reprobe/></origstates>", GUEST)},
    {"multifunction", PCI ("<address bus='0x77'/>", "<address type='pci' bus='0x06' multifunction='on'/>")},
    {"zpci-unassigned", PCI ("<address bus='0x77'/>", "<address type='pci'><zpci uid='0x0'/></address>")},
    {"private-data",
     "<hostdev mode='subsystem' type='scsi' managed='no'><source protocol='iscsi' name='iqn.1992-01.example'>"
     "<host name='example.org' port='3260'/><auth username='me'><secret type='iscsi' usage='theirs'/></auth>"
     "<initiator><iqn name='iqn.2020-07.example:initiator'/></initiator><privateData><nodenames><nodename "
     "type='storage' name='libvirt-hostdev0-backend'/></nodenames><objects><secret type='auth' "
     "alias='hostdev0-secret0'/></objects></privateData></source></hostdev>"},
    {"transitional", "<hostdev mode='subsystem' type='scsi_host' model='virtio-transitional'><source "
                     "protocol='vhost' wwpn='naa.5123456789abcde0'/>" GUEST "</hostdev>"},
    {"container-net", "<hostdev mode='capabilities' type='net'><source><interface>eth0</interface></source>"
                      "<ip address='192.168.122.2' family='ipv4' prefix='24'/><route family='ipv4' "
                      "address='0.0.0.0' gateway='192.168.122.1'/></hostdev>"},
    {"interface", "<interface type='hostdev' managed='yes'><source><address type='pci' domain='0x0000' "
                  "bus='0x77' slot='0x10' function='0x1'/></source><vlan><tag id='42'/></vlan><virtualport "
                  "type='802.1Qbg'/></interface>"},
    {"capability-pci",
     "<hostdev mode='capabilities' type='pci'><source><address bus='x'/></source></hostdev>"},
    {"of-tomorrow", "<hostdev mode='subsystem' type='cxl'><source><address bus='x'/></source></hostdev>"},
    {"nothing", "<hostdev/>"},
};

static void
plain_guest (Guest *guest, FakeHost *host, gsize form)
{
    g_autofree char *with = g_strconcat (forms[form].devices, BALLOON, NULL);
    g_autoptr (GString) xml = NULL;

    guest_init (guest, host, "no-vgpu", VM_1);
    xml = g_string_new (guest->xml);
    g_assert_cmpuint (g_string_replace (xml, BALLOON, with, 1), ==, 1);
    g_free (guest->xml);
    guest->length = xml->len;
    guest->xml = g_string_free (g_steal_pointer (&xml), FALSE);
}

static void
test_events (gconstpointer data)
{
    static const char *const events[] = {"migrate", "restore", "prepare", "started", "release end"};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) guest = {0};

    case_standard_host (host);
    fake_host_configure (host, "[gate]\nmising-metadata=allow\n");
    put_leases (host, LEASES_OF ("1", LEASE (VM_2, CASE_MDEV, "planned", "18446744073709551615")));
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    plain_guest (&guest, host, GPOINTER_TO_SIZE (data));
    for (gsize i = 0; i < G_N_ELEMENTS (events); i++)
        allowed_unchanged (&guest, events[i]);
}

/* A guest with a vGPU arrives while it runs. */
static void
test_status (gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) plain = {0}, guest = {0};
    g_autofree char *status = NULL;

    case_standard_host (host);
    plain_guest (&plain, host, GPOINTER_TO_SIZE (data));
    status = g_strdup_printf ("<domstatus state='running' reason='booted' pid='4711'>\n%s</domstatus>\n",
                              plain.xml);
    fake_host_write_file (host, "run/libvirt/qemu/plain.xml", status, strlen (status), 0600);
    guest_init (&guest, host, "mdev", VM_2);
    allowed_unchanged (&guest, "migrate");
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (gsize i = 0; i < G_N_ELEMENTS (forms); i++) {
        g_autofree char *events = g_strdup_printf ("/plain/%s/events", forms[i].name);
        g_autofree char *status = g_strdup_printf ("/plain/%s/status", forms[i].name);

        program_add_test (events, GSIZE_TO_POINTER (i), test_events);
        program_add_test (status, GSIZE_TO_POINTER (i), test_status);
    }
    return g_test_run ();
}
