/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two elements of one domain: do they differ in a field that decides? */
#pragma once

#include "domain/element.h"

/*
 * The first deciding field that differs, as one clause for people: "vGPU UUID: guest vGPU version 18.1 in the
 * XML, 26.1 now". NULL: none does. Deciding is what a rule of lib/compat judges, and the power state, which
 * says what state is needed; not when, where and why it was captured. Both must have been checked
 * (vgate_element_check ()) or come from NVML. The caller frees it.
 */
char *vgate_difference_find (const VgateElement *in_xml, const VgateElement *now);
