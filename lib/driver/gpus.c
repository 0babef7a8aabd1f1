/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/gpus.h"

#include "base/codes.h"

#include <string.h>

/* More GPUs than any machine has. */
#define GPUS_MAX 4096u

static void
gpu_free (VgateGpu *gpu)
{
    g_free (gpu->address);
    g_free (gpu->name);
    g_free (gpu);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateGpu, gpu_free)

static const VgateGpu *
find (const GPtrArray *gpus, const char *address)
{
    for (guint i = 0; i < gpus->len; i++) {
        const VgateGpu *gpu = g_ptr_array_index (gpus, i);

        if (strcmp (gpu->address, address) == 0)
            return gpu;
    }
    return NULL;
}

/* Reads a GPU. gpu->address stays NULL when it is not in vGPU host mode, so that it is skipped. */
static gboolean
read_gpu (VgateNvml *nvml, const GPtrArray *others, VgateGpu *gpu, GError **error)
{
    gboolean is_host;

    if (!vgate_nvml_device (nvml, gpu->index, &gpu->device, error) ||
        !vgate_nvml_device_is_vgpu_host (nvml, gpu->device, &is_host, error))
        return FALSE;
    if (!is_host)
        return TRUE;
    gpu->address = vgate_nvml_device_address (nvml, gpu->device, error);
    gpu->name = gpu->address ? vgate_nvml_device_name (nvml, gpu->device, error) : NULL;
    if (!gpu->name)
        return FALSE;
    if (*gpu->name == '\0') {
        g_free (gpu->name);
        gpu->name = g_strdup ("unknown");
    }
    if (!find (others, gpu->address))
        return TRUE;
    g_set_error_literal (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_ANSWER,
                         "nvmlDeviceGetPciInfo_v3: another GPU has this address");
    return FALSE;
}

GPtrArray *
vgate_gpus_list (VgateNvml *nvml, GPtrArray *unusable, guint *n_listed, GError **error)
{
    g_autoptr (GPtrArray) gpus = g_ptr_array_new_with_free_func ((GDestroyNotify)gpu_free);

    if (!vgate_nvml_device_count (nvml, n_listed, error))
        return NULL;
    if (*n_listed > GPUS_MAX) {
        g_set_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_ANSWER,
                     "nvmlDeviceGetCount_v2: impossible count %u", *n_listed);
        return NULL;
    }
    for (guint i = 0; i < *n_listed; i++) {
        g_autoptr (VgateGpu) gpu = g_new0 (VgateGpu, 1);
        g_autoptr (GError) local = NULL;

        gpu->index = i;
        if (!read_gpu (nvml, gpus, gpu, &local))
            g_ptr_array_add (unusable, vgate_unusable_gpu_new (i, gpu->address, gpu->name, local));
        else if (gpu->address)
            g_ptr_array_add (gpus, g_steal_pointer (&gpu));
    }
    return g_steal_pointer (&gpus);
}

void
vgate_gpus_drop (GPtrArray *gpus, guint index, const GError *why, GPtrArray *unusable)
{
    const VgateGpu *gpu = g_ptr_array_index (gpus, index);

    g_ptr_array_add (unusable, vgate_unusable_gpu_new (gpu->index, gpu->address, gpu->name, why));
    g_ptr_array_remove_index (gpus, index);
}

static gboolean
fail (const VgateUnusableGpu *gpu, GError **error)
{
    g_autofree char *text = vgate_unusable_gpu_describe (gpu);

    g_set_error_literal (error, VGATE_NVML_ERROR, gpu->nvml_code, text);
    return FALSE;
}

gboolean
vgate_gpus_check_any (const GPtrArray *usable, const GPtrArray *unusable, GError **error)
{
    return usable->len > 0 || unusable->len == 0 || fail (g_ptr_array_index (unusable, 0), error);
}

