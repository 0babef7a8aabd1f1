/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The return codes of NVML: number, name, text. */
#pragma once

#include <glib.h>

/* Text for every code; numbers that NVML does not have get "Unknown Error", as from the real library. */
const char *vgpu_sim_return_text (int code);

/* A number from 1 to 999, or a name as in "GPU_IS_LOST", also with its NVML_ERROR_ in front. Numbers without
 * a name are taken: a newer driver may return them. */
gboolean vgpu_sim_return_parse (const char *text, int *code);

/* "GPU_IS_LOST", or NULL for a number without a name. */
const char *vgpu_sim_return_name (int code);
