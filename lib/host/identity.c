/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/identity.h"

#include "base/codes.h"
#include "xml/xml.h"

#include <string.h>
#include <unistd.h>

void
vgate_identity_clear (VgateIdentity *identity)
{
    g_clear_pointer (&identity->name, g_free);
    g_clear_pointer (&identity->uuid, g_free);
}

static char *
usable_uuid (const char *text)
{
    g_autofree char *lower = g_ascii_strdown (text, -1);

    /* boards to which the manufacturer assigned no UUID have only zeros or only f's */
    if (!vgate_xml_text_has_form (lower, VGATE_XML_UUID) || strspn (lower, "0-") == strlen (lower) ||
        strspn (lower, "f-") == strlen (lower))
        return NULL;
    return g_steal_pointer (&lower);
}

static char *
read_line (const char *root, const char *path)
{
    g_autofree char *full = g_build_filename (root, path, NULL);
    g_autofree char *text = NULL;

    if (!g_file_get_contents (full, &text, NULL, NULL))
        return NULL;
    return g_strdup (g_strstrip (text));
}

/* The machine ID has 32 digits without the dashes of a UUID. */
static char *
machine_id (const char *root)
{
    g_autofree char *id = read_line (root, "/etc/machine-id");
    g_autofree char *uuid = NULL;

    if (!id || strlen (id) != 32)
        return NULL;
    uuid = g_strdup_printf ("%.8s-%.4s-%.4s-%.4s-%.12s", id, id + 8, id + 12, id + 16, id + 20);
    return usable_uuid (uuid);
}

gboolean
vgate_identity_read (const char *root, const char *configured, VgateIdentity *identity, GError **error)
{
    char name[256] = "";
    g_autofree char *dmi = NULL;

    *identity = (VgateIdentity){NULL, NULL};
    if (configured) {
        identity->uuid = g_strdup (configured);
    } else {
        dmi = read_line (root, "/sys/class/dmi/id/product_uuid");
        identity->uuid = dmi ? usable_uuid (dmi) : NULL;
        if (!identity->uuid)
            identity->uuid = machine_id (root);
    }
    if (!identity->uuid) {
        g_set_error_literal (
            error, VGATE_ERROR, VGATE_CODE_HOST_UNKNOWN,
            "this host has no UUID: there is none in the configuration, in DMI or in /etc/machine-id");
        return FALSE;
    }
    if (gethostname (name, sizeof name - 1) != 0 || !vgate_xml_text_has_form (name, VGATE_XML_NAME))
        g_strlcpy (name, "unknown", sizeof name);
    identity->name = g_strdup (name);
    return TRUE;
}
