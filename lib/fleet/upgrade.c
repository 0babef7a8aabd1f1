/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/upgrade.h"

#include "compat/releases.h"
#include "fleet/upgrade-steps.h"

#include <string.h>

static void
group_free (VgateUpgradeGroup *group)
{
    g_free (group->gpus);
    g_array_unref (group->hosts);
    g_free (group);
}

static void
step_free (VgateUpgradeStep *step)
{
    g_array_unref (step->blocked);
    g_array_unref (step->unjudged);
    g_ptr_array_unref (step->moves);
    g_free (step);
}

static void
unknown_free (VgateUpgradeUnknown *unknown)
{
    g_ptr_array_unref (unknown->domains);
    g_ptr_array_unref (unknown->vgpus);
    g_free (unknown);
}

/* --- groups and their ranges --- */

static int
compare_texts (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* The different texts of the host's GPUs, sorted, with a separator. The caller frees it. */
static char *
join_gpus (const VgateHost *host, gboolean is_name, const char *separator)
{
    g_autoptr (GPtrArray) texts = g_ptr_array_new ();
    GString *joined = g_string_new (NULL);

    for (guint p = 0; p < host->pgpus->len; p++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, p);

        g_ptr_array_add (texts, is_name ? pgpu->name : (char *)pgpu->record.gpu_string);
    }
    g_ptr_array_sort (texts, compare_texts);
    for (guint i = 0; i < texts->len; i++)
        if (i == 0 || strcmp (g_ptr_array_index (texts, i), g_ptr_array_index (texts, i - 1)) != 0)
            g_string_append_printf (joined, "%s%s", joined->len > 0 ? separator : "",
                                    (const char *)g_ptr_array_index (texts, i));
    return g_string_free (joined, FALSE);
}

/* The group of each host, with what all of its hosts accept, before and after the update. */
static void
make_groups (VgateUpgradePlan *plan, const VgateFleet *fleet, const gboolean *hosts, guint *group_of)
{
    g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

    for (guint h = 0; h < fleet->hosts->len; h++) {
        const VgateHost *host = vgate_moving_host (plan->before, h);
        char *key = join_gpus (host, FALSE, "\n");
        const guint index = GPOINTER_TO_UINT (g_hash_table_lookup (known, key));
        VgateUpgradeGroup *group;

        if (index == 0) {
            group = g_new0 (VgateUpgradeGroup, 1);
            group->gpus = join_gpus (host, TRUE, ", ");
            group->hosts = g_array_new (FALSE, FALSE, sizeof (guint));
            group->has_range = TRUE;
            group->range = host->current;
            g_ptr_array_add (plan->groups, group);
            g_hash_table_insert (known, key, GUINT_TO_POINTER (plan->groups->len));
        } else {
            group = g_ptr_array_index (plan->groups, index - 1);
            g_free (key);
        }
        group_of[h] = index == 0 ? plan->groups->len - 1 : index - 1;
        g_array_append_val (group->hosts, h);
        group->is_updated = group->is_updated || hosts[h];
        group->has_range =
            group->has_range && vgate_version_range_intersect (group->range, host->current, &group->range) &&
            (!hosts[h] || vgate_version_range_intersect (group->range, plan->branch->range, &group->range));
    }
}

static void
list_outside (VgateUpgradePlan *plan, const guint *group_of)
{
    for (guint g = 0; g < plan->before->fleet->guests->len; g++) {
        const VgateMover *mover = plan->before->movers[g];
        const VgateUpgradeGroup *group =
            mover && mover->home >= 0 ? g_ptr_array_index (plan->groups, group_of[mover->home]) : NULL;

        for (guint v = 0; group && group->is_updated && v < mover->n_vgpus; v++) {
            const guint32 version = mover->vgpus[v].vgpu->record.guest_version;
            VgateUpgradeOutside *outside;

            /* 0: no guest driver runs, so that it agrees on a version later */
            if (version == 0 || (group->has_range && vgate_version_in_range (version, group->range)))
                continue;
            outside = g_new0 (VgateUpgradeOutside, 1);
            outside->mover = mover;
            outside->version = version;
            outside->has_range = group->has_range;
            outside->is_supported = vgate_version_in_range (version, plan->branch->range);
            g_ptr_array_add (plan->outside, outside);
            break;
        }
    }
}

