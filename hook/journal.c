/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include "message/journal.h"

#include <syslog.h>

static void
write_line (const char *line, int priority, VgateCode code, const char *domain, const char *uuid,
            const char *operation, const char *outcome)
{
    char code_text[VGATE_CODE_TEXT_SIZE];
    char priority_text[] = {(char)('0' + priority), '\0'};
    const GLogField fields[] = {
        vgate_journal_field ("MESSAGE", line),
        vgate_journal_field ("PRIORITY", priority_text),
        vgate_journal_field ("SYSLOG_IDENTIFIER", "vgpu-gate"),
        vgate_journal_field ("VGPU_GATE_CODE", vgate_code_format (code, code_text)),
        vgate_journal_field ("VGPU_GATE_DOMAIN", domain ? domain : ""),
        vgate_journal_field ("VGPU_GATE_DOMAIN_UUID", uuid ? uuid : ""),
        vgate_journal_field ("VGPU_GATE_OPERATION", operation),
        vgate_journal_field ("VGPU_GATE_DECISION", outcome),
    };

    if (vgate_journal_send (fields, G_N_ELEMENTS (fields)))
        return;
    openlog ("vgpu-gate", LOG_PID, LOG_DAEMON);
    syslog (priority, "%s [operation=%s decision=%s uuid=%s]", line, operation, outcome, uuid ? uuid : "");
    closelog ();
}

void
vgate_journal_decision (const VgateDecision *decision, const char *domain, const char *uuid,
                        const char *operation)
{
    const char *outcome = decision->allowed ? "allowed" : "refused";
    g_autofree char *line = vgate_decision_line (decision, domain);
    g_autofree char *name = domain ? vgate_printable (domain, 128) : NULL;

    for (guint i = 0; i < decision->warnings->len; i++) {
        const VgateWarning *warning = g_ptr_array_index (decision->warnings, i);
        g_autofree char *text = vgate_message_line (warning->code, domain, warning->text);

        write_line (text, LOG_WARNING, warning->code, name, uuid, operation, outcome);
    }
    write_line (line, decision->allowed ? LOG_INFO : LOG_ERR, decision->code, name, uuid, operation, outcome);
}
