/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What NVML says of this host, read in one go. Only the program vgpu-gate-nvml calls this: it opens NVML, can
 * hang, and can be killed by a driver's fault. All others ask that program: driver/probe.h.
 */
#pragma once

#include "host/host.h"
#include "vgpu-gate/vgpu-gate.h"

/* A vGPU that runs on this host. */
typedef struct {
    char *vm;   /* the VM's UUID, lower case; NULL: NVML gives none */
    char *uuid; /* the vGPU's */
    char *mdev; /* UUID of its mediated device, or NULL */
    guint32 type;
    char *type_name;
    guint32 pgpu;             /* index into VgateHost.pgpus */
    guint64 framebuffer_used; /* bytes, 1 and more; 0: the driver does not say */
    guint64 runtime_state;    /* likewise: what it has beside the frame buffer */
    GBytes *metadata;         /* NULL: could not be read */
    char *failure;            /* why; NULL when metadata is there */
} VgateInstance;

VgateInstance *vgate_instance_new (void);
void vgate_instance_free (VgateInstance *instance);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateInstance, vgate_instance_free)

/*
 * The host's pGPUs in vGPU host mode. Name, UUID and time of the host are the caller's to fill in. A GPU that
 * cannot be read is among host->unusable; NULL with the driver's error when nothing is left but such ones, or
 * when a call fails that is not of one GPU.
 */
VgateHost *vgate_inventory_read_host (VgateNvml *nvml, GError **error);

/*
 * Every vGPU on the host's pGPUs, as VgateInstance *. One that ends while it is read is left out; one whose
 * metadata cannot be read is there with its failure. The free instances in host are counted again, beside
 * just these vGPUs. A GPU that is lost meanwhile becomes one of host->unusable, so that the pGPUs' indexes
 * may change; errors as above.
 */
GPtrArray *vgate_inventory_read_instances (VgateNvml *nvml, VgateHost *host, GError **error);
