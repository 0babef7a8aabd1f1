/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper's side of the probe. */
#include "host/probe-wire.h"

#include <errno.h>
#include <sys/time.h>
#include <unistd.h>

/* Beyond the asker's deadline, so that an answer is never cut by this clock. */
#define GRACE_MS 500

static GBytes *
read_all (int fd)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    guint8 buffer[8192];
    gssize n;

    while ((n = read (fd, buffer, sizeof buffer)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return NULL;
        g_byte_array_append (bytes, buffer, (guint)n);
    }
    return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

/*
 * Nobody waits for us after the deadline: the kernel ends this process (SIGALRM, default action). So the
 * asker need not kill by a pid that may by then be another process's.
 */
static void
limit_own_life (guint deadline_ms)
{
    const guint total_ms = deadline_ms + GRACE_MS;
    const struct itimerval timer = {.it_value = {total_ms / 1000, (total_ms % 1000) * 1000}};

    setitimer (ITIMER_REAL, &timer, NULL);
}

/* An older driver without the call leaves the list empty: the measured rule decides alone. */
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

static VgateProbe *
read_host (VgateNvml *nvml, VgateQuestion *question, GError **error)
{
    g_autoptr (VgateProbe) probe = g_new0 (VgateProbe, 1);

    probe->answers = g_array_new (FALSE, TRUE, sizeof (VgateDriverAnswer));
    probe->instances = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_instance_free);
    probe->host = vgate_inventory_read_host (nvml, error);
    if (!probe->host || !ask_driver (nvml, question, probe, error))
        return NULL;
    probe->host->time = g_get_real_time () / G_USEC_PER_SEC;
    probe->host->name = g_steal_pointer (&question->identity.name);
    probe->host->uuid = g_steal_pointer (&question->identity.uuid);
    if (question->with_instances) {
        g_ptr_array_unref (probe->instances);
        probe->instances = vgate_inventory_read_instances (nvml, probe->host, error);
        if (!probe->instances) {
            probe->instances = g_ptr_array_new ();
            return NULL;
        }
    }
    return g_steal_pointer (&probe);
}

static gboolean
write_answer (int out, const VgateProbe *probe, const GError *error)
{
    g_autoptr (GBytes) answer = vgate_wire_write_answer (probe, error);
    gsize left;
    const guint8 *at = g_bytes_get_data (answer, &left);

    while (left > 0) {
        const gssize n = write (out, at, left);

        if (n < 0 && errno != EINTR)
            return FALSE;
        if (n > 0) {
            at += n;
            left -= (gsize)n;
        }
    }
    /* the asker reads to the end: it shall not wait for NVML to be shut down, which can hang too */
    return close (out) == 0;
}

int
vgate_probe_serve (int in, int out)
{
    g_auto (VgateQuestion) question = {0};
    g_autoptr (GBytes) asked = read_all (in);
    g_autoptr (VgateNvml) nvml = NULL;
    g_autoptr (VgateProbe) probe = NULL;
    g_autoptr (GError) error = NULL;

    if (!asked || !vgate_wire_read_question (asked, &question))
        return 2;
    limit_own_life (question.deadline_ms);
    nvml = vgate_nvml_open (question.library, &error);
    probe = nvml ? read_host (nvml, &question, &error) : NULL;
    return write_answer (out, probe, error) ? 0 : 1;
}
