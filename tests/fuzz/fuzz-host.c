/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fuzz target: a host document. What is accepted must be accepted again after it was written, and be the
 * same. */
#include "host/host.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateHost) host = vgate_host_read ((const char *)data, size, &error), again = NULL;
    g_autofree char *written = NULL, *written_again = NULL;

    g_assert_true ((host != NULL) != (error != NULL));
    if (!host)
        return 0;
    written = vgate_host_write (host);
    again = vgate_host_read (written, strlen (written), &error);
    g_assert_no_error (error);
    written_again = vgate_host_write (again);
    g_assert_cmpstr (written, ==, written_again);
    return 0;
}
