/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The assignment of guests to pGPUs as an integer program, which lp_solve solves by branch and bound.
 *
 * Guests of the drained host that fit the same places are one group; each other guest is a group of its own,
 * because its departure makes room. A column is the number of vGPUs of a group that go to a pGPU; for guests
 * with several vGPUs, another column is the number of guests that go to a host, where all of their vGPUs are
 * then. Equal hosts are interchangeable, so that only as many of them are considered as there are guests.
 */
#include "fleet/drain.h"

#include <lpsolve/lp_lib.h>

#include <math.h>
#include <string.h>

/* Seconds for each of the three optimizations. */
#define TIME_LIMIT 1
/* What a guest on a host that is emptied later costs, in ms of down-time. */
#define LATER_COST 1e6
/* Larger programs are not tried with guests of other hosts. */
#define COLUMNS_MAX 20000u

typedef struct {
    GPtrArray *members; /* of VgateDrainGuest *, of which the first is an example */
    guint n_moved;      /* in the solution, while it is read */
} Group;

typedef enum {
    COLUMN_VGPUS,  /* vGPUs of the group on the pGPU */
    COLUMN_GUESTS, /* guests of the group on the host */
    COLUMN_TAKEN,  /* vGPUs of the type that get a free device */
    COLUMN_SIZE,   /* 1: the vGPUs on the pGPU have this size */
    COLUMN_ANY,    /* 1: at least one vGPU arrives */
} ColumnKind;

typedef struct {
    ColumnKind kind;
    int group;
    guint host, pgpu, vgpu, type; /* as the kind needs them */
    guint64 size;
    double upper;
    double down_time; /* ms of one guest, with LATER_COST */
} Column;

typedef struct {
    GArray *columns; /* of int, from 1 */
    GArray *factors; /* of double */
    int relation;
    double right;
} Row;

typedef struct {
    VgateMoving *moving;
    guint host; /* that is drained */
    const gboolean *is_later;
    GPtrArray *groups;
    GArray *columns; /* of Column */
    GPtrArray *rows; /* of Row * */
} Program;

static void
row_free (Row *row)
{
    g_array_unref (row->columns);
    g_array_unref (row->factors);
    g_free (row);
}

static Row *
row_new (int relation, double right)
{
    Row *row = g_new0 (Row, 1);

    row->columns = g_array_new (FALSE, FALSE, sizeof (int));
    row->factors = g_array_new (FALSE, FALSE, sizeof (double));
    row->relation = relation;
    row->right = right;
    return row;
}

/* Adds a column that the row does not have yet. */
static void
row_append (Row *row, int column, double factor)
{
    g_array_append_val (row->columns, column);
    g_array_append_val (row->factors, factor);
}

/* lp_solve requires that a column is in a row once. */
static void
row_add (Row *row, int column, double factor)
{
    for (guint i = 0; i < row->columns->len; i++) {
        if (g_array_index (row->columns, int, i) == column) {
            g_array_index (row->factors, double, i) += factor;
            return;
        }
    }
    row_append (row, column, factor);
}

static void
program_take (Program *program, Row *row)
{
    if (row->columns->len > 0)
        g_ptr_array_add (program->rows, row);
    else
        row_free (row);
}

static Column *
column_at (const Program *program, int column)
{
    return &g_array_index (program->columns, Column, column - 1);
}

static int
new_column (Program *program, const Column *column)
{
    g_array_append_val (program->columns, *column);
    return (int)program->columns->len;
}

static VgateDrainGuest *
example_of (const Program *program, int group)
{
    return g_ptr_array_index (((Group *)g_ptr_array_index (program->groups, (guint)group))->members, 0);
}

static guint
n_members (const Program *program, int group)
{
    return ((Group *)g_ptr_array_index (program->groups, (guint)group))->members->len;
}

/* --- groups --- */

