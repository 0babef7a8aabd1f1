/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fail, hang and heal: faults on single calls. */
#include "nvml-sim/command/command.h"

#include "nvml-sim/model/call-names.h"
#include "nvml-sim/model/host-parse.h"
#include "nvml-sim/command/option.h"
#include "nvml-sim/model/return-codes.h"

static gboolean
check_call (const char *call, GError **error)
{
    return vgpu_sim_call_is_known (call) || vgpu_sim_option_bad (error, "unknown call '%s'", call);
}

static gboolean
set_fault (const char *path, const char *key, const char *fault, GError **error)
{
    g_autoptr (VgpuSimEdit) edit = vgpu_sim_edit_begin (path, error);

    if (!edit)
        return FALSE;
    g_key_file_set_value (edit->file, VGPU_SIM_GROUP_FAULTS, key, fault);
    return vgpu_sim_edit_commit (edit, error);
}

/* The keyfile's key for a fault of the call, or of the call on one GPU. The caller frees it. */
static char *
fault_key (const char *call, const char *gpu, GError **error)
{
    char text[VGPU_SIM_ADDRESS_TEXT_SIZE];
    VgpuSimAddress address;

    if (!vgpu_sim_option_address ("--gpu", gpu, &address, error))
        return NULL;
    return gpu ? g_strdup_printf ("%s@%s", call, vgpu_sim_address_format (address, text)) : g_strdup (call);
}

gboolean
vgpu_sim_command_fail (const char *path, int argc, char **argv, GError **error)
{
    g_autofree char *gpu = NULL, *base = NULL, *key = NULL;
    const GOptionEntry entries[] = {
        {"gpu", 0, 0, G_OPTION_ARG_STRING, &gpu,
         "fail only on this GPU (for calls of a device, of a running vGPU or of a GPU instance)", "ADDRESS"},
        {0},
    };
    int code;

    if (!vgpu_sim_option_parse ("CALL CODE", entries, 2, &argc, &argv, error) || !check_call (argv[1], error))
        return FALSE;
    if (!vgpu_sim_return_parse (argv[2], &code))
        return vgpu_sim_option_bad (error,
                                    "invalid code '%s': expected 1 to 999 or the name of a return "
                                    "code",
                                    argv[2]);
    base = vgpu_sim_call_base_name (argv[1]);
    if (gpu && !g_str_has_prefix (base, "nvmlDevice") && !g_str_has_prefix (base, "nvmlVgpuInstance") &&
        !g_str_has_prefix (base, "nvmlGpuInstance"))
        return vgpu_sim_option_bad (error, "%s is not a call of a GPU", base);
    key = fault_key (base, gpu, error);
    return key && set_fault (path, key, argv[2], error);
}

gboolean
vgpu_sim_command_hang (const char *path, int argc, char **argv, GError **error)
{
    g_autofree char *base = NULL;

    if (!vgpu_sim_option_parse ("CALL", NULL, 1, &argc, &argv, error) || !check_call (argv[1], error))
        return FALSE;
    base = vgpu_sim_call_base_name (argv[1]);
    return set_fault (path, base, VGPU_SIM_FAULT_HANG, error);
}

/* Removes the faults of a call, including those of single GPUs. A hand-written file can contain either name
 * of the call. */
static void
remove_faults (GKeyFile *file, const char *base)
{
    g_auto (GStrv) calls = g_key_file_get_keys (file, VGPU_SIM_GROUP_FAULTS, NULL, NULL);

    for (gsize i = 0; calls && calls[i]; i++) {
        g_auto (GStrv) parts = g_strsplit (calls[i], "@", 2);
        g_autofree char *name = vgpu_sim_call_base_name (parts[0]);

        if (g_str_equal (name, base))
            g_key_file_remove_key (file, VGPU_SIM_GROUP_FAULTS, calls[i], NULL);
    }
}

gboolean
vgpu_sim_command_heal (const char *path, int argc, char **argv, GError **error)
{
    g_autoptr (VgpuSimEdit) edit = NULL;
    g_autofree char *base = NULL;

    if (!vgpu_sim_option_parse ("[CALL]", NULL, argc > 1 ? 1 : 0, &argc, &argv, error))
        return FALSE;
    if (argc > 1 && !check_call (argv[1], error))
        return FALSE;
    edit = vgpu_sim_edit_begin (path, error);
    if (!edit)
        return FALSE;
    if (argc > 1) {
        base = vgpu_sim_call_base_name (argv[1]);
        remove_faults (edit->file, base);
    } else {
        g_key_file_remove_group (edit->file, VGPU_SIM_GROUP_FAULTS, NULL);
    }
    return vgpu_sim_edit_commit (edit, error);
}
