/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The address of vgpu-gated. */
#pragma once

#include "base/run-directory.h"

/* The socket and its requests. plugin/service/local-socket.h describes the protocol. */
#define VGATE_AGENT_SOCKET    VGATE_RUN_DIRECTORY "/agent.sock"
#define VGATE_REQUEST_STATUS  "status"  /* answered by the status document, which is JSON */
#define VGATE_REQUEST_METRICS "metrics" /* answered by Prometheus text */
