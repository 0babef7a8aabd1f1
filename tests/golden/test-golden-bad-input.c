/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XML that libvirt does not write: each fault has its own code, names its place, and is refused even by a
 * configuration that allows everything that can be allowed. */
#include "hook-case.h"
#include "refusal.h"
#include "xml/xml.h"

#include <string.h>

#define FOLDER "bad-input"

/* Pieces of hook/mdev.in.xml. */
#define DOMAIN    "<domain type='kvm' id='3'>"
#define NAME      "<name>" CASE_DOMAIN "</name>"
#define UUID      "<uuid>4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701</uuid>"
#define NAMESPACE "xmlns:vgate=\"urn:x-vgpu-gate:domain:1\""
#define ELEMENT   "<vgate:vgpus " NAMESPACE
#define GUEST     "<vgate:guest power=\"running\"/>"
#define BYTES     "<vgate:metadata length=\"468\">AwAA"
#define SOURCE    "<address uuid='" CASE_MDEV "'/>"
#define GUEST_BUS "bus='0x06' slot='0x00'"
#define MIRROR(attribute, value, other)                                    \
    {                                                                      \
        {                                                                  \
            " " attribute "=\"" value "\"", " " attribute "=\"" other "\"" \
        }                                                                  \
    }

/* clang-format off */
static const HookCase edited[] = {
    {.name = "doctype", .code = 104, .edits = {{DOMAIN, "<!DOCTYPE domain>\n" DOMAIN}}},
    {.name = "entity-bomb", .code = 104,
     .edits = {{DOMAIN, "<!DOCTYPE d [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>" DOMAIN}, {">8<", ">&b;<"}}},
    {.name = "external-entity", .code = 104,
     .edits = {{DOMAIN, "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/shadow'>]>" DOMAIN}, {">8<", ">&x;<"}}},
    {.name = "entity", .code = 108, .edits = {{">8<", ">&cpus;<"}}},
    {.name = "entity-in-attribute", .code = 108, .edits = {{"placement='static'", "placement='&x;'"}}},
    {.name = "not-utf8", .code = 103, .edits = {{"gpu-host-a", "gpu-host-\xff"}}},
    {.name = "overlong-utf8", .code = 103, .edits = {{"gpu-host-a", "gpu-host-\xc0\xaf"}}},
    {.name = "wrong-end", .code = 107, .edits = {{"</features>", "</feature>"}}},
    {.name = "no-quotes", .code = 107, .edits = {{"placement='static'", "placement=static"}}},
    {.name = "control-character", .code = 107, .edits = {{"gpu-host-a", "gpu-host-&#7;"}}},
    {.name = "two-roots", .code = 107, .edits = {{"</domain>", "</domain><domain></domain>"}}},
    {.name = "network", .code = 109, .edits = {{DOMAIN, "<network>"}, {"</domain>", "</network>"}}},
    {.name = "no-name", .code = 109, .edits = {{NAME, ""}}},
    {.name = "no-uuid", .code = 109, .edits = {{UUID, ""}}},
    {.name = "bad-uuid", .code = 109, .edits = {{UUID, "<uuid>4d7c0a6e9b1f</uuid>"}}},

    {.name = "hostdev-no-source", .code = 110, .edits = {{SOURCE, ""}}},
    {.name = "hostdev-bad-source", .code = 110, .edits = {{SOURCE, "<address uuid='../../../etc'/>"}}},
    {.name = "hostdev-bad-address", .code = 215, .edits = {{GUEST_BUS, "bus='0x100' slot='0x00'"}}},
    {.name = "hostdev-negative-address", .code = 215, .edits = {{GUEST_BUS, "bus='-6' slot='0x00'"}}},

    {.name = "two-elements", .code = 201,
     .edits = {{"<metadata>", "<metadata><vgate:vgpus " NAMESPACE "/>"}}},
    {.name = "two-versions", .code = 201,
     .edits = {{"<metadata>", "<metadata><v:vgpus xmlns:v='urn:x-vgpu-gate:domain:2'/>"}}},
    {.name = "next-version", .code = 202, .edits = {{"gate:domain:1", "gate:domain:2"}}},
    {.name = "no-version", .code = 202, .edits = {{"gate:domain:1", "gate:domain:"}}},
    {.name = "long-version", .code = 202,
     .edits = {{"gate:domain:1",
                "gate:domain:1.0000000000000000000000000000000000000000000000000000000000000000"}}},
    {.name = "other-root", .code = 203, .edits = {{"vgate:vgpus", "vgate:gpus"}}},
    {.name = "element-missing", .code = 203, .edits = {{GUEST, ""}}},
    {.name = "element-twice", .code = 203, .edits = {{GUEST, GUEST GUEST}}},
    {.name = "element-unknown", .code = 203, .edits = {{GUEST, GUEST "<vgate:more/>"}}},
    {.name = "element-foreign", .code = 203, .edits = {{GUEST, GUEST "<other xmlns='urn:other'/>"}}},
    {.name = "text-between", .code = 203, .edits = {{GUEST, GUEST "text"}}},
    {.name = "attribute-missing", .code = 203, .edits = {{" trigger=\"change\"", ""}}},
    {.name = "attribute-unknown", .code = 203,
     .edits = {{"power=\"running\"", "power=\"running\" more=\"\""}}},
    {.name = "attribute-twice", .code = 107,
     .edits = {{"power=\"running\"", "power=\"running\" power=\"running\""}}},
    {.name = "no-vgpu", .code = 203,
     .edits = {{"vgate:vgpu ", "vgate:other "}, {"</vgate:vgpu>", "</vgate:other>"}}},
    {.name = "text-is-element", .code = 203, .edits = {{BYTES, "<vgate:metadata length=\"468\"><x/>AwAA"}}},

    {.name = "number-leading-zero", .code = 204, .edits = {{"type=\"1120\"", "type=\"01120\""}}},
    {.name = "number-negative", .code = 204, .edits = {{"type=\"1120\"", "type=\"-1120\""}}},
    {.name = "number-too-large", .code = 204, .edits = {{"type=\"1120\"", "type=\"4294967296\""}}},
    {.name = "number-not-ascii", .code = 204, .edits = {{"type=\"1120\"", "type=\"\xd9\xa1\""}}},
    {.name = "sequence-too-large", .code = 204,
     .edits = {{"sequence=\"7\"", "sequence=\"18446744073709551616\""}}},
    {.name = "time-never-was", .code = 204, .edits = {{"2025-11-24T16", "2025-02-30T16"}}},
    {.name = "time-without-zone", .code = 204, .edits = {{"16:00:00Z", "16:00:00"}}},
    {.name = "uuid-upper-case", .code = 204, .edits = {{"host-uuid=\"1f0e", "host-uuid=\"1F0E"}}},
    {.name = "choice", .code = 204, .edits = {{"power=\"running\"", "power=\"asleep\""}}},
    {.name = "guest-address", .code = 204,
     .edits = {{"guest-address=\"0000:06:00.0\"", "guest-address=\"0000:06:00.8\""}}},
    {.name = "range-inverted", .code = 204, .edits = {{"range=\"18.1-26.1\"", "range=\"26.1-18.1\""}}},
    {.name = "name-empty", .code = 204, .edits = {{"host=\"gpu-host-a\"", "host=\"\""}}},
    {.name = "name-with-line-feed", .code = 204, .edits = {{"gpu-host-a", "gpu&#10;vgpu-gate: VGATE-001"}}},

    {.name = "base64-letters", .code = 205, .edits = {{BYTES, "<vgate:metadata length=\"468\">*wAA"}}},
    {.name = "base64-cut", .code = 205, .edits = {{BYTES, "<vgate:metadata length=\"468\">AwA"}}},
    {.name = "base64-padding-first", .code = 205, .edits = {{BYTES, "<vgate:metadata length=\"468\">AQ=="}}},
    {.name = "length-short", .code = 206, .edits = {{"length=\"468\"", "length=\"467\""}}},
    {.name = "length-huge", .code = 206, .edits = {{"length=\"468\"", "length=\"4294967295\""}}},
    {.name = "bytes-short", .code = 206, .edits = {{BYTES, "<vgate:metadata length=\"465\">"}}},
    {.name = "bytes-long", .code = 206, .edits = {{BYTES, "<vgate:metadata length=\"471\">AwAAAwAA"}}},

    {.name = "mirror-version", .code = 207, .edits = MIRROR ("version", "3", "4")},
    {.name = "mirror-state", .code = 207, .edits = MIRROR ("guest-info-state", "1", "0")},
    {.name = "mirror-guest-driver", .code = 207, .edits = MIRROR ("guest-driver", "580.95.05", "535.261.03")},
    {.name = "mirror-capabilities", .code = 207, .edits = MIRROR ("capabilities", "0x1", "0x3")},
    {.name = "mirror-guest-version", .code = 207, .edits = MIRROR ("guest-vgpu-version", "26.1", "18.1")},
    {.name = "mirror-opaque-size", .code = 207, .edits = MIRROR ("opaque-size", "260", "256")},
    {.name = "mirror-gpu", .code = 207,
     .edits = MIRROR ("gpu-string", "233016C100000003", "233016C100000001")},
    {.name = "other-domain", .code = 208, .operation = "restore",
     .edits = {{"domain=\"4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701\"",
                "domain=\"4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e702\""}}},
    {.name = "cloned", .code = 208, .operation = "restore",
     .edits = {{UUID, "<uuid>00000000-0000-4000-8000-000000000001</uuid>"}}},

    {.name = "duplicate-uuid", .input = "two-mdevs", .code = 209,
     .edits = {{"5f2b8e0d9702", "5f2b8e0d9701"}}},
    {.name = "duplicate-mdev", .input = "two-mdevs", .code = 209,
     .edits = {{"mdev=\"" CASE_MDEV_2 "\"", "mdev=\"" CASE_MDEV "\""}}},
    {.name = "duplicate-guest-address", .input = "two-mdevs", .code = 209,
     .edits = {{"guest-address=\"0000:07:00.0\"", "guest-address=\"0000:06:00.0\""}}},
    {.name = "opaque-size", .input = "lying-length", .code = 206},
    {.name = "bytes", .input = "escape-in-bytes", .code = 216},

    /* the same guest by other, correct XML */
    {.name = "good-character-references", .code = 1, .edits = {{"gpu-host-a", "gpu&#45;host-&#x61;"}}},
    {.name = "good-other-prefix", .code = 1, .edits = {{"vgate:", "v:"}, {"xmlns:vgate", "xmlns:v"}}},
    {.name = "good-comments", .code = 1, .edits = {{GUEST, "<!-- x -->" GUEST "<!-- y -->"}}},
    {.name = "good-broken-base64", .code = 1,
     .edits = {{BYTES, "<vgate:metadata length=\"468\">\n  AwAA\n "}}},
    {.name = "good-upper-case-uuid", .code = 1,
     .edits = {{UUID, "<uuid>4D7C0A6E-9B1F-4F2E-8A35-B1F0C2D9E701</uuid>"}}},
    /* in this place libvirt keeps no metadata: the element is ignored, so the hostdev has none */
    {.name = "hidden", .code = 3,
     .edits = {{"<metadata>", "<metadata><x>"}, {"</metadata>", "</x></metadata>"}}},
};
/* clang-format on */

