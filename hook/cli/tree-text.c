/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree for people, and for grep: what belongs together stands on one line, in columns. */
#include "message/codes.h"
#include "scheduler/duration.h"
#include "tree.h"

#include <string.h>

#define GAP 2 /* between columns */
/* "123.456789 ms" */
#define TIME_WIDTH 14

static char *
describe_bytes (guint64 bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    guint i = 0;

    /* exact: only what divides evenly gets the larger unit */
    while (i + 1 < G_N_ELEMENTS (units) && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        i++;
    }
    return g_strdup_printf ("%" G_GUINT64_FORMAT " %s", bytes, units[i]);
}

/* An age, in the two largest units that it has: who reads it wants no more. */
static char *
describe_seconds (guint64 seconds)
{
    static const struct {
        const char *name;
        guint64 seconds;
    } units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    guint i = 0;
    guint64 rest;

    while (i + 1 < G_N_ELEMENTS (units) && seconds < units[i].seconds)
        i++;
    rest = i + 1 < G_N_ELEMENTS (units) ? seconds % units[i].seconds / units[i + 1].seconds : 0;
    return rest > 0 ? g_strdup_printf ("%" G_GUINT64_FORMAT " %s %" G_GUINT64_FORMAT " %s",
                                       seconds / units[i].seconds, units[i].name, rest, units[i + 1].name)
                    : g_strdup_printf ("%" G_GUINT64_FORMAT " %s", seconds / units[i].seconds, units[i].name);
}

static char *
describe_number (const VgateField *field)
{
    switch (field->unit) {
    case VGATE_UNIT_NS: return vgate_duration_describe (field->number);
    case VGATE_UNIT_SECONDS: return describe_seconds (field->number);
    case VGATE_UNIT_HZ: return g_strdup_printf ("%" G_GUINT64_FORMAT " Hz", field->number);
    case VGATE_UNIT_BYTES: return describe_bytes (field->number);
    case VGATE_UNIT_MB_PER_SECOND: return g_strdup_printf ("%" G_GUINT64_FORMAT " MB/s", field->number);
    case VGATE_UNIT_NONE: break;
    }
    return g_strdup_printf ("%" G_GUINT64_FORMAT, field->number);
}

char *
vgate_field_describe (const VgateField *field)
{
    switch (field->kind) {
    case VGATE_FIELD_NUMBER: return describe_number (field);
    case VGATE_FIELD_FLAG: return g_strdup (field->number ? "yes" : "no");
    case VGATE_FIELD_TEXT:
    case VGATE_FIELD_BYTES: break;
    }
    return vgate_printable (field->text, 1000);
}

char *
vgate_field_label (const VgateField *field)
{
    return g_strdelimit (g_strdup (field->name), "-", ' ');
}

static guint
width_of (const char *text)
{
    return (guint)g_utf8_strlen (text, -1);
}

/* text and blanks up to the next column, unless it is the last. */
static void
append_cell (GString *line, const char *text, guint width, gboolean is_last)
{
    const guint pad = is_last ? 0 : width - MIN (width, width_of (text)) + GAP;

    g_string_append_printf (line, "%s%*s", text, (int)pad, "");
}

/* --- lines: the fields of a tree and of its children --- */

typedef struct {
    char *label;
    char *value;
} Line;

static void
line_free (Line *line)
{
    g_free (line->label);
    g_free (line->value);
    g_free (line);
}

static void
collect_lines (GPtrArray *lines, const VgateTree *tree, const char *prefix, guint first)
{
    for (guint i = first; i < tree->fields->len; i++) {
        const VgateField *field = g_ptr_array_index (tree->fields, i);
        g_autofree char *label = vgate_field_label (field);
        Line *line;

        if (field->kind == VGATE_FIELD_BYTES)
            continue;
        line = g_new0 (Line, 1);
        line->label = g_strconcat (prefix, label, NULL);
        line->value = vgate_field_describe (field);
        g_ptr_array_add (lines, line);
    }
    for (guint i = 0; i < tree->branches->len; i++) {
        const VgateBranch *branch = g_ptr_array_index (tree->branches, i);
        g_autofree char *name = g_strdelimit (g_strdup (branch->name), "-", ' ');
        g_autofree char *longer = g_strconcat (prefix, name, " ", NULL);

        if (!branch->is_list)
            collect_lines (lines, g_ptr_array_index (branch->trees, 0), longer, 0);
    }
}

static void
append_lines (GString *text, const VgateTree *tree, guint first, guint indent)
{
    g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func ((GDestroyNotify)line_free);
    guint width = 0;

    collect_lines (lines, tree, "", first);
    for (guint i = 0; i < lines->len; i++)
        width = MAX (width, width_of (((const Line *)g_ptr_array_index (lines, i))->label));
    for (guint i = 0; i < lines->len; i++) {
        const Line *line = g_ptr_array_index (lines, i);

        g_string_append_printf (text, "%*s", (int)indent, "");
        append_cell (text, line->label, width, FALSE);
        g_string_append_printf (text, "%s\n", line->value);
    }
}

/* --- tables: items that have fields only --- */

typedef struct {
    char *name; /* the field's */
    guint width;
} Column;

static void
column_free (Column *column)
{
    g_free (column->name);
    g_free (column);
}

