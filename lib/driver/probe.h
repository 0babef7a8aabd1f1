/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks NVML with a deadline. A child process (vgpu-gate-nvml) opens the library, reads, answers and exits;
 * the asker waits for the deadline and then abandons it. NVML can hang in the kernel, where even SIGKILL does
 * not end a process at once, and an error in the driver's library must not crash libvirt's hook or the
 * daemon.
 */
#pragma once

#include "driver/helper.h"
#include "host/host.h"
#include "host/identity.h"
#include "driver/inventory.h"
#include "host/sysfs.h"

/* The answer of the host's driver about one vGPU record on one pGPU (nvmlGetVgpuCompatibility). */
typedef struct {
    guint32 vgpu; /* index into the blobs of the question */
    guint32 pgpu; /* index into VgateHost.pgpus */
    gint32 rc;    /* nvmlReturn_t */
    guint32 states;
    guint32 limit;
} VgateDriverAnswer;

/* Which devices in sysfs are included. NVIDIA's driver serves their types and can hang in that as in NVML, so
 * the same process reads them within the same deadline. */
typedef enum {
    VGATE_PROBE_NO_DEVICES,
    /* The existing devices, if there is a running vGPU whose device NVML does not name, because it is a
     * virtual function. Only with instances. */
    VGATE_PROBE_UNNAMED_DEVICES,
    VGATE_PROBE_DEVICES,              /* the existing devices */
    VGATE_PROBE_DEVICES_AND_MAKEABLE, /* and the devices that can be created */
    VGATE_N_PROBE_DEVICES,
} VgateProbeDevices;

/* The question. All pointers are borrowed. */
typedef struct {
    const VgateIdentity *identity; /* the identity of this host */
    /* of GBytes *: vGPU metadata that vgate_vgpu_record_read () accepted, for the driver to judge; NULL:
     * none */
    const GPtrArray *vgpus;
    gboolean with_instances;
    VgateProbeDevices devices;
    const char *root; /* prepended to /sys; NULL for "" */
} VgateProbing;

typedef struct {
    VgateHost *host;
    GArray *answers;      /* of VgateDriverAnswer; empty when the driver lacks the call */
    GPtrArray *instances; /* of VgateInstance *; empty unless requested */
    GPtrArray *devices;   /* of VgateListedDevice *; empty unless requested */
    GPtrArray *makeable;  /* of VgateMakeable *; empty unless requested */
} VgateProbe;

/* A probe with empty lists and without a host. */
VgateProbe *vgate_probe_new (void);
void vgate_probe_free (VgateProbe *probe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateProbe, vgate_probe_free)

/*
 * Asks NVML. Errors: VGATE_CODE_NVML_LIBRARY, _SYMBOL, _ERROR, _TIMEOUT, _CRASHED, and VGATE_CODE_INTERNAL
 * when the helper cannot be started. It needs no main loop, and blocks until the deadline at most.
 */
VgateProbe *vgate_probe_ask (const VgateBackend *backend, const VgateProbing *probing, GError **error);
