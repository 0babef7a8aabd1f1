/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "program.h"
#include "../test-glib.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SANITIZER_LOG "sanitizer"

/* NAME to PATH; filled before the first test, and only read after that. */
static GHashTable *paths;
/* NULL-terminated; or NULL. Set between runs only. */
static GStrv run_by;

void
program_test_init (int *argc, char ***argv)
{
    g_test_init (argc, argv, NULL);
    /* one wrong answer must not hide the next */
    g_test_set_nonfatal_assertions ();
    signal (SIGPIPE, SIG_IGN);
    paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    for (int i = 1; i < *argc; i++) {
        g_auto (GStrv) parts = g_strsplit ((*argv)[i], "=", 2);

        g_assert_cmpuint (g_strv_length (parts), ==, 2);
        g_hash_table_insert (paths, g_strdup (parts[0]), g_strdup (parts[1]));
    }
}

const char *
program_path (const char *name)
{
    const char *path = g_hash_table_lookup (paths, name);

    if (!path)
        g_error ("this test needs the argument %s=PATH", name);
    return path;
}

char *
program_source (const char *folder, const char *file)
{
    return g_build_filename (program_path ("source"), folder, file, NULL);
}

static gboolean
is_picked (const char *path)
{
    const char *pattern = g_getenv ("VGATE_CASES"), *part = g_hash_table_lookup (paths, "part");

    return (!pattern || g_pattern_match_simple (pattern, path)) &&
           (!part || g_pattern_match_simple (part, path));
}

void
program_add_test (const char *path, gconstpointer data, GTestDataFunc function)
{
    if (is_picked (path))
        g_test_add_data_func (path, data, function);
}

void
program_add_test_full (const char *path, gpointer data, GTestDataFunc function, GDestroyNotify free_data)
{
    if (is_picked (path))
        g_test_add_data_func_full (path, data, function, free_data);
    else
        free_data (data);
}

void
program_run_clear (ProgramRun *run)
{
    g_clear_pointer (&run->out, g_free);
    g_clear_pointer (&run->err, g_free);
}

/* A program that ends without reading causes SIGPIPE here, where it is ignored; the program must not inherit
 * that. */
static void
restore_signals (G_GNUC_UNUSED gpointer data)
{
    signal (SIGPIPE, SIG_DFL);
}

/* The environment that libvirt gives a hook, and variables that make the sanitisers and GLib strict. */
static GSubprocessLauncher *
new_launcher (GSubprocessFlags flags)
{
    static const char *const kept[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "G_DEBUG",
                                       "MALLOC_PERTURB_"};
    GSubprocessLauncher *launcher = g_subprocess_launcher_new (flags);
    g_auto (GStrv) environment = g_new0 (char *, 1);

    environment = g_environ_setenv (environment, "LC_ALL", "C", TRUE);
    environment = g_environ_setenv (environment, "PATH", g_getenv ("PATH"), TRUE);
    environment = g_environ_setenv (environment, "HOME", "/nonexistent", TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS (kept); i++)
        if (g_getenv (kept[i]))
            environment = g_environ_setenv (environment, kept[i], g_getenv (kept[i]), TRUE);
    g_subprocess_launcher_set_environ (launcher, environment);
    g_subprocess_launcher_set_child_setup (launcher, restore_signals, NULL, NULL);
    return launcher;
}

static char *
as_text (GBytes *bytes)
{
    gsize length;
    const char *data = g_bytes_get_data (bytes, &length);

    g_assert_null (length > 0 ? memchr (data, '\0', length) : NULL);
    return g_strndup (data ? data : "", length);
}

typedef struct {
    int fd;
    const char *input;
    gsize length;
} Feed;

/* Writes the input while the output is read, as libvirt does. A program that does not read everything ends
 * the writing. */
static gpointer
feed (gpointer data)
{
    const Feed *what = data;

    for (gsize done = 0; done < what->length;) {
        const gssize n = write (what->fd, what->input + done, what->length - done);

        if (n <= 0)
            break;
        done += (gsize)n;
    }
    close (what->fd);
    return NULL;
}