/* --- inputs that are generated, because they are long or cut --- */

static char *
repeat (const char *before, const char *text, guint times, const char *after)
{
    g_autoptr (GString) all = g_string_new (before);

    for (guint i = 0; i < times; i++)
        g_string_append (all, text);
    g_string_append (all, after);
    return g_string_free (g_steal_pointer (&all), FALSE);
}

/* The guest mdev, made size bytes long by comments before its end; libxml2 would treat a single text of that
 * length as an attack. */
static char *
padded_to (gsize size)
{
    static const char comment[] = "<!-- sixteen -->", end[] = "</domain>\n";
    const HookCase c = {.input = "mdev"};
    gsize length;
    g_autofree char *xml = case_input (&c, &length);
    GString *padded = g_string_sized_new (size + 1);

    g_string_append_len (padded, xml, (gssize)(length - strlen (end)));
    while (padded->len + strlen (comment) + strlen (end) <= size)
        g_string_append (padded, comment);
    while (padded->len + strlen (end) < size)
        g_string_append_c (padded, '\n');
    g_string_append (padded, end);
    return g_string_free (padded, FALSE);
}

static char *
cut_behind (const char *what)
{
    const HookCase c = {.input = "mdev"};
    gsize length;
    char *xml = case_input (&c, &length);
    char *at = strstr (xml, what);

    g_assert_nonnull (at);
    at[strlen (what)] = '\0';
    return xml;
}

