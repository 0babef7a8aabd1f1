/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vgpu-gate device make: creates the devices that a guest needs, under the names that its XML has, so that
 * nothing in the XML must be changed.
 *
 * With the guest's metadata, the gate itself judges and chooses, as when the guest arrives. Without it,
 * the guest is stopped, or only its device is named; then the operator names the type.
 */
#include "command.h"
#include "device-command.h"
#include "gate/gate.h"
#include "host/gpu-name.h"
#include "host/input.h"
#include "placement/plan.h"
#include "placement/prepare.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    VgateCommandLine line;
    char *type;
    char *gpu;
    char *operation;
    char *root;
    gboolean dry_run;
} Options;

static void
options_clear (Options *options)
{
    vgate_command_line_clear (&options->line);
    g_free (options->type);
    g_free (options->gpu);
    g_free (options->operation);
    g_free (options->root);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* Makes a domain that names only this device, and whose guest is not known. */
static VgateDomain *
domain_of_device (const char *word)
{
    VgateDomain *domain = vgate_domain_new ();
    VgateHostdev *hostdev = g_new0 (VgateHostdev, 1);

    hostdev->source = strcmp (word, "new") == 0 ? g_uuid_string_random () : g_ascii_strdown (word, -1);
    vgate_device_parse_name (hostdev->source, &hostdev->kind);
    domain->uuid = vgate_lease_of_unknown_guest (hostdev->source);
    g_ptr_array_add (domain->hostdevs, hostdev);
    return domain;
}

static VgateDomain *
read_domain (const char *path, GError **error)
{
    gsize length;
    g_autofree char *xml = vgate_input_read (path, &length, error);
    VgateDomain *domain = xml ? vgate_domain_read_leniently (xml, length, NULL, error) : NULL;

    if (xml && !domain)
        g_prefix_error (error, "%s: ", strcmp (path, "-") == 0 ? "standard input" : path);
    return domain;
}

/* The address of the GPU that was named. */
static const char *
find_gpu (const VgateHost *host, const char *name, GError **error)
{
    const VgatePgpu *found = vgate_host_find_gpu (host, name);
    g_autofree char *gpus = NULL;

    if (found)
        return found->address;
    gpus = vgate_host_list_gpus (host);
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NO_ROOM,
                 "there is no GPU %s in vGPU host mode; this host has %s", name, gpus);
    return NULL;
}

/* --- planning: each function returns leases, which have been saved, or NULL --- */

static GPtrArray *
plan_by_type (const Options *options, VgateDeviceHost *host, const VgateDomain *domain, gboolean is_guest,
              GError **error)
{
    VgatePlan plan = {
        .root = host->root,
        .domain = domain,
        .is_guest = is_guest,
        .type = options->type,
        .policy = host->policy,
        .is_dry_run = options->dry_run,
    };
    GPtrArray *leases;

    if (!vgate_device_host_read (host, !options->dry_run, TRUE, error))
        return NULL;
    plan.gpu = options->gpu ? find_gpu (host->probe->host, options->gpu, error) : NULL;
    if (options->gpu && !plan.gpu)
        return NULL;
    plan.probe = host->probe;
    plan.earlier = host->look;
    plan.leases = host->leases;
    leases = vgate_plan_devices (&plan, error);
    /* vgate_prepare_devices () takes the lock itself */
    g_clear_pointer (&host->leases, vgate_leases_free);
    return leases;
}

/* *refusal gets the gate's line if it refuses; there is no error then. */
static GPtrArray *
plan_by_metadata (const Options *options, const VgateDeviceHost *host, VgateDomain *domain,
                  VgateOperation operation, char **refusal, int *status, GError **error)
{
    const VgateRequest request = {
        .operation = operation,
        .domain = domain,
        .policy = host->policy,
        .root = host->root,
        .is_ordered = TRUE,
        .is_dry_run = options->dry_run,
        .is_question = TRUE,
        .now = g_get_real_time () / G_USEC_PER_SEC,
    };
    g_autoptr (GPtrArray) leases = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_lease_free);
    g_autoptr (VgateDecision) decision = NULL;

    /* what the configuration allows without an answer does not help here */
    host->policy->allow_backend_failure = FALSE;
    if (host->policy->placement_mode == VGATE_PLACEMENT_OFF)
        host->policy->placement_mode = VGATE_PLACEMENT_SUGGEST;
    if (!vgate_plan_check_mdevctl (host->root, domain, error))
        return NULL;
    decision = vgate_gate_decide (&request);
    if (!decision->allowed) {
        *refusal = vgate_decision_line (decision, NULL, domain->name);
        *status = vgate_code_is_unanswered (decision->code) ? VGATE_EXIT_UNANSWERED : VGATE_EXIT_REFUSED;
        return NULL;
    }
    for (guint i = 0; i < decision->placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, i);

        if (placement->lease)
            g_ptr_array_add (leases, vgate_lease_copy (placement->lease));
    }
    return g_steal_pointer (&leases);
}

