/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree-fleet.h"

void
vgate_tree_set_guest (JsonObject *tree, const VgateFleetGuest *guest)
{
    json_object_set_string_member (tree, "name", guest->name);
    json_object_set_string_member (tree, "uuid", guest->domain->uuid);
    vgate_tree_set_path (tree, "origin", guest->origin);
}

JsonObject *
vgate_tree_add_host (JsonObject *tree, const char *name, const VgateHost *host)
{
    JsonObject *child = vgate_tree_add_child (tree, name);

    json_object_set_string_member (child, "name", host->name);
    json_object_set_string_member (child, "uuid", host->uuid);
    return child;
}

void
vgate_tree_set_fault (JsonObject *tree, const VgateFleetFault *fault)
{
    json_object_set_string_member (tree, "of", fault->is_host ? "host" : "guest");
    vgate_tree_set_path (tree, "origin", fault->origin);
    if (fault->name)
        json_object_set_string_member (tree, "name", fault->name);
    vgate_tree_set_code (tree, fault->error->code);
    vgate_tree_set_path (tree, "text", fault->error->message);
}

void
vgate_tree_add_faults (JsonObject *tree, const VgateFleet *fleet)
{
    JsonArray *list = vgate_tree_add_list (tree, "fault");

    for (guint i = 0; fleet && i < fleet->faults->len; i++)
        vgate_tree_set_fault (vgate_tree_add_item (list), g_ptr_array_index (fleet->faults, i));
}
