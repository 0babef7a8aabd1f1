/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/capture/guests.h"

#include "plugin/element/sequences.h"

struct VgateGuests {
    GHashTable *by_uuid;       /* uuid -> VgateGuest * */
    VgateSequences *sequences; /* of domains that ended */
    const VgateGuestsMethods *methods;
    gpointer user_data;
};

static gint64
real_now (void)
{
    return g_get_real_time () / G_USEC_PER_SEC;
}

static void
guest_free (gpointer guest)
{
    vgate_guest_free (guest);
}

VgateGuests *
vgate_guests_new (const VgateGuestsMethods *methods, gpointer user_data)
{
    VgateGuests *guests = g_new0 (VgateGuests, 1);

    guests->by_uuid = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, guest_free);
    guests->sequences = vgate_sequences_new ();
    guests->methods = methods;
    guests->user_data = user_data;
    return guests;
}

void
vgate_guests_free (VgateGuests *guests)
{
    if (!guests)
        return;
    g_hash_table_unref (guests->by_uuid);
    vgate_sequences_free (guests->sequences);
    g_free (guests);
}

VgateGuest *
vgate_guests_hear (VgateGuests *guests, const char *uuid)
{
    VgateGuest *guest = g_hash_table_lookup (guests->by_uuid, uuid);

    if (!guest) {
        guest = vgate_guest_new (uuid);
        guest->sequence = vgate_sequences_find (guests->sequences, uuid);
        g_hash_table_insert (guests->by_uuid, guest->uuid, guest);
    }
    guest->heard_at = g_get_monotonic_time ();
    return guest;
}

VgateGuest *
vgate_guests_find (const VgateGuests *guests, const char *uuid)
{
    return g_hash_table_lookup (guests->by_uuid, uuid);
}

void
vgate_guests_end (VgateGuests *guests, const char *uuid)
{
    const VgateGuest *guest = g_hash_table_lookup (guests->by_uuid, uuid);

    guests->methods->ended (uuid, guests->user_data);
    if (!guest)
        return;
    vgate_sequences_note (guests->sequences, uuid, guest->sequence, real_now ());
    g_hash_table_remove (guests->by_uuid, uuid);
}

/*
 * A domain that is not listed, or is listed with another ID, has ended; the latter was started again. The
 * exception is a domain that is not listed but that libvirt has reported since the listing began: it was
 * started after that and runs, and a guest that we knew from before belongs to an earlier run.
 */
static void
end_unlisted (VgateGuests *guests, const VgateListing *listing)
{
    g_autoptr (GList) all = g_hash_table_get_values (guests->by_uuid);

    for (const GList *item = all; item; item = item->next) {
        const VgateGuest *guest = item->data;
        const gboolean is_started = guest->heard_at >= listing->began;
        const VgateTrigger trigger = guest->is_due ? guest->trigger : VGATE_TRIGGER_START;
        g_autofree char *uuid = g_strdup (guest->uuid);
        gpointer id;

        if (!g_hash_table_lookup_extended (listing->running, uuid, NULL, &id)) {
            vgate_guests_end (guests, uuid);
            if (is_started)
                vgate_guest_expect_more (vgate_guests_hear (guests, uuid), trigger, g_get_monotonic_time ());
        } else if (guest->id >= 0 && guest->id != GPOINTER_TO_INT (id)) {
            vgate_guests_end (guests, uuid);
        }
    }
}

void
vgate_guests_take_listing (VgateGuests *guests, const VgateListing *listing)
{
    GHashTableIter iter;
    gpointer uuid;

    end_unlisted (guests, listing);
    g_hash_table_iter_init (&iter, listing->running);
    while (g_hash_table_iter_next (&iter, &uuid, NULL)) {
        VgateGuest *guest = vgate_guests_hear (guests, uuid);

        vgate_guest_forget_events (guest);
        vgate_guest_note_leaving (guest, VGATE_LEAVING_EVENTS_MISSED);
        vgate_guest_expect_more (guest, VGATE_TRIGGER_CHANGE, g_get_monotonic_time ());
    }
}

guint
vgate_guests_count (const VgateGuests *guests)
{
    return g_hash_table_size (guests->by_uuid);
}

void
vgate_guests_iterate (const VgateGuests *guests, GHashTableIter *iter)
{
    g_hash_table_iter_init (iter, guests->by_uuid);
}

VgatePace
vgate_guests_pace (const VgateGuests *guests, gint64 now)
{
    VgatePace pace = VGATE_PACE_NONE;
    GHashTableIter iter;
    gpointer guest;

    g_hash_table_iter_init (&iter, guests->by_uuid);
    while (g_hash_table_iter_next (&iter, NULL, &guest))
        pace = MAX (pace, vgate_guest_pace (guest, now));
    return pace;
}

guint64
vgate_guests_sequence_floor (VgateGuests *guests)
{
    return vgate_sequences_floor (guests->sequences, real_now ());
}

void
vgate_guests_note_sequence (VgateGuests *guests, const char *uuid, guint64 sequence)
{
    VgateGuest *guest = vgate_guests_find (guests, uuid);

    if (guest)
        guest->sequence = MAX (guest->sequence, sequence);
    else
        vgate_sequences_note (guests->sequences, uuid, sequence, real_now ());
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
    const VgateStatusGuest *const *left = a, *const *right = b;
    const int order = g_strcmp0 ((*left)->name, (*right)->name);

    return order != 0 ? order : g_strcmp0 ((*left)->uuid, (*right)->uuid);
}

void
vgate_guests_describe (const VgateGuests *guests, VgateStatus *status)
{
    GHashTableIter iter;
    gpointer guest;

    status->domains = g_hash_table_size (guests->by_uuid);
    /* borrowed instead of copied, so that an answer is quick even on a host with a thousand guests */
    g_ptr_array_set_free_func (status->guests, NULL);
    g_hash_table_iter_init (&iter, guests->by_uuid);
    while (g_hash_table_iter_next (&iter, NULL, &guest))
        if (vgate_guest_has_vgpus (guest))
            g_ptr_array_add (status->guests, ((VgateGuest *)guest)->status);
    g_ptr_array_sort (status->guests, compare_names);
}
