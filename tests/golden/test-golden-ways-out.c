/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ways out are walked: a host refuses a guest that migrates, is restored, starts or reverts, each clause
 * of the text is done as an operator would do it, and then the same operation must succeed. A clause that is
 * walked by no host here, and by no test that is named here, and that is not among those that promise
 * nothing, fails the test, so that no text is added that nobody has walked.
 */
#include "command-case.h"
#include "domain/vmstate.h"
#include "gate/ways-out.h"
#include "golden.h"
#include "guests.h"
#include "placement-hosts.h"
#include "walk.h"
#include "../test-glib.h"

#include <glib/gstdio.h>
#include <string.h>

#define KEY        "[seal]\nkey-file=$ROOT/fleet.key\n"
#define UPDATE     "update --gpu " CASE_GPU " "
#define OLD_KEY    "another key of at least 32 bytes length"
#define OLD_DRIVER "update --driver 575.57.08 --range 18.1-26.1"
#define CLONED     "4d7c0a6e-9b1f-4f2e-8a35-000000000000"
#define VMSTATE_OF(vm)                                                                  \
    "  <qemu:commandline>\n    <qemu:arg value='-object'/>\n    <qemu:arg "             \
    "value='dbus-vmstate,id=vgpu-gate,addr=" VGATE_BUS_DEFAULT ",id-list=vgpu-gate-" vm \
    "'/>\n  </qemu:commandline>\n</domain>"

/* --- hosts that refuse --- */

static void
write_key (FakeHost *host, const char *key)
{
    fake_host_write_file (host, "fleet.key", key, strlen (key), 0600);
}

static void
fleet_key (FakeHost *host)
{
    case_standard_host (host);
    write_key (host, GUEST_FLEET_KEY);
}

static void
other_key (FakeHost *host)
{
    case_standard_host (host);
    write_key (host, OLD_KEY);
}

/* A cold start needs the configuration only if the guest has a lease. */
static void
leased (FakeHost *host)
{
    case_standard_host (host);
    put_leases (host, LEASES_OF ("1", LEASE (VM_1, CASE_MDEV, "planned", "18446744073709551615")));
}

static void
no_gpu (G_GNUC_UNUSED FakeHost *host)
{
}

static void
without_call (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_library (host, program_path ("stub-without"));
}

static void
stricter (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_library (host, program_path ("stub-stricter"));
}

static void
served (FakeHost *host)
{
    case_standard_host (host);
    fake_host_serve_switchover (host);
}

/* A permission was given under another driver. */
static void
old_permit (FakeHost *host)
{
    static const CommandCall allow = {.line = "allow-restore --yes --root $ROOT @bare-mdev.in.xml"};
    g_auto (ProgramRun) run = {0};

    case_standard_host (host);
    if (!command_can_run (&allow))
        return;
    fake_host_sim (host, OLD_DRIVER);
    command_call (host, &allow, &run);
    fake_host_sim (host, "update --driver 580.95.05 --range 18.1-26.1");
}

/* The device that the guest names has another type. */
static void
other_type (FakeHost *host)
{
    room_for_mdevs (host);
    fake_host_add_mdev (host, CASE_MDEV, FAKE_TYPE_H100_40C, CASE_GPU);
    fake_host_sim (host, "update --gpu " CASE_GPU " --heterogeneous on");
}

static void
room_and_free (FakeHost *host)
{
    room_for_mdevs (host);
    fake_host_add_mdev (host, FREE, TYPE, CASE_GPU);
}

/* Others run on it. */
static void
full (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "plug --vm " OTHER_VM " --type 1122 --gpu " CASE_GPU);
}

static void
room_for_one (FakeHost *host)
{
    case_standard_host (host);
    for (guint i = 0; i < 3; i++)
        fake_host_sim (host, "plug --vm " OTHER_VM " --type 1120 --gpu " CASE_GPU);
}

static void
no_library (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_library (host, "/nonexistent/libnvidia-ml.so.1");
}

static void
no_uuid (FakeHost *host)
{
    case_standard_host (host);
    fake_host_forget_uuid (host);
}

static void
open_configuration (FakeHost *host)
{
    case_standard_host (host);
    g_assert_cmpint (g_chmod (fake_host_config (host), 0666), ==, 0);
}

static void
broken_configuration (FakeHost *host)
{
    g_autofree char *text = NULL, *broken = NULL;

    case_standard_host (host);
    g_assert_true (g_file_get_contents (fake_host_config (host), &text, NULL, NULL));
    broken = g_strconcat (text, "missing-metadata\n", NULL);
    fake_host_write_config (host, broken, 0644);
}

static void
broken_status (FakeHost *host)
{
    case_standard_host (host);
    fake_host_write_file (host, "run/libvirt/qemu/vm7.xml", "rubbish", strlen ("rubbish"), 0600);
}

static void
broken_leases (FakeHost *host)
{
    case_standard_host (host);
    put_leases (host, "rubbish");
}

