/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/devices.h"

#include <string.h>

/* in the order of VgateHostdevKind */
static const char *const kinds[] = {"mdev", "virtual-function", NULL};

static const VgateXmlAttribute mdev_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateHostDevice, "uuid", UUID, listed.source),
    VGATE_XML_ATTRIBUTE (VgateHostDevice, "parent", PCI, listed.device.parent),
    VGATE_XML_ATTRIBUTE (VgateHostDevice, "gpu", PCI, listed.device.pgpu),
    VGATE_XML_ATTRIBUTE (VgateHostDevice, "type", UINT, listed.device.type),
    VGATE_XML_OPTIONAL (VgateHostDevice, "type-name", NAME, listed.device.type_name),
    VGATE_XML_OPTIONAL (VgateHostDevice, "use", NAME, use),
    {.name = NULL},
};

static const VgateXmlAttribute vf_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateHostDevice, "address", PCI, listed.source),
    VGATE_XML_ATTRIBUTE (VgateHostDevice, "gpu", PCI, listed.device.pgpu),
    VGATE_XML_ATTRIBUTE (VgateHostDevice, "type", UINT, listed.device.type),
    VGATE_XML_OPTIONAL (VgateHostDevice, "type-name", NAME, listed.device.type_name),
    VGATE_XML_OPTIONAL (VgateHostDevice, "use", NAME, use),
    {.name = NULL},
};

/* The address is of the form NAME, so that the PCI domain can have more than four digits. */
static const VgateXmlAttribute unusable_attributes[] = {
    VGATE_XML_ONE_OF (VgateHostDevice, "kind", kinds, listed.kind),
    VGATE_XML_ATTRIBUTE (VgateHostDevice, "address", NAME, listed.source),
    VGATE_XML_ATTRIBUTE (VgateHostDevice, "reason", NAME, listed.device.fault),
    {.name = NULL},
};

static const VgateXmlAttribute creatable_attributes[] = {
    VGATE_XML_ONE_OF (VgateMakeable, "kind", kinds, kind),
    VGATE_XML_ATTRIBUTE (VgateMakeable, "parent", PCI, parent),
    VGATE_XML_ATTRIBUTE (VgateMakeable, "gpu", PCI, pgpu),
    VGATE_XML_ATTRIBUTE (VgateMakeable, "type", UINT, type),
    VGATE_XML_OPTIONAL (VgateMakeable, "type-name", NAME, type_name),
    VGATE_XML_ATTRIBUTE (VgateMakeable, "free", UINT, available),
    {.name = NULL},
};

static const VgateXmlAttribute vgpu_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateHostVgpu, "uuid", UUID, uuid),
    VGATE_XML_OPTIONAL (VgateHostVgpu, "domain", UUID, domain),
    VGATE_XML_OPTIONAL (VgateHostVgpu, "mdev", UUID, mdev),
    VGATE_XML_ATTRIBUTE (VgateHostVgpu, "gpu", PCI, pgpu),
    VGATE_XML_ATTRIBUTE (VgateHostVgpu, "type", UINT, type),
    VGATE_XML_ATTRIBUTE (VgateHostVgpu, "type-name", NAME, type_name),
    {.name = NULL},
};

static const VgateXmlAttribute lease_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateHostLease, "domain", UUID, domain),
    VGATE_XML_ONE_OF (VgateHostLease, "kind", kinds, kind),
    VGATE_XML_ATTRIBUTE (VgateHostLease, "device", NAME, device),
    VGATE_XML_ATTRIBUTE (VgateHostLease, "exists", YES_NO, exists),
    VGATE_XML_ATTRIBUTE (VgateHostLease, "parent", PCI, parent),
    VGATE_XML_ATTRIBUTE (VgateHostLease, "gpu", PCI, pgpu),
    VGATE_XML_ATTRIBUTE (VgateHostLease, "type", UINT, type),
    VGATE_XML_OPTIONAL (VgateHostLease, "type-name", NAME, type_name),
    {.name = NULL},
};

/* VGATE_XML_CHOICE and VGATE_XML_UINT write an int and a guint32 */
G_STATIC_ASSERT (sizeof (VgateHostdevKind) == sizeof (int));
G_STATIC_ASSERT (sizeof (guint) == sizeof (guint32));

static void
device_free (VgateHostDevice *device)
{
    g_free (device->listed.source);
    vgate_device_clear (&device->listed.device);
    g_free (device->use);
    g_free (device);
}

