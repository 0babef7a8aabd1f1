/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which scheduler calls the loader uses, with libraries that have other ones: found out by asking, never by a
 * version. The arguments are the libraries of the table below. */
#include "vgpu-gate/vgpu-gate.h"

#include <string.h>

typedef enum {
    V1,
    V2,
    BOTH,
    V1_OR_V2_DEPRECATED,
    NONE,
    V1_LOG_OF_NVENC,
    V2_OTHER_ENGINE,
    N_LIBRARIES
} Library;

static const char *const *libraries;

static VgateNvml *
open_library (Library library, VgateNvmlDevice *device)
{
    g_autoptr (GError) error = NULL;
    VgateNvml *nvml = vgate_nvml_open (libraries[library], &error);

    g_assert_no_error (error);
    g_assert_true (vgate_nvml_device (nvml, 0, device, &error));
    return nvml;
}

static VgateSchedulerSettings
slice (void)
{
    return (VgateSchedulerSettings){
        sizeof (VgateSchedulerSettings), VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DISABLED, 1000000, 0, 0, 0};
}

static VgateSchedulerSettings
frequency (void)
{
    return (VgateSchedulerSettings){
        sizeof (VgateSchedulerSettings), VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DEFAULT, 0, 500, 20, 0};
}

static void
assert_older (Library library)
{
    VgateNvmlDevice device;
    g_autoptr (VgateNvml) nvml = open_library (library, &device);
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateSchedulerLog) log = NULL;
    VgateSchedulerCapabilities capabilities = VGATE_INIT (VgateSchedulerCapabilities);
    VgateScheduler scheduler = VGATE_INIT (VgateScheduler);
    const VgateSchedulerSettings settings = slice ();

    g_assert_true (vgate_nvml_device_scheduler_capabilities (nvml, device, &capabilities, &error));
    g_assert_false (capabilities.is_always_adaptive);
    g_assert_true (vgate_nvml_device_scheduler (nvml, device, &scheduler, &error));
    g_assert_cmpint (scheduler.arr, ==, VGATE_ARR_DEFAULT);
    g_assert_cmpuint (scheduler.time_slice, ==, 1000000);
    g_assert_true (vgate_nvml_device_set_scheduler (nvml, device, &settings, &error));
    log = vgate_nvml_device_scheduler_log (nvml, device, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (vgate_scheduler_log_get_entry (log, 0)->weight, ==, 0);
    /* the video encoders have no older calls */
    g_assert_false (vgate_nvml_device_engine_scheduler (nvml, device, VGATE_ENGINE_NVENC0, &scheduler, NULL));
    g_assert_null (vgate_nvml_device_engine_scheduler_log (nvml, device, VGATE_ENGINE_NVENC1, NULL));
    g_assert_false (
        vgate_nvml_device_set_engine_scheduler (nvml, device, VGATE_ENGINE_NVENC0, &settings, NULL));
}

static void
test_older (void)
{
    VgateNvmlDevice device;
    g_autoptr (VgateNvml) nvml = open_library (V1, &device);
    g_autoptr (GError) error = NULL;
    VgateScheduler scheduler = VGATE_INIT (VgateScheduler);

    assert_older (V1);
    g_assert_false (
        vgate_nvml_device_engine_scheduler (nvml, device, VGATE_ENGINE_NVENC0, &scheduler, &error));
    g_assert_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_SYMBOL);
}

static void
test_newer_deprecated (void)
{
    assert_older (V1_OR_V2_DEPRECATED);
}

