/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The recorder, and its recordings compared with the simulated driver.
 *
 * Arguments: the recorder, the simulated driver, vgpu-sim, the library that crashes, the simulated driver's
 * map, the header of the calls for other clients, the host file of an ordinary host, and each recording; a
 * recording's host file is in the same directory.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *directory;
    char *host_file;
    char *host; /* its text */
    char *out;
    int status;
} Replay;

/* Set before the first test, and only read after that. */
static struct {
    const char *recorder, *driver, *command, *crasher, *map, *more, *ordinary_host;
} given;

static char *
read_text (const char *path)
{
    g_autoptr (GError) error = NULL;
    char *text;

    g_file_get_contents (path, &text, NULL, &error);
    g_assert_no_error (error);
    return text;
}

static void
replay_begin (Replay *replay)
{
    *replay = (Replay){.directory = g_dir_make_tmp ("replay-XXXXXX", NULL)};
    g_assert_nonnull (replay->directory);
    replay->host_file = g_build_filename (replay->directory, "host.conf", NULL);
}

static void
replay_end (Replay *replay)
{
    g_autofree char *lock = g_strconcat (replay->host_file, ".lock", NULL);

    g_unlink (replay->host_file);
    g_unlink (lock);
    g_assert_cmpint (g_rmdir (replay->directory), ==, 0);
    g_free (replay->directory);
    g_free (replay->host_file);
    g_free (replay->host);
    g_free (replay->out);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Replay, replay_end)

/* Returns the recorder's output for a library; it must not print errors. A recording has the first device
 * only. */
static void
run_recorder (Replay *replay, const char *library, const char *n_devices)
{
    const char *argv[] = {given.recorder, library, n_devices, NULL};
    g_auto (GStrv) environment =
        g_environ_setenv (g_get_environ (), "VGPU_SIM_HOST", replay->host_file, TRUE);
    g_autofree char *complaint = NULL;
    g_autoptr (GError) error = NULL;

    g_spawn_sync (NULL, (char **)argv, environment, G_SPAWN_DEFAULT, NULL, NULL, &replay->out, &complaint,
                  &replay->status, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (complaint, ==, "");
}

/* Uses a copy of a host file. All settings must be refused, so the file must not change. */
static void
run_on_host (Replay *replay, const char *host, const char *n_devices)
{
    g_autofree char *host_afterwards = NULL;
    g_autoptr (GError) error = NULL;

    replay->host = g_strdup (host);
    g_file_set_contents (replay->host_file, host, -1, &error);
    g_assert_no_error (error);
    run_recorder (replay, given.driver, n_devices);
    host_afterwards = read_text (replay->host_file);
    g_assert_cmpstr (host_afterwards, ==, host);
}

static char *
example_host (void)
{
    g_autofree char *directory = g_dir_make_tmp ("replay-XXXXXX", NULL);
    g_autofree char *file = g_build_filename (directory, "host.conf", NULL);
    g_autofree char *lock = g_strconcat (file, ".lock", NULL);
    const char *argv[] = {given.command, "--file", file, "init", "--gpu", "h100", "--gpu", "l40s", NULL};
    g_autoptr (GError) error = NULL;
    char *host;
    int status;

    g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error);
    g_assert_no_error (error);
    g_assert_cmpint (status, ==, 0);
    host = read_text (file);
    g_unlink (file);
    g_unlink (lock);
    g_assert_cmpint (g_rmdir (directory), ==, 0);
    return host;
}

static gboolean
has_line (const char *text, const char *line)
{
    g_autofree char *whole = g_strdup_printf ("\n%s\n", line);

    return strstr (text, whole) != NULL;
}

/* The recording contains every call that the simulated driver exports, except the one that NVML does not
 * have, the scheduler calls that came with r595, and the calls that are only for other clients. */
static void
assert_all_calls (const char *out)
{
    g_autofree char *map = read_text (given.map);
    g_autofree char *more = read_text (given.more);
    g_auto (GStrv) words = g_strsplit_set (map, " \n;", -1);
    guint n_calls = 0;

    for (gsize i = 0; words[i]; i++) {
        g_autofree char *line = g_strdup_printf ("\n%s (", words[i]);
        g_autofree char *declaration = g_strdup_printf (" %s (", words[i]);

        if (!g_str_has_prefix (words[i], "nvml") ||
            (strstr (words[i], "VgpuScheduler") && g_str_has_suffix (words[i], "_v2")) ||
            strstr (more, declaration))
            continue;
        if (!strstr (out, line))
            g_error ("%s is never asked", words[i]);
        n_calls++;
    }
    g_assert_cmpuint (n_calls, >, 40);
}

/* Upper and lower case differ between files and NVML's output. */
static void
assert_masked (const Replay *replay)
{
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_autofree char *out = g_ascii_strdown (replay->out, -1);
    g_auto (GStrv) groups = NULL;
    guint n_gpus = 0;

    g_assert_true (g_key_file_load_from_data (file, replay->host, -1, G_KEY_FILE_NONE, NULL));
    groups = g_key_file_get_groups (file, NULL);
    for (gsize i = 0; groups[i]; i++) {
        g_autofree char *uuid = g_key_file_get_string (file, groups[i], "uuid", NULL);

        if (!g_str_has_prefix (groups[i], "gpu "))
            continue;
        g_assert_nonnull (uuid);
        g_assert_null (strstr (out, uuid + strlen ("GPU-")));
        g_assert_null (strstr (out, groups[i] + strlen ("gpu ")));
        n_gpus++;
    }
    g_assert_cmpuint (n_gpus, >, 0);
}

