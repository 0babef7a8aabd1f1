/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The update of hosts. Without regard to room: no order of few hosts blocks fewer guests than the one that
 * is found, and no order of many hosts is better than the bound that is given. With the room: on small
 * fleets, all orders and all migrations are tried. On larger ones, each migration of a plan has room at its
 * moment, and no guest is on a host while it is updated.
 */
#include "fleet/upgrade.h"
#include "random-fleet.h"
#include "seatings.h"

#include <string.h>

#define NOW       G_GINT64_CONSTANT (1795471200)
#define N_TABLES  400u
#define HOSTS_MAX 6u
#define N_SMALL   200u
#define N_LARGE   6u

/* --- orders --- */

/* The guests that are blocked with this order. */
static guint
count_blocked (const VgateUpgradeInput *input, const guint *order, guint n_steps)
{
    g_autofree gboolean *is_updated = g_new0 (gboolean, input->n_hosts + 1);
    g_autofree gboolean *is_blocked = g_new0 (gboolean, input->n_guests + 1);
    guint n = 0;

    for (guint s = 0; s < n_steps; s++) {
        for (guint g = 0; g < input->n_guests; g++) {
            gboolean any = input->stay[g * input->n_hosts + order[s]];

            for (guint h = 0; h < input->n_hosts; h++)
                any = any ||
                      (h != order[s] && (is_updated[h] ? input->new : input->old)[g * input->n_hosts + h]);
            is_blocked[g] = is_blocked[g] || !any;
        }
        is_updated[order[s]] = TRUE;
    }
    for (guint g = 0; g < input->n_guests; g++)
        n += is_blocked[g] ? 1 : 0;
    return n;
}

/* The fewest blocked guests of all orders; order: those of the first n_fixed steps are chosen. */
static guint
try_orders (const VgateUpgradeInput *input, guint *order, guint n_fixed, guint n_steps)
{
    guint best = G_MAXUINT;

    if (n_fixed == n_steps)
        return count_blocked (input, order, n_steps);
    for (guint i = n_fixed; i < n_steps; i++) {
        const guint host = order[i];

        order[i] = order[n_fixed];
        order[n_fixed] = host;
        best = MIN (best, try_orders (input, order, n_fixed + 1, n_steps));
        order[n_fixed] = order[i];
        order[i] = host;
    }
    return best;
}

static void
test_orders (void)
{
    guint n_without = 0, n_with = 0;

    for (guint32 seed = 1; seed <= N_TABLES; seed++) {
        g_autoptr (GRand) random = g_rand_new_with_seed (seed);
        const guint n_hosts = (guint)g_rand_int_range (random, 1, (gint)HOSTS_MAX + 1), n_guests = 12;
        const gint density = g_rand_int_range (random, 2, 6);
        gboolean old[12 * HOSTS_MAX], new[12 * HOSTS_MAX], stay[12 * HOSTS_MAX], updated[HOSTS_MAX];
        const VgateUpgradeInput input = {n_guests, n_hosts, old, new, stay, updated};
        guint order[HOSTS_MAX], all[HOSTS_MAX], n_steps = 0, n_least, n_blocked, best;

        for (guint h = 0; h < n_hosts; h++) {
            updated[h] = g_rand_int_range (random, 0, 8) > 0;
            if (updated[h])
                all[n_steps++] = h;
        }
        for (guint i = 0; i < n_guests * n_hosts; i++) {
            old[i] = g_rand_int_range (random, 0, density) == 0;
            new[i] = g_rand_int_range (random, 0, density) == 0;
            stay[i] = seed % 2 == 0 && g_rand_int_range (random, 0, 4) == 0;
        }
        for (guint g = 0; g < n_guests; g++)
            old[g * n_hosts + (guint)g_rand_int_range (random, 0, (gint)n_hosts)] = TRUE;
        n_blocked = vgate_upgrade_order (&input, order, &n_least);
        best = try_orders (&input, all, 0, n_steps);
        g_assert_cmpuint (n_blocked, ==, best);
        g_assert_cmpuint (n_least, ==, best);
        g_assert_cmpuint (count_blocked (&input, order, n_steps), ==, best);
        n_without += best == 0 ? 1 : 0;
        n_with += best > 0 && best < n_guests ? 1 : 0;
    }
    g_assert_cmpuint (n_without, >=, 10);
    g_assert_cmpuint (n_with, >=, 100);
}

