/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate allow-restore: a guest whose image has no metadata may be restored once. */
#include "command.h"
#include "confirm.h"
#include "driver/control.h"
#include "gate/gate.h"
#include "gate/permit.h"
#include "host/input.h"

#include <string.h>

/* NULL with an error also if the restore of the guest needs no permission. */
static VgateDomain *
read_domain (const char *path, const char *root, char **name, GError **error)
{
    gsize length;
    g_autofree char *xml = vgate_input_read (path, &length, error);
    g_autoptr (VgateDomain) domain = xml ? vgate_domain_read (xml, length, name, error) : NULL;

    if (!domain)
        return NULL;
    if (domain->element || domain->element_error) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_PERMIT_NOT_NEEDED,
                             "the XML of the guest contains metadata, by which the gate judges the restore");
        return NULL;
    }
    if (!vgate_gate_has_vgpu (domain, root)) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_PERMIT_NOT_NEEDED,
                             "the guest has no device that is an NVIDIA vGPU on this host");
        return NULL;
    }
    return g_steal_pointer (&domain);
}

typedef struct {
    const char *path;
    const char *root;
    gboolean yes;
    VgateOutput output;
} Allowing;

static int
allow (const Allowing *allowing, const VgatePolicy *policy)
{
    g_autofree char *name = NULL, *question = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateDomain) domain = read_domain (allowing->path, allowing->root, &name, &error);
    g_auto (VgateVersions) versions = {0};
    g_autoptr (JsonObject) report = json_object_new ();
    JsonObject *tree;
    int status;

    if (!domain || !vgate_control_versions (&policy->backend, &versions, &error))
        return vgate_command_fail (error);
    question = g_strdup_printf ("Was domain %s saved on this host, under host driver %s? Its vGPU cannot be "
                                "checked. Allow one restore within %d minutes?",
                                name, versions.driver, VGATE_PERMIT_SECONDS / 60);
    status = allowing->yes ? VGATE_EXIT_ALLOWED : vgate_confirm (question);
    if (status != VGATE_EXIT_ALLOWED)
        return status;
    if (!vgate_permit_give (allowing->root, domain->uuid, versions.driver, &error))
        return vgate_command_fail (error);
    tree = vgate_tree_add_child (report, "restore-allowed");
    json_object_set_string_member (tree, "domain", name);
    json_object_set_string_member (tree, "uuid", domain->uuid);
    json_object_set_string_member (tree, "driver", versions.driver);
    json_object_set_int_member (tree, "seconds", VGATE_PERMIT_SECONDS);
    return vgate_command_print (report, allowing->output);
}

int
vgate_command_allow_restore (int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    g_autofree char *as_root = vgate_command_as_root (argc, argv, config), *root = NULL;
    Allowing allowing = {.root = ""};
    const GOptionEntry entries[] = {
        VGATE_COMMAND_YES (&allowing.yes),
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "look for /sys and /run below DIR", "DIR"},
        {0},
    };
    g_autoptr (VgatePolicy) policy = NULL;
    g_autoptr (GError) error = NULL;

    if (!vgate_command_line_parse (
            &line, argc, argv, "DOMAIN.xml",
            "Allow one restore of a domain whose save image contains no metadata. '-' reads "
            "standard input; then --yes is required.",
            entries, &error))
        return vgate_command_usage (error->message);
    if (line.n_words != 1)
        return vgate_command_usage ("'allow-restore' requires one DOMAIN.xml");
    if (!vgate_command_need_root ("allow a restore", as_root, &error))
        return vgate_command_fail (error);
    policy = vgate_command_policy (config, &error);
    if (!policy)
        return vgate_command_fail (error);
    allowing.path = line.words[0];
    allowing.root = root ? root : "";
    allowing.output = line.output;
    return allow (&allowing, policy);
}
