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
    char *named;                 /* the device that the XML names before: UUID or PCI address */
    char *device;                /* that at the destination */
    gboolean is_kept;            /* the named one stays, because it existed before the plan */
    gboolean is_made;            /* it is created for the guest; otherwise it exists */
    const VgateHostType *type;   /* borrowed from the host */
    const VgatePgpu *pgpu;       /* likewise */
} VgateDrainDevice;

typedef struct {
    const VgateMover *mover;
    guint from, to;     /* indices of the hosts */
    gboolean is_other;  /* a guest of another host, which makes room */
    gboolean is_left;   /* its devices at the source are to be removed, because they would take room there */
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
    /* One guest after the other gets a place; no assignment is searched that lets more of them leave. */
    gboolean is_quick;
    guint n_tries; /* how often an assignment that cannot be ordered is replaced by another; 0: the default */
    /* Indexed by host: it is emptied later, so that others are preferred, to whatever down-time; NULL: none
     * is. */
    const gboolean *is_later;
} VgateDrainOptions;

/* The result borrows fleet and question. host is an index. */
VgateDrainPlan *vgate_drain_plan (const VgateFleet *fleet, const VgateFleetQuestion *question, guint host,
                                  const VgateDrainOptions *options);
void vgate_drain_plan_free (VgateDrainPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDrainPlan, vgate_drain_plan_free)

/* --- one step of a plan --- */

/* A guest that can be migrated, and to which host. */
typedef struct {
    VgateMover *mover;
    gboolean is_other;
    int to;           /* -1: it stays */
    VgateSeat *seats; /* one for each vGPU; set when to is */
} VgateDrainGuest;

void vgate_drain_guest_free (VgateDrainGuest *guest);

typedef struct {
    GPtrArray *guests; /* of VgateDrainGuest *, those that are to leave, then others */
    guint n_own;       /* those that are to leave */
    GPtrArray *others; /* of the other ones those that move, in their order */
    guint n_leaving;
    guint n_most;        /* no assignment lets more leave */
    gboolean is_optimal; /* FALSE: it was not proved that no assignment is better */
} VgateDrainAssignment;

/*
 * Finds places for the guests (movers, of VgateMover *) that are to leave the host, and takes them. The room
 * that guests of other hosts leave behind is then free; that of the guests that are to leave is still taken.
 */
VgateDrainAssignment *vgate_drain_assign (VgateMoving *moving, guint host, const GPtrArray *movers,
                                          const VgateDrainOptions *options);
void vgate_drain_assignment_free (VgateDrainAssignment *assignment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDrainAssignment, vgate_drain_assignment_free)

/* Takes the seats of an assignment's guests, when all guests of other hosts that move have left. FALSE when
 * one has no room. */
gboolean vgate_drain_take_seats (VgateMoving *moving, const GPtrArray *guests);

/* The devices that guests get by the moves before, and those that they have left. */
typedef struct VgateDrainDevices VgateDrainDevices;

VgateDrainDevices *vgate_drain_devices_new (const VgateMoving *moving);
void vgate_drain_devices_free (VgateDrainDevices *devices);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDrainDevices, vgate_drain_devices_free)

/* A guest's migration from its present host to these seats, with the devices that it gets there. Afterwards,
 * its XML names these: it borrows from the result, which vgate_drain_move_free () frees. */
VgateDrainMove *vgate_drain_move_new (VgateMoving *moving, VgateMover *mover, guint to,
                                      const VgateSeat *seats, VgateDrainDevices *devices);
void vgate_drain_move_free (VgateDrainMove *move);

/* --- for drain-assign.c and drain-solve.c --- */

/*
 * Finds the best assignment of the guests, with all hosts but the drained one as destinations, as an integer
 * program. FALSE when none was found in the time; the guests are then unchanged. *is_proved: no assignment
 * is better. *n_most: no assignment lets more guests leave. forbidden, of GArray of VgateDrainGuest (the
 * others that move at once), lists sets of moves that cannot be ordered. is_later: as in the options; a guest
 * that goes to such a host counts as a long down-time.
 */
gboolean vgate_drain_solve (VgateMoving *moving, guint host, GPtrArray *guests, const GPtrArray *forbidden,
                            const gboolean *is_later, gboolean *is_proved, guint *n_most);
