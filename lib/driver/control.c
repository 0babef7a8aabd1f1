/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/control.h"

#include "base/codes.h"
#include "driver/control-wire.h"

/* Asks, and waits for the whole answer, which is a GVariant of this type. */
static GVariant *
ask (const VgateBackend *backend, VgateRequestKind kind, GVariant *body, const char *type, GError **error)
{
    g_autoptr (GBytes) asked = vgate_asked_write (kind, backend->library, backend->deadline_ms, body);
    g_autoptr (GBytes) answer = vgate_helper_ask (backend, asked, error);
    g_autoptr (GError) local = NULL;
    GVariant *variant;

    if (!answer)
        return NULL;
    variant = vgate_answer_read (answer, type, &local);
    if (!variant)
        vgate_helper_translate_error (g_steal_pointer (&local), backend, error);
    return variant;
}

void
vgate_versions_clear (VgateVersions *versions)
{
    g_clear_pointer (&versions->driver, g_free);
}

gboolean
vgate_control_versions (const VgateBackend *backend, VgateVersions *versions, GError **error)
{
    g_autoptr (GVariant) answer =
        ask (backend, VGATE_REQUEST_VERSIONS, g_variant_new ("()"), VGATE_VERSIONS_TYPE, error);

    if (!answer)
        return FALSE;
    vgate_versions_from_variant (answer, versions);
    return TRUE;
}

gboolean
vgate_control_check_range (VgateVersionRange range, VgateVersionRange preset, GError **error)
{
    char wanted[VGATE_VERSION_RANGE_TEXT_SIZE], supported[VGATE_VERSION_RANGE_TEXT_SIZE];

    if (vgate_version_range_contains (preset, range))
        return TRUE;
    vgate_version_range_format (range, wanted);
    if (range.min > range.max)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_NVML_REFUSED,
                     "the range %s is inverted: give the lower version first", wanted);
    else
        g_set_error (error, VGATE_ERROR, VGATE_CODE_NVML_REFUSED,
                     "the range %s is not inside %s, the range that the driver supports", wanted,
                     vgate_version_range_format (preset, supported));
    return FALSE;
}

gboolean
vgate_control_set_version_range (const VgateBackend *backend, VgateVersionRange range, VgateVersions *was,
                                 VgateVersions *is, GError **error)
{
    g_autoptr (GVariant) answer =
        ask (backend, VGATE_REQUEST_SET_VERSION, g_variant_new (VGATE_RANGE_TYPE, range.min, range.max),
             VGATE_PAIR_TYPE (VGATE_VERSIONS_TYPE), error);

    if (!answer)
        return FALSE;
    vgate_pair_from_variant (answer, (VgateFromVariant)vgate_versions_from_variant, was, is);
    return TRUE;
}

void
vgate_gpu_scheduler_clear (VgateGpuScheduler *gpu)
{
    g_clear_pointer (&gpu->address, g_free);
    g_clear_pointer (&gpu->name, g_free);
}

void
vgate_gpu_scheduler_free (VgateGpuScheduler *gpu)
{
    vgate_gpu_scheduler_clear (gpu);
    g_free (gpu);
}

GPtrArray *
vgate_control_schedulers (const VgateBackend *backend, const char *name, int engine, GPtrArray *unusable,
                          GError **error)
{
    g_autoptr (GPtrArray) gpus = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_gpu_scheduler_free);
    g_autoptr (GVariant) answer = ask (backend, VGATE_REQUEST_SCHEDULERS,
                                       vgate_engine_to_variant (name, engine), VGATE_SCHEDULERS_TYPE, error);
    g_autoptr (GVariant) schedulers = NULL, left_out = NULL;

    if (!answer)
        return NULL;
    schedulers = g_variant_get_child_value (answer, 0);
    left_out = g_variant_get_child_value (answer, 1);
    if (unusable)
        vgate_unusable_from_variant (left_out, unusable);
    for (gsize i = 0; i < g_variant_n_children (schedulers); i++) {
        g_autoptr (GVariant) child = g_variant_get_child_value (schedulers, i);
        VgateGpuScheduler *gpu = g_new0 (VgateGpuScheduler, 1);

        vgate_scheduler_from_variant (child, gpu);
        g_ptr_array_add (gpus, gpu);
    }
    if (gpus->len > 0)
        return g_steal_pointer (&gpus);
    g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_NVML_CRASHED,
                         "the process that reads NVML named no GPU");
    return NULL;
}

gboolean
vgate_control_set_scheduler (const VgateBackend *backend, const char *address, int engine,
                             const VgateSchedulerSettings *settings, VgateGpuScheduler *was,
                             VgateGpuScheduler *is, GError **error)
{
    g_autoptr (GVariant) answer =
        ask (backend, VGATE_REQUEST_SET_SCHEDULER,
             g_variant_new (VGATE_SETTINGS_TYPE, address, engine, settings->policy, settings->arr,
                            settings->time_slice, settings->frequency, settings->average_factor),
             VGATE_PAIR_TYPE (VGATE_SCHEDULER_TYPE), error);

    if (!answer)
        return FALSE;
    vgate_pair_from_variant (answer, (VgateFromVariant)vgate_scheduler_from_variant, was, is);
    return TRUE;
}
