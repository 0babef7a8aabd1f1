/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper's part of following the scheduler's log. */
#include "driver/follow-serve.h"

#include "base/codes.h"
#include "driver/control-wire.h"
#include "driver/follow-wire.h"
#include "driver/gpus.h"
#include "driver/scheduler-serve.h"
#include "driver/serve-life.h"
#include "nvml/nvml-abi.h"
#include "nvml/scheduler-log.h"

#include <poll.h>
#include <unistd.h>

/* According to NVIDIA, five reads a second miss nothing. Twice as many leave room for a late one. */
#define INTERVAL_US (G_USEC_PER_SEC / 10)

/* A GPU, and the reader of its log. */
typedef struct {
    const VgateGpu *gpu;
    int engine;
    VgateSchedulerLogReader *reader;
} Source;

static void
source_free (Source *source)
{
    vgate_scheduler_log_reader_free (source->reader);
    g_free (source);
}

static GPtrArray *
new_sources (const GPtrArray *gpus, int engine)
{
    GPtrArray *sources = g_ptr_array_new_with_free_func ((GDestroyNotify)source_free);

    for (guint i = 0; i < gpus->len; i++) {
        Source *source = g_new0 (Source, 1);

        source->gpu = g_ptr_array_index (gpus, i);
        source->engine = engine;
        source->reader = vgate_scheduler_log_reader_new ();
        g_ptr_array_add (sources, source);
    }
    return sources;
}

static VgateLogNews *
read_source (VgateNvml *nvml, Source *source, GError **error)
{
    g_autoptr (VgateLogNews) news = g_new0 (VgateLogNews, 1);
    g_autoptr (GError) local = NULL;
    g_autoptr (VgateSchedulerLog) log =
        vgate_nvml_device_engine_scheduler_log (nvml, source->gpu->device, source->engine, &local);

    news->address = g_strdup (source->gpu->address);
    news->name = g_strdup (source->gpu->name);
    news->entries = g_array_new (FALSE, FALSE, sizeof (VgateSchedulerLogEntry));
    if (log) {
        VgateSchedulerLogNews found = VGATE_INIT (VgateSchedulerLogNews);

        vgate_scheduler_log_reader_feed (source->reader, log, &found);
        news->is_available = TRUE;
        news->scheduler = log->scheduler;
        news->restarted = found.restarted;
        news->missed = found.missed;
        news->missed_time = found.missed_time;
        g_array_append_vals (news->entries, log->entries + found.first_new, log->n_entries - found.first_new);
    } else if (!vgate_serve_has_no_scheduler (source->engine, local)) {
        g_propagate_error (error, g_steal_pointer (&local));
        return NULL;
    }
    return g_steal_pointer (&news);
}

/* Reads all logs once, and returns the body of an answer (floating). A GPU that is lost is left out from now
 * on and added to unusable. NULL with an error when no GPU is left. */
static GVariant *
look (VgateNvml *nvml, GPtrArray *sources, GPtrArray *unusable, GError **error)
{
    g_autoptr (GPtrArray) round = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_log_news_free);

    for (guint i = 0; i < sources->len;) {
        Source *source = g_ptr_array_index (sources, i);
        const VgateGpu *gpu = source->gpu;
        g_autoptr (GError) local = NULL;
        VgateLogNews *news = read_source (nvml, source, &local);

        if (news) {
            g_ptr_array_add (round, news);
            i++;
        } else {
            g_ptr_array_add (unusable, vgate_unusable_gpu_new (gpu->index, gpu->address, gpu->name, local));
            g_ptr_array_remove_index (sources, i);
        }
    }
    if (!vgate_gpus_check_any (round, unusable, error))
        return NULL;
    return vgate_round_to_variant (round, unusable);
}

/* FALSE when the asker has exited. The life is not limited here, because a slow asker must not count as a
 * driver that hangs. */
static gboolean
send_answer (int out, GVariant *body, const GError *error)
{
    g_autoptr (GBytes) answer = vgate_answer_write (body, error);
    const guint32 length = (guint32)g_bytes_get_size (answer);
    g_autoptr (GBytes) head = g_bytes_new (&length, sizeof length);

    vgate_serve_limit_life (0);
    return vgate_serve_write (out, head) && vgate_serve_write (out, answer);
}

/* Waits for the time of the next read. FALSE when the asker exits in the meantime. */
static gboolean
wait_until (int out, gint64 when)
{
    struct pollfd gone = {.fd = out};
    gint64 left_us;

    while ((left_us = when - g_get_monotonic_time ()) > 0)
        if (poll (&gone, 1, (int)(left_us / 1000 + 1)) > 0)
            return FALSE;
    return TRUE;
}

static void
follow (VgateNvml *nvml, const VgateAsked *asked, GPtrArray *sources, GPtrArray *unusable, int out)
{
    gint64 next = g_get_monotonic_time ();

    for (;;) {
        g_autoptr (GError) error = NULL;
        GVariant *body;

        /* the deadline applies to each read */
        vgate_serve_limit_life (asked->deadline_ms);
        body = look (nvml, sources, unusable, &error);
        g_ptr_array_set_size (unusable, 0); /* they were reported */
        if (!send_answer (out, body, error) || !body)
            return;
        /* after a delay, missed reads are not repeated: the log has all entries that still exist */
        next = MAX (next + INTERVAL_US, g_get_monotonic_time ());
        if (!wait_until (out, next))
            return;
    }
}

int
vgate_follow_serve (const VgateAsked *asked, int out)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateNvml) nvml = NULL;
    g_autoptr (GPtrArray) unusable = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_unusable_gpu_free);
    g_autoptr (GPtrArray) gpus = NULL, sources = NULL;
    const char *address;
    int engine;

    if (!g_variant_is_of_type (asked->body, G_VARIANT_TYPE (VGATE_ENGINE_TYPE)))
        return 2;
    nvml = vgate_nvml_open (asked->library, &error);
    address = vgate_engine_from_variant (asked->body, &engine);
    gpus = nvml ? vgate_gpus_find (nvml, address, unusable, &error) : NULL;
    if (gpus) {
        sources = new_sources (gpus, engine);
        follow (nvml, asked, sources, unusable, out);
    } else {
        send_answer (out, NULL, error);
    }
    close (out);
    /* limits the time for NVML's shutdown, which can hang */
    vgate_serve_limit_life (asked->deadline_ms);
    return 0;
}
