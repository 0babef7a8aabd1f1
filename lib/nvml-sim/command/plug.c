/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plug and unplug: add and remove vGPUs. */
#include "nvml-sim/command/command.h"

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/guest.h"
#include "nvml-sim/model/host-parse.h"
#include "nvml-sim/model/mdev.h"
#include "nvml-sim/command/option.h"
#include "nvml-sim/model/place.h"
#include "nvml/nvml-abi.h"

typedef struct {
    /* as they were typed */
    char *vm, *type_text, *gpu_text, *placement_text, *uuid, *mdev, *vf, *guest_address, *used_text,
        *state_text;
    char *guest_driver, *range_text, *version_text, *root;
    gboolean no_migration;
    /* as they were parsed */
    guint32 type, placement, used, state, version;
    VgpuSimAddress gpu, function;
    VgateVersionRange range;
} Plug;

static void
plug_clear (Plug *plug)
{
    char **const texts[] = {
        &plug->vm,           &plug->type_text,      &plug->gpu_text,   &plug->uuid,         &plug->mdev,
        &plug->vf,           &plug->guest_address,  &plug->used_text,  &plug->guest_driver, &plug->range_text,
        &plug->version_text, &plug->placement_text, &plug->state_text, &plug->root};

    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
        g_clear_pointer (texts[i], g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Plug, plug_clear)

/* Checks which options were combined. A mediated device of the machine determines the type and the GPU. */
static gboolean
check_combination (const Plug *plug, GError **error)
{
    if (!plug->type_text && !plug->mdev)
        return vgpu_sim_option_bad (error, "--type is missing: only with --mdev the type is known");
    if (plug->gpu_text && !plug->type_text)
        return vgpu_sim_option_bad (error, "--gpu needs --type");
    if (plug->mdev && plug->vf)
        return vgpu_sim_option_bad (error, "--mdev and --vf cannot be used together");
    if (plug->range_text && plug->version_text)
        return vgpu_sim_option_bad (error, "--guest-range and --guest-version cannot be used together");
    if (plug->range_text && !plug->guest_driver)
        return vgpu_sim_option_bad (error, "--guest-range needs --guest-driver");
    if (plug->guest_driver && !plug->range_text && !plug->version_text)
        return vgpu_sim_option_bad (error, "--guest-driver needs --guest-range or --guest-version");
    return TRUE;
}

static gboolean
check_arguments (Plug *plug, GError **error)
{
    VgpuSimAddress inside;

    return vgpu_sim_option_required ("--vm", plug->vm, error) &&
           vgpu_sim_option_uuid ("--vm", plug->vm, error) &&
           vgpu_sim_option_uuid ("--uuid", plug->uuid, error) &&
           vgpu_sim_option_uuid ("--mdev", plug->mdev, error) &&
           vgpu_sim_option_number ("--type", plug->type_text, 1, G_MAXUINT32, &plug->type, error) &&
           vgpu_sim_option_number ("--framebuffer-used", plug->used_text, 0, G_MAXUINT32, &plug->used,
                                   error) &&
           vgpu_sim_option_number ("--runtime-state", plug->state_text, 0, G_MAXUINT32, &plug->state,
                                   error) &&
           vgpu_sim_option_number ("--placement", plug->placement_text, 0, VGPU_SIM_NO_PLACEMENT - 1,
                                   &plug->placement, error) &&
           vgpu_sim_option_address ("--gpu", plug->gpu_text, &plug->gpu, error) &&
           vgpu_sim_option_address ("--vf", plug->vf, &plug->function, error) &&
           vgpu_sim_option_address ("--guest-address", plug->guest_address, &inside, error) &&
           vgpu_sim_option_driver ("--guest-driver", plug->guest_driver, error) &&
           vgpu_sim_option_range ("--guest-range", plug->range_text, &plug->range, error) &&
           vgpu_sim_option_version ("--guest-version", plug->version_text, &plug->version, error) &&
           check_combination (plug, error);
}

static gboolean
parse_arguments (Plug *plug, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"vm", 0, 0, G_OPTION_ARG_STRING, &plug->vm, "give the vGPU to this virtual machine", "UUID"},
        {"type", 0, 0, G_OPTION_ARG_STRING, &plug->type_text,
         "vGPU type (default: that of the mediated "
         "device)",
         "ID"},
        {"gpu", 0, 0, G_OPTION_ARG_STRING, &plug->gpu_text, "GPU (default: the first with room)", "ADDRESS"},
        {"placement", 0, 0, G_OPTION_ARG_STRING, &plug->placement_text,
         "placement on a heterogeneous GPU (default: the lowest free one)", "SLOT"},
        {"uuid", 0, 0, G_OPTION_ARG_STRING, &plug->uuid, "UUID of the vGPU (default: a new one)", "UUID"},
        {"mdev", 0, 0, G_OPTION_ARG_STRING, &plug->mdev, "run the vGPU on this mediated device", "UUID"},
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &plug->root, "look for the mediated device in DIR/sys", "DIR"},
        {"vf", 0, 0, G_OPTION_ARG_STRING, &plug->vf, "run the vGPU on this virtual function", "ADDRESS"},
        {"guest-address", 0, 0, G_OPTION_ARG_STRING, &plug->guest_address, "address of the vGPU in the guest",
         "ADDRESS"},
        {"guest-driver", 0, 0, G_OPTION_ARG_STRING, &plug->guest_driver,
         "version of the guest driver, "
         "which is loaded",
         "VERSION"},
        {"guest-range", 0, 0, G_OPTION_ARG_STRING, &plug->range_text,
         "vGPU versions that the guest "
         "driver supports",
         "MIN-MAX"},
        {"guest-version", 0, 0, G_OPTION_ARG_STRING, &plug->version_text,
         "vGPU version agreed on before "
         "the migration",
         "X.Y"},
        {"framebuffer-used", 0, 0, G_OPTION_ARG_STRING, &plug->used_text, "framebuffer in use (default: 0)",
         "MIB"},
        {"runtime-state", 0, 0, G_OPTION_ARG_STRING, &plug->state_text,
         "size of its other state (default: not reported)", "MIB"},
        {"no-migration", 0, 0, G_OPTION_ARG_NONE, &plug->no_migration,
         "clear the vGPU's migration "
         "capability",
         NULL},
        {0},
    };

    return vgpu_sim_option_parse ("--vm UUID", entries, 0, &argc, &argv, error) &&
           check_arguments (plug, error);
}

