/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status/status.h"

const char *const vgate_counter_names[] = {
    [VGATE_COUNTER_CAPTURES] = "captures",
    [VGATE_COUNTER_REMOVALS] = "removals",
    [VGATE_COUNTER_CAPTURE_FAILURES] = "capture-failures",
    [VGATE_COUNTER_JOBS_STOPPED] = "jobs-stopped",
    [VGATE_COUNTER_JOBS_REPORTED] = "jobs-reported",
    [VGATE_COUNTER_SNAPSHOTS] = "snapshots-unusable",
    [VGATE_COUNTER_HANGS] = "migration-hangs",
    [VGATE_COUNTER_LOADS_REFUSED] = "loads-refused",
    [VGATE_COUNTER_LOADS_REPORTED] = "loads-reported",
    [VGATE_COUNTER_NVML_QUESTIONS] = "nvml-questions",
    [VGATE_COUNTER_NVML_ERRORS] = "nvml-errors",
    [VGATE_COUNTER_CONNECTIONS] = "libvirt-connections",
    [VGATE_COUNTER_RELOADS] = "configuration-reloads",
    [VGATE_COUNTER_DEFINITIONS] = "persistent-definitions",
    [VGATE_COUNTER_LEFTOVERS] = "definition-removals",
    [VGATE_N_COUNTERS] = NULL,
};

static const char *const reload_results[] = {"taken", "refused", NULL};
static const char *const definition_results[] = {"updated", "left", "failed", NULL};

/* The codes with which a capture, a stopped job, an aborted migration, a refusal at switch-over and a query
 * of NVML can end. */
static const VgateCodeRange capture_codes[] = {{101, 110}, {517, 517}, {702, 702},
                                               {705, 705}, {901, 901}, {0, 0}};
static const VgateCodeRange stop_codes[] = {{301, 307}, {403, 408}, {706, 706}, {0, 0}};
static const VgateCodeRange hang_codes[] = {{710, 713}, {715, 715}, {0, 0}};
static const VgateCodeRange load_codes[] = {{101, 110}, {201, 299}, {301, 499}, {501, 508},
                                            {511, 512}, {517, 517}, {705, 705}, {801, 801},
                                            {816, 816}, {820, 826}, {901, 901}, {0, 0}};
static const VgateCodeRange nvml_codes[] = {{501, 505}, {901, 901}, {0, 0}};

static const VgateCounterInfo infos[] = {
    [VGATE_COUNTER_CAPTURES] = {"trigger", "Metadata elements written into live domain XML",
                                vgate_trigger_names, NULL},
    [VGATE_COUNTER_REMOVALS] = {NULL, "Metadata elements removed with the last vGPU", NULL, NULL},
    [VGATE_COUNTER_CAPTURE_FAILURES] = {"code", "Captures that failed; a failure that lasts is counted once",
                                        NULL, capture_codes},
    [VGATE_COUNTER_JOBS_STOPPED] = {"code", "Migrations, saves and snapshots that vgpu-gated stopped", NULL,
                                    stop_codes},
    [VGATE_COUNTER_JOBS_REPORTED] = {"code",
                                     "Migrations, saves and snapshots that would have been stopped if this "
                                     "host did not only report",
                                     NULL, stop_codes},
    [VGATE_COUNTER_SNAPSHOTS] = {"code", "Snapshots that were made and cannot be reverted to", NULL,
                                 stop_codes},
    [VGATE_COUNTER_HANGS] = {"code", "Aborted migrations that hung, and what was done about them", NULL,
                             hang_codes},
    [VGATE_COUNTER_LOADS_REFUSED] = {"code", "Guests refused at switch-over", NULL, load_codes},
    [VGATE_COUNTER_LOADS_REPORTED] = {"code",
                                      "Guests that would have been refused at switch-over if this host did "
                                      "not only report",
                                      NULL, load_codes},
    [VGATE_COUNTER_NVML_QUESTIONS] = {NULL, "Questions to NVML", NULL, NULL},
    [VGATE_COUNTER_NVML_ERRORS] = {"code", "Questions to NVML that were not answered", NULL, nvml_codes},
    [VGATE_COUNTER_CONNECTIONS] = {NULL, "Connections to libvirt", NULL, NULL},
    [VGATE_COUNTER_RELOADS] = {"result", "Reloads of the configuration", reload_results, NULL},
    [VGATE_COUNTER_DEFINITIONS] =
        {"result", "Persistent definitions that named another device than the guest was given",
         definition_results, NULL},
    [VGATE_COUNTER_LEFTOVERS] = {NULL, "Metadata elements removed from persistent definitions", NULL, NULL},
};
G_STATIC_ASSERT (G_N_ELEMENTS (infos) == VGATE_N_COUNTERS);

const VgateCounterInfo *
vgate_counter_info (VgateCounterKind kind)
{
    return (guint)kind < VGATE_N_COUNTERS ? &infos[kind] : NULL;
}

char **
vgate_counter_labels (VgateCounterKind kind)
{
    const VgateCounterInfo *info = vgate_counter_info (kind);
    g_autoptr (GStrvBuilder) labels = g_strv_builder_new ();
    char code[VGATE_CODE_TEXT_SIZE];

    for (guint i = 0; info && info->names && info->names[i]; i++)
        g_strv_builder_add (labels, info->names[i]);
    for (const VgateCodeRange *range = info ? info->codes : NULL; range && range->first != 0; range++)
        for (int number = range->first; number <= range->last; number++)
            if (vgate_code_info (number))
                g_strv_builder_add (labels, vgate_code_format (number, code));
    return g_strv_builder_end (labels);
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