static void
list_drivers (VgateUpgradePlan *plan, const guint *group_of)
{
    for (guint g = 0; g < plan->before->fleet->guests->len; g++) {
        const VgateMover *mover = plan->before->movers[g];
        const VgateUpgradeGroup *group =
            mover && mover->home >= 0 ? g_ptr_array_index (plan->groups, group_of[mover->home]) : NULL;
        const VgateVgpuRecord *record =
            group && group->is_updated && mover->n_vgpus > 0 ? &mover->vgpus[0].vgpu->record : NULL;
        VgateUpgradeDriver entry = {.mover = mover};
        VgateSupport support;

        /* 0: no guest driver runs. All vGPUs of a guest have the same one. */
        if (!record || record->guest_version == 0)
            continue;
        entry.driver = record->guest_driver;
        support = vgate_branch_judge_guest (plan->branch, entry.driver, &entry.release);
        entry.is_known = support == VGATE_SUPPORT_NO;
        if (support != VGATE_SUPPORT_YES)
            g_array_append_val (plan->drivers, entry);
    }
}

/* --- the order --- */

static gboolean
is_warm (const VgateUpgradePlan *plan, guint host)
{
    return plan->is_warm_used && vgate_host_has_warm_update (vgate_moving_host (plan->before, host));
}

/* TRUE when the guest can run on while this host is updated. A guest without a version has no driver yet;
 * what one without good metadata has is not known. */
static gboolean
can_stay (const VgateUpgradePlan *plan, guint guest, guint host)
{
    const VgateMover *mover = plan->before->movers[guest];

    if (!is_warm (plan, host) || !mover->is_checked || mover->n_vgpus == 0)
        return FALSE;
    for (guint v = 0; v < mover->n_vgpus; v++) {
        const guint32 version = mover->vgpus[v].vgpu->record.guest_version;

        if (version != 0 && !vgate_version_in_range (version, plan->branch->range))
            return FALSE;
    }
    return TRUE;
}

/* The guests that run on one of these hosts, and where they can run and stay. */
static void
fill_input (VgateUpgradePlan *plan, GArray *guests, gboolean *old, gboolean *new, gboolean *stay)
{
    const guint n_hosts = plan->before->fleet->hosts->len;

    for (guint i = 0; i < guests->len; i++) {
        const guint g = g_array_index (guests, guint, i);

        for (guint h = 0; h < n_hosts; h++) {
            old[(gsize)i * n_hosts + h] =
                plan->before->movers[g]->home == (int)h ||
                vgate_moving_fit (plan->before, plan->before->movers[g], h)->is_possible;
            stay[(gsize)i * n_hosts + h] = can_stay (plan, g, h);
            new[(gsize)i * n_hosts + h] =
                (stay[(gsize)i * n_hosts + h] && plan->before->movers[g]->home == (int)h) ||
                vgate_moving_fit (plan->after, plan->after->movers[g], h)->is_possible;
        }
    }
}

/* Why the guest, which is on the host, cannot leave it. *is_known is FALSE when it could not be judged on
 * another host. */
static VgateUpgradeBlocked
find_blocked (const VgateUpgradePlan *plan, guint guest, guint host, gboolean *is_known)
{
    VgateUpgradeBlocked blocked = {.guest = guest};

    *is_known = TRUE;
    for (guint h = 0; h < plan->before->fleet->hosts->len; h++) {
        const VgateMovingFit *fit =
            h != host ? vgate_moving_fit (plan->before, plan->before->movers[guest], h) : NULL;

        if (!fit)
            continue;
        blocked.lacks_room = blocked.lacks_room || fit->is_possible;
        *is_known = *is_known && (fit->is_possible || !vgate_code_is_unanswered (fit->code));
    }
    return blocked;
}

