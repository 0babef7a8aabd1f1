/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate devices apply and status: a host is made as devices.conf declares it. */
#include "command-table.h"
#include "placement-hosts.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER "devices"
#define FILE   "$ROOT/devices.conf"
#define ROOT   " --root $ROOT"
#define APPLY_ "devices apply --wait 0 " FILE ROOT
#define STATUS "devices status " FILE ROOT
#define VF(n)  "0000:41:00." n

/* --- hosts --- */

static void
declare (FakeHost *host, const char *text)
{
    fake_host_write_file (host, "devices.conf", text, strlen (text), 0644);
}

/* The virtual functions with this number and the next ones. */
static void
add_vfs_from (FakeHost *host, const char *gpu, guint first, guint n)
{
    static const guint types[] = {FAKE_TYPE_H100_20C, FAKE_TYPE_H100_40C, 0};

    for (guint i = first; i < first + n; i++) {
        g_autofree char *address = g_strdup_printf ("%.*s%u", (int)strlen (gpu) - 1, gpu, i);

        fake_host_add_vf (host, gpu, address, 0);
        fake_host_offer_vf (host, address, types);
    }
}

static void
add_vfs (FakeHost *host, const char *gpu)
{
    add_vfs_from (host, gpu, 4, 4);
}

/* Four virtual functions, none of which has a type. */
static void
four_vfs (FakeHost *host)
{
    one_gpu (host);
    add_vfs (host, CASE_GPU);
    declare (host, "[gpu " CASE_GPU "]\ntypes=NVIDIA H100XM-20C x 4\n");
}

static void
all_of_it (FakeHost *host)
{
    four_vfs (host);
    declare (host, "[host]\nversion-range=18.1-25.1\nwait=0\n\n"
                   "[gpu 41:00.0]\ntypes=H100XM-20C x 3\nkind=vf\nmig=no\n"
                   "scheduler=equal-share\narr=disabled\ntime-slice=4ms\n");
}

static void
mixed_sizes (FakeHost *host)
{
    four_vfs (host);
    fake_host_sim (host, "update --gpu " CASE_GPU " --heterogeneous on");
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-40C x 1; NVIDIA H100XM-20C x 2\n");
}

/* One declared device is there, and one of another size, which is free. */
static void
with_other (FakeHost *host)
{
    static const guint types[] = {FAKE_TYPE_H100_20C, FAKE_TYPE_H100_40C, 0};

    mixed_sizes (host);
    fake_host_add_vf (host, CASE_GPU, "0000:41:00.2", FAKE_TYPE_H100_20C);
    fake_host_add_vf (host, CASE_GPU, "0000:41:00.3", FAKE_TYPE_H100_40C);
    fake_host_offer_vf (host, "0000:41:00.3", types);
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-20C x 2\n");
}

static void
with_other_to_remove (FakeHost *host)
{
    with_other (host);
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-20C x 2\nremove-others=yes\n");
}

/* Nobody takes the device away from its guest. */
static void
with_other_in_use (FakeHost *host)
{
    with_other_to_remove (host);
    fake_host_add_live_domain (host, "vm7", OTHER_VM, "0000:41:00.3");
}

static void
with_other_reserved (FakeHost *host)
{
    g_autofree char *text = g_strdup_printf ("[leases]\ncount=1\n\n[0000:41:00.3 " OTHER_VM
                                             "]\nparent=0000:41:00.3\npgpu=" CASE_GPU
                                             "\ntype=1121\nstate=taken\nexpires=%" G_GINT64_FORMAT "\n",
                                             g_get_monotonic_time () / G_USEC_PER_SEC + 1000);

    with_other_to_remove (host);
    put_leases (host, text);
}

static void
equal_sizes (FakeHost *host)
{
    four_vfs (host);
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-40C x 3; NVIDIA H100XM-20C x 1\n");
}

static void
too_many (FakeHost *host)
{
    four_vfs (host);
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-20C x 6\n");
}

static void
of_no_kind (FakeHost *host)
{
    four_vfs (host);
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-20C x 1\nkind=mdev\n");
}

static void
of_no_type (FakeHost *host)
{
    four_vfs (host);
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-21C x 1; H100XM-20C x 1; NVIDIA H100XM-20C x 1\n");
}

static void
in_mig_mode (FakeHost *host)
{
    four_vfs (host);
    fake_host_set_mig (host, CASE_GPU);
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-20C x 1\nmig=no\n");
}