/* "0 (0000:41:00.0), 1 (0000:61:00.0)". The caller frees it. */
static char *
list_names (const GPtrArray *gpus)
{
    g_autoptr (GString) text = g_string_new (NULL);

    for (guint i = 0; i < gpus->len; i++) {
        const VgateGpu *gpu = g_ptr_array_index (gpus, i);

        g_string_append_printf (text, "%s%u (%s)", i > 0 ? ", " : "", gpu->index, gpu->address);
    }
    return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
is_named (VgateNvml *nvml, const VgateGpu *gpu, const char *name, gint64 index)
{
    g_autofree char *uuid = NULL;

    if (index >= 0)
        return gpu->index == (guint64)index;
    if (!g_str_has_prefix (name, "GPU-"))
        return strcmp (gpu->address, name) == 0;
    uuid = vgate_nvml_device_uuid (nvml, gpu->device, NULL);
    return g_strcmp0 (uuid, name) == 0;
}

/* TRUE when a GPU that cannot be used has this name, or can have it because that part of it is not known. */
static gboolean
can_be_named (const VgateUnusableGpu *gpu, const char *name, gint64 index)
{
    if (index >= 0)
        return gpu->index == (guint64)index;
    return !gpu->address || g_str_has_prefix (name, "GPU-") || strcmp (gpu->address, name) == 0;
}

/* Keeps only the GPU with this name. If it cannot be used, or if an unusable GPU can be it, the error is that
 * GPU's reason. */
static gboolean
keep_only (VgateNvml *nvml, GPtrArray *gpus, const GPtrArray *unusable, const char *name, GError **error)
{
    const VgateUnusableGpu *candidate = NULL;
    const VgateGpu *found = NULL;
    g_autofree char *names = list_names (gpus);
    guint64 number;
    const gint64 index =
        g_ascii_string_to_unsigned (name, 10, 0, G_MAXUINT32, &number, NULL) ? (gint64)number : -1;

    for (guint i = 0; i < gpus->len && !found; i++)
        if (is_named (nvml, g_ptr_array_index (gpus, i), name, index))
            found = g_ptr_array_index (gpus, i);
    for (guint i = gpus->len; i > 0; i--)
        if (g_ptr_array_index (gpus, i - 1) != found)
            g_ptr_array_remove_index (gpus, i - 1);
    if (found)
        return TRUE;
    for (guint i = 0; i < unusable->len; i++) {
        const VgateUnusableGpu *gpu = g_ptr_array_index (unusable, i);

        if (!can_be_named (gpu, name, index))
            continue;
        if (g_strcmp0 (gpu->address, name) == 0)
            return fail (gpu, error);
        candidate = candidate ? candidate : gpu;
    }
    if (candidate)
        return fail (candidate, error);
    g_set_error (error, VGATE_ERROR, VGATE_CODE_NO_PGPU,
                 "there is no GPU %s in vGPU host mode; this host has %s", name, names);
    return FALSE;
}

GPtrArray *
vgate_gpus_find (VgateNvml *nvml, const char *name, GPtrArray *unusable, GError **error)
{
    g_autoptr (GPtrArray) left_out = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_unusable_gpu_free);
    guint n_listed;
    g_autoptr (GPtrArray) gpus = vgate_gpus_list (nvml, left_out, &n_listed, error);

    if (!gpus || !vgate_gpus_check_any (gpus, left_out, error))
        return NULL;
    if (gpus->len == 0) {
        g_set_error (
            error, VGATE_ERROR, VGATE_CODE_NO_PGPU,
            "no GPU of this host is in vGPU host mode (NVML lists %u), and only such a GPU has a vGPU "
            "scheduler; 'vgpu-gate version get' works nevertheless",
            n_listed);
        return NULL;
    }
    if (name)
        return keep_only (nvml, gpus, left_out, name, error) ? g_steal_pointer (&gpus) : NULL;
    while (left_out->len > 0)
        g_ptr_array_add (unusable, g_ptr_array_steal_index (left_out, 0));
    return g_steal_pointer (&gpus);
}
