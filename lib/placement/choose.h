/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chooses the device of each vGPU of a guest: an existing free device, or one that can be created, on a
 * physical GPU that can run the vGPU. It reads and changes nothing.
 */
#pragma once

#include "host/host.h"
#include "host/sysfs.h"
#include "placement/room.h"
#include "placement/use.h"
#include "policy/policy.h"

/* A place for a vGPU: a device that exists or can be created. */
typedef struct {
    VgateHostdevKind kind;
    char *device; /* NULL: a mediated device that is to be created */
    char *parent;
    guint pgpu;         /* index into the host's pgpus */
    guint32 type;       /* vGPU type id on this host */
    char *type_name;    /* NULL: neither sysfs nor NVML has its name */
    gboolean exists;    /* FALSE: it is to be created */
    guint available;    /* how many can be created on the parent; 1 for an existing device */
    const char *in_use; /* a clause about its user; NULL: free */
} VgateSlot;

void vgate_slot_free (VgateSlot *slot);

/* How a physical GPU fits a vGPU. */
typedef struct {
    const VgateHostType *offered; /* the vGPU's type; NULL: the GPU does not list it */
    gboolean can_take_device;     /* the verdict allows an existing device */
    gboolean can_make_device;     /* the verdict allows a device that is created */
} VgateFit;

/* A vGPU that needs a device. */
typedef struct {
    VgateHostdevKind kind;
    guint32 type; /* the vGPU's type, with the source's number */
    const char *type_name;
    const char *named;     /* the device that its hostdev names */
    VgateFit *fits;        /* an array with one member for each pGPU of the host */
    const VgateSlot *slot; /* the chosen slot; NULL: none */
} VgateWant;

typedef struct {
    const VgateHost *host;
    const GPtrArray *slots; /* of VgateSlot * */
    const guint *loads;     /* indexed by pGPU: the vGPUs that run there or are about to run */
    const GArray *promises; /* of VgatePromise: vGPUs that do not run yet, without the wants; NULL: none */
    VgateOrder order;
    gboolean is_unlimited; /* the policy does not refuse when no instance is free */
} VgateChoice;

/* The data from which slots and loads are computed. */
typedef struct {
    const VgateHost *host;
    const GPtrArray *devices;   /* of VgateListedDevice *: the existing devices */
    const GPtrArray *makeable;  /* of VgateMakeable *: the devices that can be created */
    const GPtrArray *instances; /* of VgateInstance *: the running vGPUs */
    const VgateLeases *leases;
    const VgateUse *use; /* must be valid as long as the slots are */
    const char *domain;  /* UUID of the guest; its leases do not count as those of others */
    guint64 now;         /* by the leases' clock */
} VgateHostState;

/*
 * The host's slots of all kinds and types, as VgateSlot *. Devices that others plan to create take room. The
 * caller unrefs the array.
 */
GPtrArray *vgate_slots_list (const VgateHostState *state);

/*
 * Counts each vGPU once, whether it runs, has a device, or is only promised. *loads has one member for each
 * pGPU, all 0; running vGPUs and those leases of other guests that do not run yet are added to it.
 * VgatePromise are added to *promises for everything that takes room without running: existing devices, and
 * leases of other guests whose device does not exist.
 */
void vgate_loads_count (const VgateHostState *state, guint *loads, GArray *promises);

/*
 * Sets slot in each want (VgateWant *). A vGPU gets the device that it names if that fits, and prefers
 * existing devices to those that are to be created. No slot is used twice. FALSE when not all vGPUs can have
 * a slot at once; it stops at the first vGPU for which there is none.
 */
gboolean vgate_choose (const VgateChoice *choice, const GPtrArray *wants);
