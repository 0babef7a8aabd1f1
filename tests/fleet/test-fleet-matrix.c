/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The matrix of random fleets: each cell is what the gate decides about its pair alone.
 * test-fleet-mutated.c has fleets that differ in more. */
#include "fleet/matrix.h"
#include "random-fleet.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1795471200)

static VgateFleet *
random_fleet (guint n_hosts, guint n_guests, gboolean is_irregular, gboolean is_uniform)
{
    const RandomFleet wanted = {
        .seed = g_test_rand_int () & 0x7fffffff,
        .n_hosts = n_hosts,
        .n_guests = n_guests,
        .now = NOW,
        .is_irregular = is_irregular,
        .is_uniform = is_uniform,
    };
    VgateFleet *fleet = vgate_fleet_new ();

    random_fleet_write (&wanted, random_fleet_add, fleet);
    g_assert_cmpuint (fleet->faults->len, ==, 0);
    g_assert_cmpuint (fleet->hosts->len, ==, n_hosts);
    g_assert_cmpuint (fleet->guests->len, ==, n_guests);
    return fleet;
}

/* The policies of the tests: each number is another one. */
static VgatePolicy *
a_policy (guint number)
{
    static const VgatePlacementMode modes[] = {VGATE_PLACEMENT_APPLY, VGATE_PLACEMENT_SUGGEST,
                                               VGATE_PLACEMENT_OFF};
    VgatePolicy *policy = vgate_policy_new_default ();

    policy->gate_cold_start = TRUE;
    policy->placement_mode = modes[number % 3];
    policy->placement_order = number % 2 == 0 ? VGATE_ORDER_BREADTH_FIRST : VGATE_ORDER_DEPTH_FIRST;
    /* the captures and the host documents are up to 600 s old, so that some of them are too old */
    if (number % 4 != 0)
        policy->max_age = 300;
    if (number % 4 == 2)
        policy->host_max_age = 300;
    if (number % 4 == 3)
        policy->severities[VGATE_RULE_METADATA_OLD] = VGATE_SEVERITY_REFUSE;
    return policy;
}

/* A mediated device whose name is taken gets a random one, which is another one in each decision. */
static char *
without_new_names (const char *text)
{
    g_autoptr (GRegex) regex = g_regex_new ("mediated device [-0-9a-f]{36}, to be created,", 0, 0, NULL);

    return g_regex_replace_literal (regex, text, -1, 0, "mediated device NEW", 0, NULL);
}

static void
check_text (const VgateMatrix *matrix, guint g, guint h, const char *masked, const char *decided)
{
    const VgateFleetGuest *guest = g_ptr_array_index (matrix->fleet->guests, g);
    const VgateFleetHost *host = g_ptr_array_index (matrix->fleet->hosts, h);
    g_autofree char *text = vgate_cell_text (matrix, masked, g, h);
    g_autofree char *in_matrix = without_new_names (text), *in_decision = without_new_names (decided);

    if (strcmp (in_matrix, in_decision) != 0)
        g_error ("%s on %s:\nmatrix   %s\ndecision %s", guest->name, host->host->name, text, decided);
}

/* A guest that a preparation makes live is one that the gate itself would place with mode=apply. */
static void
check_preparation (const VgateFleetQuestion *question, const VgateFleetGuest *guest,
                   const VgateFleetHost *host, const VgateOutcome *outcome)
{
    VgatePolicy policy = *question->policy;
    const VgateFleetQuestion applying = {&policy, question->root, question->now};
    g_autoptr (VgateDecision) decision = NULL;

    if (policy.placement_mode != VGATE_PLACEMENT_SUGGEST) {
        g_assert_cmpint (outcome->kind, !=, VGATE_CELL_PREPARE);
        return;
    }
    policy.placement_mode = VGATE_PLACEMENT_APPLY;
    decision = vgate_fleet_decide (&applying, guest, host, vgate_fleet_operation (guest));
    g_assert_cmpint (outcome->kind == VGATE_CELL_PREPARE || outcome->kind == VGATE_CELL_LIVE, ==,
                     decision->allowed && decision->code != VGATE_CODE_NOT_CONCERNED);
    if (outcome->kind == VGATE_CELL_PREPARE)
        g_assert_cmpint (decision->code, ==, VGATE_CODE_PLACED);
}

/* What the cells were about. */
typedef struct {
    guint kinds[VGATE_N_CELLS];
    guint live_with_mdev, ages, limits;
} Seen;

/* The answer about the pair without any other pair. */
static void
check_cell (const VgateMatrix *matrix, const VgateFleetQuestion *question, guint g, guint h, Seen *seen)
{
    const VgateFleetGuest *guest = g_ptr_array_index (matrix->fleet->guests, g);
    const VgateFleetHost *host = g_ptr_array_index (matrix->fleet->hosts, h);
    const VgateOutcome *outcome = vgate_matrix_cell (matrix, g, h);
    g_autoptr (VgateDecision) decision =
        vgate_fleet_decide (question, guest, host, vgate_fleet_operation (guest));
    const VgateHostdev *hostdev =
        guest->domain->hostdevs->len > 0 ? g_ptr_array_index (guest->domain->hostdevs, 0) : NULL;

    seen->kinds[outcome->kind]++;
    check_text (matrix, g, h, outcome->text, decision->text);
    g_assert_cmpint (outcome->code, ==, decision->code);
    check_preparation (question, guest, host, outcome);
    g_assert_cmpint (outcome->kind == VGATE_CELL_LIVE, ==,
                     decision->allowed && decision->code != VGATE_CODE_NOT_CONCERNED);
    g_assert_cmpuint (outcome->warnings->len, ==, decision->warnings->len);
    for (guint i = 0; i < decision->warnings->len; i++) {
        const VgateWarning *in_matrix = g_ptr_array_index (outcome->warnings, i);
        const VgateWarning *in_decision = g_ptr_array_index (decision->warnings, i);

        g_assert_cmpint (in_matrix->code, ==, in_decision->code);
        check_text (matrix, g, h, in_matrix->text, in_decision->text);
        seen->ages += in_matrix->code == VGATE_CODE_METADATA_OLD;
    }
    seen->ages += outcome->code == VGATE_CODE_METADATA_OLD;
    if (vgate_cell_limit (outcome) != '-') {
        /* the letters explain verdicts, and not reasons such as a device that is in use */
        g_assert_cmpint (outcome->code, >=, 300);
        g_assert_cmpint (outcome->code, <, 500);
        seen->limits++;
    }
    if (outcome->kind == VGATE_CELL_LIVE && hostdev && hostdev->kind == VGATE_HOSTDEV_MDEV)
        seen->live_with_mdev++;
}

