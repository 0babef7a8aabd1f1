/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate matrix: its forms of output, which documents it takes, and what it says of those that are bad. */
#include "command-case.h"
#include "command-table.h"
#include "fleet-case.h"
#include "golden.h"
#include "hook-case.h"
#include "refusal.h"

#include <json-glib/json-glib.h>
#include <pty.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "matrix"

/* --- fleets --- */

/* Writes the same fleet whenever the arguments are the same, except for times, into $ROOT/fleet. */
static void
add_fleet (FakeHost *host, guint n_hosts, guint n_guests, gboolean is_uniform)
{
    const RandomFleet fleet = {
        .seed = 21,
        .n_hosts = n_hosts,
        .n_guests = n_guests,
        .is_irregular = !is_uniform,
        .is_uniform = is_uniform,
    };

    fleet_case_write (host, fleet);
}

static void
small_fleet (FakeHost *host)
{
    add_fleet (host, 5, 16, FALSE);
}

static void
uniform_fleet (FakeHost *host)
{
    add_fleet (host, 14, 16, TRUE);
}

/* The gate chooses devices, so that guests can go to other hosts. */
static void
apply_fleet (FakeHost *host)
{
    uniform_fleet (host);
    fake_host_configure (host, "[placement]\nmode=apply\n");
}

static void
wide_fleet (FakeHost *host)
{
    add_fleet (host, 60, 70, TRUE);
}

static void
rename_guest (FakeHost *host, const char *name, const char *by)
{
    g_autofree char *file = g_strdup_printf ("fleet/guests/%s.xml", name);
    g_autofree char *before = g_strdup_printf ("<name>%s</name>", name);
    g_autofree char *after = g_strdup_printf ("<name>%s</name>", by);

    fleet_case_change (host, file, before, after);
}

/* Names that a spreadsheet, a terminal or a parser could take for something else. */
static void
hostile_fleet (FakeHost *host)
{
    add_fleet (host, 3, 8, TRUE);
    rename_guest (host, "vm00001", "=HYPERLINK(&quot;http://x/&quot;)");
    rename_guest (host, "vm00002", "+1+cmd|'/c calc'!A1");
    rename_guest (host, "vm00003", "-2");
    rename_guest (host, "vm00004", "@SUM(A1:A9)");
    rename_guest (host, "vm00005", "a,b &quot;c&quot;");
    rename_guest (host, "vm00006", "&lt;/script&gt;&lt;img src=x&gt;&amp;amp;");
    rename_guest (host, "vm00007", "a name that is much longer than its column");
    rename_guest (host, "vm00008", "\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x80\xae txt.exe");
    fleet_case_change (host, "fleet/hosts/host-001.xml", "name='host-001'", "name='=host&quot;,1'");
}

/* --- text and csv, which contain no time --- */

static const struct {
    const char *name;
    const char *line; /* after "matrix --root $ROOT --fleet $ROOT/fleet" */
    CasePrepare prepare;
    int status;
} outputs[] = {
    {"small.text", "", small_fleet, 3},
    {"small.csv", "--output csv", small_fleet, 3},
    {"blocks.text", "", uniform_fleet, 0},
    {"apply.text", "", apply_fleet, 0},
    {"apply.csv", "--output csv --host host-005", apply_fleet, 1},
    {"wide.text", "", wide_fleet, 0},
    {"hostile.text", "", hostile_fleet, 1},
    {"hostile.csv", "--output csv", hostile_fleet, 1},
    {"one-guest.text", "vm00002", uniform_fleet, 0},
    {"one-host.csv", "--output csv --host host-002", uniform_fleet, 1},
    {"guests.csv", "--output csv 00000015-0002-4000-8000-000000000029 vm00001 vm00001 --host host-003",
     uniform_fleet, 1},
    {"files.csv", "--output csv $ROOT/fleet/guests/vm00003.xml --host $ROOT/fleet/hosts/host-001.xml",
     uniform_fleet, 0},
};

static void
run_matrix (FakeHost *host, const char *line, ProgramRun *run)
{
    g_autofree char *full =
        g_strdup_printf ("matrix --root $ROOT --fleet $ROOT/fleet%s%s", *line != '\0' ? " " : "", line);

    command_run (host, full, run);
}

static void
test_output (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};
    g_auto (GStrv) lines = NULL;

    outputs[i].prepare (host);
    run_matrix (host, outputs[i].line, &run);
    g_assert_cmpstr (run.err, ==, "");
    golden_compare (FOLDER, outputs[i].name, run.out);
    g_assert_cmpint (run.status, ==, outputs[i].status);
    if (!g_str_has_suffix (outputs[i].name, ".text"))
        return;
    lines = g_strsplit (run.out, "\n", -1);
    for (guint l = 0; lines[l]; l++)
        g_assert_cmpint (g_utf8_strlen (lines[l], -1), <=, 80);
}

