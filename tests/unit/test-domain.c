/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain's XML: name, UUID, the hostdevs that can be vGPUs, and our element; the same names elsewhere are
 * ignored. */
#include "sample.h"

#include <string.h>

static VgateDomain *
read_domain (const char *xml, GError **error)
{
    return vgate_domain_read (xml, strlen (xml), NULL, error);
}

static VgateDomain *
must_read (const char *xml)
{
    g_autoptr (GError) error = NULL;
    VgateDomain *domain = read_domain (xml, &error);

    g_assert_no_error (error);
    return domain;
}

static VgateDomain *
read_data (const char *name)
{
    g_autofree char *path = g_build_filename (g_getenv ("VGATE_SRCDIR"), "tests/data", name, NULL);
    g_autofree char *xml = NULL;
    g_autoptr (GError) error = NULL;

    g_file_get_contents (path, &xml, NULL, &error);
    g_assert_no_error (error);
    return must_read (xml);
}

static void
assert_hostdev (const VgateDomain *domain, guint i, VgateHostdevKind kind, const char *source,
                const char *guest)
{
    const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

    g_assert_cmpint (hostdev->kind, ==, kind);
    g_assert_cmpstr (hostdev->source, ==, source);
    g_assert_cmpstr (hostdev->guest_address, ==, guest);
}

