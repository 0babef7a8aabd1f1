/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "self-check/self-check.h"

#include "base/descriptor.h"
#include "base/date-time.h"
#include "base/run-directory.h"
#include "declared/apply.h"
#include "driver/probe.h"
#include "host/host.h"
#include "host/identity.h"
#include "host/provider-lock.h"
#include "policy/exception.h"
#include "self-check/confinement.h"
#include "self-check/libvirt-daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOOK_PROGRAM  VGATE_SBINDIR "/vgpu-gate-hook"
#define HOOK_LINK     "qemu.d/50-vgpu-gate"
#define BUS_PREFIX    "unix:path="
#define QEMU_PROFILE  "/etc/apparmor.d/abstractions/libvirt-qemu.d/vgpu-gate"
#define AS_ROOT       "sudo vgpu-gate self-check"
#define SELINUX_TYPES ":bin_t:"
/* A process has the time of its start in clock ticks, and the uptime has 10 ms: so much can be wrong. A
 * link that was created that close to the start counts as newer: libvirtd has looked for hooks within a few
 * ms, and one reload too many does no harm. */
#define TICK_US 20000

/* UUIDs that manufacturers put into the DMI of many boards. (Only zeros and only f's do not count as a UUID:
 * host/identity.h.) */
static const char *const shared_uuids[] = {
    "03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc", "4c4c4544-0000-2010-8020-80c04f202020",
    "fefefefe-fefe-fefe-fefe-fefefefefefe", "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff"};

/* What several checks need. */
typedef struct {
    const VgateSelfCheckRequest *request;
    VgateLibvirtDaemon daemon;
    GPtrArray *hooks;             /* of VgateLibvirtHook * */
    const VgateLibvirtHook *ours; /* the first one that libvirt can run, or else the first one; or NULL */
    GPtrArray *items;
} Run;

G_GNUC_PRINTF (5, 6)
static void
add (Run *run, const char *name, VgateSelfCheckResult result, char *remedy, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start (arguments, format);
    text = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    vgate_self_check_items_take (run->items, name, result, text, remedy);
}

/* Without its full stop, as a command or a sentence in a list. */
static char *
cure_of (int code)
{
    return g_strdup (vgate_code_info (code)->cure);
}

/* "2026-11-23T22:00:00Z" */
static char *
format_time (gint64 us)
{
    char *time = vgate_time_format (us / G_USEC_PER_SEC);

    return time ? time : g_strdup ("?");
}

/* --- libvirt and the hook --- */

static char *
reload_command (const Run *run)
{
    return g_strdup_printf ("systemctl reload %s", run->daemon.name);
}

static void
check_hook_link (Run *run)
{
    const char *directory = run->daemon.hooks;
    const VgateLibvirtHook *ours = run->ours;
    guint n_ours = 0;

    for (guint i = 0; i < run->hooks->len; i++) {
        const VgateLibvirtHook *hook = g_ptr_array_index (run->hooks, i);

        n_ours += hook->is_ours && hook->is_executable ? 1 : 0;
    }
    if (!ours)
        add (run, "hook-link", VGATE_SELF_CHECK_FAIL,
             g_strdup_printf ("mkdir -p %s/qemu.d && ln -s %s %s/%s && systemctl reload %s", directory,
                              HOOK_PROGRAM, directory, HOOK_LINK, run->daemon.name),
             "libvirt runs no hook of vgpu-gate: '%s/qemu.d' has no link to vgpu-gate-hook", directory);
    else if (!ours->exists)
        add (run, "hook-link", VGATE_SELF_CHECK_FAIL,
             g_strdup_printf ("install vgpu-gate; or, if its hook is in another place: ln -sfn %s %s && "
                              "systemctl reload %s",
                              HOOK_PROGRAM, ours->path, run->daemon.name),
             "libvirt skips '%s': it leads to '%s', which does not exist", ours->path, ours->target);
    else if (!ours->is_executable)
        add (run, "hook-link", VGATE_SELF_CHECK_FAIL,
             g_strdup_printf ("chmod 0755 %s && systemctl reload %s", ours->target, run->daemon.name),
             "libvirt skips '%s': '%s' is not executable", ours->path, ours->target);
    else if (n_ours > 1)
        add (run, "hook-link", VGATE_SELF_CHECK_WARN,
             g_strdup_printf ("remove all links to vgpu-gate-hook in '%s' but one", directory),
             "libvirt runs vgpu-gate-hook %u times at each event, '%s' first", n_ours, ours->path);
    else
        add (run, "hook-link", VGATE_SELF_CHECK_PASS, NULL, "libvirt runs '%s' as '%s'", ours->target,
             ours->path);
}

