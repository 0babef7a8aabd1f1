/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/matrix.h"

#include "base/threads.h"
#include "fleet/pairs.h"
#include "fleet/similar.h"
#include "host/qemu-process.h"

#include <string.h>

/* Also: no class. */
#define NO_OUTCOME G_MAXUINT32
#define HAS_USERS  0x80000000u

#define N_THREADS_MAX    4u
#define PAIRS_OF_THREADS 50000u

static const char *const cell_names[] = {
    [VGATE_CELL_LIVE] = "live",          [VGATE_CELL_PREPARE] = "prepare",
    [VGATE_CELL_COLD] = "cold",          [VGATE_CELL_NO] = "no",
    [VGATE_CELL_UNKNOWN] = "unknown",    [VGATE_CELL_HERE] = "here",
    [VGATE_CELL_NOT_CONCERNED] = "none",
};

const char *
vgate_cell_name (VgateCellKind kind)
{
    return cell_names[kind];
}

/* --- one pair --- */

static void
outcome_free (VgateOutcome *outcome)
{
    if (!outcome)
        return;
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
    if (decision->has_suggestion)
        return VGATE_CELL_PREPARE;
    return vgate_code_is_unanswered (decision->code) ? VGATE_CELL_UNKNOWN : VGATE_CELL_NO;
}

static void
warning_free (VgateWarning *warning)
{
    g_free (warning->text);
    g_free (warning);
}

/* The names say what is masked in the texts; NULL for a guest or host that is judged itself. */
static VgateOutcome *
judge (const VgateFleetQuestion *question, const VgateFleetSubject *subject,
       const VgateSimilarNames *guest_names, const VgateHost *host, const VgateSimilarNames *host_names)
{
    const VgateOperation operation = vgate_fleet_operation (subject->guest);
    g_autoptr (VgateDecision) decision = vgate_fleet_judge (question, subject, host, operation);
    VgateOutcome *outcome = g_new0 (VgateOutcome, 1);

    outcome->kind = kind_of (decision);
    outcome->code = decision->code;
    outcome->text = vgate_similar_mask (decision->text, guest_names, host_names);
    outcome->warnings = g_ptr_array_new_with_free_func ((GDestroyNotify)warning_free);
    for (guint i = 0; i < decision->warnings->len; i++) {
        const VgateWarning *warning = g_ptr_array_index (decision->warnings, i);
        VgateWarning *copy = g_new0 (VgateWarning, 1);

        copy->code = warning->code;
        copy->text = vgate_similar_mask (warning->text, guest_names, host_names);
        g_ptr_array_add (outcome->warnings, copy);
    }
    if (outcome->kind == VGATE_CELL_NO) {
        outcome->limit = decision->limit;
        if (operation == VGATE_OPERATION_MIGRATE) {
            g_autoptr (VgateDecision) start =
                vgate_fleet_judge (question, subject, host, VGATE_OPERATION_PREPARE);

            if (start->allowed)
                outcome->kind = VGATE_CELL_COLD;
        }
    }
    return outcome;
}

/* --- all pairs --- */

/* Hosts that differ only in their names. */
typedef struct {
    VgateSimilarNames *names; /* NULL: it is one host, which is judged itself */
    VgateHost *copy;          /* of the first one; NULL: likewise */
    const VgateHost *first;
    gboolean is_by_addresses;  /* it is for guests with virtual functions, and its hosts contain addresses */
    gboolean has_no_addresses; /* one of its hosts contains none, so that it is for all guests */
} HostClass;

/* The guests for which the outcomes of a row are needed. */
typedef enum {
    ROW_OF_ALL = 1 << 0,       /* guests without virtual functions, on all hosts */
    ROW_OF_OTHERS = 1 << 1,    /* guests with virtual functions, on hosts without addresses */
    ROW_OF_ADDRESSES = 1 << 2, /* guests with virtual functions, on hosts with addresses */
} RowUse;

