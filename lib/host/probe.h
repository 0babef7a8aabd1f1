/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking NVML in time. A child process (vgpu-gate-nvml) opens the library, reads, answers and ends; whoever
 * asks waits for a deadline and abandons it then. NVML can hang in the kernel, where not even SIGKILL ends a
 * process at once, and a fault of the driver's library must not take libvirt's hook or the daemon with it.
 */
#pragma once

#include "host/helper.h"
#include "host/host.h"
#include "host/identity.h"
#include "host/inventory.h"

/* What the host's own driver says of one vGPU record on one pGPU (nvmlGetVgpuCompatibility). */
typedef struct {
    guint32 vgpu; /* index into the blobs of the question */
    guint32 pgpu; /* index into VgateHost.pgpus */
    gint32 rc;    /* nvmlReturn_t */
    guint32 states;
    guint32 limit;
} VgateDriverAnswer;

typedef struct {
    VgateHost *host;
    GArray *answers;      /* of VgateDriverAnswer; empty where the driver lacks the call */
    GPtrArray *instances; /* of VgateInstance *; empty unless asked for */
} VgateProbe;

void vgate_probe_free (VgateProbe *probe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateProbe, vgate_probe_free)

/*
 * Asks. identity is this host's. vgpus: GBytes * of vGPU metadata that have passed vgate_vgpu_record_read (),
 * to be judged by the driver; NULL for none. Errors: VGATE_CODE_NVML_LIBRARY, _SYMBOL, _ERROR, _TIMEOUT,
 * _CRASHED, and VGATE_CODE_INTERNAL when the helper cannot be started. Does not need a main loop; blocks up
 * to the deadline.
 */
VgateProbe *vgate_probe_ask (const VgateBackend *backend, const VgateIdentity *identity,
                             const GPtrArray *vgpus, gboolean with_instances, GError **error);
