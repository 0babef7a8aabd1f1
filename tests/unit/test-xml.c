/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Untrusted bytes: what the checks of the input and the reader refuse, each with its own code. */
#include "sample.h"

#include <string.h>

/* Reads to the end and returns the error's code, or NONE. The data has no byte after its length, so that a
 * sanitizer sees reads beyond it. */
static VgateCode
read_code (const char *data, gsize length, char **message)
{
    g_autofree char *exact = g_memdup2 (data, length);
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateXmlReader) reader = vgate_xml_reader_new (exact, length, &error);

    while (reader && vgate_xml_next (reader, &error))
        continue;
    if (!error)
        return VGATE_CODE_NONE;
    g_assert_true (error->domain == VGATE_ERROR);
    if (message)
        *message = g_strdup (error->message);
    return (VgateCode)error->code;
}

static void
assert_code (const char *data, gsize length, VgateCode code, const char *words)
{
    g_autofree char *message = NULL;
    const VgateCode found = read_code (data, length, &message);

    if (found != code || (words && !strstr (message, words)))
        g_error ("%.200s: VGATE-%03d '%s', not VGATE-%03d '%s'", data, found, message, code, words);
}

#define D(text) "<domain>" text "</domain>"

static const struct {
    const char *xml;
    VgateCode code;
    const char *words;
} cases[] = {
    {D (""), VGATE_CODE_NONE, NULL},
    {"<domain/>", VGATE_CODE_NONE, NULL},
    {"<?xml version='1.0'?>\n" D ("x"), VGATE_CODE_NONE, NULL},
    {"<?xml version='1.0' encoding='UTF-8'?>" D ("gr\xc3\xbcn") "\n<!-- end -->\n", VGATE_CODE_NONE, NULL},
    {D ("&lt;&gt;&amp;&quot;&apos;&#65;&#x42;<![CDATA[<x>]]>"), VGATE_CODE_NONE, NULL},
    {"<?xml version='1.0' encoding='EBCDIC-US'?>" D (""), VGATE_CODE_NONE, NULL},
    {"", VGATE_CODE_XML_EMPTY, "0 bytes"},
    {" \n", VGATE_CODE_XML_EMPTY, "2 bytes"},
    /* DOCTYPE and ENTITY in any place */
    {"<!DOCTYPE domain>" D (""), VGATE_CODE_XML_DOCTYPE, "DOCTYPE at byte 0"},
    {"<?xml version='1.0'?><!DOCTYPE domain [<!ENTITY a 'b'>]>" D ("&a;"), VGATE_CODE_XML_DOCTYPE,
     "DOCTYPE at byte 21"},
    {"<!DOCTYPE domain SYSTEM '/etc/passwd'>" D (""), VGATE_CODE_XML_DOCTYPE, "DOCTYPE"},
    {D ("<!-- <!DOCTYPE x> -->"), VGATE_CODE_XML_DOCTYPE, "at byte 13"},
    {"<!ENTITY a 'b'>" D (""), VGATE_CODE_XML_DOCTYPE, "ENTITY at byte 0"},
    /* references to entities that XML does not define */
    {D ("&a;"), VGATE_CODE_XML_ENTITY, "line 1"},
    {"<domain>\n\n&nbsp;</domain>", VGATE_CODE_XML_ENTITY, "line 3"},
    {"<domain x='&a;'/>", VGATE_CODE_XML_ENTITY, "line 1"},
    /* not UTF-8 */
    {D ("\xff"), VGATE_CODE_XML_NOT_UTF8, "at byte 8"},
    {D ("\xc3"), VGATE_CODE_XML_NOT_UTF8, "at byte 8"},
    {D ("\xc0\x80"), VGATE_CODE_XML_NOT_UTF8, "at byte 8"},
    {D ("\xed\xa0\x80"), VGATE_CODE_XML_NOT_UTF8, "at byte 8"},
    {D ("\xf4\x90\x80\x80"), VGATE_CODE_XML_NOT_UTF8, "at byte 8"},
    {D ("gr\xfc\xdf"
        "e"),
     VGATE_CODE_XML_NOT_UTF8, "at byte 10"},
    /* a byte order mark does no harm */
    {"\xef\xbb\xbf" D (""), VGATE_CODE_NONE, NULL},
    /* malformed */
    {"hello", VGATE_CODE_XML_MALFORMED, "line 1"},
    {D ("<a></b>"), VGATE_CODE_XML_MALFORMED, "a line 1 and b"},
    {"<domain>\n<a>\n</domain>\n", VGATE_CODE_XML_MALFORMED, "line 3"},
    {"<domain x='1' x='2'/>", VGATE_CODE_XML_MALFORMED, "redefined"},
    {"<domain x=1/>", VGATE_CODE_XML_MALFORMED, "line 1"},
    {"<domain x='<'/>", VGATE_CODE_XML_MALFORMED, "line 1"},
    {D ("<x:a/>"), VGATE_CODE_XML_MALFORMED, "Namespace"},
    {D ("<1/>"), VGATE_CODE_XML_MALFORMED, "line 1"},
    {D ("]]>"), VGATE_CODE_XML_MALFORMED, "line 1"},
    {D ("<!-- -- -->"), VGATE_CODE_XML_MALFORMED, "line 1"},
    {D ("\x01"), VGATE_CODE_XML_MALFORMED, "line 1"},
    {D ("&#0;"), VGATE_CODE_XML_MALFORMED, "line 1"},
    {D ("&#xD800;"), VGATE_CODE_XML_MALFORMED, "line 1"},
    {D ("\xef\xbf\xbe"), VGATE_CODE_XML_MALFORMED, "line 1"},
    {D ("") "text", VGATE_CODE_XML_MALFORMED, "line 1"},
    {D ("") D (""), VGATE_CODE_XML_MALFORMED, "line 1"},
    {D ("") "<", VGATE_CODE_XML_MALFORMED, "line 1"},
    {"<?xml version='2.0'?>" D (""), VGATE_CODE_XML_MALFORMED, "version"},
    {" <?xml version='1.0'?>" D (""), VGATE_CODE_XML_MALFORMED, "line 1"},
    /* cut */
    {"<domain>", VGATE_CODE_XML_TRUNCATED, NULL},
    {"<domain><a></a>", VGATE_CODE_XML_TRUNCATED, NULL},
    {"<domain><a></a>\n  ", VGATE_CODE_XML_TRUNCATED, NULL},
};

