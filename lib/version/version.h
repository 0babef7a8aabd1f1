/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vGPU versions and ranges: pure arithmetic, nothing allocated, no errors but FALSE.
 *
 * A vGPU version is one 32-bit number, major << 16 | minor (NVML: nvmlVgpuVersion_t); as text "26.1". A guest
 * and its host agree, when the guest driver loads, on the highest version in the overlap of both ranges; the
 * agreed version then stays for the life of the VM, over migrations too.
 */
#pragma once

#include <glib.h>

/* Inclusive on both ends, as nvmlVgpuVersion_t. */
typedef struct {
    guint32 min;
    guint32 max;
} VgateVersionRange;

/* "65535.65535" and a NUL. */
#define VGATE_VERSION_TEXT_SIZE 12
/* Two of those and the dash between. */
#define VGATE_VERSION_RANGE_TEXT_SIZE 24

static inline guint32
vgate_version (guint16 major, guint16 minor)
{
    return (guint32)major << 16 | minor;
}

static inline gboolean
vgate_version_in_range (guint32 version, VgateVersionRange range)
{
    return version >= range.min && version <= range.max;
}

/* FALSE when the ranges do not overlap (or one of them is inverted); *overlap is then untouched. */
gboolean vgate_version_range_intersect (VgateVersionRange a, VgateVersionRange b, VgateVersionRange *overlap);

/* TRUE when inner lies inside outer and is not inverted: nvmlSetVgpuVersion's condition. */
gboolean vgate_version_range_contains (VgateVersionRange outer, VgateVersionRange inner);

/* The version a guest and a host agree on: the highest of the overlap. FALSE: the guest driver does not load.
 */
gboolean vgate_version_negotiate (VgateVersionRange guest, VgateVersionRange host, guint32 *agreed);

/* Text into the caller's buffer; returns the buffer. "26.1", "18.1-26.1". */
const char *vgate_version_format (guint32 version, char buffer[static VGATE_VERSION_TEXT_SIZE]);
const char *vgate_version_range_format (VgateVersionRange range,
                                        char buffer[static VGATE_VERSION_RANGE_TEXT_SIZE]);

/* Strict: decimal digits, one dot, no sign, no blanks, no leading zeros, each part at most 65535. NULL is
 * FALSE. */
gboolean vgate_version_parse (const char *text, guint32 *version);
/* Strict likewise: MIN-MAX. An inverted range parses; whether it is acceptable is the caller's question. */
gboolean vgate_version_range_parse (const char *text, VgateVersionRange *range);
