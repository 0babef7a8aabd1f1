/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The driver, or the way to it, fails: the gate answers in time; it refuses by default, and allows with
 * backend-failure=allow. */
#include "golden.h"
#include "hook-case.h"
#include "refusal.h"

#include <string.h>

#define FOLDER      "backend"
#define DEADLINE_MS 300
/* More than the deadline: the start of three programs on a busy machine. */
#define MARGIN_MS 300

static void
add_no_library (FakeHost *host)
{
    case_standard_host (host);
    fake_host_configure (host, "[backend]\nlibrary=$ROOT/libnvidia-ml.so.1\n");
}

static void
add_text_as_library (FakeHost *host)
{
    static const char text[] =
        "This text is longer than the header of an ELF file, so that it can be read as one, "
        "but it is none.\n";

    add_no_library (host);
    fake_host_write_file (host, "libnvidia-ml.so.1", text, strlen (text), 0755);
}

static void
add_empty_library (FakeHost *host)
{
    add_no_library (host);
    fake_host_write_file (host, "libnvidia-ml.so.1", "", 0, 0755);
}

static void
add_directory_as_library (FakeHost *host)
{
    add_no_library (host);
    fake_host_write_file (host, "libnvidia-ml.so.1/file", "", 0, 0644);
}

static void
use_other_library (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_library (host, "libm.so.6");
}

static void
use_unknown_library (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_library (host, "libvgpu-gate-has-none.so.1");
}

static void
crash_driver (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_library (host, program_path ("stub-aborting"));
}

static void
lose_helper (FakeHost *host)
{
    case_standard_host (host);
    fake_host_configure (host, "[backend]\nhelper=$ROOT/none\n");
}

static void
forbid_helper (FakeHost *host)
{
    case_standard_host (host);
    fake_host_write_file (host, "plain-file", "", 0, 0644);
    fake_host_configure (host, "[backend]\nhelper=$ROOT/plain-file\n");
}

static void
set_helper (FakeHost *host, const char *lines)
{
    case_standard_host (host);
    fake_host_set_helper (host, lines);
}

static void
kill_helper (FakeHost *host)
{
    set_helper (host, "kill -KILL $$");
}

static void
end_helper (FakeHost *host)
{
    set_helper (host, "exit 3");
}

static void
print_rubbish (FakeHost *host)
{
    set_helper (host, "echo 'Segmentation fault'");
}

static void
print_endlessly (FakeHost *host)
{
    set_helper (host, "exec cat /dev/zero");
}

static void
print_half (FakeHost *host)
{
    set_helper (host, "\"$HELPER\" | head -c 400");
}

static void
print_more (FakeHost *host)
{
    set_helper (host, "\"$HELPER\"; echo more");
}

static void
lose_identity (FakeHost *host)
{
    case_standard_host (host);
    fake_host_forget_uuid (host);
}

static void
identify_by_machine_id (FakeHost *host)
{
    static const char id[] = "3d1219c7c4c5404aaa1f6d2a48adfda4\n";

    lose_identity (host);
    fake_host_write_file (host, "etc/machine-id", id, strlen (id), 0644);
}

/* The GPU's UUID comes first, if it has one. */
static void
identify_by_board (FakeHost *host)
{
    static const char uuid[] = "4C4C4544-0042-3510-8052-B7C04F4A4D33\n";

    identify_by_machine_id (host);
    fake_host_write_file (host, "sys/class/dmi/id/product_uuid", uuid, strlen (uuid), 0400);
}

static void
identify_by_blank_board (FakeHost *host)
{
    static const char uuid[] = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\n";

    identify_by_machine_id (host);
    fake_host_write_file (host, "sys/class/dmi/id/product_uuid", uuid, strlen (uuid), 0400);
}

