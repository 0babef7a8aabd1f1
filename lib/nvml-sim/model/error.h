/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#define VGPU_SIM_ERROR vgpu_sim_error_quark ()
GQuark vgpu_sim_error_quark (void);

typedef enum {
    VGPU_SIM_ERROR_USAGE,      /* the command line is wrong */
    VGPU_SIM_ERROR_IMPOSSIBLE, /* the command is not possible on this host */
    VGPU_SIM_ERROR_FILE,       /* the keyfile is missing, broken or cannot be written */
    VGPU_SIM_ERROR_DENIED,     /* this process has no permission to write the keyfile */
} VgpuSimErrorCode;
