/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The NVML loader: the one way to reach a GPU. It opens the library that the configuration names, NVIDIA's or
 * the simulated driver alike, and wraps the calls that vgpu-gate needs.
 *
 * NVML calls can hang in the kernel, a fork child may not use them, and a process that keeps NVML open gets
 * in the way of others (measured, and NVIDIA's documentation). So only the short-lived program vgpu-gate-nvml
 * opens it; everything else asks that program (host/probe.h).
 *
 * Every function that can fail returns FALSE or NULL and sets an error of the domain VGATE_NVML_ERROR. Its
 * code is the driver's own nvmlReturn_t where the driver answered, else one of the negative codes below.
 */
#pragma once

#include "nvml/nvml-abi.h"

#include <glib.h>

#define VGATE_NVML_ERROR (vgate_nvml_error_quark ())
GQuark vgate_nvml_error_quark (void);

enum {
    VGATE_NVML_ERROR_LIBRARY = -1, /* dlopen failed; the message says why */
    VGATE_NVML_ERROR_SYMBOL = -2,  /* the library lacks a call; the message names it */
    VGATE_NVML_ERROR_ANSWER = -3,  /* an answer that cannot be: an unterminated text, a size that lies */
};

typedef struct VgateNvml VgateNvml;

/* dlopen (library) and nvmlInit_v2 (). A plain file name is searched as dlopen does, a path is taken as it
 * is. */
VgateNvml *vgate_nvml_open (const char *library, GError **error);
/* nvmlShutdown () and dlclose (). NULL is allowed. */
void vgate_nvml_close (VgateNvml *nvml);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateNvml, vgate_nvml_close)

/* What the simulated driver says of itself; NULL for any other library. Owned by the library. */
const char *vgate_nvml_get_simulated (const VgateNvml *nvml);

/* nvmlSystemGetDriverVersion: "580.95.05". The caller frees it. */
char *vgate_nvml_driver_version (VgateNvml *nvml, GError **error);

/* nvmlGetVgpuVersion: what the driver supports (preset) and what it advertises (administrator's range). */
gboolean vgate_nvml_version_ranges (VgateNvml *nvml, nvmlVgpuVersion_t *preset, nvmlVgpuVersion_t *current,
                                    GError **error);

/* nvmlGetVgpuCompatibility. Both blobs' lengths must have been checked (metadata/record.h): the call trusts
 * the sizes that stand in them. The driver's answer code goes to *rc, also when it is an error of its own. */
gboolean vgate_nvml_compatibility (VgateNvml *nvml, GBytes *vgpu, GBytes *pgpu, nvmlReturn_t *rc,
                                   nvmlVgpuPgpuCompatibility_t *answer, GError **error);

/* Devices: an index below the count gives a handle that is valid until vgate_nvml_close (). */
gboolean vgate_nvml_device_count (VgateNvml *nvml, guint *count, GError **error);
gboolean vgate_nvml_device (VgateNvml *nvml, guint index, nvmlDevice_t *device, GError **error);

/* nvmlDeviceGetPciInfo_v3, as sysfs writes it: "0000:41:00.0". The caller frees it. */
char *vgate_nvml_device_address (VgateNvml *nvml, nvmlDevice_t device, GError **error);
char *vgate_nvml_device_name (VgateNvml *nvml, nvmlDevice_t device, GError **error);
char *vgate_nvml_device_uuid (VgateNvml *nvml, nvmlDevice_t device, GError **error);
/* nvmlDeviceGetVirtualizationMode == HOST_VGPU. A driver that does not support the question is not in that
 * mode. */
gboolean vgate_nvml_device_is_vgpu_host (VgateNvml *nvml, nvmlDevice_t device, gboolean *is_host,
                                         GError **error);
/* nvmlDeviceGetVgpuMetadata: 124 + opaqueDataSize bytes; 380 on r580. */
GBytes *vgate_nvml_device_metadata (VgateNvml *nvml, nvmlDevice_t device, GError **error);
/* nvmlDeviceGetVgpuSchedulerState. Not every driver and mode has it: NOT_SUPPORTED is an error like any
 * other. */
gboolean vgate_nvml_device_scheduler (VgateNvml *nvml, nvmlDevice_t device,
                                      nvmlVgpuSchedulerGetState_t *state, GError **error);

/* Lists of numbers (guint). The caller unrefs them. Empty, not NULL, when there is none. */
GArray *vgate_nvml_device_vgpus (VgateNvml *nvml, nvmlDevice_t device, GError **error);
GArray *vgate_nvml_device_supported_types (VgateNvml *nvml, nvmlDevice_t device, GError **error);
GArray *vgate_nvml_device_creatable_types (VgateNvml *nvml, nvmlDevice_t device, GError **error);

/* vGPU types. The frame buffer is in bytes. */
char *vgate_nvml_type_name (VgateNvml *nvml, nvmlVgpuTypeId_t type, GError **error);
char *vgate_nvml_type_class (VgateNvml *nvml, nvmlVgpuTypeId_t type, GError **error);
gboolean vgate_nvml_type_framebuffer (VgateNvml *nvml, nvmlVgpuTypeId_t type, guint64 *bytes, GError **error);
gboolean vgate_nvml_type_max_instances (VgateNvml *nvml, nvmlDevice_t device, nvmlVgpuTypeId_t type,
                                        guint *count, GError **error);

/* vGPU instances. */
gboolean vgate_nvml_vgpu_type (VgateNvml *nvml, nvmlVgpuInstance_t vgpu, nvmlVgpuTypeId_t *type,
                               GError **error);
/* nvmlVgpuInstanceGetVmID: the VM's UUID; an error (ANSWER) where the hypervisor uses another kind of id. */
char *vgate_nvml_vgpu_vm_uuid (VgateNvml *nvml, nvmlVgpuInstance_t vgpu, GError **error);
char *vgate_nvml_vgpu_uuid (VgateNvml *nvml, nvmlVgpuInstance_t vgpu, GError **error);
/* The mediated device's UUID. NVML has no call for the virtual function of a vGPU that has none: what
 * nvmlVgpuInstanceGetGpuPciId gives is the address inside the guest. */
char *vgate_nvml_vgpu_mdev_uuid (VgateNvml *nvml, nvmlVgpuInstance_t vgpu, GError **error);
/* nvmlVgpuInstanceGetMetadata: 208 + opaqueDataSize bytes; 468 on r580. */
GBytes *vgate_nvml_vgpu_metadata (VgateNvml *nvml, nvmlVgpuInstance_t vgpu, GError **error);
