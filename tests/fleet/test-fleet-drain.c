/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plans that empty a host. On small random fleets, no plan is better than the one that is found: all
 * assignments of all guests are tried, and all orders. On larger ones, each step of a plan is what the gate
 * allows at that moment.
 */
#include "fleet/drain.h"
#include "random-fleet.h"
#include "seatings.h"

#include <string.h>

#define NOW     G_GINT64_CONSTANT (1795471200)
#define N_SMALL 1000u
#define N_LARGE 60u

static VgateFleet *
random_fleet (guint32 seed, guint n_hosts, guint n_guests, gboolean is_uniform, guint n_gpus)
{
    const RandomFleet wanted = {.seed = seed,
                                .n_hosts = n_hosts,
                                .n_guests = n_guests,
                                .now = NOW,
                                .is_uniform = is_uniform,
                                .n_gpus = n_gpus};
    VgateFleet *fleet = vgate_fleet_new ();

    random_fleet_write (&wanted, random_fleet_add, fleet);
    g_assert_cmpuint (fleet->faults->len, ==, 0);
    return fleet;
}

/* Down-times that differ, and hosts on which little room is left. */
static void
vary (VgateFleet *fleet, GRand *random)
{
    for (guint g = 0; g < fleet->guests->len; g++) {
        const VgateElement *element =
            ((const VgateFleetGuest *)g_ptr_array_index (fleet->guests, g))->domain->element;

        for (guint v = 0; element && v < element->vgpus->len; v++)
            ((VgateElementVgpu *)g_ptr_array_index (element->vgpus, v))->framebuffer_used =
                (guint64)g_rand_int_range (random, 1, 4) << 30;
    }
    for (guint h = 0; h < fleet->hosts->len; h++) {
        VgateHost *host = ((const VgateFleetHost *)g_ptr_array_index (fleet->hosts, h))->host;

        for (guint p = 0; p < host->pgpus->len; p++) {
            VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, p);

            pgpu->write_bandwidth = (guint64)g_rand_int_range (random, 1, 4) * 1000;
            /* a type of which the driver creates no more */
            if (pgpu->types->len > 0 && g_rand_int_range (random, 0, 4) == 0)
                ((VgateHostType *)g_ptr_array_index (
                     pgpu->types, (guint)g_rand_int_range (random, 0, (gint)pgpu->types->len)))
                    ->free_instances = 0;
        }
    }
}

/* --- all assignments --- */

typedef struct {
    guint n_leaving, n_others;
    guint64 down_time;
} Value;

static gboolean
is_better (const Value *a, const Value *b)
{
    if (a->n_leaving != b->n_leaving)
        return a->n_leaving > b->n_leaving;
    if (a->n_others != b->n_others)
        return a->n_others < b->n_others;
    return a->down_time < b->down_time;
}

typedef struct {
    VgateMoving *moving;
    guint host;
    GPtrArray *movers;
    int *to; /* -1: it stays */
    VgateSeat (*seats)[8];
    Value value, best;
} Trial;

static gboolean
is_other (const Trial *t, guint i)
{
    return ((const VgateMover *)g_ptr_array_index (t->movers, i))->home != (int)t->host;
}

/* TRUE when the guests of other hosts can move one after the other; done: the set of those that have. */
static gboolean
can_be_ordered (const Trial *t, guint done)
{
    gboolean all = TRUE;

    for (guint i = 0; i < t->movers->len; i++) {
        const VgateMover *mover = g_ptr_array_index (t->movers, i);

        if (!is_other (t, i) || t->to[i] < 0 || (done & (1u << i)) != 0)
            continue;
        all = FALSE;
        vgate_moving_reset (t->moving);
        for (guint k = 0; k < t->movers->len; k++)
            if ((done & (1u << k)) != 0)
                vgate_moving_leave (t->moving, g_ptr_array_index (t->movers, k));
        for (guint k = 0; k < t->movers->len; k++)
            if ((done & (1u << k)) != 0)
                g_assert_true (vgate_moving_take (t->moving, g_ptr_array_index (t->movers, k),
                                                  (guint)t->to[k], t->seats[k]));
        if (vgate_moving_take (t->moving, mover, (guint)t->to[i], t->seats[i]) &&
            can_be_ordered (t, done | (1u << i)))
            return TRUE;
    }
    return all;
}

