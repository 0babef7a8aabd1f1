/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of an update, with the room on the hosts. At each step, the guests of one host move to others
 * that have room, after guests of other hosts have made room if that helps; the host is updated; and it
 * then accepts guests by its new driver. A guest that cannot move is shut down before, and started there
 * again afterwards, so that it keeps its room and does not move any more. Guests stay where a step has put
 * them.
 */
#pragma once

#include "fleet/upgrade-course.h"

/*
 * The best course that is found: with as few guests that are shut down as possible, and of these one with
 * few migrations. order: the hosts in an order that is good without regard to room. *n_least: at least this
 * number is shut down in any course; the caller sets it to what it knows.
 */
VgateUpgradeCourse *vgate_upgrade_find_course (const VgateUpgradeTask *task, const guint *order,
                                               guint *n_least);
