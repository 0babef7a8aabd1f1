/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guests.h"

#include "domain/guest-document.h"
#include "fake-host.h"
#include "hook-case.h"
#include "nvml/nvml-abi.h"

#include <string.h>

#define DOMAIN_UUID "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701"
#define H100_STRING "233016C100000003"
#define L40S_STRING "26B9185100000003"
#define AT_6        "0000:06:00.0"
#define AT_7        "0000:07:00.0"

#define VERSION(major, minor) ((guint32)(major) << 16 | (minor))

typedef enum {
    DEVICE_END,
    DEVICE_MDEV,
    DEVICE_PCI,
    DEVICE_USB,
    DEVICE_ARGUMENT, /* of -device on QEMU's command line */
} DeviceKind;

typedef struct {
    DeviceKind kind;
    const char *source;
    const char *guest_address;
} Device;

typedef struct {
    guint32 type; /* 0: the list ends before this entry */
    const char *mdev;
    const char *vf;
    const char *guest_address;
} Vgpu;

typedef struct {
    const char *name;
    Device devices[2];
    Vgpu vgpus[3];
    void (*change) (VgateElement *element); /* or NULL */
} Guest;

/* A vGPU without a hostdev. */
#define TYPE(name)               \
    {                            \
        .type = FAKE_TYPE_##name \
    }

static VgateElementVgpu *
vgpu_at (VgateElement *element, guint index)
{
    return g_ptr_array_index (element->vgpus, index);
}

static void
write_record (VgateElementVgpu *vgpu)
{
    g_clear_pointer (&vgpu->metadata.bytes, g_bytes_unref);
    vgpu->metadata.bytes = vgate_vgpu_record_write (&vgpu->record);
}

/* --- what each guest changes --- */

static void
suspend (VgateElement *element)
{
    element->power = VGATE_POWER_SUSPENDED;
}

static void
take_driver_down (VgateElement *element)
{
    VgateVgpuRecord *record = &vgpu_at (element, 0)->record;

    record->guest_info_state = NVML_GUEST_INFO_UNINITIALIZED;
    record->guest_version = 0;
    memset (record->guest_driver, 0, sizeof record->guest_driver);
    write_record (vgpu_at (element, 0));
}

static void
make_structure_old (VgateElement *element)
{
    vgpu_at (element, 0)->record.version = 2;
    write_record (vgpu_at (element, 0));
}

static void
forbid_migration (VgateElement *element)
{
    vgpu_at (element, 0)->record.capabilities = 0;
    write_record (vgpu_at (element, 0));
}

/* Changes the second of two, so that the message must name it. */
static void
forbid_migration_of_second (VgateElement *element)
{
    vgpu_at (element, 1)->record.capabilities = 0;
    write_record (vgpu_at (element, 1));
}

static void
set_host_driver (VgateElement *element, const char *driver)
{
    for (guint i = 0; i < element->vgpus->len; i++) {
        VgateElementVgpu *vgpu = vgpu_at (element, i);

        g_strlcpy (vgpu->record.host_driver, driver, sizeof vgpu->record.host_driver);
        g_free (vgpu->pgpu.host_driver);
        vgpu->pgpu.host_driver = g_strdup (driver);
        write_record (vgpu);
    }
}

/* A guest of r535 on a host of r570. */
static void
use_old_guest_driver (VgateElement *element)
{
    VgateVgpuRecord *record = &vgpu_at (element, 0)->record;

    g_strlcpy (record->guest_driver, "535.261.03", sizeof record->guest_driver);
    record->guest_version = VERSION (18, 1);
    set_host_driver (element, "570.172.07");
}

/* Windows: a version of the same release as host driver 535.261.03. */
static void
use_windows (VgateElement *element)
{
    VgateVgpuRecord *record = &vgpu_at (element, 0)->record;

    g_strlcpy (record->guest_driver, "538.95", sizeof record->guest_driver);
    record->guest_version = VERSION (18, 1);
    set_host_driver (element, "535.261.03");
}

