/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "status/status.h"
#include "tree.h"

/* Everything that the status document says, as a tree, with ages beside times. */
VgateTree *vgate_status_tree (const VgateStatus *status);
