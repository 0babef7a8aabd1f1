/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The messages between the program vgpu-gate-nvml and the programs that ask it: GVariants of the same build.
 * A question contains its kind, how to reach the driver, and a body that depends on the kind. An answer
 * contains an error, or a body that depends on the kind.
 */
#pragma once

#include <glib.h>

/* The kinds of questions, and the files for them. */
typedef enum {
    VGATE_REQUEST_PROBE,    /* driver/probe.h */
    VGATE_REQUEST_VERSIONS, /* this and the following: driver/control.h */
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

/* Writes a question. Takes ownership of a floating body. */
GBytes *vgate_asked_write (VgateRequestKind kind, const char *library, guint deadline_ms, GVariant *body);
/* Reads a question. FALSE when the bytes are not a question. The caller clears *asked, also on failure. */
gboolean vgate_asked_read (GBytes *bytes, VgateAsked *asked);

/* _pack returns the bytes of a floating GVariant; _unpack returns the GVariant of this type, or NULL when the
 * bytes are not one. */
GBytes *vgate_wire_pack (GVariant *floating);
GVariant *vgate_wire_unpack (const char *type, GBytes *bytes);

/* A missing text travels as "". _write_text returns "" for NULL. _read_text frees an empty text, and returns
 * NULL for it. */
const char *vgate_wire_write_text (const char *text);
char *vgate_wire_read_text (char *text);

/* Writes an answer: a body (floating, ownership is taken), or an error of VGATE_ERROR or VGATE_NVML_ERROR. */
GBytes *vgate_answer_write (GVariant *body, const GError *error);
/* Reads an answer. Returns its body, which has this type. NULL with the answer's error, or with
 * VGATE_CODE_NVML_CRASHED when the bytes are not such an answer. */
GVariant *vgate_answer_read (GBytes *bytes, const char *type, GError **error);
/* Sets the error VGATE_CODE_NVML_CRASHED for an answer whose body is wrong. Returns NULL. */
gpointer vgate_answer_refuse (const char *why, GError **error);
