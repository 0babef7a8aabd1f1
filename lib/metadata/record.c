/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vgpu-gate/vgpu-gate.h"

#include "base/codes.h"
#include "nvml/length.h"
#include "nvml/nvml-abi.h"

#include "vgpu-gate/growth.h"

#include <stddef.h>
#include <string.h>

/* The vGPU's opaque section begins with one word that did not influence any answer (measured on r580). */
#define VGPU_OPAQUE_STRING_OFFSET 4u

G_STATIC_ASSERT (offsetof (nvmlVgpuMetadata_t, opaqueData) == NVML_VGPU_METADATA_OPAQUE_OFFSET);
G_STATIC_ASSERT (offsetof (nvmlVgpuPgpuMetadata_t, opaqueData) == NVML_PGPU_METADATA_OPAQUE_OFFSET);
G_STATIC_ASSERT (VGATE_VGPU_OPAQUE_SIZE == NVML_VGPU_OPAQUE_SIZE);
G_STATIC_ASSERT (VGATE_PGPU_OPAQUE_SIZE == NVML_PGPU_OPAQUE_SIZE);
G_STATIC_ASSERT (VGATE_CAPABILITY_MIGRATION == NVML_VIRTUALIZATION_CAP_MIGRATION);
G_STATIC_ASSERT (VGATE_DRIVER_TEXT_SIZE == NVML_DRIVER_VERSION_SIZE + 1);
G_STATIC_ASSERT (VGATE_GPU_STRING_SIZE == NVML_PGPU_STRING_SIZE + 1);
G_STATIC_ASSERT (NVML_VGPU_OPAQUE_SIZE == VGPU_OPAQUE_STRING_OFFSET + NVML_PGPU_STRING_SIZE);

/* Copies a char[] field as a C string. destination must be one byte larger than the field. */
static void
read_text (char *destination, const void *field, gsize field_size)
{
    const gsize length = strnlen (field, field_size);

    memcpy (destination, field, length);
    memset (destination + length, 0, field_size + 1 - length);
}

gboolean
vgate_vgpu_record_read (const guint8 *bytes, gsize length, VgateVgpuRecord *record, GError **error)
{
    nvmlVgpuMetadata_t raw = {0};
    VgateVgpuRecord own;

    g_return_val_if_fail (VGATE_GROWTH_HAS_SIZE (record, VGATE_SIZE_VGPU_RECORD), FALSE);
    if (!vgate_metadata_check_length ("vGPU", bytes, length, NVML_VGPU_METADATA_OPAQUE_OFFSET,
                                      offsetof (nvmlVgpuMetadata_t, opaqueDataSize), error))
        return FALSE;
    memcpy (&raw, bytes, NVML_VGPU_METADATA_OPAQUE_OFFSET);
    own = (VgateVgpuRecord){
        .size = sizeof own,
        .version = raw.version,
        .revision = raw.revision,
        .guest_info_state = raw.guestInfoState,
        .capabilities = raw.vgpuVirtualizationCaps,
        .guest_version = raw.guestVgpuVersion,
        .opaque_size = raw.opaqueDataSize,
    };
    read_text (own.guest_driver, raw.guestDriverVersion, sizeof raw.guestDriverVersion);
    read_text (own.host_driver, raw.hostDriverVersion, sizeof raw.hostDriverVersion);
    if (vgate_vgpu_record_has_known_layout (&own))
        read_text (own.gpu_string, bytes + NVML_VGPU_METADATA_OPAQUE_OFFSET + VGPU_OPAQUE_STRING_OFFSET,
                   NVML_PGPU_STRING_SIZE);
    VGATE_GROWTH_WRITE (record, &own);
    return TRUE;
}

