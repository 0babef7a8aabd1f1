/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hook's configuration. The guest is one whose restore is refused by default (213) and allowed by
 * missing-metadata=allow (4), so that the effect of the configuration shows without a driver. */
#include "command-case.h"
#include "hook-case.h"
#include "refusal.h"
#include "vgpu-gate/vgpu-gate.h"
#include "../test-glib.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER  "config"
#define DEFAULT 213
#define ALLOW   4

typedef struct {
    const char *name;
    const char *text;
    int code;
} Text;

/* clang-format off */
static const Text texts[] = {
    {"empty", "", DEFAULT},
    {"allow", "[gate]\nmissing-metadata=allow\n", ALLOW},
    {"refuse", "[gate]\nmissing-metadata=refuse\n", DEFAULT},
    {"no-line-end", "[gate]\nmissing-metadata=allow", ALLOW},
    {"comments", "# [gate]\n\n#missing-metadata=refuse\n[gate]\n# allow\nmissing-metadata=allow\n", ALLOW},
    {"blanks", "\n  \n[gate]\n  missing-metadata  =  allow\n\n", ALLOW},
    {"trailing-blanks", "[gate]\nmissing-metadata=allow \t\n", ALLOW},
    {"crlf", "# vgpu-gate\r\n[gate]\r\nmissing-metadata=allow\r\n", ALLOW},
    {"twice-last-counts", "[gate]\nmissing-metadata=refuse\nmissing-metadata=allow\n", ALLOW},
    {"group-twice", "[gate]\nmissing-metadata=refuse\n[capture]\n[gate]\nmissing-metadata=allow\n", ALLOW},
    {"everything",
     "[backend]\nlibrary=libnvidia-ml.so.1\nhelper=/usr/libexec/vgpu-gate/vgpu-gate-nvml\ndeadline-ms=100\n"
     "[gate]\nmode=enforce\nreport-domains=vm2 ; vm3;\n"
     "missing-metadata=allow\nbackend-failure=refuse\ncold-start=check\nmax-age=0\n"
     "[rules]\nmetadata-old=warn\n[capture]\ninterval=3600\nrefresh=1\n"
     "[down-time]\nlink-speed=10000000\nlimit-ms=2000000\n"
     "[placement]\nmode=off\norder=depth-first\nlease-time=10\npersistent-definition=report\n[seal]\n"
     "[host]\nuuid=8c1d3a52-6b40-4a7e-9d55-20c9f1b7e602\n", ALLOW},

    {"unknown-group", "# one\n[gate]\nmissing-metadata=allow\n\n[gates]\n", 604},
    {"unknown-key", "[gate]\n\n# three\nmissing-metdata=allow\n", 604},
    {"unknown-rule", "[rules]\nguest-driver-down=warn\nguest-driver-up=warn\n", 604},
    {"key-of-other-group", "[gate]\nmissing-metadata=allow\n[host]\nmissing-metadata=allow\n", 604},
    {"key-in-later-group", "[gate]\nmax-age=1\n[host]\n[gate]\nmax-age=2\nmax-aeg=3\n", 604},
    {"key-in-locale", "[gate]\nmissing-metadata[de]=allow\n", 604},
    {"upper-case", "[gate]\nMissing-Metadata=allow\n", 604},
    {"no-group", "\nmissing-metadata=allow\n", 603},
    {"open-bracket", "[gate]\nmax-age=1\n[host\n", 603},
    {"no-equals", "[gate]\nmissing-metadata allow\n", 603},
    {"no-key", "[gate]\n=allow\n", 603},
    {"semicolon", "[gate]\n; no comment in a key file\n", 603},
    {"crlf-no-equals", "[gate]\r\nmax-age=1\r\nallow\r\n", 603},

    {"library-empty", "[backend]\nlibrary=\n", 605},
    {"library-relative", "[backend]\nlibrary=sim/libnvidia-ml.so.1\n", 605},
    {"helper-relative", "[backend]\nhelper=vgpu-gate-nvml\n", 605},
    {"deadline-short", "[backend]\ndeadline-ms=99\n", 605},
    {"deadline-long", "[backend]\ndeadline-ms=60001\n", 605},
    {"deadline-unit", "[backend]\ndeadline-ms=5s\n", 605},
    {"deadline-sign", "[backend]\ndeadline-ms=+500\n", 605},
    {"deadline-empty", "[backend]\ndeadline-ms=\n", 605},
    {"mode", "[gate]\nmode=watch\n", 605},
    {"mode-upper-case", "[gate]\nmode=Report\n", 605},
    {"report-domains-gap", "[gate]\nreport-domains=vm1;;vm2\n", 605},
    {"report-domains-path", "[gate]\nreport-domains=vm2;/etc/vm1.xml\n", 605},
    {"report-domains-none", "[gate]\nreport-domains=\n", DEFAULT},
    {"missing-metadata", "[gate]\nmissing-metadata=yes\n", 605},
    {"missing-metadata-upper-case", "[gate]\nmissing-metadata=Allow\n", 605},
    {"missing-metadata-comment", "[gate]\nmissing-metadata=allow # for now\n", 605},
    {"missing-metadata-not-utf8", "[gate]\nmissing-metadata=\xff\n", 605},
    {"missing-metadata-escape", "[gate]\nmissing-metadata=\033[2J\n", 605},
    {"backend-failure", "[gate]\nbackend-failure=warn\n", 605},
    {"cold-start", "[gate]\ncold-start=refuse\n", 605},
    {"max-age", "[gate]\nmax-age=1d\n", 605},
    {"max-age-too-large", "[gate]\nmax-age=2147483648\n", 605},
    {"rule", "[rules]\nmetadata-old=error\n", 605},
    {"interval", "[capture]\ninterval=0\n", 605},
    {"refresh", "[capture]\nrefresh=0\n", 605},
    {"link-speed", "[down-time]\nlink-speed=10G\n", 605},
    {"link-speed-zero", "[down-time]\nlink-speed=0\n", 605},
    {"link-speed-large", "[down-time]\nlink-speed=10000001\n", 605},
    {"down-time-limit", "[down-time]\nlimit-ms=0\n", 605},
    {"down-time-limit-large", "[down-time]\nlimit-ms=2000001\n", 605},
    {"placement-mode", "[placement]\nmode=on\n", 605},
    {"placement-order", "[placement]\norder=breadth\n", 605},
    {"lease-short", "[placement]\nlease-time=9\n", 605},
    {"lease-long", "[placement]\nlease-time=3601\n", 605},
    {"definition", "[placement]\npersistent-definition=yes\n", 605},
    {"key-file", "[seal]\nkey-file=fleet.key\n", 605},
    {"uuid", "[host]\nuuid=8C1D3A52-6B40-4A7E-9D55-20C9F1B7E602\n", 605},
    {"line-of-last", "# 1\n[gate]\nmax-age=1\n# 4\nmax-age=x\n", 605},
    {"line-not-in-comment", "[gate]\n#max-age=x\nmax-age=x\n", 605},
    {"line-of-group", "[capture]\n# max-age=x\n[gate]\n\nmax-age = x\n[capture]\n", 605},
};
/* clang-format on */

