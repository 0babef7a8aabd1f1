/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate audit: which files it finds, what it says of each, and of those that cannot be read. */
#include "command-case.h"
#include "command-table.h"
#include "golden.h"
#include "hook-case.h"
#include "refusal.h"

#include <string.h>
#include <sys/stat.h>

#define FOLDER      "audit"
#define SAVES       "var/lib/libvirt/qemu/save/"
#define SNAPSHOTS   "var/lib/libvirt/qemu/snapshot/"
#define DEFINITIONS "etc/libvirt/qemu/"
#define IMAGES      "tests/data/save-images"

/* --- files --- */

static void
write_text (FakeHost *host, const char *file, const char *text)
{
    fake_host_write_file (host, file, text, strlen (text), 0644);
}

/* hook/INPUT.in.xml with another name and another UUID. The caller frees it. */
static char *
guest_xml (const char *input, const char *name, guint number)
{
    g_autofree char *new_name = g_strdup_printf ("<name>%s</name>", name);
    g_autofree char *uuid = g_strdup_printf ("00000000-0000-4000-8000-%012u", number);
    const HookCase c = {.input = input, .edits = {{"<name>vm1</name>", new_name}}};
    gsize length;
    g_autofree char *xml = case_input (&c, &length);
    g_autoptr (GString) text = g_string_new (xml);

    /* also in the element */
    g_assert_cmpuint (g_string_replace (text, "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701", uuid, 0), >, 0);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* A save image of version 2 with this XML, of which only the first length bytes are written; 0: all. */
static void
write_image (FakeHost *host, const char *file, const char *magic, const char *xml, gsize length)
{
    const guint32 numbers[19] = {2, (guint32)strlen (xml) + 1 + 64, 1, 0, (guint32)strlen (xml) + 1};
    g_autoptr (GByteArray) image = g_byte_array_new ();
    static const guint8 rest[64 + 8] = {0};

    g_byte_array_append (image, (const guint8 *)magic, 16);
    g_byte_array_append (image, (const guint8 *)numbers, sizeof numbers);
    g_byte_array_append (image, (const guint8 *)xml, (guint)strlen (xml) + 1);
    g_byte_array_append (image, rest, sizeof rest);
    fake_host_write_file (host, file, (const char *)image->data, length > 0 ? length : image->len, 0644);
}

static void
add_save (FakeHost *host, const char *name, const char *input, guint number)
{
    g_autofree char *file = g_strconcat (SAVES, name, ".save", NULL), *xml = guest_xml (input, name, number);

    write_image (host, file, "LibvirtQemudSave", xml, 0);
}

static void
add_definition (FakeHost *host, const char *name, const char *input, guint number)
{
    g_autofree char *file = g_strconcat (DEFINITIONS, name, ".xml", NULL),
                    *xml = guest_xml (input, name, number);

    write_text (host, file, xml);
}

static void
add_snapshot (FakeHost *host, const char *name, const char *memory, const char *input, guint number)
{
    g_autofree char *file = g_strconcat (SNAPSHOTS, "snap/", name, ".xml", NULL);
    g_autofree char *xml = guest_xml (input, name, number);
    g_autofree char *snapshot = g_strdup_printf (
        "<!-- WARNING -->\n\n<domainsnapshot>\n  <name>%s</name>\n  %s\n%s</domainsnapshot>\n", name, memory,
        xml);

    write_text (host, file, snapshot);
}

/* All that libvirt can have on a host, and what is beside it. */
static void
full_host (FakeHost *host)
{
    static const char words[] = "/usr/bin/qemu-system-x86_64\0-name\0guest=runs\0-uuid\0"
                                "00000000-0000-4000-8000-000000000008\0-S";
    g_autofree char *memory = guest_xml ("element", "memory", 30);

    case_standard_host (host);
    add_save (host, "new", "element", 1);
    add_save (host, "old", "old-guest-driver", 2);
    add_save (host, "plain", "no-vgpu", 3);
    add_save (host, "bare", "bare-mdev", 4);
    add_definition (host, "defined", "bare-mdev", 5);
    add_definition (host, "defined-old", "old-guest-driver", 6);
    add_definition (host, "defined-plain", "no-vgpu", 7);
    add_definition (host, "runs", "bare-mdev", 8);
    fake_host_qemu_pid_file (host, "runs", "4711\n");
    fake_host_qemu_command_line (host, words, sizeof words);
    write_text (host, DEFINITIONS "networks/default.xml", "<network/>");
    write_text (host, DEFINITIONS "README", "no definition");
    write_text (host, SAVES "README", "no image");
    write_text (host, SAVES "index.html", "<!DOCTYPE html>\n<html></html>");
    add_snapshot (host, "internal", "<memory snapshot='internal'/>", "old-guest-driver", 9);
    add_snapshot (host, "external", "<memory snapshot='external' file='/memory'/>", "element", 10);
    add_snapshot (host, "cold", "<memory snapshot='no'/>", "bare-mdev", 11);
    write_image (host, "memory", "LibvirtQemudSave", memory, 0);
}

static void
judged_starts (FakeHost *host)
{
    full_host (host);
    fake_host_configure (host, "[gate]\ncold-start=check\n");
}

/* Writes a host document, in which the host has another name than this machine. */
static void
write_document (FakeHost *host, const char *name, const char *xml)
{
    g_autofree char *file = g_strdup_printf ("fleet/hosts/%s.xml", name);
    g_autofree char *old_name = g_strdup_printf (" name='%s'", g_get_host_name ());
    g_autofree char *new_name = g_strdup_printf (" name='%s'", name);
    g_autoptr (GString) text = g_string_new (xml);

    g_assert_cmpuint (g_string_replace (text, old_name, new_name, 1), ==, 1);
    write_text (host, file, text->str);
}

/* The same host, its document in $ROOT/fleet/hosts, and that of a host with a later driver. */
static void
two_documents (FakeHost *host)
{
    g_auto (ProgramRun) here = {0}, later = {0};
    g_autoptr (GString) other = NULL;

    full_host (host);
    command_run (host, "host --root $ROOT", &here);
    command_assert_done (&here);
    write_document (host, "here", here.out);
    fake_host_sim (host, "update --driver 590.48.01 --range 24.1-27.1");
    command_run (host, "host --root $ROOT", &later);
    command_assert_done (&later);
    fake_host_sim (host, "update --driver 580.95.05 --range 18.1-26.1");
    other = g_string_new (later.out);
    g_string_replace (other, FAKE_HOST_UUID, "aaaaaaaa-0000-4000-8000-000000000001", 0);
    write_document (host, "other", other->str);
}

/* Names that a terminal or a parser could take for something else. */
static void
hostile_names (FakeHost *host)
{
    g_autofree char *xml = guest_xml ("old-guest-driver", "a", 3);

    case_standard_host (host);
    add_save (host, "&lt;/script&gt;\"'\\", "old-guest-driver", 1);
    add_save (host, "\xc3\xa4\xe2\x80\xae txt.exe", "old-guest-driver", 2);
    write_image (host, SAVES "new\nline\x1b[31m\xff.save", "LibvirtQemudSave", xml, 0);
    write_text (host, SAVES "other\xff", "nothing");
}

static const struct {
    const char *name;
    const char *line;
    CasePrepare prepare;
    int status;
    gboolean has_json;
} outputs[] = {
    {"host", "--all", full_host, 1, TRUE},
    {"driver-580", "--driver 580", full_host, 1, FALSE},
    {"driver-595", "--driver 595 --all", full_host, 1, TRUE},
    {"starts-judged", "--driver 595 --all", judged_starts, 1, FALSE},
    {"driver-older", "--driver 570.86 $ROOT/" SAVES "new.save", full_host, 1, FALSE},
    {"file", "--all $ROOT/" SAVES "new.save", full_host, 0, FALSE},
    {"old-file", "--driver 595.58.03 $ROOT/" SAVES "old.save", full_host, 1, FALSE},
    {"definition", "$ROOT/" DEFINITIONS "runs.xml --all", full_host, 0, FALSE},
    {"directory", "$ROOT/" SAVES " --all", full_host, 1, FALSE},
    {"one-host", "--host $ROOT/fleet/hosts/other.xml $ROOT/" SAVES " --all", two_documents, 1, FALSE},
    {"fleet", "--fleet $ROOT/fleet $ROOT/" SAVES " --all", two_documents, 1, TRUE},
    {"fleet-driver", "--fleet $ROOT/fleet --driver 595 $ROOT/" SAVES, two_documents, 1, FALSE},
    {"plain-without-driver", "$ROOT/" SAVES "plain.save --driver 595", full_host, 0, FALSE},
    {"hostile", "--all $ROOT/" SAVES, hostile_names, 0, TRUE},
};

static void
run_audit (FakeHost *host, const char *line, const char *form, ProgramRun *run)
{
    const char *table = strstr (line, "--driver") ? " --branches $SOURCE/lib/compat/vgpu-branches.conf" : "";
    g_autoptr (GString) full = g_string_new (NULL);

    g_string_printf (full, "audit --root $ROOT --output %s%s%s%s", form, table, *line ? " " : "", line);
    g_string_replace (full, "$SOURCE", g_getenv ("VGATE_SRCDIR"), 0);
    command_run (host, full->str, run);
}

/* Compares JSON without this machine's name and the time. */
static void
compare_json (FakeHost *host, const char *name, const char *json)
{
    g_autofree char *own = g_strdup_printf ("\"name\" : \"%s\"", g_get_host_name ());
    g_autoptr (GRegex) time = g_regex_new ("^  \"time\" : \"[^\"]*\"", G_REGEX_MULTILINE, 0, NULL);
    g_autofree char *timeless = g_regex_replace_literal (time, json, -1, 0, "  \"time\" : \"TIME\"", 0, NULL);
    g_autoptr (GString) text = g_string_new (timeless);

    g_string_replace (text, own, "\"name\" : \"NAME\"", 0);
    command_compare (host, FOLDER, name, "json", text->str);
}

static void
test_output (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) text = {0}, json = {0};

    outputs[i].prepare (host);
    run_audit (host, outputs[i].line, "text", &text);
    g_assert_cmpstr (text.err, ==, "");
    command_compare (host, FOLDER, outputs[i].name, "text", text.out);
    g_assert_cmpint (text.status, ==, outputs[i].status);
    if (!outputs[i].has_json)
        return;
    run_audit (host, outputs[i].line, "json", &json);
    compare_json (host, outputs[i].name, json.out);
    g_assert_cmpint (json.status, ==, outputs[i].status);
}