/* --- JSON --- */

static JsonObject *
item_of (JsonObject *report, const char *list, guint index)
{
    return json_array_get_object_element (json_object_get_array_member (report, list), index);
}

/* The text of an outcome for a pair, as the schema describes it. */
static char *
text_of (JsonObject *outcome, JsonObject *guest, JsonObject *host)
{
    JsonArray *parts = json_object_get_array_member (outcome, "text");
    g_autoptr (GString) text = g_string_new (NULL);

    for (guint i = 0; i < json_array_get_length (parts); i++) {
        JsonNode *part = json_array_get_element (parts, i);
        JsonObject *reference = JSON_NODE_HOLDS_OBJECT (part) ? json_node_get_object (part) : NULL;
        const char *side = reference && json_object_has_member (reference, "guest") ? "guest" : "host";
        JsonArray *names =
            reference ? json_object_get_array_member (strcmp (side, "guest") == 0 ? guest : host, "text")
                      : NULL;

        g_string_append (text, names ? json_array_get_string_element (
                                           names, (guint)json_object_get_int_member (reference, side))
                                     : json_node_get_string (part));
    }
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* The line of check about the pair: "vgpu-gate: VGATE-507: vm00001: TEXT", or with "HOST refuses". */
static void
assert_check_agrees (FakeHost *host, JsonObject *outcome, JsonObject *guest, JsonObject *at)
{
    const char *code = json_object_get_string_member (outcome, "code");
    g_autofree char *text = text_of (outcome, guest, at);
    g_autofree char *line =
        g_strdup_printf ("check --root $ROOT %s --host %s", json_object_get_string_member (guest, "origin"),
                         json_object_get_string_member (at, "origin"));
    g_auto (ProgramRun) run = {0};
    char *way_out = strstr (text, ". ");
    gboolean agrees;

    /* a line has no room for all of the way out */
    if (way_out)
        *way_out = '\0';
    command_run (host, line, &run);
    agrees = strstr (run.out, code) && strstr (run.out, text);
    if (!agrees)
        g_error ("matrix: %s: %s\ncheck: %s", code, text, run.out);
}

static void
test_json (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) json = {0}, csv = {0};
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_auto (GStrv) lines = NULL;
    JsonObject *report;
    guint n_guests, n_hosts, n_checked = 0;

    small_fleet (host);
    run_matrix (host, "--output json", &json);
    run_matrix (host, "--output csv", &csv);
    g_assert_true (json_parser_load_from_data (parser, json.out, -1, NULL));
    report = json_node_get_object (json_parser_get_root (parser));
    n_guests = json_array_get_length (json_object_get_array_member (report, "guest"));
    n_hosts = json_array_get_length (json_object_get_array_member (report, "host"));
    g_assert_cmpuint (n_guests, ==, 16);
    g_assert_cmpuint (n_hosts, ==, 5);
    lines = g_strsplit (csv.out, "\r\n", -1);
    for (guint g = 0; g < n_guests; g++) {
        JsonArray *cells = json_array_get_array_element (json_object_get_array_member (report, "cell"), g);

        for (guint h = 0; h < n_hosts; h++) {
            JsonObject *guest = item_of (report, "guest", g), *at = item_of (report, "host", h);
            JsonObject *outcome = item_of (report, "outcome", (guint)json_array_get_int_element (cells, h));
            const char *limit = json_object_has_member (outcome, "limit")
                                    ? json_object_get_string_member (outcome, "limit")
                                    : "";
            g_autofree char *begin = g_strdup_printf (
                "%s,%s,%s,%s,%s,%s,%s,", json_object_get_string_member (guest, "name"),
                json_object_get_string_member (guest, "uuid"), json_object_get_string_member (at, "name"),
                json_object_get_string_member (at, "uuid"), json_object_get_string_member (outcome, "answer"),
                limit, json_object_get_string_member (outcome, "code"));

            g_assert_true (g_str_has_prefix (lines[1 + g * n_hosts + h], begin));
            /* a sample, because each is a process; a guest without a vGPU has no text */
            if ((g * n_hosts + h) % 7 == 0 &&
                strcmp (json_object_get_string_member (outcome, "answer"), "none") != 0) {
                assert_check_agrees (host, outcome, guest, at);
                n_checked++;
            }
        }
    }
    g_assert_cmpuint (n_checked, >=, 8);
}

