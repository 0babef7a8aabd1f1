/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of libvirt about one domain. Each can block for any time, so they must be made by workers
 * (workers.h), not by the main loop. */
#pragma once

#include "domain/domain.h"
#include "plugin/libvirt/states.h"

#include <libvirt/libvirt.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (virDomain, virDomainFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (virConnect, virConnectClose)

/* Sets VGATE_CODE_LIBVIRT_ERROR with libvirt's last error of this thread. */
void vgate_set_libvirt_error (GError **error, const char *call);

/* Returns the domain, or NULL: with an error if libvirt could not answer, without one if there is no such
 * domain. */
virDomainPtr vgate_libvirt_find_domain (virConnectPtr libvirt, const char *uuid, GError **error);

/* Returns libvirt's ID of a running domain at the time of the look-up, which is another one at each start;
 * -1: the domain does not run. Does not block. */
int vgate_libvirt_id (virDomainPtr domain);

/* TRUE while a job holds the domain (a migration, a save or an arrival), and if libvirt cannot answer.
 * Setting metadata would then wait for the job, 30 s at most, and fail. */
gboolean vgate_libvirt_is_busy (virDomainPtr domain);

/*
 * Finds the job that holds the domain. is_leaving: the domain is known to leave; otherwise a guest that is
 * paused for a migration counts as arriving. FALSE with VGATE_CODE_LIBVIRT_ERROR: libvirt cannot answer, and
 * there may or may not be a job.
 *
 * During a snapshot, libvirt answers only while it writes the memory of an external one. At other times, and
 * for an internal snapshot, it lets the call wait until the snapshot is complete or 30 s have passed, and
 * an abort of the job as well (read in 9.0 and 11.3). A call that began before the memory is written waits,
 * too. So the call must follow QEMU's "setup".
 */
gboolean vgate_libvirt_job (virDomainPtr domain, gboolean is_leaving, VgateJob *job, GError **error);

/*
 * Asks libvirt to abort the job that holds the domain. When the job really ends is described in cancel.h.
 * libvirt also accepts the call for a job that has nearly finished, which then succeeds; and for a migration
 * whose destination is still being prepared, which then never begins (measured, 9.0). Error 707 if there is
 * no such job any more, 705 for any other failure.
 */
gboolean vgate_libvirt_abort_job (virDomainPtr domain, GError **error);

/* Returns the guest's state and, if it is paused, the reason. FALSE: libvirt cannot answer. */
gboolean vgate_libvirt_guest (virDomainPtr domain, VgateGuestState *guest, GError **error);

gboolean vgate_libvirt_suspend (virDomainPtr domain, GError **error);
gboolean vgate_libvirt_resume (virDomainPtr domain, GError **error);

/* TRUE: QEMU reports that its last migration was cancelled, so the guest never ran anywhere else (QMP's
 * query-migrate). FALSE: it was not, or QEMU cannot be asked. Taints the domain like the next functions. */
gboolean vgate_libvirt_was_cancelled (virDomainPtr domain);

/*
 * Makes QEMU report the end of a cancelled migration again, for a libvirt that has lost it (jobs/cancel.h).
 * QEMU does not repeat "cancelled". It gets the order to migrate to a file descriptor that it does not have
 * (QMP's migrate): it reports "setup" and "failed", and does nothing else. FALSE with an error: the last
 * migration was not cancelled (*is_refused), or QEMU cannot be asked. Taints the domain.
 */
gboolean vgate_libvirt_repeat_end (virDomainPtr domain, gboolean *is_refused, GError **error);

/*
 * Makes QEMU leave the state "cancelling" (QMP's migrate-continue). FALSE with an error: QEMU refuses the
 * command, as in any other state (*is_refused), or libvirt cannot pass it on. libvirt taints the domain
 * ("custom-monitor") and logs that the monitor was used.
 */
gboolean vgate_libvirt_end_cancelling (virDomainPtr domain, gboolean *is_refused, GError **error);

/* Reads the live XML. Errors: VGATE_CODE_LIBVIRT_ERROR and those of vgate_domain_read (). */
VgateDomain *vgate_libvirt_read_domain (virDomainPtr domain, GError **error);

/*
 * Returns the name and the XML of the domain's current snapshot if it was begun at that time (seconds since
 * 1970) or later; otherwise both are NULL. The caller frees them. FALSE with VGATE_CODE_LIBVIRT_ERROR:
 * libvirt cannot answer.
 */
gboolean vgate_libvirt_read_snapshot (virDomainPtr domain, gint64 since, char **name, char **xml,
                                      GError **error);

/* TRUE for an error of _read_domain () that concerns only our element; the rest of the domain could be
 * read. */
gboolean vgate_libvirt_is_element_error (const GError *error);

/* FALSE with VGATE_CODE_LIBVIRT_ERROR: libvirt cannot answer. */
gboolean vgate_libvirt_power (virDomainPtr domain, VgatePower *power, GError **error);

/* Returns how many ms QEMU may pause the guest at the end of a migration (virsh migrate-setmaxdowntime; 300
 * by default). 0: libvirt cannot answer, or a job holds the domain, for whose end the call would wait. */
guint64 vgate_libvirt_max_downtime (virDomainPtr domain);

/* *has: the live XML has an element of our namespace, valid or not. This is cheaper than reading the XML.
 * FALSE with VGATE_CODE_LIBVIRT_ERROR: libvirt cannot answer. */
gboolean vgate_libvirt_has_element (virDomainPtr domain, gboolean *has, GError **error);

/* Writes the element into the live XML only; xml NULL: removes it. */
gboolean vgate_libvirt_set_element (virDomainPtr domain, const char *xml, GError **error);
