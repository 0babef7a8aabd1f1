/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operator's command on a host: its host document, and the dry runs here and for another host. */
#include "base/codes.h"
#include "command-case.h"
#include "golden.h"
#include "placement-hosts.h"
#include "../test-glib.h"

#include <string.h>

#define FOLDER         "command"
#define VGPU_OF_OTHERS "5e1f0a77-3c2d-4b8e-9f60-d1c2b3a49587"

/* --- host --- */

static void
add_many (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
    fake_host_add_gpu (host, "0000:a1:00.0", FAKE_L40S);
    fake_host_sim (host, "update --advertised-range 24.1-25.1; "
                         "update --gpu " GPU_2 " --heterogeneous on; "
                         "plug --vm 9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6d --uuid " VGPU_OF_OTHERS
                         " --type 1121 --gpu " GPU_2 "; "
                         "update --gpu 0000:a1:00.0 --ecc off --migration off");
}

static void
add_nothing (G_GNUC_UNUSED FakeHost *host)
{
}

static void
add_scheduler (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_library (host, program_path ("stub-scheduler"));
}

static void
add_bandwidths (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "update --gpu " CASE_GPU " --read-bandwidth 12000 --write-bandwidth 9000");
}

/* Everything that <devices> can contain. */
static void
add_devices (FakeHost *host)
{
    static const guint types[] = {FAKE_TYPE_H100_20C, FAKE_TYPE_H100_40C, 0};
    g_autofree char *lease = lease_with_seconds_left (VM_2, CASE_MDEV, "planned", 1000);

    one_gpu (host);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, 0);
    fake_host_offer_vf (host, CASE_VF, types);
    fake_host_add_vf (host, CASE_GPU, VF_2, TYPE);
    fake_host_add_mdev (host, CASE_MDEV_2, TYPE, CASE_GPU);
    fake_host_add_mdev (host, FREE, FAKE_TYPE_H100_40C, CASE_GPU);
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 2);
    fake_host_add_live_domain (host, "vm7", OTHER_VM, CASE_MDEV_2);
    fake_host_sim (host, "plug --vm " OTHER_VM " --uuid " VGPU_OF_OTHERS " --type 1120 --gpu " CASE_GPU
                         " --mdev " CASE_MDEV_2);
    put_leases (host, lease);
}

static const struct {
    const char *name;
    CasePrepare prepare;
} hosts[] = {
    {"host-standard", case_standard_host}, {"host-many", add_many},
    {"host-empty", add_nothing},           {"host-scheduler", add_scheduler},
    {"host-bandwidths", add_bandwidths},   {"host-devices", add_devices},
};

static void
test_host (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    hosts[i].prepare (host);
    command_run (host, "host --root $ROOT", &run);
    command_assert_done (&run);
    command_assert_valid ("vgpu-gate-host.rng", run.out);
    command_compare (host, FOLDER, hosts[i].name, "out", run.out);
}

/* Document, JSON and text contain the same facts. */
static void
test_host_output (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) xml = {0}, json = {0}, text = {0};

    hosts[i].prepare (host);
    command_run (host, "host --root $ROOT --output xml", &xml);
    command_run (host, "host --root $ROOT --output json", &json);
    command_run (host, "host --root $ROOT --output text", &text);
    command_assert_done (&xml);
    command_assert_done (&json);
    command_assert_done (&text);
    command_assert_outputs (host, FOLDER, hosts[i].name, text.out, json.out);
    command_assert_same_fields (json.out, xml.out);
}

/* --- check --- */

typedef struct {
    const char *name;
    const char *line;
    CasePrepare prepare; /* or NULL: case_standard_host () */
    int code;
} Check;

static void
turn_ecc_off (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "update --gpu " CASE_GPU " --ecc off");
}

static void
fail_driver (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "fail nvmlDeviceGetVgpuMetadata GPU_IS_LOST");
}

static void
hang_driver (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "hang nvmlInit");
    fake_host_configure (host, "[backend]\ndeadline-ms=300\n");
}

static void
allow_failing_driver (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "fail nvmlInit DRIVER_NOT_LOADED");
    fake_host_configure (host, "[gate]\nbackend-failure=allow\n");
}

static void
break_configuration (FakeHost *host)
{
    case_standard_host (host);
    fake_host_configure (host, "[gate]\nmissing=1\n");
}

