/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is asked of libvirt about one domain. Each of these can block, for as long as libvirtd likes: they are
 * for workers (workers.h), not for the main loop.
 */
#pragma once

#include "domain/domain.h"
#include "plugin/libvirt/states.h"

#include <libvirt/libvirt.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (virDomain, virDomainFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (virConnect, virConnectClose)

/* VGATE_CODE_LIBVIRT_ERROR with libvirt's last error of this thread. */
void vgate_set_libvirt_error (GError **error, const char *call);

/* The domain; NULL when there is none, with an error only when libvirt cannot say. */
virDomainPtr vgate_libvirt_find_domain (virConnectPtr libvirt, const char *uuid, GError **error);

/* libvirt's ID of a domain that runs, as it was when the domain was looked up: another one at each start. -1:
 * it does not run. Does not block. */
int vgate_libvirt_id (virDomainPtr domain);

/*
 * TRUE while a job holds the domain, be it a migration, a save or an arrival, or libvirt does not say: to set
 * metadata would wait for it, 30 s at most, and then fail.
 */
gboolean vgate_libvirt_is_busy (virDomainPtr domain);

/*
 * The job that holds the domain. is_leaving: it was known to leave; else a guest that is paused for a
 * migration is taken for one that arrives. FALSE: libvirt does not say, VGATE_CODE_LIBVIRT_ERROR; there
 * may be a job or none.
 */
gboolean vgate_libvirt_job (virDomainPtr domain, gboolean is_leaving, VgateJob *job, GError **error);

/*
 * Has libvirt end the job that holds the domain; when that is so is another matter (cancel.h). libvirt
 * accepts it also of a job that is all but over, and then lets that succeed; and of a migration whose
 * destination is still being prepared, which then never begins (measured, 9.0). Error 707 when there is no
 * such job any more, 705 for any other failure.
 */
gboolean vgate_libvirt_abort_job (virDomainPtr domain, GError **error);

/* What the guest does, and the reason, where it is paused. FALSE: libvirt cannot say. */
gboolean vgate_libvirt_guest (virDomainPtr domain, VgateGuestState *guest, GError **error);

gboolean vgate_libvirt_suspend (virDomainPtr domain, GError **error);
gboolean vgate_libvirt_resume (virDomainPtr domain, GError **error);

/* TRUE: QEMU says that its last migration was cancelled, so that it never ran anywhere else (QMP's
 * query-migrate). FALSE: it does not, or cannot be asked. Marks the domain as the next. */
gboolean vgate_libvirt_was_cancelled (virDomainPtr domain);

/*
 * Has QEMU leave the state "cancelling" (QMP's migrate-continue). FALSE with an error: QEMU refuses it, as it
 * does in any other state (*is_refused), or libvirt cannot ask it. libvirt marks the domain, and says in its
 * log, that somebody has used the monitor ("custom-monitor").
 */
gboolean vgate_libvirt_end_cancelling (virDomainPtr domain, gboolean *is_refused, GError **error);

/* The live XML. Errors: VGATE_CODE_LIBVIRT_ERROR and those of vgate_domain_read (). */
VgateDomain *vgate_libvirt_read_domain (virDomainPtr domain, GError **error);

/* TRUE for an error of _read_domain () that is about our element alone: the domain itself is in order. */
gboolean vgate_libvirt_is_element_error (const GError *error);

/* FALSE: libvirt does not say, VGATE_CODE_LIBVIRT_ERROR. */
gboolean vgate_libvirt_power (virDomainPtr domain, VgatePower *power, GError **error);

/*
 * How many ms QEMU may pause the guest at the end of a migration (virsh migrate-setmaxdowntime; 300
 * unless it was set). 0: libvirt does not say, or a job holds the domain, for whose end it would wait.
 */
guint64 vgate_libvirt_max_downtime (virDomainPtr domain);

/* *has: the live XML has an element of our namespace, whatever it is. Cheaper than to read the XML. FALSE:
 * libvirt does not say, VGATE_CODE_LIBVIRT_ERROR. */
gboolean vgate_libvirt_has_element (virDomainPtr domain, gboolean *has, GError **error);

/* Into the live XML only; xml NULL: away with it. */
gboolean vgate_libvirt_set_element (virDomainPtr domain, const char *xml, GError **error);
