/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starts the program vgpu-gate-nvml with a question, and reads its answer from a pipe. The asker waits for a
 * deadline and then abandons the program. It does not kill it: the program's own timer ends it
 * (driver/serve-life.h), and the pid could belong to another process by then.
 */
#pragma once

#include "policy/backend.h"

/* Starts the program. Returns a descriptor for its answer, which the caller closes; -1 with
 * VGATE_CODE_INTERNAL when it cannot be started. */
int vgate_helper_start (const VgateBackend *backend, GBytes *question, GError **error);

/* Starts the program and returns its whole answer. NULL with VGATE_CODE_INTERNAL, or with
 * VGATE_CODE_NVML_TIMEOUT when there is no whole answer before the deadline. */
GBytes *vgate_helper_ask (const VgateBackend *backend, GBytes *question, GError **error);

typedef enum {
    VGATE_READ_DONE,
    VGATE_READ_CANCELLED, /* cancel_fd became readable */
    VGATE_READ_FAILED,
} VgateRead;

/* A wait for an answer, with its deadline. */
typedef struct {
    int fd;
    int cancel_fd;
    guint deadline_ms;
    gint64 end;
} VgateWait;

/* Begins a wait. cancel_fd is -1 for none. */
VgateWait vgate_wait_begin (int fd, int cancel_fd, guint deadline_ms);
/* Waits, and appends the received bytes, at least one. Fails with VGATE_CODE_NVML_TIMEOUT, or at the end of
 * file with VGATE_CODE_NVML_CRASHED. */
VgateRead vgate_wait_read (const VgateWait *wait, GByteArray *bytes, GError **error);

/* Takes ownership of the error of an answer. Errors of the driver get message codes, which have a way out;
 * others are not changed. */
void vgate_helper_translate_error (GError *answer_error, const VgateBackend *backend, GError **error);
