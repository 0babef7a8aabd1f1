/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vgpu-gated as a service: the agent, and its interfaces for an operator. A lock ensures that one service
 * runs on a host. It answers requests over a socket, ends on SIGTERM and SIGINT, reads its configuration
 * again on SIGHUP, and notifies systemd.
 */
#pragma once

#include "policy/policy.h"

/*
 * Runs until a signal ends it. Takes the policy; config: what --config names, or NULL. FALSE if it could
 * not begin: VGATE_CODE_AGENT_RUNS, _RUN_DIRECTORY or _HOST_UNKNOWN. After TRUE everything was put back that
 * had to be, and the process must end at once (_exit), because a call of libvirt or NVML may hang for ever.
 */
gboolean vgate_service_run (VgatePolicy *policy, const char *config, const char *uri, GError **error);
