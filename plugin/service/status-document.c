/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/service/status-document.h"

#include <json-glib/json-glib.h>

/* In each object, strings, numbers and flags come before objects, and objects before lists. The text that is
 * made from the document has the same order. */

static void
add_text (JsonBuilder *builder, const char *name, const char *text)
{
    json_builder_set_member_name (builder, name);
    json_builder_add_string_value (builder, text);
}

/* JSON-GLib's integers are signed, so a number above 2^63 - 1 becomes that: 292 years in nanoseconds. */
static void
add_number (JsonBuilder *builder, const char *name, guint64 number)
{
    json_builder_set_member_name (builder, name);
    json_builder_add_int_value (builder, (gint64)MIN (number, G_MAXINT64));
}

static void
add_flag (JsonBuilder *builder, const char *name, gboolean flag)
{
    json_builder_set_member_name (builder, name);
    json_builder_add_boolean_value (builder, flag);
}

static void
add_time (JsonBuilder *builder, const char *name, gint64 seconds)
{
    g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);
    g_autofree char *text = g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ");

    add_text (builder, name, text);
}

static void
begin_object (JsonBuilder *builder, const char *name)
{
    json_builder_set_member_name (builder, name);
    json_builder_begin_object (builder);
}

static void
begin_list (JsonBuilder *builder, const char *name)
{
    json_builder_set_member_name (builder, name);
    json_builder_begin_array (builder);
}

/* An age is at least 0, even if the clock was set back. */
static void
add_age (JsonBuilder *builder, const VgateStatus *status, gint64 since)
{
    add_number (builder, "age", (guint64)MAX (status->time - since, 0));
}

static void
add_guest (JsonBuilder *builder, const VgateStatus *status, const VgateStatusGuest *guest)
{
    char sequence[sizeof "18446744073709551615"];

    json_builder_begin_object (builder);
    if (guest->name)
        add_text (builder, "name", guest->name);
    add_text (builder, "uuid", guest->uuid);
    add_flag (builder, "captured", guest->has_capture);
    if (guest->has_capture) {
        begin_object (builder, "capture");
        add_time (builder, "time", guest->captured);
        add_age (builder, status, guest->captured);
        add_text (builder, "trigger", vgate_trigger_name ((VgateTrigger)guest->trigger));
        /* a string, as it can be above what JSON-GLib's integers hold */
        g_snprintf (sequence, sizeof sequence, "%" G_GUINT64_FORMAT, guest->sequence);
        add_text (builder, "sequence", sequence);
        json_builder_end_object (builder);
    }
    if (guest->failure_code) {
        begin_object (builder, "failure");
        add_time (builder, "time", guest->failed);
        add_text (builder, "code", guest->failure_code);
        add_text (builder, "text", guest->failure_text);
        add_flag (builder, "over", guest->is_failure_over);
        json_builder_end_object (builder);
    }
    if (guest->hang_code) {
        begin_object (builder, "hang");
        add_time (builder, "time", guest->hung);
        add_text (builder, "code", guest->hang_code);
        add_flag (builder, "over", guest->is_hang_over);
        json_builder_end_object (builder);
    }
    begin_list (builder, "vgpu");
    for (guint i = 0; i < guest->vgpus->len; i++) {
        const VgateStatusVgpu *vgpu = g_ptr_array_index (guest->vgpus, i);
        char version[VGATE_VERSION_TEXT_SIZE];

        json_builder_begin_object (builder);
        add_text (builder, "uuid", vgpu->uuid);
        add_number (builder, "type", vgpu->type);
        add_text (builder, "type-name", vgpu->type_name);
        if (vgpu->guest_address)
            add_text (builder, "guest-address", vgpu->guest_address);
        add_text (builder, "pgpu", vgpu->pgpu);
        add_text (builder, "guest-driver", vgpu->guest_driver);
        add_text (builder, "guest-vgpu-version", vgate_version_format (vgpu->guest_version, version));
        json_builder_end_object (builder);
    }
    json_builder_end_array (builder);
    json_builder_end_object (builder);
}

char *
vgate_status_document (const VgateStatus *status)
{
    g_autoptr (JsonBuilder) builder = json_builder_new ();
    g_autoptr (JsonNode) root = NULL;
    g_autofree char *text = NULL;

    json_builder_begin_object (builder);
    begin_object (builder, "status");
    add_text (builder, "version", status->version);
    add_time (builder, "started", status->started);
    add_time (builder, "time", status->time);
    add_number (builder, "domains", status->domains);
    add_flag (builder, "configuration-refused", status->is_config_refused);
    begin_object (builder, "libvirt");
    add_text (builder, "uri", status->uri);
    add_flag (builder, "connected", status->is_connected);
    add_number (builder, "slow-calls", status->slow_calls);
    json_builder_end_object (builder);
    if (status->was_asked) {
        begin_object (builder, "nvml");
        add_time (builder, "asked", status->asked);
        add_age (builder, status, status->asked);
        add_number (builder, "duration", status->duration);
        add_number (builder, "total", status->total);
        add_number (builder, "unusable-gpus", status->unusable_gpus);
        if (status->nvml_code)
            add_text (builder, "failure", status->nvml_code);
        json_builder_end_object (builder);
    }
    begin_list (builder, "counter");
    for (guint i = 0; i < status->counters->len; i++) {
        const VgateCounter *counter = g_ptr_array_index (status->counters, i);

        json_builder_begin_object (builder);
        add_text (builder, "name", vgate_counter_names[counter->kind]);
        if (counter->label)
            add_text (builder, "label", counter->label);
        add_number (builder, "value", counter->value);
        json_builder_end_object (builder);
    }
    json_builder_end_array (builder);
    begin_list (builder, "guest");
    for (guint i = 0; i < status->guests->len; i++)
        add_guest (builder, status, g_ptr_array_index (status->guests, i));
    json_builder_end_array (builder);
    json_builder_end_object (builder);
    json_builder_end_object (builder);
    root = json_builder_get_root (builder);
    text = json_to_string (root, TRUE);
    return g_strconcat (text, "\n", NULL);
}
