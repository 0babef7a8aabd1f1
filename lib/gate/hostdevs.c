/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the domain's hostdevs, the element's vGPUs and this host's devices belong together. */
#include "gate/internal.h"

#include <string.h>

const VgateHostdev *
vgate_domain_find_hostdev (const VgateDomain *domain, const char *guest_address)
{
    for (guint i = 0; guest_address && i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        if (g_strcmp0 (hostdev->guest_address, guest_address) == 0)
            return hostdev;
    }
    return NULL;
}

static gboolean
is_covered (const VgateElement *element, const VgateHostdev *hostdev)
{
    for (guint i = 0; i < element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);

        if (vgpu->guest_address && g_strcmp0 (vgpu->guest_address, hostdev->guest_address) == 0)
            return TRUE;
    }
    return FALSE;
}

gboolean
vgate_gate_has_vgpu (const VgateDomain *domain, const char *root)
{
    g_autoptr (VgateSurvey) survey = vgate_survey_new (domain, root);

    return vgate_survey_has_vgpu (survey);
}

/* Every vGPU of the element that names a guest address must have its hostdev there. */
static gboolean
check_gone (const VgateDomain *domain, GError **error)
{
    for (guint i = 0; i < domain->element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (domain->element->vgpus, i);

        if (vgpu->guest_address && !vgate_domain_find_hostdev (domain, vgpu->guest_address)) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_HOSTDEV_GONE,
                         "the metadata has a vGPU at guest address %s, the domain has no hostdev there",
                         vgpu->guest_address);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
vgate_hostdevs_check (const VgateRequest *request, GError **error)
{
    const VgateDomain *domain = request->domain;

    if (!check_gone (domain, error))
        return FALSE;
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);
        VgateDeviceKind kind;

        if (is_covered (domain->element, hostdev))
            continue;
        kind = vgate_survey_device (request->survey, hostdev)->kind;
        if (kind == VGATE_DEVICE_VGPU || kind == VGATE_DEVICE_UNUSABLE) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_HOSTDEV_UNCOVERED,
                         "the metadata does not name the vGPU at guest address %s (%s)",
                         hostdev->guest_address ? hostdev->guest_address : "(none yet)", hostdev->source);
            return FALSE;
        }
        /* A mediated device that is not here could be anybody's: with a host document it need not be here. */
        if (!request->host && kind == VGATE_DEVICE_ABSENT && hostdev->kind == VGATE_HOSTDEV_MDEV) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NOT_HERE,
                         "mediated device %s does not exist on this host, and the metadata does not name it",
                         hostdev->source);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
check_device (const VgateDevice *device, const VgateHostdev *hostdev, GError **error)
{
    if (device->kind == VGATE_DEVICE_ABSENT) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NOT_HERE,
                     "the device of its hostdev, %s, does not exist here", hostdev->source);
        return FALSE;
    }
    if (device->kind == VGATE_DEVICE_UNUSABLE) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_UNUSABLE,
                     "the device of its hostdev, %s, cannot be used: %s", hostdev->source, device->fault);
        return FALSE;
    }
    if (device->kind == VGATE_DEVICE_OTHER) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_TYPE_DIFFERS,
                     "the device of its hostdev, %s, is no NVIDIA vGPU here", hostdev->source);
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_type (const VgateDevice *device, const VgatePgpu *pgpu, const VgateHostdev *hostdev,
            const VgateElementVgpu *vgpu, GError **error)
{
    /* a virtual function has but the id, which the host's list names */
    if (vgate_pgpu_is_same_type (pgpu, device->type, device->type_name, vgpu->type, vgpu->type_name))
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_TYPE_DIFFERS,
                 "the device of its hostdev, %s, is of type %u%s%s here, the vGPU of type %u %s",
                 hostdev->source, device->type, device->type_name ? " " : "",
                 device->type_name ? device->type_name : "", vgpu->type, vgpu->type_name);
    return FALSE;
}

int
vgate_hostdevs_find_pgpu (const VgateRequest *request, const VgateHost *host, const VgateElementVgpu *vgpu,
                          GError **error)
{
    const VgateHostdev *hostdev = vgate_domain_find_hostdev (request->domain, vgpu->guest_address);
    const VgateDevice *device;

    if (!hostdev || request->host)
        return -1;
    device = vgate_survey_typed_device (request->survey, hostdev);
    if (!check_device (device, hostdev, error))
        return -1;
    for (guint i = 0; i < host->pgpus->len; i++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, i);

        if (strcmp (pgpu->address, device->pgpu) == 0)
            return check_type (device, pgpu, hostdev, vgpu, error) ? (int)i : -1;
    }
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_WITHOUT_PGPU,
                 "the device of its hostdev, %s, belongs to %s, which NVML does not list", hostdev->source,
                 device->pgpu);
    return -1;
}
