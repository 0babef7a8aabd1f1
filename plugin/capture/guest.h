/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One run of a domain on this host: what happened to it since it was last captured, and what the last update
 * found. Nothing here calls libvirt or NVML. */
#pragma once

#include "plugin/capture/update.h"
#include "policy/policy.h"
#include "status/status.h"

/* Whether the guest leaves, by a migration or into a save image. Only the functions below use it. */
typedef enum {
    VGATE_LEAVING_NO,
    VGATE_LEAVING_ASKED,     /* libvirt is being asked whether it leaves */
    VGATE_LEAVING_YES,       /* by the last answer */
    VGATE_LEAVING_YES_ASKED, /* it leaves by the last answer, and libvirt is being asked again */
    VGATE_LEAVING_OVER,      /* the job that libvirt is being asked about has ended in the meantime */
    VGATE_N_LEAVING
} VgateLeaving;

/* The inputs that change it. */
typedef enum {
    VGATE_LEAVING_CHECK_BEGINS,
    VGATE_LEAVING_JOB_ENDED,
    VGATE_LEAVING_EVENTS_MISSED,
    /* answers; they are ignored while no answer is awaited */
    VGATE_LEAVING_ANSWER_YES,
    VGATE_LEAVING_ANSWER_NO,
    VGATE_LEAVING_ANSWER_NO_ASKED, /* no, and another check is already in progress */
    VGATE_LEAVING_ANSWER_NONE,     /* libvirt could not answer */
    VGATE_N_LEAVING_INPUTS
} VgateLeavingInput;

typedef struct {
    char *uuid;
    char *name;                /* NULL until the first update */
    gboolean is_due;           /* an update is due */
    VgateTrigger trigger;      /* reason for the update; valid while it is due */
    const VgateUpdate *update; /* the update that a worker runs now; NULL: none. Borrowed. */
    int id;                    /* libvirt's ID of this run of the domain; -1: not found yet */
    gint64 heard_at;           /* monotonic: when an event or a list of libvirt's last contained it */
    gboolean is_known;         /* an update could read it */
    guint n_busy;              /* updates in a row that met a job */
    char *fingerprint;         /* of NVML's answer when the element was last found correct; NULL: no vGPU */
    gboolean has_element;
    char *loss; /* what must be logged when the element is written again (VgateUpdate); NULL: nothing */
    gboolean is_unclaimed; /* the last update found an element but no vGPU */
    /* Events of libvirt about its metadata minus the writes of our own that have returned, as each of them
     * makes one event. Negative: as many writes have returned whose events have not come yet. Positive while
     * no write is in progress: somebody else has written. */
    int n_unexplained;
    gboolean is_being_cleaned; /* a worker is removing our element from its persistent definition */
    gboolean is_echo_lost;     /* events were missed during a write, perhaps the event of that write */
    gboolean is_driver_down;   /* of one of its vGPUs, by NVML's last answer */
    VgateLeaving leaving;
    gint64 announced_until;   /* monotonic: libvirt has begun a job that moves it away, QEMU has not */
    gint64 watched_until;     /* monotonic: a change is expected until then */
    gint64 refresh_at;        /* monotonic: update again then, for values that change without an event */
    guint64 sequence;         /* the highest that its XML has contained */
    VgateStatusGuest *status; /* what the daemon reports about it */
} VgateGuest;

VgateGuest *vgate_guest_new (const char *uuid);
void vgate_guest_free (VgateGuest *guest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateGuest, vgate_guest_free)

/* How often NVML must be asked because of this guest. */
typedef enum {
    VGATE_PACE_NONE,
    VGATE_PACE_SLOW,
    VGATE_PACE_FAST,
    VGATE_PACE_WARM, /* several times a second */
} VgatePace;

/*
 * WARM while the destination of its migration is being prepared, but for at most 10 s, so that NVML's answer
 * is recent when the memory transfer begins: a small guest can then be gone within a few milliseconds. FAST
 * while it leaves, and while its guest driver is down, but no longer than 10 minutes after the last event.
 * NONE for a guest without a vGPU, after NVML has had as long to list one.
 */
VgatePace vgate_guest_pace (const VgateGuest *guest, gint64 now);

/* Something happened after which the guest must be updated. */
void vgate_guest_set_due (VgateGuest *guest, VgateTrigger trigger);

/* The same, and more changes may follow soon: a guest driver comes up after a start. now: monotonic. */
void vgate_guest_expect_more (VgateGuest *guest, VgateTrigger trigger, gint64 now);

/* libvirt has begun a migration or a save of it, but QEMU has not. now: monotonic. */
void vgate_guest_note_announced (VgateGuest *guest, gint64 now);

void vgate_guest_note_leaving (VgateGuest *guest, VgateLeavingInput input);
/* TRUE if it leaves as far as is known. */
gboolean vgate_guest_is_leaving (const VgateGuest *guest);
/* TRUE while libvirt is being asked whether it leaves. */
gboolean vgate_guest_is_being_checked (const VgateGuest *guest);

/* TRUE if it is known to have neither a vGPU nor an element. */
gboolean vgate_guest_is_plain (const VgateGuest *guest);

/* libvirt reports that its element was written or removed. TRUE if that was not our own write, so that an
 * update is due. */
gboolean vgate_guest_note_metadata (VgateGuest *guest);

/*
 * A worker looks at its persistent definition and may remove our element from it, which libvirt reports like
 * a write into the live XML. _end_cleaning () returns TRUE if an update is due at once because of another
 * write in the meantime.
 */
void vgate_guest_begin_cleaning (VgateGuest *guest);
gboolean vgate_guest_end_cleaning (VgateGuest *guest, gboolean is_removed);

/* Events may have been missed: do not wait for outstanding ones, nor for those that writes in progress will
 * make. */
void vgate_guest_forget_events (VgateGuest *guest);

/*
 * NVML's present answer about the guest; an update is due if the answer has changed. While the guest has a
 * vGPU, an update is also due every [capture] refresh seconds, because the used frame buffer and the
 * down-time that libvirt allows change without being compared; and when its capture must be renewed for its
 * age. now: monotonic.
 */
void vgate_guest_note_nvml (VgateGuest *guest, const VgateSnapshot *snapshot, const VgatePolicy *policy,
                            gint64 now);

/* An update of its element begins and handles everything that is due now. Borrowed until _end_update (). */
void vgate_guest_begin_update (VgateGuest *guest, VgateUpdate *update);

/* FALSE if the update began in an earlier run of the domain, and so found nothing about this one. */
gboolean vgate_guest_is_update_of (const VgateGuest *guest, const VgateUpdate *update);

/* An update has ended. TRUE if another update is due at once, because something happened in the meantime.
 * After BUSY, UNCLAIMED and FAILED another update is due as well, but not at once. */
gboolean vgate_guest_end_update (VgateGuest *guest, const VgateUpdate *update);

/* The error of the last update, or NULL. TRUE if it differs from the one before: another failure, or no
 * failure any more. */
gboolean vgate_guest_note_failure (VgateGuest *guest, const GError *failure);

/* Its aborted migration hangs, or no longer hangs (VGATE_CODE_CANCEL_*). */
void vgate_guest_note_hang (VgateGuest *guest, VgateCode code, gboolean is_over);

/* vgpu-gated has stopped a migration or a save of it. job: "migration", "save" or "snapshot"; way_out:
 * what the operator can do. */
void vgate_guest_note_stop (VgateGuest *guest, const char *job, const GError *reason, const char *way_out);

/* TRUE if the guest belongs into a list of the guests with vGPUs. */
gboolean vgate_guest_has_vgpus (const VgateGuest *guest);
