/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chooses the device of each vGPU of a guest: an existing free device, or one that can be created, on a
 * physical GPU that can run the vGPU. It reads and changes nothing. The choice is among the slots of the host
 * (slots.h). gate/assign-devices.c decides which vGPUs need a device, and which physical GPUs fit each.
 */
#pragma once

#include "placement/room.h"
#include "placement/slots.h"
#include "policy/policy.h"

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
    const char *named; /* the device that its hostdev names */
    /* A device that is created under this name, which no other device has, is preferred to existing
     * devices with other names: nothing in the XML must be changed then. */
    gboolean keeps_name;
    VgateFit *fits;        /* an array with one member for each pGPU of the host */
    const VgateSlot *slot; /* the chosen slot; NULL: none */
} VgateWant;

/* An array of VgateWant *, which owns them and their fits. */
GPtrArray *vgate_wants_new (void);
/* Appends a want that fits nowhere yet. n_pgpus: the number of the host's pGPUs. */
VgateWant *vgate_wants_add (GPtrArray *wants, guint n_pgpus);

typedef struct {
    const VgateHost *host;
    const GPtrArray *slots; /* of VgateSlot * */
    const guint *loads;     /* indexed by pGPU: the vGPUs that run there or are about to run */
    const GArray *promises; /* of VgatePromise: vGPUs that do not run yet, without the wants; NULL: none */
    VgateOrder order;
    gboolean is_unlimited; /* the policy does not refuse when no instance is free */
} VgateChoice;

/*
 * Sets slot in each want (VgateWant *). A vGPU gets the device that it names if that fits, and prefers
 * existing devices to those that are to be created, unless it keeps its device's name. No slot is used
 * twice. FALSE when not all vGPUs can have a slot at once; it stops at the first vGPU for which there is
 * none.
 */
gboolean vgate_choose (const VgateChoice *choice, const GPtrArray *wants);
