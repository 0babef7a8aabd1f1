/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vgpu-gated as a service: the agent, and what an operator has of it. One a host, by a lock; asked over a
 * socket; told by signals to end (SIGTERM, SIGINT) or to read its configuration again (SIGHUP); known to
 * systemd.
 */
#pragma once

#include "policy/policy.h"

/*
 * Runs until told to end. Takes the policy; config: the file that it was read from. FALSE when it could not
 * begin: VGATE_CODE_AGENT_RUNS, _RUN_DIRECTORY or _HOST_UNKNOWN. TRUE: what had to be put back was, and the
 * process must end at once (_exit): a call of libvirt or NVML may hang for ever.
 */
gboolean vgate_service_run (VgatePolicy *policy, const char *config, const char *uri, GError **error);