static const Refused refused_by[] = {
    {.code = VGATE_CODE_ELEMENT_TWICE,
     .input = "mdev",
     .edits = {{"<metadata>", "<metadata><vgate:vgpus xmlns:vgate=\"urn:x-vgpu-gate:domain:1\"/>"}}},
    {.code = VGATE_CODE_ELEMENT_VERSION, .input = "mdev", .edits = {{"gate:domain:1", "gate:domain:2"}}},
    {.code = VGATE_CODE_ELEMENT_STRUCTURE,
     .input = "mdev",
     .edits = {{"<vgate:guest power=\"running\"/>", ""}}},
    {.code = VGATE_CODE_ELEMENT_VALUE, .input = "mdev", .edits = {{"type=\"1120\"", "type=\"01120\""}}},
    {.code = VGATE_CODE_ELEMENT_BASE64, .input = "mdev", .edits = {{"\"468\">AwAA", "\"468\">*wAA"}}},
    {.code = VGATE_CODE_ELEMENT_LENGTH, .input = "mdev", .edits = {{"length=\"468\"", "length=\"467\""}}},
    {.code = VGATE_CODE_ELEMENT_MIRROR,
     .input = "mdev",
     .edits = {{"guest-info-state=\"1\"", "guest-info-state=\"0\""}}},
    {.code = VGATE_CODE_ELEMENT_DOMAIN, .input = "mdev", .edits = {{"domain=\"" VM_1, "domain=\"" VM_2}}},
    {.code = VGATE_CODE_ELEMENT_DUPLICATE, .input = "two-mdevs", .edits = {{"5f2b8e0d9702", "5f2b8e0d9701"}}},
    {.code = VGATE_CODE_SEAL_MISSING, .input = "mdev", .prepare = fleet_key, .config = KEY},
    {.code = VGATE_CODE_SEAL_WRONG, .input = "sealed", .prepare = other_key, .config = KEY},
    {.code = VGATE_CODE_METADATA_MISSING, .input = "bare-mdev"},
    {.code = VGATE_CODE_HOSTDEV_UNCOVERED, .input = "uncovered"},
    {.code = VGATE_CODE_HOSTDEV_GONE, .input = "gone"},
    {.code = VGATE_CODE_METADATA_NOT_TEXT,
     .input = "mdev",
     .edits = {{"AAAANTgwLjk1LjA1", "AAAAGzgwLjk1LjA1"}}},
    {.code = VGATE_CODE_PERMIT_UNUSABLE, .input = "bare-mdev", .prepare = old_permit},

    {.code = VGATE_CODE_STRUCTURE_TOO_OLD, .input = "mdev", .sim = "update --structure-version 2"},
    {.code = VGATE_CODE_NOT_MIGRATABLE, .input = "mdev", .sim = UPDATE "--migration off"},
    {.code = VGATE_CODE_VERSION_OUTSIDE_RANGE, .input = "mdev", .sim = "update --advertised-range 24.1-25.1"},
    {.code = VGATE_CODE_GPU_DIFFERS, .input = "mdev", .sim = UPDATE "--ecc off"},
    {.code = VGATE_CODE_GPU_UNDECIDED, .input = "unknown-layout", .prepare = without_call},
    {.code = VGATE_CODE_DRIVER_DISAGREES, .input = "mdev", .prepare = stricter},
    {.code = VGATE_CODE_STATE_NOT_GIVEN, .input = "suspended"},
    {.code = VGATE_CODE_TYPE_NOT_OFFERED, .input = "element", .sim = UPDATE "--type 1120 --count 0"},
    {.code = VGATE_CODE_GUEST_DRIVER_DOWN, .input = "driver-down"},
    {.code = VGATE_CODE_HOST_DRIVER_OLDER,
     .input = "mdev",
     .sim = "update --driver 575.57.08 --range 18.1-26.1",
     .config = "[rules]\nhost-driver-older=refuse\n"},
    {.code = VGATE_CODE_HOST_DRIVER_NEWER,
     .input = "mdev",
     .sim = "update --driver 595.58.03 --range 24.1-28.1",
     .config = "[rules]\nhost-driver-newer=refuse\n"},
    {.code = VGATE_CODE_HOST_DRIVER_NOT_SAME,
     .input = "mdev",
     .sim = "update --driver 580.105.08",
     .config = "[rules]\nhost-driver-not-same=refuse\n"},
    {.code = VGATE_CODE_GUEST_BRANCH,
     .input = "old-guest-driver",
     .sim = "update --driver 595.58.03 --range 18.1-28.1",
     .config = "[rules]\nguest-branch=refuse\n"},
    {.code = VGATE_CODE_GUEST_BRANCH_UNKNOWN,
     .input = "mdev",
     .sim = "update --driver 590.44.01",
     .config = "[rules]\nguest-branch-unknown=refuse\n"},
    {.code = VGATE_CODE_SCHEDULER_DIFFERS,
     .input = "scheduler",
     .config = "[rules]\nscheduler-differs=refuse\n"},

    {.code = VGATE_CODE_DEVICE_TYPE_DIFFERS, .input = "mdev", .prepare = other_type, .has_kernel = TRUE},
    {.code = VGATE_CODE_NO_PGPU, .input = "element", .prepare = no_gpu},
    {.code = VGATE_CODE_DEVICE_NOT_HERE, .input = "mdev", .prepare = room_and_free, .has_kernel = TRUE},
    {.code = VGATE_CODE_CONFIG_KEY, .input = "sealed", .prepare = leased, .config = KEY},
    {.code = VGATE_CODE_DEVICE_BUSY, .input = "mdev", .prepare = busy_by_domain},
    {.code = VGATE_CODE_NOT_REWRITTEN,
     .input = "mdev",
     .prepare = free_mdev,
     .config = APPLY,
     .edits = {{"<address uuid='" CASE_MDEV "'/>",
                "<address xmlns='urn:x' uuid='" CASE_MDEV "'/><address uuid='" CASE_MDEV "'/>"}}},
    {.code = VGATE_CODE_DEVICE_KIND, .input = "vf", .prepare = free_mdev},
    {.code = VGATE_CODE_SWITCH_OVER_OBJECT,
     .input = "element",
     .prepare = served,
     .edits = {{"<domain type='kvm'", "<domain type='kvm' xmlns:qemu='" VGATE_VMSTATE_QEMU_NAMESPACE "'"},
               {"</domain>", VMSTATE_OF (CLONED)}}},
    {.code = VGATE_CODE_SWITCH_OVER_UNSERVED,
     .input = "element",
     .edits = {{"<domain type='kvm'", "<domain type='kvm' xmlns:qemu='" VGATE_VMSTATE_QEMU_NAMESPACE "'"},
               {"</domain>", VMSTATE_OF (VM_1)}}},

    {.code = VGATE_CODE_NO_FREE_INSTANCE, .input = "element", .prepare = full},
    {.code = VGATE_CODE_NOT_ALL_PLACED, .input = "two", .prepare = room_for_one},
    {.code = VGATE_CODE_NVML_LIBRARY, .input = "element", .prepare = no_library},
    {.code = VGATE_CODE_HOST_UNKNOWN, .input = "element", .prepare = no_uuid},
    {.code = VGATE_CODE_CONFIG_OWNER, .input = "element", .prepare = open_configuration},
    {.code = VGATE_CODE_CONFIG_SYNTAX, .input = "element", .prepare = broken_configuration},
    {.code = VGATE_CODE_CONFIG_UNKNOWN,
     .input = "element",
     .prepare = leased,
     .config = "[rules]\nversion-outside-range=warn\n"},
    {.code = VGATE_CODE_CONFIG_VALUE,
     .input = "element",
     .prepare = leased,
     .config = "[gate]\nmissing-metadata=perhaps\n"},
    {.code = VGATE_CODE_DEVICES_UNKNOWN, .input = "mdev", .prepare = broken_status},
    {.code = VGATE_CODE_LEASE_UNREADABLE, .input = "mdev", .prepare = broken_leases},
};

