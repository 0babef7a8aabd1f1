/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/host-parse-type.h"

#include <string.h>

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/host-parse.h"
#include "nvml-sim/model/number.h"
#include "nvml-sim/model/work.h"
#include "nvml/nvml-abi-more.h"

#define PROFILE "gpu-instance-profile"
#define SLICES  "gpu-instance-slices"

/* The same for all types unless the file says otherwise. */
#define DEFAULT_MOST_PER_VM      16
#define DEFAULT_FRAME_RATE_LIMIT 60
#define DEFAULT_BAR1_MIB         256
#define DEFAULT_GSP_HEAP_MIB     48

/* A MIG-backed type has both keys, a time-sliced type none. */
static gboolean
parse_gpu_instance (VgpuSimType *type, VgpuSimGroup group, GError **error)
{
    guint64 profile = VGPU_SIM_TIME_SLICED, slices = 0;

    if ((vgpu_sim_value_has (group, PROFILE) || vgpu_sim_value_has (group, SLICES)) &&
        (!vgpu_sim_value_number (group, PROFILE, 0, VGPU_SIM_TIME_SLICED - 1, &profile, error) ||
         !vgpu_sim_value_number (group, SLICES, 1, VGPU_SIM_SLICES_MAX, &slices, error)))
        return FALSE;
    type->profile = (guint32)profile;
    type->slices = (guint32)slices;
    return TRUE;
}

/* NVML's texts for the licenses that a vGPU of the class can run with. */
static const char *
license_of_class (const char *class_name)
{
    if (g_str_equal (class_name, "Compute"))
        return "NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0";
    if (g_str_equal (class_name, "NVS"))
        return "GRID-Virtual-PC,2.0;Quadro-Virtual-DWS,5.0;GRID-Virtual-WS,2.0;GRID-Virtual-WS-Ext,2.0";
    return "Quadro-Virtual-DWS,5.0;GRID-Virtual-WS,2.0;GRID-Virtual-WS-Ext,2.0";
}

static gboolean
parse_license (VgpuSimType *type, VgpuSimGroup group, GError **error)
{
    if (vgpu_sim_value_has (group, "license"))
        return vgpu_sim_value_text (group, "license", NVML_GRID_LICENSE_SIZE - 1, &type->license, error);
    type->license = g_strdup (license_of_class (type->class_name));
    return TRUE;
}

/* A compute type has one head of 4096x2160, any other type four of 7680x4320. */
static gboolean
parse_display (VgpuSimType *type, VgpuSimGroup group, GError **error)
{
    const gboolean compute = g_str_equal (type->class_name, "Compute");
    g_autofree char *resolution = g_key_file_get_value (group.file, group.group, "resolution", NULL);
    guint64 heads = compute ? 1 : 4, limit = DEFAULT_FRAME_RATE_LIMIT;

    if ((vgpu_sim_value_has (group, "display-heads") &&
         !vgpu_sim_value_number (group, "display-heads", 1, 32, &heads, error)) ||
        (vgpu_sim_value_has (group, "frame-rate-limit") &&
         !vgpu_sim_value_number (group, "frame-rate-limit", 0, G_MAXUINT16, &limit, error)))
        return FALSE;
    type->display_heads = (guint32)heads;
    type->frame_rate_limit = (guint32)limit;
    type->width = compute ? 4096 : 7680;
    type->height = compute ? 2160 : 4320;
    return !resolution || vgpu_sim_resolution_parse (resolution, &type->width, &type->height) ||
           vgpu_sim_value_bad (group, "resolution", error, "'%s' is not WIDTHxHEIGHT", resolution);
}

