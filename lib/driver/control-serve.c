/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper's part of reading and changing settings. */
#include "driver/control-serve.h"

#include "driver/control-wire.h"
#include "driver/refusal.h"
#include "driver/scheduler-serve.h"
#include "driver/serve-life.h"

#include <unistd.h>

static gboolean
read_versions (VgateNvml *nvml, VgateVersions *versions, GError **error)
{
    versions->driver = vgate_nvml_driver_version (nvml, error);
    versions->simulated = vgate_nvml_get_simulated (nvml) != NULL;
    return versions->driver && vgate_nvml_version_ranges (nvml, &versions->preset, &versions->current, error);
}

static GVariant *
answer_versions (VgateNvml *nvml, GError **error)
{
    g_auto (VgateVersions) versions = {0};

    return read_versions (nvml, &versions, error) ? vgate_versions_to_variant (&versions) : NULL;
}

static GVariant *
answer_set_version (VgateNvml *nvml, GVariant *body, GError **error)
{
    g_auto (VgateVersions) was = {0}, is = {0};
    g_autoptr (GError) local = NULL;
    VgateVersionRange range;

    g_variant_get (body, VGATE_RANGE_TYPE, &range.min, &range.max);
    if (!read_versions (nvml, &was, error) || !vgate_control_check_range (range, was.preset, error))
        return NULL;
    if (!vgate_nvml_set_version_range (nvml, range, &local)) {
        vgate_refusal_explain (nvml, NULL, g_steal_pointer (&local), error);
        return NULL;
    }
    if (!read_versions (nvml, &is, error)) {
        g_prefix_error (error, "the setting was made, but cannot be read back: ");
        return NULL;
    }
    return g_variant_new ("(@" VGATE_VERSIONS_TYPE "@" VGATE_VERSIONS_TYPE ")",
                          vgate_versions_to_variant (&was), vgate_versions_to_variant (&is));
}

static const char *
body_type (VgateRequestKind kind)
{
    switch (kind) {
    case VGATE_REQUEST_SET_VERSION: return VGATE_RANGE_TYPE;
    case VGATE_REQUEST_SCHEDULERS: return VGATE_ENGINE_TYPE;
    case VGATE_REQUEST_SET_SCHEDULER: return VGATE_SETTINGS_TYPE;
    case VGATE_REQUEST_VERSIONS:
    case VGATE_REQUEST_PROBE:
    case VGATE_REQUEST_FOLLOW:
    case VGATE_N_REQUESTS: break;
    }
    return "()";
}

static GVariant *
answer (VgateNvml *nvml, const VgateAsked *asked, GError **error)
{
    switch (asked->kind) {
    case VGATE_REQUEST_VERSIONS: return answer_versions (nvml, error);
    case VGATE_REQUEST_SET_VERSION: return answer_set_version (nvml, asked->body, error);
    case VGATE_REQUEST_SCHEDULERS: return vgate_serve_schedulers (nvml, asked->body, error);
    case VGATE_REQUEST_SET_SCHEDULER: return vgate_serve_set_scheduler (nvml, asked->body, error);
    case VGATE_REQUEST_PROBE:
    case VGATE_REQUEST_FOLLOW:
    case VGATE_N_REQUESTS: break;
    }
    g_assert_not_reached ();
}

int
vgate_control_serve (const VgateAsked *asked, int out)
{
    g_autoptr (VgateNvml) nvml = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) bytes = NULL;
    GVariant *body;

    if (!g_variant_is_of_type (asked->body, G_VARIANT_TYPE (body_type (asked->kind))))
        return 2;
    nvml = vgate_nvml_open (asked->library, &error);
    body = nvml ? answer (nvml, asked, &error) : NULL;
    bytes = vgate_answer_write (body, error);
    /* writes the answer before NVML's shutdown, which can hang, too */
    return vgate_serve_write (out, bytes) && close (out) == 0 ? 0 : 1;
}
