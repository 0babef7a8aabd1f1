/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate check of several guests and several hosts: guests are judged together, and the rest is answered
 * when one cannot be read. */
#include "base/codes.h"
#include "command-case.h"
#include "command-table.h"
#include "golden.h"
#include "guests.h"
#include "host/host.h"
#include "placement-hosts.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define FOLDER "together"
#define UUID_1 "10000000-0000-4000-8000-000000000001"

static void
replace (GString *text, const char *what, const char *by)
{
    g_assert_cmpuint (g_string_replace (text, what, by, 0), >, 0);
}

/* Writes $ROOT/NAME.xml: a guest of guests.h under this name, with a UUID that ends with the number. */
static void
add_guest (FakeHost *host, const char *guest, const char *name, guint number)
{
    g_autofree char *file = g_strconcat (name, ".xml", NULL);
    g_autofree char *uuid = g_strdup_printf ("10000000-0000-4000-8000-%012x", number);
    g_autofree char *document = guest_document (guest, name, uuid);

    fake_host_write_file (host, file, document, strlen (document), 0644);
}

/* Writes the host's document to $ROOT/FILE, as that of a host with this name and UUID. */
static void
add_document (FakeHost *host, const char *file, const char *name, const char *uuid)
{
    g_auto (ProgramRun) run = {0};
    g_autoptr (GString) xml = NULL;
    g_autofree char *attribute = g_strdup_printf (" name='%s'", name);

    command_run (host, "host --root $ROOT", &run);
    g_assert_cmpint (run.status, ==, 0);
    xml = g_string_new (run.out);
    replace (xml, FAKE_HOST_UUID, uuid);
    replace (xml, " name='vm'", attribute);
    fake_host_write_file (host, file, xml->str, xml->len, 0644);
}

#define HOST_A "a0000000-0000-4000-8000-00000000000a"
#define HOST_B "b0000000-0000-4000-8000-00000000000b"

/* An H100 with room for four vGPUs of 20 GiB, and guests g1 to g6 with one each. */
static void
places (FakeHost *host)
{
    case_standard_host (host);
    for (guint i = 1; i <= 6; i++) {
        g_autofree char *name = g_strdup_printf ("g%u", i);

        add_guest (host, "element", name, i);
    }
    add_document (host, "a.xml", "a", HOST_A);
    /* on b the GPU differs */
    fake_host_sim (host, "update --gpu " CASE_GPU " --ecc off");
    add_document (host, "b.xml", "b", HOST_B);
    fake_host_sim (host, "update --gpu " CASE_GPU " --ecc on");
}

/* Guests with a mediated device each, that can all be created. */
static void
devices (FakeHost *host)
{
    one_gpu (host);
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 4);
    fake_host_configure (host, "[placement]\nmode=apply\n");
    for (guint i = 1; i <= 6; i++) {
        g_autofree char *name = g_strdup_printf ("g%u", i);

        add_guest (host, "mdev", name, i);
    }
    add_document (host, "a.xml", "a", HOST_A);
}

static void
small_places (FakeHost *host)
{
    places (host);
    fake_host_write_file (host, "bad.xml", "<domain>", 8, 0644);
}

/* An element that is not that of the domain: the gate refuses it, whatever the host is. */
static void
foreign_element (FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, "g2.xml"), *xml = NULL;
    g_autoptr (GString) text = NULL;

    places (host);
    g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
    text = g_string_new (xml);
    replace (text, "urn:x-vgpu-gate:domain:1", "urn:x-vgpu-gate:domain:2");
    fake_host_write_file (host, "g2.xml", text->str, text->len, 0644);
}

static void
fleet_directory (FakeHost *host)
{
    g_autofree char *a = NULL, *b = NULL, *g = NULL;
    g_autofree char *a_path = NULL, *b_path = NULL, *g_path = NULL;

    places (host);
    a_path = fake_host_path (host, "a.xml");
    b_path = fake_host_path (host, "b.xml");
    g_path = fake_host_path (host, "g1.xml");
    g_assert_true (g_file_get_contents (a_path, &a, NULL, NULL) &&
                   g_file_get_contents (b_path, &b, NULL, NULL) &&
                   g_file_get_contents (g_path, &g, NULL, NULL));
    fake_host_write_file (host, "fleet/hosts/a.xml", a, strlen (a), 0644);
    fake_host_write_file (host, "fleet/hosts/b.xml", b, strlen (b), 0644);
    fake_host_write_file (host, "fleet/guests/g1.xml", g, strlen (g), 0644);
}

