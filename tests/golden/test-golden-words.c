/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The arguments of the hook: libvirt's four, whatever the domain's name is, and an operator's. */
#include "hook-case.h"
#include "../test-glib.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The beginning of a line; its wording is golden elsewhere, once for each code. */
#define USAGE "vgpu-gate: VGATE-902: "
/* This host refuses the guest with this name, because the input is empty. */
#define REFUSES     "refuses "
#define EMPTY(name) REFUSES name

typedef struct {
    const char *name;
    const char *words[8];
    int status;
    const char *out;
    const char *err; /* the beginning of its line, or "" for no output */
} Words;

/* clang-format off */
static const Words calls[] = {
    /* usage */
    {"none", {NULL}, 2, "", USAGE},
    {"one", {"vm1", NULL}, 2, "", USAGE},
    {"two", {"vm1", "migrate", NULL}, 2, "", USAGE},
    {"three", {"vm1", "migrate", "begin", NULL}, 2, "", USAGE},
    {"five", {"vm1", "migrate", "begin", "-", "more", NULL}, 2, "", USAGE},
    {"dry-run-three", {"--dry-run", "vm1", "migrate", "begin", NULL}, 2, "", USAGE},
    {"unknown-option", {"--force", "vm1", "migrate", "begin", "-", NULL}, 2, "",
     USAGE "Unknown option --force"},
    {"unknown-option-line-feed", {"--for\nce", "vm1", "migrate", "begin", "-", NULL}, 2, "",
     USAGE "Unknown option --for?ce"},
    {"option-without-value", {"--config", NULL}, 2, "",
     USAGE "Missing argument for --config"},
    {"host-without-dry-run", {"--host", "b.xml", "vm1", "migrate", "begin", "-", NULL}, 2, "",
     USAGE "--host "},
    {"version", {"--version", NULL}, 0, "vgpu-gate-hook " VGATE_VERSION "\n", ""},
    {"dry-run-not-gated", {"--dry-run", "vm1", "stopped", "end", "-", NULL},
     0, "stopped end is not gated\n", ""},

    /* names */
    {"named-as-option", {"--dry-run", "migrate", "begin", "-", NULL}, 1, "", EMPTY ("--dry-run")},
    {"named-as-short-option", {"-n", "migrate", "begin", "-", NULL}, 1, "", EMPTY ("-n")},
    {"named-as-option-with-value", {"--config", "restore", "begin", "-", NULL}, 1, "", EMPTY ("--config")},
    {"named-version", {"--version", "started", "begin", "-", NULL}, 1, "", EMPTY ("--version")},
    {"named-end-of-options", {"--", "migrate", "begin", "-", NULL}, 1, "", EMPTY ("--")},
    {"named-as-option-not-gated", {"--dry-run", "reconnect", "begin", "-", NULL}, 0, "", ""},
    {"line-feed", {"vm1\nvgpu-gate: VGATE-001: vm1", "migrate", "begin", "-", NULL}, 1, "",
     EMPTY ("vm1?vgpu-gate: VGATE-001: vm1")},
    {"escape", {"\033[31mvm1\033[0m", "migrate", "begin", "-", NULL}, 1, "", EMPTY ("?[31mvm1?[0m")},
    {"c1-control", {"vm\xc2\x9b" "1", "migrate", "begin", "-", NULL}, 1, "", EMPTY ("vm?1")},
    {"right-to-left", {"vm\xe2\x80\xae" "1", "migrate", "begin", "-", NULL}, 1, "", EMPTY ("vm?1")},
    {"format", {"%s%n", "migrate", "begin", "-", NULL}, 1, "", EMPTY ("%s%n")},
    {"utf8", {"g\xc3\xa4st", "migrate", "begin", "-", NULL}, 1, "", EMPTY ("g\xc3\xa4st")},
    {"not-utf8", {"g\xe4st", "migrate", "begin", "-", NULL}, 1, "", EMPTY ("g?st")},
    {"blank", {"my vm", "migrate", "begin", "-", NULL}, 1, "", EMPTY ("my vm")},
};
/* clang-format on */

