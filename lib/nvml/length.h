/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one length check of metadata: of the driver's own, and of what came from another host. */
#pragma once

#include <glib.h>

/*
 * TRUE when the header's bytes are there, the opaqueDataSize in it (at size_offset) is believable, and
 * together they are exactly the bytes at hand. Else VGATE_CODE_ELEMENT_LENGTH. what: "vGPU" or "pGPU".
 */
gboolean vgate_metadata_check_length (const char *what, const guint8 *bytes, gsize length, gsize header,
                                      gsize size_offset, GError **error);

/* More opaque data than this is not believed: 256 and 260 bytes are known. */
#define VGATE_OPAQUE_SIZE_MAX 65536u
