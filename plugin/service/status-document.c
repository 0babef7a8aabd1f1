/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/service/status-document.h"

#include "base/run-directory.h"
#include "base/date-time.h"

/* In each object, strings, numbers and flags come before objects, and objects before lists. The text that is
 * made from the document has the same order. */

/*
 * A writer of JSON-GLib's form, for JSON-GLib itself takes the main loop more than 20 ms for 1,000 guests.
 * Integers of other readers are signed or lose digits, so that what can be above 2^63 - 1 is a text.
 */
typedef struct {
    GString *text;
    guint depth;
    gboolean is_empty; /* the object or list that is open */
} Writer;

static void
begin_line (Writer *writer)
{
    g_string_append_c (writer->text, '\n');
    for (guint i = 0; i < writer->depth; i++)
        g_string_append (writer->text, "  ");
}

static void
begin_value (Writer *writer, const char *name)
{
    if (!writer->is_empty)
        g_string_append_c (writer->text, ',');
    writer->is_empty = FALSE;
    begin_line (writer);
    if (name)
        g_string_append_printf (writer->text, "\"%s\" : ", name);
}

/* name: NULL in a list. */
static void
begin (Writer *writer, const char *name, char bracket)
{
    if (writer->depth > 0)
        begin_value (writer, name);
    g_string_append_c (writer->text, bracket);
    writer->depth++;
    writer->is_empty = TRUE;
}

static void
end (Writer *writer, char bracket)
{
    writer->depth--;
    if (!writer->is_empty)
        begin_line (writer);
    g_string_append_c (writer->text, bracket);
    writer->is_empty = FALSE;
}

static void
add_text (Writer *writer, const char *name, const char *text)
{
    begin_value (writer, name);
    g_string_append_c (writer->text, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_c (writer->text, '\\');
        if (g_ascii_iscntrl (*text))
            g_string_append_printf (writer->text, "\\u%04x", (guint)(guchar)*text);
        else
            g_string_append_c (writer->text, *text);
    }
    g_string_append_c (writer->text, '"');
}

static void
add_number (Writer *writer, const char *name, guint64 number)
{
    begin_value (writer, name);
    g_string_append_printf (writer->text, "%" G_GUINT64_FORMAT, MIN (number, (guint64)G_MAXINT64));
}

static void
add_flag (Writer *writer, const char *name, gboolean flag)
{
    begin_value (writer, name);
    g_string_append (writer->text, flag ? "true" : "false");
}

static void
add_time (Writer *writer, const char *name, gint64 seconds)
{
    g_autofree char *text = vgate_time_format (seconds);

    add_text (writer, name, text);
}

/* An age is at least 0, even if the clock was set back. */
static void
add_age (Writer *writer, const VgateStatus *status, gint64 since)
{
    add_number (writer, "age", (guint64)MAX (status->time - since, 0));
}

