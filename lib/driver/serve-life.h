/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits the life of vgpu-gate-nvml and writes answers, for all kinds of questions. */
#pragma once

#include <glib.h>

/* Makes the kernel end this process (SIGALRM, default action) deadline_ms and a short grace time from now; 0
 * removes the limit. */
void vgate_serve_limit_life (guint deadline_ms);

/* Writes an answer. FALSE when the asker has exited. */
gboolean vgate_serve_write (int out, GBytes *bytes);
