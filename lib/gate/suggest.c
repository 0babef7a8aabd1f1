/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices in words: what was chosen, and what an operator would have to do for it. */
#include "gate/internal.h"
#include "placement/rewrite.h"

#include <string.h>

static gboolean
is_as_named (const VgatePlacement *placement)
{
    return strcmp (placement->lease->device, placement->hostdev->source) == 0;
}

static gboolean
is_chosen_anew (const VgatePlacement *placement)
{
    return placement->lease && (!is_as_named (placement) || placement->lease->state == VGATE_LEASE_PLANNED);
}

char *
vgate_describe_device (const VgatePlacement *placement)
{
    const VgateLease *lease = placement->lease;
    const gboolean is_mdev = lease->kind == VGATE_HOSTDEV_MDEV;
    const char *fate = "";

    if (lease->state == VGATE_LEASE_PLANNED)
        fate = is_mdev ? ", to be made," : ", to be given the type,";
    if (!is_mdev || strcmp (lease->parent, lease->pgpu) == 0)
        return g_strdup_printf ("%s %s%s on GPU %s", is_mdev ? "mediated device" : "virtual function",
                                lease->device, fate, lease->pgpu);
    return g_strdup_printf ("mediated device %s%s on virtual function %s of GPU %s", lease->device, fate,
                            lease->parent, lease->pgpu);
}

char *
vgate_describe_devices (const VgateDecision *decision)
{
    g_autoptr (GString) text = g_string_new ("allowed, on other devices than the XML names:");
    const char *separator = " ";

    for (guint i = 0; i < decision->placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, i);
        g_autofree char *device = NULL;

        if (!is_chosen_anew (placement))
            continue;
        device = vgate_describe_device (placement);
        g_string_append_printf (text, "%svGPU %s (%s): %s%s%s", separator, placement->vgpu->uuid,
                                placement->vgpu->type_name, device,
                                is_as_named (placement) ? "" : " instead of ",
                                is_as_named (placement) ? "" : placement->hostdev->source);
        separator = "; ";
    }
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* The shell's line that makes it. The path is shown as it is on a real host: by the bus, without a root. */
static void
append_making (GString *text, const VgateLease *lease, const char *root)
{
    g_autofree char *path =
        vgate_sysfs_maker_path (root, (VgateHostdevKind)lease->kind, lease->parent, lease->type);
    g_autofree char *directory = path ? g_path_get_dirname (path) : NULL;
    g_autofree char *type = directory ? g_path_get_basename (directory) : NULL;

    if (lease->kind == VGATE_HOSTDEV_MDEV)
        g_string_append_printf (text,
                                "make it: echo %s >/sys/bus/pci/devices/%s/mdev_supported_types/%s/create",
                                lease->device, lease->parent, type ? type : "?");
    else
        g_string_append_printf (text,
                                /* nocheck: it is for people to type */
                                "give it the type: echo %u >/sys/bus/pci/devices/%s/nvidia/current_vgpu_type",
                                lease->type, lease->parent);
}

static void
append_suggestion (GString *text, const VgateRequest *request, const VgatePlacement *placement)
{
    const VgateLease *lease = placement->lease;
    const char *command = request->operation == VGATE_OPERATION_RESTORE ? "restore" : "migrate";
    g_autofree char *device = vgate_describe_device (placement);
    g_autofree char *from = vgate_source_element (placement->hostdev->kind, placement->hostdev->source);
    g_autofree char *to = vgate_source_element (placement->hostdev->kind, lease->device);

    g_string_append_printf (text, "For guest address %s take %s: ", placement->hostdev->guest_address,
                            device);
    if (lease->state == VGATE_LEASE_PLANNED)
        append_making (text, lease, request->root);
    if (lease->state == VGATE_LEASE_PLANNED && !is_as_named (placement))
        g_string_append (text, ", and ");
    if (!is_as_named (placement))
        g_string_append_printf (text, "virsh %s --xml with %s in place of %s", command, to, from);
    g_string_append (text, ". ");
}

char *
vgate_suggest_devices (const VgateRequest *request, const VgateDecision *decision)
{
    g_autoptr (GString) text = g_string_new (NULL);

    for (guint i = 0; i < decision->placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, i);

        if (is_chosen_anew (placement))
            append_suggestion (text, request, placement);
    }
    g_string_append (text, "The gate does that itself with mode=apply in [placement] of the configuration.");
    return g_string_free (g_steal_pointer (&text), FALSE);
}
