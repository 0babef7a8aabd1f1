/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The essence of an element changes exactly if something relevant changes. */
#include "sample.h"

#include <string.h>

typedef void (*Change) (VgateElement *element, VgateElementVgpu *vgpu);

#define CHANGE(name, statement)                                                                  \
    static void name (G_GNUC_UNUSED VgateElement *element, G_GNUC_UNUSED VgateElementVgpu *vgpu) \
    {                                                                                            \
        statement;                                                                               \
    }

static void
replace (char **text, const char *by)
{
    g_free (*text);
    *text = g_strdup (by);
}

static void
seal (VgateElement *element, G_GNUC_UNUSED VgateElementVgpu *vgpu)
{
    g_autoptr (GBytes) key = g_bytes_new_static ("0123456789abcdef0123456789abcdef", 32);

    vgate_element_seal (element, key);
}

static void
guest_driver_up (VgateElement *element, VgateElementVgpu *vgpu)
{
    VgateVgpuRecord record = vgpu->record;

    record.guest_version--;
    sample_set_record (element, 0, &record);
}

/* A byte without a field in the mirror is relevant, because bytes decide. */
static void
other_bytes (G_GNUC_UNUSED VgateElement *element, VgateElementVgpu *vgpu)
{
    gsize length;
    guint8 *bytes = g_bytes_unref_to_data (g_steal_pointer (&vgpu->metadata.bytes), &length);

    bytes[length - 1] ^= 1;
    vgpu->metadata.bytes = g_bytes_new_take (bytes, length);
}

static void
another_vgpu (VgateElement *element, G_GNUC_UNUSED VgateElementVgpu *vgpu)
{
    g_autoptr (VgateElement) more = sample_element (2);

    g_ptr_array_add (element->vgpus, g_ptr_array_steal_index (more->vgpus, 1));
}

CHANGE (sequence, element->sequence++)
CHANGE (time_of_capture, element->time++)
CHANGE (trigger, element->trigger = VGATE_TRIGGER_ARRIVE)
CHANGE (nothing, (void)0)
CHANGE (domain, element->domain[0] = 'e')
CHANGE (host, replace (&element->host, "host-c"))
CHANGE (host_uuid, element->host_uuid[0] = 'e')
CHANGE (simulated, element->simulated = TRUE)
CHANGE (power, element->power = VGATE_POWER_SUSPENDED)
CHANGE (vgpu_uuid, vgpu->uuid[0] = 'e')
CHANGE (mdev, vgpu->mdev[0] = 'e')
CHANGE (no_mdev, g_clear_pointer (&vgpu->mdev, g_free))
CHANGE (vf, vgpu->vf = g_strdup ("0000:41:00.4"))
CHANGE (guest_address, vgpu->guest_address[0] = '1')
CHANGE (no_guest_address, g_clear_pointer (&vgpu->guest_address, g_free))
CHANGE (type, vgpu->type++)
CHANGE (type_name, replace (&vgpu->type_name, "NVIDIA H100XM-40C"))
CHANGE (pgpu_address, vgpu->pgpu.address[0] = '1')
CHANGE (pgpu_name, replace (&vgpu->pgpu.name, "NVIDIA H200"))
CHANGE (host_driver, replace (&vgpu->pgpu.host_driver, "580.95.06"))
CHANGE (range, vgpu->pgpu.range.max--)
CHANGE (max_downtime, element->max_downtime++)
CHANGE (used, vgpu->framebuffer_used++)
CHANGE (state, vgpu->runtime_state = 0)
CHANGE (bandwidth, vgpu->pgpu.read_bandwidth++)
CHANGE (no_scheduler, vgpu->pgpu.has_scheduler = FALSE)
CHANGE (time_slice, vgpu->pgpu.scheduler.time_slice++)

static const struct {
    const char *name;
    Change change;
    gboolean matters;
} changes[] = {
    {"nothing", nothing, FALSE},
    {"sequence", sequence, FALSE},
    {"time", time_of_capture, FALSE},
    {"trigger", trigger, FALSE},
    {"seal", seal, FALSE},
    {"domain", domain, TRUE},
    {"host", host, TRUE},
    {"host uuid", host_uuid, TRUE},
    {"simulated", simulated, TRUE},
    {"power", power, TRUE},
    {"vgpu uuid", vgpu_uuid, TRUE},
    {"mdev", mdev, TRUE},
    {"no mdev", no_mdev, TRUE},
    {"vf", vf, TRUE},
    {"guest address", guest_address, TRUE},
    {"no guest address", no_guest_address, TRUE},
    {"type", type, TRUE},
    {"type name", type_name, TRUE},
    {"pgpu address", pgpu_address, TRUE},
    {"pgpu name", pgpu_name, TRUE},
    {"host driver", host_driver, TRUE},
    {"range", range, TRUE},
    {"max-downtime", max_downtime, TRUE},
    {"framebuffer-used", used, TRUE},
    {"runtime-state", state, TRUE},
    {"read-bandwidth", bandwidth, TRUE},
    {"no scheduler", no_scheduler, TRUE},
    {"time slice", time_slice, TRUE},
    {"guest version", guest_driver_up, TRUE},
    {"other bytes", other_bytes, TRUE},
    {"another vgpu", another_vgpu, TRUE},
};

static void
test_changes (void)
{
    g_autoptr (VgateElement) element = sample_element (1);
    g_autofree char *before = vgate_element_essence (element);

    for (gsize i = 0; i < G_N_ELEMENTS (changes); i++) {
        g_autoptr (VgateElement) changed = sample_element (1);
        g_autofree char *after = NULL;

        changes[i].change (changed, g_ptr_array_index (changed->vgpus, 0));
        after = vgate_element_essence (changed);
        if ((strcmp (before, after) != 0) != changes[i].matters)
            g_error ("%s %s the essence", changes[i].name,
                     changes[i].matters ? "does not change" : "changes");
    }
}

/* The daemon compares its capture with the element that libvirt returns. */
static void
test_survives_reading (void)
{
    g_autoptr (VgateElement) element = sample_element (3);
    g_autofree char *xml = vgate_element_write (element, TRUE), *before = vgate_element_essence (element);
    g_autofree char *after = NULL;
    g_autoptr (VgateElement) read = sample_read_and_check (xml, NULL, NULL);

    g_assert_nonnull (read);
    after = vgate_element_essence (read);
    g_assert_cmpstr (after, ==, before);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/element-essence/changes", test_changes);
    g_test_add_func ("/element-essence/survives-reading", test_survives_reading);
    return g_test_run ();
}