static gboolean
are_alike (Program *program, VgateDrainGuest *a, VgateDrainGuest *b)
{
    if (a->is_other || b->is_other || a->mover->n_vgpus != b->mover->n_vgpus)
        return FALSE;
    for (guint v = 0; v < a->mover->n_vgpus; v++) {
        const VgateMovingVgpu *left = &a->mover->vgpus[v], *right = &b->mover->vgpus[v];

        if (strcmp (left->vgpu->type_name, right->vgpu->type_name) != 0 ||
            left->vgpu->type != right->vgpu->type || !left->hostdev != !right->hostdev ||
            (left->hostdev && left->hostdev->kind != right->hostdev->kind))
            return FALSE;
    }
    for (guint h = 0; h < program->moving->fleet->hosts->len; h++) {
        const VgateMovingFit *left, *right;

        if (h == program->host)
            continue;
        left = vgate_moving_fit (program->moving, a->mover, h);
        right = vgate_moving_fit (program->moving, b->mover, h);
        if (left == right)
            continue;
        if (left->is_possible != right->is_possible)
            return FALSE;
        if (left->is_possible && (left->down_time != right->down_time ||
                                  memcmp (left->can_run, right->can_run,
                                          (gsize)a->mover->n_vgpus * left->n_pgpus * sizeof (gboolean)) != 0))
            return FALSE;
    }
    return TRUE;
}

static void
group_free (Group *group)
{
    g_ptr_array_unref (group->members);
    g_free (group);
}

static void
make_groups (Program *program, const GPtrArray *guests)
{
    for (guint i = 0; i < guests->len; i++) {
        VgateDrainGuest *guest = g_ptr_array_index (guests, i);
        Group *group = NULL;

        for (guint g = 0; g < program->groups->len && !group; g++)
            if (are_alike (program, example_of (program, (int)g), guest))
                group = g_ptr_array_index (program->groups, g);
        if (!group) {
            group = g_new0 (Group, 1);
            group->members = g_ptr_array_new ();
            g_ptr_array_add (program->groups, group);
        }
        g_ptr_array_add (group->members, guest);
    }
}

/* --- hosts --- */

/* Equal for hosts that are interchangeable: the same groups fit, and the same room is left. */
static char *
identify_host (Program *program, guint host)
{
    const VgatePlaces *places = program->moving->places[host];
    GString *text = g_string_new (program->is_later && program->is_later[host] ? "later " : NULL);

    for (guint g = 0; g < program->groups->len; g++) {
        VgateDrainGuest *guest = example_of (program, (int)g);
        const VgateMovingFit *fit = vgate_moving_fit (program->moving, guest->mover, host);

        g_string_append_printf (text, "%d %" G_GUINT64_FORMAT " ", fit->is_possible, fit->down_time);
        for (guint i = 0; fit->is_possible && i < guest->mover->n_vgpus * fit->n_pgpus; i++)
            g_string_append_c (text, fit->can_run[i] ? '+' : '-');
    }
    for (guint p = 0; p < places->host->pgpus->len; p++) {
        const VgatePlacePgpu *pgpu = &places->pgpus[p];

        g_string_append_printf (text, "| %d %d %d %u %u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
                                pgpu->is_equal, pgpu->has_left, pgpu->kind, pgpu->n_running,
                                pgpu->n_creatable, pgpu->size, pgpu->free_framebuffer);
        for (guint t = 0; t < pgpu->n_types; t++) {
            const VgatePlaceType *type = &pgpu->types[t];

            g_string_append_printf (text, " %s %u %u %u %u %u %u", type->type->name, type->n_free,
                                    type->type->max_instances, type->n_running, type->n_promised,
                                    type->n_idle, type->n_creatable);
        }
    }
    return g_string_free (text, FALSE);
}

static gboolean
has_others (const Program *program, guint host)
{
    for (guint g = 0; g < program->groups->len; g++) {
        const VgateDrainGuest *guest = example_of (program, (int)g);

        if (guest->is_other && guest->mover->home == (int)host)
            return TRUE;
    }
    return FALSE;
}

/* The hosts that are considered, of guint. */
static GArray *
choose_hosts (Program *program, guint n_guests)
{
    GArray *hosts = g_array_new (FALSE, FALSE, sizeof (guint));
    g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

    for (guint h = 0; h < program->moving->fleet->hosts->len; h++) {
        gboolean any = FALSE;
        char *text;
        guint n;

        for (guint g = 0; h != program->host && g < program->groups->len && !any; g++)
            any = vgate_moving_fit (program->moving, example_of (program, (int)g)->mover, h)->is_possible;
        if (!any)
            continue;
        if (has_others (program, h)) {
            g_array_append_val (hosts, h);
            continue;
        }
        text = identify_host (program, h);
        n = GPOINTER_TO_UINT (g_hash_table_lookup (known, text));
        if (n < n_guests)
            g_array_append_val (hosts, h);
        g_hash_table_replace (known, text, GUINT_TO_POINTER (n + 1));
    }
    return hosts;
}

