/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/switchover/save.h"

#include "plugin/element/capture.h"

/* What NVML said; FALSE when that cannot be made an element of. *element is NULL when the domain's own says
 * the same. */
static gboolean
describe (const VgateLeaving *leaving, VgateElement **element)
{
    VgateCaptureInput input = {
        .host = leaving->snapshot ? leaving->snapshot->probe->host : NULL,
        .instances = leaving->snapshot ? vgate_snapshot_find (leaving->snapshot, leaving->uuid) : NULL,
        .domain = leaving->domain,
        .devices = leaving->snapshot ? leaving->snapshot->probe->devices : NULL,
        .key = leaving->key,
        .trigger = VGATE_TRIGGER_CHANGE,
        .power = VGATE_POWER_RUNNING,
    };

    *element = NULL;
    /* without the domain's hostdevs the destination could not tell which vGPU is which */
    if (!input.instances || !leaving->domain)
        return FALSE;
    if (leaving->domain->element)
        input.power = (VgatePower)leaving->domain->element->power;
    input.now = leaving->snapshot->probe->host->time;
    return vgate_capture_build (&input, element, NULL);
}

GBytes *
vgate_leaving_build (const VgateLeaving *leaving, VgatePayloadSource *source)
{
    g_autoptr (VgateElement) element = NULL;
    const gboolean is_described = describe (leaving, &element);
    VgateElement *present = leaving->domain ? leaving->domain->element : NULL;
    VgatePayload payload = {.domain = (char *)leaving->uuid, .time = leaving->now};

    if (is_described) {
        payload.element = element ? element : present;
        payload.time = leaving->snapshot->probe->host->time;
        payload.source = leaving->is_fresh ? VGATE_PAYLOAD_NVML : VGATE_PAYLOAD_MEMORY;
    } else if (present && vgate_element_check (present, leaving->uuid, leaving->key, NULL)) {
        payload.element = present;
        payload.time = present->time;
        payload.source = VGATE_PAYLOAD_MEMORY;
    } else {
        payload.source = VGATE_PAYLOAD_NOTHING;
    }
    *source = (VgatePayloadSource)payload.source;
    return vgate_payload_write (&payload);
}