/* A guest of r550, which is neither the branch before r580 nor the long-term branch before. */
static void
use_guest_driver_550 (VgateElement *element)
{
    VgateVgpuRecord *record = &vgpu_at (element, 0)->record;

    g_strlcpy (record->guest_driver, "550.163.01", sizeof record->guest_driver);
    record->guest_version = VERSION (20, 1);
    set_host_driver (element, "580.95.05");
}

static void
make_layout_unknown (VgateElement *element)
{
    VgateVgpuRecord *record = &vgpu_at (element, 0)->record;

    record->opaque_size = NVML_VGPU_OPAQUE_SIZE + 4;
    record->gpu_string[0] = '\0';
    write_record (vgpu_at (element, 0));
}

static void
change_byte (VgateElementVgpu *vgpu, gsize offset, guint8 value)
{
    gsize length;
    guint8 *bytes = g_bytes_unref_to_data (g_steal_pointer (&vgpu->metadata.bytes), &length);

    bytes[offset] = value;
    vgpu->metadata.bytes = g_bytes_new_take (bytes, length);
}

/* 0x5 instead of 0x104 opaque bytes, fewer than follow. */
static void
lie_about_opaque_size (VgateElement *element)
{
    change_byte (vgpu_at (element, 0), G_STRUCT_OFFSET (nvmlVgpuMetadata_t, opaqueDataSize) + 1, 0);
}

static void
put_escape_into_driver (VgateElement *element)
{
    change_byte (vgpu_at (element, 0), G_STRUCT_OFFSET (nvmlVgpuMetadata_t, guestDriverVersion), '\033');
}

static void
seal (VgateElement *element)
{
    g_autoptr (GBytes) key = g_bytes_new_static (GUEST_FLEET_KEY, strlen (GUEST_FLEET_KEY));

    vgate_element_seal (element, key);
}

static void
capture_at_destination (VgateElement *element)
{
    g_free (element->host_uuid);
    element->host_uuid = g_strdup (FAKE_HOST_UUID);
}

static void
give_scheduler (VgateElement *element)
{
    VgateSourcePgpu *pgpu = &vgpu_at (element, 0)->pgpu;

    pgpu->has_scheduler = TRUE;
    pgpu->scheduler.policy = VGATE_SCHEDULER_FIXED_SHARE;
    pgpu->scheduler.time_slice = 2000000;
}

/* 300 ms of down-time, libvirt's default. */
static void
fill_framebuffer (VgateElement *element)
{
    element->max_downtime = 300;
    for (guint i = 0; i < element->vgpus->len; i++) {
        vgpu_at (element, i)->framebuffer_used = (guint64)5 << 30;
        vgpu_at (element, i)->runtime_state = (guint64)192 << 20;
        vgpu_at (element, i)->pgpu.read_bandwidth = 12000;
    }
}

static void
fill_framebuffer_and_suspend (VgateElement *element)
{
    fill_framebuffer (element);
    suspend (element);
}

/* In quotes as libvirt writes them in an attribute. */
#define Q(text) "&quot;" text "&quot;"

