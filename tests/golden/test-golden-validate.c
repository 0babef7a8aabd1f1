/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate validate and config show: what they say of each kind of file, good and bad. */
#include "command-case.h"
#include "command-table.h"
#include "golden.h"
#include "hook-case.h"
#include "refusal.h"
#include "xml/xml.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER   "validate"
#define VALIDATE "validate --schemas $SCHEMAS "
#define FLEET    1000u

/* --- files --- */

static void
write_bytes (FakeHost *host, const char *file, const char *text, gsize length)
{
    fake_host_write_file (host, file, text, length, 0644);
}

static void
write_text (FakeHost *host, const char *file, const char *text)
{
    write_bytes (host, file, text, strlen (text));
}

/* Writes hook/INPUT.in.xml after the edits. */
static void
write_guest (FakeHost *host, const char *file, const HookCase *c)
{
    gsize length;
    g_autofree char *xml = case_input (c, &length);

    write_bytes (host, file, xml, length);
}

/* The document of the fake host, after edits: pairs that end with NULL. The caller frees it. */
static char *
host_document (FakeHost *host, const char *const *edits)
{
    g_autoptr (GString) xml = NULL;
    g_auto (ProgramRun) run = {0};

    command_run (host, "host --root $ROOT", &run);
    g_assert_cmpint (run.status, ==, 0);
    xml = g_string_new (run.out);
    for (gsize i = 0; edits && edits[i]; i += 2)
        g_assert_cmpuint (g_string_replace (xml, edits[i], edits[i + 1], 0), >, 0);
    return g_string_free (g_steal_pointer (&xml), FALSE);
}

static void
write_host (FakeHost *host, const char *file, const char *const *edits)
{
    g_autofree char *xml = host_document (host, edits);

    write_text (host, file, xml);
}

/* A save image of version 2 with this XML, of which only length bytes are written; 0: all. */
static void
write_image (FakeHost *host, const char *file, const char *magic, const char *xml, gsize length)
{
    const guint32 numbers[19] = {2, (guint32)strlen (xml) + 1, 1, 0, 0};
    g_autoptr (GByteArray) image = g_byte_array_new ();

    g_byte_array_append (image, (const guint8 *)magic, 16);
    g_byte_array_append (image, (const guint8 *)numbers, sizeof numbers);
    g_byte_array_append (image, (const guint8 *)xml, (guint)strlen (xml) + 1);
    write_bytes (host, file, (const char *)image->data, length > 0 ? length : image->len);
}

/* --- what is prepared for the cases --- */

static void
prepare_good (FakeHost *host)
{
    const HookCase c = {.input = "mdev"}, bare = {.input = "bare-mdev"};
    gsize length;
    g_autofree char *xml = case_input (&c, &length);
    g_autofree char *element = g_strdup (strstr (xml, "<vgate:vgpus"));

    case_standard_host (host);
    write_host (host, "host.xml", NULL);
    write_guest (host, "guest.xml", &c);
    write_guest (host, "bare.xml", &bare);
    write_image (host, "vm1.save", "LibvirtQemudSave", xml, 0);
    *(strstr (element, "</vgate:vgpus>") + strlen ("</vgate:vgpus>")) = '\0';
    write_text (host, "element.xml", element);
    write_text (host, "branches.conf", "[580]\nrange=18.1-26.1\n");
    write_text (host, "new.conf", "[gate]\r\nmax-age=1\r\n");
    write_text (host, "devices.conf", "[host]\nversion-range=18.1-26.1\n[gpu 0]\ntypes=L40S-12Q x 4\n");
}

/* A group [host] alone does not tell which file it is, so its keys do. */
static void
prepare_devices (FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, "unsafe.conf");

    case_standard_host (host);
    write_text (host, "bad.conf",
                "[host]\nversion-rnge=1-2\n[gpu 0]\ntypes=L40S-12Q\nkind=vf\nkind=mdev\n[gates]\n");
    write_text (host, "host-group.conf", "[host]\nwait=700\n");
    write_text (host, "host-uuid.conf", "[host]\nuuid=x\n");
    write_text (host, "unsafe.conf", "[gpu 0]\n");
    g_assert_cmpint (chmod (path, 0666), ==, 0);
}

