/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Message codes: VGATE-NNN. The enum, the texts of `vgpu-gate explain` and docs/codes.md are made from one
 * table, codes.def. Errors of the gate are GErrors of the domain VGATE_ERROR whose code is the message code.
 * The part for the library's users is in vgpu-gate.h, where a code is a plain number.
 */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

typedef enum {
    VGATE_CODE_NONE = 0,
#define VGATE_CODE(number, symbol, summary, cause, cure) VGATE_CODE_##symbol = number,
#include "base/codes.def"
#undef VGATE_CODE
} VgateCode;

/* Reads "VGATE-303", "vgate-303" or "303". VGATE_CODE_NONE when the table has no such code. */
VgateCode vgate_code_parse (const char *text);

/*
 * TRUE for codes that mean that a question could not be answered (an input cannot be read; a driver, libvirt
 * or a configuration fails), rather than that the answer is no. vgpu-gate has different exit statuses for the
 * two; the hook refuses in both cases.
 */
gboolean vgate_code_is_unanswered (VgateCode code);

/* The heading of the codes about the same subject, such as "The configuration". Static. */
const char *vgate_code_group (int code);

/* TRUE when error belongs to VGATE_ERROR and has this code. */
gboolean vgate_error_is (const GError *error, VgateCode code);

/* The most characters that a line has. virsh prints a refusal behind some 190 characters of libvirt's. */
#define VGATE_LINE_CHARACTERS_MAX 300

/*
 * The line that the operator sees: "vgpu-gate: VGATE-303: DOMAIN: TEXT", without a line feed. Control
 * characters and bytes that are not UTF-8 are replaced, so that no text can add another line. "DOMAIN: " is
 * omitted when domain is NULL. The caller frees it.
 *
 * The text is sentences: what is wrong, and then what can be done about it, with the most useful first. If it
 * does not fit into VGATE_LINE_CHARACTERS_MAX, names are shortened to 24 characters. Then whole sentences are
 * left out, so that no command is cut, and the line ends with "See 'vgpu-gate explain 303'." if that fits;
 * explain lists all that can be done. Only a text whose values are unusually long loses a part of its first
 * sentence; "..." shows it. A name never has more than 64 characters.
 */
char *vgate_message_line (VgateCode code, const char *domain, const char *text);

/*
 * The line of a refusal: "vgpu-gate: VGATE-303: HOST refuses DOMAIN: TEXT". libvirt puts some 190 characters
 * before it, and an operator at the source does not see which host's hook it was. As vgate_message_line ()
 * otherwise.
 */
char *vgate_refusal_line (VgateCode code, const char *host, const char *domain, const char *text);
/* The same for a refusal that is only reported: "vgpu-gate: VGATE-303: HOST would refuse DOMAIN: TEXT". */
char *vgate_reported_line (VgateCode code, const char *host, const char *domain, const char *text);

/*
 * A copy of the text that is safe to print, cut at max characters: each control, format or line-ending
 * character and each byte that is not UTF-8 becomes '?'. The caller frees it.
 */
char *vgate_printable (const char *text, gsize max);
