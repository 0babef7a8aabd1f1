/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms in which 'vgpu-gate plan-upgrade' is printed on standard output. */
#pragma once

#include "fleet/upgrade.h"

/* Text of 80 columns. driver: as the user named it. */
void vgate_upgrade_print_text (const VgateUpgradePlan *plan, const char *driver);
/* schemas/vgpu-gate-plan-upgrade.schema.json */
void vgate_upgrade_print_json (const VgateUpgradePlan *plan, const char *driver);
