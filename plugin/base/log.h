/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's messages, one line each. A line goes into the journal with its fields, and to stderr unless
 * stderr leads into the journal as well. On a host without a journal the line goes to stderr only.
 *
 *   VGPU_GATE_CODE, VGPU_GATE_DOMAIN, VGPU_GATE_DOMAIN_UUID, VGPU_GATE_TRIGGER, and VGPU_GATE_VGPU once for
 *   each vGPU; fields whose value is not known are left out
 */
#pragma once

#include "domain/element.h"

/* How urgent a line is. */
typedef enum {
    VGATE_LOG_BY_CODE,     /* as the code defines it: an error unless the code is a warning or information */
    VGATE_LOG_INFORMATION, /* no action is needed: something was allowed */
    VGATE_LOG_WARNING,     /* something unusual was met and allowed */
} VgateLogWeight;

/* The subject of a line. Everything is borrowed; all members except the code may be NULL. */
typedef struct {
    VgateCode code;
    VgateLogWeight weight;
    const char *domain;          /* its name */
    const char *uuid;            /* the domain's */
    const char *trigger;         /* vgate_trigger_name () */
    const VgateElement *element; /* its vGPUs become fields of the line */
} VgateLogSubject;

/* Returns the line's priority as in syslog. */
int vgate_log_priority (const VgateLogSubject *subject);

void vgate_log_about (const VgateLogSubject *subject, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The same without further facts. domain may be NULL. */
void vgate_log (VgateCode code, const char *domain, const char *format, ...) G_GNUC_PRINTF (3, 4);
