/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removes our elements from all domains of this host's libvirt, when vgpu-gate is to be uninstalled. */
#pragma once

#include <glib.h>

/*
 * Removes the element from the live XML of each running guest and from each persistent definition, and
 * nothing else. Logs each removal and each failure with the domain's name. It holds the lock of vgpu-gated's
 * run-time directory, because a vgpu-gated that runs would write the elements again. *n: the number of
 * domains of which something was removed, also with an error.
 *
 * FALSE with VGATE_CODE_AGENT_RUNS or VGATE_CODE_RUN_DIRECTORY when nothing was done, or with the first other
 * failure, after all domains were tried. A guest that is being migrated or saved is one that failed. Elements
 * of namespaces that this version does not support are not touched. Blocks.
 */
gboolean vgate_remove_elements (const char *uri, guint *n, GError **error);