/* The outcomes of guests that differ only in their names. */
typedef struct {
    guint uses;               /* of RowUse */
    VgateSimilarNames *names; /* of the first one, as are the following */
    VgateFleetGuest *copy;    /* with placeholders for all names */
    VgateObservation *here;
    /* The same with the addresses in which the guests do not differ, for a host that is judged itself. */
    VgateFleetGuest *with_addresses;
    VgateObservation *here_with_addresses;
    guint32 *outcomes; /* indexed by host class: indices into work->found; NO_OUTCOME: not needed */
    /* The cells that its guests have in common, indexed by host: those that are known, and the others. */
    guint32 *cells;
    GArray *missing; /* of guint */
} Row;

/* A guest, and the rows in which its outcomes are. */
typedef struct {
    VgateSimilarNames *names;
    VgateObservation *here;
    gboolean is_checked;
    Row *row;              /* NULL: it is judged itself */
    Row *row_of_addresses; /* NULL: it has no virtual function */
} GuestRows;

/* Outcomes, all different. */
typedef struct {
    GHashTable *known;   /* the text that identifies an outcome -> its index, plus 1 */
    GPtrArray *outcomes; /* of VgateOutcome *; NULL: another list has it */
    guint64 n_decisions;
} Found;

typedef struct {
    VgateMatrix *matrix;
    const VgateFleetQuestion *question;
    GHashTable *running; /* the UUIDs of the domains that run on this host */
    Found *found;
    GArray *used;      /* of guint32, indexed as found: its index in the matrix; NO_OUTCOME: no cell has it */
    GHashTable *hosts; /* a name in a host's document -> GArray of guint: the hosts that contain it */
    GPtrArray *classes; /* of HostClass * */
    guint *class_of;    /* indexed by host: its class for guests without virtual functions */
    /* The same for guests with virtual functions; NO_OUTCOME: the host has none, so that the addresses do not
     * matter either. */
    guint *address_class_of;
    GHashTable *rows;    /* the guests' key -> Row */
    GPtrArray *row_list; /* the same, in the order in which they were made */
    GuestRows *guests;   /* indexed by guest */
} Work;

/* Some of the host classes, which one thread judges. */
typedef struct {
    const Work *work;
    guint first, end;   /* classes */
    VgatePairs *pairs;  /* value: an index into found or, with HAS_USERS, into with_users */
    GPtrArray *guests;  /* of VgatePairGuest *, indexed as work->row_list */
    GPtrArray *of_rows; /* of GHashTable *, likewise: index into with_users -> index into found, plus 1 */
    /* of VgateOutcome *, in whose texts the users of the guest's devices are marked by the guest's names */
    GPtrArray *with_users;
    Found found;
    VgateMatrixProgress progress; /* NULL: another part reports */
    gpointer progress_data;
} Part;

static void
found_init (Found *found)
{
    found->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    found->outcomes = g_ptr_array_new_with_free_func ((GDestroyNotify)outcome_free);
}

static void
found_clear (Found *found)
{
    g_hash_table_unref (found->known);
    g_ptr_array_unref (found->outcomes);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Found, found_clear)

static void
host_class_free (HostClass *class)
{
    vgate_similar_names_free (class->names);
    vgate_similar_host_free (class->copy);
    g_free (class);
}

static void
row_free (Row *row)
{
    vgate_observation_free (row->here);
    vgate_observation_free (row->here_with_addresses);
    vgate_similar_guest_free (row->copy);
    vgate_similar_guest_free (row->with_addresses);
    vgate_similar_names_free (row->names);
    g_free (row->outcomes);
    g_free (row->cells);
    g_clear_pointer (&row->missing, g_array_unref);
    g_free (row);
}

static VgateOutcome *
judge_pair (const VgateFleetQuestion *question, Found *found, const VgateFleetSubject *subject,
            const VgateSimilarNames *guest_names, const VgateHost *host, const VgateSimilarNames *host_names)
{
    found->n_decisions++;
    return judge (question, subject, guest_names, host, host_names);
}

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

