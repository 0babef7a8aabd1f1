/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/totals.h"

static void
group_free (VgateGuestGroup *group)
{
    g_free (group->name);
    g_array_unref (group->members);
    g_free (group);
}

static int
compare_text (gconstpointer left, gconstpointer right)
{
    return g_strcmp0 (*(char *const *)left, *(char *const *)right);
}

static int
compare_groups (gconstpointer left, gconstpointer right)
{
    return g_strcmp0 ((*(VgateGuestGroup *const *)left)->name, (*(VgateGuestGroup *const *)right)->name);
}

static char *
name_group (const VgateFleetGuest *guest)
{
    const VgateElement *element = guest->domain->element;
    g_autoptr (GPtrArray) names = g_ptr_array_new ();

    for (guint i = 0; element && i < element->vgpus->len; i++)
        g_ptr_array_add (names, ((const VgateElementVgpu *)g_ptr_array_index (element->vgpus, i))->type_name);
    if (names->len == 0)
        return g_strdup ("unknown vGPU type");
    g_ptr_array_sort (names, compare_text);
    g_ptr_array_add (names, NULL);
    return g_strjoinv (", ", (char **)names->pdata);
}

static void
add_to_group (VgateMatrixTotals *totals, GHashTable *known, guint index)
{
    char *name = name_group (g_ptr_array_index (totals->matrix->fleet->guests, index));
    VgateGuestGroup *group = g_hash_table_lookup (known, name);

    if (group) {
        g_free (name);
    } else {
        group = g_new0 (VgateGuestGroup, 1);
        group->name = name;
        group->members = g_array_new (FALSE, FALSE, sizeof (guint));
        g_ptr_array_add (totals->groups, group);
        g_hash_table_insert (known, name, group);
    }
    g_array_append_val (group->members, index);
}

guint
vgate_matrix_guest_total (const VgateMatrixTotals *totals, guint guest, VgateCellKind kind)
{
    return totals->guests[(gsize)guest * VGATE_N_CELLS + kind];
}

guint
vgate_matrix_host_total (const VgateMatrixTotals *totals, guint host, VgateCellKind kind)
{
    return totals->hosts[(gsize)host * VGATE_N_CELLS + kind];
}

gboolean
vgate_matrix_is_stuck (const VgateMatrixTotals *totals, guint guest)
{
    return vgate_matrix_guest_total (totals, guest, VGATE_CELL_NO) > 0 &&
           vgate_matrix_guest_total (totals, guest, VGATE_CELL_LIVE) == 0 &&
           vgate_matrix_guest_total (totals, guest, VGATE_CELL_PREPARE) == 0 &&
           vgate_matrix_guest_total (totals, guest, VGATE_CELL_COLD) == 0 &&
           vgate_matrix_guest_total (totals, guest, VGATE_CELL_UNKNOWN) == 0;
}

/* Guests that can go nowhere come first, and guests without a vGPU last. */
static int
compare_guests (gconstpointer left, gconstpointer right, gpointer user_data)
{
    const VgateMatrixTotals *totals = user_data;
    const guint a = *(const guint *)left, b = *(const guint *)right;
    const gboolean a_other = vgate_matrix_guest_total (totals, a, VGATE_CELL_NOT_CONCERNED) > 0;
    const gboolean b_other = vgate_matrix_guest_total (totals, b, VGATE_CELL_NOT_CONCERNED) > 0;
    const gboolean a_stuck = vgate_matrix_is_stuck (totals, a), b_stuck = vgate_matrix_is_stuck (totals, b);
    const guint a_live = vgate_matrix_guest_total (totals, a, VGATE_CELL_LIVE);
    const guint b_live = vgate_matrix_guest_total (totals, b, VGATE_CELL_LIVE);
    const guint a_prepare = vgate_matrix_guest_total (totals, a, VGATE_CELL_PREPARE);
    const guint b_prepare = vgate_matrix_guest_total (totals, b, VGATE_CELL_PREPARE);

    if (a_other != b_other)
        return a_other ? 1 : -1;
    if (a_stuck != b_stuck)
        return a_stuck ? -1 : 1;
    if (a_live != b_live)
        return a_live < b_live ? -1 : 1;
    if (a_prepare != b_prepare)
        return a_prepare < b_prepare ? -1 : 1;
    return a < b ? -1 : 1;
}

/* Counts the cells of each kind. The kinds of the outcomes are together in the processor's cache. */
static void
count_cells (VgateMatrixTotals *totals)
{
    const VgateMatrix *matrix = totals->matrix;
    const guint n_guests = matrix->fleet->guests->len, n_hosts = matrix->fleet->hosts->len;
    g_autofree guint8 *kinds = g_new (guint8, matrix->outcomes->len + 1);

    for (guint i = 0; i < matrix->outcomes->len; i++)
        kinds[i] = (guint8)((const VgateOutcome *)g_ptr_array_index (matrix->outcomes, i))->kind;
    for (guint g = 0; g < n_guests; g++) {
        const guint32 *cells = matrix->cells + (gsize)g * n_hosts;
        guint *of_guest = totals->guests + (gsize)g * VGATE_N_CELLS, *of_host = totals->hosts;

        for (guint h = 0; h < n_hosts; h++, of_host += VGATE_N_CELLS) {
            of_guest[kinds[cells[h]]]++;
            of_host[kinds[cells[h]]]++;
        }
    }
}

VgateMatrixTotals *
vgate_matrix_totals_new (const VgateMatrix *matrix)
{
    const guint n_guests = matrix->fleet->guests->len, n_hosts = matrix->fleet->hosts->len;
    VgateMatrixTotals *totals = g_new0 (VgateMatrixTotals, 1);
    g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);

    totals->matrix = matrix;
    totals->guests = g_new0 (guint, MAX ((gsize)n_guests * VGATE_N_CELLS, 1));
    totals->hosts = g_new0 (guint, MAX ((gsize)n_hosts * VGATE_N_CELLS, 1));
    totals->order = g_new (guint, MAX (n_guests, 1));
    totals->groups = g_ptr_array_new_with_free_func ((GDestroyNotify)group_free);
    count_cells (totals);
    for (guint g = 0; g < n_guests; g++) {
        totals->order[g] = g;
        if (vgate_matrix_guest_total (totals, g, VGATE_CELL_NOT_CONCERNED) == 0)
            add_to_group (totals, known, g);
    }
    g_qsort_with_data (totals->order, (int)n_guests, sizeof (guint), compare_guests, totals);
    g_ptr_array_sort (totals->groups, compare_groups);
    return totals;
}

void
vgate_matrix_totals_free (VgateMatrixTotals *totals)
{
    if (!totals)
        return;
    g_free (totals->guests);
    g_free (totals->hosts);
    g_free (totals->order);
    g_ptr_array_unref (totals->groups);
    g_free (totals);
}

gboolean
vgate_matrix_takes_all (const VgateMatrixTotals *totals, const VgateGuestGroup *group, guint host)
{
    for (guint i = 0; i < group->members->len; i++) {
        const VgateCellKind kind =
            vgate_matrix_cell (totals->matrix, g_array_index (group->members, guint, i), host)->kind;

        if (kind != VGATE_CELL_LIVE && kind != VGATE_CELL_HERE)
            return FALSE;
    }
    return TRUE;
}
