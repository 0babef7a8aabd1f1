/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file for node_exporter's textfile collector. A worker writes it: a file system can hang, too. */
#pragma once

#include <glib.h>

typedef struct VgateMetricsFile VgateMetricsFile;

VgateMetricsFile *vgate_metrics_file_new (void);
/* Waits for what is being written. */
void vgate_metrics_file_free (VgateMetricsFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateMetricsFile, vgate_metrics_file_free)

/* FALSE while the last write is not over: the text would only wait for another one that is newer. */
gboolean vgate_metrics_file_is_ready (const VgateMetricsFile *file);

/*
 * Writes text to path, whole or not at all: a reader sees the old file or the new one. A failure is logged
 * (VGATE_CODE_METRICS_FILE) when it begins or changes. To be called only when it is ready.
 */
void vgate_metrics_file_write (VgateMetricsFile *file, const char *path, const char *text);
