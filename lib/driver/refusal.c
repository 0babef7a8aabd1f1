/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/refusal.h"

#include "base/codes.h"
#include "driver/gpus.h"
#include "host/qemu-process.h"
#include "nvml/nvml-abi.h"

/* The number of vGPUs that the line names; it only gives the number of the others. */
#define NAMED_MAX 4
/* The number of characters of a domain's name that are shown. */
#define NAME_MAX_SHOWN 128

/* Appends "NVIDIA H100XM-20C of domain 'vm1' on GPU ADDRESS". Each name of a domain costs a reading of all of
 * libvirt's status files. */
static void
append_vgpu (VgateNvml *nvml, const char *address, guint32 vgpu, guint32 type, GString *text)
{
    g_autofree char *name = vgate_nvml_type_name (nvml, type, NULL);
    g_autofree char *vm = vgate_nvml_vgpu_vm_uuid (nvml, vgpu, NULL);
    g_autofree char *domain = vm ? vgate_qemu_find_name ("", vm) : NULL;
    g_autofree char *shown = domain ? vgate_printable (domain, NAME_MAX_SHOWN) : NULL;

    g_string_append (text, name ? name : "a vGPU");
    if (shown)
        g_string_append_printf (text, " of domain '%s'", shown);
    else
        g_string_append_printf (text, " of VM %s", vm ? vm : "(unknown)");
    g_string_append_printf (text, " on GPU %s", address);
}

/* Describes running vGPUs: the first NAMED_MAX by name, and the number of the others (" and 3 more"). NULL
 * when no vGPU runs or can be read. */
static char *
describe_running (VgateNvml *nvml, const char *only)
{
    g_autoptr (GPtrArray) unusable = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_unusable_gpu_free);
    g_autoptr (GPtrArray) gpus = vgate_gpus_find (nvml, only, unusable, NULL);
    g_autoptr (GString) text = g_string_new (NULL);
    guint n_running = 0;

    for (guint i = 0; gpus && i < gpus->len; i++) {
        const VgateGpu *gpu = g_ptr_array_index (gpus, i);
        g_autoptr (GArray) vgpus = vgate_nvml_device_vgpus (nvml, gpu->device, NULL);

        for (guint j = 0; vgpus && j < vgpus->len; j++) {
            const guint32 vgpu = g_array_index (vgpus, guint, j);
            guint32 type;

            /* a vGPU that has ended in the meantime does not count */
            if (!vgate_nvml_vgpu_type (nvml, vgpu, &type, NULL) || n_running++ >= NAMED_MAX)
                continue;
            if (n_running > 1)
                g_string_append (text, ", ");
            append_vgpu (nvml, gpu->address, vgpu, type, text);
        }
    }
    if (n_running == 0)
        return NULL;
    if (n_running > NAMED_MAX)
        g_string_append_printf (text, " and %u more", n_running - NAMED_MAX);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* The reason of the errors "in use" and "not supported", which running vGPUs cause most often. */
static char *
reason_of_state (VgateNvml *nvml, const char *gpu, int rc)
{
    g_autofree char *running = describe_running (nvml, gpu);

    if (running)
        return g_strdup_printf ("vGPUs run: %s; shut these VMs down, or migrate them to another host, first",
                                running);
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
