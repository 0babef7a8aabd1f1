/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms of values: each has exactly one way to be written, and what was read is written unchanged. */
#include "sample.h"

#include <stddef.h>
#include <string.h>

static const VgateXmlDialect dialect = {
    .namespace_uri = "urn:test",
    .structure = VGATE_CODE_ELEMENT_STRUCTURE,
    .value = VGATE_CODE_ELEMENT_VALUE,
    .base64 = VGATE_CODE_ELEMENT_BASE64,
};

static const char *const choices[] = {"first", "second", NULL};

typedef union {
    char *text;
    gint64 time;
    guint32 number;
    guint64 large;
    VgateVersionRange range;
    gboolean yes;
    int choice;
} Value;

/* Writes line ends and tabs as references, because XML would turn them into blanks. */
static char *
attribute_xml (const char *text)
{
    g_autofree char *escaped = g_markup_escape_text (text, -1);
    g_autoptr (GString) xml = g_string_new ("<e a='");

    for (const char *at = escaped; *at != '\0'; at++) {
        if (*at == '\t' || *at == '\n' || *at == '\r')
            g_string_append_printf (xml, "&#%d;", *at);
        else
            g_string_append_c (xml, *at);
    }
    g_string_append (xml, "'/>");
    return g_string_free (g_steal_pointer (&xml), FALSE);
}

/* Reads <e a='TEXT'/> with a table of one attribute. */
static gboolean
read_value (VgateXmlForm form, const char *text, Value *value, GError **error)
{
    const VgateXmlAttribute table[] = {{.name = "a", .form = form, .choices = choices}, {.name = NULL}};
    g_autofree char *xml = attribute_xml (text);
    g_autoptr (xmlDoc) doc = xmlReadMemory (xml, (int)strlen (xml), NULL, "UTF-8", 0);

    g_assert_nonnull (doc);
    return vgate_xml_read_attributes (&dialect, xmlDocGetRootElement (doc), table, value, error);
}

static char *
write_value (VgateXmlForm form, const Value *value)
{
    const VgateXmlAttribute table[] = {{.name = "a", .form = form, .choices = choices}, {.name = NULL}};
    GString *xml = g_string_new (NULL);

    vgate_xml_write_attributes (xml, table, value);
    return g_string_free (xml, FALSE);
}

static void
clear_value (VgateXmlForm form, Value *value)
{
    const VgateXmlAttribute table[] = {{.name = "a", .form = form}, {.name = NULL}};

    vgate_xml_clear_attributes (table, value);
}

static const struct {
    VgateXmlForm form;
    const char *good[12];
    const char *bad[20];
} forms[] = {
    {VGATE_XML_ASCII, {"", " ", "a b", "~!<>&'\""}, {"\x7f", "\xc3\xa9", "a\tb", "a\nb"}},
    {VGATE_XML_NAME,
     {"x", " ", "gr\xc3\xbcn", "<&>'\"", "\xf0\x9f\x92\xbe"},
     {"", "\x7f", "\xc2\x85", "a\nb", "a\rb", "a\tb"}},
    {VGATE_XML_UUID,
     {SAMPLE_DOMAIN_UUID, "00000000-0000-0000-0000-000000000000"},
     {"", "11111111-1111-4111-8111-11111111111", "11111111-1111-4111-8111-1111111111111",
      "1111111111114111-8111-111111111111", "AAAAAAAA-1111-4111-8111-111111111111",
      "g1111111-1111-4111-8111-111111111111", "11111111-1111-4111-8111-111111111111 "}},
    {VGATE_XML_PCI,
     {"0000:41:00.0", "ffff:ff:ff.7"},
     {"", "41:00.0", "0000:41:00.8", "0000:41:00.f", "0000:41:00", "0000:41:00.00", "FFFF:41:00.0",
      "00000:41:00.0", "0000.41:00.0"}},
    {VGATE_XML_SHA256,
     {"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
     {"", "0123456789abcdef", "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"}},
    {VGATE_XML_TIME,
     {"2026-11-23T22:00:00Z", "1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "9999-12-31T23:59:59Z",
      "1969-12-31T23:59:59Z"},
     {"", "2026-11-23", "2026-11-23T22:00:00", "2026-11-23T22:00:00z", "2026-11-23T22:00:00+00:00",
      "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-11-31T00:00:00Z", "2026-13-01T00:00:00Z",
      "2026-11-23T24:00:00Z", "2026-11-23T22:60:00Z", "2016-12-31T23:59:60Z", "2026-11-23T22:00:00.0Z",
      "2026-11-23 22:00:00Z", "20261123T220000Z", "0999-01-01T00:00:00Z"}},
    {VGATE_XML_UINT,
     {"0", "1", "4294967295"},
     {"", "00", "01", "-1", "+1", " 1", "1 ", "4294967296", "42949672950", "99999999999999999999", "0x1",
      "1.0", "a"}},
    {VGATE_XML_UINT64,
     {"0", "4294967296", "18446744073709551615"},
     {"", "00", "18446744073709551616", "18446744073709551620", "99999999999999999999", "-1"}},
    {VGATE_XML_COUNT,
     {"1", "4294967296", "18446744073709551615"},
     {"", "0", "00", "01", "18446744073709551616", "-1", "+1", "1 "}},
    {VGATE_XML_HEX,
     {"0x0", "0x1", "0xdeadbeef", "0xffffffff"},
     {"", "0x", "0", "1", "0x00", "0x01", "0xF", "0X1", "0x100000000", "0xg", " 0x1", "0x1 "}},
    {VGATE_XML_VERSION,
     {"0.0", "26.1", "65535.65535"},
     {"", "26", "26.", ".1", "26.01", "65536.0", "26.1.0", " 26.1"}},
    {VGATE_XML_RANGE,
     {"18.1-26.1", "0.0-65535.65535", "26.1-18.1"},
     {"", "18.1", "18.1-", "18.1-26", "18.1 - 26.1", "18.1-26.1-27.1"}},
    {VGATE_XML_YES_NO, {"yes", "no"}, {"", "Yes", "true", "1", "yes "}},
    {VGATE_XML_CHOICE, {"first", "second"}, {"", "First", "third", "first ", "firs"}},
};

static void
test_good (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (forms); i++) {
        for (gsize j = 0; forms[i].good[j]; j++) {
            Value value = {0};
            g_autoptr (GError) error = NULL;
            g_autofree char *escaped = g_markup_escape_text (forms[i].good[j], -1);
            g_autofree char *expected = g_strdup_printf (" a='%s'", escaped), *written = NULL;

            read_value (forms[i].form, forms[i].good[j], &value, &error);
            g_assert_no_error (error);
            written = write_value (forms[i].form, &value);
            g_assert_cmpstr (written, ==, expected);
            clear_value (forms[i].form, &value);
        }
    }
}

