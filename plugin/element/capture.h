/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the element of a domain from NVML's answer and the domain XML. Does not call libvirt. */
#pragma once

#include "domain/domain.h"
#include "driver/probe.h"

typedef struct {
    const VgateHost *host;      /* this host, from NVML */
    const GPtrArray *instances; /* the domain's vGPUs, of VgateInstance *: one or more, sorted by UUID */
    const GPtrArray *devices;   /* of VgateListedDevice *: the host's, read with the instances */
    const VgateDomain *domain;
    GBytes *key; /* fleet key, or NULL */
    VgateTrigger trigger;
    VgatePower power;
    guint64 max_downtime;     /* ms, from libvirt; 0: keep the value of the domain's element */
    gboolean has_exact_sizes; /* of the memory that vGPUs use; FALSE: rounded, as in an element */
    guint64 sequence_min;     /* the sequence number must be above this */
    gint64 now;               /* seconds since 1970 */
    gint64 renewal_age;       /* vgate_renewal_age (); 0: an element is not written for its age */
} VgateCaptureInput;

/*
 * Returns the element for the present state of the domain and its vGPUs, without seal and sequence number.
 * Rounded sizes keep the value in the domain's element while that is near enough. NULL with
 * VGATE_CODE_CAPTURE_FAILED if NVML gave no metadata for one of its vGPUs, or none that can be written; NULL
 * with the error of vgate_capture_check_gone () if a vGPU of the domain's element is not listed.
 */
VgateElement *vgate_capture_describe (const VgateCaptureInput *input, GError **error);

/*
 * FALSE with VGATE_CODE_GPU_UNUSABLE if a vGPU of the element that is missing in now (NULL: all are missing)
 * may run on a GPU of the host that cannot be used. NVML lists no vGPUs of such a GPU, so the vGPU may still
 * exist, and the element must stay.
 */
gboolean vgate_capture_check_gone (const VgateHost *host, const VgateElement *element,
                                   const VgateElement *now, GError **error);

/*
 * Builds the element that the domain must have. *element is NULL if the domain already has it, unless the
 * trigger is VGATE_TRIGGER_REQUEST, or the one that it has must be renewed (VGATE_TRIGGER_RENEW). Errors as
 * for _describe (). A present element that the gate would not accept is replaced.
 */
gboolean vgate_capture_build (const VgateCaptureInput *input, VgateElement **element, GError **error);
