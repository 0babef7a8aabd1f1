/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads and changes an operator's settings of a host's driver, by asking the program vgpu-gate-nvml, within
 * the deadline. It needs no main loop.
 *
 * Errors of all functions: VGATE_CODE_NVML_* as for vgate_probe_ask (), and VGATE_CODE_INTERNAL. Functions
 * that set something also return VGATE_CODE_NVML_REFUSED, which names the reason, and VGATE_CODE_NOT_ROOT.
 * When such a function fails with NVML_TIMEOUT or NVML_CRASHED, it is not known whether the value was set.
 */
#pragma once

#include "driver/helper.h"
#include "host/host.h"
#include "vgpu-gate/vgpu-gate.h"

/* The driver and the vGPU versions that it supports. They are also available without a GPU in vGPU host
 * mode. */
typedef struct {
    char *driver;
    gboolean simulated;
    VgateVersionRange preset;  /* the versions that the driver supports */
    VgateVersionRange current; /* the range that the administrator accepts, and the driver advertises */
} VgateVersions;

void vgate_versions_clear (VgateVersions *versions);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateVersions, vgate_versions_clear)

/* The caller clears *versions, *was and *is, also on failure; they must be empty before. */
gboolean vgate_control_versions (const VgateBackend *backend, VgateVersions *versions, GError **error);
/* Sets the accepted range. *was and *is are the versions before and after. A range that is inverted or not
 * inside the preset is refused without asking the driver to set it. */
gboolean vgate_control_set_version_range (const VgateBackend *backend, VgateVersionRange range,
                                          VgateVersions *was, VgateVersions *is, GError **error);

/* FALSE with VGATE_CODE_NVML_REFUSED for a range that vgate_control_set_version_range () refuses without
 * asking the driver. */
gboolean vgate_control_check_range (VgateVersionRange range, VgateVersionRange preset, GError **error);

/* The scheduler of an engine of a GPU in vGPU host mode. */
typedef struct {
    char *address;
    char *name;
    gboolean is_available; /* FALSE: the GPU has none (documented: in MIG mode), or its driver has none for
                            * the engine; the rest is 0 */
    VgateSchedulerCapabilities capabilities;
    VgateScheduler scheduler; /* the present settings */
} VgateGpuScheduler;

void vgate_gpu_scheduler_clear (VgateGpuScheduler *gpu);
void vgate_gpu_scheduler_free (VgateGpuScheduler *gpu);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateGpuScheduler, vgate_gpu_scheduler_clear)

/*
 * The schedulers (VgateGpuScheduler *) of an engine (VgateEngine) of all GPUs in vGPU host mode, or of the
 * one with this name: NVML's index, a UUID ("GPU-...") or an address. VGATE_CODE_NO_PGPU when there is none.
 * A GPU that cannot be used is left out and added to unusable (of VgateUnusableGpu *, or NULL). If it was
 * requested by its name, or no other GPU is left, the error is VGATE_CODE_NVML_ERROR with its reason.
 */
GPtrArray *vgate_control_schedulers (const VgateBackend *backend, const char *name, int engine,
                                     GPtrArray *unusable, GError **error);
/* Sets the scheduler, until the driver is loaded again. *was and *is are the schedulers before and after.
 * VGATE_CODE_SCHEDULER_SETTINGS or VGATE_CODE_SCHEDULER_ADAPTIVE when the GPU does not support these
 * settings; the driver is then not asked to set them. */
gboolean vgate_control_set_scheduler (const VgateBackend *backend, const char *address, int engine,
                                      const VgateSchedulerSettings *settings, VgateGpuScheduler *was,
                                      VgateGpuScheduler *is, GError **error);