/* Another hook that was there when the daemon looked for hooks, so that it reads the directory at each event;
 * NULL if no other hook was there. */
static const VgateLibvirtHook *
find_older (const Run *run, gint64 looked)
{
    for (guint i = 0; i < run->hooks->len; i++) {
        const VgateLibvirtHook *hook = g_ptr_array_index (run->hooks, i);

        if (hook != run->ours && hook->is_executable && hook->changed <= looked - TICK_US)
            return hook;
    }
    return NULL;
}

static void
check_hook_loaded (Run *run)
{
    const VgateSelfCheckRequest *request = run->request;
    g_autofree char *unit = g_strconcat (run->daemon.name, ".service", NULL);
    const gint64 reloaded = request->last_reload && run->daemon.pid > 0 ? request->last_reload (unit) : 0;
    const gint64 looked = MAX (run->daemon.started, reloaded);
    const VgateLibvirtHook *older;
    g_autofree char *looked_text = NULL, *changed_text = NULL;

    /* hook-link has said what is wrong */
    if (!run->ours || !run->ours->is_executable)
        return;
    looked_text = format_time (looked);
    changed_text = format_time (run->ours->changed);
    older = find_older (run, looked);
    if (run->daemon.pid == 0)
        add (run, "hook-loaded", VGATE_SELF_CHECK_PASS, NULL,
             "neither libvirtd nor virtqemud runs; they look for hooks when they start");
    else if (run->daemon.started == 0)
        add (run, "hook-loaded", VGATE_SELF_CHECK_UNKNOWN, reload_command (run),
             "cannot tell when %s (pid %u) was started", run->daemon.name, run->daemon.pid);
    else if (run->ours->changed <= looked - TICK_US)
        add (run, "hook-loaded", VGATE_SELF_CHECK_PASS, NULL,
             "%s (pid %u) looked for hooks at %s, when the link was there", run->daemon.name, run->daemon.pid,
             looked_text);
    else if (older)
        add (run, "hook-loaded", VGATE_SELF_CHECK_PASS, NULL,
             "the link is newer than %s (pid %u), but libvirt reads '%s' at each event, because "
             "'%s' was there",
             run->daemon.name, run->daemon.pid, run->daemon.hooks, older->path);
    else
        add (run, "hook-loaded", VGATE_SELF_CHECK_FAIL, reload_command (run),
             "%s (pid %u) looked for hooks at %s, and the link was created at %s; a reload by "
             "'kill -HUP' leaves no trace",
             run->daemon.name, run->daemon.pid, looked_text, changed_text);
}

