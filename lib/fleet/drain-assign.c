/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/drain.h"

#include <string.h>

/* With more guests of other hosts than this, it is not tried whether they can be ordered in another way. */
#define ORDERED_MAX 14u
/* How many assignments that cannot be ordered are left out. */
#define FORBIDDEN_MAX 30u
/* With more guests of other hosts that can move, room is made for one guest after the other. */
#define OTHERS_MAX 80u
/* The most that then move for one guest. */
#define OTHERS_OF_ONE_MAX 8u

typedef struct {
    VgateMoving *moving;
    guint host;
    const VgateDrainOptions *options;
    GPtrArray *guests; /* of VgateDrainGuest *: those of the host, then others */
} Draining;

void
vgate_drain_guest_free (VgateDrainGuest *guest)
{
    g_free (guest->seats);
    g_free (guest);
}

static VgateDrainGuest *
add_guest (const Draining *d, VgateMover *mover, gboolean is_other)
{
    VgateDrainGuest *guest = g_new0 (VgateDrainGuest, 1);

    guest->mover = mover;
    guest->is_other = is_other;
    guest->to = -1;
    guest->seats = g_new0 (VgateSeat, mover->n_vgpus + 1);
    g_ptr_array_add (d->guests, guest);
    return guest;
}

static VgateDrainGuest *
guest_at (const Draining *d, guint i)
{
    return g_ptr_array_index (d->guests, i);
}

static gboolean
can_go_anywhere (const Draining *d, VgateMover *mover)
{
    for (guint h = 0; h < d->moving->fleet->hosts->len; h++)
        if (h != d->host && (int)h != mover->home && vgate_moving_fit (d->moving, mover, h)->is_possible)
            return TRUE;
    return FALSE;
}

static guint
count_leaving (const Draining *d)
{
    guint n = 0;

    for (guint i = 0; i < d->guests->len; i++)
        n += guest_at (d, i)->to >= 0 && !guest_at (d, i)->is_other ? 1 : 0;
    return n;
}

/* --- without moving others: one guest after the other --- */

static gint
compare_sizes (gconstpointer a, gconstpointer b)
{
    const VgateDrainGuest *left = *(VgateDrainGuest *const *)a, *right = *(VgateDrainGuest *const *)b;

    if (left->mover->n_vgpus != right->mover->n_vgpus)
        return left->mover->n_vgpus > right->mover->n_vgpus ? -1 : 1;
    if (left->mover->size != right->mover->size)
        return left->mover->size > right->mover->size ? -1 : 1;
    return left->mover->guest < right->mover->guest ? -1 : 1;
}

/* The share of the host's frame buffer that is in use. */
static double
load_of (const VgatePlaces *places)
{
    guint64 used = 0, total = 0;

    for (guint p = 0; p < places->host->pgpus->len; p++) {
        guint64 used_here, total_here;

        vgate_place_load (&places->pgpus[p], &used_here, &total_here);
        used += used_here;
        total += total_here;
    }
    return total > 0 ? (double)used / (double)total : 1;
}

/* The shortest down-time of the guest anywhere, in ms. */
static guint64
shortest_down_time (const Draining *d, VgateMover *mover)
{
    guint64 shortest = G_MAXUINT64;

    for (guint h = 0; h < d->moving->fleet->hosts->len; h++) {
        const VgateMovingFit *fit = h != d->host ? vgate_moving_fit (d->moving, mover, h) : NULL;

        if (fit && fit->is_possible)
            shortest = MIN (shortest, fit->down_time);
    }
    return shortest;
}

/* A host to which a guest can go. */
typedef struct {
    guint host;
    gboolean is_later;
    double load; /* a lower one is preferred */
} Destination;

static gint
compare_destinations (gconstpointer a, gconstpointer b)
{
    const Destination *left = a, *right = b;

    if (left->is_later != right->is_later)
        return left->is_later ? 1 : -1;
    if (left->load != right->load)
        return left->load < right->load ? -1 : 1;
    return left->host < right->host ? -1 : 1;
}