/* The type is MIG-backed, and the GPU in MIG mode. */
static void
mig_is_declared (FakeHost *host)
{
    g_autofree char *path = NULL, *text = NULL;
    g_autoptr (GString) sim = NULL;

    four_vfs (host);
    fake_host_set_mig (host, CASE_GPU);
    path = fake_host_path (host, "sim-host.conf");
    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    sim = g_string_new (text);
    g_assert_cmpuint (g_string_replace (sim, "[type 1120]\n",
                                        "[type 1120]\ngpu-instance-profile=19\ngpu-instance-slices=1\n", 1),
                      ==, 1);
    fake_host_write_file (host, "sim-host.conf", sim->str, sim->len, 0644);
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-20C x 1\nmig=yes\n");
}

static void
without_mig (FakeHost *host)
{
    four_vfs (host);
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-20C x 1\nmig=yes\n");
}

/* The others are dealt with all the same. */
static void
one_gpu_is_missing (FakeHost *host)
{
    four_vfs (host);
    declare (host, "[gpu 0000:99:00.0]\ntypes=NVIDIA H100XM-20C x 1\n[gpu 0]\ntypes=NVIDIA H100XM-20C x 1\n");
}

static void
one_gpu_is_lost (FakeHost *host)
{
    four_vfs (host);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
    fake_host_sim (host, "fail nvmlDeviceGetVgpuMetadata GPU_IS_LOST --gpu " CASE_GPU);
    add_vfs (host, GPU_2);
    declare (host, "[gpu " CASE_GPU "]\ntypes=NVIDIA H100XM-20C x 1\n[gpu " GPU_2
                   "]\ntypes=NVIDIA H100XM-20C x 1\n");
}

static void
named_twice (FakeHost *host)
{
    four_vfs (host);
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-20C x 1\n[gpu 41:00.0]\ntypes=NVIDIA H100XM-40C x 1\n");
}

static void
no_driver (FakeHost *host)
{
    all_of_it (host);
    fake_host_sim (host, "fail nvmlInit_v2 DRIVER_NOT_LOADED");
}

/* The range lies outside the preset, the policy is one that the GPU does not have, and the devices are made
 * nevertheless. */
static void
bad_settings (FakeHost *host)
{
    four_vfs (host);
    declare (host, "[host]\nversion-range=7.1-18.1\n"
                   "[gpu 0]\ntypes=NVIDIA H100XM-20C x 1\nscheduler=equal-share\ntime-slice=40ms\n");
}

/* The driver accepts settings only while no vGPU runs. */
static void
guest_runs (FakeHost *host)
{
    all_of_it (host);
    fake_host_sim (host, "plug --vm " VM_1 " --type 1120 --gpu " CASE_GPU);
}

static void
mdevs (FakeHost *host)
{
    one_gpu (host);
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 3);
    declare (host, "[gpu 0]\ntypes=H100XM-20C x 2\nremove-others=yes\n");
}

static void
nothing_of_devices (FakeHost *host)
{
    four_vfs (host);
    fake_host_add_vf (host, CASE_GPU, "0000:41:00.2", FAKE_TYPE_H100_20C);
    declare (host, "[gpu 0]\nscheduler=best-effort\n");
}

static void
no_devices (FakeHost *host)
{
    four_vfs (host);
    fake_host_add_vf (host, CASE_GPU, "0000:41:00.2", FAKE_TYPE_H100_20C);
    declare (host, "[gpu 0]\ntypes=\n");
}

static void
one_unusable (FakeHost *host)
{
    four_vfs (host);
    fake_host_write_file (host, "sys/bus/pci/devices/" CASE_VF "/nvidia/current_vgpu_type", "x\n", 2, 0644);
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-20C x 1\n");
}

/* A driver that has only the scheduler calls since r595. */
static void
v2_takes_frequency (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "update --scheduler-calls v2");
    declare (host, "[gpu 0]\nscheduler=equal-share\narr=enabled\nfrequency=500Hz\n");
}

static void
v2_takes_no_slice (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "update --scheduler-calls v2");
    declare (host, "[gpu 0]\nscheduler=equal-share\narr=disabled\ntime-slice=4ms\n");
}

/* The driver accepts each scheduler, and keeps its own. */
static void
keeps_scheduler (FakeHost *host)
{
    four_vfs (host);
    fake_host_set_library (host, program_path ("stub-scheduler"));
    declare (host, "[gpu 0]\nscheduler=fixed-share\n");
}

static void
leases_are_rubbish (FakeHost *host)
{
    four_vfs (host);
    put_leases (host, "no leases\n");
}

/* --- reports: as text and as JSON, each on a host of its own --- */