/* --- the page --- */

/* Cuts what is between two texts out of the page. The caller frees it. */
static char *
cut (GString *page, const char *before, const char *after)
{
    const char *found = strstr (page->str, before), *begin, *end;
    char *content;

    g_assert_nonnull (found);
    begin = found + strlen (before);
    end = strstr (begin, after);
    g_assert_nonnull (end);
    content = g_strndup (begin, (gsize)(end - begin));
    g_string_erase (page, begin - page->str, end - begin);
    return content;
}

static void
assert_hash (const char *policy, const char *directive, const char *content)
{
    g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
    g_autofree char *base64 = NULL, *source = NULL;
    guint8 digest[32];
    gsize length = sizeof digest;

    g_checksum_update (checksum, (const guchar *)content, -1);
    g_checksum_get_digest (checksum, digest, &length);
    base64 = g_base64_encode (digest, length);
    source = g_strdup_printf ("; %s 'sha256-%s'; ", directive, base64);
    g_assert_nonnull (strstr (policy, source));
}

static char *
without_times (const char *text)
{
    g_autoptr (GRegex) regex = g_regex_new ("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z", 0, 0, NULL);

    return g_regex_replace_literal (regex, text, -1, 0, "TIME", 0, NULL);
}

/* The page has the JSON as its data, allows only its own style and script, and names are in the data only. */
static void
test_page (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) html = {0}, json = {0};
    g_autoptr (GString) page = NULL;
    g_autofree char *content = NULL, *style = NULL, *script = NULL, *policy = NULL;
    g_autofree char *in_page = NULL, *alone = NULL;

    hostile_fleet (host);
    run_matrix (host, "--output html", &html);
    run_matrix (host, "--output json", &json);
    g_assert_cmpstr (html.err, ==, "");
    g_assert_cmpint (html.status, ==, json.status);
    page = g_string_new (html.out);
    content = cut (page, "<script type=\"application/json\" id=\"data\">", "</script>");
    style = cut (page, "<style>", "</style>");
    script = cut (page, "<script>", "</script>");
    policy = cut (page, "<meta http-equiv=\"Content-Security-Policy\" content=\"", "\">");
    assert_hash (policy, "style-src", style);
    assert_hash (policy, "script-src", script);
    g_assert_true (g_str_has_prefix (policy, "default-src 'none'; "));
    g_assert_null (strchr (content, '<'));
    g_assert_nonnull (strstr (content, "\\u003c/script>\\u003cimg src=x>&amp;"));
    in_page = without_times (content);
    alone = without_times (json.out);
    g_assert_cmpstr (in_page, ==, alone);
    /* a release changes no golden file */
    g_assert_cmpuint (
        g_string_replace (page, "vgpu-gate matrix " VGATE_VERSION, "vgpu-gate matrix VERSION", 0), ==, 1);
    golden_compare (FOLDER, "page.html", page->str);
}

/* --- the example and the wait --- */

static void
test_example (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *line =
        g_strdup_printf ("matrix --root $ROOT --fleet %s/examples/fleet", g_getenv ("VGATE_SRCDIR"));
    g_auto (ProgramRun) run = {0};

    command_run (host, line, &run);
    g_assert_cmpstr (run.err, ==, "");
    golden_compare (FOLDER, "example.text", run.out);
}

/* Runs a matrix whose only guest comes on standard input after this time, and returns what a terminal as
 * standard error gets. The caller frees it. */
