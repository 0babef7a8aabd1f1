/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host document as a report. The report is made from the document itself, so that text and JSON contain
 * everything that the document contains. */
#include "tree-host.h"

#include <string.h>

/* The attributes that are numbers; all others are text. */
static const struct {
    const char *element;
    const char *attribute;
} numbers[] = {
    {"pgpu", "read-bandwidth"},
    {"pgpu", "write-bandwidth"},
    {"metadata", "length"},
    {"mirror", "version"},
    {"mirror", "revision"},
    {"mirror", "opaque-size"},
    {"scheduler", "average-factor"},
    {"scheduler", "time-slice"},
    {"unusable-gpu", "index"},
    {"mdev", "type"},
    {"virtual-function", "type"},
    {"creatable", "type"},
    {"creatable", "free"},
    {"vgpu", "type"},
    {"lease", "type"},
    {"type", "id"},
    {"type", "framebuffer"},
    {"type", "max"},
    {"type", "free"},
};

/* The elements that can occur any number of times in their parent. */
static const struct {
    const char *element;
    const char *list;
} lists[] = {
    {"host", "pgpu"},
    {"host", "unusable-gpu"},
    {"pgpu", "type"},
    {"devices", "mdev"},
    {"devices", "virtual-function"},
    {"devices", "unusable-device"},
    {"devices", "creatable"},
    {"devices", "vgpu"},
    {"devices", "lease"},
};

static gboolean
is_list (const char *element, const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
        if (strcmp (lists[i].element, element) == 0 && strcmp (lists[i].list, name) == 0)
            return TRUE;
    return FALSE;
}

static void
add_attribute (JsonObject *tree, const char *element, const char *name, const char *value)
{
    for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++) {
        if (strcmp (numbers[i].element, element) == 0 && strcmp (numbers[i].attribute, name) == 0) {
            vgate_tree_set_number (tree, name, g_ascii_strtoull (value, NULL, 10));
            return;
        }
    }
    if ((strcmp (element, "driver") == 0 && strcmp (name, "simulated") == 0) ||
        (strcmp (element, "switch-over") == 0 && strcmp (name, "served") == 0) ||
        (strcmp (element, "lease") == 0 && strcmp (name, "exists") == 0))
        json_object_set_boolean_member (tree, name, strcmp (value, "yes") == 0);
    else
        json_object_set_string_member (tree, name, value);
}

static void
take_element (JsonObject *tree, xmlNode *node)
{
    const char *element = (const char *)node->name;

    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        xmlChar *value = xmlNodeGetContent ((const xmlNode *)attribute);

        add_attribute (tree, element, (const char *)attribute->name, (const char *)value);
        xmlFree (value);
    }
    if (strcmp (element, "metadata") == 0) {
        xmlChar *base64 = xmlNodeGetContent (node);

        json_object_set_string_member (tree, "base64", (const char *)base64);
        xmlFree (base64);
        return;
    }
    for (xmlNode *child = xmlFirstElementChild (node); child; child = xmlNextElementSibling (child)) {
        const char *name = (const char *)child->name;

        take_element (is_list (element, name) ? vgate_tree_add_item (vgate_tree_add_list (tree, name))
                                              : vgate_tree_add_child (tree, name),
                      child);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
        if (strcmp (lists[i].element, element) == 0)
            vgate_tree_add_list (tree, lists[i].list);
}

JsonObject *
vgate_host_report (const VgateHost *host)
{
    g_autofree char *document = vgate_host_write (host);
    /* the document was just written by us, so it can be parsed */
    g_autoptr (xmlDoc) doc = xmlReadMemory (document, (int)strlen (document), NULL, "UTF-8", XML_PARSE_NONET);
    JsonObject *report = json_object_new ();

    take_element (vgate_tree_add_child (report, "host"), xmlDocGetRootElement (doc));
    return report;
}