static void
allow_missing (FakeHost *host)
{
    one_gpu (host);
    fake_host_configure (host, "[gate]\nmissing-metadata=allow\n");
}

/* QEMU of a domain runs: its pid file has the name, its command line has the UUID. */
static void
run_qemu (FakeHost *host, const char *name, const char *uuid)
{
    g_autoptr (GString) words = g_string_new ("/usr/bin/qemu-system-x86_64");

    g_string_append_len (words, "\0-uuid\0", sizeof "\0-uuid\0" - 1);
    g_string_append_len (words, uuid, (gssize)strlen (uuid) + 1);
    fake_host_qemu_pid_file (host, name, "4711\n");
    fake_host_qemu_command_line (host, words->str, words->len);
}

static void
run_guest (FakeHost *host)
{
    case_standard_host (host);
    run_qemu (host, CASE_DOMAIN, VM_1);
}

/* The guest has another name here. */
static void
run_guest_as_other (FakeHost *host)
{
    case_standard_host (host);
    run_qemu (host, "vm7", VM_1);
    fake_host_add_live_domain (host, "vm7", VM_1, CASE_MDEV);
}

/* The pid file was left, and another guest's QEMU has the number now. */
static void
leave_pid_file (FakeHost *host)
{
    case_standard_host (host);
    run_qemu (host, CASE_DOMAIN, VM_2);
}

/* The device was created for the guest, and removed with it. */
static void
made_before (FakeHost *host)
{
    room_for_mdevs (host);
    put_leases (host, LEASES_OF ("1", LEASE (VM_1, CASE_MDEV, "unmade", "0")));
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 1);
    fake_host_configure (host, APPLY);
}

static void
made_before_without_room (FakeHost *host)
{
    one_gpu (host);
    put_leases (host, LEASES_OF ("1", LEASE (VM_1, CASE_MDEV, "unmade", "0")));
    fake_host_configure (host, APPLY);
}

/* clang-format off */
static const Check checks[] = {
    {"migrate", "check --root $ROOT @mdev.in.xml", NULL, 1},
    {"restore", "check --root $ROOT --operation restore @mdev.in.xml", NULL, 1},
    {"start", "check --root $ROOT --operation start @mdev.in.xml", NULL, 1},
    {"suspended", "check --operation migrate @suspended.in.xml", NULL, 307},
    {"suspended-start", "check --operation start @suspended.in.xml", NULL, 1},
    {"refused", "check @element.in.xml", turn_ecc_off, 304},
    {"no-vgpu", "check @no-vgpu.in.xml", NULL, 2},
    /* the question is about a running guest, so missing metadata is refused at once */
    {"bare", "check --root $ROOT @bare-mdev.in.xml", NULL, 213},
    {"bare-start", "check --root $ROOT --operation start @bare-mdev.in.xml", NULL, 1},
    /* the device does not exist here, so nobody knows whose it is */
    {"unknown-mdev", "check --root $ROOT @bare-mdev.in.xml", one_gpu, 218},
    {"unknown-without-gpus", "check --root $ROOT @bare-mdev.in.xml", add_nothing, 218},
    {"unknown-vf", "check --root $ROOT @bare-vf.in.xml", add_nothing, 218},
    {"unknown-restore", "check --root $ROOT --operation restore @bare-mdev.in.xml", one_gpu, 218},
    {"unknown-start", "check --root $ROOT --operation start @bare-mdev.in.xml", one_gpu, 218},
    {"unknown-allowed", "check --root $ROOT @bare-mdev.in.xml", allow_missing, 4},
    /* devices that exist here and belong to others */
    {"foreign", "check --root $ROOT @foreign.in.xml", NULL, 2},
    {"foreign-start", "check --root $ROOT --operation start @foreign.in.xml", NULL, 2},
    {"whole-gpu", "check --root $ROOT @whole-gpu.in.xml", NULL, 2},
    {"runs-here", "check --root $ROOT @mdev.in.xml", run_guest, 520},
    {"runs-here-bare", "check --root $ROOT @bare-mdev.in.xml", run_guest, 520},
    {"runs-here-as-other", "check --root $ROOT @mdev.in.xml", run_guest_as_other, 520},
    {"runs-here-restore", "check --root $ROOT --operation restore @mdev.in.xml", run_guest, 1},
    {"runs-here-plain", "check --root $ROOT @no-vgpu.in.xml", run_guest, 2},
    {"pid-file-left", "check --root $ROOT @mdev.in.xml", leave_pid_file, 1},
    {"start-made-again", "check --root $ROOT --operation start @bare-mdev.in.xml", made_before, 6},
    {"start-without-room",
     "check --root $ROOT --operation start @bare-mdev.in.xml", made_before_without_room, 812},
    {"down-time", "check @large.in.xml", add_bandwidths, 1},
    {"down-time-options", "check --link-speed 100000 --down-time-limit 500 @large.in.xml", add_bandwidths, 1},
    {"down-time-unknown", "check --link-speed 100000 @element.in.xml", NULL, 1},
    {"driver-fails", "check @element.in.xml", fail_driver, 503},
    {"no-file", "check $ROOT/none.xml", NULL, 111},
    {"directory", "check $ROOT", NULL, 111},
    {"empty-input", "check -", NULL, 101},
    {"no-xml", "check $ROOT/vgpu-gate.conf", NULL, 107},
    {"no-domain", "check @../../../schemas/vgpu-gate-host.rng", NULL, 109},
    {"no-answer", "check @element.in.xml", hang_driver, 504},
    {"driver-fails-allowed", "check @element.in.xml", allow_failing_driver, 4},
};
/* clang-format on */

