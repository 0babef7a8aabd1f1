/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which differences of two elements are changes, and which of them decide. */
#include "domain/change.h"

#include "sample.h"

#include <string.h>

typedef void (*Change) (VgateElement *element, VgateVgpuRecord *record);

#define CHANGE(name, statement)                                                                   \
    static void name (G_GNUC_UNUSED VgateElement *element, G_GNUC_UNUSED VgateVgpuRecord *record) \
    {                                                                                             \
        statement;                                                                                \
    }

CHANGE (nothing, (void)element)
CHANGE (version, record->guest_version = vgate_version (18, 1))
CHANGE (driver_down, record->guest_version = 0)
CHANGE (capability, record->capabilities = 0)
CHANGE (structure, record->version = 2)
CHANGE (gpu_string, record->gpu_string[15] = '2')
CHANGE (guest_driver, record->guest_driver[0] = '6')
CHANGE (host_driver, record->host_driver[0] = '6')
CHANGE (opaque_size, record->opaque_size = 264)
CHANGE (power, element->power = VGATE_POWER_SUSPENDED)
CHANGE (type, ((VgateElementVgpu *)g_ptr_array_index (element->vgpus, 0))->type_name[0] = 'M')
CHANGE (type_id, ((VgateElementVgpu *)g_ptr_array_index (element->vgpus, 0))->type++)
CHANGE (gone, g_ptr_array_remove_index (element->vgpus, 1))
CHANGE (other_time, element->time++)
CHANGE (other_trigger, element->trigger = VGATE_TRIGGER_RESUME)
CHANGE (other_host, element->host_uuid[0] = '9')
CHANGE (other_sequence, element->sequence++)
CHANGE (revision, record->revision++)
CHANGE (scheduler, ((VgateElementVgpu *)g_ptr_array_index (element->vgpus, 0))->pgpu.has_scheduler = FALSE)
CHANGE (used, ((VgateElementVgpu *)g_ptr_array_index (element->vgpus, 0))->framebuffer_used++)
CHANGE (state, ((VgateElementVgpu *)g_ptr_array_index (element->vgpus, 0))->runtime_state = 0)
CHANGE (bandwidth, ((VgateElementVgpu *)g_ptr_array_index (element->vgpus, 0))->pgpu.read_bandwidth++)
CHANGE (max_downtime, element->max_downtime++)

static const struct {
    const char *path;
    Change change;
    const char *pattern; /* NULL: no difference */
} cases[] = {
    {"/change/nothing", nothing, NULL},
    {"/change/version", version, "*guest vGPU version 26.1 in the XML, 18.1 now"},
    {"/change/driver-down", driver_down, "*guest vGPU version 26.1 in the XML, 0.0 now"},
    {"/change/capability", capability, "*migration capability yes in the XML, no now"},
    {"/change/structure", structure, "*structure version 3 in the XML, 2 now"},
    {"/change/gpu-string", gpu_string, "*GPU metadata string*"},
    {"/change/guest-driver", guest_driver, "*guest driver 580.95.05 in the XML, 680.95.05 now"},
    {"/change/host-driver", host_driver, "*host driver 580.95.05 in the XML, 680.95.05 now"},
    {"/change/opaque-size", opaque_size, "*size of the opaque data 260 in the XML, 264 now"},
    {"/change/power", power, "the guest was suspended or woken up"},
    {"/change/type", type, "*vGPU type NVIDIA H100XM-* in the XML, MVIDIA H100XM-*"},
    /* a driver update under running guests may change the type numbers, so the name decides */
    {"/change/type-id", type_id, NULL},
    {"/change/gone", gone, "vGPU aaaaaaaa-0000-4000-8000-000000000002 is in the XML, but no longer*"},
    {"/change/time", other_time, NULL},
    {"/change/trigger", other_trigger, NULL},
    {"/change/host", other_host, NULL},
    {"/change/sequence", other_sequence, NULL},
    {"/change/revision", revision, NULL},
    {"/change/scheduler", scheduler, NULL},
    {"/change/framebuffer-used", used, NULL},
    {"/change/runtime-state", state, NULL},
    {"/change/read-bandwidth", bandwidth, NULL},
    {"/change/max-downtime", max_downtime, NULL},
};