/* --- the program --- */

/* TRUE when the vGPU could arrive on the pGPU if everybody left who can. It leaves out columns that would be
 * 0 in each solution. */
static gboolean
is_useful (const Program *program, guint host, VgatePlacePgpu *pgpu, guint type, const VgateMovingVgpu *vgpu)
{
    const VgateArrival arrivals[] = {vgpu->hostdev ? VGATE_ARRIVAL_MADE : VGATE_ARRIVAL_NO_DEVICE,
                                     VGATE_ARRIVAL_TAKEN};

    if (vgpu->hostdev && (int)vgpu->hostdev->kind != pgpu->kind)
        return FALSE;
    if (has_others (program, host))
        return TRUE;
    for (guint a = 0; a < (vgpu->hostdev ? 2u : 1u); a++) {
        if (vgate_place_arrive (pgpu, type, arrivals[a])) {
            vgate_place_undo (pgpu, type, arrivals[a]);
            return TRUE;
        }
    }
    return FALSE;
}

/* The columns of a group on a host, and the rows that keep the vGPUs of a guest together. */
static void
add_group (Program *program, int group, guint host)
{
    VgateDrainGuest *guest = example_of (program, group);
    const VgateMover *mover = guest->mover;
    const VgateMovingFit *fit = vgate_moving_fit (program->moving, guest->mover, host);
    const double n = n_members (program, group);
    const double cost =
        (double)fit->down_time + (program->is_later && program->is_later[host] ? LATER_COST : 0);
    int guests = 0;

    if (!fit->is_possible || (guest->is_other && mover->home == (int)host))
        return;
    if (mover->n_vgpus > 1)
        guests = new_column (
            program,
            &(Column){.kind = COLUMN_GUESTS, .group = group, .host = host, .upper = n, .down_time = cost});
    for (guint v = 0; v < mover->n_vgpus; v++) {
        Row *together = row_new (EQ, 0);

        for (guint p = 0; p < fit->n_pgpus; p++) {
            VgatePlacePgpu *pgpu = &program->moving->places[host]->pgpus[p];
            const int type = fit->can_run[v * fit->n_pgpus + p]
                                 ? vgate_place_find_type (pgpu, mover->vgpus[v].vgpu->type,
                                                          mover->vgpus[v].vgpu->type_name)
                                 : -1;
            int column;

            if (type < 0 || !is_useful (program, host, pgpu, (guint)type, &mover->vgpus[v]))
                continue;
            column = new_column (program, &(Column){.kind = COLUMN_VGPUS,
                                                    .group = group,
                                                    .host = host,
                                                    .pgpu = p,
                                                    .vgpu = v,
                                                    .type = (guint)type,
                                                    .upper = n,
                                                    .down_time = cost});
            row_add (together, column, 1);
        }
        if (guests > 0) {
            row_add (together, guests, -1);
            program_take (program, together);
        } else {
            row_free (together);
        }
    }
}

/* TRUE for a column whose value is a number of guests. */
static gboolean
counts_guests (const Program *program, const Column *column)
{
    return column->kind == COLUMN_GUESTS ||
           (column->kind == COLUMN_VGPUS && example_of (program, column->group)->mover->n_vgpus == 1);
}

/* No more guests of a group move than there are. */
static void
add_group_rows (Program *program)
{
    g_autofree Row **rows = g_new0 (Row *, program->groups->len + 1);

    for (guint g = 0; g < program->groups->len; g++)
        rows[g] = row_new (LE, n_members (program, (int)g));
    for (guint c = 1; c <= program->columns->len; c++)
        if (counts_guests (program, column_at (program, (int)c)))
            row_append (rows[column_at (program, (int)c)->group], (int)c, 1);
    for (guint g = 0; g < program->groups->len; g++)
        program_take (program, rows[g]);
}

/* What concerns one pGPU while its rows are written. */
typedef struct {
    Program *program;
    guint host, index;
    VgatePlacePgpu *pgpu;
    GArray *arriving;      /* of int: the columns of vGPUs that arrive there */
    int *taken;            /* indexed by type: its column; 0: none */
    const GArray *leaving; /* of int: the columns of guests of the host that move elsewhere */
} PgpuRows;

