/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sequence numbers of elements: of two captures of a domain the later one has the higher number, also
 * when the domain ended in between, or vgpu-gated did. So a number is the second of its capture (since 1970),
 * or one more than the one before where that is higher. A domain that starts again then needs no memory of
 * ours, except where its number was ahead of the clock, which was set back meanwhile, or where somebody else
 * wrote it: those are kept here until the clock has passed them.
 */
#pragma once

#include <glib.h>

typedef struct VgateSequences VgateSequences;

/* So many at most: the lowest are dropped. */
#define VGATE_SEQUENCES_MAX 1024u

VgateSequences *vgate_sequences_new (void);
void vgate_sequences_free (VgateSequences *sequences);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSequences, vgate_sequences_free)

/* What a number that is given now must be above, as far as the clock goes: it never goes back, though the
 * clock may. now: seconds since 1970. */
guint64 vgate_sequences_floor (VgateSequences *sequences, gint64 now);

/* A domain ended, and this was its highest number. now: seconds since 1970. */
void vgate_sequences_note (VgateSequences *sequences, const char *uuid, guint64 sequence, gint64 now);

/* The number that a domain had when it ended; 0: the clock is above it. */
guint64 vgate_sequences_find (const VgateSequences *sequences, const char *uuid);

guint vgate_sequences_count (const VgateSequences *sequences);
