/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All courses of an update. A state is the set of hosts that are updated, and where each guest is; guests
 * that are alike are not told apart. From a state, each guest can move where it has room, and each host can
 * be updated; only the latter costs, the guests that are shut down for it. States are visited in the order
 * of their cost (Dijkstra, 1959; the costs are small numbers, so a queue for each replaces the heap), and
 * of the migrations before them where it is equal. The room of a state is counted from the documents.
 */
#include "fleet/upgrade-search.h"

#include <string.h>

/* More states than this are not visited. */
#define STATES_MAX 12000u
/* Larger fleets are not tried. */
#define HOSTS_MAX     12u
#define GUESTS_MAX    32u
#define POSITIONS_MAX 100u

/* A guest's position is a byte: 0 for its place by the documents, otherwise an index + 1 into its positions.
 * FIXED is added when it was shut down there. */
#define FIXED 0x80u

typedef struct {
    guint host;
    VgateSeat *seats;
} Position;

typedef struct {
    VgateMover *mover;
    gboolean gives_back; /* its room at the place by the documents, when it leaves */
    guint group;         /* the first guest that is like it */
    GArray *positions;   /* of Position */
} Guest;

typedef struct {
    guint32 updated; /* bits of steps */
    guint8 positions[GUESTS_MAX];
    guint n_blocked;
    int parent; /* index of the state before; -1: the first one */
    /* from there: this guest moved, or host was updated (guest is -1) */
    int guest;
    guint host;
} State;

typedef struct {
    const VgateUpgradeTask *task;
    GArray *hosts;     /* of guint: those that are updated */
    GArray *guests;    /* of Guest */
    GArray *states;    /* of State */
    GHashTable *known; /* key -> its cost + 1 */
    GPtrArray *queues; /* of GQueue of indices of states, indexed by cost */
} Search;

static Guest *
guest_at (const Search *s, guint i)
{
    return &g_array_index (s->guests, Guest, i);
}

/* Where the guest is, as an index of a host. */
static guint
host_of (const Search *s, guint i, guint8 position)
{
    const guint p = position & ~FIXED;

    return p == 0 ? (guint)guest_at (s, i)->mover->home
                  : g_array_index (guest_at (s, i)->positions, Position, p - 1).host;
}

/* --- the positions of the guests --- */

static void
position_clear (Position *position)
{
    g_free (position->seats);
}

static void
guest_clear (Guest *guest)
{
    g_array_unref (guest->positions);
}

/* Adds all seats of the vGPUs from v on. FALSE when there are too many. */
static gboolean
add_positions (const Search *s, Guest *guest, guint host, guint v, VgateSeat *seats)
{
    const VgateMover *mover = guest->mover;
    const VgateMovingVgpu *vgpu = &mover->vgpus[v];
    const VgatePlaces *places = s->task->moving->places[host];

    if (v == mover->n_vgpus) {
        const Position position = {host, g_memdup2 (seats, sizeof (VgateSeat) * mover->n_vgpus)};

        g_array_append_val (guest->positions, position);
        return guest->positions->len <= POSITIONS_MAX;
    }
    for (guint p = 0; p < places->host->pgpus->len; p++) {
        const VgatePlacePgpu *pgpu = &places->pgpus[p];
        const int type = vgate_moving_find_type (pgpu, vgpu);

        if (type < 0)
            continue;
        seats[v] = (VgateSeat){p, (guint)type, vgpu->hostdev ? VGATE_ARRIVAL_MADE : VGATE_ARRIVAL_NO_DEVICE};
        if (!add_positions (s, guest, host, v + 1, seats))
            return FALSE;
        seats[v].arrival = VGATE_ARRIVAL_TAKEN;
        if (vgpu->hostdev && pgpu->types[type].n_idle > 0 && !add_positions (s, guest, host, v + 1, seats))
            return FALSE;
    }
    return TRUE;
}

static gboolean
are_alike (const Search *s, const Guest *a, const Guest *b)
{
    if (a->mover->home != b->mover->home || a->mover->n_vgpus != b->mover->n_vgpus ||
        a->gives_back != b->gives_back || a->positions->len != b->positions->len ||
        vgate_moving_class (s->task->moving, a->mover) != vgate_moving_class (s->task->moving, b->mover))
        return FALSE;
    for (guint v = 0; v < a->mover->n_vgpus; v++)
        if (a->mover->vgpus[v].pgpu != b->mover->vgpus[v].pgpu ||
            a->mover->vgpus[v].type != b->mover->vgpus[v].type ||
            !a->mover->vgpus[v].hostdev != !b->mover->vgpus[v].hostdev)
            return FALSE;
    return TRUE;
}

