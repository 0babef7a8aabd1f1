/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The GPUs of a guest's vGPUs, on random small hosts, against trying all combinations. */
#include "gate/assign.h"
#include "placement/room.h"

#define N_CASES     2000
#define N_VGPUS_MAX 5

typedef struct {
    GRand *rand;
    VgateHost *host;
    GPtrArray *placements;
    VgateElementVgpu vgpus[N_VGPUS_MAX];
    VgatePlacement places[N_VGPUS_MAX];
} Case;

static void
add_pgpu (Case *c, guint n_types, guint free_max)
{
    VgatePgpu *pgpu = vgate_pgpu_new ();

    pgpu->vgpu_sizes = VGATE_SIZES_MIXED;
    for (guint t = 0; t < n_types; t++) {
        VgateHostType *type = vgate_host_type_new ();

        type->id = 1000 + t;
        type->name = g_strdup_printf ("type %u", t);
        type->framebuffer = G_GUINT64_CONSTANT (10) << t;
        type->max_instances = free_max;
        type->free_instances = (guint)g_rand_int_range (c->rand, 0, (gint32)free_max + 1);
        g_ptr_array_add (pgpu->types, type);
    }
    g_ptr_array_add (c->host->pgpus, pgpu);
}

/* The placements belong to the case, whatever the assignment does with their list. */
static void
refuse_to_free (G_GNUC_UNUSED gpointer placement)
{
    g_assert_not_reached ();
}

static void
case_make (Case *c, guint n_types)
{
    const guint n_pgpus = (guint)g_rand_int_range (c->rand, 1, 5);
    const guint n_vgpus = (guint)g_rand_int_range (c->rand, 1, N_VGPUS_MAX + 1);

    c->host = vgate_host_new ();
    c->placements = g_ptr_array_new_with_free_func (refuse_to_free);
    for (guint p = 0; p < n_pgpus; p++)
        add_pgpu (c, n_types, 3);
    for (guint v = 0; v < n_vgpus; v++) {
        VgatePlacement *placement = &c->places[v];

        c->vgpus[v] =
            (VgateElementVgpu){.type = 1000 + (guint)g_rand_int_range (c->rand, 0, (gint32)n_types)};
        *placement = (VgatePlacement){.vgpu = &c->vgpus[v], .chosen = -1};
        placement->is_tied = g_rand_int_range (c->rand, 0, 6) == 0;
        placement->candidates = g_array_new (FALSE, TRUE, sizeof (VgateCandidate));
        for (guint p = 0; p < n_pgpus; p++) {
            const VgateCandidate candidate = {.pgpu = p,
                                              .is_possible = g_rand_int_range (c->rand, 0, 3) != 0};

            g_array_append_val (placement->candidates, candidate);
        }
        g_ptr_array_add (c->placements, placement);
    }
}

static void
case_clear (Case *c)
{
    for (guint v = 0; v < c->placements->len; v++)
        g_array_unref (c->places[v].candidates);
    g_ptr_array_set_free_func (c->placements, NULL);
    g_ptr_array_unref (c->placements);
    vgate_host_free (c->host);
}

static const VgateHostType *
type_on (const Case *c, const VgatePlacement *placement, guint pgpu)
{
    return vgate_pgpu_find_type (g_ptr_array_index (c->host->pgpus, pgpu), placement->vgpu->type, NULL);
}

/* Each vGPU has a possible pGPU with room beside the others. (The index of a candidate is that of its pGPU
 * here.) */
static gboolean
is_valid (const Case *c)
{
    for (guint v = 0; v < c->placements->len; v++) {
        const VgatePlacement *placement = &c->places[v];
        const guint pgpu = (guint)placement->chosen;
        VgateRoom room;

        if (placement->chosen < 0 || !g_array_index (placement->candidates, VgateCandidate, pgpu).is_possible)
            return FALSE;
        if (placement->is_tied)
            continue;
        room = vgate_room_ask (c->host, pgpu, type_on (c, placement, pgpu));
        for (guint o = 0; o < c->placements->len; o++) {
            const VgatePlacement *other = &c->places[o];
            const VgatePromise promise = {pgpu, type_on (c, other, pgpu)};

            if (o != v && !other->is_tied && other->chosen == placement->chosen)
                vgate_room_promise (&room, &promise);
        }
        if (!vgate_room_is_left (&room))
            return FALSE;
    }
    return TRUE;
}

static gboolean
try_all (Case *c, guint v)
{
    if (v == c->placements->len)
        return is_valid (c);
    for (guint p = 0; p < c->host->pgpus->len; p++) {
        c->places[v].chosen = (int)p;
        if (try_all (c, v + 1))
            return TRUE;
    }
    return FALSE;
}

/* How many of the guests that fit get no place. */
static guint
count_missed (guint n_types, guint *fit)
{
    VgatePolicy policy = {0};
    guint missed = 0;

    policy.severities[VGATE_RULE_NO_FREE_INSTANCE] = VGATE_SEVERITY_REFUSE;
    *fit = 0;
    for (guint i = 0; i < N_CASES; i++) {
        g_autoptr (GRand) rand = g_rand_new_with_seed (i);
        Case c = {.rand = rand};
        gboolean fits, found;

        case_make (&c, n_types);
        fits = try_all (&c, 0);
        for (guint v = 0; v < c.placements->len; v++)
            c.places[v].chosen = -1;
        found = vgate_assign_gpus (c.placements, c.host, NULL, &policy);
        g_assert_true (!found || is_valid (&c));
        *fit += fits ? 1 : 0;
        missed += fits && !found ? 1 : 0;
        case_clear (&c);
    }
    return missed;
}

static void
test_one_size (void)
{
    guint fit;

    g_assert_cmpuint (count_missed (1, &fit), ==, 0);
    g_assert_cmpuint (fit, >, N_CASES / 10);
}

/* Vectors of sizes cannot be packed exactly in reasonable time. It is refused at most one guest in 200 that
 * would fit. */
static void
test_several_sizes (void)
{
    guint fit;
    const guint missed = count_missed (3, &fit);

    g_test_message ("%u of %u guests that fit are refused", missed, fit);
    g_assert_cmpuint (fit, >, N_CASES / 10);
    g_assert_cmpuint (missed * 200, <=, fit);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/assign/one-size", test_one_size);
    g_test_add_func ("/assign/several-sizes", test_several_sizes);
    return g_test_run ();
}
