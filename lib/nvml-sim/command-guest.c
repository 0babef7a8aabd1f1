/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guest-driver: what happens inside the guest. */
#include "nvml-sim/command.h"

#include "nvml-sim/error.h"
#include "nvml-sim/guest.h"
#include "nvml-sim/option.h"

static gboolean
change_guest (VgpuSimEdit *edit, const VgpuSimVgpu *vgpu, const char *driver, VgateVersionRange range,
              GError **error)
{
    if (driver)
        return vgpu_sim_guest_load (edit->file, vgpu->group, edit->host, driver, range, error);
    vgpu_sim_guest_unload (edit->file, vgpu->group);
    return TRUE;
}

/* A guest driver comes up, or goes down, for all vGPUs of its VM at once. driver NULL: down. */
static gboolean
change_guests (VgpuSimEdit *edit, const char *vm, const char *driver, VgateVersionRange range, GError **error)
{
    guint changed = 0;

    for (guint i = 0; i < edit->host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = edit->host->vgpus->pdata[i];

        if (g_ascii_strcasecmp (vgpu->vm, vm) != 0)
            continue;
        if (!change_guest (edit, vgpu, driver, range, error))
            return FALSE;
        changed++;
    }
    if (changed == 0) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE, "VM %s has no vGPU", vm);
        return FALSE;
    }
    return TRUE;
}

/* up needs --driver and --range, down takes neither. */
static gboolean
check_direction (const char *direction, const char *driver, const char *range, GError **error)
{
    if (g_str_equal (direction, "up"))
        return vgpu_sim_option_required ("--driver", driver, error) &&
               vgpu_sim_option_required ("--range", range, error);
    if (!g_str_equal (direction, "down"))
        return vgpu_sim_option_bad (error, "guest-driver: '%s' is neither up nor down", direction);
    if (driver || range)
        return vgpu_sim_option_bad (error, "guest-driver down takes neither --driver nor --range");
    return TRUE;
}

gboolean
vgpu_sim_command_guest_driver (const char *path, int argc, char **argv, GError **error)
{
    g_autofree char *vm = NULL;
    g_autofree char *driver = NULL;
    g_autofree char *range_text = NULL;
    const GOptionEntry entries[] = {
        {"vm", 0, 0, G_OPTION_ARG_STRING, &vm, "the virtual machine", "UUID"},
        {"driver", 0, 0, G_OPTION_ARG_STRING, &driver, "the guest driver that comes up", "VERSION"},
        {"range", 0, 0, G_OPTION_ARG_STRING, &range_text, "the vGPU versions it speaks", "MIN-MAX"},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr (VgpuSimEdit) edit = NULL;
    VgateVersionRange range = {0, 0};

    if (!vgpu_sim_option_parse ("up|down --vm UUID", entries, 1, &argc, &argv, error) ||
        !vgpu_sim_option_required ("--vm", vm, error) || !vgpu_sim_option_uuid ("--vm", vm, error) ||
        !check_direction (argv[1], driver, range_text, error) ||
        !vgpu_sim_option_driver ("--driver", driver, error) ||
        !vgpu_sim_option_range ("--range", range_text, &range, error))
        return FALSE;
    edit = vgpu_sim_edit_begin (path, error);
    return edit && change_guests (edit, vm, driver, range, error) && vgpu_sim_edit_commit (edit, error);
}
