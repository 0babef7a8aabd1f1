/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host document as a tree. It is made from the document itself, so that text and JSON cannot lack what
 * the document has.
 */
#include "tree-host.h"

#include <string.h>

/* What is a number in the document; everything else is text. */
static const struct {
    const char *element;
    const char *attribute;
    VgateUnit unit;
} numbers[] = {
    {"pgpu", "read-bandwidth", VGATE_UNIT_MB_PER_SECOND},
    {"pgpu", "write-bandwidth", VGATE_UNIT_MB_PER_SECOND},
    {"metadata", "length", VGATE_UNIT_BYTES},
    {"mirror", "version", VGATE_UNIT_NONE},
    {"mirror", "revision", VGATE_UNIT_NONE},
    {"mirror", "opaque-size", VGATE_UNIT_BYTES},
    {"scheduler", "average-factor", VGATE_UNIT_NONE},
    {"scheduler", "time-slice", VGATE_UNIT_NS},
    {"unusable-gpu", "index", VGATE_UNIT_NONE},
    {"type", "id", VGATE_UNIT_NONE},
    {"type", "framebuffer", VGATE_UNIT_BYTES},
    {"type", "max", VGATE_UNIT_NONE},
    {"type", "free", VGATE_UNIT_NONE},
};

/* Of what there can be any number below an element. */
static const struct {
    const char *element;
    const char *list;
} lists[] = {{"host", "pgpu"}, {"host", "unusable-gpu"}, {"pgpu", "type"}};

static gboolean
is_list (const char *element, const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
        if (strcmp (lists[i].element, element) == 0 && strcmp (lists[i].list, name) == 0)
            return TRUE;
    return FALSE;
}

static void
add_field (VgateTree *tree, const char *name, const char *value)
{
    for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++) {
        if (strcmp (numbers[i].element, tree->name) == 0 && strcmp (numbers[i].attribute, name) == 0) {
            vgate_tree_add_number (tree, name, g_ascii_strtoull (value, NULL, 10), numbers[i].unit);
            return;
        }
    }
    if (strcmp (tree->name, "driver") == 0 && strcmp (name, "simulated") == 0)
        vgate_tree_add_flag (tree, name, strcmp (value, "yes") == 0);
    else
        vgate_tree_add_text (tree, name, value);
}

static void
add_attributes (VgateTree *tree, const xmlNode *node)
{
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        xmlChar *value = xmlNodeGetContent ((const xmlNode *)attribute);

        add_field (tree, (const char *)attribute->name, (const char *)value);
        xmlFree (value);
    }
}

static void
take_element (VgateTree *tree, xmlNode *node)
{
    add_attributes (tree, node);
    if (strcmp (tree->name, "metadata") == 0) {
        xmlChar *base64 = xmlNodeGetContent (node);

        vgate_tree_add_bytes (tree, "base64", (const char *)base64);
        xmlFree (base64);
        return;
    }
    for (xmlNode *child = xmlFirstElementChild (node); child; child = xmlNextElementSibling (child)) {
        const char *name = (const char *)child->name;

        take_element (is_list (tree->name, name) ? vgate_tree_add_item (tree, name)
                                                 : vgate_tree_add_child (tree, name),
                      child);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
        if (strcmp (lists[i].element, tree->name) == 0)
            vgate_tree_add_list (tree, lists[i].list);
}

VgateTree *
vgate_host_tree (const VgateHost *host)
{
    g_autofree char *document = vgate_host_write (host);
    /* our own document, written a line above: it parses */
    g_autoptr (xmlDoc) doc = xmlReadMemory (document, (int)strlen (document), NULL, "UTF-8", XML_PARSE_NONET);
    VgateTree *tree = vgate_tree_new ("host");

    take_element (tree, xmlDocGetRootElement (doc));
    return tree;
}
