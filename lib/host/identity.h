/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The identity of this host. It is found without libvirt, because a hook must not call libvirt. */
#pragma once

#include <glib.h>

typedef struct {
    char *name; /* gethostname () */
    char *uuid; /* lower case */
} VgateIdentity;

/*
 * The UUID is configured, the uuid of the configuration, unless that is NULL. Then it is the DMI product
 * UUID, which libvirt uses too, or else /etc/machine-id in the form of a UUID. root is prepended to both
 * paths. FALSE with VGATE_CODE_HOST_UNKNOWN when there is no UUID. The caller clears *identity.
 */
gboolean vgate_identity_read (const char *root, const char *configured, VgateIdentity *identity,
                              GError **error);
void vgate_identity_clear (VgateIdentity *identity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateIdentity, vgate_identity_clear)