/* More hosts than for the exact order: the bound is not above what is found. */
static void
test_many_hosts (void)
{
    for (guint32 seed = 1; seed <= 20; seed++) {
        g_autoptr (GRand) random = g_rand_new_with_seed (seed);
        const guint n_hosts = VGATE_UPGRADE_EXACT_MAX + 8, n_guests = 100;
        g_autofree gboolean *old = g_new0 (gboolean, n_hosts * n_guests),
                            *new = g_new0 (gboolean, n_hosts * n_guests),
                            *stay = g_new0 (gboolean, n_hosts * n_guests);
        g_autofree gboolean *updated = g_new0 (gboolean, n_hosts);
        g_autofree guint *order = g_new0 (guint, n_hosts);
        const VgateUpgradeInput input = {n_guests, n_hosts, old, new, stay, updated};
        guint n_least, n_blocked;

        for (guint h = 0; h < n_hosts; h++)
            updated[h] = TRUE;
        for (guint i = 0; i < n_guests * n_hosts; i++) {
            old[i] = g_rand_int_range (random, 0, 12) == 0;
            new[i] = g_rand_int_range (random, 0, 12) == 0;
            stay[i] = seed % 2 == 0 && g_rand_int_range (random, 0, 20) == 0;
        }
        n_blocked = vgate_upgrade_order (&input, order, &n_least);
        g_assert_cmpuint (n_least, <=, n_blocked);
        g_assert_cmpuint (count_blocked (&input, order, n_hosts), ==, n_blocked);
    }
}

/* --- fleets --- */

/* The range of a group is accepted by each host before and, if it is updated, supported by the new driver; no
 * wider range is. */
static void
test_ranges (void)
{
    const RandomFleet wanted = {.seed = 5, .n_hosts = 12, .n_guests = 40, .now = NOW};
    g_autofree char *table =
        g_build_filename (g_getenv ("VGATE_SRCDIR"), "lib/compat/vgpu-branches.conf", NULL);
    g_autoptr (VgateBranches) branches = vgate_branches_read (table, NULL);
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    const VgateFleetQuestion question = {.policy = policy, .root = "/nonexistent", .now = NOW};
    g_autoptr (VgateFleet) fleet = vgate_fleet_new ();
    g_autofree gboolean *hosts = NULL;
    const VgateBranch *branch = vgate_branches_find (branches, "580", NULL);
    g_autoptr (VgateUpgradePlan) plan = NULL;
    guint n_blocked = 0, n_hosts = 0;

    policy->gate_cold_start = TRUE;
    random_fleet_write (&wanted, random_fleet_add, fleet);
    hosts = g_new0 (gboolean, fleet->hosts->len);
    for (guint h = 0; h < fleet->hosts->len; h++)
        hosts[h] = h % 4 != 0;
    plan = vgate_upgrade_plan (fleet, &question, hosts, "580.95.05", branch, TRUE);
    for (guint i = 0; i < plan->groups->len; i++) {
        const VgateUpgradeGroup *group = g_ptr_array_index (plan->groups, i);
        guint32 min = 0, max = G_MAXUINT32;

        for (guint k = 0; k < group->hosts->len; k++) {
            const VgateHost *host = vgate_moving_host (plan->before, g_array_index (group->hosts, guint, k));

            n_hosts++;
            min = MAX (min, host->current.min);
            max = MIN (max, host->current.max);
            if (!hosts[g_array_index (group->hosts, guint, k)] || g_str_has_prefix (host->driver, "580"))
                continue;
            min = MAX (min, branch->range.min);
            max = MIN (max, branch->range.max);
        }
        g_assert_cmpint (group->has_range, ==, min <= max);
        if (group->has_range) {
            g_assert_cmpuint (group->range.min, ==, min);
            g_assert_cmpuint (group->range.max, ==, max);
        }
    }
    g_assert_cmpuint (n_hosts, ==, fleet->hosts->len);
    for (guint s = 0; s < plan->steps->len; s++)
        n_blocked += ((const VgateUpgradeStep *)g_ptr_array_index (plan->steps, s))->blocked->len;
    g_assert_cmpuint (n_blocked, ==, plan->n_blocked);
    g_assert_cmpuint (plan->n_least, <=, plan->n_blocked);
    g_assert_cmpuint (plan->steps->len, >, 2);
    g_assert_cmpuint (plan->outside->len, >, 0);
}

