/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/backend.h"

VgateBackend
vgate_backend_copy (const VgateBackend *backend)
{
    return (VgateBackend){
        .library = g_strdup (backend->library),
        .helper = g_strdup (backend->helper),
        .deadline_ms = backend->deadline_ms,
    };
}

void
vgate_backend_clear (VgateBackend *backend)
{
    g_clear_pointer (&backend->library, g_free);
    g_clear_pointer (&backend->helper, g_free);
}