/* The step, with the devices that its guests get. */
static void
add_step (VgateUpgradePlan *plan, const VgateUpgradeTask *task, const VgateUpgradeStage *stage,
          VgateDrainDevices *devices)
{
    VgateUpgradeStep *step = g_new0 (VgateUpgradeStep, 1);

    step->host = stage->host;
    step->is_warm = is_warm (plan, stage->host);
    step->moves = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_drain_move_free);
    step->blocked = g_array_new (FALSE, FALSE, sizeof (VgateUpgradeBlocked));
    step->unjudged = g_array_new (FALSE, FALSE, sizeof (guint));
    g_ptr_array_add (plan->steps, step);
    for (guint i = 0; i < stage->moves->len; i++) {
        const VgateDrainGuest *guest = g_ptr_array_index (stage->moves, i);
        VgateDrainMove *move =
            vgate_drain_move_new (plan->before, guest->mover, (guint)guest->to, guest->seats, devices);

        move->is_other = guest->is_other;
        /* what is left on a host whose driver is loaded again is gone */
        move->is_left = guest->is_other || step->is_warm;
        g_ptr_array_add (step->moves, move);
        vgate_moving_settle_guest (guest->mover, (guint)guest->to, guest->seats);
    }
    for (guint i = 0; i < stage->blocked->len; i++) {
        const guint guest = g_array_index (stage->blocked, guint, i);
        gboolean is_known;
        const VgateUpgradeBlocked blocked = find_blocked (plan, guest, stage->host, &is_known);

        if (is_known)
            g_array_append_val (step->blocked, blocked);
        else
            g_array_append_val (step->unjudged, guest);
    }
    plan->n_moves += step->moves->len;
    plan->n_blocked += step->blocked->len;
    plan->n_unjudged += step->unjudged->len;
    task->is_updated[stage->host] = TRUE;
}

static void
add_steps (VgateUpgradePlan *plan, const VgateUpgradeTask *task, const guint *order)
{
    g_autoptr (VgateUpgradeCourse) course = vgate_upgrade_find_course (task, order, &plan->n_least);
    g_autoptr (VgateMovingState) state = vgate_moving_save (plan->before);
    g_autoptr (VgateDrainDevices) devices = vgate_drain_devices_new (plan->before);

    for (guint s = 0; s < course->stages->len; s++)
        add_step (plan, task, g_ptr_array_index (course->stages, s), devices);
    vgate_moving_restore (plan->before, state);
}

/* What runs on the hosts that are updated, and cannot be judged at all. */
static void
list_unknown (VgateUpgradePlan *plan)
{
    for (guint s = 0; s < plan->steps->len; s++) {
        VgateUpgradeUnknown *unknown = g_new0 (VgateUpgradeUnknown, 1);

        unknown->host = ((const VgateUpgradeStep *)g_ptr_array_index (plan->steps, s))->host;
        unknown->has_devices = vgate_moving_host (plan->before, unknown->host)->devices != NULL;
        unknown->domains = g_ptr_array_new ();
        unknown->vgpus = g_ptr_array_new ();
        vgate_moving_list_unknown (plan->before, unknown->host, unknown->domains, unknown->vgpus);
        if (unknown->has_devices && unknown->domains->len == 0 && unknown->vgpus->len == 0)
            unknown_free (unknown);
        else
            g_ptr_array_add (plan->unknown, unknown);
    }
}

static void
find_steps (VgateUpgradePlan *plan, const gboolean *updated)
{
    const guint n_hosts = plan->before->fleet->hosts->len;
    g_autoptr (GArray) guests = g_array_new (FALSE, FALSE, sizeof (guint));
    g_autofree gboolean *old = NULL, *new = NULL, *stay = NULL;
    g_autofree gboolean *is_updated = g_new0 (gboolean, n_hosts + 1);
    g_autofree guint *order = g_new0 (guint, n_hosts + 1);
    VgateUpgradeInput input = {.n_hosts = n_hosts, .updated = updated};
    VgateUpgradeTask task = {plan->before, updated, n_hosts, 0, guests, NULL, is_updated};

    for (guint g = 0; g < plan->before->fleet->guests->len; g++)
        if (plan->before->movers[g] && plan->before->movers[g]->home >= 0)
            g_array_append_val (guests, g);
    for (guint h = 0; h < n_hosts; h++)
        task.n_steps += updated[h] ? 1 : 0;
    old = g_new0 (gboolean, (gsize)guests->len * n_hosts + 1);
    new = g_new0 (gboolean, (gsize)guests->len * n_hosts + 1);
    stay = g_new0 (gboolean, (gsize)guests->len * n_hosts + 1);
    fill_input (plan, guests, old, new, stay);
    input.n_guests = guests->len;
    input.old = old;
    input.new = new;
    input.stay = task.stay = stay;
    vgate_upgrade_order (&input, order, &plan->n_least);
    plan->before->after = plan->after;
    plan->before->is_changed = is_updated;
    add_steps (plan, &task, order);
    plan->before->after = NULL;
    /* the steps count those that are not judged as blocked */
    if (plan->n_unjudged > 0)
        plan->n_least = 0;
}

