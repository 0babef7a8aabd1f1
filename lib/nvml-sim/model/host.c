/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/host.h"

#include <string.h>

#include "nvml-sim/model/call-names.h"
#include "nvml/nvml-abi.h"

void
vgpu_sim_type_free (VgpuSimType *type)
{
    g_free (type->name);
    g_free (type->class_name);
    g_free (type->license);
    g_free (type);
}

static void
clear_offer (gpointer offer)
{
    g_array_unref (((VgpuSimOffer *)offer)->placements);
}

VgpuSimGpu *
vgpu_sim_gpu_new (void)
{
    VgpuSimGpu *gpu = g_new0 (VgpuSimGpu, 1);

    gpu->offers = g_array_new (FALSE, FALSE, sizeof (VgpuSimOffer));
    g_array_set_clear_func (gpu->offers, clear_offer);
    return gpu;
}

void
vgpu_sim_gpu_free (VgpuSimGpu *gpu)
{
    g_free (gpu->group);
    g_free (gpu->name);
    g_free (gpu->uuid);
    g_free (gpu->floor_sweeping);
    g_free (gpu->mdev_parent);
    g_array_unref (gpu->offers);
    g_free (gpu);
}

void
vgpu_sim_vgpu_free (VgpuSimVgpu *vgpu)
{
    g_free (vgpu->uuid);
    g_free (vgpu->group);
    g_free (vgpu->vm);
    g_free (vgpu->mdev);
    g_free (vgpu->vf);
    g_free (vgpu->guest_address);
    g_free (vgpu->guest_driver);
    vgpu_sim_work_clear (&vgpu->work);
    g_free (vgpu);
}

VgpuSimHost *
vgpu_sim_host_new (void)
{
    VgpuSimHost *host = g_atomic_rc_box_new0 (VgpuSimHost);

    host->types = g_ptr_array_new_with_free_func ((GDestroyNotify)vgpu_sim_type_free);
    host->gpus = g_ptr_array_new_with_free_func ((GDestroyNotify)vgpu_sim_gpu_free);
    host->vgpus = g_ptr_array_new_with_free_func ((GDestroyNotify)vgpu_sim_vgpu_free);
    host->faults = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    return host;
}

static void
host_clear (VgpuSimHost *host)
{
    g_free (host->driver_version);
    g_free (host->nvml_version);
    g_ptr_array_unref (host->vgpus);
    g_ptr_array_unref (host->gpus);
    g_ptr_array_unref (host->types);
    g_hash_table_unref (host->faults);
}

VgpuSimHost *
vgpu_sim_host_ref (VgpuSimHost *host)
{
    return g_atomic_rc_box_acquire (host);
}

void
vgpu_sim_host_unref (VgpuSimHost *host)
{
    g_atomic_rc_box_release_full (host, (GDestroyNotify)host_clear);
}

const VgpuSimGpu *
vgpu_sim_host_gpu (const VgpuSimHost *host, VgpuSimAddress address)
{
    for (guint i = 0; i < host->gpus->len; i++) {
        const VgpuSimGpu *gpu = host->gpus->pdata[i];

        if (vgpu_sim_address_equal (gpu->address, address))
            return gpu;
    }
    return NULL;
}

const VgpuSimGpu *
vgpu_sim_host_gpu_of_parent (const VgpuSimHost *host, const char *parent)
{
    for (guint i = 0; i < host->gpus->len; i++) {
        const VgpuSimGpu *gpu = host->gpus->pdata[i];

        if (g_strcmp0 (gpu->mdev_parent, parent) == 0)
            return gpu;
    }
    return NULL;
}

const VgpuSimType *
vgpu_sim_host_type (const VgpuSimHost *host, guint32 id)
{
    for (guint i = 0; i < host->types->len; i++) {
        const VgpuSimType *type = host->types->pdata[i];

        if (type->id == id)
            return type;
    }
    return NULL;
}

const VgpuSimVgpu *
vgpu_sim_host_vgpu (const VgpuSimHost *host, guint32 instance)
{
    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (vgpu->instance == instance)
            return vgpu;
    }
    return NULL;
}

