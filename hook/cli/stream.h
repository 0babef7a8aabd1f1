/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trees on standard output as they come: one XML document, or a line of text or JSON for each. */
#pragma once

#include "tree.h"

typedef struct VgateStream VgateStream;

/* name: the XML document's root, whose namespace is VGATE_REPORT_NAMESPACE. */
VgateStream *vgate_stream_open (const char *name, VgateOutput output);
/* A tree without branches. Text has a line of column heads whenever something of another name comes. */
void vgate_stream_print (VgateStream *stream, const VgateTree *item);
/* Lets out what is held back. FALSE with VGATE_CODE_OUTPUT_UNWRITABLE. */
gboolean vgate_stream_flush (VgateStream *stream, GError **error);
/* Ends the document, and frees the stream. NULL is allowed. */
void vgate_stream_close (VgateStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateStream, vgate_stream_close)
