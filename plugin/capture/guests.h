/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of guests: one for each domain that runs, from the first that libvirt tells of it until this run
 * ends. It also keeps what outlives a run, the sequence numbers (sequences.h).
 */
#pragma once

#include "plugin/capture/guest.h"
#include "plugin/libvirt/listing.h"

typedef struct VgateGuests VgateGuests;

typedef struct {
    /* This run of the domain has ended, whether a guest of this UUID was known or not: whatever is kept of it
     * elsewhere is to be forgotten. The guest, if there is one, is freed after that. */
    void (*ended) (const char *uuid, gpointer user_data);
} VgateGuestsMethods;

VgateGuests *vgate_guests_new (const VgateGuestsMethods *methods, gpointer user_data);
/* Nobody is told. */
void vgate_guests_free (VgateGuests *guests);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateGuests, vgate_guests_free)

/* libvirt tells of a domain: it runs. Its guest, which is made where there was none; borrowed. */
VgateGuest *vgate_guests_hear (VgateGuests *guests, const char *uuid);
/* Borrowed; NULL: there is none. */
VgateGuest *vgate_guests_find (const VgateGuests *guests, const char *uuid);

/* The only way in which a guest is forgotten: nothing of this run of its domain may be there at the next. */
void vgate_guests_end (VgateGuests *guests, const char *uuid);

/*
 * After connecting: events may have been missed, those of an end above all. Guests that ended meanwhile are
 * forgotten, and all that run are due. The listing has no error.
 */
void vgate_guests_take_listing (VgateGuests *guests, const VgateListing *listing);

guint vgate_guests_count (const VgateGuests *guests);
/* For g_hash_table_iter_next (), whose values are VgateGuest *. */
void vgate_guests_iterate (const VgateGuests *guests, GHashTableIter *iter);

/* The fastest that any of them asks for. now: monotonic. */
VgatePace vgate_guests_pace (const VgateGuests *guests, gint64 now);

/* The sequence number of an element that is written now must be above this. */
guint64 vgate_guests_sequence_floor (VgateGuests *guests);
/* An element with this number was in the XML of a run of this domain that has ended. */
void vgate_guests_note_sequence (VgateGuests *guests, const char *uuid, guint64 sequence);

/* Fills in the guests with vGPUs, by name, and how many domains run. They are lent: see vgate_agent_describe
 * (). */
void vgate_guests_describe (const VgateGuests *guests, VgateStatus *status);
