/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate-nvml: the only program that opens NVML. Asked on standard input, answers on standard output,
 * ends. */
#include "driver/serve.h"

#include <unistd.h>

int
main (void)
{
    return vgate_serve (STDIN_FILENO, STDOUT_FILENO);
}