/* Why this vGPU cannot be on that GPU; NULL when it can. */
static const char *
find_obstacle (const VgpuSimHost *host, const VgpuSimGpu *gpu, const Plug *plug)
{
    const VgpuSimOffer *offer = vgpu_sim_gpu_offer (gpu, plug->type);

    if (!offer || gpu->mode != NVML_VIRTUALIZATION_MODE_HOST_VGPU)
        return "the type is not offered";
    if (plug->vf && !gpu->sriov)
        return "a GPU without SR-IOV has no virtual functions";
    if (plug->vf && !vgpu_sim_host_has_function (host, gpu, plug->function))
        return "the GPU has no such virtual function";
    if (plug->placement_text && !gpu->heterogeneous)
        return "only a heterogeneous GPU has placements";
    if (plug->placement_text && !vgpu_sim_place_is_free (host, gpu, offer, plug->placement))
        return "this placement is not free, or not one of the type";
    return vgpu_sim_place_obstacle (host, gpu, offer);
}

/* Takes the type of the device from the machine, and its GPU from the host file. */
static gboolean
take_mdev (const VgpuSimHost *host, Plug *plug, GError **error)
{
    char address[VGPU_SIM_ADDRESS_TEXT_SIZE];
    VgpuSimMdev mdev;

    if (!vgpu_sim_mdev_find (plug->root ? plug->root : "/", host, plug->mdev, &mdev, error))
        return FALSE;
    plug->type = mdev.type;
    plug->gpu = mdev.gpu->address;
    plug->gpu_text = g_strdup (vgpu_sim_address_format (plug->gpu, address));
    return TRUE;
}

