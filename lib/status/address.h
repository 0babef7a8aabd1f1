/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where vgpu-gated is found. */
#pragma once

/* Root's; systemd makes it for the unit. The daemon's lock is in it, too. */
#define VGATE_RUN_DIRECTORY "/run/vgpu-gate"

/* plugin/service/local-socket.h describes how to talk there, and these are the requests. */
#define VGATE_AGENT_SOCKET    VGATE_RUN_DIRECTORY "/agent.sock"
#define VGATE_REQUEST_STATUS  "status"  /* answered by the status document */
#define VGATE_REQUEST_METRICS "metrics" /* answered by Prometheus text */
