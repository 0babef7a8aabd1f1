/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this host shows of a domain: the device behind each of its hostdevs, and how its QEMU was started. It
 * is looked at once, and one request is decided by that: a device that comes or goes meanwhile, or a QEMU
 * that is another one by then, never gives two answers to one question.
 */
#pragma once

#include "host/sysfs.h"

typedef struct VgateObservation VgateObservation;

/*
 * Looks at the devices: at what exists, and not into files that NVIDIA's driver serves. Never fails.
 * Borrows domain and root, which must outlive it. is_session: the domain is one of a session's libvirtd,
 * which runs as this program's user.
 */
VgateObservation *vgate_observation_new (const VgateDomain *domain, const char *root, gboolean is_session);
void vgate_observation_free (VgateObservation *observation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateObservation, vgate_observation_free)

/* TRUE when one of the hostdevs is an NVIDIA vGPU, or a device that must be taken for one (UNUSABLE). */
gboolean vgate_observation_has_vgpu (const VgateObservation *observation);

/*
 * A mediated device that does not exist, so that nobody can tell which vendor's it is. NULL: all exist, or
 * no NVIDIA device of this host makes mediated devices. This is of interest once QEMU has been started:
 * libvirt starts no guest whose devices are missing.
 */
const VgateHostdev *vgate_observation_unknown_device (const VgateObservation *observation);

/* The device behind a hostdev of the domain's; its type may not have been read. Borrowed. */
const VgateDevice *vgate_observation_device (const VgateObservation *observation,
                                             const VgateHostdev *hostdev);

/* Adds the types, which NVIDIA's driver serves and the process that asks NVML has read: devices, of
 * VgateListedDevice *, is what VgateProbe has of them. Once. */
void vgate_observation_take_types (VgateObservation *observation, const GPtrArray *devices);

/* The device behind a hostdev, after vgate_observation_take_types (). */
const VgateDevice *vgate_observation_typed_device (const VgateObservation *observation,
                                                   const VgateHostdev *hostdev);

/* TRUE when the domain's QEMU was started to receive a guest; looked at when it is first asked for. FALSE
 * with VGATE_CODE_QEMU_UNKNOWN when that cannot be told. */
gboolean vgate_observation_is_incoming (VgateObservation *observation, GError **error);
