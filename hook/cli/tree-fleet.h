/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the JSON of all commands about fleets has in common. */
#pragma once

#include "fleet/fleet.h"
#include "tree.h"

/* Sets name, uuid and origin. */
void vgate_tree_set_guest (JsonObject *tree, const VgateFleetGuest *guest);
/* Adds a child with name and uuid; the tree owns it. */
JsonObject *vgate_tree_add_host (JsonObject *tree, const char *name, const VgateHost *host);
/* Sets of, origin, name, code and text of what could not be read. */
void vgate_tree_set_fault (JsonObject *tree, const VgateFleetFault *fault);
/* Adds the list "fault". fleet: NULL for an empty list. */
void vgate_tree_add_faults (JsonObject *tree, const VgateFleet *fleet);
