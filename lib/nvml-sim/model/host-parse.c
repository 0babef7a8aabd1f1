/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/host-parse.h"

#include <string.h>

#include "nvml-sim/model/call-names.h"
#include "nvml-sim/model/error.h"
#include "nvml-sim/model/host-parse-gpu.h"
#include "nvml-sim/model/host-parse-type.h"
#include "nvml-sim/model/host-parse-vgpu.h"
#include "nvml-sim/model/number.h"
#include "nvml-sim/model/return-codes.h"
#include "nvml-sim/model/value.h"
#include "nvml/nvml-abi-more.h"

static gboolean
parse_scheduler_calls (VgpuSimGroup group, VgpuSimSchedulerCalls *calls, GError **error)
{
    static const char key[] = "scheduler-calls";
    g_autofree char *value = g_key_file_get_value (group.file, group.group, key, NULL);

    return !value || vgpu_sim_scheduler_calls_parse (value, calls) ||
           vgpu_sim_value_bad (group, key, error, "invalid value '%s': expected v1, v1-deprecated or v2",
                               value);
}

static gboolean
parse_driver (VgpuSimHost *host, GKeyFile *file, GError **error)
{
    static const char *const keys[] = {
        "version",     "range",           "advertised-range", "structure-version",        "last-instance",
        "warm-update", "scheduler-calls", "nvml-version",     "heterogeneous-multi-vgpu", NULL};
    const VgpuSimGroup group = {file, VGPU_SIM_GROUP_DRIVER};
    guint64 structure = 3, last = VGPU_SIM_FIRST_INSTANCE - 1;

    if (!vgpu_sim_value_only (group, keys, error) ||
        !vgpu_sim_value_text (group, "version", NVML_DRIVER_VERSION_SIZE - 1, &host->driver_version, error) ||
        !vgpu_sim_value_range (group, "range", &host->preset, error))
        return FALSE;
    host->advertised = host->preset;
    if (vgpu_sim_value_has (group, "advertised-range")) {
        if (!vgpu_sim_value_range (group, "advertised-range", &host->advertised, error))
            return FALSE;
        if (!vgate_version_range_contains (host->preset, host->advertised))
            return vgpu_sim_value_bad (group, "advertised-range", error, "not inside the driver's range");
    }
    host->says_warm_update = vgpu_sim_value_has (group, "warm-update");
    if (!vgpu_sim_value_flag (group, "warm-update", &host->warm_update, error))
        return FALSE;
    host->says_multi_vgpu = vgpu_sim_value_has (group, "heterogeneous-multi-vgpu");
    if (!vgpu_sim_value_flag (group, "heterogeneous-multi-vgpu", &host->multi_vgpu, error))
        return FALSE;
    if (vgpu_sim_value_has (group, "nvml-version") &&
        !vgpu_sim_value_text (group, "nvml-version", NVML_SYSTEM_NVML_VERSION_SIZE - 1, &host->nvml_version,
                              error))
        return FALSE;
    if (!parse_scheduler_calls (group, &host->scheduler_calls, error))
        return FALSE;
    if (vgpu_sim_value_has (group, "structure-version") &&
        !vgpu_sim_value_number (group, "structure-version", 1, G_MAXUINT16, &structure, error))
        return FALSE;
    if (vgpu_sim_value_has (group, "last-instance") &&
        !vgpu_sim_value_number (group, "last-instance", 1, G_MAXUINT32, &last, error))
        return FALSE;
    host->structure_version = (guint32)structure;
    host->last_instance = (guint32)last;
    return TRUE;
}

