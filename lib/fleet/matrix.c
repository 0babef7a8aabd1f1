/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/matrix.h"

#include "fleet/similar.h"
#include "gate/reason.h"

#include <string.h>

#define NO_OUTCOME G_MAXUINT32

static const char *const cell_names[] = {
    [VGATE_CELL_LIVE] = "live",       [VGATE_CELL_COLD] = "cold", [VGATE_CELL_NO] = "no",
    [VGATE_CELL_UNKNOWN] = "unknown", [VGATE_CELL_HERE] = "here", [VGATE_CELL_NOT_CONCERNED] = "none",
};

const char *
vgate_cell_name (VgateCellKind kind)
{
    return cell_names[kind];
}

VgateOperation
vgate_fleet_operation (const VgateFleetGuest *guest)
{
    switch (guest->document) {
    case VGATE_DOMAIN_DOCUMENT_MEMORY: return VGATE_OPERATION_RESTORE;
    case VGATE_DOMAIN_DOCUMENT_COLD: return VGATE_OPERATION_PREPARE;
    default: return VGATE_OPERATION_MIGRATE;
    }
}

VgateDecision *
vgate_fleet_decide (const VgateFleetQuestion *question, const VgateFleetGuest *guest,
                    const VgateFleetHost *host, VgateOperation operation)
{
    const VgateRequest request = {
        .operation = operation,
        .domain = guest->domain,
        .policy = question->policy,
        .root = question->root,
        .host = host ? host->host : NULL,
        .is_dry_run = TRUE,
        .is_question = TRUE,
        .now = question->now,
    };

    return vgate_gate_decide (&request);
}

/* --- one pair --- */

static void
outcome_free (VgateOutcome *outcome)
{
    g_free (outcome->text);
    g_ptr_array_unref (outcome->warnings);
    g_free (outcome);
}

static VgateCellKind
kind_of (const VgateDecision *decision)
{
    if (decision->code == VGATE_CODE_NOT_CONCERNED)
        return VGATE_CELL_NOT_CONCERNED;
    if (decision->allowed)
        return VGATE_CELL_LIVE;
    if (decision->code == VGATE_CODE_RUNS_THERE)
        return VGATE_CELL_HERE;
    return vgate_code_is_unanswered (decision->code) ? VGATE_CELL_UNKNOWN : VGATE_CELL_NO;
}

/* The limit of the first vGPU without a GPU. */
static guint32
limit_of (const VgateDecision *decision, const VgateHost *host)
{
    for (guint i = 0; i < decision->placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, i);
        const VgateCandidate *nearest = placement->chosen < 0 ? vgate_reason_nearest (placement, host) : NULL;

        if (nearest && nearest->verdict.limit != VGATE_LIMIT_NONE)
            return nearest->verdict.limit;
    }
    return VGATE_LIMIT_NONE;
}

static void
warning_free (VgateWarning *warning)
{
    g_free (warning->text);
    g_free (warning);
}

static VgateOutcome *
judge (const VgateFleetQuestion *question, const VgateFleetGuest *guest, const VgateFleetHost *host,
       const GPtrArray *names)
{
    const VgateOperation operation = vgate_fleet_operation (guest);
    g_autoptr (VgateDecision) decision = vgate_fleet_decide (question, guest, host, operation);
    VgateOutcome *outcome = g_new0 (VgateOutcome, 1);

    outcome->kind = kind_of (decision);
    outcome->code = decision->code;
    outcome->text = vgate_similar_mask (decision->text, names);
    outcome->warnings = g_ptr_array_new_with_free_func ((GDestroyNotify)warning_free);
    for (guint i = 0; i < decision->warnings->len; i++) {
        const VgateWarning *warning = g_ptr_array_index (decision->warnings, i);
        VgateWarning *copy = g_new0 (VgateWarning, 1);

        copy->code = warning->code;
        copy->text = vgate_similar_mask (warning->text, names);
        g_ptr_array_add (outcome->warnings, copy);
    }
    if (outcome->kind == VGATE_CELL_NO) {
        outcome->limit = limit_of (decision, host->host);
        if (operation == VGATE_OPERATION_MIGRATE) {
            g_autoptr (VgateDecision) start =
                vgate_fleet_decide (question, guest, host, VGATE_OPERATION_PREPARE);

            if (start->allowed)
                outcome->kind = VGATE_CELL_COLD;
        }
    }
    return outcome;
}