/* The domain, or the host document, cannot be read: then there is no report. */
static gboolean
is_input_error (int code)
{
    return (code > 100 && code < 200) || code == 509 || code == 512;
}

static void
assert_check (FakeHost *host, const ProgramRun *run, const char *name, int code)
{
    const int unanswered = vgate_code_is_unanswered ((VgateCode)code) ? 3 : 1;
    g_autofree char *line = g_strdup_printf ("\nvgpu-gate: VGATE-%03d: ", code);

    if (is_input_error (code)) {
        g_assert_cmpstr (run->out, ==, "");
        g_assert_cmpint (run->status, ==, 3);
        g_assert_true (g_str_has_prefix (run->err, line + 1));
        command_compare_error (host, FOLDER, name, run);
        return;
    }
    g_assert_cmpstr (run->err, ==, "");
    g_assert_cmpint (run->status, ==, code < 100 ? 0 : unanswered);
    if (!strstr (run->out, line))
        test_fail ("expected a report with '%s', not '%s'", line, run->out);
    command_compare (host, FOLDER, name, "out", run->out);
}

static void
test_check (gconstpointer data)
{
    const Check *check = data;
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *name = g_strconcat ("check-", check->name, NULL);
    g_auto (ProgramRun) run = {0};

    (check->prepare ? check->prepare : case_standard_host) (host);
    command_run (host, check->line, &run);
    assert_check (host, &run, name, check->code);
}

/* --- errors without a report --- */

static const struct {
    const char *name;
    const char *line;
    CasePrepare prepare;
} failures[] = {
    {"fail-host-driver", "host", fail_driver},
    {"fail-host-configuration", "host", break_configuration},
    {"fail-check-configuration", "check @element.in.xml", break_configuration},
};

static void
test_failure (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    failures[i].prepare (host);
    command_run (host, failures[i].line, &run);
    g_assert_cmpstr (run.out, ==, "");
    g_assert_cmpint (run.status, ==, 3);
    g_assert_true (g_str_has_prefix (run.err, "vgpu-gate: VGATE-"));
    command_compare_error (host, FOLDER, failures[i].name, &run);
}

/* --- another host's document --- */

/* Writes this host's document, after the edits, into its file host.xml. */
static void
write_document (FakeHost *host, const CaseEdit edits[CASE_EDITS_MAX])
{
    g_auto (ProgramRun) run = {0};
    g_autoptr (GString) document = NULL;

    command_run (host, "host --root $ROOT", &run);
    command_assert_done (&run);
    document = g_string_new (run.out);
    for (gsize i = 0; i < CASE_EDITS_MAX && edits[i].what; i++)
        g_assert_cmpuint (g_string_replace (document, edits[i].what, edits[i].by, 0), >, 0);
    fake_host_write_file (host, "host.xml", document->str, document->len, 0644);
}

static void
refuse_old_document (FakeHost *host)
{
    case_standard_host (host);
    fake_host_configure (host, "[rules]\nhost-document-old=refuse\n");
}

static void
refuse_future (FakeHost *host)
{
    case_standard_host (host);
    fake_host_configure (host, "[rules]\ntime-in-future=refuse\n");
}

#define PGPU_BYTES "<metadata length='380'>AwAA"

