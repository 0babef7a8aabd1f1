/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gated's status: the document, written and read, and the metrics. */
#include "prometheus.h"
#include "sample.h"

#include <string.h>

/* The status of a daemon that was just started. */
static VgateStatus *
fresh_status (void)
{
    VgateStatus *status = vgate_status_new ();

    status->version = g_strdup ("0.1.0");
    status->uri = g_strdup ("qemu:///system");
    return status;
}

static void
test_counters (void)
{
    g_autoptr (GPtrArray) counters = vgate_counters_new ();
    const VgateCounter *counter;

    for (guint i = 0; i < 1000; i++) {
        vgate_counters_add (counters, VGATE_COUNTER_NVML_ERRORS, i % 2 ? "VGATE-503" : "VGATE-504", 1);
        vgate_counters_add (counters, VGATE_COUNTER_NVML_QUESTIONS, NULL, 1);
    }
    g_assert_cmpuint (counters->len, ==, 3);
    counter = g_ptr_array_index (counters, 2);
    g_assert_cmpstr (counter->label, ==, "VGATE-503");
    g_assert_cmpuint (counter->value, ==, 500);
}

static void
test_metrics (void)
{
    g_autoptr (VgateStatus) status = sample_status ();
    g_autofree char *text = vgate_status_metrics (status);
    g_autoptr (GHashTable) samples = prometheus_parse (text);

    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_info{version=\"0.1.0\"}"), ==, 1);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_domains"), ==, 3);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_guests"), ==, 2);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_guests_captured"), ==, 1);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_guests_failing"), ==, 1);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_vgpus"), ==, 2);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_oldest_capture_age_seconds"), ==, 3600);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_captures_total{trigger=\"change\"}"), ==, 2);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_jobs_stopped_total{code=\"VGATE-706\"}"), ==, 1);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_removals_total"), ==, 0);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_report_only"), ==, 1);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_report_domains"), ==, 2);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_allowed_once"), ==, 1);
    g_assert_cmpfloat (
        prometheus_value (samples, "vgpu_gate_reported_total{operation=\"migrate\",code=\"VGATE-303\"}"), ==,
        4);
    g_assert_cmpfloat (
        prometheus_value (samples, "vgpu_gate_reported_total{operation=\"started\",code=\"VGATE-213\"}"), ==,
        1);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_nvml_failing"), ==, 1);
    g_assert_cmpstr (g_hash_table_lookup (samples, "vgpu_gate_nvml_seconds_total"), ==, "5.000000001");
    g_assert_cmpstr (g_hash_table_lookup (samples, "vgpu_gate_nvml_last_seconds"), ==, "0.012345678");
}

/* A guest cannot leave when its QEMU has lost the bus, nor when vgpu-gated has. */
static void
test_lost_bus (void)
{
    static const struct {
        VgateStatusBus bus;
        double n_off;
    } cases[] = {{VGATE_STATUS_BUS_NONE, 0},
                 {VGATE_STATUS_BUS_SERVED, 0},
                 {VGATE_STATUS_BUS_LOST, 1},
                 {VGATE_STATUS_BUS_UNSERVED, 1}};

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (VgateStatus) status = sample_status ();
        g_autofree char *text = NULL;
        g_autoptr (GHashTable) samples = NULL;

        ((VgateStatusGuest *)g_ptr_array_index (status->guests, 0))->bus = cases[i].bus;
        text = vgate_status_metrics (status);
        samples = prometheus_parse (text);
        g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_guests_off_bus"), ==, cases[i].n_off);
    }
}

/* Without guests and questions there is no age, instead of an age of 0. */
static void
test_fresh_metrics (void)
{
    g_autoptr (VgateStatus) status = fresh_status ();
    g_autofree char *text = vgate_status_metrics (status);
    g_autoptr (GHashTable) samples = prometheus_parse (text);

    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_guests"), ==, 0);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_report_only"), ==, 0);
    g_assert_null (g_hash_table_lookup (samples, "vgpu_gate_oldest_capture_age_seconds"));
    g_assert_null (g_hash_table_lookup (samples, "vgpu_gate_nvml_last_seconds"));
}

