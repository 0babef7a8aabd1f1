/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree-status.h"

static void
add_time (VgateTree *tree, const char *name, gint64 seconds)
{
    g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);
    g_autofree char *text = g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ");

    vgate_tree_add_text (tree, name, text);
}

/* A clock that was set back makes nothing younger than new. */
static void
add_age (VgateTree *tree, const VgateStatus *status, gint64 since)
{
    vgate_tree_add_number (tree, "age", (guint64)MAX (status->time - since, 0), VGATE_UNIT_SECONDS);
}

static void
add_vgpu (VgateTree *tree, const VgateStatusVgpu *vgpu)
{
    char version[VGATE_VERSION_TEXT_SIZE];

    vgate_tree_add_text (tree, "uuid", vgpu->uuid);
    vgate_tree_add_number (tree, "type", vgpu->type, VGATE_UNIT_NONE);
    vgate_tree_add_text (tree, "type-name", vgpu->type_name);
    if (vgpu->guest_address)
        vgate_tree_add_text (tree, "guest-address", vgpu->guest_address);
    vgate_tree_add_text (tree, "pgpu", vgpu->pgpu);
    vgate_tree_add_text (tree, "guest-driver", vgpu->guest_driver);
    vgate_tree_add_text (tree, "guest-vgpu-version", vgate_version_format (vgpu->guest_version, version));
}

static void
add_guest (VgateTree *tree, const VgateStatus *status, const VgateStatusGuest *guest)
{
    if (guest->name)
        vgate_tree_add_text (tree, "name", guest->name);
    vgate_tree_add_text (tree, "uuid", guest->uuid);
    vgate_tree_add_flag (tree, "captured", guest->has_capture);
    if (guest->has_capture) {
        VgateTree *capture = vgate_tree_add_child (tree, "capture");

        add_time (capture, "time", guest->captured);
        add_age (capture, status, guest->captured);
        vgate_tree_add_text (capture, "trigger", vgate_trigger_name ((VgateTrigger)guest->trigger));
        vgate_tree_add_number (capture, "sequence", guest->sequence, VGATE_UNIT_NONE);
    }
    if (guest->failure_code) {
        VgateTree *failure = vgate_tree_add_child (tree, "failure");

        add_time (failure, "time", guest->failed);
        vgate_tree_add_text (failure, "code", guest->failure_code);
        vgate_tree_add_text (failure, "text", guest->failure_text);
        vgate_tree_add_flag (failure, "over", guest->is_failure_over);
    }
    if (guest->hang_code) {
        VgateTree *hang = vgate_tree_add_child (tree, "hang");

        add_time (hang, "time", guest->hung);
        vgate_tree_add_text (hang, "code", guest->hang_code);
        vgate_tree_add_flag (hang, "over", guest->is_hang_over);
    }
    vgate_tree_add_list (tree, "vgpu");
    for (guint i = 0; i < guest->vgpus->len; i++)
        add_vgpu (vgate_tree_add_item (tree, "vgpu"), g_ptr_array_index (guest->vgpus, i));
}

static void
add_nvml (VgateTree *tree, const VgateStatus *status)
{
    VgateTree *nvml;

    if (!status->was_asked)
        return;
    nvml = vgate_tree_add_child (tree, "nvml");
    add_time (nvml, "asked", status->asked);
    add_age (nvml, status, status->asked);
    vgate_tree_add_number (nvml, "duration", status->duration, VGATE_UNIT_NS);
    vgate_tree_add_number (nvml, "total", status->total, VGATE_UNIT_NS);
    vgate_tree_add_number (nvml, "unusable-gpus", status->unusable_gpus, VGATE_UNIT_NONE);
    if (status->nvml_code)
        vgate_tree_add_text (nvml, "failure", status->nvml_code);
}

VgateTree *
vgate_status_tree (const VgateStatus *status)
{
    VgateTree *tree = vgate_tree_new ("status"), *libvirt;

    vgate_tree_add_text (tree, "version", status->version);
    add_time (tree, "started", status->started);
    add_time (tree, "time", status->time);
    vgate_tree_add_number (tree, "domains", status->domains, VGATE_UNIT_NONE);
    vgate_tree_add_flag (tree, "configuration-refused", status->is_config_refused);
    libvirt = vgate_tree_add_child (tree, "libvirt");
    vgate_tree_add_text (libvirt, "uri", status->uri);
    vgate_tree_add_flag (libvirt, "connected", status->is_connected);
    vgate_tree_add_number (libvirt, "slow-calls", status->slow_calls, VGATE_UNIT_NONE);
    add_nvml (tree, status);
    vgate_tree_add_list (tree, "counter");
    for (guint i = 0; i < status->counters->len; i++) {
        const VgateCounter *counter = g_ptr_array_index (status->counters, i);
        VgateTree *item = vgate_tree_add_item (tree, "counter");

        vgate_tree_add_text (item, "name", vgate_counter_names[counter->kind]);
        if (counter->label)
            vgate_tree_add_text (item, "label", counter->label);
        vgate_tree_add_number (item, "value", counter->value, VGATE_UNIT_NONE);
    }
    vgate_tree_add_list (tree, "guest");
    for (guint i = 0; i < status->guests->len; i++)
        add_guest (vgate_tree_add_item (tree, "guest"), status, g_ptr_array_index (status->guests, i));
    return tree;
}