/* What no host here comes to. The same clauses are walked in another situation. */
static const struct {
    VgateCode code;
    VgateSituation situation;
    const char *why;
} not_reached[] = {
    {VGATE_CODE_TIME_IN_FUTURE, VGATE_SITUATION_SAVED, "only in a dry run with a host document"},
    {VGATE_CODE_TIME_IN_FUTURE, VGATE_SITUATION_STARTS, "only in a dry run with a host document"},
    {VGATE_CODE_ELEMENT_DOMAIN, VGATE_SITUATION_ARRIVES,
     "at 'started', as it may be an offline migration before"},
    {VGATE_CODE_NO_FREE_INSTANCE, VGATE_SITUATION_REVERTS, "only in a dry run, as QEMU has the vGPU then"},
    {VGATE_CODE_NOT_ALL_PLACED, VGATE_SITUATION_REVERTS, "only in a dry run, as QEMU has the vGPUs then"},
    {VGATE_CODE_DEVICES_UNKNOWN, VGATE_SITUATION_STARTS, "only if the gate creates the devices again"},
    {VGATE_CODE_DEVICES_UNKNOWN, VGATE_SITUATION_REVERTS, "only in a dry run, as QEMU has the devices then"},
    {VGATE_CODE_LEASE_UNREADABLE, VGATE_SITUATION_REVERTS, "only in a dry run, as QEMU has the devices then"},
    {VGATE_CODE_CONFIG_OWNER, VGATE_SITUATION_STARTS, "read as for VGATE-604"},
    {VGATE_CODE_CONFIG_SYNTAX, VGATE_SITUATION_STARTS, "read as for VGATE-604"},
};

/* --- what an operator does --- */

static void
strip (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    walk_edit (w, "<vgate:vgpus[^>]*/>|<vgate:vgpus.*?</vgate:vgpus>", "");
}

static void
permit (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    g_free (walk_command (w, "allow-restore --yes --root $ROOT $ROOT/guest.xml"));
}

static void
strip_and_permit (Walk *w, const GMatchInfo *clause)
{
    strip (w, clause);
    permit (w, clause);
}

static void
configure (Walk *w, const GMatchInfo *clause)
{
    g_autofree char *line = g_match_info_fetch_named (clause, "line");
    g_autofree char *group = g_match_info_fetch_named (clause, "group");
    g_autofree char *lines = g_strdup_printf ("[%s]\n%s\n", group, line);

    fake_host_configure (w->host, lines);
}

static void
configure_rules (Walk *w, const GMatchInfo *clause)
{
    g_autofree char *line = g_match_info_fetch_named (clause, "line");
    g_autofree char *lines = g_strdup_printf ("[rules]\n%s\n", line);

    fake_host_configure (w->host, lines);
}

static void
strip_and_configure (Walk *w, const GMatchInfo *clause)
{
    strip (w, clause);
    configure (w, clause);
}

/* The domain's definition has no metadata, because vgpu-gated writes it into the live XML only. */
static void
boot (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    g_autofree char *save = fake_host_path (w->host, WALK_SAVE),
                    *status = fake_host_path (w->host, WALK_STATUS);

    g_unlink (save);
    g_unlink (status);
    fake_host_qemu_started (w->host, CASE_DOMAIN, FALSE);
    if (strstr (w->guest.xml, "<vgate:vgpus"))
        strip (w, clause);
    w->boots = TRUE;
}

static void
reset_version (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    g_free (walk_command (w, "version reset --yes"));
}

static void
set_scheduler (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    g_free (walk_command (w, "scheduler set " CASE_GPU " --policy fixed-share --yes"));
}

static void
copy_key (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    write_key (w->host, GUEST_FLEET_KEY);
}

static void
without_key (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    g_autofree char *path = fake_host_path (w->host, "vgpu-gate.conf"), *text = NULL;
    char *key;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    key = strstr (text, "key-file=");
    g_assert_nonnull (key);
    *key = '#';
    fake_host_write_config (w->host, text, 0644);
}

