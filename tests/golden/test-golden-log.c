/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate scheduler log, once and followed: no entry is lost, and if one was missed, the command reports
 * it. */
#include "command-table.h"
#include "fields.h"
#include "refusal.h"
#include "../test-glib.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>

#define FOLDER "log"
#define GPU_2  "0000:61:00.0"
#define VM     "9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6"
#define FOLLOW "scheduler log --follow --output "
/* For actions that may take a moment on a busy machine. */
#define PATIENCE_MS 20000

static void
add_nothing (G_GNUC_UNUSED FakeHost *host)
{
}

static void
add_two (FakeHost *host)
{
    case_standard_host (host);
    fake_host_add_gpu (host, GPU_2, FAKE_L40S);
}

static void
add_constant (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_library (host, program_path ("stub-log"));
}

static void
add_constant_v2 (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_library (host, program_path ("stub-log-v2"));
}

static void
add_mig (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_mig (host, CASE_GPU);
}

static void
plug (FakeHost *host, guint n_vgpus)
{
    for (guint i = 0; i < n_vgpus; i++) {
        g_autofree char *command = g_strdup_printf ("plug --vm " VM "%u --type 1120 --gpu " CASE_GPU
                                                    " --guest-driver 580.95.05 --guest-range 18.1-26.1",
                                                    i);

        fake_host_sim (host, command);
    }
}

/* As busy as a GPU can be: the shortest time slices, and as many guests as fit. */
static void
add_busy (FakeHost *host)
{
    g_auto (ProgramRun) run = {0};

    case_standard_host (host);
    command_run (host, "scheduler set " CASE_GPU " --policy equal-share --time-slice 1ms --yes", &run);
    command_assert_done (&run);
    plug (host, 4);
}

static const CommandReport reports[] = {
    {"idle", "scheduler log", case_standard_host, NULL},
    {"idle-two", "scheduler log", add_two, NULL},
    {"one-of-two", "scheduler log " GPU_2, add_two, NULL},
    {"entries", "scheduler log", add_constant, NULL},
    {"entries-v2", "scheduler log", add_constant_v2, NULL},
    {"entries-nvenc1", "scheduler log --engine nvenc1", add_constant_v2, NULL},
    {"nvenc-v1", "scheduler log --engine nvenc0", case_standard_host, NULL},
    {"mig", "scheduler log", add_mig, NULL},
};

static const CommandFailure failures[] = {
    {"no-gpu", {.line = "scheduler log"}, add_nothing, NULL, NULL, 1},
    {"follow-nvenc-v1", {.line = "scheduler log --follow --engine nvenc0"}, NULL, NULL, NULL, 3},
    {"usage-engine", {.line = "scheduler log --engine video"}, NULL, NULL, NULL, 2},
    {"no-gpu-follow", {.line = "scheduler log --follow"}, add_nothing, NULL, NULL, 1},
    {"mig-follow", {.line = "scheduler log --follow"}, add_mig, NULL, NULL, 3},
    {"fails",
     {.line = "scheduler log"},
     case_standard_host,
     "fail nvmlDeviceGetVgpuSchedulerLog GPU_IS_LOST",
     NULL,
     3},
    {"hangs",
     {.line = "scheduler log"},
     case_standard_host,
     "hang nvmlDeviceGetVgpuSchedulerLog",
     "[backend]\ndeadline-ms=300\n",
     3},
    {"no-library",
     {.line = "scheduler log -f"},
     case_standard_host,
     NULL,
     "[backend]\nlibrary=$ROOT/none.so\n",
     3},
    {"usage", {.line = "scheduler log card0"}, case_standard_host, NULL, NULL, 2},
};

static const CommandTable table = {
    .folder = FOLDER,
    .reports = reports,
    .n_reports = G_N_ELEMENTS (reports),
    .failures = failures,
    .n_failures = G_N_ELEMENTS (failures),
};

/* --- follow --- */

static char *
contents (const FakeHost *host, const char *name)
{
    g_autofree char *path = fake_host_path (host, name);
    char *text = NULL;

    return g_file_get_contents (path, &text, NULL, NULL) ? text : g_strdup ("");
}

static guint
count (const char *text, const char *what)
{
    guint n = 0;

    for (const char *at = strstr (text, what); at; at = strstr (at + 1, what))
        n++;
    return n;
}

