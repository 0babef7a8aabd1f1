/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Metadata records: NVML's two variable-sized structures as plain structs, and back.
 *
 * The driver's bytes come from another host: every length is checked here before a field is read. Layout and
 * true sizes: lib/nvml/nvml-abi.h.
 */
#pragma once

#include "nvml/nvml-abi.h"
#include "version/version.h"

#include <glib.h>

/* A text field that fills its 80 bytes has no NUL in the driver's bytes; ours always has. */
#define VGATE_DRIVER_TEXT_SIZE (NVML_DRIVER_VERSION_SIZE + 1)
#define VGATE_GPU_STRING_SIZE  (NVML_PGPU_STRING_SIZE + 1)
/* More opaque data than this is not believed: 256 and 260 bytes are known. */
#define VGATE_OPAQUE_SIZE_MAX 65536u

/* What nvmlVgpuInstanceGetMetadata says of a vGPU. */
typedef struct {
    guint32 version; /* of the structure */
    guint32 revision;
    guint32 guest_info_state; /* NVML_GUEST_INFO_* */
    char guest_driver[VGATE_DRIVER_TEXT_SIZE];
    char host_driver[VGATE_DRIVER_TEXT_SIZE];
    guint32 capabilities;  /* NVML_VIRTUALIZATION_CAP_* */
    guint32 guest_version; /* the agreed vGPU version; 0: guest driver not up */
    guint32 opaque_size;   /* bytes; when it is not 260 the layout is unknown and gpu_string empty */
    char gpu_string[VGATE_GPU_STRING_SIZE];
} VgateVgpuRecord;

/* What nvmlDeviceGetVgpuMetadata says of a pGPU. */
typedef struct {
    guint32 version;
    guint32 revision;
    char host_driver[VGATE_DRIVER_TEXT_SIZE];
    guint32 capabilities;
    VgateVersionRange range; /* the administrator's: what this host accepts now */
    guint32 opaque_size;     /* bytes; when it is not 256 the layout is unknown and gpu_string empty */
    char gpu_string[VGATE_GPU_STRING_SIZE];
} VgatePgpuRecord;

static inline gboolean
vgate_vgpu_record_has_known_layout (const VgateVgpuRecord *record)
{
    return record->opaque_size == NVML_VGPU_OPAQUE_SIZE;
}

static inline gboolean
vgate_pgpu_record_has_known_layout (const VgatePgpuRecord *record)
{
    return record->opaque_size == NVML_PGPU_OPAQUE_SIZE;
}

/*
 * The driver's bytes as a record. FALSE with VGATE_CODE_ELEMENT_LENGTH when the number of bytes is not
 * exactly what the structure says it is (header + opaqueDataSize), or beyond what is believed; *record is
 * then untouched.
 */
gboolean vgate_vgpu_record_read (const guint8 *bytes, gsize length, VgateVgpuRecord *record, GError **error);
gboolean vgate_pgpu_record_read (const guint8 *bytes, gsize length, VgatePgpuRecord *record, GError **error);

/*
 * A record as bytes that read back to the same record: unused and reserved bytes are zero, so they are not
 * the driver's own where its bytes held more. A record of unknown layout gets a zeroed opaque section.
 */
GBytes *vgate_vgpu_record_write (const VgateVgpuRecord *record);
GBytes *vgate_pgpu_record_write (const VgatePgpuRecord *record);

/*
 * TRUE when every text of the record is printable ASCII, so that it can stand in XML and on a terminal
 * unchanged. Otherwise VGATE_CODE_METADATA_NOT_TEXT, naming the field.
 */
gboolean vgate_vgpu_record_check_text (const VgateVgpuRecord *record, GError **error);
gboolean vgate_pgpu_record_check_text (const VgatePgpuRecord *record, GError **error);