static void
prepare_no_xml (FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, "fifo");
    g_autoptr (GString) huge = g_string_new ("<domain>");

    case_standard_host (host);
    write_text (host, "empty.xml", "");
    write_text (host, "text.xml", "QEMU emulator version 7.2.22\n");
    write_text (host, "cut.xml", "<domain>\n<name>vm1</name>\n");
    write_text (host, "malformed.xml", "<domain>\n<name>vm1</nam></domain>\n");
    write_text (host, "bomb.xml",
                "<?xml version='1.0'?>\n<!DOCTYPE d [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>\n<d>&b;</d>\n");
    write_text (host, "latin1.xml", "<domain>\n<name>\xe4</name></domain>\n");
    write_bytes (host, "nul.xml", "<domain>\n\n\0</domain>", 20);
    while (huge->len <= VGATE_XML_SIZE_MAX)
        g_string_append (huge, "<x/><x/><x/><x/><x/><x/><x/><x/><x/><x/><x/><x/><x/><x/><x/><x/>");
    write_text (host, "huge.xml", huge->str);
    g_assert_cmpint (mkfifo (path, 0600), ==, 0);
}

static void
prepare_other (FakeHost *host)
{
    static const char *const later[] = {"host:1'", "host:2'", NULL};
    const HookCase element = {.input = "mdev", .edits = {{"gate:domain:1", "gate:domain:2"}}};

    case_standard_host (host);
    write_text (host, "network.xml", "<!-- one -->\n<network><name>x</name></network>\n");
    write_text (host, "status.xml", "<domstatus><domain/></domstatus>\n");
    write_text (host, "payload.xml", "<payload xmlns='urn:x-vgpu-gate:payload:1'/>\n");
    write_text (host, "hosts.xml", "<host xmlns='urn:other'/>\n");
    write_text (host, "sim.conf", "[driver]\nversion=580.95.05\n");
    write_host (host, "later-host.xml", later);
    write_guest (host, "later-guest.xml", &element);
}

static void
prepare_host_faults (FakeHost *host)
{
    static const char *const form[] = {"migration='on'",
                                       "migration='maybe' colour='red'",
                                       "class='",
                                       "clas='",
                                       "simulated='yes'",
                                       "simulated='perhaps'",
                                       "<mdev uuid='a",
                                       "<mdev uuid='A",
                                       NULL};
    static const char *const sense[] = {"preset='18.1-26.1' range='18.1-26.1'",
                                        "preset='26.1-18.1' range='27.1-18.1'", "migration='on'",
                                        "migration='off'", NULL};

    case_standard_host (host);
    write_host (host, "form.xml", form);
    write_host (host, "sense.xml", sense);
}

static void
prepare_guest_faults (FakeHost *host)
{
    const HookCase form = {.input = "two-mdevs",
                           .edits = {{"type=\"1120\"", "type=\"01120\" more=\"\""},
                                     {"power=\"running\"", "power=\"asleep\""},
                                     {"length=\"468\">", "length=\"x\">*"}}};
    const HookCase sense = {.input = "two-mdevs",
                            .edits = {{"mdev=\"" CASE_MDEV_2 "\"", "mdev=\"" CASE_MDEV "\""},
                                      {"length=\"468\"", "length=\"467\""},
                                      {"guest-address=\"0000:07:00.0\"", "guest-address=\"0000:17:00.0\""},
                                      {"range=\"18.1-26.1\"", "range=\"26.1-18.1\""}}};
    const HookCase twice = {
        .input = "mdev",
        .edits = {{"<metadata>", "<metadata><v:vgpus xmlns:v='urn:x-vgpu-gate:domain:1'/>"}}};
    const HookCase device = {.input = "mdev", .edits = {{"<address uuid='" CASE_MDEV "'/>", ""}}};
    const HookCase cloned = {.input = "mdev",
                             .edits = {{"<uuid>4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701</uuid>",
                                        "<uuid>00000000-0000-4000-8000-000000000001</uuid>"}}};

    case_standard_host (host);
    write_guest (host, "form.xml", &form);
    write_guest (host, "sense.xml", &sense);
    write_guest (host, "twice.xml", &twice);
    write_guest (host, "device.xml", &device);
    write_guest (host, "cloned.xml", &cloned);
    write_text (host, "snapshot.xml", "<domainsnapshot>\n<memory snapshot='maybe'/></domainsnapshot>\n");
}