/* --- all pairs --- */

typedef struct {
    VgateMatrix *matrix;
    const VgateFleetQuestion *question;
    GHashTable *known; /* the text that identifies an outcome -> its index + 1 */
    GHashTable *hosts; /* a name in a host's document -> GArray of guint: the hosts that contain it */
} Work;

static char *
identify (const VgateOutcome *outcome)
{
    GString *text = g_string_new (NULL);

    g_string_printf (text, "%d %d %u %s", outcome->kind, outcome->code, outcome->limit, outcome->text);
    for (guint i = 0; i < outcome->warnings->len; i++) {
        const VgateWarning *warning = g_ptr_array_index (outcome->warnings, i);

        g_string_append_printf (text, "\n%d %s", warning->code, warning->text);
    }
    return g_string_free (text, FALSE);
}

/* The index of the outcome of a pair, which is judged. */
static guint32
judge_pair (const Work *work, const VgateFleetGuest *guest, const VgateFleetHost *host,
            const GPtrArray *names)
{
    VgateOutcome *outcome = judge (work->question, guest, host, names);
    char *text = identify (outcome);
    const gpointer known = g_hash_table_lookup (work->known, text);

    if (known) {
        outcome_free (outcome);
        g_free (text);
        return GPOINTER_TO_UINT (known) - 1;
    }
    g_ptr_array_add (work->matrix->outcomes, outcome);
    g_hash_table_insert (work->known, text, GUINT_TO_POINTER (work->matrix->outcomes->len));
    return work->matrix->outcomes->len - 1;
}

static void
note (GHashTable *hosts, const char *name, guint host)
{
    GArray *list;

    if (!name)
        return;
    list = g_hash_table_lookup (hosts, name);
    if (!list) {
        list = g_array_new (FALSE, FALSE, sizeof (guint));
        g_hash_table_insert (hosts, (gpointer)name, list);
    }
    if (list->len == 0 || g_array_index (list, guint, list->len - 1) != host)
        g_array_append_val (list, host);
}

/* Notes each name in a host document that could be that of a guest, or of a guest's device. */
static void
note_names (GHashTable *hosts, const VgateHost *host, guint index)
{
    const VgateHostDevices *devices = host->devices;

    note (hosts, host->uuid, index);
    for (guint i = 0; devices && i < devices->devices->len; i++)
        note (hosts, ((const VgateHostDevice *)g_ptr_array_index (devices->devices, i))->listed.source,
              index);
    for (guint i = 0; devices && i < devices->vgpus->len; i++) {
        const VgateHostVgpu *vgpu = g_ptr_array_index (devices->vgpus, i);

        note (hosts, vgpu->uuid, index);
        note (hosts, vgpu->domain, index);
        note (hosts, vgpu->mdev, index);
    }
    for (guint i = 0; devices && i < devices->leases->len; i++) {
        const VgateHostLease *lease = g_ptr_array_index (devices->leases, i);

        note (hosts, lease->domain, index);
        note (hosts, lease->device, index);
    }
}

/* Judges the guest on each host whose document contains the name. */
static void
judge_where_known (const Work *work, const VgateFleetGuest *guest, const GPtrArray *names, const char *name,
                   guint32 *row)
{
    const GArray *hosts = name ? g_hash_table_lookup (work->hosts, name) : NULL;

    for (guint i = 0; hosts && i < hosts->len; i++) {
        const guint host = g_array_index (hosts, guint, i);

        row[host] = judge_pair (work, guest, g_ptr_array_index (work->matrix->fleet->hosts, host), names);
    }
}

/* Fills the row of a guest. similar: the row of the guests that are similar to it, which is filled at the
 * first of them; NULL: there are no such guests. */