static void
apply_free_mdev (FakeHost *host)
{
    free_mdev (host);
    fake_host_configure (host, APPLY);
}

static void
apply_room_for_mdevs (FakeHost *host)
{
    room_for_mdevs (host);
    fake_host_configure (host, APPLY);
}

static void
switch_placement_off (FakeHost *host)
{
    busy_by_domain (host);
    fake_host_configure (host, "[placement]\nmode=off\n");
}

static void
add_guest_to_nvml (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "plug --vm " VM_1 " --type 1120 --gpu " CASE_GPU " --mdev " CASE_MDEV);
}

static void
turn_ecc_off_only (FakeHost *host)
{
    one_gpu (host);
    fake_host_sim (host, "update --gpu " CASE_GPU " --ecc off");
}

/* clang-format off */
static const struct {
    Check check;
    CaseEdit edits[CASE_EDITS_MAX];
} documents[] = {
    {{"same", "check --host $ROOT/host.xml @element.in.xml", NULL, 1}, {{NULL, NULL}}},
    {{"ecc", "check --host $ROOT/host.xml @element.in.xml", turn_ecc_off, 304}, {{NULL, NULL}}},
    {{"many", "check --host $ROOT/host.xml @three.in.xml", add_many, 303}, {{NULL, NULL}}},
    {{"empty", "check --host $ROOT/host.xml @element.in.xml", add_nothing, 506}, {{NULL, NULL}}},
    {{"full", "check --host $ROOT/host.xml @element.in.xml", NULL, 402}, {{"free='4'", "free='0'"}}},
    /* a string that cannot be read cannot be compared offline */
    {{"unknown-layout", "check --host $ROOT/host.xml @unknown-layout.in.xml", NULL, 305}, {{NULL, NULL}}},
    /* the devices of this host do not matter for the other one */
    {{"mdev", "check --host $ROOT/host.xml @mdev.in.xml", NULL, 1}, {{NULL, NULL}}},
    {{"bare", "check --host $ROOT/host.xml --root $ROOT @bare-mdev.in.xml", NULL, 213}, {{NULL, NULL}}},
    {{"mdev-not-there", "check --host $ROOT/host.xml @mdev.in.xml", one_gpu, 507}, {{NULL, NULL}}},
    {{"mdev-free", "check --host $ROOT/host.xml @mdev.in.xml", free_mdev, 507}, {{NULL, NULL}}},
    {{"mdev-restore",
     "check --host $ROOT/host.xml --operation restore @mdev.in.xml", free_mdev, 507}, {{NULL, NULL}}},
    {{"mdev-free-apply", "check --host $ROOT/host.xml @mdev.in.xml", apply_free_mdev, 5}, {{NULL, NULL}}},
    {{"mdev-to-make", "check --host $ROOT/host.xml @mdev.in.xml", room_for_mdevs, 507}, {{NULL, NULL}}},
    {{"mdev-to-make-apply",
     "check --host $ROOT/host.xml @mdev.in.xml", apply_room_for_mdevs, 5}, {{NULL, NULL}}},
    {{"mdev-busy", "check --host $ROOT/host.xml @mdev.in.xml", busy_by_domain, 802}, {{NULL, NULL}}},
    {{"mdev-start",
     "check --host $ROOT/host.xml --operation start @mdev.in.xml", one_gpu, 507}, {{NULL, NULL}}},
    {{"mdev-off", "check --host $ROOT/host.xml @mdev.in.xml", switch_placement_off, 1}, {{NULL, NULL}}},
    {{"vf", "check --host $ROOT/host.xml @vf.in.xml", NULL, 1}, {{NULL, NULL}}},
    {{"vf-to-make", "check --host $ROOT/host.xml @vf.in.xml", vfs_without_type, 411}, {{NULL, NULL}}},
    {{"kind", "check --host $ROOT/host.xml @vf.in.xml", free_mdev, 816}, {{NULL, NULL}}},
    {{"leased", "check --host $ROOT/host.xml @mdev.in.xml", add_devices, 507}, {{NULL, NULL}}},
    {{"runs-there", "check --host $ROOT/host.xml @mdev.in.xml", add_guest_to_nvml, 520}, {{NULL, NULL}}},
    {{"runs-there-restore",
     "check --host $ROOT/host.xml --operation restore @mdev.in.xml", add_guest_to_nvml, 520},
     {{NULL, NULL}}},
    {{"unknown", "check --host $ROOT/host.xml @bare-mdev.in.xml", one_gpu, 218}, {{NULL, NULL}}},
    {{"unknown-vf", "check --host $ROOT/host.xml @bare-vf.in.xml", one_gpu, 218}, {{NULL, NULL}}},
    /* a mediated device of another vendor is that everywhere; an address tells only what is here */
    {{"foreign", "check --host $ROOT/host.xml --root $ROOT @foreign.in.xml", NULL, 218}, {{NULL, NULL}}},
    {{"foreign-runs-here",
     "check --host $ROOT/host.xml --root $ROOT @foreign.in.xml", run_guest, 2}, {{NULL, NULL}}},
    /* a document of an older version */
    {{"no-devices", "check --host $ROOT/host.xml @mdev.in.xml", one_gpu, 521}, {{"  <devices/>\n", ""}}},
    {{"no-devices-refused", "check --host $ROOT/host.xml @mdev.in.xml", turn_ecc_off_only, 304},
     {{"  <devices/>\n", ""}}},
    {{"no-devices-needed",
     "check --host $ROOT/host.xml @element.in.xml", one_gpu, 1}, {{"  <devices/>\n", ""}}},
    {{"no-devices-unknown",
     "check --host $ROOT/host.xml @bare-mdev.in.xml", one_gpu, 218}, {{"  <devices/>\n", ""}}},
    {{"version", "check --host $ROOT/host.xml @element.in.xml", NULL, 509}, {{"gate:host:1", "gate:host:2"}}},
    {{"attribute", "check --host $ROOT/host.xml @element.in.xml", NULL, 509}, {{"max='4'", "max='four'"}}},
    {{"length", "check --host $ROOT/host.xml @element.in.xml", NULL, 512},
     {{"length='380'", "length='379'"}}},
    {{"bytes", "check --host $ROOT/host.xml @element.in.xml", NULL, 512},
     {{PGPU_BYTES, "<metadata length='383'>AwAAAwAA"}}},
    {{"mirror", "check --host $ROOT/host.xml @element.in.xml", NULL, 512},
     {{"gpu-string='233016C100000003'", "gpu-string='233016C100000001'"}}},
    {{"doctype", "check --host $ROOT/host.xml @element.in.xml", NULL, 104},
     {{"<host ", "<!DOCTYPE host><host "}}},
    {{"domain", "check --host @element.in.xml @element.in.xml", NULL, 509}, {{NULL, NULL}}},
    {{"none", "check --host $ROOT/none.xml @element.in.xml", NULL, 111}, {{NULL, NULL}}},
    /* of about the years 1026 and 9026; the default is a warning */
    {{"old", "check --host $ROOT/host.xml @element.in.xml", NULL, 1},
     {{"host:1' time='2", "host:1' time='1"}}},
    {{"old-refuse", "check --host $ROOT/host.xml @element.in.xml", refuse_old_document, 415},
     {{"host:1' time='2", "host:1' time='1"}}},
    {{"future", "check --host $ROOT/host.xml @element.in.xml", refuse_future, 414},
     {{"host:1' time='2", "host:1' time='9"}}},
};
/* clang-format on */

