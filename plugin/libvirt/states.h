/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What holds a domain, as far as it concerns us. */
typedef enum {
    VGATE_JOB_NONE,      /* nothing that leaves: an arrival is such a case */
    VGATE_JOB_MIGRATION, /* it leaves */
    VGATE_JOB_SAVE,      /* into a file, managed or not */
    VGATE_JOB_OTHER,     /* a dump, a snapshot, a backup; a restore */
} VgateJobKind;

/*
 * The job that holds a domain. It has no number: what tells it from the one before is when it began
 * (monotonic, us), which libvirt gives as the job's age in ms. So it is known only to lie between these two.
 */
typedef struct {
    VgateJobKind kind;
    gint64 began_min, began_max; /* G_MININT64 and G_MAXINT64: libvirt does not give the age */
} VgateJob;

/* What the guest does, as libvirt says. */
typedef enum {
    VGATE_GUEST_NOT_KNOWN, /* libvirt was not asked yet */
    VGATE_GUEST_GONE,      /* there is no such domain, or it does not run */
    VGATE_GUEST_RUNS,
    VGATE_GUEST_PAUSED_BY_USER,      /* reason "user": as virDomainSuspend () leaves it without a job */
    VGATE_GUEST_PAUSED_BY_MIGRATION, /* reason "migrating": so it does, too, during a migration */
    VGATE_GUEST_PAUSED_BY_SAVE,
    VGATE_GUEST_PAUSED, /* for another reason; or it sleeps */
} VgateGuestState;
