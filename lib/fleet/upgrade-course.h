/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The update of a fleet's hosts as a sequence of steps, each of which moves guests and updates a host. */
#pragma once

#include "fleet/drain.h"

typedef struct {
    VgateMoving *moving;   /* with after */
    const gboolean *hosts; /* indexed by host: it is updated */
    guint n_hosts, n_steps;
    const GArray *guests; /* of guint: indices of those that run on one of the fleet's hosts */
    /* indexed by index in guests * n_hosts + host: it runs on while the host is updated */
    const gboolean *stay;
    gboolean *is_updated; /* indexed by host: at present; all FALSE between the calls */
} VgateUpgradeTask;

/* A step. */
typedef struct {
    guint host;
    GPtrArray *moves; /* of VgateDrainGuest *, in their order */
    GArray *blocked;  /* of guint: guests that are shut down */
} VgateUpgradeStage;

typedef struct {
    GPtrArray *stages; /* of VgateUpgradeStage * */
    guint n_blocked, n_moves;
} VgateUpgradeCourse;

VgateUpgradeCourse *vgate_upgrade_course_new (void);
void vgate_upgrade_course_free (VgateUpgradeCourse *course);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateUpgradeCourse, vgate_upgrade_course_free)

/* Begins the next step. The result belongs to the course. */
VgateUpgradeStage *vgate_upgrade_course_add (VgateUpgradeCourse *course, guint host);
/* Adds a migration to the step. */
void vgate_upgrade_stage_move (VgateUpgradeCourse *course, VgateUpgradeStage *stage, VgateMover *mover,
                               gboolean is_other, guint to, const VgateSeat *seats);
void vgate_upgrade_stage_block (VgateUpgradeCourse *course, VgateUpgradeStage *stage, guint guest);
