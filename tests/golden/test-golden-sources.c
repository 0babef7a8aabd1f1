/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests and hosts that are read from libvirt and by ssh: vgpu-gate guest, fleet collect, and --connect.
 * libvirt's test driver, which needs no server, has the guests; a script takes the place of ssh.
 */
#include "base/codes.h"
#include "command-case.h"
#include "command-table.h"
#include "guests.h"
#include "hook-case.h"
#include "host/host.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define UUID_1   "10000000-0000-4000-8000-000000000001"
#define UUID_2   "10000000-0000-4000-8000-000000000002"
#define INACTIVE "<test:runstate>5</test:runstate>"

/* --- libvirt's test driver --- */

static void
replace (GString *text, const char *what, const char *by)
{
    g_assert_cmpuint (g_string_replace (text, what, by, 0), >, 0);
}

/* The guest document of a guest of guests.h as libvirt's test driver reads it, with secrets. is_inactive: the
 * domain does not run. */
static char *
domain_of (const char *guest, const char *name, const char *uuid, gboolean is_inactive)
{
    static const char root[] = "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>";
    g_autofree char *document = guest_document (guest, name, uuid);
    g_autofree char *rest =
        g_strconcat (root, is_inactive ? INACTIVE : "",
                     "<title>hunter2</title><memory>1024</memory><os><type>hvm</type></os>", NULL);
    g_autoptr (GString) text = g_string_new (document);

    replace (text, "<domain>", rest);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Writes the test driver's node "NAME.xml" with these domains, ended by NULL, which it frees. */
static void
add_node (FakeHost *host, const char *name, ...)
{
    g_autofree char *file = g_strconcat (name, ".xml", NULL);
    g_autoptr (GString) xml = g_string_new ("<node>");
    va_list domains;
    char *domain;

    va_start (domains, name);
    while ((domain = va_arg (domains, char *))) {
        g_string_append (xml, domain);
        g_free (domain);
    }
    va_end (domains);
    g_string_append (xml, "</node>");
    fake_host_write_file (host, file, xml->str, xml->len, 0644);
}

/* --- a host with two guests --- */

static FakeHost *
host_with_guests (void)
{
    FakeHost *host = fake_host_new ();

    case_standard_host (host);
    add_node (host, "node", domain_of ("captured-at-destination", "vm1", UUID_1, FALSE),
              domain_of ("element", "vm2", UUID_2, TRUE), NULL);
    return host;
}

static void
assert_failed (const ProgramRun *run, int status, const char *code, const char *what)
{
    if (run->status != status || !strstr (run->err, code) || !strstr (run->err, what))
        g_error ("status %d instead of %d, %s, %s: %s", run->status, status, code, what, run->err);
}

static char *
read_file (FakeHost *host, const char *name)
{
    g_autofree char *path = fake_host_path (host, name);
    char *text = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    return text;
}

/* --- vgpu-gate guest --- */

static void
test_guest (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const lines[] = {"guest -c test://$ROOT/node.xml vm1",
                                        "guest --connect test://$ROOT/node.xml " UUID_1};
    g_autoptr (FakeHost) host = host_with_guests ();
    g_autofree char *document = guest_document ("captured-at-destination", "vm1", UUID_1);

    for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
        g_auto (ProgramRun) run = {0};

        command_run (host, lines[i], &run);
        command_assert_done (&run);
        g_assert_cmpstr (run.out, ==, document);
    }
    /* a document is its own document, and so is the definition of a domain that does not run */
    fake_host_write_file (host, "vm1.xml", document, strlen (document), 0644);
    for (guint i = 0; i < 2; i++) {
        g_auto (ProgramRun) run = {0};

        command_run (host, i == 0 ? "guest $ROOT/vm1.xml" : "guest -c test://$ROOT/node.xml vm2", &run);
        command_assert_done (&run);
        if (i == 0)
            g_assert_cmpstr (run.out, ==, document);
        g_assert_null (strstr (run.out, "hunter2"));
    }
}

