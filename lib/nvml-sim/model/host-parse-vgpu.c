/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/host-parse-vgpu.h"

#include <string.h>

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/host-parse.h"
#include "nvml-sim/model/place.h"
#include "nvml/nvml-abi.h"

#define DEFAULT_ENCODER_CAPACITY 100

static gboolean
parse_identity (VgpuSimHost *host, VgpuSimVgpu *vgpu, VgpuSimGroup group, GError **error)
{
    const char *uuid = group.group + strlen (VGPU_SIM_GROUP_VGPU_PREFIX);
    guint64 instance;

    if (!g_uuid_string_is_valid (uuid)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "[%s]: not a UUID", group.group);
        return FALSE;
    }
    if (vgpu_sim_host_vgpu_by_uuid (host, uuid)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_FILE, "[%s]: listed twice", group.group);
        return FALSE;
    }
    if (!vgpu_sim_value_number (group, "instance", 1, G_MAXUINT32, &instance, error) ||
        !vgpu_sim_value_uuid (group, "vm", &vgpu->vm, error))
        return FALSE;
    if (vgpu_sim_host_vgpu (host, (guint32)instance))
        return vgpu_sim_value_bad (group, "instance", error, "another vGPU has this number");
    vgpu->uuid = g_strdup (uuid);
    vgpu->group = g_strdup (group.group);
    vgpu->instance = (guint32)instance;
    return TRUE;
}

/* In heterogeneous mode, vGPUs cannot share slots. */
static gboolean
parse_placement (VgpuSimHost *host, VgpuSimVgpu *vgpu, const VgpuSimOffer *offer, VgpuSimGroup group,
                 GError **error)
{
    guint64 placement;

    if (!vgpu_sim_value_number (group, "placement", 0, VGPU_SIM_NO_PLACEMENT - 1, &placement, error))
        return FALSE;
    if (!vgpu_sim_place_is_free (host, vgpu->gpu, offer, (guint32)placement))
        return vgpu_sim_value_bad (group, "placement", error,
                                   "%u is not a placement of its type, or overlaps another vGPU",
                                   (guint)placement);
    vgpu->placement = (guint32)placement;
    return TRUE;
}

static gboolean
check_size (VgpuSimHost *host, const VgpuSimVgpu *vgpu, VgpuSimGroup group, GError **error)
{
    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *other = host->vgpus->pdata[i];

        if (other->gpu == vgpu->gpu && other->type->framebuffer_mib != vgpu->type->framebuffer_mib)
            return vgpu_sim_value_bad (
                group, "type", error, "vGPU %s on its GPU has another size, and the GPU is not heterogeneous",
                other->uuid);
    }
    return TRUE;
}

/* In MIG mode, each vGPU has its own GPU instance. */
static gboolean
parse_gpu_instance (VgpuSimHost *host, VgpuSimVgpu *vgpu, VgpuSimGroup group, GError **error)
{
    guint64 id;

    if (!vgpu_sim_value_number (group, "gpu-instance", 0, VGPU_SIM_NO_GPU_INSTANCE - 1, &id, error))
        return FALSE;
    if (!vgpu_sim_place_gpu_instance_is_free (host, vgpu->gpu, (guint32)id))
        return vgpu_sim_value_bad (group, "gpu-instance", error, "another vGPU on its GPU has this number");
    if (vgpu->type->slices > vgpu_sim_place_free_slices (host, vgpu->gpu))
        return vgpu_sim_value_bad (group, "type", error, "more slices than the GPU has left");
    vgpu->gpu_instance = (guint32)id;
    return TRUE;
}

static gboolean
parse_room (VgpuSimHost *host, VgpuSimVgpu *vgpu, const VgpuSimOffer *offer, VgpuSimGroup group,
            GError **error)
{
    if (vgpu->gpu->mig != vgpu_sim_type_is_mig_backed (vgpu->type))
        return vgpu_sim_value_bad (group, "type", error, "its GPU is %sin MIG mode",
                                   vgpu->gpu->mig ? "" : "not ");
    if (!vgpu->gpu->mig && vgpu_sim_value_has (group, "gpu-instance"))
        return vgpu_sim_value_bad (group, "gpu-instance", error, "but its GPU is not in MIG mode");
    if (vgpu->gpu->heterogeneous)
        return parse_placement (host, vgpu, offer, group, error);
    if (vgpu_sim_value_has (group, "placement"))
        return vgpu_sim_value_bad (group, "placement", error, "but its GPU is not heterogeneous");
    return vgpu->gpu->mig ? parse_gpu_instance (host, vgpu, group, error)
                          : check_size (host, vgpu, group, error);
}

