/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/output.h"
#include "upgrade-output.h"
#include "wrap.h"

#define WIDTH 80u

static void
append_wrapped (GString *text, const char *line)
{
    g_autofree char *shown = vgate_printable (line, 100000);
    g_autofree char *wrapped = vgate_wrap (shown, WIDTH);

    g_string_append_printf (text, "%s\n", wrapped);
}

static const char *
host_name (const VgateUpgradePlan *plan, guint host)
{
    return vgate_moving_host (plan->before, host)->name;
}

static gboolean
any_is_warm (const VgateUpgradePlan *plan)
{
    for (guint s = 0; s < plan->steps->len; s++)
        if (((const VgateUpgradeStep *)g_ptr_array_index (plan->steps, s))->is_warm)
            return TRUE;
    return FALSE;
}

static void
append_summary (GString *text, const VgateUpgradePlan *plan, const char *driver)
{
    char range[VGATE_VERSION_RANGE_TEXT_SIZE];
    g_autoptr (GString) line = g_string_new (NULL);

    g_string_printf (
        line, "Update of %u host%s to driver %s, which supports vGPU versions %s: ", plan->steps->len,
        plan->steps->len == 1 ? "" : "s", driver, vgate_version_range_format (plan->branch->range, range));
    if (plan->steps->len == 0)
        g_string_append (line, "nothing to do.");
    else if (plan->n_blocked == 0 && plan->n_unjudged == 0)
        g_string_append_printf (line, "in this order, each guest %shas room on another host at each step.",
                                any_is_warm (plan) ? "can run on or " : "");
    else
        g_string_append_printf (line, "%u guest%s must be shut down before a step.", plan->n_blocked,
                                plan->n_blocked == 1 ? "" : "s");
    if (plan->n_moves > 0)
        g_string_append_printf (line, " The plan has %u migration%s.", plan->n_moves,
                                plan->n_moves == 1 ? "" : "s");
    if (plan->n_unjudged > 0)
        g_string_append_printf (line, " For %u guest%s it is not known.", plan->n_unjudged,
                                plan->n_unjudged == 1 ? "" : "s");
    if (plan->unknown->len > 0)
        g_string_append (line, " Guests that are not in the fleet can run on these hosts: see the end.");
    if (plan->n_least < plan->n_blocked && plan->n_unjudged == 0)
        g_string_append_printf (line, " It is not proved that no plan is better; each needs at least %u.",
                                plan->n_least);
    if (plan->done->len > 0)
        g_string_append_printf (line, " %u host%s the branch already.", plan->done->len,
                                plan->done->len == 1 ? " has" : "s have");
    append_wrapped (text, line->str);
}

static void
append_groups (GString *text, const VgateUpgradePlan *plan)
{
    g_string_append_c (text, '\n');
    append_wrapped (text,
                    "Versions to accept before the update, so that guests that start from now on can run on "
                    "hosts with the old and the new driver:");
    for (guint i = 0; i < plan->groups->len; i++) {
        const VgateUpgradeGroup *group = g_ptr_array_index (plan->groups, i);
        g_autoptr (GString) line = g_string_new ("  ");
        char range[VGATE_VERSION_RANGE_TEXT_SIZE];

        if (!group->is_updated)
            continue;
        g_string_append_printf (line, "%s (", *group->gpus != '\0' ? group->gpus : "no GPU");
        for (guint h = 0; h < group->hosts->len && h < 4; h++)
            g_string_append_printf (line, "%s%s", h > 0 ? ", " : "",
                                    host_name (plan, g_array_index (group->hosts, guint, h)));
        if (group->hosts->len > 4)
            g_string_append_printf (line, " and %u more", group->hosts->len - 4);
        g_string_append (line, "): ");
        if (group->has_range) {
            vgate_version_range_format (group->range, range);
            g_string_append_printf (
                line,
                "%s. Run 'vgpu-gate version set %s' on each of these hosts while no guest "
                "runs there.",
                range, range);
        } else {
            g_string_append (
                line, "none. No version is accepted by all of these hosts before and after the update.");
        }
        append_wrapped (text, line->str);
    }
}

/* The guests of the groups that have a range, or of the others, after a heading. */
static void
append_outside (GString *text, const VgateUpgradePlan *plan, const char *driver, gboolean has_range,
                const char *heading)
{
    gboolean any = FALSE;

    for (guint i = 0; i < plan->outside->len; i++) {
        const VgateUpgradeOutside *outside = g_ptr_array_index (plan->outside, i);
        char version[VGATE_VERSION_TEXT_SIZE];
        g_autofree char *line = g_strdup_printf (
            "  %s on %s: %s, which driver %s %s", vgate_moving_guest (plan->before, outside->mover)->name,
            host_name (plan, (guint)outside->mover->home), vgate_version_format (outside->version, version),
            driver, outside->is_supported ? "supports" : "does not support");

        if (outside->has_range != has_range)
            continue;
        if (!any) {
            g_string_append_c (text, '\n');
            append_wrapped (text, heading);
        }
        any = TRUE;
        append_wrapped (text, line);
    }
}

