/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "host/host.h"
#include "tree.h"

/* Everything that the host document says. The caller unrefs it. */
JsonObject *vgate_host_report (const VgateHost *host);