static const struct {
    const char *name;
    const char *line;
    CasePrepare prepare;
    int status;
} reports[] = {
    {"status", STATUS, all_of_it, 1},
    {"apply", APPLY_, all_of_it, 0},
    {"dry-run", "devices apply --dry-run " FILE ROOT, all_of_it, 0},
    {"mixed-sizes", APPLY_, mixed_sizes, 0},
    {"other", APPLY_, with_other, 1},
    {"other-status", STATUS, with_other, 1},
    {"other-removed", APPLY_, with_other_to_remove, 0},
    {"other-dry-run", "devices apply -n " FILE ROOT, with_other_to_remove, 0},
    {"other-in-use", APPLY_, with_other_in_use, 1},
    {"other-reserved", APPLY_, with_other_reserved, 1},
    {"equal-sizes", APPLY_, equal_sizes, 1},
    {"too-many", APPLY_, too_many, 1},
    {"too-many-dry-run", "devices apply --dry-run " FILE ROOT, too_many, 1},
    {"of-no-kind", APPLY_, of_no_kind, 1},
    {"of-no-type", APPLY_, of_no_type, 3},
    {"in-mig-mode", APPLY_, in_mig_mode, 1},
    {"mig-declared", APPLY_, mig_is_declared, 0},
    {"without-mig", APPLY_, without_mig, 1},
    {"gpu-missing", APPLY_, one_gpu_is_missing, 1},
    {"gpu-lost", APPLY_, one_gpu_is_lost, 3},
    {"named-twice", APPLY_, named_twice, 3},
    {"no-driver", APPLY_, no_driver, 3},
    {"bad-settings", APPLY_, bad_settings, 1},
    {"guest-runs", APPLY_, guest_runs, 1},
    {"mdevs-dry-run", "devices apply -n " FILE ROOT, mdevs, 0},
    {"only-scheduler", STATUS, nothing_of_devices, 0},
    {"no-devices", STATUS, no_devices, 1},
    {"unusable", APPLY_, one_unusable, 0},
    {"scheduler-kept", APPLY_, keeps_scheduler, 1},
    {"scheduler-v2", APPLY_, v2_takes_frequency, 0},
    {"scheduler-v2-slice", APPLY_, v2_takes_no_slice, 1},
    {"leases", STATUS, leases_are_rubbish, 3},
};

static void
test_report (gconstpointer data)
{
    static const char *const forms[] = {"text", "json"};
    const guint i = GPOINTER_TO_UINT (data);

    for (gsize form = 0; form < G_N_ELEMENTS (forms); form++) {
        g_autoptr (FakeHost) host = fake_host_new ();
        g_autofree char *line = g_strdup_printf ("%s --output %s", reports[i].line, forms[form]);
        g_auto (ProgramRun) run = {0};

        reports[i].prepare (host);
        command_run (host, line, &run);
        g_assert_cmpstr (run.err, ==, "");
        g_assert_cmpint (run.status, ==, reports[i].status);
        command_compare (host, FOLDER, reports[i].name, forms[form], run.out);
    }
}

/* --- failures --- */

static void
unsafe_file (FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, "devices.conf");

    four_vfs (host);
    g_assert_cmpint (chmod (path, 0666), ==, 0);
}

static void
misspelt_key (FakeHost *host)
{
    four_vfs (host);
    declare (host, "# devices\n[gpu 0]\ntype=NVIDIA H100XM-20C x 4\n");
}

static void
bad_types (FakeHost *host)
{
    four_vfs (host);
    declare (host, "[gpu 0]\ntypes=NVIDIA H100XM-20C\n");
}

static const CommandFailure failures[] = {
    {"apply-nobody", {.line = "devices apply", .as_nobody = TRUE}, NULL, NULL, NULL, 1},
    {"status-nobody", {.line = "devices status", .as_nobody = TRUE}, NULL, NULL, NULL, 1},
    {"no-file", {.line = "devices apply /nonexistent.conf" ROOT}, four_vfs, NULL, NULL, 3},
    {"unsafe", {.line = APPLY_}, unsafe_file, NULL, NULL, 3},
    {"unknown-key", {.line = STATUS}, misspelt_key, NULL, NULL, 3},
    {"bad-types", {.line = APPLY_}, bad_types, NULL, NULL, 3},
    {"usage-none", {.line = "devices"}, NULL, NULL, NULL, 2},
    {"usage-apply", {.line = "devices apply a b"}, NULL, NULL, NULL, 2},
    {"usage-status", {.line = "devices status a b"}, NULL, NULL, NULL, 2},
    {"usage-wait", {.line = "devices apply --wait 601"}, NULL, NULL, NULL, 2},
};

