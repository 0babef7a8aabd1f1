/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the file for node_exporter's textfile collector. A worker writes it, because a file system can hang
 * as well. */
#pragma once

#include <glib.h>

typedef struct VgateMetricsFile VgateMetricsFile;

VgateMetricsFile *vgate_metrics_file_new (void);
/* Waits for a write in progress. */
void vgate_metrics_file_free (VgateMetricsFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateMetricsFile, vgate_metrics_file_free)

/* FALSE while the last write is in progress. The text need not wait for it, because a newer one will
 * follow. */
gboolean vgate_metrics_file_is_ready (const VgateMetricsFile *file);

/* Writes text to path as a whole or not at all: a reader sees the old file or the new one. A failure is
 * logged (VGATE_CODE_METRICS_FILE) when it begins or changes. Call this only if the file is ready. */
void vgate_metrics_file_write (VgateMetricsFile *file, const char *path, const char *text);
