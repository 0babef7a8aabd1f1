/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate device list: the vGPU devices of this host, and what the gate has reserved or recorded. */
#include "command.h"
#include "device-command.h"
#include "base/run-directory.h"
#include "host/mdevctl.h"
#include "host/qemu-process.h"

#include <string.h>

/* Sets the domain of a lease: its name if it runs, or its UUID. A guest that is not known is left out. */
static void
set_domain (const VgateDeviceHost *host, JsonObject *tree, const VgateLease *lease)
{
    g_autofree char *name = vgate_qemu_find_name (host->root, lease->domain);

    if (!vgate_lease_is_of_unknown_guest (lease))
        vgate_tree_set_optional (tree, "domain", name ? name : lease->domain);
}

static void
set_lease (JsonObject *tree, const VgateLease *lease, guint64 now)
{
    if (lease->state == VGATE_LEASE_MADE || lease->state == VGATE_LEASE_UNMADE ||
        lease->state == VGATE_LEASE_PLANNED)
        json_object_set_string_member (tree, "created-by",
                                       lease->made_by == VGATE_LEASE_BY_OPERATOR ? "operator" : "gate");
    if (vgate_lease_holds (lease, now))
        vgate_tree_set_number (tree, "expires-in", lease->expires - now);
}

/* Sets who uses the device: the domain if it is known, otherwise the clause about its user. */
static void
set_user (const VgateDeviceHost *host, JsonObject *tree, const VgateListedDevice *listed, const char *who)
{
    const char *domain = vgate_use_look_find_domain (host->look, listed->kind, listed->source);
    const char *vm = NULL;

    for (guint i = 0; !domain && i < host->probe->instances->len; i++) {
        const VgateInstance *instance = g_ptr_array_index (host->probe->instances, i);

        if (g_strcmp0 (instance->mdev, listed->source) == 0)
            vm = instance->vm;
    }
    vgate_tree_set_optional (tree, "domain", domain ? domain : vm);
    if (!domain && !vm)
        vgate_tree_set_optional (tree, "user", who);
}

static void
add_device (const VgateDeviceHost *host, const VgateListedDevice *listed, const VgateUse *use,
            JsonArray *list)
{
    const guint64 now = vgate_run_directory_clock ();
    const VgateDevice *device = &listed->device;
    const VgateLease *lease = vgate_leases_find (host->leases, listed->kind, listed->source);
    const char *who = vgate_use_find (use, listed->source);
    const gboolean is_mdev = listed->kind == VGATE_HOSTDEV_MDEV;
    JsonObject *item = vgate_tree_add_item (list);
    const char *state = "free";

    if (device->kind == VGATE_DEVICE_UNUSABLE)
        state = "unusable";
    else if (who)
        state = "in-use";
    else if (lease && vgate_lease_holds (lease, now))
        state = "reserved";
    else if (device->type == 0)
        state = "not-configured";
    json_object_set_string_member (item, "name", listed->source);
    vgate_tree_set_optional (item, "gpu", device->pgpu);
    json_object_set_string_member (item, "state", state);
    vgate_tree_set_optional (item, "type", vgate_device_host_type_name (host, listed));
    if (is_mdev && g_strcmp0 (device->parent, device->pgpu) != 0)
        vgate_tree_set_optional (item, "parent", device->parent);
    if (who)
        set_user (host, item, listed, who);
    else if (lease && vgate_lease_holds (lease, now))
        set_domain (host, item, lease);
    if (lease)
        set_lease (item, lease, now);
    if (is_mdev && vgate_mdevctl_defines (host->root, listed->source))
        json_object_set_string_member (item, "defined-by", "mdevctl");
    vgate_tree_set_optional (item, "fault", device->fault);
}

/* Adds the leases and records of devices that do not exist. */
static void
add_absent (const VgateDeviceHost *host, const VgateLease *lease, JsonArray *list)
{
    const VgateListedDevice *listed =
        vgate_listed_device_find (host->probe->devices, (VgateHostdevKind)lease->kind, lease->device);
    const guint64 now = vgate_run_directory_clock ();
    const gboolean holds = vgate_lease_holds (lease, now);
    const char *state = "removed";
    JsonObject *item;

    if (lease->state == VGATE_LEASE_PLANNED)
        state = "to-be-created";
    else if (lease->state != VGATE_LEASE_MADE && lease->state != VGATE_LEASE_UNMADE)
        state = "lost";
    if ((listed && (lease->kind == VGATE_HOSTDEV_MDEV || listed->device.type != 0)) ||
        (!holds && lease->state != VGATE_LEASE_MADE && lease->state != VGATE_LEASE_UNMADE))
        return;
    item = vgate_tree_add_item (list);
    json_object_set_string_member (item, "device", lease->device);
    json_object_set_string_member (item, "gpu", lease->pgpu);
    json_object_set_string_member (item, "state", state);
    vgate_tree_set_optional (item, "type", lease->type_name);
    set_domain (host, item, lease);
    set_lease (item, lease, now);
}

static JsonObject *
make_report (const VgateDeviceHost *host, const VgateUse *use)
{
    static const char *const modes[] = {
        [VGATE_PLACEMENT_OFF] = "off",
        [VGATE_PLACEMENT_SUGGEST] = "suggest",
        [VGATE_PLACEMENT_APPLY] = "apply",
    };
    JsonObject *report = json_object_new (), *tree = vgate_tree_add_child (report, "device-list");
    JsonArray *devices, *absent;

    json_object_set_string_member (tree, "placement", modes[host->policy->placement_mode]);
    devices = vgate_tree_add_list (tree, "device");
    absent = vgate_tree_add_list (tree, "absent");
    for (guint i = 0; i < host->probe->devices->len; i++)
        add_device (host, g_ptr_array_index (host->probe->devices, i), use, devices);
    for (guint i = 0; i < host->leases->all->len; i++)
        add_absent (host, g_ptr_array_index (host->leases->all, i), absent);
    return report;
}

int
vgate_command_device_list (int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    g_auto (VgateDeviceHost) host = {.root = ""};
    g_autofree char *as_root = vgate_command_as_root (argc, argv, config), *root = NULL;
    const GOptionEntry entries[] = {
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "look for /sys, /proc, /run and /etc below DIR", "DIR"},
        {0},
    };
    g_autoptr (GHashTable) use = NULL;
    g_autoptr (JsonObject) report = NULL;
    g_autoptr (GError) error = NULL;

    if (!vgate_command_line_parse (&line, argc, argv, NULL,
                                   "List the mediated devices and virtual functions of this host that are "
                                   "NVIDIA vGPUs, and\nwho uses them.",
                                   entries, &error))
        return vgate_command_usage (error->message);
    if (line.n_words > 0)
        return vgate_command_usage ("'device list' takes no arguments");
    if (!vgate_device_need_root (root, "list which devices are in use", as_root, &error))
        return vgate_command_fail (error);
    host.root = root ? root : "";
    host.policy = vgate_command_policy (config, &error);
    if (!host.policy || !vgate_device_host_read (&host, FALSE, FALSE, &error))
        return vgate_command_fail (error);
    use = vgate_device_host_read_use (&host, &error);
    if (!use)
        return vgate_command_fail (error);
    report = make_report (&host, use);
    return vgate_command_tell_unusable (host.probe->host->unusable,
                                        vgate_command_print (report, line.output));
}
