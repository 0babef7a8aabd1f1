/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fields.h"

#include "xml/xml.h"

#include <json-glib/json-glib.h>
#include <string.h>

static void
add_field (GPtrArray *fields, const char *path, const char *name, const char *value)
{
    if (strcmp (name, "time") != 0)
        g_ptr_array_add (fields, g_strdup_printf ("%s/%s=%s\n", path, name, value));
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static char *
join (GPtrArray *fields)
{
    g_autoptr (GString) text = g_string_new (NULL);

    g_ptr_array_sort (fields, compare_lines);
    for (guint i = 0; i < fields->len; i++)
        g_string_append (text, g_ptr_array_index (fields, i));
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* --- JSON --- */

static void add_object (GPtrArray *fields, const char *path, const char *name, guint index,
                        JsonObject *object);

static void
add_value (GPtrArray *fields, const char *path, const char *name, JsonNode *node)
{
    g_autofree char *number = NULL;

    switch (json_node_get_value_type (node)) {
    case G_TYPE_INT64:
        number = g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
        add_field (fields, path, name, number);
        break;
    case G_TYPE_BOOLEAN: add_field (fields, path, name, json_node_get_boolean (node) ? "yes" : "no"); break;
    case G_TYPE_STRING: add_field (fields, path, name, json_node_get_string (node)); break;
    default: g_error ("%s/%s has a value of another type", path, name);
    }
}

static void
add_member (GPtrArray *fields, const char *path, const char *name, JsonNode *node)
{
    if (JSON_NODE_HOLDS_OBJECT (node)) {
        add_object (fields, path, name, 0, json_node_get_object (node));
    } else if (JSON_NODE_HOLDS_ARRAY (node)) {
        JsonArray *array = json_node_get_array (node);

        for (guint i = 0; i < json_array_get_length (array); i++)
            add_object (fields, path, name, i, json_array_get_object_element (array, i));
    } else {
        add_value (fields, path, name, node);
    }
}

static void
add_object (GPtrArray *fields, const char *path, const char *name, guint index, JsonObject *object)
{
    g_autofree char *own = g_strdup_printf ("%s/%s[%u]", path, name, index);
    g_autoptr (GList) members = json_object_get_members (object);

    for (GList *at = members; at; at = at->next)
        add_member (fields, own, at->data, json_object_get_member (object, at->data));
}

char *
fields_of_json (const char *text)
{
    g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (JsonParser) parser = json_parser_new_immutable ();
    g_autoptr (GList) members = NULL;
    g_autoptr (GError) error = NULL;
    JsonObject *root;

    json_parser_load_from_data (parser, text, -1, &error);
    g_assert_no_error (error);
    root = json_node_get_object (json_parser_get_root (parser));
    members = json_object_get_members (root);
    for (GList *at = members; at; at = at->next)
        add_member (fields, "", at->data, json_object_get_member (root, at->data));
    return join (fields);
}

/* --- XML --- */

static guint
index_of (xmlNode *node)
{
    guint index = 0;

    for (xmlNode *at = xmlPreviousElementSibling (node); at; at = xmlPreviousElementSibling (at))
        index += xmlStrEqual (at->name, node->name) ? 1 : 0;
    return index;
}

static void
add_element (GPtrArray *fields, const char *path, xmlNode *node)
{
    g_autofree char *own = g_strdup_printf ("%s/%s[%u]", path, (const char *)node->name, index_of (node));

    for (xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        xmlChar *value = xmlNodeGetContent ((xmlNode *)attribute);

        add_field (fields, own, (const char *)attribute->name, (const char *)value);
        xmlFree (value);
    }
    if (node->children && !xmlFirstElementChild (node)) {
        xmlChar *content = xmlNodeGetContent (node);

        add_field (fields, own, "base64", (const char *)content);
        xmlFree (content);
    }
    for (xmlNode *child = xmlFirstElementChild (node); child; child = xmlNextElementSibling (child))
        add_element (fields, own, child);
}

char *
fields_of_xml (const char *text)
{
    g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (xmlDoc) doc = xmlReadMemory (text, (int)strlen (text), NULL, "UTF-8", XML_PARSE_NONET);

    g_assert_nonnull (doc);
    add_element (fields, "", xmlDocGetRootElement (doc));
    return join (fields);
}
