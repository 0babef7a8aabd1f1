/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The update of hosts: no order of few hosts blocks fewer guests than the one that is found, and no order of
 * many hosts is better than the bound that is given. */
#include "fleet/upgrade.h"
#include "random-fleet.h"

#include <string.h>

#define NOW       G_GINT64_CONSTANT (1795471200)
#define N_TABLES  400u
#define HOSTS_MAX 6u

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

static void
add_document (gboolean is_host, const char *name, const char *xml, gpointer fleet)
{
    if (is_host)
        vgate_fleet_add_host (fleet, name, xml, strlen (xml));
    else
        vgate_fleet_add_guest (fleet, name, xml, strlen (xml));
}

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
    random_fleet_write (&wanted, add_document, fleet);
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
    g_assert_cmpuint (plan->n_least, ==, plan->n_blocked);
    g_assert_cmpuint (plan->steps->len, >, 2);
    g_assert_cmpuint (plan->outside->len, >, 0);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/fleet/upgrade/orders", test_orders);
    g_test_add_func ("/fleet/upgrade/many-hosts", test_many_hosts);
    g_test_add_func ("/fleet/upgrade/ranges", test_ranges);
    return g_test_run ();
}
