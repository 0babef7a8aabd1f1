/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The driver's part of the library with the simulated driver: each call, its results and its failures. */
#include <glib/gstdio.h>
#include <string.h>
#include <vgpu-gate/vgpu-gate.h>

#define VM "11111111-1111-4111-8111-111111111111"

static const char *library, *command;

typedef struct {
    char *directory, *path;
    VgateNvml *nvml;
    VgateNvmlDevice gpu;
} Fixture;

/* Runs vgpu-sim with these words, which must succeed, and returns its output. */
static char *
sim (const char *words)
{
    g_auto (GStrv) argv = NULL;
    g_autofree char *line = g_strdup_printf ("%s %s", command, words), *complaint = NULL;
    g_autoptr (GError) error = NULL;
    char *output = NULL;
    int status;

    g_assert_true (g_shell_parse_argv (line, NULL, &argv, &error));
    g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, &complaint, &status, &error);
    g_assert_no_error (error);
    if (status != 0)
        g_error ("%s: %s", line, complaint);
    return g_strchomp (output);
}

static void
sim_run (const char *words)
{
    g_autofree char *output = sim (words);

    g_test_message ("vgpu-sim %s: %s", words, output);
}

static void
set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    fixture->directory = g_dir_make_tmp ("vgate-library-XXXXXX", &error);
    g_assert_no_error (error);
    fixture->path = g_build_filename (fixture->directory, "host.conf", NULL);
    g_setenv ("VGPU_SIM_HOST", fixture->path, TRUE);
    sim_run ("init --gpu h100 --gpu l40s");
    fixture->nvml = vgate_nvml_open (library, &error);
    g_assert_no_error (error);
    g_assert_true (vgate_nvml_device_at (fixture->nvml, "0000:41:00.0", &fixture->gpu, &error));
    g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *lock = g_strconcat (fixture->path, ".lock", NULL);

    vgate_nvml_close (fixture->nvml);
    g_unlink (fixture->path);
    g_unlink (lock);
    g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
    g_free (fixture->path);
    g_free (fixture->directory);
}

static void
test_open (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *version = vgate_nvml_driver_version (fixture->nvml, NULL);
    g_autoptr (GError) error = NULL;

    g_assert_cmpstr (version, ==, "580.159.04");
    g_assert_nonnull (strstr (vgate_nvml_get_simulated (fixture->nvml), fixture->path));
    g_assert_null (vgate_nvml_open ("/there/is/no/library.so", &error));
    g_assert_error (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_LIBRARY);
    vgate_nvml_close (NULL);
}

static void
test_devices (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const addresses[] = {"0000:41:00.0", "0000:42:00.0"};
    g_autoptr (GError) error = NULL;
    guint count;

    g_assert_true (vgate_nvml_device_count (fixture->nvml, &count, NULL));
    g_assert_cmpuint (count, ==, 2);
    for (guint i = 0; i < count; i++) {
        VgateNvmlDevice by_index, by_address;
        g_autofree char *address = NULL, *name = NULL, *uuid = NULL;
        gboolean is_host;

        g_assert_true (vgate_nvml_device (fixture->nvml, i, &by_index, NULL));
        g_assert_true (vgate_nvml_device_at (fixture->nvml, addresses[i], &by_address, NULL));
        g_assert_true (by_index == by_address);
        g_assert_true (vgate_nvml_device_is_vgpu_host (fixture->nvml, by_index, &is_host, NULL));
        g_assert_true (is_host);
        address = vgate_nvml_device_address (fixture->nvml, by_index, NULL);
        name = vgate_nvml_device_name (fixture->nvml, by_index, NULL);
        uuid = vgate_nvml_device_uuid (fixture->nvml, by_index, NULL);
        g_assert_cmpstr (address, ==, addresses[i]);
        g_assert_cmpstr (name, ==, i == 0 ? "NVIDIA H100 80GB HBM3" : "NVIDIA L40S");
        g_assert_true (g_str_has_prefix (uuid, "GPU-"));
    }
    g_assert_false (vgate_nvml_device (fixture->nvml, 2, &fixture->gpu, &error));
    g_assert_error (error, VGATE_NVML_ERROR, 2);
    g_clear_error (&error);
    g_assert_false (vgate_nvml_device_at (fixture->nvml, "0000:43:00.0", &fixture->gpu, &error));
    g_assert_error (error, VGATE_NVML_ERROR, 6);
}