/* Waits until the output contains the text that often. */
static void
wait_for (const FakeHost *host, const char *what, guint times)
{
    for (guint waited = 0; waited < PATIENCE_MS; waited += 10) {
        g_autofree char *out = contents (host, "out");

        if (count (out, what) >= times)
            return;
        g_usleep (10000);
    }
    test_fail ("'%s' did not come", what);
}

/* Ends the command with the signal (0: it ends by itself). */
static int
end (GSubprocess *process, int signal_number)
{
    g_autoptr (GError) error = NULL;

    if (signal_number != 0)
        g_subprocess_send_signal (process, signal_number);
    g_subprocess_wait (process, NULL, &error);
    g_assert_no_error (error);
    return g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process) : -1;
}

typedef struct {
    guint n_entries;
    guint n_gpus;
    guint64 gap;    /* ns of run time without an entry in the output */
    guint64 missed; /* ns that the command reports as missed */
    guint n_missed;
} Tally;

static void
tally_entry (JsonObject *entry, GHashTable *totals, Tally *tally)
{
    const gpointer runlist = GUINT_TO_POINTER ((guint)json_object_get_int_member (entry, "runlist"));
    const guint64 total = (guint64)json_object_get_int_member (entry, "run-total");
    const guint64 run = (guint64)json_object_get_int_member (entry, "run");
    const guint64 *before = g_hash_table_lookup (totals, runlist);

    tally->n_entries++;
    if (before)
        tally->gap += total - run - *before;
    g_hash_table_insert (totals, runlist, g_memdup2 (&total, sizeof total));
}

/* Each line is an object with one member. */
static void
tally_line (const char *line, GHashTable *totals, Tally *tally)
{
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_autoptr (GError) error = NULL;
    JsonObject *root;

    json_parser_load_from_data (parser, line, -1, &error);
    g_assert_no_error (error);
    root = json_node_get_object (json_parser_get_root (parser));
    g_assert_cmpuint (json_object_get_size (root), ==, 1);
    if (json_object_has_member (root, "entry")) {
        tally_entry (json_object_get_object_member (root, "entry"), totals, tally);
    } else if (json_object_has_member (root, "missed")) {
        tally->n_missed++;
        tally->missed +=
            (guint64)json_object_get_int_member (json_object_get_object_member (root, "missed"), "run");
    } else {
        g_assert_true (json_object_has_member (root, "gpu"));
        tally->n_gpus++;
    }
}

static Tally
tally_output (const FakeHost *host)
{
    g_autoptr (GHashTable) totals = g_hash_table_new_full (NULL, NULL, NULL, g_free);
    g_autofree char *out = contents (host, "out");
    g_auto (GStrv) lines = g_strsplit (out, "\n", -1);
    Tally tally = {0};

    for (guint i = 0; lines[i] && *lines[i] != '\0'; i++)
        tally_line (lines[i], totals, &tally);
    return tally;
}

/* The command's standard error without its reports of missed entries: a busy machine may not let it read in
 * time, which is not a fault as long as it is reported. */
static char *
errors_but_missed (const FakeHost *host)
{
    g_autofree char *err = contents (host, "err");
    g_autoptr (GRegex) regex = g_regex_new ("^vgpu-gate: VGATE-516: .*\n", G_REGEX_MULTILINE, 0, NULL);

    return g_regex_replace_literal (regex, err, -1, 0, "", 0, NULL);
}

/* The command ended because of the signal, with this status. */
static void
assert_ended_well (const FakeHost *host, int status)
{
    g_autofree char *out = contents (host, "out"), *err = errors_but_missed (host);

    g_assert_cmpint (status, ==, strstr (out, "missed") ? 1 : 0);
    g_assert_cmpstr (err, ==, "");
}

/* FALSE if this machine did not let the process read in time. */
static gboolean
follow_busy_gpu (FakeHost *host)
{
    g_autoptr (GSubprocess) process = command_start (host, FOLLOW "json");
    Tally tally;
    int status;

    wait_for (host, "\"entry\"", 1500);
    status = end (process, SIGINT);
    fake_host_assert_helper_ends (host);
    tally = tally_output (host);
    g_assert_cmpuint (tally.n_entries, >=, 1500);
    g_assert_cmpuint (tally.n_gpus, ==, 1);
    g_assert_cmpuint (tally.gap, ==, tally.missed);
    assert_ended_well (host, status);
    return tally.n_missed == 0;
}

