/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long vgpu-gate-nvml lives, and how it hands over an answer: for each kind of question. */
#pragma once

#include <glib.h>

/* Lets the kernel end this process this long after the deadline (SIGALRM, default action), counted from now;
 * 0: not any more. */
void vgate_serve_limit_life (guint deadline_ms);

/* FALSE when the asker is gone. */
gboolean vgate_serve_write (int out, GBytes *bytes);