static void
prepare_images (FakeHost *host)
{
    const HookCase c = {.input = "mdev", .edits = {{"type=\"1120\"", "type=\"01120\""}}};
    gsize length;
    g_autofree char *xml = case_input (&c, &length);

    case_standard_host (host);
    write_image (host, "bad.save", "LibvirtQemudSave", xml, 0);
    write_image (host, "partial.save", "LibvirtQemudPart", xml, 0);
    write_image (host, "truncated.save", "LibvirtQemudSave", xml, 200);
    write_image (host, "header.save", "LibvirtQemudSave", xml, 50);
}

static void
prepare_future (FakeHost *host)
{
    static const char *const edits[] = {"host:1' time='2", "host:1' time='9", NULL};
    const HookCase c = {.input = "element", .edits = {{"time=\"2025", "time=\"9999"}}};

    case_standard_host (host);
    write_host (host, "host.xml", edits);
    write_guest (host, "guest.xml", &c);
    fake_host_configure (host, "[rules]\ntime-in-future=warn\n");
}

static void
prepare_refused_future (FakeHost *host)
{
    prepare_future (host);
    fake_host_configure (host, "[rules]\ntime-in-future=refuse\n");
}

static void
prepare_seal (FakeHost *host)
{
    const HookCase c = {.input = "mdev"};

    case_standard_host (host);
    fake_host_write_file (host, "fleet.key", "0123456789abcdef0123456789ABCDEF", 32, 0600);
    fake_host_configure (host, "[seal]\nkey-file=$ROOT/fleet.key\n");
    write_guest (host, "guest.xml", &c);
}

static void
prepare_configurations (FakeHost *host)
{
    case_standard_host (host);
    write_text (host, "crlf.conf", "# a comment\r\n[gate]\r\nmax-age=1\r\n");
    write_text (host, "twice.conf", "[gate]\nmax-age=1\n[capture]\ninterval=5\n[gate]\nmax-age=2\n");
    write_text (
        host, "unknown.conf",
        "[gate]\nmax-aeg=1\nbus=unix:path=/x\ncolour=red\n[gates]\n[colours]\n[rules]\nmetadata_old=warn\n");
    write_text (host, "values.conf", "[gate]\nmax-age=\xff\ncold-start=on\n[host]\nuuid=X\n");
    write_text (host, "syntax.conf", "max-age=1\n[gate]\nmax-age\n=1\n[capture\ninterval=0\n");
    write_text (host, "key.conf", "[gate]\nmax-age=x\n[seal]\nkey-file=/nonexistent/fleet.key\n");
    write_bytes (host, "nul.conf", "[gate]\nmax-age=x\n\0\n", 19);
    write_text (host, "other.conf", "c2VjcmV0c2VjcmV0==\nroot:$6$c2VjcmV0:1:\n");
    fake_host_write_file (host, "open.conf", "[gate]\nmax-age=x\n", 17, 0666);
}

static void
prepare_branches (FakeHost *host)
{
    case_standard_host (host);
    write_text (host, "values.conf", "[580]\nrange=26.1-18.1\nrelease=x\n[r590]\n[595]\ncolour=red\n");
    write_text (host, "groups.conf", "[580]\nrange=18.1-26.1\n[580.0]\nrange=18.1-26.1\n[590]\n");
}

static void
prepare_many (FakeHost *host)
{
    g_autoptr (GString) text = g_string_new ("[gate]\n");

    case_standard_host (host);
    for (guint i = 0; i < 300; i++)
        g_string_append_printf (text, "key-%u=1\n", i);
    write_text (host, "many.conf", text->str);
}

/* A schema of another version: the reader accepts more than it. */
static void
prepare_schemas (FakeHost *host)
{
    static const char other[] =
        "<element name='other' xmlns='http://relaxng.org/ns/structure/1.0'><empty/></element>";

    case_standard_host (host);
    write_host (host, "host.xml", NULL);
    write_text (host, "schemas/vgpu-gate-host.rng", other);
    write_text (host, "no-schemas/vgpu-gate-host.rng", "<html/>");
}

