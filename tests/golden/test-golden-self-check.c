/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate self-check: each line in each of its states, as text and as JSON. */
#include "command-table.h"
#include "declared/declaration.h"
#include "golden.h"
#include "self-check/confinement.h"
#include "self-check/self-check.h"
#include "status/address.h"
#include "../test-glib.h"

#include <errno.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define FOLDER "self-check"
#define HOOK   "usr/sbin/vgpu-gate-hook"
#define HOOKS  "etc/libvirt/hooks"
#define LINK   HOOKS "/qemu.d/50-vgpu-gate"
#define KEY    "fleet.key"

/* --- a host that is gated --- */

static void
write_text (FakeHost *host, const char *name, const char *text)
{
    fake_host_write_file (host, name, text, strlen (text), 0644);
}

static void
write_script (FakeHost *host, const char *name)
{
    static const char script[] = "#!/bin/sh\n";

    fake_host_write_file (host, name, script, strlen (script), 0755);
}

static void
remove_file (FakeHost *host, const char *name)
{
    g_autofree char *path = fake_host_path (host, name);

    g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
link_to (FakeHost *host, const char *name, const char *target)
{
    g_autofree char *path = fake_host_path (host, name), *directory = g_path_get_dirname (path);

    g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
    g_assert_cmpint (symlink (target, path), ==, 0);
}

/* A process that was started so many seconds from now, on a machine that runs for a day. */
static void
add_process (FakeHost *host, guint pid, const char *name, int start)
{
    g_autofree char *directory = g_strdup_printf ("proc/%u", pid);
    g_autofree char *status = g_strdup_printf ("Name:\t%s\nUid:\t0\t0\t0\t0\nNSpid:\t%u\n", name, pid);
    g_autofree char *stat =
        g_strdup_printf ("%u (%s) S 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 17 0 %ld 0 0\n", pid, name,
                         (86400 + start) * sysconf (_SC_CLK_TCK));
    g_autofree char *status_path = g_build_filename (directory, "status", NULL);
    g_autofree char *stat_path = g_build_filename (directory, "stat", NULL);

    write_text (host, "proc/uptime", "86400.00 80000.00\n");
    write_text (host, status_path, status);
    write_text (host, stat_path, stat);
}

/* The daemon has the library mapped, which contains the directory of the hooks. */
static void
map_library (FakeHost *host, guint pid, const char *directory)
{
    g_autofree char *maps = g_strdup_printf ("proc/%u/maps", pid);
    g_autoptr (GString) library = g_string_new ("ELF");

    g_string_append_c (library, '\0');
    g_string_append (library, directory);
    g_string_append_c (library, '\0');
    fake_host_write_file (host, "usr/lib/libvirt.so.0", library->str, library->len, 0644);
    write_text (host, maps,
                "7f00-7f01 r-xp 00000000 fe:01 4711    /usr/lib/libc.so.6\n"
                "7f01-7f02 r-xp 00000000 fe:01 4712    /usr/lib/libvirt.so.0\n");
}

/* A gated host without a fleet key: its libvirtd was started after the link was created. */
static void
no_key (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_library (host, program_path ("stub-real"));
    write_script (host, HOOK);
    link_to (host, LINK, "/" HOOK);
    add_process (host, 812, "libvirtd", 3600);
    map_library (host, 812, "/" HOOKS);
    fake_host_configure (host, "[gate]\nmax-age=3600\n[rules]\ntime-in-future=refuse\n");
    fake_host_serve_switchover (host);
    write_text (host, "run/systemd/timesync/synchronized", "");
}

static void
gated (FakeHost *host)
{
    static const char key[] = "0123456789abcdef0123456789abcdef";

    no_key (host);
    fake_host_write_file (host, KEY, key, strlen (key), 0600);
    fake_host_configure (host, "[seal]\nkey-file=$ROOT/" KEY "\n");
}

/* --- devices.conf --- */

static void
declare (FakeHost *host, const char *text)
{
    g_autofree char *path = vgate_declaration_default_path (""), *name = g_strdup (path + 1);

    write_text (host, name, text);
}

static void
devices (FakeHost *host)
{
    gated (host);
    declare (host, "[gpu 0]\nscheduler=best-effort\n");
}

/* After the driver was loaded again. */
static void
devices_differ (FakeHost *host)
{
    gated (host);
    declare (host, "[host]\nversion-range=18.1-24.1\n[gpu 0]\nscheduler=equal-share\n");
}

/* --- hooks --- */

static void
no_link (FakeHost *host)
{
    gated (host);
    remove_file (host, LINK);
}

static void
dangling (FakeHost *host)
{
    gated (host);
    remove_file (host, HOOK);
}

static void
not_executable (FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, HOOK);

    gated (host);
    g_assert_cmpint (chmod (path, 0644), ==, 0);
}

