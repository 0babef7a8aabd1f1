/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The NVML calls for the library and for the host as a whole. */
#include "nvml/length.h"
#include "nvml/loader.h"

#include <stddef.h>
#include <string.h>

G_STATIC_ASSERT (VGATE_STATE_COLD == NVML_VM_COMPATIBILITY_COLD);
G_STATIC_ASSERT (VGATE_STATE_HIBERNATE == NVML_VM_COMPATIBILITY_HIBERNATE);
G_STATIC_ASSERT (VGATE_STATE_SLEEP == NVML_VM_COMPATIBILITY_SLEEP);
G_STATIC_ASSERT (VGATE_STATE_LIVE == NVML_VM_COMPATIBILITY_LIVE);
G_STATIC_ASSERT (VGATE_LIMIT_HOST_DRIVER == NVML_LIMIT_HOST_DRIVER);
G_STATIC_ASSERT (VGATE_LIMIT_GUEST_DRIVER == NVML_LIMIT_GUEST_DRIVER);
G_STATIC_ASSERT (VGATE_LIMIT_GPU == NVML_LIMIT_GPU);
G_STATIC_ASSERT (VGATE_LIMIT_OTHER == NVML_LIMIT_OTHER);

char *
vgate_nvml_driver_version (VgateNvml *nvml, GError **error)
{
    char version[NVML_DRIVER_VERSION_SIZE] = "";

    if (!VGATE_NVML_CALL (nvml, error, nvmlSystemGetDriverVersion, version, sizeof version))
        return NULL;
    return vgate_nvml_text ("nvmlSystemGetDriverVersion", version, sizeof version, error);
}

gboolean
vgate_nvml_version_ranges (VgateNvml *nvml, VgateVersionRange *preset, VgateVersionRange *current,
                           GError **error)
{
    nvmlVgpuVersion_t supported = {0}, advertised = {0};

    if (!VGATE_NVML_CALL (nvml, error, nvmlGetVgpuVersion, &supported, &advertised))
        return FALSE;
    *preset = (VgateVersionRange){supported.minVersion, supported.maxVersion};
    *current = (VgateVersionRange){advertised.minVersion, advertised.maxVersion};
    return TRUE;
}

gboolean
vgate_nvml_set_version_range (VgateNvml *nvml, VgateVersionRange range, GError **error)
{
    nvmlVgpuVersion_t wanted = {range.min, range.max};

    return VGATE_NVML_CALL (nvml, error, nvmlSetVgpuVersion, &wanted);
}

/* nvmlGetVgpuCompatibility trusts the sizes in the blobs and takes pointers to writable structures. So it
 * gets aligned copies whose lengths were checked, and which are at least as long as the structures. */
static gpointer
checked_copy (const char *what, GBytes *blob, gsize header, gsize size_offset, gsize size_min, GError **error)
{
    gsize length;
    const guint8 *bytes = g_bytes_get_data (blob, &length);
    gpointer copy;

    if (!vgate_metadata_check_length (what, bytes, length, header, size_offset, error))
        return NULL;
    copy = g_malloc0 (MAX (length, size_min));
    memcpy (copy, bytes, length);
    return copy;
}

gboolean
vgate_nvml_compatibility (VgateNvml *nvml, GBytes *vgpu, GBytes *pgpu, int *rc, VgateAnswer *answer,
                          GError **error)
{
    g_autofree nvmlVgpuMetadata_t *v = NULL;
    g_autofree nvmlVgpuPgpuMetadata_t *p = NULL;
    nvmlVgpuPgpuCompatibility_t raw = {0};

    if (!nvml->nvmlGetVgpuCompatibility)
        return vgate_nvml_missing ("nvmlGetVgpuCompatibility", error);
    v = checked_copy ("vGPU", vgpu, NVML_VGPU_METADATA_OPAQUE_OFFSET,
                      offsetof (nvmlVgpuMetadata_t, opaqueDataSize), sizeof *v, error);
    p = v ? checked_copy ("pGPU", pgpu, NVML_PGPU_METADATA_OPAQUE_OFFSET,
                          offsetof (nvmlVgpuPgpuMetadata_t, opaqueDataSize), sizeof *p, error)
          : NULL;
    if (!p)
        return FALSE;
    *rc = nvml->nvmlGetVgpuCompatibility (v, p, &raw);
    *answer = (VgateAnswer){raw.vgpuVmCompatibility, raw.compatibilityLimitCode};
    return TRUE;
}
