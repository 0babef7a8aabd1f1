/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fuzz target: a domain XML from another host, as the hook gets it, or a snapshot. What is accepted must be
 * unchanged after it was written and read again. */
#include "domain/domain.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
write_and_read_again (const VgateDomain *domain)
{
    g_autofree char *xml = vgate_element_write (domain->element, TRUE);
    g_autofree char *whole = g_strdup_printf (
        "<domain><name>x</name><uuid>%s</uuid><metadata>%s</metadata></domain>", domain->uuid, xml);
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateDomain) again = vgate_domain_read (whole, strlen (whole), NULL, &error);
    g_autofree char *before = vgate_element_essence (domain->element), *after = NULL;

    g_assert_no_error (error);
    vgate_element_check (again->element, again->uuid, NULL, &error);
    g_assert_no_error (error);
    after = vgate_element_essence (again->element);
    g_assert_cmpstr (before, ==, after);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *name = NULL;
    VgateDomainDocument document;
    g_autoptr (VgateDomain) domain =
        vgate_domain_read_document ((const char *)data, size, &document, &name, &error);

    g_assert_true ((domain != NULL) != (error != NULL));
    if (error) {
        g_autofree char *line = vgate_message_line ((VgateCode)error->code, name, error->message);

        g_assert_true (error->domain == VGATE_ERROR && vgate_code_info (error->code));
        g_assert_null (strchr (line, '\n'));
    } else if (domain->element && vgate_element_check (domain->element, domain->uuid, NULL, NULL)) {
        write_and_read_again (domain);
    }
    return 0;
}
