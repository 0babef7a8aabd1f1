/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A managed save that is refused: libvirt 11.3 deletes it if the hook fails at 'restore begin', so the
 * hook fails at 'prepare begin' of the same start. */
#include "command-case.h"
#include "events.h"

#include <glib/gstdio.h>
#include <string.h>

#define INPUT   "bare-mdev"
#define SAVE    "var/lib/libvirt/qemu/save/" CASE_DOMAIN ".save"
#define REFUSAL "run/vgpu-gate/refused-" CASE_DOMAIN

static FakeHost *
new_host (void)
{
    FakeHost *host = fake_host_new ();

    case_standard_host (host);
    fake_host_write_file (host, SAVE, "", 0, 0600);
    return host;
}

static void
delete_save (const FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, SAVE);

    g_assert_cmpint (g_unlink (path), ==, 0);
}

/* Both events of a start, the second of which gives the refusal of the first. */
static void
test_refused (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = new_host ();
    g_auto (Guest) guest = {0};
    g_autofree char *line = NULL;

    guest_init (&guest, host, INPUT, VM_1);
    allowed_unchanged (&guest, "restore");
    g_assert_true (fake_host_has (host, REFUSAL));
    line = event (&guest, "prepare", 213);
    g_assert_nonnull (strstr (line, "virsh managedsave-dumpxml DOMAIN | vgpu-gate allow-restore --yes -"));
    g_assert_false (fake_host_has (host, REFUSAL));
    /* the next start is refused again, until its reason is gone */
    allowed_unchanged (&guest, "restore");
    refused (&guest, "prepare", 213);
    allowed_unchanged (&guest, "prepare");
}

/* Of whichever kind the refusal is: nothing has read the domain, or the configuration. */
static void
test_errors (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = new_host ();
    g_auto (Guest) guest = {0}, unreadable = {.host = host, .xml = g_strdup ("nonsense"), .length = 8};

    guest_init (&guest, host, "element", VM_1);
    fake_host_write_config (host, "nonsense\n", 0644);
    allowed_unchanged (&guest, "restore");
    refused (&guest, "prepare", 603);
    allowed_unchanged (&unreadable, "restore");
    refused (&unreadable, "prepare", 107);
}

/* From a file libvirt keeps the image, and there can be a managed save of another domain. */
static void
test_from_a_file (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = new_host ();
    g_auto (Guest) guest = {0};

    fake_host_write_file (host, "var/lib/libvirt/qemu/save/vm2.save", "", 0, 0600);
    delete_save (host);
    guest_init (&guest, host, INPUT, VM_1);
    refused (&guest, "restore", 213);
    g_assert_false (fake_host_has (host, REFUSAL));
}

/* A question neither keeps a refusal nor uses it up. */
static void
test_questions (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = new_host ();
    g_auto (Guest) guest = {0};
    HookCall call = {.host = host, .extra = "--dry-run", .domain = CASE_DOMAIN};
    g_auto (ProgramRun) restore = {0}, prepare = {0};

    guest_init (&guest, host, INPUT, VM_1);
    call.input = guest.xml;
    call.length = guest.length;
    call.operation = "restore";
    case_call_hook (&call, &restore);
    g_assert_cmpint (restore.status, ==, 1);
    g_assert_false (fake_host_has (host, REFUSAL));
    allowed_unchanged (&guest, "restore");
    call.operation = "prepare";
    case_call_hook (&call, &prepare);
    g_assert_cmpint (prepare.status, ==, 0);
    refused (&guest, "prepare", 213);
}

/* A start that is not that restore. */
static void
test_other_starts (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const operations[] = {"migrate", "restore", "started"};
    g_autoptr (FakeHost) host = new_host ();
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, INPUT, VM_1);
    fake_host_qemu_started (host, CASE_DOMAIN, FALSE);
    /* libvirt came to no 'prepare begin', and something else has begun */
    for (gsize i = 0; i < G_N_ELEMENTS (operations); i++) {
        fake_host_configure (host, "[gate]\nmissing-metadata=refuse\n");
        allowed_unchanged (&guest, "restore");
        g_assert_true (fake_host_has (host, REFUSAL));
        fake_host_configure (host, "[gate]\nmissing-metadata=allow\n");
        allowed_unchanged (&guest, operations[i]);
        g_assert_false (fake_host_has (host, REFUSAL));
        allowed_unchanged (&guest, "prepare");
    }
    /* virsh start --force-boot */
    fake_host_configure (host, "[gate]\nmissing-metadata=refuse\n");
    allowed_unchanged (&guest, "restore");
    delete_save (host);
    allowed_unchanged (&guest, "prepare");
    g_assert_false (fake_host_has (host, REFUSAL));
}

/* What cannot be that of this start. The guest is then judged at 'started begin'. */
static void
test_files (G_GNUC_UNUSED gconstpointer data)
{
    const gint64 now = g_get_monotonic_time () / G_USEC_PER_SEC;
    g_autofree char *young = g_strdup_printf ("[refusal]\ntime=%" G_GINT64_FORMAT "\nline=", now - 50);
    g_autofree char *old = g_strdup_printf ("[refusal]\ntime=%" G_GINT64_FORMAT "\nline=x\n", now - 62);
    g_autofree char *future = g_strdup_printf ("[refusal]\ntime=%" G_GINT64_FORMAT "\nline=x\n", now + 1000);
    const char *const texts[] = {
        old, future, "", "nonsense", "[refusal]\nline=x\n", "[refusal]\ntime=-1\nline=x\n"};
    g_autoptr (FakeHost) host = new_host ();
    g_auto (Guest) guest = {0};
    g_autofree char *begin = case_line_begin (303, "restore", CASE_DOMAIN);
    g_autofree char *good = g_strconcat (young, begin, "too old\n", NULL);

    guest_init (&guest, host, INPUT, VM_1);
    fake_host_write_file (host, REFUSAL, good, strlen (good), 0600);
    refused (&guest, "prepare", 303);
    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        fake_host_write_file (host, REFUSAL, texts[i], strlen (texts[i]), 0600);
        allowed_unchanged (&guest, "prepare");
        g_assert_false (fake_host_has (host, REFUSAL));
    }
}

/* If the refusal cannot be kept, the image is kept all the same: the guest is refused when QEMU waits for
 * it. */
static void
test_not_kept (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = new_host ();
    g_auto (Guest) guest = {0};
    g_autofree char *directory = fake_host_path (host, "run/vgpu-gate");

    guest_init (&guest, host, INPUT, VM_1);
    g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
    g_assert_cmpint (g_chmod (directory, 0777), ==, 0);
    allowed_unchanged (&guest, "restore");
    g_assert_false (fake_host_has (host, REFUSAL));
    allowed_unchanged (&guest, "prepare");
    g_assert_cmpint (g_chmod (directory, 0755), ==, 0);
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    refused (&guest, "started", 213);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/managed-save/refused", NULL, test_refused);
    program_add_test ("/managed-save/errors", NULL, test_errors);
    program_add_test ("/managed-save/from-a-file", NULL, test_from_a_file);
    program_add_test ("/managed-save/questions", NULL, test_questions);
    program_add_test ("/managed-save/other-starts", NULL, test_other_starts);
    program_add_test ("/managed-save/files", NULL, test_files);
    program_add_test ("/managed-save/not-kept", NULL, test_not_kept);
    return g_test_run ();
}
