/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the plans about a fleet have in common: on which host each guest runs, on which pGPUs of which hosts
 * it can run, and the room that is left while guests are moved. Whether a guest can run somewhere is the
 * gate's decision (fleet/question.h) about the host without its guests, so that only the room is left to be
 * counted (fleet/places.h).
 */
#pragma once

#include "fleet/question.h"
#include "fleet/places.h"

/* How a guest fits a host that has room for it. Guests and hosts that differ only in their names share it. */
typedef struct {
    gboolean is_possible;
    VgateCode code; /* of the decision */
    /* The GPUs can run the guest, but the host has no devices of the guest's kind, or its document does not
     * contain them. */
    gboolean lacks_devices;
    guint n_refusals;  /* rules that refuse it on the pGPU that comes nearest; 0: another reason */
    guint64 down_time; /* ms, the longest estimate on one of the pGPUs; 0: not known */
    guint n_pgpus;
    gboolean *can_run; /* indexed by vGPU * n_pgpus + pGPU */
} VgateMovingFit;

typedef struct {
    const VgateElementVgpu *vgpu;
    const VgateHostdev *hostdev; /* NULL: it has none that could get another device */
    const char *source;          /* the device that the guest's XML names at present */
    int pgpu;                    /* on its present host; -1: not known */
    int type;                    /* index of its type there; -1: not known */
    gboolean is_moved;           /* by the plan, it has arrived there */
    VgateArrival arrival;        /* then in this way */
} VgateMovingVgpu;

/* A guest with vGPUs. */
typedef struct {
    guint guest;   /* index into the fleet's guests */
    int home;      /* index of the host on which it runs; -1: no document of this host */
    int origin;    /* the same by the documents, before the plan moved it */
    guint n_vgpus; /* 0: its metadata cannot be used */
    VgateMovingVgpu *vgpus;
    guint64 size;                /* frame buffer of its vGPUs at home, in bytes */
    gboolean is_fixed;           /* by the plan, it does not move any more */
    gboolean is_checked;         /* its metadata is good */
    VgateObservation *here;      /* what this host shows about it; NULL: not looked at yet */
    guint class;                 /* equal for guests that fit the same hosts */
    gboolean has_class;          /* FALSE: not known yet */
    const VgateMovingFit **fits; /* indexed by host; NULL: not judged yet */
} VgateMover;

/*
 * An empty host for guests with a number of vGPUs: of GPUs that are equal to such a guest, it has only as
 * many as the guest has vGPUs, because the guest never needs another one. Hosts with many GPUs thus become
 * equal, and the gate decides about fewer.
 */
typedef struct {
    VgateHost *host;
    guint class;  /* equal for hosts that fit the same guests with this number of vGPUs */
    guint *pgpus; /* indexed by the pGPUs of the real host: one of this host that is equal */
} VgateMovingKind;

typedef struct VgateMoving {
    const VgateFleet *fleet;
    const VgateFleetQuestion *question;
    /* The same guests and hosts after all hosts were changed; NULL: no host is changed. Where a guest fits a
     * host is looked up there for the hosts that is_changed, indexed by host, says. The room is always
     * counted here. Both are borrowed. */
    struct VgateMoving *after;
    const gboolean *is_changed;
    VgateMover **movers;  /* indexed by guest; NULL: it has no vGPU, or is a snapshot */
    VgatePlaces **places; /* indexed by host */
    VgateHost **empty;    /* indexed by host: without guests */
    GHashTable *running;  /* the UUIDs of the domains that run on this host */
    GPtrArray *kinds;     /* of GArray of VgateMovingKind, by number of vGPUs - 1, then by host; NULL: none */
    guint n_classes;      /* of guests */
    GHashTable *classes;  /* key -> class + 1 */
    /* Indexed by class of guests * number of hosts + a host: by its class, about the GPUs of its kind
     * (judged), or by its index, about its own GPUs (known). */
    GPtrArray *judged, *known;
    GPtrArray *all_fits; /* of VgateMovingFit *: owns them */
} VgateMoving;

