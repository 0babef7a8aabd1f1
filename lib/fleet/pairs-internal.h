/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of guests, hosts, and the verdicts about both, to compare pairs of them (pairs.h). */
#pragma once

#include "fleet/key.h"
#include "fleet/pairs.h"
#include "placement/room.h"
#include "placement/slots.h"
#include "placement/survey.h"

/* For the number of an address, and an index. */
#define VGATE_NOWHERE G_MAXUINT

/* What guests look for on a host: vGPUs of these types on devices of these kinds. */
typedef struct {
    guint index;
    guint8 has_kind[2]; /* indexed by VgateHostdevKind */
    gboolean is_single; /* one vGPU, and at most one hostdev, which is not on the command line */
    /* Of VgateElementVgpu *, those of one of the guests; NULL: they have no metadata, so that only the
     * devices that they name matter. */
    const GPtrArray *vgpus;
} VgatePairInterest;

/* A vGPU of a guest. */
typedef struct {
    guint subject;         /* what the engine reads of it, an index into pairs->verdicts */
    VgateHostdevKind kind; /* of a plain guest: that of its hostdev */
    /* Of a plain guest: the index in addresses of the virtual function that its hostdev names;
     * VGATE_NOWHERE: it names a mediated device. */
    guint named;
} VgatePairVgpu;

struct VgatePairGuest {
    const VgateFleetGuest *guest;
    const VgatePairInterest *interest;
    guint number; /* what the gate reads of the guest, without what only the engine reads */
    guint kind;   /* both, but not the addresses */
    guint first;  /* of a plain guest: what the reason reads of it why its first vGPU cannot use its device */
    gboolean is_plain; /* it has a hostdev for each of its vGPUs, with a device of its own, and no other */
    guint n_vgpus;
    guint n_addresses;
    VgatePairVgpu *vgpus;
    guint *addresses; /* the numbers of the addresses that it names; VGATE_NOWHERE: no host has it */
};

/* What a host has at an address. */
typedef struct {
    const VgateHostDevice *device; /* NULL: none */
    GPtrArray *makeable;           /* of const VgateMakeable *: what can be created there */
    GArray *slots;                 /* of guint, indices into those of the host */
    guint number;                  /* of all this; 0: not known yet */
    guint reason;                  /* what the reason reads of it why it cannot be used; likewise */
    guint pgpu;                    /* the index of the device's GPU; VGATE_NOWHERE: none of the host's */
} VgatePairAt;

/* A host as guests with one interest see it. */
typedef struct {
    gboolean is_known;
    /* No device of the host is of the type of one of the guests' vGPUs. The numbers of the view are then not
     * needed where only other devices matter. */
    gboolean is_closed;
    guint number;
    guint seen; /* of this and all else that the gate reads of the host, without the addresses */
    const VgateHostType **types; /* indexed by vGPU * number of GPUs + GPU; NULL: the GPU does not list it */
    gboolean *is_open;           /* indexed by GPU: it has a device that the guests can get */
    guint *ranks; /* indexed by slot: its place among those that the guests can get, from 1; otherwise 0 */
} VgatePairView;

struct VgatePairHost {
    const VgateHost *host;
    guint number;         /* what the gate reads of a host for any guest */
    guint base;           /* the same without the GPUs */
    gboolean has_kind[2]; /* indexed by VgateHostdevKind */
    guint *gpus;          /* indexed by pGPU: what the engine reads of it */
    VgateHostState state; /* for a guest without names; its members are owned. Only with devices */
    VgateProbe *probe;    /* likewise */
    GPtrArray *slots;     /* likewise, of VgateSlot * */
    guint *loads;         /* indexed by pGPU */
    GArray *promises;     /* of VgatePromise */
    GArray *gpus_for;     /* of guint8, indexed by subject: whether a GPU can run it (has_no_gpu ()) */
    GArray *nearest;      /* of guint, indexed by subject and GPU: number_of_nearest () */
    GArray *views;        /* of VgatePairView, indexed by interest * 2 + whether only other devices matter */
    GPtrArray *addresses; /* of VgatePairAt *, indexed by the number of the address; NULL: nothing is there */
};