static void
check_hook_chain (Run *run)
{
    g_autoptr (GString) before = g_string_new (NULL), after = g_string_new (NULL);
    gboolean is_after = FALSE;

    for (guint i = 0; i < run->hooks->len; i++) {
        const VgateLibvirtHook *hook = g_ptr_array_index (run->hooks, i);
        GString *list = is_after ? after : before;

        is_after = is_after || hook == run->ours;
        if (!hook->is_ours && hook->is_executable)
            g_string_append_printf (list, "%s'%s'", list->len > 0 ? ", " : "", hook->path);
    }
    if (before->len == 0 && after->len == 0)
        add (run, "hook-chain", VGATE_SELF_CHECK_PASS, NULL, "libvirt runs no other hook for guests");
    else
        add (run, "hook-chain", VGATE_SELF_CHECK_WARN,
             g_strdup ("see that these scripts print nothing, or the XML that they read with their changes"),
             "other hooks see the same XML: %s%s%s%s%s", before->str,
             before->len > 0 ? " before vgpu-gate-hook, which judges what they print" : "",
             before->len > 0 && after->len > 0 ? "; " : "", after->str,
             after->len > 0 ? " after it, whose output replaces the device that it has chosen" : "");
}

/* --- the configuration --- */

/* What the configuration allows and the defaults refuse: "missing-metadata=allow, gpu-undecided=warn". */
static char *
list_relaxed (const VgatePolicy *policy)
{
    g_autoptr (GString) list = g_string_new (NULL);

    if (policy->allow_missing_metadata)
        g_string_append (list, ", missing-metadata=allow");
    if (policy->allow_backend_failure)
        g_string_append (list, ", backend-failure=allow");
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++) {
        const VgateRuleInfo *info = vgate_rule_info (rule);

        if (info->severity == VGATE_SEVERITY_REFUSE && policy->severities[rule] != VGATE_SEVERITY_REFUSE)
            g_string_append_printf (list, ", %s=%s", info->name,
                                    vgate_severity_name (policy->severities[rule]));
    }
    return g_strdup (list->len > 0 ? list->str + 2 : "");
}

static void
check_configuration (Run *run)
{
    const VgateSelfCheckRequest *request = run->request;
    const GError *error = request->config_error;
    g_autofree char *relaxed = NULL;
    char code[VGATE_CODE_TEXT_SIZE];

    if (!request->policy) {
        /* another user may not read the key file */
        const gboolean is_root = geteuid () == 0 || !vgate_error_is (error, VGATE_CODE_CONFIG_UNREADABLE);

        add (run, "configuration", is_root ? VGATE_SELF_CHECK_FAIL : VGATE_SELF_CHECK_UNKNOWN,
             is_root ? cure_of (error->code) : g_strdup (AS_ROOT), "%s: %s",
             vgate_code_format (error->code, code), error->message);
        return;
    }
    relaxed = list_relaxed (request->policy);
    if (*relaxed != '\0')
        add (run, "configuration", VGATE_SELF_CHECK_WARN,
             g_strdup_printf ("remove these lines from '%s', and run 'systemctl reload vgpu-gated'",
                              request->config_path),
             "the configuration allows guests that are refused by default: %s", relaxed);
    else if (access (request->config_path, F_OK) != 0)
        add (run, "configuration", VGATE_SELF_CHECK_PASS, NULL,
             "'%s' does not exist: the defaults are in force", request->config_path);
    else
        add (run, "configuration", VGATE_SELF_CHECK_PASS, NULL,
             "'%s' is valid, and belongs to the right user", request->config_path);
}

static void
check_mode (Run *run)
{
    const VgatePolicy *policy = run->request->policy;
    const char *config = run->request->config_path;
    g_autofree char *domains = NULL;

    if (!policy)
        return;
    domains = policy->report_domains ? g_strjoinv ("', '", policy->report_domains) : g_strdup ("");
    if (policy->is_report_only)
        add (run, "mode", VGATE_SELF_CHECK_WARN,
             g_strdup_printf ("set mode=enforce in [gate] of '%s', and run 'systemctl reload vgpu-gated'",
                              config),
             "this host only reports (mode=report): no guest is refused, and no job is stopped");
    else if (*domains != '\0')
        add (run, "mode", VGATE_SELF_CHECK_WARN,
             g_strdup_printf (
                 "remove report-domains from [gate] of '%s', and run 'systemctl reload vgpu-gated'", config),
             "of some domains this host only reports (report-domains): '%s'", domains);
    else
        add (run, "mode", VGATE_SELF_CHECK_PASS, NULL, "refusals are enforced (mode=enforce)");
}

