/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/domain.h"

#include "base/fault.h"
#include "domain/command-line.h"

#include <string.h>

/* A <domain> while it is read. */
typedef struct {
    VgateDomain *domain;
    /* vgpu-gate's element, in the reader's document; it is interpreted after all of it was well-formed */
    xmlNode *element;
    guint n_hostdevs;
} Part;

/* What the root element is. */
typedef enum {
    ROOT_DOMAIN,
    ROOT_STATUS,   /* <domstatus>: the <domain> is a child of the root */
    ROOT_SNAPSHOT, /* <domainsnapshot>: so are <domain> and <inactiveDomain> */
} Root;

typedef struct {
    VgateXmlReader *reader;
    Part *part; /* the one that is read; NULL: the current child of the root is no domain */
    Root root;
    gboolean may_be_snapshot;
    char section[16]; /* the current child of <domain> */
    /* of a snapshot */
    Part active, inactive; /* <domain> and <inactiveDomain>; their domain is NULL if there is none */
    gboolean has_memory;   /* its <memory> says that the guest's memory is part of it */
    gboolean is_memory_known;
    char *memory_file; /* or NULL */
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
    g_free (domain->memory_file);
    g_free (domain);
}

VgateDomain *
vgate_domain_new (void)
{
    VgateDomain *domain = g_new0 (VgateDomain, 1);

    domain->hostdevs = g_ptr_array_new_with_free_func ((GDestroyNotify)hostdev_free);
    return domain;
}

static void
part_clear (Part *part)
{
    g_clear_pointer (&part->domain, vgate_domain_free);
    part->element = NULL;
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

/* Of the element that is being read. */
static char *
reader_attribute (VgateXmlReader *reader, const char *name)
{
    xmlChar *value = xmlTextReaderGetAttribute (vgate_xml_reader_get (reader), (const xmlChar *)name);
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
    xmlNode *node = vgate_xml_expand_element (walk->reader, error), *source, *guest;
    g_autoptr (VgateHostdev) hostdev = g_new0 (VgateHostdev, 1);

    if (!node)
        return FALSE;
    hostdev->position = walk->part->n_hostdevs++;
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
    g_ptr_array_add (walk->part->domain->hostdevs, g_steal_pointer (&hostdev));
    return TRUE;
}

static gboolean
read_element (Walk *walk, GError **error)
{
    if (walk->part->element) {
        if (!walk->part->domain->element_error)
            walk->part->domain->element_error = g_error_new (
                VGATE_ERROR, VGATE_CODE_ELEMENT_TWICE, "line %ld: a second metadata element of vgpu-gate",
                vgate_xml_line (walk->reader));
        return TRUE;
    }
    walk->part->element = vgate_xml_keep_element (walk->reader, error);
    return walk->part->element != NULL;
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
    xmlNode *element = vgate_xml_expand_element (walk->reader, error);
    g_autofree char *option = NULL;

    if (!element)
        return FALSE;
    for (xmlNode *node = element->children; node; node = node->next) {
        g_autofree char *value = NULL;

        if (node->type != XML_ELEMENT_NODE || !node->ns || !is_of_qemu (node->ns->href, node->name, "arg"))
            continue;
        value = attribute_of (node, "value");
        if (value && g_strcmp0 (option, "-object") == 0 && !walk->part->domain->vmstate)
            walk->part->domain->vmstate = vgate_vmstate_parse (value);
        else if (value && vgate_qemu_is_device_option (option))
            add_command_line_device (walk->part->domain, value);
        g_free (option);
        option = g_steal_pointer (&value);
    }
    return TRUE;
}

/* Reads <name> or <uuid>. The first one is used, as in libvirt. */
static gboolean
read_text (Walk *walk, char **text, GError **error)
{
    xmlNode *node;
    xmlChar *content;

    if (*text)
        return TRUE;
    node = vgate_xml_expand_element (walk->reader, error);
    if (!node)
        return FALSE;
    content = xmlNodeGetContent (node);
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
            return read_text (walk, &walk->part->domain->name, error);
        if (strcmp (name, "uuid") == 0)
            return read_text (walk, &walk->part->domain->uuid, error);
        if (is_of_qemu (xmlTextReaderConstNamespaceUri (vgate_xml_reader_get (walk->reader)),
                        xmlTextReaderConstLocalName (vgate_xml_reader_get (walk->reader)), "commandline"))
            return read_command_line (walk, error);
        return TRUE;
    }
    if (depth == 2 && walk->root != ROOT_STATUS && strcmp (walk->section, "metadata") == 0 &&
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
        walk->part = strcmp (name, "domain") == 0 ? &walk->active : NULL;
    return !walk->part || visit (walk, depth - 1, name, error);
}

/*
 * Reads an element of a snapshot, of which <memory>, <domain> and <inactiveDomain> matter, in any order.
 * <domain> is what ran (or was stopped) when the snapshot was made, and goes with the memory.
 * <inactiveDomain> is the persistent definition of a guest that ran.
 */
static gboolean
visit_snapshot (Walk *walk, int depth, const char *name, GError **error)
{
    g_autofree char *location = NULL;

    if (depth == 0)
        return TRUE;
    if (depth > 1)
        return !walk->part || visit (walk, depth - 1, name, error);
    walk->part = strcmp (name, "domain") == 0           ? &walk->active
                 : strcmp (name, "inactiveDomain") == 0 ? &walk->inactive
                                                        : NULL;
    if (walk->part ? walk->part->domain != NULL : walk->is_memory_known && strcmp (name, "memory") == 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_XML_NOT_DOMAIN,
                     "line %ld: a second <%s> in a <domainsnapshot>", vgate_xml_line (walk->reader), name);
        return FALSE;
    }
    if (walk->part)
        walk->part->domain = vgate_domain_new ();
    if (strcmp (name, "memory") != 0)
        return TRUE;
    location = reader_attribute (walk->reader, "snapshot");
    walk->is_memory_known = TRUE;
    walk->has_memory = g_strcmp0 (location, "internal") == 0 || g_strcmp0 (location, "external") == 0;
    if (g_strcmp0 (location, "external") == 0)
        walk->memory_file = reader_attribute (walk->reader, "file");
    if (walk->has_memory || g_strcmp0 (location, "no") == 0)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_XML_NOT_DOMAIN,
                 "line %ld: the <memory> of a <domainsnapshot> is neither 'internal' nor "
                 "'external' nor 'no'",
                 vgate_xml_line (walk->reader));
    return FALSE;
}