static void
set_state (const Trial *t, guint n)
{
    vgate_moving_reset (t->moving);
    for (guint i = 0; i < t->movers->len; i++)
        if (is_other (t, i) && t->to[i] >= 0)
            vgate_moving_leave (t->moving, g_ptr_array_index (t->movers, i));
    for (guint i = 0; i < n; i++)
        if (t->to[i] >= 0)
            g_assert_true (vgate_moving_take (t->moving, g_ptr_array_index (t->movers, i), (guint)t->to[i],
                                              t->seats[i]));
}

typedef struct {
    Trial *t;
    guint i;
} Seated;

static void try_guest (Trial *t, guint i);

static void
try_next (gpointer seated)
{
    try_guest (((const Seated *)seated)->t, ((const Seated *)seated)->i + 1);
}

/* All guests before i have seats. A guest of another host is already known to stay or to leave: then to is
 * -1 or not. */
static void
try_guest (Trial *t, guint i)
{
    VgateMover *mover = i < t->movers->len ? g_ptr_array_index (t->movers, i) : NULL;
    const int before = mover ? t->to[i] : -1;

    if (!mover) {
        if (is_better (&t->value, &t->best)) {
            if (t->value.n_others > 0) {
                const gboolean is_ordered = can_be_ordered (t, 0);

                set_state (t, t->movers->len);
                if (!is_ordered)
                    return;
            }
            t->best = t->value;
        }
        return;
    }
    if (!is_other (t, i) || before < 0) {
        t->to[i] = -1;
        try_guest (t, i + 1);
    }
    if (is_other (t, i) && before < 0)
        return;
    for (guint h = 0; h < t->moving->fleet->hosts->len; h++) {
        const VgateMovingFit *fit =
            h != t->host && (int)h != mover->home ? vgate_moving_fit (t->moving, mover, h) : NULL;

        if (!fit || !fit->is_possible)
            continue;
        t->to[i] = (int)h;
        t->value.n_leaving += is_other (t, i) ? 0 : 1;
        t->value.n_others += is_other (t, i) ? 1 : 0;
        t->value.down_time += fit->down_time;
        seatings_try (t->moving, mover, h, 0, t->seats[i], try_next, &(Seated){t, i});
        t->value.n_leaving -= is_other (t, i) ? 0 : 1;
        t->value.n_others -= is_other (t, i) ? 1 : 0;
        t->value.down_time -= fit->down_time;
    }
    t->to[i] = before;
}

/* The best of all plans. */
static Value
try_all (const VgateFleet *fleet, const VgateFleetQuestion *question, guint host, gboolean keeps_others)
{
    g_autoptr (VgateMoving) moving = vgate_moving_new (fleet, question);
    g_autoptr (GPtrArray) movers = g_ptr_array_new ();
    Trial t = {.moving = moving, .host = host, .movers = movers};
    guint n_others;

    for (guint others = 0; others < 2; others++)
        for (guint g = 0; g < fleet->guests->len; g++) {
            VgateMover *mover = moving->movers[g];

            if (mover && mover->home >= 0 && (mover->home != (int)host) == (others == 0) &&
                (others == 1 || (!keeps_others && vgate_moving_can_leave (moving, mover))))
                g_ptr_array_add (movers, mover);
        }
    t.to = g_new (int, movers->len + 1);
    t.seats = g_malloc0 (sizeof (VgateSeat[8]) * (movers->len + 1));
    for (n_others = 0; n_others < movers->len && is_other (&t, n_others);)
        n_others++;
    for (guint set = 0; set < 1u << n_others; set++) {
        for (guint i = 0; i < movers->len; i++)
            t.to[i] = i < n_others && (set & (1u << i)) != 0 ? 0 : -1;
        /* those that leave have left before anybody arrives */
        set_state (&t, 0);
        try_guest (&t, 0);
    }
    g_free (t.to);
    g_free (t.seats);
    return t.best;
}

