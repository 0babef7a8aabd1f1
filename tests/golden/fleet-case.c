/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet-case.h"

#include <string.h>

static void
write_document (gboolean is_host, const char *name, const char *xml, gpointer host)
{
    g_autofree char *file = g_strdup_printf ("fleet/%s/%s.xml", is_host ? "hosts" : "guests", name);

    fake_host_write_file (host, file, xml, strlen (xml), 0644);
}

void
fleet_case_write (FakeHost *host, RandomFleet fleet)
{
    fleet.now = g_get_real_time () / G_USEC_PER_SEC;
    random_fleet_write (&fleet, write_document, host);
}

static char *
read_file (FakeHost *host, const char *file)
{
    g_autofree char *path = fake_host_path (host, file);
    char *xml = NULL;

    g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
    return xml;
}

void
fleet_case_change (FakeHost *host, const char *file, const char *what, const char *by)
{
    g_autofree char *xml = read_file (host, file);
    g_autoptr (GString) text = g_string_new (xml);

    g_assert_cmpuint (g_string_replace (text, what, by, 0), >, 0);
    fake_host_write_file (host, file, text->str, text->len, 0644);
}

void
fleet_case_remove_devices (FakeHost *host, guint number)
{
    g_autofree char *file = g_strdup_printf ("fleet/hosts/host-%03u.xml", number);
    g_autofree char *xml = read_file (host, file);
    const char *begin = strstr (xml, "<devices"), *end = strstr (xml, "</devices>");
    g_autoptr (GString) text = NULL;

    g_assert_true (begin && end);
    text = g_string_new_len (xml, begin - xml);
    g_string_append (text, end + strlen ("</devices>"));
    fake_host_write_file (host, file, text->str, text->len, 0644);
}
