/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/inventory.h"

#include "driver/gpus.h"
#include "nvml/modes.h"
#include "nvml/nvml-abi.h"

#include <string.h>

/* The most attempts to list a pGPU's vGPUs, until none has started or ended in the meantime. */
#define LOOKS 8u

VgateInstance *
vgate_instance_new (void)
{
    return g_new0 (VgateInstance, 1);
}

void
vgate_instance_free (VgateInstance *instance)
{
    if (!instance)
        return;
    g_free (instance->vm);
    g_free (instance->uuid);
    g_free (instance->mdev);
    g_free (instance->type_name);
    g_clear_pointer (&instance->metadata, g_bytes_unref);
    g_free (instance->failure);
    g_free (instance);
}

GPtrArray *
vgate_instances_new (void)
{
    return g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_instance_free);
}

/* Replaces a driver's empty text, which would make the document invalid. */
static char *
named (char *text)
{
    if (text && *text == '\0') {
        g_free (text);
        return g_strdup ("unknown");
    }
    return text;
}

static gboolean
contains (const GArray *list, guint value)
{
    for (guint i = 0; i < list->len; i++)
        if (g_array_index (list, guint, i) == value)
            return TRUE;
    return FALSE;
}

/* The part of a pGPU's frame buffer that its running vGPUs take. */
typedef struct {
    guint64 capacity; /* bytes; the largest frame buffer that a type takes with all its instances */
    guint64 used;
} FrameBuffer;

static FrameBuffer
measure_framebuffer (const GPtrArray *types, const GArray *running)
{
    FrameBuffer measured = {0, 0};

    for (guint i = 0; i < types->len; i++) {
        const VgateHostType *type = g_ptr_array_index (types, i);

        measured.capacity = MAX (measured.capacity, type->framebuffer * type->max_instances);
        for (guint j = 0; j < running->len; j++)
            measured.used += g_array_index (running, guint, j) == type->id ? type->framebuffer : 0;
    }
    return measured;
}

/*
 * NVML tells which types can be created now, but not how many of each. A creatable type has at least one free
 * instance, and at most as many as its maximum and the frame buffer leave.
 */
static guint32
count_free (const VgateHostType *type, const GArray *running, FrameBuffer framebuffer)
{
    const guint64 left =
        framebuffer.capacity > framebuffer.used ? framebuffer.capacity - framebuffer.used : 0;
    const guint64 by_framebuffer = type->framebuffer > 0 ? left / type->framebuffer : type->max_instances;
    guint32 of_type = 0;

    for (guint i = 0; i < running->len; i++)
        of_type += g_array_index (running, guint, i) == type->id ? 1 : 0;
    return (guint32)MAX (
        1, MIN (by_framebuffer, type->max_instances > of_type ? type->max_instances - of_type : 1));
}

static VgateHostType *
read_type (VgateNvml *nvml, VgateNvmlDevice device, guint32 id, GError **error)
{
    g_autoptr (VgateHostType) type = vgate_host_type_new ();

    type->id = id;
    type->name = named (vgate_nvml_type_name (nvml, id, error));
    type->class_name = type->name ? named (vgate_nvml_type_class (nvml, id, error)) : NULL;
    if (!type->class_name || !vgate_nvml_type_framebuffer (nvml, id, &type->framebuffer, error) ||
        !vgate_nvml_type_max_instances (nvml, device, id, &type->max_instances, error))
        return NULL;
    return g_steal_pointer (&type);
}

static gboolean
read_types (VgateNvml *nvml, VgateNvmlDevice device, GPtrArray *types, GError **error)
{
    g_autoptr (GArray) supported = vgate_nvml_device_supported_types (nvml, device, error);

    for (guint i = 0; supported && i < supported->len; i++) {
        VgateHostType *type = read_type (nvml, device, g_array_index (supported, guint, i), error);

        if (!type)
            return FALSE;
        g_ptr_array_add (types, type);
    }
    return supported != NULL;
}

/* The types of these vGPUs. A vGPU that ends in the meantime is left out. */
static GArray *
types_of (VgateNvml *nvml, const GArray *vgpus)
{
    GArray *types = g_array_new (FALSE, FALSE, sizeof (guint));
    guint type;

    for (guint i = 0; i < vgpus->len; i++)
        if (vgate_nvml_vgpu_type (nvml, g_array_index (vgpus, guint, i), &type, NULL))
            g_array_append_val (types, type);
    return types;
}