/* The first GPU with room, or the requested one. errors: the reason of the last GPU that offers the type */
static const VgpuSimGpu *
find_room (const VgpuSimHost *host, const Plug *plug, GError **error)
{
    const VgpuSimGpu *asked = plug->gpu_text ? vgpu_sim_host_gpu (host, plug->gpu) : NULL;
    const char *reason = "the type is not offered";

    if (plug->gpu_text && !asked) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE, "there is no GPU %s", plug->gpu_text);
        return NULL;
    }
    for (guint i = 0; i < host->gpus->len; i++) {
        const VgpuSimGpu *gpu = host->gpus->pdata[i];
        const char *obstacle;

        if (asked && asked != gpu)
            continue;
        obstacle = find_obstacle (host, gpu, plug);
        if (!obstacle)
            return gpu;
        if (vgpu_sim_gpu_offer (gpu, plug->type))
            reason = obstacle;
    }
    g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE, "vGPU type %u on %s: %s", plug->type,
                 plug->gpu_text ? plug->gpu_text : "any GPU", reason);
    return NULL;
}

static void
set_number (GKeyFile *file, const char *group, const char *key, guint32 number)
{
    g_autofree char *text = g_strdup_printf ("%u", number);

    g_key_file_set_value (file, group, key, text);
}

static void
set_optional (GKeyFile *file, const char *group, const char *key, const char *text)
{
    if (text)
        g_key_file_set_value (file, group, key, text);
}

/* Writes the place on the GPU, if its mode has places. */
static void
write_place (VgpuSimEdit *edit, const Plug *plug, const VgpuSimGpu *gpu, const char *group)
{
    if (gpu->mig)
        set_number (edit->file, group, "gpu-instance", vgpu_sim_place_free_gpu_instance (edit->host, gpu));
    if (gpu->heterogeneous) {
        g_autoptr (GArray) ids = vgpu_sim_place_free (edit->host, gpu, vgpu_sim_gpu_offer (gpu, plug->type));

        set_number (edit->file, group, "placement",
                    plug->placement_text ? plug->placement : g_array_index (ids, guint32, 0));
    }
}

static void
write_vgpu (VgpuSimEdit *edit, const Plug *plug, const VgpuSimGpu *gpu, const char *group)
{
    const guint32 instance = edit->host->last_instance + 1;
    char address[VGPU_SIM_ADDRESS_TEXT_SIZE];

    /* Numbers are never used twice, so that a client cannot mistake a new vGPU for one that no longer
     * exists. */
    set_number (edit->file, VGPU_SIM_GROUP_DRIVER, "last-instance", instance);
    set_number (edit->file, group, "instance", instance);
    g_key_file_set_value (edit->file, group, "vm", plug->vm);
    g_key_file_set_value (edit->file, group, "gpu", vgpu_sim_address_format (gpu->address, address));
    set_number (edit->file, group, "type", plug->type);
    write_place (edit, plug, gpu, group);
    set_optional (edit->file, group, "mdev", plug->mdev);
    set_optional (edit->file, group, "vf", plug->vf);
    set_optional (edit->file, group, "guest-address", plug->guest_address);
    set_optional (edit->file, group, "framebuffer-used", plug->used_text);
    set_optional (edit->file, group, "runtime-state", plug->state_text);
    g_key_file_set_value (edit->file, group, "migration", plug->no_migration ? "false" : "true");
}