/* A terminal would be cleared, and a line added. */
static void
prepare_hostile (FakeHost *host)
{
    case_standard_host (host);
    write_text (host, "bad\n\033[2J.xml", "<network/>");
    write_text (host, "bad\xff.xml", "<domain>\n<name>\x7f</name><uuid>x</uuid></domain>");
    write_text (host, "names.xml", "<n&#27;/>");
    write_text (host, "key.conf", "[gate]\n\033[2J=1\n\033=1\nmax-age=\033[2J\n[\033[2J]\n[\033]\n");
}

/* --- the cases --- */

typedef struct {
    const char *name;
    const char *line;
    int status;
    CasePrepare prepare;
} Case;

/* clang-format off */
static const Case cases[] = {
    {"good", VALIDATE "$ROOT/host.xml $ROOT/guest.xml $ROOT/bare.xml $ROOT/vm1.save $ROOT/element.xml "
     "$ROOT/branches.conf $ROOT/new.conf $ROOT/devices.conf", 0, prepare_good},
    {"devices", VALIDATE "$ROOT/bad.conf $ROOT/host-group.conf $ROOT/host-uuid.conf $ROOT/unsafe.conf", 1,
     prepare_devices},
    {"no-such-file", VALIDATE "$ROOT/none.xml", 3, case_standard_host},
    {"standard-input", VALIDATE "-", 1, case_standard_host},
    {"empty", VALIDATE "$ROOT/empty.xml", 1, prepare_no_xml},
    {"no-xml", VALIDATE "$ROOT/text.xml", 1, prepare_no_xml},
    {"malformed", VALIDATE "$ROOT/cut.xml $ROOT/malformed.xml", 1, prepare_no_xml},
    {"bomb", VALIDATE "$ROOT/bomb.xml", 1, prepare_no_xml},
    {"encoding", VALIDATE "$ROOT/latin1.xml $ROOT/nul.xml", 1, prepare_no_xml},
    {"huge", VALIDATE "$ROOT/huge.xml", 1, prepare_no_xml},
    {"fifo", VALIDATE "$ROOT/fifo $ROOT/empty.xml", 3, prepare_no_xml},
    {"directory", VALIDATE "$ROOT", 3, prepare_no_xml},
    {"endless", VALIDATE "/dev/zero", 1, prepare_no_xml},
    {"root", VALIDATE "$ROOT/network.xml $ROOT/status.xml $ROOT/payload.xml $ROOT/hosts.xml "
     "$ROOT/sim.conf", 1, prepare_other},
    {"later", VALIDATE "$ROOT/later-host.xml $ROOT/later-guest.xml", 1, prepare_other},
    {"host-form", VALIDATE "$ROOT/form.xml", 1, prepare_host_faults},
    {"host-sense", VALIDATE "$ROOT/sense.xml", 1, prepare_host_faults},
    {"guest-form", VALIDATE "$ROOT/form.xml", 1, prepare_guest_faults},
    {"guest-sense", VALIDATE "$ROOT/sense.xml", 1, prepare_guest_faults},
    {"guest", VALIDATE "$ROOT/twice.xml $ROOT/device.xml $ROOT/cloned.xml $ROOT/snapshot.xml", 1,
     prepare_guest_faults},
    {"images", VALIDATE "$ROOT/bad.save $ROOT/partial.save $ROOT/truncated.save $ROOT/header.save", 1,
     prepare_images},
    {"future", VALIDATE "$ROOT/host.xml $ROOT/guest.xml", 0, prepare_future},
    {"future-refused", VALIDATE "$ROOT/host.xml $ROOT/guest.xml", 1, prepare_refused_future},
    {"unsealed", VALIDATE "$ROOT/guest.xml", 1, prepare_seal},
    {"schema-other", "validate --schemas $ROOT/schemas $ROOT/host.xml", 1, prepare_schemas},
    {"schema-missing", "validate --schemas $ROOT/none $ROOT/host.xml", 3, prepare_schemas},
    {"schema-none", "validate --schemas $ROOT/no-schemas $ROOT/host.xml", 3, prepare_schemas},
    {"hostile", VALIDATE "$ROOT/bad\n\033[2J.xml $ROOT/bad\xff.xml $ROOT/names.xml $ROOT/key.conf", 1,
     prepare_hostile},
    {"branches", VALIDATE "$ROOT/values.conf $ROOT/groups.conf", 1, prepare_branches},
    {"many", "validate --config $ROOT/many.conf", 1, prepare_many},
    {"config-own", "validate --config", 0, case_standard_host},
    {"config-crlf", "validate --config $ROOT/crlf.conf", 0, prepare_configurations},
    {"config-twice", "validate --config $ROOT/twice.conf", 0, prepare_configurations},
    {"config-unknown", "validate --config $ROOT/unknown.conf", 1, prepare_configurations},
    {"config-values", "validate --config $ROOT/values.conf", 1, prepare_configurations},
    {"config-syntax", "validate --config $ROOT/syntax.conf", 1, prepare_configurations},
    {"config-key", "validate --config $ROOT/key.conf", 1, prepare_configurations},
    {"config-nul", "validate --config $ROOT/nul.conf", 1, prepare_configurations},
    {"config-open", "validate --config $ROOT/open.conf", 1, prepare_configurations},
    {"config-as-file", VALIDATE "$ROOT/open.conf", 1, prepare_configurations},
    {"config-none", "validate --config $ROOT/none.conf", 3, prepare_configurations},
    {"config-directory", "validate --config $ROOT", 3, prepare_configurations},
    {"config-device", "validate --config /dev/zero", 3, prepare_configurations},
    {"config-other", "validate --config $ROOT/other.conf", 1, prepare_configurations},
    {"config-input", "validate --config -", 0, case_standard_host},
    {"no-file", "validate", 2, case_standard_host},
    {"two-inputs", "validate - -", 2, case_standard_host},
    {"two-configurations", "validate --config a b", 2, case_standard_host},
    /* a blank at the end: the last argument is empty */
    {"empty-name", "validate --output json $ROOT/none ", 2, case_standard_host},
    {"empty-configuration", "validate --config ", 2, case_standard_host},
    {"output", "validate --output csv x", 2, case_standard_host},
    {"show-word", "config show gate", 2, case_standard_host},
    {"show-unknown", "config list", 2, case_standard_host},
};
/* clang-format on */