/* A deciding difference is a change, and each change changes the digest. */
static void
assert_agree (const VgateElement *before, const VgateElement *now, const char *deciding)
{
    g_autofree char *digest_before = vgate_change_digest (before), *digest_now = vgate_change_digest (now);
    const gboolean is_any = vgate_change_is_any (before, now);

    g_assert_true (is_any || !deciding);
    g_assert_cmpint (strcmp (digest_before, digest_now) != 0, ==, is_any);
}

static void
run (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (VgateElement) before = sample_element (2), now = sample_element (2);
    VgateVgpuRecord record = sample_vgpu_record ();
    g_autofree char *difference = NULL;

    cases[i].change (now, &record);
    ((VgateElementVgpu *)g_ptr_array_index (now->vgpus, 0))->record = record;
    difference = vgate_change_find_deciding (before, now);
    assert_agree (before, now, difference);
    if (!cases[i].pattern)
        g_assert_null (difference);
    else if (!difference || !g_pattern_match_simple (cases[i].pattern, difference))
        g_error ("'%s' is not '%s'", difference, cases[i].pattern);
}

static void
test_came (void)
{
    g_autoptr (VgateElement) before = sample_element (1), now = sample_element (2);
    g_autofree char *difference = vgate_change_find_deciding (before, now);

    g_assert_cmpstr (difference, ==, "vGPU aaaaaaaa-0000-4000-8000-000000000002 is not in the XML");
}

/* A guest that has migrated: what belongs to the host is another, and only what belongs to the guest
 * counts. */
static void
test_in_guest (void)
{
    static const struct {
        Change change;
        const char *pattern; /* NULL: no difference */
    } changes[] = {
        {nothing, NULL},
        {version, "vGPU aaaaaaaa-*: guest vGPU version 26.1 in the XML, 18.1 now"},
        {guest_driver, "vGPU aaaaaaaa-*: guest driver 580.95.05 in the XML, 680.95.05 now"},
        /* it may not be up yet */
        {driver_down, NULL},
        {gpu_string, NULL},
        {host_driver, NULL},
        {opaque_size, NULL},
        {capability, NULL},
        {structure, NULL},
        {type, NULL},
        {other_host, NULL},
        {gone, NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (changes); i++) {
        g_autoptr (VgateElement) before = sample_element (2), now = sample_element (2);
        VgateElementVgpu *vgpu = g_ptr_array_index (now->vgpus, 0);
        VgateVgpuRecord record = sample_vgpu_record ();
        g_autofree char *difference = NULL;

        changes[i].change (now, &record);
        vgpu->record = record;
        /* on another host it has another UUID, and NVML lists it elsewhere */
        vgpu->uuid[35] = '9';
        if (now->vgpus->len == 2)
            g_ptr_array_insert (now->vgpus, 1, g_ptr_array_steal_index (now->vgpus, 0));
        difference = vgate_change_find_in_guest (before, now);
        if (!changes[i].pattern)
            g_assert_null (difference);
        else if (!difference || !g_pattern_match_simple (changes[i].pattern, difference))
            g_error ("'%s' is not '%s'", difference, changes[i].pattern);
    }
}

/* A vGPU on QEMU's command line has no address in the guest. */
static void
test_in_guest_without_address (void)
{
    for (guint n = 1; n <= 2; n++) {
        g_autoptr (VgateElement) before = sample_element (n), now = sample_element (n);
        g_autofree char *difference = NULL;

        for (guint i = 0; i < n; i++) {
            VgateElementVgpu *vgpu = g_ptr_array_index (now->vgpus, i);

            g_clear_pointer (&vgpu->guest_address, g_free);
            vgpu->record.guest_version = vgate_version (18, 1);
        }
        difference = vgate_change_find_in_guest (before, now);
        g_assert_cmpint (difference != NULL, ==, n == 1);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
        g_test_add_data_func (cases[i].path, GUINT_TO_POINTER (i), run);
    g_test_add_func ("/change/came", test_came);
    g_test_add_func ("/change/in-guest", test_in_guest);
    g_test_add_func ("/change/in-guest-without-address", test_in_guest_without_address);
    return g_test_run ();
}