/* Seats the guest on the best host whose down-time is at most this. */
static gboolean
seat_on_best (const Draining *d, VgateDrainGuest *guest, guint64 down_time)
{
    g_autoptr (GArray) destinations = g_array_new (FALSE, FALSE, sizeof (Destination));

    for (guint h = 0; h < d->moving->fleet->hosts->len; h++) {
        Destination destination = {h, d->options->is_later && d->options->is_later[h], 0};
        const VgateMovingFit *fit;

        if (h == d->host || (int)h == guest->mover->home)
            continue;
        fit = vgate_moving_fit (d->moving, guest->mover, h);
        if (!fit->is_possible || fit->down_time > down_time)
            continue;
        destination.load = load_of (d->moving->places[h]);
        if (d->options->order == VGATE_MOVING_PACK)
            destination.load = -destination.load;
        g_array_append_val (destinations, destination);
    }
    g_array_sort (destinations, compare_destinations);
    for (guint i = 0; i < destinations->len; i++) {
        const guint host = g_array_index (destinations, Destination, i).host;

        if (!vgate_moving_seat (d->moving, guest->mover, host, d->options->order, guest->seats))
            continue;
        guest->to = (int)host;
        return TRUE;
    }
    return FALSE;
}

/* TRUE when each guest that can go anywhere has a seat, with its shortest down-time where that matters: no
 * plan lets more leave. */
static gboolean
seat_one_by_one (const Draining *d)
{
    g_autoptr (GHashTable) full = g_hash_table_new (NULL, NULL);
    gboolean all = TRUE;

    for (guint i = 0; i < d->guests->len && (all || d->options->is_quick); i++) {
        VgateMover *mover = guest_at (d, i)->mover;
        const gpointer class = GUINT_TO_POINTER (vgate_moving_class (d->moving, mover));

        /* room is only taken here, so another guest that fits the same hosts finds none either */
        if (!can_go_anywhere (d, mover) || g_hash_table_contains (full, class))
            continue;
        if (seat_on_best (d, guest_at (d, i),
                          d->options->is_later ? G_MAXUINT64 : shortest_down_time (d, mover)))
            continue;
        g_hash_table_add (full, class);
        all = FALSE;
    }
    return all;
}

static void
unseat_all (const Draining *d)
{
    vgate_moving_reset (d->moving);
    for (guint i = 0; i < d->guests->len; i++)
        guest_at (d, i)->to = -1;
}

gboolean
vgate_drain_take_seats (VgateMoving *moving, const GPtrArray *guests)
{
    vgate_moving_reset (moving);
    for (guint i = 0; i < guests->len; i++) {
        const VgateDrainGuest *guest = g_ptr_array_index (guests, i);

        if (guest->is_other && guest->to >= 0)
            vgate_moving_leave (moving, guest->mover);
    }
    for (guint i = 0; i < guests->len; i++) {
        const VgateDrainGuest *guest = g_ptr_array_index (guests, i);

        if (guest->to >= 0 && !vgate_moving_take (moving, guest->mover, (guint)guest->to, guest->seats)) {
            g_debug ("guest %u has no room on host %d", guest->mover->guest, guest->to);
            return FALSE;
        }
    }
    return TRUE;
}

/* The solver does not know spread and pack: seats each guest of the host again, where its down-time is the
 * same. */
static void
seat_as_preferred (const Draining *d)
{
    for (guint i = 0; i < d->guests->len; i++) {
        VgateDrainGuest *guest = guest_at (d, i);
        const int to = guest->to;
        g_autofree VgateSeat *seats = NULL;

        if (to < 0 || guest->is_other)
            continue;
        seats = g_memdup2 (guest->seats, sizeof (VgateSeat) * (guest->mover->n_vgpus + 1));
        vgate_moving_give_back (d->moving, guest->mover, (guint)to, seats);
        if (!seat_on_best (d, guest,
                           d->options->is_later
                               ? G_MAXUINT64
                               : vgate_moving_fit (d->moving, guest->mover, (guint)to)->down_time)) {
            memcpy (guest->seats, seats, sizeof (VgateSeat) * (guest->mover->n_vgpus + 1));
            guest->to = to;
            vgate_moving_take (d->moving, guest->mover, (guint)to, seats);
        }
    }
}

/* --- the order of those who make room --- */

typedef struct {
    const Draining *d;
    GPtrArray *others;   /* of VgateDrainGuest *: to be ordered */
    GPtrArray *ordered;  /* the same, in their order */
    GHashTable *useless; /* sets (bits of others, + 1) after which the rest cannot be ordered */
} Ordering;