static gboolean
parse_capabilities (VgpuSimType *type, VgpuSimGroup group, GError **error)
{
    static const char *const names[NVML_VGPU_CAP_COUNT] = {
        [NVML_VGPU_CAP_NVLINK_P2P] = "nvlink-p2p",
        [NVML_VGPU_CAP_GPUDIRECT] = "gpudirect",
        [NVML_VGPU_CAP_MULTI_VGPU_EXCLUSIVE] = "multi-vgpu-exclusive",
        [NVML_VGPU_CAP_EXCLUSIVE_TYPE] = "exclusive-type",
        [NVML_VGPU_CAP_EXCLUSIVE_SIZE] = "exclusive-size",
    };
    g_autofree char *value = g_key_file_get_value (group.file, group.group, "capabilities", NULL);
    g_auto (GStrv) words = value && *value ? g_strsplit (value, ";", -1) : NULL;

    for (gsize i = 0; words && words[i]; i++) {
        guint number = 0;

        if (*words[i] == '\0' && !words[i + 1])
            break;
        while (number < G_N_ELEMENTS (names) && !g_str_equal (names[number], words[i]))
            number++;
        if (number == G_N_ELEMENTS (names))
            return vgpu_sim_value_bad (group, "capabilities", error,
                                       "'%s' is not nvlink-p2p, gpudirect, multi-vgpu-exclusive, "
                                       "exclusive-type or exclusive-size",
                                       words[i]);
        type->capabilities |= 1u << number;
    }
    return TRUE;
}

static gboolean
parse_mib (VgpuSimGroup group, const char *key, guint64 fallback, guint64 *mib, GError **error)
{
    *mib = fallback;
    return !vgpu_sim_value_has (group, key) ||
           vgpu_sim_value_number (group, key, 0, VGPU_SIM_FRAMEBUFFER_MAX_MIB, mib, error);
}

/* Chosen for the simulation: the driver reserves 64 MiB of the frame buffer and one sixteenth of it. */
static gboolean
parse_reservations (VgpuSimType *type, VgpuSimGroup group, GError **error)
{
    guint64 most = DEFAULT_MOST_PER_VM;

    if (vgpu_sim_value_has (group, "max-instances-per-vm") &&
        !vgpu_sim_value_number (group, "max-instances-per-vm", 1, G_MAXUINT16, &most, error))
        return FALSE;
    type->most_per_vm = (guint32)most;
    return parse_mib (group, "bar1", DEFAULT_BAR1_MIB, &type->bar1_mib, error) &&
           parse_mib (group, "gsp-heap", DEFAULT_GSP_HEAP_MIB, &type->gsp_heap_mib, error) &&
           parse_mib (group, "framebuffer-reservation", 64 + type->framebuffer_mib / 16,
                      &type->reservation_mib, error);
}

/* Without these keys, the guest sees the IDs of the GPU. */
static gboolean
parse_device (VgpuSimType *type, VgpuSimGroup group, GError **error)
{
    type->says_device = vgpu_sim_value_has (group, "device-id") || vgpu_sim_value_has (group, "subsystem-id");
    return !type->says_device || (vgpu_sim_value_hex4 (group, "device-id", &type->device_id, error) &&
                                  vgpu_sim_value_hex4 (group, "subsystem-id", &type->subsystem_id, error));
}

gboolean
vgpu_sim_host_parse_type (VgpuSimHost *host, VgpuSimGroup group, GError **error)
{
    static const char *const keys[] = {"name",
                                       "class",
                                       "framebuffer",
                                       "gpu-instance-profile",
                                       "gpu-instance-slices",
                                       "license",
                                       "max-instances-per-vm",
                                       "frame-rate-limit",
                                       "display-heads",
                                       "resolution",
                                       "capabilities",
                                       "framebuffer-reservation",
                                       "gsp-heap",
                                       "bar1",
                                       "device-id",
                                       "subsystem-id",
                                       NULL};
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
        !vgpu_sim_value_number (group, "framebuffer", 1, VGPU_SIM_FRAMEBUFFER_MAX_MIB, &type->framebuffer_mib,
                                error) ||
        !parse_gpu_instance (type, group, error) || !parse_license (type, group, error) ||
        !parse_display (type, group, error) || !parse_capabilities (type, group, error) ||
        !parse_reservations (type, group, error) || !parse_device (type, group, error))
        return FALSE;
    g_ptr_array_add (host->types, g_steal_pointer (&type));
    return TRUE;
}
