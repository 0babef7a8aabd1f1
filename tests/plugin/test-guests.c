/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of guests: which guests are in it, and what remains of a guest that ended. */
#include "plugin/capture/guests.h"

#define A "a0000000-0000-4000-8000-00000000000a"
#define B "b0000000-0000-4000-8000-00000000000b"

static void
on_ended (const char *uuid, gpointer user_data)
{
    g_string_append_c (user_data, uuid[0]);
}

static const VgateGuestsMethods methods = {.ended = on_ended};

typedef struct {
    GString *ended;
    VgateGuests *guests;
} Fixture;

static void
set_up (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    f->ended = g_string_new (NULL);
    f->guests = vgate_guests_new (&methods, f->ended);
}

static void
tear_down (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    vgate_guests_free (f->guests);
    g_string_free (f->ended, TRUE);
}

static void
test_life (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    const guint64 ahead = (guint64)g_get_real_time () / G_USEC_PER_SEC + 1000;
    VgateGuest *guest = vgate_guests_hear (f->guests, A);

    g_assert_true (vgate_guests_hear (f->guests, A) == guest);
    g_assert_true (vgate_guests_find (f->guests, A) == guest);
    g_assert_null (vgate_guests_find (f->guests, B));
    g_assert_cmpuint (vgate_guests_count (f->guests), ==, 1);
    guest->sequence = ahead;
    vgate_guests_end (f->guests, A);
    /* also for an unknown guest, which other parts may know */
    vgate_guests_end (f->guests, B);
    g_assert_cmpstr (f->ended->str, ==, "ab");
    g_assert_cmpuint (vgate_guests_count (f->guests), ==, 0);
    /* its next run continues above its number, and above the numbers of a late update */
    g_assert_cmpuint (vgate_guests_hear (f->guests, A)->sequence, ==, ahead);
    vgate_guests_note_sequence (f->guests, A, ahead + 5);
    g_assert_cmpuint (vgate_guests_find (f->guests, A)->sequence, ==, ahead + 5);
    vgate_guests_note_sequence (f->guests, B, ahead + 7);
    g_assert_cmpuint (vgate_guests_hear (f->guests, B)->sequence, ==, ahead + 7);
}

/* A guest that was known before the listing began, and is listed with this ID; -1: not listed. */
static void
take (Fixture *f, int id, gboolean is_heard_since)
{
    g_autoptr (GHashTable) running = g_hash_table_new (g_str_hash, g_str_equal);
    VgateListing listing = {.running = running};
    VgateGuest *guest = vgate_guests_hear (f->guests, A);

    guest->id = 3;
    listing.began = guest->heard_at + (is_heard_since ? 0 : 1);
    g_hash_table_insert (running, (gpointer)B, GINT_TO_POINTER (4));
    if (id >= 0)
        g_hash_table_insert (running, (gpointer)A, GINT_TO_POINTER (id));
    vgate_guests_take_listing (f->guests, &listing);
}

static void
test_listing (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    take (f, 3, FALSE);
    g_assert_cmpstr (f->ended->str, ==, "");
    g_assert_cmpint (vgate_guests_find (f->guests, A)->id, ==, 3);
    g_assert_true (vgate_guests_find (f->guests, A)->is_due);
    g_assert_true (vgate_guests_find (f->guests, B)->is_due);
    /* it was started again */
    take (f, 5, FALSE);
    g_assert_cmpstr (f->ended->str, ==, "a");
    g_assert_cmpint (vgate_guests_find (f->guests, A)->id, ==, -1);
    g_assert_true (vgate_guests_find (f->guests, A)->is_due);
    /* it has ended */
    take (f, -1, FALSE);
    g_assert_cmpstr (f->ended->str, ==, "aa");
    g_assert_null (vgate_guests_find (f->guests, A));
    g_assert_nonnull (vgate_guests_find (f->guests, B));
    /* it was started after the listing began, so this is another run */
    take (f, -1, TRUE);
    g_assert_cmpstr (f->ended->str, ==, "aaa");
    g_assert_cmpint (vgate_guests_find (f->guests, A)->id, ==, -1);
    g_assert_cmpint (vgate_guests_find (f->guests, A)->trigger, ==, VGATE_TRIGGER_START);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add ("/guests/life", Fixture, NULL, set_up, test_life, tear_down);
    g_test_add ("/guests/listing", Fixture, NULL, set_up, test_listing, tear_down);
    return g_test_run ();
}
