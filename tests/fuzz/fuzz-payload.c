/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fuzz target: the payload from another host at switch-over. What is accepted must be unchanged after it was
 * written and read again. */
#include "plugin/switchover/payload.h"

#include <string.h>

/* The arriving domain's UUID, as in tests/data/payload.xml. */
#define DOMAIN_UUID "11111111-1111-4111-8111-111111111111"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
write_and_read_again (const VgatePayload *payload)
{
    g_autoptr (GBytes) written = vgate_payload_write (payload), again = NULL;
    g_autoptr (VgatePayload) read = NULL;
    g_autoptr (GError) error = NULL;
    gsize length;
    const void *data = g_bytes_get_data (written, &length);

    g_assert_true (length >= 1 && length <= VGATE_PAYLOAD_SIZE_MAX);
    read = vgate_payload_read (data, length, DOMAIN_UUID, &error);
    g_assert_no_error (error);
    if (read->element)
        vgate_element_check (read->element, DOMAIN_UUID, NULL, &error);
    g_assert_no_error (error);
    again = vgate_payload_write (read);
    g_assert_true (g_bytes_equal (written, again));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePayload) payload = vgate_payload_read (data, size, DOMAIN_UUID, &error);

    g_assert_true ((payload != NULL) != (error != NULL));
    if (error) {
        g_autofree char *line = vgate_message_line ((VgateCode)error->code, "guest", error->message);

        g_assert_true (error->domain == VGATE_ERROR && vgate_code_info (error->code));
        g_assert_null (strchr (line, '\n'));
    } else if (!payload->element || vgate_element_check (payload->element, DOMAIN_UUID, NULL, NULL)) {
        write_and_read_again (payload);
    }
    return 0;
}
