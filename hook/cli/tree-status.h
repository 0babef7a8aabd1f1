/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "status/status.h"
#include "tree.h"

/* Everything that the status document says, with ages beside times. The caller unrefs it. */
JsonObject *vgate_status_report (const VgateStatus *status);
