/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer to QEMU's dbus-vmstate method Save: what a guest takes along at switch-over, to the destination
 * or into a save image. `virsh save` is not judged here: plugin/jobs does that when the save begins, by
 * lib/gate/departure.c.
 */
#include "plugin/switchover/save.h"

#include "plugin/element/capture.h"

/* Makes an element from NVML's answer; FALSE if that is not possible. *element is NULL if the domain's
 * present element says the same. */
static gboolean
describe (const VgateSaving *saving, VgateElement **element)
{
    VgateCaptureInput input = {
        .host = saving->snapshot ? saving->snapshot->probe->host : NULL,
        .instances = saving->snapshot ? vgate_snapshot_find (saving->snapshot, saving->uuid) : NULL,
        .domain = saving->domain,
        .devices = saving->snapshot ? saving->snapshot->probe->devices : NULL,
        .key = saving->key,
        .trigger = VGATE_TRIGGER_CHANGE,
        .power = VGATE_POWER_RUNNING,
    };

    *element = NULL;
    /* without the domain's hostdevs the destination could not match the vGPUs with its own */
    if (!input.instances || !saving->domain)
        return FALSE;
    if (saving->domain->element)
        input.power = (VgatePower)saving->domain->element->power;
    input.now = saving->snapshot->probe->host->time;
    return vgate_capture_build (&input, element, NULL);
}

GBytes *
vgate_save_build (const VgateSaving *saving, VgatePayloadSource *source)
{
    g_autoptr (VgateElement) element = NULL;
    const gboolean is_described = describe (saving, &element);
    VgateElement *present = saving->domain ? saving->domain->element : NULL;
    VgatePayload payload = {.domain = (char *)saving->uuid, .time = saving->now};

    if (is_described) {
        payload.element = element ? element : present;
        payload.time = saving->snapshot->probe->host->time;
        payload.source = saving->is_fresh ? VGATE_PAYLOAD_NVML : VGATE_PAYLOAD_MEMORY;
    } else if (present && vgate_element_check (present, saving->uuid, saving->key, NULL)) {
        payload.element = present;
        payload.time = present->time;
        payload.source = VGATE_PAYLOAD_MEMORY;
    } else {
        payload.source = VGATE_PAYLOAD_NOTHING;
    }
    *source = (VgatePayloadSource)payload.source;
    return vgate_payload_write (&payload);
}
