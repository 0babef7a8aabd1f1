/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks the length of metadata, both of the local driver's and of another host's. */
#pragma once

#include <glib.h>

/*
 * TRUE when length is at least header, the opaqueDataSize at size_offset is at most VGATE_OPAQUE_SIZE_MAX,
 * and length is exactly header + opaqueDataSize. Otherwise FALSE with VGATE_CODE_ELEMENT_LENGTH. All sizes
 * are in bytes. what is "vGPU" or "pGPU", for the message.
 */
gboolean vgate_metadata_check_length (const char *what, const guint8 *bytes, gsize length, gsize header,
                                      gsize size_offset, GError **error);

/* The largest accepted size of opaque data, in bytes. The known sizes are 256 and 260. */
#define VGATE_OPAQUE_SIZE_MAX 65536u
