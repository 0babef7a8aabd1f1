/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree-status.h"

static void
add_time (JsonObject *tree, const char *name, gint64 seconds)
{
    g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);
    g_autofree char *text = g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ");

    json_object_set_string_member (tree, name, text);
}

/* A clock that was set back makes nothing younger than new. */
static void
add_age (JsonObject *tree, const VgateStatus *status, gint64 since)
{
    vgate_tree_set_number (tree, "age", (guint64)MAX (status->time - since, 0));
}

static void
add_vgpu (JsonObject *tree, const VgateStatusVgpu *vgpu)
{
    char version[VGATE_VERSION_TEXT_SIZE];

    json_object_set_string_member (tree, "uuid", vgpu->uuid);
    vgate_tree_set_number (tree, "type", vgpu->type);
    json_object_set_string_member (tree, "type-name", vgpu->type_name);
    if (vgpu->guest_address)
        json_object_set_string_member (tree, "guest-address", vgpu->guest_address);
    json_object_set_string_member (tree, "pgpu", vgpu->pgpu);
    json_object_set_string_member (tree, "guest-driver", vgpu->guest_driver);
    json_object_set_string_member (tree, "guest-vgpu-version",
                                   vgate_version_format (vgpu->guest_version, version));
}

static void
add_guest (JsonObject *tree, const VgateStatus *status, const VgateStatusGuest *guest)
{
    JsonArray *vgpus;

    if (guest->name)
        json_object_set_string_member (tree, "name", guest->name);
    json_object_set_string_member (tree, "uuid", guest->uuid);
    json_object_set_boolean_member (tree, "captured", guest->has_capture);
    if (guest->has_capture) {
        JsonObject *capture = vgate_tree_add_child (tree, "capture");

        add_time (capture, "time", guest->captured);
        add_age (capture, status, guest->captured);
        json_object_set_string_member (capture, "trigger", vgate_trigger_name ((VgateTrigger)guest->trigger));
        vgate_tree_set_number (capture, "sequence", guest->sequence);
    }
    if (guest->failure_code) {
        JsonObject *failure = vgate_tree_add_child (tree, "failure");

        add_time (failure, "time", guest->failed);
        json_object_set_string_member (failure, "code", guest->failure_code);
        json_object_set_string_member (failure, "text", guest->failure_text);
        json_object_set_boolean_member (failure, "over", guest->is_failure_over);
    }
    if (guest->hang_code) {
        JsonObject *hang = vgate_tree_add_child (tree, "hang");

        add_time (hang, "time", guest->hung);
        json_object_set_string_member (hang, "code", guest->hang_code);
        json_object_set_boolean_member (hang, "over", guest->is_hang_over);
    }
    vgpus = vgate_tree_add_list (tree, "vgpu");
    for (guint i = 0; i < guest->vgpus->len; i++)
        add_vgpu (vgate_tree_add_item (vgpus), g_ptr_array_index (guest->vgpus, i));
}

static void
add_nvml (JsonObject *tree, const VgateStatus *status)
{
    JsonObject *nvml;

    if (!status->was_asked)
        return;
    nvml = vgate_tree_add_child (tree, "nvml");
    add_time (nvml, "asked", status->asked);
    add_age (nvml, status, status->asked);
    vgate_tree_set_number (nvml, "duration", status->duration);
    vgate_tree_set_number (nvml, "total", status->total);
    vgate_tree_set_number (nvml, "unusable-gpus", status->unusable_gpus);
    if (status->nvml_code)
        json_object_set_string_member (nvml, "failure", status->nvml_code);
}

JsonObject *
vgate_status_report (const VgateStatus *status)
{
    JsonObject *report = json_object_new (), *tree = vgate_tree_add_child (report, "status"), *libvirt;
    JsonArray *list;

    json_object_set_string_member (tree, "version", status->version);
    add_time (tree, "started", status->started);
    add_time (tree, "time", status->time);
    vgate_tree_set_number (tree, "domains", status->domains);
    json_object_set_boolean_member (tree, "configuration-refused", status->is_config_refused);
    libvirt = vgate_tree_add_child (tree, "libvirt");
    json_object_set_string_member (libvirt, "uri", status->uri);
    json_object_set_boolean_member (libvirt, "connected", status->is_connected);
    vgate_tree_set_number (libvirt, "slow-calls", status->slow_calls);
    add_nvml (tree, status);
    list = vgate_tree_add_list (tree, "counter");
    for (guint i = 0; i < status->counters->len; i++) {
        const VgateCounter *counter = g_ptr_array_index (status->counters, i);
        JsonObject *item = vgate_tree_add_item (list);

        json_object_set_string_member (item, "name", vgate_counter_names[counter->kind]);
        if (counter->label)
            json_object_set_string_member (item, "label", counter->label);
        vgate_tree_set_number (item, "value", counter->value);
    }
    list = vgate_tree_add_list (tree, "guest");
    for (guint i = 0; i < status->guests->len; i++)
        add_guest (vgate_tree_add_item (list), status, g_ptr_array_index (status->guests, i));
    return report;
}
