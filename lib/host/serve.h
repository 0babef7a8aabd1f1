/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program vgpu-gate-nvml from the inside: a question on standard input, an answer on standard output. It
 * alone opens NVML. Nobody waits for it after the deadline: the kernel ends it then.
 */
#pragma once

#include "host/wire.h"

/* The program's whole life. Returns its exit status; closes out. Takes SIGALRM and SIGTERM back from whoever
 * blocks or ignores them, so that both end the process. */
int vgate_serve (int in, int out);

/* Lets the kernel end this process this long after the deadline (SIGALRM, default action), counted from now;
 * 0: not any more. */
void vgate_serve_limit_life (guint deadline_ms);

/* FALSE when the asker is gone. */
gboolean vgate_serve_write (int out, GBytes *bytes);
