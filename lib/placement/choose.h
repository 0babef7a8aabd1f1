/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which device each vGPU of a guest gets: one that exists and is free, else one that can be made, on a
 * physical GPU that can run it. Nothing is read or changed here.
 */
#pragma once

#include "host/host.h"
#include "host/sysfs.h"
#include "placement/room.h"
#include "placement/use.h"
#include "policy/policy.h"

/* A place for a vGPU: a device, or what can become one. */
typedef struct {
    VgateHostdevKind kind;
    char *device; /* NULL: a mediated device that is to be made */
    char *parent;
    guint pgpu;         /* index into the host's pgpus */
    guint32 type;       /* vGPU type id on this host */
    char *type_name;    /* NULL: neither sysfs nor NVML names it */
    gboolean exists;    /* FALSE: it is to be made */
    guint available;    /* how many can be made on the parent; 1 for what exists */
    const char *in_use; /* by whom; NULL: free */
} VgateSlot;

void vgate_slot_free (VgateSlot *slot);

/* What a physical GPU is for a vGPU. */
typedef struct {
    const VgateHostType *offered; /* the vGPU's type; NULL: the GPU does not list it */
    gboolean can_take_device;     /* the verdict is good for a device that exists */
    gboolean can_make_device;     /* the verdict is good for one that is made */
} VgateFit;

/* A vGPU that needs a device. */
typedef struct {
    VgateHostdevKind kind;
    guint32 type; /* the vGPU's, as the source numbers it */
    const char *type_name;
    const char *named;     /* what its hostdev names */
    VgateFit *fits;        /* one a pGPU of the host */
    const VgateSlot *slot; /* the answer; NULL: none */
} VgateWant;

typedef struct {
    const VgateHost *host;
    const GPtrArray *slots; /* of VgateSlot * */
    const guint *loads;     /* by pGPU: vGPUs that run there, or are about to */
    const GArray *promises; /* of VgatePromise: what does not run yet, of others than the wants; NULL: none */
    VgateOrder order;
    gboolean is_unlimited; /* the policy does not refuse for want of an instance */
} VgateChoice;

/* Where the slots and the loads come from. */
typedef struct {
    const VgateHost *host;
    const GPtrArray *devices;   /* of VgateListedDevice *: those that exist */
    const GPtrArray *makeable;  /* of VgateMakeable *: those that can be made */
    const GPtrArray *instances; /* of VgateInstance *: those that run */
    const VgateLeases *leases;
    const VgateUse *use; /* must live as long as the slots do */
    const char *domain;  /* UUID of the guest that asks: its own leases are none of others */
    guint64 now;         /* of the leases' clock */
} VgateHostState;

/*
 * The host's slots, of all kinds and types: VgateSlot *. What others plan to make takes its room. The caller
 * unrefs it.
 */
GPtrArray *vgate_slots_list (const VgateHostState *state);

/*
 * Each vGPU once, whether it runs, has a device, or is only promised. *loads, which has one member a pGPU,
 * all 0, gets those that run and the leases of other guests that do not run yet; *promises, of VgatePromise,
 * what takes room without running: the devices that exist, and the leases of other guests whose device does
 * not.
 */
void vgate_loads_count (const VgateHostState *state, guint *loads, GArray *promises);

/*
 * Sets slot in each want (VgateWant *). Each gets the device that it names where that is good, an existing
 * one before one to be made, and no slot is given twice; FALSE when not all can have one at once,
 * which then is found at the first that cannot.
 */
gboolean vgate_choose (const VgateChoice *choice, const GPtrArray *wants);
