/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests whose QEMU calls vgpu-gated at switch-over: refused at once if no vgpu-gated would answer. */
#include "command-case.h"
#include "domain/vmstate.h"
#include "golden.h"
#include "hook-case.h"
#include "refusal.h"

#define FOLDER "switchover"
#define UUID   "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701"
#define CLONED "4d7c0a6e-9b1f-4f2e-8a35-000000000000"

#define ARGUMENTS(uuid)                                                                                 \
    "  <qemu:commandline>\n    <qemu:arg value='-object'/>\n"                                           \
    "    <qemu:arg value='dbus-vmstate,id=vgpu-gate,addr=" VGATE_BUS_DEFAULT ",id-list=vgpu-gate-" uuid \
    "'/>\n  </qemu:commandline>\n</domain>"

#define ASKING_FOR(uuid)                                                                                  \
    .edits = {{"<domain type='kvm'", "<domain type='kvm' xmlns:qemu='" VGATE_VMSTATE_QEMU_NAMESPACE "'"}, \
              {"</domain>", ARGUMENTS (uuid)}}
#define ASKING ASKING_FOR (UUID)

#define ALLOW_MISSING "[gate]\nmissing-metadata=allow\n"

static void
served (FakeHost *host)
{
    case_standard_host (host);
    fake_host_serve_switchover (host);
}

static void
incoming (FakeHost *host)
{
    case_standard_host (host);
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
}

static void
incoming_served (FakeHost *host)
{
    incoming (host);
    fake_host_serve_switchover (host);
}

static void
cold (FakeHost *host)
{
    case_standard_host (host);
    fake_host_qemu_started (host, CASE_DOMAIN, FALSE);
}

static const HookCase cases[] = {
    /* a captured guest */
    {.name = "migrate-served",
     .input = "element",
     .operation = "migrate",
     .code = 1,
     .prepare = served,
     ASKING},
    {.name = "restore-served", .input = "mdev", .operation = "restore", .code = 1, .prepare = served, ASKING},
    {.name = "migrate", .input = "element", .operation = "migrate", .code = 820, ASKING},
    {.name = "restore", .input = "mdev", .operation = "restore", .code = 820, ASKING},
    {.name = "started", .input = "element", .operation = "started", .code = 820, .prepare = incoming, ASKING},
    {.name = "started-served",
     .input = "element",
     .operation = "started",
     .code = 1,
     .prepare = incoming_served,
     ASKING},
    {.name = "prepare", .input = "element", .operation = "prepare", .code = 2, ASKING},
    {.name = "prepare-checked",
     .input = "element",
     .operation = "prepare",
     .code = 1,
     .config = "[gate]\ncold-start=check\n",
     ASKING},
    /* an error of the element is reported first */
    {.name = "migrate", .input = "uncovered", .operation = "migrate", .code = 214, ASKING},
    {.name = "other-bus",
     .input = "element",
     .operation = "migrate",
     .code = 820,
     .prepare = served,
     .config = "[switch-over]\nbus=unix:path=/run/vgpu-gate/other\n",
     ASKING},
    {.name = "no-bus",
     .input = "element",
     .operation = "migrate",
     .code = 820,
     .prepare = served,
     .config = "[switch-over]\nbus=\n",
     ASKING},
    {.name = "cloned",
     .input = "element",
     .operation = "migrate",
     .code = 821,
     .prepare = served,
     ASKING_FOR (CLONED)},
    /* without metadata it may be an offline migration, which makes no call */
    {.name = "migrate", .input = "bare-mdev", .operation = "migrate", .code = 3, ASKING},
    {.name = "migrate", .input = "no-vgpu", .operation = "migrate", .code = 3, ASKING},
    {.name = "restore", .input = "no-vgpu", .operation = "restore", .code = 820, ASKING},
    {.name = "restore-served",
     .input = "no-vgpu",
     .operation = "restore",
     .code = 2,
     .prepare = served,
     ASKING},
    {.name = "incoming",
     .input = "no-vgpu",
     .operation = "started",
     .code = 820,
     .prepare = incoming,
     ASKING},
    {.name = "incoming-served",
     .input = "no-vgpu",
     .operation = "started",
     .code = 2,
     .prepare = incoming_served,
     ASKING},
    {.name = "cold", .input = "no-vgpu", .operation = "started", .code = 2, .prepare = cold, ASKING},
    {.name = "prepare", .input = "no-vgpu", .operation = "prepare", .code = 2, ASKING},
    {.name = "incoming",
     .input = "bare-mdev",
     .operation = "started",
     .code = 820,
     .prepare = incoming,
     ASKING},
    {.name = "incoming-served",
     .input = "bare-mdev",
     .operation = "started",
     .code = 213,
     .prepare = incoming_served,
     ASKING},
    /* missing-metadata=allow does not make vgpu-gated answer; and a cold start makes no call */
    {.name = "incoming-allowed",
     .input = "bare-mdev",
     .operation = "started",
     .code = 820,
     .prepare = incoming,
     .config = ALLOW_MISSING,
     ASKING},
    {.name = "incoming-served-allowed",
     .input = "bare-mdev",
     .operation = "started",
     .code = 4,
     .prepare = incoming_served,
     .config = ALLOW_MISSING,
     ASKING},
    {.name = "cold-allowed",
     .input = "bare-mdev",
     .operation = "started",
     .code = 2,
     .prepare = cold,
     .config = ALLOW_MISSING,
     ASKING},
};

