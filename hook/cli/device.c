/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate device: the vGPU devices of this host, mediated devices and virtual functions. */
#include "command.h"

int
vgate_command_device (int argc, char *argv[], const char *config)
{
    static const VgateCommand commands[] = {
        {"list", vgate_command_device_list, "list the vGPU devices of this host and their reservations"},
        {"make", vgate_command_device_make, "create the vGPU devices that a guest needs"},
        {"remove", vgate_command_device_remove, "remove vGPU devices that are not in use"},
    };

    return vgate_command_group (commands, G_N_ELEMENTS (commands), argc, argv, config);
}
