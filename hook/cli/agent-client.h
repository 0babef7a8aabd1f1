/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends a request to vgpu-gated on this host, over its socket. */
#pragma once

#include <glib.h>

/*
 * Returns the answer to a request of status/address.h; the caller frees it. Waits at most ten seconds.
 * Errors: VGATE_CODE_AGENT_SILENT, or VGATE_CODE_AGENT_ANSWER if the answer is cut or the daemon does not
 * support the request.
 */
char *vgate_agent_ask (const char *path, const char *request, gsize *length, GError **error);
