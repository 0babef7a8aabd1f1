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

guint64
vgate_room_free_framebuffer (const VgatePgpu *pgpu)
{
    guint64 most = 0;

    for (guint i = 0; i < pgpu->types->len; i++) {
        const VgateHostType *type = g_ptr_array_index (pgpu->types, i);

        most = MAX (most, type->framebuffer * type->free_instances);
    }
    return most;
}

/* TRUE for "NVIDIA H100XM-1-10C", which is one slice of the GPU. FALSE for "NVIDIA RTX6000-Ada-48Q". */
static gboolean
is_mig_backed (const VgateHostType *type)
{
    return g_regex_match_simple ("-[0-9]+-[0-9]+[A-Z]+$", type->name, 0, 0);
}

/* A driver that does not report whether sizes can be mixed is older than the mode that allows it (r550),
 * unless the GPU is in MIG mode. In MIG mode it only has MIG-backed types, whose sizes can be mixed like
 * those of its GPU instances. */
gboolean
vgate_room_must_be_equal (const VgateRoom *room)
{
    return room->pgpu->vgpu_sizes == VGATE_SIZES_EQUAL ||
           (room->pgpu->vgpu_sizes == VGATE_SIZES_UNKNOWN && !is_mig_backed (room->type));
}

gboolean
vgate_room_is_left (const VgateRoom *room)
{
    if (!room->type)
        return TRUE;
    /* running vGPUs determine the size as well, but NVML takes them into account: other sizes then have no
     * free instance */
    if (vgate_room_must_be_equal (room) && room->is_other_promised)
        return FALSE;
    return room->n_of_type < room->type->free_instances &&
           room->framebuffer + room->type->framebuffer <= vgate_room_free_framebuffer (room->pgpu);
}
