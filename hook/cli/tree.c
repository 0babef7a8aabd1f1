/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include "base/codes.h"

#include <string.h>

gboolean
vgate_output_parse (const char *text, VgateOutput *output)
{
    static const char *const names[] = {"text", "json", "xml"};

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        if (strcmp (text, names[i]) == 0) {
            *output = (VgateOutput)i;
            return TRUE;
        }
    }
    return FALSE;
}

void
vgate_tree_set_number (JsonObject *tree, const char *name, guint64 number)
{
    json_object_set_int_member (tree, name, (gint64)MIN (number, G_MAXINT64));
}

void
vgate_tree_set_path (JsonObject *tree, const char *name, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid (text, -1);

    json_object_set_string_member (tree, name, valid);
}

void
vgate_tree_set_optional (JsonObject *tree, const char *name, const char *text)
{
    if (text)
        json_object_set_string_member (tree, name, text);
}

void
vgate_tree_set_code (JsonObject *tree, int code)
{
    char text[VGATE_CODE_TEXT_SIZE];

    json_object_set_string_member (tree, "code", vgate_code_format (code, text));
}

JsonObject *
vgate_tree_add_child (JsonObject *tree, const char *name)
{
    JsonObject *child = json_object_new ();

    json_object_set_object_member (tree, name, child);
    return child;
}

JsonArray *
vgate_tree_add_list (JsonObject *tree, const char *name)
{
    JsonArray *list;

    if (json_object_has_member (tree, name))
        return json_object_get_array_member (tree, name);
    list = json_array_new ();
    json_object_set_array_member (tree, name, list);
    return list;
}

JsonObject *
vgate_tree_add_item (JsonArray *list)
{
    JsonObject *item = json_object_new ();

    json_array_add_object_element (list, item);
    return item;
}

static char *
to_json (JsonObject *report, gboolean pretty)
{
    g_autoptr (JsonNode) root = json_node_alloc ();

    json_node_init_object (root, report);
    return json_to_string (root, pretty);
}

char *
vgate_report_to_json_line (JsonObject *report)
{
    return to_json (report, FALSE);
}

char *
vgate_report_render (JsonObject *report, VgateOutput output)
{
    g_autofree char *json = NULL;

    g_return_val_if_fail (output != VGATE_OUTPUT_XML, NULL);
    if (output == VGATE_OUTPUT_TEXT)
        return vgate_report_to_text (report);
    json = to_json (report, TRUE);
    return g_strconcat (json, "\n", NULL);
}
