/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints reports on standard output as they arrive, each as a line of text or JSON. */
#pragma once

#include "tree.h"

typedef struct {
    VgateOutput output;
    char *last; /* the line of column heads that was printed last, or NULL */
} VgateStream;

/* The report must not have children or lists. In text, a line of column heads comes first whenever a report
 * of another name follows. */
void vgate_stream_print (VgateStream *stream, JsonObject *report);
void vgate_stream_clear (VgateStream *stream);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateStream, vgate_stream_clear)
