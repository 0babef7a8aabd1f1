/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking NVML in time. A child process (vgpu-gate-nvml) opens the library, reads, answers and ends; the
 * asker waits for a deadline and abandons it then. NVML can hang in the kernel, where not even SIGKILL ends a
 * process at once, and a fault of the driver's library must not take libvirt's hook or the daemon with it.
 */
#pragma once

#include "driver/helper.h"
#include "host/host.h"
#include "host/identity.h"
#include "driver/inventory.h"
#include "host/sysfs.h"

/* What the host's own driver says of one vGPU record on one pGPU (nvmlGetVgpuCompatibility). */
typedef struct {
    guint32 vgpu; /* index into the blobs of the question */
    guint32 pgpu; /* index into VgateHost.pgpus */
    gint32 rc;    /* nvmlReturn_t */
    guint32 states;
    guint32 limit;
} VgateDriverAnswer;

/* Which devices in sysfs are told with it. NVIDIA's driver serves their types, and can hang in that as in
 * NVML: so they are read by the same process, in the same time. */
typedef enum {
    VGATE_PROBE_NO_DEVICES,
    /* Those that exist, if a vGPU runs whose device NVML does not name: it is a virtual function. With
     * instances only. */
    VGATE_PROBE_UNNAMED_DEVICES,
    VGATE_PROBE_DEVICES,              /* those that exist */
    VGATE_PROBE_DEVICES_AND_MAKEABLE, /* and what can be made */
    VGATE_N_PROBE_DEVICES,
} VgateProbeDevices;

/* What is asked. All of it is borrowed. */
typedef struct {
    const VgateIdentity *identity; /* this host's */
    const GPtrArray
        *vgpus; /* of GBytes *: vGPU metadata that has passed vgate_vgpu_record_read (), to be judged by
                               the driver; NULL for none */
    gboolean with_instances;
    VgateProbeDevices devices;
    const char *root; /* put before /sys; NULL for "" */
} VgateProbing;

typedef struct {
    VgateHost *host;
    GArray *answers;      /* of VgateDriverAnswer; empty where the driver lacks the call */
    GPtrArray *instances; /* of VgateInstance *; empty unless asked for */
    GPtrArray *devices;   /* of VgateListedDevice *, likewise */
    GPtrArray *makeable;  /* of VgateMakeable *, likewise */
} VgateProbe;

/* One with empty lists, and no host. */
VgateProbe *vgate_probe_new (void);
void vgate_probe_free (VgateProbe *probe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateProbe, vgate_probe_free)

/*
 * Asks. Errors: VGATE_CODE_NVML_LIBRARY, _SYMBOL, _ERROR, _TIMEOUT, _CRASHED, and VGATE_CODE_INTERNAL when
 * the helper cannot be started. Does not need a main loop; blocks up to the deadline.
 */
VgateProbe *vgate_probe_ask (const VgateBackend *backend, const VgateProbing *probing, GError **error);
