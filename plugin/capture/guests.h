/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of guests: one for each running domain, from libvirt's first event about it until this run ends.
 * It also keeps the sequence numbers, which outlive a run (sequences.h). */
#pragma once

#include "plugin/capture/guest.h"
#include "plugin/libvirt/listing.h"

typedef struct VgateGuests VgateGuests;

typedef struct {
    /* This run of the domain has ended, whether a guest of this UUID was known or not: the receiver must
     * forget everything that it keeps about the run. The guest, if there is one, is freed after the call. */
    void (*ended) (const char *uuid, gpointer user_data);
} VgateGuestsMethods;

VgateGuests *vgate_guests_new (const VgateGuestsMethods *methods, gpointer user_data);
/* Does not call ended. */
void vgate_guests_free (VgateGuests *guests);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateGuests, vgate_guests_free)

/* libvirt has reported a running domain. Returns its guest, and creates it if there is none; borrowed. */
VgateGuest *vgate_guests_hear (VgateGuests *guests, const char *uuid);
/* Borrowed; NULL if there is no such guest. */
VgateGuest *vgate_guests_find (const VgateGuests *guests, const char *uuid);

/* Ends this run of the domain. This is the only function that forgets a guest, so that nothing of one run is
 * left at the next. */
void vgate_guests_end (VgateGuests *guests, const char *uuid);

/* Call this after connecting, because events may have been missed, above all those of an end. Forgets the
 * guests that ended in the meantime, and makes all running ones due. The listing must not have an error. */
void vgate_guests_take_listing (VgateGuests *guests, const VgateListing *listing);

guint vgate_guests_count (const VgateGuests *guests);
/* For g_hash_table_iter_next (), whose values are VgateGuest *. */
void vgate_guests_iterate (const VgateGuests *guests, GHashTableIter *iter);

/* Returns the fastest pace that any guest needs. now: monotonic. */
VgatePace vgate_guests_pace (const VgateGuests *guests, gint64 now);

/* The sequence number of an element that is written now must be above this number. */
guint64 vgate_guests_sequence_floor (VgateGuests *guests);
/* An element with this number was in the XML of a run of this domain that has ended. */
void vgate_guests_note_sequence (VgateGuests *guests, const char *uuid, guint64 sequence);

/* Fills in the guests with vGPUs, by name, and the number of running domains. The guests are borrowed: see
 * vgate_agent_describe (). */
void vgate_guests_describe (const VgateGuests *guests, VgateStatus *status);
