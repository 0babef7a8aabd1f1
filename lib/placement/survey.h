/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The devices of a host for its document: who has each device, what can be created, which vGPUs run, and
 * which devices are reserved. A document that contains them can be judged as its host would be: the last
 * three functions return what the placement otherwise reads from this host.
 */
#pragma once

#include "driver/probe.h"
#include "placement/use.h"

/*
 * Asks NVML about this host, and sets devices in the result. root is prepended to /sys, /proc, /dev, /run and
 * /etc. NULL with an error of vgate_probe_ask (). When only the devices are not known, devices is NULL, and
 * *unknown gets the reason, an error of vgate_leases_open () or vgate_use_read ().
 */
VgateHost *vgate_survey_host (const VgateBackend *backend, const VgateIdentity *identity, const char *root,
                              GError **unknown, GError **error);

/* The lists of a probe of that host, without answers of its driver. host->devices is not NULL, here and
 * below. The probe's host is NULL, and the probe borrows nothing. */
VgateProbe *vgate_survey_probe (const VgateHost *host);
/* The leases that hold there, as if they began now. They are not locked and cannot be saved. */
VgateLeases *vgate_survey_leases (const VgateHost *host, guint64 now);
/* As vgate_use_read () on that host with these leases, for this guest. The caller unrefs it. */
VgateUse *vgate_survey_use (const VgateHost *host, const VgateLeases *leases, const VgateDomain *domain);