static void
assert_newer (Library library)
{
    static const int engines[] = {VGATE_ENGINE_GRAPHICS, VGATE_ENGINE_NVENC1, VGATE_ENGINE_NVENC0};
    VgateNvmlDevice device;
    g_autoptr (VgateNvml) nvml = open_library (library, &device);
    g_autoptr (GError) error = NULL;
    VgateSchedulerCapabilities capabilities = VGATE_INIT (VgateSchedulerCapabilities);

    g_assert_true (vgate_nvml_device_scheduler_capabilities (nvml, device, &capabilities, &error));
    g_assert_true (capabilities.is_always_adaptive);
    for (gsize i = 0; i < G_N_ELEMENTS (engines); i++) {
        const VgateSchedulerSettings good = frequency (), bad = slice ();
        VgateScheduler scheduler = VGATE_INIT (VgateScheduler);
        g_autoptr (VgateSchedulerLog) log = NULL;

        g_assert_true (vgate_nvml_device_engine_scheduler (nvml, device, engines[i], &scheduler, &error));
        g_assert_cmpint (scheduler.arr, ==, VGATE_ARR_ENABLED);
        g_assert_cmpuint (scheduler.average_factor, ==, 30 + (guint)engines[i]);
        g_assert_cmpuint (scheduler.time_slice, ==, 2000000);
        g_assert_true (vgate_nvml_device_set_engine_scheduler (nvml, device, engines[i], &good, &error));
        /* the driver is not asked, which would ignore the time slice */
        g_assert_false (vgate_nvml_device_set_engine_scheduler (nvml, device, engines[i], &bad, &error));
        g_assert_error (error, VGATE_ERROR, 523);
        g_clear_error (&error);
        log = vgate_nvml_device_engine_scheduler_log (nvml, device, engines[i], &error);
        g_assert_no_error (error);
        g_assert_cmpuint (vgate_scheduler_log_get_entry (log, 0)->timestamp, ==, 10);
        g_assert_cmpuint (vgate_scheduler_log_get_entry (log, 0)->weight, ==, 71);
        g_assert_cmpuint (vgate_scheduler_log_get_entry (log, 1)->weight, ==, 70);
    }
}

static void
test_newer (void)
{
    assert_newer (V2);
}

static void
test_older_deprecated (void)
{
    assert_newer (BOTH);
}

static void
test_none (void)
{
    VgateNvmlDevice device;
    g_autoptr (VgateNvml) nvml = open_library (NONE, &device);
    g_autoptr (GError) error = NULL;
    VgateScheduler scheduler = VGATE_INIT (VgateScheduler);
    const VgateSchedulerSettings settings = slice ();

    g_assert_false (vgate_nvml_device_scheduler (nvml, device, &scheduler, &error));
    g_assert_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_SYMBOL);
    g_clear_error (&error);
    g_assert_false (vgate_nvml_device_set_scheduler (nvml, device, &settings, &error));
    g_assert_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_SYMBOL);
    g_assert_null (vgate_nvml_device_scheduler_log (nvml, device, NULL));
}

static void
test_other_engine (void)
{
    VgateNvmlDevice device;
    g_autoptr (VgateNvml) nvenc = open_library (V1_LOG_OF_NVENC, &device);
    g_autoptr (VgateNvml) other = open_library (V2_OTHER_ENGINE, &device);
    g_autoptr (GError) error = NULL;
    VgateScheduler scheduler = VGATE_INIT (VgateScheduler);

    g_assert_true (vgate_nvml_device (nvenc, 0, &device, NULL));
    g_assert_null (vgate_nvml_device_scheduler_log (nvenc, device, &error));
    g_assert_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_ANSWER);
    g_assert_nonnull (strstr (error->message, "engine nvenc0 (3), not of graphics"));
    g_clear_error (&error);
    g_assert_true (vgate_nvml_device (other, 0, &device, NULL));
    g_assert_false (vgate_nvml_device_scheduler (other, device, &scheduler, &error));
    g_assert_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_ANSWER);
    g_clear_error (&error);
    g_assert_null (vgate_nvml_device_scheduler_log (other, device, &error));
    g_assert_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_ANSWER);
}

static void
test_engine_names (void)
{
    static const char *const names[] = {"graphics", "nvenc1", "nvenc0"};
    int engine;

    for (int i = 0; i < (int)G_N_ELEMENTS (names); i++) {
        g_assert_true (vgate_engine_parse (names[i], &engine));
        g_assert_cmpint (engine, ==, i + 1);
        g_assert_cmpstr (vgate_engine_name (engine), ==, names[i]);
    }
    g_assert_false (vgate_engine_parse ("unknown", &engine));
    g_assert_false (vgate_engine_parse ("NVENC0", &engine));
    g_assert_cmpstr (vgate_engine_name (0), ==, "unknown");
    g_assert_cmpstr (vgate_engine_name (4), ==, "unknown");
}