static void
add_guest (Writer *writer, const VgateStatus *status, const VgateStatusGuest *guest)
{
    char sequence[sizeof "18446744073709551615"];

    begin (writer, NULL, '{');
    if (guest->name)
        add_text (writer, "name", guest->name);
    add_text (writer, "uuid", guest->uuid);
    if (vgate_status_bus_names[guest->bus])
        add_text (writer, "switch-over", vgate_status_bus_names[guest->bus]);
    add_flag (writer, "captured", guest->has_capture);
    if (guest->has_capture) {
        begin (writer, "capture", '{');
        add_time (writer, "time", guest->captured);
        add_age (writer, status, guest->captured);
        add_text (writer, "trigger", vgate_trigger_name ((VgateTrigger)guest->trigger));
        /* a string, as it can be above what JSON-GLib's integers hold */
        g_snprintf (sequence, sizeof sequence, "%" G_GUINT64_FORMAT, guest->sequence);
        add_text (writer, "sequence", sequence);
        end (writer, '}');
    }
    if (guest->failure_code) {
        begin (writer, "failure", '{');
        add_time (writer, "time", guest->failed);
        add_text (writer, "code", guest->failure_code);
        add_text (writer, "text", guest->failure_text);
        add_flag (writer, "over", guest->is_failure_over);
        end (writer, '}');
    }
    if (guest->hang_code) {
        begin (writer, "hang", '{');
        add_time (writer, "time", guest->hung);
        add_text (writer, "code", guest->hang_code);
        add_flag (writer, "over", guest->is_hang_over);
        end (writer, '}');
    }
    if (guest->stop_job) {
        begin (writer, "stopped", '{');
        add_time (writer, "time", guest->stopped);
        add_text (writer, "job", guest->stop_job);
        add_text (writer, "by", "vgpu-gated");
        add_text (writer, "code", guest->stop_code);
        add_text (writer, "text", guest->stop_text);
        add_text (writer, "way-out", guest->stop_cure);
        end (writer, '}');
    }
    begin (writer, "vgpu", '[');
    for (guint i = 0; i < guest->vgpus->len; i++) {
        const VgateStatusVgpu *vgpu = g_ptr_array_index (guest->vgpus, i);
        char version[VGATE_VERSION_TEXT_SIZE];

        begin (writer, NULL, '{');
        add_text (writer, "uuid", vgpu->uuid);
        add_number (writer, "type", vgpu->type);
        add_text (writer, "type-name", vgpu->type_name);
        if (vgpu->guest_address)
            add_text (writer, "guest-address", vgpu->guest_address);
        add_text (writer, "pgpu", vgpu->pgpu);
        add_text (writer, "guest-driver", vgpu->guest_driver);
        add_text (writer, "guest-vgpu-version", vgate_version_format (vgpu->guest_version, version));
        end (writer, '}');
    }
    end (writer, ']');
    end (writer, '}');
}

static void
add_self_check (Writer *writer, const VgateStatus *status)
{
    begin (writer, "self-check", '{');
    add_time (writer, "time", status->self_checked);
    add_age (writer, status, status->self_checked);
    add_text (writer, "result",
              vgate_self_check_result_names[vgate_self_check_overall (status->self_checks)]);
    begin (writer, "check", '[');
    for (guint i = 0; i < status->self_checks->len; i++) {
        const VgateSelfCheckItem *item = g_ptr_array_index (status->self_checks, i);

        begin (writer, NULL, '{');
        add_text (writer, "name", item->name);
        add_text (writer, "result", vgate_self_check_result_names[item->result]);
        add_text (writer, "text", item->text);
        if (item->remedy)
            add_text (writer, "remedy", item->remedy);
        end (writer, '}');
    }
    end (writer, ']');
    end (writer, '}');
}

static void
add_exception (Writer *writer, const VgateException *exception)
{
    g_autofree char *by = vgate_exception_by (exception);
    const guint64 now = vgate_run_directory_clock ();

    begin (writer, NULL, '{');
    add_text (writer, "domain", exception->domain);
    add_text (writer, "state", vgate_exception_state (exception));
    add_number (writer, "expires-in", exception->expires > now ? exception->expires - now : 0);
    add_time (writer, "given", exception->given);
    add_text (writer, "by", by);
    add_text (writer, "reason", exception->reason);
    end (writer, '}');
}

