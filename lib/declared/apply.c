/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "declared/apply.h"

#include "declared/devices.h"
#include "driver/control.h"
#include "host/gpu-name.h"
#include "scheduler/settings.h"

#include <string.h>

#define POLL_MIN_US 100000u
#define POLL_MAX_US 2000000u

static void
take_problem (GPtrArray *problems, GError *error)
{
    if (error)
        g_ptr_array_add (problems, error);
}

/* --- waiting for the driver --- */

/* The unusable GPU that is named. A UUID does not tell, as nobody asks such a GPU for it. */
static const VgateUnusableGpu *
find_unusable (const VgateHost *host, const char *name)
{
    for (guint i = 0; i < host->unusable->len; i++) {
        const VgateUnusableGpu *gpu = g_ptr_array_index (host->unusable, i);
        g_autofree char *index = g_strdup_printf ("%u", gpu->index);

        if (g_strcmp0 (gpu->address, name) == 0 || strcmp (index, name) == 0)
            return gpu;
    }
    return NULL;
}

/* NULL with VGATE_CODE_GPU_ABSENT or _GPU_UNUSABLE. */
static const VgatePgpu *
find_gpu (const VgateHost *host, const VgateDeclaredGpu *declared, GError **error)
{
    const VgatePgpu *pgpu = vgate_host_find_gpu (host, declared->gpu);
    const VgateUnusableGpu *unusable = pgpu ? NULL : find_unusable (host, declared->gpu);
    g_autofree char *text = NULL;

    if (pgpu)
        return pgpu;
    if (unusable) {
        text = vgate_unusable_gpu_describe (unusable);
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_GPU_UNUSABLE, text);
        return NULL;
    }
    text = vgate_host_list_gpus (host);
    g_set_error (error, VGATE_ERROR, VGATE_CODE_GPU_ABSENT,
                 "there is no GPU %s in vGPU host mode; this host has %s", declared->gpu, text);
    return NULL;
}

