/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "declared/apply.h"

#include "declared/devices.h"
#include "driver/control.h"
#include "host/gpu-name.h"
#include "host/sysfs-read.h"
#include "placement/plan.h"
#include "scheduler/settings.h"

#include <string.h>

#define POLL_MIN_US 100000u
#define POLL_MAX_US 2000000u
/* How long a host without NVIDIA's library and kernel module is waited for, in seconds. */
#define BARE_WAIT 3

/* What is known while a declaration is dealt with. */
typedef struct {
    const VgateDeclaredRequest *request;
    VgateDeclaredReport *report; /* borrowed */
    VgateDeviceHost host;
    VgateServed served;
    gboolean nvml_hangs; /* it is not asked again */
    gboolean *fits;      /* for each GPU: it is there, and nothing in the declaration contradicts it */
} Run;

static void
run_clear (Run *run)
{
    vgate_device_host_clear (&run->host);
    g_free (run->fits);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

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

/* The number in a file of the GPU, which the kernel itself serves; 0 when the file does not exist. */
static guint
read_number (const char *root, const VgatePgpu *pgpu, const char *name)
{
    g_autofree char *directory = g_strconcat (root, VGATE_SYSFS_PCI_DEVICES "/", pgpu->address, NULL);
    g_autofree char *text = vgate_sysfs_read (directory, name);

    return text ? (guint)g_ascii_strtoull (text, NULL, 10) : 0;
}

/*
 * The number of devices that the GPU has and, as far as its sysfs shows it, can have: the virtual functions,
 * or the mediated devices and the room for others. *is_whole: the GPU itself is the parent of mediated
 * devices, and no virtual functions appear later.
 */
static guint
count_places (const VgateProbe *probe, const VgatePgpu *pgpu, VgateDeclaredKind kind, gboolean *is_whole)
{
    g_autoptr (GHashTable) most = g_hash_table_new (g_str_hash, g_str_equal);
    GHashTableIter iter;
    gpointer room;
    guint n = 0;

    *is_whole = FALSE;
    for (guint i = 0; i < probe->devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (probe->devices, i);

        if (listed->device.kind != VGATE_DEVICE_VGPU || !vgate_declared_has_kind (kind, listed->kind) ||
            g_strcmp0 (listed->device.pgpu, pgpu->address) != 0)
            continue;
        n++;
        *is_whole = *is_whole || g_strcmp0 (listed->device.parent, pgpu->address) == 0;
    }
    for (guint i = 0; i < probe->makeable->len; i++) {
        const VgateMakeable *makeable = g_ptr_array_index (probe->makeable, i);
        const guint known = GPOINTER_TO_UINT (g_hash_table_lookup (most, makeable->parent));

        if (makeable->kind == VGATE_HOSTDEV_MDEV && vgate_declared_has_kind (kind, makeable->kind) &&
            strcmp (makeable->pgpu, pgpu->address) == 0) {
            g_hash_table_insert (most, makeable->parent, GUINT_TO_POINTER (MAX (known, makeable->available)));
            *is_whole = *is_whole || strcmp (makeable->parent, pgpu->address) == 0;
        }
    }
    g_hash_table_iter_init (&iter, most);
    while (g_hash_table_iter_next (&iter, NULL, &room))
        n += GPOINTER_TO_UINT (room);
    return n;
}

/* FALSE while virtual functions are still to appear for the declared devices. More of these than the GPU has
 * virtual functions are not waited for. */
static gboolean
has_all_places (const char *root, const VgateProbe *probe, const VgatePgpu *pgpu,
                const VgateDeclaredGpu *declared)
{
    const guint enabled = read_number (root, pgpu, "sriov_numvfs");
    const guint most = enabled > 0 ? enabled : read_number (root, pgpu, "sriov_totalvfs");
    gboolean is_whole;
    const guint n = count_places (probe, pgpu, declared->kind, &is_whole);
    guint wanted = 0;

    for (guint i = 0; i < declared->types->len; i++)
        wanted += ((const VgateDeclaredType *)g_ptr_array_index (declared->types, i))->count;
    return is_whole || n >= (most > 0 ? MIN (wanted, most) : wanted);
}

/* Why the GPU is not ready for the declared devices yet; NULL: it is. The caller frees it. */
static char *
find_unready_devices (const char *root, const VgateProbe *probe, const VgatePgpu *pgpu,
                      const VgateDeclaredGpu *declared)
{
    if (!declared->types || declared->types->len == 0)
        return NULL;
    for (guint i = 0; i < declared->types->len; i++) {
        const VgateDeclaredType *type = g_ptr_array_index (declared->types, i);

        if (!vgate_plan_find_type_on (pgpu, type->name))
            return g_strdup_printf ("GPU %s (%s) does not offer the vGPU type '%s' yet", pgpu->address,
                                    pgpu->name, type->name);
    }
    if (!has_places (probe, pgpu))
        return g_strdup_printf ("GPU %s (%s) offers no vGPU device yet", pgpu->address, pgpu->name);
    if (!has_all_places (root, probe, pgpu, declared))
        return g_strdup_printf ("GPU %s (%s) has no place for all declared vGPU devices yet", pgpu->address,
                                pgpu->name);
    return NULL;
}

/* Why the host is not ready yet; NULL: it is. The caller frees it. */
static char *
find_unready (const char *root, const VgateDeclaration *declaration, const VgateProbe *probe)
{
    for (guint i = 0; i < declaration->gpus->len; i++) {
        const VgateDeclaredGpu *declared = g_ptr_array_index (declaration->gpus, i);
        g_autoptr (GError) error = NULL;
        const VgatePgpu *pgpu = find_gpu (probe->host, declared, &error);
        char *why = pgpu ? find_unready_devices (root, probe, pgpu, declared) : g_strdup (error->message);

        if (why)
            return why;
    }
    return NULL;
}

/* TRUE when the host can have no NVIDIA driver that is still to come up. */
static gboolean
is_bare (const char *root, const GError *error)
{
    g_autofree char *module = g_strconcat (root, "/sys/module/nvidia", NULL);

    return error && vgate_error_is (error, VGATE_CODE_NVML_LIBRARY) &&
           !g_file_test (module, G_FILE_TEST_EXISTS);
}

/* Reads the host without the leases, so that no guest waits for their lock, and waits until the driver
 * answers and each declared GPU is there. TRUE when the driver answers, even if a GPU is missing. */
static gboolean
read_host (const VgateDeclaredRequest *request, VgateDeviceHost *host, GError **error)
{
    const gint64 start = g_get_monotonic_time ();
    const guint wait = request->action == VGATE_DECLARED_APPLY ? request->wait : 0;
    g_autoptr (GHashTable) told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    gulong pause = POLL_MIN_US;

    for (;;) {
        g_autoptr (GError) local = NULL;
        const gboolean answers = vgate_device_host_read_again (host, TRUE, &local);
        g_autofree char *why = answers ? find_unready (request->root, request->declaration, host->probe)
                                       : g_strdup (local->message);
        const guint seconds = is_bare (request->root, local) ? MIN (wait, BARE_WAIT) : wait;
        const gint64 left = start + seconds * (gint64)G_USEC_PER_SEC - g_get_monotonic_time ();

        if (!why || left <= 0) {
            if (local)
                g_propagate_error (error, g_steal_pointer (&local));
            return answers;
        }
        if (request->on_wait && g_hash_table_add (told, g_strdup (why)))
            request->on_wait (why, request->user_data);
        g_usleep (MIN (pause, (gulong)left));
        pause = MIN (pause * 2, POLL_MAX_US);
    }
}

/* Adds the problem, and notes when NVML did not answer in time. */
static void
take_nvml_problem (Run *run, GPtrArray *problems, GError *error)
{
    run->nvml_hangs = run->nvml_hangs || (error && vgate_error_is (error, VGATE_CODE_NVML_TIMEOUT));
    take_problem (problems, error);
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
    g_autofree char *before = NULL;

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
    if (request->action == VGATE_DECLARED_DRY_RUN) {
        report->range = VGATE_SETTING_WOULD_BE_SET;
        return TRUE;
    }
    if (!vgate_control_set_version_range (&request->policy->backend, wanted, &was, &is, error))
        return FALSE;
    before = g_steal_pointer (&report->range_is);
    report->range_is = format_range (is.current);
    if (is.current.min != wanted.min || is.current.max != wanted.max) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SETTING_DIFFERS,
                     "the driver took the setting, but this host accepts the vGPU versions %s instead of %s",
                     report->range_is, report->range_declared);
        return FALSE;
    }
    report->range = VGATE_SETTING_SET;
    report->range_was = g_steal_pointer (&before);
    return TRUE;
}

