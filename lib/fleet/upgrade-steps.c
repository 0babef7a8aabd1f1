/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/upgrade-steps.h"

#include "fleet/upgrade-search.h"

#include <string.h>

/* Of this number of hosts that are updated, several orders are tried, and each step is an optimal
 * assignment. */
#define HOSTS_MAX 12u
/* With more hosts, it is tried for only this number of hosts at each step how many guests could leave. */
#define CANDIDATES_MAX 8u
/* Assignments of one step that are tried, because guests that make room may have to move at once. */
#define TRIES_MAX 2u

/* --- one step --- */

/* The guests that must leave the host before it is updated, as VgateMover *. The caller unrefs the array. */
static GPtrArray *
list_leaving (const VgateUpgradeTask *task, guint host)
{
    GPtrArray *leaving = g_ptr_array_new ();

    for (guint i = 0; i < task->guests->len; i++) {
        VgateMover *mover = task->moving->movers[g_array_index (task->guests, guint, i)];

        if (mover->home == (int)host && !task->stay[(gsize)i * task->n_hosts + host])
            g_ptr_array_add (leaving, mover);
    }
    return leaving;
}

/* TRUE for a host that is not updated yet, and is to be. */
static gboolean
is_later (const VgateUpgradeTask *task, guint host)
{
    return task->hosts[host] && !task->is_updated[host];
}

static gboolean
is_large (const VgateUpgradeTask *task)
{
    return task->n_steps > HOSTS_MAX;
}

/* Full hosts are preferred, so that the others have room for the guests of a whole host. */
static VgateDrainAssignment *
assign (const VgateUpgradeTask *task, guint host, const GPtrArray *leaving, gboolean is_quick)
{
    g_autofree gboolean *later = g_new0 (gboolean, task->n_hosts + 1);
    const VgateDrainOptions options = {
        .order = VGATE_MOVING_PACK, .is_quick = is_quick, .n_tries = TRIES_MAX, .is_later = later};

    for (guint h = 0; h < task->n_hosts; h++)
        later[h] = h != host && is_later (task, h);
    vgate_moving_reset (task->moving);
    return vgate_drain_assign (task->moving, host, leaving, &options);
}

/* The host is emptied and updated. */
static void
update (const VgateUpgradeTask *task, guint host, gboolean is_quick, VgateUpgradeCourse *course)
{
    g_autoptr (GPtrArray) leaving = list_leaving (task, host);
    g_autoptr (VgateDrainAssignment) a = assign (task, host, leaving, is_quick);
    VgateUpgradeStage *stage = vgate_upgrade_course_add (course, host);

    for (guint i = 0; i < a->others->len; i++) {
        const VgateDrainGuest *guest = g_ptr_array_index (a->others, i);

        vgate_upgrade_stage_move (course, stage, guest->mover, TRUE, (guint)guest->to, guest->seats);
    }
    for (guint i = 0; i < a->n_own; i++) {
        const VgateDrainGuest *guest = g_ptr_array_index (a->guests, i);

        if (guest->to < 0) {
            vgate_upgrade_stage_block (course, stage, guest->mover->guest);
            guest->mover->is_fixed = TRUE;
            continue;
        }
        vgate_upgrade_stage_move (course, stage, guest->mover, FALSE, (guint)guest->to, guest->seats);
        if (vgate_moving_can_leave (task->moving, guest->mover))
            vgate_moving_leave (task->moving, guest->mover);
    }
    vgate_moving_settle (task->moving);
    for (guint i = 0; i < stage->moves->len; i++) {
        const VgateDrainGuest *move = g_ptr_array_index (stage->moves, i);

        vgate_moving_settle_guest (move->mover, (guint)move->to, move->seats);
    }
    task->is_updated[host] = TRUE;
}

/* --- the order --- */

/* A host that can be updated next. */
typedef struct {
    guint host;
    GPtrArray *leaving;
    guint n_blocked, n_again; /* guests that cannot leave, and those that would have to leave again later */
} Candidate;

static gint
compare_candidates (gconstpointer a, gconstpointer b)
{
    const Candidate *left = a, *right = b;

    if (left->leaving->len != right->leaving->len)
        return left->leaving->len < right->leaving->len ? -1 : 1;
    return left->host < right->host ? -1 : 1;
}