/* Adds factor for each vGPU of the type (-1: any type) that leaves the pGPU, which is each of which its guest
 * moves. framebuffer: factor is multiplied by the frame buffer in units of GiB. */
static void
add_leaving (const PgpuRows *rows, Row *row, int type, double factor, gboolean in_gib)
{
    for (guint i = 0; i < rows->leaving->len; i++) {
        const int c = g_array_index (rows->leaving, int, i);
        const VgateDrainGuest *guest = example_of (rows->program, column_at (rows->program, c)->group);
        double sum = 0;

        for (guint v = 0; v < guest->mover->n_vgpus; v++) {
            const VgateMovingVgpu *vgpu = &guest->mover->vgpus[v];

            /* a device that was taken stays (vgate_places_fold ()) */
            if (vgpu->pgpu == (int)rows->index && !(vgpu->is_moved && vgpu->arrival == VGATE_ARRIVAL_TAKEN) &&
                (type < 0 || vgpu->type == type))
                sum += in_gib ? (double)rows->pgpu->types[vgpu->type].type->framebuffer / 0x1p30 : 1;
        }
        if (sum > 0)
            row_add (row, c, factor * sum);
    }
}

static void
add_arriving (const PgpuRows *rows, Row *row, int type, double factor, gboolean only_devices)
{
    for (guint i = 0; i < rows->arriving->len; i++) {
        const int c = g_array_index (rows->arriving, int, i);
        const Column *column = column_at (rows->program, c);
        const VgateMover *mover = example_of (rows->program, column->group)->mover;

        if ((int)column->type == type && (!only_devices || mover->vgpus[column->vgpu].hostdev))
            row_add (row, c, factor);
    }
    if (rows->taken[type] > 0)
        row_add (row, rows->taken[type], -factor);
}

/*
 * Takes a row whose left side is what arrives (with positive factors) less what leaves. When devices that are
 * promised take more than there is, so that the right side is negative, the row only holds if anything
 * arrives.
 */
static void
take_limit (const PgpuRows *rows, Row *row)
{
    Row *any;
    int column;

    if (row->right >= 0 || rows->leaving->len == 0) {
        row->right = MAX (row->right, 0);
        program_take (rows->program, row);
        return;
    }
    any = row_new (LE, 0);
    column = new_column (
        rows->program,
        &(Column){.kind = COLUMN_ANY, .group = -1, .host = rows->host, .pgpu = rows->index, .upper = 1});
    for (guint i = 0; i < row->columns->len; i++) {
        const int c = g_array_index (row->columns, int, i);
        const gboolean is_taken = column_at (rows->program, c)->kind == COLUMN_TAKEN;

        if (is_taken || g_array_index (row->factors, double, i) > 0)
            row_append (any, c, is_taken ? -1 : 1);
    }
    row_append (any, column, -1e3);
    program_take (rows->program, any);
    row_append (row, column, -row->right);
    row->right = 0;
    program_take (rows->program, row);
}

static double
gib (guint64 bytes)
{
    return (double)bytes / 0x1p30;
}

static gboolean
has_arrivals (const PgpuRows *rows, guint type)
{
    for (guint i = 0; i < rows->arriving->len; i++)
        if (column_at (rows->program, g_array_index (rows->arriving, int, i))->type == type)
            return TRUE;
    return FALSE;
}

/* The limits of fleet/places.c for pGPUs whose vGPUs can have several sizes. */
static void
add_mixed_rows (const PgpuRows *rows)
{
    const VgatePlacePgpu *pgpu = rows->pgpu;
    guint64 promised = 0;
    Row *all;

    for (guint t = 0; t < pgpu->n_types; t++)
        promised += pgpu->types[t].n_promised * pgpu->types[t].type->framebuffer;
    all = row_new (LE, gib (pgpu->free_framebuffer) - gib (promised));
    for (guint t = 0; t < pgpu->n_types; t++) {
        const VgatePlaceType *type = &pgpu->types[t];
        const VgatePlaceLimit limit = vgate_place_limit (pgpu, t);
        const double size = gib (type->type->framebuffer);
        Row *row;

        if (!has_arrivals (rows, t))
            continue;
        add_arriving (rows, all, (int)t, size, FALSE);
        row = row_new (LE, ((double)limit.now - type->n_promised) * size);
        add_arriving (rows, row, (int)t, size, FALSE);
        add_leaving (rows, row, -1, -1, TRUE);
        take_limit (rows, row);
        row = row_new (LE, (double)limit.most - type->n_promised);
        add_arriving (rows, row, (int)t, 1, FALSE);
        add_leaving (rows, row, (int)t, -1, FALSE);
        if (rows->leaving->len > 0)
            take_limit (rows, row);
        else
            row_free (row);
    }
    add_leaving (rows, all, -1, -1, TRUE);
    take_limit (rows, all);
}

