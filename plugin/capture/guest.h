/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One run of a domain here, as far as the daemon knows it: what happened to it since it was looked at, and
 * what the last update found. Nothing here calls libvirt or NVML.
 */
#pragma once

#include "plugin/capture/update.h"
#include "status/status.h"

/* Does it leave, by a migration or into a save image? Private, but for the functions below. */
typedef enum {
    VGATE_LEAVING_NO,
    VGATE_LEAVING_ASKED,     /* libvirt is being asked whether it does */
    VGATE_LEAVING_YES,       /* by the last answer */
    VGATE_LEAVING_YES_ASKED, /* so it was, and libvirt is being asked again */
    VGATE_LEAVING_OVER,      /* the job that libvirt is being asked about has ended meanwhile */
    VGATE_N_LEAVING
} VgateLeaving;

/* What changes that. */
typedef enum {
    VGATE_LEAVING_CHECK_BEGINS,
    VGATE_LEAVING_JOB_ENDED,
    VGATE_LEAVING_EVENTS_MISSED,
    /* answers; none is of interest while none is awaited */
    VGATE_LEAVING_ANSWER_YES,
    VGATE_LEAVING_ANSWER_NO,
    VGATE_LEAVING_ANSWER_NO_ASKED, /* no, and another check is under way already */
    VGATE_LEAVING_ANSWER_NONE,     /* libvirt does not say */
    VGATE_N_LEAVING_INPUTS
} VgateLeavingInput;

typedef struct {
    char *uuid;
    char *name;                /* NULL until it was looked at */
    gboolean is_due;           /* it is to be looked at */
    VgateTrigger trigger;      /* why; valid while it is due */
    const VgateUpdate *update; /* the one that a worker has just now; NULL: none. Borrowed. */
    int id;                    /* libvirt's, of this run of the domain; -1: it was not found yet */
    gint64 heard_at;           /* monotonic: when libvirt last told of it, by an event or a list */
    gboolean is_known;         /* it was looked at, and could be */
    guint n_busy;              /* updates in a row that met a job */
    char *fingerprint;         /* of what NVML said when it was last found in order; NULL: it had no vGPU */
    gboolean has_element;
    gboolean is_unclaimed;   /* the last update found an element but no vGPU */
    int n_unexplained;       /* metadata events, less those that our own writes make */
    gboolean is_cleaned;     /* a worker takes our element out of its persistent definition, just now */
    gboolean is_echo_lost;   /* events were missed while a worker wrote: that of its write, perhaps */
    gboolean is_driver_down; /* of one of its vGPUs, when NVML was last asked */
    VgateLeaving leaving;
    gint64 announced_until;   /* monotonic: libvirt has begun a job that takes it away, and QEMU has not */
    gint64 watched_until;     /* monotonic: something may be expected of it until then */
    gint64 refresh_at;        /* monotonic: look again then, for what is not told of when it changes */
    guint64 sequence;         /* the highest that stood in its XML */
    VgateStatusGuest *status; /* what is said of it when somebody asks */
} VgateGuest;

VgateGuest *vgate_guest_new (const char *uuid);
void vgate_guest_free (VgateGuest *guest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateGuest, vgate_guest_free)

/* How often NVML is to be asked for its sake. */
typedef enum {
    VGATE_PACE_NONE,
    VGATE_PACE_SLOW,
    VGATE_PACE_FAST,
    VGATE_PACE_WARM, /* several times a second */
} VgatePace;

/*
 * Warm while the destination of its migration is being prepared, so that what NVML says is fresh when
 * memory begins to move: a small guest is away within a few milliseconds then. Not for longer than 10 s.
 * Fast while it leaves, and while its driver is down; but a guest without a driver is let go after 10
 * minutes in which nothing happened. None for one without a vGPU, once NVML has had as long to list one.
 */
VgatePace vgate_guest_pace (const VgateGuest *guest, gint64 now);

/* Something happened after which it is to be looked at. */
void vgate_guest_set_due (VgateGuest *guest, VgateTrigger trigger);

/* As that, and something more may happen to it soon: a driver comes up after a start. now: monotonic. */
void vgate_guest_expect_more (VgateGuest *guest, VgateTrigger trigger, gint64 now);

/* libvirt has begun a migration or a save of it, but QEMU has not. now: monotonic. */
void vgate_guest_note_announced (VgateGuest *guest, gint64 now);

void vgate_guest_note_leaving (VgateGuest *guest, VgateLeavingInput input);
/* TRUE: it leaves, as far as is known. */
gboolean vgate_guest_is_leaving (const VgateGuest *guest);
/* TRUE: an answer is awaited. */
gboolean vgate_guest_is_checked (const VgateGuest *guest);

/* TRUE when it is known to have neither a vGPU nor an element. */
gboolean vgate_guest_is_plain (const VgateGuest *guest);

/* libvirt says that its element was written or removed. TRUE when that was somebody else, so that it is due.
 */
gboolean vgate_guest_note_metadata (VgateGuest *guest);

/*
 * A worker looks at its persistent definition, and may take our element out of it: libvirt tells of that as
 * of a write into the live XML. After _end: TRUE when it is due at once, because somebody else wrote
 * meanwhile.
 */
void vgate_guest_begin_cleaning (VgateGuest *guest);
gboolean vgate_guest_end_cleaning (VgateGuest *guest, gboolean is_removed);

/* Events may have been missed: of those that are outstanding none may be waited for, nor of those that writes
 * which are under way will make. */
void vgate_guest_forget_events (VgateGuest *guest);

/*
 * What NVML says of it now; if that is news, it is due. So it is every so many seconds while it has a vGPU:
 * its frame buffer in use and the down-time that libvirt allows it change without being news. now: monotonic.
 */
void vgate_guest_note_nvml (VgateGuest *guest, const VgateSnapshot *snapshot, guint refresh, gint64 now);

/* An update of its element begins: what is due now is being done. Borrowed until _end_update (). */
void vgate_guest_begin_update (VgateGuest *guest, VgateUpdate *update);

/* FALSE: the update began in an earlier run of the domain, and found nothing about this one. */
gboolean vgate_guest_is_update_of (const VgateGuest *guest, const VgateUpdate *update);

/*
 * An update is over. TRUE when it is due again at once, because something happened meanwhile. After BUSY,
 * UNCLAIMED and FAILED it is due, too, but not at once.
 */
gboolean vgate_guest_end_update (VgateGuest *guest, const VgateUpdate *update);

/* What the last update failed with (NULL: nothing). TRUE when that is another failure than before, or none
 * any more. */
gboolean vgate_guest_note_failure (VgateGuest *guest, const GError *failure);

/* Its aborted migration hangs, or did and is over (VGATE_CODE_CANCEL_*). */
void vgate_guest_note_hang (VgateGuest *guest, VgateCode code, gboolean is_over);

/* TRUE when it is worth telling somebody who asks for the guests with vGPUs. */
gboolean vgate_guest_has_vgpus (const VgateGuest *guest);
