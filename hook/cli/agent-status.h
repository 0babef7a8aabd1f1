/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status document of vgpu-gated, as plugin/service/status-document writes it. */
#pragma once

#include <json-glib/json-glib.h>

/*
 * Returns the document, which has the form of a report (tree.h). Every member must be one that this version
 * knows, with a value of its kind, and none that is always there may be missing. NULL with
 * VGATE_CODE_AGENT_ANSWER.
 */
JsonObject *vgate_agent_status_parse (const char *document, gsize length, GError **error);
