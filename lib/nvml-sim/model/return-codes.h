/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The return codes of NVML: number, name, text. */
#pragma once

#include <glib.h>

/* The text of a code. Numbers that NVML does not have get "Unknown Error", as from the real library. */
const char *vgpu_sim_return_text (int code);

/* Reads a number from 1 to 999, or a name such as "GPU_IS_LOST" with or without the prefix NVML_ERROR_.
 * Numbers without a name are accepted, as a newer driver can return them. */
gboolean vgpu_sim_return_parse (const char *text, int *code);

/* "GPU_IS_LOST", or NULL for a number without a name. */
const char *vgpu_sim_return_name (int code);
