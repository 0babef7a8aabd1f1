/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml/length.h"

#include "base/codes.h"

#include <string.h>

gboolean
vgate_metadata_check_length (const char *what, const guint8 *bytes, gsize length, gsize header,
                             gsize size_offset, GError **error)
{
    guint32 opaque_size;

    if (length < header) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_ELEMENT_LENGTH,
                     "%s metadata has %" G_GSIZE_FORMAT " bytes; its header alone needs %" G_GSIZE_FORMAT,
                     what, length, header);
        return FALSE;
    }
    memcpy (&opaque_size, bytes + size_offset, sizeof opaque_size);
    if (opaque_size > VGATE_OPAQUE_SIZE_MAX || length - header != opaque_size) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_ELEMENT_LENGTH,
                     "%s metadata has %" G_GSIZE_FORMAT " bytes after its header, but the header gives %u",
                     what, length - header, opaque_size);
        return FALSE;
    }
    return TRUE;
}
