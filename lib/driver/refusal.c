/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/refusal.h"

#include "base/codes.h"
#include "driver/gpus.h"
#include "host/qemu-process.h"
#include "nvml/nvml-abi.h"

#include <string.h>

/* The bytes that the names of running VMs may have together, so that the line is not cut. */
#define NAMES_MAX 130
/* The number of characters of a domain's name that are shown. */
#define NAME_MAX_SHOWN 64

/* Returns "domain 'vm1' on GPU ADDRESS". Each name of a domain costs a reading of all of libvirt's status
 * files. The caller frees it. */
static char *
describe_vm (VgateNvml *nvml, const char *address, guint32 vgpu)
{
    g_autofree char *vm = vgate_nvml_vgpu_vm_uuid (nvml, vgpu, NULL);
    g_autofree char *domain = vm ? vgate_qemu_find_name ("", vm) : NULL;
    g_autofree char *shown = domain ? vgate_printable (domain, NAME_MAX_SHOWN) : NULL;

    if (shown)
        return g_strdup_printf ("domain '%s' on GPU %s", shown, address);
    return g_strdup_printf ("VM %s on GPU %s", vm ? vm : "(unknown)", address);
}

/* Describes the VMs of running vGPUs: as many as fit by name, at least one, and the number of the others
 * (" and 3 more"). NULL when no vGPU runs or can be read. */
static char *
describe_running (VgateNvml *nvml, const char *only)
{
    g_autoptr (GPtrArray) unusable = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_unusable_gpu_free);
    g_autoptr (GPtrArray) gpus = vgate_gpus_find (nvml, only, unusable, NULL);
    g_autoptr (GString) text = g_string_new (NULL);
    guint n_running = 0, n_named = 0;

    for (guint i = 0; gpus && i < gpus->len; i++) {
        const VgateGpu *gpu = g_ptr_array_index (gpus, i);
        g_autoptr (GArray) vgpus = vgate_nvml_device_vgpus (nvml, gpu->device, NULL);

        for (guint j = 0; vgpus && j < vgpus->len; j++) {
            const guint32 vgpu = g_array_index (vgpus, guint, j);
            g_autofree char *vm = NULL;
            guint32 type;

            /* a vGPU that has ended in the meantime does not count; behind one that does not fit, no other
             * one is named */
            if (!vgate_nvml_vgpu_type (nvml, vgpu, &type, NULL) || n_running++ > n_named)
                continue;
            vm = describe_vm (nvml, gpu->address, vgpu);
            if (n_named > 0 && text->len + strlen (vm) > NAMES_MAX)
                continue;
            g_string_append_printf (text, "%s%s", n_named++ > 0 ? ", " : "", vm);
        }
    }
    if (n_running == 0)
        return NULL;
    if (n_running > n_named)
        g_string_append_printf (text, " and %u more", n_running - n_named);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* The reason of the errors "in use" and "not supported", which running vGPUs cause most often. */
static char *
reason_of_state (VgateNvml *nvml, const char *gpu, int rc)
{
    g_autofree char *running = describe_running (nvml, gpu);

    if (running)
        return g_strdup_printf ("vGPUs run: %s. Shut these VMs down or migrate them first", running);
    if (rc == NVML_ERROR_IN_USE)
        return g_strdup ("a VM with a vGPU runs or is about to exit; try again when it has exited");
    if (!gpu)
        return g_strdup ("this driver does not support it; install the vGPU Manager");
    return g_strdup (
        "no vGPU runs on the GPU, so it is in MIG mode, or its driver does not support it; to disable MIG "
        "mode: nvidia-smi --multi-instance-gpu=0");
}

static char *
reason_of (VgateNvml *nvml, const char *gpu, int rc)
{
    switch (rc) {
    case NVML_ERROR_IN_USE:
    case NVML_ERROR_NOT_SUPPORTED: return reason_of_state (nvml, gpu, rc);
    case NVML_ERROR_RESET_REQUIRED:
        return g_strdup_printf ("the GPU must be reset first: nvidia-smi --gpu-reset --id=%s",
                                gpu ? gpu : "GPU");
    case NVML_ERROR_INVALID_ARGUMENT:
        return g_strdup ("this driver does not accept the value; use another one");
    default: return NULL;
    }
}

void
vgate_refusal_explain (VgateNvml *nvml, const char *gpu, GError *refusal, GError **error)
{
    g_autoptr (GError) owned = refusal;
    g_autofree char *reason = NULL;

    if (owned->domain == VGATE_NVML_ERROR && owned->code == NVML_ERROR_NO_PERMISSION) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_NOT_ROOT, owned->message);
        return;
    }
    reason = owned->domain == VGATE_NVML_ERROR ? reason_of (nvml, gpu, owned->code) : NULL;
    if (reason)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_NVML_REFUSED, "%s: %s", owned->message, reason);
    else
        g_propagate_error (error, g_steal_pointer (&owned));
}