/* Finds an order for those that are not in the set done yet. */
static gboolean
order_rest (const Ordering *o, guint32 done)
{
    if (o->ordered->len == o->others->len)
        return TRUE;
    if (o->others->len <= ORDERED_MAX && g_hash_table_contains (o->useless, GUINT_TO_POINTER (done + 1)))
        return FALSE;
    for (guint i = 0; i < o->others->len; i++) {
        VgateDrainGuest *guest = g_ptr_array_index (o->others, i);

        if (g_ptr_array_find (o->ordered, guest, NULL) ||
            !vgate_moving_take (o->d->moving, guest->mover, (guint)guest->to, guest->seats))
            continue;
        vgate_moving_leave (o->d->moving, guest->mover);
        g_ptr_array_add (o->ordered, guest);
        if (order_rest (o, done | (1u << (i % 32))))
            return TRUE;
        if (o->others->len > ORDERED_MAX)
            return FALSE;
        g_ptr_array_remove_index (o->ordered, o->ordered->len - 1);
        /* undone in the state before */
        vgate_moving_reset (o->d->moving);
        for (guint k = 0; k < o->ordered->len; k++) {
            VgateDrainGuest *before = g_ptr_array_index (o->ordered, k);

            vgate_moving_take (o->d->moving, before->mover, (guint)before->to, before->seats);
            vgate_moving_leave (o->d->moving, before->mover);
        }
    }
    g_hash_table_add (o->useless, GUINT_TO_POINTER (done + 1));
    return FALSE;
}

/* Those of other hosts that move, in an order in which each has room. NULL when there is no such order. */
static GPtrArray *
order_others (const Draining *d)
{
    g_autoptr (GPtrArray) others = g_ptr_array_new (), ordered = g_ptr_array_new ();
    g_autoptr (GHashTable) useless = g_hash_table_new (NULL, NULL);
    const Ordering o = {d, others, ordered, useless};

    for (guint i = 0; i < d->guests->len; i++)
        if (guest_at (d, i)->is_other && guest_at (d, i)->to >= 0)
            g_ptr_array_add (others, guest_at (d, i));
    vgate_moving_reset (d->moving);
    return order_rest (&o, 0) ? g_steal_pointer (&ordered) : NULL;
}

/* --- with others --- */

/* On which hosts guests of the same class have room, while room only grows. */
typedef struct {
    guint hosts[2]; /* + 1; at most two, because one can be a guest's own */
    /* After the first n_left guests had left, no other host had room, but this one was not looked at. */
    gboolean is_scanned;
    guint n_left;
    int left_out;
} Known;

static gboolean
has_room_on (const Draining *d, VgateMover *mover, int host, Known *known)
{
    g_autofree VgateSeat *seats = NULL;

    if (host < 0 || host == (int)d->host || host == mover->home)
        return FALSE;
    seats = g_new (VgateSeat, mover->n_vgpus + 1);
    if (!vgate_moving_seat (d->moving, mover, (guint)host, VGATE_MOVING_SPREAD, seats))
        return FALSE;
    vgate_moving_give_back (d->moving, mover, (guint)host, seats);
    known->hosts[known->hosts[0] > 0 ? 1 : 0] = (guint)host + 1;
    return TRUE;
}

/* TRUE when the guest has room on another host. all: class -> Known. left: those that have left, in their
 * order. */
static gboolean
has_room_somewhere (const Draining *d, VgateMover *mover, GHashTable *all, const GPtrArray *left)
{
    const gpointer class = GUINT_TO_POINTER (vgate_moving_class (d->moving, mover));
    Known *known = g_hash_table_lookup (all, class);
    gboolean found = FALSE;

    if (!known) {
        known = g_new0 (Known, 1);
        g_hash_table_insert (all, class, known);
    }
    for (guint i = 0; i < G_N_ELEMENTS (known->hosts); i++)
        if (known->hosts[i] > 0 && (int)known->hosts[i] - 1 != mover->home)
            return TRUE;
    if (known->is_scanned) {
        /* room is only where somebody has left since */
        found = has_room_on (d, mover, known->left_out, known);
        for (guint i = known->n_left; i < left->len && !found; i++)
            found = has_room_on (d, mover, ((const VgateMover *)g_ptr_array_index (left, i))->home, known);
    } else {
        for (guint h = 0; h < d->moving->fleet->hosts->len && !found; h++)
            found = has_room_on (d, mover, (int)h, known);
    }
    if (found)
        return TRUE;
    known->is_scanned = TRUE;
    known->n_left = left->len;
    known->left_out = mover->home;
    return FALSE;
}

