/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/host-parse-gpu.h"

#include <string.h>

#include "nvml-sim/error.h"
#include "nvml-sim/host-parse.h"
#include "nvml-sim/number.h"
#include "nvml/nvml-abi.h"

/* The board part and the capability word take 16 of the metadata string, the NUL one. */
#define MAX_FLOOR_SWEEPING (NVML_PGPU_STRING_SIZE - 17)

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

gboolean
vgpu_sim_host_parse_gpu (VgpuSimHost *host, VgpuSimGroup group, GError **error)
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
        !vgpu_sim_value_number (group, "framebuffer", 1, VGPU_SIM_FRAMEBUFFER_MAX_MIB, &gpu->framebuffer_mib,
                                error) ||
        !vgpu_sim_scheduler_parse (group, &gpu->scheduler, error) || !parse_offers (host, gpu, group, error))
        return FALSE;
    g_ptr_array_add (host->gpus, g_steal_pointer (&gpu));
    return TRUE;
}
