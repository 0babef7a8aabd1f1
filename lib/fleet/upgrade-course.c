/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/upgrade-course.h"

static void
stage_free (VgateUpgradeStage *stage)
{
    g_ptr_array_unref (stage->moves);
    g_array_unref (stage->blocked);
    g_free (stage);
}

VgateUpgradeCourse *
vgate_upgrade_course_new (void)
{
    VgateUpgradeCourse *course = g_new0 (VgateUpgradeCourse, 1);

    course->stages = g_ptr_array_new_with_free_func ((GDestroyNotify)stage_free);
    return course;
}

void
vgate_upgrade_course_free (VgateUpgradeCourse *course)
{
    if (!course)
        return;
    g_ptr_array_unref (course->stages);
    g_free (course);
}

VgateUpgradeStage *
vgate_upgrade_course_add (VgateUpgradeCourse *course, guint host)
{
    VgateUpgradeStage *stage = g_new0 (VgateUpgradeStage, 1);

    stage->host = host;
    stage->moves = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_drain_guest_free);
    stage->blocked = g_array_new (FALSE, FALSE, sizeof (guint));
    g_ptr_array_add (course->stages, stage);
    return stage;
}

void
vgate_upgrade_stage_move (VgateUpgradeCourse *course, VgateUpgradeStage *stage, VgateMover *mover,
                          gboolean is_other, guint to, const VgateSeat *seats)
{
    VgateDrainGuest *move = g_new0 (VgateDrainGuest, 1);

    move->mover = mover;
    move->is_other = is_other;
    move->to = (int)to;
    move->seats = g_memdup2 (seats, sizeof (VgateSeat) * mover->n_vgpus);
    g_ptr_array_add (stage->moves, move);
    course->n_moves++;
}

void
vgate_upgrade_stage_block (VgateUpgradeCourse *course, VgateUpgradeStage *stage, guint guest)
{
    g_array_append_val (stage->blocked, guest);
    course->n_blocked++;
}