typedef struct {
    VgateSchedulerSettings settings;
    const char *words; /* of the refusal; NULL: none */
    int code;
} Check;

#define SETTINGS(arr, slice, frequency, factor)                                                        \
    {                                                                                                  \
        sizeof (VgateSchedulerSettings), VGATE_SCHEDULER_EQUAL_SHARE, arr, slice, frequency, factor, 0 \
    }

/* What a driver that is always adaptive cannot do is refused with what to use instead. */
static void
test_adaptive_settings (void)
{
    static const Check checks[] = {
        {SETTINGS (VGATE_ARR_DEFAULT, 0, 0, 0), NULL, 0},
        {SETTINGS (VGATE_ARR_DEFAULT, 0, 500, 20), NULL, 0},
        {SETTINGS (VGATE_ARR_ENABLED, 0, 500, 0), NULL, 0},
        {SETTINGS (VGATE_ARR_DEFAULT, 2000000, 0, 0), "instead of 2 ms, set a frequency of 500 Hz", 523},
        {SETTINGS (VGATE_ARR_DISABLED, 3000000, 0, 0), "instead of 3 ms, set a frequency of 333 Hz", 523},
        {SETTINGS (VGATE_ARR_DEFAULT, 30000000, 0, 0), "instead of 30 ms, set a frequency of 63 Hz", 523},
        {SETTINGS (VGATE_ARR_DISABLED, 0, 0, 0), "cannot switch adaptive round robin off", 523},
        {SETTINGS (VGATE_ARR_DEFAULT, 0, 961, 0), "frequency 961 Hz is not between 63 and 960 Hz", 515},
    };
    VgateSchedulerCapabilities capabilities = VGATE_INIT (VgateSchedulerCapabilities);

    capabilities.policies = 1u << VGATE_SCHEDULER_EQUAL_SHARE;
    capabilities.has_arr = capabilities.is_always_adaptive = TRUE;
    capabilities.frequency_min = 63;
    capabilities.frequency_max = 960;
    capabilities.average_factor_min = 1;
    capabilities.average_factor_max = 60;
    for (gsize i = 0; i < G_N_ELEMENTS (checks); i++) {
        const Check *check = &checks[i];
        g_autoptr (GError) error = NULL;

        g_assert_cmpint (vgate_scheduler_settings_check (&check->settings, &capabilities, &error), ==,
                         check->words == NULL);
        if (!check->words)
            continue;
        g_assert_error (error, VGATE_ERROR, check->code);
        if (!strstr (error->message, check->words))
            g_error ("'%s' does not say '%s'", error->message, check->words);
    }
    /* a caller of 0.1.0 does not know of such drivers; what it gives to the driver is refused there */
    capabilities.size = 40;
    capabilities.time_slice_max = 30000000;
    g_assert_true (vgate_scheduler_settings_check (&checks[3].settings, &capabilities, NULL));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_assert_cmpint (argc, ==, N_LIBRARIES + 1);
    libraries = (const char *const *)argv + 1;
    g_test_add_func ("/nvml-scheduler/older", test_older);
    g_test_add_func ("/nvml-scheduler/newer", test_newer);
    g_test_add_func ("/nvml-scheduler/older-deprecated", test_older_deprecated);
    g_test_add_func ("/nvml-scheduler/newer-deprecated", test_newer_deprecated);
    g_test_add_func ("/nvml-scheduler/none", test_none);
    g_test_add_func ("/nvml-scheduler/other-engine", test_other_engine);
    g_test_add_func ("/nvml-scheduler/engine-names", test_engine_names);
    g_test_add_func ("/nvml-scheduler/adaptive-settings", test_adaptive_settings);
    return g_test_run ();
}
