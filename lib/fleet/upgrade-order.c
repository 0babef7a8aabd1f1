/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order in which hosts are updated. Up to VGATE_UPGRADE_EXACT_MAX hosts it is found by dynamic
 * programming over the sets of updated hosts (Held and Karp, 1962). A set keeps the sets of guests that were
 * blocked on the way to it, without those that contain another one. For more hosts, the host that blocks the
 * fewest guests comes next, and the result is compared with the number of guests that each order blocks.
 */
#include "fleet/upgrade.h"

#include <string.h>

#define CLASSES_MAX 64u
#define ENTRIES_MAX 200000u

/* Guests that can run, and stay, on the same hosts. */
typedef struct {
    guint guest; /* the first one */
    guint n;
    gboolean is_done; /* blocked in a step before */
} Class;

typedef struct {
    const VgateUpgradeInput *input;
    GArray *classes; /* of Class; without guests that are never blocked */
    GArray *hosts;   /* of guint: those that are updated */
} Ordering;

static gboolean
runs (const gboolean *table, const Ordering *o, const Class *class, guint host)
{
    return table[(gsize) class->guest * o->input->n_hosts + host];
}

static Class *
class_at (const Ordering *o, guint i)
{
    return &g_array_index (o->classes, Class, i);
}

static guint
host_at (const Ordering *o, guint i)
{
    return g_array_index (o->hosts, guint, i);
}

/* TRUE for a guest that can stay on a host that is not updated. */
static gboolean
is_never_blocked (const Ordering *o, const Class *class)
{
    for (guint h = 0; h < o->input->n_hosts; h++)
        if (!o->input->updated[h] && runs (o->input->old, o, class, h))
            return TRUE;
    return FALSE;
}

/* TRUE for a guest that is blocked in each order: no host that is not emptied is left for it, and after no
 * step there is a host with the new driver for it while it can still run on another one. */
static gboolean
is_always_blocked (const Ordering *o, const Class *class)
{
    for (guint i = 0; i < o->hosts->len; i++) {
        const gboolean is_new = runs (o->input->new, o, class, host_at (o, i));

        /* the host comes last if the guest runs there with the old driver, first if with the new one */
        if (runs (o->input->stay, o, class, host_at (o, i)) &&
            (is_new || runs (o->input->old, o, class, host_at (o, i))))
            return FALSE;
        for (guint k = 0; k < o->hosts->len && is_new; k++)
            if (i != k && runs (o->input->old, o, class, host_at (o, k)))
                return FALSE;
    }
    return TRUE;
}

static void
make_classes (const Ordering *o)
{
    const gsize size = o->input->n_hosts * sizeof (gboolean);
    g_autoptr (GHashTable) known =
        g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);

    for (guint g = 0; g < o->input->n_guests; g++) {
        GByteArray *rows = g_byte_array_new ();
        const Class class = {.guest = g, .n = 1};
        GBytes *key;
        guint index;

        g_byte_array_append (rows, (const guint8 *)(o->input->old + (gsize)g * o->input->n_hosts),
                             (guint)size);
        g_byte_array_append (rows, (const guint8 *)(o->input->new + (gsize)g * o->input->n_hosts),
                             (guint)size);
        g_byte_array_append (rows, (const guint8 *)(o->input->stay + (gsize)g * o->input->n_hosts),
                             (guint)size);
        key = g_byte_array_free_to_bytes (rows);
        index = GPOINTER_TO_UINT (g_hash_table_lookup (known, key));
        if (index > 0 || is_never_blocked (o, &class)) {
            if (index > 0)
                class_at (o, index - 1)->n++;
            g_bytes_unref (key);
            continue;
        }
        g_array_append_val (o->classes, class);
        g_hash_table_insert (known, key, GUINT_TO_POINTER (o->classes->len));
    }
}

/* --- all orders --- */

typedef struct {
    guint64 blocked; /* bits of classes */
    guint set;       /* the set before, as bits of hosts */
    guint entry;     /* its entry */
    guint last;      /* index of the host that was updated then */
} Entry;

static guint
weigh (const Ordering *o, guint64 blocked)
{
    guint n = 0;

    for (guint c = 0; c < o->classes->len; c++)
        n += (blocked >> c & 1) != 0 ? class_at (o, c)->n : 0;
    return n;
}

/* The classes that can run nowhere while the host is updated, after those of the set. */
static guint64
blocked_by (const Ordering *o, guint set, guint host)
{
    guint64 blocked = 0;

    for (guint c = 0; c < o->classes->len; c++) {
        gboolean any = runs (o->input->stay, o, class_at (o, c), host_at (o, host));

        for (guint i = 0; i < o->hosts->len && !any; i++)
            any = i != host && runs ((set >> i & 1) != 0 ? o->input->new : o->input->old, o, class_at (o, c),
                                     host_at (o, i));
        blocked |= any ? 0 : (guint64)1 << c;
    }
    return blocked;
}