static void
test_libvirt_mdev (void)
{
    g_autoptr (VgateDomain) domain = read_data ("domain-mdev.xml");
    g_autoptr (GError) error = NULL;

    g_assert_cmpstr (domain->name, ==, "render-07");
    g_assert_cmpstr (domain->uuid, ==, SAMPLE_DOMAIN_UUID);
    g_assert_cmpuint (domain->hostdevs->len, ==, 1);
    assert_hostdev (domain, 0, VGATE_HOSTDEV_MDEV, "bbbbbbbb-0000-4000-8000-000000000001", "0000:07:00.0");
    g_assert_nonnull (domain->element);
    g_assert_true (vgate_element_check (domain->element, domain->uuid, NULL, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (domain->element->vgpus->len, ==, 1);
}

/* Two virtual functions, a network card and a USB stick; no element yet. */
static void
test_libvirt_vf (void)
{
    g_autoptr (VgateDomain) domain = read_data ("domain-vf.xml");

    g_assert_cmpstr (domain->name, ==, "train-01");
    g_assert_null (domain->element);
    g_assert_cmpuint (domain->hostdevs->len, ==, 3);
    assert_hostdev (domain, 0, VGATE_HOSTDEV_PCI, "0000:41:00.4", "0000:06:00.0");
    assert_hostdev (domain, 1, VGATE_HOSTDEV_PCI, "0000:41:01.2", "0000:07:00.0");
    assert_hostdev (domain, 2, VGATE_HOSTDEV_PCI, "0000:c3:00.1", "0000:08:00.0");
}

#define PCI(source, guest)                                                                            \
    "<hostdev mode='subsystem' type='pci' managed='yes'><source><address " source "/></source>" guest \
    "</hostdev>"
#define MDEV(uuid, guest)                                                                 \
    "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='" uuid \
    "'/></source>" guest "</hostdev>"
#define GUEST "<address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/>"

static const struct {
    const char *device;
    VgateHostdevKind kind;
    const char *source, *guest;
} good[] = {
    {PCI ("domain='0x0000' bus='0x41' slot='0x00' function='0x4'", GUEST), VGATE_HOSTDEV_PCI, "0000:41:00.4",
     "0000:07:00.0"},
    /* libvirt accepts decimal and octal from users, and an address without domain */
    {PCI ("bus='65' slot='31' function='7'", ""), VGATE_HOSTDEV_PCI, "0000:41:1f.7", NULL},
    {PCI ("domain='010' bus='0X0' slot='00' function='0'", ""), VGATE_HOSTDEV_PCI, "0008:00:00.0", NULL},
    {PCI ("domain='0xffff' bus='0xFF' slot='0x1f' function='0x7'", ""), VGATE_HOSTDEV_PCI, "ffff:ff:1f.7",
     NULL},
    {PCI ("bus='0x41' slot='0' function='0'", "<address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/>"),
     VGATE_HOSTDEV_PCI, "0000:41:00.0", NULL},
    /* absent parts are 0; libvirt ignores white space and a sign before a number */
    {PCI ("bus='0x41'", ""), VGATE_HOSTDEV_PCI, "0000:41:00.0", NULL},
    {PCI ("bus=' +0x41' slot='0' function='4' multifunction='on'", GUEST), VGATE_HOSTDEV_PCI, "0000:41:00.4",
     "0000:07:00.0"},
    /* Intel's VMD has PCI domains beyond 16 bits; libvirt and the kernel allow 32 */
    {PCI ("domain='0x10000' bus='0xe1' slot='0' function='0'", GUEST), VGATE_HOSTDEV_PCI, "10000:e1:00.0",
     "0000:07:00.0"},
    {PCI ("domain='0xffffffff' bus='0x41' slot='0' function='0'", ""), VGATE_HOSTDEV_PCI, "ffffffff:41:00.0",
     NULL},
    /* the guest's address can have any type, or not be assigned yet */
    {PCI ("bus='0x41'", "<address type='unassigned'/>"), VGATE_HOSTDEV_PCI, "0000:41:00.0", NULL},
    {PCI ("bus='0x41'", "<address type='pci'/>"), VGATE_HOSTDEV_PCI, "0000:41:00.0", NULL},
    {PCI ("bus='0x41'", "<address type='pci' multifunction='on'/>"), VGATE_HOSTDEV_PCI, "0000:41:00.0", NULL},
    {PCI ("bus='0x41'", "<address type='pci' bus='x' slot='1'/>"), VGATE_HOSTDEV_PCI, "0000:41:00.0", NULL},
    {PCI ("bus='0x41'", "<address type='pci' domain='0x10001' bus='0x00' slot='0x01' function='0x0'><zpci "
                        "uid='0x0001' fid='0x00000000'/></address>"),
     VGATE_HOSTDEV_PCI, "0000:41:00.0", "10001:00:01.0"},
    {PCI ("bus='0x41' slot='0' function='0'", "<driver name='vfio'/><alias name='hostdev0'/>" GUEST),
     VGATE_HOSTDEV_PCI, "0000:41:00.0", "0000:07:00.0"},
    {MDEV ("bbbbbbbb-0000-4000-8000-000000000001", GUEST), VGATE_HOSTDEV_MDEV,
     "bbbbbbbb-0000-4000-8000-000000000001", "0000:07:00.0"},
    {MDEV ("BBBBBBBB-0000-4000-8000-00000000000A", ""), VGATE_HOSTDEV_MDEV,
     "bbbbbbbb-0000-4000-8000-00000000000a", NULL},
    /* the schema also allows it without hyphens */
    {MDEV (" bbbbbbbb00004000-800000000000000A ", ""), VGATE_HOSTDEV_MDEV,
     "bbbbbbbb-0000-4000-8000-00000000000a", NULL},
    {"<hostdev type='mdev'><source><address uuid='bbbbbbbb-0000-4000-8000-000000000001'/></source></hostdev>",
     VGATE_HOSTDEV_MDEV, "bbbbbbbb-0000-4000-8000-000000000001", NULL},
    /* an element in another namespace hides nothing */
    {"<hostdev type='pci'><source><x:address xmlns:x='urn:x' bus='1'/><address "
     "bus='0x41'/></source></hostdev>",
     VGATE_HOSTDEV_PCI, "0000:41:00.0", NULL},
};

static void
test_hostdevs (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
        g_autofree char *xml = sample_domain (NULL, good[i].device);
        g_autoptr (VgateDomain) domain = must_read (xml);

        g_assert_cmpuint (domain->hostdevs->len, ==, 1);
        assert_hostdev (domain, 0, good[i].kind, good[i].source, good[i].guest);
    }
}

/* A live domain's status: the domain in it, without the element, and without the status's own content. */
static void
test_status (void)
{
    static const char outside[] =
        "<domain><name>other</name></domain><devices><hostdev type='mdev'/></devices>";
    g_autofree char *domain_xml = sample_domain ("<vgpus xmlns='urn:x-vgpu-gate:domain:1'>rubbish</vgpus>",
                                                 MDEV ("bbbbbbbb-0000-4000-8000-000000000001", GUEST));
    g_autofree char *xml = g_strdup_printf (
        "<domstatus state='running'><monitor>%s</monitor>%s<job/></domstatus>", outside, domain_xml);
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateDomain) domain = vgate_domain_read_status (xml, strlen (xml), &error), none = NULL;

    g_assert_no_error (error);
    g_assert_cmpuint (domain->hostdevs->len, ==, 1);
    assert_hostdev (domain, 0, VGATE_HOSTDEV_MDEV, "bbbbbbbb-0000-4000-8000-000000000001", "0000:07:00.0");
    g_assert_null (domain->element);
    none = vgate_domain_read_status (domain_xml, strlen (domain_xml), &error);
    g_assert_null (none);
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_XML_NOT_DOMAIN);
}

