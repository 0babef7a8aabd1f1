/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lists are printed item by item, because the cells of a large fleet are tens of megabytes. */
#include "base/date-time.h"
#include "fleet/similar.h"
#include "matrix-output.h"
#include "tree-fleet.h"

#include <string.h>

#define FORMAT "vgpu-gate/matrix/1"

/* Escapes what would end the script element of a page, or begin a comment there. JSON has this character in
 * strings only. */
static void
escape_html (GString *text, gsize begin)
{
    const char *at;

    while ((at = strchr (text->str + begin, '<'))) {
        begin = (gsize)(at - text->str);
        g_string_erase (text, (gssize)begin, 1);
        g_string_insert (text, (gssize)begin, "\\u003c");
    }
}

static void
append_item (GString *text, JsonObject *item, gboolean is_first)
{
    g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), item);
    g_autofree char *json = json_to_string (node, FALSE);
    const gsize begin = text->len;

    g_string_append_printf (text, "%s%s", is_first ? "\n" : ",\n", json);
    escape_html (text, begin);
    vgate_matrix_flush (text, FALSE);
}

static void
set_totals (JsonObject *item, const VgateMatrixTotals *totals, guint index, gboolean is_host)
{
    JsonObject *total = vgate_tree_add_child (item, "total");

    for (VgateCellKind kind = 0; kind < VGATE_N_CELLS; kind++)
        vgate_tree_set_number (total, vgate_cell_name (kind),
                               is_host ? vgate_matrix_host_total (totals, index, kind)
                                       : vgate_matrix_guest_total (totals, index, kind));
}

static void
add_names (JsonObject *item, const VgateSimilarNames *names)
{
    JsonArray *list = vgate_tree_add_list (item, "text");

    for (guint i = 0; i < names->texts->len; i++)
        json_array_add_string_element (list, g_ptr_array_index (names->texts, i));
}

static void
add_vgpus (JsonObject *item, const VgateElement *element)
{
    JsonArray *vgpus = vgate_tree_add_list (item, "vgpu");

    for (guint i = 0; element && i < element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);
        JsonObject *entry = vgate_tree_add_item (vgpus);
        char version[VGATE_VERSION_TEXT_SIZE];

        json_object_set_string_member (entry, "type", vgpu->type_name);
        if (vgpu->record.guest_version != 0)
            json_object_set_string_member (entry, "vgpu-version",
                                           vgate_version_format (vgpu->record.guest_version, version));
    }
}

static void
append_guests (GString *text, const VgateMatrixTotals *totals)
{
    const VgateMatrix *matrix = totals->matrix;

    for (guint g = 0; g < matrix->fleet->guests->len; g++) {
        const VgateFleetGuest *guest = vgate_matrix_guest (matrix, g);
        g_autoptr (JsonObject) item = json_object_new ();
        g_autoptr (VgateSimilarNames) names = vgate_similar_guest_names (matrix->question, guest);

        vgate_tree_set_guest (item, guest);
        json_object_set_string_member (item, "operation",
                                       vgate_operation_name (vgate_fleet_operation (guest)));
        add_vgpus (item, guest->domain->element);
        json_object_set_boolean_member (item, "can-go-nowhere", vgate_matrix_is_stuck (totals, g));
        set_totals (item, totals, g, FALSE);
        add_names (item, names);
        append_item (text, item, g == 0);
    }
}

static void
append_hosts (GString *text, const VgateMatrixTotals *totals)
{
    const VgateMatrix *matrix = totals->matrix;

    for (guint h = 0; h < matrix->fleet->hosts->len; h++) {
        const VgateFleetHost *entry = g_ptr_array_index (matrix->fleet->hosts, h);
        const VgateHost *host = entry->host;
        g_autoptr (JsonObject) item = json_object_new ();
        g_autofree char *time = vgate_time_format (host->time);
        g_autoptr (VgateSimilarNames) names =
            vgate_similar_host_names (matrix->question, host, matrix->addresses);
        char range[VGATE_VERSION_RANGE_TEXT_SIZE];
        JsonArray *list;

        json_object_set_string_member (item, "name", host->name);
        json_object_set_string_member (item, "uuid", host->uuid);
        vgate_tree_set_path (item, "origin", entry->origin);
        json_object_set_string_member (item, "time", time ? time : "");
        json_object_set_string_member (item, "driver", host->driver);
        json_object_set_string_member (item, "accepted-versions",
                                       vgate_version_range_format (host->current, range));
        json_object_set_string_member (item, "supported-versions",
                                       vgate_version_range_format (host->preset, range));
        list = vgate_tree_add_list (item, "gpu");
        for (guint i = 0; i < host->pgpus->len; i++)
            json_array_add_string_element (list,
                                           ((const VgatePgpu *)g_ptr_array_index (host->pgpus, i))->name);
        list = vgate_tree_add_list (item, "takes-all-of");
        for (guint i = 0; i < totals->groups->len; i++) {
            const VgateGuestGroup *group = g_ptr_array_index (totals->groups, i);

            if (vgate_matrix_takes_all (totals, group, h))
                json_array_add_string_element (list, group->name);
        }
        set_totals (item, totals, h, TRUE);
        add_names (item, names);
        append_item (text, item, h == 0);
    }
}

