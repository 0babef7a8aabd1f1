/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper's part of questions about schedulers. Each function takes the body of a question, and returns
 * the body of an answer (floating), or NULL with an error. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

GVariant *vgate_serve_schedulers (VgateNvml *nvml, GVariant *body, GError **error);
GVariant *vgate_serve_set_scheduler (VgateNvml *nvml, GVariant *body, GError **error);

/* TRUE for the error of a GPU that has no scheduler of this engine: of a GPU in MIG mode, or of a driver
 * that has none for the video encoders. */
gboolean vgate_serve_has_no_scheduler (int engine, const GError *error);