static void
check_fleet (const VgateFleet *fleet, VgatePolicy *policy, Seen *seen)
{
    const VgateFleetQuestion question = {policy, "/nonexistent", NOW};
    g_autoptr (VgateMatrix) matrix = vgate_matrix_new (fleet, &question, NULL, NULL);

    for (guint g = 0; g < fleet->guests->len; g++)
        for (guint h = 0; h < fleet->hosts->len; h++)
            check_cell (matrix, &question, g, h, seen);
}

/* Each kind of answer must have come, so that the comparison is about all of them. */
static void
test_agreement (void)
{
    Seen seen = {0};

    for (guint i = 0; i < 12; i++) {
        const gboolean is_uniform = i % 4 < 2;
        g_autoptr (VgateFleet) fleet = random_fleet (12, is_uniform ? 18 : 40, i % 2 == 1, is_uniform);
        g_autoptr (VgatePolicy) policy = a_policy (i);

        check_fleet (fleet, policy, &seen);
    }
    for (VgateCellKind kind = 0; kind < VGATE_N_CELLS; kind++)
        g_test_message ("%s: %u", vgate_cell_name (kind), seen.kinds[kind]);
    g_test_message ("live with a mediated device: %u; old captures: %u; limits: %u", seen.live_with_mdev,
                    seen.ages, seen.limits);
    g_assert_cmpuint (seen.kinds[VGATE_CELL_LIVE], >, 0);
    g_assert_cmpuint (seen.kinds[VGATE_CELL_PREPARE], >, 0);
    g_assert_cmpuint (seen.kinds[VGATE_CELL_COLD], >, 0);
    g_assert_cmpuint (seen.kinds[VGATE_CELL_NO], >, 0);
    g_assert_cmpuint (seen.kinds[VGATE_CELL_UNKNOWN], >, 0);
    g_assert_cmpuint (seen.kinds[VGATE_CELL_HERE], >, 0);
    g_assert_cmpuint (seen.live_with_mdev, >, 0);
    g_assert_cmpuint (seen.ages, >, 0);
    g_assert_cmpuint (seen.limits, >, 0);
}

/* Equal hosts and guests have one outcome, so that the matrix of a large fleet stays small and is made
 * quickly. */
static void
test_sharing (void)
{
    g_autoptr (VgateFleet) fleet = random_fleet (60, 90, FALSE, TRUE);
    g_autoptr (VgatePolicy) policy = a_policy (1);
    const VgateFleetQuestion question = {policy, "/nonexistent", NOW};
    g_autoptr (VgateMatrix) matrix = vgate_matrix_new (fleet, &question, NULL, NULL);
    guint64 n_here = 0;

    for (guint i = 0; i < matrix->outcomes->len; i++)
        n_here += ((const VgateOutcome *)g_ptr_array_index (matrix->outcomes, i))->kind == VGATE_CELL_HERE;
    g_test_message ("%u outcomes, of which %u are about a guest's own host, for 5400 cells",
                    matrix->outcomes->len, (guint)n_here);
    g_assert_cmpuint (matrix->outcomes->len, <, 5400 / 10);
    g_test_message ("%u decisions", (guint)matrix->n_decisions);
    g_assert_cmpuint (matrix->n_decisions, <, 5400 / 4);
}

static void
note_progress (guint done, guint total, gpointer last)
{
    g_assert_cmpuint (done, >=, *(guint *)last);
    g_assert_cmpuint (done, <=, total);
    *(guint *)last = done;
}

/* Several threads judge a large fleet. There are too many cells to compare all of them. */
static void
test_large (void)
{
    g_autoptr (VgateFleet) fleet = random_fleet (250, 1500, TRUE, FALSE);
    g_autoptr (VgatePolicy) policy = a_policy (1);
    const VgateFleetQuestion question = {policy, "/nonexistent", NOW};
    guint done = 0;
    g_autoptr (VgateMatrix) matrix = vgate_matrix_new (fleet, &question, note_progress, &done);
    Seen seen = {0};

    g_assert_cmpuint (done, ==, fleet->guests->len);
    for (gsize i = 0; i < (gsize)fleet->guests->len * fleet->hosts->len; i++) {
        g_assert_cmpuint (matrix->cells[i], <, matrix->outcomes->len);
        if (i % 89 == 0)
            check_cell (matrix, &question, (guint)(i / fleet->hosts->len), (guint)(i % fleet->hosts->len),
                        &seen);
    }
    g_test_message ("%u outcomes, %u decisions", matrix->outcomes->len, (guint)matrix->n_decisions);
    g_assert_cmpuint (seen.kinds[VGATE_CELL_NO], >, 0);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/fleet/matrix/agreement", test_agreement);
    g_test_add_func ("/fleet/matrix/sharing", test_sharing);
    g_test_add_func ("/fleet/matrix/large", test_large);
    return g_test_run ();
}
