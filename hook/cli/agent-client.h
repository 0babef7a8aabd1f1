/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks vgpu-gated of this host, over its socket. */
#pragma once

#include <glib.h>

/*
 * The answer to a request of status/address.h; the caller frees it. At most ten seconds. Errors:
 * VGATE_CODE_AGENT_SILENT, and VGATE_CODE_AGENT_ANSWER for one that is cut or that it does not know.
 */
char *vgate_agent_ask (const char *path, const char *request, gsize *length, GError **error);
