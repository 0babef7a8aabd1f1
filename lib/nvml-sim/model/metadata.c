/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/metadata.h"

#include <string.h>

#include "nvml/nvml-abi.h"

/* Real drivers have a revision as well; no answer depends on it. */
#define METADATA_REVISION 1

/* Bits of the capability word at the end of a pGPU metadata string. */
#define CAPABILITY_ECC   0x1u
#define CAPABILITY_SRIOV 0x2u

G_STATIC_ASSERT (NVML_VGPU_METADATA_OPAQUE_OFFSET + NVML_VGPU_OPAQUE_SIZE == VGPU_SIM_VGPU_METADATA_SIZE);
G_STATIC_ASSERT (NVML_PGPU_METADATA_OPAQUE_OFFSET + NVML_PGPU_OPAQUE_SIZE == VGPU_SIM_PGPU_METADATA_SIZE);
G_STATIC_ASSERT (NVML_PGPU_STRING_SIZE == VGPU_SIM_PGPU_STRING_SIZE);
G_STATIC_ASSERT (sizeof (guint32) + VGPU_SIM_PGPU_STRING_SIZE == NVML_VGPU_OPAQUE_SIZE);

void
vgpu_sim_metadata_pgpu_string (const VgpuSimGpu *gpu, char string[static VGPU_SIM_PGPU_STRING_SIZE])
{
    const guint capabilities = (gpu->ecc ? CAPABILITY_ECC : 0) | (gpu->sriov ? CAPABILITY_SRIOV : 0);

    memset (string, 0, VGPU_SIM_PGPU_STRING_SIZE);
    /* a UUID equals no other GPU's string, so that no vGPU can migrate to or from this GPU */
    if (!gpu->migration)
        g_strlcpy (string, gpu->uuid, VGPU_SIM_PGPU_STRING_SIZE);
    else
        g_snprintf (string, VGPU_SIM_PGPU_STRING_SIZE, "%04X%04X%s%08X", gpu->device_id, gpu->subsystem_id,
                    gpu->floor_sweeping, capabilities);
}

/*
 * The opaque section is longer than the array that the structure declares for it. So the structure is filled
 * without it, and both parts are copied to their offsets.
 */
void
vgpu_sim_metadata_of_gpu (const VgpuSimHost *host, const VgpuSimGpu *gpu, void *metadata)
{
    nvmlVgpuPgpuMetadata_t fixed = {
        .version = host->structure_version,
        .revision = METADATA_REVISION,
        .pgpuVirtualizationCaps = gpu->migration ? NVML_VIRTUALIZATION_CAP_MIGRATION : 0,
        .hostSupportedVgpuRange = {host->advertised.min, host->advertised.max},
        .opaqueDataSize = NVML_PGPU_OPAQUE_SIZE,
    };
    char *bytes = metadata;

    g_strlcpy (fixed.hostDriverVersion, host->driver_version, sizeof fixed.hostDriverVersion);
    memcpy (bytes, &fixed, NVML_PGPU_METADATA_OPAQUE_OFFSET);
    vgpu_sim_metadata_pgpu_string (gpu, bytes + NVML_PGPU_METADATA_OPAQUE_OFFSET);
}

void
vgpu_sim_metadata_of_vgpu (const VgpuSimHost *host, const VgpuSimVgpu *vgpu, void *metadata)
{
    const gboolean can_migrate = vgpu->migration && vgpu->gpu->migration;
    nvmlVgpuMetadata_t fixed = {
        .version = host->structure_version,
        .revision = METADATA_REVISION,
        .guestInfoState = vgpu->guest_up ? NVML_GUEST_INFO_INITIALIZED : NVML_GUEST_INFO_UNINITIALIZED,
        .vgpuVirtualizationCaps = can_migrate ? NVML_VIRTUALIZATION_CAP_MIGRATION : 0,
        .guestVgpuVersion = vgpu->guest_version,
        .opaqueDataSize = NVML_VGPU_OPAQUE_SIZE,
    };
    /* The meaning of this word is not known outside NVIDIA, and no answer depends on it. */
    const guint32 word = vgpu->type->id;
    char *bytes = metadata;

    if (vgpu->guest_up)
        g_strlcpy (fixed.guestDriverVersion, vgpu->guest_driver, sizeof fixed.guestDriverVersion);
    g_strlcpy (fixed.hostDriverVersion, host->driver_version, sizeof fixed.hostDriverVersion);
    memcpy (bytes, &fixed, NVML_VGPU_METADATA_OPAQUE_OFFSET);
    memcpy (bytes + NVML_VGPU_METADATA_OPAQUE_OFFSET, &word, sizeof word);
    vgpu_sim_metadata_pgpu_string (vgpu->gpu, bytes + NVML_VGPU_METADATA_OPAQUE_OFFSET + sizeof word);
}