/* The result borrows fleet and question. */
VgateMoving *vgate_moving_new (const VgateFleet *fleet, const VgateFleetQuestion *question);
void vgate_moving_free (VgateMoving *moving);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateMoving, vgate_moving_free)

/* Forgets all arrivals and departures since the plan was settled. */
void vgate_moving_reset (VgateMoving *moving);
/* All arrivals and departures are done. vgate_moving_settle_guest () must be called for each of these
 * guests. */
void vgate_moving_settle (VgateMoving *moving);

/* What a plan of several steps changes in the fleet. */
typedef struct VgateMovingState VgateMovingState;

VgateMovingState *vgate_moving_save (const VgateMoving *moving);
/* All is as it was when the state was saved. */
void vgate_moving_restore (VgateMoving *moving, const VgateMovingState *state);
void vgate_moving_state_free (VgateMovingState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateMovingState, vgate_moving_state_free)

const VgateFleetGuest *vgate_moving_guest (const VgateMoving *moving, const VgateMover *mover);
const VgateHost *vgate_moving_host (const VgateMoving *moving, guint host);

/*
 * Adds what the host's document lists as running and that belongs to none of the movers: the UUIDs of domains
 * to domains, and VgateHostVgpu * without a domain to vgpus. Both are borrowed from the document. A document
 * without devices lists nothing.
 */
void vgate_moving_list_unknown (const VgateMoving *moving, guint host, GPtrArray *domains, GPtrArray *vgpus);

/* A number that is equal for guests that fit the same hosts. */
guint vgate_moving_class (VgateMoving *moving, VgateMover *mover);

/* Borrowed. The host's document must list its devices if the guest has hostdevs; otherwise nothing is
 * possible there (VGATE_CODE_PLACEMENT_UNKNOWN). About the host where the guest runs, it tells whether the
 * guest can return there. */
const VgateMovingFit *vgate_moving_fit (VgateMoving *moving, VgateMover *mover, guint host);

/* The decision about a host on which the guest is not possible: that of the fit. The caller frees it. */
VgateDecision *vgate_moving_decide (VgateMoving *moving, VgateMover *mover, guint host);

/* Whether empty hosts or full ones are preferred. */
typedef enum {
    VGATE_MOVING_SPREAD,
    VGATE_MOVING_PACK,
} VgateMovingOrder;

/* Where a vGPU arrives. */
typedef struct {
    guint pgpu;
    guint type; /* index of its type there */
    VgateArrival arrival;
} VgateSeat;

/* The index of the vGPU's type on the pGPU; -1 when the pGPU does not offer it, or when its devices are not
 * of the kind of the guest's hostdev. */
int vgate_moving_find_type (const VgatePlacePgpu *pgpu, const VgateMovingVgpu *vgpu);

/* Finds seats for all vGPUs of the guest on the host, and takes them. seats has one member for each vGPU.
 * FALSE when there is no room, and nothing is changed. */
gboolean vgate_moving_seat (VgateMoving *moving, VgateMover *mover, guint host, VgateMovingOrder order,
                            VgateSeat *seats);
/* Takes these seats; FALSE when there is no room, and nothing is changed. */
gboolean vgate_moving_take (VgateMoving *moving, const VgateMover *mover, guint host, const VgateSeat *seats);
void vgate_moving_give_back (VgateMoving *moving, const VgateMover *mover, guint host,
                             const VgateSeat *seats);

/* The guest has moved to these seats. */
void vgate_moving_settle_guest (VgateMover *mover, guint host, const VgateSeat *seats);

/* TRUE when it is known where each of the guest's vGPUs runs, so that its room can be given back, and it is
 * not fixed. */
gboolean vgate_moving_can_leave (const VgateMoving *moving, const VgateMover *mover);
/* The guest leaves its host. */
void vgate_moving_leave (VgateMoving *moving, const VgateMover *mover);
/* Undoes vgate_moving_leave (). Nothing that needs its room may have arrived. */
void vgate_moving_return (VgateMoving *moving, const VgateMover *mover);