/* --- files of libvirt's making --- */

static void
test_real (G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *folder = g_build_filename (g_getenv ("VGATE_SRCDIR"), IMAGES, NULL);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    g_auto (ProgramRun) run = {0};
    const char *name;

    case_standard_host (host);
    fake_host_configure (host, "[placement]\nmode=apply\n");
    while ((name = g_dir_read_name (dir))) {
        g_autofree char *path = g_build_filename (folder, name, NULL),
                        *copy = g_strconcat ("images/", name, NULL);
        g_autofree char *bytes = NULL;
        gsize length;

        g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
        fake_host_write_file (host, copy, bytes, length, 0644);
    }
    command_run (host, "audit --root $ROOT --all $ROOT/images", &run);
    g_assert_cmpstr (run.err, ==, "");
    command_compare (host, FOLDER, "real", "text", run.out);
}

/* --- what cannot be read --- */

static void
no_such_file (FakeHost *host)
{
    case_standard_host (host);
}

static void
bad_images (FakeHost *host)
{
    g_autofree char *xml = guest_xml ("element", "x", 1);

    case_standard_host (host);
    write_image (host, SAVES "partial.save", "LibvirtQemudPart", xml, 0);
    write_image (host, SAVES "header.save", "LibvirtQemudSave", xml, 91);
    write_image (host, SAVES "truncated.save", "LibvirtQemudSave", xml, 200);
    write_image (host, SAVES "xml.save", "LibvirtQemudSave", "<domain>", 0);
    write_image (host, SAVES "other.save", "LibvirtQemudSave", "<network/>", 0);
    write_text (host, SAVES "qcow.save", "QFI\xfb");
    write_text (host, SAVES "empty.save", "");
    write_text (host, "alone.txt", "no XML");
}