static void
test_loses_nothing (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    guint tries = 0;

    if (!command_can_run (&(CommandCall){.line = "scheduler set"}))
        return;
    add_busy (host);
    /* the log reaches back 233 ms; a busy machine may take longer, but not always */
    while (!follow_busy_gpu (host) && ++tries < 3)
        g_test_message ("try %u missed something", tries);
    g_assert_cmpuint (tries, <, 3);
}

/* The process that reads is stopped for longer than the log reaches back. The entries that it reports as
 * missed are the missing ones. */
static void
test_says_what_it_missed (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (GSubprocess) process = NULL;
    g_autofree char *err = NULL;
    Tally tally;

    if (!command_can_run (&(CommandCall){.line = "scheduler set"}))
        return;
    add_busy (host);
    process = command_start (host, FOLLOW "json");
    wait_for (host, "\"entry\"", 300);
    g_assert_cmpint (kill (fake_host_helper_pid (host), SIGSTOP), ==, 0);
    g_usleep (G_USEC_PER_SEC);
    g_assert_cmpint (kill (fake_host_helper_pid (host), SIGCONT), ==, 0);
    wait_for (host, "\"missed\"", 1);
    g_assert_cmpint (end (process, SIGTERM), ==, 1);
    tally = tally_output (host);
    g_assert_cmpuint (tally.n_missed, >=, 1);
    g_assert_cmpuint (tally.missed, >, 0);
    g_assert_cmpuint (tally.gap, ==, tally.missed);
    err = contents (host, "err");
    g_assert_true (g_str_has_prefix (err, "vgpu-gate: VGATE-516: GPU " CASE_GPU ": "));
    g_assert_nonnull (strstr (err, " ms. "));
    g_assert_cmpuint (count (err, "\n"), ==, tally.n_missed);
}

/* The command is stopped, as by control-Z, for longer than the deadline: nothing is lost, and nothing
 * fails. */
static void
test_halted (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (GSubprocess) process = NULL;
    Tally tally;

    case_standard_host (host);
    plug (host, 4);
    fake_host_configure (host, "[backend]\ndeadline-ms=1500\n");
    process = command_start (host, FOLLOW "json");
    wait_for (host, "\"entry\"", 300);
    g_subprocess_send_signal (process, SIGSTOP);
    g_usleep (2 * G_USEC_PER_SEC);
    g_subprocess_send_signal (process, SIGCONT);
    /* the pipe has kept all of these in the meantime, and more */
    wait_for (host, "\"entry\"", 1500);
    assert_ended_well (host, end (process, SIGINT));
    tally = tally_output (host);
    g_assert_cmpuint (tally.gap, ==, tally.missed);
}

/* When a vGPU comes or goes, the log begins again: its GPU is printed again. */
static void
test_restarted (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (GSubprocess) process = NULL;

    case_standard_host (host);
    plug (host, 2);
    process = command_start (host, FOLLOW "json");
    wait_for (host, "{\"entry\"", 100);
    fake_host_sim (host, "unplug --vm " VM "1");
    wait_for (host, "{\"gpu\"", 2);
    wait_for (host, "{\"entry\"", 300);
    assert_ended_well (host, end (process, SIGINT));
}

/* Returns the lines as one object with lists, as without --follow. */
static char *
join_lines (const char *text)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    g_autoptr (GString) gpus = g_string_new (NULL), entries = g_string_new (NULL);

    for (guint i = 0; lines[i] && *lines[i] != '\0'; i++) {
        const gboolean is_gpu = g_str_has_prefix (lines[i], "{\"gpu\":");
        GString *list = is_gpu ? gpus : entries;
        const char *object = strchr (lines[i], ':') + 1;

        g_string_append_printf (list, "%s%.*s", list->len > 0 ? "," : "", (int)strlen (object) - 1, object);
    }
    return g_strdup_printf ("{\"scheduler-log\":{\"gpu\":[%s],\"entry\":[%s]}}", gpus->str, entries->str);
}

/* The output is the same with and without --follow. */
static void
assert_same_as_once (FakeHost *host, const char *out)
{
    g_autofree char *joined = join_lines (out), *fields = fields_of_json (joined), *fields_once = NULL;
    g_auto (ProgramRun) once = {0};

    command_run (host, "scheduler log --output json", &once);
    fields_once = fields_of_json (once.out);
    g_assert_cmpstr (fields, ==, fields_once);
}