/* A fleet without a host. */
static void
guests_only (FakeHost *host)
{
    g_autofree char *path = NULL, *xml = NULL;

    places (host);
    path = fake_host_path (host, "g1.xml");
    g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
    fake_host_write_file (host, "guests-only/guests/g1.xml", xml, strlen (xml), 0644);
}

#define SIX "$ROOT/g1.xml $ROOT/g2.xml $ROOT/g3.xml $ROOT/g4.xml $ROOT/g5.xml $ROOT/g6.xml"

static const struct {
    const char *name;
    const char *line;
    CasePrepare prepare;
    int status;
    const char *summary; /* how the output ends */
} cases[] = {
    {"here", "check --root $ROOT " SIX, places, 1,
     "  g1, vm: allowed\n  g2, vm: allowed\n  g3, vm: allowed\n  g4, vm: allowed\n"
     "  g5, vm: refused (VGATE-412)\n  g6, vm: refused (VGATE-412)\n"},
    {"document", "check --host $ROOT/a.xml " SIX, places, 1,
     "  g4, a: allowed\n  g5, a: refused (VGATE-412)\n  g6, a: refused (VGATE-412)\n"},
    /* in the order of the words, and a refused guest takes no place */
    {"order", "check --host $ROOT/a.xml $ROOT/g6.xml $ROOT/g5.xml $ROOT/g1.xml $ROOT/g2.xml $ROOT/g3.xml",
     places, 1, "  g2, a: allowed\n  g3, a: refused (VGATE-412)\n"},
    {"two-hosts", "check --host $ROOT/a.xml --host $ROOT/b.xml $ROOT/g1.xml $ROOT/g2.xml", places, 1,
     "summary:\n  g1, a: allowed\n  g1, b: refused (VGATE-304)\n"
     "  g2, a: allowed\n  g2, b: refused (VGATE-304)\n"},
    {"devices-here", "check --root $ROOT " SIX, devices, 1,
     "  g1, vm: allowed\n  g2, vm: allowed\n  g3, vm: allowed\n  g4, vm: allowed\n"
     "  g5, vm: refused (VGATE-507)\n  g6, vm: refused (VGATE-507)\n"},
    {"devices-document", "check --host $ROOT/a.xml " SIX, devices, 1,
     "  g4, a: allowed\n  g5, a: refused (VGATE-507)\n  g6, a: refused (VGATE-507)\n"},
    {"restore", "check --operation restore --host $ROOT/a.xml " SIX, places, 1,
     "  g4, a: allowed\n  g5, a: refused (VGATE-412)\n  g6, a: refused (VGATE-412)\n"},
    {"start", "check --operation start --host $ROOT/a.xml " SIX, places, 1,
     "  g4, a: allowed\n  g5, a: refused (VGATE-412)\n  g6, a: refused (VGATE-412)\n"},
    {"fleet", "check --fleet $ROOT/fleet g1", fleet_directory, 1,
     "  g1, a: allowed\n  g1, b: refused (VGATE-304)\n"},
    {"fleet-host", "check --fleet $ROOT/fleet g1 --host a", fleet_directory, 0, "start allowed\n"},
    {"fleet-uuid", "check --fleet $ROOT/fleet " UUID_1 " --host " HOST_A, fleet_directory, 0,
     "start allowed\n"},
    {"virsh", "check --virsh --host $ROOT/a.xml $ROOT/g1.xml", places, 0,
     "root@gpu-host-a/system migrate --live --persistent --undefinesource g1 qemu+ssh://root@a/system"},
    {"refused-document", "check --host $ROOT/a.xml $ROOT/g1.xml $ROOT/g2.xml", foreign_element, 1,
     "  g1, a: allowed\n  g2, a: refused (VGATE-202)\n"},
};

static void
test_case (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    cases[i].prepare (host);
    command_run (host, cases[i].line, &run);
    if (run.status != cases[i].status || *run.err != '\0' || !strstr (run.out, cases[i].summary))
        g_error ("status %d: %s\n%s", run.status, run.out, run.err);
}

