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
    return vgpu_sim_call_is_known (call) ||
           vgpu_sim_option_bad (error, "'%s' is no call that can fail", call);
}

static gboolean
set_fault (const char *path, const char *call, const char *fault, GError **error)
{
    g_autoptr (VgpuSimEdit) edit = vgpu_sim_edit_begin (path, error);
    g_autofree char *base = vgpu_sim_call_base_name (call);

    if (!edit)
        return FALSE;
    g_key_file_set_value (edit->file, VGPU_SIM_GROUP_FAULTS, base, fault);
    return vgpu_sim_edit_commit (edit, error);
}

gboolean
vgpu_sim_command_fail (const char *path, int argc, char **argv, GError **error)
{
    int code;

    if (!vgpu_sim_option_parse ("CALL CODE", NULL, 2, &argc, &argv, error) || !check_call (argv[1], error))
        return FALSE;
    if (!vgpu_sim_return_parse (argv[2], &code))
        return vgpu_sim_option_bad (error, "'%s' is neither a return code from 1 to 999 nor the name of one",
                                    argv[2]);
    return set_fault (path, argv[1], argv[2], error);
}

gboolean
vgpu_sim_command_hang (const char *path, int argc, char **argv, GError **error)
{
    return vgpu_sim_option_parse ("CALL", NULL, 1, &argc, &argv, error) && check_call (argv[1], error) &&
           set_fault (path, argv[1], VGPU_SIM_FAULT_HANG, error);
}

/* A fault may stand in a hand-written file under either spelling of the call. */
static void
remove_faults (GKeyFile *file, const char *base)
{
    g_auto (GStrv) calls = g_key_file_get_keys (file, VGPU_SIM_GROUP_FAULTS, NULL, NULL);

    for (gsize i = 0; calls && calls[i]; i++) {
        g_autofree char *name = vgpu_sim_call_base_name (calls[i]);

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
