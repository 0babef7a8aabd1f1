/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/change.h"

#include <string.h>

gboolean
vgate_change_is_any (const VgateElement *before, const VgateElement *now)
{
    g_autofree char *essence_before = vgate_element_essence (before),
                    *essence_now = vgate_element_essence (now);

    return strcmp (essence_before, essence_now) != 0;
}

char *
vgate_change_digest (const VgateElement *element)
{
    g_autofree char *essence = vgate_element_essence (element);

    return g_compute_checksum_for_string (G_CHECKSUM_SHA256, essence, -1);
}

static char *
structure_version (const VgateElementVgpu *vgpu)
{
    return g_strdup_printf ("%u", vgpu->record.version);
}

static char *
migration_capability (const VgateElementVgpu *vgpu)
{
    return g_strdup (vgpu->record.capabilities & VGATE_CAPABILITY_MIGRATION ? "yes" : "no");
}

static char *
guest_version (const VgateElementVgpu *vgpu)
{
    char text[VGATE_VERSION_TEXT_SIZE];

    return g_strdup (vgate_version_format (vgpu->record.guest_version, text));
}

static char *
gpu_string (const VgateElementVgpu *vgpu)
{
    return g_strdup (vgpu->record.gpu_string);
}

static char *
opaque_size (const VgateElementVgpu *vgpu)
{
    return g_strdup_printf ("%u", vgpu->record.opaque_size);
}

static char *
type (const VgateElementVgpu *vgpu)
{
    return g_strdup (vgpu->type_name);
}

static char *
guest_driver (const VgateElementVgpu *vgpu)
{
    return g_strdup (vgpu->record.guest_driver);
}

static char *
host_driver (const VgateElementVgpu *vgpu)
{
    return g_strdup (vgpu->record.host_driver);
}

/* Only the first difference is reported, so the most important field comes first. */
static const struct {
    const char *name;
    char *(*describe) (const VgateElementVgpu *vgpu);
    gboolean is_of_guest; /* it does not change when the guest migrates */
} fields[] = {
    {"guest vGPU version", guest_version, TRUE},
    {"GPU metadata string", gpu_string, FALSE},
    {"migration capability", migration_capability, FALSE},
    {"structure version", structure_version, FALSE},
    {"size of the opaque data", opaque_size, FALSE},
    {"vGPU type", type, FALSE},
    {"guest driver", guest_driver, TRUE},
    {"host driver", host_driver, FALSE},
};

static char *
compare_vgpus (const VgateElementVgpu *in_xml, const VgateElementVgpu *now, gboolean has_migrated)
{
    for (gsize i = 0; i < G_N_ELEMENTS (fields); i++) {
        g_autofree char *before = fields[i].describe (in_xml), *after = fields[i].describe (now);

        if ((fields[i].is_of_guest || !has_migrated) && strcmp (before, after) != 0)
            return g_strdup_printf ("vGPU %s: %s %s in the XML, %s now", now->uuid, fields[i].name,
                                    *before ? before : "(none)", *after ? after : "(none)");
    }
    return NULL;
}

static const VgateElementVgpu *
find (const VgateElement *element, const char *uuid)
{
    for (guint i = 0; i < element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);

        if (strcmp (vgpu->uuid, uuid) == 0)
            return vgpu;
    }
    return NULL;
}

static char *
find_gone (const VgateElement *in_xml, const VgateElement *now)
{
    for (guint i = 0; i < in_xml->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (in_xml->vgpus, i);

        if (!find (now, vgpu->uuid))
            return g_strdup_printf ("vGPU %s is in the XML, but no longer in the guest", vgpu->uuid);
    }
    return NULL;
}

char *
vgate_change_find_deciding (const VgateElement *in_xml, const VgateElement *now)
{
    if (in_xml->power != now->power)
        return g_strdup ("the guest was suspended or woken up");
    for (guint i = 0; i < now->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (now->vgpus, i);
        const VgateElementVgpu *before = find (in_xml, vgpu->uuid);
        char *difference = before ? compare_vgpus (before, vgpu, FALSE)
                                  : g_strdup_printf ("vGPU %s is not in the XML", vgpu->uuid);

        if (difference)
            return difference;
    }
    return find_gone (in_xml, now);
}

/* NVML gives a vGPU another UUID on each host, but its address in the guest stays the same. A vGPU on QEMU's
 * command line has no address; it is only found if it is the guest's only vGPU. */
static const VgateElementVgpu *
find_migrated (const VgateElement *element, const VgateElementVgpu *vgpu, gboolean is_only)
{
    for (guint i = 0; i < element->vgpus->len; i++) {
        const VgateElementVgpu *other = g_ptr_array_index (element->vgpus, i);

        if (vgpu->guest_address ? g_strcmp0 (other->guest_address, vgpu->guest_address) == 0 : is_only)
            return other;
    }
    return NULL;
}

char *
vgate_change_find_in_guest (const VgateElement *in_xml, const VgateElement *now)
{
    const gboolean is_only = in_xml->vgpus->len == 1 && now->vgpus->len == 1;

    for (guint i = 0; i < now->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (now->vgpus, i);
        const VgateElementVgpu *before = find_migrated (in_xml, vgpu, is_only);
        char *difference = NULL;

        /* a driver that has just arrived may need a moment */
        if (before && vgpu->record.guest_version != 0)
            difference = compare_vgpus (before, vgpu, TRUE);
        if (difference)
            return difference;
    }
    return NULL;
}
