/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Message codes: VGATE-NNN. One table (codes.def) makes the enum, the texts of `vgpu-gate explain` and
 * docs/codes.md. Errors of the gate are GErrors of the domain VGATE_ERROR whose code is the message code.
 * What the library's users see of it is in vgpu-gate.h, where a code is a plain number.
 */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

typedef enum {
    VGATE_CODE_NONE = 0,
#define VGATE_CODE(number, symbol, summary, cause, cure) VGATE_CODE_##symbol = number,
#include "message/codes.def"
#undef VGATE_CODE
} VgateCode;

/* "VGATE-303", "vgate-303" or "303". VGATE_CODE_NONE when the text names no code of the table. */
VgateCode vgate_code_parse (const char *text);

/*
 * TRUE for codes which say that a question could not be answered (an input cannot be read, a driver, libvirt
 * or a configuration fails), rather than that the answer is no. The operator's command tells the two apart by
 * its exit status; the hook refuses in both cases.
 */
gboolean vgate_code_is_unanswered (VgateCode code);

/* TRUE when error belongs to VGATE_ERROR and has this code. */
gboolean vgate_error_is (const GError *error, VgateCode code);

/*
 * The one line that reaches the operator: "vgpu-gate: VGATE-303: DOMAIN: TEXT", without a line feed. Control
 * characters and whatever is not UTF-8 are replaced, so that it stays one line whatever the XML said. DOMAIN
 * and its colon are left out when NULL. The caller frees it.
 */
char *vgate_message_line (VgateCode code, const char *domain, const char *text);

/*
 * The text for printing: each control, format or line-ending character and each byte that is not UTF-8
 * becomes '?'; cut at max characters.
 */
char *vgate_printable (const char *text, gsize max);
