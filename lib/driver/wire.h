/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What goes between the program vgpu-gate-nvml and those who ask it: GVariants of one build. A question says
 * what is asked for, how to reach the driver, and has a body that depends on it.
 */
#pragma once

#include <glib.h>

/* What is asked for, and who answers it. */
typedef enum {
    VGATE_REQUEST_PROBE,    /* driver/probe.h */
    VGATE_REQUEST_VERSIONS, /* these: driver/control.h */
    VGATE_REQUEST_SET_VERSION,
    VGATE_REQUEST_SCHEDULERS,
    VGATE_REQUEST_SET_SCHEDULER,
    VGATE_REQUEST_FOLLOW, /* driver/follow.h */
    VGATE_N_REQUESTS,
} VgateRequestKind;

typedef struct {
    VgateRequestKind kind;
    char *library;
    guint deadline_ms;
    GVariant *body;
} VgateAsked;

void vgate_asked_clear (VgateAsked *asked);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateAsked, vgate_asked_clear)

/* Takes a floating body. */
GBytes *vgate_asked_write (VgateRequestKind kind, const char *library, guint deadline_ms, GVariant *body);
/* FALSE when the bytes are no question; *asked is then to be cleared all the same. */
gboolean vgate_asked_read (GBytes *bytes, VgateAsked *asked);

/* A floating GVariant as bytes; and bytes as one of this type, or NULL when they are none. */
GBytes *vgate_wire_pack (GVariant *floating);
GVariant *vgate_wire_unpack (const char *type, GBytes *bytes);