static void
collect (GSubprocess *process, ProgramRun *run)
{
    g_autoptr (GBytes) out = NULL, err = NULL;
    g_autoptr (GError) error = NULL;

    g_subprocess_communicate (process, NULL, NULL, &out, &err, &error);
    g_assert_no_error (error);
    run->status = g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process) : -1;
    run->out = out ? as_text (out) : g_strdup ("");
    run->err = err ? as_text (err) : g_strdup ("");
}

void
program_run_by (const char *words)
{
    g_strfreev (run_by);
    run_by = words ? g_strsplit (words, " ", -1) : NULL;
}

static GSubprocess *
spawn (GSubprocessLauncher *launcher, const char *const *argv)
{
    g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
    g_auto (GStrv) whole = NULL;
    g_autoptr (GError) error = NULL;
    GSubprocess *process;

    for (guint i = 0; run_by && run_by[i]; i++)
        g_strv_builder_add (builder, run_by[i]);
    for (guint i = 0; argv[i]; i++)
        g_strv_builder_add (builder, argv[i]);
    whole = g_strv_builder_end (builder);
    process = g_subprocess_launcher_spawnv (launcher, (const char *const *)whole, &error);
    g_assert_no_error (error);
    return process;
}

void
program_run_on (const char *const *argv, int stdin_fd, ProgramRun *run)
{
    g_autoptr (GSubprocessLauncher) launcher =
        new_launcher (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_autoptr (GSubprocess) process = NULL;
    const gint64 begin = g_get_monotonic_time ();

    g_subprocess_launcher_take_stdin_fd (launcher, fcntl (stdin_fd, F_DUPFD_CLOEXEC, 0));
    process = spawn (launcher, argv);
    g_subprocess_launcher_close (launcher);
    collect (process, run);
    run->duration_us = g_get_monotonic_time () - begin;
}

void
program_run (const char *const *argv, const char *input, gsize length, ProgramRun *run)
{
    g_autoptr (GError) error = NULL;
    Feed what = {.input = input, .length = length};
    GThread *feeder;
    int ends[2];

    g_unix_open_pipe (ends, FD_CLOEXEC, &error);
    g_assert_no_error (error);
    what.fd = ends[1];
    feeder = g_thread_new ("feed", feed, &what);
    program_run_on (argv, ends[0], run);
    close (ends[0]);
    g_thread_join (feeder);
}

GSubprocess *
program_start (const char *const *argv, const char *out, const char *err)
{
    g_autoptr (GSubprocessLauncher) launcher = new_launcher (G_SUBPROCESS_FLAGS_NONE);

    g_subprocess_launcher_set_stdout_file_path (launcher, out);
    g_subprocess_launcher_set_stderr_file_path (launcher, err);
    return spawn (launcher, argv);
}

GStrv
program_sanitizer_environment (const char *directory)
{
    g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
    g_autofree char *path = g_build_filename (directory, SANITIZER_LOG, NULL);
    g_autofree char *address = g_strdup_printf ("ASAN_OPTIONS=log_path=%s", path);
    g_autofree char *undefined = g_strdup_printf ("UBSAN_OPTIONS=print_stacktrace=1:log_path=%s", path);

    test_add_words (builder, address, undefined, NULL);
    return g_strv_builder_end (builder);
}

void
program_assert_no_sanitizer_report (const char *directory)
{
    g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
    const char *name;

    g_assert_nonnull (dir);
    while ((name = g_dir_read_name (dir))) {
        g_autofree char *path = g_build_filename (directory, name, NULL);
        g_autofree char *report = NULL;

        if (g_str_has_prefix (name, SANITIZER_LOG) && g_file_get_contents (path, &report, NULL, NULL))
            test_fail ("a sanitiser of a helper process reports:\n%s", report);
    }
}
