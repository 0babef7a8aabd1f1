/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* update: changes the host's driver, the board in a slot, or a setting of a GPU. */
#include "nvml-sim/command/command.h"

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/host-parse.h"
#include "nvml-sim/command/option.h"

typedef struct {
    /* as they were typed, for the host, a GPU, and a type on a GPU */
    char *driver, *range_text, *advertised_text, *structure_text, *scheduler_calls, *nvml;
    char *warm_update; /* of the host with all of its GPUs, or of a GPU */
    char *gpu_text, *ecc, *sriov, *migration, *mig, *heterogeneous, *device_id, *subsystem_id;
    char *read_bandwidth, *write_bandwidth;
    char *type_text, *count_text;
    /* as they were parsed */
    VgpuSimAddress gpu;
    guint32 type, count;
} Update;

static void
update_clear (Update *update)
{
    char **const texts[] = {&update->driver,
                            &update->range_text,
                            &update->advertised_text,
                            &update->structure_text,
                            &update->gpu_text,
                            &update->ecc,
                            &update->sriov,
                            &update->migration,
                            &update->device_id,
                            &update->subsystem_id,
                            &update->type_text,
                            &update->count_text,
                            &update->heterogeneous,
                            &update->mig,
                            &update->read_bandwidth,
                            &update->write_bandwidth,
                            &update->warm_update,
                            &update->scheduler_calls,
                            &update->nvml};

    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
        g_clear_pointer (texts[i], g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Update, update_clear)

/* Checks which options were combined. */
static gboolean
check_combination (const Update *update, GError **error)
{
    const gboolean of_host = update->driver || update->range_text || update->advertised_text ||
                             update->structure_text || update->scheduler_calls || update->nvml ||
                             (update->warm_update && !update->gpu_text);
    const gboolean of_gpu = update->ecc || update->sriov || update->migration || update->mig ||
                            update->heterogeneous || update->device_id || update->subsystem_id ||
                            update->read_bandwidth || update->write_bandwidth || update->type_text ||
                            update->count_text || (update->warm_update && update->gpu_text);

    if (!update->type_text != !update->count_text)
        return vgpu_sim_option_bad (error, "--type and --count must be given together");
    if (of_gpu && !update->gpu_text)
        return vgpu_sim_option_bad (error, "--gpu is missing: it names the GPU to change");
    if (update->gpu_text && !of_gpu)
        return vgpu_sim_option_bad (error, "--gpu needs an option that changes the GPU");
    if (!of_host && !of_gpu)
        return vgpu_sim_option_bad (error, "update needs an option that changes something");
    return TRUE;
}

static gboolean
check_scheduler_calls (const char *text, GError **error)
{
    VgpuSimSchedulerCalls calls;

    return !text || vgpu_sim_scheduler_calls_parse (text, &calls) ||
           vgpu_sim_option_bad (
               error, "invalid value '%s' for --scheduler-calls: expected v1, v1-deprecated or v2", text);
}

static gboolean
check_arguments (Update *update, GError **error)
{
    VgateVersionRange range;
    guint32 structure, bandwidth;

    return vgpu_sim_option_driver ("--driver", update->driver, error) &&
           vgpu_sim_option_driver ("--nvml-version", update->nvml, error) &&
           vgpu_sim_option_range ("--range", update->range_text, &range, error) &&
           vgpu_sim_option_range ("--advertised-range", update->advertised_text, &range, error) &&
           vgpu_sim_option_number ("--structure-version", update->structure_text, 1, G_MAXUINT16, &structure,
                                   error) &&
           check_scheduler_calls (update->scheduler_calls, error) &&
           vgpu_sim_option_address ("--gpu", update->gpu_text, &update->gpu, error) &&
           vgpu_sim_option_switch ("--warm-update", update->warm_update, error) &&
           vgpu_sim_option_switch ("--ecc", update->ecc, error) &&
           vgpu_sim_option_switch ("--sriov", update->sriov, error) &&
           vgpu_sim_option_switch ("--migration", update->migration, error) &&
           vgpu_sim_option_switch ("--mig", update->mig, error) &&
           vgpu_sim_option_switch ("--heterogeneous", update->heterogeneous, error) &&
           vgpu_sim_option_hex4 ("--device-id", update->device_id, error) &&
           vgpu_sim_option_hex4 ("--subsystem-id", update->subsystem_id, error) &&
           vgpu_sim_option_number ("--read-bandwidth", update->read_bandwidth, 1, G_MAXUINT32, &bandwidth,
                                   error) &&
           vgpu_sim_option_number ("--write-bandwidth", update->write_bandwidth, 1, G_MAXUINT32, &bandwidth,
                                   error) &&
           vgpu_sim_option_number ("--type", update->type_text, 1, G_MAXUINT32, &update->type, error) &&
           vgpu_sim_option_number ("--count", update->count_text, 0, G_MAXUINT16, &update->count, error) &&
           check_combination (update, error);
}

static gboolean
parse_arguments (Update *update, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"driver", 0, 0, G_OPTION_ARG_STRING, &update->driver, "set the version of the host driver",
         "VERSION"},
        {"nvml-version", 0, 0, G_OPTION_ARG_STRING, &update->nvml, "set the version of NVML", "VERSION"},
        {"range", 0, 0, G_OPTION_ARG_STRING, &update->range_text,
         "set the vGPU versions that the driver "
         "supports",
         "MIN-MAX"},
        {"advertised-range", 0, 0, G_OPTION_ARG_STRING, &update->advertised_text,
         "set the administrator's "
         "range of vGPU versions",
         "MIN-MAX"},
        {"structure-version", 0, 0, G_OPTION_ARG_STRING, &update->structure_text,
         "set the structure "
         "version of the metadata",
         "N"},
        {"scheduler-calls", 0, 0, G_OPTION_ARG_STRING, &update->scheduler_calls,
         "set which scheduler calls the driver has: v1 (before r595), v1-deprecated (both, the older ones "
         "answer DEPRECATED) or v2",
         "WHICH"},
        {"warm-update", 0, 0, G_OPTION_ARG_STRING, &update->warm_update,
         "set whether the driver can be replaced while guests run, for the driver and all GPUs or for --gpu",
         "on|off"},
        {"gpu", 0, 0, G_OPTION_ARG_STRING, &update->gpu_text, "change this GPU with the options below",
         "ADDRESS"},
        {"ecc", 0, 0, G_OPTION_ARG_STRING, &update->ecc, "set ECC", "on|off"},
        {"sriov", 0, 0, G_OPTION_ARG_STRING, &update->sriov, "set SR-IOV", "on|off"},
        {"migration", 0, 0, G_OPTION_ARG_STRING, &update->migration, "set the migration capability",
         "on|off"},
        {"mig", 0, 0, G_OPTION_ARG_STRING, &update->mig, "set MIG mode", "on|off"},
        {"heterogeneous", 0, 0, G_OPTION_ARG_STRING, &update->heterogeneous,
         "set whether vGPUs of several "
         "sizes can run at once",
         "on|off"},
        {"device-id", 0, 0, G_OPTION_ARG_STRING, &update->device_id, "set the PCI device ID", "HEX4"},
        {"subsystem-id", 0, 0, G_OPTION_ARG_STRING, &update->subsystem_id,
         "set the PCI subsystem device "
         "ID",
         "HEX4"},
        {"read-bandwidth", 0, 0, G_OPTION_ARG_STRING, &update->read_bandwidth,
         "set the speed of reading a "
         "vGPU, in MB/s",
         "N"},
        {"write-bandwidth", 0, 0, G_OPTION_ARG_STRING, &update->write_bandwidth,
         "set the speed of writing "
         "a vGPU, in MB/s",
         "N"},
        {"type", 0, 0, G_OPTION_ARG_STRING, &update->type_text, "change this vGPU type with --count", "ID"},
        {"count", 0, 0, G_OPTION_ARG_STRING, &update->count_text,
         "set the maximum number of instances; "
         "0: the type is not offered",
         "N"},
        {0},
    };

    return vgpu_sim_option_parse ("", entries, 0, &argc, &argv, error) && check_arguments (update, error);
}

