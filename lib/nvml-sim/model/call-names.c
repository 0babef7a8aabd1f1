/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/call-names.h"

#include <string.h>

static const char *const call_names[] = {
#define VGPU_SIM_ANSWERS(name) #name,
#define VGPU_SIM_LACKS(name)   #name,
#include "nvml-sim/model/calls.def"
#undef VGPU_SIM_ANSWERS
#undef VGPU_SIM_LACKS
};

/* The length of the name without a trailing _v and digit. */
static gsize
base_length (const char *call)
{
    const gsize length = strlen (call);

    if (length > 3 && call[length - 3] == '_' && call[length - 2] == 'v' &&
        g_ascii_isdigit (call[length - 1]))
        return length - 3;
    return length;
}

char *
vgpu_sim_call_base_name (const char *call)
{
    return g_strndup (call, base_length (call));
}

gboolean
vgpu_sim_call_is_known (const char *call)
{
    const gsize length = base_length (call);

    for (guint i = 0; i < G_N_ELEMENTS (call_names); i++) {
        if (base_length (call_names[i]) == length && strncmp (call_names[i], call, length) == 0)
            return TRUE;
    }
    return FALSE;
}