static char *
watch_terminal (FakeHost *host, guint wait_ms)
{
    g_autofree char *guest = fake_host_path (host, "fleet/guests/vm00001.xml");
    g_autofree char *at = fake_host_path (host, "fleet/hosts/host-001.xml");
    const char *const argv[] = {program_path ("command"),
                                "--config",
                                fake_host_config (host),
                                "matrix",
                                "-",
                                "--host",
                                at,
                                "--output",
                                "csv",
                                NULL};
    g_autoptr (GSubprocessLauncher) launcher =
        g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    g_autoptr (GSubprocess) process = NULL;
    g_autoptr (GString) text = g_string_new (NULL);
    g_autofree char *xml = NULL;
    GOutputStream *input;
    int master, terminal;
    gsize length;
    char buffer[256];
    ssize_t n;

    g_assert_true (g_file_get_contents (guest, &xml, &length, NULL));
    g_assert_cmpint (openpty (&master, &terminal, NULL, NULL, NULL), ==, 0);
    g_subprocess_launcher_take_stderr_fd (launcher, terminal);
    process = g_subprocess_launcher_spawnv (launcher, argv, NULL);
    g_clear_object (&launcher);
    g_assert_nonnull (process);
    g_usleep (wait_ms * 1000);
    input = g_subprocess_get_stdin_pipe (process);
    g_assert_true (g_output_stream_write_all (input, xml, length, NULL, NULL, NULL));
    g_assert_true (g_output_stream_close (input, NULL, NULL));
    /* fails with EIO when the last process has closed the terminal */
    while ((n = read (master, buffer, sizeof buffer)) > 0)
        g_string_append_len (text, buffer, n);
    close (master);
    g_assert_true (g_subprocess_wait (process, NULL, NULL));
    return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_progress (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *quick = NULL, *slow = NULL;
    gint64 begin;

    add_fleet (host, 2, 3, TRUE);
    /* on a busy machine the command begins, and looks at the clock, long after it was started */
    for (guint wait_ms = 1100; wait_ms < 40000; wait_ms *= 3) {
        g_clear_pointer (&slow, g_free);
        slow = watch_terminal (host, wait_ms);
        if (*slow != '\0')
            break;
    }
    g_assert_cmpstr (slow, ==, "\r[##############################] 1 of 1 guests judged\033[K\r\033[K");
    begin = g_get_monotonic_time ();
    quick = watch_terminal (host, 0);
    /* on a busy machine it can take longer than a second, too */
    if (g_get_monotonic_time () - begin < G_USEC_PER_SEC)
        g_assert_cmpstr (quick, ==, "");
}

/* --- documents that cannot be read --- */

static void
test_one_bad_among_many (G_GNUC_UNUSED gconstpointer data)
{
    static const char form[] = "<domain type='kvm'><name>vm%u</name>"
                               "<uuid>00000000-0000-4000-8000-%012x</uuid></domain>";
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};
    g_auto (GStrv) lines = NULL;

    add_fleet (host, 2, 0, TRUE);
    for (guint i = 0; i < 1000; i++) {
        g_autofree char *file = g_strdup_printf ("fleet/guests/%04u.xml", i);
        g_autofree char *xml = g_strdup_printf (form, i, i);

        fake_host_write_file (host, file, xml, i == 500 ? 40 : strlen (xml), 0644);
    }
    /* neither is a document */
    fake_host_write_file (host, "fleet/guests/.0001.xml.Xa3f", "<", 1, 0644);
    fake_host_write_file (host, "fleet/guests/README", "<", 1, 0644);
    run_matrix (host, "--output csv", &run);
    g_assert_cmpint (run.status, ==, 3);
    lines = g_strsplit (run.out, "\r\n", -1);
    g_assert_cmpuint (g_strv_length (lines), ==, 1 + 999 * 2 + 1);
    command_compare_error (host, FOLDER, "one-bad", &run);
}

static void
future_host (FakeHost *host)
{
    add_fleet (host, 2, 3, TRUE);
    fleet_case_change (host, "fleet/hosts/host-002.xml", "urn:x-vgpu-gate:host:1", "urn:x-vgpu-gate:host:2");
}

static void
future_guest (FakeHost *host)
{
    add_fleet (host, 2, 3, TRUE);
    fleet_case_change (host, "fleet/guests/vm00002.xml", "urn:x-vgpu-gate:domain:1",
                       "urn:x-vgpu-gate:domain:2");
}

static void
guest_among_hosts (FakeHost *host)
{
    add_fleet (host, 2, 3, TRUE);
    fake_host_write_file (host, "fleet/hosts/vm.xml", "<domain/>", 9, 0644);
}

static void
same_host_twice (FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, "fleet/hosts/host-002.xml"), *xml = NULL;

    add_fleet (host, 2, 3, TRUE);
    g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
    fake_host_write_file (host, "fleet/hosts/host-002-old.xml", xml, strlen (xml), 0644);
    fleet_case_change (host, "fleet/hosts/host-002-old.xml", "time='20", "time='19");
}

/* Nobody writes to it. */
static void
fifo_among_guests (FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, "fleet/guests/fifo.xml");

    add_fleet (host, 2, 3, TRUE);
    g_assert_cmpint (mkfifo (path, 0644), ==, 0);
}

static void
same_name_twice (FakeHost *host)
{
    add_fleet (host, 2, 3, TRUE);
    rename_guest (host, "vm00002", "vm00001");
}

static void
two_hosts (FakeHost *host)
{
    add_fleet (host, 2, 3, TRUE);
}

