/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The kind of job that holds a domain. */
typedef enum {
    VGATE_JOB_NONE,      /* no job that leaves; an arrival counts as none */
    VGATE_JOB_MIGRATION, /* the guest leaves */
    VGATE_JOB_SAVE,      /* into a file, managed or not */
    VGATE_JOB_SNAPSHOT,  /* an external snapshot whose memory is being written; the guest stays in any case */
    VGATE_JOB_OTHER,     /* a dump, a backup; a restore */
} VgateJobKind;

/*
 * The job that holds a domain. libvirt gives jobs no number, so jobs are told apart by when they began
 * (monotonic, us). libvirt gives only the job's age in ms, so the beginning is known to lie between two
 * times.
 */
typedef struct {
    VgateJobKind kind;
    gint64 began_min, began_max; /* G_MININT64 and G_MAXINT64 if libvirt does not give the age */
} VgateJob;

/* The guest's state by libvirt. */
typedef enum {
    VGATE_GUEST_NOT_KNOWN, /* libvirt was not asked yet */
    VGATE_GUEST_GONE,      /* there is no such domain, or it does not run */
    VGATE_GUEST_RUNS,
    VGATE_GUEST_PAUSED_BY_USER,      /* reason "user": as after virDomainSuspend () without a job */
    VGATE_GUEST_PAUSED_BY_MIGRATION, /* reason "migrating": as after virDomainSuspend () while it migrates */
    VGATE_GUEST_PAUSED_BY_SAVE,
    VGATE_GUEST_PAUSED, /* for another reason, or asleep */
} VgateGuestState;
