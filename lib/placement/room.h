/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether one more vGPU has room on a GPU. NVML counts the vGPUs that run. What has been promised besides
 * takes its room too: a device that exists and that nothing runs on yet, and one that is to be made for a
 * guest that is about to arrive. Nothing is read here.
 */
#pragma once

#include "host/host.h"

/* A vGPU that has a place on a GPU and does not run yet. */
typedef struct {
    guint pgpu;                /* index into the host's pgpus */
    const VgateHostType *type; /* of that pGPU */
} VgatePromise;

/* The question, and what has been found of the answer. */
typedef struct {
    const VgatePgpu *pgpu;
    guint index;                /* of that pGPU */
    const VgateHostType *type;  /* of the vGPU that needs room */
    guint n_of_type;            /* promised */
    guint64 framebuffer;        /* promised, bytes */
    gboolean is_other_promised; /* one of another size */
} VgateRoom;

/* type: one of the pGPU's; NULL: the GPU does not offer it, which the policy can let pass; nothing is known
 * of its room, so there is some. */
VgateRoom vgate_room_ask (const VgateHost *host, guint pgpu, const VgateHostType *type);
/* One promise more. Those on other GPUs are passed over. */
void vgate_room_promise (VgateRoom *room, const VgatePromise *promise);
/* All of them, of VgatePromise; NULL for none. */
void vgate_room_promise_all (VgateRoom *room, const GArray *promises);
gboolean vgate_room_is_left (const VgateRoom *room);
