/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds guests that differ only in their names, so that one decision answers for all of them: a fleet has
 * thousands of guests, but few combinations of board, driver, guest driver and vGPU type.
 */
#pragma once

#include "fleet/matrix.h"

/* The names of a guest that only this guest has: its UUID and those of its mediated devices and vGPUs. The
 * caller unrefs the array; it borrows from the guest. */
GPtrArray *vgate_similar_names (const VgateFleetGuest *guest);

/*
 * A key: two guests with the same key get the same decision on each host whose document contains no name of
 * theirs, except that the text can contain their names. NULL for a guest that is not similar to any other: its
 * metadata cannot be used, it is a snapshot, or it is known to this host. names are those of
 * vgate_similar_names (). Fills the records of the guest's element (vgate_element_check ()). The caller frees
 * it.
 */
GBytes *vgate_similar_key (const VgateFleetQuestion *question, const VgateFleetGuest *guest,
                           const GPtrArray *names);

/* Puts letters in the place of the names in a text, and the reverse. The caller frees the result. */
char *vgate_similar_mask (const char *text, const GPtrArray *names);
char *vgate_similar_unmask (const char *text, const GPtrArray *names);
