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

/* How much attention a line asks of its reader. */
typedef enum {
    VGATE_LOG_BY_CODE,     /* as its code does, which is an error unless it says otherwise */
    VGATE_LOG_INFORMATION, /* it needs nobody: something was allowed */
    VGATE_LOG_WARNING,     /* it was met, and let pass */
} VgateLogWeight;

/* What a line is about. Everything is borrowed; all but the code may be NULL. */
typedef struct {
    VgateCode code;
    VgateLogWeight weight;
    const char *domain;          /* its name */
    const char *uuid;            /* the domain's */
    const char *trigger;         /* vgate_trigger_name () */
    const VgateElement *element; /* its vGPUs are the line's */
} VgateLogSubject;

/* The line's priority, as syslog counts. */
int vgate_log_priority (const VgateLogSubject *subject);

void vgate_log_about (const VgateLogSubject *subject, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The same, where nothing more is known. domain may be NULL. */
void vgate_log (VgateCode code, const char *domain, const char *format, ...) G_GNUC_PRINTF (3, 4);