/* --- with the room --- */

static VgateBranches *
read_branches (void)
{
    g_autofree char *table =
        g_build_filename (g_getenv ("VGATE_SRCDIR"), "lib/compat/vgpu-branches.conf", NULL);

    return vgate_branches_read (table, NULL);
}

/* Hosts on which little room is left, and some that are updated while guests run. */
static VgateFleet *
crowded_fleet (guint32 seed, guint n_hosts, guint n_guests, guint n_gpus, gboolean is_uniform, GRand *random)
{
    const RandomFleet wanted = {.seed = seed,
                                .n_hosts = n_hosts,
                                .n_guests = n_guests,
                                .now = NOW,
                                .is_uniform = is_uniform,
                                .n_gpus = n_gpus};
    VgateFleet *fleet = vgate_fleet_new ();

    random_fleet_write (&wanted, random_fleet_add, fleet);
    for (guint h = 0; h < fleet->hosts->len; h++) {
        VgateHost *host = ((const VgateFleetHost *)g_ptr_array_index (fleet->hosts, h))->host;

        if (g_rand_int_range (random, 0, 6) == 0) {
            host->warm_update = VGATE_MODE_ON;
            for (guint p = 0; p < host->pgpus->len; p++)
                ((VgatePgpu *)g_ptr_array_index (host->pgpus, p))->warm_update = VGATE_MODE_ON;
        }
        for (guint p = 0; p < host->pgpus->len; p++) {
            const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, p);

            for (guint t = 0; t < pgpu->types->len; t++)
                if (g_rand_int_range (random, 0, 4) == 0)
                    ((VgateHostType *)g_ptr_array_index (pgpu->types, t))->free_instances = 0;
        }
    }
    return fleet;
}

typedef struct {
    VgateMover *mover;
    gboolean gives_back; /* its room at the place by the documents, when it leaves */
    int host;
    gboolean is_moved, is_down; /* down: it was shut down, and does not move any more */
    VgateSeat seats[8];         /* if it moved */
} Runner;

typedef struct {
    guint updated; /* bits of hosts */
    guint n_down;
    GArray *runners; /* of Runner */
} Situation;

typedef struct {
    VgateUpgradePlan *plan;
    const gboolean *hosts;
    gboolean *is_updated;
    GHashTable *known; /* texts of situations with at most n_down */
    GQueue *queue;     /* of Situation * with n_down */
    GQueue *next;      /* with more */
} Trials;

static void
situation_free (Situation *situation)
{
    g_array_unref (situation->runners);
    g_free (situation);
}

static Runner *
runner_at (const Situation *situation, guint i)
{
    return &g_array_index (situation->runners, Runner, i);
}

static Situation *
situation_copy (const Situation *situation)
{
    Situation *copy = g_memdup2 (situation, sizeof *situation);

    copy->runners = g_array_copy (situation->runners);
    return copy;
}

static char *
describe (const Situation *situation)
{
    GString *text = g_string_new (NULL);

    g_string_append_printf (text, "%u", situation->updated);
    for (guint i = 0; i < situation->runners->len; i++) {
        const Runner *runner = runner_at (situation, i);

        g_string_append_printf (text, " %d%d%d", runner->host, runner->is_moved, runner->is_down);
        for (guint v = 0; runner->is_moved && v < runner->mover->n_vgpus; v++)
            g_string_append_printf (text, ",%u,%u", runner->seats[v].pgpu, runner->seats[v].arrival);
    }
    return g_string_free (text, FALSE);
}

/* The room as it is in the situation. */
static void
set_room (VgateMoving *moving, const Situation *situation, gboolean *is_updated)
{
    vgate_moving_reset (moving);
    for (guint h = 0; h < moving->fleet->hosts->len; h++)
        is_updated[h] = (situation->updated & (1u << h)) != 0;
    for (guint i = 0; i < situation->runners->len; i++)
        if (runner_at (situation, i)->is_moved && runner_at (situation, i)->gives_back)
            vgate_moving_leave (moving, runner_at (situation, i)->mover);
    for (guint i = 0; i < situation->runners->len; i++) {
        const Runner *runner = runner_at (situation, i);

        if (runner->is_moved)
            g_assert_true (vgate_moving_take (moving, runner->mover, (guint)runner->host, runner->seats));
    }
}

