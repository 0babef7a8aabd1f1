/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/scheduler-serve.h"

#include "base/codes.h"
#include "driver/control-wire.h"
#include "driver/gpus.h"
#include "driver/refusal.h"
#include "nvml/missing.h"
#include "nvml/nvml-abi.h"

/* Reads the scheduler of an engine. It is not an error that a GPU in MIG mode has none (documented), or
 * that the driver has none for a video encoder. */
static gboolean
read_scheduler (VgateNvml *nvml, const VgateGpu *found, int engine, VgateGpuScheduler *gpu, GError **error)
{
    g_autoptr (GError) local = NULL;

    gpu->address = g_strdup (found->address);
    gpu->name = g_strdup (found->name);
    gpu->capabilities.size = sizeof gpu->capabilities;
    gpu->scheduler.size = sizeof gpu->scheduler;
    gpu->is_available =
        vgate_nvml_device_scheduler_capabilities (nvml, found->device, &gpu->capabilities, &local) &&
        vgate_nvml_device_engine_scheduler (nvml, found->device, engine, &gpu->scheduler, &local);
    if (gpu->is_available || vgate_serve_has_no_scheduler (engine, local))
        return TRUE;
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
}

gboolean
vgate_serve_has_no_scheduler (int engine, const GError *error)
{
    return g_error_matches (error, VGATE_NVML_ERROR, NVML_ERROR_NOT_SUPPORTED) ||
           (engine != VGATE_ENGINE_GRAPHICS && vgate_nvml_lacks_call (error));
}

GVariant *
vgate_serve_schedulers (VgateNvml *nvml, GVariant *body, GError **error)
{
    int engine;
    const char *address = vgate_engine_from_variant (body, &engine);
    g_autoptr (GPtrArray) unusable = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_unusable_gpu_free);
    g_autoptr (GPtrArray) found = vgate_gpus_find (nvml, address, unusable, error);
    g_autoptr (GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE ("a" VGATE_SCHEDULER_TYPE));

    for (guint i = 0; found && i < found->len;) {
        g_auto (VgateGpuScheduler) gpu = {0};
        g_autoptr (GError) local = NULL;

        if (read_scheduler (nvml, g_ptr_array_index (found, i), engine, &gpu, &local)) {
            g_variant_builder_add_value (builder, vgate_scheduler_to_variant (&gpu));
            i++;
        } else {
            vgate_gpus_drop (found, i, local, unusable);
        }
    }
    if (!found || !vgate_gpus_check_any (found, unusable, error))
        return NULL;
    return g_variant_new ("(@a" VGATE_SCHEDULER_TYPE "@a" VGATE_UNUSABLE_TYPE ")",
                          g_variant_builder_end (builder), vgate_unusable_to_variant (unusable));
}

static gboolean
check_available (const VgateGpuScheduler *gpu, int engine, GError **error)
{
    if (gpu->is_available)
        return TRUE;
    if (engine != VGATE_ENGINE_GRAPHICS) {
        g_set_error (
            error, VGATE_ERROR, VGATE_CODE_NVML_REFUSED,
            "GPU %s has no vGPU scheduler of the engine %s: its driver has one only since r595, and a GPU "
            "in MIG mode has none",
            gpu->address, vgate_engine_name (engine));
        return FALSE;
    }
    g_set_error (
        error, VGATE_ERROR, VGATE_CODE_NVML_REFUSED,
        "GPU %s has no vGPU scheduler that can be set, as in MIG mode; to disable MIG mode: nvidia-smi "
        "--id=%s --multi-instance-gpu=0",
        gpu->address, gpu->address);
    return FALSE;
}

static gboolean
set_scheduler (VgateNvml *nvml, const VgateGpu *found, int engine, const VgateSchedulerSettings *settings,
               const VgateGpuScheduler *now, GError **error)
{
    g_autoptr (GError) local = NULL;

    if (!check_available (now, engine, error) ||
        !vgate_scheduler_settings_check (settings, &now->capabilities, error))
        return FALSE;
    if (vgate_nvml_device_set_engine_scheduler (nvml, found->device, engine, settings, &local))
        return TRUE;
    vgate_refusal_explain (nvml, found->address, g_steal_pointer (&local), error);
    return FALSE;
}

GVariant *
vgate_serve_set_scheduler (VgateNvml *nvml, GVariant *body, GError **error)
{
    g_auto (VgateGpuScheduler) was = {0}, is = {0};
    g_autoptr (GPtrArray) found = NULL;
    VgateSchedulerSettings settings = VGATE_INIT (VgateSchedulerSettings);
    const char *address;
    int engine;

    g_variant_get (body, "(&siiiuuu)", &address, &engine, &settings.policy, &settings.arr,
                   &settings.time_slice, &settings.frequency, &settings.average_factor);
    found = vgate_gpus_find (nvml, address, NULL, error);
    if (!found)
        return NULL;
    if (!read_scheduler (nvml, g_ptr_array_index (found, 0), engine, &was, error)) {
        g_prefix_error (error, "GPU %s: ", was.address);
        return NULL;
    }
    if (!set_scheduler (nvml, g_ptr_array_index (found, 0), engine, &settings, &was, error))
        return NULL;
    if (!read_scheduler (nvml, g_ptr_array_index (found, 0), engine, &is, error)) {
        g_prefix_error (error, "the setting was made, but cannot be read back: GPU %s: ", was.address);
        return NULL;
    }
    return g_variant_new ("(@" VGATE_SCHEDULER_TYPE "@" VGATE_SCHEDULER_TYPE ")",
                          vgate_scheduler_to_variant (&was), vgate_scheduler_to_variant (&is));
}