static Value
value_of (const VgateDrainPlan *plan)
{
    Value value = {.n_leaving = plan->n_leaving};

    for (guint i = 0; i < plan->moves->len; i++) {
        const VgateDrainMove *move = g_ptr_array_index (plan->moves, i);

        value.n_others += move->is_other ? 1 : 0;
        value.down_time += move->down_time;
    }
    return value;
}

static void
test_best (void)
{
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    const VgateFleetQuestion question = {.policy = policy, .root = "/nonexistent", .now = NOW};
    guint n_moved = 0, n_with_others = 0, n_staying = 0;

    policy->gate_cold_start = TRUE;
    policy->link_speed = 25000;
    for (guint32 seed = 1; seed <= N_SMALL; seed++) {
        g_autoptr (GRand) random = g_rand_new_with_seed (seed);
        const guint n_hosts = (guint)g_rand_int_range (random, 2, 5);
        g_autoptr (VgateFleet) fleet = random_fleet (seed, n_hosts, (guint)g_rand_int_range (random, 4, 10),
                                                     g_rand_int_range (random, 0, 4) > 0, 0);
        const VgateDrainOptions options = {.order = g_rand_boolean (random) ? VGATE_MOVING_PACK
                                                                            : VGATE_MOVING_SPREAD,
                                           .keeps_others = g_rand_int_range (random, 0, 4) == 0};
        g_autoptr (VgateDrainPlan) plan = NULL;
        Value best, value;

        vary (fleet, random);
        {
            const guint host = 0;

            plan = vgate_drain_plan (fleet, &question, host, &options);
            best = try_all (fleet, &question, host, options.keeps_others);
            value = value_of (plan);
            if (is_better (&best, &value) || is_better (&value, &best) || !plan->is_optimal ||
                plan->n_most < plan->n_leaving)
                g_error ("seed %u: %u leave with %u others in %" G_GUINT64_FORMAT " ms; possible are %u, %u, "
                         "%" G_GUINT64_FORMAT "; at most %u, %s",
                         seed, value.n_leaving, value.n_others, value.down_time, best.n_leaving,
                         best.n_others, best.down_time, plan->n_most,
                         plan->is_optimal ? "optimal" : "not proved");
            n_moved += value.n_leaving;
            n_with_others += value.n_others > 0 ? 1 : 0;
            n_staying += plan->stays->len > 0 ? 1 : 0;
        }
    }
    /* the fleets are of all kinds */
    g_test_message ("%u moved, %u plans with others, %u with guests that stay", n_moved, n_with_others,
                    n_staying);
    g_assert_cmpuint (n_moved, >=, N_SMALL / 2);
    g_assert_cmpuint (n_with_others, >=, 10);
    g_assert_cmpuint (n_staying, >=, N_SMALL / 10);
}

/* --- step by step --- */

/* The driver's view after the vGPUs of the host have changed: as in random-fleet.c. */
static void
count_free (const VgateHost *host, const VgatePgpu *pgpu, guint64 total)
{
    const VgateHostDevices *devices = host->devices;
    guint64 used = 0, size = 0;

    for (guint i = 0; i < devices->vgpus->len; i++) {
        const VgateHostVgpu *vgpu = g_ptr_array_index (devices->vgpus, i);
        const VgateHostType *type = vgate_pgpu_find_type (pgpu, vgpu->type, vgpu->type_name);

        if (strcmp (vgpu->pgpu, pgpu->address) != 0)
            continue;
        used += type->framebuffer;
        size = type->framebuffer;
    }
    for (guint t = 0; t < pgpu->types->len; t++) {
        VgateHostType *type = g_ptr_array_index (pgpu->types, t);
        const gboolean is_other =
            pgpu->vgpu_sizes == VGATE_SIZES_EQUAL && size != 0 && size != type->framebuffer;

        type->free_instances = is_other ? 0 : (guint32)((total - used) / type->framebuffer);
    }
}