static gboolean
parse_place (VgpuSimHost *host, VgpuSimVgpu *vgpu, VgpuSimGroup group, GError **error)
{
    const VgpuSimOffer *offer;
    VgpuSimAddress address;
    guint64 type;

    if (!vgpu_sim_value_address (group, "gpu", &address, error) ||
        !vgpu_sim_value_number (group, "type", 1, G_MAXUINT32, &type, error))
        return FALSE;
    vgpu->gpu = vgpu_sim_host_gpu (host, address);
    if (!vgpu->gpu)
        return vgpu_sim_value_bad (group, "gpu", error, "no such GPU");
    offer = vgpu_sim_gpu_offer (vgpu->gpu, (guint32)type);
    if (!offer)
        return vgpu_sim_value_bad (group, "type", error, "its GPU does not offer this type");
    vgpu->type = offer->type;
    return parse_room (host, vgpu, offer, group, error);
}

/* Parses an optional PCI address, and keeps it in Linux's form. */
static gboolean
parse_address_text (VgpuSimGroup group, const char *key, char **text, GError **error)
{
    char canonical[VGPU_SIM_ADDRESS_TEXT_SIZE];
    VgpuSimAddress address;

    if (!vgpu_sim_value_has (group, key))
        return TRUE;
    if (!vgpu_sim_value_address (group, key, &address, error))
        return FALSE;
    *text = g_strdup (vgpu_sim_address_format (address, canonical));
    return TRUE;
}

/* With SR-IOV, each vGPU has a virtual function of the GPU. Without it, each is a mediated device on the
 * GPU. Two vGPUs cannot use the same device of the host. */
static gboolean
parse_device (VgpuSimHost *host, VgpuSimVgpu *vgpu, VgpuSimGroup group, GError **error)
{
    VgpuSimAddress address;

    if (vgpu_sim_value_has (group, "mdev") && vgpu_sim_value_has (group, "vf"))
        return vgpu_sim_value_bad (group, "vf", error, "a vGPU cannot have both mdev and vf");
    if ((vgpu_sim_value_has (group, "mdev") && !vgpu_sim_value_uuid (group, "mdev", &vgpu->mdev, error)) ||
        !parse_address_text (group, "vf", &vgpu->vf, error) ||
        !parse_address_text (group, "guest-address", &vgpu->guest_address, error))
        return FALSE;
    if (!vgpu->gpu->sriov && vgpu->vf)
        return vgpu_sim_value_bad (group, "vf", error, "its GPU has no SR-IOV");
    if (!vgpu->gpu->sriov && !vgpu->mdev)
        return vgpu_sim_value_bad (group, "mdev", error, "missing, and its GPU has no SR-IOV");
    if (vgpu->vf && vgpu_sim_address_parse (vgpu->vf, &address) &&
        !vgpu_sim_host_has_function (host, vgpu->gpu, address))
        return vgpu_sim_value_bad (group, "vf", error, "'%s' is not a virtual function of its GPU", vgpu->vf);
    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *other = host->vgpus->pdata[i];

        if (vgpu->mdev && other->mdev && g_ascii_strcasecmp (vgpu->mdev, other->mdev) == 0)
            return vgpu_sim_value_bad (group, "mdev", error, "vGPU %s uses this mediated device",
                                       other->uuid);
        if (vgpu->vf && g_strcmp0 (vgpu->vf, other->vf) == 0)
            return vgpu_sim_value_bad (group, "vf", error, "vGPU %s uses this virtual function", other->uuid);
    }
    return TRUE;
}

/* When the guest driver is running, its version and the agreed vGPU version must be given; otherwise neither
 * can be. */