/* No item when no arrival is allowed, as nearly always. */
static void
check_allowed_once (Run *run)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) all = vgate_exceptions_read (run->request->root, &error);
    g_autoptr (GString) domains = g_string_new (NULL);

    if (!all) {
        add (run, "allowed-once", VGATE_SELF_CHECK_WARN,
             g_strdup_printf ("as root: ls -l " VGATE_RUN_DIRECTORY "; vgpu-gate explain %d", error->code),
             "it is not known whether an arrival of a guest is allowed once: %s", error->message);
        return;
    }
    for (guint i = 0; i < all->len; i++)
        g_string_append_printf (domains, "%s'%s'", i > 0 ? ", " : "",
                                ((const VgateException *)g_ptr_array_index (all, i))->domain);
    if (all->len > 0)
        add (run, "allowed-once", VGATE_SELF_CHECK_WARN,
             g_strdup ("if the guest is not to arrive any more: vgpu-gate allow-once --withdraw DOMAIN"),
             "one arrival of these guests is allowed, whatever the gate decides: %s", domains->str);
}

static void
check_fleet_key (Run *run)
{
    const VgatePolicy *policy = run->request->policy;

    /* what is wrong with a key is an error of the configuration */
    if (!policy)
        return;
    if (policy->seal_key)
        add (run, "fleet-key", VGATE_SELF_CHECK_PASS, NULL,
             "the fleet key has %" G_GSIZE_FORMAT " bytes, and only its owner can read it",
             g_bytes_get_size (policy->seal_key));
    else
        add (run, "fleet-key", VGATE_SELF_CHECK_PASS, NULL,
             "no fleet key is configured: captures are not sealed, and those of other hosts need no seal");
}

/* --- the driver --- */

static void
check_driver (Run *run)
{
    const VgatePolicy *policy = run->request->policy;
    g_auto (VgateIdentity) identity = {0};
    g_autoptr (VgateProbe) probe = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (GString) unusable = g_string_new (NULL);
    char code[VGATE_CODE_TEXT_SIZE];
    const VgateHost *host;

    if (!policy || !run->request->ask_nvml)
        return;
    /* the answer names this host; without a UUID, which another check reports, any name is good */
    if (!vgate_identity_read (run->request->root, policy->host_uuid, &identity, NULL)) {
        identity.name = g_strdup (g_get_host_name ());
        identity.uuid = g_strdup (shared_uuids[0]);
    }
    probe = vgate_probe_ask (&policy->backend, &(VgateProbing){.identity = &identity}, &error);
    if (!probe) {
        add (run, "nvml", VGATE_SELF_CHECK_FAIL, cure_of (error->code), "%s: %s",
             vgate_code_format (error->code, code), error->message);
        return;
    }
    host = probe->host;
    if (host->simulated)
        add (run, "nvml", VGATE_SELF_CHECK_WARN,
             g_strdup ("set library=libnvidia-ml.so.1 in [backend] of the configuration"),
             "the library '%s' is the simulated driver: it has no real vGPU", policy->backend.library);
    else
        add (run, "nvml", VGATE_SELF_CHECK_PASS, NULL, "NVML answers: library '%s', driver %s",
             policy->backend.library, host->driver);
    for (guint i = 0; i < host->unusable->len; i++) {
        g_autofree char *gpu = vgate_unusable_gpu_describe (g_ptr_array_index (host->unusable, i));

        g_string_append_printf (unusable, "%s%s", i > 0 ? "; " : "", gpu);
    }
    if (unusable->len > 0)
        add (run, "gpus", VGATE_SELF_CHECK_WARN, cure_of (VGATE_CODE_GPU_UNUSABLE),
             "%u in vGPU host mode; %s", host->pgpus->len, unusable->str);
    else if (host->pgpus->len == 0)
        add (run, "gpus", VGATE_SELF_CHECK_WARN, cure_of (VGATE_CODE_NO_PGPU),
             "no physical GPU is in vGPU host mode, so every guest with a vGPU is refused");
    else
        add (run, "gpus", VGATE_SELF_CHECK_PASS, NULL, "%u physical GPU%s in vGPU host mode",
             host->pgpus->len, host->pgpus->len == 1 ? " is" : "s are");
}

