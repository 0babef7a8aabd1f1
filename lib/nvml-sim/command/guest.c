/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guest-driver, guest-memory and guest-work: changes inside the guest. */
#include "nvml-sim/command/command.h"

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/guest.h"
#include "nvml-sim/command/option.h"

/* Changes one vGPU. FALSE with an error. */
typedef gboolean (*Change) (VgpuSimEdit *edit, const VgpuSimVgpu *vgpu, gconstpointer how, GError **error);

/* Changes all vGPUs of the VM at once. */
static gboolean
change_guest (VgpuSimEdit *edit, const char *vm, Change change, gconstpointer how, GError **error)
{
    guint changed = 0;

    for (guint i = 0; i < edit->host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = edit->host->vgpus->pdata[i];

        if (g_ascii_strcasecmp (vgpu->vm, vm) != 0)
            continue;
        if (!change (edit, vgpu, how, error))
            return FALSE;
        changed++;
    }
    if (changed == 0) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE, "VM %s has no vGPU", vm);
        return FALSE;
    }
    return TRUE;
}

typedef struct {
    char *version; /* NULL: the driver is unloaded */
    VgateVersionRange range;
} Driver;

static gboolean
change_driver (VgpuSimEdit *edit, const VgpuSimVgpu *vgpu, gconstpointer how, GError **error)
{
    const Driver *driver = how;

    if (driver->version)
        return vgpu_sim_guest_load (edit->file, vgpu->group, edit->host, driver->version, driver->range,
                                    error);
    vgpu_sim_guest_unload (edit->file, vgpu->group);
    return TRUE;
}

/* up needs --driver and --range, down accepts neither. */
static gboolean
check_direction (const char *direction, const char *driver, const char *range, GError **error)
{
    if (g_str_equal (direction, "up"))
        return vgpu_sim_option_required ("--driver", driver, error) &&
               vgpu_sim_option_required ("--range", range, error);
    if (!g_str_equal (direction, "down"))
        return vgpu_sim_option_bad (error, "guest-driver: invalid argument '%s': expected up or down",
                                    direction);
    if (driver || range)
        return vgpu_sim_option_bad (error, "guest-driver down does not accept --driver or --range");
    return TRUE;
}

gboolean
vgpu_sim_command_guest_driver (const char *path, int argc, char **argv, GError **error)
{
    g_autofree char *vm = NULL;
    g_autofree char *version = NULL;
    g_autofree char *range_text = NULL;
    const GOptionEntry entries[] = {
        {"vm", 0, 0, G_OPTION_ARG_STRING, &vm, "change the vGPUs of this virtual machine", "UUID"},
        {"driver", 0, 0, G_OPTION_ARG_STRING, &version, "version of the guest driver", "VERSION"},
        {"range", 0, 0, G_OPTION_ARG_STRING, &range_text, "vGPU versions that the guest driver supports",
         "MIN-MAX"},
        {0},
    };
    g_autoptr (VgpuSimEdit) edit = NULL;
    Driver driver = {.version = NULL};

    if (!vgpu_sim_option_parse ("up|down --vm UUID", entries, 1, &argc, &argv, error) ||
        !vgpu_sim_option_required ("--vm", vm, error) || !vgpu_sim_option_uuid ("--vm", vm, error) ||
        !check_direction (argv[1], version, range_text, error) ||
        !vgpu_sim_option_driver ("--driver", version, error) ||
        !vgpu_sim_option_range ("--range", range_text, &driver.range, error))
        return FALSE;
    driver.version = version;
    edit = vgpu_sim_edit_begin (path, error);
    return edit && change_guest (edit, vm, change_driver, &driver, error) &&
           vgpu_sim_edit_commit (edit, error);
}

typedef struct {
    char *used, *state; /* MiB, as they were typed; NULL: unchanged */
} Memory;

static gboolean
change_memory (VgpuSimEdit *edit, const VgpuSimVgpu *vgpu, gconstpointer how, G_GNUC_UNUSED GError **error)
{
    const Memory *memory = how;

    if (memory->used)
        g_key_file_set_value (edit->file, vgpu->group, "framebuffer-used", memory->used);
    if (memory->state)
        g_key_file_set_value (edit->file, vgpu->group, "runtime-state", memory->state);
    return TRUE;
}

