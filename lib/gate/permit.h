/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The operator's permission to restore one guest whose image contains no metadata, because vgpu-gated did
 * not run while the guest did. Nothing in the image shows under which driver the guest was saved, so the
 * operator states it: on this host, under the driver that is loaded now. The permission is a file in the
 * run-time directory, which only root writes and no reboot survives.
 *
 * It is valid for one domain, for VGATE_PERMIT_SECONDS, and only while this driver is loaded. It is used up
 * by one restore: 'restore begin' marks it, and 'started begin' removes it, so that a guest that arrives
 * from another host, which has no 'restore begin', cannot use it.
 */
#pragma once

#include "gate/request.h"

#define VGATE_PERMIT_SECONDS 600

/* Gives the permission; an earlier one for the domain is replaced. driver: the host driver that is loaded.
 * FALSE with VGATE_CODE_PERMIT_UNUSABLE. */
gboolean vgate_permit_give (const char *root, const char *domain_uuid, const char *driver, GError **error);

/*
 * TRUE if the request is the restore of a guest that has the permission. It is marked or removed then,
 * except in a dry run. FALSE without an error if there is no permission, or it has expired; FALSE with an
 * error if it cannot be used: VGATE_CODE_PERMIT_UNUSABLE, also if another driver is loaded now, or the
 * error of asking NVML for the driver.
 */
gboolean vgate_permit_use (const VgateRequest *request, GError **error);
