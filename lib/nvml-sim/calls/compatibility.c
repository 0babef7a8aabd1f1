/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nvmlGetVgpuCompatibility, on the raw structures.
 *
 * This project contains the rule twice: here, and in the engine that judges migrations. They share no code on
 * purpose. Both are compared with the recorded answers of NVIDIA's library and then with each other, so that
 * a mistake in one of them is noticed.
 */
#include "nvml-sim/calls/exports.h"

#include <string.h>

#include "nvml-sim/model/host.h"
#include "nvml-sim/calls/state.h"

/* The oldest version of the metadata that the driver accepts. */
#define OLDEST_STRUCTURE_VERSION 3

static gboolean
layouts_are_known (const nvmlVgpuMetadata_t *vgpu, const nvmlVgpuPgpuMetadata_t *pgpu)
{
    return vgpu->version >= OLDEST_STRUCTURE_VERSION && pgpu->version >= OLDEST_STRUCTURE_VERSION;
}

static gboolean
both_can_migrate (const nvmlVgpuMetadata_t *vgpu, const nvmlVgpuPgpuMetadata_t *pgpu)
{
    return vgpu->vgpuVirtualizationCaps & pgpu->pgpuVirtualizationCaps & NVML_VIRTUALIZATION_CAP_MIGRATION;
}

/* A guest whose driver is not running has version 0, which is accepted (measured). */
static gboolean
guest_version_fits (const nvmlVgpuMetadata_t *vgpu, const nvmlVgpuPgpuMetadata_t *pgpu)
{
    const nvmlVgpuVersion_t host = pgpu->hostSupportedVgpuRange;
    const unsigned int guest = vgpu->guestVgpuVersion;

    return guest == 0 || (guest >= host.minVersion && guest <= host.maxVersion);
}

/*
 * Compared as strings, regardless of the end of the opaque data according to opaqueDataSize (measured). The
 * strings are accessed by offset, as they are longer than the arrays that the structures declare.
 */
static gboolean
gpus_are_alike (const nvmlVgpuMetadata_t *vgpu, const nvmlVgpuPgpuMetadata_t *pgpu)
{
    const char *source = (const char *)vgpu + NVML_VGPU_METADATA_OPAQUE_OFFSET + sizeof (unsigned int);
    const char *destination = (const char *)pgpu + NVML_PGPU_METADATA_OPAQUE_OFFSET;

    return strncmp (source, destination, NVML_PGPU_STRING_SIZE) == 0;
}

static nvmlVgpuPgpuCompatibility_t
judge (const nvmlVgpuMetadata_t *vgpu, const nvmlVgpuPgpuMetadata_t *pgpu)
{
    nvmlVgpuPgpuCompatibility_t answer = {NVML_VM_COMPATIBILITY_NONE, NVML_LIMIT_NONE};

    if (!layouts_are_known (vgpu, pgpu))
        answer.compatibilityLimitCode = NVML_LIMIT_HOST_DRIVER;
    else if (!both_can_migrate (vgpu, pgpu))
        answer.compatibilityLimitCode = NVML_LIMIT_HOST_DRIVER | NVML_LIMIT_GPU;
    else if (!guest_version_fits (vgpu, pgpu))
        answer.compatibilityLimitCode = NVML_LIMIT_HOST_DRIVER;
    else if (!gpus_are_alike (vgpu, pgpu))
        answer.compatibilityLimitCode = NVML_LIMIT_GPU;
    else
        answer.vgpuVmCompatibility = NVML_VM_COMPATIBILITY_COLD | NVML_VM_COMPATIBILITY_LIVE;
    return answer;
}

nvmlReturn_t
nvmlGetVgpuCompatibility (nvmlVgpuMetadata_t *vgpu, nvmlVgpuPgpuMetadata_t *pgpu,
                          nvmlVgpuPgpuCompatibility_t *answer)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code != NVML_SUCCESS)
        return code;
    if (!vgpu || !pgpu || !answer)
        return NVML_ERROR_INVALID_ARGUMENT;
    *answer = judge (vgpu, pgpu);
    return NVML_SUCCESS;
}