static void
call_and_compare (FakeHost *host, const char *name, int code)
{
    const HookCase c = {.input = "bare-mdev"};
    HookCall call = {.host = host, .domain = CASE_DOMAIN, .operation = "restore"};
    g_autofree char *xml = case_input (&c, &call.length);
    g_auto (ProgramRun) run = {0};

    call.input = xml;
    case_call_hook (&call, &run);
    case_assert_refusal (host, &run, code, FOLDER, name);
}

static void
test_text (gconstpointer data)
{
    const Text *text = data;
    g_autoptr (FakeHost) host = fake_host_new ();

    case_standard_host (host);
    fake_host_write_config (host, text->text, 0644);
    call_and_compare (host, text->name, text->code);
}

/* --- the file itself --- */

/* Bytes that a text cannot contain: the lines after them must not be ignored. */
static void
test_nul (G_GNUC_UNUSED gconstpointer data)
{
    static const char text[] = "[gate]\nmissing-metadata=allow\n\0\n[gates]\n";
    g_autoptr (FakeHost) host = fake_host_new ();

    case_standard_host (host);
    fake_host_write_file (host, "vgpu-gate.conf", text, sizeof text - 1, 0644);
    call_and_compare (host, "nul", 603);
}

static const struct {
    guint mode;
    int code;
} modes[] = {{0644, ALLOW}, {0600, ALLOW}, {0444, ALLOW}, {0664, 602}, {0646, 602}, {0777, 602}};

