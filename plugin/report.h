/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a look found, said in the log. */
#pragma once

#include "look.h"

/* Writes, removals and failures; nothing for the rest. */
void vgate_report_look (const VgateLook *look);