/* Each output form, with a log that does not change. */
static void
test_forms (gconstpointer data)
{
    static const struct {
        const char *form;
        int signal_number;
    } cases[] = {{"text", SIGINT}, {"json", SIGTERM}, {"json", SIGHUP}};
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (GSubprocess) process = NULL;
    g_autofree char *line = g_strconcat (FOLLOW, cases[i].form, NULL), *out = NULL;

    add_constant (host);
    process = command_start (host, line);
    wait_for (host, CASE_GPU, 4);
    assert_ended_well (host, end (process, cases[i].signal_number));
    out = contents (host, "out");
    if (i > 0)
        assert_same_as_once (host, out);
    if (i < 2)
        command_compare (host, FOLDER, cases[i].form, "out", out);
}

/* However the command ends, its output consists of whole lines. */
static void
assert_follow_fails (FakeHost *host, GSubprocess *process, const char *golden)
{
    g_autofree char *out = NULL, *err = NULL, *joined = NULL, *normal = NULL;

    g_assert_cmpint (end (process, 0), ==, 3);
    out = contents (host, "out");
    err = errors_but_missed (host);
    g_assert_true (g_str_has_suffix (out, "}}\n"));
    joined = join_lines (out);
    g_free (fields_of_json (joined));
    normal = fake_host_normalise (host, err);
    refusal_compare (FOLDER, golden, 3, normal);
    fake_host_assert_helper_ends (host);
}

static void
test_helper_dies (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (GSubprocess) process = NULL;

    case_standard_host (host);
    plug (host, 1);
    process = command_start (host, FOLLOW "json");
    wait_for (host, "{\"entry\"", 10);
    g_assert_cmpint (kill (fake_host_helper_pid (host), SIGKILL), ==, 0);
    assert_follow_fails (host, process, "helper-dies");
}

/* The driver hangs or fails during --follow: the deadline applies to each read. */
static void
test_driver_fault (gconstpointer data)
{
    static const struct {
        const char *fault;
        const char *golden;
    } cases[] = {{"hang nvmlDeviceGetVgpuSchedulerLog", "driver-hangs"},
                 {"fail nvmlDeviceGetVgpuSchedulerLog GPU_IS_LOST", "driver-fails"}};
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (GSubprocess) process = NULL;

    case_standard_host (host);
    plug (host, 1);
    fake_host_configure (host, "[backend]\ndeadline-ms=1500\n");
    process = command_start (host, FOLLOW "json");
    /* longer than the deadline of one read */
    wait_for (host, "{\"entry\"", 1000);
    fake_host_sim (host, cases[i].fault);
    assert_follow_fails (host, process, cases[i].golden);
}

/* When nobody reads the output any more, the process that keeps NVML open ends too. */
static void
test_asker_dies (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (GSubprocess) process = NULL;

    case_standard_host (host);
    process = command_start (host, FOLLOW "text");
    wait_for (host, "GPU ADDRESS", 1);
    g_assert_cmpint (end (process, SIGKILL), ==, -1);
    fake_host_assert_helper_ends (host);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    command_table_add (&table);
    command_add_test (FOLDER, "follow", "text", 0, test_forms);
    command_add_test (FOLDER, "follow", "json", 1, test_forms);
    command_add_test (FOLDER, "follow", "hang-up", 2, test_forms);
    command_add_test (FOLDER, "follow", "loses-nothing", 0, test_loses_nothing);
    command_add_test (FOLDER, "follow", "says-what-it-missed", 0, test_says_what_it_missed);
    command_add_test (FOLDER, "follow", "halted", 0, test_halted);
    command_add_test (FOLDER, "follow", "restarted", 0, test_restarted);
    command_add_test (FOLDER, "follow", "helper-dies", 0, test_helper_dies);
    command_add_test (FOLDER, "follow", "driver-hangs", 0, test_driver_fault);
    command_add_test (FOLDER, "follow", "driver-fails", 1, test_driver_fault);
    command_add_test (FOLDER, "follow", "asker-dies", 0, test_asker_dies);
    command_add_none_left (FOLDER);
    return g_test_run ();
}
