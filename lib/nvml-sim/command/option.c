/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/command/option.h"

#include <string.h>

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/number.h"
#include "nvml/nvml-abi.h"

gboolean
vgpu_sim_option_bad (GError **error, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start (arguments, format);
    message = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    g_set_error_literal (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_USAGE, message);
    return FALSE;
}

gboolean
vgpu_sim_option_parse (const char *words, const GOptionEntry *entries, int positional, int *argc,
                       char ***argv, GError **error)
{
    g_autoptr (GOptionContext) context = g_option_context_new (words);
    g_autofree char *name = g_strdup_printf ("vgpu-sim %s", (*argv)[0]);
    g_autoptr (GError) cause = NULL;

    /* the name in --help */
    g_set_prgname (name);
    if (entries)
        g_option_context_add_main_entries (context, entries, NULL);
    if (!g_option_context_parse (context, argc, argv, &cause))
        return vgpu_sim_option_bad (error, "%s: %s", (*argv)[0], cause->message);
    /* GOption leaves a "--" in its place */
    if (*argc > 1 && g_str_equal ((*argv)[1], "--")) {
        (*argv)[1] = (*argv)[0];
        (*argv)++;
        (*argc)--;
    }
    if (*argc - 1 < positional)
        return vgpu_sim_option_bad (error, "%s: missing arguments: expected %s", (*argv)[0], words);
    if (*argc - 1 > positional)
        return vgpu_sim_option_bad (error, "%s: unexpected argument '%s'", (*argv)[0],
                                    (*argv)[1 + positional]);
    return TRUE;
}

gboolean
vgpu_sim_option_required (const char *name, const char *text, GError **error)
{
    return text || vgpu_sim_option_bad (error, "%s is missing", name);
}

gboolean
vgpu_sim_option_uuid (const char *name, const char *text, GError **error)
{
    return !text || g_uuid_string_is_valid (text) ||
           vgpu_sim_option_bad (error, "invalid value '%s' for %s: expected a UUID", text, name);
}

gboolean
vgpu_sim_option_driver (const char *name, const char *text, GError **error)
{
    static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_+";

    if (!text ||
        (*text && strlen (text) < NVML_DRIVER_VERSION_SIZE && strspn (text, allowed) == strlen (text)))
        return TRUE;
    return vgpu_sim_option_bad (error, "invalid value '%s' for %s: expected a driver version", text, name);
}

gboolean
vgpu_sim_option_hex4 (const char *name, const char *text, GError **error)
{
    guint16 value;

    return !text || vgpu_sim_hex4_parse (text, &value) ||
           vgpu_sim_option_bad (error, "invalid value '%s' for %s: expected four hexadecimal digits", text,
                                name);
}

gboolean
vgpu_sim_option_number (const char *name, const char *text, guint32 min, guint32 max, guint32 *number,
                        GError **error)
{
    guint64 value;

    if (!text)
        return TRUE;
    if (!vgpu_sim_number_parse (text, min, max, &value))
        return vgpu_sim_option_bad (error, "invalid value '%s' for %s: expected a number from %u to %u", text,
                                    name, min, max);
    *number = (guint32)value;
    return TRUE;
}

gboolean
vgpu_sim_option_address (const char *name, const char *text, VgpuSimAddress *address, GError **error)
{
    return !text || vgpu_sim_address_parse (text, address) ||
           vgpu_sim_option_bad (error, "invalid value '%s' for %s: expected a PCI address", text, name);
}

gboolean
vgpu_sim_option_version (const char *name, const char *text, guint32 *version, GError **error)
{
    if (!text || (vgate_version_parse (text, version) && *version != 0))
        return TRUE;
    return vgpu_sim_option_bad (error, "invalid value '%s' for %s: expected a vGPU version MAJOR.MINOR", text,
                                name);
}

gboolean
vgpu_sim_option_range (const char *name, const char *text, VgateVersionRange *range, GError **error)
{
    if (!text || (vgate_version_range_parse (text, range) && range->min <= range->max))
        return TRUE;
    return vgpu_sim_option_bad (error, "invalid value '%s' for %s: expected a range MIN-MAX of vGPU versions",
                                text, name);
}

gboolean
vgpu_sim_option_switch (const char *name, const char *text, GError **error)
{
    return !text || g_str_equal (text, "on") || g_str_equal (text, "off") ||
           vgpu_sim_option_bad (error, "invalid value '%s' for %s: expected on or off", text, name);
}
