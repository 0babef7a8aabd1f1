/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/request.h"

static const char *const operations[] = {
    [VGATE_OPERATION_MIGRATE] = "migrate",         [VGATE_OPERATION_RESTORE] = "restore",
    [VGATE_OPERATION_STARTED] = "started",         [VGATE_OPERATION_PREPARE] = "start",
    [VGATE_OPERATION_SWITCH_OVER] = "switch-over", [VGATE_OPERATION_SAVE] = "save",
};

G_STATIC_ASSERT (G_N_ELEMENTS (operations) == VGATE_N_OPERATIONS);

const char *
vgate_operation_name (VgateOperation operation)
{
    return (guint)operation < G_N_ELEMENTS (operations) ? operations[operation] : "unknown";
}
