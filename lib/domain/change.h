/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares elements. Each of three questions considers fewer fields than the one before it: whether the
 * element must be written again (everything that migrates with the guest), whether NVML's answer has changed
 * since the last check (the digest of what would be written), and whether a job must be stopped (the deciding
 * fields).
 */
#pragma once

#include "domain/element.h"

/* FALSE when both have the same content; time and trigger of the capture, sequence and seal are not compared.
 * The records of both must be valid. */
gboolean vgate_change_is_any (const VgateElement *before, const VgateElement *now);

/* A text that differs for two elements exactly when vgate_change_is_any () is TRUE for them. The caller frees
 * it. */
char *vgate_change_digest (const VgateElement *element);

/*
 * One clause for people about the first deciding field that differs: "vGPU UUID: guest vGPU version 18.1 in
 * the XML, 26.1 now". NULL when no deciding field differs. The deciding fields are those that the rules of
 * lib/compat judge and the power state, which determines the state that the guest needs; the host of the
 * capture is not one. Both elements must have been checked (vgate_element_check ()) or come from NVML. The
 * caller frees the clause.
 */
char *vgate_change_find_deciding (const VgateElement *in_xml, const VgateElement *now);

/*
 * The same for a guest that has arrived: in_xml came with it from another host, and only what belongs to the
 * guest is compared, its vGPU version and its driver. vGPUs are matched by their addresses in the guest. NULL
 * also for a vGPU that is not in in_xml, and while a guest driver is not up. The caller frees the clause.
 */
char *vgate_change_find_in_guest (const VgateElement *in_xml, const VgateElement *now);
