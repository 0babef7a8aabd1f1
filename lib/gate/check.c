/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/check.h"

#include "host/provider-lock.h"

#include <string.h>

/* The ways in which a device on QEMU's command line can fit a vGPU that has no guest address, the best
 * first. */
enum { FITS_BY_NAME, FITS_AS_VGPU, FITS_AS_ABSENT, FITS_BY_KIND, N_FITS };

static gboolean
fits (const VgateRequest *request, const VgateElementVgpu *vgpu, const VgateHostdev *hostdev, int how)
{
    const char *name = vgpu->mdev ? vgpu->mdev : vgpu->vf;
    const VgateDeviceKind kind = vgate_observation_device (request->observation, hostdev)->kind;

    if (how == FITS_BY_NAME)
        return g_strcmp0 (hostdev->source, name) == 0;
    if (name && hostdev->kind != (vgpu->mdev ? VGATE_HOSTDEV_MDEV : VGATE_HOSTDEV_PCI))
        return FALSE;
    if (how == FITS_AS_VGPU)
        return kind == VGATE_DEVICE_VGPU || kind == VGATE_DEVICE_UNUSABLE;
    /* Without a name, nothing more is known about the vGPU. With a name, its device can be missing here. A
     * device of the right kind that is not a vGPU on this host (for example a network card) comes last. */
    return name && (how == FITS_BY_KIND || kind == VGATE_DEVICE_ABSENT);
}

/* The first device on QEMU's command line that fits this vGPU and is not paired yet. */
static const VgateHostdev *
find_on_command_line (const VgateRequest *request, const VgateElementVgpu *vgpu, GPtrArray *pairs, int how)
{
    const GPtrArray *hostdevs = request->domain->hostdevs;

    for (guint i = 0; i < hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (hostdevs, i);

        if (hostdev->is_on_command_line && !g_ptr_array_find (pairs, hostdev, NULL) &&
            fits (request, vgpu, hostdev, how))
            return hostdev;
    }
    return NULL;
}

/*
 * Finds the device of each vGPU of the element, in their order; NULL for a vGPU without one. The guest
 * address identifies the device. A device on QEMU's command line and its vGPU in the element have no guest
 * address. They are paired by the device's name or, where the device has another name here, by their order,
 * and vGPUs of this host come first. The caller unrefs the array.
 */
static GPtrArray *
pair_devices (const VgateRequest *request)
{
    const GPtrArray *vgpus = request->domain->element->vgpus;
    GPtrArray *pairs = g_ptr_array_new ();

    for (guint i = 0; i < vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (vgpus, i);

        g_ptr_array_add (pairs, (gpointer)vgate_domain_find_hostdev (request->domain, vgpu->guest_address));
    }
    for (int how = 0; how < N_FITS; how++) {
        for (guint i = 0; i < vgpus->len; i++) {
            const VgateElementVgpu *vgpu = g_ptr_array_index (vgpus, i);

            if (!vgpu->guest_address && !pairs->pdata[i])
                pairs->pdata[i] = (gpointer)find_on_command_line (request, vgpu, pairs, how);
        }
    }
    return pairs;
}

const VgateHostdev *
vgate_check_find_device (const VgateRequest *request, const VgateElementVgpu *vgpu)
{
    g_autoptr (GPtrArray) pairs = pair_devices (request);
    guint i;

    if (!g_ptr_array_find (request->domain->element->vgpus, vgpu, &i))
        return NULL;
    return g_ptr_array_index (pairs, i);
}

/* Describes the device: "device UUID". The caller frees it. */
static char *
describe (const VgateHostdev *hostdev)
{
    return g_strdup_printf ("device %s%s", hostdev->source,
                            hostdev->is_on_command_line ? " on QEMU's command line" : "");
}