/* The sum over all types of this size. */
static Row *
size_row (const PgpuRows *rows, guint64 size, double right)
{
    Row *row = row_new (LE, right);

    for (guint t = 0; t < rows->pgpu->n_types; t++)
        if (rows->pgpu->types[t].type->framebuffer == size && has_arrivals (rows, t))
            add_arriving (rows, row, (int)t, 1, FALSE);
    return row;
}

static void
add_rows_of_size (const PgpuRows *rows, guint64 size, int column)
{
    const VgatePlacePgpu *pgpu = rows->pgpu;
    const gboolean is_present = size == pgpu->size, is_empty = pgpu->n_running == 0;
    double promised = 0, most = 0;
    Row *row;

    for (guint t = 0; t < pgpu->n_types; t++) {
        const VgatePlaceType *type = &pgpu->types[t];
        const VgatePlaceLimit limit = vgate_place_limit (pgpu, t);

        if (type->type->framebuffer != size)
            continue;
        promised += type->n_promised;
        most = MAX (most, limit.alone);
        if (!has_arrivals (rows, t))
            continue;
        row = row_new (LE,
                       (is_present || is_empty ? (double)limit.now : (double)limit.alone) - type->n_promised);
        add_arriving (rows, row, (int)t, 1, FALSE);
        if (is_present)
            add_leaving (rows, row, -1, -1, FALSE);
        take_limit (rows, row);
        if (!is_present || rows->leaving->len == 0)
            continue;
        row = row_new (LE, (double)limit.most - type->n_promised);
        add_arriving (rows, row, (int)t, 1, FALSE);
        add_leaving (rows, row, (int)t, -1, FALSE);
        take_limit (rows, row);
    }
    if (is_present || is_empty) {
        row = size_row (rows, size, gib (pgpu->free_framebuffer) / gib (size) - promised);
        if (is_present)
            add_leaving (rows, row, -1, -1, FALSE);
    } else {
        row = size_row (rows, size, most - promised);
    }
    take_limit (rows, row);
    /* only of the size that the pGPU has */
    row = size_row (rows, size, 0);
    row_add (row, column, -(most + pgpu->n_running + 1));
    program_take (rows->program, row);
}

/* The limits of fleet/places.c for pGPUs whose vGPUs have one size. */
static void
add_equal_rows (const PgpuRows *rows)
{
    const VgatePlacePgpu *pgpu = rows->pgpu;
    g_autoptr (GArray) sizes = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_autoptr (GArray) columns = g_array_new (FALSE, FALSE, sizeof (int));
    Row *one = row_new (LE, 1);

    for (guint t = 0; t < pgpu->n_types; t++) {
        const guint64 size = pgpu->types[t].type->framebuffer;
        gboolean is_known = FALSE;
        int column;

        for (guint i = 0; i < sizes->len; i++)
            is_known = is_known || g_array_index (sizes, guint64, i) == size;
        if (is_known)
            continue;
        column = new_column (rows->program, &(Column){.kind = COLUMN_SIZE,
                                                      .group = -1,
                                                      .host = rows->host,
                                                      .pgpu = rows->index,
                                                      .size = size,
                                                      .upper = 1});
        g_array_append_val (sizes, size);
        g_array_append_val (columns, column);
        row_add (one, column, 1);
        add_rows_of_size (rows, size, column);
    }
    program_take (rows->program, one);
    for (guint i = 0; i < sizes->len; i++) {
        const guint64 size = g_array_index (sizes, guint64, i);
        const int column = g_array_index (columns, int, i);
        gboolean is_excluded = FALSE;
        Row *row;

        for (guint t = 0; t < pgpu->n_types; t++)
            is_excluded =
                is_excluded || (pgpu->types[t].n_promised > 0 && pgpu->types[t].type->framebuffer != size);
        if (is_excluded)
            column_at (rows->program, column)->upper = 0;
        if (size == pgpu->size || pgpu->n_running == 0)
            continue;
        /* all of the present size must have left */
        row = row_new (LE, 0);
        row_add (row, column, pgpu->n_running);
        add_leaving (rows, row, -1, -1, FALSE);
        program_take (rows->program, row);
    }
}

