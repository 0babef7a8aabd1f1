/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which domain a process on the bus is: asked of /proc and of libvirt's pid files, not of the process. */
#pragma once

#include <glib.h>

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
