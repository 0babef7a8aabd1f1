/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decisions in the journal, or in syslog where there is no journal. The domain's XML never goes there. */
#pragma once

#include "gate/decision.h"

/* operation: the event's name, as in vgate_operation_name (). */
void vgate_journal_decision (const VgateDecision *decision, const char *domain, const char *uuid,
                             const char *operation);
