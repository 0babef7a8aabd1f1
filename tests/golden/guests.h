/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The domains of hook/NAME.in.xml, as libvirt 9 would write them, with the element that vgpu-gated added. */
#pragma once

#include <glib.h>

/* The key with which sealed.in.xml is sealed. */
#define GUEST_FLEET_KEY "0123456789abcdef0123456789abcdef"

guint guest_count (void);
const char *guest_name (guint index);
/* The whole XML. The caller frees it. */
char *guest_write (guint index);
/* The guest document of the guest with this name in the table, under another name and UUID. The caller frees
 * it. */
char *guest_document (const char *guest, const char *name, const char *uuid);