/* The output, with the values of each problem instead of its wording, which is golden once for each code. */
static char *
shorten (const FakeHost *host, const char *out)
{
    /* libxml2 words these differently in each release */
    g_autoptr (GRegex) parser = g_regex_new (": (VGATE-10[678]|VGATE-951):.*", 0, 0, NULL);
    g_autoptr (GRegex) time = g_regex_new ("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ", 0, 0, NULL);
    g_autofree char *normal = fake_host_normalise (host, out), *shortened = refusal_shorten_report (normal);
    g_autofree char *parsed = g_regex_replace (parser, shortened, -1, 0, ": \\1: ...", 0, NULL);

    return g_regex_replace (time, parsed, -1, 0, "TIME", 0, NULL);
}

static void
compare (FakeHost *host, const Case *c, const ProgramRun *run)
{
    g_autofree char *shortened = shorten (host, run->out);

    if (run->status != c->status)
        g_error ("%s: status %d\n%s%s", c->line, run->status, run->out, run->err);
    if (*run->err != '\0')
        command_compare_error (host, FOLDER, c->name, run);
    if (*shortened != '\0')
        command_compare (host, FOLDER, c->name, "text", shortened);
}

static void
test_case (gconstpointer data)
{
    const Case *c = &cases[GPOINTER_TO_UINT (data)];
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    c->prepare (host);
    /* nothing waits for ever */
    program_run_by ("timeout 60");
    command_run (host, c->line, &run);
    program_run_by (NULL);
    compare (host, c, &run);
}

/* --- the wording of the codes that only 'validate' has --- */

static const struct {
    const char *name, *code, *line;
    CasePrepare prepare;
} worded[] = {
    {"code-950", "VGATE-950", VALIDATE "$ROOT/network.xml", prepare_other},
    {"code-951", "VGATE-951", "validate --schemas $ROOT/schemas $ROOT/host.xml", prepare_schemas},
    {"code-953", "VGATE-953", "validate --config $ROOT/twice.conf", prepare_configurations},
    {"code-954", "VGATE-954", "validate --config $ROOT/many.conf", prepare_many},
};

