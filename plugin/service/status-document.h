/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The status document: vgpu-gated's answer to "status" (status/address.h). 'vgpu-gate agent status' prints it
 * unchanged or as text that is made from it. It is one JSON document, {"status": {...}}, and has no other
 * form, so that every member that is added to it reaches all outputs.
 */
#pragma once

#include "status/status.h"

/* The document ends with a line feed. The caller frees it. */
char *vgate_status_document (const VgateStatus *status);

/* The line that 'systemctl status' shows, without a line feed. The caller frees it. */
char *vgate_status_line (const VgateStatus *status);