static void
assert_unchanged (FakeHost *host, const CommandFailure *failure)
{
    if (failure->prepare)
        assert_vf_type (host, VF ("4"), "0");
    assert_no_leases (host);
}

static const CommandTable table = {
    .folder = FOLDER,
    .failures = failures,
    .n_failures = G_N_ELEMENTS (failures),
    .assert_unchanged = assert_unchanged,
};

/* --- stories --- */

static FakeHost *
host_of (CasePrepare prepare)
{
    FakeHost *host = fake_host_new ();

    prepare (host);
    return host;
}

/* Runs the line, and returns its JSON. */
static JsonObject *
run_json (FakeHost *host, const char *line, int status)
{
    g_autofree char *whole = g_strconcat (line, " --output json", NULL);
    g_autoptr (JsonNode) node = NULL;
    g_auto (ProgramRun) run = {0};

    command_run (host, whole, &run);
    if (run.status != status)
        g_error ("vgpu-gate %s: status %d\n%s%s", line, run.status, run.out, run.err);
    node = json_from_string (run.out, NULL);
    g_assert_nonnull (node);
    return json_object_ref (json_node_get_object (node));
}

static JsonObject *
gpu_of (JsonObject *report)
{
    return json_array_get_object_element (json_object_get_array_member (report, "gpu"), 0);
}

/* The names of the GPU's devices with this result, in their order. The caller unrefs it. */
static GPtrArray *
names_of (JsonObject *report, const char *result)
{
    JsonArray *list = json_object_get_array_member (gpu_of (report), "device");
    GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

    for (guint i = 0; i < json_array_get_length (list); i++) {
        JsonObject *device = json_array_get_object_element (list, i);

        if (strcmp (json_object_get_string_member (device, "result"), result) == 0)
            g_ptr_array_add (names, g_strdup (json_object_get_string_member (device, "name")));
    }
    return names;
}

static void
assert_counts (JsonObject *report, gint64 existed, gint64 created)
{
    JsonObject *type =
        json_array_get_object_element (json_object_get_array_member (gpu_of (report), "type"), 0);

    g_assert_cmpint (json_object_get_int_member (type, "existed"), ==, existed);
    g_assert_cmpint (json_object_get_int_member (type, "created"), ==, created);
}

static void
assert_state (JsonObject *parent, const char *setting, const char *state)
{
    JsonObject *child = json_object_get_object_member (parent, setting);

    g_assert_cmpstr (json_object_get_string_member (child, "state"), ==, state);
}

/* A boot, a second run, and what the driver forgets when it is loaded again. */
static void
test_again (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (all_of_it);
    g_autoptr (JsonObject) first = run_json (host, APPLY_, 0), second = run_json (host, APPLY_, 0);
    g_autoptr (JsonObject) status = run_json (host, STATUS, 0), forgot = NULL, third = NULL;

    assert_counts (first, 0, 3);
    assert_state (first, "version-range", "set");
    assert_state (gpu_of (first), "scheduler", "set");
    assert_vf_type (host, VF ("4"), "1120");
    assert_vf_type (host, VF ("7"), "0");
    assert_no_leases (host);
    assert_counts (second, 3, 0);
    assert_state (second, "version-range", "as-declared");
    assert_state (gpu_of (second), "scheduler", "as-declared");
    g_assert_cmpstr (json_object_get_string_member (status, "result"), ==, "as-declared");
    fake_host_sim (host, "reload");
    forgot = run_json (host, STATUS, 1);
    assert_counts (forgot, 3, 0);
    assert_state (forgot, "version-range", "differs");
    assert_state (gpu_of (forgot), "scheduler", "differs");
    third = run_json (host, APPLY_, 0);
    assert_state (third, "version-range", "set");
    assert_state (gpu_of (third), "scheduler", "set");
}

