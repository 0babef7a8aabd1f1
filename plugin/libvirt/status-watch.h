/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Says that a domain is about to leave when libvirt begins with that, which is before QEMU does: a second
 * or so for a migration, as the destination is prepared meanwhile. libvirt raises no event then, but writes
 * the job down in the domain's status file, /run/libvirt/qemu/NAME.xml. From then on nobody can change the
 * XML that goes with the domain (libvirt 9.0, measured).
 *
 * Where there are no such files, as with another driver than QEMU's, nothing is said, and QEMU's event is
 * the first sign.
 */
#pragma once

#include <glib.h>

typedef struct VgateStatusWatch VgateStatusWatch;

typedef struct {
    /* A migration out or a save of the domain of this name begins, or has ended; the end is not said of a
     * domain that has gone with it. In the main loop, once a job each. */
    void (*job) (const char *name, gboolean begins, gpointer user_data);
} VgateStatusWatchMethods;

/* directory: VGATE_STATUS_DIRECTORY but for tests. */
VgateStatusWatch *vgate_status_watch_new (const char *directory, const VgateStatusWatchMethods *methods,
                                          gpointer user_data);
void vgate_status_watch_free (VgateStatusWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateStatusWatch, vgate_status_watch_free)

/* Begins to watch, unless it does already. The directory need not be there before libvirt was connected
 * to. */
void vgate_status_watch_start (VgateStatusWatch *watch);

#define VGATE_STATUS_DIRECTORY "/run/libvirt/qemu"

/*
 * TRUE when a status file says that the domain is being migrated away or saved; *job then tells this job
 * from others of the domain, and is the caller's. FALSE too where it is cut, or not what libvirt writes.
 */
gboolean vgate_status_file_leaves (const char *xml, gsize length, char **job);