/* Adds the entry, unless another one blocks no other classes. */
static void
add_entry (GArray *entries, const Entry *entry)
{
    for (guint i = 0; i < entries->len; i++)
        if ((g_array_index (entries, Entry, i).blocked & ~entry->blocked) == 0)
            return;
    g_array_append_val (entries, *entry);
}

/* FALSE when there are too many sets. */
static gboolean
order_exactly (const Ordering *o, guint *order, guint *n_blocked)
{
    const guint n_sets = 1u << o->hosts->len;
    g_autofree GArray **entries = g_new0 (GArray *, n_sets);
    guint n_entries = 0, best = 0;

    for (guint set = 0; set < n_sets; set++)
        entries[set] = g_array_new (FALSE, TRUE, sizeof (Entry));
    g_array_set_size (entries[0], 1);
    for (guint set = 0; set < n_sets && n_entries < ENTRIES_MAX; set++) {
        for (guint i = 0; i < o->hosts->len; i++) {
            const guint next = set | 1u << i;
            guint64 blocked;

            if (next == set)
                continue;
            blocked = blocked_by (o, set, i);
            for (guint e = 0; e < entries[set]->len; e++) {
                const Entry entry = {g_array_index (entries[set], Entry, e).blocked | blocked, set, e, i};

                add_entry (entries[next], &entry);
            }
        }
        n_entries += entries[set]->len;
    }
    if (n_entries < ENTRIES_MAX) {
        const GArray *all = entries[n_sets - 1];
        guint set = n_sets - 1;

        for (guint e = 1; e < all->len; e++)
            if (weigh (o, g_array_index (all, Entry, e).blocked) <
                weigh (o, g_array_index (all, Entry, best).blocked))
                best = e;
        *n_blocked = weigh (o, g_array_index (all, Entry, best).blocked);
        for (guint i = o->hosts->len; i-- > 0;) {
            const Entry *entry = &g_array_index (entries[set], Entry, best);

            order[i] = host_at (o, entry->last);
            best = entry->entry;
            set = entry->set;
        }
    }
    for (guint set = 0; set < n_sets; set++)
        g_array_unref (entries[set]);
    return n_entries < ENTRIES_MAX;
}

/* --- one host after the other --- */

static guint
order_greedily (const Ordering *o, guint *order)
{
    g_autofree guint *n_places = g_new0 (guint, o->classes->len + 1);
    g_autofree gboolean *is_updated = g_new0 (gboolean, o->input->n_hosts + 1);
    guint n_blocked = 0;

    for (guint c = 0; c < o->classes->len; c++)
        for (guint i = 0; i < o->hosts->len; i++)
            n_places[c] += runs (o->input->old, o, class_at (o, c), host_at (o, i)) ? 1 : 0;
    for (guint step = 0; step < o->hosts->len; step++) {
        guint best = 0, n_best = G_MAXUINT;

        for (guint i = 0; i < o->hosts->len; i++) {
            guint n = 0;

            for (guint c = 0; c < o->classes->len && !is_updated[host_at (o, i)]; c++) {
                const Class *class = class_at (o, c);
                const guint here = runs (o->input->old, o, class, host_at (o, i)) ? 1 : 0;

                n +=
                    !class->is_done && !runs (o->input->stay, o, class, host_at (o, i)) && n_places[c] == here
                        ? class->n
                        : 0;
            }
            if (!is_updated[host_at (o, i)] && n < n_best) {
                best = host_at (o, i);
                n_best = n;
            }
        }
        is_updated[best] = TRUE;
        order[step] = best;
        n_blocked += n_best;
        for (guint c = 0; c < o->classes->len; c++) {
            Class *class = class_at (o, c);

            n_places[c] -= runs (o->input->old, o, class, best) ? 1 : 0;
            class->is_done = class->is_done || (n_places[c] == 0 && !runs (o->input->stay, o, class, best));
            n_places[c] += runs (o->input->new, o, class, best) ? 1 : 0;
        }
    }
    return n_blocked;
}

guint
vgate_upgrade_order (const VgateUpgradeInput *input, guint *order, guint *n_least)
{
    g_autoptr (GArray) classes = g_array_new (FALSE, FALSE, sizeof (Class));
    g_autoptr (GArray) hosts = g_array_new (FALSE, FALSE, sizeof (guint));
    const Ordering o = {input, classes, hosts};
    guint n_blocked = 0;

    for (guint h = 0; h < input->n_hosts; h++)
        if (input->updated[h])
            g_array_append_val (hosts, h);
    make_classes (&o);
    *n_least = 0;
    for (guint c = 0; c < classes->len; c++)
        *n_least += is_always_blocked (&o, class_at (&o, c)) ? class_at (&o, c)->n : 0;
    if (hosts->len <= VGATE_UPGRADE_EXACT_MAX && classes->len <= CLASSES_MAX &&
        order_exactly (&o, order, &n_blocked)) {
        *n_least = n_blocked;
        return n_blocked;
    }
    return order_greedily (&o, order);
}
