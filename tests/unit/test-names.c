/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each function that returns the name of an internal number also answers for a number outside its table. */
#include "domain/element.h"
#include "gate/gate.h"
#include "plugin/switchover/payload.h"
#include "status/status.h"

static void
test_names (void)
{
    g_assert_cmpstr (vgate_trigger_name (VGATE_TRIGGER_START), ==, "start");
    g_assert_cmpstr (vgate_trigger_name (VGATE_N_TRIGGERS - 1), ==, "renew");
    g_assert_cmpstr (vgate_trigger_name (VGATE_N_TRIGGERS), ==, "unknown");
    g_assert_cmpstr (vgate_trigger_name ((VgateTrigger)-1), ==, "unknown");
    g_assert_cmpstr (vgate_operation_name (VGATE_OPERATION_MIGRATE), ==, "migrate");
    g_assert_cmpstr (vgate_operation_name (VGATE_OPERATION_PREPARE), ==, "start");
    g_assert_cmpstr (vgate_operation_name (VGATE_N_OPERATIONS - 1), ==, "save");
    g_assert_cmpstr (vgate_operation_name (VGATE_N_OPERATIONS), ==, "unknown");
    g_assert_cmpstr (vgate_operation_name ((VgateOperation)-1), ==, "unknown");
    g_assert_cmpstr (vgate_payload_source_name (VGATE_PAYLOAD_NOTHING), ==, "nothing");
    g_assert_cmpstr (vgate_payload_source_name (VGATE_PAYLOAD_NOTHING + 1), ==, "unknown");
    g_assert_cmpstr (vgate_payload_source_name ((VgatePayloadSource)-1), ==, "unknown");
}

static void
test_infos (void)
{
    g_assert_nonnull (vgate_counter_info (VGATE_N_COUNTERS - 1));
    g_assert_null (vgate_counter_info (VGATE_N_COUNTERS));
    g_assert_null (vgate_counter_info ((VgateCounterKind)-1));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/names/names", test_names);
    g_test_add_func ("/names/infos", test_infos);
    return g_test_run ();
}