static void
judge_guest (const Work *work, const VgateFleetGuest *guest, const GPtrArray *names, guint32 *similar,
             guint32 *row)
{
    const GPtrArray *hosts = work->matrix->fleet->hosts;
    const VgateElement *element = guest->domain->element;

    if (!similar) {
        for (guint h = 0; h < hosts->len; h++)
            row[h] = judge_pair (work, guest, g_ptr_array_index (hosts, h), names);
        return;
    }
    for (guint h = 0; h < hosts->len; h++)
        row[h] = NO_OUTCOME;
    for (guint i = 0; i < names->len; i++)
        judge_where_known (work, guest, names, g_ptr_array_index (names, i), row);
    judge_where_known (work, guest, names, element ? element->host_uuid : NULL, row);
    for (guint h = 0; h < hosts->len; h++) {
        if (row[h] != NO_OUTCOME)
            continue;
        if (similar[h] == NO_OUTCOME)
            similar[h] = judge_pair (work, guest, g_ptr_array_index (hosts, h), names);
        row[h] = similar[h];
    }
}

/* The row of the guests that have this key. */
static guint32 *
similar_row (GHashTable *rows, GBytes *key, guint n_hosts)
{
    guint32 *row = g_hash_table_lookup (rows, key);

    if (!row) {
        row = g_new (guint32, MAX (n_hosts, 1));
        for (guint h = 0; h < n_hosts; h++)
            row[h] = NO_OUTCOME;
        g_hash_table_insert (rows, g_bytes_ref (key), row);
    }
    return row;
}

VgateMatrix *
vgate_matrix_new (const VgateFleet *fleet, const VgateFleetQuestion *question, VgateMatrixProgress progress,
                  gpointer user_data)
{
    const guint n_hosts = fleet->hosts->len;
    VgateMatrix *matrix = g_new0 (VgateMatrix, 1);
    g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr (GHashTable) hosts =
        g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref);
    g_autoptr (GHashTable) rows =
        g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, g_free);
    const Work work = {.matrix = matrix, .question = question, .known = known, .hosts = hosts};

    matrix->fleet = fleet;
    matrix->outcomes = g_ptr_array_new_with_free_func ((GDestroyNotify)outcome_free);
    matrix->cells = g_new (guint32, MAX ((gsize)fleet->guests->len * n_hosts, 1));
    for (guint h = 0; h < n_hosts; h++)
        note_names (hosts, ((const VgateFleetHost *)g_ptr_array_index (fleet->hosts, h))->host, h);
    for (guint g = 0; g < fleet->guests->len; g++) {
        const VgateFleetGuest *guest = g_ptr_array_index (fleet->guests, g);
        g_autoptr (GPtrArray) names = vgate_similar_names (guest);
        g_autoptr (GBytes) key = vgate_similar_key (question, guest, names);

        judge_guest (&work, guest, names, key ? similar_row (rows, key, n_hosts) : NULL,
                     matrix->cells + (gsize)g * n_hosts);
        if (progress)
            progress (g + 1, fleet->guests->len, user_data);
    }
    return matrix;
}

void
vgate_matrix_free (VgateMatrix *matrix)
{
    if (!matrix)
        return;
    g_ptr_array_unref (matrix->outcomes);
    g_free (matrix->cells);
    g_free (matrix);
}

const VgateOutcome *
vgate_matrix_cell (const VgateMatrix *matrix, guint guest, guint host)
{
    return g_ptr_array_index (matrix->outcomes,
                              matrix->cells[(gsize)guest * matrix->fleet->hosts->len + host]);
}

char *
vgate_cell_text (const VgateOutcome *outcome, const VgateFleetGuest *guest)
{
    g_autoptr (GPtrArray) names = vgate_similar_names (guest);

    return vgate_similar_unmask (outcome->text, names);
}

char
vgate_cell_limit (const VgateOutcome *outcome)
{
    if (outcome->limit & VGATE_LIMIT_HOST_DRIVER)
        return 'H';
    if (outcome->limit & VGATE_LIMIT_GUEST_DRIVER)
        return 'G';
    if (outcome->limit & VGATE_LIMIT_GPU)
        return 'P';
    return outcome->limit != VGATE_LIMIT_NONE ? 'O' : '-';
}
