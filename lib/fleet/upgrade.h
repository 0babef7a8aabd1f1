/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan for the update of hosts to another driver: which versions to accept before it, which guests have a
 * version that not all hosts accept, and an order of the hosts with the migrations that empty each of them.
 * Whether a guest can run on a host, before and after its update, is the gate's decision (fleet/moving.h).
 * The room is counted as it is at each step (fleet/places.h). A guest stays where it has moved, and moves
 * again only when that host is emptied later, or to make room. A guest that cannot move is shut down before
 * its host is updated, and started there afterwards. A host whose driver can be replaced while guests run
 * (vgate_host_has_warm_update ()) need not be emptied.
 *
 * An updated host accepts the versions that the plan recommends; if it recommends none, or if the guests run
 * on, so that the versions cannot be set, all that the driver supports.
 */
#pragma once

#include "fleet/branches.h"
#include "fleet/drain.h"

/* Hosts with the same GPUs. Guests move only between hosts of one group. */
typedef struct {
    char *gpus;          /* the names of the GPUs */
    GArray *hosts;       /* of guint */
    gboolean is_updated; /* at least one of them is updated */
    gboolean has_range;  /* FALSE: no version is accepted by all hosts before and after the update */
    VgateVersionRange range;
} VgateUpgradeGroup;

/* A guest whose vGPU version is not in the range of its group. */
typedef struct {
    const VgateMover *mover;
    guint32 version;       /* that of the first such vGPU */
    gboolean has_range;    /* that of its group */
    gboolean is_supported; /* the new driver supports it */
} VgateUpgradeOutside;

/* A guest whose driver NVIDIA does not support on the new host driver, by the table of driver branches. */
typedef struct {
    const VgateMover *mover;
    const char *driver; /* of the guest */
    guint release;      /* of NVIDIA vGPU software, to which the driver belongs; 0: not known */
    gboolean is_known;  /* FALSE: it is not known whether it is supported */
} VgateUpgradeDriver;

/* A guest that must be shut down before a step. */
typedef struct {
    guint guest;
    /* Another host could run it, but has no room; otherwise no other host can run it then. */
    gboolean lacks_room;
} VgateUpgradeBlocked;

/* A step: the host is emptied and updated. */
typedef struct {
    guint host;
    gboolean is_warm; /* it is updated while those guests run whose versions the new driver supports */
    GPtrArray *moves; /* of VgateDrainMove *, in the order in which they are done */
    GArray *blocked;  /* of VgateUpgradeBlocked */
    /* of guint: guests that can then go to no other host as far as it is known, and could not be judged on
     * one (vgate_code_is_unanswered ()) */
    GArray *unjudged;
} VgateUpgradeStep;

/* What runs on a host that is updated, and is not in the fleet (vgate_moving_list_unknown ()). */
typedef struct {
    guint host;
    gboolean has_devices; /* FALSE: the host's document does not contain what runs there */
    GPtrArray *domains;   /* of char * */
    GPtrArray *vgpus;     /* of VgateHostVgpu * */
} VgateUpgradeUnknown;

typedef struct {
    VgateMoving *before, *after; /* the fleet, and the same with all these hosts updated */
    VgateFleet *updated;         /* the fleet of after; its guests are those of before */
    const VgateBranch *branch;
    gboolean is_warm_used; /* hosts whose driver can be replaced while guests run need not be emptied */
    GPtrArray *groups;     /* of VgateUpgradeGroup * */
    GPtrArray *outside;    /* of VgateUpgradeOutside * */
    GArray *drivers;       /* of VgateUpgradeDriver: of guests on hosts with the GPUs of an updated host */
    GPtrArray *steps;      /* of VgateUpgradeStep *, in their order */
    GArray *done;          /* of guint: hosts whose driver is of the branch already */
    GPtrArray *unknown;    /* of VgateUpgradeUnknown *: hosts of the steps on which other guests run */
    guint n_moves;         /* migrations in all steps */
    guint n_blocked;       /* guests that are blocked in some step */
    guint n_unjudged;      /* guests that could not be judged in some step */
    guint n_least;         /* in no plan fewer guests are blocked; 0 if some are not judged */
} VgateUpgradePlan;

/* hosts: which are to be updated, indexed by host. driver: as the documents of the updated hosts contain it.
 * use_warm: FALSE: every host is emptied, whatever its document says.
 * The result borrows all arguments. */
VgateUpgradePlan *vgate_upgrade_plan (const VgateFleet *fleet, const VgateFleetQuestion *question,
                                      const gboolean *hosts, const char *driver, const VgateBranch *branch,
                                      gboolean use_warm);
void vgate_upgrade_plan_free (VgateUpgradePlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateUpgradePlan, vgate_upgrade_plan_free)

/* Where guests can run: indexed by guest * n_hosts + host. Guests with the same rows are blocked together. */
typedef struct {
    guint n_guests, n_hosts;
    const gboolean *old, *new; /* on the host before and after its update */
    const gboolean *stay;      /* on the host while it is updated */
    const gboolean *updated;   /* indexed by host: it is one of those that are updated */
} VgateUpgradeInput;

/*
 * Without regard to room, finds an order of the hosts that are updated, in which as few guests as possible
 * are blocked: a guest is blocked when a host is updated, and it can neither stay there nor run on another
 * host then. order has room for n_hosts. Returns the number of blocked guests; *n_least: no order has
 * fewer. Up to VGATE_UPGRADE_EXACT_MAX hosts, both are the same.
 */
#define VGATE_UPGRADE_EXACT_MAX 12u
guint vgate_upgrade_order (const VgateUpgradeInput *input, guint *order, guint *n_least);