/* The index of the outcome, which it takes. */
static guint32
add_outcome (Found *found, VgateOutcome *outcome)
{
    char *text = identify (outcome);
    const gpointer known = g_hash_table_lookup (found->known, text);

    if (known) {
        outcome_free (outcome);
        g_free (text);
        return GPOINTER_TO_UINT (known) - 1;
    }
    g_ptr_array_add (found->outcomes, outcome);
    g_hash_table_insert (found->known, text, GUINT_TO_POINTER (found->outcomes->len));
    return found->outcomes->len - 1;
}

/* The index in the matrix of an outcome that was found. The matrix has those that its cells have, in their
 * order. */
static guint32
use_outcome (const Work *work, guint32 index)
{
    const guint32 unused = NO_OUTCOME;
    guint32 *used;

    while (work->used->len <= index)
        g_array_append_val (work->used, unused);
    used = &g_array_index (work->used, guint32, index);
    if (*used == NO_OUTCOME) {
        *used = work->matrix->outcomes->len;
        g_ptr_array_add (work->matrix->outcomes,
                         g_steal_pointer (&g_ptr_array_index (work->found->outcomes, index)));
    }
    return *used;
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

/* The addresses of PCI devices that guests name. The caller unrefs it. */
static GHashTable *
list_named (const VgateFleet *fleet)
{
    GHashTable *named = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint g = 0; g < fleet->guests->len; g++) {
        const VgateDomain *domain = ((const VgateFleetGuest *)g_ptr_array_index (fleet->guests, g))->domain;
        const GPtrArray *vgpus = domain->element ? domain->element->vgpus : NULL;

        for (guint i = 0; i < domain->hostdevs->len; i++) {
            const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

            if (hostdev->kind == VGATE_HOSTDEV_PCI)
                g_hash_table_add (named, hostdev->source);
        }
        for (guint i = 0; vgpus && i < vgpus->len; i++) {
            const VgateElementVgpu *vgpu = g_ptr_array_index (vgpus, i);

            if (vgpu->vf)
                g_hash_table_add (named, vgpu->vf);
        }
    }
    return named;
}

static void
number_address (GHashTable *addresses, GHashTable *named, VgateHostdevKind kind, char *address)
{
    if (kind == VGATE_HOSTDEV_PCI && g_hash_table_contains (named, address) &&
        !g_hash_table_contains (addresses, address))
        g_hash_table_insert (addresses, address, GUINT_TO_POINTER (g_hash_table_size (addresses)));
}

/* Numbers the addresses of virtual functions that hosts have and guests name. */
static GHashTable *
number_addresses (const VgateFleet *fleet)
{
    g_autoptr (GHashTable) named = list_named (fleet);
    GHashTable *addresses = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint h = 0; h < fleet->hosts->len; h++) {
        const VgateHostDevices *devices =
            ((const VgateFleetHost *)g_ptr_array_index (fleet->hosts, h))->host->devices;

        for (guint i = 0; devices && i < devices->devices->len; i++) {
            const VgateListedDevice *listed = g_ptr_array_index (devices->devices, i);

            number_address (addresses, named, listed->kind, listed->source);
        }
        for (guint i = 0; devices && i < devices->makeable->len; i++) {
            const VgateMakeable *makeable = g_ptr_array_index (devices->makeable, i);

            number_address (addresses, named, makeable->kind, makeable->parent);
        }
    }
    return addresses;
}

/* --- hosts that are equal --- */

