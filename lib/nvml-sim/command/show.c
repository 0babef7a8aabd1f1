/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* show: prints the host as NVML would report it. */
#include "nvml-sim/command/command.h"

#include "nvml-sim/model/host-file.h"
#include "nvml-sim/model/host-parse.h"
#include "nvml-sim/model/metadata.h"
#include "nvml-sim/command/option.h"
#include "nvml-sim/model/place.h"
#include "nvml-sim/model/return-codes.h"
#include "nvml/nvml-abi.h"

static const char *
on_off (gboolean flag)
{
    return flag ? "on" : "off";
}

static void
show_driver (const VgpuSimHost *host)
{
    char preset[VGATE_VERSION_RANGE_TEXT_SIZE], advertised[VGATE_VERSION_RANGE_TEXT_SIZE];

    g_print ("driver %s: vGPU versions %s, advertised %s, structure version %u\n", host->driver_version,
             vgate_version_range_format (host->preset, preset),
             vgate_version_range_format (host->advertised, advertised), host->structure_version);
}

static void
show_sharing (const VgpuSimHost *host, const VgpuSimGpu *gpu)
{
    if (gpu->mig)
        g_print ("    vGPUs are MIG-backed: %u of %u slices left\n", vgpu_sim_place_free_slices (host, gpu),
                 gpu->slices);
    else
        g_print ("    vGPUs of %s\n", gpu->heterogeneous ? "several sizes at once" : "one size at a time");
}

static void
show_scheduler (const char *name, const VgpuSimScheduler *scheduler)
{
    g_print ("    %s %s", name, vgpu_sim_scheduler_policy_name (scheduler->policy));
    if (scheduler->policy != NVML_SCHEDULER_BEST_EFFORT)
        g_print (", time slice %u ns", vgpu_sim_scheduler_slice (scheduler));
    if (scheduler->arr == NVML_ARR_ENABLE)
        g_print (", adaptive: %u Hz, average over %u", scheduler->frequency, scheduler->average_factor);
    g_print ("\n");
}

static void
show_gpu (const VgpuSimHost *host, const VgpuSimGpu *gpu)
{
    char address[VGPU_SIM_ADDRESS_TEXT_SIZE], string[VGPU_SIM_PGPU_STRING_SIZE];

    vgpu_sim_metadata_pgpu_string (gpu, string);
    g_print ("gpu %s: %s, %s\n", vgpu_sim_address_format (gpu->address, address), gpu->name, gpu->uuid);
    g_print ("    metadata string %s\n", string);
    g_print ("    mode %s, ecc %s, sriov %s, migration %s, mig %s\n", vgpu_sim_mode_name (gpu->mode),
             on_off (gpu->ecc), on_off (gpu->sriov), on_off (gpu->migration), on_off (gpu->mig));
    if (gpu->mdev_parent)
        g_print ("    mediated devices below %s\n", gpu->mdev_parent);
    show_sharing (host, gpu);
    show_scheduler ("scheduler", &gpu->schedulers[VGPU_SIM_GRAPHICS]);
    if (host->scheduler_calls != VGPU_SIM_SCHEDULER_V1) {
        show_scheduler ("nvenc0 scheduler", &gpu->schedulers[VGPU_SIM_NVENC0]);
        show_scheduler ("nvenc1 scheduler", &gpu->schedulers[VGPU_SIM_NVENC1]);
    }
    g_print ("    framebuffer %" G_GUINT64_FORMAT " MiB, %" G_GUINT64_FORMAT " in use\n",
             gpu->framebuffer_mib, vgpu_sim_host_framebuffer_taken_mib (host, gpu));
    for (guint i = 0; i < gpu->offers->len; i++) {
        const VgpuSimOffer *offer = &g_array_index (gpu->offers, VgpuSimOffer, i);

        g_print ("    type %u: %s, %s, %" G_GUINT64_FORMAT " MiB, at most %u%s\n", offer->type->id,
                 offer->type->name, offer->type->class_name, offer->type->framebuffer_mib,
                 vgpu_sim_place_most (gpu, offer),
                 vgpu_sim_place_obstacle (host, gpu, offer) ? ", none free" : "");
    }
}

static void
show_vgpu (const VgpuSimVgpu *vgpu)
{
    char address[VGPU_SIM_ADDRESS_TEXT_SIZE], version[VGATE_VERSION_TEXT_SIZE];

    g_print ("vgpu %s: instance %u, type %u on %s, VM %s\n", vgpu->uuid, vgpu->instance, vgpu->type->id,
             vgpu_sim_address_format (vgpu->gpu->address, address), vgpu->vm);
    if (vgpu->mdev)
        g_print ("    mediated device %s\n", vgpu->mdev);
    if (vgpu->vf)
        g_print ("    virtual function %s\n", vgpu->vf);
    if (vgpu->placement != VGPU_SIM_NO_PLACEMENT)
        g_print ("    placement %u, %u slots\n", vgpu->placement, vgpu_sim_place_size (vgpu->type));
    if (vgpu->gpu_instance != VGPU_SIM_NO_GPU_INSTANCE)
        g_print ("    GPU instance %u, profile %u, %u slices\n", vgpu->gpu_instance, vgpu->type->profile,
                 vgpu->type->slices);
    if (vgpu->guest_up)
        g_print ("    guest driver %s, vGPU version %s\n", vgpu->guest_driver,
                 vgate_version_format (vgpu->guest_version, version));
    else
        g_print ("    guest driver down\n");
    if (!vgpu->migration)
        g_print ("    cannot migrate\n");
}

static void
show_faults (const VgpuSimHost *host)
{
    g_autoptr (GList) calls = g_list_sort (g_hash_table_get_keys (host->faults), (GCompareFunc)g_strcmp0);

    for (const GList *at = calls; at; at = at->next) {
        const VgpuSimFault *fault = g_hash_table_lookup (host->faults, at->data);

        if (fault->hang)
            g_print ("fault %s: hangs\n", (const char *)at->data);
        else
            g_print ("fault %s: %d, %s\n", (const char *)at->data, fault->code,
                     vgpu_sim_return_text (fault->code));
    }
}

gboolean
vgpu_sim_command_show (const char *path, int argc, char **argv, GError **error)
{
    g_autoptr (VgpuSimHost) host = NULL;

    if (!vgpu_sim_option_parse ("", NULL, 0, &argc, &argv, error))
        return FALSE;
    host = vgpu_sim_host_load (path, error);
    if (!host)
        return FALSE;
    show_driver (host);
    for (guint i = 0; i < host->gpus->len; i++)
        show_gpu (host, host->gpus->pdata[i]);
    for (guint i = 0; i < host->vgpus->len; i++)
        show_vgpu (host->vgpus->pdata[i]);
    show_faults (host);
    return TRUE;
}
