/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/host-parse.h"

#include <string.h>

#include "nvml-sim/call-names.h"
#include "nvml-sim/error.h"
#include "nvml-sim/host-parse-vgpu.h"
#include "nvml-sim/number.h"
#include "nvml-sim/return-codes.h"
#include "nvml-sim/value.h"
#include "nvml/nvml-abi.h"

/* One TiB in MiB: far beyond any GPU, and far from overflow once it is bytes. */
#define MAX_FRAMEBUFFER_MIB (G_GUINT64_CONSTANT (1) << 20)
/* The board part and the capability word take 16 of the metadata string, the NUL one. */
#define MAX_FLOOR_SWEEPING (NVML_PGPU_STRING_SIZE - 17)

static gboolean
parse_driver (VgpuSimHost *host, GKeyFile *file, GError **error)
{
    static const char *const keys[] = {"version",           "range",         "advertised-range",
                                       "structure-version", "last-instance", NULL};
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
parse_type (VgpuSimHost *host, VgpuSimGroup group, GError **error)
{
    static const char *const keys[] = {"name", "class", "framebuffer", NULL};
    g_autoptr (VgpuSimType) type = g_new0 (VgpuSimType, 1);
    guint64 id;

    if (!vgpu_sim_number_parse (group.group + strlen (VGPU_SIM_GROUP_TYPE_PREFIX), 1, G_MAXUINT32, &id)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "[%s]: not a vGPU type id", group.group);
        return FALSE;
    }
    type->id = (guint32)id;
    if (!vgpu_sim_value_only (group, keys, error) ||
        !vgpu_sim_value_text (group, "name", NVML_VGPU_NAME_SIZE - 1, &type->name, error) ||
        !vgpu_sim_value_text (group, "class", NVML_VGPU_NAME_SIZE - 1, &type->class_name, error) ||
        !vgpu_sim_value_number (group, "framebuffer", 1, MAX_FRAMEBUFFER_MIB, &type->framebuffer_mib, error))
        return FALSE;
    g_ptr_array_add (host->types, g_steal_pointer (&type));
    return TRUE;
}

/* One "ID:COUNT" of vgpu-types. */
static gboolean
parse_offer (VgpuSimHost *host, VgpuSimGpu *gpu, VgpuSimGroup group, const char *text, GError **error)
{
    g_auto (GStrv) parts = g_strsplit (text, ":", 3);
    guint64 id, count;
    VgpuSimOffer offer;

    if (g_strv_length (parts) != 2 || !vgpu_sim_number_parse (parts[0], 1, G_MAXUINT32, &id) ||
        !vgpu_sim_number_parse (parts[1], 1, G_MAXUINT16, &count))
        return vgpu_sim_value_bad (group, "vgpu-types", error, "'%s' is not ID:COUNT", text);
    offer = (VgpuSimOffer){vgpu_sim_host_type (host, (guint32)id), (guint32)count};
    if (!offer.type)
        return vgpu_sim_value_bad (group, "vgpu-types", error, "there is no [type %s]", parts[0]);
    if (vgpu_sim_gpu_offer (gpu, offer.type->id))
        return vgpu_sim_value_bad (group, "vgpu-types", error, "type %s stands twice", parts[0]);
    g_array_append_val (gpu->offers, offer);
    return TRUE;
}

static gboolean
parse_offers (VgpuSimHost *host, VgpuSimGpu *gpu, VgpuSimGroup group, GError **error)
{
    g_autofree char *value = g_key_file_get_value (group.file, group.group, "vgpu-types", NULL);
    g_auto (GStrv) entries = value && *value ? g_strsplit (value, ";", -1) : NULL;

    for (gsize i = 0; entries && entries[i]; i++) {
        /* a semicolon at the very end is how GKeyFile itself writes lists */
        if (*entries[i] == '\0' && !entries[i + 1])
            break;
        if (!parse_offer (host, gpu, group, entries[i], error))
            return FALSE;
    }
    return TRUE;
}

static const char *const modes[] = {
    [NVML_VIRTUALIZATION_MODE_NONE] = "none",
    [NVML_VIRTUALIZATION_MODE_PASSTHROUGH] = "passthrough",
    [NVML_VIRTUALIZATION_MODE_HOST_VGPU] = "host-vgpu",
};

const char *
vgpu_sim_mode_name (guint mode)
{
    return modes[mode];
}

static gboolean
parse_mode (VgpuSimGpu *gpu, VgpuSimGroup group, GError **error)
{
    g_autofree char *mode = g_key_file_get_value (group.file, group.group, "virtualization-mode", NULL);

    gpu->mode = NVML_VIRTUALIZATION_MODE_HOST_VGPU;
    if (!mode)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
        if (g_strcmp0 (modes[i], mode) == 0) {
            gpu->mode = i;
            return TRUE;
        }
    }
    return vgpu_sim_value_bad (group, "virtualization-mode", error,
                               "'%s' is none of host-vgpu, passthrough and none", mode);
}

