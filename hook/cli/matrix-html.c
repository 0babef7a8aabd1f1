/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of the page are in page/, and are resources of the program. The page's content security policy
 * allows its own style and its own script, by their hashes, and nothing else: the page can neither load nor
 * send anything. Its data is the JSON, in an element that a browser does not execute.
 */
#include "base/output.h"
#include "matrix-output.h"
#include "page.h"

#include <string.h>

#define FOLDER "/vgpu-gate/page/"

/* Borrowed: the resource is in the program, and ends with a zero byte, as all of them do. */
static const char *
part (const char *name)
{
    g_autofree char *path = g_strconcat (FOLDER, name, NULL);
    g_autoptr (GBytes) bytes = g_resource_lookup_data (vgate_page_get_resource (), path, 0, NULL);

    return g_bytes_get_data (bytes, NULL);
}

/* The source expression of Content Security Policy Level 3 that allows an element with this text. */
static char *
hash_source (const char *text)
{
    g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
    g_autofree char *base64 = NULL;
    guint8 digest[32];
    gsize length = sizeof digest;

    g_checksum_update (checksum, (const guchar *)text, -1);
    g_checksum_get_digest (checksum, digest, &length);
    base64 = g_base64_encode (digest, length);
    return g_strdup_printf ("'sha256-%s'", base64);
}

static char *
write_policy (const char *style, const char *script)
{
    g_autofree char *style_source = hash_source (style), *script_source = hash_source (script);

    return g_strdup_printf ("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; "
                            "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
                            style_source, script_source);
}

void
vgate_matrix_print_html (const VgateMatrixTotals *totals)
{
    const char *style = part ("page.css"), *script = part ("page.js");
    g_autofree char *policy = write_policy (style, script);
    g_autofree char *description = vgate_matrix_describe (totals);
    g_autofree char *summary = g_markup_escape_text (description, -1);
    g_auto (GStrv) pieces = g_strsplit (part ("page.html"), "@", -1);

    /* a piece with an odd number is a word between two '@' */
    for (guint i = 0; pieces[i]; i++) {
        if (i % 2 == 0)
            vgate_output_print (pieces[i]);
        else if (strcmp (pieces[i], "POLICY") == 0)
            vgate_output_print (policy);
        else if (strcmp (pieces[i], "STYLE") == 0)
            vgate_output_print (style);
        else if (strcmp (pieces[i], "SCRIPT") == 0)
            vgate_output_print (script);
        else if (strcmp (pieces[i], "VERSION") == 0)
            vgate_output_print (VGATE_VERSION);
        else if (strcmp (pieces[i], "SUMMARY") == 0)
            vgate_output_print (summary);
        else if (strcmp (pieces[i], "DATA") == 0)
            vgate_matrix_print_json (totals);
        else
            g_assert_not_reached ();
    }
}
