/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/output.h"
#include "drain-output.h"
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
        g_string_append_printf (line, "in this order, each guest %shas another host to go to at each step.",
                                any_is_warm (plan) ? "can run on or " : "");
    else
        g_string_append_printf (line, "%u guest%s must be shut down before a step.", plan->n_blocked,
                                plan->n_blocked == 1 ? "" : "s");
    if (plan->n_unjudged > 0)
        g_string_append_printf (line, " For %u guest%s it is not known.", plan->n_unjudged,
                                plan->n_unjudged == 1 ? "" : "s");
    if (plan->unknown->len > 0)
        g_string_append (line, " Guests that are not in the fleet can run on these hosts: see the end.");
    if (plan->n_least < plan->n_blocked)
        g_string_append_printf (line, " It is not proved that no order is better; each needs at least %u.",
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

static void
append_guests (GString *line, const VgateUpgradePlan *plan, const GArray *guests, const char *heading)
{
    for (guint i = 0; i < guests->len; i++)
        g_string_append_printf (line, "%s%s", i == 0 ? heading : ", ",
                                ((const VgateFleetGuest *)g_ptr_array_index (
                                     plan->before->fleet->guests, g_array_index (guests, guint, i)))
                                    ->name);
}

static void
append_steps (GString *text, const VgateUpgradePlan *plan)
{
    if (plan->steps->len == 0)
        return;
    g_string_append_c (text, '\n');
    append_wrapped (
        text, "Order of the hosts. How many guests have room is not counted: ask 'vgpu-gate drain HOST' "
              "before each step. After a step, set the versions on the host again, because a driver "
              "forgets them.");
    for (guint s = 0; s < plan->steps->len; s++) {
        const VgateUpgradeStep *step = g_ptr_array_index (plan->steps, s);
        g_autoptr (GString) line = g_string_new (NULL);

        g_string_printf (line, "%3u. %s", s + 1, host_name (plan, step->host));
        if (step->is_warm)
            g_string_append (line, "; guests can run on");
        append_guests (line, plan, step->leave, ", except these, which must leave before: ");
        append_guests (line, plan, step->blocked, "; to be shut down before: ");
        append_guests (line, plan, step->unjudged, "; it is not known whether these can leave: ");
        append_wrapped (text, line->str);
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
vgate_upgrade_print_text (const VgateUpgradePlan *plan, const char *driver)
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
    append_steps (text, plan);
    append_unknown (text, plan);
    vgate_output_print (text->str);
}