/* Checks that there is a hostdev for each vGPU of the element that has a guest address. */
static gboolean
check_gone (const VgateDomain *domain, GError **error)
{
    for (guint i = 0; i < domain->element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (domain->element->vgpus, i);

        if (vgpu->guest_address && !vgate_domain_find_hostdev (domain, vgpu->guest_address)) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_HOSTDEV_GONE,
                         "the metadata names a vGPU at guest address %s, but the domain has no hostdev there",
                         vgpu->guest_address);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
vgate_check_hostdevs (const VgateRequest *request, GError **error)
{
    const VgateDomain *domain = request->domain;
    g_autoptr (GPtrArray) covered = NULL;

    if (!check_gone (domain, error))
        return FALSE;
    covered = pair_devices (request);
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);
        const VgateDeviceKind kind = vgate_observation_device (request->observation, hostdev)->kind;

        if (g_ptr_array_find (covered, hostdev, NULL))
            continue;
        if (kind == VGATE_DEVICE_VGPU || kind == VGATE_DEVICE_UNUSABLE) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_HOSTDEV_UNCOVERED,
                         "the metadata does not name the vGPU %s%s (%s)",
                         hostdev->is_on_command_line ? "on QEMU's command line" : "at guest address ",
                         hostdev->is_on_command_line ? ""
                         : hostdev->guest_address    ? hostdev->guest_address
                                                     : "(not assigned yet)",
                         hostdev->source);
            return FALSE;
        }
        /* A missing mediated device could belong to any vendor. A host document need not contain devices. */
        if ((!request->host || request->host->devices) && kind == VGATE_DEVICE_ABSENT &&
            hostdev->kind == VGATE_HOSTDEV_MDEV) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NOT_HERE,
                         "mediated device %s does not exist on this host, and the metadata does not name it",
                         hostdev->source);
            return FALSE;
        }
    }
    return TRUE;
}

/* FALSE when the vGPUs of this host are only of the other kind. Then no device that fits can exist or be
 * created. */
static gboolean
check_kind (const VgateObservation *observation, const VgateHostdev *hostdev, GError **error)
{
    static const char *const kinds[] = {
        [VGATE_HOSTDEV_MDEV] = "mediated device",
        [VGATE_HOSTDEV_PCI] = "virtual function",
    };
    g_autofree char *what = describe (hostdev);
    const VgateHostdevKind other =
        hostdev->kind == VGATE_HOSTDEV_MDEV ? VGATE_HOSTDEV_PCI : VGATE_HOSTDEV_MDEV;

    if (vgate_observation_host_has_kind (observation, hostdev->kind) ||
        !vgate_observation_host_has_kind (observation, other))
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_KIND, "%s is a %s, but the vGPUs of this host are %ss",
                 what, kinds[hostdev->kind], kinds[other]);
    return FALSE;
}

static gboolean
check_device (const VgateObservation *observation, const VgateHostdev *hostdev, GError **error)
{
    const VgateDevice *device = vgate_observation_typed_device (observation, hostdev);
    g_autofree char *what = describe (hostdev);

    if ((device->kind == VGATE_DEVICE_ABSENT || device->kind == VGATE_DEVICE_OTHER) &&
        !check_kind (observation, hostdev, error))
        return FALSE;
    switch (device->kind) {
    case VGATE_DEVICE_ABSENT:
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NOT_HERE, "%s does not exist on this host", what);
        return FALSE;
    case VGATE_DEVICE_UNUSABLE:
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_UNUSABLE, "%s cannot be used: %s", what,
                     device->fault);
        return FALSE;
    case VGATE_DEVICE_OTHER:
        /* a host document lists no such device, and its answer has the same code */
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NOT_HERE, "%s is not an NVIDIA vGPU on this host",
                     what);
        return FALSE;
    default: return TRUE;
    }
}