/* The class of the host, which is made at the first of its hosts. known: key -> index. */
static guint
find_host_class (const Work *work, const VgateHost *host, gboolean with_addresses, GHashTable *known)
{
    g_autoptr (GBytes) key = vgate_similar_host_key (work->question, host, with_addresses);
    HostClass *class;
    gpointer found;

    if (key && g_hash_table_lookup_extended (known, key, NULL, &found))
        return GPOINTER_TO_UINT (found);
    class = g_new0 (HostClass, 1);
    class->first = host;
    class->is_by_addresses = with_addresses;
    if (key)
        class->names = vgate_similar_host_names (work->question, host, work->matrix->addresses);
    if (class->names && class->names->texts->len > VGATE_SIMILAR_NAMES_MAX)
        g_clear_pointer (&class->names, vgate_similar_names_free);
    if (class->names) {
        class->copy = vgate_similar_host_new (host, g_hash_table_size (work->matrix->addresses), NULL);
        g_hash_table_insert (known, g_bytes_ref (key), GUINT_TO_POINTER (work->classes->len));
    }
    g_ptr_array_add (work->classes, class);
    return work->classes->len - 1;
}

/* TRUE when the document contains the address of a PCI device, also of one that is no vGPU. */
static gboolean
has_addresses (const VgateHost *host)
{
    const VgateHostDevices *devices = host->devices;

    for (guint i = 0; devices && i < devices->devices->len; i++)
        if (((const VgateListedDevice *)g_ptr_array_index (devices->devices, i))->kind == VGATE_HOSTDEV_PCI)
            return TRUE;
    for (guint i = 0; devices && i < devices->makeable->len; i++)
        if (((const VgateMakeable *)g_ptr_array_index (devices->makeable, i))->kind == VGATE_HOSTDEV_PCI)
            return TRUE;
    return devices && devices->leases->len > 0;
}

static void
classify_hosts (const Work *work)
{
    const GPtrArray *hosts = work->matrix->fleet->hosts;
    g_autoptr (GHashTable) known =
        g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    g_autoptr (GHashTable) known_by_addresses =
        g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);

    for (guint h = 0; h < hosts->len; h++) {
        const VgateHost *host = ((const VgateFleetHost *)g_ptr_array_index (hosts, h))->host;

        note_names (work->hosts, host, h);
        work->class_of[h] = find_host_class (work, host, FALSE, known);
        work->address_class_of[h] =
            has_addresses (host) ? find_host_class (work, host, TRUE, known_by_addresses) : NO_OUTCOME;
        if (work->address_class_of[h] == NO_OUTCOME)
            ((HostClass *)g_ptr_array_index (work->classes, work->class_of[h]))->has_no_addresses = TRUE;
    }
}

/* --- the rows of guests --- */

/* The row of the guests to which this one is similar in all but its first n_names names; NULL: there are no
 * such guests. */
static Row *
find_row (const Work *work, const VgateFleetGuest *guest, const VgateSimilarNames *names, guint n_names)
{
    g_autoptr (GBytes) key = vgate_similar_guest_key (work->question, guest, names, n_names);
    Row *row = key ? g_hash_table_lookup (work->rows, key) : NULL;

    if (row || !key)
        return row;
    row = g_new0 (Row, 1);
    row->names = vgate_similar_guest_names (work->question, guest);
    row->copy = vgate_similar_guest_new (guest, names, names->n_names);
    row->here = vgate_observation_new_here (row->copy->domain, work->question->root, FALSE);
    row->with_addresses = vgate_similar_guest_new (guest, names, n_names);
    row->here_with_addresses =
        vgate_observation_new_here (row->with_addresses->domain, work->question->root, FALSE);
    row->outcomes = g_new (guint32, work->classes->len + 1);
    memset (row->outcomes, 0xff, (work->classes->len + 1) * sizeof *row->outcomes);
    g_hash_table_insert (work->rows, g_bytes_ref (key), row);
    g_ptr_array_add (work->row_list, row);
    return row;
}

/* FALSE when something on this host, and not only the document of another one, decides about the guest, or
 * when its metadata cannot be used: such a guest is not similar to others. */
static gboolean
can_be_similar (const GuestRows *rows)
{
    return rows->is_checked && !vgate_observation_knows_domain (rows->here);
}