static const struct {
    const char *name, *line;
    int status;
    const char *code, *what;
} guest_failures[] = {
    {"no-domain", "guest -c test://$ROOT/node.xml vm3", 3, "VGATE-705", "no domain with name or UUID 'vm3'"},
    {"no-connection", "guest -c test://$ROOT/no.xml vm1", 3, "VGATE-705", "virConnectOpenReadOnly"},
    {"no-file", "guest $ROOT/no.xml", 3, "VGATE-111", "no.xml"},
    {"no-xml", "guest $ROOT/text.xml", 3, "VGATE-107", "text.xml"},
    {"snapshot", "guest $ROOT/snapshot.xml", 3, "VGATE-109", "snapshot.xml"},
    {"no-word", "guest", 2, "VGATE-902", "requires one DOMAIN"},
    {"two-words", "guest vm1 vm2", 2, "VGATE-902", "requires one DOMAIN"},
    {"file-of-uri", "guest -c test:///default $ROOT/a.xml", 2, "VGATE-902", "--connect requires the name"},
};

static void
test_guest_failure (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    static const char snapshot[] = "<domainsnapshot><memory snapshot='no'/><domain/></domainsnapshot>";
    g_autoptr (FakeHost) host = host_with_guests ();
    g_auto (ProgramRun) run = {0};

    fake_host_write_file (host, "text.xml", "text", 4, 0644);
    fake_host_write_file (host, "snapshot.xml", snapshot, strlen (snapshot), 0644);
    command_run (host, guest_failures[i].line, &run);
    g_assert_cmpstr (run.out, ==, "");
    assert_failed (&run, guest_failures[i].status, guest_failures[i].code, guest_failures[i].what);
}

/* --- ssh --- */

/* Writes $ROOT/ssh. It writes its words to $ROOT/words; lines decide what it does if the command is
 * "vgpu-gate host". What libvirt runs by it fails. */
static void
add_ssh (FakeHost *host, const char *lines)
{
    g_autofree char *script =
        g_strdup_printf ("#!/bin/sh\nfor last; do :; done\n[ \"$last\" = 'vgpu-gate host' ] || exit 255\n"
                         "printf '%%s\\n' \"$@\" >%s/words\n%s\n",
                         fake_host_root (host), lines);

    fake_host_write_file (host, "ssh", script, strlen (script), 0755);
}

/* The host document of another host, in $ROOT/other.xml. */
static void
add_other_host (FakeHost *host)
{
    g_auto (ProgramRun) run = {0};
    g_autoptr (GString) xml = NULL;

    command_run (host, "host --root $ROOT", &run);
    g_assert_cmpint (run.status, ==, 0);
    xml = g_string_new (run.out);
    replace (xml, FAKE_HOST_UUID, FAKE_SOURCE_UUID);
    fake_host_write_file (host, "other.xml", xml->str, xml->len, 0644);
}

static void
test_ssh_words (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_with_guests ();
    g_autofree char *line = NULL, *cat = NULL, *words = NULL, *document = NULL, *collected = NULL;
    g_auto (ProgramRun) run = {0};

    add_other_host (host);
    cat = g_strdup_printf ("echo banner >&2; cat %s/other.xml", fake_host_root (host));
    add_ssh (host, cat);
    line = g_strdup ("fleet collect $ROOT/fleet --connect "
                     "qemu+ssh://root@host-b:2222/system?command=$ROOT/ssh&keyfile=/k&no_verify=1");
    command_run (host, line, &run);
    words = read_file (host, "words");
    g_assert_cmpstr (words, ==,
                     "-oBatchMode=yes\n-oConnectTimeout=10\n-oControlMaster=no\n-T\n-e\nnone\n"
                     "-oStrictHostKeyChecking=no\n-i\n/k\n-p2222\n-l\nroot\n--\nhost-b\nvgpu-gate host\n");
    /* the host is there, and its guests are not known */
    assert_failed (&run, 3, "VGATE-705", "qemu+ssh://root@host-b:2222/system");
    document = read_file (host, "other.xml");
    collected = read_file (host, "fleet/hosts/" FAKE_SOURCE_UUID ".xml");
    g_assert_cmpstr (collected, ==, document);
}

