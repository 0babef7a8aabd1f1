/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Computes whether another vGPU has room on a GPU. NVML only counts running vGPUs. Promised ones take room,
 * too: an existing device on which nothing runs yet, and a device that is to be created for a guest that is
 * about to arrive. It reads nothing.
 */
#pragma once

#include "host/host.h"

/* A vGPU that has a place on a GPU but does not run yet. */
typedef struct {
    guint pgpu;                /* index into the host's pgpus */
    const VgateHostType *type; /* one of that pGPU's */
} VgatePromise;

/* The vGPU that needs room, and the promises that were added. */
typedef struct {
    const VgatePgpu *pgpu;
    guint index;                /* its index in the host's pgpus */
    const VgateHostType *type;  /* the type of the vGPU that needs room */
    guint n_of_type;            /* promised vGPUs of the type */
    guint64 framebuffer;        /* promised frame buffer in bytes */
    gboolean is_other_promised; /* a vGPU of another size was promised */
} VgateRoom;

/* Begins a question. type is one of the pGPU's; NULL when the GPU does not offer it, which the policy can
 * allow: its room is then not known, and there is always room. */
VgateRoom vgate_room_ask (const VgateHost *host, guint pgpu, const VgateHostType *type);
/* Adds a promise. Promises on other GPUs are ignored. */
void vgate_room_promise (VgateRoom *room, const VgatePromise *promise);
/* Adds all promises, of VgatePromise; NULL for none. */
void vgate_room_promise_all (VgateRoom *room, const GArray *promises);
gboolean vgate_room_is_left (const VgateRoom *room);

/* TRUE when all vGPUs on the GPU must have the size of this one's type, which must not be NULL. */
gboolean vgate_room_must_be_equal (const VgateRoom *room);

/* The free frame buffer in bytes, according to the host's list of types: all free instances of a type fit
 * into it. */
guint64 vgate_room_free_framebuffer (const VgatePgpu *pgpu);
