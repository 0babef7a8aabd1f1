/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/probe.h"

#include "driver/probe-wire.h"

VgateProbe *
vgate_probe_ask (const VgateBackend *backend, const VgateProbing *probing, GError **error)
{
    const VgateQuestion question = {
        .library = backend->library,
        .deadline_ms = backend->deadline_ms,
        .identity = *probing->identity,
        .vgpus = (GPtrArray *)probing->vgpus,
        .with_instances = probing->with_instances,
        .devices = probing->devices,
        .root = (char *)(probing->root ? probing->root : ""),
    };
    g_autoptr (GBytes) asked = vgate_wire_write_question (&question);
    g_autoptr (GBytes) answer = vgate_helper_ask (backend, asked, error);
    g_autoptr (GError) local = NULL;
    VgateProbe *probe;

    if (!answer)
        return NULL;
    probe = vgate_wire_read_answer (answer, &local);
    if (!probe)
        vgate_helper_translate_error (g_steal_pointer (&local), backend, error);
    return probe;
}