static void
add_pgpu_rows (PgpuRows *rows)
{
    VgatePlacePgpu *pgpu = rows->pgpu;
    Row *devices = row_new (LE, pgpu->n_creatable);

    for (guint t = 0; t < pgpu->n_types; t++) {
        const VgatePlaceType *type = &pgpu->types[t];
        Row *row;

        if (!has_arrivals (rows, t))
            continue;
        if (type->n_idle > 0) {
            rows->taken[t] = new_column (rows->program, &(Column){.kind = COLUMN_TAKEN,
                                                                  .group = -1,
                                                                  .host = rows->host,
                                                                  .pgpu = rows->index,
                                                                  .type = t,
                                                                  .upper = type->n_idle});
            row = row_new (GE, 0);
            add_arriving (rows, row, (int)t, 1, TRUE);
            program_take (rows->program, row);
        }
        add_arriving (rows, devices, (int)t, 1, TRUE);
        if (pgpu->has_left)
            continue;
        row = row_new (LE, type->n_creatable);
        add_arriving (rows, row, (int)t, 1, TRUE);
        add_leaving (rows, row, -1, -1e4, FALSE);
        program_take (rows->program, row);
    }
    add_leaving (rows, devices, -1, -1, FALSE);
    program_take (rows->program, devices);
    if (pgpu->is_equal)
        add_equal_rows (rows);
    else
        add_mixed_rows (rows);
}

static void
add_host_rows (Program *program, guint host, const GArray *leaving)
{
    const guint n_columns = program->columns->len;

    for (guint p = 0; p < vgate_moving_host (program->moving, host)->pgpus->len; p++) {
        VgatePlacePgpu *pgpu = &program->moving->places[host]->pgpus[p];
        g_autoptr (GArray) arriving = g_array_new (FALSE, FALSE, sizeof (int));
        g_autofree int *taken = g_new0 (int, pgpu->n_types + 1);
        PgpuRows rows = {.program = program,
                         .host = host,
                         .index = p,
                         .pgpu = pgpu,
                         .arriving = arriving,
                         .taken = taken,
                         .leaving = leaving};

        for (int c = 1; c <= (int)n_columns; c++) {
            const Column *column = column_at (program, c);

            if (column->kind == COLUMN_VGPUS && column->host == host && column->pgpu == p)
                g_array_append_val (arriving, c);
        }
        if (arriving->len > 0)
            add_pgpu_rows (&rows);
    }
}

/* The columns of guests that leave the host. The caller unrefs the array. */
static GArray *
leaving_columns (const Program *program, guint host)
{
    GArray *leaving = g_array_new (FALSE, FALSE, sizeof (int));

    for (int c = 1; c <= (int)program->columns->len; c++) {
        const Column *column = column_at (program, c);
        const VgateDrainGuest *guest =
            counts_guests (program, column) ? example_of (program, column->group) : NULL;

        if (guest && guest->is_other && guest->mover->home == (int)host)
            g_array_append_val (leaving, c);
    }
    return leaving;
}

/* Not all of these moves at once. */
static void
forbid (Program *program, const GArray *moves)
{
    Row *row = row_new (LE, 0);

    for (guint i = 0; i < moves->len; i++) {
        const VgateDrainGuest *move = &g_array_index (moves, VgateDrainGuest, i);

        for (guint v = 0; v < move->mover->n_vgpus; v++) {
            for (guint c = 1; c <= program->columns->len; c++) {
                const Column *column = column_at (program, (int)c);

                if (column->kind == COLUMN_VGPUS && column->vgpu == v &&
                    example_of (program, column->group)->mover == move->mover &&
                    column->host == (guint)move->to && column->pgpu == move->seats[v].pgpu) {
                    row_add (row, (int)c, 1);
                    row->right += 1;
                }
            }
        }
    }
    row->right -= 1;
    program_take (program, row);
}

/* --- lp_solve --- */

typedef enum {
    AIM_LEAVING,   /* the most guests of the drained host */
    AIM_OTHERS,    /* the fewest guests of other hosts */
    AIM_DOWN_TIME, /* the shortest sum of down-times */
} Aim;