/* One that cannot be read is named, and the rest is answered. */
static const struct {
    const char *name;
    const char *line;
    CasePrepare prepare;
    const char *code;
    const char *has; /* standard output has this, or is empty */
} unanswered[] = {
    {"bad-guest", "check --host $ROOT/a.xml $ROOT/bad.xml $ROOT/g1.xml", small_places, "VGATE-106",
     "decision: allowed"},
    {"no-guest", "check --host $ROOT/a.xml $ROOT/none.xml $ROOT/g1.xml", places, "VGATE-111",
     "decision: allowed"},
    {"bad-host", "check --host $ROOT/bad.xml --host $ROOT/a.xml $ROOT/g1.xml", small_places, "VGATE-106",
     "decision: allowed"},
    {"no-host", "check --host $ROOT/none.xml $ROOT/g1.xml", places, "VGATE-111", ""},
    {"unknown-name", "check --fleet $ROOT/fleet g9 g1 --host a", fleet_directory, "VGATE-552",
     "decision: allowed"},
    {"unknown-host", "check --fleet $ROOT/fleet g1 --host z", fleet_directory, "VGATE-552", ""},
    {"no-hosts", "check --fleet $ROOT/guests-only g1", guests_only, "VGATE-557", ""},
    {"no-fleet", "check --fleet $ROOT/none g1", places, "VGATE-550", ""},
    {"no-libvirt", "check -c test://$ROOT/none.xml g1", places, "VGATE-705", ""},
};

static void
test_unanswered (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};
    const char *has = unanswered[i].has;

    unanswered[i].prepare (host);
    command_run (host, unanswered[i].line, &run);
    if (run.status != 3 || !strstr (run.err, unanswered[i].code) ||
        (*has != '\0' && !strstr (run.out, has)) || (*has == '\0' && *run.out != '\0'))
        g_error ("status %d: %s\n%s", run.status, run.out, run.err);
}

static const struct {
    const char *name, *line, *what;
} usages[] = {
    {"no-guest", "check", "'check' requires a GUEST"},
    {"form", "check --output xml $ROOT/g1.xml", "invalid value 'xml' for --output"},
    {"operation", "check --operation stop $ROOT/g1.xml", "invalid value 'stop' for --operation"},
    {"stdin-twice", "check - --host -", "can be read only once"},
    {"name-of-host", "check $ROOT/g1.xml --host b", "requires --fleet or --connect"},
};

static void
test_usage (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    command_run (host, usages[i].line, &run);
    if (run.status != 2 || !strstr (run.err, usages[i].what) || *run.out != '\0')
        g_error ("status %d: %s", run.status, run.err);
}

/* The JSON says the same as the text. */
static void
test_json (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};
    g_autoptr (JsonParser) parser = json_parser_new ();
    JsonArray *answers;

    places (host);
    command_run (host, "check --output json --host $ROOT/a.xml --host $ROOT/b.xml " SIX, &run);
    g_assert_cmpint (run.status, ==, 1);
    g_assert_true (json_parser_load_from_data (parser, run.out, -1, NULL));
    answers = json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)), "answer");
    g_assert_cmpuint (json_array_get_length (answers), ==, 12);
    for (guint i = 0; i < 12; i++) {
        JsonObject *answer = json_array_get_object_element (answers, i);
        JsonArray *judged = json_object_get_array_member (answer, "judged");
        JsonObject *first = json_array_get_object_element (judged, 0);
        const gboolean is_allowed = i % 2 == 0 && i / 2 < 4;

        g_assert_cmpstr (json_object_get_string_member (answer, "decision"), ==,
                         is_allowed ? "allowed" : "refused");
        g_assert_cmpstr (json_object_get_string_member (answer, "operation"), ==, "migrate");
        g_assert_cmpuint (json_array_get_length (judged), ==, 3);
        g_assert_cmpstr (json_object_get_string_member (first, "code"), ==,
                         is_allowed   ? "VGATE-001"
                         : i % 2 == 0 ? "VGATE-412"
                                      : "VGATE-304");
    }
}

/* A guest of libvirt, by its name, on this host. */
static void
test_libvirt (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *path = fake_host_path (host, "g1.xml"), *xml = NULL;
    g_autoptr (GString) node = NULL;
    g_auto (ProgramRun) run = {0};

    places (host);
    g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
    node = g_string_new (xml);
    replace (node, "<domain>", "<node><domain type='test'><memory>1024</memory><os><type>hvm</type></os>");
    replace (node, "</domain>", "</domain></node>");
    fake_host_write_file (host, "node.xml", node->str, node->len, 0644);
    command_run (host, "check --root $ROOT -c test://$ROOT/node.xml g1", &run);
    command_assert_done (&run);
    g_assert_nonnull (strstr (run.out, "domain: g1\noperation: migrate"));
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
        command_add_test (FOLDER, "answer", cases[i].name, i, test_case);
    for (guint i = 0; i < G_N_ELEMENTS (unanswered); i++)
        command_add_test (FOLDER, "unanswered", unanswered[i].name, i, test_unanswered);
    for (guint i = 0; i < G_N_ELEMENTS (usages); i++)
        command_add_test (FOLDER, "usage", usages[i].name, i, test_usage);
    program_add_test ("/together/json", NULL, test_json);
    program_add_test ("/together/libvirt", NULL, test_libvirt);
    return g_test_run ();
}
