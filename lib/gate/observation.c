/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/observation.h"

#include "host/qemu-process.h"

typedef struct {
    const VgateHostdev *hostdev; /* borrowed from the domain */
    VgateDevice device;
    gboolean has_type;
} Seen;

struct VgateObservation {
    const VgateDomain *domain;
    const char *root;
    const VgateHost *document; /* NULL: this host */
    gboolean is_session;
    GArray *seen;       /* of Seen, one for each hostdev, in the same order */
    gboolean runs_here; /* only of vgate_observation_new_here () */
    gboolean knows_qemu;
    gboolean is_incoming;
    GError *qemu_error;
};

static void
seen_clear (Seen *seen)
{
    vgate_device_clear (&seen->device);
}

VgateObservation *
vgate_observation_new (const VgateDomain *domain, const char *root, gboolean is_session)
{
    VgateObservation *observation = g_new0 (VgateObservation, 1);

    observation->domain = domain;
    observation->root = root;
    observation->is_session = is_session;
    observation->seen = g_array_new (FALSE, TRUE, sizeof (Seen));
    g_array_set_clear_func (observation->seen, (GDestroyNotify)seen_clear);
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        Seen seen = {.hostdev = g_ptr_array_index (domain->hostdevs, i)};

        vgate_sysfs_identify (root, seen.hostdev, &seen.device);
        g_array_append_val (observation->seen, seen);
    }
    return observation;
}

VgateObservation *
vgate_observation_new_here (const VgateDomain *domain, const char *root, gboolean can_run)
{
    VgateObservation *here = vgate_observation_new (domain, root, FALSE);

    here->runs_here =
        can_run && domain->hostdevs->len > 0 && vgate_qemu_runs (root, domain->name, domain->uuid);
    return here;
}

gboolean
vgate_observation_knows_domain (const VgateObservation *here)
{
    for (guint i = 0; i < here->seen->len; i++) {
        const Seen *seen = &g_array_index (here->seen, Seen, i);

        if (seen->hostdev->kind == VGATE_HOSTDEV_MDEV && seen->device.kind != VGATE_DEVICE_ABSENT)
            return TRUE;
    }
    return here->runs_here;
}

VgateObservation *
vgate_observation_copy_for_document (const VgateObservation *here, const VgateHost *host)
{
    VgateObservation *observation = g_new0 (VgateObservation, 1);

    observation->domain = here->domain;
    observation->root = here->root;
    observation->document = host;
    observation->seen = g_array_sized_new (FALSE, TRUE, sizeof (Seen), here->seen->len);
    g_array_set_clear_func (observation->seen, (GDestroyNotify)seen_clear);
    for (guint i = 0; i < here->seen->len; i++) {
        const Seen *on_this_host = &g_array_index (here->seen, Seen, i);
        Seen seen = {.hostdev = on_this_host->hostdev, .has_type = TRUE};
        const VgateListedDevice *listed =
            host->devices ? vgate_host_devices_find (host->devices, seen.hostdev->kind, seen.hostdev->source)
                          : NULL;
        const gboolean is_same_device = seen.hostdev->kind == VGATE_HOSTDEV_MDEV || here->runs_here;

        if (listed)
            vgate_device_copy (&listed->device, &seen.device);
        else if (on_this_host->device.kind == VGATE_DEVICE_OTHER && is_same_device)
            seen.device.kind = VGATE_DEVICE_OTHER;
        g_array_append_val (observation->seen, seen);
    }
    return observation;
}

VgateObservation *
vgate_observation_new_for_document (const VgateDomain *domain, const char *root, const VgateHost *host)
{
    g_autoptr (VgateObservation) here = vgate_observation_new_here (domain, root, TRUE);

    return vgate_observation_copy_for_document (here, host);
}

void
vgate_observation_free (VgateObservation *observation)
{
    if (!observation)
        return;
    g_array_unref (observation->seen);
    g_clear_error (&observation->qemu_error);
    g_free (observation);
}