static void
other_directory (FakeHost *host)
{
    gated (host);
    map_library (host, 812, "/usr/local/etc/libvirt/hooks");
}

static void
two_links (FakeHost *host)
{
    gated (host);
    link_to (host, HOOKS "/qemu", "qemu.d/50-vgpu-gate");
}

static void
link_is_newer (FakeHost *host)
{
    gated (host);
    add_process (host, 812, "libvirtd", -3600);
}

static void
modular (FakeHost *host)
{
    gated (host);
    add_process (host, 900, "virtqemud", -3600);
    map_library (host, 900, "/" HOOKS);
}

/* A container's daemon, and one of an ordinary user, are not the system's. */
static void
only_others (FakeHost *host)
{
    gated (host);
    write_text (host, "proc/812/status", "Name:\tlibvirtd\nUid:\t0\t0\t0\t0\nNSpid:\t812\t7\n");
    add_process (host, 813, "libvirtd", -3600);
    write_text (host, "proc/813/status", "Name:\tlibvirtd\nUid:\t1000\t1000\t1000\t1000\nNSpid:\t813\n");
}

static void
unknown_start (FakeHost *host)
{
    gated (host);
    write_text (host, "proc/812/stat", "812 (libvirtd) S 1\n");
}

static void
other_hooks (FakeHost *host)
{
    gated (host);
    write_script (host, HOOKS "/qemu");
    write_script (host, HOOKS "/qemu.d/60-log");
    write_text (host, HOOKS "/qemu.d/70-not-executable", "");
}

/* --- configuration, driver, daemon, bus --- */

static void
no_configuration (FakeHost *host)
{
    gated (host);
    fake_host_write_config (host, "[gate]\nmax-age=1h\n", 0644);
}

static void
writable_configuration (FakeHost *host)
{
    gated (host);
    fake_host_write_config (host, "[gate]\nmax-age=60\n", 0666);
}

static void
readable_key (FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, KEY);

    gated (host);
    g_assert_cmpint (chmod (path, 0644), ==, 0);
}

static void
relaxed (FakeHost *host)
{
    gated (host);
    fake_host_configure (host, "[gate]\nmissing-metadata=allow\nbackend-failure=allow\n"
                               "[rules]\ngpu-undecided=warn\ncaptured-elsewhere=ignore\n");
}

static void
only_reports (FakeHost *host)
{
    gated (host);
    fake_host_configure (host, "[gate]\nmode=report\n");
}

static void
only_reports_some (FakeHost *host)
{
    gated (host);
    fake_host_configure (host, "[gate]\nreport-domains=vm1; 4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701\n");
}

/* Two arrivals are allowed, and one that was is not any more. */
static void
allowed_once (FakeHost *host)
{
    static const char form[] = "[exception-%u]\ndomain=%s\nreason=r\nuid=0\n"
                               "given=1\nexpires=%" G_GINT64_FORMAT "\nstage=%s\n";
    const gint64 later = g_get_monotonic_time () / G_USEC_PER_SEC + 600;
    g_autoptr (GString) text = g_string_new (NULL);

    gated (host);
    g_string_append_printf (text, form, 1u, "vm1", later, "unused");
    g_string_append_printf (text, form, 2u, "vm2", (gint64)0, "unused");
    g_string_append_printf (text, form, 3u, "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701", later, "started");
    fake_host_write_file (host, "run/vgpu-gate/allowed-once", text->str, text->len, 0600);
}

