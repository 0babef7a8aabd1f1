/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/survey.h"

#include "gate/internal.h"

typedef struct {
    const VgateHostdev *hostdev; /* borrowed from the domain */
    VgateDevice device;
    gboolean has_type;
} Seen;

struct VgateSurvey {
    const char *domain_name;
    const char *root;
    gboolean is_session;
    GArray *seen; /* of Seen: one for each hostdev, in their order */
    gboolean knows_qemu;
    gboolean is_incoming;
    GError *qemu_error;
};

static void
seen_clear (Seen *seen)
{
    vgate_device_clear (&seen->device);
}

VgateSurvey *
vgate_survey_new (const VgateDomain *domain, const char *root, gboolean is_session)
{
    VgateSurvey *survey = g_new0 (VgateSurvey, 1);

    survey->domain_name = domain->name;
    survey->root = root;
    survey->is_session = is_session;
    survey->seen = g_array_new (FALSE, TRUE, sizeof (Seen));
    g_array_set_clear_func (survey->seen, (GDestroyNotify)seen_clear);
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        Seen seen = {.hostdev = g_ptr_array_index (domain->hostdevs, i)};

        vgate_sysfs_identify (root, seen.hostdev, &seen.device);
        g_array_append_val (survey->seen, seen);
    }
    return survey;
}

void
vgate_survey_free (VgateSurvey *survey)
{
    if (!survey)
        return;
    g_array_unref (survey->seen);
    g_clear_error (&survey->qemu_error);
    g_free (survey);
}

gboolean
vgate_survey_has_vgpu (const VgateSurvey *survey)
{
    for (guint i = 0; i < survey->seen->len; i++) {
        const VgateDeviceKind kind = g_array_index (survey->seen, Seen, i).device.kind;

        if (kind == VGATE_DEVICE_VGPU || kind == VGATE_DEVICE_UNUSABLE)
            return TRUE;
    }
    return FALSE;
}

const VgateHostdev *
vgate_survey_unknown_device (const VgateSurvey *survey)
{
    for (guint i = 0; i < survey->seen->len; i++) {
        const Seen *seen = &g_array_index (survey->seen, Seen, i);

        if (seen->device.kind == VGATE_DEVICE_ABSENT && seen->hostdev->kind == VGATE_HOSTDEV_MDEV)
            return vgate_sysfs_has_kind (survey->root, VGATE_HOSTDEV_MDEV) ? seen->hostdev : NULL;
    }
    return NULL;
}

static Seen *
find (const VgateSurvey *survey, const VgateHostdev *hostdev)
{
    for (guint i = 0; i < survey->seen->len; i++) {
        Seen *seen = &g_array_index (survey->seen, Seen, i);

        if (seen->hostdev == hostdev)
            return seen;
    }
    g_error ("a hostdev of another domain");
}

const VgateDevice *
vgate_survey_device (const VgateSurvey *survey, const VgateHostdev *hostdev)
{
    return &find (survey, hostdev)->device;
}

/* One that vanished meanwhile, or is another one by now, is absent. */
static void
take_type (Seen *seen, const VgateListedDevice *listed)
{
    const VgateDevice *now = listed ? &listed->device : NULL;

    if (seen->device.kind != VGATE_DEVICE_VGPU)
        return;
    if (now && now->kind == VGATE_DEVICE_UNUSABLE) {
        vgate_device_clear (&seen->device);
        seen->device.kind = VGATE_DEVICE_UNUSABLE;
        seen->device.fault = g_strdup (now->fault);
    } else if (now && g_strcmp0 (now->pgpu, seen->device.pgpu) == 0 &&
               g_strcmp0 (now->parent, seen->device.parent) == 0) {
        seen->device.type = now->type;
        seen->device.type_name = g_strdup (now->type_name);
    } else {
        vgate_device_clear (&seen->device);
    }
}

void
vgate_survey_take_types (VgateSurvey *survey, const GPtrArray *devices)
{
    for (guint i = 0; i < survey->seen->len; i++) {
        Seen *seen = &g_array_index (survey->seen, Seen, i);

        take_type (seen, vgate_listed_device_find (devices, seen->hostdev->kind, seen->hostdev->source));
        seen->has_type = TRUE;
    }
}

const VgateDevice *
vgate_survey_typed_device (const VgateSurvey *survey, const VgateHostdev *hostdev)
{
    const Seen *seen = find (survey, hostdev);

    g_assert (seen->has_type);
    return &seen->device;
}

gboolean
vgate_survey_is_incoming (VgateSurvey *survey, GError **error)
{
    if (!survey->knows_qemu)
        survey->is_incoming = vgate_qemu_is_incoming (survey->root, survey->is_session, survey->domain_name,
                                                      &survey->qemu_error);
    survey->knows_qemu = TRUE;
    if (survey->qemu_error && error)
        *error = g_error_copy (survey->qemu_error);
    return survey->is_incoming;
}
