/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engines of a GPU that have a vGPU scheduler. */
#include "nvml/nvml-abi.h"
#include "vgpu-gate/vgpu-gate.h"

#include <string.h>

/* Indexed by NVML's numbers. */
static const char *const engines[] = {"unknown", "graphics", "nvenc1", "nvenc0"};

G_STATIC_ASSERT (G_N_ELEMENTS (engines) == VGATE_ENGINE_NVENC0 + 1);
G_STATIC_ASSERT ((int)VGATE_ENGINE_GRAPHICS == (int)NVML_ENGINE_GRAPHICS);
G_STATIC_ASSERT ((int)VGATE_ENGINE_NVENC1 == (int)NVML_ENGINE_NVENC1);
G_STATIC_ASSERT ((int)VGATE_ENGINE_NVENC0 == (int)NVML_ENGINE_NVENC0);

const char *
vgate_engine_name (int engine)
{
    return engines[engine >= VGATE_ENGINE_GRAPHICS && engine <= VGATE_ENGINE_NVENC0 ? engine : 0];
}

gboolean
vgate_engine_parse (const char *name, int *engine)
{
    for (int i = VGATE_ENGINE_GRAPHICS; i <= VGATE_ENGINE_NVENC0; i++) {
        if (strcmp (engines[i], name) == 0) {
            *engine = i;
            return TRUE;
        }
    }
    return FALSE;
}