static void
test_cases (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        assert_code (cases[i].xml, strlen (cases[i].xml), cases[i].code, cases[i].words);
}

static void
test_nul (void)
{
    static const char inside[] = "<domain>\0</domain>", behind[] = "<domain/>\0", alone[] = "\0";

    assert_code (inside, sizeof inside - 1, VGATE_CODE_XML_NOT_UTF8, "at byte 8");
    assert_code (behind, sizeof behind - 1, VGATE_CODE_XML_NOT_UTF8, "at byte 9");
    assert_code (alone, sizeof alone - 1, VGATE_CODE_XML_NOT_UTF8, "at byte 0");
}

/* Data that is not UTF-8, or declares another encoding: no declared encoding may change the checked bytes. */
static void
test_encodings (void)
{
    static const char *const encodings[] = {"UTF-16LE", "UTF-16BE", "UTF-32LE", "ISO-8859-1"};
    static const char text[] = D ("gr\xc3\xbcn");

    for (gsize i = 0; i < G_N_ELEMENTS (encodings); i++) {
        gsize length;
        g_autofree char *converted = g_convert (text, -1, encodings[i], "UTF-8", NULL, &length, NULL);

        g_assert_nonnull (converted);
        assert_code (converted, length, VGATE_CODE_XML_NOT_UTF8, "at byte");
    }
}

static void
test_declared_encodings (void)
{
    static const char *const encodings[] = {"UTF-7", "UTF-16", "ISO-8859-1", "EBCDIC-US", "none-such"};

    for (gsize i = 0; i < G_N_ELEMENTS (encodings); i++) {
        /* in UTF-7 the name would be <b/> and a character; in Latin-1 two more characters */
        g_autofree char *xml =
            g_strdup_printf ("<?xml version='1.0' encoding='%s'?><domain><name>+ADw-b/+AD4-\xc3\xbc"
                             "</name><uuid>" SAMPLE_DOMAIN_UUID "</uuid></domain>",
                             encodings[i]);
        g_autoptr (GError) error = NULL;
        g_autoptr (VgateDomain) domain = vgate_domain_read (xml, strlen (xml), NULL, &error);

        g_assert_no_error (error);
        g_assert_cmpstr (domain->name, ==, "+ADw-b/+AD4-\xc3\xbc");
    }
}

/* Exactly the limit is read, and one byte more is refused before it is parsed. */
static void
test_size (void)
{
    const gsize size = VGATE_XML_SIZE_MAX + 1;
    g_autofree char *xml = g_malloc (size);

    /* libxml2 has a limit of its own, of 10 MB for one text */
    for (gsize at = 8; at + 4096 <= size; at += 4096) {
        memset (xml + at, ' ', 4096);
        memcpy (xml + at, "<a/>", 4);
    }
    memset (xml + size - 4096, ' ', 4096);
    memcpy (xml, "<domain>", 8);
    memcpy (xml + VGATE_XML_SIZE_MAX - 9, "</domain>", 9);
    assert_code (xml, VGATE_XML_SIZE_MAX, VGATE_CODE_NONE, NULL);
    assert_code (xml, size, VGATE_CODE_XML_TOO_LARGE, "16777216");
    memset (xml, 0xff, size);
    assert_code (xml, size, VGATE_CODE_XML_TOO_LARGE, "so it was not parsed");
}