/* TRUE when the GPU has devices, or can have one. Its virtual functions appear later than the GPU. */
static gboolean
has_places (const VgateProbe *probe, const VgatePgpu *pgpu)
{
    for (guint i = 0; i < probe->makeable->len; i++)
        if (strcmp (((const VgateMakeable *)g_ptr_array_index (probe->makeable, i))->pgpu, pgpu->address) ==
            0)
            return TRUE;
    for (guint i = 0; i < probe->devices->len; i++) {
        const VgateDevice *device =
            &((const VgateListedDevice *)g_ptr_array_index (probe->devices, i))->device;

        if (device->type != 0 && g_strcmp0 (device->pgpu, pgpu->address) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Why the host is not ready yet; NULL: it is. The caller frees it. */
static char *
find_unready (const VgateDeclaration *declaration, const VgateProbe *probe)
{
    for (guint i = 0; i < declaration->gpus->len; i++) {
        const VgateDeclaredGpu *declared = g_ptr_array_index (declaration->gpus, i);
        g_autoptr (GError) error = NULL;
        const VgatePgpu *pgpu = find_gpu (probe->host, declared, &error);

        if (!pgpu)
            return g_strdup (error->message);
        if (declared->types && declared->types->len > 0 && !has_places (probe, pgpu))
            return g_strdup_printf ("GPU %s (%s) offers no vGPU device yet", pgpu->address, pgpu->name);
    }
    return NULL;
}

/* Reads the host, and waits until the driver answers and each declared GPU is there. TRUE when the driver
 * answers, even if a GPU is missing. */
static gboolean
read_host (const VgateDeclaredRequest *request, VgateDeviceHost *host, GError **error)
{
    const gboolean applies = request->action == VGATE_DECLARED_APPLY;
    const gint64 end = g_get_monotonic_time () + (applies ? request->wait : 0) * (gint64)G_USEC_PER_SEC;
    g_autoptr (GHashTable) told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    gulong pause = POLL_MIN_US;

    for (;;) {
        g_autoptr (GError) local = NULL;
        const gboolean answers = vgate_device_host_read (host, applies, TRUE, &local);
        g_autofree char *why =
            answers ? find_unready (request->declaration, host->probe) : g_strdup (local->message);
        const gint64 left = end - g_get_monotonic_time ();

        /* the leases are a matter of this host alone, so nothing that comes up later helps */
        if (!why || left <= 0 || (!answers && !host->leases)) {
            if (local)
                g_propagate_error (error, g_steal_pointer (&local));
            return answers;
        }
        if (request->on_wait && g_hash_table_add (told, g_strdup (why)))
            request->on_wait (why, request->user_data);
        /* no guest waits for the lock meanwhile */
        g_clear_pointer (&host->leases, vgate_leases_free);
        g_usleep (MIN (pause, (gulong)left));
        pause = MIN (pause * 2, POLL_MAX_US);
    }
}

/* --- the range of versions --- */

static char *
format_range (VgateVersionRange range)
{
    char text[VGATE_VERSION_RANGE_TEXT_SIZE];

    return g_strdup (vgate_version_range_format (range, text));
}

static gboolean
set_range (const VgateDeclaredRequest *request, const VgateVersions *now, VgateDeclaredReport *report,
           GError **error)
{
    const VgateVersionRange wanted = request->declaration->range;
    g_auto (VgateVersions) was = {0}, is = {0};

    if (wanted.min == now->current.min && wanted.max == now->current.max) {
        report->range = VGATE_SETTING_AS_DECLARED;
        return TRUE;
    }
    report->range = VGATE_SETTING_DIFFERS;
    if (request->action == VGATE_DECLARED_LOOK) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SETTING_DIFFERS,
                     "this host accepts the vGPU versions %s instead of %s", report->range_is,
                     report->range_declared);
        return FALSE;
    }
    if (!vgate_control_check_range (wanted, now->preset, error))
        return FALSE;
    if (request->action == VGATE_DECLARED_APPLY) {
        if (!vgate_control_set_version_range (&request->policy->backend, wanted, &was, &is, error))
            return FALSE;
        report->range_was = g_steal_pointer (&report->range_is);
        report->range_is = format_range (is.current);
    }
    report->range = request->action == VGATE_DECLARED_APPLY ? VGATE_SETTING_SET : VGATE_SETTING_WOULD_BE_SET;
    return TRUE;
}

static void
run_range (const VgateDeclaredRequest *request, VgateDeclaredReport *report)
{
    g_auto (VgateVersions) now = {0};
    GError *error = NULL;

    if (!request->declaration->has_range)
        return;
    report->range = VGATE_SETTING_DIFFERS;
    report->range_declared = format_range (request->declaration->range);
    if (vgate_control_versions (&request->policy->backend, &now, &error)) {
        report->range_is = format_range (now.current);
        set_range (request, &now, report, &error);
    }
    take_problem (report->problems, error);
}

/* --- the scheduler of a GPU --- */

static gboolean
set_scheduler (const VgateDeclaredRequest *request, const VgateDeclaredGpu *declared,
               const VgateGpuScheduler *now, VgateGpuReport *gpu, GError **error)
{
    g_auto (VgateGpuScheduler) was = {0}, is = {0};

    if (!now->is_available) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_NVML_REFUSED,
                     "GPU %s has no vGPU scheduler, as in MIG mode", gpu->address);
        return FALSE;
    }
    gpu->scheduler_is = vgate_scheduler_describe (&now->scheduler);
    if (vgate_scheduler_has_settings (&now->scheduler, &declared->scheduler)) {
        gpu->scheduler = VGATE_SETTING_AS_DECLARED;
        return TRUE;
    }
    if (request->action == VGATE_DECLARED_LOOK) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SETTING_DIFFERS,
                     "the vGPU scheduler of GPU %s is %s instead of %s", gpu->address, gpu->scheduler_is,
                     gpu->scheduler_declared);
        return FALSE;
    }
    if (!vgate_scheduler_settings_check (&declared->scheduler, &now->capabilities, error))
        return FALSE;
    if (request->action == VGATE_DECLARED_APPLY) {
        if (!vgate_control_set_scheduler (&request->policy->backend, gpu->address, &declared->scheduler, &was,
                                          &is, error))
            return FALSE;
        gpu->scheduler_was = g_steal_pointer (&gpu->scheduler_is);
        gpu->scheduler_is = vgate_scheduler_describe (&is.scheduler);
    }
    gpu->scheduler = request->action == VGATE_DECLARED_APPLY ? VGATE_SETTING_SET : VGATE_SETTING_WOULD_BE_SET;
    return TRUE;
}

static void
run_scheduler (const VgateDeclaredRequest *request, const VgateDeclaredGpu *declared, VgateGpuReport *gpu)
{
    g_autoptr (GPtrArray) now = NULL;
    GError *error = NULL;

    if (!declared->has_scheduler)
        return;
    gpu->scheduler = VGATE_SETTING_DIFFERS;
    gpu->scheduler_declared = vgate_scheduler_settings_describe (&declared->scheduler);
    now = vgate_control_schedulers (&request->policy->backend, gpu->address, NULL, &error);
    if (now)
        set_scheduler (request, declared, g_ptr_array_index (now, 0), gpu, &error);
    take_problem (gpu->problems, error);
}