static guint64
total_of (const VgatePgpu *pgpu)
{
    guint64 total = 0;

    for (guint t = 0; t < pgpu->types->len; t++) {
        const VgateHostType *type = g_ptr_array_index (pgpu->types, t);

        total = MAX (total, type->max_instances * type->framebuffer);
    }
    return total;
}

/* 'vgpu-gate device make': the device exists, and is reserved for the guest. */
static void
make_device (const VgateHost *host, const VgateFleetGuest *guest, const VgateDrainDevice *device)
{
    VgateHostDevices *devices = host->devices;
    const VgateHostdevKind kind = device->hostdev->kind;
    VgateHostLease *lease = vgate_host_lease_new ();
    VgateHostDevice *listed = NULL;
    const VgateMakeable *from = NULL;

    for (guint i = 0; i < devices->makeable->len; i++) {
        VgateMakeable *makeable = g_ptr_array_index (devices->makeable, i);

        if (makeable->kind != kind || strcmp (makeable->pgpu, device->pgpu->address) != 0 ||
            makeable->available == 0 || makeable->type != device->type->id ||
            (kind == VGATE_HOSTDEV_PCI && strcmp (makeable->parent, device->device) != 0))
            continue;
        from = makeable;
        makeable->available--;
    }
    if (!from)
        g_error ("device %s of %s cannot be created on %s of %s", device->device, device->type->name,
                 device->pgpu->address, host->name);
    for (guint i = 0; i < devices->devices->len; i++) {
        VgateHostDevice *one = g_ptr_array_index (devices->devices, i);

        if (strcmp (one->listed.source, device->device) == 0)
            listed = one;
    }
    g_assert_true (!listed == (kind == VGATE_HOSTDEV_MDEV));
    if (!listed) {
        listed = vgate_host_device_new ();
        listed->listed.kind = kind;
        listed->listed.source = g_strdup (device->device);
        listed->listed.device.kind = VGATE_DEVICE_VGPU;
        listed->listed.device.pgpu = g_strdup (device->pgpu->address);
        listed->listed.device.parent = g_strdup (from->parent);
        listed->listed.device.type_name = g_strdup (device->type->name);
        g_ptr_array_add (devices->devices, listed);
    }
    g_assert_null (listed->use);
    listed->listed.device.type = device->type->id;
    lease->domain = g_strdup (guest->domain->uuid);
    lease->kind = (int)kind;
    lease->device = g_strdup (device->device);
    lease->parent = g_strdup (listed->listed.device.parent);
    lease->pgpu = g_strdup (device->pgpu->address);
    lease->type = device->type->id;
    lease->type_name = g_strdup (device->type->name);
    lease->exists = TRUE;
    g_ptr_array_add (devices->leases, lease);
}

/* The guest has arrived on its devices. */
static void
arrive (VgateHost *host, const VgateFleetGuest *guest, const VgateDrainMove *move)
{
    g_ptr_array_set_size (host->devices->leases, 0);
    for (guint v = 0; v < move->mover->n_vgpus; v++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, move->seats[v].pgpu);
        const VgateHostType *type = g_ptr_array_index (pgpu->types, move->seats[v].type);
        const VgateDrainDevice *device = g_ptr_array_index (move->devices, v);
        VgateHostVgpu *vgpu = vgate_host_vgpu_new ();

        vgpu->uuid = g_strdup (move->mover->vgpus[v].vgpu->uuid);
        vgpu->domain = g_strdup (guest->domain->uuid);
        vgpu->mdev = device->hostdev->kind == VGATE_HOSTDEV_MDEV ? g_strdup (device->device) : NULL;
        vgpu->pgpu = g_strdup (pgpu->address);
        vgpu->type = type->id;
        vgpu->type_name = g_strdup (type->name);
        g_ptr_array_add (host->devices->vgpus, vgpu);
        for (guint i = 0; i < host->devices->devices->len; i++) {
            VgateHostDevice *one = g_ptr_array_index (host->devices->devices, i);

            if (strcmp (one->listed.source, device->device) == 0)
                one->use = g_strdup ("the guest uses it");
        }
        count_free (host, pgpu, total_of (pgpu));
    }
}