static void
allowed_by_nobody (FakeHost *host)
{
    gated (host);
    fake_host_write_file (host, "run/vgpu-gate/allowed-once", "nonsense", 8, 0600);
}

static void
simulated (FakeHost *host)
{
    gated (host);
    fake_host_set_library (host, program_path ("library"));
}

static void
driver_fails (FakeHost *host)
{
    gated (host);
    fake_host_sim (host, "fail nvmlInit DRIVER_NOT_LOADED");
}

static void
no_gpus (FakeHost *host)
{
    gated (host);
    fake_host_take_sim_file (host, "tests/data/nvml-calls-r580.conf");
}

static void
lost_gpu (FakeHost *host)
{
    gated (host);
    fake_host_add_gpu (host, "0000:c2:00.0", FAKE_H100);
    fake_host_sim (host, "fail nvmlDeviceGetHandleByIndex GPU_IS_LOST --gpu 0000:c2:00.0");
}

static void
unserved (FakeHost *host)
{
    case_standard_host (host);
    fake_host_configure (host, "[switch-over]\nbus=unix:path=/run/vgpu-gate/bus\n");
}

static void
bus_without_daemon (FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, "run/vgpu-gate/bus"),
                    *directory = g_path_get_dirname (path);
    g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
    g_autoptr (GSocket) socket = NULL;

    unserved (host);
    g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
    socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
}

static void
bus_off (FakeHost *host)
{
    gated (host);
    fake_host_configure (host, "[switch-over]\nbus=\n");
}

/* --- confinement --- */

static void
confine (FakeHost *host, const char *rules)
{
    gated (host);
    write_text (host, "sys/module/apparmor/parameters/enabled", "Y\n");
    write_text (host, "etc/apparmor.d/usr.sbin.libvirtd", rules);
    write_text (host, "proc/812/attr/current", "libvirtd (enforce)\n");
    write_text (host, "etc/apparmor.d/abstractions/libvirt-qemu.d/vgpu-gate", "/run/vgpu-gate/bus rw,\n");
}

static void
apparmor (FakeHost *host)
{
    confine (host, "profile libvirtd {\n  # comment\n  /usr/bin/* PUx,\n  /{usr/,}sbin/* PUx,\n}\n");
}

static void
apparmor_forbids (FakeHost *host)
{
    confine (host, "profile libvirtd {\n  /usr/sbin/* r,\n  /usr/bin/** PUx,\n  /usr/sbin/virt* pix,\n}\n");
}

static void
apparmor_local (FakeHost *host)
{
    apparmor_forbids (host);
    write_text (host, "etc/apparmor.d/local/usr.sbin.libvirtd", "/usr/sbin/vgpu-gate-hook PUx,\n");
}

static void
apparmor_unconfined (FakeHost *host)
{
    apparmor_forbids (host);
    write_text (host, "proc/812/attr/current", "unconfined\n");
}

static void
apparmor_without_bus (FakeHost *host)
{
    apparmor (host);
    remove_file (host, "etc/apparmor.d/abstractions/libvirt-qemu.d/vgpu-gate");
}

/* A directory in the profile's place cannot be read, not even by root. */
static void
apparmor_unreadable (FakeHost *host)
{
    apparmor (host);
    remove_file (host, "etc/apparmor.d/usr.sbin.libvirtd");
    write_text (host, "etc/apparmor.d/usr.sbin.libvirtd/file", "");
}

static void
selinux (FakeHost *host)
{
    gated (host);
    write_text (host, "sys/fs/selinux/enforce", "1");
}

/* --- clock, identity, fleet --- */

static void
unknown_clock (FakeHost *host)
{
    gated (host);
    remove_file (host, "run/systemd/timesync/synchronized");
}

static void
no_ages (FakeHost *host)
{
    unknown_clock (host);
    fake_host_configure (host, "[gate]\nmax-age=0\nhost-max-age=0\n");
}