static void
make_new (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    g_autoptr (GRegex) regex = g_regex_new ("[0-9a-f]{8}-[0-9a-f-]{27}", 0, 0, NULL);
    g_autoptr (GMatchInfo) device = NULL;
    g_autofree char *out = walk_command (w, "device make new --type H100XM-20C --root $ROOT");
    g_autofree char *uuid = NULL;

    g_assert_true (g_regex_match (regex, out, 0, &device));
    uuid = g_match_info_fetch (device, 0);
    walk_name_mdev (w, uuid);
}

static void
make_named (Walk *w, const GMatchInfo *clause)
{
    g_autofree char *option = g_match_info_fetch_named (clause, "option");
    g_autofree char *line =
        g_strdup_printf ("device make --root $ROOT%s $ROOT/guest.xml", option ? option : "");

    g_free (walk_command (w, line));
}

static void
name_free (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    walk_name_mdev (w, FREE);
}

static void
load_old_driver (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    fake_host_sim (w->host, OLD_DRIVER);
}

static void
free_instances (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    fake_host_sim (w->host, "unplug --vm " OTHER_VM);
}

static void
correct_library (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    fake_host_set_library (w->host, program_path ("library"));
}

static void
set_uuid (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    fake_host_configure (w->host, "[host]\nuuid=" OTHER_VM "\n");
}

static void
change_mode (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    g_assert_cmpint (g_chmod (fake_host_config (w->host), 0644), ==, 0);
}

/* The file is written again without the line. */
static void
correct_line (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    g_autofree char *path = fake_host_path (w->host, "vgpu-gate.conf"), *text = NULL;
    g_autoptr (GRegex) wrong =
        g_regex_new ("^(version-outside-range=warn|missing-metadata=perhaps|missing-metadata)\n",
                     G_REGEX_MULTILINE, 0, NULL);
    g_autofree char *corrected = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    corrected = g_regex_replace_literal (wrong, text, -1, 0, "", 0, NULL);
    g_assert_cmpstr (corrected, !=, text);
    fake_host_write_config (w->host, corrected, 0644);
}