/* The exit status is the answer, and errors are printed. */
static void
test_quiet (G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *line;
        gboolean has_error;
    } lines[] = {
        {"check --host $ROOT/host.xml @element.in.xml", FALSE},
        {"check --host $ROOT/host.xml @vf.in.xml", FALSE},
        {"check --host $ROOT/none.xml @element.in.xml", TRUE},
        {"explain 1000", TRUE},
        {"explain", FALSE},
    };
    static const CaseEdit no_edits[CASE_EDITS_MAX] = {{NULL, NULL}};
    g_autoptr (FakeHost) host = fake_host_new ();

    case_standard_host (host);
    write_document (host, no_edits);
    for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
        g_auto (ProgramRun) loud = {0}, quiet = {0};
        g_autofree char *line = g_strconcat ("-q ", lines[i].line, NULL);

        command_run (host, lines[i].line, &loud);
        command_run (host, line, &quiet);
        g_assert_cmpint (quiet.status, ==, loud.status);
        g_assert_cmpstr (quiet.out, ==, "");
        g_assert_cmpstr (quiet.err, ==, loud.err);
        g_assert_cmpint (*loud.err != '\0', ==, lines[i].has_error);
    }
}

/* The same text as with --help. */
static void
test_help (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const commands[] = {"", "check", "device", "device make"};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) unknown = {0};

    for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
        g_auto (ProgramRun) help = {0}, option = {0};
        g_autofree char *as_command = g_strconcat ("help", *commands[i] ? " " : "", commands[i], NULL);
        g_autofree char *as_option = g_strconcat (commands[i], *commands[i] ? " " : "", "--help", NULL);

        command_run (host, as_command, &help);
        command_run (host, as_option, &option);
        command_assert_done (&help);
        g_assert_cmpstr (help.out, ==, option.out);
    }
    command_run (host, "help no-such-command", &unknown);
    g_assert_cmpint (unknown.status, ==, 2);
    g_assert_nonnull (strstr (unknown.err, "unknown command 'no-such-command'"));
}