/* Both records and the string; NVIDIA's own call agrees with the engine. */
static void
test_metadata (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *uuid =
        sim ("plug --vm " VM " --type 1120 --guest-driver 580.95.05 --guest-range 18.1-26.1");
    g_autoptr (GArray) vgpus = vgate_nvml_device_vgpus (fixture->nvml, fixture->gpu, NULL);
    const guint32 vgpu = g_array_index (vgpus, guint32, 0);
    g_autofree char *its_uuid = vgate_nvml_vgpu_uuid (fixture->nvml, vgpu, NULL);
    g_autofree char *vm = vgate_nvml_vgpu_vm_uuid (fixture->nvml, vgpu, NULL);
    g_autofree char *string = vgate_nvml_device_gpu_string (fixture->nvml, fixture->gpu, NULL);
    g_autoptr (GBytes) vgpu_bytes = vgate_nvml_vgpu_metadata (fixture->nvml, vgpu, NULL);
    g_autoptr (GBytes) pgpu_bytes = vgate_nvml_device_metadata (fixture->nvml, fixture->gpu, NULL);
    g_autoptr (GBytes) cut = g_bytes_new_from_bytes (vgpu_bytes, 0, 467);
    g_autoptr (GError) error = NULL;
    VgateVgpuRecord vgpu_record = VGATE_INIT (VgateVgpuRecord);
    VgatePgpuRecord pgpu_record = VGATE_INIT (VgatePgpuRecord);
    VgateAnswer theirs, ours;
    guint32 type;
    guint64 bytes = 99;
    guint read, write;
    gboolean is_heterogeneous = TRUE;
    int rc;

    g_assert_true (vgate_nvml_vgpu_framebuffer_used (fixture->nvml, vgpu, &bytes, NULL));
    g_assert_cmpuint (bytes, ==, 0);
    g_assert_false (vgate_nvml_vgpu_runtime_state (fixture->nvml, vgpu, &bytes, &error));
    g_assert_error (error, VGATE_NVML_ERROR, 3);
    g_clear_error (&error);
    g_assert_false (vgate_nvml_device_buffer_bandwidths (fixture->nvml, fixture->gpu, &read, &write, &error));
    g_assert_error (error, VGATE_NVML_ERROR, 3);
    g_clear_error (&error);
    g_assert_true (vgate_nvml_device_is_heterogeneous (fixture->nvml, fixture->gpu, &is_heterogeneous, NULL));
    g_assert_false (is_heterogeneous);
    g_assert_cmpuint (vgpus->len, ==, 1);
    g_assert_cmpstr (its_uuid, ==, uuid);
    g_assert_cmpstr (vm, ==, VM);
    g_assert_true (vgate_nvml_vgpu_type (fixture->nvml, vgpu, &type, NULL));
    g_assert_cmpuint (type, ==, 1120);
    g_assert_cmpstr (string, ==, "233016C100000003");
    g_assert_cmpuint (g_bytes_get_size (vgpu_bytes), ==, 468);
    g_assert_cmpuint (g_bytes_get_size (pgpu_bytes), ==, 380);
    g_assert_true (vgate_vgpu_record_read (g_bytes_get_data (vgpu_bytes, NULL), 468, &vgpu_record, &error));
    g_assert_true (vgate_pgpu_record_read (g_bytes_get_data (pgpu_bytes, NULL), 380, &pgpu_record, &error));
    g_assert_cmpstr (vgpu_record.gpu_string, ==, string);
    g_assert_cmpstr (pgpu_record.gpu_string, ==, string);
    g_assert_cmphex (vgpu_record.guest_version, ==, vgate_version (26, 1));
    ours = vgate_compat_answer (&vgpu_record, &pgpu_record);
    g_assert_true (vgate_nvml_compatibility (fixture->nvml, vgpu_bytes, pgpu_bytes, &rc, &theirs, &error));
    g_assert_cmpint (rc, ==, 0);
    g_assert_cmphex (theirs.states, ==, ours.states);
    g_assert_cmphex (theirs.limit, ==, ours.limit);
    /* the driver never gets metadata with a wrong length */
    g_assert_false (vgate_nvml_compatibility (fixture->nvml, cut, pgpu_bytes, &rc, &theirs, &error));
    g_assert_error (error, VGATE_ERROR, 206);
    g_clear_error (&error);
    g_assert_false (vgate_nvml_compatibility (fixture->nvml, vgpu_bytes, cut, &rc, &theirs, &error));
    g_assert_error (error, VGATE_ERROR, 206);
}