/* TRUE when it runs on while its host is updated. */
static gboolean
stays (const VgateUpgradePlan *plan, const Runner *runner)
{
    if (!vgate_host_has_warm_update (vgate_moving_host (plan->before, (guint)runner->host)))
        return FALSE;
    for (guint v = 0; v < runner->mover->n_vgpus; v++) {
        const guint32 version = runner->mover->vgpus[v].vgpu->record.guest_version;

        if (version != 0 && !vgate_version_in_range (version, plan->branch->range))
            return FALSE;
    }
    return runner->mover->n_vgpus > 0;
}

static void
add_situation (const Trials *t, Situation *situation, gboolean is_next)
{
    char *text = is_next ? NULL : describe (situation);

    if (is_next)
        g_queue_push_tail (t->next, situation);
    else if (g_hash_table_add (t->known, text))
        g_queue_push_tail (t->queue, situation);
    else
        situation_free (situation);
}

typedef struct {
    const Trials *t;
    const Situation *situation;
    guint i, host;
    VgateSeat seats[8];
} Arrival;

/* The guest has moved to these seats. */
static void
add_arrival (gpointer data)
{
    const Arrival *arrival = data;
    Situation *next = situation_copy (arrival->situation);
    Runner *runner = runner_at (next, arrival->i);

    runner->host = (int)arrival->host;
    runner->is_moved = TRUE;
    memcpy (runner->seats, arrival->seats, sizeof (VgateSeat) * runner->mover->n_vgpus);
    add_situation (arrival->t, next, FALSE);
}

static void
try_seats (const Trials *t, const Situation *situation, guint i, guint host)
{
    VgateMoving *moving = t->plan->before;
    VgateMover *mover = runner_at (situation, i)->mover;
    Arrival arrival = {t, situation, i, host, {{0}}};

    if (vgate_moving_fit (moving, mover, host)->is_possible)
        seatings_try (moving, mover, host, 0, arrival.seats, add_arrival, &arrival);
}

/* All migrations and all updates that are possible next. */
static void
try_all (const Trials *t, const Situation *situation)
{
    const guint n_hosts = t->plan->before->fleet->hosts->len;

    set_room (t->plan->before, situation, t->is_updated);
    for (guint i = 0; i < situation->runners->len; i++)
        for (guint h = 0; h < n_hosts; h++)
            if ((int)h != runner_at (situation, i)->host && !runner_at (situation, i)->is_down)
                try_seats (t, situation, i, h);
    for (guint h = 0; h < n_hosts; h++) {
        Situation *next;

        if (!t->hosts[h] || (situation->updated & (1u << h)) != 0)
            continue;
        next = situation_copy (situation);
        next->updated |= 1u << h;
        for (guint i = 0; i < next->runners->len; i++) {
            Runner *runner = runner_at (next, i);

            if (runner->host != (int)h || stays (t->plan, runner))
                continue;
            runner->is_down = TRUE;
            next->n_down++;
        }
        add_situation (t, next, next->n_down > situation->n_down);
    }
}

static Situation *
first_situation (const VgateUpgradePlan *plan)
{
    Situation *situation = g_new0 (Situation, 1);

    situation->runners = g_array_new (FALSE, FALSE, sizeof (Runner));
    for (guint g = 0; g < plan->before->fleet->guests->len; g++) {
        VgateMover *mover = plan->before->movers[g];
        const Runner runner = {.mover = mover,
                               .gives_back = mover && vgate_moving_can_leave (plan->before, mover),
                               .host = mover ? mover->home : -1};

        if (runner.host >= 0)
            g_array_append_val (situation->runners, runner);
    }
    return situation;
}

/* The fewest guests that are shut down in any plan. */
static guint
find_fewest (VgateUpgradePlan *plan, const gboolean *hosts, gboolean *is_updated)
{
    g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr (GQueue) queue = g_queue_new (), next = g_queue_new ();
    Trials t = {plan, hosts, is_updated, known, queue, next};
    guint all = 0, fewest = G_MAXUINT;

    for (guint h = 0; h < plan->before->fleet->hosts->len; h++)
        all |= hosts[h] ? 1u << h : 0;
    add_situation (&t, first_situation (plan), FALSE);
    for (guint n_down = 0; fewest == G_MAXUINT; n_down++) {
        Situation *situation;

        while ((situation = g_queue_pop_head (queue)) != NULL) {
            g_assert_cmpuint (situation->n_down, ==, n_down);
            if (situation->updated == all)
                fewest = n_down;
            else if (fewest == G_MAXUINT)
                try_all (&t, situation);
            situation_free (situation);
        }
        for (guint n = g_queue_get_length (next); n > 0; n--) {
            situation = g_queue_pop_head (next);
            if (situation->n_down == n_down + 1)
                add_situation (&t, situation, FALSE);
            else
                g_queue_push_tail (next, situation);
        }
    }
    g_queue_clear_full (queue, (GDestroyNotify)situation_free);
    g_queue_clear_full (next, (GDestroyNotify)situation_free);
    return fewest;
}

