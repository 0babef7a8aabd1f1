/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/probe-wire.h"

#include "driver/wire.h"

#include <string.h>

/* the question's body: host name, host UUID, instances wanted, devices wanted, root, vGPU metadata */
#define QUESTION_TYPE "(ssbysaay)"
#define INSTANCE_TYPE "(sssusuttays)"
/* hostdev kind, source, kind, pGPU, parent, type, its name, fault; a missing text is "" */
#define DEVICE_TYPE "(ysyssuss)"
/* hostdev kind, parent, pGPU, type, its name, number */
#define MAKEABLE_TYPE "(yssusu)"
/* the answer's body: host document, NVML's index of each GPU in it, driver's answers, instances, devices,
 * devices that can be created */
#define PROBE_TYPE "(saua(uuiuu)a" INSTANCE_TYPE "a" DEVICE_TYPE "a" MAKEABLE_TYPE ")"

VgateProbe *
vgate_probe_new (void)
{
    VgateProbe *probe = g_new0 (VgateProbe, 1);

    probe->answers = g_array_new (FALSE, TRUE, sizeof (VgateDriverAnswer));
    probe->instances = vgate_instances_new ();
    probe->devices = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_listed_device_free);
    probe->makeable = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_makeable_free);
    return probe;
}

void
vgate_probe_free (VgateProbe *probe)
{
    if (!probe)
        return;
    vgate_host_free (probe->host);
    g_array_unref (probe->answers);
    g_ptr_array_unref (probe->instances);
    g_ptr_array_unref (probe->devices);
    g_ptr_array_unref (probe->makeable);
    g_free (probe);
}

void
vgate_question_clear (VgateQuestion *question)
{
    g_clear_pointer (&question->library, g_free);
    vgate_identity_clear (&question->identity);
    g_clear_pointer (&question->vgpus, g_ptr_array_unref);
    g_clear_pointer (&question->root, g_free);
}

static GVariant *
bytes_variant (GBytes *bytes)
{
    return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
}

/* g_variant_get_data_as_bytes () would keep the whole message in memory; a record is small, so it is
 * copied. */
static GBytes *
variant_bytes (GVariant *variant)
{
    gsize length;
    gconstpointer data = g_variant_get_fixed_array (variant, &length, 1);

    return g_bytes_new (data, length);
}

GBytes *
vgate_wire_write_question (const VgateQuestion *question)
{
    GVariantBuilder vgpus;

    g_variant_builder_init (&vgpus, G_VARIANT_TYPE ("aay"));
    for (guint i = 0; question->vgpus && i < question->vgpus->len; i++)
        g_variant_builder_add_value (&vgpus, bytes_variant (g_ptr_array_index (question->vgpus, i)));
    return vgate_asked_write (VGATE_REQUEST_PROBE, question->library, question->deadline_ms,
                              g_variant_new (QUESTION_TYPE, question->identity.name, question->identity.uuid,
                                             question->with_instances, (guchar)question->devices,
                                             question->root, &vgpus));
}

gboolean
vgate_wire_read_question (GBytes *bytes, VgateQuestion *question)
{
    g_auto (VgateAsked) asked = {0};
    g_autoptr (GVariant) vgpus = NULL;
    guchar devices;

    if (!vgate_asked_read (bytes, &asked) || asked.kind != VGATE_REQUEST_PROBE ||
        !g_variant_is_of_type (asked.body, G_VARIANT_TYPE (QUESTION_TYPE)))
        return FALSE;
    question->library = g_steal_pointer (&asked.library);
    question->deadline_ms = asked.deadline_ms;
    g_variant_get (asked.body, "(ssbys@aay)", &question->identity.name, &question->identity.uuid,
                   &question->with_instances, &devices, &question->root, &vgpus);
    question->devices = (VgateProbeDevices)devices;
    question->vgpus = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
    for (gsize i = 0; i < g_variant_n_children (vgpus); i++) {
        g_autoptr (GVariant) vgpu = g_variant_get_child_value (vgpus, i);

        g_ptr_array_add (question->vgpus, variant_bytes (vgpu));
    }
    return devices < VGATE_N_PROBE_DEVICES;
}

