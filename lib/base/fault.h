/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All that is wrong in a file, for a report: a reader that only has to refuse it stops at the first fault. */
#pragma once

#include "base/codes.h"

typedef struct {
    guint line; /* from 1; 0: the fault concerns the whole file */
    VgateCode code;
    gboolean is_warning; /* the file is used all the same */
    char *text;          /* without the line */
} VgateFault;

/* The faults of one file that are kept. One more then says that there are others. */
#define VGATE_FAULTS_MAX 100u

/* An array of VgateFault *. */
GPtrArray *vgate_faults_new (void);
void vgate_faults_add (GPtrArray *faults, VgateCode code, guint line, const char *text);
void vgate_faults_add_warning (GPtrArray *faults, VgateCode code, guint line, const char *text);
/* Takes the error of a reader. A message that begins with "line 12: ", as lib/xml writes it, gives the line;
 * otherwise the line is that of the argument. */
void vgate_faults_take (GPtrArray *faults, GError *error, guint line);
/* TRUE when no more of them are kept. */
gboolean vgate_faults_are_full (const GPtrArray *faults);

/* TRUE when not all of them are warnings. */
gboolean vgate_faults_refuse (const GPtrArray *faults);
/* Sorts them by their lines. Those of the same line keep their order. */
void vgate_faults_sort (GPtrArray *faults);

/* The number of the line that contains the byte with this index. */
guint vgate_line_of_byte (const char *text, gsize byte);
