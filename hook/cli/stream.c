/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream.h"

#include "base/output.h"

void
vgate_stream_print (VgateStream *stream, JsonObject *report)
{
    g_autofree char *head = NULL, *line = NULL;

    if (stream->output == VGATE_OUTPUT_JSON) {
        line = vgate_report_to_json_line (report);
        g_print ("%s\n", line);
        return;
    }
    line = vgate_report_to_row (report, &head);
    if (g_strcmp0 (head, stream->last) != 0) {
        vgate_output_print (head);
        g_free (stream->last);
        stream->last = g_steal_pointer (&head);
    }
    vgate_output_print (line);
}

void
vgate_stream_clear (VgateStream *stream)
{
    g_clear_pointer (&stream->last, g_free);
}