static const struct {
    const char *name;
    const char *uri;   /* of which the guests cannot be read */
    const char *lines; /* of ssh */
    const char *code, *what;
    guint n_lines; /* of standard error */
} hosts[] = {
    {"unreachable", "qemu+ssh://h/system?command=$ROOT/ssh", "echo 'ssh: no route' >&2; exit 255",
     "VGATE-553", "ssh failed with status 255: ssh: no route", 2},
    {"not-installed", "qemu+ssh://h/system?command=$ROOT/ssh", "exit 127", "VGATE-553",
     "vgpu-gate is not installed there", 3},
    {"failed", "qemu+ssh://h/system?command=$ROOT/ssh", "echo 'vgpu-gate: VGATE-506: no' >&2; exit 3",
     "VGATE-553", "'vgpu-gate host' failed with status 3: vgpu-gate: VGATE-506: no", 3},
    {"killed", "qemu+ssh://h/system?command=$ROOT/ssh", "kill -9 $$", "VGATE-553", "status -1", 2},
    {"not-xml", "qemu+ssh://h/system?command=$ROOT/ssh", "echo hello", "VGATE-107",
     "qemu+ssh://h/system?command=", 3},
    {"endless", "qemu+ssh://h/system?command=$ROOT/ssh", "exec yes", "VGATE-553", "wrote more than", 2},
    {"no-ssh", "qemu+ssh://h/system?command=$ROOT/nothing", "", "VGATE-553", "cannot run", 2},
    {"dash", "qemu+ssh://-oProxyCommand=x/system?command=$ROOT/ssh", "exit 1", "VGATE-553",
     "invalid host name '-oProxyCommand=x'", 2},
    {"tls", "qemu+tls://h.invalid/system", "", "VGATE-554", "only by ssh", 3},
    {"no-uri", "::", "", "VGATE-554", "::", 3},
};

/* A host that cannot be read is named with the reason, and the rest is answered. */
static void
test_bad_host (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = host_with_guests ();
    g_autofree char *line = g_strdup_printf (
        "matrix --root $ROOT --output csv --connect test://$ROOT/node.xml --connect %s --host b "
        "--host $ROOT/other.xml",
        hosts[i].uri);
    g_auto (ProgramRun) run = {0};
    g_auto (GStrv) lines = NULL;

    add_other_host (host);
    add_ssh (host, hosts[i].lines);
    command_run (host, line, &run);
    assert_failed (&run, 3, hosts[i].code, hosts[i].what);
    g_assert_nonnull (strstr (run.out, "vm1,"));
    lines = g_strsplit (run.err, "\n", -1);
    g_assert_cmpuint (g_strv_length (lines) - 1, ==, hosts[i].n_lines);
}

/* --- matrix, for guests of libvirt --- */

static const struct {
    const char *name, *line;
    int status;
    const char *has, *has_not;
} matrices[] = {
    /* only those that run; documents of hosts are named, so that no host is asked */
    {"running", "--host $ROOT/other.xml", 0, "vm1," UUID_1, "vm2,"},
    {"named", "vm2 vm1 --host $ROOT/other.xml", 0, "vm2," UUID_2, NULL},
    {"by-uuid", UUID_2 " --host $ROOT/other.xml", 0, "vm2," UUID_2, "vm1,"},
    {"unknown", "vm1 vm9 --host $ROOT/other.xml", 3, "vm1," UUID_1, NULL},
    {"file-only", "$ROOT/vm1.xml --host $ROOT/other.xml", 0, "vm1," UUID_1, "vm2,"},
    /* this host's document, which "vgpu-gate host" prints */
    {"this-host", "vm1", 0, FAKE_HOST_UUID, NULL},
};