/* --- creating, and the report --- */

static void
add_device (const Options *options, const VgatePolicy *policy, const VgateLease *lease, JsonArray *list)
{
    const gboolean exists = lease->state != VGATE_LEASE_PLANNED;
    JsonObject *item = vgate_tree_add_item (list);
    const char *result = options->dry_run ? "would-be-created" : "created";

    json_object_set_string_member (item, "name", lease->device);
    json_object_set_string_member (item, "type", lease->type_name ? lease->type_name : "unknown");
    json_object_set_string_member (item, "gpu", lease->pgpu);
    if (lease->kind == VGATE_HOSTDEV_MDEV && strcmp (lease->parent, lease->pgpu) != 0)
        json_object_set_string_member (item, "parent", lease->parent);
    json_object_set_string_member (item, "result", exists ? "exists" : result);
    if (!options->dry_run)
        vgate_tree_set_number (item, "expires-in", policy->lease_time);
}

static gboolean
is_any_planned (const GPtrArray *leases)
{
    for (guint i = 0; i < leases->len; i++)
        if (((const VgateLease *)g_ptr_array_index (leases, i))->state == VGATE_LEASE_PLANNED)
            return TRUE;
    return FALSE;
}

/* Creates what was planned for the domain, and adds all of its devices to the list. */
static gboolean
finish (const Options *options, const VgateDeviceHost *host, const VgateDomain *domain,
        const GPtrArray *leases, JsonArray *list, GError **error)
{
    const VgatePreparation preparation = {
        .root = host->root,
        .domain = domain,
        .lease_time = host->policy->lease_time,
    };
    gboolean made_any;

    if (leases->len == 0) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_DEVICE_UNKNOWN,
                             "the domain XML names no device of a vGPU");
        return FALSE;
    }
    if (!options->dry_run && is_any_planned (leases) &&
        !vgate_prepare_devices (&preparation, &made_any, error)) {
        if (error && !*error)
            g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_LEASE_LOST,
                                 "the lease of the device was removed before the device was created");
        return FALSE;
    }
    for (guint i = 0; i < leases->len; i++)
        add_device (options, host->policy, g_ptr_array_index (leases, i), list);
    return TRUE;
}

/* Creates the devices one by one. The report has those before the first that cannot be created. */
static int
make_named (const Options *options, VgateDeviceHost *host, JsonArray *list)
{
    for (guint i = 0; i < options->line.n_words; i++) {
        g_autoptr (VgateDomain) domain = domain_of_device (options->line.words[i]);
        g_autoptr (GError) error = NULL;
        g_autoptr (GPtrArray) leases = plan_by_type (options, host, domain, FALSE, &error);

        if (!leases || !finish (options, host, domain, leases, list, &error))
            return vgate_device_fail (error);
    }
    return VGATE_EXIT_ALLOWED;
}

static int
make_for_guest (const Options *options, VgateDeviceHost *host, VgateOperation operation, JsonArray *list)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateDomain) domain = read_domain (options->line.words[0], &error);
    g_autoptr (GPtrArray) leases = NULL;
    g_autofree char *refusal = NULL;
    int status = VGATE_EXIT_REFUSED;

    if (!domain)
        return vgate_device_fail (error);
    if (options->type) {
        leases = plan_by_type (options, host, domain, TRUE, &error);
    } else if (domain->element_error) {
        return vgate_device_fail (domain->element_error);
    } else if (domain->element) {
        leases = plan_by_metadata (options, host, domain, operation, &refusal, &status, &error);
    } else {
        g_set_error_literal (&error, VGATE_ERROR, VGATE_CODE_DEVICE_TYPE_NEEDED,
                             "the domain XML has no metadata, so that the types of its vGPUs are not known");
    }
    if (refusal) {
        fprintf (stderr, "%s\n", refusal);
        return status;
    }
    return leases && finish (options, host, domain, leases, list, &error) ? VGATE_EXIT_ALLOWED
                                                                          : vgate_device_fail (error);
}

/* --- the command line --- */