static void
classify_guest (const Work *work, const VgateFleetGuest *guest, GuestRows *rows)
{
    const VgateDomain *domain = guest->domain;
    const VgateSimilarNames *names = rows->names = vgate_similar_guest_names (work->question, guest);
    const gboolean has_addresses = names->n_own < names->n_names;
    Row *row;

    rows->here = vgate_observation_new_here (domain, work->question->root,
                                             g_hash_table_contains (work->running, domain->uuid));
    rows->is_checked = !domain->element || vgate_element_check (domain->element, domain->uuid,
                                                                work->question->policy->seal_key, NULL);
    if (!can_be_similar (rows))
        return;
    rows->row = row = find_row (work, guest, names, names->n_names);
    if (row)
        row->uses |= has_addresses ? ROW_OF_OTHERS : ROW_OF_ALL;
    rows->row_of_addresses = row = has_addresses ? find_row (work, guest, names, names->n_own) : NULL;
    if (row)
        row->uses |= ROW_OF_ADDRESSES;
}

static VgateOutcome *
mark_users (const Work *work, const Row *row, const VgateOutcome *outcome)
{
    VgateOutcome *copy = g_memdup2 (outcome, sizeof *outcome);

    g_ptr_array_ref (copy->warnings);
    copy->text = vgate_similar_mark_users (outcome->text, row->names, work->matrix->addresses);
    if (copy->text)
        return copy;
    outcome_free (copy);
    return NULL;
}

/* What is kept for the row's guests on the hosts of the class, and for all similar pairs. Warnings are about
 * guests that get their devices, so that they name no users. */
static guint32
judge_class (Part *part, const Row *row, const HostClass *class)
{
    const Work *work = part->work;
    const VgateFleetSubject of_class = {.guest = row->copy, .here = row->here, .is_checked = TRUE};
    VgateHost *copy =
        vgate_similar_host_new (class->first, g_hash_table_size (work->matrix->addresses), row->names);
    VgateOutcome *outcome =
        judge_pair (work->question, &part->found, &of_class, row->names, copy, class->names);
    VgateOutcome *marked = mark_users (work, row, outcome);

    vgate_similar_host_free (copy);
    if (!marked)
        return add_outcome (&part->found, outcome);
    outcome_free (marked);
    g_ptr_array_add (part->with_users, outcome);
    return (part->with_users->len - 1) | HAS_USERS;
}

/* row: the index of the row. */
static guint32
outcome_with_users (Part *part, guint row, guint index)
{
    GHashTable *of_row = g_ptr_array_index (part->of_rows, row);
    guint outcome = GPOINTER_TO_UINT (g_hash_table_lookup (of_row, GUINT_TO_POINTER (index)));

    if (outcome == 0) {
        VgateOutcome *marked = mark_users (part->work, g_ptr_array_index (part->work->row_list, row),
                                           g_ptr_array_index (part->with_users, index));

        outcome = add_outcome (&part->found, marked) + 1;
        g_hash_table_insert (of_row, GUINT_TO_POINTER (index), GUINT_TO_POINTER (outcome));
    }
    return outcome - 1;
}

/* host: that of the class; NULL: the class is one host, which is judged itself. */
static guint32
outcome_on (Part *part, guint index, const HostClass *class, VgatePairHost *host)
{
    const Row *row = g_ptr_array_index (part->work->row_list, index);
    const VgateFleetSubject of_host = {
        .guest = row->with_addresses, .here = row->here_with_addresses, .is_checked = TRUE};
    guint32 *kept;

    if (!host)
        return add_outcome (&part->found, judge_pair (part->work->question, &part->found, &of_host,
                                                      row->names, class->first, NULL));
    kept = vgate_pairs_find (part->pairs, g_ptr_array_index (part->guests, index), host);
    if (*kept == NO_OUTCOME)
        *kept = judge_class (part, row, class);
    return *kept & HAS_USERS ? outcome_with_users (part, index, *kept & ~HAS_USERS) : *kept;
}

/* Judges all rows on one class after the other, because more must be known of a host than of a guest, and is
 * then found in the processor's cache for the next row. */