static void
test_words (gconstpointer data)
{
    const Words *call = data;
    g_auto (ProgramRun) run = {0};
    const char *argv[G_N_ELEMENTS (call->words) + 1] = {program_path ("hook")};
    g_autofree char *err = g_str_has_prefix (call->err, REFUSES)
                               ? case_line_begin (101, "migrate", call->err + strlen (REFUSES))
                               : g_strdup (call->err);

    for (gsize i = 0; call->words[i]; i++)
        argv[i + 1] = call->words[i];
    program_run (argv, "", 0, &run);
    g_assert_cmpstr (run.out, ==, call->out);
    if (!g_str_has_prefix (run.err, err))
        test_fail ("expected a line that begins with '%s', not '%s'", err, run.err);
    g_assert_cmpint (*err != '\0', ==, *run.err != '\0');
    g_assert_true (strchr (run.err, '\n') == strrchr (run.err, '\n'));
    g_assert_cmpint (run.status, ==, call->status);
}

static void
test_long_name (G_GNUC_UNUSED gconstpointer data)
{
    g_auto (ProgramRun) run = {0};
    char name[1001], shown[65];
    const char *argv[] = {program_path ("hook"), name, "migrate", "begin", "-", NULL};
    g_autofree char *expected = NULL;

    memset (name, 'v', sizeof name);
    name[sizeof name - 1] = '\0';
    g_strlcpy (shown, name, sizeof shown);
    memcpy (shown + sizeof shown - 4, "...", 4);
    expected = case_line_begin (101, "migrate", shown);
    program_run (argv, "", 0, &run);
    g_assert_true (g_str_has_prefix (run.err, expected));
    g_assert_cmpint (run.status, ==, 1);
}

static void
test_help (G_GNUC_UNUSED gconstpointer data)
{
    const char *const argv[] = {program_path ("hook"), "--help", NULL};
    g_auto (ProgramRun) run = {0};

    program_run (argv, "", 0, &run);
    g_assert_nonnull (strstr (run.out, "OBJECT OPERATION SUBOPERATION EXTRA"));
    g_assert_cmpstr (run.err, ==, "");
    g_assert_cmpint (run.status, ==, 0);
}

/* --- events that are not gated are allowed without reading their input --- */

static const struct {
    const char *operation;
    const char *sub_operation;
} not_gated[] = {
    {"reconnect", "begin"}, {"prepare", "end"},  {"start", "begin"},      {"stopped", "end"},
    {"release", "end"},     {"attach", "begin"}, {"migrate", "end"},      {"restore", "end"},
    {"started", "end"},     {"frobnicate", "-"}, {"migrate", "\nbegin"},  {"", ""},
    {"MIGRATE", "begin"},   {"migrate", ""},     {"reconnect", "\xff\n"}, {"--dry-run", "migrate"},
};

static void
assert_passes_unread (const char *const *argv, const FakeHost *host, const char *file)
{
    g_autofree char *path = fake_host_path (host, file);
    const int fd = open (path, O_RDONLY | O_CLOEXEC);
    g_auto (ProgramRun) run = {0};

    g_assert_cmpint (fd, >=, 0);
    program_run_on (argv, fd, &run);
    /* the descriptor's position is shared with the hook */
    g_assert_cmpint (lseek (fd, 0, SEEK_CUR), ==, 0);
    close (fd);
    g_assert_cmpstr (run.out, ==, "");
    g_assert_cmpstr (run.err, ==, "");
    g_assert_cmpint (run.status, ==, 0);
}

static void
test_not_gated (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    static const char garbage[] = "<!DOCTYPE \xff <<< vgpu-gate <hostdev";
    g_autoptr (FakeHost) host = fake_host_new ();
    const char *const as_libvirt[] = {program_path ("hook"),      CASE_DOMAIN, not_gated[i].operation,
                                      not_gated[i].sub_operation, "-",         NULL};
    const char *const with_options[] = {program_path ("hook"),
                                        "--config",
                                        fake_host_config (host),
                                        "--root",
                                        fake_host_root (host),
                                        "--",
                                        CASE_DOMAIN,
                                        not_gated[i].operation,
                                        not_gated[i].sub_operation,
                                        "-",
                                        NULL};

    if (strcmp (not_gated[i].operation, "release") == 0 && !case_machine_has_no_leases ())
        return;
    fake_host_write_file (host, "garbage", garbage, sizeof garbage, 0644);
    fake_host_write_config (host, "this is no key file\n", 0666);
    assert_passes_unread (as_libvirt, host, "garbage");
    assert_passes_unread (with_options, host, "garbage");
    /* a directory, which cannot be read */
    assert_passes_unread (as_libvirt, host, ".");
    assert_passes_unread (with_options, host, ".");
}

