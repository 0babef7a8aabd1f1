/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of a domain on this host: the device behind each of its hostdevs, and how its QEMU was started.
 * It is read once, and the whole request is decided by it. So a device that appears or vanishes, or a QEMU
 * that is replaced, cannot lead to two answers to the same question.
 */
#pragma once

#include "host/host.h"

typedef struct VgateObservation VgateObservation;

/*
 * Identifies the devices by what exists, without opening files that NVIDIA's driver serves. Never fails.
 * Borrows domain and root, which must outlive it. is_session: the domain belongs to the libvirtd of a
 * session, which runs as this program's user.
 */
VgateObservation *vgate_observation_new (const VgateDomain *domain, const char *root, gboolean is_session);
void vgate_observation_free (VgateObservation *observation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateObservation, vgate_observation_free)

/*
 * The same on the host of a document, with the types. A device that the document does not list is ABSENT,
 * unless this host shows that it is no NVIDIA vGPU anywhere (OTHER): a mediated device of another vendor,
 * whose UUID no other device has; or a PCI device of a domain that runs here. Borrows host as well.
 */
VgateObservation *vgate_observation_new_for_document (const VgateDomain *domain, const char *root,
                                                      const VgateHost *host);

/*
 * The same in two steps, for a domain that is judged on many documents: what this host shows about the
 * domain, and the observation on each document, which copies that. can_run: FALSE when the domain's QEMU is
 * known not to run here (vgate_qemu_list_uuids ()).
 */
VgateObservation *vgate_observation_new_here (const VgateDomain *domain, const char *root, gboolean can_run);
VgateObservation *vgate_observation_copy_for_document (const VgateObservation *here, const VgateHost *host);

/* TRUE when this host shows something about the domain of vgate_observation_new_here (): one of its mediated
 * devices exists, or its QEMU runs. */
gboolean vgate_observation_knows_domain (const VgateObservation *here);

/* TRUE when one of the hostdevs is an NVIDIA vGPU, or a device that must be treated as one (UNUSABLE). */
gboolean vgate_observation_has_vgpu (const VgateObservation *observation);

/*
 * A mediated device that does not exist, so that its vendor is not known. NULL when all exist, or when no
 * NVIDIA device of this host has mediated devices. It is only useful after QEMU was started: libvirt does not
 * start a guest whose devices are missing.
 */
const VgateHostdev *vgate_observation_unknown_device (const VgateObservation *observation);

/* The first hostdev whose device does not exist, so that it can be an NVIDIA vGPU where it exists. NULL when
 * all exist. */
const VgateHostdev *vgate_observation_absent_device (const VgateObservation *observation);

/* As vgate_sysfs_has_kind () and vgate_sysfs_has_mdev_name (). */
gboolean vgate_observation_host_has_kind (const VgateObservation *observation, VgateHostdevKind kind);
gboolean vgate_observation_host_has_mdev_name (const VgateObservation *observation, const char *uuid);

/* TRUE when the domain's QEMU runs on the host: on this one, or on that of the document. */
gboolean vgate_observation_runs_there (const VgateObservation *observation);

/* The device behind a hostdev of the domain. Its type need not have been read. Borrowed. */
const VgateDevice *vgate_observation_device (const VgateObservation *observation,
                                             const VgateHostdev *hostdev);

/* Adds the types, which the process that asks NVML has read because NVIDIA's driver serves them. devices, of
 * VgateListedDevice *, are those of VgateProbe. Called once. */
void vgate_observation_take_types (VgateObservation *observation, const GPtrArray *devices);

/* The device behind a hostdev, after vgate_observation_take_types (). */
const VgateDevice *vgate_observation_typed_device (const VgateObservation *observation,
                                                   const VgateHostdev *hostdev);

/* TRUE when the domain's QEMU was started for an incoming migration; it is examined at the first call. FALSE
 * with VGATE_CODE_QEMU_UNKNOWN when that cannot be determined. */
gboolean vgate_observation_is_incoming (VgateObservation *observation, GError **error);
