/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logs which GPUs of this host cannot be used: when that changes, not at every question to NVML. */
#pragma once

#include "host/host.h"

/* Logs each GPU that cannot be used now and could be used before, or could not for another reason; and each
 * that can be used again. before: NULL at the first answer. */
void vgate_gpu_log_changes (const VgateHost *before, const VgateHost *now);