/*
 * The guests of other hosts that can move at all, as VgateMover *: those that have room now, those that have
 * room when the first ones have left, and so on. No other guest can move in any plan. *n_most is lowered to
 * the number of the host's guests that have room when all of them have left.
 */
static GPtrArray *
find_movable (const Draining *d, guint *n_most)
{
    const VgateMoving *moving = d->moving;
    GPtrArray *movable = g_ptr_array_new ();
    g_autoptr (GHashTable) known = g_hash_table_new_full (NULL, NULL, NULL, g_free);
    g_autofree gboolean *is_found = g_new0 (gboolean, moving->fleet->guests->len + 1);
    guint n_before, n_with_room = 0;

    vgate_moving_reset (d->moving);
    do {
        n_before = movable->len;
        for (guint g = 0; g < moving->fleet->guests->len; g++) {
            VgateMover *mover = moving->movers[g];

            if (!mover || is_found[g] || mover->home == (int)d->host ||
                !vgate_moving_can_leave (moving, mover) || !has_room_somewhere (d, mover, known, movable))
                continue;
            is_found[g] = TRUE;
            g_ptr_array_add (movable, mover);
            vgate_moving_leave (d->moving, mover);
        }
    } while (movable->len > n_before);
    for (guint i = 0; i < d->guests->len; i++)
        n_with_room += has_room_somewhere (d, guest_at (d, i)->mover, known, movable) ? 1 : 0;
    *n_most = MIN (*n_most, n_with_room);
    vgate_moving_reset (d->moving);
    return movable;
}

/* --- making room for one guest after the other, for fleets that are too large for all assignments --- */

/* Seats the guest on the first host that has room. */
static gboolean
seat_anywhere (const Draining *d, VgateDrainGuest *guest)
{
    for (guint h = 0; h < d->moving->fleet->hosts->len; h++) {
        if (h == d->host || (int)h == guest->mover->home ||
            !vgate_moving_seat (d->moving, guest->mover, h, VGATE_MOVING_PACK, guest->seats))
            continue;
        guest->to = (int)h;
        return TRUE;
    }
    return FALSE;
}

static gboolean
is_on_pgpu (const VgateMover *mover, guint pgpu)
{
    for (guint v = 0; v < mover->n_vgpus; v++)
        if (mover->vgpus[v].pgpu == (int)pgpu)
            return TRUE;
    return FALSE;
}

static void
take_back (const Draining *d, const GPtrArray *left)
{
    for (guint i = left->len; i-- > 0;) {
        VgateDrainGuest *guest = g_ptr_array_index (left, i);

        vgate_moving_give_back (d->moving, guest->mover, (guint)guest->to, guest->seats);
        vgate_moving_return (d->moving, guest->mover);
        guest->to = -1;
    }
}

/* Moves guests away from a pGPU of the host, the small ones first, until this guest has room on the host, but
 * fewer than n_max. NULL and nothing is changed when it has none; otherwise the guests that have left. */
static GPtrArray *
clear_pgpu (const Draining *d, VgateDrainGuest *guest, guint host, guint pgpu, const GPtrArray *others,
            guint n_max)
{
    g_autoptr (GPtrArray) left = g_ptr_array_new ();

    for (guint i = 0; i < others->len && left->len + 1 < n_max; i++) {
        VgateDrainGuest *other = g_ptr_array_index (others, i);

        if (other->to >= 0 || other->mover->home != (int)host || !is_on_pgpu (other->mover, pgpu) ||
            !seat_anywhere (d, other))
            continue;
        vgate_moving_leave (d->moving, other->mover);
        g_ptr_array_add (left, other);
        if (!vgate_moving_seat (d->moving, guest->mover, host, d->options->order, guest->seats))
            continue;
        guest->to = (int)host;
        return g_steal_pointer (&left);
    }
    take_back (d, left);
    return NULL;
}