static double
aim_of (const Program *program, const Column *column, Aim aim)
{
    const gboolean is_other =
        counts_guests (program, column) && example_of (program, column->group)->is_other;

    if (!counts_guests (program, column))
        return 0;
    switch (aim) {
    case AIM_LEAVING: return is_other ? 0 : 1;
    case AIM_OTHERS: return is_other ? 1 : 0;
    default: return column->down_time;
    }
}

/* Returns lp_solve's status. *values has a member for each column. */
static int
optimize (const Program *program, Aim aim, double *values, double *best)
{
    const int n = (int)program->columns->len;
    lprec *lp = make_lp (0, n);
    g_autofree double *factors = g_new (double, n + 1);
    g_autofree int *numbers = g_new (int, n + 1);
    int status;

    set_verbose (lp, NEUTRAL);
    for (int c = 1; c <= n; c++) {
        const Column *column = column_at (program, c);

        set_int (lp, c, TRUE);
        set_upbo (lp, c, column->upper);
        numbers[c - 1] = c;
        factors[c - 1] = (aim == AIM_LEAVING ? -1 : 1) * aim_of (program, column, aim);
    }
    set_obj_fnex (lp, n, factors, numbers);
    set_minim (lp);
    set_add_rowmode (lp, TRUE);
    for (guint r = 0; r < program->rows->len; r++) {
        const Row *row = g_ptr_array_index (program->rows, r);

        add_constraintex (lp, (int)row->columns->len, (double *)row->factors->data, (int *)row->columns->data,
                          row->relation, row->right);
    }
    set_add_rowmode (lp, FALSE);
    /* with a larger absolute gap, version 5.5.2.5 misses solutions that are better by much more */
    set_mip_gap (lp, TRUE, 1e-9);
    set_mip_gap (lp, FALSE, 1e-9);
    set_bb_floorfirst (lp, BRANCH_CEILING);
    set_timeout (lp, TIME_LIMIT);
    status = solve (lp);
    if (status == OPTIMAL || status == SUBOPTIMAL) {
        get_variables (lp, values);
        *best = 0;
        for (int c = 1; c <= n; c++)
            *best += floor (values[c - 1] + 0.5) * aim_of (program, column_at (program, c), aim);
    }
    delete_lp (lp);
    return status;
}

/* From now on, the aim must have this value. */
static void
fix (Program *program, Aim aim, double value)
{
    Row *row = row_new (aim == AIM_LEAVING ? GE : LE, value);

    for (guint c = 1; c <= program->columns->len; c++) {
        const double factor = aim_of (program, column_at (program, (int)c), aim);

        if (factor != 0)
            row_append (row, (int)c, factor);
    }
    program_take (program, row);
}

/* --- the solution --- */

/* Gives the members of the groups their seats. */
static void
read_solution (Program *program, const double *values)
{
    g_autofree int *left = g_new0 (int, program->columns->len + 1);
    g_autoptr (GHashTable) taken = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

    for (guint c = 0; c < program->columns->len; c++) {
        const Column *column = column_at (program, (int)c + 1);

        left[c] = (int)(values[c] + 0.5);
        if (column->kind == COLUMN_TAKEN && left[c] > 0) {
            char *key = g_strdup_printf ("%u %u %u", column->host, column->pgpu, column->type);

            g_ptr_array_add (keys, key);
            g_hash_table_insert (taken, key, &left[c]);
        }
    }
    for (guint c = 0; c < program->columns->len; c++) {
        const Column *column = column_at (program, (int)c + 1);
        Group *group = column->group >= 0 ? g_ptr_array_index (program->groups, (guint)column->group) : NULL;
        const int n = counts_guests (program, column) ? left[c] : 0;

        for (int i = 0; i < n; i++) {
            VgateDrainGuest *guest = g_ptr_array_index (group->members, group->n_moved++);

            guest->to = (int)column->host;
            for (guint v = 0; v < guest->mover->n_vgpus; v++) {
                guint other = c;

                if (column->kind == COLUMN_GUESTS)
                    for (other = 0;; other++) {
                        const Column *at = column_at (program, (int)other + 1);

                        if (at->kind == COLUMN_VGPUS && at->group == column->group &&
                            at->host == column->host && at->vgpu == v && left[other] > 0)
                            break;
                    }
                if (column->kind == COLUMN_GUESTS)
                    left[other]--;
                guest->seats[v] = (VgateSeat){
                    .pgpu = column_at (program, (int)other + 1)->pgpu,
                    .type = column_at (program, (int)other + 1)->type,
                    .arrival = guest->mover->vgpus[v].hostdev ? VGATE_ARRIVAL_MADE : VGATE_ARRIVAL_NO_DEVICE,
                };
                if (guest->mover->vgpus[v].hostdev) {
                    g_autofree char *key = g_strdup_printf ("%u %u %u", column->host, guest->seats[v].pgpu,
                                                            guest->seats[v].type);
                    int *n_taken = g_hash_table_lookup (taken, key);

                    if (n_taken && *n_taken > 0) {
                        (*n_taken)--;
                        guest->seats[v].arrival = VGATE_ARRIVAL_TAKEN;
                    }
                }
            }
        }
    }
}