static gboolean
is_same_list (const GArray *a, const GArray *b)
{
    return a->len == b->len && (a->len == 0 || memcmp (a->data, b->data, a->len * sizeof (guint)) == 0);
}

/*
 * The vGPUs that run on a pGPU, and the types that can be created beside them. NVML returns these in two
 * calls, and a vGPU that starts between them would be in neither. So the calls are repeated until nothing has
 * changed. When that takes too long, the first list of the last attempt is used: a vGPU that has started
 * since then is at most counted twice.
 */
static GArray *
read_room (VgateNvml *nvml, VgateNvmlDevice device, GArray **creatable, GError **error)
{
    for (guint look = 1;; look++) {
        g_autoptr (GArray) before = vgate_nvml_device_vgpus (nvml, device, error);
        g_autoptr (GArray) types = before ? vgate_nvml_device_creatable_types (nvml, device, error) : NULL;
        g_autoptr (GArray) after = types ? vgate_nvml_device_vgpus (nvml, device, error) : NULL;

        if (!after)
            return NULL;
        if (look == LOOKS || is_same_list (before, after)) {
            *creatable = g_steal_pointer (&types);
            return g_steal_pointer (&before);
        }
    }
}

/* Sets the free instances of each type on a pGPU, and returns the vGPUs that run there, as NVML's numbers. */
static GArray *
read_vgpus (VgateNvml *nvml, VgateNvmlDevice device, GPtrArray *types, GError **error)
{
    g_autoptr (GArray) creatable = NULL, running = NULL;
    GArray *vgpus = read_room (nvml, device, &creatable, error);
    FrameBuffer framebuffer;

    if (!vgpus)
        return NULL;
    running = types_of (nvml, vgpus);
    framebuffer = measure_framebuffer (types, running);
    for (guint i = 0; i < types->len; i++) {
        VgateHostType *type = g_ptr_array_index (types, i);

        type->free_instances = contains (creatable, type->id) ? count_free (type, running, framebuffer) : 0;
    }
    return vgpus;
}

/* --- a running vGPU --- */

static char *
lower_uuid (char *uuid)
{
    g_autofree char *given = uuid;
    g_autofree char *lower = given ? g_ascii_strdown (given, -1) : NULL;

    return lower && vgate_xml_text_has_form (lower, VGATE_XML_UUID) ? g_steal_pointer (&lower) : NULL;
}

/* Reads the sizes for the estimate of the down-time. A driver that does not report them can still be used. 0
 * means not known, so a size of 0 is stored as 1. */
static void
read_sizes (VgateNvml *nvml, guint32 vgpu, VgateInstance *instance)
{
    guint64 bytes;

    if (vgate_nvml_vgpu_framebuffer_used (nvml, vgpu, &bytes, NULL))
        instance->framebuffer_used = MAX (bytes, 1);
    if (vgate_nvml_vgpu_runtime_state (nvml, vgpu, &bytes, NULL))
        instance->runtime_state = MAX (bytes, 1);
}

static gboolean
is_lost (const GError *error)
{
    return g_error_matches (error, VGATE_NVML_ERROR, NVML_ERROR_GPU_IS_LOST) ||
           g_error_matches (error, VGATE_NVML_ERROR, NVML_ERROR_RESET_REQUIRED);
}

/*
 * Reads what identifies a vGPU. When NVML has no UUID of its VM, it does not belong to a libvirt guest, but
 * still has a device and takes room. FALSE without an error when the vGPU ended in the meantime; FALSE with
 * an error when its GPU was lost, in which case the vGPU can still be running.
 */
static gboolean
read_identity (VgateNvml *nvml, guint32 vgpu, VgateInstance *instance, GError **error)
{
    g_autoptr (GError) local = NULL;

    instance->vm = lower_uuid (vgate_nvml_vgpu_vm_uuid (nvml, vgpu, &local));
    if (!is_lost (local))
        g_clear_error (&local);
    if (!local)
        instance->uuid = lower_uuid (vgate_nvml_vgpu_uuid (nvml, vgpu, &local));
    if (!local && vgate_nvml_vgpu_type (nvml, vgpu, &instance->type, &local))
        instance->type_name = named (vgate_nvml_type_name (nvml, instance->type, &local));
    if (is_lost (local)) {
        g_propagate_error (error, g_steal_pointer (&local));
        return FALSE;
    }
    return !local && instance->uuid && instance->type_name;
}

