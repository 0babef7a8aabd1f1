/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate device remove: removes devices that are not in use, and forgets what was recorded of them. */
#include "command.h"
#include "confirm.h"
#include "device-command.h"
#include "base/run-directory.h"
#include "host/mdevctl.h"
#include "placement/make.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    VgateCommandLine line;
    gboolean yes;
    char *root;
} Options;

static void
options_clear (Options *options)
{
    vgate_command_line_clear (&options->line);
    g_free (options->root);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
is_recorded (const VgateLeases *leases, VgateHostdevKind kind, const char *device)
{
    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (lease->kind == (int)kind && strcmp (lease->device, device) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The device in the list of the host's devices. NULL if it does not exist; a virtual function without a
 * type is no device that could be removed. */
static const VgateListedDevice *
find_device (const VgateDeviceHost *host, const char *name)
{
    const VgateListedDevice *listed;
    VgateHostdevKind kind;

    vgate_device_parse_name (name, &kind);
    listed = vgate_listed_device_find (host->probe->devices, kind, name);
    return listed && (kind == VGATE_HOSTDEV_MDEV || listed->device.type != 0 ||
                      listed->device.kind == VGATE_DEVICE_UNUSABLE)
               ? listed
               : NULL;
}

static gboolean
keep (const char *device, const char *why, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_KEPT, "cannot remove device %s: %s", device, why);
    return FALSE;
}

static gboolean
check_device (const VgateDeviceHost *host, const VgateUse *use, const char *name, GError **error)
{
    const VgateListedDevice *listed = find_device (host, name);
    const char *who = vgate_use_find (use, name);
    const guint64 now = vgate_run_directory_clock ();
    const VgateLease *lease;
    VgateHostdevKind kind;

    vgate_device_parse_name (name, &kind);
    lease = vgate_leases_find (host->leases, kind, name);
    if (who)
        return keep (name, who, error);
    if (lease && vgate_lease_holds (lease, now) && !vgate_lease_is_of_unknown_guest (lease)) {
        g_autofree char *why =
            g_strdup_printf ("it is reserved for domain %s for another %" G_GUINT64_FORMAT " s",
                             lease->domain, lease->expires - now);

        return keep (name, why, error);
    }
    if (listed && listed->device.kind == VGATE_DEVICE_UNUSABLE)
        return keep (name, listed->device.fault, error);
    if (listed || is_recorded (host->leases, kind, name))
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_UNKNOWN, "%s is not a vGPU device of this host", name);
    return FALSE;
}

/* Checks these devices. All are checked before any is removed, and each one again directly before its
 * removal, as a guest can have started in the meantime. */
static gboolean
check_all (const VgateDeviceHost *host, const char *const *names, GError **error)
{
    g_autoptr (GHashTable) use = vgate_device_host_read_use (host, error);

    for (guint i = 0; use && names[i]; i++)
        if (!check_device (host, use, names[i], error))
            return FALSE;
    return use != NULL;
}

static gboolean
is_defined (const VgateDeviceHost *host, const char *name)
{
    VgateHostdevKind kind;

    vgate_device_parse_name (name, &kind);
    return kind == VGATE_HOSTDEV_MDEV && vgate_mdevctl_defines (host->root, name);
}

static void
append_device (const VgateDeviceHost *host, const char *name, GString *question)
{
    const VgateListedDevice *listed = find_device (host, name);
    const char *type = listed ? vgate_device_host_type_name (host, listed) : NULL;

    g_string_append_printf (question, " %s", name);
    if (listed)
        g_string_append_printf (
            question, " (%s on GPU %s%s)", type ? type : "unknown type", listed->device.pgpu,
            is_defined (host, name) ? ", defined by mdevctl, which can start it again" : "");
    else
        g_string_append (question, " (only its record)");
}

static int
confirm (const VgateDeviceHost *host, char **names)
{
    g_autoptr (GString) question = g_string_new (names[1] ? "Remove the devices" : "Remove the device");

    for (guint i = 0; names[i]; i++) {
        append_device (host, names[i], question);
        g_string_append (question, names[i + 1] ? "," : "?");
    }
    return vgate_confirm (question->str);
}

static gboolean
unmake (const VgateDeviceHost *host, const VgateListedDevice *listed, GError **error)
{
    VgateServed served = VGATE_SERVED_IN_TIME;

    return vgate_device_unmake_listed (host->root, listed, &served, error);
}

/* Nobody wants the device any longer, so no guest's start creates it again. */
static void
forget (VgateLeases *leases, VgateHostdevKind kind, const char *device)
{
    for (guint i = leases->all->len; i > 0; i--) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i - 1);

        if (lease->kind == (int)kind && strcmp (lease->device, device) == 0)
            g_ptr_array_remove_index (leases->all, i - 1);
    }
}