static void
add_part (JsonArray *parts, const char *text, gsize length)
{
    g_autofree char *part = length > 0 ? g_strndup (text, length) : NULL;

    if (part)
        json_array_add_string_element (parts, part);
}

/* A list whose items, in their order, are the text: a string, or what takes the place of a mark. */
static void
add_text (JsonObject *item, const char *text)
{
    JsonArray *parts = vgate_tree_add_list (item, "text");
    const char *begin = text;

    for (; *text != '\0'; text++) {
        gboolean is_guest;
        guint index;
        JsonObject *reference;

        if (!vgate_similar_read_mark (text, &is_guest, &index))
            continue;
        add_part (parts, begin, (gsize)(text - begin));
        reference = json_object_new ();
        json_object_set_int_member (reference, is_guest ? "guest" : "host", index);
        json_array_add_object_element (parts, reference);
        text += VGATE_CELL_MARK_SIZE - 1;
        begin = text + 1;
    }
    add_part (parts, begin, (gsize)(text - begin));
}

static void
append_outcomes (GString *text, const VgateMatrix *matrix)
{
    for (guint i = 0; i < matrix->outcomes->len; i++) {
        const VgateOutcome *outcome = g_ptr_array_index (matrix->outcomes, i);
        g_autoptr (JsonObject) item = json_object_new ();
        const char limit[] = {vgate_cell_limit (outcome), '\0'};
        JsonArray *warnings;

        json_object_set_string_member (item, "answer", vgate_cell_name (outcome->kind));
        vgate_tree_set_code (item, (int)outcome->code);
        if (*limit != '-')
            json_object_set_string_member (item, "limit", limit);
        add_text (item, outcome->text);
        warnings = vgate_tree_add_list (item, "warning");
        for (guint w = 0; w < outcome->warnings->len; w++) {
            const VgateWarning *warning = g_ptr_array_index (outcome->warnings, w);
            JsonObject *entry = vgate_tree_add_item (warnings);

            vgate_tree_set_code (entry, (int)warning->code);
            add_text (entry, warning->text);
        }
        append_item (text, item, i == 0);
    }
}

/* What the codes of the outcomes and warnings mean. */
static void
append_codes (GString *text, const VgateMatrix *matrix)
{
    g_autoptr (GHashTable) used = g_hash_table_new (NULL, NULL);
    gboolean is_first = TRUE;

    for (guint i = 0; i < matrix->outcomes->len; i++) {
        const VgateOutcome *outcome = g_ptr_array_index (matrix->outcomes, i);

        g_hash_table_add (used, GINT_TO_POINTER (outcome->code));
        for (guint w = 0; w < outcome->warnings->len; w++)
            g_hash_table_add (
                used, GINT_TO_POINTER (((VgateWarning *)g_ptr_array_index (outcome->warnings, w))->code));
    }
    for (int number = 0; number < 1000; number++) {
        g_autoptr (JsonObject) item = NULL;

        if (!g_hash_table_contains (used, GINT_TO_POINTER (number)))
            continue;
        item = json_object_new ();
        vgate_tree_set_code (item, number);
        json_object_set_string_member (item, "summary", vgate_code_info (number)->summary);
        append_item (text, item, is_first);
        is_first = FALSE;
    }
}

static void
append_number (GString *text, guint32 number)
{
    char digits[16], *at = digits + sizeof digits;

    *--at = '\0';
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    g_string_append (text, at);
}

static void
append_cells (GString *text, const VgateMatrix *matrix)
{
    const guint n_hosts = matrix->fleet->hosts->len;

    for (guint g = 0; g < matrix->fleet->guests->len; g++) {
        g_string_append (text, g == 0 ? "\n[" : ",\n[");
        for (guint h = 0; h < n_hosts; h++) {
            if (h > 0)
                g_string_append_c (text, ',');
            append_number (text, matrix->cells[(gsize)g * n_hosts + h]);
        }
        g_string_append_c (text, ']');
        vgate_matrix_flush (text, FALSE);
    }
}

static void
append_faults (GString *text, const VgateFleet *fleet)
{
    for (guint i = 0; i < fleet->faults->len; i++) {
        const VgateFleetFault *fault = g_ptr_array_index (fleet->faults, i);
        g_autoptr (JsonObject) item = json_object_new ();

        vgate_tree_set_fault (item, fault);
        append_item (text, item, i == 0);
    }
}

void
vgate_matrix_print_json (const VgateMatrixTotals *totals)
{
    const VgateMatrix *matrix = totals->matrix;
    g_autofree char *now = vgate_time_format (matrix->question->now);
    g_autoptr (GString) text = g_string_new (NULL);

    g_string_append_printf (text, "{\"format\":\"" FORMAT "\",\n\"time\":\"%s\",\n\"guest\":[", now);
    append_guests (text, totals);
    g_string_append (text, "],\n\"host\":[");
    append_hosts (text, totals);
    g_string_append (text, "],\n\"outcome\":[");
    append_outcomes (text, matrix);
    g_string_append (text, "],\n\"code\":[");
    append_codes (text, matrix);
    g_string_append (text, "],\n\"cell\":[");
    append_cells (text, matrix);
    g_string_append (text, "],\n\"fault\":[");
    append_faults (text, matrix->fleet);
    g_string_append (text, "]}\n");
    vgate_matrix_flush (text, TRUE);
}
