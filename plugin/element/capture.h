/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the element of a domain from what NVML and the domain XML say. Does not call libvirt. */
#pragma once

#include "domain/domain.h"
#include "driver/probe.h"

typedef struct {
    const VgateHost *host;      /* this one, as NVML describes it */
    const GPtrArray *instances; /* the domain's vGPUs, of VgateInstance *: one or more, by their UUIDs */
    const GPtrArray *devices;   /* of VgateListedDevice *: those of the host, read with the instances */
    const VgateDomain *domain;
    GBytes *key; /* fleet key, or NULL */
    VgateTrigger trigger;
    VgatePower power;
    guint64 max_downtime;     /* ms, as libvirt says; 0: as the domain's element says */
    gboolean has_exact_sizes; /* of what a vGPU uses; FALSE: rounded, as they are written */
    guint64 sequence_min;     /* the sequence number must be above this */
    gint64 now;               /* seconds since 1970 */
} VgateCaptureInput;

/*
 * The element of what NVML and the domain say now, unsealed and without a sequence number.
 * Rounded sizes stay what the domain's element says while that is about right. NULL with
 * VGATE_CODE_CAPTURE_FAILED when NVML gave no metadata for one of its vGPUs, or none that can be written; as
 * vgate_capture_check_gone () when one of those in the domain's element is not to be seen.
 */
VgateElement *vgate_capture_describe (const VgateCaptureInput *input, GError **error);

/*
 * FALSE, with VGATE_CODE_GPU_UNUSABLE, when a vGPU of the element that is not in now (NULL: none is) may run
 * on a GPU of the host that cannot be used: that NVML does not list it says nothing then, and the element
 * stays.
 */
gboolean vgate_capture_check_gone (const VgateHost *host, const VgateElement *element,
                                   const VgateElement *now, GError **error);

/*
 * The element that the domain ought to have: *element is NULL when it has the right one already. Fails as
 * _describe () does. A present element that is not in order is replaced.
 */
gboolean vgate_capture_build (const VgateCaptureInput *input, VgateElement **element, GError **error);
