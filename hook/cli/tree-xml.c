/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree as XML, written as lib/xml writes: attributes in single quotes, an element a line. */
#include "tree.h"

static void
append_field (GString *xml, const VgateField *field)
{
    g_autofree char *escaped = NULL;

    switch (field->kind) {
    case VGATE_FIELD_NUMBER:
        g_string_append_printf (xml, " %s='%" G_GUINT64_FORMAT "'", field->name, field->number);
        return;
    case VGATE_FIELD_FLAG:
        g_string_append_printf (xml, " %s='%s'", field->name, field->number ? "yes" : "no");
        return;
    case VGATE_FIELD_TEXT:
    case VGATE_FIELD_BYTES: break;
    }
    escaped = g_markup_escape_text (field->text, -1);
    g_string_append_printf (xml, " %s='%s'", field->name, escaped);
}

static void
append_element (GString *xml, const VgateTree *tree, const char *namespace_uri, guint indent)
{
    gboolean is_empty = TRUE;

    g_string_append_printf (xml, "%*s<%s", (int)indent, "", tree->name);
    if (namespace_uri)
        g_string_append_printf (xml, " xmlns='%s'", namespace_uri);
    for (guint i = 0; i < tree->fields->len; i++)
        append_field (xml, g_ptr_array_index (tree->fields, i));
    for (guint i = 0; i < tree->branches->len; i++) {
        const VgateBranch *branch = g_ptr_array_index (tree->branches, i);

        for (guint j = 0; j < branch->trees->len; j++) {
            if (is_empty)
                g_string_append (xml, ">\n");
            is_empty = FALSE;
            append_element (xml, g_ptr_array_index (branch->trees, j), NULL, indent + 2);
        }
    }
    if (is_empty)
        g_string_append (xml, "/>\n");
    else
        g_string_append_printf (xml, "%*s</%s>\n", (int)indent, "", tree->name);
}

void
vgate_tree_append_xml (GString *xml, const VgateTree *tree, guint indent)
{
    append_element (xml, tree, NULL, indent);
}

char *
vgate_tree_to_xml (const VgateTree *tree)
{
    g_autoptr (GString) xml = g_string_new (NULL);

    append_element (xml, tree, VGATE_REPORT_NAMESPACE, 0);
    return g_string_free (g_steal_pointer (&xml), FALSE);
}
