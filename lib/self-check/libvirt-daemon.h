/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon of libvirt that runs this host's guests, and its hooks. */
#pragma once

#include <glib.h>

typedef struct {
    guint pid;        /* 0: none runs */
    const char *name; /* static: "virtqemud" or "libvirtd"; the latter if none runs */
    gint64 started;   /* us since 1970, exact to 20 ms if the clock was not set since; 0: not known */
    char *hooks;      /* the directory from which it takes hooks, without root */
} VgateLibvirtDaemon;

/*
 * Finds the system's daemon (of root, in this PID namespace). The directory is read from the libvirt library
 * that the daemon has mapped. Only a process with all of root's capabilities may see that; for others it is
 * the library of this process, or /etc/libvirt/hooks. now: us since 1970. The caller clears *daemon.
 */
void vgate_libvirt_daemon_find (const char *root, gint64 now, VgateLibvirtDaemon *daemon);
void vgate_libvirt_daemon_clear (VgateLibvirtDaemon *daemon);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateLibvirtDaemon, vgate_libvirt_daemon_clear)

/* A file that libvirt takes for a qemu hook, if it is executable. */
typedef struct {
    char *path;             /* without root */
    char *target;           /* where its symbolic links lead, without root; path if it is no link */
    gint64 changed;         /* us since 1970: when the file or the link itself was created or renamed */
    gboolean exists;        /* FALSE: the link leads nowhere */
    gboolean is_executable; /* libvirt skips others; its log has a warning */
    gboolean is_ours;       /* its target's name is vgpu-gate-hook */
} VgateLibvirtHook;

/* Array of VgateLibvirtHook *, in the order in which libvirt runs them: DIRECTORY/qemu, then DIRECTORY/qemu.d
 * by name. The caller unrefs it. */
GPtrArray *vgate_libvirt_hooks_list (const char *root, const char *directory);
