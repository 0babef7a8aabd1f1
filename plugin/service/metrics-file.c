/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/service/metrics-file.h"

#include "plugin/base/log.h"
#include "plugin/base/workers.h"

#include <string.h>

#define WRITE_DEADLINE_MS 10000u

struct VgateMetricsFile {
    VgateWorkers *workers;
    gboolean is_busy;
    char *failure; /* of the last write; logged when it changes */
};

typedef struct {
    char *path, *text;
    char *failure;
} Write;

static void
write_free (gpointer data)
{
    Write *write = data;

    g_free (write->path);
    g_free (write->text);
    g_free (write->failure);
    g_free (write);
}

/* Writes a temporary file in the same directory, which no collector reads, and renames it. */
static void
write_run (gpointer data)
{
    Write *write = data;
    g_autoptr (GError) error = NULL;
    const char *reason;

    if (g_file_set_contents_full (write->path, write->text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error))
        return;
    /* before the system's reason, GLib names its temporary file, which has another name each time */
    reason = strrchr (error->message, ':');
    write->failure =
        g_strdup_printf ("cannot write '%s':%s", write->path, reason ? reason + 1 : error->message);
}

static void
write_done (gpointer data, gpointer user_data)
{
    const Write *write = data;
    VgateMetricsFile *file = user_data;

    file->is_busy = FALSE;
    if (g_strcmp0 (write->failure, file->failure) == 0)
        return;
    if (write->failure)
        vgate_log (VGATE_CODE_METRICS_FILE, NULL, "%s", write->failure);
    g_free (file->failure);
    file->failure = g_strdup (write->failure);
}

static const VgateWorkKind write_kind = {write_run, write_done, write_free};

VgateMetricsFile *
vgate_metrics_file_new (void)
{
    VgateMetricsFile *file = g_new0 (VgateMetricsFile, 1);

    file->workers = vgate_workers_new (1, WRITE_DEADLINE_MS, NULL, NULL);
    return file;
}

void
vgate_metrics_file_free (VgateMetricsFile *file)
{
    if (!file)
        return;
    vgate_workers_free (file->workers);
    g_free (file->failure);
    g_free (file);
}

gboolean
vgate_metrics_file_is_ready (const VgateMetricsFile *file)
{
    return !file->is_busy;
}

void
vgate_metrics_file_write (VgateMetricsFile *file, const char *path, const char *text)
{
    Write *write = g_new0 (Write, 1);

    write->path = g_strdup (path);
    write->text = g_strdup (text);
    file->is_busy = TRUE;
    vgate_workers_push (file->workers, &write_kind, write, file);
}
