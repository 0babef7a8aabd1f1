/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/probe.h"

#include "host/probe-wire.h"

void
vgate_probe_free (VgateProbe *probe)
{
    if (!probe)
        return;
    vgate_host_free (probe->host);
    g_array_unref (probe->answers);
    g_ptr_array_unref (probe->instances);
    g_free (probe);
}

VgateProbe *
vgate_probe_ask (const VgateBackend *backend, const VgateIdentity *identity, const GPtrArray *vgpus,
                 gboolean with_instances, GError **error)
{
    const VgateQuestion question = {
        .library = backend->library,
        .deadline_ms = backend->deadline_ms,
        .identity = *identity,
        .vgpus = (GPtrArray *)vgpus,
        .with_instances = with_instances,
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
