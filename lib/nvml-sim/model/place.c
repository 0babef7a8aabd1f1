/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/place.h"

static guint32
slots_for (guint64 framebuffer_mib)
{
    return (guint32)((framebuffer_mib + VGPU_SIM_SLOT_MIB - 1) / VGPU_SIM_SLOT_MIB);
}

guint32
vgpu_sim_place_size (const VgpuSimType *type)
{
    return slots_for (type->framebuffer_mib);
}

guint32
vgpu_sim_place_region (const VgpuSimGpu *gpu)
{
    return slots_for (gpu->framebuffer_mib);
}

GArray *
vgpu_sim_place_multiples (const VgpuSimGpu *gpu, const VgpuSimType *type)
{
    GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint32));
    const guint32 size = vgpu_sim_place_size (type), region = vgpu_sim_place_region (gpu);

    for (guint32 id = 0; id + size <= region; id += size)
        g_array_append_val (ids, id);
    return ids;
}

/* TRUE when no vGPU of the GPU occupies any of the slots that begin at from. */
static gboolean
slots_are_free (const VgpuSimHost *host, const VgpuSimGpu *gpu, guint32 from, guint32 size)
{
    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (vgpu->gpu == gpu && vgpu->placement != VGPU_SIM_NO_PLACEMENT && vgpu->placement < from + size &&
            from < vgpu->placement + vgpu_sim_place_size (vgpu->type))
            return FALSE;
    }
    return TRUE;
}

gboolean
vgpu_sim_place_is_free (const VgpuSimHost *host, const VgpuSimGpu *gpu, const VgpuSimOffer *offer,
                        guint32 placement)
{
    for (guint i = 0; i < offer->placements->len; i++) {
        if (g_array_index (offer->placements, guint32, i) == placement)
            return slots_are_free (host, gpu, placement, vgpu_sim_place_size (offer->type));
    }
    return FALSE;
}

GArray *
vgpu_sim_place_free (const VgpuSimHost *host, const VgpuSimGpu *gpu, const VgpuSimOffer *offer)
{
    GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint32));
    const guint32 size = vgpu_sim_place_size (offer->type);

    for (guint i = 0; i < offer->placements->len; i++) {
        const guint32 id = g_array_index (offer->placements, guint32, i);

        if (slots_are_free (host, gpu, id, size))
            g_array_append_val (ids, id);
    }
    return ids;
}

guint32
vgpu_sim_place_free_slices (const VgpuSimHost *host, const VgpuSimGpu *gpu)
{
    guint32 left = gpu->slices;

    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (vgpu->gpu == gpu)
            left -= MIN (left, vgpu->type->slices);
    }
    return left;
}

gboolean
vgpu_sim_place_gpu_instance_is_free (const VgpuSimHost *host, const VgpuSimGpu *gpu, guint32 id)
{
    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (vgpu->gpu == gpu && vgpu->gpu_instance == id)
            return FALSE;
    }
    return TRUE;
}

guint32
vgpu_sim_place_free_gpu_instance (const VgpuSimHost *host, const VgpuSimGpu *gpu)
{
    guint32 id = 1;

    while (!vgpu_sim_place_gpu_instance_is_free (host, gpu, id))
        id++;
    return id;
}

guint32
vgpu_sim_place_most (const VgpuSimGpu *gpu, const VgpuSimOffer *offer)
{
    guint32 fit = 0, end = 0;

    if (vgpu_sim_type_is_mig_backed (offer->type))
        return MIN (offer->count, gpu->slices / offer->type->slices);
    if (!gpu->heterogeneous)
        return offer->count;
    /* listed IDs can overlap; as all vGPUs of the type have the same length, taking each ID after the end of
     * the last is optimal */
    for (guint i = 0; i < offer->placements->len; i++) {
        const guint32 id = g_array_index (offer->placements, guint32, i);

        if (fit > 0 && id < end)
            continue;
        fit++;
        end = id + vgpu_sim_place_size (offer->type);
    }
    return MIN (fit, offer->count);
}

const char *
vgpu_sim_place_obstacle (const VgpuSimHost *host, const VgpuSimGpu *gpu, const VgpuSimOffer *offer)
{
    const guint64 left = gpu->framebuffer_mib - vgpu_sim_host_framebuffer_taken_mib (host, gpu);
    gboolean sizes_agree = TRUE;
    guint running = 0;

    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (vgpu->gpu != gpu)
            continue;
        running += vgpu->type == offer->type;
        if (vgpu->type->framebuffer_mib != offer->type->framebuffer_mib)
            sizes_agree = FALSE;
    }
    if (gpu->mig != vgpu_sim_type_is_mig_backed (offer->type))
        return gpu->mig ? "the GPU is in MIG mode" : "the GPU is not in MIG mode";
    if (running >= offer->count || offer->type->framebuffer_mib > left)
        return "no instance is free";
    if (gpu->mig)
        return offer->type->slices > vgpu_sim_place_free_slices (host, gpu) ? "not enough slices are left"
                                                                            : NULL;
    if (gpu->heterogeneous) {
        g_autoptr (GArray) ids = vgpu_sim_place_free (host, gpu, offer);

        return ids->len > 0 ? NULL : "no placement is free";
    }
    return sizes_agree ? NULL : "vGPUs of another size run on it";
}
