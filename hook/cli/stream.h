/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports on standard output as they come: a line of text or JSON for each. */
#pragma once

#include "tree.h"

typedef struct {
    VgateOutput output;
    char *last; /* the heads of the columns that were printed last, or NULL */
} VgateStream;

/* A report without children and lists. Text has a line of column heads whenever something of another name
 * comes. */
void vgate_stream_print (VgateStream *stream, JsonObject *report);
void vgate_stream_clear (VgateStream *stream);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateStream, vgate_stream_clear)
