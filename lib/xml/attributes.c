/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml/xml.h"

#include "base/date-time.h"
#include "vgpu-gate/vgpu-gate.h"

#include <string.h>

#define NAME_CHARACTERS_MAX 255

/* 'x' in the pattern matches a lower-case hexadecimal digit, any other character only itself. */
static gboolean
matches (const char *text, const char *pattern)
{
    for (; *pattern != '\0'; text++, pattern++) {
        if (*pattern == 'x' ? !(g_ascii_isdigit (*text) || (*text >= 'a' && *text <= 'f'))
                            : *text != *pattern)
            return FALSE;
    }
    return *text == '\0';
}

static gboolean
is_ascii (const char *text)
{
    for (; *text != '\0'; text++)
        if (!g_ascii_isprint (*text))
            return FALSE;
    return TRUE;
}

static gboolean
is_name (const char *text)
{
    glong characters = 0;

    for (; *text != '\0'; text = g_utf8_next_char (text)) {
        const gunichar c = g_utf8_get_char_validated (text, -1);

        if (c == (gunichar)-1 || c == (gunichar)-2 || c < 0x20 || (c >= 0x7f && c < 0xa0) ||
            ++characters > NAME_CHARACTERS_MAX)
            return FALSE;
    }
    return characters > 0;
}

