/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/number.h"

#include <string.h>

gboolean
vgpu_sim_number_parse (const char *text, guint64 min, guint64 max, guint64 *value)
{
    guint64 parsed;

    if (!text || (text[0] == '0' && text[1] != '\0'))
        return FALSE;
    if (!g_ascii_string_to_unsigned (text, 10, min, max, &parsed, NULL))
        return FALSE;
    *value = parsed;
    return TRUE;
}

gboolean
vgpu_sim_hex4_parse (const char *text, guint16 *value)
{
    guint16 sum = 0;

    if (!text || strlen (text) != 4)
        return FALSE;
    for (; *text; text++) {
        if (!g_ascii_isxdigit (*text))
            return FALSE;
        sum = (guint16)(sum << 4 | g_ascii_xdigit_value (*text));
    }
    *value = sum;
    return TRUE;
}