static void
test_modes (G_GNUC_UNUSED gconstpointer data)
{
    for (gsize i = 0; i < G_N_ELEMENTS (modes); i++) {
        g_autoptr (FakeHost) host = fake_host_new ();
        g_autofree char *name = g_strdup_printf ("mode-%04o", modes[i].mode);

        case_standard_host (host);
        fake_host_write_config (host, "[gate]\nmissing-metadata=allow\n", modes[i].mode);
        call_and_compare (host, name, modes[i].code);
    }
}

static void
make_directory (const char *path)
{
    g_assert_cmpint (g_mkdir (path, 0755), ==, 0);
}

static void
make_fifo (const char *path)
{
    g_assert_cmpint (mkfifo (path, 0600), ==, 0);
}

static void
make_loop (const char *path)
{
    g_assert_cmpint (symlink (path, path), ==, 0);
}

static void
make_dangling (const char *path)
{
    g_assert_cmpint (symlink ("nowhere.conf", path), ==, 0);
}

static void
make_nothing (G_GNUC_UNUSED const char *path)
{
}

static void
make_huge (const char *path)
{
    g_autofree char *text = g_strnfill (1024 * 1024 + 1, '\n');

    g_assert_true (g_file_set_contents (path, text, -1, NULL));
    g_assert_cmpint (g_chmod (path, 0600), ==, 0);
}

static void
make_foreign (const char *path)
{
    g_assert_true (g_file_set_contents (path, "", 0, NULL));
    g_assert_cmpint (chown (path, 65534, 65534), ==, 0);
}

static const struct {
    const char *name;
    void (*make) (const char *path);
    int config_code;
    int key_code; /* the code if the bad file is the key file */
} places[] = {
    {"missing", make_nothing, 601, 606},     {"dangling", make_dangling, 601, 601},
    {"fifo", make_fifo, 601, 601},           {"loop", make_loop, 601, 601},
    {"huge", make_huge, 601, 601},           {"foreign", make_foreign, 602, 602},
    {"directory", make_directory, 601, 601},
};

static void
test_place (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) config_host = fake_host_new (), key_host = fake_host_new ();
    g_autofree char *config_name = g_strdup_printf ("place-%s", places[i].name);
    g_autofree char *key_name = g_strdup_printf ("key-%s", places[i].name);
    g_autofree char *key = fake_host_path (key_host, "fleet.key");

    if (places[i].make == make_foreign && geteuid () != 0) {
        refusal_skip (FOLDER, "place-foreign");
        refusal_skip (FOLDER, "key-foreign");
        g_test_skip ("only root can give a file away");
        return;
    }
    case_standard_host (config_host);
    g_assert_cmpint (g_unlink (fake_host_config (config_host)), ==, 0);
    places[i].make (fake_host_config (config_host));
    call_and_compare (config_host, config_name, places[i].config_code);

    case_standard_host (key_host);
    places[i].make (key);
    fake_host_configure (key_host, "[seal]\nkey-file=$ROOT/fleet.key\n");
    call_and_compare (key_host, key_name, places[i].key_code);
}

/* What is named must be there, whoever reads it. */
static const struct {
    const char *program, *words;
    int status;
} readers[] = {
    {"command", "host", 3},
    {"command", "check -", 3},
    {"command", "version get", 3},
    {"command", "scheduler state", 3},
    {"command", "switchover status vm1", 3},
    {"daemon", "", 1},
    {"daemon", "--once", 1},
};

static void
test_reader (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *config = fake_host_path (host, "other.conf");
    g_autofree char *line =
        g_strdup_printf ("%s --config %s %s", program_path (readers[i].program), config, readers[i].words);
    g_auto (GStrv) argv = g_strsplit (g_strchomp (line), " ", -1);
    const HookCase c = {.input = "bare-mdev"};
    gsize length;
    g_autofree char *xml = case_input (&c, &length);

    for (int is_link = 0; is_link < 2; is_link++) {
        g_autofree char *expected = g_strdup_printf ("VGATE-601: cannot open '%s': %s", config,
                                                     is_link ? "the symbolic link" : "No such file");
        g_auto (ProgramRun) run = {0};

        if (is_link)
            make_dangling (config);
        /* a daemon that took it would not end */
        program_run_by ("timeout 20");
        program_run ((const char *const *)argv, xml, length, &run);
        program_run_by (NULL);
        g_assert_cmpint (run.status, ==, readers[i].status);
        g_assert_cmpstr (run.out, ==, "");
        if (!strstr (run.err, expected))
            test_fail ("%s says: %s", line, run.err);
    }
}