static void
bad_snapshots (FakeHost *host)
{
    g_autofree char *memory = guest_xml ("element", "memory", 30);

    case_standard_host (host);
    add_snapshot (host, "missing", "<memory snapshot='external' file='/none'/>", "element", 1);
    add_snapshot (host, "partial", "<memory snapshot='external' file='/memory'/>", "element", 2);
    write_image (host, "memory", "LibvirtQemudPart", memory, 0);
}

/* Opening one of these would wait for ever or have an effect. */
static void
special_files (FakeHost *host)
{
    g_autofree char *fifo = fake_host_path (host, SAVES "fifo.save"),
                    *plain = fake_host_path (host, SAVES "fifo");
    g_autofree char *link = fake_host_path (host, SAVES "null.save");

    case_standard_host (host);
    add_save (host, "plain", "no-vgpu", 3);
    g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
    g_assert_cmpint (mkfifo (plain, 0600), ==, 0);
    g_assert_cmpint (symlink ("/dev/tty", link), ==, 0);
}

static void
future_element (FakeHost *host)
{
    g_autofree char *xml = guest_xml ("element", "future", 1);
    g_autoptr (GString) text = g_string_new (xml);

    case_standard_host (host);
    g_string_replace (text, "urn:x-vgpu-gate:domain:1", "urn:x-vgpu-gate:domain:2", 0);
    write_image (host, SAVES "future.save", "LibvirtQemudSave", text->str, 0);
}

