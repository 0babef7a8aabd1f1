/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "switchover-xml.h"

#include <libxml/parser.h>
#include <string.h>

#define COMMAND_LINE "commandline"
#define ARGUMENT     "arg"
#define PREFIX       "qemu"

static gboolean
is_of_qemu (const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
           strcmp ((const char *)node->ns->href, VGATE_VMSTATE_QEMU_NAMESPACE) == 0 &&
           strcmp ((const char *)node->name, name) == 0;
}

static xmlNode *
next_of_qemu (xmlNode *node, const char *name)
{
    while (node && !is_of_qemu (node, name))
        node = node->next;
    return node;
}

static char *
value_of (xmlNode *argument)
{
    xmlChar *value = xmlGetNoNsProp (argument, (const xmlChar *)"value");
    char *copy = g_strdup ((const char *)value);

    xmlFree (value);
    return copy;
}

/* Removes the node and the blank text before it. */
static void
remove_node (xmlNode *node)
{
    if (node->prev && xmlIsBlankNode (node->prev)) {
        xmlNode *blank = node->prev;

        xmlUnlinkNode (blank);
        xmlFreeNode (blank);
    }
    xmlUnlinkNode (node);
    xmlFreeNode (node);
}

/* Removes every -object that vgpu-gate added. */
static void
remove_ours (xmlNode *command_line)
{
    xmlNode *argument = next_of_qemu (command_line->children, ARGUMENT);

    while (argument) {
        xmlNode *option = argument, *value = next_of_qemu (argument->next, ARGUMENT);
        g_autofree char *option_text = value_of (option), *value_text = value ? value_of (value) : NULL;
        g_autoptr (VgateVmstate) ours = NULL;

        argument = value;
        if (!value_text || g_strcmp0 (option_text, "-object") != 0)
            continue;
        ours = vgate_vmstate_parse (value_text);
        argument = next_of_qemu (value->next, ARGUMENT);
        if (ours) {
            remove_node (option);
            remove_node (value);
        }
    }
}

/* TRUE if there is another object of this kind, whether as text or as JSON. */
static gboolean
has_another (xmlNode *command_line)
{
    for (xmlNode *argument = next_of_qemu (command_line->children, ARGUMENT); argument;
         argument = next_of_qemu (argument->next, ARGUMENT)) {
        g_autofree char *text = value_of (argument);

        if (text && strstr (text, VGATE_VMSTATE_KIND))
            return TRUE;
    }
    return FALSE;
}

static void
add_argument (xmlNode *command_line, const char *text)
{
    xmlNode *argument = xmlNewChild (command_line, command_line->ns, (const xmlChar *)ARGUMENT, NULL);

    xmlNewProp (argument, (const xmlChar *)"value", (const xmlChar *)text);
}

static xmlNode *
new_command_line (xmlNode *root)
{
    const xmlChar *uri = (const xmlChar *)VGATE_VMSTATE_QEMU_NAMESPACE;
    xmlNs *ns = xmlSearchNsByHref (root->doc, root, uri);

    return xmlNewChild (root, ns ? ns : xmlNewNs (root, uri, (const xmlChar *)PREFIX),
                        (const xmlChar *)COMMAND_LINE, NULL);
}

static gboolean
edit_tree (xmlNode *root, const char *bus, const char *uuid, GError **error)
{
    xmlNode *command_line = next_of_qemu (root->children, COMMAND_LINE);
    g_autofree char *argument = bus ? vgate_vmstate_format (bus, uuid) : NULL;

    if (command_line)
        remove_ours (command_line);
    if (bus && command_line && has_another (command_line)) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_EDIT,
                             "the domain has another " VGATE_VMSTATE_KIND " object; QEMU supports only one");
        return FALSE;
    }
    if (bus) {
        if (!command_line)
            command_line = new_command_line (root);
        add_argument (command_line, "-object");
        add_argument (command_line, argument);
    } else if (!xmlFirstElementChild (command_line)) {
        remove_node (command_line);
    }
    return TRUE;
}

static gboolean
is_up_to_date (const VgateDomain *domain, const char *bus)
{
    const VgateVmstate *vmstate = domain->vmstate;

    if (!vmstate || !bus)
        return !vmstate && !bus;
    return strcmp (vmstate->bus, bus) == 0 && strcmp (vmstate->uuid, domain->uuid) == 0;
}

gboolean
vgate_switchover_edit (const char *xml, const char *bus, char **edited, GError **error)
{
    g_autoptr (VgateDomain) domain = vgate_domain_read (xml, strlen (xml), NULL, error);
    g_autoptr (xmlDoc) doc = NULL;
    xmlChar *text = NULL;
    int length;

    *edited = NULL;
    if (!domain)
        return FALSE;
    if (is_up_to_date (domain, bus))
        return TRUE;
    /* vgate_domain_read () has accepted the XML, and it has no declarations */
    doc = xmlReadMemory (xml, (int)strlen (xml), NULL, "UTF-8", XML_PARSE_NONET);
    if (!doc || !edit_tree (xmlDocGetRootElement (doc), bus, domain->uuid, error)) {
        if (!doc)
            g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_EDIT,
                                 "cannot parse the domain XML");
        return FALSE;
    }
    xmlDocDumpMemoryEnc (doc, &text, &length, "UTF-8");
    *edited = g_strdup ((const char *)text);
    xmlFree (text);
    return TRUE;
}