static void
test_not_a_directory (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();

    case_standard_host (host);
    fake_host_configure (host, "[seal]\nkey-file=$ROOT/vgpu-gate.conf/fleet.key\n");
    call_and_compare (host, "key-not-a-directory", 601);
}

static const struct {
    const char *name;
    gsize length;
    guint mode;
    int code;
} keys[] = {
    {"good", 32, 0600, DEFAULT},       {"good-read-only", 4096, 0400, DEFAULT},
    {"empty", 0, 0600, 606},           {"short", 31, 0600, 606},
    {"long", 4097, 0600, 606},         {"readable", 32, 0640, 602},
    {"world-readable", 32, 0604, 602},
};

static void
test_keys (G_GNUC_UNUSED gconstpointer data)
{
    for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
        g_autoptr (FakeHost) host = fake_host_new ();
        g_autofree char *name = g_strdup_printf ("key-%s", keys[i].name);
        g_autofree char *key = g_strnfill (keys[i].length, 'k');

        case_standard_host (host);
        fake_host_write_file (host, "fleet.key", key, keys[i].length, keys[i].mode);
        fake_host_configure (host, "[capture]\ninterval=5\n[seal]\nkey-file=$ROOT/fleet.key\n");
        call_and_compare (host, name, keys[i].code);
    }
}

/* --- each rule broken, with each severity --- */

static void
use_driver_without_call (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_library (host, program_path ("stub-without"));
}

static void
use_driver_with_scheduler (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_library (host, program_path ("stub-scheduler"));
}

/* Writes the host document, as of the year 1026 or so. */
static void
describe_in_old_times (FakeHost *host)
{
    g_autoptr (GString) document = NULL;
    g_auto (ProgramRun) run = {0};

    case_standard_host (host);
    command_run (host, "host", &run);
    document = g_string_new (run.out);
    g_assert_cmpuint (g_string_replace (document, "host:1' time='2", "host:1' time='1", 0), ==, 1);
    fake_host_write_file (host, "host.xml", document->str, document->len, 0644);
}

/* clang-format off */
static const struct {
    int code;
    HookCase breaks;
} rules[VGATE_N_RULES] = {
    [VGATE_RULE_GPU_UNDECIDED] = {305, {.input = "unknown-layout", .prepare = use_driver_without_call}},
    [VGATE_RULE_TYPE_NOT_OFFERED] = {401, {.input = "element",
     .sim = "update --gpu " CASE_GPU " --type 1120 --count 0"}},
    [VGATE_RULE_NO_FREE_INSTANCE] = {402, {.input = "element",
        .sim = "plug --vm 9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6d --type 1122 --gpu " CASE_GPU}},
    [VGATE_RULE_GUEST_DRIVER_DOWN] = {403, {.input = "driver-down"}},
    [VGATE_RULE_HOST_DRIVER_OLDER] = {404, {.input = "element",
     .sim = "update --driver 575.57.08 --range 18.1-26.1"}},
    [VGATE_RULE_HOST_DRIVER_NEWER] = {405, {.input = "element",
     .sim = "update --driver 595.58.03 --range 24.1-28.1"}},
    [VGATE_RULE_HOST_DRIVER_NOT_SAME] = {406, {.input = "element", .sim = "update --driver 580.105.08"}},
    [VGATE_RULE_GUEST_BRANCH] = {407, {.input = "old-guest-driver",
     .sim = "update --driver 595.58.03 --range 18.1-28.1"}},
    [VGATE_RULE_SCHEDULER_DIFFERS] = {408, {.input = "scheduler", .prepare = use_driver_with_scheduler}},
    [VGATE_RULE_METADATA_OLD] = {409, {.input = "element", .config = "[gate]\nmax-age=60\n"}},
    [VGATE_RULE_CAPTURED_ELSEWHERE] = {410, {.input = "captured-at-destination"}},
    [VGATE_RULE_DOWN_TIME] = {413, {.input = "large"}},
    [VGATE_RULE_TIME_IN_FUTURE] = {414, {.input = "element", .edits = {{"time=\"2025", "time=\"9999"}}}},
    [VGATE_RULE_HOST_DOCUMENT_OLD] = {415, {.input = "element", .prepare = describe_in_old_times}},
    [VGATE_RULE_GUEST_BRANCH_UNKNOWN] = {416, {.input = "element", .sim = "update --driver 590.44.01"}},
};
/* clang-format on */

