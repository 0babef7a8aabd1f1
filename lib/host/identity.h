/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who this host is. Asked without libvirt, because a hook must not call it. */
#pragma once

#include <glib.h>

typedef struct {
    char *name; /* gethostname () */
    char *uuid; /* lower case */
} VgateIdentity;

/*
 * configured: the uuid of the configuration, or NULL. Else the DMI product UUID (which libvirt takes too),
 * else /etc/machine-id in the form of a UUID. root is put before both paths. FALSE with
 * VGATE_CODE_HOST_UNKNOWN when there is none. The caller clears *identity.
 */
gboolean vgate_identity_read (const char *root, const char *configured, VgateIdentity *identity,
                              GError **error);
void vgate_identity_clear (VgateIdentity *identity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateIdentity, vgate_identity_clear)