static void
judge_part (gpointer task, gpointer unused)
{
    Part *part = task;
    const Work *work = part->work;
    const guint n_guests = work->matrix->fleet->guests->len;

    for (guint r = 0; r < work->row_list->len; r++) {
        const Row *row = g_ptr_array_index (work->row_list, r);

        g_ptr_array_add (part->guests, vgate_pairs_add_guest (part->pairs, row->copy, row->names));
        g_ptr_array_add (part->of_rows, g_hash_table_new (NULL, NULL));
    }
    for (guint c = part->first; c < part->end; c++) {
        const HostClass *class = g_ptr_array_index (work->classes, c);
        const guint of_others = class->has_no_addresses ? ROW_OF_OTHERS : 0;
        const guint uses = class->is_by_addresses ? ROW_OF_ADDRESSES : ROW_OF_ALL | of_others;
        g_autoptr (VgatePairHost) host =
            class->copy ? vgate_pair_host_new (part->pairs, class->copy, class->first) : NULL;

        for (guint r = 0; r < work->row_list->len; r++) {
            Row *row = g_ptr_array_index (work->row_list, r);

            if (row->uses & uses)
                row->outcomes[c] = outcome_on (part, r, class, host);
        }
        if (part->progress)
            part->progress ((guint)((guint64)n_guests * (c + 1) / part->end / 2), n_guests,
                            part->progress_data);
    }
    (void)unused;
}

static void
part_init (Part *part, const Work *work, guint first, guint end)
{
    part->work = work;
    part->first = first;
    part->end = end;
    part->pairs = vgate_pairs_new (work->question, work->matrix->addresses);
    part->guests = g_ptr_array_new ();
    part->of_rows = g_ptr_array_new_with_free_func ((GDestroyNotify)g_hash_table_unref);
    part->with_users = g_ptr_array_new_with_free_func ((GDestroyNotify)outcome_free);
    found_init (&part->found);
}

/* Moves the outcomes of the part to those of all, and frees the part. */
static void
part_finish (Part *part)
{
    const Work *work = part->work;
    GPtrArray *outcomes = part->found.outcomes;
    g_autofree guint32 *moved = g_new (guint32, outcomes->len + 1);

    for (guint i = 0; i < outcomes->len; i++)
        moved[i] = add_outcome (work->found, g_steal_pointer (&g_ptr_array_index (outcomes, i)));
    for (guint r = 0; r < work->row_list->len; r++) {
        guint32 *of_row = ((Row *)g_ptr_array_index (work->row_list, r))->outcomes;

        for (guint c = part->first; c < part->end; c++)
            of_row[c] = of_row[c] == NO_OUTCOME ? NO_OUTCOME : moved[of_row[c]];
    }
    work->found->n_decisions += part->found.n_decisions;
    vgate_pairs_free (part->pairs);
    g_ptr_array_unref (part->guests);
    g_ptr_array_unref (part->of_rows);
    g_ptr_array_unref (part->with_users);
    found_clear (&part->found);
}

/* Several threads judge many pairs. Each knows nothing of what the others found out, so that few are best. */
static void
judge_rows (const Work *work, VgateMatrixProgress progress, gpointer progress_data)
{
    const guint n_classes = work->classes->len;
    const gboolean is_large = (guint64)n_classes * work->row_list->len >= PAIRS_OF_THREADS;
    const guint n = is_large ? MIN (MIN (g_get_num_processors (), N_THREADS_MAX), n_classes) : 1;
    Part parts[N_THREADS_MAX] = {0};
    VgateThreads *threads = vgate_threads_new (n, judge_part, NULL);

    for (guint i = 0; i < n; i++)
        part_init (&parts[i], work, n_classes * i / n, n_classes * (i + 1) / n);
    parts[0].progress = is_large ? progress : NULL;
    parts[0].progress_data = progress_data;
    for (guint i = 1; i < n; i++)
        vgate_threads_push (threads, &parts[i]);
    judge_part (&parts[0], NULL);
    vgate_threads_free (threads);
    for (guint i = 0; i < n; i++)
        part_finish (&parts[i]);
}

