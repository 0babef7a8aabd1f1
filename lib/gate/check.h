/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks before the engine is asked: whether element, hostdevs, devices and QEMU's object belong
 * together. */
#pragma once

#include "gate/request.h"

/* FALSE when element and hostdevs do not name the same vGPUs. Errors: VGATE_CODE_HOSTDEV_GONE, _UNCOVERED,
 * DEVICE_NOT_HERE. */
gboolean vgate_check_hostdevs (const VgateRequest *request, GError **error);

/* The hostdev of one of the element's vGPUs, or its device on QEMU's command line; NULL when it has
 * neither. */
const VgateHostdev *vgate_check_find_device (const VgateRequest *request, const VgateElementVgpu *vgpu);

/*
 * The pGPU behind a vGPU's hostdev or its device on QEMU's command line: an index into host->pgpus, or -1
 * with an error (VGATE_CODE_DEVICE_*). -1 without an error for a vGPU that has neither, and with a host
 * document that does not contain the devices of its host.
 */
int vgate_check_find_pgpu (const VgateRequest *request, const VgateHost *host, const VgateElementVgpu *vgpu,
                           GError **error);

/* FALSE when QEMU will ask at switch-over, and vgpu-gated does not serve it on this host or that of the
 * document. Errors: VGATE_CODE_SWITCH_OVER_UNSERVED, _OBJECT, _UNKNOWN. */
gboolean vgate_check_switch_over (const VgateRequest *request, GError **error);
