/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon counts and times while it runs, for its status. It belongs to the main loop. */
#pragma once

#include "status/status.h"

typedef struct VgateTally VgateTally;

VgateTally *vgate_tally_new (void);
void vgate_tally_free (VgateTally *tally);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateTally, vgate_tally_free)

/* One more. label: as vgate_counter_info () says; NULL for a kind without. */
void vgate_tally_count (VgateTally *tally, VgateCounterKind kind, const char *label);
/* One more of a kind whose label is a code. */
void vgate_tally_count_code (VgateTally *tally, VgateCounterKind kind, int code);

/* NVML was asked; error: NULL when it answered. */
void vgate_tally_note_question (VgateTally *tally, gint64 duration_us, const GError *error);

/* The configuration was read again; or it was bad, and the old one stays in force. */
void vgate_tally_note_reload (VgateTally *tally, gboolean is_taken);

/* What the tally knows, filled in: all but libvirt's part and the guests. The caller frees it. */
VgateStatus *vgate_tally_describe (const VgateTally *tally);