static void
remove_leases (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    g_autofree char *path = fake_host_path (w->host, LEASES);

    g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
serve (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    fake_host_serve_switchover (w->host);
}

/* The hostdev of hook/vf.in.xml becomes that of hook/mdev.in.xml. */
static void
replace_hostdev (Walk *w, G_GNUC_UNUSED const GMatchInfo *clause)
{
    walk_edit (w, "<hostdev mode='subsystem' type='pci' managed='(yes|no)'>(?=.{0,200}bus='0x41')",
               "<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci'>");
    walk_edit (w, "<address domain='0x0000' bus='0x41' slot='0x00' function='0x4'/>",
               "<address uuid='" FREE "'/>");
}

static void
replace_hostdev_and_boot (Walk *w, const GMatchInfo *clause)
{
    replace_hostdev (w, clause);
    boot (w, clause);
}

/* --- the clauses --- */

#define LAB   "tests/lab/cases/"
#define INNER "tests/mdev-lab/inside/cases/"

/* Clauses that a case of another test walks: what is done on the source, in the guest, or in a dry run. */
static const struct {
    const char *pattern, *file, *walked_by;
} elsewhere[] = {
    {"Wait until the guest driver is loaded, or set guest-driver-down=warn in \\[rules\\] of the "
     "configuration",
     LAB "ways-out-arrival.sh", "test_a_save_waits_for_the_guest_driver"},
    {"Shut the guest down instead: virsh shutdown DOMAIN\\. To save it for another host, set "
     "unrestorable-save=ignore in \\[jobs\\] of the configuration, and run 'systemctl reload vgpu-gated'",
     LAB "jobs.sh", "test_a_save_that_could_not_be_restored_here_is_refused"},
    {"Start vgpu-gated on the source host, or run 'vgpu-gated --once' there, and try again",
     INNER "without-metadata.sh", "test_a_live_one_is_refused_and_a_stopped_one_moves"},
    {"Make the file for --xml after that, with 'virsh dumpxml --migratable DOMAIN'", LAB "freshness.sh",
     "test_a_file_that_is_right_passes"},
    {"Install the fleet's key file on the source host and run 'vgpu-gated --once' there",
     LAB "ways-out-arrival.sh", "test_the_fleets_key_on_the_source"},
    {"On the source run 'vgpu-gate switchover enable DOMAIN', and restart the guest",
     LAB "ways-out-arrival.sh", "test_a_clone_gets_its_own_object"},
    {"Wait until the guest driver is loaded and captured", LAB "ways-out-arrival.sh",
     "test_the_guest_driver_was_not_loaded_yet"},
    {"Run 'vgpu-gated --once' on the source, or start vgpu-gated there, and try again",
     LAB "ways-out-arrival.sh", "test_captured_again_on_the_source"},
    {"If the guest is stopped, remove the old metadata there: virsh metadata DOMAIN --config --uri "
     "urn:x-vgpu-gate:domain:1 --remove",
     LAB "ways-out-arrival.sh", "test_old_metadata_of_a_stopped_guest"},
    {"If hosts share a UUID, set uuid= in the \\[host\\] group of the configuration",
     LAB "ways-out-arrival.sh", "test_hosts_that_shared_a_uuid"},
    {"Compare the clocks \\('timedatectl' on both hosts\\) and correct the wrong one\\. Then run 'vgpu-gated "
     "--once' on the source; for a host document run 'vgpu-gate host' again",
     LAB "ways-out-arrival.sh", "test_a_clock_that_was_wrong"},
    {"Correct the wrong clock \\('timedatectl' on both hosts\\), and run 'vgpu-gate host' again",
     LAB "freshness.sh", "test_a_host_document_is_written_again"},
    /* the same text for several codes, which the case walks one after the other; the mdev lab captures after
     * a device is plugged (214) or unplugged (215) */
    {"(Find out who changed the element\\. )?Run 'vgpu-gated --once' on the source( and try again|, and try "
     "again|: it writes the element again)",
     LAB "ways-out-arrival.sh", "test_captured_again_on_the_source"},
    {"Run 'virsh migrate-setmaxdowntime DOMAIN MS' and 'vgpu-gated --once' on the source\\. Or have the "
     "guest free frame buffer or, where the link is the slowest, use a faster one",
     LAB "ways-out-arrival.sh", "test_a_down_time_that_is_allowed_or_shorter"},
    {"Run 'vgpu-gate host' again( as root,)? on the host that the document describes", LAB "freshness.sh",
     "test_a_host_document_is_written_again"},
    {"Wake the guest first \\(virsh dompmwakeup DOMAIN\\), then (try again|save it)",
     LAB "ways-out-arrival.sh", "test_a_guest_that_sleeps_is_woken"},
    {"Disable unified memory, debugger and profiler of the vGPU(, or shut the guest down instead)?",
     LAB "ways-out-arrival.sh", "test_a_debugger_in_the_guest_is_switched_off"},
    {"Or update the guest driver and restart the guest, so that it agrees on a newer version",
     LAB "ways-out-arrival.sh", "test_a_newer_guest_driver"},
    {"Update the guest driver to the host's release", LAB "ways-out-arrival.sh",
     "test_a_guest_driver_of_the_hosts_release"},
    {"For a guest without metadata, missing-metadata=allow disables this check",
     "tests/golden/test-golden-operations.c", "dead-allowed"},
    {"missing-metadata=allow disables this check", "tests/golden/test-golden-operations.c",
     "started-unknown-device-allowed"},
    {"Try again: the metadata has been captured again in the meantime", LAB "jobs.sh",
     "test_an_update_just_before_a_save_stops_it"},
    {"stale-metadata=ignore disables this check", LAB "jobs.sh", "test_the_check_can_be_switched_off"},
    {"Start the guest when 'vgpu-gate host' shows room for its type", INNER "persistent.sh",
     "test_what_was_made_for_it"},
};

/* Clauses that are walked here. */
static const struct {
    const char *pattern;
    void (*act) (Walk *w, const GMatchInfo *clause);
} clauses[] = {
    {"Remove the <vgpus> element: virsh (save-image-edit FILE|managedsave-edit DOMAIN)\\. If the guest "
     "was saved here under this driver, then run: virsh [a-z-]+ [A-Z]+ \\| vgpu-gate allow-restore "
     "--yes -, and (restore|start) it again",
     strip_and_permit},
    {"Remove the <vgpus> element: virsh snapshot-edit DOMAIN SNAPSHOT\\. If the driver is unchanged, "
     "set (?<line>[a-z-]+=[a-z]+) in \\[(?<group>[a-z-]+)\\], and revert again",
     strip_and_configure},
    {"Remove the old metadata: virsh metadata DOMAIN urn:x-vgpu-gate:domain:1 --config --remove", strip},
    {"If the guest was saved (on this host under the driver that is loaded now|here under this driver), "
     "run: virsh [a-z-]+ [A-Z]+ \\| vgpu-gate allow-restore --yes -(, and restore it again)?",
     permit},
    {"(If the host's driver was not changed since the snapshot was made, )?(Or let the gate choose one: "
     "|[Ss]et )(?<line>[a-z-]+=[a-z]+) in \\[(?<group>[a-z-]+)\\]( of the configuration)?( for the "
     "(restore|revert))?",
     configure},
    {"The saved memory cannot be used\\. Run 'vgpu-gate switchover enable DOMAIN' and (start the guest "
     "without the image|'virsh start --force-boot DOMAIN')",
     boot},
    {"The memory in the snapshot cannot be used\\. Run 'vgpu-gate switchover enable DOMAIN', and boot "
     "without its memory: virsh start DOMAIN",
     boot},
    {"The guest was saved in a state that cannot be restored\\. Start it without the image", boot},
    {"(The memory in the snapshot cannot be used\\. |Or )?([Gg]ive the image up: virsh start "
     "--force-boot DOMAIN|[Bb]oot without (it|its memory): virsh start DOMAIN)",
     boot},
    {"If an administrator narrowed the range here, run 'vgpu-gate version reset'", reset_version},
    {"Set the same policy on both hosts \\('vgpu-gate scheduler set'\\)", set_scheduler},
    {"(Restore (it|the image) (on|where) [^.,]*|Choose a host with the same board|Prefer a host with "
     "the same or a newer driver branch)",
     walk_elsewhere},
    {"(Choose (a|another) host|or choose another host|Use a GPU and a host driver that support)[^.,]*",
     walk_elsewhere},
    {"If only ECC or SR-IOV differ, set them alike on both hosts", walk_elsewhere},
    {"Load the driver again under which the restore was permitted", load_old_driver},
    {"(Load|Update) (the|a|another) (snapshot's |host )?driver[^.,]*", walk_elsewhere},
    {"[Ii]nstall the vGPU Manager and switch the GPUs to vGPU host mode", walk_elsewhere},
    {"To re(store|vert to) this unsealed (image|snapshot) once, comment out key-file= in \\[seal\\] of "
     "the configuration here( for the restore)?",
     without_key},
    {"If the fleet's key is newer than the (image|snapshot), put the old key into key-file= of "
     "\\[seal\\] for (the restore|it)",
     copy_key},
    {"Copy the key file of another host of the fleet: scp -p HOST:FILE FILE", copy_key},
    {"Create it: '?virsh [a-z-]+ [A-Z]+ \\| vgpu-gate device make -(?<option> --operation restore)?'?",
     make_named},
    {"(Run 'vgpu-gate device make new --type TYPE', and name that device with 'virsh [a-z-]+ "
     "[A-Z]+'|Create a device of the right type, and name it in the snapshot: virsh snapshot-edit "
     "DOMAIN SNAPSHOT)",
     make_new},
    {"(Or name another|Name a free|Name the) device with 'virsh [a-z-]+ [A-Z]+'", name_free},
    {"Give up the saved memory: replace the hostdev \\(virsh edit DOMAIN\\), then run 'virsh start "
     "--force-boot DOMAIN'",
     replace_hostdev_and_boot},
    {"Replace the hostdev with one of this host's kind: virsh edit DOMAIN", replace_hostdev},
    {"Or shut the guest down, replace its hostdev \\(virsh edit DOMAIN\\), and start it here",
     replace_hostdev_and_boot},
    {"For guests without a driver set (?<line>guest-driver-down=warn)", configure_rules},
    {"Create it: 'virsh dumpxml DOMAIN \\| ssh HOST vgpu-gate device make -'", make_named},
    {"Run 'vgpu-gate device make new --type TYPE' here, and name that device in --xml \\(from: virsh "
     "dumpxml --migratable DOMAIN\\) and --persistent-xml",
     make_new},
    {"(Or name another device|Name a free one|Name the device) in --xml \\(from: virsh dumpxml "
     "--migratable DOMAIN\\) and --persistent-xml",
     name_free},
    {"Copy the key file of the source host: scp -p SOURCE:FILE FILE", copy_key},
    {"Install the same driver version on both hosts", walk_elsewhere},
    {"Free (an instance|instances) on this host", free_instances},
    {"Install the vGPU Manager, or correct library= in /etc/vgpu-gate/vgpu-gate\\.conf", correct_library},
    {"Set uuid= in the \\[host\\] group of /etc/vgpu-gate/vgpu-gate\\.conf", set_uuid},
    {"Run 'chown root:root FILE' and 'chmod 0644 FILE'; for the key file 'chmod 0600 FILE'", change_mode},
    {"Correct the line that the message names; see vgpu-gate\\.conf\\(5\\) or "
     "vgpu-gate-devices\\.conf\\(5\\)",
     correct_line},
    {"Run a dry run as root\\. (?<line>mode=off) in the \\[(?<group>placement)\\] group of the configuration "
     "disables this check",
     configure},
    {"If no guest is arriving, remove it; the devices that the file lists as created then stay",
     remove_leases},
    {"Start vgpu-gate-bus and vgpu-gated on this host, with the same bus= in \\[switch-over\\] of the "
     "configuration",
     serve},
};

/* Clauses that promise nothing: they say where to look, whom to ask, or to try again. */
static const char *const promise_nothing[] = {
    "Compare the key files of both hosts\\. If they are equal, find out who changed the element",
    "If the bytes come from a driver, report it\\. Otherwise find out who wrote them",
    "See the reason in the message\\. If the driver is another one, load the old one again, or give "
    "the saved memory up: virsh start --force-boot DOMAIN",
    "Update vgpu-gate[^.]*",
    "If it is unchanged, find out who changed the (image|snapshot)",
    "On a host with the driver, the driver's answer decides",
    "Report this line and both driver versions to the vgpu-gate project",
    "Find out which hook or program wrote the second element: 'ls /etc/libvirt/hooks/qemu\\.d' lists the "
    "hooks",
    "Give the domain XML[^.]*",
    "Pass the XML exactly as libvirt printed it",
    "Find out which program wrote this XML|Large <metadata> elements of other programs count too|Check the "
    "<metadata> elements of other programs",
    "Correct the hostdev with 'virsh edit DOMAIN', or correct the other hook",
    "See the reason in the message(, and the kernel log)?",
    "Check the live XML on the guest's host: 'virsh dumpxml DOMAIN \\| vgpu-gate check --host FILE -'|If the "
    "guest is stopped, check it where its device exists",
    "Install a driver that supports vGPU migration \\(r450 or newer\\)",
    "Check that 'nvidia-smi' works on this host",
    "Check the file",
    "Check 'ls -l /sys/bus/mdev/devices' and try again",
    "Look for NVRM or Xid lines in the kernel log|A reset of the GPU( \\(nvidia-smi --gpu-reset\\))? or a "
    "reboot may be needed|(deadline-ms=|load-ms=)[^.]* sets the limit|A process may still have the device "
    "open",
    "Look for a core dump of vgpu-gate-nvml, and check the kernel log",
    "Check that the vGPU Manager drives this GPU: 'vgpu-gate host' lists the GPUs that it drives",
    "Run the hook as libvirtd's user: root, or the user of qemu:///session",
    "'vgpu-gate host' lists the GPUs that can be used and those that cannot",
    "Ask on the destination, or here with the destination's document: 'vgpu-gate check --host FILE'",
    "A file that --config names must exist",
    "Check the kernel log for the GPU, and the device below /sys/bus/mdev/devices or /sys/bus/pci/devices",
    "Check ('df /run' and 'ls -ld /run/vgpu-gate'|that both answer on this host: virsh list, vgpu-gate "
    "host|the installation)",
    "Look for a hook that hangs \\(fuser /run/vgpu-gate/lock\\), and check the kernel log",
    "(Try again\\. )?If it fails again, (report it( with the vgpu-gate versions of both hosts)?|find out who "
    "else owns org\\.qemu\\.VMState1 on the source's bus|look for a full disk or a killed process where the "
    "XML comes from|raise lease-time= in \\[placement\\] of the configuration)",
    "With mode=off there, give the guest another device|Or name another device: virsh edit DOMAIN",
    "Try again",
};

/* Removes what matches from the text. FALSE: nothing does. */
static gboolean
cut (char **text, const char *pattern)
{
    g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
    char *without;

    if (!g_regex_match (regex, *text, 0, NULL))
        return FALSE;
    without = g_regex_replace_literal (regex, *text, -1, 0, "", 0, NULL);
    g_free (*text);
    *text = without;
    return TRUE;
}

static void
cut_elsewhere (char **text)
{
    for (gsize i = 0; i < G_N_ELEMENTS (elsewhere); i++)
        cut (text, elsewhere[i].pattern);
}

/* A guest whose metadata is removed, or that boots without its saved memory, is no longer judged by what it
 * was refused for: one code in each situation is enough. */
static gboolean
suits_all_codes (gsize n)
{
    return clauses[n].act == boot || clauses[n].act == strip || clauses[n].act == strip_and_permit ||
           clauses[n].act == strip_and_configure;
}

static gboolean
is_walked_already (gsize n, VgateSituation situation)
{
    static gboolean has_walked[G_N_ELEMENTS (clauses)][VGATE_N_SITUATIONS];
    gboolean *has = &has_walked[n][situation];

    if (!suits_all_codes (n))
        return FALSE;
    if (*has)
        return TRUE;
    *has = TRUE;
    return FALSE;
}

/* A case that cannot be walked to its end is skipped. */
static void
walk_clause (const Refused *by, VgateSituation situation, gsize n, const GMatchInfo *clause)
{
    g_auto (Walk) w = {0};
    g_autofree char *begin = case_line_begin ((int)by->code, "restore", CASE_DOMAIN);
    g_autofree char *words = g_match_info_fetch (clause, 0), *before = NULL, *after = NULL;

    walk_init (&w, by, situation);
    if (golden_case_is_skipped ())
        return;
    before = walk_operate (&w);
    if (!before || !g_str_has_prefix (before, begin)) {
        test_fail ("VGATE-%03d %s: the host answers %s", by->code, vgate_situation_describe (situation),
                   before ? before : "yes");
        return;
    }
    clauses[n].act (&w, clause);
    if (golden_case_is_skipped ())
        return;
    after = walk_operate (&w);
    g_test_message ("VGATE-%03d %s: %s", by->code, vgate_situation_describe (situation), words);
    if (after)
        test_fail ("VGATE-%03d %s: after '%s': %s", by->code, vgate_situation_describe (situation), words,
                   after);
}

static void
test_situation (const Refused *by, VgateSituation situation)
{
    g_autofree char *rest = vgate_way_out (by->code, situation, NULL);

    cut_elsewhere (&rest);
    for (gsize i = 0; i < G_N_ELEMENTS (clauses); i++) {
        g_autoptr (GRegex) regex = g_regex_new (clauses[i].pattern, 0, 0, NULL);
        g_autofree char *text = g_strdup (rest);
        g_autoptr (GMatchInfo) clause = NULL;

        if (g_regex_match (regex, text, 0, &clause) && !is_walked_already (i, situation))
            walk_clause (by, situation, i, clause);
        cut (&rest, clauses[i].pattern);
    }
}

/* NULL when a host here comes to it. */
static const char *
why_not_reached (VgateCode code, VgateSituation situation)
{
    for (gsize i = 0; i < G_N_ELEMENTS (not_reached); i++)
        if (not_reached[i].code == code && not_reached[i].situation == situation)
            return not_reached[i].why;
    return NULL;
}

static void
test_code (gconstpointer data)
{
    const Refused *by = data;

    for (VgateSituation s = 0; s < VGATE_N_SITUATIONS; s++)
        if (s != VGATE_SITUATION_RUNS && vgate_way_out_can_occur (by->code, s) &&
            !why_not_reached (by->code, s))
            test_situation (by, s);
}

static gboolean
is_refused_here (VgateCode code, VgateSituation situation)
{
    for (gsize i = 0; i < G_N_ELEMENTS (refused_by); i++)
        if (refused_by[i].code == code)
            return situation != VGATE_SITUATION_RUNS;
    return FALSE;
}

/* The text consists of clauses that are walked, or that promise nothing. */
static void
test_text (VgateCode code, VgateSituation situation)
{
    g_autofree char *rest = vgate_way_out (code, situation, NULL);

    cut_elsewhere (&rest);
    for (gsize i = 0; i < G_N_ELEMENTS (clauses); i++)
        if (suits_all_codes (i) || is_refused_here (code, situation))
            cut (&rest, clauses[i].pattern);
    for (gsize i = 0; i < G_N_ELEMENTS (promise_nothing); i++)
        cut (&rest, promise_nothing[i]);
    if (!g_regex_match_simple ("^([ .,]|\\bor\\b)*$", rest, 0, 0))
        test_fail ("VGATE-%03d %s: walk '%s' with a host here, or name the test that does; or it may "
                   "promise nothing",
                   code, vgate_situation_describe (situation), rest);
}

static void
test_complete (G_GNUC_UNUSED gconstpointer data)
{
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);

    for (gsize i = 0; i < n; i++)
        for (VgateSituation s = 0; s < VGATE_N_SITUATIONS; s++)
            if (vgate_way_out_can_occur ((VgateCode)infos[i]->code, s))
                test_text ((VgateCode)infos[i]->code, s);
}