static char *
largest (void)
{
    return padded_to (VGATE_XML_SIZE_MAX);
}

static char *
too_large (void)
{
    return padded_to (VGATE_XML_SIZE_MAX + 1);
}

static char *
endless (void)
{
    return repeat (DOMAIN NAME, "<x/>", 5 * 1024 * 1024, "</domain>");
}

static char *
deep (void)
{
    return repeat (DOMAIN "<metadata>", "<x xmlns='urn:x'>", 64, "");
}

/* libxml2 has a limit of its own, which must not be reached first. */
static char *
very_deep (void)
{
    return repeat (DOMAIN "<metadata>", "<x>", 100000, "");
}

static char *
deep_in_element (void)
{
    return repeat (DOMAIN "<metadata>" ELEMENT ">", "<x>", 1000, "");
}

static char *
cut_in_element (void)
{
    return cut_behind (GUEST);
}

static char *
cut_in_base64 (void)
{
    return cut_behind (BYTES);
}

static char *
cut_in_tag (void)
{
    return cut_behind ("<memballoon mod");
}

static char *
cut_before_end (void)
{
    return cut_behind ("</devices>");
}

static char *
nothing (void)
{
    return g_strdup ("");
}

static char *
blanks (void)
{
    return g_strdup (" \n\t\n");
}

