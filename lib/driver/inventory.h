/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads this host from NVML. Only the program vgpu-gate-nvml calls this: it opens NVML, can hang, and can
 * crash because of the driver. All other programs ask that program: driver/probe.h.
 */
#pragma once

#include "host/host.h"
#include "vgpu-gate/vgpu-gate.h"

/* A vGPU that runs on this host. */
typedef struct {
    char *vm;   /* the VM's UUID, lower case; NULL: NVML has none */
    char *uuid; /* the vGPU's UUID */
    char *mdev; /* UUID of its mediated device, or NULL */
    guint32 type;
    char *type_name;
    guint32 pgpu;             /* index into VgateHost.pgpus */
    guint64 framebuffer_used; /* bytes, at least 1; 0: the driver does not report it */
    guint64 runtime_state; /* bytes outside the frame buffer, at least 1; 0: the driver does not report it */
    GBytes *metadata;      /* NULL: it could not be read */
    char *failure;         /* why metadata could not be read; NULL when it was read */
} VgateInstance;

VgateInstance *vgate_instance_new (void);
void vgate_instance_free (VgateInstance *instance);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateInstance, vgate_instance_free)

/* A list of VgateInstance * that owns them. */
GPtrArray *vgate_instances_new (void);

/*
 * Reads the host's pGPUs in vGPU host mode. The caller sets name, UUID and time of the host. A GPU that
 * cannot be read, or is lost in the meantime, is added to host->unusable. NULL with the driver's error when
 * no other GPU is left, or when a call for the whole host fails.
 *
 * instances, of vgate_instances_new (): all vGPUs on these pGPUs are added to it. A vGPU that ends while it
 * is read is left out; one whose metadata cannot be read is included with its failure. The free instances of
 * the pGPUs are counted beside exactly these vGPUs. NULL: the caller needs only the host.
 */
VgateHost *vgate_inventory_read (VgateNvml *nvml, GPtrArray *instances, GError **error);