static void
vgpu_free (VgateHostVgpu *vgpu)
{
    vgate_xml_clear_attributes (vgpu_attributes, vgpu);
    g_free (vgpu);
}

static void
lease_free (VgateHostLease *lease)
{
    vgate_xml_clear_attributes (lease_attributes, lease);
    g_free (lease);
}

VgateHostDevice *
vgate_host_device_new (void)
{
    return g_new0 (VgateHostDevice, 1);
}

VgateHostVgpu *
vgate_host_vgpu_new (void)
{
    return g_new0 (VgateHostVgpu, 1);
}

VgateHostLease *
vgate_host_lease_new (void)
{
    return g_new0 (VgateHostLease, 1);
}

VgateHostDevices *
vgate_host_devices_new (void)
{
    VgateHostDevices *devices = g_new0 (VgateHostDevices, 1);

    devices->devices = g_ptr_array_new_with_free_func ((GDestroyNotify)device_free);
    devices->makeable = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_makeable_free);
    devices->vgpus = g_ptr_array_new_with_free_func ((GDestroyNotify)vgpu_free);
    devices->leases = g_ptr_array_new_with_free_func ((GDestroyNotify)lease_free);
    return devices;
}

void
vgate_host_devices_free (VgateHostDevices *devices)
{
    if (!devices)
        return;
    g_ptr_array_unref (devices->devices);
    g_ptr_array_unref (devices->makeable);
    g_ptr_array_unref (devices->vgpus);
    g_ptr_array_unref (devices->leases);
    g_free (devices);
}

/* --- reading: vgate_xml_take_all () passes only the list, so each element has its own function --- */

typedef struct {
    const VgateXmlDialect *dialect;
    xmlNode *cursor;
} Reading;

/* Reads all following elements with this name. The items are made by create (), and own what was read. */
static gboolean
read_items (Reading *r, const char *name, const VgateXmlAttribute *table, gpointer (*create) (void),
            GPtrArray *items, GError **error)
{
    xmlNode *node;

    while (vgate_xml_take (r->dialect, &r->cursor, name, &node, error)) {
        GError *fault = NULL;
        gpointer item;

        if (!node)
            return TRUE;
        item = create ();
        g_ptr_array_add (items, item);
        if (!vgate_xml_read_leaf (r->dialect, node, table, item, &fault) &&
            !vgate_xml_go_on (node, fault, error))
            return FALSE;
    }
    return FALSE;
}

static gpointer
create_mdev (void)
{
    VgateHostDevice *device = vgate_host_device_new ();

    device->listed.kind = VGATE_HOSTDEV_MDEV;
    device->listed.device.kind = VGATE_DEVICE_VGPU;
    return device;
}

static gpointer
create_vf (void)
{
    VgateHostDevice *device = vgate_host_device_new ();

    device->listed.kind = VGATE_HOSTDEV_PCI;
    device->listed.device.kind = VGATE_DEVICE_VGPU;
    return device;
}

static gpointer
create_unusable (void)
{
    VgateHostDevice *device = vgate_host_device_new ();

    device->listed.device.kind = VGATE_DEVICE_UNUSABLE;
    return device;
}

static gpointer
create_makeable (void)
{
    return g_new0 (VgateMakeable, 1);
}

static gpointer
create_vgpu (void)
{
    return vgate_host_vgpu_new ();
}

static gpointer
create_lease (void)
{
    return vgate_host_lease_new ();
}

static gboolean
check_lease (const VgateXmlDialect *dialect, const xmlNode *node, const VgateHostLease *lease, GError **error)
{
    GError *fault = NULL;

    /* when faults are collected, the attribute can be missing */
    if (!lease->device ||
        vgate_xml_text_has_form (lease->device,
                                 lease->kind == VGATE_HOSTDEV_MDEV ? VGATE_XML_UUID : VGATE_XML_PCI))
        return TRUE;
    vgate_xml_set_error (&fault, dialect->value, node, "'device' is '%s', which is not %s", lease->device,
                         lease->kind == VGATE_HOSTDEV_MDEV ? "a UUID" : "a PCI address");
    return vgate_xml_go_on (node, fault, error);
}

/* Of the element with the devices. */
static gboolean
check_leases (const VgateXmlDialect *dialect, const xmlNode *devices, const GPtrArray *leases, GError **error)
{
    const xmlNode *node = vgate_xml_find_element (devices->children, "lease");

    for (guint i = 0; i < leases->len; i++) {
        if (!check_lease (dialect, node, g_ptr_array_index (leases, i), error))
            return FALSE;
        node = vgate_xml_find_element (node->next, "lease");
    }
    return TRUE;
}