/* clang-format off */
static const Guest guests[] = {
    {"no-vgpu", {{0}}, {{0}}, NULL},
    {"usb", {{DEVICE_USB, "", ""}}, {{0}}, NULL},
    {"foreign", {{DEVICE_MDEV, CASE_FOREIGN_MDEV, AT_6}, {DEVICE_PCI, CASE_FOREIGN, AT_7}},
     {{0}}, NULL},
    {"whole-gpu", {{DEVICE_PCI, CASE_PASSTHROUGH, AT_6}}, {{0}}, NULL},
    {"bare-mdev", {{DEVICE_MDEV, CASE_MDEV, AT_6}}, {{0}}, NULL},
    {"bare-vf", {{DEVICE_PCI, CASE_VF, AT_6}}, {{0}}, NULL},
    {"bare-argument", {{DEVICE_ARGUMENT, "vfio-pci,sysfsdev=/sys/bus/mdev/devices/" CASE_MDEV, ""}}, {{0}},
     NULL},
    {"bare-vf-argument",
     {{DEVICE_ARGUMENT, "{" Q ("host") ":" Q ("41:00.4") "," Q ("driver") ":" Q ("vfio-pci") "}", ""}},
     {{0}}, NULL},
    {"foreign-argument", {{DEVICE_ARGUMENT, "vfio-pci,sysfsdev=/sys/bus/mdev/devices/" CASE_FOREIGN_MDEV, ""},
                          {DEVICE_ARGUMENT, "vfio-pci,host=00:02.0", ""}}, {{0}}, NULL},
    {"argument", {{DEVICE_ARGUMENT, "vfio-pci,sysfsdev=/sys/bus/mdev/devices/" CASE_MDEV, ""}},
     {{FAKE_TYPE_H100_20C, CASE_MDEV, NULL, NULL}}, NULL},
    {"vf-argument", {{DEVICE_ARGUMENT, "vfio-pci,host=41:00.4", ""}},
     {{FAKE_TYPE_H100_20C, NULL, "0000:21:00.7", NULL}}, NULL},
    {"card-and-vf-argument", {{DEVICE_ARGUMENT, "vfio-pci,host=00:02.0", ""},
                              {DEVICE_ARGUMENT, "vfio-pci,host=41:00.4", ""}},
     {{FAKE_TYPE_H100_20C, NULL, "0000:21:00.7", NULL}}, NULL},
    {"argument-uncovered", {{DEVICE_ARGUMENT, "vfio-pci,sysfsdev=/sys/bus/mdev/devices/" CASE_MDEV_2, ""},
                            {DEVICE_MDEV, CASE_MDEV, AT_6}},
     {{FAKE_TYPE_H100_20C, CASE_MDEV, NULL, AT_6}}, NULL},
    {"mdev-and-argument", {{DEVICE_MDEV, CASE_MDEV, AT_6},
                           {DEVICE_ARGUMENT, "vfio-pci,sysfsdev=/sys/bus/mdev/devices/" CASE_MDEV_2, ""}},
     {{FAKE_TYPE_H100_20C, CASE_MDEV, NULL, AT_6}, {FAKE_TYPE_H100_20C, CASE_MDEV_2, NULL, NULL}}, NULL},
    {"element", {{0}}, {TYPE (H100_20C)}, NULL},
    {"mdev", {{DEVICE_MDEV, CASE_MDEV, AT_6}}, {{FAKE_TYPE_H100_20C, CASE_MDEV, NULL, AT_6}}, NULL},
    {"vf", {{DEVICE_PCI, CASE_VF, AT_6}}, {{FAKE_TYPE_H100_20C, NULL, "0000:41:00.4", AT_6}}, NULL},
    {"suspended", {{0}}, {TYPE (H100_20C)}, suspend},
    {"uncovered", {{DEVICE_MDEV, CASE_MDEV, AT_6}, {DEVICE_MDEV, CASE_MDEV_2, AT_7}},
     {{FAKE_TYPE_H100_20C, CASE_MDEV, NULL, AT_6}}, NULL},
    {"gone", {{DEVICE_MDEV, CASE_MDEV, AT_6}},
     {{FAKE_TYPE_H100_20C, CASE_MDEV, NULL, AT_6}, {FAKE_TYPE_H100_20C, CASE_MDEV_2, NULL, AT_7}}, NULL},
    {"two", {{0}}, {TYPE (H100_20C), TYPE (H100_20C)}, NULL},
    {"two-one-refused", {{0}},
     {TYPE (H100_20C), TYPE (H100_20C)}, forbid_migration_of_second},
    {"two-mdevs", {{DEVICE_MDEV, CASE_MDEV, AT_6}, {DEVICE_MDEV, CASE_MDEV_2, AT_7}},
     {{FAKE_TYPE_H100_20C, CASE_MDEV, NULL, AT_6}, {FAKE_TYPE_H100_20C, CASE_MDEV_2, NULL, AT_7}}, NULL},
    {"small-and-large", {{0}},
     {TYPE (H100_20C), TYPE (H100_80C)}, NULL},
    {"three", {{0}},
     {TYPE (H100_20C), TYPE (H100_40C),
      TYPE (L40S_12C)}, NULL},
    {"driver-down", {{0}}, {TYPE (H100_20C)}, take_driver_down},
    {"old-structure", {{0}}, {TYPE (H100_20C)}, make_structure_old},
    {"not-migratable", {{0}}, {TYPE (H100_20C)}, forbid_migration},
    {"old-guest-driver", {{0}}, {TYPE (H100_20C)}, use_old_guest_driver},
    {"windows", {{0}}, {TYPE (H100_20C)}, use_windows},
    {"guest-driver-550", {{0}}, {TYPE (H100_20C)}, use_guest_driver_550},
    {"unknown-layout", {{0}}, {TYPE (H100_20C)}, make_layout_unknown},
    {"lying-length", {{0}}, {TYPE (H100_20C)}, lie_about_opaque_size},
    {"escape-in-bytes", {{0}}, {TYPE (H100_20C)}, put_escape_into_driver},
    {"sealed", {{0}}, {TYPE (H100_20C)}, seal},
    {"captured-at-destination", {{0}}, {TYPE (H100_20C)}, capture_at_destination},
    {"scheduler", {{0}}, {TYPE (H100_20C)}, give_scheduler},
    {"large", {{0}}, {TYPE (H100_20C)}, fill_framebuffer},
    {"large-suspended", {{0}}, {TYPE (H100_20C)}, fill_framebuffer_and_suspend},
    {"two-large", {{0}}, {TYPE (H100_20C), TYPE (H100_20C)}, fill_framebuffer},
};
/* clang-format on */