static void
dry_run_with_severity (VgateRule rule, VgateSeverity severity, ProgramRun *run)
{
    const HookCase *c = &rules[rule].breaks;
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *line =
        g_strdup_printf ("[rules]\n%s=%s\n", vgate_rule_info (rule)->name, vgate_severity_name (severity));
    HookCall call = {.host = host, .extra = "--dry-run", .domain = CASE_DOMAIN, .operation = "migrate"};
    g_autofree char *xml = case_input (c, &call.length);

    call.input = xml;
    if (c->prepare == describe_in_old_times)
        call.extra = "--dry-run --host $ROOT/host.xml";
    if (c->prepare)
        c->prepare (host);
    else
        case_standard_host (host);
    if (c->sim)
        fake_host_sim (host, c->sim);
    fake_host_configure (host, c->config ? c->config : "");
    fake_host_configure (host, line);
    case_call_hook (&call, run);
    g_assert_cmpstr (run->err, ==, "");
}

static void
test_rule (gconstpointer data)
{
    const VgateRule rule = (VgateRule)GPOINTER_TO_UINT (data);
    g_autofree char *code = g_strdup_printf ("VGATE-%d", rules[rule].code);
    g_autofree char *refusal = g_strdup_printf ("      refuse %s: ", code);
    g_autofree char *warning = g_strdup_printf ("      warn %s: ", code);
    g_auto (ProgramRun) refuse = {0}, warn = {0}, ignore = {0};

    g_assert_cmpint (rules[rule].code, ==, vgate_rule_info (rule)->code);
    dry_run_with_severity (rule, VGATE_SEVERITY_REFUSE, &refuse);
    g_assert_cmpint (refuse.status, ==, 1);
    g_assert_nonnull (strstr (refuse.out, refusal));
    dry_run_with_severity (rule, VGATE_SEVERITY_WARN, &warn);
    g_assert_cmpint (warn.status, ==, 0);
    g_assert_nonnull (strstr (warn.out, warning));
    dry_run_with_severity (rule, VGATE_SEVERITY_IGNORE, &ignore);
    g_assert_cmpint (ignore.status, ==, 0);
    g_assert_null (strstr (ignore.out, code));
}

/* NVIDIA's own rule has no name, and so no severity. */
static void
test_nvidia_rules_have_no_severity (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const names[] = {"structure-too-old", "not-migratable",   "version-outside-range",
                                        "gpu-differs",       "driver-disagrees", "state-not-given",
                                        "hostdev-uncovered"};

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autoptr (FakeHost) host = fake_host_new ();
        g_autofree char *name = g_strdup_printf ("no-rule-%s", names[i]);
        g_autofree char *text = g_strdup_printf ("[rules]\n%s=ignore\n", names[i]);

        case_standard_host (host);
        fake_host_write_config (host, text, 0644);
        call_and_compare (host, name, 604);
    }
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    refusal_assert_none_left (FOLDER);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autofree char *path = g_strdup_printf ("/config/text/%s", texts[i].name);

        program_add_test (path, &texts[i], test_text);
    }
    for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
        g_autofree char *path = g_strdup_printf ("/config/place/%s", places[i].name);

        program_add_test (path, GUINT_TO_POINTER (i), test_place);
    }
    for (guint i = 0; i < G_N_ELEMENTS (readers); i++) {
        g_autofree char *path =
            g_strdup_printf ("/config/reader/%s %s", readers[i].program, readers[i].words);

        program_add_test (path, GUINT_TO_POINTER (i), test_reader);
    }
    for (guint i = 0; i < VGATE_N_RULES; i++) {
        g_autofree char *path = g_strdup_printf ("/config/rule/%s", vgate_rule_info (i)->name);

        program_add_test (path, GUINT_TO_POINTER (i), test_rule);
    }
    program_add_test ("/config/nul", NULL, test_nul);
    program_add_test ("/config/modes", NULL, test_modes);
    program_add_test ("/config/key-not-a-directory", NULL, test_not_a_directory);
    program_add_test ("/config/keys", NULL, test_keys);
    program_add_test ("/config/nvidia-rules", NULL, test_nvidia_rules_have_no_severity);
    program_add_test ("/none-left/config", NULL, test_none_left);
    return g_test_run ();
}
