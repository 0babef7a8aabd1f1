/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The main function of the program vgpu-gate-nvml. It reads a question from standard input and writes an
 * answer to standard output. Only this program opens NVML. After the deadline no process waits for it, and
 * the kernel ends it.
 */
#pragma once

#include "driver/wire.h"

/* Runs the program. Returns its exit status; closes out. Resets SIGALRM and SIGTERM, which the parent can
 * have blocked or ignored, so that both end the process. */
int vgate_serve (int in, int out);
