/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration, vgpu-gate.conf(5): a key file, which is refused unless root owns it. Every key has a
 * safe default, so that the file can be missing. An unknown group or key and an invalid value are errors that
 * name the line.
 */
#pragma once

#include "base/codes.h"
#include "policy/backend.h"
#include "vgpu-gate/vgpu-gate.h"

typedef enum {
    VGATE_PLACEMENT_OFF,     /* a hostdev's device must fit as it is; it can be in use */
    VGATE_PLACEMENT_SUGGEST, /* refuse, and suggest a device that fits */
    VGATE_PLACEMENT_APPLY,   /* change the XML, and create the device when none exists */
} VgatePlacementMode;

typedef enum {
    VGATE_ORDER_BREADTH_FIRST, /* the GPU with the fewest vGPUs first */
    VGATE_ORDER_DEPTH_FIRST,   /* the GPU with the most vGPUs first */
} VgateOrder;

/* The default of [gate] max-age and host-max-age, in seconds. */
#define VGATE_MAX_AGE_DEFAULT 3600

/* The largest value of [placement] lease-time, in seconds. */
#define VGATE_LEASE_TIME_MAX 3600

/* The largest values of [down-time]: Mbit/s, and ms (the largest that QEMU accepts). */
#define VGATE_LINK_SPEED_MAX      10000000u
#define VGATE_DOWN_TIME_LIMIT_MAX 2000000u

typedef struct {
    VgateBackend backend;
    gboolean is_report_only;                 /* [gate] mode: no guest is refused, and no job stopped */
    char **report_domains;                   /* [gate] report-domains: names and UUIDs; NULL: none */
    gboolean allow_missing_metadata;         /* [gate] missing-metadata */
    gboolean allow_backend_failure;          /* [gate] backend-failure */
    gboolean gate_cold_start;                /* [gate] cold-start */
    gint64 max_age;                          /* [gate] max-age, seconds; 0: no limit */
    gint64 host_max_age;                     /* [gate] host-max-age, seconds; 0: no limit */
    VgateSeverity severities[VGATE_N_RULES]; /* [rules] */
    guint capture_interval;                  /* [capture] interval, seconds */
    guint capture_interval_fast;             /* [capture] interval-fast, seconds */
    guint capture_refresh;                   /* [capture] refresh, seconds */
    guint64 link_speed;                      /* [down-time] link-speed, Mbit/s; 0: not known */
    guint64 down_time_limit;                 /* [down-time] limit-ms; 0: the guest's limit in libvirt */
    gboolean ignore_stale_metadata;          /* [jobs] stale-metadata */
    gboolean ignore_unrestorable_save;       /* [jobs] unrestorable-save */
    char *metrics_file;                      /* [agent] metrics-file; NULL: no file is written */
    char *switch_over_bus;                   /* [switch-over] bus; NULL: there is no gate at switch-over */
    guint switch_over_save_ms;               /* [switch-over] save-ms */
    guint switch_over_load_ms;               /* [switch-over] load-ms */
    VgatePlacementMode placement_mode;       /* [placement] mode */
    VgateOrder placement_order;              /* [placement] order */
    guint lease_time;                        /* [placement] lease-time, seconds */
    gboolean report_definition;              /* [placement] persistent-definition */
    GBytes *seal_key;                        /* [seal] key-file; NULL: captures are not sealed */
    char *host_uuid;                         /* [host] uuid; NULL: it is determined (host/identity.h) */
} VgatePolicy;

/* The policy without a configuration file. */
VgatePolicy *vgate_policy_new_default (void);

/*
 * Reads the file and the key file that it names. When the file is missing and may be, the result has the
 * defaults; a symbolic link to a file that does not exist is an error in any case. Both files must belong to
 * root or to the user that runs the program, and others must not be able to write them, nor to read the key
 * file. Errors: VGATE_CODE_CONFIG_*, which name file and line.
 */
VgatePolicy *vgate_policy_load_file (const char *path, gboolean may_be_missing, GError **error);
/* given: what --config names, which must exist; NULL: the installed configuration, which may be missing. */
VgatePolicy *vgate_policy_load (const char *given, GError **error);
/* The same for a command that needs the key file only for some questions: when this user must not read it,
 * *key_error is set, and the result has no key. */
VgatePolicy *vgate_policy_load_for_user (const char *given, GError **key_error, GError **error);
/*
 * The same for a report: all that is wrong, and what can mislead a reader, is added to faults (base/fault.h).
 * FALSE with an error when the file cannot be read at all, is no regular file, or has no other fault than
 * that this user must not read its key file.
 */
gboolean vgate_policy_inspect (const char *given, GPtrArray *faults, GError **error);
/* The same for the content of a file, which ends with a zero byte that length does not count. */
gboolean vgate_policy_inspect_text (const char *text, gsize length, GPtrArray *faults, GError **error);
void vgate_policy_free (VgatePolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgatePolicy, vgate_policy_free)

/* A copy for another thread, so that a reload does not affect it. */
VgatePolicy *vgate_policy_copy (const VgatePolicy *policy);

/* TRUE when a refusal of this domain, or a reason to stop its job, is only reported. name and uuid: NULL when
 * they are not known. */
gboolean vgate_policy_only_reports (const VgatePolicy *policy, const char *name, const char *uuid);

/* Exchanges the contents of both. */
void vgate_policy_swap (VgatePolicy *a, VgatePolicy *b);

/* A key of the configuration, and the value that a program which reads it now would use. */
typedef struct {
    const char *group, *key; /* static */
    char *value;             /* as it is written in a file; NULL: it is not set, and has no default */
    guint line;              /* of the file; 0: the value is the default */
} VgateSetting;

/* All keys, those of a group one after the other: an array of VgateSetting *. given and errors as for
 * vgate_policy_load (). *has_file: FALSE when the file does not exist. The key file's content is not part of
 * it, and this user need not be able to read it. */
GPtrArray *vgate_policy_read_settings (const char *given, gboolean *has_file, GError **error);

/* The installed configuration file's path. */
const char *vgate_policy_default_path (void);