gboolean
vgate_observation_has_vgpu (const VgateObservation *observation)
{
    for (guint i = 0; i < observation->seen->len; i++) {
        const VgateDeviceKind kind = g_array_index (observation->seen, Seen, i).device.kind;

        if (kind == VGATE_DEVICE_VGPU || kind == VGATE_DEVICE_UNUSABLE)
            return TRUE;
    }
    return FALSE;
}

const VgateHostdev *
vgate_observation_unknown_device (const VgateObservation *observation)
{
    for (guint i = 0; i < observation->seen->len; i++) {
        const Seen *seen = &g_array_index (observation->seen, Seen, i);

        if (seen->device.kind == VGATE_DEVICE_ABSENT && seen->hostdev->kind == VGATE_HOSTDEV_MDEV)
            return vgate_sysfs_has_kind (observation->root, VGATE_HOSTDEV_MDEV) ? seen->hostdev : NULL;
    }
    return NULL;
}

const VgateHostdev *
vgate_observation_absent_device (const VgateObservation *observation)
{
    for (guint i = 0; i < observation->seen->len; i++) {
        const Seen *seen = &g_array_index (observation->seen, Seen, i);

        if (seen->device.kind == VGATE_DEVICE_ABSENT)
            return seen->hostdev;
    }
    return NULL;
}

gboolean
vgate_observation_host_has_kind (const VgateObservation *observation, VgateHostdevKind kind)
{
    if (!observation->document)
        return vgate_sysfs_has_kind (observation->root, kind);
    return vgate_host_devices_have_kind (observation->document->devices, kind);
}

gboolean
vgate_observation_host_has_mdev_name (const VgateObservation *observation, const char *uuid)
{
    if (!observation->document)
        return vgate_sysfs_has_mdev_name (observation->root, uuid);
    return vgate_host_devices_find (observation->document->devices, VGATE_HOSTDEV_MDEV, uuid) != NULL;
}

gboolean
vgate_observation_runs_there (const VgateObservation *observation)
{
    const VgateDomain *domain = observation->domain;

    if (!observation->document)
        return vgate_qemu_runs (observation->root, domain->name, domain->uuid);
    return observation->document->devices &&
           vgate_host_devices_run_domain (observation->document->devices, domain->uuid);
}

static Seen *
find (const VgateObservation *observation, const VgateHostdev *hostdev)
{
    for (guint i = 0; i < observation->seen->len; i++) {
        Seen *seen = &g_array_index (observation->seen, Seen, i);

        if (seen->hostdev == hostdev)
            return seen;
    }
    g_error ("the hostdev belongs to another domain");
}

const VgateDevice *
vgate_observation_device (const VgateObservation *observation, const VgateHostdev *hostdev)
{
    return &find (observation, hostdev)->device;
}

/* A device that has vanished or was replaced in the meantime becomes absent. */
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
vgate_observation_take_types (VgateObservation *observation, const GPtrArray *devices)
{
    for (guint i = 0; i < observation->seen->len; i++) {
        Seen *seen = &g_array_index (observation->seen, Seen, i);

        take_type (seen, vgate_listed_device_find (devices, seen->hostdev->kind, seen->hostdev->source));
        seen->has_type = TRUE;
    }
}

const VgateDevice *
vgate_observation_typed_device (const VgateObservation *observation, const VgateHostdev *hostdev)
{
    const Seen *seen = find (observation, hostdev);

    g_assert (seen->has_type);
    return &seen->device;
}

gboolean
vgate_observation_is_incoming (VgateObservation *observation, GError **error)
{
    if (!observation->knows_qemu)
        observation->is_incoming = vgate_qemu_is_incoming (
            observation->root, observation->is_session, observation->domain->name, &observation->qemu_error);
    observation->knows_qemu = TRUE;
    if (observation->qemu_error && error)
        *error = g_error_copy (observation->qemu_error);
    return observation->is_incoming;
}
