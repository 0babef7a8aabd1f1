/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/control.h"

#include "host/control-wire.h"
#include "message/codes.h"

#include <unistd.h>

/* Asks, and waits for the whole answer: a GVariant of this type. */
static GVariant *
ask (const VgateBackend *backend, VgateRequestKind kind, GVariant *body, const char *type, GError **error)
{
    g_autoptr (GBytes) asked = vgate_asked_write (kind, backend->library, backend->deadline_ms, body);
    g_autoptr (GBytes) answer = NULL;
    g_autoptr (GError) local = NULL;
    GVariant *variant;
    const int fd = vgate_helper_start (backend, asked, error);

    if (fd < 0)
        return NULL;
    answer = vgate_helper_read (fd, backend->deadline_ms, error);
    close (fd);
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
                     "the range %s is inverted; write the lower version first", wanted);
    else
        g_set_error (
            error, VGATE_ERROR, VGATE_CODE_NVML_REFUSED,
            "the range %s is not inside %s, which is what the driver supports; name a range inside it",
            wanted, vgate_version_range_format (preset, supported));
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