static gboolean
parse_fault (VgpuSimHost *host, VgpuSimGroup group, const char *call, GError **error)
{
    g_autofree char *value = g_key_file_get_value (group.file, group.group, call, NULL);
    g_autofree VgpuSimFault *fault = g_new0 (VgpuSimFault, 1);
    g_auto (GStrv) parts = g_strsplit (call, "@", 2);
    g_autofree char *base = vgpu_sim_call_base_name (parts[0]);
    char address[VGPU_SIM_ADDRESS_TEXT_SIZE];
    VgpuSimAddress gpu;

    if (!vgpu_sim_call_is_known (base))
        return vgpu_sim_value_bad (group, call, error, "unknown call");
    if (parts[1] && !vgpu_sim_address_parse (parts[1], &gpu))
        return vgpu_sim_value_bad (group, call, error, "the text after '@' is not a PCI address");
    fault->hang = g_str_equal (value, VGPU_SIM_FAULT_HANG);
    if (fault->hang && parts[1])
        return vgpu_sim_value_bad (group, call, error, "a call can hang only on all GPUs, not on one");
    if (!fault->hang && !vgpu_sim_return_parse (value, &fault->code))
        return vgpu_sim_value_bad (group, call, error, "'%s' is neither hang nor a return code", value);
    g_hash_table_replace (host->faults,
                          parts[1] ? g_strdup_printf ("%s@%s", base, vgpu_sim_address_format (gpu, address))
                                   : g_strdup (base),
                          g_steal_pointer (&fault));
    return TRUE;
}

static gboolean
parse_faults (VgpuSimHost *host, GKeyFile *file, GError **error)
{
    const VgpuSimGroup group = {file, VGPU_SIM_GROUP_FAULTS};
    g_auto (GStrv) calls = g_key_file_get_keys (file, VGPU_SIM_GROUP_FAULTS, NULL, NULL);

    for (gsize i = 0; calls && calls[i]; i++) {
        if (!parse_fault (host, group, calls[i], error))
            return FALSE;
    }
    return TRUE;
}

typedef gboolean (*ParseGroup) (VgpuSimHost *host, VgpuSimGroup group, GError **error);

static gboolean
parse_groups (VgpuSimHost *host, GKeyFile *file, const char *prefix, ParseGroup parse, GError **error)
{
    g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

    for (gsize i = 0; groups[i]; i++) {
        if (g_str_has_prefix (groups[i], prefix) && !parse (host, (VgpuSimGroup){file, groups[i]}, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_groups (GKeyFile *file, GError **error)
{
    g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

    if (!g_key_file_has_group (file, VGPU_SIM_GROUP_DRIVER)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "missing group [%s]", VGPU_SIM_GROUP_DRIVER);
        return FALSE;
    }
    for (gsize i = 0; groups[i]; i++) {
        if (!g_str_equal (groups[i], VGPU_SIM_GROUP_DRIVER) &&
            !g_str_equal (groups[i], VGPU_SIM_GROUP_FAULTS) &&
            !g_str_has_prefix (groups[i], VGPU_SIM_GROUP_TYPE_PREFIX) &&
            !g_str_has_prefix (groups[i], VGPU_SIM_GROUP_GPU_PREFIX) &&
            !g_str_has_prefix (groups[i], VGPU_SIM_GROUP_VGPU_PREFIX)) {
            g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "unknown group [%s]", groups[i]);
            return FALSE;
        }
    }
    return TRUE;
}

VgpuSimHost *
vgpu_sim_host_parse (GKeyFile *file, GError **error)
{
    g_autoptr (VgpuSimHost) host = vgpu_sim_host_new ();

    /* Groups refer to each other and can be in any order, so each kind is parsed in its own pass. */
    if (!check_groups (file, error) || !parse_driver (host, file, error) ||
        !parse_groups (host, file, VGPU_SIM_GROUP_TYPE_PREFIX, vgpu_sim_host_parse_type, error) ||
        !parse_groups (host, file, VGPU_SIM_GROUP_GPU_PREFIX, vgpu_sim_host_parse_gpu, error) ||
        !parse_groups (host, file, VGPU_SIM_GROUP_VGPU_PREFIX, vgpu_sim_host_parse_vgpu, error) ||
        !parse_faults (host, file, error))
        return NULL;
    return g_steal_pointer (&host);
}