static void
shared_uuid (FakeHost *host)
{
    gated (host);
    fake_host_configure (host, "[host]\nuuid=03000200-0400-0500-0006-000700080009\n");
}

static void
no_uuid (FakeHost *host)
{
    gated (host);
    fake_host_forget_uuid (host);
}

static void
dmi_uuid (FakeHost *host)
{
    no_uuid (host);
    write_text (host, "sys/class/dmi/id/product_uuid", "3D1219C7-C4C5-404A-AA1F-6D2A48ADFDA4\n");
}

/* Writes the document of this host, with another name, into the fleet's directory. */
static void
add_document (FakeHost *host, const char *name, const char *uuid)
{
    g_auto (ProgramRun) run = {0};
    g_autoptr (GString) document = NULL;
    g_autofree char *file = g_strdup_printf ("fleet/hosts/%s.xml", name);
    g_autofree char *named = g_strdup_printf (" name='%s'", name);
    g_autofree char *own = g_strdup_printf (" name='%s'", g_get_host_name ());

    command_run (host, "host --root $ROOT", &run);
    g_assert_cmpint (run.status, ==, 0);
    document = g_string_new (run.out);
    g_assert_cmpuint (g_string_replace (document, own, named, 1), ==, 1);
    g_string_replace (document, FAKE_HOST_UUID, uuid, 0);
    write_text (host, file, document->str);
}

static void
fleet (FakeHost *host)
{
    gated (host);
    add_document (host, "host-b", "1f0e7b94-52ad-4c08-b1a3-7d64c2908e11");
    add_document (host, g_get_host_name (), FAKE_HOST_UUID);
    write_text (host, "fleet/hosts/README", "no document\n");
}

static void
fleet_same (FakeHost *host)
{
    fleet (host);
    add_document (host, "host-c", FAKE_HOST_UUID);
}

static void
fleet_bad (FakeHost *host)
{
    fleet (host);
    write_text (host, "fleet/hosts/broken.xml", "<host");
}

static void
fleet_empty (FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, "fleet/hosts");

    gated (host);
    g_assert_cmpint (g_mkdir_with_parents (path, 0755), ==, 0);
}

/* --- vgpu-gated --- */

typedef enum {
    AGENT_RUNS,
    AGENT_ABSENT,
    AGENT_OLD,
    AGENT_ALIEN,
    AGENT_LOST,
} Agent;

typedef struct {
    GSocket *socket;
    char *answer;
    int stops;
} Server;

/* Answers each client with the same text, until it is told to stop. */
static gpointer
serve (gpointer data)
{
    Server *server = data;

    for (;;) {
        g_autoptr (GSocket) client = g_socket_accept (server->socket, NULL, NULL);
        char request[64];

        if (g_atomic_int_get (&server->stops) || !client)
            return NULL;
        g_assert_cmpint (g_socket_receive (client, request, sizeof request, NULL, NULL), >, 0);
        g_socket_send (client, server->answer, strlen (server->answer), NULL, NULL);
    }
}

static char *
make_answer (Agent agent)
{
    g_autofree char *path = program_source ("../data", "status.json"), *text = NULL;
    g_autoptr (GString) status = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    status = g_string_new (text);
    g_string_replace (status, "\"version\" : \"0.1.0\"",
                      agent == AGENT_OLD ? "\"version\" : \"0.0.9\"" : "\"version\" : \"" VGATE_VERSION "\"",
                      1);
    if (agent == AGENT_LOST)
        g_assert_cmpuint (g_string_replace (status, "\"connected\" : true", "\"connected\" : false", 1), ==,
                          1);
    if (agent == AGENT_ALIEN)
        g_assert_cmpuint (g_string_replace (status, "\"domains\"", "\"other\"", 1), ==, 1);
    return g_strdup_printf ("ok %" G_GSIZE_FORMAT "\n%s", status->len, status->str);
}

