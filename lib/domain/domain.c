/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/domain.h"

#include "domain/command-line.h"

#include <string.h>

typedef struct {
    VgateXmlReader *reader;
    VgateDomain *domain;
    xmlDoc *element;    /* vgpu-gate's element; it is interpreted after the whole document was well-formed */
    gboolean is_status; /* the <domain> is in a <domstatus> */
    gboolean in_domain; /* of a <domstatus>: the current child of the root is the <domain> */
    guint n_hostdevs;
    char section[16]; /* the current child of <domain> */
} Walk;

static void
hostdev_free (VgateHostdev *hostdev)
{
    g_free (hostdev->source);
    g_free (hostdev->guest_address);
    g_free (hostdev);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateHostdev, hostdev_free)

void
vgate_domain_free (VgateDomain *domain)
{
    if (!domain)
        return;
    g_free (domain->name);
    g_free (domain->uuid);
    g_ptr_array_unref (domain->hostdevs);
    vgate_element_free (domain->element);
    g_clear_error (&domain->element_error);
    vgate_vmstate_free (domain->vmstate);
    g_free (domain);
}

/* Finds a child of libvirt's, which is in no namespace. */
static xmlNode *
child_named (xmlNode *node, const char *name)
{
    for (xmlNode *child = node ? node->children : NULL; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE && !child->ns && strcmp ((const char *)child->name, name) == 0)
            return child;
    return NULL;
}

static char *
attribute_of (xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp (node, (const xmlChar *)name);
    char *copy = g_strdup ((const char *)value);

    xmlFree (value);
    return copy;
}

/* Reads one part of a PCI address as libvirt does (virXMLPropUInt() with base 0): hexadecimal with 0x, octal
 * with 0, or decimal. The part is 0 when it is absent. */
static gboolean
address_part (xmlNode *node, const char *name, guint64 max, guint *part)
{
    g_autofree char *text = attribute_of (node, name);
    char *end;
    guint64 value;

    *part = 0;
    if (!text)
        return TRUE;
    /* strtoul() accepts white space and a sign before a number; libvirt rejects only '-' */
    value = g_ascii_strtoull (text, &end, 0);
    *part = (guint)value;
    return end != text && *end == '\0' && !strchr (text, '-') && value <= max;
}

/* The address as sysfs writes it. libvirt and the kernel support PCI domains of 32 bits (Intel's VMD makes
 * some above 0xffff). NULL for an invalid address, or when all parts are zero, which libvirt does not treat
 * as an address either. */
static char *
pci_address (xmlNode *node)
{
    guint domain, bus, slot, function;

    if (!address_part (node, "domain", G_MAXUINT32, &domain) || !address_part (node, "bus", 0xff, &bus) ||
        !address_part (node, "slot", 0x1f, &slot) || !address_part (node, "function", 7, &function) ||
        (domain == 0 && bus == 0 && slot == 0 && function == 0))
        return NULL;
    return g_strdup_printf ("%04x:%02x:%02x.%x", domain, bus, slot, function);
}

/* Reads 32 hexadecimal digits, with the hyphens and white space that virUUIDParse() accepts. */
static char *
mdev_uuid (xmlNode *address)
{
    g_autofree char *text = attribute_of (address, "uuid");
    g_autoptr (GString) uuid = g_string_new (NULL);

    for (const char *at = text ? g_strstrip (text) : ""; *at != '\0'; at++) {
        if (*at == '-')
            continue;
        if (uuid->len == 8 || uuid->len == 13 || uuid->len == 18 || uuid->len == 23)
            g_string_append_c (uuid, '-');
        g_string_append_c (uuid, g_ascii_tolower (*at));
    }
    return vgate_xml_text_has_form (uuid->str, VGATE_XML_UUID)
               ? g_string_free (g_steal_pointer (&uuid), FALSE)
               : NULL;
}

/* Sets the kind of a <hostdev>. FALSE when it cannot be an NVIDIA vGPU. */
static gboolean
hostdev_kind (xmlNode *node, VgateHostdevKind *kind)
{
    g_autofree char *mode = attribute_of (node, "mode");
    g_autofree char *type = attribute_of (node, "type");
    g_autofree char *model = attribute_of (node, "model");

    *kind = g_strcmp0 (type, "mdev") == 0 ? VGATE_HOSTDEV_MDEV : VGATE_HOSTDEV_PCI;
    if (mode && strcmp (mode, "subsystem") != 0)
        return FALSE;
    /* the models vfio-ccw and vfio-ap are for devices of IBM Z */
    if (*kind == VGATE_HOSTDEV_MDEV)
        return !model || strcmp (model, "vfio-pci") == 0;
    return g_strcmp0 (type, "pci") == 0;
}

/*
 * Leaves out a hostdev that cannot be an NVIDIA vGPU, and reports no error in it: most guests have no vGPU,
 * and it is libvirt that checks their XML. A PCI device whose address is invalid is also left out. If the
 * element has a vGPU at such a hostdev, the guest is refused later because the vGPU has no hostdev.
 */
