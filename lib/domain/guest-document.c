/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/guest-document.h"

#include <libxml/xmlsave.h>
#include <string.h>

static gboolean
is_element (const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && !node->ns && strcmp ((const char *)node->name, name) == 0;
}

static gboolean
is_ours (const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
           g_str_has_prefix ((const char *)node->ns->href, VGATE_ELEMENT_NAMESPACE_FAMILY);
}

static xmlNode *
add_child (xmlNode *parent, const char *name)
{
    return xmlNewChild (parent, NULL, (const xmlChar *)name, NULL);
}

static void
add_text (xmlNode *parent, const char *name, const char *text)
{
    /* it escapes the text, which xmlNewChild () does not */
    xmlNewTextChild (parent, NULL, (const xmlChar *)name, (const xmlChar *)text);
}

/* Copies attributes that are in no namespace. */
static void
copy_attributes (xmlNode *to, xmlNode *from, const char *const *names)
{
    for (; *names; names++) {
        xmlChar *value = xmlGetNoNsProp (from, (const xmlChar *)*names);

        if (value)
            xmlNewProp (to, (const xmlChar *)*names, value);
        xmlFree (value);
    }
}

/* Removes white space between elements, so that the document is indented as a whole. */
static void
remove_blanks (xmlNode *node)
{
    for (xmlNode *child = node->children, *next; child; child = next) {
        next = child->next;
        if (xmlIsBlankNode (child) && xmlFirstElementChild (node)) {
            xmlUnlinkNode (child);
            xmlFreeNode (child);
        } else if (child->type == XML_ELEMENT_NODE) {
            remove_blanks (child);
        }
    }
}

static void
copy_metadata (xmlNode *to, xmlNode *metadata)
{
    for (xmlNode *child = metadata->children; child; child = child->next) {
        xmlNode *copy = is_ours (child) ? xmlDocCopyNode (child, to->doc, 1) : NULL;

        if (!copy)
            continue;
        xmlAddChild (to, copy);
        remove_blanks (copy);
        /* its prefix can have been declared above it */
        xmlReconciliateNs (to->doc, copy);
    }
}

/* Copies the addresses of a device on the host and in the guest, and nothing else that its hostdev has. */
static void
copy_hostdev (xmlNode *to, xmlNode *hostdev)
{
    static const char *const names[] = {"mode", "type", "model", NULL};
    static const char *const parts[] = {"type", "uuid", "domain", "bus", "slot", "function", NULL};
    xmlNode *copy = add_child (to, "hostdev");

    copy_attributes (copy, hostdev, names);
    for (xmlNode *child = hostdev->children; child; child = child->next) {
        if (is_element (child, "address")) {
            copy_attributes (add_child (copy, "address"), child, parts);
        } else if (is_element (child, "source")) {
            xmlNode *source = add_child (copy, "source");

            for (xmlNode *address = child->children; address; address = address->next)
                if (is_element (address, "address"))
                    copy_attributes (add_child (source, "address"), address, parts);
        }
    }
}

/* TRUE for a hostdev that can be a vGPU; those of other types can contain passwords. */
static gboolean
is_pci_or_mdev (xmlNode *hostdev)
{
    xmlChar *type = xmlGetNoNsProp (hostdev, (const xmlChar *)"type");
    const gboolean is_one =
        type && (strcmp ((const char *)type, "pci") == 0 || strcmp ((const char *)type, "mdev") == 0);

    xmlFree (type);
    return is_one;
}

static void
copy_hostdevs (xmlNode *to, xmlNode *devices)
{
    for (xmlNode *child = devices->children; child; child = child->next)
        if (is_element (child, "hostdev") && is_pci_or_mdev (child))
            copy_hostdev (to, child);
}

/* --- QEMU's command line, of which only the arguments that were understood are written --- */

static void
add_arguments (xmlNode *command_line, const char *option, const char *argument)
{
    const char *const values[] = {option, argument};

    for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
        xmlNewProp (xmlNewChild (command_line, command_line->ns, (const xmlChar *)"arg", NULL),
                    (const xmlChar *)"value", (const xmlChar *)values[i]);
}

static void
add_command_line (xmlNode *root, const VgateDomain *domain)
{
    xmlNode *command_line = add_child (root, "commandline");

    xmlSetNs (command_line, xmlNewNs (command_line, (const xmlChar *)VGATE_VMSTATE_QEMU_NAMESPACE,
                                      (const xmlChar *)"qemu"));
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);
        g_autofree char *argument =
            hostdev->kind == VGATE_HOSTDEV_MDEV
                ? g_strdup_printf ("vfio-pci,sysfsdev=/sys/bus/mdev/devices/%s", hostdev->source)
                : g_strdup_printf ("vfio-pci,host=%s", hostdev->source);

        if (hostdev->is_on_command_line)
            add_arguments (command_line, "-device", argument);
    }
    if (domain->vmstate) {
        g_autofree char *object = vgate_vmstate_format (domain->vmstate->bus, domain->vmstate->uuid);

        add_arguments (command_line, "-object", object);
    }
    if (!command_line->children) {
        xmlUnlinkNode (command_line);
        xmlFreeNode (command_line);
    }
}

/* As libvirt writes XML: indented, without a declaration. */
static char *
format (xmlDoc *doc)
{
    xmlBuffer *buffer = xmlBufferCreate ();
    xmlSaveCtxt *save = xmlSaveToBuffer (buffer, "UTF-8", XML_SAVE_FORMAT | XML_SAVE_NO_DECL);
    char *text;

    xmlSaveDoc (save, doc);
    xmlSaveClose (save);
    text = g_strdup ((const char *)xmlBufferContent (buffer));
    xmlBufferFree (buffer);
    return text;
}

char *
vgate_guest_document_write (const char *xml, gsize length, GError **error)
{
    g_autoptr (VgateDomain) domain = vgate_domain_read_leniently (xml, length, NULL, error);
    g_autoptr (xmlDoc) from = domain ? vgate_xml_read_tree (xml, length, error) : NULL;
    g_autoptr (xmlDoc) to = NULL;
    xmlNode *root, *metadata, *devices;

    if (!from)
        return NULL;
    to = xmlNewDoc ((const xmlChar *)"1.0");
    root = xmlNewDocNode (to, NULL, (const xmlChar *)"domain", NULL);
    xmlDocSetRootElement (to, root);
    add_text (root, "name", domain->name);
    add_text (root, "uuid", domain->uuid);
    metadata = add_child (root, "metadata");
    devices = add_child (root, "devices");
    for (xmlNode *child = xmlDocGetRootElement (from)->children; child; child = child->next) {
        if (is_element (child, "metadata"))
            copy_metadata (metadata, child);
        else if (is_element (child, "devices"))
            copy_hostdevs (devices, child);
    }
    add_command_line (root, domain);
    return format (to);
}
