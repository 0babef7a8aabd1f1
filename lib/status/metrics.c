/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes Prometheus text, https://prometheus.io/docs/instrumenting/exposition_formats/. */
#include "status/status.h"

#include <string.h>

#define NS_PER_SEC 1000000000u

static void
begin (GString *text, const char *name, const char *type, const char *help)
{
    g_string_append_printf (text, "# HELP vgpu_gate_%s %s.\n# TYPE vgpu_gate_%s %s\n", name, help, name,
                            type);
}

/* Formats the number from integers, so that no locale changes the decimal point. */
static void
append_seconds (GString *text, const char *name, guint64 ns)
{
    g_string_append_printf (text, "vgpu_gate_%s %" G_GUINT64_FORMAT ".%09u\n", name, ns / NS_PER_SEC,
                            (guint)(ns % NS_PER_SEC));
}

static void
append_gauge (GString *text, const char *name, const char *help, gint64 value)
{
    begin (text, name, "gauge", help);
    g_string_append_printf (text, "vgpu_gate_%s %" G_GINT64_FORMAT "\n", name, value);
}

/* Escapes backslash, quote and line feed. Prometheus takes all other UTF-8 as it is. */
static char *
escape (const char *label)
{
    g_autoptr (GString) escaped = g_string_new (label);

    g_string_replace (escaped, "\\", "\\\\", 0);
    g_string_replace (escaped, "\"", "\\\"", 0);
    g_string_replace (escaped, "\n", "\\n", 0);
    return g_string_free (g_steal_pointer (&escaped), FALSE);
}

static guint64
value_of (const GPtrArray *counters, VgateCounterKind kind, const char *label)
{
    for (guint i = 0; i < counters->len; i++) {
        const VgateCounter *counter = g_ptr_array_index (counters, i);

        if (counter->kind == (int)kind && g_strcmp0 (counter->label, label) == 0)
            return counter->value;
    }
    return 0;
}

/* Counters of events that have not happened yet are written as 0; otherwise an alert on increase () would
 * miss the first event. */
static void
append_counter (GString *text, const GPtrArray *counters, VgateCounterKind kind)
{
    const VgateCounterInfo *info = vgate_counter_info (kind);
    g_autofree char *base = g_strdelimit (g_strdup (vgate_counter_names[kind]), "-", '_');
    g_autofree char *name = g_strconcat (base, "_total", NULL);
    g_auto (GStrv) known = vgate_counter_labels (kind);
    g_autoptr (GPtrArray) labels = g_ptr_array_new ();

    begin (text, name, "counter", info->help);
    if (!info->label) {
        g_string_append_printf (text, "vgpu_gate_%s %" G_GUINT64_FORMAT "\n", name,
                                value_of (counters, kind, NULL));
        return;
    }
    for (guint i = 0; known[i]; i++)
        g_ptr_array_add (labels, known[i]);
    for (guint i = 0; i < counters->len; i++) {
        const VgateCounter *counter = g_ptr_array_index (counters, i);

        if (counter->kind == (int)kind && counter->label &&
            !g_strv_contains ((const char *const *)known, counter->label))
            g_ptr_array_add (labels, counter->label);
    }
    for (guint i = 0; i < labels->len; i++) {
        g_autofree char *label = escape (g_ptr_array_index (labels, i));

        g_string_append_printf (text, "vgpu_gate_%s{%s=\"%s\"} %" G_GUINT64_FORMAT "\n", name, info->label,
                                label, value_of (counters, kind, g_ptr_array_index (labels, i)));
    }
}

static void
append_guests (GString *text, const VgateStatus *status)
{
    guint n_captured = 0, n_failing = 0, n_lost = 0, n_vgpus = 0;
    gint64 oldest = G_MAXINT64; /* capture, in seconds since 1970 */

    for (guint i = 0; i < status->guests->len; i++) {
        const VgateStatusGuest *guest = g_ptr_array_index (status->guests, i);

        n_captured += guest->has_capture ? 1 : 0;
        n_failing += guest->failure_code && !guest->is_failure_over ? 1 : 0;
        n_lost += guest->bus == VGATE_STATUS_BUS_LOST || guest->bus == VGATE_STATUS_BUS_UNSERVED ? 1 : 0;
        n_vgpus += guest->vgpus->len;
        if (guest->has_capture)
            oldest = MIN (oldest, guest->captured);
    }
    append_gauge (text, "domains", "Running domains", status->domains);
    append_gauge (text, "guests", "Guests with vGPUs", status->guests->len);
    append_gauge (text, "guests_captured", "Guests with vGPUs whose metadata is in their XML", n_captured);
    append_gauge (text, "guests_failing", "Guests whose last capture failed", n_failing);
    append_gauge (
        text, "guests_off_bus",
        "Guests for which the gate at switch-over is enabled and cannot be served, so that they can "
        "be neither migrated nor saved",
        n_lost);
    append_gauge (text, "vgpus", "Captured vGPUs", n_vgpus);
    begin (text, "oldest_capture_age_seconds", "gauge", "Age of the oldest capture of a running guest");
    if (n_captured > 0)
        g_string_append_printf (text, "vgpu_gate_oldest_capture_age_seconds %" G_GINT64_FORMAT "\n",
                                MAX (status->time - oldest, 0));
    begin (text, "oldest_capture_time_seconds", "gauge",
           "Time of the oldest capture of a running guest, "
           "in seconds since 1970");
    if (n_captured > 0)
        g_string_append_printf (text, "vgpu_gate_oldest_capture_time_seconds %" G_GINT64_FORMAT "\n", oldest);
}

