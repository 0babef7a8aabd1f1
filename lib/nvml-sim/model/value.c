/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/value.h"

#include <string.h>

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/number.h"

gboolean
vgpu_sim_value_bad (VgpuSimGroup group, const char *key, GError **error, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list arguments;

    va_start (arguments, format);
    what = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "[%s] %s: %s", group.group, key, what);
    return FALSE;
}

gboolean
vgpu_sim_value_has (VgpuSimGroup group, const char *key)
{
    return g_key_file_has_key (group.file, group.group, key, NULL);
}

gboolean
vgpu_sim_value_only (VgpuSimGroup group, const char *const *keys, GError **error)
{
    g_auto (GStrv) present = g_key_file_get_keys (group.file, group.group, NULL, NULL);

    for (gsize i = 0; present && present[i]; i++) {
        if (!g_strv_contains (keys, present[i]))
            return vgpu_sim_value_bad (group, present[i], error, "unknown key");
    }
    return TRUE;
}

/* The value as it is written. No value of this file needs GKeyFile's escapes. */
static char *
get (VgpuSimGroup group, const char *key, GError **error)
{
    g_autofree char *value = g_key_file_get_value (group.file, group.group, key, NULL);

    if (!value) {
        vgpu_sim_value_bad (group, key, error, "missing");
        return NULL;
    }
    return g_steal_pointer (&value);
}

gboolean
vgpu_sim_value_is_plain (const char *text)
{
    for (; *text; text++) {
        if (g_ascii_iscntrl (*text))
            return FALSE;
    }
    return TRUE;
}

gboolean
vgpu_sim_value_text (VgpuSimGroup group, const char *key, gsize max, char **text, GError **error)
{
    g_autofree char *value = get (group, key, error);

    if (!value)
        return FALSE;
    if (*value == '\0' || strlen (value) > max || !vgpu_sim_value_is_plain (value))
        return vgpu_sim_value_bad (group, key, error, "not a text of 1 to %" G_GSIZE_FORMAT " bytes", max);
    *text = g_steal_pointer (&value);
    return TRUE;
}

gboolean
vgpu_sim_value_uuid (VgpuSimGroup group, const char *key, char **text, GError **error)
{
    g_autofree char *value = get (group, key, error);

    if (!value)
        return FALSE;
    if (!g_uuid_string_is_valid (value))
        return vgpu_sim_value_bad (group, key, error, "'%s' is not a UUID", value);
    *text = g_steal_pointer (&value);
    return TRUE;
}

gboolean
vgpu_sim_value_number (VgpuSimGroup group, const char *key, guint64 min, guint64 max, guint64 *number,
                       GError **error)
{
    g_autofree char *value = get (group, key, error);

    if (!value)
        return FALSE;
    if (!vgpu_sim_number_parse (value, min, max, number))
        return vgpu_sim_value_bad (group, key, error,
                                   "'%s' is not a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
                                   value, min, max);
    return TRUE;
}

gboolean
vgpu_sim_value_hex4 (VgpuSimGroup group, const char *key, guint16 *number, GError **error)
{
    g_autofree char *value = get (group, key, error);

    if (!value)
        return FALSE;
    if (!vgpu_sim_hex4_parse (value, number))
        return vgpu_sim_value_bad (group, key, error, "'%s' is not four hexadecimal digits", value);
    return TRUE;
}

gboolean
vgpu_sim_value_address (VgpuSimGroup group, const char *key, VgpuSimAddress *address, GError **error)
{
    g_autofree char *value = get (group, key, error);

    if (!value)
        return FALSE;
    if (!vgpu_sim_address_parse (value, address))
        return vgpu_sim_value_bad (group, key, error, "'%s' is not a PCI address", value);
    return TRUE;
}

gboolean
vgpu_sim_value_version (VgpuSimGroup group, const char *key, guint32 *version, GError **error)
{
    g_autofree char *value = get (group, key, error);

    if (!value)
        return FALSE;
    if (!vgate_version_parse (value, version))
        return vgpu_sim_value_bad (group, key, error, "'%s' is not a vGPU version MAJOR.MINOR", value);
    return TRUE;
}

gboolean
vgpu_sim_value_range (VgpuSimGroup group, const char *key, VgateVersionRange *range, GError **error)
{
    g_autofree char *value = get (group, key, error);

    if (!value)
        return FALSE;
    if (!vgate_version_range_parse (value, range) || range->min > range->max)
        return vgpu_sim_value_bad (group, key, error, "'%s' is not a range MIN-MAX of vGPU versions", value);
    return TRUE;
}

gboolean
vgpu_sim_value_flag (VgpuSimGroup group, const char *key, gboolean *flag, GError **error)
{
    g_autofree char *value = g_key_file_get_value (group.file, group.group, key, NULL);

    if (!value)
        return TRUE;
    if (!g_str_equal (value, "true") && !g_str_equal (value, "false"))
        return vgpu_sim_value_bad (group, key, error, "'%s' is neither true nor false", value);
    *flag = g_str_equal (value, "true");
    return TRUE;
}
