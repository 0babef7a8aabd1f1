/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "host/host.h"
#include "tree.h"

/* Everything that the host document says, as a tree. */
VgateTree *vgate_host_tree (const VgateHost *host);