/*
 * A host to which guests of the plan go, and which no guest leaves: each of them is allowed by the gate at
 * its turn, with the devices that the plan creates or names, and with the default mode, in which the gate
 * chooses none itself.
 */
static void
follow (const VgateFleet *fleet, const VgateFleetQuestion *question, const VgateDrainPlan *plan,
        guint *n_steps)
{
    for (guint i = 0; i < plan->moves->len; i++) {
        const VgateDrainMove *move = g_ptr_array_index (plan->moves, i);
        const VgateFleetGuest *guest = vgate_moving_guest (plan->moving, move->mover);
        const VgateFleetHost *target = g_ptr_array_index (fleet->hosts, move->to);
        g_autofree char **named = g_new0 (char *, move->devices->len + 1);
        g_autoptr (VgateDecision) decision = NULL;

        for (guint d = 0; d < move->devices->len; d++) {
            const VgateDrainDevice *device = g_ptr_array_index (move->devices, d);
            VgateHostdev *hostdev = (VgateHostdev *)device->hostdev;

            if (device->is_made)
                make_device (target->host, guest, device);
            /* what --xml does */
            named[d] = hostdev->source;
            hostdev->source = device->device;
        }
        decision = vgate_fleet_decide (question, guest, target, VGATE_OPERATION_MIGRATE);
        if (!decision->allowed || decision->code != VGATE_CODE_ALLOWED)
            g_error ("step %u, %s to %s: VGATE-%03d: %s", i + 1, guest->name, target->host->name,
                     decision->code, decision->text);
        for (guint v = 0; v < decision->placements->len; v++) {
            const VgatePlacement *placement = g_ptr_array_index (decision->placements, v);

            g_assert_cmpuint (g_array_index (placement->candidates, VgateCandidate, placement->chosen).pgpu,
                              ==, move->seats[v].pgpu);
        }
        for (guint d = 0; d < move->devices->len; d++)
            ((VgateHostdev *)((const VgateDrainDevice *)g_ptr_array_index (move->devices, d))->hostdev)
                ->source = named[d];
        arrive (target->host, guest, move);
        (*n_steps)++;
    }
}

static void
test_steps (void)
{
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    const VgateFleetQuestion question = {.policy = policy, .root = "/nonexistent", .now = NOW};
    guint n_steps = 0;

    policy->gate_cold_start = TRUE;
    for (guint32 seed = 1; seed <= N_LARGE; seed++) {
        g_autoptr (VgateFleet) fleet = random_fleet (seed, 10, 40, seed % 2 == 0, seed % 3 * 2);
        const VgateDrainOptions options = {.order = seed % 3 == 0 ? VGATE_MOVING_PACK : VGATE_MOVING_SPREAD,
                                           .keeps_others = TRUE};
        g_autoptr (VgateDrainPlan) plan = vgate_drain_plan (fleet, &question, seed % 10, &options);

        follow (fleet, &question, plan, &n_steps);
    }
    g_test_message ("%u steps", n_steps);
    g_assert_cmpuint (n_steps, >=, N_LARGE);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/fleet/drain/best", test_best);
    g_test_add_func ("/fleet/drain/steps", test_steps);
    return g_test_run ();
}
