/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate-nvml: the only program that opens NVML. It reads one question from standard input, writes the
 * answer to standard output, and exits. */
#include "driver/serve.h"

#include <unistd.h>

int
main (void)
{
    return vgate_serve (STDIN_FILENO, STDOUT_FILENO);
}
