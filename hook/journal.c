/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include <syslog.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static GLogField
field (const char *key, const char *value)
{
    return (GLogField){key, value, -1};
}

static void
write_line (const char *line, int priority, VgateCode code, const char *domain, const char *uuid,
            const char *operation, const char *outcome)
{
    char code_text[VGATE_CODE_TEXT_SIZE];
    char priority_text[] = {(char)('0' + priority), '\0'};
    const GLogField fields[] = {
        field ("MESSAGE", line),
        field ("PRIORITY", priority_text),
        field ("SYSLOG_IDENTIFIER", "vgpu-gate"),
        field ("VGPU_GATE_CODE", vgate_code_format (code, code_text)),
        field ("VGPU_GATE_DOMAIN", domain ? domain : ""),
        field ("VGPU_GATE_DOMAIN_UUID", uuid ? uuid : ""),
        field ("VGPU_GATE_OPERATION", operation),
        field ("VGPU_GATE_DECISION", outcome),
    };

    if (g_file_test (JOURNAL_SOCKET, G_FILE_TEST_EXISTS) &&
        g_log_writer_journald (G_LOG_LEVEL_MESSAGE, fields, G_N_ELEMENTS (fields), NULL) ==
            G_LOG_WRITER_HANDLED)
        return;
    openlog ("vgpu-gate", LOG_PID, LOG_DAEMON);
    syslog (priority, "%s [operation=%s decision=%s uuid=%s]", line, operation, outcome, uuid ? uuid : "");
    closelog ();
}

void
vgate_journal_decision (const VgateDecision *decision, const char *domain, const char *uuid,
                        VgateOperation operation)
{
    const char *operation_name = vgate_operation_name (operation);
    const char *outcome = decision->allowed ? "allowed" : "refused";
    g_autofree char *line = vgate_decision_line (decision, domain);
    g_autofree char *name = domain ? vgate_printable (domain, 128) : NULL;

    for (guint i = 0; i < decision->warnings->len; i++) {
        const VgateWarning *warning = g_ptr_array_index (decision->warnings, i);
        g_autofree char *text = vgate_message_line (warning->code, domain, warning->text);

        write_line (text, LOG_WARNING, warning->code, name, uuid, operation_name, outcome);
    }
    write_line (line, decision->allowed ? LOG_INFO : LOG_ERR, decision->code, name, uuid, operation_name,
                outcome);
}
