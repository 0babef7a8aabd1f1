/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scheduler/element.h"

#include "scheduler/names.h"

#include <stddef.h>

static const VgateXmlAttribute attributes[] = {
    {.name = "policy",
     .form = VGATE_XML_CHOICE,
     .offset = offsetof (VgateScheduler, policy),
     .choices = vgate_scheduler_policies},
    {.name = "arr",
     .form = VGATE_XML_CHOICE,
     .offset = offsetof (VgateScheduler, arr),
     .choices = vgate_arr_modes},
    {.name = "average-factor", .form = VGATE_XML_UINT, .offset = offsetof (VgateScheduler, average_factor)},
    {.name = "time-slice", .form = VGATE_XML_UINT, .offset = offsetof (VgateScheduler, time_slice)},
    {.name = NULL},
};

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
