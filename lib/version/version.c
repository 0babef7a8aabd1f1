/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vgpu-gate/vgpu-gate.h"

#include <string.h>

gboolean
vgate_version_range_intersect (VgateVersionRange a, VgateVersionRange b, VgateVersionRange *overlap)
{
    const VgateVersionRange both = {MAX (a.min, b.min), MIN (a.max, b.max)};

    if (a.min > a.max || b.min > b.max || both.min > both.max)
        return FALSE;
    *overlap = both;
    return TRUE;
}

gboolean
vgate_version_range_contains (VgateVersionRange outer, VgateVersionRange inner)
{
    return inner.min <= inner.max && inner.min >= outer.min && inner.max <= outer.max;
}

gboolean
vgate_version_negotiate (VgateVersionRange guest, VgateVersionRange host, guint32 *agreed)
{
    VgateVersionRange overlap;

    if (!vgate_version_range_intersect (guest, host, &overlap))
        return FALSE;
    *agreed = overlap.max;
    return TRUE;
}

const char *
vgate_version_format (guint32 version, char buffer[VGATE_VERSION_TEXT_SIZE])
{
    g_snprintf (buffer, VGATE_VERSION_TEXT_SIZE, "%u.%u", version >> 16, version & 0xffff);
    return buffer;
}

const char *
vgate_version_range_format (VgateVersionRange range, char buffer[VGATE_VERSION_RANGE_TEXT_SIZE])
{
    char min[VGATE_VERSION_TEXT_SIZE], max[VGATE_VERSION_TEXT_SIZE];

    g_snprintf (buffer, VGATE_VERSION_RANGE_TEXT_SIZE, "%s-%s", vgate_version_format (range.min, min),
                vgate_version_format (range.max, max));
    return buffer;
}

/* Reads a number of at most 65535 at *text, and moves *text behind it. */
static gboolean
parse_part (const char **text, guint32 *part)
{
    const char *at = *text;
    guint32 value = 0;

    if (!g_ascii_isdigit (*at) || (*at == '0' && g_ascii_isdigit (at[1])))
        return FALSE;
    for (; g_ascii_isdigit (*at); at++) {
        value = value * 10 + (guint32)(*at - '0');
        if (value > G_MAXUINT16)
            return FALSE;
    }
    *text = at;
    *part = value;
    return TRUE;
}

static gboolean
parse_version (const char **text, guint32 *version)
{
    guint32 major, minor;

    if (!parse_part (text, &major) || *(*text)++ != '.' || !parse_part (text, &minor))
        return FALSE;
    *version = major << 16 | minor;
    return TRUE;
}

gboolean
vgate_version_parse (const char *text, guint32 *version)
{
    guint32 parsed;

    if (!text || !parse_version (&text, &parsed) || *text != '\0')
        return FALSE;
    *version = parsed;
    return TRUE;
}

gboolean
vgate_version_range_parse (const char *text, VgateVersionRange *range)
{
    VgateVersionRange parsed;

    if (!text || !parse_version (&text, &parsed.min) || *text++ != '-' ||
        !parse_version (&text, &parsed.max) || *text != '\0')
        return FALSE;
    *range = parsed;
    return TRUE;
}
