/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/element/capture.h"

#include "domain/change.h"
#include "plugin/element/renewal.h"
#include "plugin/element/steady-size.h"

#include <string.h>

static gboolean
is_taken (const VgateElement *element, const VgateHostdev *hostdev)
{
    for (guint i = 0; i < element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);

        if (g_strcmp0 (vgpu->vf, hostdev->source) == 0)
            return TRUE;
    }
    return FALSE;
}

/*
 * NVML reports a vGPU's mediated device, but not its virtual function. A vGPU without mediated device
 * therefore gets the first virtual function of its GPU and type that no other vGPU has. Among several of the
 * same type this may be the wrong one, but that makes no difference: everything that counts for a decision is
 * the same for them.
 */
static gboolean
is_device_of (const VgateCaptureInput *input, const VgateElement *element, const VgateInstance *instance,
              const VgateHostdev *hostdev)
{
    const VgatePgpu *pgpu = g_ptr_array_index (input->host->pgpus, instance->pgpu);
    const VgateListedDevice *listed;

    if (instance->mdev)
        return hostdev->kind == VGATE_HOSTDEV_MDEV && strcmp (hostdev->source, instance->mdev) == 0;
    if (hostdev->kind != VGATE_HOSTDEV_PCI || is_taken (element, hostdev))
        return FALSE;
    listed = vgate_listed_device_find (input->devices, VGATE_HOSTDEV_PCI, hostdev->source);
    return listed && listed->device.kind == VGATE_DEVICE_VGPU &&
           strcmp (listed->device.pgpu, pgpu->address) == 0 &&
           vgate_pgpu_is_same_type (pgpu, listed->device.type, listed->device.type_name, instance->type,
                                    instance->type_name);
}

/* Returns the hostdev whose device is the vGPU's; it has the vGPU's address in the guest. */
static const VgateHostdev *
find_hostdev (const VgateCaptureInput *input, const VgateElement *element, const VgateInstance *instance)
{
    for (guint i = 0; i < input->domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (input->domain->hostdevs, i);

        if (is_device_of (input, element, instance, hostdev))
            return hostdev;
    }
    return NULL;
}

static void
describe_pgpu (const VgateHost *host, guint index, VgateSourcePgpu *pgpu)
{
    const VgatePgpu *from = g_ptr_array_index (host->pgpus, index);

    pgpu->address = g_strdup (from->address);
    pgpu->name = g_strdup (from->name);
    pgpu->host_driver = g_strdup (host->driver);
    pgpu->range = from->record.range;
    pgpu->read_bandwidth = from->read_bandwidth;
    pgpu->has_scheduler = from->has_scheduler;
    pgpu->scheduler = from->scheduler;
}

static gboolean
read_record (const VgateInstance *instance, VgateElementVgpu *vgpu, GError **error)
{
    g_autoptr (GError) local = NULL;
    gsize length;
    const guint8 *bytes;

    if (!instance->metadata) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CAPTURE_FAILED, "vGPU %s: %s", instance->uuid,
                     instance->failure);
        return FALSE;
    }
    bytes = g_bytes_get_data (instance->metadata, &length);
    if (!vgate_vgpu_record_read (bytes, length, &vgpu->record, &local) ||
        !vgate_vgpu_record_check_text (&vgpu->record, &local)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CAPTURE_FAILED, "vGPU %s: %s", instance->uuid,
                     local->message);
        return FALSE;
    }
    vgpu->metadata.bytes = g_bytes_ref (instance->metadata);
    vgpu->metadata.length = (guint32)length;
    return TRUE;
}

/* A rounded size keeps the value in the element while that is near enough. */
static void
describe_sizes (const VgateCaptureInput *input, const VgateInstance *instance, VgateElementVgpu *vgpu)
{
    const VgateElement *present = input->domain->element;
    const VgateElementVgpu *before = NULL;

    for (guint i = 0; present && !before && i < present->vgpus->len; i++) {
        const VgateElementVgpu *other = g_ptr_array_index (present->vgpus, i);

        before = strcmp (other->uuid, instance->uuid) == 0 ? other : NULL;
    }
    if (input->has_exact_sizes) {
        vgpu->framebuffer_used = instance->framebuffer_used;
        vgpu->runtime_state = instance->runtime_state;
        return;
    }
    vgpu->framebuffer_used =
        vgate_steady_size (instance->framebuffer_used, before ? before->framebuffer_used : 0);
    vgpu->runtime_state = vgate_steady_size (instance->runtime_state, before ? before->runtime_state : 0);
}