static void
test_wording (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};
    g_autofree char *text = NULL, *line = NULL;
    const char *at;

    worded[i].prepare (host);
    command_run (host, worded[i].line, &run);
    at = strstr (run.out, worded[i].code);
    g_assert_nonnull (at);
    text = g_strndup (at, strcspn (at, "\n"));
    line = g_strdup_printf ("vgpu-gate: %s\n", text);
    refusal_compare (FOLDER, worded[i].name, run.status, line);
}

/* --- JSON, and what is read from standard input --- */

static void
test_json (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    prepare_hostile (host);
    write_host (host, "host.xml", NULL);
    command_run (
        host,
        VALIDATE
        "--output json $ROOT/host.xml $ROOT/bad\n\033[2J.xml $ROOT/bad\xff.xml $ROOT/key.conf $ROOT/none",
        &run);
    g_assert_cmpint (run.status, ==, 3);
    g_assert_true (g_utf8_validate (run.out, -1, NULL));
    command_compare (host, FOLDER, "mixed", "json", run.out);
    command_compare_error (host, FOLDER, "mixed", &run);
}

static void
test_input (G_GNUC_UNUSED gconstpointer data)
{
    static const char script[] = "#!/bin/sh\nexec \"$@\" <\"${0%/*}/guest.xml\"\n";
    const HookCase c = {.input = "mdev"};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *path = fake_host_path (host, "with-input");
    g_auto (ProgramRun) run = {0};

    case_standard_host (host);
    write_guest (host, "guest.xml", &c);
    fake_host_write_file (host, "with-input", script, strlen (script), 0755);
    program_run_by (path);
    command_run (host, VALIDATE "-", &run);
    program_run_by (NULL);
    command_assert_done (&run);
    g_assert_cmpstr (run.out, ==, "standard input: valid (domain XML)\n");
}

/* A FIFO with a writer, as a shell makes it of "<(virsh dumpxml vm1)". */
static void
test_pipe (G_GNUC_UNUSED gconstpointer data)
{
    static const char script[] = "#!/bin/sh\ncd \"${0%/*}\" && { sleep 1; cat guest.xml; } >fifo &\n"
                                 "exec 9<>\"${0%/*}/fifo\"; exec \"$@\" 9<&-\n";
    const HookCase c = {.input = "mdev"};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *path = fake_host_path (host, "with-pipe"), *fifo = fake_host_path (host, "fifo");
    g_auto (ProgramRun) run = {0};

    case_standard_host (host);
    write_guest (host, "guest.xml", &c);
    g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
    fake_host_write_file (host, "with-pipe", script, strlen (script), 0755);
    program_run_by (path);
    command_run (host, VALIDATE "$ROOT/fifo", &run);
    program_run_by (NULL);
    command_assert_done (&run);
    g_assert_nonnull (strstr (run.out, "/fifo: valid (domain XML)\n"));
}

/* --- a thousand files --- */

static void
test_thousand (G_GNUC_UNUSED gconstpointer data)
{
    const HookCase c = {.input = "mdev"}, bad = {.input = "mdev", .edits = {{"type=\"1120\"", "type=\"x\""}}};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (GString) line = g_string_new ("validate --schemas $SCHEMAS");
    g_auto (ProgramRun) run = {0};

    case_standard_host (host);
    for (guint i = 0; i < FLEET; i++) {
        g_autofree char *file = g_strdup_printf ("g%u", i);

        write_guest (host, file, i == 500 ? &bad : &c);
        g_string_append_printf (line, " $ROOT/%s", file);
    }
    g_string_append (line, " $ROOT/none");
    command_run (host, line->str, &run);
    g_assert_cmpint (run.status, ==, 3);
    g_assert_nonnull (strstr (run.out, "/g500: invalid (domain XML)\n"));
    g_assert_nonnull (strstr (run.out, "/g500:"));
    g_assert_nonnull (strstr (run.out, "1001 files: 999 valid, 1 invalid, 1 could not be read\n"));
    g_assert_nonnull (strstr (run.err, "VGATE-111: cannot open "));
}