/* A mediated device has the same name after each boot. mdevctl's device is left, and does not count. */
static void
test_mdevs (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (mdevs);
    g_autoptr (JsonObject) first = NULL, second = NULL, third = NULL;
    g_autoptr (GPtrArray) before = NULL, after = NULL, left = NULL;
    static const char definition[] = "{\"mdev_type\": \"nvidia-1120\", \"start\": \"auto\"}\n";

    fake_host_start_kernel (host);
    fake_host_add_mdev (host, FREE, TYPE, CASE_GPU);
    fake_host_write_file (host, "etc/mdevctl.d/" CASE_GPU "/" FREE, definition, strlen (definition), 0644);
    first = run_json (host, APPLY_, 0);
    assert_counts (first, 0, 2);
    before = names_of (first, "created");
    left = names_of (first, "mdevctl");
    g_assert_cmpuint (left->len, ==, 1);
    g_assert_true (fake_host_has_mdev (host, FREE));
    second = run_json (host, APPLY_, 0);
    assert_counts (second, 2, 0);
    for (guint i = 0; i < before->len; i++) {
        g_autofree char *line = g_strdup_printf ("device remove --yes %s" ROOT, (char *)before->pdata[i]);
        g_auto (ProgramRun) run = {0};

        command_run (host, line, &run);
        command_assert_done (&run);
    }
    third = run_json (host, APPLY_, 0);
    after = names_of (third, "created");
    g_assert_cmpuint (after->len, ==, before->len);
    for (guint i = 0; i < before->len; i++)
        g_assert_cmpstr (after->pdata[i], ==, before->pdata[i]);
}

/* What was created for a guest is removed with it, so it does not count; but where it is the only place for a
 * declared device, it becomes one. */