static void
run_range (Run *run)
{
    const VgateDeclaredRequest *request = run->request;
    VgateDeclaredReport *report = run->report;
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
    take_nvml_problem (run, report->problems, error);
}

/* --- the scheduler of a GPU --- */

static gboolean
set_scheduler (const VgateDeclaredRequest *request, const VgateDeclaredGpu *declared,
               const VgateGpuScheduler *now, VgateGpuReport *gpu, GError **error)
{
    g_auto (VgateGpuScheduler) was = {0}, is = {0};
    g_autofree char *before = NULL;

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
    if (request->action == VGATE_DECLARED_DRY_RUN) {
        gpu->scheduler = VGATE_SETTING_WOULD_BE_SET;
        return TRUE;
    }
    if (!vgate_control_set_scheduler (&request->policy->backend, gpu->address, VGATE_ENGINE_GRAPHICS,
                                      &declared->scheduler, &was, &is, error))
        return FALSE;
    before = g_steal_pointer (&gpu->scheduler_is);
    gpu->scheduler_is = vgate_scheduler_describe (&is.scheduler);
    if (!vgate_scheduler_has_settings (&is.scheduler, &declared->scheduler)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SETTING_DIFFERS,
                     "the driver took the setting, but the vGPU scheduler of GPU %s is %s instead of %s",
                     gpu->address, gpu->scheduler_is, gpu->scheduler_declared);
        return FALSE;
    }
    gpu->scheduler = VGATE_SETTING_SET;
    gpu->scheduler_was = g_steal_pointer (&before);
    return TRUE;
}