/* The guest drivers that NVIDIA does not support on the new driver, or those of which it is not known. */
static void
append_drivers (GString *text, const VgateUpgradePlan *plan, gboolean is_known, const char *heading)
{
    gboolean any = FALSE;

    for (guint i = 0; i < plan->drivers->len; i++) {
        const VgateUpgradeDriver *driver = &g_array_index (plan->drivers, VgateUpgradeDriver, i);
        g_autoptr (GString) line = g_string_new (NULL);

        if (driver->is_known != is_known)
            continue;
        if (!any) {
            g_string_append_c (text, '\n');
            append_wrapped (text, heading);
        }
        any = TRUE;
        g_string_printf (line, "  %s on %s: %s", vgate_moving_guest (plan->before, driver->mover)->name,
                         host_name (plan, (guint)driver->mover->home), driver->driver);
        if (driver->release > 0)
            g_string_append_printf (line, " (vGPU software %u)", driver->release);
        append_wrapped (text, line->str);
    }
}

static void
append_all_drivers (GString *text, const VgateUpgradePlan *plan, const char *driver)
{
    g_autofree char *supported = vgate_branch_list_supported (plan->branch);
    g_autoptr (GString) heading = g_string_new (NULL);

    g_string_printf (heading, "Guest drivers that NVIDIA does not support on driver %s (VGATE-407). ",
                     driver);
    if (*supported != '\0')
        g_string_append_printf (heading, "It supports those of vGPU software %s. ", supported);
    g_string_append (heading, "Update them before their guests run on an updated host:");
    append_drivers (text, plan, TRUE, heading->str);
    g_string_printf (heading,
                     "Guest drivers of which it is not known whether NVIDIA supports them on driver %s "
                     "(VGATE-416); NVIDIA's release notes say it:",
                     driver);
    append_drivers (text, plan, FALSE, heading->str);
}

/* What runs on hosts that are updated, and is not part of the plan. */
static void
append_unknown (GString *text, const VgateUpgradePlan *plan)
{
    if (plan->unknown->len > 0)
        g_string_append_c (text, '\n');
    for (guint i = 0; i < plan->unknown->len; i++) {
        const VgateUpgradeUnknown *unknown = g_ptr_array_index (plan->unknown, i);

        vgate_append_unknown (text, append_wrapped, vgate_moving_host (plan->before, unknown->host),
                              unknown->domains, unknown->vgpus);
    }
}

static const char *
guest_name (const VgateUpgradePlan *plan, guint guest)
{
    return ((const VgateFleetGuest *)g_ptr_array_index (plan->before->fleet->guests, guest))->name;
}

/* Those that lack room, or the others, after a heading. */
static void
append_blocked (GString *line, const VgateUpgradePlan *plan, const VgateUpgradeStep *step,
                gboolean lacks_room, const char *heading)
{
    gboolean any = FALSE;

    for (guint i = 0; i < step->blocked->len; i++) {
        const VgateUpgradeBlocked *blocked = &g_array_index (step->blocked, VgateUpgradeBlocked, i);

        if (blocked->lacks_room != lacks_room)
            continue;
        g_string_append_printf (line, "%s%s", any ? ", " : heading, guest_name (plan, blocked->guest));
        any = TRUE;
    }
}

/* The host, and what must be done about its guests that do not move. The caller frees it. */
static char *
describe_step (const VgateUpgradePlan *plan, guint number)
{
    const VgateUpgradeStep *step = g_ptr_array_index (plan->steps, number);
    GString *line = g_string_new (NULL);

    g_string_printf (line, "%3u. %s", number + 1, host_name (plan, step->host));
    if (step->is_warm)
        g_string_append (line, step->moves->len > 0
                                   ? "; guests can run on, except those that move or are shut down"
                                   : "; guests can run on");
    append_blocked (line, plan, step, FALSE,
                    "; to be shut down before, because no other host can run them: ");
    append_blocked (line, plan, step, TRUE, "; to be shut down before, because other hosts have no room: ");
    for (guint i = 0; i < step->unjudged->len; i++)
        g_string_append_printf (line, "%s%s", i == 0 ? "; it is not known whether these can leave: " : ", ",
                                guest_name (plan, g_array_index (step->unjudged, guint, i)));
    return g_string_free (line, FALSE);
}