/* The first problem, with its code, and how many more there are. The caller frees it. */
static char *
describe_problems (const VgateDeclaredReport *report)
{
    const guint n = vgate_declared_report_n_problems (report);
    const GError *first = report->problems->len > 0 ? g_ptr_array_index (report->problems, 0) : NULL;
    char code[VGATE_CODE_TEXT_SIZE];

    for (guint i = 0; !first && i < report->gpus->len; i++) {
        const VgateGpuReport *gpu = g_ptr_array_index (report->gpus, i);

        first = gpu->problems->len > 0 ? g_ptr_array_index (gpu->problems, 0) : NULL;
    }
    return n > 1 ? g_strdup_printf ("%s: %s; and %u more", vgate_code_format (first->code, code),
                                    first->message, n - 1)
                 : g_strdup_printf ("%s: %s", vgate_code_format (first->code, code), first->message);
}

static void
check_devices (Run *run)
{
    const VgateSelfCheckRequest *request = run->request;
    g_autofree char *path = vgate_declaration_default_path (request->root), *problems = NULL;
    g_autoptr (VgateDeclaration) declaration = NULL;
    g_autoptr (VgateDeclaredReport) report = NULL;
    g_autoptr (GError) error = NULL;
    char code[VGATE_CODE_TEXT_SIZE];

    if (!request->policy || !request->ask_nvml || access (path, F_OK) != 0)
        return;
    if (geteuid () != 0 && *request->root == '\0') {
        add (run, "devices", VGATE_SELF_CHECK_UNKNOWN, g_strdup (AS_ROOT),
             "only root can see whether the vGPU devices are as devices.conf declares");
        return;
    }
    declaration = vgate_declaration_read (path, &error);
    if (!declaration) {
        add (run, "devices", VGATE_SELF_CHECK_WARN, cure_of (error->code), "%s: %s",
             vgate_code_format (error->code, code), error->message);
        return;
    }
    report = vgate_declared_run (&(VgateDeclaredRequest){
        .root = request->root, .policy = request->policy, .declaration = declaration});
    if (vgate_declared_report_result (report) == VGATE_DECLARED_DONE) {
        add (run, "devices", VGATE_SELF_CHECK_PASS, NULL, "the vGPU devices are as devices.conf declares");
        return;
    }
    problems = describe_problems (report);
    add (run, "devices",
         vgate_declared_report_result (report) == VGATE_DECLARED_UNKNOWN ? VGATE_SELF_CHECK_UNKNOWN
                                                                         : VGATE_SELF_CHECK_WARN,
         g_strdup ("vgpu-gate devices apply"), "%s", problems);
}

/* --- vgpu-gated --- */