/* --- 'validate' and 'check' agree --- */

/* Codes of 'check' about the document itself, not about a guest on a host. */
static const int of_documents[] = {101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 201, 202, 203,
                                   204, 205, 206, 207, 208, 209, 210, 211, 215, 216, 512, 509, 821};

static void
test_agreement (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *folder = program_source ("hook", "");
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    guint n_valid = 0, n_invalid = 0;
    const char *name;

    case_standard_host (host);
    g_assert_nonnull (dir);
    while ((name = g_dir_read_name (dir))) {
        g_autofree char *check_line = g_strdup_printf ("check --root $ROOT @%s", name);
        g_autofree char *validate_line = g_strdup_printf (VALIDATE "@%s", name), *said = NULL;
        g_auto (ProgramRun) check = {0}, validate = {0};
        char code[VGATE_CODE_TEXT_SIZE] = "";

        if (!g_str_has_suffix (name, ".in.xml"))
            continue;
        command_run (host, check_line, &check);
        command_run (host, validate_line, &validate);
        said = g_strconcat (check.out, check.err, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS (of_documents) && *code == '\0'; i++)
            if (!strstr (said, vgate_code_format (of_documents[i], code)))
                *code = '\0';
        if (validate.status != (*code != '\0' ? 1 : 0) || !strstr (validate.out, code))
            g_error ("%s: 'check' says:\n%s\n'validate' says:\n%s%s", name, said, validate.out, validate.err);
        if (*code != '\0')
            n_invalid++;
        else
            n_valid++;
    }
    g_test_message ("%u valid, %u invalid", n_valid, n_invalid);
    g_assert_cmpuint (n_valid, >, 20);
    g_assert_cmpuint (n_invalid, >=, 2);
}

/* --- config show --- */

static void
configure (FakeHost *host)
{
    case_standard_host (host);
    fake_host_write_file (host, "fleet.key", "0123456789abcdef0123456789ABCDEF", 32, 0600);
    write_text (host, "show.conf",
                "[gate]\nmax-age=1\nmax-age = 7200 \n[rules]\nmetadata-old=refuse\n[switch-over]\nbus=\n");
    fake_host_configure (host, "[seal]\nkey-file=$ROOT/fleet.key\n");
}

static void
test_show (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) text = {0}, json = {0}, own = {0};

    configure (host);
    command_run (host, "config show", &own);
    command_assert_done (&own);
    g_assert_nonnull (strstr (own.out, "/fleet.key  (line "));
    g_assert_null (strstr (own.out, "0123456789abcdef"));
    {
        const char *argv[] = {program_path ("command"), "--config", NULL, "config", "show", NULL, NULL, NULL};
        g_autofree char *path = fake_host_path (host, "show.conf");

        argv[2] = path;
        program_run (argv, "", 0, &text);
        argv[5] = "--output";
        argv[6] = "json";
        program_run (argv, "", 0, &json);
    }
    command_assert_done (&text);
    command_assert_done (&json);
    g_assert_nonnull (strstr (text.out, "  max-age=7200  (line 3)\n"));
    g_assert_nonnull (strstr (text.out, "  metadata-old=refuse  (line 5)\n"));
    g_assert_nonnull (strstr (text.out, "  bus=  (line 7)\n"));
    g_assert_nonnull (strstr (text.out, "  link-speed=  (not set)\n"));
    /* the helper's path is that of the build */
    g_assert_nonnull (strstr (text.out, "/vgpu-gate-nvml  (default)\n"));
    g_assert_nonnull (strstr (json.out, "\"format\" : \"vgpu-gate/config/1\""));
}

/* --- a key file that only root may read --- */

static void
call_as_nobody (FakeHost *host, const char *line, int status)
{
    g_auto (ProgramRun) run = {0};

    command_call (host, &(CommandCall){.line = line, .as_nobody = TRUE}, &run);
    if (run.status != status)
        g_error ("%s: status %d instead of %d\n%s%s", line, run.status, status, run.out, run.err);
}

