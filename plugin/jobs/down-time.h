/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A migration has begun: will its guest be paused for too long? Said at the source, where somebody is who
 * can give it more time while it runs. */
#pragma once

#include "plugin/jobs/job.h"

/*
 * One clause, with the numbers, when the estimate of what NVML says now exceeds the limit of the
 * configuration or else the guest's own, as its element has it. NULL when it does not, when it is not known,
 * or when the rule is to be ignored. Where the guest goes is not known here, so the estimate is the less.
 * Calls nothing that blocks. The caller frees it.
 */
char *vgate_job_down_time (const VgateJobFacts *facts, const VgateSnapshot *snapshot,
                           const VgatePolicy *policy);