static void
check_agent (Run *run)
{
    static const char restart[] = "systemctl restart vgpu-gated";
    const VgateSelfCheckAgent *agent = run->request->agent;
    char code[VGATE_CODE_TEXT_SIZE];

    if (!agent)
        return;
    if (agent->is_forbidden)
        add (run, "vgpu-gated", VGATE_SELF_CHECK_UNKNOWN, g_strdup (AS_ROOT), "only root can ask vgpu-gated");
    else if (agent->error)
        add (run, "vgpu-gated", VGATE_SELF_CHECK_FAIL,
             g_strdup (vgate_error_is (agent->error, VGATE_CODE_AGENT_ANSWER)
                           ? restart
                           : "systemctl enable --now vgpu-gated"),
             "%s: %s", vgate_code_format (agent->error->code, code), agent->error->message);
    else if (strcmp (agent->version, VGATE_VERSION) != 0)
        add (run, "vgpu-gated", VGATE_SELF_CHECK_FAIL, g_strdup (restart),
             "vgpu-gated runs with version %s, and version " VGATE_VERSION " is installed", agent->version);
    else if (!agent->is_connected)
        add (run, "vgpu-gated", VGATE_SELF_CHECK_FAIL,
             g_strdup_printf ("systemctl start %s", run->daemon.name),
             "vgpu-gated runs, but is not connected to libvirt, so that it captures nothing");
    else
        add (run, "vgpu-gated", VGATE_SELF_CHECK_PASS, NULL,
             "vgpu-gated " VGATE_VERSION " runs, and is connected to libvirt");
}

static void
check_bus (Run *run)
{
    const VgateSelfCheckRequest *request = run->request;
    const char *bus = request->policy ? request->policy->switch_over_bus : NULL;
    g_autofree char *socket = NULL;
    struct stat status;

    if (!request->policy)
        return;
    if (!bus) {
        add (run, "bus", VGATE_SELF_CHECK_PASS, NULL,
             "the gate at switch-over is off: bus= in [switch-over] of the configuration is empty");
        return;
    }
    socket = g_strconcat (request->root, bus + strlen (BUS_PREFIX), NULL);
    if (vgate_provider_lock_is_held (request->root))
        add (run, "bus", VGATE_SELF_CHECK_PASS, NULL, "vgpu-gated serves the gate at switch-over on '%s'",
             bus);
    else if (stat (socket, &status) != 0 || !S_ISSOCK (status.st_mode))
        add (run, "bus", VGATE_SELF_CHECK_WARN,
             g_strdup (
                 "systemctl start vgpu-gate-bus, or leave bus= in [switch-over] of the configuration empty"),
             "no bus is at '%s': guests with the gate at switch-over are refused", bus);
    else
        add (run, "bus", VGATE_SELF_CHECK_WARN, g_strdup ("systemctl restart vgpu-gated"),
             "vgpu-gated does not serve the bus at '%s': guests with the gate at switch-over are refused",
             bus);
}

/* --- confinement --- */

static void
check_confinement (Run *run)
{
    const VgateSelfCheckRequest *request = run->request;
    const char *program = run->ours ? run->ours->target : HOOK_PROGRAM;
    const char *bus = request->policy ? request->policy->switch_over_bus : NULL;
    g_autofree char *profile = NULL, *label = NULL, *abstraction = NULL, *name = NULL;
    const VgateAppArmor apparmor =
        vgate_apparmor_may_run (request->root, run->daemon.name, run->daemon.pid, program, &profile);
    const VgateSelinux selinux = vgate_selinux_read (request->root, program, &label);

    name = profile ? g_path_get_basename (profile) : NULL;
    abstraction = g_strconcat (request->root, QEMU_PROFILE, NULL);
    if (apparmor == VGATE_APPARMOR_FORBIDS)
        add (run, "confinement", VGATE_SELF_CHECK_FAIL,
             g_strdup_printf ("echo '%s PUx,' >>/etc/apparmor.d/local/%s && apparmor_parser -r %s", program,
                              name, profile),
             "AppArmor does not let %s run '%s': no rule of '%s' names it, so no guest can start",
             run->daemon.name, program, profile);
    else if (apparmor == VGATE_APPARMOR_UNREADABLE)
        add (run, "confinement", VGATE_SELF_CHECK_UNKNOWN, g_strdup (AS_ROOT),
             "the AppArmor profile '%s' cannot be read", profile);
    else if (apparmor == VGATE_APPARMOR_ALLOWS && bus && !g_file_test (abstraction, G_FILE_TEST_EXISTS))
        add (run, "confinement", VGATE_SELF_CHECK_WARN,
             g_strdup_printf ("echo '%s rw,' >%s", bus + strlen (BUS_PREFIX), QEMU_PROFILE),
             "'%s' does not exist, so that AppArmor may not let QEMU connect to the bus", QEMU_PROFILE);
    else if (apparmor == VGATE_APPARMOR_ALLOWS)
        add (run, "confinement", VGATE_SELF_CHECK_PASS, NULL, "AppArmor lets %s run '%s'", run->daemon.name,
             program);
    else if (selinux == VGATE_SELINUX_ENFORCING && (!label || !strstr (label, SELINUX_TYPES)))
        add (run, "confinement", VGATE_SELF_CHECK_WARN, g_strdup_printf ("restorecon -v %s", program),
             "SELinux is enforcing, and '%s' has %s%s, not the type bin_t", program,
             label ? "the label " : "no label", label ? label : "");
    else if (selinux == VGATE_SELINUX_ENFORCING)
        add (run, "confinement", VGATE_SELF_CHECK_PASS, NULL,
             "SELinux is enforcing, and '%s' has the label %s; 'ausearch -m avc' shows what was denied",
             program, label);
    else
        add (run, "confinement", VGATE_SELF_CHECK_PASS, NULL, "neither AppArmor nor SELinux confines %s",
             run->daemon.name);
}

