/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this host shows of a domain: the device behind each of its hostdevs, and how its QEMU was started. It
 * is looked at once, and one request is decided by that: a device that comes or goes meanwhile, or a QEMU
 * that is another one by then, never gives two answers to one question.
 */
#pragma once

#include "host/sysfs.h"

typedef struct VgateSurvey VgateSurvey;

/*
 * Looks at the devices: at what exists, and not into files that NVIDIA's driver serves. Never fails.
 * Borrows domain and root, which must outlive it. is_session: the domain is one of a session's libvirtd,
 * which runs as this program's user.
 */
VgateSurvey *vgate_survey_new (const VgateDomain *domain, const char *root, gboolean is_session);
void vgate_survey_free (VgateSurvey *survey);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSurvey, vgate_survey_free)

/* TRUE when one of the hostdevs is an NVIDIA vGPU, or a device that must be taken for one (UNUSABLE). */
gboolean vgate_survey_has_vgpu (const VgateSurvey *survey);

/*
 * A mediated device that does not exist, so that nobody can tell whose it is; NULL: there is none. Before
 * QEMU is started that is no question, as libvirt starts no guest without its devices.
 */
const VgateHostdev *vgate_survey_unknown_device (const VgateSurvey *survey);

/* The device behind a hostdev of the domain's; its type may not have been read. It stays the survey's. */
const VgateDevice *vgate_survey_device (const VgateSurvey *survey, const VgateHostdev *hostdev);

/* Adds the types, which NVIDIA's driver serves and the process that asks NVML has read: devices, of
 * VgateListedDevice *, is what VgateProbe has of them. Once. */
void vgate_survey_take_types (VgateSurvey *survey, const GPtrArray *devices);

/* The device behind a hostdev, after vgate_survey_take_types (). */
const VgateDevice *vgate_survey_typed_device (const VgateSurvey *survey, const VgateHostdev *hostdev);

/* TRUE when the domain's QEMU was started to receive a guest; looked at when it is first asked for. FALSE
 * with VGATE_CODE_QEMU_UNKNOWN when that cannot be told. */
gboolean vgate_survey_is_incoming (VgateSurvey *survey, GError **error);