/* --- captured, or described, again --- */

/* vgpu-gated captures the guest again after a vGPU was attached or detached; the lab of mediated devices has
 * the capture itself. */
static const struct {
    VgateCode code;
    const char *before, *after; /* hook/NAME.in.xml */
} captured[] = {
    {VGATE_CODE_HOSTDEV_UNCOVERED, "uncovered", "two-mdevs"},
    {VGATE_CODE_HOSTDEV_GONE, "gone", "mdev"},
};

static void
test_captured (G_GNUC_UNUSED gconstpointer data)
{
    for (gsize i = 0; i < G_N_ELEMENTS (captured); i++) {
        const Refused refused = {.code = captured[i].code, .input = captured[i].before};
        const HookCase again = {.input = captured[i].after};
        g_auto (Walk) w = {0};
        g_autofree char *begin = case_line_begin ((int)captured[i].code, "migrate", CASE_DOMAIN);
        g_autofree char *before = NULL, *after = NULL;

        walk_init (&w, &refused, VGATE_SITUATION_ARRIVES);
        before = walk_operate (&w);
        g_assert_nonnull (before);
        g_assert_true (g_str_has_prefix (before, begin));
        g_assert_nonnull (strstr (before, "Run 'vgpu-gated --once' on the source and try again."));
        guest_clear (&w.guest);
        w.guest.xml = case_input (&again, &w.guest.length);
        after = walk_operate (&w);
        g_assert_null (after);
    }
}

