/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest driver does to the keyfile group of a vGPU. */
#pragma once

#include "nvml-sim/model/host.h"

/* The guest driver loads: it and the host agree on a version. errors: VGPU_SIM_ERROR_IMPOSSIBLE when they
 * cannot, and then the driver does not load. */
gboolean vgpu_sim_guest_load (GKeyFile *file, const char *group, const VgpuSimHost *host, const char *driver,
                              VgateVersionRange range, GError **error);
/* The guest arrives by migration with its driver up; the version stays the one once agreed on. errors: as
 * above, for a version that the host does not speak */
gboolean vgpu_sim_guest_arrive (GKeyFile *file, const char *group, const VgpuSimHost *host,
                                const char *driver, guint32 version, GError **error);
/* The guest driver is not up, or no longer. */
void vgpu_sim_guest_unload (GKeyFile *file, const char *group);