static void
candidate_clear (Candidate *candidate)
{
    g_ptr_array_unref (candidate->leaving);
}

static void
try_candidate (const VgateUpgradeTask *task, Candidate *candidate)
{
    g_autoptr (VgateDrainAssignment) a = assign (task, candidate->host, candidate->leaving, TRUE);

    candidate->n_blocked = a->n_own - a->n_leaving;
    for (guint i = 0; i < a->n_own; i++) {
        const int to = ((const VgateDrainGuest *)g_ptr_array_index (a->guests, i))->to;

        candidate->n_again += to >= 0 && is_later (task, (guint)to) ? 1 : 0;
    }
}

/* The host from which the most guests can leave: in doubt, the one whose guests move the least often. */
static guint
choose_next (const VgateUpgradeTask *task)
{
    g_autoptr (GArray) candidates = g_array_new (FALSE, FALSE, sizeof (Candidate));
    const Candidate *best = NULL;

    g_array_set_clear_func (candidates, (GDestroyNotify)candidate_clear);
    for (guint h = 0; h < task->n_hosts; h++) {
        const Candidate candidate = {.host = h,
                                     .leaving = is_later (task, h) ? list_leaving (task, h) : NULL};

        if (candidate.leaving)
            g_array_append_val (candidates, candidate);
    }
    g_array_sort (candidates, compare_candidates);
    for (guint i = 0; i < candidates->len && (!is_large (task) || i < CANDIDATES_MAX); i++) {
        Candidate *candidate = &g_array_index (candidates, Candidate, i);

        try_candidate (task, candidate);
        if (!best || candidate->n_blocked < best->n_blocked ||
            (candidate->n_blocked == best->n_blocked && candidate->n_again < best->n_again))
            best = candidate;
        if (best->n_blocked == 0 && best->n_again == 0)
            break;
    }
    return best->host;
}

/* The first n_fixed hosts are given, the following are chosen one after the other. */
static VgateUpgradeCourse *
follow (const VgateUpgradeTask *task, const guint *order, guint n_fixed, gboolean is_quick)
{
    VgateUpgradeCourse *course = vgate_upgrade_course_new ();
    g_autoptr (VgateMovingState) state = NULL;

    vgate_moving_reset (task->moving);
    state = vgate_moving_save (task->moving);
    for (guint s = 0; s < task->n_steps; s++)
        update (task, s < n_fixed ? order[s] : choose_next (task), is_quick, course);
    vgate_moving_restore (task->moving, state);
    memset (task->is_updated, 0, sizeof (gboolean) * task->n_hosts);
    return course;
}

/* Keeps the better one of both. */
static void
take_better (VgateUpgradeCourse **best, VgateUpgradeCourse *course)
{
    if (course && (!*best || course->n_blocked < (*best)->n_blocked ||
                   (course->n_blocked == (*best)->n_blocked && course->n_moves < (*best)->n_moves))) {
        vgate_upgrade_course_free (*best);
        *best = course;
    } else {
        vgate_upgrade_course_free (course);
    }
}

/* The same hosts in the same order, but each step lets as many guests leave as are possible. */
static VgateUpgradeCourse *
improve (const VgateUpgradeTask *task, const VgateUpgradeCourse *course)
{
    g_autofree guint *order = g_new0 (guint, task->n_steps + 1);

    for (guint s = 0; s < task->n_steps; s++)
        order[s] = ((const VgateUpgradeStage *)g_ptr_array_index (course->stages, s))->host;
    return follow (task, order, task->n_steps, FALSE);
}

VgateUpgradeCourse *
vgate_upgrade_find_course (const VgateUpgradeTask *task, const guint *order, guint *n_least)
{
    VgateUpgradeCourse *best = NULL;

    take_better (&best, follow (task, NULL, 0, TRUE));
    if (is_large (task))
        return best;
    take_better (&best, follow (task, order, task->n_steps, TRUE));
    for (guint i = 0; i < task->n_steps && best->n_blocked > *n_least; i++)
        take_better (&best, follow (task, &order[i], 1, TRUE));
    if (best->n_blocked > *n_least)
        take_better (&best, improve (task, best));
    if (best->n_blocked > *n_least)
        take_better (&best, vgate_upgrade_search (task, best->n_blocked, n_least));
    return best;
}