/* A host document that cannot be used, or that lacks what is needed. */
typedef struct {
    VgateCode code;
    const char *pattern, *by; /* edits the document */
    const char *rule;         /* which refuses, or NULL */
} Described;

static const Described described[] = {
    {VGATE_CODE_HOST_DOCUMENT, "<driver ", "<driver x='1' ", NULL},
    {VGATE_CODE_HOST_DISAGREES, " migration='on'", " migration='off'", NULL},
    {VGATE_CODE_PLACEMENT_UNKNOWN, "<devices>.*</devices>", "", NULL},
    {VGATE_CODE_SWITCH_OVER_UNKNOWN, "<switch-over [^>]*>", "", NULL},
    {VGATE_CODE_HOST_DOCUMENT_OLD, "time='2", "time='1", "host-document-old"},
    {VGATE_CODE_TIME_IN_FUTURE, "time='2", "time='9", "time-in-future"},
};

static void
describe (FakeHost *host, const Described *d, gboolean edits)
{
    g_autoptr (GRegex) regex = g_regex_new (d->pattern, G_REGEX_DOTALL, 0, NULL);
    g_auto (ProgramRun) run = {0};
    g_autofree char *document = NULL;

    command_run (host, "host --root $ROOT", &run);
    g_assert_cmpint (run.status, ==, 0);
    document = edits ? g_regex_replace_literal (regex, run.out, -1, 0, d->by, 0, NULL) : g_strdup (run.out);
    g_assert_cmpint (edits, ==, strcmp (document, run.out) != 0);
    fake_host_write_file (host, "host.xml", document, strlen (document), 0644);
}