/* For each guest that stays: clears the pGPU on which the fewest others are in its way. */
static void
clear_pgpus (const Draining *d, const GPtrArray *movable)
{
    const guint n_own = d->guests->len;
    g_autoptr (GPtrArray) others = g_ptr_array_new ();

    for (guint i = 0; i < movable->len; i++)
        g_ptr_array_add (others, add_guest (d, g_ptr_array_index (movable, i), TRUE));
    g_ptr_array_sort (others, compare_sizes);
    for (guint i = 0, k = others->len; i + 1 < k; i++) {
        gpointer swapped = g_ptr_array_index (others, i);

        /* the small ones first */
        g_ptr_array_index (others, i) = g_ptr_array_index (others, --k);
        g_ptr_array_index (others, k) = swapped;
    }
    vgate_drain_take_seats (d->moving, d->guests);
    for (guint i = 0; i < n_own; i++) {
        VgateDrainGuest *guest = guest_at (d, i);
        guint n_best = OTHERS_OF_ONE_MAX + 1, best_host = 0, best_pgpu = 0;
        g_autoptr (GPtrArray) left = NULL;

        for (guint h = 0; guest->to < 0 && h < d->moving->fleet->hosts->len; h++) {
            const guint n_pgpus = vgate_moving_host (d->moving, h)->pgpus->len;

            if (h == d->host || !vgate_moving_fit (d->moving, guest->mover, h)->is_possible)
                continue;
            for (guint p = 0; p < n_pgpus; p++) {
                GPtrArray *cleared = clear_pgpu (d, guest, h, p, others, n_best);

                if (!cleared)
                    continue;
                n_best = cleared->len;
                best_host = h;
                best_pgpu = p;
                vgate_moving_give_back (d->moving, guest->mover, h, guest->seats);
                guest->to = -1;
                take_back (d, cleared);
                g_ptr_array_unref (cleared);
            }
        }
        if (guest->to < 0 && n_best <= OTHERS_OF_ONE_MAX)
            left = clear_pgpu (d, guest, best_host, best_pgpu, others, n_best + 1);
    }
}

typedef struct {
    int to;
    VgateSeat *seats;
} Saved;

static GArray *
save (const Draining *d)
{
    GArray *saved = g_array_new (FALSE, TRUE, sizeof (Saved));

    for (guint i = 0; i < d->guests->len; i++) {
        const VgateDrainGuest *guest = guest_at (d, i);
        const Saved one = {guest->to,
                           g_memdup2 (guest->seats, sizeof (VgateSeat) * (guest->mover->n_vgpus + 1))};

        g_array_append_val (saved, one);
    }
    return saved;
}

static void
restore (const Draining *d, GArray *saved)
{
    unseat_all (d);
    for (guint i = 0; i < saved->len; i++) {
        VgateDrainGuest *guest = guest_at (d, i);
        const Saved *one = &g_array_index (saved, Saved, i);

        guest->to = one->to;
        memcpy (guest->seats, one->seats, sizeof (VgateSeat) * (guest->mover->n_vgpus + 1));
    }
}

static void
saved_free (GArray *saved)
{
    for (guint i = 0; i < saved->len; i++)
        g_free (g_array_index (saved, Saved, i).seats);
    g_array_unref (saved);
}

static GArray *
moves_of_others (const Draining *d)
{
    GArray *moves = g_array_new (FALSE, FALSE, sizeof (VgateDrainGuest));

    for (guint i = 0; i < d->guests->len; i++) {
        VgateDrainGuest copy = *guest_at (d, i);

        if (!copy.is_other || copy.to < 0)
            continue;
        copy.seats = g_memdup2 (copy.seats, sizeof (VgateSeat) * (copy.mover->n_vgpus + 1));
        g_array_append_val (moves, copy);
    }
    return moves;
}

static void
forbidden_free (GArray *moves)
{
    for (guint i = 0; i < moves->len; i++)
        g_free (g_array_index (moves, VgateDrainGuest, i).seats);
    g_array_unref (moves);
}

/* The best assignment in which all of these others can move. The order of those that do; NULL when it was not
 * found in the time, or when no more guests leave than without others. */
