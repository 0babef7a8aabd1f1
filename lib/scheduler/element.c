/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scheduler/element.h"

#include "scheduler/names.h"

static const VgateXmlAttribute attributes[] = {
    VGATE_XML_ONE_OF (VgateScheduler, "policy", vgate_scheduler_policies, policy),
    VGATE_XML_ONE_OF (VgateScheduler, "arr", vgate_arr_modes, arr),
    VGATE_XML_ATTRIBUTE (VgateScheduler, "average-factor", UINT, average_factor),
    VGATE_XML_ATTRIBUTE (VgateScheduler, "time-slice", UINT, time_slice),
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
