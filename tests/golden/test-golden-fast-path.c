/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the hook opens and runs, as strace shows it: for most guests very little. */
#include "hook-case.h"
#include "../test-glib.h"

#include <glib/gstdio.h>
#include <string.h>

/* Every file that was opened and every program that was run, in the order of the trace. */
typedef struct {
    GPtrArray *opened;
    GPtrArray *run;
    guint n_forks;
} Trace;

static void
trace_clear (Trace *trace)
{
    g_clear_pointer (&trace->opened, g_ptr_array_unref);
    g_clear_pointer (&trace->run, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Trace, trace_clear)

/* One line: 'openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3' */
static void
read_line (Trace *trace, const char *line)
{
    g_autoptr (GRegex) regex = g_regex_new (
        "^(open|execve|clone|fork|vfork)\\w*\\([^\"]*(?:\"([^\"]*)\")?.* = (-?\\d+)", 0, 0, NULL);
    g_autoptr (GMatchInfo) match = NULL;
    g_autofree char *call = NULL, *path = NULL, *result = NULL;

    if (!g_regex_match (regex, line, 0, &match))
        return;
    call = g_match_info_fetch (match, 1);
    path = g_match_info_fetch (match, 2);
    result = g_match_info_fetch (match, 3);
    if (*result == '-')
        return;
    if (strcmp (call, "open") == 0)
        g_ptr_array_add (trace->opened, g_path_get_basename (path));
    else if (strcmp (call, "execve") == 0)
        g_ptr_array_add (trace->run, g_path_get_basename (path));
    else
        trace->n_forks++;
}

/* FALSE, and the test is skipped, if nothing can be traced on this machine. */
static gboolean
can_trace (void)
{
    const char *const argv[] = {program_path ("strace"), "-o", "/dev/null", "true", NULL};
    g_auto (ProgramRun) run = {0};

    if (*program_path ("strace") == '\0') {
        g_test_skip ("strace is missing");
        return FALSE;
    }
    program_run (argv, "", 0, &run);
    if (run.status != 0)
        g_test_skip ("strace may not trace here");
    return run.status == 0;
}

static void
trace_hook (FakeHost *host, const char *input, const char *const *words, Trace *trace)
{
    const HookCase c = {.input = input};
    g_autofree char *directory = fake_host_path (host, "trace"), *prefix = NULL;
    g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
    g_auto (GStrv) argv = NULL;
    g_auto (ProgramRun) run = {0};
    g_autoptr (GDir) files = NULL;
    const char *name;
    gsize length;
    g_autofree char *xml = case_input (&c, &length);

    g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
    prefix = g_build_filename (directory, "process", NULL);
    /* A file a process: in one file for all, a call that another process interrupts is on two lines. */
    test_add_words (builder, program_path ("strace"), "-ff", "-qq", "-e", "signal=none", "-e",
                    "trace=open,openat,openat2,execve,execveat,clone,clone3,fork,vfork", "-o", prefix,
                    program_path ("hook"), NULL);
    for (gsize i = 0; words[i]; i++)
        g_strv_builder_add (builder, words[i]);
    argv = g_strv_builder_end (builder);
    program_run ((const char *const *)argv, xml, length, &run);
    g_assert_cmpstr (run.err, ==, "");
    g_assert_cmpint (run.status, ==, 0);
    trace->opened = g_ptr_array_new_with_free_func (g_free);
    trace->run = g_ptr_array_new_with_free_func (g_free);
    files = g_dir_open (directory, 0, NULL);
    g_assert_nonnull (files);
    while ((name = g_dir_read_name (files))) {
        g_autofree char *path = g_build_filename (directory, name, NULL), *text = NULL;
        g_auto (GStrv) lines = NULL;

        g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
        lines = g_strsplit (text, "\n", -1);
        for (guint i = 0; lines[i]; i++)
            read_line (trace, lines[i]);
        g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

static gboolean
has_prefix (const GPtrArray *names, const char *prefix)
{
    for (guint i = 0; i < names->len; i++)
        if (g_str_has_prefix (g_ptr_array_index (names, i), prefix))
            return TRUE;
    return FALSE;
}

/* libvirt's calls for a guest without a hostdev, and for any guest if there are no leases: one process, which
 * loads libc and opens no other file. */
static void
test_no_vgpu (G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *input, *operation, *sub_operation;
    } events[] = {
        {"no-vgpu", "migrate", "begin"},   {"no-vgpu", "restore", "begin"}, {"no-vgpu", "started", "begin"},
        {"no-vgpu", "prepare", "begin"},   {"no-vgpu", "release", "end"},   {"mdev", "release", "end"},
        {"bare-mdev", "prepare", "begin"},
    };

    if (!can_trace () || !case_machine_has_no_leases ())
        return;
    for (gsize i = 0; i < G_N_ELEMENTS (events); i++) {
        g_autoptr (FakeHost) host = fake_host_new ();
        const char *const words[] = {CASE_DOMAIN, events[i].operation, events[i].sub_operation, "-", NULL};
        g_auto (Trace) trace = {0};

        trace_hook (host, events[i].input, words, &trace);
        g_assert_cmpuint (trace.run->len, ==, 1);
        g_assert_cmpuint (trace.n_forks, ==, 0);
        g_assert_cmpuint (trace.opened->len, >, 0);
        for (guint j = 0; j < trace.opened->len; j++) {
            const char *name = g_ptr_array_index (trace.opened, j);

            if (strcmp (name, "ld.so.cache") != 0 && !g_str_has_prefix (name, "libc.so"))
                test_fail ("%s: the hook opens %s", events[i].operation, name);
        }
    }
}

/* A device on QEMU's command line is treated like a hostdev. */
static void
test_argument (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const words[] = {CASE_DOMAIN, "migrate", "begin", "-", NULL};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Trace) trace = {0};

    if (!can_trace ())
        return;
    trace_hook (host, "bare-argument", words, &trace);
    g_assert_true (has_prefix (trace.run, "vgpu-gate-judge"));
}

/* A hostdev that is not a vGPU is looked up, but neither the driver nor the configuration is used. */
static void
test_other_hostdev (gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    const char *const words[] = {"--config",  fake_host_config (host),
                                 "--root",    fake_host_root (host),
                                 CASE_DOMAIN, "migrate",
                                 "begin",     "-",
                                 NULL};
    g_auto (Trace) trace = {0};

    if (!can_trace ())
        return;
    case_standard_host (host);
    trace_hook (host, data, words, &trace);
    g_assert_true (has_prefix (trace.opened, "libxml2.so"));
    g_assert_false (has_prefix (trace.opened, "libnvidia-ml"));
    g_assert_false (has_prefix (trace.opened, "vgpu-gate.conf"));
    g_assert_cmpuint (trace.run->len, ==, 2); /* hook and judge, in one process */
    g_assert_cmpuint (trace.n_forks, ==, 0);
}

/* That a hostdev is a vGPU is found without reading the files that NVIDIA's driver serves, which can hang. */
static void
test_bare (gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    const char *const words[] = {"--config",  fake_host_config (host),
                                 "--root",    fake_host_root (host),
                                 CASE_DOMAIN, "migrate",
                                 "begin",     "-",
                                 NULL};
    g_auto (Trace) trace = {0};

    if (!can_trace ())
        return;
    case_standard_host (host);
    trace_hook (host, data, words, &trace);
    g_assert_true (has_prefix (trace.opened, "vendor"));
    g_assert_false (has_prefix (trace.opened, "current_vgpu_type"));
    g_assert_false (has_prefix (trace.opened, "name"));
}

/* Checks that the trace shows what the tests above must not find. */
static void
test_vgpu (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    const char *const words[] = {"--config",  fake_host_config (host),
                                 "--root",    fake_host_root (host),
                                 CASE_DOMAIN, "migrate",
                                 "begin",     "-",
                                 NULL};
    g_auto (Trace) trace = {0};

    if (!can_trace ())
        return;
    case_standard_host (host);
    trace_hook (host, "mdev", words, &trace);
    g_assert_true (has_prefix (trace.opened, "libxml2.so"));
    g_assert_true (has_prefix (trace.opened, "libglib-2.0.so"));
    g_assert_true (has_prefix (trace.opened, "libnvidia-ml.so"));
    g_assert_true (has_prefix (trace.opened, "name"));
    g_assert_true (has_prefix (trace.opened, "vgpu-gate.conf"));
    g_assert_true (has_prefix (trace.run, "vgpu-gate-judge"));
    g_assert_true (has_prefix (trace.run, "vgpu-gate-nvml"));
    g_assert_cmpuint (trace.n_forks, >, 0);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/fast-path/no-vgpu", NULL, test_no_vgpu);
    program_add_test ("/fast-path/argument", NULL, test_argument);
    program_add_test ("/fast-path/usb", "usb", test_other_hostdev);
    program_add_test ("/fast-path/foreign", "foreign", test_other_hostdev);
    program_add_test ("/fast-path/bare-mdev", "bare-mdev", test_bare);
    program_add_test ("/fast-path/bare-vf", "bare-vf", test_bare);
    program_add_test ("/fast-path/vgpu", NULL, test_vgpu);
    return g_test_run ();
}
