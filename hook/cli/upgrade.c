/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate plan-upgrade: what to do before hosts get another driver, and in which order they get it. */
#include "command.h"
#include "fleet-options.h"
#include "upgrade-output.h"
#include "virsh-options.h"

typedef struct {
    VgateFleetOptions fleet;
    VgateVirshOptions virsh;
    char *driver, *branches, *root;
    char **words;
    gboolean without_warm;
} Options;

static void
options_clear (Options *options)
{
    vgate_fleet_options_clear (&options->fleet);
    g_free (options->driver);
    g_free (options->branches);
    vgate_virsh_options_clear (&options->virsh);
    g_free (options->root);
    g_strfreev (options->words);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* The hosts that the words name; all without words. NULL with an error. The caller frees it. */
static gboolean *
choose_hosts (const VgateFleet *fleet, char *const *words, GError **error)
{
    g_autofree gboolean *hosts = g_new0 (gboolean, fleet->hosts->len + 1);

    for (guint h = 0; !words && h < fleet->hosts->len; h++)
        hosts[h] = TRUE;
    for (gsize i = 0; words && words[i]; i++) {
        gboolean is_ambiguous = FALSE;
        const VgateFleetHost *found = vgate_fleet_find_host (fleet, words[i], &is_ambiguous);
        guint index;

        if (!found || !g_ptr_array_find (fleet->hosts, found, &index)) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_FLEET_UNKNOWN,
                         is_ambiguous ? "several hosts of the fleet are named '%s'"
                                      : "no host of the fleet has the name or UUID '%s'",
                         words[i]);
            return NULL;
        }
        hosts[index] = TRUE;
    }
    return g_steal_pointer (&hosts);
}

static int
plan_upgrade (const Options *options, VgatePolicy *policy, const char *config, const VgateVirshHosts *reached,
              void (*print) (const VgateUpgradePlan *plan, const char *driver, const VgateVirshHosts *hosts))
{
    const VgateFleetQuestion question = {
        .policy = policy,
        .root = options->root ? options->root : "",
        .now = g_get_real_time () / G_USEC_PER_SEC,
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateBranches) branches = vgate_branches_read (options->branches, &error);
    const VgateBranch *branch = branches ? vgate_branches_find (branches, options->driver, &error) : NULL;
    g_autoptr (VgateFleet) fleet =
        branch ? vgate_fleet_options_read (&options->fleet, NULL, config, &error) : NULL;
    g_autofree gboolean *hosts = fleet ? choose_hosts (fleet, options->words, &error) : NULL;
    g_autoptr (VgateUpgradePlan) plan = NULL;

    if (!hosts)
        return vgate_command_fail (error);
    plan = vgate_upgrade_plan (fleet, &question, hosts, options->driver, branch, !options->without_warm);
    print (plan, options->driver, reached);
    if (fleet->faults->len > 0 || plan->unknown->len > 0 || plan->n_unjudged > 0)
        return VGATE_EXIT_UNANSWERED;
    return plan->n_blocked > 0 ? VGATE_EXIT_REFUSED : VGATE_EXIT_ALLOWED;
}

int
vgate_command_plan_upgrade (int argc, char *argv[], const char *config)
{
    g_auto (Options) options = {0};
    const GOptionEntry entries[] = {
        VGATE_FLEET_ENTRIES (&options.fleet),
        {"driver", 0, 0, G_OPTION_ARG_STRING, &options.driver,
         "the new host driver: its branch (595) or its number (595.58.03)", "DRIVER"},
        {"branches", 0, 0, G_OPTION_ARG_FILENAME, &options.branches,
         "use FILE instead of the installed table of branches", "FILE"},
        {"no-warm-update", 0, 0, G_OPTION_ARG_NONE, &options.without_warm,
         "empty each host, also one whose driver can be replaced while guests run", NULL},
        VGATE_VIRSH_ENTRIES (&options.virsh),
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &options.root, "look for /sys and /run below DIR", "DIR"},
        {0},
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;
    VgateOutput output;
    VgateVirshHosts reached = {0};
    guint64 link_speed;
    int status;

    if (!vgate_command_parse (
            argc, argv, "[HOST...]",
            "Plan the update of hosts to another host driver: which vGPU versions to accept\n"
            "before, which guests must be restarted, in which order the hosts are updated,\n"
            "and where their guests go. Nothing is executed.\n"
            "HOST is the name or UUID of a host in the fleet; without HOST, all are updated.",
            entries, &options.words, &error))
        return vgate_command_usage (error->message);
    if (!options.driver)
        return vgate_command_usage ("'plan-upgrade' requires --driver DRIVER");
    if (!vgate_fleet_options_have_fleet (&options.fleet))
        return vgate_command_usage ("'plan-upgrade' requires --fleet DIR or --connect URI");
    if (!vgate_fleet_options_check (&options.fleet, NULL, &error))
        return vgate_command_usage (error->message);
    if (!vgate_virsh_options_read (&options.virsh, &reached, &link_speed, &output, &status))
        return status;
    policy = vgate_command_policy (config, &error);
    if (!policy)
        return vgate_command_fail (error);
    policy->gate_cold_start = TRUE;
    /* options have priority over the configuration */
    if (link_speed > 0)
        policy->link_speed = link_speed;
    if (output == VGATE_OUTPUT_JSON)
        return plan_upgrade (&options, policy, config, &reached, vgate_upgrade_print_json);
    return plan_upgrade (&options, policy, config, &reached,
                         options.virsh.virsh ? vgate_upgrade_print_virsh : vgate_upgrade_print_text);
}
