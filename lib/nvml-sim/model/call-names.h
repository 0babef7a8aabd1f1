/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of the calls for which a fault can be set. */
#pragma once

#include <glib.h>

/* The name without a trailing _v and digit, so that nvmlInit_v2 and nvmlInit are the same call. The caller
 * frees it. */
char *vgpu_sim_call_base_name (const char *call);

/* TRUE when this is the name, with or without its _vN, of a call of the simulated driver that can fail. */
gboolean vgpu_sim_call_is_known (const char *call);
