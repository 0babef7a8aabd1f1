/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers QEMU's dbus-vmstate Save: makes the payload that a guest takes along at switch-over. Calls
 * neither libvirt nor NVML. */
#pragma once

#include "domain/domain.h"
#include "plugin/switchover/payload.h"
#include "plugin/capture/snapshot.h"

typedef struct {
    const char *uuid;              /* the domain's */
    const VgateSnapshot *snapshot; /* NVML's last answer; NULL: none yet */
    gboolean is_fresh;             /* NVML answered after QEMU had asked */
    VgateDomain *domain;           /* as last read, or NULL; its element may become checked */
    GBytes *key;                   /* fleet key, or NULL */
    gint64 now;                    /* seconds since 1970 */
} VgateSaving;

/* Returns the most recent record that can be made. The element is in the payload, or borrowed from domain. */
GBytes *vgate_save_build (const VgateSaving *saving, VgatePayloadSource *source);
