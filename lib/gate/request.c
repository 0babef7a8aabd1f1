/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/request.h"

static const char *const operations[] = {"migrate", "restore", "started", "start", "switch-over", "save"};

G_STATIC_ASSERT (G_N_ELEMENTS (operations) == VGATE_N_OPERATIONS);

const char *
vgate_operation_name (VgateOperation operation)
{
    return (guint)operation < G_N_ELEMENTS (operations) ? operations[operation] : "unknown";
}
