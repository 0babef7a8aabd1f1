/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper's side of what is asked about schedulers: a question's body to an answer's, floating. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

GVariant *vgate_serve_schedulers (VgateNvml *nvml, GVariant *body, GError **error);
GVariant *vgate_serve_set_scheduler (VgateNvml *nvml, GVariant *body, GError **error);
