/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NVIDIA vGPU software releases: the driver numbers of each release, and which guest drivers are supported on
 * which host drivers. Pure. A new release needs a group in vgpu-branches.conf and a line in the matrix in
 * tests/unit/test-compat-releases.c.
 */
#pragma once

#include <glib.h>

/* The branch of a driver version: 580 for "580.95.05". 0 when the text does not begin with a number. */
guint vgate_driver_branch (const char *driver);

/*
 * FALSE when it is certain that the guest driver is not supported on the host driver. TRUE otherwise, also
 * when a driver belongs to no known release or its text is not a version. Both are versions as NVML returns
 * them ("580.95.05"; a Windows guest driver has two numbers, "581.42"). *guest_release and *host_release are
 * the vGPU software releases, 15 or later, or 0 when they are not known.
 */
gboolean vgate_release_supports (const char *guest_driver, const char *host_driver, guint *guest_release,
                                 guint *host_release);