/* Each migration is possible at its moment, and each host is empty when it is updated, except for those that
 * are shut down or stay. Returns the number of migrations. */
static guint
follow_plan (VgateUpgradePlan *plan, gboolean *is_updated)
{
    Situation *situation = first_situation (plan);
    guint n_moves = 0, n_down = 0;

    for (guint s = 0; s < plan->steps->len; s++) {
        const VgateUpgradeStep *step = g_ptr_array_index (plan->steps, s);

        for (guint m = 0; m < step->moves->len; m++, n_moves++) {
            const VgateDrainMove *move = g_ptr_array_index (step->moves, m);
            Runner *runner = NULL;

            for (guint i = 0; i < situation->runners->len; i++)
                if (runner_at (situation, i)->mover == move->mover)
                    runner = runner_at (situation, i);
            g_assert_cmpint (runner->host, ==, (int)move->from);
            g_assert_cmpint (runner->host, !=, (int)move->to);
            g_assert_false (runner->is_down);
            g_assert_cmpint (move->is_other, ==, move->from != step->host);
            set_room (plan->before, situation, is_updated);
            g_assert_true (vgate_moving_fit (plan->before, runner->mover, move->to)->is_possible);
            for (guint v = 0; v < runner->mover->n_vgpus; v++) {
                const VgateMovingFit *fit = vgate_moving_fit (plan->before, runner->mover, move->to);

                g_assert_true (fit->can_run[v * fit->n_pgpus + move->seats[v].pgpu]);
            }
            runner->host = (int)move->to;
            runner->is_moved = TRUE;
            memcpy (runner->seats, move->seats, sizeof (VgateSeat) * runner->mover->n_vgpus);
            /* asserts that there is room */
            set_room (plan->before, situation, is_updated);
        }
        for (guint i = 0; i < situation->runners->len; i++) {
            Runner *runner = runner_at (situation, i);
            gboolean is_listed = FALSE;

            for (guint b = 0; b < step->blocked->len; b++)
                is_listed = is_listed || g_array_index (step->blocked, VgateUpgradeBlocked, b).guest ==
                                             runner->mover->guest;
            for (guint b = 0; b < step->unjudged->len; b++)
                is_listed = is_listed || g_array_index (step->unjudged, guint, b) == runner->mover->guest;
            g_assert_cmpint (is_listed, ==, runner->host == (int)step->host && !stays (plan, runner));
            runner->is_down = runner->is_down || is_listed;
            n_down += is_listed ? 1 : 0;
        }
        g_assert_cmpuint (situation->updated & (1u << step->host), ==, 0);
        situation->updated |= 1u << step->host;
    }
    g_assert_cmpuint (n_down, ==, plan->n_blocked + plan->n_unjudged);
    g_assert_cmpuint (n_moves, ==, plan->n_moves);
    situation_free (situation);
    return n_moves;
}

