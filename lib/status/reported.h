/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How often the hook would have refused a guest on a host that only reports ([gate] mode=report and
 * report-domains), by operation and code. A run of the hook lasts milliseconds, so it counts in a file of the
 * run-time directory, and vgpu-gated makes metrics of the file. A counter exists from its first refusal until
 * the host is booted.
 */
#pragma once

#include "base/codes.h"

/* The operations of the hook, as in vgate_operation_name (), terminated by NULL. With the number of codes,
 * they limit the size of the file. */
extern const char *const vgate_reported_operations[];

typedef struct {
    const char *operation; /* one of vgate_reported_operations */
    int code;
    guint64 value;
} VgateReported;

/* Returns the counters of one operation after the other, in the order in which they were begun: an array of
 * VgateReported, which the caller unrefs. It is empty when there is no file. NULL with
 * VGATE_CODE_REPORT_NOT_COUNTED. */
GArray *vgate_reported_read (const char *root, GError **error);

/* Counts one refusal. A file with invalid content is removed, so that the next refusal begins it again. FALSE
 * with VGATE_CODE_REPORT_NOT_COUNTED. */
gboolean vgate_reported_count (const char *root, const char *operation, VgateCode code, GError **error);