static void
test_matrix (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = host_with_guests ();
    g_autofree char *document = guest_document ("element", "vm1", UUID_1);
    g_autofree char *line =
        g_strconcat ("matrix --output csv -c test://$ROOT/node.xml --root $ROOT ", matrices[i].line, NULL);
    g_auto (ProgramRun) run = {0};

    add_other_host (host);
    fake_host_write_file (host, "vm1.xml", document, strlen (document), 0644);
    command_run (host, line, &run);
    if (run.status != matrices[i].status)
        g_error ("status %d: %s%s", run.status, run.out, run.err);
    g_assert_nonnull (strstr (run.out, matrices[i].has));
    g_assert_true (!matrices[i].has_not || !strstr (run.out, matrices[i].has_not));
}

/* A definition that stayed on a host from which the guest was migrated is not a second guest. */
static void
test_definition_elsewhere (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_with_guests ();
    g_auto (ProgramRun) run = {0};

    add_other_host (host);
    add_node (host, "other-node", domain_of ("element", "vm1", UUID_1, TRUE), NULL);
    command_run (host,
                 "matrix --output csv -c test://$ROOT/other-node.xml -c test://$ROOT/node.xml vm1 "
                 "--host $ROOT/other.xml",
                 &run);
    command_assert_done (&run);
    g_assert_nonnull (strstr (run.out, "vm1," UUID_1));
    g_assert_nonnull (strstr (run.out, ",live,"));
}

/* --- fleet collect --- */

#define COLLECT "fleet collect $ROOT/fleet -c test://$ROOT/node.xml"

static void
collect (FakeHost *host, const char *rest, int status, const char *says)
{
    g_autofree char *line = g_strconcat (COLLECT, rest, NULL);
    g_auto (ProgramRun) run = {0};

    command_run (host, line, &run);
    if (run.status != status || !strstr (run.out, says))
        g_error ("status %d: %s%s", run.status, run.out, run.err);
}

static void
test_collect (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const kept[] = {"fleet/guests/vm1.xml", "fleet/guests/" UUID_2 ".xml",
                                       "fleet/guests/README", "fleet/hosts/" FAKE_HOST_UUID ".xml"};
    g_autoptr (FakeHost) host = host_with_guests ();
    g_autofree char *document = guest_document ("captured-at-destination", "vm1", UUID_1), *collected = NULL;
    g_autofree char *of_another = guest_document ("element", "vm2", UUID_2);
    g_auto (ProgramRun) run = {0};

    collect (host, "", 0, "fleet: 1 host document and 1 guest document written, 0 removed\n");
    collected = read_file (host, "fleet/guests/" UUID_1 ".xml");
    g_assert_cmpstr (collected, ==, document);
    command_run (host, "matrix --root $ROOT --fleet $ROOT/fleet --output csv", &run);
    g_assert_nonnull (strstr (run.out, "vm1," UUID_1));

    /* the guest has ended. Files of other names, and guests that other hosts had, are kept. */
    add_node (host, "node", NULL);
    fake_host_write_file (host, "fleet/guests/vm1.xml", document, strlen (document), 0644);
    fake_host_write_file (host, "fleet/guests/" UUID_2 ".xml", of_another, strlen (of_another), 0644);
    fake_host_write_file (host, "fleet/guests/README", "x", 1, 0644);
    fake_host_write_file (host, "fleet/guests/.new-" UUID_1 ".xml", "x", 1, 0644);
    /* with a host that does not answer, what this one had is removed, too */
    collect (host, " -c test://$ROOT/none.xml", 3,
             "1 host document and 0 guest documents written, 1 removed\n");
    for (gsize i = 0; i < G_N_ELEMENTS (kept); i++)
        g_assert_true (fake_host_has (host, kept[i]));
    g_assert_false (fake_host_has (host, "fleet/guests/" UUID_1 ".xml"));
    g_assert_false (fake_host_has (host, "fleet/guests/.new-" UUID_1 ".xml"));
}

