/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms in which 'vgpu-gate plan-upgrade' is printed on standard output. */
#pragma once

#include "drain-output.h"
#include "fleet/upgrade.h"

/* driver: as the user named it. Text of 80 columns: */
void vgate_upgrade_print_text (const VgateUpgradePlan *plan, const char *driver,
                               const VgateVirshHosts *hosts);
/* The commands that do what the plan says, with comments. They wait for the user where a host is updated. */
void vgate_upgrade_print_virsh (const VgateUpgradePlan *plan, const char *driver,
                                const VgateVirshHosts *hosts);
/* schemas/vgpu-gate-plan-upgrade.schema.json */
void vgate_upgrade_print_json (const VgateUpgradePlan *plan, const char *driver,
                               const VgateVirshHosts *hosts);