/* NULL with or without an error as for read_identity (). The device of a vGPU without a mediated device is a
 * virtual function, whose address NVML does not give. */
static VgateInstance *
read_instance (VgateNvml *nvml, guint32 vgpu, guint pgpu, GError **error)
{
    g_autoptr (VgateInstance) instance = vgate_instance_new ();
    g_autoptr (GError) local = NULL;

    instance->pgpu = pgpu;
    if (!read_identity (nvml, vgpu, instance, error))
        return NULL;
    instance->mdev = lower_uuid (vgate_nvml_vgpu_mdev_uuid (nvml, vgpu, NULL));
    read_sizes (nvml, vgpu, instance);
    instance->metadata = vgate_nvml_vgpu_metadata (nvml, vgpu, &local);
    if (!instance->metadata)
        instance->failure = g_strdup (local->message);
    return g_steal_pointer (&instance);
}

/* Adds the vGPUs to the list, with this index of their pGPU. FALSE with an error when the pGPU is lost. */
static gboolean
add_instances (VgateNvml *nvml, const GArray *vgpus, guint pgpu, GPtrArray *instances, GError **error)
{
    for (guint i = 0; i < vgpus->len; i++) {
        g_autoptr (GError) local = NULL;
        VgateInstance *instance = read_instance (nvml, g_array_index (vgpus, guint, i), pgpu, &local);

        if (local) {
            g_propagate_error (error, g_steal_pointer (&local));
            return FALSE;
        }
        if (instance)
            g_ptr_array_add (instances, instance);
    }
    return TRUE;
}

/*
 * FALSE for an answer that the host document cannot contain, such as an inverted range. The document is read
 * strictly as a whole, and must not be invalid because of one GPU.
 */
static gboolean
can_be_document (VgatePgpu *pgpu, GError **error)
{
    g_autoptr (VgateHost) alone = vgate_host_new (), read = NULL;
    g_autoptr (GError) local = NULL;
    g_autofree char *xml = NULL;

    alone->name = g_strdup ("alone");
    alone->uuid = g_strdup ("00000000-0000-0000-0000-000000000000");
    alone->driver = g_strdup ("0");
    g_ptr_array_add (alone->pgpus, pgpu);
    xml = vgate_host_write (alone);
    g_ptr_array_steal_index (alone->pgpus, 0); /* the caller owns it */
    read = vgate_host_read (xml, strlen (xml), &local);
    if (!read)
        g_set_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_ANSWER, "impossible answer: %s",
                     local->message);
    return read != NULL;
}

/* The vGPUs that run on the pGPU, by NVML's numbers, are returned in *vgpus. */
static int
mode_of (gboolean is_known, gboolean is_on)
{
    if (!is_known)
        return VGATE_MODE_UNKNOWN;
    return is_on ? VGATE_MODE_ON : VGATE_MODE_OFF;
}

/* Reads what is only shown to people. A mode that the driver does not report, or that the board does not
 * have, is not known. */
static void
read_modes (VgateNvml *nvml, VgateNvmlDevice device, VgatePgpu *pgpu)
{
    gboolean is_on = FALSE, is_known;

    is_known = vgate_nvml_device_has_mig_on (nvml, device, &is_on, NULL);
    pgpu->mig = mode_of (is_known, is_on);
    is_known = vgate_nvml_device_has_ecc_on (nvml, device, &is_on, NULL);
    pgpu->ecc = mode_of (is_known, is_on);
    is_known = vgate_nvml_device_has_sriov_on (nvml, device, &is_on, NULL);
    pgpu->sriov = mode_of (is_known, is_on);
    is_known = vgate_nvml_device_has_warm_update (nvml, device, &is_on, NULL);
    pgpu->warm_update = mode_of (is_known, is_on);
    pgpu->migration = mode_of (TRUE, (pgpu->record.capabilities & VGATE_CAPABILITY_MIGRATION) != 0);
}

