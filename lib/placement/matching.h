/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bipartite matching by augmenting paths: gives each of a guest's vGPUs a place, and moves others that have
 * one where that is needed. A greedy choice would refuse guests that fit, and with an attacker's XML, trying
 * all combinations would take hours. What a place is, and when it has room, is the caller's: a pGPU, or a
 * device.
 */
#pragma once

#include <glib.h>

typedef struct {
    guint n_vgpus;
    guint n_places;
    int *chosen; /* indexed by vGPU: the index of its place; -1: none */

    /* The places that suit the vGPU, of guint, the best first. The caller unrefs the array. */
    GArray *(*list_places) (gconstpointer user_data, guint vgpu);
    /* TRUE if the vGPU can have the place besides all others that have one. */
    gboolean (*has_room) (gconstpointer user_data, guint vgpu, guint place);
    /* TRUE if the place of the other vGPU, which has one, can be the reason why this one has no room. */
    gboolean (*is_in_the_way) (gconstpointer user_data, guint other, guint place);
    gconstpointer user_data;
} VgateMatching;

/*
 * Finds a place for one vGPU. Others are moved only if no place that suits it has room. FALSE if moving them
 * does not help either; some can have been moved then, and each still has a place with room.
 */
gboolean vgate_matching_place (const VgateMatching *matching, guint vgpu);