/* Every form in libvirt's schema that cannot be a vGPU, and some that the schema does not have. */
static void
test_no_hostdevs (void)
{
    static const char *const devices[] = {
        "",
        "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product "
        "id='0xbeef'/></source></hostdev>",
        "<hostdev mode='subsystem' type='usb' managed='no'><source startupPolicy='optional' guestReset='off'>"
        "<address bus='3' device='7'/></source><address type='usb' bus='0' port='1.2'/></hostdev>",
        "<hostdev mode='subsystem' type='scsi' sgio='unfiltered' rawio='yes'><source><adapter "
        "name='scsi_host0'/><address bus='0' target='0' unit='0'/></source><readonly/><shareable/><address "
        "type='drive' controller='0' bus='0' target='0' unit='0'/></hostdev>",
        "<hostdev mode='subsystem' type='scsi'><source protocol='iscsi' "
        "name='iqn.1992-01.com.example/0'><host "
        "name='example.org' port='3260'/><auth username='u'><secret type='iscsi' "
        "usage='s'/></auth><initiator>"
        "<iqn name='iqn.2'/></initiator></source></hostdev>",
        "<hostdev mode='subsystem' type='scsi_host' model='virtio'><source protocol='vhost' "
        "wwpn='naa.5123456789abcde0'/><address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/></hostdev>",
        "<hostdev mode='subsystem' type='mdev' model='vfio-ccw'><source><address "
        "uuid='bbbbbbbb-0000-4000-8000-000000000001'/></source></hostdev>",
        "<hostdev mode='subsystem' type='mdev' model='vfio-ap'><source><address "
        "uuid='odd'/></source></hostdev>",
        "<hostdev mode='subsystem' type='mdev' model='of-tomorrow'><source/></hostdev>",
        "<hostdev mode='capabilities' type='misc'><source><char>/dev/input/event3</char></source></hostdev>",
        "<hostdev mode='capabilities' type='storage'><source><block>/dev/sdf1</block></source></hostdev>",
        "<hostdev mode='capabilities' type='net'><source><interface>eth0</interface></source><ip "
        "address='192.0.2.1' family='ipv4' prefix='24'/></hostdev>",
        "<hostdev mode='capabilities' type='pci'><source><address bus='0x41'/></source></hostdev>",
        "<hostdev mode='subsystem'/>",
        "<hostdev/>",
        "<hostdev mode='subsystem' type='of-tomorrow'><source><address bus='0x41'/></source></hostdev>",
        "<interface type='hostdev'><source><address type='pci' domain='0' bus='0' slot='7' "
        "function='0'/></source></interface>",
        /* addresses that cannot be assigned */
        "<hostdev mode='subsystem' type='pci'/>",
        "<hostdev mode='subsystem' type='pci'><source startupPolicy='optional'/></hostdev>",
        "<hostdev mode='subsystem' type='pci'><source writeFiltering='no'><address/></source></hostdev>",
        PCI ("domain='0x100000000' bus='0x41' slot='0' function='0'", ""),
        PCI ("bus='0x100' slot='0' function='0'", ""),
        PCI ("bus='0x41' slot='0x20' function='0'", ""),
        PCI ("bus='0x41' slot='0' function='8'", ""),
        PCI ("bus='-1' slot='0' function='0'", ""),
        PCI ("bus='' slot='0' function='0'", ""),
        PCI ("bus='0x' slot='0' function='0'", ""),
        PCI ("bus='08' slot='0' function='0'", ""),
        PCI ("bus='41x' slot='0' function='0'", ""),
        PCI ("bus='99999999999999999999999' slot='0' function='0'", ""),
        /* not libvirt's elements, or not in libvirt's place */
        "<x:hostdev xmlns:x='urn:x' type='pci'/>",
        "<group>" PCI ("bus='0x41' slot='0' function='0'", "") "</group>",
        "<!-- " MDEV ("bbbbbbbb-0000-4000-8000-000000000001", "") " -->",
        "<![CDATA[" MDEV ("bbbbbbbb-0000-4000-8000-000000000001", "") "]]>",
        "</devices>" PCI ("bus='0x41' slot='0' function='0'", "") "<devices>",
        "</devices><x:devices xmlns:x='urn:x'>" PCI ("bus='0x41' slot='0' function='0'",
                                                     "") "</x:devices><devices>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (devices); i++) {
        g_autofree char *xml = sample_domain (NULL, devices[i]);
        g_autofree char *status_xml = g_strdup_printf ("<domstatus state='running'>%s</domstatus>", xml);
        g_autoptr (VgateDomain) domain = must_read (xml), status = NULL;
        g_autoptr (GError) error = NULL;

        if (domain->hostdevs->len > 0)
            g_error ("a hostdev in %s", devices[i]);
        status = vgate_domain_read_status (status_xml, strlen (status_xml), &error);
        g_assert_no_error (error);
        g_assert_cmpuint (status->hostdevs->len, ==, 0);
    }
}