/* --- from the table to XML --- */

static const char *
type_name (guint32 type)
{
    switch (type) {
    case FAKE_TYPE_H100_20C: return "NVIDIA H100XM-20C";
    case FAKE_TYPE_H100_40C: return "NVIDIA H100XM-40C";
    case FAKE_TYPE_H100_80C: return "NVIDIA H100XM-80C";
    default: return "NVIDIA L40S-12C";
    }
}

static void
fill_record (VgateVgpuRecord *record, gboolean is_h100)
{
    *record = (VgateVgpuRecord){
        .size = sizeof (VgateVgpuRecord),
        .version = 3,
        .revision = 1,
        .guest_info_state = NVML_GUEST_INFO_INITIALIZED,
        .guest_driver = "580.95.05",
        .host_driver = "580.95.05",
        .capabilities = NVML_VIRTUALIZATION_CAP_MIGRATION,
        .guest_version = VERSION (26, 1),
        .opaque_size = NVML_VGPU_OPAQUE_SIZE,
    };
    g_strlcpy (record->gpu_string, is_h100 ? H100_STRING : L40S_STRING, sizeof record->gpu_string);
}

static void
add_vgpu (VgateElement *element, const Vgpu *spec)
{
    VgateElementVgpu *vgpu = vgate_element_vgpu_new ();
    const gboolean is_h100 = spec->type <= FAKE_TYPE_H100_80C;

    vgpu->uuid = g_strdup_printf ("7e9b6c1a-30d2-4d8f-a1c4-5f2b8e0d970%u", element->vgpus->len + 1);
    vgpu->mdev = g_strdup (spec->mdev);
    vgpu->vf = g_strdup (spec->vf);
    vgpu->guest_address = g_strdup (spec->guest_address);
    vgpu->type = spec->type;
    vgpu->type_name = g_strdup (type_name (spec->type));
    vgpu->pgpu.address = g_strdup (is_h100 ? "0000:21:00.0" : "0000:a1:00.0");
    vgpu->pgpu.name = g_strdup (is_h100 ? "NVIDIA H100 80GB HBM3" : "NVIDIA L40S");
    vgpu->pgpu.host_driver = g_strdup ("580.95.05");
    vgpu->pgpu.range = (VgateVersionRange){VERSION (18, 1), VERSION (26, 1)};
    fill_record (&vgpu->record, is_h100);
    write_record (vgpu);
    g_ptr_array_add (element->vgpus, vgpu);
}

