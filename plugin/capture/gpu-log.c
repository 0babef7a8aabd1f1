/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/capture/gpu-log.h"

#include "plugin/base/log.h"

/* TRUE if the host has an unusable GPU with this description. A description names the GPU and the reason, so
 * that the same GPU with another reason does not match. */
static gboolean
has (const VgateHost *host, const char *description)
{
    for (guint i = 0; host && i < host->unusable->len; i++) {
        g_autofree char *other = vgate_unusable_gpu_describe (g_ptr_array_index (host->unusable, i));

        if (g_strcmp0 (other, description) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Compares GPUs by address or, if one address is not known, by index. */
static gboolean
is_unusable (const VgateHost *host, const VgateUnusableGpu *gpu)
{
    for (guint i = 0; i < host->unusable->len; i++) {
        const VgateUnusableGpu *other = g_ptr_array_index (host->unusable, i);

        if (gpu->address && other->address ? g_str_equal (gpu->address, other->address)
                                           : gpu->index == other->index)
            return TRUE;
    }
    return FALSE;
}

void
vgate_gpu_log_changes (const VgateHost *before, const VgateHost *now)
{
    for (guint i = 0; i < now->unusable->len; i++) {
        g_autofree char *gpu = vgate_unusable_gpu_describe (g_ptr_array_index (now->unusable, i));

        if (!has (before, gpu))
            vgate_log (VGATE_CODE_GPU_UNUSABLE, NULL, "cannot use %s", gpu);
    }
    for (guint i = 0; before && i < before->unusable->len; i++) {
        const VgateUnusableGpu *gpu = g_ptr_array_index (before->unusable, i);

        if (is_unusable (now, gpu))
            continue;
        if (gpu->address)
            vgate_log (VGATE_CODE_GPU_USABLE, NULL, "GPU %s can be used again", gpu->address);
        else
            vgate_log (VGATE_CODE_GPU_USABLE, NULL, "GPU %u can be used again", gpu->index);
    }
}
