/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes of a vGPU's keyfile group by its guest driver. */
#pragma once

#include "nvml-sim/model/host.h"

/* The guest driver loads, and agrees with the host on a version. errors: VGPU_SIM_ERROR_IMPOSSIBLE when there
 * is no common version, so that the driver does not load */
gboolean vgpu_sim_guest_load (GKeyFile *file, const char *group, const VgpuSimHost *host, const char *driver,
                              VgateVersionRange range, GError **error);
/* The guest arrives by migration with a running driver, and keeps the version that was agreed before. errors:
 * as above, when the host does not support the version */
gboolean vgpu_sim_guest_arrive (GKeyFile *file, const char *group, const VgpuSimHost *host,
                                const char *driver, guint32 version, GError **error);
/* The guest driver is not running, or no longer running. */
void vgpu_sim_guest_unload (GKeyFile *file, const char *group);
