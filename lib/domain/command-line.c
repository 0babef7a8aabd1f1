/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain/command-line.h"

#include <string.h>

gboolean
vgate_qemu_is_device_option (const char *word)
{
    return word && (strcmp (word, "-device") == 0 || strcmp (word, "--device") == 0);
}

/* The properties of a device that matter here. */
typedef struct {
    char *driver;
    char *host;
    char *sysfsdev;
} Properties;

static void
properties_clear (Properties *properties)
{
    g_free (properties->driver);
    g_free (properties->host);
    g_free (properties->sysfsdev);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Properties, properties_clear)

/* The last property with a name is used, as in QEMU. */
static void
set_property (Properties *properties, const char *name, const char *value)
{
    char **known = NULL;

    if (strcmp (name, "driver") == 0)
        known = &properties->driver;
    else if (strcmp (name, "host") == 0)
        known = &properties->host;
    else if (strcmp (name, "sysfsdev") == 0)
        known = &properties->sysfsdev;
    if (!known)
        return;
    g_free (*known);
    *known = g_strdup (value);
}

/* "driver,name=value,...". A comma in a value is doubled, and the first word can be the driver's name without
 * "driver=". */
static void
read_options (const char *argument, Properties *properties)
{
    g_autoptr (GString) word = g_string_new (NULL);
    gboolean is_first = TRUE;

    for (const char *at = argument;; at++) {
        const char *equals;

        if (at[0] == ',' && at[1] == ',')
            at++;
        else if (at[0] == ',' || at[0] == '\0') {
            equals = strchr (word->str, '=');
            if (equals) {
                g_autofree char *name = g_strndup (word->str, (gsize)(equals - word->str));

                set_property (properties, name, equals + 1);
            } else if (is_first) {
                set_property (properties, "driver", word->str);
            }
            is_first = FALSE;
            g_string_truncate (word, 0);
            if (at[0] == '\0')
                return;
            continue;
        }
        g_string_append_c (word, *at);
    }
}

/* Reads the string that begins at *at with either kind of quote, as QEMU accepts both, and moves *at behind
 * it. */
static char *
read_json_string (const char **at)
{
    GString *text = g_string_new (NULL);
    const char quote = **at, *c = *at + 1;

    for (; *c != '\0' && *c != quote; c++) {
        if (c[0] == '\\' && c[1] == 'u') {
            g_autofree char *digits = g_strndup (c + 2, 4);

            g_string_append_unichar (text, (gunichar)g_ascii_strtoull (digits, NULL, 16));
            c += 1 + strlen (digits);
        } else {
            if (c[0] == '\\' && c[1] != '\0')
                c++;
            g_string_append_c (text, *c);
        }
    }
    *at = *c == quote ? c + 1 : c;
    return g_string_free (text, FALSE);
}

/* Reads an object whose members are strings, numbers, and objects, which are skipped. */
static void
read_json (const char *json, Properties *properties)
{
    g_autofree char *name = NULL;
    guint depth = 0;

    for (const char *at = json; *at != '\0';) {
        if (*at == '"' || *at == '\'') {
            g_autofree char *text = read_json_string (&at);

            if (depth != 1)
                continue;
            if (name) {
                set_property (properties, name, text);
                g_clear_pointer (&name, g_free);
            } else {
                name = g_steal_pointer (&text);
            }
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        else if (*at == '}' || *at == ']')
            depth -= depth > 0 ? 1 : 0;
        else if (*at == ',' && depth == 1)
            g_clear_pointer (&name, g_free);
        at++;
    }
}

/* Reads "[DOMAIN:]BUS:SLOT.FUNCTION", in hexadecimal with or without 0x. */
static char *
pci_of_host (const char *host)
{
    guint64 parts[4] = {0};
    guint n = 0;
    const char *at = host;
    char *end;

    for (;;) {
        parts[n] = g_ascii_strtoull (at, &end, 16);
        if (end == at || parts[n] > 0xffff)
            return NULL;
        n++;
        if (*end == '.' || n == 3)
            break;
        if (*end != ':')
            return NULL;
        at = end + 1;
    }
    if (*end != '.' || n < 2)
        return NULL;
    at = end + 1;
    parts[n] = g_ascii_strtoull (at, &end, 16);
    if (end == at || *end != '\0')
        return NULL;
    return n == 2 ? g_strdup_printf ("0000:%02x:%02x.%x", (guint)parts[0], (guint)parts[1], (guint)parts[2])
                  : g_strdup_printf ("%04x:%02x:%02x.%x", (guint)parts[0], (guint)parts[1], (guint)parts[2],
                                     (guint)parts[3]);
}

gboolean
vgate_qemu_device_parse (const char *argument, VgateHostdevKind *kind, char **source)
{
    g_auto (Properties) properties = {0};
    g_autofree char *name = NULL;

    if (argument[strspn (argument, " \t\r\n")] == '{')
        read_json (argument, &properties);
    else
        read_options (argument, &properties);
    /* vfio-pci-nohotplug is vfio-pci with a display */
    if (!properties.driver || !g_str_has_prefix (properties.driver, "vfio-pci"))
        return FALSE;
    *kind = VGATE_HOSTDEV_PCI;
    /* QEMU uses host= when there is no sysfsdev= */
    if (!properties.sysfsdev) {
        *source = properties.host ? pci_of_host (properties.host) : NULL;
        return *source != NULL;
    }
    name = g_path_get_basename (properties.sysfsdev);
    *source = g_ascii_strdown (name, -1);
    if (vgate_xml_text_has_form (*source, VGATE_XML_UUID))
        *kind = VGATE_HOSTDEV_MDEV;
    else if (!strchr (*source, ':') || !strchr (*source, '.'))
        g_clear_pointer (source, g_free);
    return *source != NULL;
}