/* A mediated device of PCI whose address cannot be read may be a vGPU. libvirt writes none of these. */
static void
test_bad_hostdevs (void)
{
    static const char *const devices[] = {
        "<hostdev mode='subsystem' type='mdev'/>",
        "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source/></hostdev>",
        "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address/></source></hostdev>",
        MDEV ("", ""),
        MDEV ("bbbbbbbb-0000-4000-8000-00000000000", ""),
        MDEV ("bbbbbbbb-0000-4000-8000-0000000000011", ""),
        MDEV ("bbbbbbbb-0000-4000-8000-00000000000g", ""),
    };

    for (gsize i = 0; i < G_N_ELEMENTS (devices); i++) {
        g_autofree char *xml = sample_domain (NULL, devices[i]);
        g_autoptr (GError) error = NULL;

        if (read_domain (xml, &error))
            g_error ("read: %s", devices[i]);
        sample_assert_error (error, VGATE_CODE_HOSTDEV_UNUSABLE, "line 5: <hostdev>:", "address", NULL);
    }
}

/* Our element counts only as a child of the domain's own <metadata>. */
static void
test_element_elsewhere (void)
{
    g_autofree char *element = sample_element_xml (1);
    g_autofree char *in_devices = sample_domain (NULL, element);
    g_autofree char *wrapped = g_strdup_printf ("<app:backup xmlns:app='urn:app'>%s</app:backup>", element);
    g_autofree char *in_other = sample_domain (wrapped, NULL);
    g_autofree char *commented = g_strdup_printf ("<!--%s-->", element),
                    *in_comment = sample_domain (commented, NULL);
    g_autofree char *cdata = g_strdup_printf ("<![CDATA[%s]]>", element),
                    *in_cdata = sample_domain (cdata, NULL);
    g_autofree char *bare = sample_domain (NULL, NULL);
    g_autofree char *open_only = sample_edit (bare, "</metadata>", "");
    g_autofree char *in_domain = sample_edit (open_only, "<metadata>", element);
    g_autofree char *foreign_open = sample_edit (bare, "<metadata>", "<x:metadata xmlns:x='urn:x'>@");
    g_autofree char *foreign_close = sample_edit (foreign_open, "</metadata>", "</x:metadata>");
    g_autofree char *in_foreign = sample_edit (foreign_close, "@", element);
    const char *const domains[] = {bare, in_devices, in_other, in_comment, in_cdata, in_domain, in_foreign};

    for (gsize i = 0; i < G_N_ELEMENTS (domains); i++) {
        g_autoptr (VgateDomain) domain = must_read (domains[i]);

        g_assert_null (domain->element);
    }
}

