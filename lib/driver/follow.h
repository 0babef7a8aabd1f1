/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The scheduler's log, once or for as long as one likes. To follow it, the program vgpu-gate-nvml lives on,
 * looks ten times a second, twice as often as NVIDIA asks for, and sends what is new. It ends when its
 * asker has ended.
 */
#pragma once

#include "driver/helper.h"
#include "host/host.h"
#include "vgpu-gate/vgpu-gate.h"

/* What is new in the log of a GPU. */
typedef struct {
    char *address;
    char *name;
    gboolean is_available; /* FALSE: it has no such log now (documented: in MIG mode); the rest is 0 */
    VgateScheduler scheduler;
    gboolean restarted; /* as in VgateSchedulerLogNews */
    gboolean missed;
    guint64 missed_time; /* ns */
    GArray *entries;     /* of VgateSchedulerLogEntry, the oldest first */
} VgateLogNews;

void vgate_log_news_free (VgateLogNews *news);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLogNews, vgate_log_news_free)

/* The logs as they are, as VgateLogNews * in which everything is new: of every GPU in vGPU host mode, or of
 * the one with this address. Errors, and what is added to unusable, as with vgate_control_schedulers (). */
GPtrArray *vgate_follow_once (const VgateBackend *backend, const char *address, GPtrArray *unusable,
                              GError **error);

typedef struct VgateFollower VgateFollower;

/*
 * Starts to follow. The program inherits the signal mask, but for SIGTERM: an asker that blocks SIGINT
 * first keeps it alive when the terminal sends SIGINT to both. Never fails but for VGATE_CODE_INTERNAL;
 * what else goes wrong is said by vgate_follower_next ().
 */
VgateFollower *vgate_follower_new (const VgateBackend *backend, const char *address, GError **error);
/* NULL is allowed. The program ends by itself then. */
void vgate_follower_free (VgateFollower *follower);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateFollower, vgate_follower_free)

/*
 * Waits for what the next look brings, at most the deadline: VgateLogNews *, one for each GPU, also when
 * nothing is new. NULL without error when cancel_fd became readable first (-1: none); one can go on then.
 * A GPU that cannot be used (any more) is added to unusable once, and left out from then on.
 */
GPtrArray *vgate_follower_next (VgateFollower *follower, int cancel_fd, GPtrArray *unusable, GError **error);