const VgpuSimVgpu *
vgpu_sim_host_vgpu_by_uuid (const VgpuSimHost *host, const char *uuid)
{
    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (g_ascii_strcasecmp (vgpu->uuid, uuid) == 0)
            return vgpu;
    }
    return NULL;
}

const VgpuSimFault *
vgpu_sim_host_fault (const VgpuSimHost *host, const char *call)
{
    g_autofree char *base = NULL;

    /* every call of the library does this, and most hosts have no faults */
    if (g_hash_table_size (host->faults) == 0)
        return NULL;
    base = vgpu_sim_call_base_name (call);
    return g_hash_table_lookup (host->faults, base);
}

int
vgpu_sim_host_lacks_call (const VgpuSimHost *host, const char *call)
{
    static const char *const replaced[] = {"nvmlDeviceGetVgpuSchedulerState",
                                           "nvmlDeviceSetVgpuSchedulerState",
                                           "nvmlDeviceGetVgpuSchedulerLog"};

    for (gsize i = 0; i < G_N_ELEMENTS (replaced); i++) {
        const gsize length = strlen (replaced[i]);

        if (strncmp (call, replaced[i], length) != 0)
            continue;
        if (g_str_equal (call + length, "_v2"))
            return host->scheduler_calls == VGPU_SIM_SCHEDULER_V1 ? NVML_ERROR_FUNCTION_NOT_FOUND
                                                                  : NVML_SUCCESS;
        if (host->scheduler_calls == VGPU_SIM_SCHEDULER_V1_DEPRECATED)
            return NVML_ERROR_DEPRECATED;
        return host->scheduler_calls == VGPU_SIM_SCHEDULER_V2 ? NVML_ERROR_FUNCTION_NOT_FOUND : NVML_SUCCESS;
    }
    return NVML_SUCCESS;
}

const VgpuSimFault *
vgpu_sim_host_gpu_fault (const VgpuSimHost *host, const char *call, const VgpuSimGpu *gpu)
{
    char address[VGPU_SIM_ADDRESS_TEXT_SIZE];
    g_autofree char *base = NULL, *key = NULL;

    if (g_hash_table_size (host->faults) == 0)
        return NULL;
    base = vgpu_sim_call_base_name (call);
    key = g_strdup_printf ("%s@%s", base, vgpu_sim_address_format (gpu->address, address));
    return g_hash_table_lookup (host->faults, key);
}

gboolean
vgpu_sim_host_has_function (const VgpuSimHost *host, const VgpuSimGpu *gpu, VgpuSimAddress address)
{
    return gpu->sriov && address.domain == gpu->address.domain && address.bus == gpu->address.bus &&
           !vgpu_sim_host_gpu (host, address);
}

gboolean
vgpu_sim_type_is_mig_backed (const VgpuSimType *type)
{
    return type->profile != VGPU_SIM_TIME_SLICED;
}

const VgpuSimOffer *
vgpu_sim_gpu_offer (const VgpuSimGpu *gpu, guint32 type)
{
    for (guint i = 0; i < gpu->offers->len; i++) {
        const VgpuSimOffer *offer = &g_array_index (gpu->offers, VgpuSimOffer, i);

        if (offer->type->id == type)
            return offer;
    }
    return NULL;
}

guint64
vgpu_sim_host_framebuffer_taken_mib (const VgpuSimHost *host, const VgpuSimGpu *gpu)
{
    guint64 taken = 0;

    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (vgpu->gpu == gpu)
            taken += vgpu->type->framebuffer_mib;
    }
    /* A hand-written file can have more vGPUs than fit. The result is never more than the GPU has. */
    return MIN (taken, gpu->framebuffer_mib);
}

gboolean
vgpu_sim_host_gpu_runs (const VgpuSimHost *host, const VgpuSimGpu *gpu)
{
    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (vgpu->gpu == gpu)
            return TRUE;
    }
    return FALSE;
}
