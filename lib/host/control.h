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

#include "host/helper.h"
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
