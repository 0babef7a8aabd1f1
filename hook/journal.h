/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes decisions to the journal, or to syslog on a host without journal, but never the domain's XML. */
#pragma once

#include "gate/decision.h"

/* line: the decision's message line. operation: the event's name, as in vgate_operation_name (). */
void vgate_journal_decision (const VgateDecision *decision, const char *line, const char *domain,
                             const char *uuid, const char *operation);
