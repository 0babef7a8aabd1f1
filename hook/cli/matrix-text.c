/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "matrix-output.h"

#include "wrap.h"

#include <string.h>

#define WIDTH         80u
#define GUEST_COLUMNS 19u
#define HOSTS_A_PAGE  12u
#define HOSTS_SHOWN   48u /* four pages */
#define CELL_SIZE     8u

/* The name, padded with blanks or cut at this number of characters. The caller frees it. */
static char *
fit (const char *name, guint columns)
{
    g_autofree char *shown = vgate_printable (name, 200);
    const guint length = (guint)g_utf8_strlen (shown, -1);

    if (length <= columns)
        return g_strdup_printf ("%s%*s", shown, (int)(columns - length), "");
    *g_utf8_offset_to_pointer (shown, columns - 1) = '\0';
    return g_strconcat (shown, "~", NULL);
}

static void
append_wrapped (GString *text, const char *line)
{
    g_autofree char *wrapped = vgate_wrap (line, WIDTH);

    g_string_append_printf (text, "%s\n", wrapped);
}

static void
write_cell (const VgateOutcome *outcome, char cell[CELL_SIZE])
{
    switch (outcome->kind) {
    case VGATE_CELL_NO: {
        const char limit = vgate_cell_limit (outcome);

        g_snprintf (cell, CELL_SIZE, "%c%03d", limit == '-' ? ' ' : limit, outcome->code);
        break;
    }
    case VGATE_CELL_UNKNOWN: g_snprintf (cell, CELL_SIZE, "?%03d", outcome->code); break;
    case VGATE_CELL_PREPARE: g_strlcpy (cell, "prep", CELL_SIZE); break;
    case VGATE_CELL_NOT_CONCERNED: g_strlcpy (cell, ".", CELL_SIZE); break;
    default: g_strlcpy (cell, vgate_cell_name (outcome->kind), CELL_SIZE); break;
    }
}