static gboolean
read_hostdev (Walk *walk, GError **error)
{
    g_autoptr (xmlDoc) doc = vgate_xml_copy_element (walk->reader, error);
    g_autoptr (VgateHostdev) hostdev = g_new0 (VgateHostdev, 1);
    xmlNode *node, *source, *guest;

    if (!doc)
        return FALSE;
    node = xmlDocGetRootElement (doc);
    hostdev->position = walk->n_hostdevs++;
    if (!hostdev_kind (node, &hostdev->kind))
        return TRUE;
    source = child_named (child_named (node, "source"), "address");
    if (source)
        hostdev->source = hostdev->kind == VGATE_HOSTDEV_MDEV ? mdev_uuid (source) : pci_address (source);
    if (!hostdev->source && hostdev->kind == VGATE_HOSTDEV_PCI)
        return TRUE;
    /* libvirt never writes such a mediated device, but another hook can have written it */
    if (!hostdev->source) {
        vgate_xml_set_error (error, VGATE_CODE_HOSTDEV_UNUSABLE, node, "its source has no valid address");
        return FALSE;
    }
    guest = child_named (node, "address");
    if (guest) {
        g_autofree char *type = attribute_of (guest, "type");

        hostdev->guest_address = g_strcmp0 (type, "pci") == 0 ? pci_address (guest) : NULL;
    }
    g_ptr_array_add (walk->domain->hostdevs, g_steal_pointer (&hostdev));
    return TRUE;
}

static gboolean
read_element (Walk *walk, GError **error)
{
    if (walk->element) {
        if (!walk->domain->element_error)
            walk->domain->element_error = g_error_new (VGATE_ERROR, VGATE_CODE_ELEMENT_TWICE,
                                                       "line %ld: a second metadata element of vgpu-gate",
                                                       vgate_xml_line (walk->reader));
        return TRUE;
    }
    walk->element = vgate_xml_copy_element (walk->reader, error);
    return walk->element != NULL;
}

static gboolean
is_of_qemu (const xmlChar *uri, const xmlChar *local_name, const char *name)
{
    return g_strcmp0 ((const char *)uri, VGATE_VMSTATE_QEMU_NAMESPACE) == 0 &&
           strcmp ((const char *)local_name, name) == 0;
}

static void
add_command_line_device (VgateDomain *domain, const char *argument)
{
    VgateHostdevKind kind;
    char *source;
    VgateHostdev *hostdev;

    if (!vgate_qemu_device_parse (argument, &kind, &source))
        return;
    hostdev = g_new0 (VgateHostdev, 1);
    hostdev->kind = kind;
    hostdev->source = source;
    hostdev->position = G_MAXUINT;
    hostdev->is_on_command_line = TRUE;
    g_ptr_array_add (domain->hostdevs, hostdev);
}

/* Reads <qemu:commandline>, which libvirt passes to QEMU without interpreting it. */
static gboolean
read_command_line (Walk *walk, GError **error)
{
    g_autoptr (xmlDoc) doc = vgate_xml_copy_element (walk->reader, error);
    g_autofree char *option = NULL;

    if (!doc)
        return FALSE;
    for (xmlNode *node = xmlDocGetRootElement (doc)->children; node; node = node->next) {
        g_autofree char *value = NULL;

        if (node->type != XML_ELEMENT_NODE || !node->ns || !is_of_qemu (node->ns->href, node->name, "arg"))
            continue;
        value = attribute_of (node, "value");
        if (value && g_strcmp0 (option, "-object") == 0 && !walk->domain->vmstate)
            walk->domain->vmstate = vgate_vmstate_parse (value);
        else if (value && vgate_qemu_is_device_option (option))
            add_command_line_device (walk->domain, value);
        g_free (option);
        option = g_steal_pointer (&value);
    }
    return TRUE;
}

/* Reads <name> or <uuid>. The first one is used, as in libvirt. */
static gboolean
read_text (Walk *walk, char **text, GError **error)
{
    g_autoptr (xmlDoc) doc = NULL;
    xmlChar *content;

    if (*text)
        return TRUE;
    doc = vgate_xml_copy_element (walk->reader, error);
    if (!doc)
        return FALSE;
    content = xmlNodeGetContent (xmlDocGetRootElement (doc));
    *text = g_strstrip (g_strdup ((const char *)content));
    xmlFree (content);
    return TRUE;
}

static gboolean
is_ours (xmlTextReader *reader)
{
    const char *uri = (const char *)xmlTextReaderConstNamespaceUri (reader);

    return uri && g_str_has_prefix (uri, VGATE_ELEMENT_NAMESPACE_FAMILY);
}