static void
test_room (void)
{
    g_autoptr (VgateBranches) branches = read_branches ();
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    const VgateFleetQuestion question = {.policy = policy, .root = "/nonexistent", .now = NOW};
    static const char *const drivers[] = {"550", "570", "580"};
    guint n_moves = 0, n_down = 0, n_without = 0, n_for_room = 0, n_others = 0;

    policy->gate_cold_start = TRUE;
    for (guint32 seed = 1; seed <= N_SMALL; seed++) {
        g_autoptr (GRand) random = g_rand_new_with_seed (seed);
        const gboolean is_uniform = g_rand_int_range (random, 0, 4) > 0;
        const guint n_hosts = (guint)g_rand_int_range (random, 2, 5);
        const guint n_guests = (guint)g_rand_int_range (random, 2, n_hosts == 4 ? 5 : 7);
        g_autoptr (VgateFleet) fleet =
            crowded_fleet (seed, n_hosts, n_guests, n_hosts == 2 ? 2 : 1, is_uniform, random);
        const VgateBranch *branch =
            vgate_branches_find (branches, drivers[g_rand_int_range (random, 0, 3)], NULL);
        gboolean hosts[4], is_updated[4] = {FALSE};
        g_autoptr (VgateUpgradePlan) plan = NULL;
        guint fewest;

        for (guint h = 0; h < n_hosts; h++)
            hosts[h] = g_rand_int_range (random, 0, 8) > 0;
        plan = vgate_upgrade_plan (fleet, &question, hosts, branch->from, branch, TRUE);
        for (guint i = 0; i < plan->done->len; i++)
            hosts[g_array_index (plan->done, guint, i)] = FALSE;
        plan->before->after = plan->after;
        plan->before->is_changed = is_updated;
        fewest = find_fewest (plan, hosts, is_updated);
        if (plan->n_unjudged > 0 || plan->n_blocked != fewest || plan->n_least != fewest)
            g_error ("seed %u: %u guests are shut down, at least %u, %u not judged; possible are %u", seed,
                     plan->n_blocked, plan->n_least, plan->n_unjudged, fewest);
        n_moves += follow_plan (plan, is_updated);
        n_down += fewest;
        n_without += fewest == 0 ? 1 : 0;
        for (guint s = 0; s < plan->steps->len; s++) {
            const VgateUpgradeStep *step = g_ptr_array_index (plan->steps, s);

            for (guint b = 0; b < step->blocked->len; b++)
                n_for_room += g_array_index (step->blocked, VgateUpgradeBlocked, b).lacks_room ? 1 : 0;
            for (guint m = 0; m < step->moves->len; m++)
                n_others += ((const VgateDrainMove *)g_ptr_array_index (step->moves, m))->is_other ? 1 : 0;
        }
        plan->before->after = NULL;
    }
    g_test_message ("%u migrations, %u of guests of other hosts; %u guests are shut down, %u for lack of "
                    "room; %u plans without",
                    n_moves, n_others, n_down, n_for_room, n_without);
    /* the fleets are of all kinds */
    g_assert_cmpuint (n_moves, >=, N_SMALL / 2);
    g_assert_cmpuint (n_down, >=, N_SMALL / 2);
    g_assert_cmpuint (n_for_room, >=, N_SMALL / 10);
    g_assert_cmpuint (n_without, >=, N_SMALL / 10);
    g_assert_cmpuint (n_others, >=, 1);
}

/* Plans of larger fleets can be followed. */
static void
test_steps (void)
{
    g_autoptr (VgateBranches) branches = read_branches ();
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    const VgateFleetQuestion question = {.policy = policy, .root = "/nonexistent", .now = NOW};
    const VgateBranch *branch = vgate_branches_find (branches, "580", NULL);
    guint n_moves = 0;

    policy->gate_cold_start = TRUE;
    for (guint32 seed = 1; seed <= N_LARGE; seed++) {
        g_autoptr (GRand) random = g_rand_new_with_seed (seed);
        const guint n_hosts = seed % 2 == 0 ? 6 : 20;
        g_autoptr (VgateFleet) fleet = crowded_fleet (seed, n_hosts, n_hosts * 3, 0, seed % 3 > 0, random);
        gboolean hosts[20], is_updated[20] = {FALSE};
        g_autoptr (VgateUpgradePlan) plan = NULL;

        for (guint h = 0; h < n_hosts; h++)
            hosts[h] = TRUE;
        plan = vgate_upgrade_plan (fleet, &question, hosts, "580.95.05", branch, TRUE);
        g_assert_cmpuint (plan->n_least, <=, plan->n_blocked);
        plan->before->after = plan->after;
        plan->before->is_changed = is_updated;
        n_moves += follow_plan (plan, is_updated);
        plan->before->after = NULL;
    }
    g_test_message ("%u migrations", n_moves);
    g_assert_cmpuint (n_moves, >=, N_LARGE * 5);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/fleet/upgrade/orders", test_orders);
    g_test_add_func ("/fleet/upgrade/many-hosts", test_many_hosts);
    g_test_add_func ("/fleet/upgrade/ranges", test_ranges);
    g_test_add_func ("/fleet/upgrade/room", test_room);
    g_test_add_func ("/fleet/upgrade/steps", test_steps);
    return g_test_run ();
}
