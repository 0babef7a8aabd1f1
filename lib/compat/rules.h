/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules beyond NVIDIA's compatibility call. Each rule is a line of the table in rules.c. */
#pragma once

#include "base/codes.h"
#include "compat/verdict.h"

/* TRUE when the rule is broken. *finding then has the compared values; its code and severity are left to the
 * caller. */
gboolean vgate_rule_is_broken (VgateRule rule, const VgateVgpuSide *vgpu, const VgatePgpuSide *pgpu,
                               const VgateCircumstances *circumstances, VgateFinding *finding);
