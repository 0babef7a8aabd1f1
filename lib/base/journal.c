/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/journal.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

GLogField
vgate_journal_field (const char *key, const char *value)
{
    return (GLogField){key, value, -1};
}

static void
add_field (GArray *fields, const char *key, const char *value)
{
    const GLogField field = vgate_journal_field (key, value);

    if (value)
        g_array_append_val (fields, field);
}

gboolean
vgate_journal_send (const VgateJournalSubject *subject, const char *line, const GLogField *more, gsize n_more)
{
    g_autoptr (GArray) fields = g_array_new (FALSE, FALSE, sizeof (GLogField));
    const char priority[] = {(char)('0' + subject->priority), '\0'};
    char code[VGATE_CODE_TEXT_SIZE];
    g_autofree char *domain = subject->domain ? vgate_printable (subject->domain, 128) : NULL;

    if (!g_file_test (JOURNAL_SOCKET, G_FILE_TEST_EXISTS))
        return FALSE;
    add_field (fields, "MESSAGE", line);
    add_field (fields, "PRIORITY", priority);
    add_field (fields, "SYSLOG_IDENTIFIER", subject->program);
    add_field (fields, "VGPU_GATE_CODE", vgate_code_format (subject->code, code));
    add_field (fields, "VGPU_GATE_DOMAIN", domain);
    add_field (fields, "VGPU_GATE_DOMAIN_UUID", subject->uuid);
    g_array_append_vals (fields, more, (guint)n_more);
    /* the log level is not used, as the fields contain PRIORITY */
    return g_log_writer_journald (G_LOG_LEVEL_MESSAGE, (const GLogField *)fields->data, fields->len, NULL) ==
           G_LOG_WRITER_HANDLED;
}
