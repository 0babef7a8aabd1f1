/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the scheduler's log, once or continuously. To follow it, the program vgpu-gate-nvml keeps running,
 * reads the log ten times a second, which is twice as often as NVIDIA advises, and sends what is new. It
 * exits when its asker has exited.
 */
#pragma once

#include "driver/helper.h"
#include "host/host.h"
#include "vgpu-gate/vgpu-gate.h"

/* The new entries in the log of a GPU. */
typedef struct {
    char *address;
    char *name;
    gboolean is_available; /* FALSE: the GPU has none (documented: in MIG mode); the rest is 0 */
    VgateScheduler scheduler;
    gboolean restarted; /* as in VgateSchedulerLogNews */
    gboolean missed;
    guint64 missed_time; /* ns */
    GArray *entries;     /* of VgateSchedulerLogEntry, the oldest first */
} VgateLogNews;

void vgate_log_news_free (VgateLogNews *news);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLogNews, vgate_log_news_free)

/* Reads the present logs of an engine (VgateEngine), as VgateLogNews * in which all entries are new: of
 * all GPUs in vGPU host mode, or of the one with this name. Name, errors and unusable are as for
 * vgate_control_schedulers (). */
GPtrArray *vgate_follow_once (const VgateBackend *backend, const char *name, int engine, GPtrArray *unusable,
                              GError **error);

typedef struct VgateFollower VgateFollower;

/*
 * Starts to follow. The program inherits the signal mask except SIGTERM: an asker that blocks SIGINT before
 * keeps the program alive when the terminal sends SIGINT to both. The only error is VGATE_CODE_INTERNAL;
 * vgate_follower_next () returns all others.
 */
VgateFollower *vgate_follower_new (const VgateBackend *backend, const char *name, int engine, GError **error);
/* NULL is allowed. The program exits by itself. */
void vgate_follower_free (VgateFollower *follower);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateFollower, vgate_follower_free)

/*
 * Waits for the result of the next read, at most for the deadline. Returns VgateLogNews *, one for each GPU,
 * even when nothing is new. NULL without an error when cancel_fd became readable first (-1: none); the
 * follower can be used further. A GPU that cannot be used, or no longer, is added to unusable once and left
 * out from then on.
 */
GPtrArray *vgate_follower_next (VgateFollower *follower, int cancel_fd, GPtrArray *unusable, GError **error);
