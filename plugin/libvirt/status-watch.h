/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports that a domain is about to leave when libvirt begins the job, which is before QEMU does: about a
 * second earlier for a migration, because the destination is prepared first. libvirt raises no event at that
 * time, but writes the job to the domain's status file, /run/libvirt/qemu/NAME.xml. From then on nobody can
 * change the XML that migrates with the domain (libvirt 9.0, measured).
 *
 * Without such files, as with other drivers than QEMU's, nothing is reported, and QEMU's event is the first
 * sign.
 */
#pragma once

#include <glib.h>

typedef struct VgateStatusWatch VgateStatusWatch;

typedef struct {
    /* A migration out or a save of the domain of this name begins, or has ended. The end is not reported if
     * the domain has left with the job. In the main loop, once for each job. */
    void (*job) (const char *name, gboolean begins, gpointer user_data);
} VgateStatusWatchMethods;

/* directory: VGATE_STATUS_DIRECTORY except in tests. */
VgateStatusWatch *vgate_status_watch_new (const char *directory, const VgateStatusWatchMethods *methods,
                                          gpointer user_data);
void vgate_status_watch_free (VgateStatusWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateStatusWatch, vgate_status_watch_free)

/* Begins to watch the directory, unless it is already watched. The directory need not exist before the
 * connection to libvirt. */
void vgate_status_watch_start (VgateStatusWatch *watch);

#define VGATE_STATUS_DIRECTORY "/run/libvirt/qemu"

/*
 * TRUE if a status file contains a migration out or a save of the domain. *job then distinguishes this job
 * from others of the domain; the caller frees it. FALSE also for a file that is cut, or that libvirt did not
 * write.
 */
gboolean vgate_status_file_leaves (const char *xml, gsize length, char **job);
