/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What vgpu-gated says: one line each on stderr, which systemd puts into the journal. */
#pragma once

#include "message/codes.h"

void vgate_log (VgateCode code, const char *domain, const char *format, ...) G_GNUC_PRINTF (3, 4);
