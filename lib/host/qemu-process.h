/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What /proc and libvirt's pid files say of a domain's QEMU. */
#pragma once

#include <glib.h>

/*
 * TRUE when the domain's QEMU was started to receive a guest (-incoming). FALSE with VGATE_CODE_QEMU_UNKNOWN
 * set when that cannot be told. root is put before /run and /proc. is_session: the domain is one of a
 * session's libvirtd, which runs as this program's user.
 */
gboolean vgate_qemu_is_incoming (const char *root, gboolean is_session, const char *domain_name,
                                 GError **error);

/* Which domain a process is: asked of /proc and of libvirt's pid files, not of the process. */
typedef struct {
    char *name; /* the domain's */
    char *uuid; /* lower case */
} VgateQemu;

/*
 * NULL without an error: the process has not our object, or claims to be the QEMU of a domain for which
 * libvirt's pid file names another one. NULL with VGATE_CODE_SWITCH_OVER_OBJECT: the object is that of
 * another domain. root is put before /proc and /run. Reads files, so it is for workers.
 */
VgateQemu *vgate_qemu_identify (const char *root, guint32 pid, GError **error);
void vgate_qemu_free (VgateQemu *qemu);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateQemu, vgate_qemu_free)
