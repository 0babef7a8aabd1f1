/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest takes along at switch-over. Calls neither libvirt nor NVML. */
#pragma once

#include "domain/domain.h"
#include "plugin/switchover/payload.h"
#include "plugin/capture/snapshot.h"

typedef struct {
    const char *uuid;              /* the domain's */
    const VgateSnapshot *snapshot; /* what NVML said; NULL: nothing yet */
    gboolean is_fresh;             /* when QEMU asked, that is */
    VgateDomain *domain;           /* as last read; its element may get checked. NULL: it was not yet */
    GBytes *key;                   /* fleet key, or NULL */
    gint64 now;                    /* seconds since 1970 */
} VgateSaving;

/* The freshest record that can be made of this. The element is in the payload, or borrowed from domain. */
GBytes *vgate_save_build (const VgateSaving *saving, VgatePayloadSource *source);