static GSocketAddress *
socket_address (const FakeHost *host)
{
    g_autofree char *path = g_strconcat (fake_host_root (host), VGATE_AGENT_SOCKET, NULL);

    return g_unix_socket_address_new (path);
}

static GThread *
start_agent (const FakeHost *host, Agent agent, Server *server)
{
    g_autoptr (GSocketAddress) address = socket_address (host);
    g_autofree char *directory = fake_host_path (host, "run/vgpu-gate");

    if (agent == AGENT_ABSENT)
        return NULL;
    g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
    server->answer = make_answer (agent);
    server->socket =
        g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    g_assert_true (g_socket_bind (server->socket, address, FALSE, NULL));
    g_assert_true (g_socket_listen (server->socket, NULL));
    return g_thread_new ("agent", serve, server);
}

static void
stop_agent (const FakeHost *host, Server *server, GThread *thread)
{
    g_autoptr (GSocketAddress) address = socket_address (host);
    g_autoptr (GSocketClient) client = g_socket_client_new ();
    g_autoptr (GSocketConnection) connection = NULL;

    if (!thread)
        return;
    g_atomic_int_set (&server->stops, TRUE);
    connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
    g_thread_join (thread);
    g_object_unref (server->socket);
    g_free (server->answer);
}

/* --- the cases --- */

static const struct {
    const char *name;
    CasePrepare prepare;
    int status;
    Agent agent;
    gboolean has_fleet;
} cases[] = {
    {"gated", gated, 0, AGENT_RUNS, FALSE},
    {"no-link", no_link, 1, AGENT_RUNS, FALSE},
    {"dangling", dangling, 1, AGENT_RUNS, FALSE},
    {"not-executable", not_executable, 1, AGENT_RUNS, FALSE},
    {"other-directory", other_directory, 1, AGENT_RUNS, FALSE},
    {"two-links", two_links, 0, AGENT_RUNS, FALSE},
    {"link-is-newer", link_is_newer, 1, AGENT_RUNS, FALSE},
    {"modular", modular, 1, AGENT_RUNS, FALSE},
    {"only-others", only_others, 0, AGENT_RUNS, FALSE},
    {"unknown-start", unknown_start, 3, AGENT_RUNS, FALSE},
    {"other-hooks", other_hooks, 0, AGENT_RUNS, FALSE},
    {"no-configuration", no_configuration, 1, AGENT_RUNS, FALSE},
    {"writable-configuration", writable_configuration, 1, AGENT_RUNS, FALSE},
    {"readable-key", readable_key, 1, AGENT_RUNS, FALSE},
    {"relaxed", relaxed, 0, AGENT_RUNS, FALSE},
    {"only-reports", only_reports, 0, AGENT_RUNS, FALSE},
    {"only-reports-some", only_reports_some, 0, AGENT_RUNS, FALSE},
    {"allowed-once", allowed_once, 0, AGENT_RUNS, FALSE},
    {"allowed-by-nobody", allowed_by_nobody, 0, AGENT_RUNS, FALSE},
    {"no-key", no_key, 0, AGENT_RUNS, FALSE},
    {"simulated", simulated, 0, AGENT_RUNS, FALSE},
    {"driver-fails", driver_fails, 1, AGENT_RUNS, FALSE},
    {"no-gpus", no_gpus, 0, AGENT_RUNS, FALSE},
    {"lost-gpu", lost_gpu, 0, AGENT_RUNS, FALSE},
    {"agent-absent", gated, 1, AGENT_ABSENT, FALSE},
    {"agent-old", gated, 1, AGENT_OLD, FALSE},
    {"agent-alien", gated, 1, AGENT_ALIEN, FALSE},
    {"agent-lost", gated, 1, AGENT_LOST, FALSE},
    {"unserved", unserved, 1, AGENT_RUNS, FALSE},
    {"bus-without-daemon", bus_without_daemon, 1, AGENT_RUNS, FALSE},
    {"bus-off", bus_off, 0, AGENT_RUNS, FALSE},
    {"apparmor", apparmor, 0, AGENT_RUNS, FALSE},
    {"apparmor-forbids", apparmor_forbids, 1, AGENT_RUNS, FALSE},
    {"apparmor-local", apparmor_local, 0, AGENT_RUNS, FALSE},
    {"apparmor-unconfined", apparmor_unconfined, 0, AGENT_RUNS, FALSE},
    {"apparmor-unreadable", apparmor_unreadable, 3, AGENT_RUNS, FALSE},
    {"apparmor-without-bus", apparmor_without_bus, 0, AGENT_RUNS, FALSE},
    {"selinux", selinux, 0, AGENT_RUNS, FALSE},
    {"unknown-clock", unknown_clock, 3, AGENT_RUNS, FALSE},
    {"no-ages", no_ages, 0, AGENT_RUNS, FALSE},
    {"shared-uuid", shared_uuid, 1, AGENT_RUNS, FALSE},
    {"no-uuid", no_uuid, 1, AGENT_RUNS, FALSE},
    {"dmi-uuid", dmi_uuid, 0, AGENT_RUNS, FALSE},
    {"devices", devices, 0, AGENT_RUNS, FALSE},
    {"devices-differ", devices_differ, 0, AGENT_RUNS, FALSE},
    {"fleet", fleet, 0, AGENT_RUNS, TRUE},
    {"fleet-same", fleet_same, 1, AGENT_RUNS, TRUE},
    {"fleet-bad", fleet_bad, 3, AGENT_RUNS, TRUE},
    {"fleet-empty", fleet_empty, 3, AGENT_RUNS, TRUE},
    {"fleet-missing", gated, 3, AGENT_RUNS, TRUE},
};

