/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/date-time.h"
#include "base/output.h"
#include "drain-output.h"
#include "tree-fleet.h"

#define FORMAT "vgpu-gate/drain/1"

static void
set_guest (JsonObject *item, const VgateMoving *moving, const VgateMover *mover)
{
    vgate_tree_set_guest (vgate_tree_add_child (item, "guest"), vgate_moving_guest (moving, mover));
}

static void
add_vgpus (JsonObject *item, const VgateMoving *moving, const VgateDrainMove *move)
{
    const VgateHost *host = vgate_moving_host (moving, move->to);
    JsonArray *list = vgate_tree_add_list (item, "vgpu");

    for (guint v = 0, d = 0; v < move->mover->n_vgpus; v++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, move->seats[v].pgpu);
        JsonObject *vgpu = vgate_tree_add_item (list);
        const VgateDrainDevice *device;
        JsonObject *child;

        json_object_set_string_member (vgpu, "type", move->mover->vgpus[v].vgpu->type_name);
        json_object_set_string_member (vgpu, "gpu", pgpu->address);
        if (!move->mover->vgpus[v].hostdev)
            continue;
        device = g_ptr_array_index (move->devices, d++);
        child = vgate_tree_add_child (vgpu, "device");
        json_object_set_string_member (child, "kind",
                                       device->hostdev->kind == VGATE_HOSTDEV_MDEV ? "mdev" : "vf");
        json_object_set_string_member (child, "name", device->device);
        json_object_set_string_member (child, "instead-of", device->named);
        json_object_set_boolean_member (child, "to-be-created", device->is_made);
    }
}

void
vgate_drain_add_moves (JsonObject *report, const VgateMoving *moving, const GPtrArray *moves,
                       const VgateVirshHosts *hosts)
{
    JsonArray *list = vgate_tree_add_list (report, "move");

    for (guint i = 0; i < moves->len; i++) {
        const VgateDrainMove *move = g_ptr_array_index (moves, i);
        g_autoptr (GPtrArray) lines = vgate_drain_commands (moving, move, hosts);
        JsonObject *item = vgate_tree_add_item (list);
        JsonArray *commands;

        json_object_set_boolean_member (item, "makes-room", move->is_other);
        if (move->down_time > 0)
            vgate_tree_set_number (item, "down-time-ms", move->down_time);
        set_guest (item, moving, move->mover);
        vgate_tree_add_host (item, "from", vgate_moving_host (moving, move->from));
        vgate_tree_add_host (item, "to", vgate_moving_host (moving, move->to));
        add_vgpus (item, moving, move);
        commands = vgate_tree_add_list (item, "command");
        for (guint c = 0; c < lines->len; c++)
            json_array_add_string_element (commands, g_ptr_array_index (lines, c));
    }
}

static void
add_stays (JsonObject *report, const VgateDrainPlan *plan)
{
    JsonArray *list = vgate_tree_add_list (report, "stay");

    for (guint i = 0; i < plan->stays->len; i++) {
        const VgateDrainStay *stay = g_ptr_array_index (plan->stays, i);
        JsonObject *item = vgate_tree_add_item (list);
        JsonArray *reasons;

        set_guest (item, plan->moving, stay->mover);
        reasons = vgate_tree_add_list (item, "reason");
        for (guint r = 0; r < stay->reasons->len; r++) {
            const VgateDrainReason *reason = g_ptr_array_index (stay->reasons, r);
            JsonObject *entry = vgate_tree_add_item (reasons);

            vgate_tree_set_code (entry, (int)reason->code);
            vgate_tree_set_number (entry, "hosts", reason->n_hosts);
            json_object_set_string_member (
                entry, "text", reason->text ? reason->text : vgate_code_info ((int)reason->code)->cure);
            vgate_tree_add_host (entry, "host", vgate_moving_host (plan->moving, reason->host));
        }
    }
}

void
vgate_drain_print_json (const VgateDrainPlan *plan, const VgateVirshHosts *hosts)
{
    g_autofree char *now = vgate_time_format (plan->moving->question->now), *text = NULL;
    g_autoptr (JsonObject) report = json_object_new ();
    JsonArray *unknown, *nameless;

    json_object_set_string_member (report, "format", FORMAT);
    json_object_set_string_member (report, "time", now);
    vgate_tree_set_number (report, "guests", plan->n_leaving + plan->stays->len + plan->unknown->len);
    vgate_tree_set_number (report, "leaving", plan->n_leaving);
    vgate_tree_set_number (report, "at-most", plan->n_most);
    json_object_set_boolean_member (report, "is-optimal", plan->is_optimal);
    vgate_tree_add_host (report, "host", vgate_moving_host (plan->moving, plan->host));
    json_object_set_boolean_member (report, "has-devices",
                                    vgate_moving_host (plan->moving, plan->host)->devices != NULL);
    vgate_drain_add_moves (report, plan->moving, plan->moves, hosts);
    add_stays (report, plan);
    unknown = vgate_tree_add_list (report, "unknown-guest");
    for (guint i = 0; i < plan->unknown->len; i++)
        json_array_add_string_element (unknown, g_ptr_array_index (plan->unknown, i));
    nameless = vgate_tree_add_list (report, "unknown-vgpu");
    for (guint i = 0; i < plan->nameless->len; i++)
        json_array_add_string_element (nameless,
                                       ((const VgateHostVgpu *)g_ptr_array_index (plan->nameless, i))->uuid);
    vgate_tree_add_faults (report, plan->moving->fleet);
    text = vgate_report_render (report, VGATE_OUTPUT_JSON);
    vgate_output_print (text);
}
