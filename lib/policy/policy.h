/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration, vgpu-gate.conf(5): a key file, root-owned or refused. Everything has a default that is
 * safe, so that a missing file is fine; an unknown group or key and a bad value are errors that name their
 * line.
 */
#pragma once

#include "message/codes.h"
#include "policy/backend.h"
#include "vgpu-gate/vgpu-gate.h"

typedef enum {
    VGATE_PLACEMENT_OFF,     /* a hostdev's device must be right as it is; nobody looks whether it is free */
    VGATE_PLACEMENT_SUGGEST, /* refuse, and say what would do */
    VGATE_PLACEMENT_APPLY,   /* change the XML, and make the device where there is none */
} VgatePlacementMode;

typedef enum {
    VGATE_ORDER_BREADTH_FIRST, /* the GPU with the fewest vGPUs first */
    VGATE_ORDER_DEPTH_FIRST,   /* the GPU with the most */
} VgateOrder;

/* Of [placement] lease-time, seconds. */
#define VGATE_LEASE_TIME_MAX 3600

/* Of [down-time]: Mbit/s, and ms (the most that QEMU takes). */
#define VGATE_LINK_SPEED_MAX      10000000u
#define VGATE_DOWN_TIME_LIMIT_MAX 2000000u

typedef struct {
    VgateBackend backend;
    gboolean allow_missing_metadata;         /* [gate] missing-metadata */
    gboolean allow_backend_failure;          /* [gate] backend-failure */
    gboolean gate_cold_start;                /* [gate] cold-start */
    gint64 max_age;                          /* [gate] max-age, seconds; 0: no limit */
    VgateSeverity severities[VGATE_N_RULES]; /* [rules] */
    guint capture_interval;                  /* [capture] interval, seconds */
    guint capture_interval_fast;             /* [capture] interval-fast, seconds */
    guint capture_refresh;                   /* [capture] refresh, seconds */
    guint64 link_speed;                      /* [down-time] link-speed, Mbit/s; 0: not known */
    guint64 down_time_limit;                 /* [down-time] limit-ms; 0: the guest's own, by libvirt */
    gboolean ignore_stale_metadata;          /* [jobs] stale-metadata */
    gboolean ignore_unrestorable_save;       /* [jobs] unrestorable-save */
    char *metrics_file;                      /* [agent] metrics-file; NULL: none is written */
    char *switch_over_bus;                   /* [switch-over] bus; NULL: the gate there is off */
    guint switch_over_save_ms;               /* [switch-over] save-ms */
    guint switch_over_load_ms;               /* [switch-over] load-ms */
    VgatePlacementMode placement_mode;       /* [placement] mode */
    VgateOrder placement_order;              /* [placement] order */
    guint lease_time;                        /* [placement] lease-time, seconds */
    gboolean report_definition;              /* [placement] persistent-definition */
    GBytes *seal_key;                        /* [seal] key-file; NULL: captures are not sealed */
    char *host_uuid;                         /* [host] uuid; NULL: found out */
} VgatePolicy;

/* What holds without a configuration. */
VgatePolicy *vgate_policy_new_default (void);

/*
 * Reads the file, and the key file that it names. A missing file is the defaults. Both must belong to root,
 * or to the user that runs the program, and not be writable by others; the key not readable by others either.
 * Errors: VGATE_CODE_CONFIG_*, each naming file and line.
 */
VgatePolicy *vgate_policy_load (const char *path, GError **error);
void vgate_policy_free (VgatePolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgatePolicy, vgate_policy_free)

/* For a thread of its own, which a reload must not disturb. */
VgatePolicy *vgate_policy_copy (const VgatePolicy *policy);

/* Each becomes the other. */
void vgate_policy_swap (VgatePolicy *a, VgatePolicy *b);

/* The installed configuration file's path. */
const char *vgate_policy_default_path (void);
