/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan that empties a host: which guest goes where, in which order, and what keeps the others. First the
 * number of guests that leave is as large as possible, then the number of migrations is as small as
 * possible, then the sum of the estimated down-times. Each guest is migrated at most once. Guests of other
 * hosts are only migrated when more guests can leave the host because of it.
 */
#pragma once

#include "fleet/moving.h"

/* The device of a vGPU at its destination. */
typedef struct {
    const VgateHostdev *hostdev; /* of the guest's XML; borrowed */
    char *device;                /* UUID or PCI address */
    gboolean is_made;            /* it is created for the guest; otherwise it exists */
    const VgateHostType *type;   /* borrowed from the host */
    const VgatePgpu *pgpu;       /* likewise */
} VgateDrainDevice;

typedef struct {
    const VgateMover *mover;
    guint to;           /* index of the destination */
    gboolean is_other;  /* a guest of another host, which makes room */
    guint64 down_time;  /* the estimate in ms; 0: not known */
    VgateSeat *seats;   /* one for each vGPU */
    GPtrArray *devices; /* of VgateDrainDevice *, for the vGPUs with a hostdev */
} VgateDrainMove;

/* Why a guest cannot go to some hosts. */
typedef struct {
    VgateCode code;
    guint n_hosts;
    guint host;       /* index of the one that comes nearest */
    guint n_refusals; /* rules that refuse the guest there; 0: another reason */
    char *text;       /* the gate's, about that one, or what room is missing there */
} VgateDrainReason;

typedef struct {
    const VgateMover *mover;
    GPtrArray *reasons; /* of VgateDrainReason *; the one that is solved most easily comes first */
} VgateDrainStay;

typedef struct {
    VgateMoving *moving;
    guint host;
    GPtrArray *moves; /* of VgateDrainMove *, in the order in which they are done */
    GPtrArray *stays; /* of VgateDrainStay * */
    /* vgate_moving_list_unknown (). Without devices in the document, it is not known what runs there. */
    GPtrArray *unknown;  /* of char * */
    GPtrArray *nameless; /* of VgateHostVgpu * */
    guint n_leaving;     /* guests of the host that leave */
    guint n_most;        /* no plan lets more leave */
    gboolean is_optimal; /* FALSE: it was not proved that no plan is better */
} VgateDrainPlan;

typedef struct {
    VgateMovingOrder order;
    gboolean keeps_others; /* guests of other hosts are not moved */
} VgateDrainOptions;

/* The result borrows fleet and question. host is an index. */
VgateDrainPlan *vgate_drain_plan (const VgateFleet *fleet, const VgateFleetQuestion *question, guint host,
                                  const VgateDrainOptions *options);
void vgate_drain_plan_free (VgateDrainPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDrainPlan, vgate_drain_plan_free)

/* --- for drain.c and drain-solve.c --- */

/* A guest that can be migrated, and to which host. */
typedef struct {
    VgateMover *mover;
    gboolean is_other;
    int to;           /* -1: it stays */
    VgateSeat *seats; /* one for each vGPU; set when to is */
} VgateDrainGuest;

/*
 * Finds the best assignment of the guests, with all hosts but the drained one as destinations, as an integer
 * program. FALSE when none was found in the time; the guests are then unchanged. *is_proved: no assignment
 * is better. *n_most: no assignment lets more guests leave. forbidden, of GArray of VgateDrainGuest (the
 * others that move at once), lists sets of moves that cannot be ordered.
 */
gboolean vgate_drain_solve (VgateMoving *moving, guint host, GPtrArray *guests, const GPtrArray *forbidden,
                            gboolean *is_proved, guint *n_most);