/* clang-format off */
static const HookCase failures[] = {
    {.name = "library-missing", .code = 501, .prepare = add_no_library},
    {.name = "library-unknown", .code = 501, .prepare = use_unknown_library},
    {.name = "library-text", .code = 501, .prepare = add_text_as_library},
    {.name = "library-empty", .code = 501, .prepare = add_empty_library},
    {.name = "library-directory", .code = 501, .prepare = add_directory_as_library},
    {.name = "library-other", .code = 502, .prepare = use_other_library},
    {.name = "init", .code = 503, .sim = "fail nvmlInit DRIVER_NOT_LOADED"},
    {.name = "mismatch", .code = 503, .sim = "fail nvmlInit LIB_RM_VERSION_MISMATCH"},
    {.name = "driver-version", .code = 503, .sim = "fail nvmlSystemGetDriverVersion UNKNOWN"},
    {.name = "version-range", .code = 503, .sim = "fail nvmlGetVgpuVersion UNKNOWN"},
    {.name = "count", .code = 503, .sim = "fail nvmlDeviceGetCount UNKNOWN"},
    {.name = "handle", .code = 503, .sim = "fail nvmlDeviceGetHandleByIndex GPU_IS_LOST"},
    {.name = "mode", .code = 503, .sim = "fail nvmlDeviceGetVirtualizationMode GPU_IS_LOST"},
    {.name = "address", .code = 503, .sim = "fail nvmlDeviceGetPciInfo GPU_IS_LOST"},
    {.name = "name", .code = 503, .sim = "fail nvmlDeviceGetName GPU_IS_LOST"},
    {.name = "uuid", .code = 503, .sim = "fail nvmlDeviceGetUUID GPU_IS_LOST"},
    {.name = "metadata", .code = 503, .sim = "fail nvmlDeviceGetVgpuMetadata NO_PERMISSION"},
    {.name = "supported-types", .code = 503, .sim = "fail nvmlDeviceGetSupportedVgpus NOT_SUPPORTED"},
    {.name = "creatable-types", .code = 503, .sim = "fail nvmlDeviceGetCreatableVgpus NOT_SUPPORTED"},
    {.name = "active-vgpus", .code = 503, .sim = "fail nvmlDeviceGetActiveVgpus NOT_SUPPORTED"},
    {.name = "type-name", .code = 503, .sim = "fail nvmlVgpuTypeGetName UNKNOWN"},
    {.name = "type-class", .code = 503, .sim = "fail nvmlVgpuTypeGetClass UNKNOWN"},
    {.name = "type-framebuffer", .code = 503, .sim = "fail nvmlVgpuTypeGetFramebufferSize UNKNOWN"},
    {.name = "type-instances", .code = 503, .sim = "fail nvmlVgpuTypeGetMaxInstances UNKNOWN"},
    {.name = "compatibility", .code = 503, .sim = "fail nvmlGetVgpuCompatibility UNKNOWN"},
    {.name = "driver-crashes", .code = 505, .prepare = crash_driver},
    {.name = "helper-killed", .code = 505, .prepare = kill_helper},
    {.name = "helper-ends", .code = 505, .prepare = end_helper},
    {.name = "helper-rubbish", .code = 505, .prepare = print_rubbish},
    {.name = "helper-endless", .code = 505, .prepare = print_endlessly},
    {.name = "helper-half", .code = 505, .prepare = print_half},
    {.name = "helper-more", .code = 505, .prepare = print_more},
    {.name = "helper-missing", .code = 901, .prepare = lose_helper},
    {.name = "helper-not-executable", .code = 901, .prepare = forbid_helper},
    {.name = "identity", .code = 511, .prepare = lose_identity},
};

/* These failures do not concern the gate. */
static const HookCase successes[] = {
    {.name = "scheduler", .code = 1, .sim = "fail nvmlDeviceGetVgpuSchedulerState UNKNOWN"},
    {.name = "no-vgpu-mode", .code = 506, .sim = "fail nvmlDeviceGetVirtualizationMode NOT_SUPPORTED"},
    {.name = "shutdown", .code = 1, .sim = "fail nvmlShutdown UNKNOWN"},
    {.name = "shutdown-hangs", .code = 1, .sim = "hang nvmlShutdown"},
    {.name = "machine-id", .code = 1, .prepare = identify_by_machine_id, .report = TRUE},
    {.name = "board", .code = 1, .prepare = identify_by_board, .report = TRUE},
    {.name = "blank-board", .code = 1, .prepare = identify_by_blank_board, .report = TRUE},
};
/* clang-format on */

static const char *const hanging_calls[] = {"nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetVgpuMetadata",
                                            "nvmlGetVgpuCompatibility"};

static HookCase
completed (HookCase c)
{
    c.input = "element";
    c.operation = "migrate";
    return c;
}

static void
test_failure (gconstpointer data)
{
    const HookCase c = completed (*(const HookCase *)data);
    g_autofree char *allowed_name = g_strdup_printf ("%s-allowed", c.name);
    HookCase allowed = c;

    case_run (&c, FOLDER);
    allowed.name = allowed_name;
    allowed.config = "[gate]\nbackend-failure=allow\n";
    allowed.code = 4;
    allowed.report = TRUE;
    case_run (&allowed, FOLDER);
}

static void
test_success (gconstpointer data)
{
    const HookCase c = completed (*(const HookCase *)data);

    case_run (&c, FOLDER);
}

