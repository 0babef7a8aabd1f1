/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/element/sequences.h"

struct VgateSequences {
    guint64 floor;     /* the highest one so far */
    GHashTable *ahead; /* uuid -> guint64 *: those that were above the clock at the last call */
};

VgateSequences *
vgate_sequences_new (void)
{
    VgateSequences *sequences = g_new0 (VgateSequences, 1);

    sequences->ahead = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    return sequences;
}

void
vgate_sequences_free (VgateSequences *sequences)
{
    if (!sequences)
        return;
    g_hash_table_unref (sequences->ahead);
    g_free (sequences);
}

guint64
vgate_sequences_floor (VgateSequences *sequences, gint64 now)
{
    sequences->floor = MAX (sequences->floor, now > 0 ? (guint64)now - 1 : 0);
    return sequences->floor;
}

void
vgate_sequences_note (VgateSequences *sequences, const char *uuid, guint64 sequence, gint64 now)
{
    const guint64 floor = vgate_sequences_floor (sequences, now);
    const char *lowest = NULL;
    guint64 least = G_MAXUINT64;
    GHashTableIter iter;
    gpointer key, value;

    if (sequence > MAX (floor, vgate_sequences_find (sequences, uuid)))
        g_hash_table_insert (sequences->ahead, g_strdup (uuid), g_memdup2 (&sequence, sizeof sequence));
    g_hash_table_iter_init (&iter, sequences->ahead);
    while (g_hash_table_iter_next (&iter, &key, &value)) {
        const guint64 kept = *(const guint64 *)value;

        if (kept <= floor) {
            g_hash_table_iter_remove (&iter);
        } else if (!lowest || kept < least) {
            lowest = key;
            least = kept;
        }
    }
    /* drop the lowest, which the clock passes first; from now on all new numbers are above it */
    if (g_hash_table_size (sequences->ahead) > VGATE_SEQUENCES_MAX) {
        sequences->floor = least;
        g_hash_table_remove (sequences->ahead, lowest);
    }
}

guint64
vgate_sequences_find (const VgateSequences *sequences, const char *uuid)
{
    const guint64 *sequence = g_hash_table_lookup (sequences->ahead, uuid);

    return sequence ? *sequence : 0;
}

guint
vgate_sequences_count (const VgateSequences *sequences)
{
    return g_hash_table_size (sequences->ahead);
}