/* The dry run with the document succeeds after 'vgpu-gate host' has written it again. */
static void
test_described (gconstpointer data)
{
    const Described *d = data;
    const HookCase input = {
        .input = "mdev",
        .edits = {{"<domain type='kvm'", "<domain type='kvm' xmlns:qemu='" VGATE_VMSTATE_QEMU_NAMESPACE "'"},
                  {"</domain>", VMSTATE_OF (VM_1)}}};
    static const char line[] = "check --host $ROOT/host.xml $ROOT/guest.xml";
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *code = g_strdup_printf ("VGATE-%03d", d->code);
    g_auto (ProgramRun) before = {0}, after = {0};
    gsize length;
    g_autofree char *xml = case_input (&input, &length), *text = NULL;

    served (host);
    fake_host_write_file (host, "guest.xml", xml, length, 0600);
    if (d->rule) {
        g_autofree char *config =
            g_strdup_printf ("[gate]\nhost-max-age=3600\n[rules]\n%s=refuse\n", d->rule);

        fake_host_configure (host, config);
    }
    describe (host, d, TRUE);
    command_run (host, line, &before);
    text = g_strconcat (before.out, before.err, NULL);
    if (before.status == 0 || !strstr (text, code) || !strstr (text, "un 'vgpu-gate host' again"))
        test_fail ("%s: expected a refusal, not '%s%s'", code, before.out, before.err);
    describe (host, d, FALSE);
    command_run (host, line, &after);
    if (after.status != 0)
        test_fail ("%s: %s%s", code, after.out, after.err);
}

/* The tests that are named here have such a case. */
static void
test_named (G_GNUC_UNUSED gconstpointer data)
{
    for (gsize i = 0; i < G_N_ELEMENTS (elsewhere); i++) {
        g_autofree char *path = g_build_filename (g_getenv ("VGATE_SRCDIR"), elsewhere[i].file, NULL);
        g_autofree char *function = g_strdup_printf ("\n%s () {", elsewhere[i].walked_by);
        g_autofree char *row = g_strdup_printf ("{.name = \"%s\"", elsewhere[i].walked_by), *text = NULL;

        if (!g_file_get_contents (path, &text, NULL, NULL) ||
            !(strstr (text, function) || strstr (text, row)))
            test_fail ("%s has no case %s", elsewhere[i].file, elsewhere[i].walked_by);
    }
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/ways-out/complete", NULL, test_complete);
    program_add_test ("/ways-out/named", NULL, test_named);
    program_add_test ("/ways-out/captured", NULL, test_captured);
    for (gsize i = 0; i < G_N_ELEMENTS (described); i++) {
        g_autofree char *path = g_strdup_printf ("/ways-out/described/%03d", described[i].code);

        program_add_test (path, &described[i], test_described);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (refused_by); i++) {
        g_autofree char *path = g_strdup_printf ("/ways-out/%03d", refused_by[i].code);

        program_add_test (path, &refused_by[i], test_code);
    }
    return g_test_run ();
}