/* The fleet with all hosts updated. Its guests are those of the fleet. */
static VgateFleet *
update_all (const VgateUpgradePlan *plan, const VgateFleet *fleet, const char *driver, const guint *group_of)
{
    VgateFleet *updated = vgate_fleet_new ();

    g_ptr_array_unref (updated->guests);
    updated->guests = g_ptr_array_ref (fleet->guests);
    for (guint h = 0; h < fleet->hosts->len; h++) {
        const VgateFleetHost *host = g_ptr_array_index (fleet->hosts, h);
        const VgateUpgradeGroup *group = g_ptr_array_index (plan->groups, group_of[h]);
        const gboolean can_set =
            group->has_range && !(plan->is_warm_used && vgate_host_has_warm_update (host->host));

        g_ptr_array_add (updated->hosts, vgate_fleet_host_with_driver (host, driver, plan->branch,
                                                                       can_set ? &group->range : NULL));
    }
    return updated;
}

VgateUpgradePlan *
vgate_upgrade_plan (const VgateFleet *fleet, const VgateFleetQuestion *question, const gboolean *hosts,
                    const char *driver, const VgateBranch *branch, gboolean use_warm)
{
    VgateUpgradePlan *plan = g_new0 (VgateUpgradePlan, 1);
    g_autofree gboolean *updated = g_new0 (gboolean, fleet->hosts->len + 1);
    g_autofree guint *group_of = g_new0 (guint, fleet->hosts->len + 1);

    plan->branch = branch;
    plan->is_warm_used = use_warm;
    plan->groups = g_ptr_array_new_with_free_func ((GDestroyNotify)group_free);
    plan->outside = g_ptr_array_new_with_free_func (g_free);
    plan->drivers = g_array_new (FALSE, FALSE, sizeof (VgateUpgradeDriver));
    plan->steps = g_ptr_array_new_with_free_func ((GDestroyNotify)step_free);
    plan->unknown = g_ptr_array_new_with_free_func ((GDestroyNotify)unknown_free);
    plan->done = g_array_new (FALSE, FALSE, sizeof (guint));
    plan->before = vgate_moving_new (fleet, question);
    for (guint h = 0; h < fleet->hosts->len; h++) {
        const VgateFleetHost *host = g_ptr_array_index (fleet->hosts, h);

        updated[h] = hosts[h] && vgate_driver_branch (host->host->driver) != branch->number;
        if (hosts[h] && !updated[h])
            g_array_append_val (plan->done, h);
    }
    make_groups (plan, fleet, updated, group_of);
    plan->updated = update_all (plan, fleet, driver, group_of);
    plan->after = vgate_moving_new (plan->updated, question);
    list_outside (plan, group_of);
    list_drivers (plan, group_of);
    find_steps (plan, updated);
    list_unknown (plan);
    return plan;
}

void
vgate_upgrade_plan_free (VgateUpgradePlan *plan)
{
    g_ptr_array_unref (plan->groups);
    g_ptr_array_unref (plan->outside);
    g_array_unref (plan->drivers);
    g_ptr_array_unref (plan->steps);
    g_ptr_array_unref (plan->unknown);
    g_array_unref (plan->done);
    vgate_moving_free (plan->before);
    vgate_moving_free (plan->after);
    vgate_fleet_free (plan->updated);
    g_free (plan);
}
