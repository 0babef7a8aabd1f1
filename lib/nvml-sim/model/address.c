/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/address.h"

/* Reads at least min and at most max hexadecimal digits at *text, and moves *text behind them. */
static gboolean
parse_digits (const char **text, guint min, guint max, guint32 *value)
{
    const char *at = *text;
    guint32 sum = 0;
    guint digits = 0;

    for (; g_ascii_isxdigit (*at); at++) {
        if (++digits > max)
            return FALSE;
        sum = sum << 4 | (guint32)g_ascii_xdigit_value (*at);
    }
    if (digits < min)
        return FALSE;
    *text = at;
    *value = sum;
    return TRUE;
}

static guint
count_colons (const char *text)
{
    guint colons = 0;

    for (; *text; text++)
        colons += *text == ':';
    return colons;
}

gboolean
vgpu_sim_address_parse (const char *text, VgpuSimAddress *address)
{
    guint32 domain = 0, bus, device, function;

    if (!text)
        return FALSE;
    if (count_colons (text) == 2 && (!parse_digits (&text, 4, 8, &domain) || *text++ != ':'))
        return FALSE;
    if (!parse_digits (&text, 2, 2, &bus) || *text++ != ':' || !parse_digits (&text, 2, 2, &device) ||
        *text++ != '.' || !parse_digits (&text, 1, 1, &function) || *text != '\0')
        return FALSE;
    if (device > 31 || function > 7)
        return FALSE;
    *address = (VgpuSimAddress){domain, (guint8)bus, (guint8)device, (guint8)function};
    return TRUE;
}

gboolean
vgpu_sim_address_equal (VgpuSimAddress a, VgpuSimAddress b)
{
    return a.domain == b.domain && a.bus == b.bus && a.device == b.device && a.function == b.function;
}

const char *
vgpu_sim_address_format (VgpuSimAddress address, char buffer[static VGPU_SIM_ADDRESS_TEXT_SIZE])
{
    g_snprintf (buffer, VGPU_SIM_ADDRESS_TEXT_SIZE, "%04x:%02x:%02x.%x", address.domain, address.bus,
                address.device, address.function);
    return buffer;
}

const char *
vgpu_sim_address_format_nvml (VgpuSimAddress address, char buffer[static VGPU_SIM_ADDRESS_TEXT_SIZE])
{
    g_snprintf (buffer, VGPU_SIM_ADDRESS_TEXT_SIZE, "%08X:%02X:%02X.%X", address.domain, address.bus,
                address.device, address.function);
    return buffer;
}