/* --- the cells --- */

/* Judges the guest on each host whose document contains the name. */
static void
judge_where_known (const Work *work, const VgateFleetSubject *subject, const char *name, guint32 *cells)
{
    const GArray *hosts = name ? g_hash_table_lookup (work->hosts, name) : NULL;

    for (guint i = 0; hosts && i < hosts->len; i++) {
        const guint h = g_array_index (hosts, guint, i);
        const VgateFleetHost *host = g_ptr_array_index (work->matrix->fleet->hosts, h);

        if (cells[h] == NO_OUTCOME)
            cells[h] =
                use_outcome (work, add_outcome (work->found, judge_pair (work->question, work->found, subject,
                                                                         NULL, host->host, NULL)));
    }
}

/* The outcome of the guests of both rows on a host. */
static guint32
outcome_of_rows (const Work *work, const GuestRows *rows, guint host)
{
    if (rows->row_of_addresses && work->address_class_of[host] != NO_OUTCOME)
        return rows->row_of_addresses->outcomes[work->address_class_of[host]];
    return rows->row->outcomes[work->class_of[host]];
}

/* Adds the cells that no guest of the row needed before this one. Its own cells are those on hosts that know
 * it, which are judged already. */
static void
complete_row (const Work *work, const GuestRows *rows, Row *row, const guint32 *own)
{
    const guint n_hosts = work->matrix->fleet->hosts->len;
    guint n_missing = 0;

    if (!row->cells) {
        row->cells = g_new (guint32, n_hosts + 1);
        row->missing = g_array_sized_new (FALSE, FALSE, sizeof (guint), n_hosts);
        for (guint h = 0; h < n_hosts; h++)
            g_array_append_val (row->missing, h);
    }
    for (guint i = 0; i < row->missing->len; i++) {
        const guint h = g_array_index (row->missing, guint, i);

        if (own[h] != NO_OUTCOME)
            g_array_index (row->missing, guint, n_missing++) = h;
        else
            row->cells[h] = use_outcome (work, outcome_of_rows (work, rows, h));
    }
    g_array_set_size (row->missing, n_missing);
}

static void
fill_cells (const Work *work, const VgateFleetGuest *guest, const GuestRows *rows, guint32 *cells)
{
    const GPtrArray *hosts = work->matrix->fleet->hosts;
    const VgateDomain *domain = guest->domain;
    const VgateFleetSubject subject = {.guest = guest, .here = rows->here, .is_checked = rows->is_checked};
    Row *row = rows->row_of_addresses ? rows->row_of_addresses : rows->row;

    memset (cells, 0xff, hosts->len * sizeof *cells);
    for (guint i = 0; row && i < rows->names->n_own; i++)
        judge_where_known (work, &subject, g_ptr_array_index (rows->names->texts, i), cells);
    if (row && domain->element)
        judge_where_known (work, &subject, domain->element->host_uuid, cells);
    if (row)
        complete_row (work, rows, row, cells);
    for (guint h = 0; h < hosts->len; h++) {
        const VgateFleetHost *host = g_ptr_array_index (hosts, h);

        if (row)
            cells[h] = cells[h] == NO_OUTCOME ? row->cells[h] : cells[h];
        else
            cells[h] =
                use_outcome (work, add_outcome (work->found, judge_pair (work->question, work->found,
                                                                         &subject, NULL, host->host, NULL)));
    }
}

static void
guest_rows_clear (GuestRows *rows)
{
    vgate_similar_names_free (rows->names);
    vgate_observation_free (rows->here);
}