static void
run_scheduler (Run *run, const VgateDeclaredGpu *declared, VgateGpuReport *gpu)
{
    const VgateDeclaredRequest *request = run->request;
    g_autoptr (GPtrArray) now = NULL;
    GError *error = NULL;

    if (!declared->has_scheduler)
        return;
    gpu->scheduler = VGATE_SETTING_DIFFERS;
    gpu->scheduler_declared = vgate_scheduler_settings_describe (&declared->scheduler);
    if (run->nvml_hangs)
        error = g_error_new (VGATE_ERROR, VGATE_CODE_NVML_TIMEOUT,
                             "the vGPU scheduler of GPU %s was left as it is: NVML no longer answers",
                             gpu->address);
    else
        now = vgate_control_schedulers (&request->policy->backend, gpu->address, VGATE_ENGINE_GRAPHICS, NULL,
                                        &error);
    if (now)
        set_scheduler (request, declared, g_ptr_array_index (now, 0), gpu, &error);
    take_nvml_problem (run, gpu->problems, error);
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

static gboolean
check_gpu (const Run *run, const VgateDeclaredGpu *declared, const VgateGpuReport *gpu)
{
    const VgatePgpu *pgpu = gpu->address ? vgate_host_find_pgpu (run->host.probe->host, gpu->address) : NULL;
    GError *error = NULL;

    if (pgpu && check_twice (run->report, gpu, &error) && check_mig (declared, pgpu, &error))
        return TRUE;
    take_problem (gpu->problems, error);
    return FALSE;
}

static void
run_devices (Run *run, const VgateDeclaredGpu *declared, VgateGpuReport *gpu)
{
    /* NVML is asked again when devices of another GPU were removed */
    if (run->host.probe && vgate_host_find_pgpu (run->host.probe->host, gpu->address))
        vgate_declared_devices_run (&(VgateDeclaredDevices){.host = &run->host,
                                                            .declared = declared,
                                                            .action = run->request->action,
                                                            .address = gpu->address,
                                                            .report = gpu,
                                                            .served = &run->served});
    else
        g_ptr_array_add (gpu->problems,
                         g_error_new (VGATE_ERROR, VGATE_CODE_NVML_ERROR,
                                      "GPU %s was left as it is: NVML no longer answers for it",
                                      gpu->address));
}

/* Only devices need the leases, whose lock is held from here on. The host is read again under it. */
static void
run_all_devices (Run *run)
{
    const GPtrArray *gpus = run->request->declaration->gpus;
    gboolean is_read = FALSE;
    GError *error = NULL;

    for (guint i = 0; i < gpus->len; i++) {
        const VgateDeclaredGpu *declared = g_ptr_array_index (gpus, i);
        VgateGpuReport *gpu = g_ptr_array_index (run->report->gpus, i);

        if (!run->fits[i] || !declared->types)
            continue;
        if (run->nvml_hangs)
            error = g_error_new (VGATE_ERROR, VGATE_CODE_NVML_TIMEOUT,
                                 "the devices of this host were left as they are: NVML no longer answers");
        else if (!is_read)
            is_read = vgate_device_host_read (&run->host, run->request->action == VGATE_DECLARED_APPLY, TRUE,
                                              &error);
        if (error) {
            take_problem (run->report->problems, error);
            return;
        }
        run_devices (run, declared, gpu);
    }
}

VgateDeclaredReport *
vgate_declared_run (const VgateDeclaredRequest *request)
{
    const GPtrArray *gpus = request->declaration->gpus;
    g_autoptr (VgateDeclaredReport) report = vgate_declared_report_new ();
    g_auto (Run) run = {
        .request = request,
        .report = report,
        .host = {.root = request->root, .policy = vgate_policy_copy (request->policy)},
        .served = VGATE_SERVED_IN_TIME,
        .fits = g_new0 (gboolean, MAX (gpus->len, 1)),
    };
    GError *error = NULL;

    /* a host without a declaration need not have a driver */
    if (!request->declaration->has_range && gpus->len == 0)
        return g_steal_pointer (&report);
    if (!read_host (request, &run.host, &error)) {
        take_problem (report->problems, error);
        return g_steal_pointer (&report);
    }
    run_range (&run);
    for (guint i = 0; i < gpus->len; i++)
        begin_gpu (run.host.probe->host, g_ptr_array_index (gpus, i), report);
    for (guint i = 0; i < gpus->len; i++)
        run.fits[i] = check_gpu (&run, g_ptr_array_index (gpus, i), g_ptr_array_index (report->gpus, i));
    /* a scheduler cannot be set once a guest has started */
    for (guint i = 0; i < gpus->len; i++)
        if (run.fits[i])
            run_scheduler (&run, g_ptr_array_index (gpus, i), g_ptr_array_index (report->gpus, i));
    run_all_devices (&run);
    return g_steal_pointer (&report);
}
