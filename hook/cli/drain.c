/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate drain: a plan that empties a host. It executes nothing. */
#include "command.h"
#include "drain-output.h"
#include "fleet-options.h"
#include "host/input.h"
#include "virsh-options.h"

#include <string.h>

typedef struct {
    VgateFleetOptions fleet;
    VgateVirshOptions virsh;
    gboolean spread, pack, keep_others;
    char *root;
    char **words;
} Options;

static void
options_clear (Options *options)
{
    vgate_fleet_options_clear (&options->fleet);
    vgate_virsh_options_clear (&options->virsh);
    g_free (options->root);
    g_strfreev (options->words);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* The host that word names, as an index. A document is used even if the fleet has a newer one of its host. -1
 * with an error. */
static int
find_host (VgateFleet *fleet, const char *word, GError **error)
{
    gboolean is_ambiguous = FALSE;
    const VgateFleetHost *found;
    g_autoptr (VgateHost) named = NULL;
    VgateFleetHost *added;
    guint index;

    if (vgate_fleet_word_is_path (word)) {
        named = vgate_input_read_host (word, error);
        if (!named)
            return -1;
        for (guint h = 0; h < fleet->hosts->len; h++) {
            VgateFleetHost *entry = g_ptr_array_index (fleet->hosts, h);

            if (strcmp (entry->host->uuid, named->uuid) != 0)
                continue;
            vgate_host_free (entry->host);
            entry->host = g_steal_pointer (&named);
            g_free (entry->origin);
            entry->origin = g_strdup (word);
            return (int)h;
        }
        added = g_new0 (VgateFleetHost, 1);
        added->origin = g_strdup (word);
        added->host = g_steal_pointer (&named);
        g_ptr_array_add (fleet->hosts, added);
        return (int)fleet->hosts->len - 1;
    }
    found = vgate_fleet_find_host (fleet, word, &is_ambiguous);
    if (found && g_ptr_array_find (fleet->hosts, found, &index))
        return (int)index;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_FLEET_UNKNOWN,
                 is_ambiguous ? "several hosts of the fleet are named '%s'"
                              : "no host of the fleet has the name or UUID '%s'",
                 word);
    return -1;
}

/* 3: something about the guests of the host could not be judged; 1: a guest stays. */
static int
status_of (const VgateDrainPlan *plan)
{
    if (!vgate_moving_host (plan->moving, plan->host)->devices || plan->unknown->len > 0 ||
        plan->nameless->len > 0 || plan->moving->fleet->faults->len > 0)
        return VGATE_EXIT_UNANSWERED;
    for (guint i = 0; i < plan->stays->len; i++) {
        const VgateDrainStay *stay = g_ptr_array_index (plan->stays, i);

        for (guint r = 0; r < stay->reasons->len; r++)
            if (vgate_code_is_unanswered (
                    ((const VgateDrainReason *)g_ptr_array_index (stay->reasons, r))->code))
                return VGATE_EXIT_UNANSWERED;
    }
    return plan->stays->len > 0 ? VGATE_EXIT_REFUSED : VGATE_EXIT_ALLOWED;
}

static int
drain (Options *options, VgatePolicy *policy, const char *config, const VgateVirshHosts *hosts,
       void (*print) (const VgateDrainPlan *plan, const VgateVirshHosts *hosts))
{
    const VgateFleetQuestion question = {
        .policy = policy,
        .root = options->root ? options->root : "",
        .now = g_get_real_time () / G_USEC_PER_SEC,
    };
    const VgateDrainOptions wanted = {
        .order = options->pack ? VGATE_MOVING_PACK : VGATE_MOVING_SPREAD,
        .keeps_others = options->keep_others,
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateFleet) fleet = NULL;
    g_autoptr (VgateDrainPlan) plan = NULL;
    int host;

    /* with --host, the host that is drained is not among the destinations that were named */
    if (options->fleet.hosts && !vgate_fleet_word_is_path (options->words[0])) {
        const guint n = g_strv_length (options->fleet.hosts);

        options->fleet.hosts = g_renew (char *, options->fleet.hosts, n + 2);
        options->fleet.hosts[n] = g_strdup (options->words[0]);
        options->fleet.hosts[n + 1] = NULL;
    }
    fleet = vgate_fleet_options_read (&options->fleet, NULL, config, &error);
    host = fleet ? find_host (fleet, options->words[0], &error) : -1;
    if (host < 0)
        return vgate_command_fail (error);
    plan = vgate_drain_plan (fleet, &question, (guint)host, &wanted);
    print (plan, hosts);
    return status_of (plan);
}

int
vgate_command_drain (int argc, char *argv[], const char *config)
{
    g_auto (Options) options = {0};
    const GOptionEntry entries[] = {
        VGATE_FLEET_ENTRIES (&options.fleet),
        {"spread", 0, 0, G_OPTION_ARG_NONE, &options.spread,
         "prefer hosts with much free frame buffer (the default)", NULL},
        {"pack", 0, 0, G_OPTION_ARG_NONE, &options.pack, "prefer hosts with little free frame buffer", NULL},
        {"keep-others", 0, 0, G_OPTION_ARG_NONE, &options.keep_others,
         "do not move guests of other hosts to make room", NULL},
        VGATE_VIRSH_ENTRIES (&options.virsh),
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &options.root, "look for /sys and /run below DIR", "DIR"},
        {0},
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;
    VgateOutput output;
    VgateVirshHosts hosts = {0};
    guint64 link_speed;
    int status;

    if (!vgate_command_parse (
            argc, argv, "HOST",
            "Plan how the guests with vGPUs of a host go to other hosts, so that it is empty\n"
            "afterwards. HOST is a host document, or the name or UUID of a host in the fleet.\n"
            "Nothing is executed.",
            entries, &options.words, &error))
        return vgate_command_usage (error->message);
    if (!options.words || g_strv_length (options.words) != 1)
        return vgate_command_usage ("'drain' requires one HOST");
    if (!vgate_fleet_options_have_fleet (&options.fleet))
        return vgate_command_usage ("'drain' requires --fleet DIR or --connect URI");
    /* HOST can be standard input as well */
    if (!vgate_fleet_options_check (&options.fleet,
                                    strcmp (options.words[0], "-") == 0 ? options.words : NULL, &error))
        return vgate_command_usage (error->message);
    if (options.spread && options.pack)
        return vgate_command_usage ("--spread and --pack exclude each other");
    if (!vgate_virsh_options_read (&options.virsh, &hosts, &link_speed, &output, &status))
        return status;
    policy = vgate_command_policy (config, &error);
    if (!policy)
        return vgate_command_fail (error);
    policy->gate_cold_start = TRUE;
    /* options have priority over the configuration */
    if (link_speed > 0)
        policy->link_speed = link_speed;
    if (output == VGATE_OUTPUT_JSON)
        return drain (&options, policy, config, &hosts, vgate_drain_print_json);
    return drain (&options, policy, config, &hosts,
                  options.virsh.virsh ? vgate_drain_print_virsh : vgate_drain_print_text);
}