static void
assert_whole (const Replay *replay)
{
    static const char *const faults[] = {" absent", "ended the process", "beyond its buffer",
                                         "changed its input", "without an end"};

    g_assert_cmpint (replay->status, ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
        if (strstr (replay->out, faults[i]))
            g_error ("'%s' in:\n%s", faults[i], replay->out);
    assert_all_calls (replay->out);
    assert_masked (replay);
}

static void
test_ordinary_host (void)
{
    g_autofree char *host = read_text (given.ordinary_host);
    g_auto (Replay) replay = {0};

    replay_begin (&replay);
    run_on_host (&replay, host, "2");
    assert_whole (&replay);
    g_assert_true (has_line (replay.out, "nvmlDeviceGetVgpuMetadata (device 0, NULL, size 0) = 3 size 0"));
}

static void
test_vgpu_host (void)
{
    g_autofree char *host = example_host ();
    g_auto (Replay) replay = {0};

    replay_begin (&replay);
    run_on_host (&replay, host, "2");
    assert_whole (&replay);
    g_assert_true (has_line (replay.out, "nvmlDeviceGetVgpuMetadata (device 1, NULL, size 0) = 7 size 380"));
    g_assert_true (has_line (replay.out,
                             "nvmlDeviceGetPgpuMetadataString (device 0, buffer, size 257) = 0 size 256 "
                             "\"233016C100000003\""));
}

/* The next question is asked nevertheless, and writes beyond the buffer are noticed. */
static void
test_crash (void)
{
    static const char *const lines[] = {
        "nvmlSystemGetDriverVersion (NULL, length 80) = ended the process: Aborted",
        "nvmlSystemGetDriverVersion (buffer, length 0) = 7, and wrote beyond its buffer",
        "nvmlSystemGetDriverVersion (buffer, length 80) = 0 \"1.2\"",
        "nvmlSystemGetDriverVersion (buffer, length 4) = 0 \"1.2\"",
        /* one line after the other, and no line twice */
        "nvmlDeviceGetCount_v2 (NULL) = ended the process: Aborted\nnvmlDeviceGetCount_v2 (&answer) = 0 0\n",
        "nvmlGetVgpuVersion (NULL, NULL) absent",
    };
    g_auto (Replay) replay = {0};

    replay_begin (&replay);
    run_recorder (&replay, given.crasher, "1");
    g_assert_false (g_spawn_check_exit_status (replay.status, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
        if (!has_line (replay.out, lines[i]))
            g_error ("no line '%s' in:\n%s", lines[i], replay.out);
}

static guint
count_differences (char **recorded, char **simulated)
{
    const guint n_recorded = g_strv_length (recorded), n_simulated = g_strv_length (simulated);
    guint n_differences = 0;

    for (guint i = 0; i < MAX (n_recorded, n_simulated); i++) {
        const char *wanted = i < n_recorded ? recorded[i] : "(no line)";
        const char *got = i < n_simulated ? simulated[i] : "(no line)";

        if (g_str_equal (wanted, got))
            continue;
        g_printerr ("# line %u\n#   recorded:  %s\n#   simulated: %s\n", i + 1, wanted, got);
        n_differences++;
    }
    return n_differences;
}

static void
test_recording (gconstpointer data)
{
    const char *path = data;
    g_autofree char *stem = g_strndup (path, strlen (path) - strlen (".txt"));
    g_autofree char *host_file = g_strconcat (stem, ".conf", NULL), *host = read_text (host_file);
    g_autofree char *recording = read_text (path);
    g_auto (GStrv) recorded = g_strsplit (recording, "\n", -1), simulated = NULL;
    g_auto (Replay) replay = {0};

    replay_begin (&replay);
    run_on_host (&replay, host, "1");
    simulated = g_strsplit (replay.out, "\n", -1);
    assert_all_calls (recording);
    g_assert_cmpuint (count_differences (recorded, simulated), ==, 0);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_assert_cmpint (argc, >=, 8);
    given.recorder = argv[1];
    given.driver = argv[2];
    given.command = argv[3];
    given.crasher = argv[4];
    given.map = argv[5];
    given.more = argv[6];
    given.ordinary_host = argv[7];
    g_test_add_func ("/replay/ordinary-host", test_ordinary_host);
    g_test_add_func ("/replay/vgpu-host", test_vgpu_host);
    g_test_add_func ("/replay/crash", test_crash);
    for (int i = 8; i < argc; i++) {
        g_autofree char *name = g_path_get_basename (argv[i]);
        g_autofree char *test = g_strconcat ("/replay/recording/", name, NULL);

        g_assert_true (g_str_has_suffix (name, ".txt"));
        g_test_add_data_func (test, argv[i], test_recording);
    }
    return g_test_run ();
}
