/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/base/log.h"

#include "base/journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

/* Operators filter by priority: what needs no action is information, what ends without help is a warning. */
static int
priority_of_code (VgateCode code)
{
    switch (code) {
    case VGATE_CODE_CAPTURED:
    case VGATE_CODE_CAPTURE_REMOVED:
    case VGATE_CODE_ALLOWED:
    case VGATE_CODE_CANCEL_ENDED:
    case VGATE_CODE_CONFIG_TAKEN:
    case VGATE_CODE_GPU_USABLE:
    case VGATE_CODE_DEFINITION_UPDATED:
    case VGATE_CODE_LEFTOVER_REMOVED:
    case VGATE_CODE_SWITCH_OVER_REPAIRED:
    case VGATE_CODE_SWITCH_OVER_SERVED: return LOG_INFO;
    case VGATE_CODE_CANCEL_HUNG_LIBVIRT:
    case VGATE_CODE_CANCEL_HUNG_QEMU:
    case VGATE_CODE_CANCEL_RESUMED:
    case VGATE_CODE_CONFIG_AT_START:
    case VGATE_CODE_DEFINITION_DIFFERS:
    case VGATE_CODE_LEFTOVER_NOT_REMOVED:
    case VGATE_CODE_LIBVIRT_LOST:
    case VGATE_CODE_LIBVIRT_SLOW:
    case VGATE_CODE_DOWN_TIME:
    case VGATE_CODE_ELEMENT_LOST:
    case VGATE_CODE_ARRIVED_CHANGED:
    case VGATE_CODE_REPORT_NOT_COUNTED:
    case VGATE_CODE_EXCEPTION_UNUSABLE:
    case VGATE_CODE_SAVE_AT_SHUTDOWN:
    case VGATE_CODE_PAYLOAD_NOT_FRESH: return LOG_WARNING;
    default: return LOG_ERR;
    }
}

int
vgate_log_priority (const VgateLogSubject *subject)
{
    switch (subject->weight) {
    case VGATE_LOG_INFORMATION: return LOG_INFO;
    case VGATE_LOG_WARNING: return LOG_WARNING;
    default: return priority_of_code (subject->code);
    }
}

static gboolean
send_entry (const VgateLogSubject *subject, const char *line)
{
    const VgateJournalSubject entry = {
        .program = "vgpu-gated",
        .priority = vgate_log_priority (subject),
        .code = subject->code,
        .domain = subject->domain,
        .uuid = subject->uuid,
    };
    g_autoptr (GArray) fields = g_array_new (FALSE, FALSE, sizeof (GLogField));
    GLogField field = vgate_journal_field ("VGPU_GATE_TRIGGER", subject->trigger);

    if (subject->trigger)
        g_array_append_val (fields, field);
    for (guint i = 0; subject->element && i < subject->element->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (subject->element->vgpus, i);

        field = vgate_journal_field ("VGPU_GATE_VGPU", vgpu->uuid);
        g_array_append_val (fields, field);
    }
    return vgate_journal_send (&entry, line, (const GLogField *)fields->data, fields->len);
}

G_GNUC_PRINTF (2, 0)
static void
write_entry (const VgateLogSubject *subject, const char *format, va_list arguments)
{
    g_autofree char *text = g_strdup_vprintf (format, arguments);
    g_autofree char *line = vgate_message_line (subject->code, subject->domain, text);

    if (!send_entry (subject, line) || !g_log_writer_is_journald (STDERR_FILENO))
        fprintf (stderr, "%s\n", line);
}

void
vgate_log_about (const VgateLogSubject *subject, const char *format, ...)
{
    va_list arguments;

    va_start (arguments, format);
    write_entry (subject, format, arguments);
    va_end (arguments);
}

void
vgate_log (VgateCode code, const char *domain, const char *format, ...)
{
    const VgateLogSubject subject = {.code = code, .domain = domain};
    va_list arguments;

    va_start (arguments, format);
    write_entry (&subject, format, arguments);
    va_end (arguments);
}