/* --- clock and identity --- */

static void
check_clock (Run *run)
{
    const VgatePolicy *policy = run->request->policy;

    if (!policy || run->request->clock == VGATE_SELF_CHECK_CLOCK_SKIPPED)
        return;
    if (policy->max_age == 0 && policy->host_max_age == 0)
        add (run, "clock", VGATE_SELF_CHECK_PASS, NULL,
             "max-age and host-max-age are 0, so that no age is judged by the clock");
    else if (run->request->clock == VGATE_SELF_CHECK_CLOCK_SYNCHRONISED)
        add (run, "clock", VGATE_SELF_CHECK_PASS, NULL, "the clock is synchronised");
    else if (run->request->clock == VGATE_SELF_CHECK_CLOCK_UNKNOWN)
        add (run, "clock", VGATE_SELF_CHECK_UNKNOWN, g_strdup ("timedatectl"),
             "cannot tell whether the clock is synchronised");
    else
        add (run, "clock", VGATE_SELF_CHECK_WARN, g_strdup ("timedatectl set-ntp true"),
             "the clock is not synchronised, and the age of captures is judged by it "
             "(max-age=%" G_GINT64_FORMAT ", host-max-age=%" G_GINT64_FORMAT ")",
             policy->max_age, policy->host_max_age);
}