/* FALSE when the fleet is too large. */
static gboolean
add_guests (Search *s)
{
    const VgateUpgradeTask *task = s->task;

    if (task->guests->len > GUESTS_MAX)
        return FALSE;
    for (guint i = 0; i < task->guests->len; i++) {
        VgateMover *mover = task->moving->movers[g_array_index (task->guests, guint, i)];
        Guest guest = {.mover = mover,
                       .gives_back = vgate_moving_can_leave (task->moving, mover),
                       .group = i,
                       .positions = g_array_new (FALSE, FALSE, sizeof (Position))};
        g_autofree VgateSeat *seats = g_new0 (VgateSeat, mover->n_vgpus + 1);
        gboolean is_complete = TRUE;

        g_array_set_clear_func (guest.positions, (GDestroyNotify)position_clear);
        for (guint h = 0; h < task->n_hosts && mover->n_vgpus > 0 && is_complete; h++)
            is_complete = add_positions (s, &guest, h, 0, seats);
        for (guint k = 0; k < i && guest.group == i; k++)
            if (are_alike (s, guest_at (s, k), &guest))
                guest.group = guest_at (s, k)->group;
        g_array_append_val (s->guests, guest);
        if (!is_complete)
            return FALSE;
    }
    return TRUE;
}

/* --- states --- */

/* Equal for states that differ only in which of some guests that are alike is where. */
static GBytes *
key_of (const Search *s, const State *state)
{
    GByteArray *key = g_byte_array_new ();

    g_byte_array_append (key, (const guint8 *)&state->updated, sizeof state->updated);
    for (guint g = 0; g < s->guests->len; g++) {
        guint8 sorted[GUESTS_MAX];
        guint n = 0;

        for (guint i = g; i < s->guests->len && guest_at (s, g)->group == g; i++) {
            guint at = n;

            if (guest_at (s, i)->group != g)
                continue;
            for (; at > 0 && sorted[at - 1] > state->positions[i]; at--)
                sorted[at] = sorted[at - 1];
            sorted[at] = state->positions[i];
            n++;
        }
        g_byte_array_append (key, sorted, n);
    }
    return g_byte_array_free_to_bytes (key);
}

static void
add_state (Search *s, const State *state, gboolean is_first)
{
    GBytes *key = key_of (s, state);
    const guint cost = GPOINTER_TO_UINT (g_hash_table_lookup (s->known, key));
    gpointer index = GUINT_TO_POINTER (s->states->len);

    if ((cost > 0 && cost <= state->n_blocked + 1) || state->n_blocked >= s->queues->len) {
        g_bytes_unref (key);
        return;
    }
    g_hash_table_replace (s->known, key, GUINT_TO_POINTER (state->n_blocked + 1));
    g_array_append_val (s->states, *state);
    if (is_first)
        g_queue_push_head (g_ptr_array_index (s->queues, state->n_blocked), index);
    else
        g_queue_push_tail (g_ptr_array_index (s->queues, state->n_blocked), index);
}

/* Takes the room as it is in the state. */
static void
enter (const Search *s, const State *state)
{
    vgate_moving_reset (s->task->moving);
    for (guint i = 0; i < s->hosts->len; i++)
        s->task->is_updated[g_array_index (s->hosts, guint, i)] = (state->updated >> i & 1) != 0;
    for (guint i = 0; i < s->guests->len; i++)
        if ((state->positions[i] & ~FIXED) != 0 && guest_at (s, i)->gives_back)
            vgate_moving_leave (s->task->moving, guest_at (s, i)->mover);
    for (guint i = 0; i < s->guests->len; i++) {
        const guint p = state->positions[i] & ~FIXED;
        const Position *position =
            p > 0 ? &g_array_index (guest_at (s, i)->positions, Position, p - 1) : NULL;

        if (position &&
            !vgate_moving_take (s->task->moving, guest_at (s, i)->mover, position->host, position->seats))
            g_warning ("guest %u has no room on host %u", guest_at (s, i)->mover->guest, position->host);
    }
}

static gboolean
can_move_to (const Search *s, VgateMover *mover, const Position *position)
{
    const VgateMovingFit *fit = vgate_moving_fit (s->task->moving, mover, position->host);

    for (guint v = 0; fit->is_possible && v < mover->n_vgpus; v++)
        if (!fit->can_run[v * fit->n_pgpus + position->seats[v].pgpu])
            return FALSE;
    if (!fit->is_possible || !vgate_moving_take (s->task->moving, mover, position->host, position->seats))
        return FALSE;
    vgate_moving_give_back (s->task->moving, mover, position->host, position->seats);
    return TRUE;
}

/* The state is a copy, because the list grows. */
static void
add_moves (Search *s, State state, int index)
{
    for (guint i = 0; i < s->guests->len; i++) {
        const Guest *guest = guest_at (s, i);
        const guint8 before = state.positions[i];
        const guint host = host_of (s, i, before);
        gboolean is_alike = FALSE;

        for (guint k = 0; k < i; k++)
            is_alike = is_alike || (guest_at (s, k)->group == guest->group && state.positions[k] == before);
        if (is_alike || (before & FIXED) != 0)
            continue;
        for (guint p = 0; p < guest->positions->len; p++) {
            const Position *position = &g_array_index (guest->positions, Position, p);
            State next = state;

            if (position->host == host || !can_move_to (s, guest->mover, position))
                continue;
            next.positions[i] = (guint8)(p + 1);
            next.parent = index;
            next.guest = (int)i;
            add_state (s, &next, FALSE);
        }
    }
}

