/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/date-time.h"
#include "base/output.h"
#include "tree-fleet.h"
#include "upgrade-output.h"

#define FORMAT "vgpu-gate/plan-upgrade/1"

static void
add_host_names (JsonObject *item, const char *name, const VgateUpgradePlan *plan, const GArray *hosts)
{
    JsonArray *list = vgate_tree_add_list (item, name);

    for (guint i = 0; i < hosts->len; i++)
        json_array_add_string_element (
            list, vgate_moving_host (plan->before, g_array_index (hosts, guint, i))->name);
}

static void
add_groups (JsonObject *report, const VgateUpgradePlan *plan)
{
    JsonArray *list = vgate_tree_add_list (report, "group");

    for (guint i = 0; i < plan->groups->len; i++) {
        const VgateUpgradeGroup *group = g_ptr_array_index (plan->groups, i);
        JsonObject *item = vgate_tree_add_item (list);
        char range[VGATE_VERSION_RANGE_TEXT_SIZE];

        json_object_set_string_member (item, "gpus", group->gpus);
        json_object_set_boolean_member (item, "is-updated", group->is_updated);
        if (group->has_range)
            json_object_set_string_member (item, "accept", vgate_version_range_format (group->range, range));
        add_host_names (item, "host", plan, group->hosts);
    }
}

static void
add_outside (JsonObject *report, const VgateUpgradePlan *plan)
{
    JsonArray *list = vgate_tree_add_list (report, "restart");

    for (guint i = 0; i < plan->outside->len; i++) {
        const VgateUpgradeOutside *outside = g_ptr_array_index (plan->outside, i);
        JsonObject *item = vgate_tree_add_item (list);
        char version[VGATE_VERSION_TEXT_SIZE];

        json_object_set_string_member (item, "vgpu-version",
                                       vgate_version_format (outside->version, version));
        json_object_set_boolean_member (item, "is-supported", outside->is_supported);
        json_object_set_boolean_member (item, "restart-suffices", outside->has_range);
        vgate_tree_set_guest (vgate_tree_add_child (item, "guest"),
                              vgate_moving_guest (plan->before, outside->mover));
        vgate_tree_add_host (item, "host", vgate_moving_host (plan->before, (guint)outside->mover->home));
    }
}

static void
add_drivers (JsonObject *report, const VgateUpgradePlan *plan)
{
    JsonArray *list = vgate_tree_add_list (report, "guest-driver");

    for (guint i = 0; i < plan->drivers->len; i++) {
        const VgateUpgradeDriver *driver = &g_array_index (plan->drivers, VgateUpgradeDriver, i);
        JsonObject *item = vgate_tree_add_item (list);

        json_object_set_string_member (item, "driver", driver->driver);
        if (driver->release > 0)
            vgate_tree_set_number (item, "release", driver->release);
        json_object_set_boolean_member (item, "is-known", driver->is_known);
        vgate_tree_set_guest (vgate_tree_add_child (item, "guest"),
                              vgate_moving_guest (plan->before, driver->mover));
        vgate_tree_add_host (item, "host", vgate_moving_host (plan->before, (guint)driver->mover->home));
    }
}

static const VgateFleetGuest *
guest_at (const VgateUpgradePlan *plan, guint guest)
{
    return g_ptr_array_index (plan->before->fleet->guests, guest);
}

static void
add_blocked (JsonObject *item, const VgateUpgradePlan *plan, const GArray *guests)
{
    JsonArray *list = vgate_tree_add_list (item, "shut-down");

    for (guint i = 0; i < guests->len; i++) {
        const VgateUpgradeBlocked *blocked = &g_array_index (guests, VgateUpgradeBlocked, i);
        JsonObject *entry = vgate_tree_add_item (list);

        json_object_set_boolean_member (entry, "lacks-room", blocked->lacks_room);
        vgate_tree_set_guest (vgate_tree_add_child (entry, "guest"), guest_at (plan, blocked->guest));
    }
}

static void
add_unjudged (JsonObject *item, const VgateUpgradePlan *plan, const GArray *guests)
{
    JsonArray *list = vgate_tree_add_list (item, "not-judged");

    for (guint i = 0; i < guests->len; i++)
        vgate_tree_set_guest (vgate_tree_add_item (list), guest_at (plan, g_array_index (guests, guint, i)));
}

static void
add_steps (JsonObject *report, const VgateUpgradePlan *plan, const VgateVirshHosts *hosts)
{
    JsonArray *list = vgate_tree_add_list (report, "step");

    for (guint s = 0; s < plan->steps->len; s++) {
        const VgateUpgradeStep *step = g_ptr_array_index (plan->steps, s);
        JsonObject *item = vgate_tree_add_item (list);

        vgate_tree_add_host (item, "host", vgate_moving_host (plan->before, step->host));
        json_object_set_boolean_member (item, "guests-run-on", step->is_warm);
        vgate_drain_add_moves (item, plan->before, step->moves, hosts);
        add_blocked (item, plan, step->blocked);
        add_unjudged (item, plan, step->unjudged);
    }
}

static void
add_unknown (JsonObject *report, const VgateUpgradePlan *plan)
{
    JsonArray *list = vgate_tree_add_list (report, "unknown");

    for (guint i = 0; i < plan->unknown->len; i++) {
        const VgateUpgradeUnknown *unknown = g_ptr_array_index (plan->unknown, i);
        JsonObject *item = vgate_tree_add_item (list);
        JsonArray *domains, *vgpus;

        vgate_tree_add_host (item, "host", vgate_moving_host (plan->before, unknown->host));
        json_object_set_boolean_member (item, "has-devices", unknown->has_devices);
        domains = vgate_tree_add_list (item, "guest");
        for (guint d = 0; d < unknown->domains->len; d++)
            json_array_add_string_element (domains, g_ptr_array_index (unknown->domains, d));
        vgpus = vgate_tree_add_list (item, "vgpu");
        for (guint v = 0; v < unknown->vgpus->len; v++)
            json_array_add_string_element (
                vgpus, ((const VgateHostVgpu *)g_ptr_array_index (unknown->vgpus, v))->uuid);
    }
}

void
vgate_upgrade_print_json (const VgateUpgradePlan *plan, const char *driver, const VgateVirshHosts *hosts)
{
    g_autofree char *now = vgate_time_format (plan->before->question->now), *text = NULL;
    g_autoptr (JsonObject) report = json_object_new ();
    char range[VGATE_VERSION_RANGE_TEXT_SIZE];

    json_object_set_string_member (report, "format", FORMAT);
    json_object_set_string_member (report, "time", now);
    json_object_set_string_member (report, "driver", driver);
    json_object_set_string_member (report, "supported-versions",
                                   vgate_version_range_format (plan->branch->range, range));
    vgate_tree_set_number (report, "moves", plan->n_moves);
    vgate_tree_set_number (report, "shut-down", plan->n_blocked);
    vgate_tree_set_number (report, "not-judged", plan->n_unjudged);
    vgate_tree_set_number (report, "at-least", plan->n_least);
    add_groups (report, plan);
    add_outside (report, plan);
    add_drivers (report, plan);
    add_steps (report, plan, hosts);
    add_unknown (report, plan);
    add_host_names (report, "done", plan, plan->done);
    vgate_tree_add_faults (report, plan->before->fleet);
    text = vgate_report_render (report, VGATE_OUTPUT_JSON);
    vgate_output_print (text);
}