static void
test_bad (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (forms); i++) {
        for (gsize j = 0; forms[i].bad[j]; j++) {
            Value value = {0};
            g_autoptr (GError) error = NULL;

            if (read_value (forms[i].form, forms[i].bad[j], &value, &error))
                g_error ("form %d takes '%s'", forms[i].form, forms[i].bad[j]);
            sample_assert_error (error, VGATE_CODE_ELEMENT_VALUE, "line 1: <e>: invalid value", NULL);
        }
    }
}

/* A message shows a bad value on one line, and shortened. */
static void
test_bad_is_shown (void)
{
    g_autofree char *long_text = g_strnfill (100000, 'x');
    Value value = {0};
    g_autoptr (GError) error = NULL, second = NULL;

    g_assert_false (read_value (VGATE_XML_UINT, long_text, &value, &error));
    g_assert_cmpuint (strlen (error->message), <, 200);
    g_assert_false (read_value (VGATE_XML_UINT,
                                "\xe2\x80\xae"
                                "1\xe2\x80\xa8"
                                "2",
                                &value, &second));
    sample_assert_error (second, VGATE_CODE_ELEMENT_VALUE, "'?1?2'", NULL);
}

static gboolean
read_bytes (const char *xml, VgateXmlBytes *bytes, GError **error)
{
    g_autoptr (xmlDoc) doc = xmlReadMemory (xml, (int)strlen (xml), NULL, "UTF-8", 0);

    g_assert_nonnull (doc);
    return vgate_xml_read_bytes (&dialect, xmlDocGetRootElement (doc), bytes, error);
}

static void
test_bytes (void)
{
    for (gsize length = 1; length < 200; length++) {
        g_autofree guint8 *data = g_malloc (length);
        g_autoptr (GBytes) bytes = NULL;
        g_autoptr (GString) xml = g_string_new (NULL);
        VgateXmlBytes read = {0};
        g_autoptr (GError) error = NULL;

        for (gsize i = 0; i < length; i++)
            data[i] = (guint8)g_random_int ();
        bytes = g_bytes_new (data, length);
        vgate_xml_write_bytes (xml, "e", bytes);
        read_bytes (xml->str, &read, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (read.length, ==, length);
        g_assert_true (g_bytes_equal (read.bytes, bytes));
        g_assert_true (vgate_xml_bytes_check (&read, VGATE_CODE_ELEMENT_LENGTH, NULL));
        read.length++;
        g_assert_false (vgate_xml_bytes_check (&read, VGATE_CODE_ELEMENT_LENGTH, &error));
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_ELEMENT_LENGTH);
        vgate_xml_bytes_clear (&read);
    }
}

/* Every pair of last letters: valid are those whose unused bits are zero. */
static void
test_padding (void)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (guint i = 0; i < 64; i++) {
        g_autofree char *one = g_strdup_printf ("<e length='1'>A%c==</e>", letters[i]);
        g_autofree char *two = g_strdup_printf ("<e length='2'>AA%c=</e>", letters[i]);
        VgateXmlBytes read_one = {0}, read_two = {0};
        g_autoptr (GError) error = NULL;

        g_assert_cmpint (read_bytes (one, &read_one, NULL), ==, i % 16 == 0);
        g_assert_cmpint (read_bytes (two, &read_two, &error), ==, i % 4 == 0);
        if (error)
            sample_assert_error (error, VGATE_CODE_ELEMENT_BASE64, "<e>", NULL);
        vgate_xml_bytes_clear (&read_one);
        vgate_xml_bytes_clear (&read_two);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/xml-values/good", test_good);
    g_test_add_func ("/xml-values/bad", test_bad);
    g_test_add_func ("/xml-values/bad-is-shown", test_bad_is_shown);
    g_test_add_func ("/xml-values/bytes", test_bytes);
    g_test_add_func ("/xml-values/padding", test_padding);
    return g_test_run ();
}