static void
test_case (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    static const char *const forms[] = {"text", "json"};
    g_autoptr (FakeHost) host = fake_host_new ();
    Server server = {0};
    GThread *thread;

    cases[i].prepare (host);
    thread = start_agent (host, cases[i].agent, &server);
    for (gsize form = 0; form < G_N_ELEMENTS (forms); form++) {
        g_autofree char *line =
            g_strdup_printf ("self-check --root $ROOT%s --output %s",
                             cases[i].has_fleet ? " --fleet $ROOT/fleet" : "", forms[form]);
        g_auto (ProgramRun) run = {0};
        g_autoptr (GString) out = NULL;

        command_run (host, line, &run);
        g_assert_cmpstr (run.err, ==, "");
        g_assert_cmpint (run.status, ==, cases[i].status);
        /* a release changes no golden file */
        out = g_string_new (run.out);
        g_string_replace (out, VGATE_VERSION, "VERSION", 0);
        command_compare (host, FOLDER, cases[i].name, forms[form], out->str);
    }
    stop_agent (host, &server, thread);
}

/* What the kernel says of its clock cannot be planted. */
static void
test_clock (G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        VgateSelfCheckClock clock;
        VgateSelfCheckResult result;
        const char *text, *remedy;
    } answers[] = {
        {VGATE_SELF_CHECK_CLOCK_SYNCHRONISED, VGATE_SELF_CHECK_PASS, "the clock is synchronised", NULL},
        {VGATE_SELF_CHECK_CLOCK_FREE, VGATE_SELF_CHECK_WARN, "the clock is not synchronised",
         "timedatectl set-ntp true"},
        {VGATE_SELF_CHECK_CLOCK_UNKNOWN, VGATE_SELF_CHECK_UNKNOWN, "cannot tell", "timedatectl"},
    };
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();

    gated (host);
    for (gsize i = 0; i < G_N_ELEMENTS (answers); i++) {
        const VgateSelfCheckRequest request = {.root = fake_host_root (host),
                                               .config_path = fake_host_config (host),
                                               .policy = policy,
                                               .now = g_get_real_time (),
                                               .clock = answers[i].clock};
        g_autoptr (GPtrArray) items = vgate_self_check_run (&request);
        guint n = 0;

        for (guint k = 0; k < items->len; k++) {
            const VgateSelfCheckItem *item = g_ptr_array_index (items, k);

            if (strcmp (item->name, "clock") != 0)
                continue;
            n++;
            g_assert_cmpint (item->result, ==, answers[i].result);
            g_assert_nonnull (strstr (item->text, answers[i].text));
            g_assert_cmpstr (item->remedy, ==, answers[i].remedy);
        }
        g_assert_cmpuint (n, ==, 1);
    }
}

