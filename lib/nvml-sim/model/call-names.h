/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that a fault can be put on, by name. */
#pragma once

#include <glib.h>

/* The name without a trailing _v and digit: nvmlInit_v2 and nvmlInit are one call. */
char *vgpu_sim_call_base_name (const char *call);

/* TRUE when this names a call of the simulated driver that can fail; takes either spelling. */
gboolean vgpu_sim_call_is_known (const char *call);