static void
add_instance (GVariantBuilder *builder, const VgateInstance *instance)
{
    g_autoptr (GBytes) none = g_bytes_new_static ("", 0);

    g_variant_builder_add (builder, "(sssusutt@ays)", vgate_wire_write_text (instance->vm), instance->uuid,
                           vgate_wire_write_text (instance->mdev), instance->type, instance->type_name,
                           instance->pgpu, instance->framebuffer_used, instance->runtime_state,
                           bytes_variant (instance->metadata ? instance->metadata : none),
                           vgate_wire_write_text (instance->failure));
}

static void
add_device (GVariantBuilder *builder, const VgateListedDevice *listed)
{
    const VgateDevice *device = &listed->device;

    g_variant_builder_add (builder, DEVICE_TYPE, (guchar)listed->kind, listed->source, (guchar)device->kind,
                           vgate_wire_write_text (device->pgpu), vgate_wire_write_text (device->parent),
                           device->type, vgate_wire_write_text (device->type_name),
                           vgate_wire_write_text (device->fault));
}

static void
add_makeable (GVariantBuilder *builder, const VgateMakeable *makeable)
{
    g_variant_builder_add (builder, MAKEABLE_TYPE, (guchar)makeable->kind, makeable->parent, makeable->pgpu,
                           makeable->type, vgate_wire_write_text (makeable->type_name), makeable->available);
}

static GVariant *
probe_to_variant (const VgateProbe *probe)
{
    GVariantBuilder indices, answers, instances, devices, makeable;
    g_autofree char *document = vgate_host_write (probe->host);

    g_variant_builder_init (&indices, G_VARIANT_TYPE ("au"));
    g_variant_builder_init (&answers, G_VARIANT_TYPE ("a(uuiuu)"));
    g_variant_builder_init (&instances, G_VARIANT_TYPE ("a" INSTANCE_TYPE));
    g_variant_builder_init (&devices, G_VARIANT_TYPE ("a" DEVICE_TYPE));
    g_variant_builder_init (&makeable, G_VARIANT_TYPE ("a" MAKEABLE_TYPE));
    for (guint i = 0; i < probe->host->pgpus->len; i++)
        g_variant_builder_add (&indices, "u",
                               ((const VgatePgpu *)g_ptr_array_index (probe->host->pgpus, i))->index);
    for (guint i = 0; i < probe->answers->len; i++) {
        const VgateDriverAnswer *answer = &g_array_index (probe->answers, VgateDriverAnswer, i);

        g_variant_builder_add (&answers, "(uuiuu)", answer->vgpu, answer->pgpu, answer->rc, answer->states,
                               answer->limit);
    }
    for (guint i = 0; i < probe->instances->len; i++)
        add_instance (&instances, g_ptr_array_index (probe->instances, i));
    for (guint i = 0; i < probe->devices->len; i++)
        add_device (&devices, g_ptr_array_index (probe->devices, i));
    for (guint i = 0; i < probe->makeable->len; i++)
        add_makeable (&makeable, g_ptr_array_index (probe->makeable, i));
    return g_variant_new (PROBE_TYPE, document, &indices, &answers, &instances, &devices, &makeable);
}

GBytes *
vgate_wire_write_answer (const VgateProbe *probe, const GError *error)
{
    return vgate_answer_write (error ? NULL : probe_to_variant (probe), error);
}

static VgateInstance *
read_instance (GVariant *variant)
{
    VgateInstance *instance = vgate_instance_new ();
    g_autoptr (GVariant) metadata = NULL;

    g_variant_get (variant, "(sssusutt@ays)", &instance->vm, &instance->uuid, &instance->mdev,
                   &instance->type, &instance->type_name, &instance->pgpu, &instance->framebuffer_used,
                   &instance->runtime_state, &metadata, &instance->failure);
    instance->vm = vgate_wire_read_text (instance->vm);
    instance->mdev = vgate_wire_read_text (instance->mdev);
    instance->failure = vgate_wire_read_text (instance->failure);
    if (!instance->failure)
        instance->metadata = variant_bytes (metadata);
    return instance;
}

