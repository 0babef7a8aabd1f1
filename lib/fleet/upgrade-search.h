/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fleet/upgrade-course.h"

/*
 * Looks at all courses, by uniform-cost search over the hosts that are updated and the places of the guests.
 * Returns one in which fewer guests than n_known are shut down, and as few as possible; NULL when there is
 * none or it was not found within the limit. *n_least is raised to what was proved.
 */
VgateUpgradeCourse *vgate_upgrade_search (const VgateUpgradeTask *task, guint n_known, guint *n_least);