/* What a decision reads of the verdicts about a vGPU on a GPU. */
typedef struct {
    guint number;                 /* of all of it; 0: not known yet */
    guint of_migration[2];        /* the number of a migration's, indexed by whether a device exists */
    gboolean can_migrate[2];      /* likewise */
    guint distance[2];            /* likewise, how far the GPU is from running it (gate/reason.h) */
    gboolean can_start_on_device; /* cold, on a device that exists */
} VgatePairVerdicts;

struct VgatePairs {
    const VgateFleetQuestion *question;
    GHashTable *addresses; /* those that guests name and hosts have: their numbers, from 0 */
    GHashTable *known;     /* GBytes -> its number, from 1: two things with one number are equal */
    GHashTable *interests; /* GBytes -> VgatePairInterest */
    GHashTable *subjects;  /* GBytes -> index into verdicts, plus 1 */
    GHashTable *gpus;      /* GBytes -> number from 1 */
    GPtrArray *verdicts;   /* of GArray of VgatePairVerdicts, indexed by GPU number * offers + offer */
    GPtrArray *guests;     /* of VgatePairGuest * */
    GHashTable *pairs;     /* of VgatePairKey *: kinds of guests, and hosts as these see them */
    GHashTable *decisions; /* of VgatePairKey *: what the decisions about the former depend on */
    struct VgatePairKey *sought;
    guint size; /* the most numbers that sought has room for */
};

void vgate_pair_guest_free (VgatePairGuest *guest);

/* What the host has at an address that the guest names. */
static inline VgatePairAt *
vgate_pair_at (const VgatePairGuest *guest, const VgatePairHost *host, guint index)
{
    const guint address = guest->addresses[index];

    return address == VGATE_NOWHERE ? NULL : g_ptr_array_index (host->addresses, address);
}

/* The same for the device of a vGPU of a plain guest. */
static inline VgatePairAt *
vgate_pair_named_at (const VgatePairGuest *guest, const VgatePairHost *host, guint vgpu)
{
    const guint index = guest->vgpus[vgpu].named;

    return index == VGATE_NOWHERE ? NULL : vgate_pair_at (guest, host, index);
}

/* The numbers of what is at the address, and of what the reason reads of it why a vGPU cannot use the device
 * there (gate/check.c); at can be NULL. */
guint vgate_pair_number_at (VgatePairs *pairs, VgatePairAt *at);
guint vgate_pair_reason_at (VgatePairs *pairs, const VgatePairHost *host, VgatePairAt *at);
/* The host as guests with the interest see it. needs_other: the vGPUs need other devices than those that they
 * name. */
const VgatePairView *vgate_pair_view (VgatePairs *pairs, VgatePairHost *host,
                                      const VgatePairInterest *interest, gboolean needs_other);

/* The verdicts about a vGPU on a GPU of a host, both given by index. */
const VgatePairVerdicts *vgate_pair_verdicts (VgatePairs *pairs, const VgatePairGuest *guest,
                                              const VgatePairHost *host, const VgatePairView *view,
                                              guint vgpu, guint pgpu);

/* About a plain guest that can use none of the devices that it names: */

/* Appends the devices that are chosen for it. FALSE when no device is chosen. */
gboolean vgate_pair_append_choice (GByteArray *key, VgatePairs *pairs, const VgatePairGuest *guest,
                                   const VgatePairHost *host, const VgatePairView *view);
/* The number of what the reason reads when no GPU could run one of the vGPUs, whatever device it had: which
 * GPU comes nearest. 0 when a GPU could run each of them. */
guint vgate_pair_number_of_lack (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                                 const VgatePairView *view);
/* TRUE when it can start cold on the devices that it names, although other guests use them. */
gboolean vgate_pair_can_start (VgatePairs *pairs, const VgatePairGuest *guest, const VgatePairHost *host,
                               const VgatePairView *view);
/* TRUE when one of the vGPUs would need a device of a kind that the host does not have, so that no other
 * devices are looked for. */
gboolean vgate_pair_has_other_kind (const VgatePairGuest *guest, const VgatePairHost *host);
