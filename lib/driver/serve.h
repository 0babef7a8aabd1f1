/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program vgpu-gate-nvml from the inside: a question on standard input, an answer on standard output. It
 * alone opens NVML. Nobody waits for it after the deadline: the kernel ends it then.
 */
#pragma once

#include "driver/wire.h"

/* The program's whole life. Returns its exit status; closes out. Resets SIGALRM and SIGTERM, which the parent
 * may have blocked or ignored, so that both end the process. */
int vgate_serve (int in, int out);
