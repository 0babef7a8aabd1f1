/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "host/host.h"
#include "tree.h"

/* Returns everything that the host document contains. The caller unrefs it. */
JsonObject *vgate_host_report (const VgateHost *host);