/* The record is removed after the device: if this program ends in between, the device is still known. */
static gboolean
remove_one (VgateDeviceHost *host, const char *name, JsonArray *list, GError **error)
{
    const VgateListedDevice *listed = find_device (host, name);
    const char *type = listed ? vgate_device_host_type_name (host, listed) : NULL;
    VgateHostdevKind kind;
    JsonObject *item;

    vgate_device_parse_name (name, &kind);
    if (!check_all (host, (const char *[]){name, NULL}, error) || (listed && !unmake (host, listed, error)))
        return FALSE;
    forget (host->leases, kind, name);
    if (!vgate_leases_save (host->leases, vgate_run_directory_clock (), error))
        return FALSE;
    item = vgate_tree_add_item (list);
    json_object_set_string_member (item, "name", name);
    if (type)
        json_object_set_string_member (item, "type", type);
    if (listed)
        json_object_set_string_member (item, "gpu", listed->device.pgpu);
    json_object_set_string_member (item, "result", listed ? "removed" : "forgotten");
    if (is_defined (host, name))
        json_object_set_string_member (item, "defined-by", "mdevctl");
    return TRUE;
}

static int
remove_all (const Options *options, VgateDeviceHost *host, JsonArray *list)
{
    char **names = options->line.words;
    g_autoptr (GError) error = NULL;
    int status;

    if (!options->yes) {
        /* without the lock, because nobody knows when the answer comes */
        if (!vgate_device_host_read (host, FALSE, FALSE, &error) ||
            !check_all (host, (const char *const *)names, &error))
            return vgate_device_fail (error);
        status = confirm (host, names);
        if (status != VGATE_EXIT_ALLOWED)
            return status;
    }
    if (!vgate_device_host_read (host, TRUE, FALSE, &error) ||
        !check_all (host, (const char *const *)names, &error))
        return vgate_device_fail (error);
    for (guint i = 0; names[i]; i++)
        if (!remove_one (host, names[i], list, &error))
            return vgate_device_fail (error);
    return VGATE_EXIT_ALLOWED;
}

static gboolean
check_words (VgateCommandLine *line, GError **error)
{
    VgateHostdevKind kind;

    if (line->n_words == 0) {
        g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                             "'device remove' requires DEVICE");
        return FALSE;
    }
    for (guint i = 0; i < line->n_words; i++) {
        char *lower = g_ascii_strdown (line->words[i], -1);

        g_free (line->words[i]);
        line->words[i] = lower;
        if (!vgate_device_parse_name (lower, &kind)) {
            g_set_error (
                error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "invalid device '%s': expected the UUID of a mediated device or the PCI address of a "
                "virtual function",
                lower);
            return FALSE;
        }
        for (guint k = 0; k < i; k++) {
            if (strcmp (line->words[k], lower) == 0) {
                g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "device %s is named twice",
                             lower);
                return FALSE;
            }
        }
    }
    return TRUE;
}

int
vgate_command_device_remove (int argc, char *argv[], const char *config)
{
    g_auto (Options) options = {.line = {.output = VGATE_OUTPUT_TEXT}};
    g_auto (VgateDeviceHost) host = {.root = ""};
    g_autofree char *as_root = vgate_command_as_root (argc, argv, config);
    const GOptionEntry entries[] = {
        VGATE_COMMAND_YES (&options.yes),
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &options.root, "look for /sys, /proc, /run and /etc below DIR",
         "DIR"},
        {0},
    };
    g_autoptr (JsonObject) report = json_object_new ();
    JsonArray *list = vgate_tree_add_list (vgate_tree_add_child (report, "device-remove"), "device");
    g_autoptr (GError) error = NULL;
    int status;

    if (!vgate_command_line_parse (
            &options.line, argc, argv, "DEVICE...",
            "Remove vGPU devices of this host that are not in use. DEVICE is the UUID of "
            "a mediated\ndevice, or the PCI address of a virtual function.",
            entries, &error) ||
        !check_words (&options.line, &error))
        return vgate_command_usage (error->message);
    if (!vgate_device_need_root (options.root, "remove devices", as_root, &error))
        return vgate_command_fail (error);
    host.root = options.root ? options.root : "";
    host.policy = vgate_command_policy (config, &error);
    if (!host.policy)
        return vgate_command_fail (error);
    status = remove_all (&options, &host, list);
    if (json_array_get_length (list) > 0)
        vgate_command_print (report, options.line.output);
    return status;
}