static void
test_kept (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (mdevs);
    g_autoptr (JsonObject) status = NULL, applied = NULL, again = NULL;
    g_autoptr (GPtrArray) kept = NULL;
    g_auto (Guest) guest = {0};
    g_auto (ProgramRun) run = {0};

    fake_host_start_kernel (host);
    command_run (host, "device make " CASE_MDEV " --type H100XM-20C" ROOT, &run);
    command_assert_done (&run);
    status = run_json (host, STATUS, 1);
    assert_counts (status, 0, 0);
    applied = run_json (host, APPLY_, 0);
    assert_counts (applied, 1, 1);
    kept = names_of (applied, "kept");
    g_assert_cmpuint (kept->len, ==, 1);
    g_assert_cmpstr (kept->pdata[0], ==, CASE_MDEV);
    guest_init (&guest, host, "mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    allowed_unchanged (&guest, "release end");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    again = run_json (host, STATUS, 0);
    assert_counts (again, 2, 0);
}

/* The devices of a guest that runs are counted, and stay what they are. */
static void
test_in_use (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (with_other_in_use);
    g_autoptr (JsonObject) report = run_json (host, APPLY_, 1);
    g_autoptr (GPtrArray) others = names_of (report, "other");

    g_assert_cmpuint (others->len, ==, 1);
    g_assert_cmpstr (others->pdata[0], ==, "0000:41:00.3");
    assert_vf_type (host, "0000:41:00.3", "1121");
    assert_vf_type (host, VF ("4"), "1120");
}

#define LATER "c0ffee00-0000-4000-8000-000000000002"

/* Two free devices, of which the first is removed first; the kernel does not remove it yet. */
static FakeHost *
host_of_two_mdevs (void)
{
    FakeHost *host = host_of (one_gpu);

    fake_host_offer_mdev (host, CASE_GPU, TYPE, 3);
    fake_host_add_mdev (host, FREE, TYPE, CASE_GPU);
    fake_host_add_mdev (host, LATER, TYPE, CASE_GPU);
    declare (host, "[gpu 0]\ntypes=\nremove-others=yes\n");
    return host;
}

/* While the first device is being removed, a guest starts with the second one. Returns the exit status. */
static int
run_while_guest_starts (FakeHost *host, const char *line)
{
    g_autofree char *remover = fake_host_path (host, "sys/bus/mdev/devices/" FREE "/remove");
    g_autoptr (GSubprocess) program = command_start (host, line);
    g_autoptr (GError) error = NULL;

    for (guint i = 0;; i++) {
        g_autofree char *text = NULL;

        if (g_file_get_contents (remover, &text, NULL, NULL) && strcmp (g_strstrip (text), "1") == 0)
            break;
        if (i == 30000)
            g_error ("the device was not removed");
        g_usleep (1000);
    }
    fake_host_add_live_domain (host, "vm7", OTHER_VM, LATER);
    fake_host_start_kernel (host);
    g_assert_true (g_subprocess_wait (program, NULL, &error));
    g_assert_no_error (error);
    return g_subprocess_get_exit_status (program);
}

/* The use of a device is read again before it is removed. */
static void
test_guest_starts (gconstpointer line)
{
    g_autoptr (FakeHost) host = host_of_two_mdevs ();

    g_assert_cmpint (run_while_guest_starts (host, line), ==, 1);
    g_assert_false (fake_host_has_mdev (host, FREE));
    g_assert_true (fake_host_has_mdev (host, LATER));
}

/* Declarations that do not fit the GPU. */
static const struct {
    const char *name;
    const char *text;
    int status;
} unfit[] = {
    {"misspelt", "types=NVIDIA H100XM-21C x 2", 1},
    {"twice", "types=H100XM-20C x 1; NVIDIA H100XM-20C x 3", 3},
    {"no-kind", "types=H100XM-40C x 1\nkind=mdev", 1},
};

/* Nothing is removed where nothing could be created instead. */
static void
test_unfit (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = host_of (with_other);
    g_autofree char *text = g_strdup_printf ("[gpu 0]\n%s\nremove-others=yes\n", unfit[i].text);
    g_autoptr (JsonObject) report = NULL;
    g_autoptr (GPtrArray) removed = NULL;

    declare (host, text);
    report = run_json (host, APPLY_, unfit[i].status);
    removed = names_of (report, "removed");
    g_assert_cmpuint (removed->len, ==, 0);
    assert_vf_type (host, "0000:41:00.2", "1120");
    assert_vf_type (host, "0000:41:00.3", "1121");
}

static void
put_vf_lease (FakeHost *host, const char *state, int seconds)
{
    const gint64 expires = seconds > 0 ? g_get_monotonic_time () / G_USEC_PER_SEC + seconds : 0;
    g_autofree char *text =
        g_strdup_printf ("[leases]\ncount=1\n\n[" CASE_VF " " VM_1 "]\nparent=" CASE_VF "\npgpu=" CASE_GPU
                         "\ntype=1120\nstate=%s\nexpires=%" G_GINT64_FORMAT "\n",
                         state, expires);

    put_leases (host, text);
}

/* A virtual function can be kept for a guest before it has a type. */
static void
test_reserved (gconstpointer state)
{
    g_autoptr (FakeHost) host = host_of (mixed_sizes);
    g_autoptr (JsonObject) report = NULL;

    put_vf_lease (host, state, 1000);
    declare (host, "[gpu 0]\ntypes=H100XM-40C x 1\n");
    report = run_json (host, APPLY_, 0);
    assert_counts (report, 0, 1);
    assert_vf_type (host, CASE_VF, "0");
    assert_vf_type (host, VF ("5"), "1121");
}

/* An old record does not take the declared device away when its guest ends. */
static void
test_old_record (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (vfs_without_type);
    g_autoptr (JsonObject) report = NULL;
    g_auto (Guest) guest = {0};

    put_vf_lease (host, "made", 0);
    declare (host, "[gpu 0]\ntypes=H100XM-20C x 1\n");
    report = run_json (host, APPLY_, 0);
    assert_counts (report, 0, 1);
    assert_vf_type (host, CASE_VF, "1120");
    guest_init (&guest, host, "vf", VM_1);
    allowed_unchanged (&guest, "release end");
    assert_vf_type (host, CASE_VF, "1120");
}

/* What the rule allows for guests is no room. */
static void
test_room_counts (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (equal_sizes);
    g_autoptr (JsonObject) planned = NULL;

    fake_host_configure (host, "[rules]\nno-free-instance=ignore\n");
    planned = run_json (host, "devices apply --dry-run " FILE ROOT, 1);
    assert_counts (planned, 0, 2);
}

/* The kernel accepts nothing on one GPU; the other one gets its device. */
static void
test_not_made (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (one_gpu);
    g_autoptr (JsonObject) report = NULL;
    JsonObject *problem;

    fake_host_offer_mdev (host, CASE_GPU, TYPE, 1);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
    add_vfs (host, GPU_2);
    declare (host, "[gpu 0]\ntypes=H100XM-20C x 1\n[gpu 1]\ntypes=H100XM-20C x 1\n");
    report = run_json (host, APPLY_, 1);
    problem = json_array_get_object_element (json_object_get_array_member (gpu_of (report), "problem"), 0);
    g_assert_cmpstr (json_object_get_string_member (problem, "code"), ==, "VGATE-809");
    assert_vf_type (host, "0000:61:00.4", "1120");
    assert_no_leases (host);
}

/* The driver hangs when it is asked for the device that it was told to create. */
static void
test_hangs (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (four_vfs);
    g_auto (ProgramRun) run = {0};

    fake_host_configure (host, "[backend]\ndeadline-ms=300\n");
    fake_host_hang (host, "sys/devices/pci0000:41/0000:41:00.4/nvidia/current_vgpu_type");
    command_run (host, APPLY_, &run);
    g_assert_cmpint (run.status, ==, 3);
    g_assert_nonnull (strstr (run.out, "VGATE-504"));
    fake_host_answer (host, "sys/devices/pci0000:41/0000:41:00.4/nvidia/current_vgpu_type", "0\n");
}

/* --- waiting --- */

typedef struct {
    const char *name;
    const char *before; /* vgpu-sim commands */
    const char *after;  /* and later */
    const char *told;   /* what it waits for */
    guint n_vfs;        /* of the four virtual functions; the others appear later */
} Wait;

static const Wait waits[] = {
    {"driver", "fail nvmlInit_v2 DRIVER_NOT_LOADED", "heal", "nvmlInit_v2: NVML error 9: Driver Not Loaded",
     4},
    {"gpu", "fail nvmlDeviceGetVgpuMetadata GPU_IS_LOST --gpu " CASE_GPU, "heal", "GPU is lost", 4},
    {"functions", NULL, NULL, "GPU " CASE_GPU " (NVIDIA H100 80GB HBM3) offers no vGPU device yet", 0},
    {"other-functions", NULL, NULL,
     "GPU " CASE_GPU " (NVIDIA H100 80GB HBM3) has no place for all declared vGPU devices yet", 1},
};

static void
wait_until_told (FakeHost *host, const char *what)
{
    g_autofree char *path = fake_host_path (host, "err");

    for (guint i = 0; i < 3000; i++) {
        g_autofree char *text = NULL;

        if (g_file_get_contents (path, &text, NULL, NULL) && strstr (text, what))
            return;
        if (i == 2999)
            g_error ("expected '%s', not '%s'", what, text);
        g_usleep (10000);
    }
}

static void
test_wait (gconstpointer data)
{
    const Wait *c = data;
    g_autoptr (FakeHost) host = host_of (one_gpu);
    g_autoptr (GSubprocess) program = NULL;
    g_autoptr (GError) error = NULL;

    add_vfs_from (host, CASE_GPU, 4, c->n_vfs);
    declare (host, "[gpu " CASE_GPU "]\ntypes=NVIDIA H100XM-20C x 4\n");
    if (c->before)
        fake_host_sim (host, c->before);
    program = command_start (host, "devices apply " FILE ROOT);
    wait_until_told (host, c->told);
    if (c->after)
        fake_host_sim (host, c->after);
    add_vfs_from (host, CASE_GPU, 4 + c->n_vfs, 4 - c->n_vfs);
    g_assert_true (g_subprocess_wait (program, NULL, &error));
    g_assert_no_error (error);
    g_assert_cmpint (g_subprocess_get_exit_status (program), ==, 0);
    assert_vf_type (host, VF ("4"), "1120");
    assert_vf_type (host, VF ("7"), "1120");
}

/* The wait ends: what was missing is named, and the rest was done. */
static void
test_wait_in_vain (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (one_gpu_is_missing);
    g_auto (ProgramRun) run = {0};

    command_run (host, "devices apply --wait 1 " FILE ROOT, &run);
    g_assert_cmpint (run.status, ==, 1);
    g_assert_cmpint (run.duration_us, >=, G_USEC_PER_SEC);
    g_assert_nonnull (
        strstr (run.err, "waiting for 1 s at most: there is no GPU 0000:99:00.0 in vGPU host mode"));
    g_assert_nonnull (strstr (run.out, "VGATE-535"));
    assert_vf_type (host, VF ("4"), "1120");
}

/* More devices than the GPU has virtual functions are not waited for. */
static void
test_too_many_wait (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (too_many);
    g_auto (ProgramRun) run = {0};

    fake_host_write_file (host, "sys/bus/pci/devices/" CASE_GPU "/sriov_numvfs", "4\n", 2, 0644);
    command_run (host, "devices apply --wait 60 " FILE ROOT, &run);
    g_assert_cmpint (run.status, ==, 1);
    g_assert_cmpstr (run.err, ==, "");
    assert_vf_type (host, VF ("7"), "1120");
}

/* Where nothing is declared, a host without a driver is not waited for. */
static void
test_nothing_declared (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const texts[] = {"", "[host]\nwait=60\n"};

    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autoptr (FakeHost) host = host_of (no_driver);
        g_auto (ProgramRun) run = {0};

        declare (host, texts[i]);
        command_run (host, "devices apply " FILE ROOT, &run);
        g_assert_cmpint (run.status, ==, 0);
        g_assert_cmpstr (run.err, ==, "");
    }
}