static void
append_steps (GString *text, const VgateUpgradePlan *plan)
{
    if (plan->steps->len == 0)
        return;
    g_string_append_c (text, '\n');
    append_wrapped (
        text, "Order of the hosts, and the migrations before each update. After a step, set the versions on "
              "the host again, because a driver forgets them, and start there what was shut down. Before the "
              "next step, ask for a plan again with new documents.");
    for (guint s = 0; s < plan->steps->len; s++) {
        const VgateUpgradeStep *step = g_ptr_array_index (plan->steps, s);
        g_autofree char *line = describe_step (plan, s);

        append_wrapped (text, line);
        for (guint i = 0; i < step->moves->len; i++)
            vgate_drain_append_move (text, plan->before, g_ptr_array_index (step->moves, i), "     ",
                                     "       ");
    }
    if (any_is_warm (plan))
        append_wrapped (
            text,
            "Where guests can run on, driver and GPUs support the replacement of the driver under running "
            "guests, and no guest need leave whose vGPU version the new driver supports. NVIDIA's release "
            "notes name the drivers between which it is possible; if they do not name these, plan again "
            "with --no-warm-update. The versions can be set on such a host only when no guest runs there: "
            "until then, start no guests there, because they can agree on a version that other hosts do "
            "not accept.");
}

void
vgate_upgrade_print_text (const VgateUpgradePlan *plan, const char *driver,
                          G_GNUC_UNUSED const VgateVirshHosts *hosts)
{
    g_autoptr (GString) text = g_string_new (NULL);

    append_summary (text, plan, driver);
    if (plan->steps->len > 0)
        append_groups (text, plan);
    append_outside (text, plan, driver, TRUE,
                    "Guests with another version. They must be restarted after these versions are accepted, "
                    "with a guest driver that supports one of them, to run on all of these hosts:");
    append_outside (text, plan, driver, FALSE,
                    "Guests on hosts that accept no common version before and after the update. After a "
                    "restart they cannot run on all of these hosts either:");
    append_all_drivers (text, plan, driver);
    append_steps (text, plan);
    append_unknown (text, plan);
    vgate_output_print (text->str);
}

/* --- virsh --- */

/* The range to set on the host after its update; NULL: none. */
static const VgateVersionRange *
range_to_set (const VgateUpgradePlan *plan, const VgateUpgradeStep *step)
{
    for (guint i = 0; i < plan->groups->len && !step->is_warm; i++) {
        const VgateUpgradeGroup *group = g_ptr_array_index (plan->groups, i);

        for (guint h = 0; h < group->hosts->len && group->has_range; h++)
            if (g_array_index (group->hosts, guint, h) == step->host)
                return &group->range;
    }
    return NULL;
}

/* Asks the user to update the host, and waits. Without a terminal the script ends, so that nothing that needs
 * the update is done without it. */
static void
append_update (GString *text, const VgateUpgradePlan *plan, const VgateUpgradeStep *step, const char *driver)
{
    const char *host = host_name (plan, step->host);
    const VgateVersionRange *range = range_to_set (plan, step);
    const gboolean has_stopped = step->blocked->len + step->unjudged->len > 0;
    g_autoptr (GString) line = g_string_new (NULL);
    g_autofree char *shown = NULL, *quoted = NULL;
    char set[VGATE_VERSION_RANGE_TEXT_SIZE];

    for (guint i = 0; i < step->blocked->len; i++)
        g_string_append_printf (
            line, "%s%s", line->len == 0 ? "Shut down " : ", ",
            guest_name (plan, g_array_index (step->blocked, VgateUpgradeBlocked, i).guest));
    for (guint i = 0; i < step->unjudged->len; i++)
        g_string_append_printf (line, "%s%s", line->len == 0 ? "Shut down " : ", ",
                                guest_name (plan, g_array_index (step->unjudged, guint, i)));
    g_string_append_printf (line, "%sUpdate %s to driver %s.", has_stopped ? ". " : "", host, driver);
    if (range)
        g_string_append_printf (line, " Run there: vgpu-gate version set %s.",
                                vgate_version_range_format (*range, set));
    g_string_append_printf (line, "%s Then press Enter.", has_stopped ? " Start the guests again." : "");
    shown = vgate_printable (line->str, 4000);
    quoted = g_shell_quote (shown);
    g_string_append_printf (text, "printf '%%s\\n' %s\nread -r _ </dev/tty || exit 1\n", quoted);
}

void
vgate_upgrade_print_virsh (const VgateUpgradePlan *plan, const char *driver, const VgateVirshHosts *hosts)
{
    /* what follows a migration that failed is not for a host with guests */
    g_autoptr (GString) text = g_string_new (plan->steps->len > 0 ? "set -e\n" : NULL);

    for (guint s = 0; s < plan->steps->len; s++) {
        const VgateUpgradeStep *step = g_ptr_array_index (plan->steps, s);
        g_autofree char *line = describe_step (plan, s);

        vgate_drain_append_comment (text, g_strchug (line));
        for (guint i = 0; i < step->moves->len; i++)
            vgate_drain_append_commands (text, plan->before, g_ptr_array_index (step->moves, i), hosts, "");
        append_update (text, plan, step, driver);
    }
    for (guint i = 0; i < plan->unknown->len; i++) {
        const VgateUpgradeUnknown *unknown = g_ptr_array_index (plan->unknown, i);

        vgate_append_unknown (text, vgate_drain_append_comment,
                              vgate_moving_host (plan->before, unknown->host), unknown->domains,
                              unknown->vgpus);
    }
    vgate_output_print (text->str);
}
