/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/room.h"

VgateRoom
vgate_room_ask (const VgateHost *host, guint pgpu, const VgateHostType *type)
{
    return (VgateRoom){.pgpu = g_ptr_array_index (host->pgpus, pgpu), .index = pgpu, .type = type};
}

void
vgate_room_promise (VgateRoom *room, const VgatePromise *promise)
{
    if (promise->pgpu != room->index || !room->type)
        return;
    room->n_of_type += promise->type == room->type ? 1 : 0;
    room->framebuffer += promise->type->framebuffer;
    room->is_other_promised |= promise->type->framebuffer != room->type->framebuffer;
}

void
vgate_room_promise_all (VgateRoom *room, const GArray *promises)
{
    for (guint i = 0; promises && i < promises->len; i++)
        vgate_room_promise (room, &g_array_index (promises, VgatePromise, i));
}

/* What is free of the frame buffer, as far as the host's list tells: all free instances of one type fit. */
static guint64
free_framebuffer (const VgatePgpu *pgpu)
{
    guint64 most = 0;

    for (guint i = 0; i < pgpu->types->len; i++) {
        const VgateHostType *type = g_ptr_array_index (pgpu->types, i);

        most = MAX (most, type->framebuffer * type->free_instances);
    }
    return most;
}

/* "NVIDIA H100XM-1-10C": one slice of the GPU. Not "NVIDIA RTX6000-Ada-48Q". */
static gboolean
is_mig_backed (const VgateHostType *type)
{
    return g_regex_match_simple ("-[0-9]+-[0-9]+[A-Z]+$", type->name, 0, 0);
}

/* A driver that does not say whether sizes mix is older than the mode that lets them (r550), but for a GPU in
 * MIG mode: that has MIG-backed types only, whose sizes mix as its GPU instances do. */
static gboolean
must_be_equal (const VgateRoom *room)
{
    return room->pgpu->vgpu_sizes == VGATE_SIZES_EQUAL ||
           (room->pgpu->vgpu_sizes == VGATE_SIZES_UNKNOWN && !is_mig_backed (room->type));
}

gboolean
vgate_room_is_left (const VgateRoom *room)
{
    if (!room->type)
        return TRUE;
    /* what runs there decides the size as well, and NVML says so: other sizes then have no free instance */
    if (must_be_equal (room) && room->is_other_promised)
        return FALSE;
    return room->n_of_type < room->type->free_instances &&
           room->framebuffer + room->type->framebuffer <= free_framebuffer (room->pgpu);
}
