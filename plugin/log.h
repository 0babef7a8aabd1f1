/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What vgpu-gated says: one line each, into the journal with its fields, and on stderr unless that leads into
 * the journal, too. Where there is no journal, the line on stderr is all.
 *
 *   VGPU_GATE_CODE, VGPU_GATE_DOMAIN, VGPU_GATE_DOMAIN_UUID, VGPU_GATE_TRIGGER, and VGPU_GATE_VGPU once for
 *   each vGPU; what is not known is left out
 */
#pragma once

#include "domain/element.h"

/* What a line is about. Everything is borrowed; all but the code may be NULL. */
typedef struct {
    VgateCode code;
    const char *domain;          /* its name */
    const char *uuid;            /* the domain's */
    const char *trigger;         /* vgate_trigger_name () */
    const VgateElement *element; /* its vGPUs are the line's */
} VgateLogSubject;

void vgate_log_about (const VgateLogSubject *subject, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The same, where nothing more is known. domain may be NULL. */
void vgate_log (VgateCode code, const char *domain, const char *format, ...) G_GNUC_PRINTF (3, 4);