static void
append_nvml (GString *text, const VgateStatus *status)
{
    begin (text, "nvml_seconds_total", "counter", "Time that questions to NVML took");
    append_seconds (text, "nvml_seconds_total", status->was_asked ? status->total : 0);
    begin (text, "nvml_last_seconds", "gauge", "Time that the last question to NVML took");
    if (status->was_asked)
        append_seconds (text, "nvml_last_seconds", status->duration);
    begin (text, "nvml_last_time_seconds", "gauge",
           "Time of the last question to NVML, in seconds since "
           "1970");
    if (status->was_asked)
        g_string_append_printf (text, "vgpu_gate_nvml_last_time_seconds %" G_GINT64_FORMAT "\n",
                                status->asked);
    append_gauge (text, "nvml_failing", "1: the last question to NVML was not answered",
                  status->was_asked && status->nvml_code ? 1 : 0);
    append_gauge (text, "gpus_unusable", "GPUs that could not be used when NVML last answered",
                  status->unusable_gpus);
}

static void
append_self_check (GString *text, const VgateStatus *status)
{
    begin (
        text, "self_check", "gauge",
        "What the last self-check has found, by check: 0: pass, 1: warning, 2: fail, 3: could not be judged");
    for (guint i = 0; status->self_checks && i < status->self_checks->len; i++) {
        const VgateSelfCheckItem *item = g_ptr_array_index (status->self_checks, i);

        g_string_append_printf (text, "vgpu_gate_self_check{check=\"%s\"} %d\n", item->name, item->result);
    }
    begin (text, "self_check_time_seconds", "gauge", "Time of the last self-check, in seconds since 1970");
    if (status->self_checks)
        g_string_append_printf (text, "vgpu_gate_self_check_time_seconds %" G_GINT64_FORMAT "\n",
                                status->self_checked);
}

/* Unlike counters of vgpu-gated, these exist from their first event on: most pairs of an operation and a code
 * never occur. */
static void
append_reported (GString *text, const VgateStatus *status)
{
    char code[VGATE_CODE_TEXT_SIZE];

    append_gauge (text, "report_only", "1: mode=report: this host refuses no guest and stops no job",
                  status->is_report_only ? 1 : 0);
    append_gauge (text, "report_domains", "Domains in report-domains, of which this host only reports",
                  status->report_domains);
    append_gauge (text, "allowed_once", "Guests of which root has allowed one arrival (vgpu-gate allow-once)",
                  status->exceptions->len);
    begin (
        text, "reported_total", "counter",
        "Guests that the hook would have refused, but that passed because this host only reports or because "
        "root had allowed this arrival, since the boot");
    for (guint i = 0; i < status->reported->len; i++) {
        const VgateReported *reported = &g_array_index (status->reported, VgateReported, i);

        g_string_append_printf (
            text, "vgpu_gate_reported_total{operation=\"%s\",code=\"%s\"} %" G_GUINT64_FORMAT "\n",
            reported->operation, vgate_code_format (reported->code, code), reported->value);
    }
}

char *
vgate_status_metrics (const VgateStatus *status)
{
    g_autoptr (GString) text = g_string_new (NULL);
    g_autofree char *version = escape (status->version);

    begin (text, "info", "gauge", "Version of the running vgpu-gated");
    g_string_append_printf (text, "vgpu_gate_info{version=\"%s\"} 1\n", version);
    append_gauge (text, "start_time_seconds", "Start of vgpu-gated, in seconds since 1970", status->started);
    append_gauge (text, "time_seconds", "Time of these metrics, in seconds since 1970", status->time);
    append_gauge (text, "configuration_refused",
                  "1: the configuration file has an error, or the last reload was refused; vgpu-gated keeps "
                  "the configuration that it has",
                  status->is_config_refused);
    append_gauge (text, "libvirt_connected", "1: there is a connection to libvirt", status->is_connected);
    append_gauge (text, "libvirt_slow_calls", "Calls that libvirt has not answered in time",
                  status->slow_calls);
    append_guests (text, status);
    append_nvml (text, status);
    append_self_check (text, status);
    append_reported (text, status);
    for (VgateCounterKind kind = 0; kind < VGATE_N_COUNTERS; kind++)
        append_counter (text, status->counters, kind);
    return g_string_free (g_steal_pointer (&text), FALSE);
}