static gboolean
write_guest (VgpuSimEdit *edit, const Plug *plug, const char *group, GError **error)
{
    const char *driver = plug->guest_driver ? plug->guest_driver : edit->host->driver_version;

    if (plug->version_text)
        return vgpu_sim_guest_arrive (edit->file, group, edit->host, driver, plug->version, error);
    if (plug->range_text)
        return vgpu_sim_guest_load (edit->file, group, edit->host, driver, plug->range, error);
    vgpu_sim_guest_unload (edit->file, group);
    return TRUE;
}

gboolean
vgpu_sim_command_plug (const char *path, int argc, char **argv, GError **error)
{
    g_auto (Plug) plug = {0};
    g_autoptr (VgpuSimEdit) edit = NULL;
    g_autofree char *group = NULL;
    const VgpuSimGpu *gpu;

    if (!parse_arguments (&plug, argc, argv, error))
        return FALSE;
    edit = vgpu_sim_edit_begin (path, error);
    if (!edit)
        return FALSE;
    if (!plug.uuid)
        plug.uuid = g_uuid_string_random ();
    if (vgpu_sim_host_vgpu_by_uuid (edit->host, plug.uuid)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE, "vGPU %s is already running",
                     plug.uuid);
        return FALSE;
    }
    gpu = (plug.type_text || take_mdev (edit->host, &plug, error)) ? find_room (edit->host, &plug, error)
                                                                   : NULL;
    if (!gpu)
        return FALSE;
    if (!gpu->sriov && !plug.mdev)
        plug.mdev = g_uuid_string_random ();
    group = g_strconcat (VGPU_SIM_GROUP_VGPU_PREFIX, plug.uuid, NULL);
    write_vgpu (edit, &plug, gpu, group);
    if (!write_guest (edit, &plug, group, error) || !vgpu_sim_edit_commit (edit, error))
        return FALSE;
    g_print ("%s\n", plug.uuid);
    return TRUE;
}

/* Removes the VM's vGPUs, or the requested one, and returns their number. */
static guint
remove_vgpus (VgpuSimEdit *edit, const char *vm, const char *uuid)
{
    guint removed = 0;

    for (guint i = 0; i < edit->host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = edit->host->vgpus->pdata[i];

        if (g_ascii_strcasecmp (vgpu->vm, vm) != 0 || (uuid && g_ascii_strcasecmp (vgpu->uuid, uuid) != 0))
            continue;
        g_key_file_remove_group (edit->file, vgpu->group, NULL);
        removed++;
    }
    return removed;
}

gboolean
vgpu_sim_command_unplug (const char *path, int argc, char **argv, GError **error)
{
    g_autofree char *vm = NULL;
    g_autofree char *uuid = NULL;
    gboolean if_present = FALSE;
    const GOptionEntry entries[] = {
        {"vm", 0, 0, G_OPTION_ARG_STRING, &vm, "remove the vGPUs of this virtual machine", "UUID"},
        {"uuid", 0, 0, G_OPTION_ARG_STRING, &uuid, "remove only this vGPU (default: all of the VM)", "UUID"},
        {"if-present", 0, 0, G_OPTION_ARG_NONE, &if_present, "succeed if there is no such vGPU", NULL},
        {0},
    };
    g_autoptr (VgpuSimEdit) edit = NULL;

    if (!vgpu_sim_option_parse ("--vm UUID", entries, 0, &argc, &argv, error) ||
        !vgpu_sim_option_required ("--vm", vm, error) || !vgpu_sim_option_uuid ("--vm", vm, error) ||
        !vgpu_sim_option_uuid ("--uuid", uuid, error))
        return FALSE;
    edit = vgpu_sim_edit_begin (path, error);
    if (!edit)
        return FALSE;
    if (remove_vgpus (edit, vm, uuid) == 0 && !if_present) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE, "VM %s has no %s%s", vm,
                     uuid ? "vGPU " : "vGPU", uuid ? uuid : "");
        return FALSE;
    }
    return vgpu_sim_edit_commit (edit, error);
}
