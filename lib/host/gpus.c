/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/gpus.h"

#include "message/codes.h"

#include <string.h>

static void
gpu_free (VgateGpu *gpu)
{
    g_free (gpu->address);
    g_free (gpu->name);
    g_free (gpu);
}

/* FALSE on an error; a GPU that is not in vGPU host mode is passed over. */
static gboolean
add_gpu (VgateNvml *nvml, guint index, GPtrArray *gpus, GError **error)
{
    VgateNvmlDevice device;
    gboolean is_host;
    VgateGpu *gpu;

    if (!vgate_nvml_device (nvml, index, &device, error) ||
        !vgate_nvml_device_is_vgpu_host (nvml, device, &is_host, error))
        return FALSE;
    if (!is_host)
        return TRUE;
    gpu = g_new0 (VgateGpu, 1);
    g_ptr_array_add (gpus, gpu);
    gpu->device = device;
    gpu->address = vgate_nvml_device_address (nvml, device, error);
    gpu->name = gpu->address ? vgate_nvml_device_name (nvml, device, error) : NULL;
    return gpu->name != NULL;
}

static char *
list_addresses (const GPtrArray *gpus)
{
    g_autoptr (GString) text = g_string_new (NULL);

    for (guint i = 0; i < gpus->len; i++)
        g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
                                ((const VgateGpu *)g_ptr_array_index (gpus, i))->address);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Leaves only the one with this address. */
static gboolean
keep_only (GPtrArray *gpus, const char *address, GError **error)
{
    g_autofree char *addresses = list_addresses (gpus);

    for (guint i = gpus->len; i > 0; i--)
        if (strcmp (((const VgateGpu *)g_ptr_array_index (gpus, i - 1))->address, address) != 0)
            g_ptr_array_remove_index (gpus, i - 1);
    if (gpus->len > 0)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_NO_PGPU, "there is no GPU %s in vGPU host mode; there is %s",
                 address, addresses);
    return FALSE;
}

GPtrArray *
vgate_gpus_find (VgateNvml *nvml, const char *address, GError **error)
{
    g_autoptr (GPtrArray) gpus = g_ptr_array_new_with_free_func ((GDestroyNotify)gpu_free);
    guint count;

    if (!vgate_nvml_device_count (nvml, &count, error))
        return NULL;
    for (guint i = 0; i < count; i++) {
        if (!add_gpu (nvml, i, gpus, error)) {
            g_prefix_error (error, "GPU %u: ", i);
            return NULL;
        }
    }
    if (gpus->len == 0) {
        g_set_error (
            error, VGATE_ERROR, VGATE_CODE_NO_PGPU,
            "no GPU here is in vGPU host mode (NVML lists %u), and only such a one has a vGPU scheduler; "
            "'vgpu-gate version get' works all the same",
            count);
        return NULL;
    }
    return !address || keep_only (gpus, address, error) ? g_steal_pointer (&gpus) : NULL;
}