static void
test_types (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GArray) supported = vgate_nvml_device_supported_types (fixture->nvml, fixture->gpu, NULL);
    g_autoptr (GArray) creatable = NULL;
    g_autofree char *name = vgate_nvml_type_name (fixture->nvml, 1122, NULL);
    g_autofree char *class_name = vgate_nvml_type_class (fixture->nvml, 1122, NULL);
    guint64 framebuffer;
    guint instances;

    sim_run ("plug --vm " VM " --type 1122");
    creatable = vgate_nvml_device_creatable_types (fixture->nvml, fixture->gpu, NULL);
    g_assert_cmpuint (supported->len, ==, 3);
    g_assert_cmpuint (creatable->len, ==, 0);
    g_assert_cmpstr (name, ==, "NVIDIA H100XM-80C");
    g_assert_cmpstr (class_name, ==, "Compute");
    g_assert_true (vgate_nvml_type_framebuffer (fixture->nvml, 1122, &framebuffer, NULL));
    g_assert_cmpuint (framebuffer, ==, G_GUINT64_CONSTANT (81920) << 20);
    g_assert_true (vgate_nvml_type_max_instances (fixture->nvml, fixture->gpu, 1122, &instances, NULL));
    g_assert_cmpuint (instances, ==, 1);
}

static void
assert_ranges (Fixture *fixture, const char *preset_text, const char *current_text)
{
    char text[VGATE_VERSION_RANGE_TEXT_SIZE];
    VgateVersionRange preset, current;

    g_assert_true (vgate_nvml_version_ranges (fixture->nvml, &preset, &current, NULL));
    g_assert_cmpstr (vgate_version_range_format (preset, text), ==, preset_text);
    g_assert_cmpstr (vgate_version_range_format (current, text), ==, current_text);
}

static void
assert_range_refused (Fixture *fixture, const char *text, int code)
{
    g_autoptr (GError) error = NULL;
    VgateVersionRange range;

    g_assert_true (vgate_version_range_parse (text, &range));
    g_assert_false (vgate_nvml_set_version_range (fixture->nvml, range, &error));
    g_assert_error (error, VGATE_NVML_ERROR, code);
}

static void
test_range (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    const VgateVersionRange narrow = {vgate_version (20, 1), vgate_version (25, 1)};

    assert_ranges (fixture, "18.1-26.1", "18.1-26.1");
    g_assert_true (vgate_nvml_set_version_range (fixture->nvml, narrow, &error));
    g_assert_no_error (error);
    assert_ranges (fixture, "18.1-26.1", "20.1-25.1");
    assert_range_refused (fixture, "25.1-20.1", 2);
    assert_range_refused (fixture, "18.0-26.1", 2);
    sim_run ("plug --vm " VM " --type 1120");
    assert_range_refused (fixture, "18.1-26.1", 19);
    assert_ranges (fixture, "18.1-26.1", "20.1-25.1");
    sim_run ("unplug --vm " VM);
    sim_run ("reload");
    assert_ranges (fixture, "18.1-26.1", "18.1-26.1");
}

