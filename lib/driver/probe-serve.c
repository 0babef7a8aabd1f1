/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper's part of the probe. */
#include "driver/probe-serve.h"

#include "driver/probe-wire.h"
#include "driver/serve-life.h"

#include <unistd.h>

/* Asks the driver about all pairs. With an older driver, which lacks the call, the list stays empty, and only
 * the measured rule decides. */
static gboolean
ask_driver (VgateNvml *nvml, const VgateQuestion *question, VgateProbe *probe, GError **error)
{
    for (guint i = 0; i < question->vgpus->len; i++) {
        for (guint j = 0; j < probe->host->pgpus->len; j++) {
            const VgatePgpu *pgpu = g_ptr_array_index (probe->host->pgpus, j);
            VgateDriverAnswer answer = {.vgpu = i, .pgpu = j};
            VgateAnswer bits;
            g_autoptr (GError) local = NULL;

            if (!vgate_nvml_compatibility (nvml, g_ptr_array_index (question->vgpus, i), pgpu->metadata.bytes,
                                           &answer.rc, &bits, &local)) {
                if (g_error_matches (local, VGATE_NVML_ERROR, VGATE_NVML_ERROR_SYMBOL))
                    return TRUE;
                g_propagate_error (error, g_steal_pointer (&local));
                return FALSE;
            }
            answer.states = bits.states;
            answer.limit = bits.limit;
            g_array_append_val (probe->answers, answer);
        }
    }
    return TRUE;
}

static gboolean
is_any_unnamed (const GPtrArray *instances)
{
    for (guint i = 0; i < instances->len; i++)
        if (!((VgateInstance *)g_ptr_array_index (instances, i))->mdev)
            return TRUE;
    return FALSE;
}

/* Reads the devices in this process, which can be abandoned when the driver hangs. */
static void
read_devices (const VgateQuestion *question, VgateProbe *probe)
{
    VgateServed served = VGATE_SERVED_DIRECTLY;

    if (question->devices >= VGATE_PROBE_DEVICES ||
        (question->devices == VGATE_PROBE_UNNAMED_DEVICES && is_any_unnamed (probe->instances))) {
        g_ptr_array_unref (probe->devices);
        probe->devices = vgate_sysfs_list_devices (question->root, &served);
    }
    if (question->devices == VGATE_PROBE_DEVICES_AND_MAKEABLE) {
        g_ptr_array_unref (probe->makeable);
        probe->makeable = vgate_sysfs_list_makeable (question->root, &served);
    }
}

static VgateProbe *
read_host (VgateNvml *nvml, VgateQuestion *question, GError **error)
{
    g_autoptr (VgateProbe) probe = vgate_probe_new ();

    probe->host = vgate_inventory_read (nvml, question->with_instances ? probe->instances : NULL, error);
    if (!probe->host || !ask_driver (nvml, question, probe, error))
        return NULL;
    probe->host->time = g_get_real_time () / G_USEC_PER_SEC;
    probe->host->name = g_steal_pointer (&question->identity.name);
    probe->host->uuid = g_steal_pointer (&question->identity.uuid);
    read_devices (question, probe);
    return g_steal_pointer (&probe);
}

int
vgate_probe_serve (GBytes *asked, int out)
{
    g_auto (VgateQuestion) question = {0};
    g_autoptr (VgateNvml) nvml = NULL;
    g_autoptr (VgateProbe) probe = NULL;
    g_autoptr (GBytes) answer = NULL;
    g_autoptr (GError) error = NULL;

    if (!vgate_wire_read_question (asked, &question))
        return 2;
    nvml = vgate_nvml_open (question.library, &error);
    probe = nvml ? read_host (nvml, &question, &error) : NULL;
    answer = vgate_wire_write_answer (probe, error);
    /* closes the pipe first: the asker reads to the end, and must not wait for NVML's shutdown, which can
     * hang, too */
    return vgate_serve_write (out, answer) && close (out) == 0 ? 0 : 1;
}
