/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports as text, for people and for grep: all values of an item are on one line, in columns. */
#include "base/codes.h"
#include "scheduler/duration.h"
#include "tree.h"

#include <string.h>

#define GAP 2 /* between columns */
/* "123.456789 ms" */
#define TIME_WIDTH 14

typedef enum {
    UNIT_NONE,
    UNIT_NS,
    UNIT_SECONDS, /* an age, or the time that is left: 2 d 3 h */
    UNIT_HZ,
    UNIT_BYTES,
    UNIT_MB_PER_SECOND,
} Unit;

/* Unit of a number by its name. For "min" and "max" the name of the parent object counts. */
static const struct {
    const char *name;
    Unit unit;
} units[] = {
    {"age", UNIT_SECONDS},
    {"duration", UNIT_NS},
    {"expires-in", UNIT_SECONDS},
    {"framebuffer", UNIT_BYTES},
    {"frequency", UNIT_HZ},
    {"length", UNIT_BYTES},
    {"opaque-size", UNIT_BYTES},
    {"preemption-total", UNIT_NS},
    {"read-bandwidth", UNIT_MB_PER_SECOND},
    {"run", UNIT_NS},
    {"run-total", UNIT_NS},
    {"target", UNIT_NS},
    {"time-slice", UNIT_NS},
    {"timestamp", UNIT_NS},
    {"total", UNIT_NS},
    {"write-bandwidth", UNIT_MB_PER_SECOND},
};

static Unit
unit_of (const char *name, const char *parent)
{
    const char *what = strcmp (name, "min") == 0 || strcmp (name, "max") == 0 ? parent : name;

    for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
        if (strcmp (units[i].name, what) == 0)
            return units[i].unit;
    return UNIT_NONE;
}