VgateMatrix *
vgate_matrix_new (const VgateFleet *fleet, const VgateFleetQuestion *question, VgateMatrixProgress progress,
                  gpointer user_data)
{
    const guint n_hosts = fleet->hosts->len;
    VgateMatrix *matrix = g_new0 (VgateMatrix, 1);
    g_auto (Found) found = {0};
    g_autoptr (GArray) used = g_array_new (FALSE, FALSE, sizeof (guint32));
    g_autoptr (GHashTable) hosts =
        g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref);
    g_autoptr (GPtrArray) classes = g_ptr_array_new_with_free_func ((GDestroyNotify)host_class_free);
    g_autofree guint *class_of = g_new (guint, n_hosts + 1);
    g_autofree guint *address_class_of = g_new (guint, n_hosts + 1);
    g_autoptr (GHashTable) rows = g_hash_table_new_full (
        g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, (GDestroyNotify)row_free);
    g_autoptr (GPtrArray) row_list = g_ptr_array_new ();
    g_autofree GuestRows *guests = g_new0 (GuestRows, fleet->guests->len + 1);
    g_autoptr (GHashTable) running = vgate_qemu_list_uuids (question->root);
    g_autoptr (GHashTable) addresses = number_addresses (fleet);
    const Work work = {
        .matrix = matrix,
        .question = question,
        .running = running,
        .found = &found,
        .used = used,
        .hosts = hosts,
        .classes = classes,
        .class_of = class_of,
        .address_class_of = address_class_of,
        .rows = rows,
        .row_list = row_list,
        .guests = guests,
    };

    matrix->fleet = fleet;
    matrix->question = question;
    matrix->outcomes = g_ptr_array_new_with_free_func ((GDestroyNotify)outcome_free);
    matrix->cells = g_new (guint32, MAX ((gsize)fleet->guests->len * n_hosts, 1));
    matrix->addresses = g_hash_table_ref (addresses);
    found_init (&found);
    classify_hosts (&work);
    for (guint g = 0; g < fleet->guests->len; g++)
        classify_guest (&work, g_ptr_array_index (fleet->guests, g), &guests[g]);
    judge_rows (&work, progress, user_data);
    for (guint g = 0; g < fleet->guests->len; g++) {
        fill_cells (&work, g_ptr_array_index (fleet->guests, g), &guests[g],
                    matrix->cells + (gsize)g * n_hosts);
        guest_rows_clear (&guests[g]);
        if (progress)
            progress ((fleet->guests->len + g + 1) / 2, fleet->guests->len, user_data);
    }
    matrix->n_decisions = found.n_decisions;
    return matrix;
}

void
vgate_matrix_free (VgateMatrix *matrix)
{
    if (!matrix)
        return;
    g_ptr_array_unref (matrix->outcomes);
    g_free (matrix->cells);
    g_hash_table_unref (matrix->addresses);
    g_free (matrix);
}

const VgateFleetGuest *
vgate_matrix_guest (const VgateMatrix *matrix, guint guest)
{
    return g_ptr_array_index (matrix->fleet->guests, guest);
}

const VgateHost *
vgate_matrix_host (const VgateMatrix *matrix, guint host)
{
    return ((const VgateFleetHost *)g_ptr_array_index (matrix->fleet->hosts, host))->host;
}

const VgateOutcome *
vgate_matrix_cell (const VgateMatrix *matrix, guint guest, guint host)
{
    return g_ptr_array_index (matrix->outcomes,
                              matrix->cells[(gsize)guest * matrix->fleet->hosts->len + host]);
}

char *
vgate_cell_text (const VgateMatrix *matrix, const char *text, guint guest, guint host)
{
    const VgateFleetHost *at = g_ptr_array_index (matrix->fleet->hosts, host);
    g_autoptr (VgateSimilarNames) guest_names = NULL, host_names = NULL;

    if (!strchr (text, VGATE_CELL_GUEST_NAME) && !strchr (text, VGATE_CELL_HOST_NAME))
        return g_strdup (text);
    guest_names =
        vgate_similar_guest_names (matrix->question, g_ptr_array_index (matrix->fleet->guests, guest));
    host_names = vgate_similar_host_names (matrix->question, at->host, matrix->addresses);
    return vgate_similar_unmask (text, guest_names, host_names);
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