static VgateElement *
build_element (const Guest *guest)
{
    VgateElement *element = vgate_element_new ();

    element->domain = g_strdup (DOMAIN_UUID);
    element->sequence = 7;
    element->time = 1764000000; /* 2025-11-24 16:00:00 UTC */
    element->trigger = VGATE_TRIGGER_CHANGE;
    element->host = g_strdup ("gpu-host-a");
    element->host_uuid = g_strdup (FAKE_SOURCE_UUID);
    element->simulated = TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS (guest->vgpus) && guest->vgpus[i].type != 0; i++)
        add_vgpu (element, &guest->vgpus[i]);
    if (guest->change)
        guest->change (element);
    return element;
}

/* As libvirt 9's virXMLInjectNamespace () and virXMLFormatMetadata (): a prefix everywhere, indented. */
static char *
format_as_libvirt (const char *element)
{
    g_autoptr (xmlDoc) doc = xmlReadMemory (element, (int)strlen (element), NULL, NULL, XML_PARSE_NONET);
    xmlNode *root = xmlDocGetRootElement (doc);
    xmlNs *ns =
        xmlNewNs (root, (const xmlChar *)VGATE_ELEMENT_NAMESPACE, (const xmlChar *)VGATE_ELEMENT_PREFIX);
    xmlBuffer *buffer = xmlBufferCreate ();
    char *text;

    for (xmlNode *node = root; node;) {
        if (node->type == XML_ELEMENT_NODE)
            xmlSetNs (node, ns);
        if (node->children)
            node = node->children;
        else {
            while (node && !node->next)
                node = node->parent;
            node = node ? node->next : NULL;
        }
    }
    g_assert_cmpint (xmlNodeDump (buffer, doc, root, 2, 1), >, 0);
    text = g_strdup_printf ("  <metadata>\n    %s\n  </metadata>\n", (const char *)xmlBufferContent (buffer));
    xmlBufferFree (buffer);
    return text;
}

static char *
write_metadata (const Guest *guest)
{
    g_autoptr (VgateElement) element = NULL;
    g_autofree char *xml = NULL;

    if (guest->vgpus[0].type == 0)
        return g_strdup ("");
    element = build_element (guest);
    xml = vgate_element_write (element, FALSE);
    return format_as_libvirt (xml);
}

/* "0000:41:00.4" as libvirt's four attributes. */
static char *
write_address (const char *address)
{
    return g_strdup_printf ("domain='0x%.4s' bus='0x%.2s' slot='0x%.2s' function='0x%.1s'", address,
                            address + 5, address + 8, address + 11);
}

static void
write_usb (GString *xml, guint index)
{
    g_string_append_printf (xml,
                            "    <hostdev mode='subsystem' type='usb' managed='yes'>\n"
                            "      <source>\n"
                            "        <vendor id='0x046d'/>\n"
                            "        <product id='0x0825'/>\n"
                            "        <address bus='1' device='4'/>\n"
                            "      </source>\n"
                            "      <alias name='hostdev%u'/>\n"
                            "      <address type='usb' bus='0' port='2'/>\n"
                            "    </hostdev>\n",
                            index);
}

static void
write_device (GString *xml, guint index, const Device *device)
{
    const gboolean is_mdev = device->kind == DEVICE_MDEV;
    g_autofree char *guest = write_address (device->guest_address);
    g_autofree char *source =
        is_mdev ? g_strdup_printf ("uuid='%s'", device->source) : write_address (device->source);

    g_string_append_printf (xml,
                            "    <hostdev mode='subsystem' type='%s' managed='no'%s>\n"
                            "%s"
                            "      <source>\n"
                            "        <address %s/>\n"
                            "      </source>\n"
                            "      <alias name='hostdev%u'/>\n"
                            "      <address type='pci' %s/>\n"
                            "    </hostdev>\n",
                            is_mdev ? "mdev" : "pci",
                            is_mdev ? " model='vfio-pci' display='off' ramfb='off'" : "",
                            is_mdev ? "" : "      <driver name='vfio'/>\n", source, index, guest);
}