char *
vgate_status_document (const VgateStatus *status)
{
    Writer document = {.text = g_string_new (NULL)};
    Writer *writer = &document;

    begin (writer, NULL, '{');
    begin (writer, "status", '{');
    add_text (writer, "version", status->version);
    add_time (writer, "started", status->started);
    add_time (writer, "time", status->time);
    add_text (writer, "mode", status->is_report_only ? "report" : "enforce");
    add_number (writer, "domains", status->domains);
    add_number (writer, "report-domains", status->report_domains);
    add_flag (writer, "configuration-refused", status->is_config_refused);
    if (status->config_code) {
        begin (writer, "configuration-error", '{');
        add_text (writer, "code", status->config_code);
        add_text (writer, "text", status->config_text);
        end (writer, '}');
    }
    begin (writer, "libvirt", '{');
    add_text (writer, "uri", status->uri);
    add_flag (writer, "connected", status->is_connected);
    add_number (writer, "slow-calls", status->slow_calls);
    end (writer, '}');
    if (status->was_asked) {
        begin (writer, "nvml", '{');
        add_time (writer, "asked", status->asked);
        add_age (writer, status, status->asked);
        add_number (writer, "duration", status->duration);
        add_number (writer, "total", status->total);
        add_number (writer, "unusable-gpus", status->unusable_gpus);
        if (status->nvml_code)
            add_text (writer, "failure", status->nvml_code);
        end (writer, '}');
    }
    if (status->self_checks)
        add_self_check (writer, status);
    begin (writer, "allowed-once", '[');
    for (guint i = 0; i < status->exceptions->len; i++)
        add_exception (writer, g_ptr_array_index (status->exceptions, i));
    end (writer, ']');
    begin (writer, "reported", '[');
    for (guint i = 0; i < status->reported->len; i++) {
        const VgateReported *reported = &g_array_index (status->reported, VgateReported, i);
        char code[VGATE_CODE_TEXT_SIZE];

        begin (writer, NULL, '{');
        add_text (writer, "operation", reported->operation);
        add_text (writer, "code", vgate_code_format (reported->code, code));
        add_number (writer, "value", reported->value);
        end (writer, '}');
    }
    end (writer, ']');
    begin (writer, "counter", '[');
    for (guint i = 0; i < status->counters->len; i++) {
        const VgateCounter *counter = g_ptr_array_index (status->counters, i);

        begin (writer, NULL, '{');
        add_text (writer, "name", vgate_counter_names[counter->kind]);
        if (counter->label)
            add_text (writer, "label", counter->label);
        add_number (writer, "value", counter->value);
        end (writer, '}');
    }
    end (writer, ']');
    begin (writer, "guest", '[');
    for (guint i = 0; i < status->guests->len; i++)
        add_guest (writer, status, g_ptr_array_index (status->guests, i));
    end (writer, ']');
    end (writer, '}');
    end (writer, '}');
    g_string_append_c (writer->text, '\n');
    return g_string_free (writer->text, FALSE);
}

char *
vgate_status_line (const VgateStatus *status)
{
    const char *config = "", *self_check = "",
               *mode = status->is_report_only ? "; refusals are only reported" : "";
    guint n_captured = 0, n_lost = 0;
    g_autofree char *lost = NULL, *allowed = NULL;

    if (status->config_code)
        config = "; the configuration has an error";
    else if (status->is_config_refused)
        config = "; the last reload was refused, the file is valid now; run: systemctl reload vgpu-gated";
    for (guint i = 0; i < status->guests->len; i++) {
        const VgateStatusGuest *guest = g_ptr_array_index (status->guests, i);

        n_captured += guest->has_capture ? 1 : 0;
        n_lost += guest->bus == VGATE_STATUS_BUS_LOST ? 1 : 0;
    }
    if (status->self_checks && vgate_self_check_overall (status->self_checks) == VGATE_SELF_CHECK_FAIL)
        self_check = "; this host is not gated, run: vgpu-gate self-check";
    if (n_lost > 0)
        lost = g_strdup_printf ("; %u lost the bus, run: vgpu-gate switchover repair --all", n_lost);
    if (status->exceptions->len > 0)
        allowed = g_strdup_printf ("; one arrival is allowed of %u guest%s", status->exceptions->len,
                                   status->exceptions->len == 1 ? "" : "s");
    return g_strdup_printf ("%u running domain%s, %u with vGPUs, %u captured%s%s%s%s%s%s%s%s",
                            status->domains, status->domains == 1 ? "" : "s", status->guests->len, n_captured,
                            mode, allowed ? allowed : "", lost ? lost : "",
                            status->is_connected ? "" : "; no connection to libvirt",
                            status->nvml_code ? "; NVML does not answer: " : "",
                            status->nvml_code ? status->nvml_code : "", config, self_check);
}