gboolean
vgpu_sim_command_guest_memory (const char *path, int argc, char **argv, GError **error)
{
    g_autofree char *vm = NULL;
    g_autofree char *used = NULL;
    g_autofree char *state = NULL;
    const GOptionEntry entries[] = {
        {"vm", 0, 0, G_OPTION_ARG_STRING, &vm, "change the vGPUs of this virtual machine", "UUID"},
        {"framebuffer-used", 0, 0, G_OPTION_ARG_STRING, &used, "set how much framebuffer each vGPU uses",
         "MIB"},
        {"runtime-state", 0, 0, G_OPTION_ARG_STRING, &state, "set the size of each vGPU's other state",
         "MIB"},
        {0},
    };
    g_autoptr (VgpuSimEdit) edit = NULL;
    Memory memory = {NULL, NULL};
    guint32 number;

    if (!vgpu_sim_option_parse ("--vm UUID", entries, 0, &argc, &argv, error) ||
        !vgpu_sim_option_required ("--vm", vm, error) || !vgpu_sim_option_uuid ("--vm", vm, error) ||
        !vgpu_sim_option_number ("--framebuffer-used", used, 0, G_MAXUINT32, &number, error) ||
        !vgpu_sim_option_number ("--runtime-state", state, 0, G_MAXUINT32, &number, error))
        return FALSE;
    if (!used && !state)
        return vgpu_sim_option_bad (error, "guest-memory needs --framebuffer-used or --runtime-state");
    memory.used = used;
    memory.state = state;
    edit = vgpu_sim_edit_begin (path, error);
    return edit && change_guest (edit, vm, change_memory, &memory, error) &&
           vgpu_sim_edit_commit (edit, error);
}

/* The keys of a vGPU that guest-work sets. */
static const char *const work_keys[] = {"utilization", "processes", "encoder-sessions", "captures",
                                        "accounting",  "license",   "license-expiry"};

typedef struct {
    char *values[G_N_ELEMENTS (work_keys)]; /* as they were typed; NULL: unchanged */
} Work;

static void
work_clear (Work *work)
{
    for (gsize i = 0; i < G_N_ELEMENTS (work_keys); i++)
        g_clear_pointer (&work->values[i], g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

/* An empty value restores the default. The values are checked when the file is written. */
static gboolean
change_work (VgpuSimEdit *edit, const VgpuSimVgpu *vgpu, gconstpointer how, G_GNUC_UNUSED GError **error)
{
    const Work *work = how;

    for (gsize i = 0; i < G_N_ELEMENTS (work_keys); i++) {
        if (work->values[i] && *work->values[i])
            g_key_file_set_value (edit->file, vgpu->group, work_keys[i], work->values[i]);
        else if (work->values[i])
            g_key_file_remove_key (edit->file, vgpu->group, work_keys[i], NULL);
    }
    return TRUE;
}

/* Replaces "on" and "off" by the words of the keyfile. */
static gboolean
take_accounting (char **value, GError **error)
{
    const gboolean on = g_strcmp0 (*value, "on") == 0;

    if (!*value || **value == '\0')
        return TRUE;
    if (!vgpu_sim_option_switch ("--accounting", *value, error))
        return FALSE;
    g_free (*value);
    *value = g_strdup (on ? "true" : "false");
    return TRUE;
}

gboolean
vgpu_sim_command_guest_work (const char *path, int argc, char **argv, GError **error)
{
    g_autofree char *vm = NULL;
    g_auto (Work) work = {{NULL}};
    const GOptionEntry entries[] = {
        {"vm", 0, 0, G_OPTION_ARG_STRING, &vm, "change the vGPUs of this virtual machine", "UUID"},
        {"utilization", 0, 0, G_OPTION_ARG_STRING, &work.values[0], "set how busy each vGPU is",
         "ENGINE:PERCENT;..."},
        {"processes", 0, 0, G_OPTION_ARG_STRING, &work.values[1], "set the processes of the guest",
         "PID:NAME:SM:MEMORY:MIB;..."},
        {"encoder-sessions", 0, 0, G_OPTION_ARG_STRING, &work.values[2],
         "set the sessions of the video encoder", "PID:CODEC:WIDTHxHEIGHT:FPS:LATENCY;..."},
        {"captures", 0, 0, G_OPTION_ARG_STRING, &work.values[3], "set the sessions of frame buffer capture",
         "PID:TYPE:WIDTHxHEIGHT:FPS:LATENCY;..."},
        {"accounting", 0, 0, G_OPTION_ARG_STRING, &work.values[4], "set whether processes are accounted for",
         "on|off"},
        {"license", 0, 0, G_OPTION_ARG_STRING, &work.values[5], "set the state of the guest's license",
         "STATE"},
        {"license-expiry", 0, 0, G_OPTION_ARG_STRING, &work.values[6], "set when the license expires",
         "TIME"},
        {0},
    };
    g_autoptr (VgpuSimEdit) edit = NULL;
    gsize given = 0;

    if (!vgpu_sim_option_parse ("--vm UUID", entries, 0, &argc, &argv, error) ||
        !vgpu_sim_option_required ("--vm", vm, error) || !vgpu_sim_option_uuid ("--vm", vm, error) ||
        !take_accounting (&work.values[4], error))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS (work_keys); i++)
        given += work.values[i] != NULL;
    if (given == 0)
        return vgpu_sim_option_bad (error, "guest-work needs an option that changes something");
    edit = vgpu_sim_edit_begin (path, error);
    return edit && change_guest (edit, vm, change_work, &work, error) && vgpu_sim_edit_commit (edit, error);
}
