/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NVIDIA vGPU software releases: the driver numbers of each release, and which guest drivers are supported on
 * which host drivers. Pure. A new release needs a group in vgpu-branches.conf, from which this table and that
 * in vgpu-gate.conf(5) are made, and a line in the table in tests/unit/test-compat-releases.c.
 */
#pragma once

#include <glib.h>

typedef struct {
    guint release;    /* of NVIDIA vGPU software */
    guint branch;     /* the first number of its host drivers, and of its guest drivers for Linux */
    guint last_guest; /* the first number of its guest drivers for Windows is in branch to last_guest */
    gboolean is_long_term;
} VgateRelease;

typedef struct {
    const VgateRelease *entries; /* in ascending order of both numbers; releases can be missing */
    gsize n;
} VgateReleases;

/* The releases in the vgpu-branches.conf with which vgpu-gate was built. Static. */
const VgateReleases *vgate_releases_built_in (void);

typedef enum {
    VGATE_SUPPORT_YES,
    VGATE_SUPPORT_NO,
    VGATE_SUPPORT_UNKNOWN, /* a driver belongs to no known release, or its text is not a version */
} VgateSupport;

/* The branch of a driver version: 580 for "580.95.05". 0 when the text does not begin with a number. */
guint vgate_driver_branch (const char *driver);

/*
 * Whether NVIDIA supports the guest driver on the host driver. Both are versions as NVML returns them
 * ("580.95.05"; a Windows guest driver has two numbers, "581.42"). *guest_release and *host_release are the
 * vGPU software releases, or 0 when they are not known; YES and NO are also possible then.
 */
VgateSupport vgate_releases_judge (const VgateReleases *releases, const char *guest_driver,
                                   const char *host_driver, guint *guest_release, guint *host_release);
