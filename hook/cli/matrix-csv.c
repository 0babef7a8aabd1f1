/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/output.h"
#include "matrix-output.h"

#include <string.h>

#define FLUSH_AT (1u << 16)

void
vgate_matrix_flush (GString *text, gboolean is_end)
{
    if (!is_end && text->len < FLUSH_AT)
        return;
    vgate_output_print (text->str);
    g_string_truncate (text, 0);
}

/* A name can come from a guest's owner. Spreadsheets take a field for a formula that begins with one of these
 * characters, also when it is quoted. */
static gboolean
looks_like_formula (const char *value)
{
    return *value != '\0' && strchr ("=+-@\t\r\n", *value);
}

static void
append_field (GString *line, const char *value, const char *end)
{
    if (!looks_like_formula (value) && !strpbrk (value, "\",\r\n")) {
        g_string_append_printf (line, "%s%s", value, end);
        return;
    }
    g_string_append (line, looks_like_formula (value) ? "\"'" : "\"");
    for (; *value != '\0'; value++) {
        if (*value == '"')
            g_string_append_c (line, '"');
        g_string_append_c (line, *value);
    }
    g_string_append_printf (line, "\"%s", end);
}

/* What the lines of a host have in common. */
static char *
fields_of_host (const VgateHost *host)
{
    g_autoptr (GString) fields = g_string_new (NULL);

    append_field (fields, host->name, ",");
    append_field (fields, host->uuid, ",");
    return g_string_free (g_steal_pointer (&fields), FALSE);
}

static char *
fields_of_outcome (const VgateOutcome *outcome)
{
    g_autoptr (GString) fields = g_string_new (NULL);
    const char limit[] = {vgate_cell_limit (outcome), '\0'};
    char code[VGATE_CODE_TEXT_SIZE];

    append_field (fields, vgate_cell_name (outcome->kind), ",");
    append_field (fields, *limit == '-' ? "" : limit, ",");
    append_field (fields, vgate_code_format ((int)outcome->code, code), ",");
    append_field (fields, vgate_code_info ((int)outcome->code)->summary, "\r\n");
    return g_string_free (g_steal_pointer (&fields), FALSE);
}

void
vgate_matrix_print_csv (const VgateMatrixTotals *totals)
{
    const VgateMatrix *matrix = totals->matrix;
    g_autoptr (GString) text = g_string_new ("guest,guest-uuid,host,host-uuid,answer,limit,code,summary\r\n");
    g_autoptr (GPtrArray) hosts = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GPtrArray) outcomes = g_ptr_array_new_with_free_func (g_free);

    for (guint h = 0; h < matrix->fleet->hosts->len; h++)
        g_ptr_array_add (hosts, fields_of_host (vgate_matrix_host (matrix, h)));
    for (guint i = 0; i < matrix->outcomes->len; i++)
        g_ptr_array_add (outcomes, fields_of_outcome (g_ptr_array_index (matrix->outcomes, i)));
    for (guint g = 0; g < matrix->fleet->guests->len; g++) {
        const VgateFleetGuest *guest = vgate_matrix_guest (matrix, g);
        const guint32 *cells = matrix->cells + (gsize)g * hosts->len;
        g_autoptr (GString) begin = g_string_new (NULL);

        append_field (begin, guest->name, ",");
        append_field (begin, guest->domain->uuid, ",");
        for (guint h = 0; h < hosts->len; h++) {
            g_string_append_len (text, begin->str, (gssize)begin->len);
            g_string_append (text, g_ptr_array_index (hosts, h));
            g_string_append (text, g_ptr_array_index (outcomes, cells[h]));
            vgate_matrix_flush (text, FALSE);
        }
    }
    vgate_matrix_flush (text, TRUE);
}