static gboolean
read_lists (GVariant *indices, GVariant *answers, GVariant *instances, VgateProbe *probe)
{
    const guint n_pgpus = probe->host->pgpus->len;

    if (g_variant_n_children (indices) != n_pgpus)
        return FALSE;
    for (guint i = 0; i < n_pgpus; i++)
        g_variant_get_child (indices, i, "u",
                             &((VgatePgpu *)g_ptr_array_index (probe->host->pgpus, i))->index);
    for (gsize i = 0; i < g_variant_n_children (answers); i++) {
        VgateDriverAnswer answer;

        g_variant_get_child (answers, i, "(uuiuu)", &answer.vgpu, &answer.pgpu, &answer.rc, &answer.states,
                             &answer.limit);
        if (answer.pgpu >= n_pgpus)
            return FALSE;
        g_array_append_val (probe->answers, answer);
    }
    for (gsize i = 0; i < g_variant_n_children (instances); i++) {
        g_autoptr (GVariant) child = g_variant_get_child_value (instances, i);
        VgateInstance *instance = read_instance (child);

        g_ptr_array_add (probe->instances, instance);
        if (instance->pgpu >= n_pgpus)
            return FALSE;
    }
    return TRUE;
}

/* FALSE when it cannot be a device of this host: the gate identifies devices by these names. */
static gboolean
is_address_of_kind (guchar kind, const char *source)
{
    return kind <= VGATE_HOSTDEV_PCI &&
           vgate_xml_text_has_form (source, kind == VGATE_HOSTDEV_MDEV ? VGATE_XML_UUID : VGATE_XML_PCI);
}

static gboolean
read_device (GVariant *variant, GPtrArray *devices)
{
    VgateListedDevice *listed = g_new0 (VgateListedDevice, 1);
    VgateDevice *device = &listed->device;
    guchar hostdev_kind, kind;

    g_ptr_array_add (devices, listed);
    g_variant_get (variant, DEVICE_TYPE, &hostdev_kind, &listed->source, &kind, &device->pgpu,
                   &device->parent, &device->type, &device->type_name, &device->fault);
    listed->kind = (VgateHostdevKind)hostdev_kind;
    device->kind = (VgateDeviceKind)kind;
    device->pgpu = vgate_wire_read_text (device->pgpu);
    device->parent = vgate_wire_read_text (device->parent);
    device->type_name = vgate_wire_read_text (device->type_name);
    device->fault = vgate_wire_read_text (device->fault);
    if (kind == VGATE_DEVICE_UNUSABLE)
        return device->fault != NULL;
    return kind == VGATE_DEVICE_VGPU && is_address_of_kind (hostdev_kind, listed->source) && device->pgpu &&
           device->parent;
}

static gboolean
read_makeable (GVariant *variant, GPtrArray *all)
{
    VgateMakeable *makeable = g_new0 (VgateMakeable, 1);
    guchar kind;

    g_ptr_array_add (all, makeable);
    g_variant_get (variant, MAKEABLE_TYPE, &kind, &makeable->parent, &makeable->pgpu, &makeable->type,
                   &makeable->type_name, &makeable->available);
    makeable->kind = (VgateHostdevKind)kind;
    return kind <= VGATE_HOSTDEV_PCI && vgate_xml_text_has_form (makeable->parent, VGATE_XML_PCI);
}

static gboolean
read_all (GVariant *array, gboolean (*read) (GVariant *variant, GPtrArray *items), GPtrArray *items)
{
    for (gsize i = 0; i < g_variant_n_children (array); i++) {
        g_autoptr (GVariant) child = g_variant_get_child_value (array, i);

        if (!read (child, items))
            return FALSE;
    }
    return TRUE;
}

VgateProbe *
vgate_wire_read_answer (GBytes *bytes, GError **error)
{
    g_autoptr (GVariant) body = vgate_answer_read (bytes, PROBE_TYPE, error);
    g_autoptr (GVariant) indices = NULL, answers = NULL, instances = NULL, devices = NULL, makeable = NULL;
    g_autoptr (VgateProbe) probe = vgate_probe_new ();
    g_autoptr (GError) local = NULL;
    const char *document;

    if (!body)
        return NULL;
    g_variant_get (body, "(&s@au@a(uuiuu)@a" INSTANCE_TYPE "@a" DEVICE_TYPE "@a" MAKEABLE_TYPE ")", &document,
                   &indices, &answers, &instances, &devices, &makeable);
    probe->host = vgate_host_read (document, strlen (document), &local);
    if (!probe->host)
        return vgate_answer_refuse (local->message, error);
    if (!read_lists (indices, answers, instances, probe))
        return vgate_answer_refuse ("the answer names a GPU that it does not list, or omits one", error);
    if (!read_all (devices, read_device, probe->devices) ||
        !read_all (makeable, read_makeable, probe->makeable))
        return vgate_answer_refuse ("the answer contains an invalid device", error);
    return g_steal_pointer (&probe);
}