static void
test_hang (gconstpointer data)
{
    const char *nvml_call = data;
    g_autofree char *command = g_strdup_printf ("hang %s", nvml_call);
    g_autofree char *name = g_strdup_printf ("hang-%s", nvml_call);
    const HookCase c = {.input = "element"};
    g_autoptr (FakeHost) host = fake_host_new ();
    HookCall call = {.host = host, .domain = CASE_DOMAIN, .operation = "migrate"};
    g_autofree char *xml = case_input (&c, &call.length);
    g_auto (ProgramRun) refused = {0}, allowed = {0};

    case_standard_host (host);
    fake_host_sim (host, command);
    fake_host_configure (host, "[backend]\ndeadline-ms=" G_STRINGIFY (DEADLINE_MS) "\n");
    call.input = xml;
    case_call_hook (&call, &refused);
    /* nobody kills the helper; its own alarm ends it */
    fake_host_assert_helper_ends (host);
    case_assert_refusal (host, &refused, 504, FOLDER, name);
    g_test_message ("answered after %" G_GINT64_FORMAT " ms", refused.duration_us / 1000);
    g_assert_cmpint (refused.duration_us, >=, DEADLINE_MS * 1000);
    g_assert_cmpint (refused.duration_us, <=, (DEADLINE_MS + MARGIN_MS) * 1000);
    fake_host_configure (host, "[gate]\nbackend-failure=allow\n");
    case_call_hook (&call, &allowed);
    case_assert_answer (&allowed, CASE_DOMAIN, 4);
}

/* A driver that hangs does not delay guests that do not need it. */
static void
test_hang_elsewhere (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const inputs[] = {"no-vgpu", "usb", "foreign", "bare-mdev"};

    for (gsize i = 0; i < G_N_ELEMENTS (inputs); i++) {
        const HookCase c = {.input = inputs[i]};
        g_autoptr (FakeHost) host = fake_host_new ();
        HookCall call = {.host = host, .domain = CASE_DOMAIN, .operation = "migrate"};
        g_autofree char *xml = case_input (&c, &call.length);
        g_auto (ProgramRun) run = {0};

        case_standard_host (host);
        fake_host_sim (host, "hang nvmlInit");
        call.input = xml;
        case_call_hook (&call, &run);
        case_assert_answer (&run, CASE_DOMAIN, 2);
        g_assert_false (fake_host_has (host, "helper.pid"));
    }
}

/* As vgpu-sim(1) says: programs of vgpu-gate do not pass $VGPU_SIM_HOST on to the process that opens NVML.
 * A dry run with the variable would otherwise judge another host than the hook does. */
static void
test_environment (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *path = fake_host_path (host, "environ"), *environment = NULL;
    const HookCase c = {.input = "element"};
    HookCall call = {.host = host, .domain = CASE_DOMAIN, .operation = "migrate"};
    g_autofree char *xml = case_input (&c, &call.length);
    g_autofree char *script = g_strdup_printf ("cat /proc/$$/environ >%s; exec $HELPER", path);
    g_auto (ProgramRun) run = {0};
    gsize length;

    case_standard_host (host);
    fake_host_set_helper (host, script);
    call.input = xml;
    program_run_by ("env VGPU_SIM_HOST=/nowhere/host.conf");
    case_call_hook (&call, &run);
    program_run_by (NULL);
    case_assert_answer (&run, CASE_DOMAIN, 1);
    g_assert_true (g_file_get_contents (path, &environment, &length, NULL));
    g_assert_nonnull (memmem (environment, length, "PATH=", strlen ("PATH=")));
    g_assert_null (memmem (environment, length, "VGPU_SIM_HOST", strlen ("VGPU_SIM_HOST")));
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    refusal_assert_none_left (FOLDER);
    golden_assert_none_left (FOLDER, ".report");
}

static void
add_cases (const HookCase *cases, gsize n_cases, GTestDataFunc function)
{
    for (gsize i = 0; i < n_cases; i++) {
        g_autofree char *path = g_strdup_printf ("/backend/%s", cases[i].name);

        program_add_test (path, &cases[i], function);
    }
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    add_cases (failures, G_N_ELEMENTS (failures), test_failure);
    add_cases (successes, G_N_ELEMENTS (successes), test_success);
    for (gsize i = 0; i < G_N_ELEMENTS (hanging_calls); i++) {
        g_autofree char *path = g_strdup_printf ("/backend/hang/%s", hanging_calls[i]);

        program_add_test (path, hanging_calls[i], test_hang);
    }
    program_add_test ("/backend/hang-elsewhere", NULL, test_hang_elsewhere);
    program_add_test ("/backend/environment", NULL, test_environment);
    program_add_test ("/none-left/backend", NULL, test_none_left);
    return g_test_run ();
}
