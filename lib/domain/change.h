/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Has it changed? What an element says of a domain's vGPUs is compared for three questions, each of which
 * asks about less than the one before: must it be written again (anything that travels), has NVML's answer
 * changed since the last look (the digest of what would be written), must a job be stopped (what decides).
 */
#pragma once

#include "domain/element.h"

/* FALSE when both say the same, but for when and why it was captured, sequence and seal. The records of both
 * must be valid. */
gboolean vgate_change_is_any (const VgateElement *before, const VgateElement *now);

/* A text that changes exactly when vgate_change_is_any () would say so. The caller frees it. */
char *vgate_change_digest (const VgateElement *element);

/*
 * The first deciding field that differs, as one clause for people: "vGPU UUID: guest vGPU version 18.1 in the
 * XML, 26.1 now". NULL: none does. Deciding is what a rule of lib/compat judges, and the power state, which
 * says what state is needed; not where the guest was captured. Both must have been checked
 * (vgate_element_check ()) or come from NVML. The caller frees it.
 */
char *vgate_change_find_deciding (const VgateElement *in_xml, const VgateElement *now);
