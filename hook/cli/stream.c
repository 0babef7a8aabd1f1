/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream.h"

#include "message/output.h"

#include <stdio.h>

struct VgateStream {
    char *name;
    VgateOutput output;
    char *last; /* the heads of the columns that stand above, or NULL */
};

VgateStream *
vgate_stream_open (const char *name, VgateOutput output)
{
    VgateStream *stream = g_new0 (VgateStream, 1);

    stream->name = g_strdup (name);
    stream->output = output;
    if (output == VGATE_OUTPUT_XML)
        printf ("<%s xmlns='%s'>\n", name, VGATE_REPORT_NAMESPACE);
    return stream;
}

static void
print_text (VgateStream *stream, const VgateTree *item)
{
    g_autofree char *head = NULL, *row = vgate_tree_to_row (item, &head);

    if (g_strcmp0 (head, stream->last) != 0) {
        fputs (head, stdout);
        g_free (stream->last);
        stream->last = g_steal_pointer (&head);
    }
    fputs (row, stdout);
}

void
vgate_stream_print (VgateStream *stream, const VgateTree *item)
{
    g_autofree char *json = NULL;
    g_autoptr (GString) xml = NULL;

    switch (stream->output) {
    case VGATE_OUTPUT_TEXT: print_text (stream, item); break;
    case VGATE_OUTPUT_JSON:
        json = vgate_tree_to_json (item, FALSE);
        printf ("%s\n", json);
        break;
    case VGATE_OUTPUT_XML:
        xml = g_string_new (NULL);
        vgate_tree_append_xml (xml, item, 2);
        fputs (xml->str, stdout);
        break;
    }
}

gboolean
vgate_stream_flush (G_GNUC_UNUSED VgateStream *stream, GError **error)
{
    return vgate_output_flush (error);
}

void
vgate_stream_close (VgateStream *stream)
{
    if (!stream)
        return;
    if (stream->output == VGATE_OUTPUT_XML)
        printf ("</%s>\n", stream->name);
    g_free (stream->last);
    g_free (stream->name);
    g_free (stream);
}
