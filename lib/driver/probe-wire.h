/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages between vgate_probe_ask () and vgate_probe_serve (): one GVariant in each direction, of the
 * same build. */
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

/* Writes an answer: a probe, or an error of VGATE_ERROR or VGATE_NVML_ERROR. */
GBytes *vgate_wire_write_answer (const VgateProbe *probe, const GError *error);
/* Reads an answer. NULL with the answer's error, or with VGATE_CODE_NVML_CRASHED when the bytes are not an
 * answer. */
VgateProbe *vgate_wire_read_answer (GBytes *bytes, GError **error);
