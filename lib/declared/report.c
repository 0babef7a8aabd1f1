/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "declared/report.h"

#include "base/codes.h"

const char *
vgate_setting_state_name (VgateSettingState state)
{
    static const char *const names[] = {"not-declared", "as-declared", "set", "would-be-set", "differs"};

    return names[state];
}

const char *
vgate_outcome_name (VgateOutcome outcome)
{
    static const char *const names[VGATE_N_OUTCOMES] = {
        "existed", "kept",    "created", "would-be-created", "removed", "would-be-removed",
        "other",   "mdevctl", "guest",   "unusable",
    };

    return names[outcome];
}

static void
device_free (VgateDeclaredDevice *device)
{
    g_free (device->name);
    g_free (device->type);
    g_free (device->user);
    g_free (device);
}

static void
count_free (VgateDeclaredCount *count)
{
    g_free (count->name);
    g_free (count);
}

static void
gpu_report_free (VgateGpuReport *gpu)
{
    g_free (gpu->declared_as);
    g_free (gpu->address);
    g_free (gpu->name);
    g_free (gpu->scheduler_declared);
    g_free (gpu->scheduler_is);
    g_free (gpu->scheduler_was);
    g_ptr_array_unref (gpu->counts);
    g_ptr_array_unref (gpu->devices);
    g_ptr_array_unref (gpu->problems);
    g_free (gpu);
}

VgateDeclaredReport *
vgate_declared_report_new (void)
{
    VgateDeclaredReport *report = g_new0 (VgateDeclaredReport, 1);

    report->gpus = g_ptr_array_new_with_free_func ((GDestroyNotify)gpu_report_free);
    report->problems = g_ptr_array_new_with_free_func ((GDestroyNotify)g_error_free);
    return report;
}

VgateGpuReport *
vgate_declared_report_add_gpu (VgateDeclaredReport *report, const VgateDeclaredGpu *declared)
{
    VgateGpuReport *gpu = g_new0 (VgateGpuReport, 1);

    gpu->declared_as = g_strdup (declared->gpu);
    gpu->counts = g_ptr_array_new_with_free_func ((GDestroyNotify)count_free);
    gpu->devices = g_ptr_array_new_with_free_func ((GDestroyNotify)device_free);
    gpu->problems = g_ptr_array_new_with_free_func ((GDestroyNotify)g_error_free);
    g_ptr_array_add (report->gpus, gpu);
    return gpu;
}

void
vgate_gpu_report_add_device (VgateGpuReport *gpu, VgateOutcome outcome, const char *name, const char *type,
                             const char *user)
{
    VgateDeclaredDevice *device = g_new0 (VgateDeclaredDevice, 1);

    device->outcome = outcome;
    device->name = g_strdup (name);
    device->type = g_strdup (type);
    device->user = g_strdup (user);
    g_ptr_array_add (gpu->devices, device);
}

void
vgate_declared_report_free (VgateDeclaredReport *report)
{
    if (!report)
        return;
    g_free (report->range_declared);
    g_free (report->range_is);
    g_free (report->range_was);
    g_ptr_array_unref (report->gpus);
    g_ptr_array_unref (report->problems);
    g_free (report);
}

gboolean
vgate_declared_is_unanswered (const GError *error)
{
    /* after a device that hung it is not known whether the device exists, or will */
    return vgate_code_is_unanswered ((VgateCode)error->code) ||
           vgate_error_is (error, VGATE_CODE_DEVICE_HANGS) || vgate_error_is (error, VGATE_CODE_GPU_UNUSABLE);
}

static void
judge (const GPtrArray *problems, VgateDeclaredResult *result)
{
    for (guint i = 0; i < problems->len; i++) {
        const gboolean is_unknown = vgate_declared_is_unanswered (g_ptr_array_index (problems, i));

        *result = MAX (*result, is_unknown ? VGATE_DECLARED_UNKNOWN : VGATE_DECLARED_DIFFERS);
    }
}

VgateDeclaredResult
vgate_declared_report_result (const VgateDeclaredReport *report)
{
    VgateDeclaredResult result = VGATE_DECLARED_DONE;

    judge (report->problems, &result);
    for (guint i = 0; i < report->gpus->len; i++)
        judge (((const VgateGpuReport *)g_ptr_array_index (report->gpus, i))->problems, &result);
    return result;
}

guint
vgate_declared_report_n_problems (const VgateDeclaredReport *report)
{
    guint n = report->problems->len;

    for (guint i = 0; i < report->gpus->len; i++)
        n += ((const VgateGpuReport *)g_ptr_array_index (report->gpus, i))->problems->len;
    return n;
}