char *
vgate_matrix_describe (const VgateMatrixTotals *totals)
{
    const VgateFleet *fleet = totals->matrix->fleet;
    g_autoptr (GString) text = g_string_new (NULL);
    guint n_stuck = 0, n_prepare = 0, n_cold = 0, n_other = 0;

    for (guint g = 0; g < fleet->guests->len; g++) {
        n_stuck += vgate_matrix_is_stuck (totals, g) ? 1 : 0;
        if (vgate_matrix_guest_total (totals, g, VGATE_CELL_LIVE) == 0) {
            if (vgate_matrix_guest_total (totals, g, VGATE_CELL_PREPARE) > 0)
                n_prepare++;
            else if (vgate_matrix_guest_total (totals, g, VGATE_CELL_COLD) > 0)
                n_cold++;
        }
        n_other += vgate_matrix_guest_total (totals, g, VGATE_CELL_NOT_CONCERNED) > 0 ? 1 : 0;
    }
    g_string_printf (text, "%u guest%s, %u host%s: %u guest%s can go nowhere", fleet->guests->len,
                     fleet->guests->len == 1 ? "" : "s", fleet->hosts->len, fleet->hosts->len == 1 ? "" : "s",
                     n_stuck, n_stuck == 1 ? "" : "s");
    if (n_prepare > 0)
        g_string_append_printf (text, ", %u can go elsewhere only after a device is prepared there",
                                n_prepare);
    if (n_cold > 0)
        g_string_append_printf (text, ", %u can only be started cold elsewhere", n_cold);
    if (n_other > 0)
        g_string_append_printf (text, ", %u %s no vGPU", n_other, n_other == 1 ? "has" : "have");
    g_string_append (text, ". Each pair is judged alone: places for several guests are not counted.");
    return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
append_legend (GString *text, const VgateMatrixTotals *totals)
{
    g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

    append_wrapped (
        text,
        "\nlive: can be migrated there live; prep: can be migrated there live after a device is created "
        "or named, as 'vgpu-gate check' prints; cold: can only be started there cold; here: runs on "
        "this host; '.': has no vGPU. A code: refused. A letter before it is what limits the guest: "
        "H the host driver, G the guest driver, P the physical GPU, O another limit. '?' and a "
        "code: could not be judged. 'vgpu-gate explain CODE' explains a code.");
    for (int code = 0; code < 1000; code++) {
        for (guint i = 0; i < totals->matrix->outcomes->len; i++) {
            const VgateOutcome *outcome = g_ptr_array_index (totals->matrix->outcomes, i);
            g_autofree char *line = NULL;

            if ((int)outcome->code != code ||
                (outcome->kind != VGATE_CELL_NO && outcome->kind != VGATE_CELL_UNKNOWN) ||
                !g_hash_table_add (seen, GINT_TO_POINTER (code + 1)))
                continue;
            line = g_strdup_printf ("  %03d %s", code, vgate_code_info (code)->summary);
            append_wrapped (text, line);
        }
    }
}

static void
append_page (GString *text, const VgateMatrixTotals *totals, guint first, guint end)
{
    g_string_append_printf (text, "\n%-*s", (int)GUEST_COLUMNS, "GUEST \\ HOST");
    for (guint h = first; h < end; h++)
        g_string_append_printf (text, " %4u", h + 1);
    g_string_append_c (text, '\n');
    for (guint i = 0; i < totals->matrix->fleet->guests->len; i++) {
        const guint g = totals->order[i];
        g_autofree char *name = fit (vgate_matrix_guest (totals->matrix, g)->name, GUEST_COLUMNS);

        g_string_append (text, name);
        for (guint h = first; h < end; h++) {
            char cell[CELL_SIZE];

            write_cell (vgate_matrix_cell (totals->matrix, g, h), cell);
            g_string_append_printf (text, " %4s", cell);
        }
        g_string_append_c (text, '\n');
        vgate_matrix_flush (text, FALSE);
    }
}

/* The columns of the counts, which are the same for guests and hosts. */
static const VgateCellKind counted[] = {VGATE_CELL_LIVE, VGATE_CELL_PREPARE, VGATE_CELL_COLD,
                                        VGATE_CELL_NO,   VGATE_CELL_UNKNOWN, VGATE_CELL_HERE};

static void
append_counts_head (GString *text, const char *first)
{
    g_string_append_printf (text, "\n%-*s", (int)GUEST_COLUMNS + 5, first);
    for (guint i = 0; i < G_N_ELEMENTS (counted); i++)
        g_string_append_printf (text, " %7s", vgate_cell_name (counted[i]));
    g_string_append_c (text, '\n');
}

static void
append_guest_counts (GString *text, const VgateMatrixTotals *totals)
{
    append_wrapped (text, "\nThere are too many hosts for columns: choose some with --host, or use --output "
                          "csv or json.");
    append_counts_head (text, "GUEST, number of hosts");
    for (guint i = 0; i < totals->matrix->fleet->guests->len; i++) {
        const guint g = totals->order[i];
        g_autofree char *name = fit (vgate_matrix_guest (totals->matrix, g)->name, GUEST_COLUMNS + 5);

        g_string_append (text, name);
        for (guint k = 0; k < G_N_ELEMENTS (counted); k++)
            g_string_append_printf (text, " %7u", vgate_matrix_guest_total (totals, g, counted[k]));
        g_string_append_c (text, '\n');
        vgate_matrix_flush (text, FALSE);
    }
}

static void
append_hosts (GString *text, const VgateMatrixTotals *totals)
{
    append_counts_head (text, "HOST, number of guests");
    for (guint h = 0; h < totals->matrix->fleet->hosts->len; h++) {
        g_autofree char *name = fit (vgate_matrix_host (totals->matrix, h)->name, GUEST_COLUMNS);
        g_autoptr (GString) all = g_string_new (NULL);

        g_string_append_printf (text, "%4u %s", h + 1, name);
        for (guint k = 0; k < G_N_ELEMENTS (counted); k++)
            g_string_append_printf (text, " %7u", vgate_matrix_host_total (totals, h, counted[k]));
        g_string_append_c (text, '\n');
        for (guint i = 0; i < totals->groups->len; i++) {
            const VgateGuestGroup *group = g_ptr_array_index (totals->groups, i);
            g_autofree char *shown = vgate_printable (group->name, 200);

            if (vgate_matrix_takes_all (totals, group, h))
                g_string_append_printf (all, "%s%s", all->len > 0 ? "; " : "     can take all of: ", shown);
        }
        if (all->len > 0)
            append_wrapped (text, all->str);
        vgate_matrix_flush (text, FALSE);
    }
}

void
vgate_matrix_print_text (const VgateMatrixTotals *totals)
{
    const guint n_hosts = totals->matrix->fleet->hosts->len;
    g_autoptr (GString) text = g_string_new (NULL);
    g_autofree char *summary = vgate_matrix_describe (totals);

    append_wrapped (text, summary);
    if (n_hosts <= HOSTS_SHOWN) {
        for (guint h = 0; h < n_hosts; h += HOSTS_A_PAGE)
            append_page (text, totals, h, MIN (h + HOSTS_A_PAGE, n_hosts));
        append_legend (text, totals);
    } else {
        append_guest_counts (text, totals);
    }
    append_hosts (text, totals);
    vgate_matrix_flush (text, TRUE);
}
