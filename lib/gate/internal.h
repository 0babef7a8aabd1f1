/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the gate share. */
#pragma once

#include "gate/gate.h"

/*
 * Gives every vGPU a pGPU of its own choice, so that no pGPU gets more of a type than it has free instances:
 * sets chosen in each placement. FALSE when that cannot be done for all; those without a choice then have
 * chosen -1.
 */
gboolean vgate_place_all (GPtrArray *placements, const VgateHost *host, const VgatePolicy *policy);

/* TRUE when the domain's QEMU was started to receive a guest. FALSE with VGATE_CODE_QEMU_UNKNOWN set when
 * unknown. */
gboolean vgate_qemu_is_incoming (const char *root, const char *domain_name, GError **error);

/* The hostdev at a guest address; NULL. */
const VgateHostdev *vgate_domain_find_hostdev (const VgateDomain *domain, const char *guest_address);

/* FALSE when element and hostdevs do not name the same vGPUs: VGATE_CODE_HOSTDEV_GONE, _UNCOVERED,
 * DEVICE_NOT_HERE. */
gboolean vgate_hostdevs_check (const VgateRequest *request, GError **error);

/*
 * The pGPU behind a vGPU's hostdev: an index into host->pgpus, or -1 with an error (VGATE_CODE_DEVICE_*). A
 * vGPU without hostdev, or a host document, is tied to none: -1 without an error.
 */
int vgate_hostdevs_find_pgpu (const VgateRequest *request, const VgateHost *host,
                              const VgateElementVgpu *vgpu, GError **error);

/* FALSE when QEMU will ask at switch-over and this host has nobody to answer:
 * VGATE_CODE_SWITCH_OVER_UNSERVED, _OBJECT. */
gboolean vgate_switch_over_check (const VgateRequest *request, GError **error);

/* TRUE when a VM has a vGPU of the type on the pGPU (an index; -1: on any). instances: of VgateInstance *. */
gboolean vgate_switch_over_holds (const GPtrArray *instances, const char *vm, guint32 type, int pgpu);

/* The body of a refusal by verdicts: names the first vGPU without a pGPU. Sets the decision's code and text.
 */
void vgate_explain_refusal (VgateDecision *decision, const VgateHost *host);
/* Adds the warnings of the chosen candidates. */
void vgate_collect_warnings (VgateDecision *decision, const VgateHost *host);