/* Nor is one without the driver's library and its kernel module, for long. */
static void
test_bare_host (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (four_vfs);
    g_auto (ProgramRun) run = {0};

    fake_host_set_library (host, "/nonexistent/libnvidia-ml.so.1");
    command_run (host, "devices apply --wait 20 " FILE ROOT, &run);
    g_assert_cmpint (run.status, ==, 3);
    g_assert_nonnull (strstr (run.out, "VGATE-501"));
    g_assert_cmpint (run.duration_us, <, 15 * G_USEC_PER_SEC);
}

/* Range and schedulers have nothing to do with leases. */
static void
test_settings_without_leases (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (all_of_it);
    g_autoptr (JsonObject) report = NULL;

    put_leases (host, "no leases\n");
    report = run_json (host, APPLY_, 3);
    assert_state (report, "version-range", "set");
    assert_state (gpu_of (report), "scheduler", "set");
    assert_vf_type (host, VF ("4"), "0");
}

/* NVML is not asked again after it did not answer in time. */
static void
test_nvml_hangs (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (four_vfs);
    g_auto (ProgramRun) run = {0};

    fake_host_add_gpu (host, GPU_2, FAKE_H100);
    fake_host_configure (host, "[backend]\ndeadline-ms=300\n");
    declare (host, "[gpu 0]\nscheduler=equal-share\n[gpu 1]\ntypes=H100XM-20C x 1\nscheduler=equal-share\n");
    fake_host_sim (host, "hang nvmlDeviceGetVgpuSchedulerCapabilities");
    command_run (host, APPLY_, &run);
    g_assert_cmpint (run.status, ==, 3);
    g_assert_nonnull (
        strstr (run.out, "the vGPU scheduler of GPU " GPU_2 " was left as it is: NVML no longer answers"));
    g_assert_nonnull (strstr (run.out, "the devices of this host were left as they are"));
}