/* Adds an item about the host documents in the fleet's directory. */
static void
check_fleet (Run *run, const VgateIdentity *identity)
{
    const char *fleet = run->request->fleet;
    g_autofree char *folder = g_build_filename (fleet, "hosts", NULL);
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    const int error_number = errno;
    g_autoptr (GString) same = g_string_new (NULL), bad = g_string_new (NULL);
    const char *name;
    guint n = 0;

    if (!dir) {
        add (run, "fleet", VGATE_SELF_CHECK_UNKNOWN, g_strdup ("give a directory with hosts/NAME.xml"),
             "cannot open '%s': %s", folder, g_strerror (error_number));
        return;
    }
    while ((name = g_dir_read_name (dir))) {
        g_autoptr (GByteArray) bytes = g_byte_array_new ();
        g_autoptr (GError) why = NULL;
        g_autoptr (VgateHost) host = NULL;
        g_autofree char *path = g_build_filename (folder, name, NULL);

        if (!g_str_has_suffix (name, ".xml"))
            continue;
        n++;
        if (vgate_read_file (AT_FDCWD, path, VGATE_XML_SIZE_MAX, bytes))
            host = vgate_host_read ((const char *)bytes->data, bytes->len, &why);
        if (!host)
            g_string_append_printf (bad, "%s'%s'", bad->len > 0 ? ", " : "", name);
        else if (strcmp (host->uuid, identity->uuid) == 0 && strcmp (host->name, identity->name) != 0)
            g_string_append_printf (same, "%s'%s' ('%s')", same->len > 0 ? ", " : "", host->name, name);
    }
    if (same->len > 0)
        add (run, "fleet", VGATE_SELF_CHECK_FAIL,
             g_strdup (
                 "run 'uuidgen' on one of the hosts, and set uuid= in [host] of its configuration to that"),
             "another host has the UUID %s of this one: %s", identity->uuid, same->str);
    else if (bad->len > 0)
        add (run, "fleet", VGATE_SELF_CHECK_UNKNOWN,
             g_strdup ("run 'vgpu-gate host' on these hosts again, and replace the files with its output"),
             "of %u host documents in '%s', these cannot be read: %s", n, folder, bad->str);
    else if (n == 0)
        add (run, "fleet", VGATE_SELF_CHECK_UNKNOWN, g_strdup ("give a directory with hosts/NAME.xml"),
             "'%s' has no host documents", folder);
    else
        add (run, "fleet", VGATE_SELF_CHECK_PASS, NULL, "no other host of %u documents in '%s' has this UUID",
             n, folder);
}

static void
check_identity (Run *run)
{
    const VgateSelfCheckRequest *request = run->request;
    const char *configured = request->policy ? request->policy->host_uuid : NULL;
    g_auto (VgateIdentity) identity = {0};
    g_autoptr (GError) error = NULL;
    gboolean is_shared = FALSE;

    if (!vgate_identity_read (request->root, configured, &identity, &error)) {
        /* the configuration that cannot be read may have it */
        if (!request->policy)
            return;
        add (run, "host-uuid", VGATE_SELF_CHECK_FAIL, cure_of (error->code), "%s", error->message);
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS (shared_uuids); i++)
        is_shared = is_shared || strcmp (identity.uuid, shared_uuids[i]) == 0;
    if (is_shared)
        add (run, "host-uuid", VGATE_SELF_CHECK_FAIL,
             g_strdup ("run 'uuidgen', and set uuid= in [host] of the configuration to that"),
             "the UUID %s of this host is one that many hosts have", identity.uuid);
    else
        add (run, "host-uuid", VGATE_SELF_CHECK_PASS, NULL, "this host has the UUID %s, from %s",
             identity.uuid, configured ? "the configuration" : "DMI or /etc/machine-id");
    if (request->fleet)
        check_fleet (run, &identity);
}

/* --- all --- */

GPtrArray *
vgate_self_check_run (const VgateSelfCheckRequest *request)
{
    Run run = {.request = request, .items = vgate_self_check_items_new ()};

    vgate_libvirt_daemon_find (request->root, request->now, &run.daemon);
    run.hooks = vgate_libvirt_hooks_list (request->root, run.daemon.hooks);
    for (guint i = 0; i < run.hooks->len; i++) {
        const VgateLibvirtHook *hook = g_ptr_array_index (run.hooks, i);

        if (hook->is_ours && (!run.ours || (hook->is_executable && !run.ours->is_executable)))
            run.ours = hook;
    }
    check_hook_link (&run);
    check_hook_loaded (&run);
    check_hook_chain (&run);
    check_configuration (&run);
    check_mode (&run);
    check_allowed_once (&run);
    check_fleet_key (&run);
    check_driver (&run);
    check_devices (&run);
    check_agent (&run);
    check_bus (&run);
    check_confinement (&run);
    check_clock (&run);
    check_identity (&run);
    g_ptr_array_unref (run.hooks);
    vgate_libvirt_daemon_clear (&run.daemon);
    return run.items;
}