static void
test_scheduler (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const VgateSchedulerSettings wanted = {
        sizeof (VgateSchedulerSettings), VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_ENABLED, 0, 500, 0, 0};
    VgateSchedulerCapabilities capabilities = VGATE_INIT (VgateSchedulerCapabilities);
    g_autoptr (GError) error = NULL;
    VgateScheduler state = VGATE_INIT (VgateScheduler);

    g_assert_true (
        vgate_nvml_device_scheduler_capabilities (fixture->nvml, fixture->gpu, &capabilities, &error));
    g_assert_cmphex (capabilities.policies, ==, 0xe);
    g_assert_true (capabilities.has_arr);
    g_assert_cmpuint (capabilities.time_slice_min, ==, 1000000);
    g_assert_cmpuint (capabilities.time_slice_max, ==, 30000000);
    g_assert_cmpuint (capabilities.frequency_max, ==, 960);
    g_assert_cmpuint (capabilities.average_factor_max, ==, 60);
    g_assert_true (vgate_scheduler_settings_check (&wanted, &capabilities, &error));
    g_assert_true (vgate_nvml_device_set_scheduler (fixture->nvml, fixture->gpu, &wanted, &error));
    g_assert_no_error (error);
    g_assert_true (vgate_nvml_device_scheduler (fixture->nvml, fixture->gpu, &state, NULL));
    g_assert_cmpint (state.policy, ==, VGATE_SCHEDULER_EQUAL_SHARE);
    g_assert_cmpint (state.arr, ==, VGATE_ARR_ENABLED);
    g_assert_cmpuint (state.average_factor, ==, 33);
    g_assert_cmpuint (state.time_slice, ==, 2000000);
    sim_run ("plug --vm " VM " --type 1120");
    g_assert_false (vgate_nvml_device_set_scheduler (fixture->nvml, fixture->gpu, &wanted, &error));
    g_assert_error (error, VGATE_NVML_ERROR, 3);
    g_clear_error (&error);
    sim_run ("fail nvmlDeviceGetVgpuSchedulerCapabilities 3");
    g_assert_false (
        vgate_nvml_device_scheduler_capabilities (fixture->nvml, fixture->gpu, &capabilities, &error));
    g_assert_error (error, VGATE_NVML_ERROR, 3);
}

/* A reader that reads 5 times a second, as documented, misses nothing; one that sleeps over 200 slots
 * does. */
static void
test_log (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const VgateSchedulerSettings wanted = {
        sizeof (VgateSchedulerSettings), VGATE_SCHEDULER_EQUAL_SHARE, VGATE_ARR_DISABLED, 1000000, 0, 0, 0};
    g_autoptr (VgateSchedulerLogReader) reader = vgate_scheduler_log_reader_new ();
    g_autoptr (VgateSchedulerLog) last = NULL;
    VgateScheduler scheduler = VGATE_INIT (VgateScheduler);
    g_autoptr (GError) error = NULL;
    VgateSchedulerLogNews news = VGATE_INIT (VgateSchedulerLogNews);
    guint n_new = 0;

    g_assert_true (vgate_nvml_device_set_scheduler (fixture->nvml, fixture->gpu, &wanted, &error));
    sim_run ("plug --vm " VM " --type 1120 --guest-driver 580.95.05 --guest-range 18.1-26.1");
    for (int i = 0; i < 10; i++) {
        g_autoptr (VgateSchedulerLog) log =
            vgate_nvml_device_scheduler_log (fixture->nvml, fixture->gpu, &error);
        const guint n_entries = log ? vgate_scheduler_log_get_n_entries (log) : 0;

        g_assert_no_error (error);
        vgate_scheduler_log_reader_feed (reader, log, &news);
        vgate_scheduler_log_get_scheduler (log, &scheduler);
        g_assert_false (news.missed);
        g_assert_false (news.restarted && i > 0 && n_new > 0);
        n_new += n_entries - news.first_new;
        g_usleep (50000);
    }
    g_assert_cmpint (scheduler.policy, ==, VGATE_SCHEDULER_EQUAL_SHARE);
    g_assert_cmpuint (n_new, >, 200);
    g_usleep (600000);
    last = vgate_nvml_device_scheduler_log (fixture->nvml, fixture->gpu, &error);
    g_assert_no_error (error);
    vgate_scheduler_log_reader_feed (reader, last, &news);
    g_assert_cmpuint (vgate_scheduler_log_get_n_entries (last), ==, VGATE_SCHEDULER_LOG_MAX);
    g_assert_cmpuint (vgate_scheduler_log_get_entry (last, 199)->timestamp, >,
                      vgate_scheduler_log_get_entry (last, 0)->timestamp);
    g_assert_true (news.missed);
    g_assert_cmpuint (news.missed_time, >, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_assert_cmpint (argc, ==, 3);
    library = argv[1];
    command = argv[2];
#define ADD(name, test) g_test_add ("/library/driver/" name, Fixture, NULL, set_up, test, tear_down)
    ADD ("open", test_open);
    ADD ("devices", test_devices);
    ADD ("metadata", test_metadata);
    ADD ("types", test_types);
    ADD ("range", test_range);
    ADD ("scheduler", test_scheduler);
    ADD ("log", test_log);
    return g_test_run ();
}