/* Each device that the kernel does not create takes seconds. */
static void
test_one_failure_a_type (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_of (mdevs);
    g_autoptr (JsonObject) report = run_json (host, APPLY_, 1);
    JsonArray *problems = json_object_get_array_member (gpu_of (report), "problem");

    g_assert_cmpuint (json_array_get_length (problems), ==, 1);
    g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (problems, 0), "code"), ==,
                     "VGATE-809");
}

int
main (int argc, char *argv[])
{
    static const char *const states[] = {"taken", "given", "made", "planned"};

    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (reports); i++)
        command_add_test (FOLDER, "report", reports[i].name, i, test_report);
    command_table_add (&table);
    program_add_test ("/devices/again", NULL, test_again);
    program_add_test ("/devices/mdevs", NULL, test_mdevs);
    program_add_test ("/devices/kept", NULL, test_kept);
    program_add_test ("/devices/in-use", NULL, test_in_use);
    program_add_test ("/devices/guest-starts", APPLY_, test_guest_starts);
    program_add_test ("/devices/guest-starts-remove", "device remove --yes " FREE " " LATER ROOT,
                      test_guest_starts);
    for (guint i = 0; i < G_N_ELEMENTS (unfit); i++) {
        g_autofree char *path = g_strdup_printf ("/devices/unfit/%s", unfit[i].name);

        program_add_test (path, GUINT_TO_POINTER (i), test_unfit);
    }
    for (guint i = 0; i < G_N_ELEMENTS (states); i++) {
        g_autofree char *path = g_strdup_printf ("/devices/reserved/%s", states[i]);

        program_add_test (path, states[i], test_reserved);
    }
    program_add_test ("/devices/old-record", NULL, test_old_record);
    program_add_test ("/devices/room-counts", NULL, test_room_counts);
    program_add_test ("/devices/not-made", NULL, test_not_made);
    program_add_test ("/devices/hangs", NULL, test_hangs);
    for (guint i = 0; i < G_N_ELEMENTS (waits); i++) {
        g_autofree char *path = g_strdup_printf ("/devices/wait/%s", waits[i].name);

        program_add_test (path, &waits[i], test_wait);
    }
    program_add_test ("/devices/wait-in-vain", NULL, test_wait_in_vain);
    program_add_test ("/devices/too-many-wait", NULL, test_too_many_wait);
    program_add_test ("/devices/nothing-declared", NULL, test_nothing_declared);
    program_add_test ("/devices/bare-host", NULL, test_bare_host);
    program_add_test ("/devices/settings-without-leases", NULL, test_settings_without_leases);
    program_add_test ("/devices/nvml-hangs", NULL, test_nvml_hangs);
    program_add_test ("/devices/one-failure-a-type", NULL, test_one_failure_a_type);
    command_add_none_left (FOLDER);
    return g_test_run ();
}