gboolean
vgate_pgpu_record_read (const guint8 *bytes, gsize length, VgatePgpuRecord *record, GError **error)
{
    nvmlVgpuPgpuMetadata_t raw = {0};
    VgatePgpuRecord own;

    g_return_val_if_fail (VGATE_GROWTH_HAS_SIZE (record, VGATE_SIZE_PGPU_RECORD), FALSE);
    if (!vgate_metadata_check_length ("pGPU", bytes, length, NVML_PGPU_METADATA_OPAQUE_OFFSET,
                                      offsetof (nvmlVgpuPgpuMetadata_t, opaqueDataSize), error))
        return FALSE;
    memcpy (&raw, bytes, NVML_PGPU_METADATA_OPAQUE_OFFSET);
    own = (VgatePgpuRecord){
        .size = sizeof own,
        .version = raw.version,
        .revision = raw.revision,
        .capabilities = raw.pgpuVirtualizationCaps,
        .range = {raw.hostSupportedVgpuRange.minVersion, raw.hostSupportedVgpuRange.maxVersion},
        .opaque_size = raw.opaqueDataSize,
    };
    read_text (own.host_driver, raw.hostDriverVersion, sizeof raw.hostDriverVersion);
    if (vgate_pgpu_record_has_known_layout (&own))
        read_text (own.gpu_string, bytes + NVML_PGPU_METADATA_OPAQUE_OFFSET, NVML_PGPU_STRING_SIZE);
    VGATE_GROWTH_WRITE (record, &own);
    return TRUE;
}

GBytes *
vgate_vgpu_record_write (const VgateVgpuRecord *record)
{
    nvmlVgpuMetadata_t raw = {
        .version = record->version,
        .revision = record->revision,
        .guestInfoState = record->guest_info_state,
        .vgpuVirtualizationCaps = record->capabilities,
        .guestVgpuVersion = record->guest_version,
        .opaqueDataSize = record->opaque_size,
    };
    const gsize size = NVML_VGPU_METADATA_OPAQUE_OFFSET + record->opaque_size;
    guint8 *bytes = g_malloc0 (size);

    memcpy (raw.guestDriverVersion, record->guest_driver, sizeof raw.guestDriverVersion);
    memcpy (raw.hostDriverVersion, record->host_driver, sizeof raw.hostDriverVersion);
    memcpy (bytes, &raw, NVML_VGPU_METADATA_OPAQUE_OFFSET);
    if (vgate_vgpu_record_has_known_layout (record))
        memcpy (bytes + NVML_VGPU_METADATA_OPAQUE_OFFSET + VGPU_OPAQUE_STRING_OFFSET, record->gpu_string,
                NVML_PGPU_STRING_SIZE);
    return g_bytes_new_take (bytes, size);
}

GBytes *
vgate_pgpu_record_write (const VgatePgpuRecord *record)
{
    nvmlVgpuPgpuMetadata_t raw = {
        .version = record->version,
        .revision = record->revision,
        .pgpuVirtualizationCaps = record->capabilities,
        .hostSupportedVgpuRange = {record->range.min, record->range.max},
        .opaqueDataSize = record->opaque_size,
    };
    const gsize size = NVML_PGPU_METADATA_OPAQUE_OFFSET + record->opaque_size;
    guint8 *bytes = g_malloc0 (size);

    memcpy (raw.hostDriverVersion, record->host_driver, sizeof raw.hostDriverVersion);
    memcpy (bytes, &raw, NVML_PGPU_METADATA_OPAQUE_OFFSET);
    if (vgate_pgpu_record_has_known_layout (record))
        memcpy (bytes + NVML_PGPU_METADATA_OPAQUE_OFFSET, record->gpu_string, NVML_PGPU_STRING_SIZE);
    return g_bytes_new_take (bytes, size);
}

static gboolean
check_text (const char *field, const char *text, GError **error)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (!g_ascii_isprint (*at)) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_METADATA_NOT_TEXT,
                         "the %s contains byte 0x%02x at position %" G_GSIZE_FORMAT ", which is not "
                         "printable ASCII",
                         field, (guint8)*at, (gsize)(at - text));
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
vgate_vgpu_record_check_text (const VgateVgpuRecord *record, GError **error)
{
    return check_text ("guest driver version", record->guest_driver, error) &&
           check_text ("host driver version", record->host_driver, error) &&
           check_text ("pGPU metadata string", record->gpu_string, error);
}

gboolean
vgate_pgpu_record_check_text (const VgatePgpuRecord *record, GError **error)
{
    return check_text ("host driver version", record->host_driver, error) &&
           check_text ("pGPU metadata string", record->gpu_string, error);
}