/* levels: nesting of the elements; text: content of the innermost. */
static char *
nested (guint levels, const char *text)
{
    g_autoptr (GString) xml = g_string_new (NULL);

    for (guint i = 0; i < levels; i++)
        g_string_append (xml, "<a>");
    g_string_append (xml, text);
    for (guint i = 0; i < levels; i++)
        g_string_append (xml, "</a>");
    return g_string_free (g_steal_pointer (&xml), FALSE);
}

static void
test_depth (void)
{
    static const struct {
        guint levels;
        VgateCode code;
    } depths[] = {{1, 0},
                  {63, 0},
                  {64, 0},
                  {65, VGATE_CODE_XML_TOO_DEEP},
                  {300, VGATE_CODE_XML_TOO_DEEP},
                  {100000, VGATE_CODE_XML_TOO_DEEP}};

    for (gsize i = 0; i < G_N_ELEMENTS (depths); i++) {
        g_autofree char *bare = nested (depths[i].levels, ""),
                        *with_text = nested (depths[i].levels, "t<!-- c -->");

        assert_code (bare, strlen (bare), depths[i].code, NULL);
        assert_code (with_text, strlen (with_text), depths[i].code, NULL);
    }
}

/* The parts that the domain reader copies as a whole, hostdevs and our element, cannot circumvent the
 * limit. */
static void
test_depth_in_copies (void)
{
    static const guint levels[] = {65, 300, 100000};

    for (gsize i = 0; i < G_N_ELEMENTS (levels); i++) {
        g_autofree char *deep = nested (levels[i], "");
        g_autofree char *hostdev = g_strdup_printf ("<hostdev type='usb'>%s</hostdev>", deep);
        g_autofree char *element =
            g_strdup_printf ("<vgpus xmlns='urn:x-vgpu-gate:domain:1'>%s</vgpus>", deep);
        g_autofree char *in_devices = sample_domain (NULL, hostdev),
                        *in_metadata = sample_domain (element, NULL);
        g_autoptr (GError) first = NULL, second = NULL;

        g_assert_null (vgate_domain_read (in_devices, strlen (in_devices), NULL, &first));
        g_assert_error (first, VGATE_ERROR, VGATE_CODE_XML_TOO_DEEP);
        g_assert_null (vgate_domain_read (in_metadata, strlen (in_metadata), NULL, &second));
        g_assert_error (second, VGATE_ERROR, VGATE_CODE_XML_TOO_DEEP);
    }
}

/* A good document cut at any byte is reported as cut, not as malformed, because the way out is another
 * one. */
static void
test_truncations (void)
{
    g_autoptr (VgateElement) element = sample_element (1);
    g_autofree char *metadata = vgate_element_write (element, TRUE);
    g_autofree char *body =
        sample_domain (metadata, "<!-- c --><hostdev mode='subsystem' type='usb'/><?p i?>&amp;<![CDATA[x]]>");
    g_autofree char *xml = g_strconcat ("<?xml version=\"1.0\" encoding='UTF-8'?>\n", body, NULL);
    const gsize length = strlen (xml);

    assert_code (xml, length, VGATE_CODE_NONE, NULL);
    assert_code (xml, length - 1, VGATE_CODE_NONE, NULL); /* the line feed after the root */
    for (gsize cut = 1; cut < length - 1; cut++) {
        g_autofree char *message = NULL;
        const VgateCode code = read_code (xml, cut, &message);

        if (code != VGATE_CODE_XML_TRUNCATED)
            g_error ("cut behind '%.40s': VGATE-%03d %s", xml + (cut > 40 ? cut - 40 : 0), code, message);
    }
    /* cut within a character it is not UTF-8 any more */
    assert_code (D ("\xc3\xbc"), 9, VGATE_CODE_XML_NOT_UTF8, "at byte 8");
}

/* Every error is one line when it reaches the operator, and the parser itself prints nothing. */
static void
test_subprocess_noise (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        read_code (cases[i].xml, strlen (cases[i].xml), NULL);
}

static void
test_silent (void)
{
    g_test_trap_subprocess ("/xml/silent/subprocess", 0, 0);
    g_test_trap_assert_passed ();
    g_test_trap_assert_stderr ("");
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/xml/cases", test_cases);
    g_test_add_func ("/xml/nul", test_nul);
    g_test_add_func ("/xml/encodings", test_encodings);
    g_test_add_func ("/xml/declared-encodings", test_declared_encodings);
    g_test_add_func ("/xml/size", test_size);
    g_test_add_func ("/xml/depth", test_depth);
    g_test_add_func ("/xml/depth-in-copies", test_depth_in_copies);
    g_test_add_func ("/xml/truncations", test_truncations);
    g_test_add_func ("/xml/silent", test_silent);
    g_test_add_func ("/xml/silent/subprocess", test_subprocess_noise);
    return g_test_run ();
}