/* increase () of a counter that appears with its first event is 0, so each counter exists before, as 0. */
static void
test_counters_before_the_first_event (void)
{
    static const char *const expected[] = {
        "captures_total{trigger=\"start\"}",
        "captures_total{trigger=\"arrive\"}",
        "captures_total{trigger=\"request\"}",
        "removals_total",
        "capture_failures_total{code=\"VGATE-702\"}",
        "capture_failures_total{code=\"VGATE-705\"}",
        "jobs_stopped_total{code=\"VGATE-706\"}",
        "jobs_stopped_total{code=\"VGATE-303\"}",
        "jobs_stopped_total{code=\"VGATE-307\"}",
        "loads_refused_total{code=\"VGATE-303\"}",
        "loads_refused_total{code=\"VGATE-503\"}",
        "loads_refused_total{code=\"VGATE-826\"}",
        "jobs_reported_total{code=\"VGATE-706\"}",
        "loads_reported_total{code=\"VGATE-826\"}",
        "nvml_questions_total",
        "nvml_errors_total{code=\"VGATE-504\"}",
        "libvirt_connections_total",
        "configuration_reloads_total{result=\"taken\"}",
        "configuration_reloads_total{result=\"refused\"}",
        "persistent_definitions_total{result=\"updated\"}",
        "persistent_definitions_total{result=\"left\"}",
        "persistent_definitions_total{result=\"failed\"}",
    };
    g_autoptr (VgateStatus) status = fresh_status ();
    g_autofree char *text = vgate_status_metrics (status), *later = NULL;
    g_autoptr (GHashTable) samples = prometheus_parse (text), samples_later = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (expected); i++) {
        g_autofree char *sample = g_strconcat ("vgpu_gate_", expected[i], NULL);

        g_assert_cmpfloat (prometheus_value (samples, sample), ==, 0);
    }
    vgate_counters_add (status->counters, VGATE_COUNTER_JOBS_STOPPED, "VGATE-303", 2);
    later = vgate_status_metrics (status);
    samples_later = prometheus_parse (later);
    g_assert_cmpuint (g_hash_table_size (samples_later), ==, g_hash_table_size (samples));
    g_assert_cmpfloat (prometheus_value (samples_later, "vgpu_gate_jobs_stopped_total{code=\"VGATE-303\"}"),
                       ==, 2);
}

/* The labels of each counter are known: there is something for each with a label, and codes are codes. */
static void
test_known_labels (void)
{
    for (VgateCounterKind kind = 0; kind < VGATE_N_COUNTERS; kind++) {
        const VgateCounterInfo *info = vgate_counter_info (kind);
        g_auto (GStrv) labels = vgate_counter_labels (kind);

        g_assert_cmpint (g_strv_length (labels) > 0, ==, info->label != NULL);
        for (guint i = 0; info->label && labels[i]; i++)
            if (strcmp (info->label, "code") == 0)
                g_assert_cmpint (vgate_code_parse (labels[i]), !=, VGATE_CODE_NONE);
    }
}

/* An age is not negative after the clock was set back, and a label does not break its line. */
static void
test_odd_metrics (void)
{
    g_autoptr (VgateStatus) status = sample_status ();
    g_autofree char *text = NULL;
    g_autoptr (GHashTable) samples = NULL;

    status->time = 0;
    vgate_counters_add (status->counters, VGATE_COUNTER_RELOADS, "a\"b\\c\nd", 1);
    text = vgate_status_metrics (status);
    samples = prometheus_parse (text);
    g_assert_cmpfloat (prometheus_value (samples, "vgpu_gate_oldest_capture_age_seconds"), ==, 0);
    g_assert_cmpfloat (
        prometheus_value (samples, "vgpu_gate_configuration_reloads_total{result=\"a\\\"b\\\\c\\nd\"}"), ==,
        1);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/status/counters", test_counters);
    g_test_add_func ("/status/lost-bus", test_lost_bus);
    g_test_add_func ("/status/metrics", test_metrics);
    g_test_add_func ("/status/fresh-metrics", test_fresh_metrics);
    g_test_add_func ("/status/odd-metrics", test_odd_metrics);
    g_test_add_func ("/status/counters-before-the-first-event", test_counters_before_the_first_event);
    g_test_add_func ("/status/known-labels", test_known_labels);
    return g_test_run ();
}
