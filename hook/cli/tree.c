/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

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

static void
field_free (VgateField *field)
{
    g_free (field->name);
    g_free (field->text);
    g_free (field);
}

static void
branch_free (VgateBranch *branch)
{
    g_free (branch->name);
    g_ptr_array_unref (branch->trees);
    g_free (branch);
}

VgateTree *
vgate_tree_new (const char *name)
{
    VgateTree *tree = g_new0 (VgateTree, 1);

    tree->name = g_strdup (name);
    tree->fields = g_ptr_array_new_with_free_func ((GDestroyNotify)field_free);
    tree->branches = g_ptr_array_new_with_free_func ((GDestroyNotify)branch_free);
    return tree;
}

void
vgate_tree_free (VgateTree *tree)
{
    if (!tree)
        return;
    g_free (tree->name);
    g_ptr_array_unref (tree->fields);
    g_ptr_array_unref (tree->branches);
    g_free (tree->note);
    g_free (tree);
}

static VgateField *
add_field (VgateTree *tree, const char *name, VgateFieldKind kind)
{
    VgateField *field = g_new0 (VgateField, 1);

    field->name = g_strdup (name);
    field->kind = kind;
    g_ptr_array_add (tree->fields, field);
    return field;
}

void
vgate_tree_add_text (VgateTree *tree, const char *name, const char *text)
{
    add_field (tree, name, VGATE_FIELD_TEXT)->text = g_strdup (text);
}

void
vgate_tree_add_number (VgateTree *tree, const char *name, guint64 number, VgateUnit unit)
{
    VgateField *field = add_field (tree, name, VGATE_FIELD_NUMBER);

    field->number = number;
    field->unit = unit;
}

void
vgate_tree_add_flag (VgateTree *tree, const char *name, gboolean flag)
{
    add_field (tree, name, VGATE_FIELD_FLAG)->number = flag ? 1 : 0;
}

void
vgate_tree_add_bytes (VgateTree *tree, const char *name, const char *base64)
{
    add_field (tree, name, VGATE_FIELD_BYTES)->text = g_strdup (base64);
}

static VgateBranch *
add_branch (VgateTree *tree, const char *name, gboolean is_list)
{
    VgateBranch *branch = g_new0 (VgateBranch, 1);

    branch->name = g_strdup (name);
    branch->is_list = is_list;
    branch->trees = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_tree_free);
    g_ptr_array_add (tree->branches, branch);
    return branch;
}

static VgateTree *
grow (VgateBranch *branch)
{
    VgateTree *tree = vgate_tree_new (branch->name);

    g_ptr_array_add (branch->trees, tree);
    return tree;
}

VgateTree *
vgate_tree_add_child (VgateTree *tree, const char *name)
{
    return grow (add_branch (tree, name, FALSE));
}

static VgateBranch *
get_list (VgateTree *tree, const char *name)
{
    for (guint i = 0; i < tree->branches->len; i++) {
        VgateBranch *branch = g_ptr_array_index (tree->branches, i);

        if (branch->is_list && strcmp (branch->name, name) == 0)
            return branch;
    }
    return add_branch (tree, name, TRUE);
}

void
vgate_tree_add_list (VgateTree *tree, const char *name)
{
    get_list (tree, name);
}

VgateTree *
vgate_tree_add_item (VgateTree *tree, const char *list)
{
    return grow (get_list (tree, list));
}

void
vgate_tree_set_note (VgateTree *tree, const char *note)
{
    g_free (tree->note);
    tree->note = g_strdup (note);
}

static char *
with_line_feed (char *text)
{
    char *line = g_strconcat (text, "\n", NULL);

    g_free (text);
    return line;
}

char *
vgate_tree_render (const VgateTree *tree, VgateOutput output)
{
    switch (output) {
    case VGATE_OUTPUT_JSON: return with_line_feed (vgate_tree_to_json (tree, TRUE));
    case VGATE_OUTPUT_XML: return vgate_tree_to_xml (tree);
    case VGATE_OUTPUT_TEXT: break;
    }
    return vgate_tree_to_text (tree);
}
