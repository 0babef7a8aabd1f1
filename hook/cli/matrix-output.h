/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms in which 'vgpu-gate matrix' is printed on standard output. */
#pragma once

#include "fleet/totals.h"

/* Text of 80 columns. Up to 48 hosts are columns, in blocks of 12; more hosts are only counted. */
void vgate_matrix_print_text (const VgateMatrixTotals *totals);

/* RFC 4180: a line for each pair, and a line of names before them. A field that a spreadsheet would take for
 * a formula gets an apostrophe before it. */
void vgate_matrix_print_csv (const VgateMatrixTotals *totals);

/* schemas/vgpu-gate-matrix.schema.json, in one object, which contains no '<'. */
void vgate_matrix_print_json (const VgateMatrixTotals *totals);

/* A page that needs no other file: page/, with the JSON as its data. */
void vgate_matrix_print_html (const VgateMatrixTotals *totals);

/* The matrix in a sentence. The caller frees it. */
char *vgate_matrix_describe (const VgateMatrixTotals *totals);

/* Prints the text and empties it, if it is long or is_end. */
void vgate_matrix_flush (GString *text, gboolean is_end);
