/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The matrix of random fleets: each cell is what the gate decides about its pair alone. */
#include "fleet/matrix.h"
#include "random-fleet.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1795471200)

static void
add_document (gboolean is_host, const char *name, const char *xml, gpointer fleet)
{
    if (is_host)
        vgate_fleet_add_host (fleet, name, xml, strlen (xml));
    else
        vgate_fleet_add_guest (fleet, name, xml, strlen (xml));
}

static VgateFleet *
random_fleet (guint n_hosts, guint n_guests, gboolean is_irregular)
{
    const RandomFleet wanted = {g_test_rand_int () & 0x7fffffff, n_hosts, n_guests, NOW, is_irregular};
    VgateFleet *fleet = vgate_fleet_new ();

    random_fleet_write (&wanted, add_document, fleet);
    g_assert_cmpuint (fleet->faults->len, ==, 0);
    g_assert_cmpuint (fleet->hosts->len, ==, n_hosts);
    g_assert_cmpuint (fleet->guests->len, ==, n_guests);
    return fleet;
}

static VgatePolicy *
a_policy (VgatePlacementMode mode)
{
    VgatePolicy *policy = vgate_policy_new_default ();

    policy->gate_cold_start = TRUE;
    policy->placement_mode = mode;
    return policy;
}

/* The answer about the pair without any other pair. */
static void
check_cell (const VgateMatrix *matrix, const VgateFleetQuestion *question, guint g, guint h, guint *counts)
{
    const VgateFleetGuest *guest = g_ptr_array_index (matrix->fleet->guests, g);
    const VgateFleetHost *host = g_ptr_array_index (matrix->fleet->hosts, h);
    const VgateOutcome *outcome = vgate_matrix_cell (matrix, g, h);
    g_autofree char *text = vgate_cell_text (outcome, guest);
    g_autoptr (VgateDecision) decision =
        vgate_fleet_decide (question, guest, host, vgate_fleet_operation (guest));

    counts[outcome->kind]++;
    if (outcome->code != decision->code || strcmp (text, decision->text) != 0)
        g_error ("%s on %s: matrix VGATE-%03d %s, decision VGATE-%03d %s", guest->name, host->host->name,
                 outcome->code, text, decision->code, decision->text);
    g_assert_cmpint (outcome->kind == VGATE_CELL_LIVE, ==,
                     decision->allowed && decision->code != VGATE_CODE_NOT_CONCERNED);
    g_assert_cmpuint (outcome->warnings->len, ==, decision->warnings->len);
}

static void
check_fleet (const VgateFleet *fleet, VgatePlacementMode mode, guint *counts)
{
    g_autoptr (VgatePolicy) policy = a_policy (mode);
    const VgateFleetQuestion question = {policy, "/nonexistent", NOW};
    g_autoptr (VgateMatrix) matrix = vgate_matrix_new (fleet, &question, NULL, NULL);

    for (guint g = 0; g < fleet->guests->len; g++)
        for (guint h = 0; h < fleet->hosts->len; h++)
            check_cell (matrix, &question, g, h, counts);
}

/* Each kind of answer must have come, so that the comparison is about all of them. */
static void
test_agreement (void)
{
    guint counts[VGATE_N_CELLS] = {0};

    for (guint i = 0; i < 10; i++) {
        g_autoptr (VgateFleet) fleet = random_fleet (12, 40, i % 2 == 1);

        check_fleet (fleet, i % 3 == 0 ? VGATE_PLACEMENT_SUGGEST : VGATE_PLACEMENT_APPLY, counts);
    }
    for (VgateCellKind kind = 0; kind < VGATE_N_CELLS; kind++)
        g_test_message ("%s: %u", vgate_cell_name (kind), counts[kind]);
    g_assert_cmpuint (counts[VGATE_CELL_LIVE], >, 0);
    g_assert_cmpuint (counts[VGATE_CELL_NO], >, 0);
    g_assert_cmpuint (counts[VGATE_CELL_UNKNOWN], >, 0);
    g_assert_cmpuint (counts[VGATE_CELL_HERE], >, 0);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/fleet/matrix/agreement", test_agreement);
    return g_test_run ();
}
