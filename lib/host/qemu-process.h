/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads about a domain's QEMU from /proc and libvirt's pid files. */
#pragma once

#include <glib.h>

/*
 * TRUE when the domain's QEMU was started for an incoming migration (-incoming). FALSE with
 * VGATE_CODE_QEMU_UNKNOWN when that cannot be determined. root is prepended to /run and /proc. is_session:
 * the domain belongs to the libvirtd of a session, which runs as this program's user.
 */
gboolean vgate_qemu_is_incoming (const char *root, gboolean is_session, const char *domain_name,
                                 GError **error);

/*
 * Returns the name of the asynchronous job that holds the domain, as libvirt's status file has it. At
 * 'started begin' that is "start" for a start or a restore, "snapshot" for a revert to a snapshot (measured;
 * libvirt 11.3), and "migration in" for an arrival. NULL if no status file of the system's libvirtd has one.
 * root is prepended to /run. The caller frees it.
 */
char *vgate_qemu_read_job (const char *root, const char *domain_name);

/*
 * TRUE when a process runs on this host as the domain's QEMU: a pid file of libvirt's names it, and its
 * command line contains the domain's UUID. The pid file is that of domain_name, of the system's libvirtd or
 * of that of this user's session; or that of the name under which the system's libvirtd has the domain,
 * which only root can read. root is prepended to /run and /proc.
 */
gboolean vgate_qemu_runs (const char *root, const char *domain_name, const char *uuid);
/* A set with the UUIDs (lower case) on the command lines of the processes that libvirt's pid files name.
 * vgate_qemu_runs () is FALSE for each other UUID. The caller unrefs it. */
GHashTable *vgate_qemu_list_uuids (const char *root);

/*
 * Returns the name of the running domain with this UUID, according to the status files of the system's
 * libvirtd, not to libvirtd itself. NULL if no readable file contains it. root is put before /run. The caller
 * frees it.
 */
char *vgate_qemu_find_name (const char *root, const char *uuid);

/* The domain of a QEMU process, according to /proc and libvirt's pid files rather than to the process. */
typedef struct {
    char *name; /* the domain's name */
    char *uuid; /* lower case */
} VgateQemu;

/*
 * NULL without an error when the process does not have vgpu-gate's object, or when libvirt's pid file of its
 * domain names another process. NULL with VGATE_CODE_SWITCH_OVER_OBJECT when the object is that of another
 * domain. root is prepended to /proc and /run. It reads files, so workers call it.
 */
VgateQemu *vgate_qemu_identify (const char *root, guint32 pid, GError **error);
void vgate_qemu_free (VgateQemu *qemu);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateQemu, vgate_qemu_free)