VgateHostDevices *
vgate_host_devices_read (const VgateXmlDialect *dialect, xmlNode *node, GError **error)
{
    g_autoptr (VgateHostDevices) devices = vgate_host_devices_new ();
    Reading r = {dialect, vgate_xml_children (node)};

    if (!vgate_xml_read_attributes (dialect, node, (const VgateXmlAttribute[]){{.name = NULL}}, devices,
                                    error) ||
        !read_items (&r, "mdev", mdev_attributes, create_mdev, devices->devices, error) ||
        !read_items (&r, "virtual-function", vf_attributes, create_vf, devices->devices, error) ||
        !read_items (&r, "unusable-device", unusable_attributes, create_unusable, devices->devices, error) ||
        !read_items (&r, "creatable", creatable_attributes, create_makeable, devices->makeable, error) ||
        !read_items (&r, "vgpu", vgpu_attributes, create_vgpu, devices->vgpus, error) ||
        !read_items (&r, "lease", lease_attributes, create_lease, devices->leases, error) ||
        !vgate_xml_end (dialect, &r.cursor, error))
        return NULL;
    for (guint i = 0; i < devices->devices->len; i++) {
        VgateListedDevice *listed = g_ptr_array_index (devices->devices, i);

        /* a virtual function is its own parent */
        if (listed->kind == VGATE_HOSTDEV_PCI && listed->device.kind == VGATE_DEVICE_VGPU)
            listed->device.parent = g_strdup (listed->source);
    }
    return check_leases (dialect, node, devices->leases, error) ? g_steal_pointer (&devices) : NULL;
}

/* --- writing --- */

static void
write_devices (GString *xml, const VgateHostDevices *devices, const char *element,
               const VgateXmlAttribute *table, VgateDeviceKind kind, VgateHostdevKind hostdev_kind)
{
    for (guint i = 0; i < devices->devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (devices->devices, i);

        if (listed->device.kind == kind && (kind == VGATE_DEVICE_UNUSABLE || listed->kind == hostdev_kind))
            vgate_xml_write_line (xml, "    ", element, table, listed);
    }
}

static void
write_items (GString *xml, const char *element, const VgateXmlAttribute *table, const GPtrArray *items)
{
    for (guint i = 0; i < items->len; i++)
        vgate_xml_write_line (xml, "    ", element, table, g_ptr_array_index (items, i));
}

void
vgate_host_devices_write (GString *xml, const VgateHostDevices *devices)
{
    if (devices->devices->len + devices->makeable->len + devices->vgpus->len + devices->leases->len == 0) {
        g_string_append (xml, "  <devices/>\n");
        return;
    }
    g_string_append (xml, "  <devices>\n");
    write_devices (xml, devices, "mdev", mdev_attributes, VGATE_DEVICE_VGPU, VGATE_HOSTDEV_MDEV);
    write_devices (xml, devices, "virtual-function", vf_attributes, VGATE_DEVICE_VGPU, VGATE_HOSTDEV_PCI);
    write_devices (xml, devices, "unusable-device", unusable_attributes, VGATE_DEVICE_UNUSABLE, 0);
    write_items (xml, "creatable", creatable_attributes, devices->makeable);
    write_items (xml, "vgpu", vgpu_attributes, devices->vgpus);
    write_items (xml, "lease", lease_attributes, devices->leases);
    g_string_append (xml, "  </devices>\n");
}

/* --- questions --- */

const VgateListedDevice *
vgate_host_devices_find (const VgateHostDevices *devices, VgateHostdevKind kind, const char *source)
{
    return vgate_listed_device_find (devices->devices, kind, source);
}

gboolean
vgate_host_devices_have_kind (const VgateHostDevices *devices, VgateHostdevKind kind)
{
    for (guint i = 0; i < devices->devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (devices->devices, i);

        if (listed->kind == kind && listed->device.kind == VGATE_DEVICE_VGPU)
            return TRUE;
    }
    for (guint i = 0; i < devices->makeable->len; i++)
        if (((const VgateMakeable *)g_ptr_array_index (devices->makeable, i))->kind == kind)
            return TRUE;
    return FALSE;
}

gboolean
vgate_host_devices_run_domain (const VgateHostDevices *devices, const char *domain_uuid)
{
    for (guint i = 0; i < devices->vgpus->len; i++)
        if (g_strcmp0 (((const VgateHostVgpu *)g_ptr_array_index (devices->vgpus, i))->domain, domain_uuid) ==
            0)
            return TRUE;
    return FALSE;
}