static gboolean
solve_with (VgateMoving *moving, guint host, GPtrArray *guests, const GPtrArray *forbidden,
            const gboolean *is_later, gboolean *is_proved, guint *n_most)
{
    Program program = {.moving = moving, .host = host, .is_later = is_later};
    g_autoptr (GPtrArray) groups = g_ptr_array_new_with_free_func ((GDestroyNotify)group_free);
    g_autoptr (GArray) columns = g_array_new (FALSE, FALSE, sizeof (Column));
    g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)row_free);
    g_autoptr (GArray) hosts = NULL;
    g_autofree double *values = NULL;
    gboolean is_found = FALSE;
    double best = 0;

    *is_proved = TRUE;
    program.groups = groups;
    program.columns = columns;
    program.rows = rows;
    make_groups (&program, guests);
    hosts = choose_hosts (&program, guests->len);
    for (guint i = 0; i < hosts->len && columns->len <= COLUMNS_MAX; i++)
        for (guint g = 0; g < groups->len; g++)
            add_group (&program, (int)g, g_array_index (hosts, guint, i));
    if (columns->len == 0)
        return TRUE;
    if (columns->len > COLUMNS_MAX) {
        *is_proved = FALSE;
        return FALSE;
    }
    add_group_rows (&program);
    for (guint i = 0; i < hosts->len; i++) {
        const guint h = g_array_index (hosts, guint, i);
        g_autoptr (GArray) leaving = leaving_columns (&program, h);

        add_host_rows (&program, h, leaving);
    }
    for (guint i = 0; forbidden && i < forbidden->len; i++)
        forbid (&program, g_ptr_array_index (forbidden, i));
    values = g_new0 (double, columns->len + 1);
    for (Aim aim = AIM_LEAVING; aim <= AIM_DOWN_TIME; aim++) {
        const int status = optimize (&program, aim, values, &best);

        if (status != OPTIMAL && status != SUBOPTIMAL && status != PRESOLVED) {
            *is_proved = FALSE;
            break;
        }
        *is_proved = *is_proved && status == OPTIMAL;
        if (aim == AIM_LEAVING && status == OPTIMAL)
            *n_most = MIN (*n_most, (guint)(best + 0.5));
        is_found = TRUE;
        fix (&program, aim, best);
    }
    if (is_found)
        read_solution (&program, values);
    return is_found;
}

/* The rows of the program are about documents, so that what earlier steps of a plan have changed is counted
 * as what runs. */
gboolean
vgate_drain_solve (VgateMoving *moving, guint host, GPtrArray *guests, const GPtrArray *forbidden,
                   const gboolean *is_later, gboolean *is_proved, guint *n_most)
{
    const guint n_hosts = moving->fleet->hosts->len;
    g_autofree VgatePlaces **folded = g_new0 (VgatePlaces *, n_hosts + 1);
    VgatePlaces **places = moving->places;
    gboolean is_found;

    for (guint h = 0; h < n_hosts; h++) {
        folded[h] = vgate_places_copy (places[h]);
        vgate_places_reset (folded[h]);
        vgate_places_fold (folded[h]);
    }
    moving->places = folded;
    is_found = solve_with (moving, host, guests, forbidden, is_later, is_proved, n_most);
    moving->places = places;
    for (guint h = 0; h < n_hosts; h++)
        vgate_places_free (folded[h]);
    return is_found;
}