/* Input that is gated but cannot be read is refused, by the front and by the judge. */
static void
test_unreadable_input (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    const int fd = open (fake_host_root (host), O_RDONLY | O_CLOEXEC);
    const char *const as_libvirt[] = {program_path ("hook"), CASE_DOMAIN, "migrate", "begin", "-", NULL};
    const char *const with_options[] = {program_path ("hook"),
                                        "--config",
                                        fake_host_config (host),
                                        CASE_DOMAIN,
                                        "migrate",
                                        "begin",
                                        "-",
                                        NULL};
    g_auto (ProgramRun) front = {0}, judge = {0};
    g_autofree char *by_front = case_line_begin (901, "migrate", CASE_DOMAIN),
                    *by_judge = case_line_begin (111, "migrate", CASE_DOMAIN);

    program_run_on (as_libvirt, fd, &front);
    program_run_on (with_options, fd, &judge);
    close (fd);
    case_assert_answer (&front, CASE_DOMAIN, 901);
    g_assert_cmpstr (front.err + strlen (by_front), ==,
                     "cannot read the domain XML: Is a directory. Check the installation.\n");
    case_assert_answer (&judge, CASE_DOMAIN, 111);
    g_assert_cmpstr (judge.err + strlen (by_judge), ==,
                     "cannot read the input: Is a directory. See the reason in the message.\n");
}

/* The installation has lost its judge, whatever is installed on the test machine. */
static void
test_judge_missing (G_GNUC_UNUSED gconstpointer data)
{
    const char *const argv[] = {program_path ("hook-without-judge"), "vm\n1", "migrate", "begin", "-", NULL};
    const char *const reconnect[] = {argv[0], "vm1", "reconnect", "begin", "-", NULL};
    const char *const by_user[] = {argv[0], "--dry-run", "vm1", "migrate", NULL};
    g_autofree char *begin = case_line_begin (901, "migrate", "vm?1");
    g_autofree char *expected = g_strdup_printf (
        "%scannot run vgpu-gate-judge: No such file or directory. Check the installation.\n", begin);
    g_auto (ProgramRun) run = {0}, other = {0}, user = {0};

    program_run (argv, "", 0, &run);
    g_assert_cmpstr (run.err, ==, expected);
    g_assert_cmpstr (run.out, ==, "");
    g_assert_cmpint (run.status, ==, 1);
    program_run (reconnect, "", 0, &other);
    g_assert_cmpint (other.status, ==, 0);
    /* no guest is refused */
    program_run (by_user, "", 0, &user);
    g_assert_cmpstr (user.err, ==,
                     "vgpu-gate: VGATE-901: cannot run vgpu-gate-judge: No such file or directory. Check the "
                     "installation.\n");
    g_assert_cmpint (user.status, ==, 1);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (gsize i = 0; i < G_N_ELEMENTS (calls); i++) {
        g_autofree char *path = g_strdup_printf ("/words/%s", calls[i].name);

        program_add_test (path, &calls[i], test_words);
    }
    for (guint i = 0; i < G_N_ELEMENTS (not_gated); i++) {
        g_autofree char *path = g_strdup_printf ("/words/not-gated/%u", i + 1);

        program_add_test (path, GUINT_TO_POINTER (i), test_not_gated);
    }
    program_add_test ("/words/long-name", NULL, test_long_name);
    program_add_test ("/words/help", NULL, test_help);
    program_add_test ("/words/unreadable-input", NULL, test_unreadable_input);
    program_add_test ("/words/judge-missing", NULL, test_judge_missing);
    return g_test_run ();
}