gboolean
vgate_xml_text_has_form (const char *text, VgateXmlForm form)
{
    switch (form) {
    case VGATE_XML_ASCII: return is_ascii (text);
    case VGATE_XML_NAME: return is_name (text);
    case VGATE_XML_UUID: return matches (text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    case VGATE_XML_PCI: return matches (text, "xxxx:xx:xx.x") && text[11] <= '7';
    case VGATE_XML_SHA256: return strlen (text) == 64 && strspn (text, "0123456789abcdef") == 64;
    default: g_return_val_if_reached (FALSE);
    }
}

/* Decimal (base 10) or lower-case hexadecimal (base 16) digits, no sign, no blanks, no leading zeros. */
static gboolean
read_number (const char *text, guint base, guint64 max, guint64 *number)
{
    guint64 value = 0;

    if (*text == '\0' || (*text == '0' && text[1] != '\0'))
        return FALSE;
    for (; *text != '\0'; text++) {
        const int digit = g_ascii_isupper (*text) ? -1 : g_ascii_xdigit_value (*text);

        if (digit < 0 || (guint)digit >= base || value > (max - (guint)digit) / base)
            return FALSE;
        value = value * base + (guint)digit;
    }
    *number = value;
    return TRUE;
}

static gboolean
read_uint (const char *text, guint base, guint32 *member)
{
    guint64 number;

    if (!read_number (text, base, G_MAXUINT32, &number))
        return FALSE;
    *member = (guint32)number;
    return TRUE;
}

/* Accepts only the form in which GDateTime writes a time, so that reading and writing agree, for example on
 * leap days. */
static gboolean
read_time (const char *text, gint64 *member)
{
    g_autoptr (GDateTime) time = NULL;
    g_autofree char *again = NULL;

    if (strlen (text) != strlen ("2026-11-23T22:00:00Z"))
        return FALSE;
    time = g_date_time_new_from_iso8601 (text, NULL);
    again = time ? vgate_time_format (g_date_time_to_unix (time)) : NULL;
    if (!again || strcmp (again, text) != 0)
        return FALSE;
    *member = g_date_time_to_unix (time);
    return TRUE;
}

static gboolean
read_choice (const char *text, const char *const *choices, int first, int *member)
{
    for (int i = first; choices[i]; i++) {
        if (strcmp (text, choices[i]) == 0) {
            *member = i;
            return TRUE;
        }
    }
    return FALSE;
}

static const char *const yes_no[] = {"no", "yes", NULL};

gboolean
vgate_xml_read_value (const VgateXmlAttribute *attribute, const char *text, gpointer object)
{
    gpointer member = (char *)object + attribute->offset;

    switch (attribute->form) {
    case VGATE_XML_ASCII:
    case VGATE_XML_NAME:
    case VGATE_XML_UUID:
    case VGATE_XML_PCI:
    case VGATE_XML_SHA256:
        if (!vgate_xml_text_has_form (text, attribute->form))
            return FALSE;
        *(char **)member = g_strdup (text);
        return TRUE;
    case VGATE_XML_TIME: return read_time (text, member);
    case VGATE_XML_UINT: return read_uint (text, 10, member);
    case VGATE_XML_UINT64: return read_number (text, 10, G_MAXUINT64, member);
    case VGATE_XML_COUNT: return *text != '0' && read_number (text, 10, G_MAXUINT64, member);
    case VGATE_XML_HEX: return g_str_has_prefix (text, "0x") && read_uint (text + 2, 16, member);
    case VGATE_XML_VERSION: return vgate_version_parse (text, member);
    case VGATE_XML_RANGE: return vgate_version_range_parse (text, member);
    case VGATE_XML_YES_NO: return read_choice (text, yes_no, 0, member);
    case VGATE_XML_CHOICE: return read_choice (text, attribute->choices, attribute->optional ? 1 : 0, member);
    }
    return FALSE;
}

static const VgateXmlAttribute *
find_attribute (const VgateXmlAttribute *table, const xmlAttr *attribute)
{
    for (; table->name; table++)
        if (!attribute->ns && strcmp ((const char *)attribute->name, table->name) == 0)
            return table;
    return NULL;
}

gboolean
vgate_xml_read_attributes (const VgateXmlDialect *dialect, xmlNode *node, const VgateXmlAttribute *table,
                           gpointer object, GError **error)
{
    for (const VgateXmlAttribute *entry = table; entry->name; entry++) {
        GError *fault = NULL;

        if (entry->optional || xmlHasNsProp (node, (const xmlChar *)entry->name, NULL))
            continue;
        vgate_xml_set_error (&fault, dialect->structure, node, "attribute '%s' is missing", entry->name);
        if (!vgate_xml_go_on (node, fault, error))
            return FALSE;
    }
    for (xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        const VgateXmlAttribute *entry = find_attribute (table, attribute);
        g_autofree char *shown = NULL;
        GError *fault = NULL;
        xmlChar *value;
        gboolean good;

        if (!entry) {
            vgate_xml_set_error (&fault, dialect->structure, node, "attribute '%s' is unknown",
                                 (const char *)attribute->name);
            if (!vgate_xml_go_on (node, fault, error))
                return FALSE;
            continue;
        }
        value = xmlNodeListGetString (node->doc, attribute->children, 1);
        good = vgate_xml_read_value (entry, value ? (const char *)value : "", object);
        shown = good ? NULL : vgate_printable (value ? (const char *)value : "", 64);
        xmlFree (value);
        if (good)
            continue;
        vgate_xml_set_error (&fault, dialect->value, node, "invalid value '%s' for attribute '%s'", shown,
                             entry->name);
        if (!vgate_xml_go_on (node, fault, error))
            return FALSE;
    }
    return TRUE;
}

char *
vgate_xml_write_value (const VgateXmlAttribute *attribute, gconstpointer object)
{
    gconstpointer member = (const char *)object + attribute->offset;
    char version[VGATE_VERSION_TEXT_SIZE], range[VGATE_VERSION_RANGE_TEXT_SIZE];

    switch (attribute->form) {
    case VGATE_XML_ASCII:
    case VGATE_XML_NAME:
    case VGATE_XML_UUID:
    case VGATE_XML_PCI:
    case VGATE_XML_SHA256: return g_strdup (*(char *const *)member);
    case VGATE_XML_TIME: return vgate_time_format (*(const gint64 *)member);
    case VGATE_XML_COUNT:
        if (*(const guint64 *)member == 0)
            return NULL;
        G_GNUC_FALLTHROUGH;
    case VGATE_XML_UINT64: return g_strdup_printf ("%" G_GUINT64_FORMAT, *(const guint64 *)member);
    case VGATE_XML_UINT: return g_strdup_printf ("%u", *(const guint32 *)member);
    case VGATE_XML_HEX: return g_strdup_printf ("0x%x", *(const guint32 *)member);
    case VGATE_XML_VERSION: return g_strdup (vgate_version_format (*(const guint32 *)member, version));
    case VGATE_XML_RANGE:
        return g_strdup (vgate_version_range_format (*(const VgateVersionRange *)member, range));
    case VGATE_XML_YES_NO: return g_strdup (yes_no[*(const gboolean *)member ? 1 : 0]);
    case VGATE_XML_CHOICE:
        if (attribute->optional && *(const int *)member == 0)
            return NULL;
        return g_strdup (attribute->choices[*(const int *)member]);
    }
    return NULL;
}

static void
write_attribute (GString *xml, const VgateXmlAttribute *entry, gconstpointer object)
{
    g_autofree char *text = vgate_xml_write_value (entry, object);
    /* escapes the five special characters of XML; our value forms allow no other characters that need
     * escaping */
    g_autofree char *escaped = text ? g_markup_escape_text (text, -1) : NULL;

    if (escaped)
        g_string_append_printf (xml, " %s='%s'", entry->name, escaped);
}

void
vgate_xml_write_attributes (GString *xml, const VgateXmlAttribute *table, gconstpointer object)
{
    for (; table->name; table++)
        write_attribute (xml, table, object);
}

gboolean
vgate_xml_read_leaf (const VgateXmlDialect *dialect, xmlNode *node, const VgateXmlAttribute *table,
                     gpointer object, GError **error)
{
    GError *fault = NULL;

    return vgate_xml_read_attributes (dialect, node, table, object, error) &&
           (vgate_xml_no_children (dialect, node, &fault) || vgate_xml_go_on (node, fault, error));
}

void
vgate_xml_write_leaf (GString *xml, const char *element, const VgateXmlAttribute *table, gconstpointer object)
{
    g_string_append_printf (xml, "<%s", element);
    vgate_xml_write_attributes (xml, table, object);
    g_string_append (xml, "/>");
}

void
vgate_xml_write_line (GString *xml, const char *indent, const char *element, const VgateXmlAttribute *table,
                      gconstpointer object)
{
    g_string_append (xml, indent);
    vgate_xml_write_leaf (xml, element, table, object);
    g_string_append_c (xml, '\n');
}

void
vgate_xml_clear_attributes (const VgateXmlAttribute *table, gpointer object)
{
    for (; table->name; table++) {
        if (table->form <= VGATE_XML_SHA256)
            g_clear_pointer ((char **)((char *)object + table->offset), g_free);
    }
}

/* TRUE when both members are certainly written alike; FALSE also when they must be written to see that. */
static gboolean
is_same_member (const VgateXmlAttribute *entry, gconstpointer a, gconstpointer b)
{
    const void *member_a = (const char *)a + entry->offset, *member_b = (const char *)b + entry->offset;

    switch (entry->form) {
    case VGATE_XML_UINT:
    case VGATE_XML_HEX:
    case VGATE_XML_VERSION: return *(const guint32 *)member_a == *(const guint32 *)member_b;
    default:
        return entry->form <= VGATE_XML_SHA256 &&
               g_strcmp0 (*(char *const *)member_a, *(char *const *)member_b) == 0;
    }
}

const char *
vgate_xml_first_difference (const VgateXmlAttribute *table, gconstpointer a, gconstpointer b, char **a_text,
                            char **b_text)
{
    for (; table->name; table++) {
        g_autoptr (GString) a_written = NULL, b_written = NULL;

        if (is_same_member (table, a, b))
            continue;
        a_written = g_string_new (NULL);
        b_written = g_string_new (NULL);
        write_attribute (a_written, table, a);
        write_attribute (b_written, table, b);
        if (strcmp (a_written->str, b_written->str) != 0) {
            *a_text = g_strdup (g_strchug (a_written->str));
            *b_text = g_strdup (g_strchug (b_written->str));
            return table->name;
        }
    }
    return NULL;
}
