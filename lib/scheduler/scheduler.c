/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scheduler/scheduler.h"

#include <stddef.h>

static const char *const policies[] = {"unknown", "best-effort", "equal-share", "fixed-share", NULL};
static const char *const arr_modes[] = {"default", "disabled", "enabled", NULL};

G_STATIC_ASSERT (G_N_ELEMENTS (policies) == VGATE_SCHEDULER_FIXED_SHARE + 2);

static const VgateXmlAttribute attributes[] = {
    {.name = "policy",
     .form = VGATE_XML_CHOICE,
     .offset = offsetof (VgateScheduler, policy),
     .choices = policies},
    {.name = "arr", .form = VGATE_XML_CHOICE, .offset = offsetof (VgateScheduler, arr), .choices = arr_modes},
    {.name = "average-factor", .form = VGATE_XML_UINT, .offset = offsetof (VgateScheduler, average_factor)},
    {.name = "time-slice", .form = VGATE_XML_UINT, .offset = offsetof (VgateScheduler, time_slice)},
    {.name = NULL},
};

const char *
vgate_scheduler_policy_name (int policy)
{
    if (policy < 0 || policy > VGATE_SCHEDULER_FIXED_SHARE)
        return policies[VGATE_SCHEDULER_UNKNOWN];
    return policies[policy];
}

gboolean
vgate_scheduler_equal (const VgateScheduler *a, const VgateScheduler *b)
{
    /* under best effort the rest of the state means nothing (NVIDIA's documentation) */
    return a->policy == b->policy &&
           (a->policy == VGATE_SCHEDULER_BEST_EFFORT ||
            (a->arr == b->arr && a->average_factor == b->average_factor && a->time_slice == b->time_slice));
}

gboolean
vgate_scheduler_read (const VgateXmlDialect *dialect, xmlNode *node, VgateScheduler *scheduler,
                      GError **error)
{
    return vgate_xml_read_leaf (dialect, node, attributes, scheduler, error);
}

void
vgate_scheduler_write (GString *xml, const char *element, const VgateScheduler *scheduler)
{
    vgate_xml_write_leaf (xml, element, attributes, scheduler);
}
