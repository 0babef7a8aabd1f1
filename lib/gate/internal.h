/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the gate share. */
#pragma once

#include "gate/gate.h"
#include "host/served.h"
#include "placement/room.h"
#include "placement/use.h"

/* --- gate.c: what comes of it --- */

/* text is the message's body; NULL: the code's summary. */
void vgate_decision_set (VgateDecision *decision, gboolean allowed, VgateCode code, const char *text);
/* A refusal; its way out is the code's. */
void vgate_decision_refuse (VgateDecision *decision, const GError *error);

/* --- judge.c: the engine --- */

/* A domain with an element that was checked, on a host. */
typedef struct {
    const VgateRequest *request;
    const VgateHost *host;
    const VgateProbe *probe;     /* NULL with a host document: no driver was asked */
    const VgateUseLook *earlier; /* from before the driver was asked; NULL with leases NULL */
    VgateLeases *leases; /* locked since before the driver was asked; NULL: devices are not looked after */
    VgateDecision *decision;
} VgateJudgement;

/* One vGPU (by index) on one pGPU. is_held: its device exists there, so that it needs no free instance.
 * FALSE with VGATE_CODE_NVML_ERROR when the driver failed at it. */
gboolean vgate_judge_pair (const VgateJudgement *j, guint vgpu, guint pgpu, gboolean is_held,
                           VgateCandidate *candidate, GError **error);

/* TRUE when QEMU has been started for the guest, so that its vGPUs exist. */
gboolean vgate_judge_has_started (const VgateRequest *request);

/* TRUE when the migration's down-time is estimated. There must be an element and a policy. */
gboolean vgate_judge_tells_down_time (const VgateRequest *request);

/* Adds a placement of the vGPU to the decision: on the pGPU tied, or when that is -1 on all; once QEMU has
 * been started, on those where NVML lists the guest's vGPUs of its type. NULL with the same error. */
VgatePlacement *vgate_judge_vgpu (const VgateJudgement *j, guint vgpu, int tied, GError **error);

/* All, each tied to the GPU of its hostdev's device. FALSE with an error: the driver failed, or a device is
 * not what it must be. */
gboolean vgate_judge_all (const VgateJudgement *j, GError **error);

/* --- placement.c: vGPUs on pGPUs --- */

/*
 * Gives every vGPU a pGPU of its own choice, so that no pGPU gets more than it has room for: sets chosen in
 * each placement. promises, of VgatePromise, take room as well; NULL: none. FALSE when that cannot be done
 * for all; those without a choice then have chosen -1.
 */
gboolean vgate_place_all (GPtrArray *placements, const VgateHost *host, const GArray *promises,
                          const VgatePolicy *policy);

/* --- devices.c: vGPUs on devices --- */

/* TRUE when the devices of the domain's hostdevs are to be looked after, rather than taken as they are. */
gboolean vgate_devices_concern (const VgateRequest *request);

/* The leases, locked until they are freed (a dry run only looks); so before NVML is asked. NULL with an error
 * of vgate_leases_open (). */
VgateLeases *vgate_devices_lock (const VgateRequest *request, GError **error);

/*
 * Judges, chooses and leases; sets the decision. FALSE with an error, as vgate_judge_all ().
 */
gboolean vgate_devices_decide (const VgateJudgement *j, GError **error);

/* --- suggest.c: devices in words --- */

/* What would do, for a refusal; the caller frees it. */
char *vgate_suggest_devices (const VgateRequest *request, const VgateDecision *decision);
/* The device that was chosen for a vGPU: "mediated device UUID, to be made, on GPU ...". The caller frees it.
 */
char *vgate_describe_device (const VgatePlacement *placement);
/* What was chosen, of all that are not as they were named. The caller frees it. */
char *vgate_describe_devices (const VgateDecision *decision);

/* --- lifecycle.c: what follows on a lease --- */

/* 'prepare begin': makes what was leased so. Sets the decision and returns TRUE when the guest had leases, or
 * must not start. */
gboolean vgate_devices_prepare (const VgateRequest *request, VgateDecision *decision);
/* 'release end': unmakes what was made, and sets the decision. */
void vgate_devices_release (const VgateRequest *request, VgateDecision *decision);
/* The domain's hostdev that names the lease's device; NULL. */
const VgateHostdev *vgate_domain_find_device (const VgateDomain *domain, const VgateLease *lease);