static char *
write_devices (const Guest *guest)
{
    g_autoptr (GString) xml = g_string_new (NULL);

    for (guint i = 0; i < G_N_ELEMENTS (guest->devices) && guest->devices[i].kind != DEVICE_END; i++) {
        if (guest->devices[i].kind == DEVICE_USB)
            write_usb (xml, i);
        else if (guest->devices[i].kind != DEVICE_ARGUMENT)
            write_device (xml, i, &guest->devices[i]);
    }
    return g_string_free (g_steal_pointer (&xml), FALSE);
}

static char *
write_arguments (const Guest *guest)
{
    g_autoptr (GString) xml = g_string_new (NULL);

    for (guint i = 0; i < G_N_ELEMENTS (guest->devices); i++)
        if (guest->devices[i].kind == DEVICE_ARGUMENT)
            g_string_append_printf (xml, "    <qemu:arg value='-device'/>\n    <qemu:arg value='%s'/>\n",
                                    guest->devices[i].source);
    if (xml->len > 0) {
        g_string_prepend (xml, "  <qemu:commandline>\n");
        g_string_append (xml, "  </qemu:commandline>\n");
    }
    return g_string_free (g_steal_pointer (&xml), FALSE);
}

guint
guest_count (void)
{
    return G_N_ELEMENTS (guests);
}

const char *
guest_name (guint index)
{
    return guests[index].name;
}

char *
guest_write (guint index)
{
    g_autofree char *path = program_source ("", "guest.template.xml");
    g_autofree char *template = NULL, *metadata = write_metadata (&guests[index]);
    g_autofree char *devices = write_devices (&guests[index]), *arguments = write_arguments (&guests[index]);
    g_autoptr (GString) xml = NULL;
    g_autoptr (GError) error = NULL;

    g_file_get_contents (path, &template, NULL, &error);
    g_assert_no_error (error);
    xml = g_string_new (template);
    g_string_replace (xml, "@NAME@", CASE_DOMAIN, 0);
    g_string_replace (xml, "@UUID@", DOMAIN_UUID, 0);
    g_string_replace (xml, "@METADATA@", metadata, 0);
    g_string_replace (xml, "@HOSTDEVS@", devices, 0);
    g_string_replace (xml, "@ARGUMENTS@", arguments, 0);
    if (*arguments != '\0')
        g_string_replace (xml, "id='3'", "id='3' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'", 1);
    return g_string_free (g_steal_pointer (&xml), FALSE);
}

char *
guest_document (const char *guest, const char *name, const char *uuid)
{
    guint i = 0;
    g_autofree char *xml = NULL, *document = NULL, *old_name = NULL;
    g_autofree char *new_name = g_strdup_printf ("<name>%s</name>", name);
    g_autoptr (VgateDomain) domain = NULL;
    g_autoptr (GString) text = NULL;
    g_autoptr (GError) error = NULL;

    while (strcmp (guest_name (i), guest) != 0)
        i++;
    xml = guest_write (i);
    document = vgate_guest_document_write (xml, strlen (xml), &error);
    g_assert_no_error (error);
    domain = vgate_domain_read (xml, strlen (xml), NULL, &error);
    g_assert_no_error (error);
    old_name = g_strdup_printf ("<name>%s</name>", domain->name);
    text = g_string_new (document);
    g_assert_cmpuint (g_string_replace (text, old_name, new_name, 0), >, 0);
    g_assert_cmpuint (g_string_replace (text, domain->uuid, uuid, 0), >, 0);
    return g_string_free (g_steal_pointer (&text), FALSE);
}
