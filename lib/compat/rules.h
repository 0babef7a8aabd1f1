/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The further rules: what NVIDIA's compatibility call leaves out. One table; a rule is a line of it. */
#pragma once

#include "compat/verdict.h"
#include "message/codes.h"

/* TRUE when the rule is broken; *finding then has the values compared (its code and severity stay the
 * caller's). */
gboolean vgate_rule_is_broken (VgateRule rule, const VgateVgpuSide *vgpu, const VgatePgpuSide *pgpu,
                               const VgateCircumstances *circumstances, VgateFinding *finding);