/* The message names the file, whose place depends on the build. */
static void
test_bad_declaration (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    gated (host);
    declare (host, "[gpu 0]\ntype=x\n");
    command_run (host, "self-check --root $ROOT", &run);
    g_assert_nonnull (strstr (run.out, "WARN devices: VGATE-604: "));
    g_assert_nonnull (
        strstr (run.out, "devices.conf line 2: unknown key 'type' in [gpu 0] (did you mean 'types'?)"));
}

/* --- times, by a clock of the test --- */

static gint64 reloaded;

static gint64
last_reload (const char *unit)
{
    g_assert_cmpstr (unit, ==, "libvirtd.service");
    return reloaded;
}

static gint64
changed_at (const FakeHost *host, const char *name)
{
    g_autofree char *path = fake_host_path (host, name);
    struct stat status;

    g_assert_cmpint (lstat (path, &status), ==, 0);
    return (gint64)status.st_ctim.tv_sec * G_USEC_PER_SEC + status.st_ctim.tv_nsec / 1000;
}

/* libvirtd was started at this time. */
static void
assert_loaded (const FakeHost *host, gint64 started, VgateSelfCheckResult result, const char *text)
{
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    const VgateSelfCheckRequest request = {.root = fake_host_root (host),
                                           .config_path = fake_host_config (host),
                                           .policy = policy,
                                           .now = started,
                                           .last_reload = last_reload};
    g_autoptr (GPtrArray) items = vgate_self_check_run (&request);

    for (guint i = 0; i < items->len; i++) {
        const VgateSelfCheckItem *item = g_ptr_array_index (items, i);

        /* what vgpu-gated cannot ask has no item */
        g_assert_cmpstr (item->name, !=, "nvml");
        g_assert_cmpstr (item->name, !=, "vgpu-gated");
        g_assert_cmpstr (item->name, !=, "clock");
        if (strcmp (item->name, "hook-loaded") != 0)
            continue;
        g_assert_cmpint (item->result, ==, result);
        g_assert_nonnull (strstr (item->text, text));
        return;
    }
    g_assert_not_reached ();
}

/* A reload by systemd counts like a start. A link that is newer than the daemon is used all the same if the
 * daemon found another hook when it started. */
static void
test_times (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    gint64 link, other;

    reloaded = 0;
    no_key (host);
    add_process (host, 812, "libvirtd", 0);
    link = changed_at (host, LINK);
    /* the time of a start is exact to 20 ms */
    assert_loaded (host, link + 1000, VGATE_SELF_CHECK_FAIL, "looked for hooks at ");
    assert_loaded (host, link + 30000, VGATE_SELF_CHECK_PASS, "when the link was there");
    assert_loaded (host, link + G_USEC_PER_SEC, VGATE_SELF_CHECK_PASS, "when the link was there");
    assert_loaded (host, link - G_USEC_PER_SEC, VGATE_SELF_CHECK_FAIL, "looked for hooks at ");
    reloaded = link - G_USEC_PER_SEC / 2;
    assert_loaded (host, link - G_USEC_PER_SEC, VGATE_SELF_CHECK_FAIL, "looked for hooks at ");
    reloaded = link + 30000;
    assert_loaded (host, link - G_USEC_PER_SEC, VGATE_SELF_CHECK_PASS, "when the link was there");
    reloaded = 0;

    write_script (host, HOOKS "/qemu.d/10-other");
    other = changed_at (host, HOOKS "/qemu.d/10-other");
    /* newer than the daemon as well */
    assert_loaded (host, link - G_USEC_PER_SEC, VGATE_SELF_CHECK_FAIL, "looked for hooks at ");
    g_usleep (100000);
    remove_file (host, LINK);
    link_to (host, LINK, "/" HOOK);
    link = changed_at (host, LINK);
    g_assert_cmpint (link - other, >, 90000);
    assert_loaded (host, (link + other) / 2, VGATE_SELF_CHECK_PASS, "at each event, because");
}