/* Reads an element at a depth that matters: 0 is <domain>, 1 its children, 2 their children. */
static gboolean
visit (Walk *walk, int depth, const char *name, GError **error)
{
    if (depth == 0) {
        if (strcmp (name, "domain") == 0)
            return TRUE;
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_XML_NOT_DOMAIN,
                             "the root element is not <domain>");
        return FALSE;
    }
    if (depth == 1) {
        g_strlcpy (walk->section, name, sizeof walk->section);
        if (strcmp (name, "name") == 0)
            return read_text (walk, &walk->domain->name, error);
        if (strcmp (name, "uuid") == 0)
            return read_text (walk, &walk->domain->uuid, error);
        if (is_of_qemu (xmlTextReaderConstNamespaceUri (vgate_xml_reader_get (walk->reader)),
                        xmlTextReaderConstLocalName (vgate_xml_reader_get (walk->reader)), "commandline"))
            return read_command_line (walk, error);
        return TRUE;
    }
    if (depth == 2 && !walk->is_status && strcmp (walk->section, "metadata") == 0 &&
        is_ours (vgate_xml_reader_get (walk->reader)))
        return read_element (walk, error);
    if (depth == 2 && strcmp (walk->section, "devices") == 0 && strcmp (name, "hostdev") == 0)
        return read_hostdev (walk, error);
    return TRUE;
}

/* Reads an element of a status file, where <domain> is one level deeper, and everything beside it is internal
 * to libvirt. */
static gboolean
visit_status (Walk *walk, int depth, const char *name, GError **error)
{
    if (depth == 0) {
        if (strcmp (name, "domstatus") == 0)
            return TRUE;
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_XML_NOT_DOMAIN,
                             "the root element is not <domstatus>");
        return FALSE;
    }
    if (depth == 1)
        walk->in_domain = strcmp (name, "domain") == 0;
    return !walk->in_domain || visit (walk, depth - 1, name, error);
}

/* The name of an element of libvirt's. They are in no namespace, so that <x:uuid> is not <uuid>; for an
 * element in a namespace, the name is "". */
static const char *
domain_element_name (xmlTextReader *reader)
{
    if (xmlTextReaderConstNamespaceUri (reader))
        return "";
    return (const char *)xmlTextReaderConstLocalName (reader);
}

static gboolean
walk_document (Walk *walk, GError **error)
{
    gboolean (*const visit_element) (Walk *, int, const char *, GError **) =
        walk->is_status ? visit_status : visit;
    xmlTextReader *reader = vgate_xml_reader_get (walk->reader);
    g_autoptr (GError) local = NULL;

    while (vgate_xml_next (walk->reader, &local)) {
        if (xmlTextReaderNodeType (reader) == XML_READER_TYPE_ELEMENT &&
            !visit_element (walk, xmlTextReaderDepth (reader), domain_element_name (reader), &local))
            break;
    }
    if (!local)
        return TRUE;
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
}

static gboolean
check_identity (VgateDomain *domain, GError **error)
{
    if (domain->uuid) {
        g_autofree char *given = g_steal_pointer (&domain->uuid);

        domain->uuid = g_ascii_strdown (given, -1);
    }
    if (domain->name && domain->name[0] != '\0' && domain->uuid &&
        vgate_xml_text_has_form (domain->uuid, VGATE_XML_UUID))
        return TRUE;
    g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_XML_NOT_DOMAIN,
                         "the domain has no name or no usable UUID");
    return FALSE;
}

static VgateDomain *
read_document (const char *xml, gsize length, gboolean is_status, char **name, GError **error)
{
    g_autoptr (VgateDomain) domain = g_new0 (VgateDomain, 1);
    g_autoptr (VgateXmlReader) reader = vgate_xml_reader_new (xml, length, error);
    Walk walk = {.reader = reader, .domain = domain, .is_status = is_status};
    gboolean good;

    domain->hostdevs = g_ptr_array_new_with_free_func ((GDestroyNotify)hostdev_free);
    if (!reader)
        return NULL;
    good = walk_document (&walk, error) && check_identity (domain, error);
    if (good && walk.element && !domain->element_error)
        domain->element = vgate_element_read (xmlDocGetRootElement (walk.element), &domain->element_error);
    g_clear_pointer (&walk.element, xmlFreeDoc);
    if (name)
        *name = g_strdup (domain->name);
    return good ? g_steal_pointer (&domain) : NULL;
}

VgateDomain *
vgate_domain_read_leniently (const char *xml, gsize length, char **name, GError **error)
{
    return read_document (xml, length, FALSE, name, error);
}

VgateDomain *
vgate_domain_read (const char *xml, gsize length, char **name, GError **error)
{
    g_autoptr (VgateDomain) domain = read_document (xml, length, FALSE, name, error);

    if (!domain || !domain->element_error)
        return g_steal_pointer (&domain);
    g_propagate_error (error, g_steal_pointer (&domain->element_error));
    return NULL;
}

VgateDomain *
vgate_domain_read_status (const char *xml, gsize length, GError **error)
{
    return read_document (xml, length, TRUE, NULL, error);
}

const VgateHostdev *
vgate_domain_find_hostdev (const VgateDomain *domain, const char *guest_address)
{
    for (guint i = 0; guest_address && i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        if (g_strcmp0 (hostdev->guest_address, guest_address) == 0)
            return hostdev;
    }
    return NULL;
}

const VgateHostdev *
vgate_domain_find_device (const VgateDomain *domain, VgateHostdevKind kind, const char *source)
{
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        if (hostdev->kind == kind && strcmp (hostdev->source, source) == 0)
            return hostdev;
    }
    return NULL;
}
