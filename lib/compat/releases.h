/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NVIDIA vGPU software releases: which driver numbers belong to each, and which guest drivers are supported
 * on which host drivers. Pure. A new release is a line of the table in releases.c and a line of the matrix in
 * tests/unit/test-compat-releases.c.
 */
#pragma once

#include <glib.h>

/* "580.95.05" is of branch 580. 0 when the text does not begin with a number. */
guint vgate_driver_branch (const char *driver);

/*
 * FALSE: it is certain that the guest driver is not supported on the host driver. TRUE otherwise, also where
 * one of the drivers is of no known release or its text is no version. Both are versions as NVML gives them
 * ("580.95.05"; a guest with Windows has two numbers, "581.42"). *guest_release and *host_release are the
 * vGPU software releases, 15 and later, 0 where they are not known.
 */
gboolean vgate_release_supports (const char *guest_driver, const char *host_driver, guint *guest_release,
                                 guint *host_release);
