/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate's answers for all pairs of a guest and a host of a fleet. Each is that of 'vgpu-gate check' for
 * the same pair, because both ask the gate with the same request. The pairs are judged one by one: a place on
 * a host that several guests could have is counted for each of them.
 */
#pragma once

#include "fleet/question.h"

typedef enum {
    VGATE_CELL_LIVE,          /* the operation of the guest is allowed */
    VGATE_CELL_PREPARE,       /* it is allowed once a device is created or named, as the text says */
    VGATE_CELL_COLD,          /* it is refused, but the guest can be started cold there */
    VGATE_CELL_NO,            /* refused */
    VGATE_CELL_UNKNOWN,       /* could not be judged (vgate_code_is_unanswered ()) */
    VGATE_CELL_HERE,          /* the guest runs on this host */
    VGATE_CELL_NOT_CONCERNED, /* the guest has no vGPU */
    VGATE_N_CELLS,
} VgateCellKind;

/* "live", "prepare", "cold", "no", "unknown", "here", "none". Static. */
const char *vgate_cell_name (VgateCellKind kind);

/* An answer. Many pairs have the same. */
typedef struct {
    VgateCellKind kind;
    VgateCode code; /* of the decision about the operation */
    guint32 limit;  /* VGATE_LIMIT_* of the vGPU that is refused, on the GPU that comes nearest; or 0 */
    /*
     * The decision's text, in which marks take the place of each name that only one guest or host has. A mark
     * is VGATE_CELL_GUEST_NAME or VGATE_CELL_HOST_NAME and two bytes (similar.h). vgate_cell_text () puts the
     * names in.
     */
    char *text;
    GPtrArray *warnings; /* of VgateWarning *, as text */
} VgateOutcome;

typedef struct {
    const VgateFleet *fleet;
    const VgateFleetQuestion *question;
    GPtrArray *outcomes; /* of VgateOutcome *, all different */
    guint32 *cells;      /* indexed by guest * number of hosts + host: an index into outcomes */
    guint64 n_decisions; /* how many pairs the gate was asked about, for all others */
    /* The addresses of virtual functions that hosts have and guests name: their numbers, from 0
     * (similar.h). */
    GHashTable *addresses;
} VgateMatrix;

/* Called now and then, in the caller's thread: so much was done as if done of total guests were judged. */
typedef void (*VgateMatrixProgress) (guint done, guint total, gpointer user_data);

/* The result borrows fleet and question. progress can be NULL. */
VgateMatrix *vgate_matrix_new (const VgateFleet *fleet, const VgateFleetQuestion *question,
                               VgateMatrixProgress progress, gpointer user_data);
void vgate_matrix_free (VgateMatrix *matrix);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateMatrix, vgate_matrix_free)

/* guest and host are indices into the fleet's arrays. */
const VgateFleetGuest *vgate_matrix_guest (const VgateMatrix *matrix, guint guest);
const VgateHost *vgate_matrix_host (const VgateMatrix *matrix, guint host);
const VgateOutcome *vgate_matrix_cell (const VgateMatrix *matrix, guint guest, guint host);

/* The text of an outcome, or of one of its warnings, for this pair. guest and host are indices. The caller
 * frees it. */
char *vgate_cell_text (const VgateMatrix *matrix, const char *text, guint guest, guint host);
/* The letter for the limit, if the code is that of a verdict: H (host driver), G (guest driver), P (physical
 * GPU), O (other); '-' for none. */
char vgate_cell_limit (const VgateOutcome *outcome);