static GPtrArray *
make_room_exactly (const Draining *d, const GPtrArray *movable, guint n_alone, gboolean *is_proved,
                   guint *n_most)
{
    g_autoptr (GPtrArray) forbidden = g_ptr_array_new_with_free_func ((GDestroyNotify)forbidden_free);

    for (guint i = 0; i < movable->len; i++)
        add_guest (d, g_ptr_array_index (movable, i), TRUE);
    unseat_all (d);
    while (forbidden->len < (d->options->n_tries > 0 ? d->options->n_tries : FORBIDDEN_MAX)) {
        GPtrArray *ordered;

        if (!vgate_drain_solve (d->moving, d->host, d->guests, forbidden, d->options->is_later, is_proved,
                                n_most) ||
            !vgate_drain_take_seats (d->moving, d->guests))
            break;
        if (count_leaving (d) <= n_alone)
            return NULL;
        ordered = order_others (d);
        if (ordered)
            return ordered;
        g_ptr_array_add (forbidden, moves_of_others (d));
        unseat_all (d);
    }
    *is_proved = FALSE;
    return NULL;
}

/* Improves the assignment by moving guests of other hosts, if more guests leave because of it. Returns those
 * of other hosts that move, in their order. */
static GPtrArray *
make_room (const Draining *d, guint n_possible, VgateDrainAssignment *plan)
{
    const guint n_own = d->guests->len, n_alone = count_leaving (d);
    const gboolean was_optimal = plan->is_optimal;
    GPtrArray *ordered = NULL;
    GArray *saved = save (d);
    guint n_most = n_possible;
    g_autoptr (GPtrArray) movable = find_movable (d, &n_most);

    g_debug ("%u guests leave; with %u guests of other hosts that can move, at most %u", n_alone,
             movable->len, n_most);
    plan->n_most = n_most;
    if (movable->len > 0 && n_most > n_alone) {
        gboolean is_proved = FALSE;

        if (movable->len <= OTHERS_MAX)
            ordered = make_room_exactly (d, movable, n_alone, &is_proved, &plan->n_most);
        plan->is_optimal = is_proved && was_optimal;
        if (!ordered && !is_proved) {
            g_ptr_array_set_size (d->guests, (gint)n_own);
            restore (d, saved);
            clear_pgpus (d, movable);
            ordered = order_others (d);
            /* one guest of another host at least is needed */
            plan->is_optimal = ordered && was_optimal && ordered->len == 1 && count_leaving (d) == n_most;
        }
    }
    if (!ordered) {
        g_ptr_array_set_size (d->guests, (gint)n_own);
        restore (d, saved);
        ordered = g_ptr_array_new ();
    }
    saved_free (saved);
    return ordered;
}

VgateDrainAssignment *
vgate_drain_assign (VgateMoving *moving, guint host, const GPtrArray *movers,
                    const VgateDrainOptions *options)
{
    VgateDrainAssignment *assignment = g_new0 (VgateDrainAssignment, 1);
    Draining d = {.moving = moving, .host = host, .options = options};
    guint n_possible = 0;

    d.guests = assignment->guests = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_drain_guest_free);
    assignment->n_own = movers->len;
    assignment->is_optimal = TRUE;
    for (guint i = 0; i < movers->len; i++) {
        VgateMover *mover = g_ptr_array_index (movers, i);

        add_guest (&d, mover, FALSE);
        n_possible += can_go_anywhere (&d, mover) ? 1 : 0;
    }
    g_ptr_array_sort (d.guests, compare_sizes);
    assignment->n_most = n_possible;
    if (!seat_one_by_one (&d) && !options->is_quick) {
        unseat_all (&d);
        if (!vgate_drain_solve (moving, host, d.guests, NULL, options->is_later, &assignment->is_optimal,
                                &assignment->n_most) ||
            !vgate_drain_take_seats (moving, d.guests)) {
            VgateDrainOptions quick = *options;

            quick.is_quick = TRUE;
            assignment->is_optimal = FALSE;
            unseat_all (&d);
            d.options = &quick;
            seat_one_by_one (&d);
            d.options = options;
        }
        if (count_leaving (&d) < n_possible && !options->keeps_others)
            assignment->others = make_room (&d, n_possible, assignment);
        vgate_drain_take_seats (moving, d.guests);
        seat_as_preferred (&d);
    }
    if (!assignment->others)
        assignment->others = g_ptr_array_new ();
    assignment->n_leaving = count_leaving (&d);
    return assignment;
}

void
vgate_drain_assignment_free (VgateDrainAssignment *assignment)
{
    g_ptr_array_unref (assignment->others);
    g_ptr_array_unref (assignment->guests);
    g_free (assignment);
}
