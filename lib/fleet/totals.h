/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums of a matrix: by guest, by host, and which groups of guests a host can take as a whole. */
#pragma once

#include "fleet/matrix.h"

/* Guests with the same vGPU types. */
typedef struct {
    char *name; /* "NVIDIA L40S-12C", or several of them with commas; "unknown vGPU type" without metadata */
    GArray *members; /* of guint: indices of guests */
} VgateGuestGroup;

typedef struct {
    const VgateMatrix *matrix;
    guint *guests;     /* for each guest VGATE_N_CELLS numbers: how many hosts gave each kind of answer */
    guint *hosts;      /* for each host the same about guests */
    guint *order;      /* the guests: the ones that can go nowhere first, then those with few hosts */
    GPtrArray *groups; /* of VgateGuestGroup *, sorted by name; guests without a vGPU are in no group */
} VgateMatrixTotals;

/* The result borrows the matrix. */
VgateMatrixTotals *vgate_matrix_totals_new (const VgateMatrix *matrix);
void vgate_matrix_totals_free (VgateMatrixTotals *totals);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateMatrixTotals, vgate_matrix_totals_free)

/* The number of hosts that gave the guest this answer, and of guests that have it on the host. */
guint vgate_matrix_guest_total (const VgateMatrixTotals *totals, guint guest, VgateCellKind kind);
guint vgate_matrix_host_total (const VgateMatrixTotals *totals, guint host, VgateCellKind kind);
/* TRUE when the guest has a vGPU, and each host was judged and can have it neither live nor cold, even if
 * a device is prepared there. */
gboolean vgate_matrix_is_stuck (const VgateMatrixTotals *totals, guint guest);
/* TRUE when each guest of the group runs on the host or can be moved there live, without a device that is
 * prepared first. Each is judged alone:
 * whether there is room for all at once is not counted. */
gboolean vgate_matrix_takes_all (const VgateMatrixTotals *totals, const VgateGuestGroup *group, guint host);