static void
test_patterns (G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *pattern;
        gboolean matches;
    } patterns[] = {
        {"/usr/sbin/vgpu-gate-hook", TRUE},
        {"/usr/sbin/*", TRUE},
        {"/usr/sbin/**", TRUE},
        {"/usr/**", TRUE},
        {"/**", TRUE},
        {"/{usr/,}sbin/*", TRUE},
        {"/usr/{bin,sbin}/*", TRUE},
        {"/usr/sbin/vgpu-gate-?ook", TRUE},
        {"/usr/sbin/vgpu*hook", TRUE},
        {"/usr/*", FALSE},
        {"/sbin/*", FALSE},
        {"/usr/sbin/virt*", FALSE},
        {"/usr/sbin/vgpu-gate-hook/", FALSE},
        {"/usr/sbin/vgpu-gate", FALSE},
        {"/usr?sbin/*", FALSE},
        {"@{bin}/vgpu-gate-hook", FALSE},
        {"/usr/[s]bin/*", FALSE},
        {"", FALSE},
        {"/usr/{sbin/*", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++)
        if (vgate_apparmor_matches (patterns[i].pattern, "/usr/sbin/vgpu-gate-hook") != patterns[i].matches)
            test_fail ("'%s' %s", patterns[i].pattern, patterns[i].matches ? "does not match" : "matches");
}

/* The hook has the label of a program, if this machine lets us set one. */
static void
test_label (G_GNUC_UNUSED gconstpointer data)
{
    static const char label[] = "system_u:object_r:bin_t:s0";
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *hook = fake_host_path (host, HOOK);
    g_auto (ProgramRun) run = {0};

    selinux (host);
    if (setxattr (hook, "security.selinux", label, sizeof label, 0) != 0) {
        golden_skip (FOLDER, "selinux-label.text");
        golden_skip_case ("no label can be set here");
        return;
    }
    command_run (host, "self-check --root $ROOT", &run);
    command_compare (host, FOLDER, "selinux-label", "text", run.out);
}

/* Another user may read neither the key nor the socket: that is no failure of the host. */
static void
test_nobody (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    if (geteuid () != 0) {
        golden_skip (FOLDER, "nobody.text");
        golden_skip_case ("the files of the host must belong to another user");
        return;
    }
    gated (host);
    fake_host_write_file (host, VGATE_AGENT_SOCKET, "", 0, 0600);
    command_call (host, &(CommandCall){.line = "self-check --root $ROOT", .as_nobody = TRUE}, &run);
    g_assert_cmpstr (run.err, ==, "");
    g_assert_cmpint (run.status, ==, 3);
    command_compare (host, FOLDER, "nobody", "text", run.out);
}

/* clang-format off */
static const CommandFailure failures[] = {
    {"word", {.line = "self-check now"}, NULL, NULL, NULL, 2},
    {"output", {.line = "self-check --output xml"}, NULL, NULL, NULL, 2},
    {"option", {.line = "self-check --all"}, NULL, NULL, NULL, 2},
};
/* clang-format on */

static const CommandTable table = {
    .folder = FOLDER, .failures = failures, .n_failures = G_N_ELEMENTS (failures)};

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
        command_add_test (FOLDER, "case", cases[i].name, i, test_case);
    program_add_test ("/self-check/nobody", NULL, test_nobody);
    program_add_test ("/self-check/times", NULL, test_times);
    program_add_test ("/self-check/bad-declaration", NULL, test_bad_declaration);
    program_add_test ("/self-check/clock", NULL, test_clock);
    program_add_test ("/self-check/apparmor-patterns", NULL, test_patterns);
    program_add_test ("/self-check/selinux-label", NULL, test_label);
    command_table_add (&table);
    command_add_none_left (FOLDER);
    return g_test_run ();
}