/* The rest is answered: there is output, and standard error names what is missing. */
static const struct {
    const char *name;
    const char *line;
    CasePrepare prepare;
} partial[] = {
    {"future-host", "", future_host},
    {"future-guest", "", future_guest},
    {"guest-among-hosts", "", guest_among_hosts},
    {"same-host-twice", "", same_host_twice},
    {"fifo", "", fifo_among_guests},
    {"same-name-twice", "vm00001 vm00003", same_name_twice},
    {"unknown-guest", "vm00001 nobody", two_hosts},
    {"unknown-host", "--host host-001 --host nowhere", two_hosts},
    {"no-such-file", "vm00001 $ROOT/none.xml", two_hosts},
};

static void
test_partial (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    partial[i].prepare (host);
    run_matrix (host, partial[i].line, &run);
    g_assert_cmpstr (run.out, !=, "");
    g_assert_cmpint (run.status, ==, 3);
    command_compare_error (host, FOLDER, partial[i].name, &run);
}

static void
no_guests (FakeHost *host)
{
    add_fleet (host, 2, 0, TRUE);
}

static void
nothing (G_GNUC_UNUSED FakeHost *host)
{
}

/* Nothing is answered. */
static const struct {
    const char *name;
    const char *line;
    CasePrepare prepare;
    int status;
} failures[] = {
    {"no-directory", "matrix --fleet $ROOT/none", nothing, 3},
    {"file-as-directory", "matrix --fleet $ROOT/fleet/hosts/host-001.xml", two_hosts, 3},
    {"no-guests", "matrix --fleet $ROOT/fleet", no_guests, 3},
    {"usage-nothing", "matrix", nothing, 2},
    {"usage-no-host", "matrix a.xml", nothing, 2},
    {"usage-no-guest", "matrix --host b.xml", nothing, 2},
    {"usage-name", "matrix vm1 --host b.xml", nothing, 2},
    {"usage-host-name", "matrix a.xml --host b", nothing, 2},
    {"usage-input-twice", "matrix - --host -", nothing, 2},
    {"usage-output", "matrix --fleet $ROOT/fleet --output yaml", two_hosts, 2},
};

static void
test_failure (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();

    failures[i].prepare (host);
    command_assert_failure (host, FOLDER, failures[i].name, &(CommandCall){.line = failures[i].line},
                            failures[i].status);
}

/* A document that is named is used, even if that of the fleet is newer. */
static void
test_named_document (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};
    g_autofree char *path = fake_host_path (host, "fleet/guests/vm00001.xml"), *xml = NULL;

    two_hosts (host);
    g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
    fake_host_write_file (host, "old.xml", xml, strlen (xml), 0644);
    fleet_case_change (host, "old.xml", "<name>vm00001</name>", "<name>old</name>");
    fleet_case_change (host, "old.xml", "capture time='20", "capture time='19");
    run_matrix (host, "--output csv $ROOT/old.xml --host host-001", &run);
    g_assert_cmpstr (run.err, ==, "");
    g_assert_nonnull (strstr (run.out, "\nold,"));
}

static void
test_full (gconstpointer form)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *line =
        g_strdup_printf ("matrix --root $ROOT --fleet $ROOT/fleet --output %s", (const char *)form);

    two_hosts (host);
    command_assert_cannot_write (host, line);
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    golden_assert_none_left (FOLDER, ".text");
    golden_assert_none_left (FOLDER, ".csv");
    golden_assert_none_left (FOLDER, ".html");
    refusal_assert_none_left (FOLDER);
}

int
main (int argc, char *argv[])
{
    static const char *const forms[] = {"text", "csv", "json", "html"};

    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (outputs); i++)
        command_add_test (FOLDER, "output", outputs[i].name, i, test_output);
    for (guint i = 0; i < G_N_ELEMENTS (partial); i++)
        command_add_test (FOLDER, "partial", partial[i].name, i, test_partial);
    for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
        command_add_test (FOLDER, "failure", failures[i].name, i, test_failure);
    for (guint i = 0; i < G_N_ELEMENTS (forms); i++) {
        g_autofree char *path = g_strdup_printf ("/%s/full/%s", FOLDER, forms[i]);

        program_add_test (path, forms[i], test_full);
    }
    program_add_test ("/" FOLDER "/json", NULL, test_json);
    program_add_test ("/" FOLDER "/page", NULL, test_page);
    program_add_test ("/" FOLDER "/example", NULL, test_example);
    program_add_test ("/" FOLDER "/progress", NULL, test_progress);
    program_add_test ("/" FOLDER "/one-bad-among-many", NULL, test_one_bad_among_many);
    program_add_test ("/" FOLDER "/named-document", NULL, test_named_document);
    program_add_test ("/none-left/" FOLDER, NULL, test_none_left);
    return g_test_run ();
}