/* Other programs' metadata beside ours does not matter, however similar its name is. */
static void
test_element_beside_others (void)
{
    g_autofree char *element = sample_element_xml (2);
    g_autofree char *metadata = g_strdup_printf (
        "<libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'><libosinfo:os "
        "id='x'/>"
        "</libosinfo:libosinfo>%s<a:vgpus xmlns:a='urn:x-vgpu-gate:host:1'/><vgpus/>",
        element);
    g_autofree char *xml = sample_domain (metadata, NULL);
    g_autoptr (VgateDomain) domain = must_read (xml);

    g_assert_nonnull (domain->element);
    g_assert_cmpuint (domain->element->vgpus->len, ==, 2);
}

static void
test_two_elements (void)
{
    g_autofree char *element = sample_element_xml (1);
    g_autofree char *other_version = sample_edit (element, "domain:1'", "domain:2'");
    const char *const second[] = {element, other_version, "<x:y xmlns:x='urn:x-vgpu-gate:domain:1'/>"};

    for (gsize i = 0; i < G_N_ELEMENTS (second); i++) {
        g_autofree char *both = g_strconcat (element, "\n", second[i], NULL);
        g_autofree char *xml = sample_domain (both, NULL);
        g_autoptr (GError) error = NULL;

        g_assert_null (read_domain (xml, &error));
        sample_assert_error (error, VGATE_CODE_ELEMENT_TWICE, "line 5", "second", NULL);
    }
}

/* Two <metadata>, one element in each. */
static void
test_two_metadata (void)
{
    g_autofree char *element = sample_element_xml (1);
    g_autofree char *both = g_strconcat (element, "</metadata><metadata>", element, NULL);
    g_autofree char *xml = sample_domain (both, NULL);
    g_autoptr (GError) error = NULL;

    g_assert_null (read_domain (xml, &error));
    sample_assert_error (error, VGATE_CODE_ELEMENT_TWICE, NULL);
}

static void
test_unknown_version (void)
{
    g_autofree char *element = sample_element_xml (1);
    g_autofree char *newer = sample_edit (element, "domain:1'", "domain:9'");
    g_autofree char *xml = sample_domain (newer, NULL);
    g_autoptr (GError) error = NULL;

    g_assert_null (read_domain (xml, &error));
    sample_assert_error (error, VGATE_CODE_ELEMENT_VERSION, "urn:x-vgpu-gate:domain:9", NULL);
}

#define UUID "<uuid>" SAMPLE_DOMAIN_UUID "</uuid>"

static void
test_identity (void)
{
    static const struct {
        const char *xml;
        const char *name; /* NULL: refused */
    } cases[] = {
        {"<domain><name>guest</name>" UUID "</domain>", "guest"},
        {"<domain>" UUID "<name>\n guest \n</name></domain>", "guest"},
        {"<domain><name>gr\xc3\xbcn &lt;1&gt;</name>" UUID "</domain>", "gr\xc3\xbcn <1>"},
        {"<domain><name>first</name><name>second</name>" UUID "</domain>", "first"},
        {"<domain><x:name xmlns:x='urn:x'>other</x:name><name>guest</name>" UUID "</domain>", "guest"},
        {"<domain><name>guest</name><uuid>" SAMPLE_DOMAIN_UUID
         "</uuid><devices><name>other</name></devices></domain>",
         "guest"},
        {"<domain><name/>" UUID "</domain>", NULL},
        {"<domain><name> </name>" UUID "</domain>", NULL},
        {"<domain>" UUID "</domain>", NULL},
        {"<domain><name>guest</name></domain>", NULL},
        {"<domain><name>guest</name><uuid/></domain>", NULL},
        {"<domain><name>guest</name><uuid>11111111111141118111111111111111</uuid></domain>", NULL},
        {"<domain><name>guest</name><uuid>x</uuid>" UUID "</domain>", NULL},
        {"<domain xmlns='urn:x'><name>guest</name>" UUID "</domain>", NULL},
        {"<network><name>guest</name>" UUID "</network>", NULL},
        {"<domainsnapshot><domain><name>guest</name>" UUID "</domain></domainsnapshot>", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GError) error = NULL;
        g_autoptr (VgateDomain) domain = read_domain (cases[i].xml, &error);

        g_test_message ("%s", cases[i].xml);
        if (cases[i].name) {
            g_assert_no_error (error);
            g_assert_cmpstr (domain->name, ==, cases[i].name);
            g_assert_cmpstr (domain->uuid, ==, SAMPLE_DOMAIN_UUID);
        } else {
            g_assert_null (domain);
            g_assert_error (error, VGATE_ERROR, VGATE_CODE_XML_NOT_DOMAIN);
        }
    }
}

