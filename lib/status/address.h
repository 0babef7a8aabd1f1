/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where vgpu-gated is found. */
#pragma once

#include "base/runtime-directory.h"

/* plugin/service/local-socket.h describes how to talk there, and these are the requests. */
#define VGATE_AGENT_SOCKET    VGATE_RUN_DIRECTORY "/agent.sock"
#define VGATE_REQUEST_STATUS  "status"  /* answered by the status document, which is JSON */
#define VGATE_REQUEST_METRICS "metrics" /* answered by Prometheus text */
