/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status/status.h"

const char *const vgate_counter_names[] = {
    [VGATE_COUNTER_CAPTURES] = "captures",
    [VGATE_COUNTER_REMOVALS] = "removals",
    [VGATE_COUNTER_CAPTURE_FAILURES] = "capture-failures",
    [VGATE_COUNTER_JOBS_STOPPED] = "jobs-stopped",
    [VGATE_COUNTER_LOADS_REFUSED] = "loads-refused",
    [VGATE_COUNTER_NVML_QUESTIONS] = "nvml-questions",
    [VGATE_COUNTER_NVML_ERRORS] = "nvml-errors",
    [VGATE_COUNTER_CONNECTIONS] = "libvirt-connections",
    [VGATE_COUNTER_RELOADS] = "configuration-reloads",
    [VGATE_COUNTER_DEFINITIONS] = "persistent-definitions",
    [VGATE_N_COUNTERS] = NULL,
};

static const VgateCounterInfo infos[] = {
    [VGATE_COUNTER_CAPTURES] = {"trigger", "Metadata elements written into live domain XML"},
    [VGATE_COUNTER_REMOVALS] = {NULL, "Metadata elements taken away with the last vGPU"},
    [VGATE_COUNTER_CAPTURE_FAILURES] = {"code", "Captures that failed anew"},
    [VGATE_COUNTER_JOBS_STOPPED] = {"code", "Migrations and saves that were stopped"},
    [VGATE_COUNTER_LOADS_REFUSED] = {"code", "Guests that were refused at switch-over"},
    [VGATE_COUNTER_NVML_QUESTIONS] = {NULL, "Questions to NVML"},
    [VGATE_COUNTER_NVML_ERRORS] = {"code", "Questions to NVML that were not answered"},
    [VGATE_COUNTER_CONNECTIONS] = {NULL, "Connections to libvirt"},
    [VGATE_COUNTER_RELOADS] = {"result", "Times that the configuration was read anew"},
    [VGATE_COUNTER_DEFINITIONS] =
        {"result", "Persistent definitions that named another device than the guest was given"},
};
G_STATIC_ASSERT (G_N_ELEMENTS (infos) == VGATE_N_COUNTERS);

const VgateCounterInfo *
vgate_counter_info (VgateCounterKind kind)
{
    return (guint)kind < VGATE_N_COUNTERS ? &infos[kind] : NULL;
}

static void
counter_free (gpointer data)
{
    VgateCounter *counter = data;

    g_free (counter->label);
    g_free (counter);
}

GPtrArray *
vgate_counters_new (void)
{
    return g_ptr_array_new_with_free_func (counter_free);
}

void
vgate_counters_add (GPtrArray *counters, VgateCounterKind kind, const char *label, guint64 n)
{
    VgateCounter *counter;

    for (guint i = 0; i < counters->len; i++) {
        counter = g_ptr_array_index (counters, i);
        if (counter->kind == (int)kind && g_strcmp0 (counter->label, label) == 0) {
            counter->value += n;
            return;
        }
    }
    counter = g_new0 (VgateCounter, 1);
    counter->kind = (int)kind;
    counter->label = g_strdup (label);
    counter->value = n;
    g_ptr_array_add (counters, counter);
}