static VgateElementVgpu *
describe_vgpu (const VgateCaptureInput *input, const VgateElement *element, const VgateInstance *instance,
               GError **error)
{
    g_autoptr (VgateElementVgpu) vgpu = vgate_element_vgpu_new ();
    const VgateHostdev *hostdev = find_hostdev (input, element, instance);

    vgpu->uuid = g_strdup (instance->uuid);
    vgpu->mdev = g_strdup (instance->mdev);
    if (hostdev && hostdev->kind == VGATE_HOSTDEV_PCI)
        vgpu->vf = g_strdup (hostdev->source);
    vgpu->guest_address = hostdev ? g_strdup (hostdev->guest_address) : NULL;
    vgpu->type = instance->type;
    vgpu->type_name = g_strdup (instance->type_name);
    describe_sizes (input, instance, vgpu);
    describe_pgpu (input->host, instance->pgpu, &vgpu->pgpu);
    return read_record (instance, vgpu, error) ? g_steal_pointer (&vgpu) : NULL;
}

static gboolean
has_vgpu (const VgateElement *element, const char *uuid)
{
    for (guint i = 0; element && i < element->vgpus->len; i++)
        if (strcmp (((const VgateElementVgpu *)g_ptr_array_index (element->vgpus, i))->uuid, uuid) == 0)
            return TRUE;
    return FALSE;
}

gboolean
vgate_capture_check_gone (const VgateHost *host, const VgateElement *element, const VgateElement *now,
                          GError **error)
{
    /* the element of another host names GPUs of that host, where its vGPUs had other UUIDs */
    const gboolean is_own = strcmp (element->host_uuid, host->uuid) == 0;

    if (host->unusable->len == 0 || (now && now->vgpus->len >= element->vgpus->len))
        return TRUE;
    for (guint i = 0; i < element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);
        const VgateUnusableGpu *gpu = is_own ? vgate_host_find_unusable (host, vgpu->pgpu.address)
                                             : g_ptr_array_index (host->unusable, 0);
        g_autofree char *reason = NULL;

        if (!gpu || (is_own && has_vgpu (now, vgpu->uuid)))
            continue;
        reason = vgate_unusable_gpu_describe (gpu);
        g_set_error (error, VGATE_ERROR, VGATE_CODE_GPU_UNUSABLE,
                     "vGPU %s of the metadata may be on an unusable GPU: %s", vgpu->uuid, reason);
        return FALSE;
    }
    return TRUE;
}

VgateElement *
vgate_capture_describe (const VgateCaptureInput *input, GError **error)
{
    g_autoptr (VgateElement) element = vgate_element_new ();

    for (guint i = 0; i < input->instances->len; i++) {
        VgateElementVgpu *vgpu =
            describe_vgpu (input, element, g_ptr_array_index (input->instances, i), error);

        if (!vgpu)
            return NULL;
        g_ptr_array_add (element->vgpus, vgpu);
    }
    if (input->domain->element &&
        !vgate_capture_check_gone (input->host, input->domain->element, element, error))
        return NULL;
    element->domain = g_strdup (input->domain->uuid);
    element->time = input->now;
    element->trigger = (int)input->trigger;
    element->host = g_strdup (input->host->name);
    element->host_uuid = g_strdup (input->host->uuid);
    element->simulated = input->host->simulated;
    element->power = (int)input->power;
    element->max_downtime = input->max_downtime;
    if (element->max_downtime == 0 && input->domain->element)
        element->max_downtime = input->domain->element->max_downtime;
    return g_steal_pointer (&element);
}

/* TRUE if the present element fulfils what the gate will check: form, values, domain and, with a key, the
 * seal. */
static gboolean
is_in_order (const VgateCaptureInput *input, const VgateElement *wanted)
{
    VgateElement *present = input->domain->element;

    return present && vgate_element_check (present, input->domain->uuid, input->key, NULL) &&
           !vgate_change_is_any (present, wanted);
}

gboolean
vgate_capture_build (const VgateCaptureInput *input, VgateElement **element, GError **error)
{
    g_autoptr (VgateElement) wanted = vgate_capture_describe (input, error);

    *element = NULL;
    if (!wanted)
        return FALSE;
    /* A request is for a capture of now, also if only its time is new. */
    if (input->trigger != VGATE_TRIGGER_REQUEST && is_in_order (input, wanted)) {
        if (input->renewal_age == 0 ||
            !vgate_renewal_is_due (input->domain->element->time, input->now, input->renewal_age))
            return TRUE;
        wanted->trigger = VGATE_TRIGGER_RENEW;
    }
    wanted->sequence = input->sequence_min + 1;
    if (input->domain->element && input->domain->element->sequence >= wanted->sequence &&
        input->domain->element->sequence < G_MAXUINT64)
        wanted->sequence = input->domain->element->sequence + 1;
    if (input->key)
        vgate_element_seal (wanted, input->key);
    *element = g_steal_pointer (&wanted);
    return TRUE;
}