static gboolean
parse_floor_sweeping (VgpuSimGpu *gpu, VgpuSimGroup group, GError **error)
{
    if (!vgpu_sim_value_has (group, "floor-sweeping")) {
        gpu->floor_sweeping = g_strdup ("");
        return TRUE;
    }
    if (!vgpu_sim_value_text (group, "floor-sweeping", MAX_FLOOR_SWEEPING, &gpu->floor_sweeping, error))
        return FALSE;
    if (strspn (gpu->floor_sweeping, "0123456789ABCDEF") != strlen (gpu->floor_sweeping))
        return vgpu_sim_value_bad (group, "floor-sweeping", error, "not upper-case hexadecimal digits");
    return TRUE;
}

/* The address is the identity of a GPU, and NVML knows physical functions only. */
static gboolean
parse_gpu_address (VgpuSimHost *host, VgpuSimGpu *gpu, VgpuSimGroup group, GError **error)
{
    const char *text = group.group + strlen (VGPU_SIM_GROUP_GPU_PREFIX);

    if (!vgpu_sim_address_parse (text, &gpu->address) || gpu->address.function != 0) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE,
                     "[%s]: not the PCI address of a physical function 0", group.group);
        return FALSE;
    }
    if (vgpu_sim_host_gpu (host, gpu->address)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "[%s]: stands twice", group.group);
        return FALSE;
    }
    gpu->group = g_strdup (group.group);
    return TRUE;
}

static gboolean
parse_gpu (VgpuSimHost *host, VgpuSimGroup group, GError **error)
{
    static const char *const keys[] = {"name",
                                       "uuid",
                                       "device-id",
                                       "subsystem-id",
                                       "floor-sweeping",
                                       "ecc",
                                       "sriov",
                                       "migration",
                                       "mig",
                                       "virtualization-mode",
                                       "framebuffer",
                                       "vgpu-types",
                                       "scheduler",
                                       "scheduler-arr",
                                       "scheduler-time-slice",
                                       "scheduler-frequency",
                                       "scheduler-average-factor",
                                       "scheduler-epoch",
                                       NULL};
    g_autoptr (VgpuSimGpu) gpu = vgpu_sim_gpu_new ();

    gpu->ecc = gpu->sriov = gpu->migration = TRUE;
    if (!parse_gpu_address (host, gpu, group, error) || !vgpu_sim_value_only (group, keys, error) ||
        !vgpu_sim_value_text (group, "name", NVML_DEVICE_NAME_SIZE - 1, &gpu->name, error) ||
        !vgpu_sim_value_text (group, "uuid", NVML_DEVICE_UUID_SIZE - 1, &gpu->uuid, error) ||
        !vgpu_sim_value_hex4 (group, "device-id", &gpu->device_id, error) ||
        !vgpu_sim_value_hex4 (group, "subsystem-id", &gpu->subsystem_id, error) ||
        !parse_floor_sweeping (gpu, group, error) || !vgpu_sim_value_flag (group, "ecc", &gpu->ecc, error) ||
        !vgpu_sim_value_flag (group, "sriov", &gpu->sriov, error) ||
        !vgpu_sim_value_flag (group, "migration", &gpu->migration, error) ||
        !vgpu_sim_value_flag (group, "mig", &gpu->mig, error) || !parse_mode (gpu, group, error) ||
        !vgpu_sim_value_number (group, "framebuffer", 1, MAX_FRAMEBUFFER_MIB, &gpu->framebuffer_mib, error) ||
        !vgpu_sim_scheduler_parse (group, &gpu->scheduler, error) || !parse_offers (host, gpu, group, error))
        return FALSE;
    g_ptr_array_add (host->gpus, g_steal_pointer (&gpu));
    return TRUE;
}

static gboolean
parse_fault (VgpuSimHost *host, VgpuSimGroup group, const char *call, GError **error)
{
    g_autofree char *value = g_key_file_get_value (group.file, group.group, call, NULL);
    g_autofree VgpuSimFault *fault = g_new0 (VgpuSimFault, 1);

    if (!vgpu_sim_call_is_known (call))
        return vgpu_sim_value_bad (group, call, error, "unknown call");
    fault->hang = g_str_equal (value, VGPU_SIM_FAULT_HANG);
    if (!fault->hang && !vgpu_sim_return_parse (value, &fault->code))
        return vgpu_sim_value_bad (group, call, error, "'%s' is neither hang nor a return code", value);
    g_hash_table_replace (host->faults, vgpu_sim_call_base_name (call), g_steal_pointer (&fault));
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
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "there is no group [%s]",
                     VGPU_SIM_GROUP_DRIVER);
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

    /* Groups refer to each other, and the file may have them in any order: hence one pass a kind. */
    if (!check_groups (file, error) || !parse_driver (host, file, error) ||
        !parse_groups (host, file, VGPU_SIM_GROUP_TYPE_PREFIX, parse_type, error) ||
        !parse_groups (host, file, VGPU_SIM_GROUP_GPU_PREFIX, parse_gpu, error) ||
        !parse_groups (host, file, VGPU_SIM_GROUP_VGPU_PREFIX, vgpu_sim_host_parse_vgpu, error) ||
        !parse_faults (host, file, error))
        return NULL;
    return g_steal_pointer (&host);
}
