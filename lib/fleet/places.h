/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The room on the pGPUs of a fleet while a plan is made: which vGPUs leave, and which arrive. By the host
 * document alone, a pGPU has room for a vGPU exactly when the placement finds it (placement/room.h,
 * placement/slots.h). For vGPUs that leave, it is assumed that each gives back its frame buffer and its
 * device, and that a pGPU without a vGPU can have any of its types again.
 */
#pragma once

#include "host/host.h"

/* A vGPU type of a pGPU, with the index that it has in the pGPU's list. */
typedef struct {
    const VgateHostType *type;
    guint n_free; /* that the driver would create, without regard to promises */
    guint n_running;
    guint n_promised;  /* that have a device or a lease and do not run */
    guint n_idle;      /* of these: free devices that exist */
    guint n_creatable; /* devices that can be created, by their parents */
    /* By the plan. n_taken arrive on free devices that exist, n_made on others; n_made_devices of these need
     * a device. */
    guint n_leaving, n_made, n_made_devices, n_taken;
    struct {
        guint n_leaving, n_made, n_made_devices, n_taken;
    } settled; /* the same by the steps before */
} VgatePlaceType;

typedef struct {
    const VgatePgpu *pgpu;
    gboolean is_equal;        /* its vGPUs must have the same size */
    guint64 free_framebuffer; /* bytes */
    guint64 size;             /* is_equal: frame buffer of the vGPUs that run; 0: none runs */
    guint n_running;          /* also those of unknown types */
    int kind;                 /* VgateHostdevKind of its devices; -1: it has none */
    guint n_creatable;        /* devices that can be created, of any type */
    /* vGPUs have left (vgate_places_fold ()): which types their parents offer now is not known. */
    gboolean has_left;
    guint n_types;
    VgatePlaceType *types;
} VgatePlacePgpu;

typedef struct {
    const VgateHost *host;
    VgatePlacePgpu *pgpus; /* indexed as those of the host */
} VgatePlaces;

/* The result borrows the host. */
VgatePlaces *vgate_places_new (const VgateHost *host);
void vgate_places_free (VgatePlaces *places);
/* Forgets what the plan has changed since it was settled. */
void vgate_places_reset (VgatePlaces *places);
/* What the plan has changed until now is done. */
void vgate_places_settle (VgatePlaces *places);
/*
 * Counts what has left and arrived by the plan as what does not run and runs by the document. Those that
 * have taken a device that exists count as promised, because the device stays when they leave. The room is
 * the same, except where the document does not follow from what runs.
 */
void vgate_places_fold (VgatePlaces *places);
/* A copy, which borrows the same host. */
VgatePlaces *vgate_places_copy (const VgatePlaces *places);
/* Makes places equal to the copy. */
void vgate_places_restore (VgatePlaces *places, const VgatePlaces *copy);

/* The index of the vGPU type on the pGPU; -1 when the pGPU does not offer it. */
int vgate_place_find_type (const VgatePlacePgpu *pgpu, guint32 id, const char *name);

/* A vGPU that runs on the pGPU leaves it. It must have its type there. */
void vgate_place_leave (VgatePlacePgpu *pgpu, guint type);
/* Undoes vgate_place_leave (). Nothing that needs its room may have arrived. */
void vgate_place_return (VgatePlacePgpu *pgpu, guint type);

/* How a vGPU arrives on a pGPU. */
typedef enum {
    VGATE_ARRIVAL_MADE,      /* on a device that is created */
    VGATE_ARRIVAL_TAKEN,     /* on a free device that exists */
    VGATE_ARRIVAL_NO_DEVICE, /* it has no hostdev, so that only room is needed */
} VgateArrival;

/* Adds it if there is room; otherwise FALSE, and nothing is changed. */
gboolean vgate_place_arrive (VgatePlacePgpu *pgpu, guint type, VgateArrival arrival);
/* Undoes vgate_place_arrive (). */
void vgate_place_undo (VgatePlacePgpu *pgpu, guint type, VgateArrival arrival);
/* Undoes vgate_place_undo (). Nothing that needs its room may have arrived. */
void vgate_place_redo (VgatePlacePgpu *pgpu, guint type, VgateArrival arrival);

/* The frame buffer in use, of that of all vGPUs that fit, both in bytes: it runs, is promised, or arrives. */
void vgate_place_load (const VgatePlacePgpu *pgpu, guint64 *used, guint64 *total);
/* The frame buffer of all vGPUs of the most that fit on an empty pGPU. */
guint64 vgate_place_total (const VgatePlacePgpu *pgpu);

/* The limits of one type on a pGPU, for a description by inequalities. */
typedef struct {
    guint now;   /* the number that can be added if nothing leaves */
    guint alone; /* the number if all vGPUs have left */
    guint most;  /* never more of the type than this, without those that leave */
} VgatePlaceLimit;

VgatePlaceLimit vgate_place_limit (const VgatePlacePgpu *pgpu, guint type);