static void
test_case (gconstpointer data)
{
    case_run (data, FOLDER);
}

/* The document contains whether the gate is served on its host; one of an older version does not. */
static void
test_document (G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        CasePrepare prepare;
        const char *what, *by;
        const char *decision;
        int status;
    } documents[] = {
        {served, "<host ", "<host ", "\nvgpu-gate: VGATE-001: ", 0},
        {case_standard_host, "<host ", "<host ", "\nvgpu-gate: VGATE-820: ", 1},
        {served, "path=/run/vgpu-gate/", "path=/run/other/", "\nvgpu-gate: VGATE-820: ", 1},
        {served, "  <switch-over served='yes' bus='" VGATE_BUS_DEFAULT "'/>\n", "",
         "\nvgpu-gate: VGATE-522: vm1: the guest's QEMU calls", 3},
    };
    const HookCase guest = {.input = "element", ASKING};
    gsize length;
    g_autofree char *xml = case_input (&guest, &length);

    for (gsize i = 0; i < G_N_ELEMENTS (documents); i++) {
        g_autoptr (FakeHost) host = fake_host_new ();
        g_autoptr (GString) document = NULL;
        g_auto (ProgramRun) run = {0}, asked = {0};

        documents[i].prepare (host);
        command_run (host, "host --root $ROOT", &run);
        command_assert_done (&run);
        document = g_string_new (run.out);
        g_assert_cmpuint (g_string_replace (document, documents[i].what, documents[i].by, 0), ==, 1);
        fake_host_write_file (host, "host.xml", document->str, document->len, 0644);
        fake_host_write_file (host, "guest.xml", xml, length, 0644);
        command_run (host, "check --host $ROOT/host.xml $ROOT/guest.xml", &asked);
        g_assert_cmpstr (asked.err, ==, "");
        g_assert_nonnull (strstr (asked.out, documents[i].decision));
        g_assert_cmpint (asked.status, ==, documents[i].status);
    }
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    refusal_assert_none_left (FOLDER);
    golden_assert_none_left (FOLDER, ".report");
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *path = g_strdup_printf ("/switchover/%s/%s", cases[i].input, cases[i].name);

        program_add_test (path, &cases[i], test_case);
    }
    program_add_test ("/switchover/document", NULL, test_document);
    program_add_test ("/none-left/switchover", NULL, test_none_left);
    return g_test_run ();
}