static VgatePgpu *
read_pgpu (VgateNvml *nvml, const VgateGpu *gpu, GArray **vgpus, GError **error)
{
    g_autoptr (VgatePgpu) pgpu = vgate_pgpu_new ();
    g_autoptr (GError) local = NULL;
    g_autoptr (GArray) running = NULL;
    const VgateNvmlDevice device = gpu->device;
    guint read, write;
    gboolean is_heterogeneous;
    gsize length;
    const guint8 *bytes;

    pgpu->index = gpu->index;
    pgpu->address = g_strdup (gpu->address);
    pgpu->name = g_strdup (gpu->name);
    pgpu->uuid = named (vgate_nvml_device_uuid (nvml, device, error));
    pgpu->metadata.bytes = pgpu->uuid ? vgate_nvml_device_metadata (nvml, device, error) : NULL;
    if (!pgpu->metadata.bytes)
        return NULL;
    bytes = g_bytes_get_data (pgpu->metadata.bytes, &length);
    if (!vgate_pgpu_record_read (bytes, length, &pgpu->record, &local) ||
        !vgate_pgpu_record_check_text (&pgpu->record, &local)) {
        g_set_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_ANSWER, "nvmlDeviceGetVgpuMetadata: %s",
                     local->message);
        return NULL;
    }
    /* only one rule needs it, and a GPU whose driver lacks the call, or which is in MIG mode, can be used as
     * well */
    pgpu->has_scheduler = vgate_nvml_device_scheduler (nvml, device, &pgpu->scheduler, NULL);
    if (vgate_nvml_device_buffer_bandwidths (nvml, device, &read, &write, NULL)) {
        pgpu->read_bandwidth = read;
        pgpu->write_bandwidth = write;
    }
    if (vgate_nvml_device_is_heterogeneous (nvml, device, &is_heterogeneous, NULL))
        pgpu->vgpu_sizes = is_heterogeneous ? VGATE_SIZES_MIXED : VGATE_SIZES_EQUAL;
    read_modes (nvml, device, pgpu);
    if (!read_types (nvml, device, pgpu->types, error))
        return NULL;
    running = read_vgpus (nvml, device, pgpu->types, error);
    if (!running || !can_be_document (pgpu, error))
        return NULL;
    *vgpus = g_steal_pointer (&running);
    return g_steal_pointer (&pgpu);
}

static gboolean
read_pgpus (VgateNvml *nvml, VgateHost *host, GPtrArray *instances, GError **error)
{
    guint n_listed;
    g_autoptr (GPtrArray) gpus = vgate_gpus_list (nvml, host->unusable, &n_listed, error);

    for (guint i = 0; gpus && i < gpus->len;) {
        g_autoptr (GError) local = NULL;
        g_autoptr (GArray) vgpus = NULL;
        g_autoptr (VgatePgpu) pgpu = read_pgpu (nvml, g_ptr_array_index (gpus, i), &vgpus, &local);
        const guint n_instances = instances ? instances->len : 0;

        if (pgpu && (!instances || add_instances (nvml, vgpus, host->pgpus->len, instances, &local))) {
            g_ptr_array_add (host->pgpus, g_steal_pointer (&pgpu));
            i++;
            continue;
        }
        if (instances)
            g_ptr_array_set_size (instances, (int)n_instances);
        vgate_gpus_drop (gpus, i, local, host->unusable);
    }
    return gpus && vgate_gpus_check_any (host->pgpus, host->unusable, error);
}

VgateHost *
vgate_inventory_read (VgateNvml *nvml, GPtrArray *instances, GError **error)
{
    g_autoptr (VgateHost) host = vgate_host_new ();
    gboolean is_known, is_on = FALSE;

    host->driver = vgate_nvml_driver_version (nvml, error);
    if (!host->driver || !vgate_nvml_version_ranges (nvml, &host->preset, &host->current, error))
        return NULL;
    host->simulated = vgate_nvml_get_simulated (nvml) != NULL;
    is_known = vgate_nvml_has_warm_update (nvml, &is_on, NULL);
    host->warm_update = mode_of (is_known, is_on);
    return read_pgpus (nvml, host, instances, error) ? g_steal_pointer (&host) : NULL;
}