static const VgateField *
find_field (const VgateTree *tree, const char *name)
{
    for (guint i = 0; i < tree->fields->len; i++) {
        const VgateField *field = g_ptr_array_index (tree->fields, i);

        if (strcmp (field->name, name) == 0)
            return field;
    }
    return NULL;
}

static Column *
get_column (GPtrArray *columns, const VgateField *field)
{
    g_autofree char *label = vgate_field_label (field);
    Column *column;

    for (guint i = 0; i < columns->len; i++) {
        column = g_ptr_array_index (columns, i);
        if (strcmp (column->name, field->name) == 0)
            return column;
    }
    column = g_new0 (Column, 1);
    column->name = g_strdup (field->name);
    column->width = width_of (label);
    g_ptr_array_add (columns, column);
    return column;
}

/* Not every item has every field; the columns are in the order in which they turn up. */
static GPtrArray *
measure_columns (const GPtrArray *items)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func ((GDestroyNotify)column_free);

    for (guint i = 0; i < items->len; i++) {
        const VgateTree *item = g_ptr_array_index (items, i);

        for (guint j = 0; j < item->fields->len; j++) {
            const VgateField *field = g_ptr_array_index (item->fields, j);
            g_autofree char *value = vgate_field_describe (field);
            Column *column = get_column (columns, field);

            column->width = MAX (column->width, width_of (value));
        }
    }
    return columns;
}

static void
append_head (GString *text, const char *name, const GPtrArray *columns, guint indent)
{
    g_autofree char *first = g_ascii_strup (name, -1);

    g_string_append_printf (text, "%*s", (int)indent, "");
    append_cell (text, first, width_of (name), columns->len == 0);
    for (guint i = 0; i < columns->len; i++) {
        const Column *column = g_ptr_array_index (columns, i);
        g_autofree char *upper = g_ascii_strup (column->name, -1);

        append_cell (text, g_strdelimit (upper, "-", ' '), column->width, i + 1 == columns->len);
    }
    g_string_append_c (text, '\n');
}

static void
append_row (GString *text, const VgateTree *item, const GPtrArray *columns, guint indent)
{
    g_string_append_printf (text, "%*s", (int)indent, "");
    append_cell (text, item->name, width_of (item->name), columns->len == 0);
    for (guint i = 0; i < columns->len; i++) {
        const Column *column = g_ptr_array_index (columns, i);
        const VgateField *field = find_field (item, column->name);
        g_autofree char *value = field ? vgate_field_describe (field) : g_strdup ("-");

        append_cell (text, value, column->width, i + 1 == columns->len);
    }
    g_string_append_c (text, '\n');
}

static void
append_table (GString *text, const VgateBranch *list, guint indent)
{
    g_autoptr (GPtrArray) columns = measure_columns (list->trees);

    append_head (text, list->name, columns, indent);
    for (guint i = 0; i < list->trees->len; i++)
        append_row (text, g_ptr_array_index (list->trees, i), columns, indent);
}

/* --- the whole --- */

static gboolean
is_flat (const VgateBranch *list)
{
    for (guint i = 0; i < list->trees->len; i++)
        if (((const VgateTree *)g_ptr_array_index (list->trees, i))->branches->len > 0)
            return FALSE;
    return TRUE;
}

static void append_tree (GString *text, const VgateTree *tree, guint first, guint indent);

/* Each item under a heading: its name and the value of its first field, which says which one it is. */
static void
append_blocks (GString *text, const VgateBranch *list, guint indent)
{
    for (guint i = 0; i < list->trees->len; i++) {
        const VgateTree *item = g_ptr_array_index (list->trees, i);
        g_autofree char *which = vgate_field_describe (g_ptr_array_index (item->fields, 0));

        g_string_append_printf (text, "%*s%s %s\n", (int)indent, "", item->name, which);
        append_tree (text, item, 1, indent + 2);
    }
}

static void
append_tree (GString *text, const VgateTree *tree, guint first, guint indent)
{
    append_lines (text, tree, first, indent);
    for (guint i = 0; i < tree->branches->len; i++) {
        const VgateBranch *branch = g_ptr_array_index (tree->branches, i);

        if (!branch->is_list || branch->trees->len == 0)
            continue;
        if (is_flat (branch))
            append_table (text, branch, indent);
        else
            append_blocks (text, branch, indent);
    }
}

char *
vgate_tree_to_text (const VgateTree *tree)
{
    g_autoptr (GString) text = g_string_new (NULL);

    append_tree (text, tree, 0, 0);
    if (tree->note)
        g_string_append_printf (text, "%s%s\n", text->len > 0 ? "\n" : "", tree->note);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
vgate_tree_to_row (const VgateTree *tree, char **head)
{
    g_autoptr (GPtrArray) items = g_ptr_array_new (), columns = NULL;
    g_autoptr (GString) head_text = g_string_new (NULL), row = g_string_new (NULL);

    g_ptr_array_add (items, (gpointer)tree);
    columns = measure_columns (items);
    for (guint i = 0; i < columns->len; i++) {
        Column *column = g_ptr_array_index (columns, i);

        /* the next row's time may be longer */
        if (find_field (tree, column->name)->unit == VGATE_UNIT_NS)
            column->width = MAX (column->width, TIME_WIDTH);
    }
    append_head (head_text, tree->name, columns, 0);
    append_row (row, tree, columns, 0);
    *head = g_string_free (g_steal_pointer (&head_text), FALSE);
    return g_string_free (g_steal_pointer (&row), FALSE);
}
