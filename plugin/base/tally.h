/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon counts and times while it runs, for its status. Used in the main loop only. */
#pragma once

#include "status/status.h"

typedef struct VgateTally VgateTally;

VgateTally *vgate_tally_new (void);
void vgate_tally_free (VgateTally *tally);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateTally, vgate_tally_free)

/* Counts one event. label: as in vgate_counter_info (); NULL for a kind without label. */
void vgate_tally_count (VgateTally *tally, VgateCounterKind kind, const char *label);
/* Counts one event of a kind whose label is a code. */
void vgate_tally_count_code (VgateTally *tally, VgateCounterKind kind, int code);

/* Notes a question to NVML; error: NULL if NVML answered. */
void vgate_tally_note_question (VgateTally *tally, gint64 duration_us, const GError *error);

/* Notes that the configuration was read again: TRUE if it was taken, FALSE if it was bad and the old one
 * remains in force. */
void vgate_tally_note_reload (VgateTally *tally, gboolean is_taken);

/* Returns a status with everything that the tally contains: all except libvirt's part and the guests. The
 * caller frees it. */
VgateStatus *vgate_tally_describe (const VgateTally *tally);