/* What is refused at a restore is refused here, and no fault. */
static void
test_future (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    future_element (host);
    command_run (host, "audit --root $ROOT", &run);
    g_assert_cmpstr (run.err, ==, "");
    g_assert_cmpint (run.status, ==, 1);
    command_compare (host, FOLDER, "future", "text", run.out);
}

/* Each file that is bad has a line of its own on standard error, and the rest is answered. */
static const struct {
    const char *name;
    const char *line;
    CasePrepare prepare;
} partial[] = {
    {"no-such-file", "$ROOT/none.save", no_such_file},
    {"partial", "$ROOT/" SAVES "partial.save", bad_images},
    {"header", "$ROOT/" SAVES "header.save", bad_images},
    {"truncated", "$ROOT/" SAVES "truncated.save", bad_images},
    {"xml", "$ROOT/" SAVES "xml.save", bad_images},
    {"other-xml", "$ROOT/" SAVES "other.save", bad_images},
    {"foreign", "$ROOT/alone.txt", bad_images},
    {"empty", "$ROOT/" SAVES "empty.save", bad_images},
    {"memory-missing", "$ROOT/" SNAPSHOTS "snap/missing.xml $ROOT/none", bad_snapshots},
    {"fifo", "$ROOT/" SAVES "fifo", special_files},
    {"device", "/dev/null", special_files},
};

static void
test_partial (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    partial[i].prepare (host);
    run_audit (host, partial[i].line, "text", &run);
    g_assert_cmpstr (run.out, !=, "");
    g_assert_cmpint (run.status, ==, 3);
    command_compare_error (host, FOLDER, partial[i].name, &run);
}

/* Counts the lines on standard error with this code. */
static guint
count (const char *text, const char *code)
{
    guint n = 0;

    for (const char *at = text; (at = strstr (at, code)); at += strlen (code))
        n++;
    return n;
}

static void
test_directory (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new (), other = fake_host_new (), snapshots = fake_host_new ();
    g_auto (ProgramRun) run = {0}, special = {0}, memory = {0};

    bad_images (host);
    command_run (host, "audit --root $ROOT", &run);
    g_assert_cmpint (run.status, ==, 3);
    g_assert_cmpuint (count (run.err, "VGATE-"), ==, 7);
    g_assert_cmpuint (count (run.err, "VGATE-560"), ==, 2);
    g_assert_cmpuint (count (run.err, "VGATE-561"), ==, 1);
    g_assert_cmpuint (count (run.err, "VGATE-562"), ==, 1);
    special_files (other);
    command_run (other, "audit --root $ROOT $ROOT/" SAVES, &special);
    g_assert_cmpint (special.status, ==, 3);
    g_assert_cmpuint (count (special.err, "VGATE-"), ==, 2);
    g_assert_cmpuint (count (special.err, "VGATE-562"), ==, 2);
    g_assert_nonnull (strstr (special.out, "1 other file."));
    bad_snapshots (snapshots);
    command_run (snapshots, "audit --root $ROOT", &memory);
    g_assert_cmpint (memory.status, ==, 3);
    g_assert_cmpuint (count (memory.err, "VGATE-563"), ==, 2);
}

static void
test_one_bad_among_many (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};
    g_autofree char *xml = guest_xml ("no-vgpu", "many", 1);

    case_standard_host (host);
    for (guint i = 0; i < 1000; i++) {
        g_autofree char *file = g_strdup_printf (SAVES "%04u.save", i);

        write_image (host, file, "LibvirtQemudSave", xml, i == 500 ? 100 : 0);
    }
    command_run (host, "audit --root $ROOT", &run);
    g_assert_cmpint (run.status, ==, 3);
    g_assert_cmpuint (count (run.err, "VGATE-"), ==, 1);
    g_assert_nonnull (strstr (run.err, "/0500.save: "));
    g_assert_nonnull (strstr (run.out, "999 save images"));
    g_assert_nonnull (strstr (run.out, "1 could not be judged, 999 without a vGPU"));
}

/* A guest without a vGPU needs neither the driver nor a host that is known. */
static void
test_no_driver (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0}, planned = {0};

    fake_host_set_library (host, "/nonexistent/libnvidia-ml.so.1");
    add_save (host, "plain", "no-vgpu", 1);
    command_run (host, "audit --root $ROOT", &run);
    g_assert_cmpstr (run.err, ==, "");
    g_assert_cmpint (run.status, ==, 0);
    run_audit (host, "--driver 595", "text", &planned);
    g_assert_cmpint (planned.status, ==, 0);
}

