/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an operator looks at and sets on a host's driver, asked of the program vgpu-gate-nvml, within the
 * deadline. None of it needs a main loop.
 *
 * Errors, for all of them: VGATE_CODE_NVML_* as vgate_probe_ask () has them, and VGATE_CODE_INTERNAL. Those
 * that set something also VGATE_CODE_NVML_REFUSED, which names the reason, and VGATE_CODE_NOT_ROOT. When one
 * that sets something fails with NVML_TIMEOUT or NVML_CRASHED, whether it was set is not known.
 */
#pragma once

#include "driver/helper.h"
#include "host/host.h"
#include "vgpu-gate/vgpu-gate.h"

/* The driver, and which vGPU versions it speaks; there without a GPU in vGPU host mode too. */
typedef struct {
    char *driver;
    gboolean simulated;
    VgateVersionRange preset;  /* what the driver supports */
    VgateVersionRange current; /* the administrator's range, which it advertises */
} VgateVersions;

void vgate_versions_clear (VgateVersions *versions);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateVersions, vgate_versions_clear)

/* The caller clears *versions, *was and *is, on failure too; they must be empty before. */
gboolean vgate_control_versions (const VgateBackend *backend, VgateVersions *versions, GError **error);
/* Sets the administrator's range; *was and *is: as they were read before and after. A range that is inverted
 * or not inside the preset is refused without asking the driver to set it. */
gboolean vgate_control_set_version_range (const VgateBackend *backend, VgateVersionRange range,
                                          VgateVersions *was, VgateVersions *is, GError **error);

/* What vgate_control_set_version_range () refuses by itself. */
gboolean vgate_control_check_range (VgateVersionRange range, VgateVersionRange preset, GError **error);

/* The scheduler of a GPU in vGPU host mode. */
typedef struct {
    char *address;
    char *name;
    gboolean is_available; /* FALSE: the driver has none for it (documented: in MIG mode); the rest is 0 */
    VgateSchedulerCapabilities capabilities;
    VgateScheduler scheduler; /* as it is set */
} VgateGpuScheduler;

void vgate_gpu_scheduler_clear (VgateGpuScheduler *gpu);
void vgate_gpu_scheduler_free (VgateGpuScheduler *gpu);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateGpuScheduler, vgate_gpu_scheduler_clear)

/*
 * VgateGpuScheduler *, of every GPU in vGPU host mode, or of the one with this address. VGATE_CODE_NO_PGPU
 * when there is none. A GPU that cannot be used is left out and added to unusable (of VgateUnusableGpu *, or
 * NULL); VGATE_CODE_NVML_ERROR with its reason when it was asked for, or none is left.
 */
GPtrArray *vgate_control_schedulers (const VgateBackend *backend, const char *address, GPtrArray *unusable,
                                     GError **error);
/* Sets it until the driver is loaded again; *was and *is as above. VGATE_CODE_SCHEDULER_SETTINGS when the GPU
 * does not have such settings; the driver is then not asked to set them. */
gboolean vgate_control_set_scheduler (const VgateBackend *backend, const char *address,
                                      const VgateSchedulerSettings *settings, VgateGpuScheduler *was,
                                      VgateGpuScheduler *is, GError **error);
