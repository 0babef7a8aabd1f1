/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes between vgate_probe_ask () and vgate_probe_serve (): one GVariant each way, of one build. */
#pragma once

#include "driver/probe.h"

typedef struct {
    char *library;
    guint deadline_ms;
    VgateIdentity identity;
    GPtrArray *vgpus; /* of GBytes * */
    gboolean with_instances;
    VgateProbeDevices devices;
    char *root;
} VgateQuestion;

void vgate_question_clear (VgateQuestion *question);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateQuestion, vgate_question_clear)

GBytes *vgate_wire_write_question (const VgateQuestion *question);
gboolean vgate_wire_read_question (GBytes *bytes, VgateQuestion *question);

/* An answer is a probe, or an error of VGATE_NVML_ERROR. */
GBytes *vgate_wire_write_answer (const VgateProbe *probe, const GError *error);
/* NULL with an error: the driver's (VGATE_NVML_ERROR), or VGATE_CODE_NVML_CRASHED when the bytes are no
 * answer. */
VgateProbe *vgate_wire_read_answer (GBytes *bytes, GError **error);
