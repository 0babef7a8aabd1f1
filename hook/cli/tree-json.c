/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <json-glib/json-glib.h>

static void add_object (JsonBuilder *builder, const VgateTree *tree);

static void
add_field (JsonBuilder *builder, const VgateField *field)
{
    json_builder_set_member_name (builder, field->name);
    switch (field->kind) {
    case VGATE_FIELD_NUMBER:
        /* json-glib has signed numbers only; 2^63 ns are 292 years */
        json_builder_add_int_value (builder, (gint64)MIN (field->number, G_MAXINT64));
        break;
    case VGATE_FIELD_FLAG: json_builder_add_boolean_value (builder, field->number != 0); break;
    case VGATE_FIELD_TEXT:
    case VGATE_FIELD_BYTES: json_builder_add_string_value (builder, field->text); break;
    }
}

static void
add_branch (JsonBuilder *builder, const VgateBranch *branch)
{
    json_builder_set_member_name (builder, branch->name);
    if (branch->is_list)
        json_builder_begin_array (builder);
    for (guint i = 0; i < branch->trees->len; i++)
        add_object (builder, g_ptr_array_index (branch->trees, i));
    if (branch->is_list)
        json_builder_end_array (builder);
}

static void
add_object (JsonBuilder *builder, const VgateTree *tree)
{
    json_builder_begin_object (builder);
    for (guint i = 0; i < tree->fields->len; i++)
        add_field (builder, g_ptr_array_index (tree->fields, i));
    for (guint i = 0; i < tree->branches->len; i++)
        add_branch (builder, g_ptr_array_index (tree->branches, i));
    json_builder_end_object (builder);
}

char *
vgate_tree_to_json (const VgateTree *tree, gboolean pretty)
{
    g_autoptr (JsonBuilder) builder = json_builder_new ();
    g_autoptr (JsonGenerator) generator = json_generator_new ();
    g_autoptr (JsonNode) root = NULL;

    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, tree->name);
    add_object (builder, tree);
    json_builder_end_object (builder);
    root = json_builder_get_root (builder);
    json_generator_set_root (generator, root);
    json_generator_set_pretty (generator, pretty);
    return json_generator_to_data (generator, NULL);
}