static char *
describe_bytes (guint64 bytes)
{
    static const char *const names[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    guint i = 0;

    /* exact: only a size that divides evenly gets the larger unit */
    while (i + 1 < G_N_ELEMENTS (names) && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        i++;
    }
    return g_strdup_printf ("%" G_GUINT64_FORMAT " %s", bytes, names[i]);
}

/* Describes an age in its two largest units, which is exact enough for a reader. */
static char *
describe_seconds (guint64 seconds)
{
    static const struct {
        const char *name;
        guint64 seconds;
    } parts[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    guint i = 0;
    guint64 rest;

    while (i + 1 < G_N_ELEMENTS (parts) && seconds < parts[i].seconds)
        i++;
    rest = i + 1 < G_N_ELEMENTS (parts) ? seconds % parts[i].seconds / parts[i + 1].seconds : 0;
    return rest > 0 ? g_strdup_printf ("%" G_GUINT64_FORMAT " %s %" G_GUINT64_FORMAT " %s",
                                       seconds / parts[i].seconds, parts[i].name, rest, parts[i + 1].name)
                    : g_strdup_printf ("%" G_GUINT64_FORMAT " %s", seconds / parts[i].seconds, parts[i].name);
}

static char *
describe_number (guint64 number, Unit unit)
{
    switch (unit) {
    case UNIT_NS: return vgate_duration_describe (number);
    case UNIT_SECONDS: return describe_seconds (number);
    case UNIT_HZ: return g_strdup_printf ("%" G_GUINT64_FORMAT " Hz", number);
    case UNIT_BYTES: return describe_bytes (number);
    case UNIT_MB_PER_SECOND: return g_strdup_printf ("%" G_GUINT64_FORMAT " MB/s", number);
    case UNIT_NONE: break;
    }
    return g_strdup_printf ("%" G_GUINT64_FORMAT, number);
}

/* Formats a string, number or flag for people. parent: the name of the object that contains it. */
static char *
describe_value (JsonNode *node, const char *name, const char *parent)
{
    switch (json_node_get_value_type (node)) {
    case G_TYPE_INT64: return describe_number ((guint64)json_node_get_int (node), unit_of (name, parent));
    case G_TYPE_BOOLEAN: return g_strdup (json_node_get_boolean (node) ? "yes" : "no");
    default: return vgate_printable (json_node_get_string (node), 1000);
    }
}

static char *
with_blanks (const char *name)
{
    return g_strdelimit (g_strdup (name), "-", ' ');
}

static guint
width_of (const char *text)
{
    return (guint)g_utf8_strlen (text, -1);
}

/* Appends the text, and blanks up to the next column unless the cell is the last. */
static void
append_cell (GString *line, const char *text, guint width, gboolean is_last)
{
    const guint pad = is_last ? 0 : width - MIN (width, width_of (text)) + GAP;

    g_string_append_printf (line, "%s%*s", text, (int)pad, "");
}

/* --- lines: the values of an object and of its children --- */

/* labels and values get one string for each line. */
static void
collect_lines (JsonObject *tree, const char *name, const char *prefix, gboolean skips_first,
               GPtrArray *labels, GPtrArray *values)
{
    g_autoptr (GList) members = json_object_get_members (tree);

    for (GList *at = skips_first ? members->next : members; at; at = at->next) {
        const char *member = at->data;
        JsonNode *node = json_object_get_member (tree, member);
        g_autofree char *label = with_blanks (member);

        if (JSON_NODE_HOLDS_VALUE (node) && strcmp (member, "base64") != 0) {
            g_ptr_array_add (labels, g_strconcat (prefix, label, NULL));
            g_ptr_array_add (values, describe_value (node, member, name));
        } else if (JSON_NODE_HOLDS_OBJECT (node)) {
            g_autofree char *longer = g_strconcat (prefix, label, " ", NULL);

            collect_lines (json_node_get_object (node), member, longer, FALSE, labels, values);
        }
    }
}

static void
append_lines (GString *text, JsonObject *tree, const char *name, gboolean skips_first, guint indent)
{
    g_autoptr (GPtrArray) labels = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
    guint width = 0;

    collect_lines (tree, name, "", skips_first, labels, values);
    for (guint i = 0; i < labels->len; i++)
        width = MAX (width, width_of (g_ptr_array_index (labels, i)));
    for (guint i = 0; i < labels->len; i++) {
        g_string_append_printf (text, "%*s", (int)indent, "");
        append_cell (text, g_ptr_array_index (labels, i), width, FALSE);
        g_string_append_printf (text, "%s\n", (const char *)g_ptr_array_index (values, i));
    }
}

/* --- tables: items that have strings, numbers and flags only --- */

/* Returns the head of a column, which is the member's name. The head of the first column names the list, too:
 * "TYPE ID". The caller frees it. */
static char *
column_head (const char *member, const char *list, gboolean is_first)
{
    g_autofree char *name = is_first ? g_strconcat (list, "-", member, NULL) : g_strdup (member);
    g_autofree char *upper = g_ascii_strup (name, -1);

    return with_blanks (upper);
}

/* Returns the columns' names; widths gets the width of each column's longest cell. Not every item has every
 * member; the columns are in the order in which the members first occur. */
static GPtrArray *
measure_columns (JsonArray *list, const char *name, GHashTable *widths)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func (g_free);

    for (guint i = 0; i < json_array_get_length (list); i++) {
        JsonObject *item = json_array_get_object_element (list, i);
        g_autoptr (GList) members = json_object_get_members (item);

        for (GList *at = members; at; at = at->next) {
            g_autofree char *value = describe_value (json_object_get_member (item, at->data), at->data, name);
            guint width = GPOINTER_TO_UINT (g_hash_table_lookup (widths, at->data));

            if (width == 0) {
                g_autofree char *head = column_head (at->data, name, columns->len == 0);

                g_ptr_array_add (columns, g_strdup (at->data));
                width = width_of (head);
            }
            g_hash_table_insert (widths, g_strdup (at->data),
                                 GUINT_TO_POINTER (MAX (width, width_of (value))));
        }
    }
    return columns;
}

static void
append_head (GString *text, const char *name, const GPtrArray *columns, GHashTable *widths, guint indent)
{
    g_string_append_printf (text, "%*s", (int)indent, "");
    for (guint i = 0; i < columns->len; i++) {
        const char *column = g_ptr_array_index (columns, i);
        g_autofree char *head = column_head (column, name, i == 0);

        append_cell (text, head, GPOINTER_TO_UINT (g_hash_table_lookup (widths, column)),
                     i + 1 == columns->len);
    }
    g_string_append_c (text, '\n');
}

static void
append_row (GString *text, JsonObject *item, const char *name, const GPtrArray *columns, GHashTable *widths,
            guint indent)
{
    g_string_append_printf (text, "%*s", (int)indent, "");
    for (guint i = 0; i < columns->len; i++) {
        const char *column = g_ptr_array_index (columns, i);
        JsonNode *node = json_object_get_member (item, column);
        g_autofree char *value = node ? describe_value (node, column, name) : g_strdup ("-");

        append_cell (text, value, GPOINTER_TO_UINT (g_hash_table_lookup (widths, column)),
                     i + 1 == columns->len);
    }
    g_string_append_c (text, '\n');
}

static void
append_table (GString *text, JsonArray *list, const char *name, guint indent)
{
    g_autoptr (GHashTable) widths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr (GPtrArray) columns = measure_columns (list, name, widths);

    append_head (text, name, columns, widths, indent);
    for (guint i = 0; i < json_array_get_length (list); i++)
        append_row (text, json_array_get_object_element (list, i), name, columns, widths, indent);
}

/* --- reports --- */

/* TRUE if no item has children or lists, not even empty ones. */
static gboolean
is_flat (JsonArray *list)
{
    for (guint i = 0; i < json_array_get_length (list); i++) {
        g_autoptr (GList) values = json_object_get_values (json_array_get_object_element (list, i));

        for (GList *at = values; at; at = at->next)
            if (!JSON_NODE_HOLDS_VALUE (at->data))
                return FALSE;
    }
    return TRUE;
}

static void append_tree (GString *text, JsonObject *tree, const char *name, gboolean skips_first,
                         guint indent);

/* Appends the lists of the object and of its children. A list is a table if it is flat; otherwise each item
 * is a block under a heading: the list's name and the item's first member, which identifies the item. */
static void
append_lists (GString *text, JsonObject *tree, guint indent)
{
    g_autoptr (GList) members = json_object_get_members (tree);

    for (GList *at = members; at; at = at->next) {
        JsonNode *node = json_object_get_member (tree, at->data);
        JsonArray *list = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
        const guint n_items = list ? json_array_get_length (list) : 0;

        if (JSON_NODE_HOLDS_OBJECT (node))
            append_lists (text, json_node_get_object (node), indent);
        if (n_items > 0 && is_flat (list)) {
            append_table (text, list, at->data, indent);
            continue;
        }
        for (guint i = 0; i < n_items; i++) {
            JsonObject *item = json_array_get_object_element (list, i);
            g_autoptr (GList) names = json_object_get_members (item);
            g_autofree char *which =
                describe_value (json_object_get_member (item, names->data), names->data, at->data);

            g_string_append_printf (text, "%*s%s %s\n", (int)indent, "", (const char *)at->data, which);
            append_tree (text, item, at->data, TRUE, indent + 2);
        }
    }
}

/* Appends the object's lines, then its lists. */
static void
append_tree (GString *text, JsonObject *tree, const char *name, gboolean skips_first, guint indent)
{
    append_lines (text, tree, name, skips_first, indent);
    append_lists (text, tree, indent);
}

/* Returns the report's only member. */
static JsonObject *
open_report (JsonObject *report, const char **name)
{
    g_autoptr (GList) members = json_object_get_members (report);

    *name = members->data;
    return json_object_get_object_member (report, *name);
}

char *
vgate_report_to_text (JsonObject *report)
{
    g_autoptr (GString) text = g_string_new (NULL);
    const char *name;
    JsonObject *tree = open_report (report, &name);

    append_tree (text, tree, name, FALSE, 0);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
vgate_report_to_row (JsonObject *report, char **head)
{
    g_autoptr (GHashTable) widths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr (GString) head_text = g_string_new (NULL), row = g_string_new (NULL);
    g_autoptr (JsonArray) list = json_array_new ();
    g_autoptr (GPtrArray) columns = NULL;
    const char *name;
    JsonObject *tree = open_report (report, &name);

    json_array_add_object_element (list, json_object_ref (tree));
    columns = measure_columns (list, name, widths);
    for (guint i = 0; i < columns->len; i++) {
        const char *column = g_ptr_array_index (columns, i);
        const guint width = GPOINTER_TO_UINT (g_hash_table_lookup (widths, column));

        /* a later row may have a longer time */
        if (unit_of (column, name) == UNIT_NS)
            g_hash_table_insert (widths, g_strdup (column), GUINT_TO_POINTER (MAX (width, TIME_WIDTH)));
    }
    append_head (head_text, name, columns, widths, 0);
    append_row (row, tree, name, columns, widths, 0);
    *head = g_string_free (g_steal_pointer (&head_text), FALSE);
    return g_string_free (g_steal_pointer (&row), FALSE);
}
