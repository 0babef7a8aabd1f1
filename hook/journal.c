/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include "base/journal.h"

#include <syslog.h>

static void
write_line (const VgateJournalSubject *subject, const char *line, const char *operation, const char *outcome)
{
    const GLogField fields[] = {
        vgate_journal_field ("VGPU_GATE_OPERATION", operation),
        vgate_journal_field ("VGPU_GATE_DECISION", outcome),
    };

    if (vgate_journal_send (subject, line, fields, G_N_ELEMENTS (fields)))
        return;
    openlog ("vgpu-gate", LOG_PID, LOG_DAEMON);
    syslog (subject->priority, "%s [operation=%s decision=%s uuid=%s]", line, operation, outcome,
            subject->uuid);
    closelog ();
}

void
vgate_journal_decision (const VgateDecision *decision, const char *line, const char *domain, const char *uuid,
                        const char *operation)
{
    const char *outcome = decision->allowed       ? "allowed"
                          : decision->is_excepted ? "allowed-once"
                          : decision->is_reported ? "reported"
                                                  : "refused";
    VgateJournalSubject subject = {
        .program = "vgpu-gate", .domain = domain ? domain : "", .uuid = uuid ? uuid : ""};

    subject.priority = LOG_WARNING;
    for (guint i = 0; i < decision->warnings->len; i++) {
        const VgateWarning *warning = g_ptr_array_index (decision->warnings, i);
        g_autofree char *text = vgate_message_line (warning->code, domain, warning->text);

        subject.code = warning->code;
        write_line (&subject, text, operation, outcome);
    }
    subject.priority = decision->allowed ? LOG_INFO : decision->is_reported ? LOG_WARNING : LOG_ERR;
    subject.code = decision->code;
    write_line (&subject, line, operation, outcome);
}