static gboolean
check_type (const VgateDevice *device, const VgatePgpu *pgpu, const VgateHostdev *hostdev,
            const VgateElementVgpu *vgpu, GError **error)
{
    g_autofree char *what = describe (hostdev), *number = NULL;
    const VgateHostType *listed;
    const char *name = device->type_name;

    if (vgate_pgpu_is_same_type (pgpu, device->type, device->type_name, vgpu->type, vgpu->type_name))
        return TRUE;
    if (device->type == 0 && !name) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_TYPE_DIFFERS,
                     "%s has no vGPU type here; the guest needs type %s", what, vgpu->type_name);
        return FALSE;
    }
    /* for a virtual function, sysfs has only the ID of the type; its name is in NVML's list */
    listed = name ? NULL : vgate_pgpu_find_type (pgpu, device->type, NULL);
    name = listed ? listed->name : name;
    number = g_strdup_printf ("%u", device->type);
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_TYPE_DIFFERS,
                 "%s has type %s here; the guest needs type %s", what, name ? name : number, vgpu->type_name);
    return FALSE;
}

int
vgate_check_find_pgpu (const VgateRequest *request, const VgateHost *host, const VgateElementVgpu *vgpu,
                       GError **error)
{
    const VgateHostdev *hostdev = vgate_check_find_device (request, vgpu);
    const VgateUnusableGpu *unusable;
    g_autofree char *what = NULL;
    const VgateDevice *device;

    if (!hostdev || (request->host && !request->host->devices))
        return -1;
    if (!check_device (request->observation, hostdev, error))
        return -1;
    device = vgate_observation_typed_device (request->observation, hostdev);
    for (guint i = 0; i < host->pgpus->len; i++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, i);

        if (strcmp (pgpu->address, device->pgpu) == 0)
            return check_type (device, pgpu, hostdev, vgpu, error) ? (int)i : -1;
    }
    what = describe (hostdev);
    unusable = vgate_host_find_unusable (host, device->pgpu);
    if (unusable && unusable->address) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_GPU_UNUSABLE, "%s is on GPU %s, which cannot be used: %s",
                     what, device->pgpu, unusable->reason);
        return -1;
    }
    if (unusable) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_GPU_UNUSABLE,
                     "%s is on %s, perhaps NVML's GPU %u, which cannot be used: %s", what, device->pgpu,
                     unusable->index, unusable->reason);
        return -1;
    }
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_WITHOUT_PGPU,
                 "%s belongs to %s, which NVML does not list", what, device->pgpu);
    return -1;
}

/* Checks before the migration what would otherwise only fail when QEMU asks, after all memory has been
 * copied. */
gboolean
vgate_check_switch_over (const VgateRequest *request, GError **error)
{
    const VgateVmstate *vmstate = request->domain->vmstate;

    const VgateHost *document = request->host;
    const char *bus = document ? document->switch_over_bus : request->policy->switch_over_bus;

    if (!vmstate || request->operation == VGATE_OPERATION_PREPARE ||
        request->operation == VGATE_OPERATION_SWITCH_OVER)
        return TRUE;
    if (strcmp (vmstate->uuid, request->domain->uuid) != 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_OBJECT,
                     "the dbus-vmstate object on QEMU's command line belongs to domain %s", vmstate->uuid);
        return FALSE;
    }
    if (document && !document->has_switch_over) {
        g_set_error (
            error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_UNKNOWN,
            "the guest's QEMU calls vgpu-gated at switch-over, and the document of %s does not contain "
            "whether vgpu-gated serves that there",
            document->name);
        return FALSE;
    }
    if (g_strcmp0 (vmstate->bus, bus) != 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_UNSERVED,
                     "the guest's QEMU uses the bus %s; bus= in [switch-over] here is %s", vmstate->bus,
                     bus ? bus : "no bus");
        return FALSE;
    }
    if (document ? !document->switch_over_served : !vgate_provider_lock_is_held (request->root)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_UNSERVED,
                     "the guest's QEMU calls vgpu-gated at switch-over, but vgpu-gated does not serve %s on "
                     "this host",
                     vmstate->bus);
        return FALSE;
    }
    return TRUE;
}