/* --- a GPU --- */

/* FALSE when another group of the file names the same GPU in another way: neither can be meant then. */
static gboolean
check_twice (const VgateDeclaredReport *report, const VgateGpuReport *gpu, GError **error)
{
    for (guint i = 0; i < report->gpus->len; i++) {
        const VgateGpuReport *other = g_ptr_array_index (report->gpus, i);

        if (other == gpu || g_strcmp0 (other->address, gpu->address) != 0)
            continue;
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_VALUE,
                     "the groups [gpu %s] and [gpu %s] name the same GPU, %s", gpu->declared_as,
                     other->declared_as, gpu->address);
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_mig (const VgateDeclaredGpu *declared, const VgatePgpu *pgpu, GError **error)
{
    const int wanted = declared->mig == VGATE_DECLARED_MIG ? VGATE_MODE_ON : VGATE_MODE_OFF;

    if (declared->mig == VGATE_DECLARED_ANY_MIG || pgpu->mig == wanted ||
        (pgpu->mig == VGATE_MODE_UNKNOWN && wanted == VGATE_MODE_OFF))
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_GPU_MIG, "GPU %s is %s, but mig=%s is declared",
                 pgpu->address,
                 pgpu->mig == VGATE_MODE_ON    ? "in MIG mode"
                 : pgpu->mig == VGATE_MODE_OFF ? "not in MIG mode"
                                               : "of a model without MIG mode",
                 wanted == VGATE_MODE_ON ? "yes" : "no");
    return FALSE;
}

/* Finds the GPU for its report. */
static void
begin_gpu (const VgateHost *host, const VgateDeclaredGpu *declared, VgateDeclaredReport *report)
{
    VgateGpuReport *gpu = vgate_declared_report_add_gpu (report, declared);
    GError *error = NULL;
    const VgatePgpu *pgpu = find_gpu (host, declared, &error);

    take_problem (gpu->problems, error);
    gpu->address = pgpu ? g_strdup (pgpu->address) : NULL;
    gpu->name = pgpu ? g_strdup (pgpu->name) : NULL;
}

static void
run_gpu (const VgateDeclaredRequest *request, VgateDeviceHost *host, const VgateDeclaredGpu *declared,
         const VgateDeclaredReport *report, VgateGpuReport *gpu)
{
    const VgatePgpu *pgpu = NULL;
    GError *error = NULL;

    if (!gpu->address)
        return;
    /* NVML is asked again when devices of another GPU were removed */
    if (host->probe)
        pgpu = vgate_host_find_pgpu (host->probe->host, gpu->address);
    if (!pgpu)
        error = g_error_new (VGATE_ERROR, VGATE_CODE_NVML_ERROR,
                             "GPU %s was left as it is: NVML no longer answers for it", gpu->address);
    if (!pgpu || !check_twice (report, gpu, &error) || !check_mig (declared, pgpu, &error)) {
        take_problem (gpu->problems, error);
        return;
    }
    /* a scheduler cannot be set once a guest has started */
    run_scheduler (request, declared, gpu);
    if (declared->types)
        vgate_declared_devices_run (&(VgateDeclaredDevices){.host = host,
                                                            .declared = declared,
                                                            .action = request->action,
                                                            .address = gpu->address,
                                                            .report = gpu});
}

VgateDeclaredReport *
vgate_declared_run (const VgateDeclaredRequest *request)
{
    const GPtrArray *gpus = request->declaration->gpus;
    g_autoptr (VgateDeclaredReport) report = vgate_declared_report_new ();
    g_auto (VgateDeviceHost) host = {.root = request->root, .policy = vgate_policy_copy (request->policy)};
    GError *error = NULL;

    if (!read_host (request, &host, &error)) {
        take_problem (report->problems, error);
        return g_steal_pointer (&report);
    }
    run_range (request, report);
    for (guint i = 0; i < gpus->len; i++)
        begin_gpu (host.probe->host, g_ptr_array_index (gpus, i), report);
    for (guint i = 0; i < gpus->len; i++)
        run_gpu (request, &host, g_ptr_array_index (gpus, i), report, g_ptr_array_index (report->gpus, i));
    return g_steal_pointer (&report);
}
