/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was found and done, said in the log. */
#pragma once

#include "leftover.h"
#include "look.h"

/* Writes, removals and failures; nothing for the rest. */
void vgate_report_look (const VgateLook *look);

/* Removals and failures; nothing for the rest. */
void vgate_report_leftover (const VgateLeftover *leftover);