static void
test_upper_case_uuid (void)
{
    g_autoptr (VgateDomain) domain =
        must_read ("<domain><name>g</name><uuid>\nABCDEF01-1111-4111-8111-111111111111 </uuid></domain>");

    g_assert_cmpstr (domain->uuid, ==, "abcdef01-1111-4111-8111-111111111111");
}

/* The name is needed for the message, even if the rest cannot be read. */
static void
test_name_of_the_bad (void)
{
    g_autofree char *xml = sample_domain ("<vgpus xmlns='urn:x-vgpu-gate:domain:1'/>", NULL);
    g_autofree char *name = NULL, *none = NULL;
    g_autoptr (GError) error = NULL, second = NULL;

    g_assert_null (vgate_domain_read (xml, strlen (xml), &name, &error));
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_ELEMENT_STRUCTURE);
    g_assert_cmpstr (name, ==, "guest");
    g_assert_null (vgate_domain_read ("<network/>", 10, &none, &second));
    g_assert_null (none);
}

#define GUEST_OF(name)    "<name>" name "</name>" UUID
#define SNAPSHOT(content) "<domainsnapshot>" content "</domainsnapshot>"
#define ACTIVE            "<domain>" GUEST_OF ("ran") "</domain>"
#define INACTIVE          "<inactiveDomain>" GUEST_OF ("defined") "</inactiveDomain>"
#define MEMORY(location)  "<memory snapshot='" location "'/>"