/* --- again.c: a cold start whose device was unmade --- */

/* TRUE when one of the domain's hostdevs names a device that is not there, and had been made for it; or that
 * cannot be told, as the driver hangs. */
gboolean vgate_again_concerns (const VgateDomain *domain, const char *root);
/* TRUE when the domain has a lease, a record of a device among them, or nobody can tell. */
gboolean vgate_again_has_lease (const VgateDomain *domain, const char *root);
/* TRUE when the lease is the record of such a device. Not known when *served hangs after this. */
gboolean vgate_again_is_due (const VgateDomain *domain, const VgateLease *lease, const char *root,
                             VgateServed *served);
/* FALSE with VGATE_CODE_NOT_MADE_AGAIN: it has no room any more; or VGATE_CODE_DEVICE_HANGS. Sets the
 * lease's type to the number that the driver has for it now. */
gboolean vgate_again_check_room (const VgateLeases *leases, VgateLease *lease, const char *root, guint64 now,
                                 VgateServed *served, GError **error);
/* Always FALSE, with VGATE_CODE_DEVICE_HANGS: the driver does not say what is there. */
gboolean vgate_again_hangs (const VgateLease *lease, GError **error);
/* Always FALSE, with that error. */
gboolean vgate_again_refuse (const VgateLease *lease, const char *why, GError **error);

/* --- incoming.c --- */

/* TRUE when the domain's QEMU was started to receive a guest. FALSE with VGATE_CODE_QEMU_UNKNOWN set when
 * unknown. */
gboolean vgate_qemu_is_incoming (const char *root, gboolean is_session, const char *domain_name,
                                 GError **error);

/* --- hostdevs.c --- */

/* The hostdev at a guest address; NULL. */
const VgateHostdev *vgate_domain_find_hostdev (const VgateDomain *domain, const char *guest_address);

/* FALSE when element and hostdevs do not name the same vGPUs: VGATE_CODE_HOSTDEV_GONE, _UNCOVERED,
 * DEVICE_NOT_HERE. */
gboolean vgate_hostdevs_check (const VgateRequest *request, GError **error);

/* The hostdev of one of the element's vGPUs, or its device on QEMU's command line; NULL: it has neither. */
const VgateHostdev *vgate_hostdevs_find_device (const VgateRequest *request, const VgateElementVgpu *vgpu);

/*
 * The pGPU behind a vGPU's hostdev, or its device on QEMU's command line: an index into host->pgpus, or -1
 * with an error (VGATE_CODE_DEVICE_*). A vGPU without either, or a host document, is tied to none: -1 without
 * an error.
 */
int vgate_hostdevs_find_pgpu (const VgateRequest *request, const VgateHost *host,
                              const VgateElementVgpu *vgpu, GError **error);

/* --- switch-over.c --- */

/* FALSE when QEMU will ask at switch-over and this host has nobody to answer:
 * VGATE_CODE_SWITCH_OVER_UNSERVED, _OBJECT. */
gboolean vgate_switch_over_check (const VgateRequest *request, GError **error);

/* TRUE when a VM has a vGPU of the type of this one on the pGPU (an index; -1: on any). instances: of
 * VgateInstance *, on this host. */
gboolean vgate_switch_over_holds (const VgateHost *host, const GPtrArray *instances, const char *vm,
                                  const VgateElementVgpu *vgpu, int pgpu);

/* --- report.c --- */

/* Why a guest is refused: a clause without full stop, and a sentence. */
typedef struct {
    VgateCode code;
    char *what;
    const char *way_out;
} VgateRefusal;

void vgate_refusal_clear (VgateRefusal *refusal);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateRefusal, vgate_refusal_clear)

/* A refusal by verdicts: names the first vGPU without a pGPU. The caller clears *refusal. */
void vgate_explain_refusal (const VgateDecision *decision, const VgateHost *host, VgateRefusal *refusal);
/* Adds the warnings of the chosen candidates. */
void vgate_collect_warnings (VgateDecision *decision, const VgateHost *host);