/* A host whose guests cannot be read keeps the documents that were collected before. */
static void
test_collect_unreadable (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_with_guests ();
    g_autofree char *path = fake_host_path (host, "node.xml");

    collect (host, "", 0, "1 host document and 1 guest document written");
    g_assert_cmpint (g_unlink (path), ==, 0);
    collect (host, "", 3, "1 host document and 0 guest documents written, 0 removed\n");
    g_assert_true (fake_host_has (host, "fleet/guests/" UUID_1 ".xml"));
}

/* A guest that runs keeps its document, also when its XML can no longer be used. */
static void
test_collect_unusable (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_with_guests ();
    g_autoptr (GString) domain = NULL;
    g_autofree char *xml = NULL;

    collect (host, "", 0, "1 host document and 1 guest document written");
    xml = domain_of ("captured-at-destination", "vm1", UUID_1, FALSE);
    domain = g_string_new (xml);
    replace (domain, "sequence=\"", "sequence=\"x");
    add_node (host, "node", g_strdup (domain->str), NULL);
    collect (host, "", 3, "1 host document and 0 guest documents written, 0 removed\n");
    g_assert_true (fake_host_has (host, "fleet/guests/" UUID_1 ".xml"));
}

/* Two URIs of one host: what ran there before is removed all the same. */
static void
test_collect_same_host (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = host_with_guests ();

    collect (host, "", 0, "1 host document and 1 guest document written");
    add_node (host, "node", NULL);
    collect (host, " -c test://$ROOT/node.xml", 3, "0 guest documents written, 1 removed\n");
}

static void
test_collect_nowhere (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const lines[] = {"fleet collect $ROOT/file -c test://$ROOT/node.xml",
                                        "fleet collect $ROOT/no/fleet -c test://$ROOT/node.xml",
                                        "fleet collect $ROOT/linked -c test://$ROOT/node.xml"};
    g_autoptr (FakeHost) host = host_with_guests ();
    g_autofree char *link = fake_host_path (host, "linked/guests"), *linked = fake_host_path (host, "linked");

    fake_host_write_file (host, "file", "", 0, 0644);
    /* a link that another user has put there is not followed */
    g_assert_cmpint (g_mkdir (linked, 0755), ==, 0);
    g_assert_cmpint (symlink ("/tmp", link), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
        g_auto (ProgramRun) run = {0};

        command_run (host, lines[i], &run);
        assert_failed (&run, 3, "VGATE-555", "cannot open");
        g_assert_cmpstr (run.out, ==, "");
    }
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/sources/guest/document", NULL, test_guest);
    for (guint i = 0; i < G_N_ELEMENTS (guest_failures); i++)
        command_add_test ("sources", "guest", guest_failures[i].name, i, test_guest_failure);
    program_add_test ("/sources/ssh/words", NULL, test_ssh_words);
    for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
        command_add_test ("sources", "bad-host", hosts[i].name, i, test_bad_host);
    for (guint i = 0; i < G_N_ELEMENTS (matrices); i++)
        command_add_test ("sources", "matrix", matrices[i].name, i, test_matrix);
    program_add_test ("/sources/matrix/definition-elsewhere", NULL, test_definition_elsewhere);
    program_add_test ("/sources/collect/twice", NULL, test_collect);
    program_add_test ("/sources/collect/unreadable", NULL, test_collect_unreadable);
    program_add_test ("/sources/collect/unusable", NULL, test_collect_unusable);
    program_add_test ("/sources/collect/same-host", NULL, test_collect_same_host);
    program_add_test ("/sources/collect/nowhere", NULL, test_collect_nowhere);
    return g_test_run ();
}
