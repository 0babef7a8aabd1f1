/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/matching.h"

/* seen is indexed by place: the places that the present augmenting path has tried to free. */
static gboolean
place (const VgateMatching *m, guint vgpu, gboolean *seen)
{
    g_autoptr (GArray) places = m->list_places (m->user_data, vgpu);

    for (guint i = 0; i < places->len; i++) {
        const guint p = g_array_index (places, guint, i);

        if (!seen[p] && (int)p != m->chosen[vgpu] && m->has_room (m->user_data, vgpu, p)) {
            m->chosen[vgpu] = (int)p;
            return TRUE;
        }
    }
    for (guint i = 0; i < places->len; i++) {
        const guint p = g_array_index (places, guint, i);

        if (seen[p])
            continue;
        seen[p] = TRUE;
        for (guint other = 0; other < m->n_vgpus; other++) {
            if (other == vgpu || m->chosen[other] < 0 || !m->is_in_the_way (m->user_data, other, p))
                continue;
            if (place (m, other, seen) && m->has_room (m->user_data, vgpu, p)) {
                m->chosen[vgpu] = (int)p;
                return TRUE;
            }
        }
    }
    return FALSE;
}

gboolean
vgate_matching_place (const VgateMatching *matching, guint vgpu)
{
    g_autofree gboolean *seen = g_new0 (gboolean, matching->n_places + 1);

    return place (matching, vgpu, seen);
}
