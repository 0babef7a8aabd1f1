/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sequence numbers of elements: the later one of two captures of a domain has the higher number, even if
 * the domain ended between them, or vgpu-gated did. A number is therefore the time of its capture in seconds
 * (since 1970), or the previous number plus one if that is higher. So nothing must be remembered for a domain
 * that starts again, except a number above the clock: the clock was set back in the meantime, or another
 * program wrote the number. Such numbers are kept here until the clock has passed them.
 */
#pragma once

#include <glib.h>

typedef struct VgateSequences VgateSequences;

/* The most numbers that are kept; the lowest are dropped. */
#define VGATE_SEQUENCES_MAX 1024u

VgateSequences *vgate_sequences_new (void);
void vgate_sequences_free (VgateSequences *sequences);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSequences, vgate_sequences_free)

/* A new number must be above the result, as far as the clock is concerned. The result never decreases, though
 * the clock may. now: seconds since 1970. */
guint64 vgate_sequences_floor (VgateSequences *sequences, gint64 now);

/* A domain has ended, and sequence was its highest number. now: seconds since 1970. */
void vgate_sequences_note (VgateSequences *sequences, const char *uuid, guint64 sequence, gint64 now);

/* Returns the number that a domain had when it ended; 0: the clock has passed it. */
guint64 vgate_sequences_find (const VgateSequences *sequences, const char *uuid);

guint vgate_sequences_count (const VgateSequences *sequences);
