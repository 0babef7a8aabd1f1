/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/element/difference.h"

#include "sample.h"

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
    {"/difference/nothing", nothing, NULL},
    {"/difference/version", version, "*guest vGPU version 26.1 in the XML, 18.1 now"},
    {"/difference/driver-down", driver_down, "*guest vGPU version 26.1 in the XML, 0.0 now"},
    {"/difference/capability", capability, "*migration capability yes in the XML, no now"},
    {"/difference/structure", structure, "*structure version 3 in the XML, 2 now"},
    {"/difference/gpu-string", gpu_string, "*GPU metadata string*"},
    {"/difference/guest-driver", guest_driver, "*guest driver 580.95.05 in the XML, 680.95.05 now"},
    {"/difference/host-driver", host_driver, "*host driver 580.95.05 in the XML, 680.95.05 now"},
    {"/difference/opaque-size", opaque_size, "*size of the opaque data 260 in the XML, 264 now"},
    {"/difference/power", power, "the guest was suspended or woken up"},
    {"/difference/type", type, "*vGPU type NVIDIA H100XM-* in the XML, MVIDIA H100XM-*"},
    /* a driver that was updated under its guests may number the types anew: the name decides */
    {"/difference/type-id", type_id, NULL},
    {"/difference/gone", gone, "vGPU aaaaaaaa-0000-4000-8000-000000000002 is in the XML, but no more*"},
    {"/difference/time", other_time, NULL},
    {"/difference/trigger", other_trigger, NULL},
    {"/difference/host", other_host, NULL},
    {"/difference/sequence", other_sequence, NULL},
    {"/difference/revision", revision, NULL},
    {"/difference/scheduler", scheduler, NULL},
    {"/difference/framebuffer-used", used, NULL},
    {"/difference/runtime-state", state, NULL},
    {"/difference/read-bandwidth", bandwidth, NULL},
    {"/difference/max-downtime", max_downtime, NULL},
};

static void
run (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (VgateElement) before = sample_element (2), now = sample_element (2);
    VgateVgpuRecord record = sample_vgpu_record ();
    g_autofree char *difference = NULL;

    cases[i].change (now, &record);
    ((VgateElementVgpu *)g_ptr_array_index (now->vgpus, 0))->record = record;
    difference = vgate_difference_find (before, now);
    if (!cases[i].pattern)
        g_assert_null (difference);
    else if (!difference || !g_pattern_match_simple (cases[i].pattern, difference))
        g_error ("'%s' is not '%s'", difference, cases[i].pattern);
}

static void
test_came (void)
{
    g_autoptr (VgateElement) before = sample_element (1), now = sample_element (2);
    g_autofree char *difference = vgate_difference_find (before, now);

    g_assert_cmpstr (difference, ==, "vGPU aaaaaaaa-0000-4000-8000-000000000002 is not in the XML");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
        g_test_add_data_func (cases[i].path, GUINT_TO_POINTER (i), run);
    g_test_add_func ("/difference/came", test_came);
    return g_test_run ();
}