static void
add_updates (Search *s, State state, int index)
{
    for (guint i = 0; i < s->hosts->len; i++) {
        const guint host = g_array_index (s->hosts, guint, i);
        State next = state;

        if ((state.updated >> i & 1) != 0)
            continue;
        next.updated |= 1u << i;
        next.parent = index;
        next.guest = -1;
        next.host = host;
        for (guint g = 0; g < s->guests->len; g++) {
            if (host_of (s, g, state.positions[g]) != host ||
                s->task->stay[(gsize)g * s->task->n_hosts + host])
                continue;
            next.positions[g] |= FIXED;
            next.n_blocked++;
        }
        add_state (s, &next, next.n_blocked == state.n_blocked);
    }
}

/* The course that leads to the state. */
static VgateUpgradeCourse *
course_to (const Search *s, guint index)
{
    VgateUpgradeCourse *course = vgate_upgrade_course_new ();
    g_autoptr (GArray) path = g_array_new (FALSE, FALSE, sizeof (guint));
    VgateUpgradeStage *stage = NULL;

    for (int i = (int)index; i > 0; i = g_array_index (s->states, State, i).parent)
        g_array_append_val (path, i);
    for (guint k = path->len; k-- > 0;) {
        const State *state = &g_array_index (s->states, State, g_array_index (path, guint, k));
        const State *before = &g_array_index (s->states, State, state->parent);
        guint host = state->host;

        /* a migration belongs to the update that follows */
        for (guint next = k; state->guest >= 0 && !stage; next--) {
            const State *later = &g_array_index (s->states, State, g_array_index (path, guint, next));

            if (later->guest >= 0)
                continue;
            stage = vgate_upgrade_course_add (course, later->host);
        }
        if (state->guest >= 0) {
            const Guest *guest = guest_at (s, (guint)state->guest);
            const guint8 from = before->positions[state->guest], to = state->positions[state->guest];
            const Position *position = &g_array_index (guest->positions, Position, to - 1u);

            vgate_upgrade_stage_move (course, stage, guest->mover,
                                      host_of (s, (guint)state->guest, from) != stage->host, position->host,
                                      position->seats);
            continue;
        }
        if (!stage)
            stage = vgate_upgrade_course_add (course, host);
        for (guint g = 0; g < s->guests->len; g++)
            if (state->positions[g] != before->positions[g])
                vgate_upgrade_stage_block (course, stage, guest_at (s, g)->mover->guest);
        stage = NULL;
    }
    return course;
}

/* Visits the states. *n_least is raised to the cost of what was not visited. */
static VgateUpgradeCourse *
visit (Search *s, guint *n_least)
{
    const guint32 all = (1u << s->hosts->len) - 1;
    guint n_visited = 0;

    for (guint cost = 0; cost < s->queues->len; cost++) {
        GQueue *queue = g_ptr_array_index (s->queues, cost);

        while (!g_queue_is_empty (queue)) {
            const guint index = GPOINTER_TO_UINT (g_queue_pop_head (queue));
            const State state = g_array_index (s->states, State, index);

            if (state.updated == all) {
                *n_least = MAX (*n_least, cost);
                return course_to (s, index);
            }
            if (++n_visited > STATES_MAX || s->states->len > 8 * STATES_MAX) {
                *n_least = MAX (*n_least, cost);
                return NULL;
            }
            enter (s, &state);
            add_moves (s, state, (int)index);
            add_updates (s, state, (int)index);
        }
    }
    *n_least = MAX (*n_least, s->queues->len);
    return NULL;
}

VgateUpgradeCourse *
vgate_upgrade_search (const VgateUpgradeTask *task, guint n_known, guint *n_least)
{
    g_autoptr (GArray) hosts = g_array_new (FALSE, FALSE, sizeof (guint));
    g_autoptr (GArray) guests = g_array_new (FALSE, FALSE, sizeof (Guest));
    g_autoptr (GArray) states = g_array_new (FALSE, FALSE, sizeof (State));
    g_autoptr (GPtrArray) queues = g_ptr_array_new_with_free_func ((GDestroyNotify)g_queue_free);
    g_autoptr (GHashTable) known =
        g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    Search s = {task, hosts, guests, states, known, queues};
    const State first = {.parent = -1};
    VgateUpgradeCourse *course = NULL;

    g_array_set_clear_func (guests, (GDestroyNotify)guest_clear);
    for (guint h = 0; h < task->n_hosts; h++)
        if (task->hosts[h])
            g_array_append_val (hosts, h);
    if (hosts->len > HOSTS_MAX || !add_guests (&s))
        return NULL;
    for (guint i = 0; i < n_known; i++)
        g_ptr_array_add (queues, g_queue_new ());
    add_state (&s, &first, FALSE);
    course = visit (&s, n_least);
    g_debug ("%u states of an update, %u guests are shut down at least", states->len, *n_least);
    vgate_moving_reset (task->moving);
    memset (task->is_updated, 0, sizeof (gboolean) * task->n_hosts);
    return course;
}
