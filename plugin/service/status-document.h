/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The status document: what vgpu-gated answers to "status" (status/address.h), and what 'vgpu-gate agent
 * status' prints, as it is or as text that is made of it. One JSON document, {"status": {...}}, which has no
 * other form, so that nothing that is added to it can get lost on the way.
 */
#pragma once

#include "status/status.h"

/* Ended by a line feed. The caller frees it. */
char *vgate_status_document (const VgateStatus *status);