static gboolean
parse_guest (VgpuSimVgpu *vgpu, VgpuSimGroup group, GError **error)
{
    g_autofree char *state = NULL;
    VgateVersionRange range;

    if (!vgpu_sim_value_text (group, "guest-driver-state", 80, &state, error))
        return FALSE;
    vgpu->guest_up = g_str_equal (state, "up");
    if (!vgpu->guest_up && !g_str_equal (state, "down"))
        return vgpu_sim_value_bad (group, "guest-driver-state", error, "'%s' is neither up nor down", state);
    if (!vgpu->guest_up) {
        static const char *const up_only[] = {"guest-driver", "guest-range", "guest-version"};

        for (gsize i = 0; i < G_N_ELEMENTS (up_only); i++) {
            if (vgpu_sim_value_has (group, up_only[i]))
                return vgpu_sim_value_bad (group, up_only[i], error, "but the guest driver is down");
        }
        return TRUE;
    }
    /* The range was used when the drivers agreed on a version; it is only kept for readers of the file. */
    if (vgpu_sim_value_has (group, "guest-range") &&
        !vgpu_sim_value_range (group, "guest-range", &range, error))
        return FALSE;
    return vgpu_sim_value_text (group, "guest-driver", NVML_DRIVER_VERSION_SIZE - 1, &vgpu->guest_driver,
                                error) &&
           vgpu_sim_value_version (group, "guest-version", &vgpu->guest_version, error);
}

static gboolean
parse_sizes (VgpuSimVgpu *vgpu, VgpuSimGroup group, GError **error)
{
    if (vgpu_sim_value_has (group, "framebuffer-used") &&
        !vgpu_sim_value_number (group, "framebuffer-used", 0, vgpu->type->framebuffer_mib,
                                &vgpu->framebuffer_used_mib, error))
        return FALSE;
    vgpu->says_runtime_state = vgpu_sim_value_has (group, "runtime-state");
    return !vgpu->says_runtime_state ||
           vgpu_sim_value_number (group, "runtime-state", 0, VGPU_SIM_FRAMEBUFFER_MAX_MIB,
                                  &vgpu->runtime_state_mib, error);
}

static gboolean
parse_limits (VgpuSimVgpu *vgpu, VgpuSimGroup group, GError **error)
{
    guint64 limit = vgpu->type->frame_rate_limit, capacity = DEFAULT_ENCODER_CAPACITY;

    if ((vgpu_sim_value_has (group, "frame-rate-limit") &&
         !vgpu_sim_value_number (group, "frame-rate-limit", 0, G_MAXUINT16, &limit, error)) ||
        (vgpu_sim_value_has (group, "encoder-capacity") &&
         !vgpu_sim_value_number (group, "encoder-capacity", 0, 100, &capacity, error)))
        return FALSE;
    vgpu->frame_rate_limit = (guint32)limit;
    vgpu->encoder_capacity = (guint32)capacity;
    return TRUE;
}

gboolean
vgpu_sim_host_parse_vgpu (VgpuSimHost *host, VgpuSimGroup group, GError **error)
{
    static const char *const keys[] = {"instance",
                                       "vm",
                                       "gpu",
                                       "type",
                                       "placement",
                                       "gpu-instance",
                                       "mdev",
                                       "vf",
                                       "guest-address",
                                       "guest-driver-state",
                                       "guest-driver",
                                       "guest-range",
                                       "guest-version",
                                       "migration",
                                       "framebuffer-used",
                                       "runtime-state",
                                       "frame-rate-limit",
                                       "encoder-capacity",
                                       "utilization",
                                       "processes",
                                       "encoder-sessions",
                                       "captures",
                                       "accounting",
                                       "license",
                                       "license-expiry",
                                       NULL};
    g_autoptr (VgpuSimVgpu) vgpu = g_new0 (VgpuSimVgpu, 1);

    vgpu->migration = TRUE;
    vgpu->placement = VGPU_SIM_NO_PLACEMENT;
    vgpu->gpu_instance = VGPU_SIM_NO_GPU_INSTANCE;
    if (!vgpu_sim_value_only (group, keys, error) || !parse_identity (host, vgpu, group, error) ||
        !parse_place (host, vgpu, group, error) || !parse_device (host, vgpu, group, error) ||
        !parse_guest (vgpu, group, error) ||
        !vgpu_sim_value_flag (group, "migration", &vgpu->migration, error) ||
        !parse_sizes (vgpu, group, error) || !parse_limits (vgpu, group, error) ||
        !vgpu_sim_work_parse (&vgpu->work, group, error))
        return FALSE;
    host->last_instance = MAX (host->last_instance, vgpu->instance);
    g_ptr_array_add (host->vgpus, g_steal_pointer (&vgpu));
    return TRUE;
}