/* With memory it is <domain> that a revert starts, otherwise <inactiveDomain> if it exists, in any order. */
static void
test_snapshot (void)
{
    static const struct {
        const char *xml;
        const char *name; /* NULL: refused */
        VgateDomainDocument document;
    } cases[] = {
        {"<domain>" GUEST_OF ("plain") "</domain>", "plain", VGATE_DOMAIN_DOCUMENT_DOMAIN},
        {SNAPSHOT (MEMORY ("internal") ACTIVE INACTIVE), "ran", VGATE_DOMAIN_DOCUMENT_MEMORY},
        {SNAPSHOT ("<name>s</name>" MEMORY ("external") "<disks/>" ACTIVE), "ran",
         VGATE_DOMAIN_DOCUMENT_MEMORY},
        {SNAPSHOT (INACTIVE ACTIVE MEMORY ("internal")), "ran", VGATE_DOMAIN_DOCUMENT_MEMORY},
        {SNAPSHOT (MEMORY ("no") ACTIVE INACTIVE), "defined", VGATE_DOMAIN_DOCUMENT_COLD},
        {SNAPSHOT (MEMORY ("no") ACTIVE), "ran", VGATE_DOMAIN_DOCUMENT_COLD},
        {SNAPSHOT ("<state>shutoff</state>" ACTIVE), "ran", VGATE_DOMAIN_DOCUMENT_COLD},
        /* only libvirt's own elements, directly below the root, count */
        {SNAPSHOT ("<cookie>" MEMORY ("internal") ACTIVE "</cookie>" INACTIVE), "defined",
         VGATE_DOMAIN_DOCUMENT_COLD},
        {SNAPSHOT ("<x:memory xmlns:x='urn:x' snapshot='internal'/>" ACTIVE INACTIVE), "defined",
         VGATE_DOMAIN_DOCUMENT_COLD},
        {SNAPSHOT (MEMORY ("internal") INACTIVE), NULL, 0},
        {SNAPSHOT (MEMORY ("internal")), NULL, 0},
        {SNAPSHOT (MEMORY ("other") ACTIVE), NULL, 0},
        {SNAPSHOT ("<memory/>" ACTIVE), NULL, 0},
        {SNAPSHOT (MEMORY ("internal") MEMORY ("no") ACTIVE), NULL, 0},
        {SNAPSHOT (MEMORY ("internal") ACTIVE ACTIVE), NULL, 0},
        {SNAPSHOT (ACTIVE INACTIVE INACTIVE), NULL, 0},
        {"<domainsnapshot xmlns='urn:x'>" ACTIVE "</domainsnapshot>", NULL, 0},
        {"<domstatus>" ACTIVE "</domstatus>", NULL, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        VgateDomainDocument document;
        g_autoptr (GError) error = NULL;
        g_autoptr (VgateDomain) domain =
            vgate_domain_read_document (cases[i].xml, strlen (cases[i].xml), &document, NULL, &error);

        g_test_message ("%s", cases[i].xml);
        if (cases[i].name) {
            g_assert_no_error (error);
            g_assert_cmpstr (domain->name, ==, cases[i].name);
            g_assert_cmpint (document, ==, cases[i].document);
        } else {
            g_assert_null (domain);
            g_assert_error (error, VGATE_ERROR, VGATE_CODE_XML_NOT_DOMAIN);
        }
    }
}

/* The element and the hostdevs are those of the chosen domain alone. */
static void
test_content_of_a_snapshot (void)
{
    g_autofree char *element = sample_element_xml (1);
    g_autofree char *ran = sample_domain (element, NULL), *stopped = sample_domain (NULL, "<hostdev/>");
    g_autofree char *inactive = sample_edit (stopped, "<domain", "<inactiveDomain");
    g_autofree char *inactive_end = sample_edit (inactive, "</domain>", "</inactiveDomain>");
    const char *const memories[] = {"internal", "no"};

    for (gsize i = 0; i < G_N_ELEMENTS (memories); i++) {
        g_autofree char *xml = g_strdup_printf (
            "<domainsnapshot><memory snapshot='%s'/>%s%s</domainsnapshot>", memories[i], ran, inactive_end);
        VgateDomainDocument document;
        g_autoptr (GError) error = NULL;
        g_autoptr (VgateDomain) domain =
            vgate_domain_read_document (xml, strlen (xml), &document, NULL, &error);

        g_assert_no_error (error);
        g_assert_cmpint (domain->element != NULL, ==, i == 0);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/domain/libvirt-mdev", test_libvirt_mdev);
    g_test_add_func ("/domain/libvirt-vf", test_libvirt_vf);
    g_test_add_func ("/domain/hostdevs", test_hostdevs);
    g_test_add_func ("/domain/status", test_status);
    g_test_add_func ("/domain/no-hostdevs", test_no_hostdevs);
    g_test_add_func ("/domain/bad-hostdevs", test_bad_hostdevs);
    g_test_add_func ("/domain/element-elsewhere", test_element_elsewhere);
    g_test_add_func ("/domain/element-beside-others", test_element_beside_others);
    g_test_add_func ("/domain/two-elements", test_two_elements);
    g_test_add_func ("/domain/two-metadata", test_two_metadata);
    g_test_add_func ("/domain/unknown-version", test_unknown_version);
    g_test_add_func ("/domain/identity", test_identity);
    g_test_add_func ("/domain/upper-case-uuid", test_upper_case_uuid);
    g_test_add_func ("/domain/name-of-the-bad", test_name_of_the_bad);
    g_test_add_func ("/domain/snapshot", test_snapshot);
    g_test_add_func ("/domain/content-of-a-snapshot", test_content_of_a_snapshot);
    return g_test_run ();
}