static char *
no_xml (void)
{
    return g_strdup ("QEMU emulator version 7.2.22\n");
}

static const struct {
    const char *name;
    const char *operation;
    int code;
    char *(*make) (void);
} made[] = {
    {"largest", "migrate", 1, largest},
    {"too-large", "migrate", 102, too_large},
    {"endless", "migrate", 102, endless},
    {"deep", "migrate", 105, deep},
    {"very-deep", "migrate", 105, very_deep},
    {"deep-in-element", "migrate", 105, deep_in_element},
    {"cut-in-element", "migrate", 106, cut_in_element},
    {"cut-in-base64", "migrate", 106, cut_in_base64},
    {"cut-in-tag", "migrate", 106, cut_in_tag},
    {"cut-before-end", "migrate", 106, cut_before_end},
    {"empty", "migrate", 101, nothing},
    {"blanks", "migrate", 101, blanks},
    {"no-xml", "migrate", 107, no_xml},
    {"restore", "restore", 106, cut_in_element},
    {"started", "started", 106, cut_in_element},
    {"prepare", "prepare", 106, cut_in_element},
};

static void
run_leniently (HookCase c)
{
    c.operation = c.operation ? c.operation : "migrate";
    c.config = "[gate]\nmissing-metadata=allow\nbackend-failure=allow\n";
    case_run (&c, FOLDER);
}

static void
test_edited (gconstpointer data)
{
    HookCase c = *(const HookCase *)data;

    c.input = c.input ? c.input : "mdev";
    run_leniently (c);
}

static void
test_made (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autofree char *text = made[i].make ();

    run_leniently (
        (HookCase){.name = made[i].name, .operation = made[i].operation, .code = made[i].code, .text = text});
}

/* Bytes that a text cannot contain. */
static void
test_nul (G_GNUC_UNUSED gconstpointer data)
{
    static const char text[] = DOMAIN NAME UUID "\0</domain>";

    run_leniently ((HookCase){.name = "nul", .code = 103, .text = text, .length = sizeof text - 1});
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    refusal_assert_none_left (FOLDER);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (gsize i = 0; i < G_N_ELEMENTS (edited); i++) {
        g_autofree char *path = g_strdup_printf ("/bad-input/%s", edited[i].name);

        program_add_test (path, &edited[i], test_edited);
    }
    for (guint i = 0; i < G_N_ELEMENTS (made); i++) {
        g_autofree char *path = g_strdup_printf ("/bad-input/%s", made[i].name);

        program_add_test (path, GUINT_TO_POINTER (i), test_made);
    }
    program_add_test ("/bad-input/nul", NULL, test_nul);
    program_add_test ("/none-left/bad-input", NULL, test_none_left);
    return g_test_run ();
}