static gboolean
visit_any (Walk *walk, int depth, const char *name, GError **error)
{
    if (depth == 0 && walk->may_be_snapshot && strcmp (name, "domainsnapshot") == 0) {
        walk->root = ROOT_SNAPSHOT;
        part_clear (&walk->active);
        walk->part = NULL;
    }
    switch (walk->root) {
    case ROOT_STATUS: return visit_status (walk, depth, name, error);
    case ROOT_SNAPSHOT: return visit_snapshot (walk, depth, name, error);
    default: return visit (walk, depth, name, error);
    }
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
    xmlTextReader *reader = vgate_xml_reader_get (walk->reader);
    g_autoptr (GError) local = NULL;

    while (vgate_xml_next (walk->reader, &local)) {
        if (xmlTextReaderNodeType (reader) == XML_READER_TYPE_ELEMENT &&
            !visit_any (walk, xmlTextReaderDepth (reader), domain_element_name (reader), &local))
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

/* The part of the document that is asked for, or NULL with an error. */
static Part *
choose_part (Walk *walk, VgateDomainDocument *document, GError **error)
{
    if (walk->root != ROOT_SNAPSHOT)
        return &walk->active;
    *document = walk->has_memory ? VGATE_DOMAIN_DOCUMENT_MEMORY : VGATE_DOMAIN_DOCUMENT_COLD;
    if (!walk->has_memory && walk->inactive.domain)
        return &walk->inactive;
    if (walk->active.domain)
        return &walk->active;
    g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_XML_NOT_DOMAIN,
                         "the <domainsnapshot> contains no <domain>");
    return NULL;
}

/* What vgate_domain_inspect () asks for. */
typedef struct {
    GPtrArray *faults;
    xmlDoc *element;
} Inspection;

/* Sets the element of the domain, or its error. */
static void
interpret_element (Part *part, Inspection *inspection)
{
    xmlNode *element = part->element;

    if (inspection) {
        inspection->element = vgate_xml_copy_node (element);
        element = xmlDocGetRootElement (inspection->element);
        vgate_xml_collect_faults (inspection->element, inspection->faults);
    }
    part->domain->element = vgate_element_read (element, &part->domain->element_error);
    if (inspection)
        vgate_xml_collect_faults (inspection->element, NULL);
}

/* document: NULL if only a <domain>, or with is_status a <domstatus>, is accepted. inspection can be NULL. */
static VgateDomain *
read_document (const char *xml, gsize length, gboolean is_status, VgateDomainDocument *document,
               Inspection *inspection, char **name, GError **error)
{
    g_autoptr (VgateXmlReader) reader = vgate_xml_reader_new (xml, length, error);
    Walk walk = {.reader = reader, .root = is_status ? ROOT_STATUS : ROOT_DOMAIN};
    g_autoptr (VgateDomain) domain = NULL;
    Part *part = NULL;
    gboolean good;

    if (!reader)
        return NULL;
    walk.may_be_snapshot = document != NULL;
    walk.part = &walk.active;
    walk.active.domain = vgate_domain_new ();
    good = walk_document (&walk, error);
    part = good ? choose_part (&walk, document, error) : &walk.active;
    good = good && part && check_identity (part->domain, error);
    if (good && part->element && !part->domain->element_error)
        interpret_element (part, inspection);
    if (name)
        *name = part && part->domain ? g_strdup (part->domain->name) : NULL;
    if (good) {
        domain = g_steal_pointer (&part->domain);
        domain->memory_file = g_steal_pointer (&walk.memory_file);
    }
    g_free (walk.memory_file);
    part_clear (&walk.active);
    part_clear (&walk.inactive);
    return g_steal_pointer (&domain);
}

VgateDomain *
vgate_domain_read_leniently (const char *xml, gsize length, char **name, GError **error)
{
    return read_document (xml, length, FALSE, NULL, NULL, name, error);
}

/* The domain, or NULL with the error of its element. */
static VgateDomain *
strictly (VgateDomain *read, GError **error)
{
    g_autoptr (VgateDomain) domain = read;

    if (!domain || !domain->element_error)
        return g_steal_pointer (&domain);
    g_propagate_error (error, g_steal_pointer (&domain->element_error));
    return NULL;
}

VgateDomain *
vgate_domain_read (const char *xml, gsize length, char **name, GError **error)
{
    return strictly (read_document (xml, length, FALSE, NULL, NULL, name, error), error);
}

VgateDomain *
vgate_domain_read_document (const char *xml, gsize length, VgateDomainDocument *document, char **name,
                            GError **error)
{
    *document = VGATE_DOMAIN_DOCUMENT_DOMAIN;
    return strictly (read_document (xml, length, FALSE, document, NULL, name, error), error);
}

VgateDomain *
vgate_domain_read_document_leniently (const char *xml, gsize length, VgateDomainDocument *document,
                                      char **name, GError **error)
{
    *document = VGATE_DOMAIN_DOCUMENT_DOMAIN;
    return read_document (xml, length, FALSE, document, NULL, name, error);
}

VgateDomain *
vgate_domain_inspect (const char *xml, gsize length, VgateDomainDocument *document, GPtrArray *faults,
                      xmlDoc **element)
{
    Inspection inspection = {.faults = faults};
    GError *error = NULL;
    g_autoptr (VgateDomain) domain = NULL;

    *document = VGATE_DOMAIN_DOCUMENT_DOMAIN;
    domain = read_document (xml, length, FALSE, document, &inspection, NULL, &error);
    *element = inspection.element;
    if (domain && domain->element_error)
        error = g_steal_pointer (&domain->element_error);
    if (error)
        vgate_faults_take (faults, error, 0);
    return faults->len == 0 ? g_steal_pointer (&domain) : NULL;
}

VgateDomain *
vgate_domain_read_status (const char *xml, gsize length, GError **error)
{
    return read_document (xml, length, TRUE, NULL, NULL, NULL, error);
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