static void
set_text (GKeyFile *file, const char *group, const char *key, const char *text)
{
    if (text)
        g_key_file_set_value (file, group, key, text);
}

static void
set_switch (GKeyFile *file, const char *group, const char *key, const char *text)
{
    if (text)
        g_key_file_set_value (file, group, key, g_str_equal (text, "on") ? "true" : "false");
}

static void
update_driver (VgpuSimEdit *edit, const Update *update)
{
    /* changing the driver includes a reload */
    if (update->driver || update->range_text || update->scheduler_calls)
        vgpu_sim_reload_settings (edit);
    set_text (edit->file, VGPU_SIM_GROUP_DRIVER, "version", update->driver);
    /* a driver brings its own library */
    if (update->driver)
        g_key_file_remove_key (edit->file, VGPU_SIM_GROUP_DRIVER, "nvml-version", NULL);
    set_text (edit->file, VGPU_SIM_GROUP_DRIVER, "nvml-version", update->nvml);
    set_text (edit->file, VGPU_SIM_GROUP_DRIVER, "range", update->range_text);
    set_text (edit->file, VGPU_SIM_GROUP_DRIVER, "advertised-range", update->advertised_text);
    set_text (edit->file, VGPU_SIM_GROUP_DRIVER, "structure-version", update->structure_text);
    set_text (edit->file, VGPU_SIM_GROUP_DRIVER, "scheduler-calls", update->scheduler_calls);
    if (update->gpu_text)
        return;
    set_switch (edit->file, VGPU_SIM_GROUP_DRIVER, "warm-update", update->warm_update);
    for (guint i = 0; i < edit->host->gpus->len; i++) {
        const VgpuSimGpu *gpu = g_ptr_array_index (edit->host->gpus, i);

        set_switch (edit->file, gpu->group, "warm-update", update->warm_update);
    }
}