static void
test_document (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    const Check *check = &documents[i].check;
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *name = g_strconcat ("document-", check->name, NULL);
    g_auto (ProgramRun) run = {0};

    (check->prepare ? check->prepare : case_standard_host) (host);
    write_document (host, documents[i].edits);
    /* from here on the driver is not needed */
    fake_host_set_helper (host, "exit 1");
    command_run (host, check->line, &run);
    assert_check (host, &run, name, check->code);
}

/* With a document, the hook's dry run gives the same report as the command. */
static void
test_hook_with_document (G_GNUC_UNUSED gconstpointer data)
{
    static const CaseEdit no_edits[CASE_EDITS_MAX] = {{NULL, NULL}};
    const HookCase c = {.input = "element"};
    g_autoptr (FakeHost) host = fake_host_new ();
    HookCall call = {.host = host,
                     .extra = "--dry-run --host $ROOT/host.xml",
                     .domain = CASE_DOMAIN,
                     .operation = "migrate"};
    g_autofree char *xml = case_input (&c, &call.length);
    g_auto (ProgramRun) hook = {0}, command = {0};

    turn_ecc_off (host);
    write_document (host, no_edits);
    call.input = xml;
    case_call_hook (&call, &hook);
    command_run (host, "check --operation migrate --host $ROOT/host.xml @element.in.xml", &command);
    g_assert_cmpint (hook.status, ==, 1);
    g_assert_cmpstr (hook.err, ==, "");
    g_assert_cmpstr (hook.out, ==, command.out);
}

/* The host that refuses is the document's, not the one where the question is asked. */
static void
test_speaker (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *name = g_strdup_printf (" name='%s'", g_get_host_name ());
    const CaseEdit edits[CASE_EDITS_MAX] = {{name, " name='another-host'"}};
    g_auto (ProgramRun) there = {0}, here = {0};
    g_autofree char *begin = case_line_begin (304, "migrate", CASE_DOMAIN);

    turn_ecc_off (host);
    write_document (host, edits);
    command_run (host, "check --host $ROOT/host.xml @element.in.xml", &there);
    command_run (host, "check @element.in.xml", &here);
    g_assert_nonnull (strstr (there.out, "\nvgpu-gate: VGATE-304: another-host refuses " CASE_DOMAIN ": "));
    g_assert_nonnull (strstr (here.out, begin));
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    command_assert_none_left (FOLDER);
}

static void
add_test (const char *kind, const char *name, gconstpointer data, GTestDataFunc function)
{
    g_autofree char *path = g_strdup_printf ("/command/%s/%s", kind, name);

    program_add_test (path, data, function);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
        add_test ("host", hosts[i].name, GUINT_TO_POINTER (i), test_host);
    for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
        add_test ("host-output", hosts[i].name, GUINT_TO_POINTER (i), test_host_output);
    for (guint i = 0; i < G_N_ELEMENTS (checks); i++)
        add_test ("check", checks[i].name, &checks[i], test_check);
    for (guint i = 0; i < G_N_ELEMENTS (documents); i++)
        add_test ("document", documents[i].check.name, GUINT_TO_POINTER (i), test_document);
    for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
        add_test ("failure", failures[i].name, GUINT_TO_POINTER (i), test_failure);
    add_test ("document", "hook", NULL, test_hook_with_document);
    add_test ("document", "speaker", NULL, test_speaker);
    program_add_test ("/none-left/command", NULL, test_none_left);
    program_add_test ("/command/quiet", NULL, test_quiet);
    program_add_test ("/command/help", NULL, test_help);
    return g_test_run ();
}