/* Each answer is the one that root gets, or is missing. */
static void
test_hidden_key (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const schemas[] = {"vgpu-gate-host.rng", "vgpu-gate-domain.rng",
                                          "vgpu-gate-types.rng"};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *key = fake_host_path (host, "fleet.key");
    g_autofree char *bad = g_strdup_printf ("[gate]\nmax-age=x\n[seal]\nkey-file=%s\n", key);

    prepare_good (host);
    for (gsize i = 0; i < G_N_ELEMENTS (schemas); i++) {
        g_autofree char *source = program_source ("../../schemas/", schemas[i]), *text = NULL;
        g_autofree char *copy = g_strconcat ("schemas/", schemas[i], NULL);

        g_assert_true (g_file_get_contents (source, &text, NULL, NULL));
        write_text (host, copy, text);
    }
    fake_host_write_file (host, "fleet.key", "0123456789abcdef0123456789ABCDEF", 32, 0);
    fake_host_configure (host, "[seal]\nkey-file=$ROOT/fleet.key\n");
    write_text (host, "bad.conf", bad);
    call_as_nobody (host, "validate --config", 3);
    call_as_nobody (host, "validate --config $ROOT/bad.conf", 1);
    call_as_nobody (host, "config show", 0);
    call_as_nobody (host, "validate --schemas $ROOT/schemas $ROOT/host.xml $ROOT/bare.xml", 0);
    call_as_nobody (host, "validate --schemas $ROOT/schemas $ROOT/guest.xml", 3);
    call_as_nobody (host, "validate --schemas $ROOT/schemas $ROOT/element.xml", 3);
}

/* '-' is standard input only as the argument. */
static void
test_input_before (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const lines[] = {"validate --config", "config show", "validate x.xml"};

    for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
        g_autofree char *line = g_strconcat ("command --config - ", lines[i], NULL);
        g_auto (GStrv) words = g_strsplit (line, " ", -1);
        g_auto (ProgramRun) run = {0};

        g_free (words[0]);
        words[0] = g_strdup (program_path ("command"));
        program_run ((const char *const *)words, "", 0, &run);
        g_assert_cmpint (run.status, ==, 3);
        g_assert_nonnull (strstr (run.err, "cannot open '-'"));
    }
}

/* There is nothing in force. */
static void
test_show_invalid (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();

    case_standard_host (host);
    fake_host_write_config (host, "[gate]\nmax-aeg=1\n", 0644);
    command_assert_failure (host, FOLDER, "show-invalid", &(CommandCall){.line = "config show"}, 3);
}

/* Documents are judged by a configuration, which must be in order. */
static void
test_bad_configuration (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();

    prepare_good (host);
    fake_host_write_config (host, "[gate]\nmax-aeg=1\n", 0644);
    command_assert_failure (host, FOLDER, "bad-configuration",
                            &(CommandCall){.line = VALIDATE "$ROOT/host.xml"}, 3);
}

static void
test_full_disk (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();

    prepare_good (host);
    command_assert_cannot_write (host, VALIDATE "$ROOT/host.xml");
    command_assert_cannot_write (host, VALIDATE "--output json $ROOT/host.xml");
    command_assert_cannot_write (host, "config show");
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
        command_add_test (FOLDER, "case", cases[i].name, i, test_case);
    for (guint i = 0; i < G_N_ELEMENTS (worded); i++)
        command_add_test (FOLDER, "wording", worded[i].name, i, test_wording);
    program_add_test ("/validate/json", NULL, test_json);
    program_add_test ("/validate/input", NULL, test_input);
    program_add_test ("/validate/pipe", NULL, test_pipe);
    program_add_test ("/validate/thousand", NULL, test_thousand);
    program_add_test ("/validate/agreement", NULL, test_agreement);
    program_add_test ("/validate/show", NULL, test_show);
    program_add_test ("/validate/hidden-key", NULL, test_hidden_key);
    program_add_test ("/validate/input-before", NULL, test_input_before);
    program_add_test ("/validate/show-invalid", NULL, test_show_invalid);
    program_add_test ("/validate/bad-configuration", NULL, test_bad_configuration);
    program_add_test ("/validate/full-disk", NULL, test_full_disk);
    command_add_none_left (FOLDER);
    return g_test_run ();
}