/* The GPU's offers after changing or adding one of them or, with a count of 0, removing it. */
static char *
changed_offers (const VgpuSimGpu *gpu, guint32 type, guint32 count)
{
    g_autoptr (GString) text = g_string_new (NULL);

    for (guint i = 0; i < gpu->offers->len; i++) {
        const VgpuSimOffer *offer = &g_array_index (gpu->offers, VgpuSimOffer, i);
        const guint32 now = offer->type->id == type ? count : offer->count;

        if (now > 0)
            g_string_append_printf (text, "%u:%u;", offer->type->id, now);
    }
    if (count > 0 && !vgpu_sim_gpu_offer (gpu, type))
        g_string_append_printf (text, "%u:%u;", type, count);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
update_gpu (VgpuSimEdit *edit, const Update *update, GError **error)
{
    const VgpuSimGpu *gpu = vgpu_sim_host_gpu (edit->host, update->gpu);

    if (!gpu) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE, "there is no GPU %s",
                     update->gpu_text);
        return FALSE;
    }
    if ((update->mig || update->heterogeneous) && vgpu_sim_host_gpu_runs (edit->host, gpu)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE, "vGPUs run on GPU %s",
                     update->gpu_text);
        return FALSE;
    }
    set_switch (edit->file, gpu->group, "mig", update->mig);
    set_switch (edit->file, gpu->group, "heterogeneous", update->heterogeneous);
    set_switch (edit->file, gpu->group, "warm-update", update->warm_update);
    set_switch (edit->file, gpu->group, "ecc", update->ecc);
    set_switch (edit->file, gpu->group, "sriov", update->sriov);
    set_switch (edit->file, gpu->group, "migration", update->migration);
    set_text (edit->file, gpu->group, "device-id", update->device_id);
    set_text (edit->file, gpu->group, "subsystem-id", update->subsystem_id);
    set_text (edit->file, gpu->group, "read-bandwidth", update->read_bandwidth);
    set_text (edit->file, gpu->group, "write-bandwidth", update->write_bandwidth);
    if (update->type_text) {
        g_autofree char *offers = changed_offers (gpu, update->type, update->count);

        g_key_file_set_value (edit->file, gpu->group, "vgpu-types", offers);
    }
    return TRUE;
}

gboolean
vgpu_sim_command_update (const char *path, int argc, char **argv, GError **error)
{
    g_auto (Update) update = {0};
    g_autoptr (VgpuSimEdit) edit = NULL;

    if (!parse_arguments (&update, argc, argv, error))
        return FALSE;
    edit = vgpu_sim_edit_begin (path, error);
    if (!edit)
        return FALSE;
    update_driver (edit, &update);
    if (update.gpu_text && !update_gpu (edit, &update, error))
        return FALSE;
    return vgpu_sim_edit_commit (edit, error);
}
