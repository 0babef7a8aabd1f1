/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program vgpu-gate-nvml, from the outside: it is started with a question, and answers on a
 * pipe. The asker waits for a deadline and abandons it then. Nobody kills it: its own alarm clock ends it
 * (driver/serve.h), and a pid may be another process's by then.
 */
#pragma once

#include "policy/backend.h"

/* Starts it. The result is the descriptor where its answer comes, which the caller closes; -1 with
 * VGATE_CODE_INTERNAL when it cannot be started. */
int vgate_helper_start (const VgateBackend *backend, GBytes *question, GError **error);

/* Starts it, and takes all that it answers; NULL with VGATE_CODE_INTERNAL, or with VGATE_CODE_NVML_TIMEOUT
 * when the deadline passes before. */
GBytes *vgate_helper_ask (const VgateBackend *backend, GBytes *question, GError **error);

typedef enum {
    VGATE_READ_DONE,
    VGATE_READ_CANCELLED, /* cancel_fd became readable */
    VGATE_READ_FAILED,
} VgateRead;

/* A wait for more of an answer, which began at some time. */
typedef struct {
    int fd;
    int cancel_fd;
    guint deadline_ms;
    gint64 end;
} VgateWait;

/* cancel_fd: -1 for none. */
VgateWait vgate_wait_begin (int fd, int cancel_fd, guint deadline_ms);
/* Appends what has come, at least a byte. Fails with VGATE_CODE_NVML_TIMEOUT, or at the end of file with
 * VGATE_CODE_NVML_CRASHED. */
VgateRead vgate_wait_read (const VgateWait *wait, GByteArray *bytes, GError **error);

/* Takes the error of an answer. The driver's own errors get our codes, which say what to do; others stay what
 * they are. */
void vgate_helper_translate_error (GError *answer_error, const VgateBackend *backend, GError **error);
