/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/journal.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* made with "systemd-id128 new", without its last four digits */
#define MESSAGE_ID_PREFIX "d728cc8b66154e22b635a23bb80a"

const char *
vgate_message_id (int code, char text[VGATE_MESSAGE_ID_SIZE])
{
    g_snprintf (text, VGATE_MESSAGE_ID_SIZE, MESSAGE_ID_PREFIX "%04d", code);
    return text;
}

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
    char code[VGATE_CODE_TEXT_SIZE], id[VGATE_MESSAGE_ID_SIZE];
    g_autofree char *domain = subject->domain ? vgate_printable (subject->domain, 128) : NULL;

    if (!g_file_test (JOURNAL_SOCKET, G_FILE_TEST_EXISTS))
        return FALSE;
    add_field (fields, "MESSAGE", line);
    add_field (fields, "PRIORITY", priority);
    add_field (fields, "SYSLOG_IDENTIFIER", subject->program);
    add_field (fields, "MESSAGE_ID", vgate_message_id ((int)subject->code, id));
    add_field (fields, "VGPU_GATE_CODE", vgate_code_format (subject->code, code));
    add_field (fields, "VGPU_GATE_DOMAIN", domain);
    add_field (fields, "VGPU_GATE_DOMAIN_UUID", subject->uuid);
    g_array_append_vals (fields, more, (guint)n_more);
    /* the log level is not used, as the fields contain PRIORITY */
    return g_log_writer_journald (G_LOG_LEVEL_MESSAGE, (const GLogField *)fields->data, fields->len, NULL) ==
           G_LOG_WRITER_HANDLED;
}