/* Nothing is answered. */
static const struct {
    const char *name;
    const char *line;
    CasePrepare prepare;
    int status;
} failures[] = {
    {"usage-output", "audit --output yaml", no_such_file, 2},
    {"usage-branches", "audit --branches $ROOT/x", no_such_file, 2},
    {"usage-host-name", "audit --host nowhere", no_such_file, 2},
    {"branches-missing", "audit --root $ROOT --driver 595 --branches $ROOT/none", no_such_file, 3},
    {"branches-invalid", "audit --root $ROOT --driver 595 --branches $ROOT/alone.txt", bad_images, 3},
    {"no-fleet", "audit --root $ROOT $ROOT/" SAVES "new.save --fleet $ROOT/none", full_host, 3},
    {"no-host", "audit --root $ROOT $ROOT/" SAVES "new.save --fleet $ROOT/fleet --host nowhere",
     two_documents, 3},
};

static void
test_failure (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    failures[i].prepare (host);
    command_run (host, failures[i].line, &run);
    g_assert_cmpint (run.status, ==, failures[i].status);
    g_assert_cmpstr (run.out, ==, "");
    command_compare_error (host, FOLDER, failures[i].name, &run);
}

static void
test_unknown_driver (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const drivers[] = {"610", "r595", "''", "595.", "0"};
    g_autoptr (FakeHost) host = fake_host_new ();

    case_standard_host (host);
    for (gsize i = 0; i < G_N_ELEMENTS (drivers); i++) {
        g_autofree char *line = g_strconcat ("--driver ", drivers[i], NULL);
        g_auto (ProgramRun) run = {0};

        run_audit (host, line, "text", &run);
        g_assert_cmpint (run.status, ==, 3);
        g_assert_cmpstr (run.out, ==, "");
        g_assert_nonnull (strstr (run.err, "VGATE-572"));
    }
}

/* The same snapshot on the same host: 'check' has the audit's message, with the way out of a revert. */
static void
test_check (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) audit = {0}, check = {0};
    const char *message;

    two_documents (host);
    command_run (host,
                 "audit --root $ROOT --host $ROOT/fleet/hosts/other.xml $ROOT/" SNAPSHOTS "snap/internal.xml",
                 &audit);
    command_run (host,
                 "check --root $ROOT --host $ROOT/fleet/hosts/other.xml $ROOT/" SNAPSHOTS "snap/internal.xml",
                 &check);
    g_assert_cmpint (audit.status, ==, 1);
    g_assert_cmpint (check.status, ==, 1);
    message = strstr (check.out, "VGATE-303: ");
    g_assert_nonnull (message);
    g_assert_nonnull (strstr (message, "without its memory: virsh start DOMAIN."));
    message = strstr (message, "vGPU ");
    g_strdelimit ((char *)message, "\n", '\0');
    g_assert_nonnull (strstr (audit.out, message));
}

static void
test_full (gconstpointer form)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *line = g_strdup_printf ("audit --root $ROOT --output %s", (const char *)form);

    full_host (host);
    command_assert_cannot_write (host, line);
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    golden_assert_none_left (FOLDER, ".text");
    golden_assert_none_left (FOLDER, ".json");
    refusal_assert_none_left (FOLDER);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (outputs); i++)
        command_add_test (FOLDER, "output", outputs[i].name, i, test_output);
    for (guint i = 0; i < G_N_ELEMENTS (partial); i++)
        command_add_test (FOLDER, "partial", partial[i].name, i, test_partial);
    for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
        command_add_test (FOLDER, "failure", failures[i].name, i, test_failure);
    program_add_test ("/" FOLDER "/full/text", "text", test_full);
    program_add_test ("/" FOLDER "/full/json", "json", test_full);
    program_add_test ("/" FOLDER "/real", NULL, test_real);
    program_add_test ("/" FOLDER "/check", NULL, test_check);
    program_add_test ("/" FOLDER "/future", NULL, test_future);
    program_add_test ("/" FOLDER "/directory", NULL, test_directory);
    program_add_test ("/" FOLDER "/one-bad-among-many", NULL, test_one_bad_among_many);
    program_add_test ("/" FOLDER "/no-driver", NULL, test_no_driver);
    program_add_test ("/" FOLDER "/unknown-driver", NULL, test_unknown_driver);
    program_add_test ("/none-left/" FOLDER, NULL, test_none_left);
    return g_test_run ();
}