static gboolean
parse_operation (const char *text, VgateOperation *operation)
{
    if (text && strcmp (text, vgate_operation_name (VGATE_OPERATION_RESTORE)) == 0)
        *operation = VGATE_OPERATION_RESTORE;
    else if (!text || strcmp (text, vgate_operation_name (VGATE_OPERATION_MIGRATE)) == 0)
        *operation = VGATE_OPERATION_MIGRATE;
    else
        return FALSE;
    return TRUE;
}

static gboolean
is_device (const char *word)
{
    g_autofree char *lower = g_ascii_strdown (word, -1);
    VgateHostdevKind kind;

    return strcmp (word, "new") == 0 || vgate_device_parse_name (lower, &kind);
}

/* Returns what is wrong with the command line, or NULL. The caller frees it. */
static char *
find_mistake (const Options *options, gboolean has_gpu, gboolean *is_named, VgateOperation *operation)
{
    guint n_devices = 0;

    for (guint i = 0; i < options->line.n_words; i++)
        n_devices += is_device (options->line.words[i]) ? 1 : 0;
    *is_named = n_devices > 0;
    if (options->line.n_words == 0)
        return g_strdup ("'device make' requires DEVICE, or DOMAIN.xml, or '-'");
    if (*is_named ? n_devices < options->line.n_words : options->line.n_words > 1)
        return g_strdup ("'device make' takes either devices or one DOMAIN.xml");
    if (*is_named && !options->type)
        return g_strdup ("a device that is named requires --type TYPE, such as --type H100XM-20C");
    if (has_gpu && !options->type)
        return g_strdup ("--gpu requires --type: with metadata, the GPU is chosen by what the guest needs");
    if (options->operation && options->type)
        return g_strdup ("--operation cannot be used with --type, because no metadata is judged then");
    if (!parse_operation (options->operation, operation))
        return g_strdup_printf ("invalid value '%s' for --operation: expected migrate or restore",
                                options->operation);
    return NULL;
}

int
vgate_command_device_make (int argc, char *argv[], const char *config)
{
    g_auto (Options) options = {.line = {.output = VGATE_OUTPUT_TEXT}};
    g_auto (VgateDeviceHost) host = {.root = ""};
    g_autofree char *as_root = vgate_command_as_root (argc, argv, config), *mistake = NULL;
    g_autofree char *gpu = NULL;
    const GOptionEntry entries[] = {
        {"type", 't', 0, G_OPTION_ARG_STRING, &options.type,
         "create devices of vGPU type TYPE, without judging metadata", "TYPE"},
        {"gpu", 0, 0, G_OPTION_ARG_STRING, &gpu, "create them on this physical GPU", "GPU"},
        {"operation", 0, 0, G_OPTION_ARG_STRING, &options.operation,
         "judge the metadata for operation OP: migrate (live; the default) or restore", "OP"},
        {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &options.dry_run, "print what would be created", NULL},
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &options.root, "look for /sys, /proc, /run and /etc below DIR",
         "DIR"},
        {0},
    };
    g_autoptr (JsonObject) report = json_object_new ();
    JsonObject *tree = vgate_tree_add_child (report, "device-make");
    VgateOperation operation = VGATE_OPERATION_MIGRATE;
    g_autoptr (GError) error = NULL;
    gboolean is_named;
    JsonArray *list;
    int status;

    if (!vgate_command_line_parse (
            &options.line, argc, argv, "DEVICE... | DOMAIN.xml | -",
            "Create the devices that a guest needs on this host, under the names in its domain XML.\n"
            "DEVICE is the UUID of a mediated device, the PCI address of a virtual function, or 'new'.",
            entries, &error))
        return vgate_command_usage (error->message);
    mistake = find_mistake (&options, gpu != NULL, &is_named, &operation);
    if (mistake)
        return vgate_command_usage (mistake);
    options.gpu = gpu ? vgate_command_parse_gpu (gpu, &error) : NULL;
    if (error)
        return vgate_command_usage (error->message);
    if (!vgate_device_need_root (options.root, "create devices", as_root, &error))
        return vgate_command_fail (error);
    host.root = options.root ? options.root : "";
    host.policy = vgate_command_policy (config, &error);
    if (!host.policy)
        return vgate_command_fail (error);
    json_object_set_boolean_member (tree, "dry-run", options.dry_run);
    list = vgate_tree_add_list (tree, "device");
    status =
        is_named ? make_named (&options, &host, list) : make_for_guest (&options, &host, operation, list);
    if (status == VGATE_EXIT_ALLOWED || json_array_get_length (list) > 0)
        vgate_command_print (report, options.line.output);
    return status;
}
