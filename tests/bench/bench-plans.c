/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The processor time of a plan for a fleet of 200 hosts and 4,000 guests, of which the documents have been
 * read: with room on the other hosts, and without. */
#include "fleet/drain.h"
#include "fleet/upgrade.h"
#include "random-fleet.h"

#include <string.h>
#include <time.h>

#define N_HOSTS   200u
#define N_GUESTS  4000u
#define N_DRAINED 8u
#define LIMIT_MS  5000

/* In ms; the time that passes depends on what else runs. */
static gint64
used_time (void)
{
    return (gint64)clock () * 1000 / CLOCKS_PER_SEC;
}

static void
test_drain (gconstpointer n_gpus)
{
    const RandomFleet wanted = {
        .seed = 7,
        .n_hosts = N_HOSTS,
        .n_guests = N_GUESTS,
        .now = g_get_real_time () / G_USEC_PER_SEC,
        .n_gpus = GPOINTER_TO_UINT (n_gpus),
    };
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    g_autoptr (VgateFleet) fleet = vgate_fleet_new ();
    const VgateFleetQuestion question = {.policy = policy, .root = "/nonexistent", .now = wanted.now};
    gint64 longest = 0;
    guint n_guests = 0, n_leaving = 0, n_optimal = 0;

    policy->gate_cold_start = TRUE;
    policy->link_speed = 25000;
    random_fleet_write (&wanted, random_fleet_add, fleet);
    for (guint host = 0; host < N_DRAINED; host++) {
        const VgateDrainOptions options = {.order = host % 2 == 0 ? VGATE_MOVING_SPREAD : VGATE_MOVING_PACK};
        const gint64 begin = used_time ();
        g_autoptr (VgateDrainPlan) plan = vgate_drain_plan (fleet, &question, host, &options);

        longest = MAX (longest, used_time () - begin);
        n_guests += plan->n_leaving + plan->stays->len;
        n_leaving += plan->n_leaving;
        n_optimal += plan->is_optimal ? 1 : 0;
    }
    g_test_message ("%u hosts, %u guests: %u plans, the longest in %" G_GINT64_FORMAT
                    " ms; %u of %u guests leave, %u plans are proved",
                    N_HOSTS, N_GUESTS, N_DRAINED, longest, n_leaving, n_guests, n_optimal);
    g_assert_cmpint (longest, <, LIMIT_MS);
}

static void
test_upgrade (gconstpointer n_gpus)
{
    const RandomFleet wanted = {.seed = 7,
                                .n_hosts = N_HOSTS,
                                .n_guests = N_GUESTS,
                                .now = g_get_real_time () / G_USEC_PER_SEC,
                                .n_gpus = GPOINTER_TO_UINT (n_gpus)};
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    g_autoptr (VgateFleet) fleet = vgate_fleet_new ();
    const VgateFleetQuestion question = {.policy = policy, .root = "/nonexistent", .now = wanted.now};
    const VgateBranch branch = {.number = 590, .range = {vgate_version (24, 1), vgate_version (27, 1)}};
    gboolean hosts[N_HOSTS];
    g_autoptr (VgateUpgradePlan) plan = NULL;
    gint64 begin, passed;

    policy->gate_cold_start = TRUE;
    random_fleet_write (&wanted, random_fleet_add, fleet);
    for (guint h = 0; h < N_HOSTS; h++)
        hosts[h] = TRUE;
    begin = used_time ();
    plan = vgate_upgrade_plan (fleet, &question, hosts, "590.44.01", &branch, TRUE);
    passed = used_time () - begin;
    g_test_message ("%u hosts, %u guests: an order in %" G_GINT64_FORMAT
                    " ms; %u migrations, %u guests must be shut down, at least %u in any order",
                    N_HOSTS, N_GUESTS, passed, plan->n_moves, plan->n_blocked, plan->n_least);
    /* with many GPUs of different kinds in each host, the gate's decisions about them take longer */
    if (wanted.n_gpus == 0)
        g_assert_cmpint (passed, <, LIMIT_MS);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_data_func ("/bench/plans/drain-with-room", GUINT_TO_POINTER (11), test_drain);
    g_test_add_data_func ("/bench/plans/drain-crowded", GUINT_TO_POINTER (8), test_drain);
    g_test_add_data_func ("/bench/plans/drain-full", GUINT_TO_POINTER (0), test_drain);
    g_test_add_data_func ("/bench/plans/upgrade-with-room", GUINT_TO_POINTER (11), test_upgrade);
    g_test_add_data_func ("/bench/plans/upgrade-crowded", GUINT_TO_POINTER (8), test_upgrade);
    g_test_add_data_func ("/bench/plans/upgrade-full", GUINT_TO_POINTER (0), test_upgrade);
    return g_test_run ();
}
