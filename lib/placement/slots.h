/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the places for vGPUs on a host, and counts the vGPUs that take room there. It reads and changes
 * nothing. */
#pragma once

#include "host/host.h"
#include "host/sysfs.h"
#include "placement/use.h"

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

/* The data from which slots and loads are computed. */
typedef struct {
    const VgateHost *host;
    const GPtrArray *devices;   /* of VgateListedDevice *: the existing devices */
    const GPtrArray *makeable;  /* of VgateMakeable *: the devices that can be created */
    const GPtrArray *instances; /* of VgateInstance *: the running vGPUs */
    const VgateLeases *leases;
    const VgateUse *use; /* must be valid as long as the slots are */
    const char *domain;  /* UUID of the guest; its leases do not count as those of others */
    guint64 now;         /* vgate_run_directory_clock () */
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
