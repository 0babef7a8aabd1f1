/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state that vgpu-gated reports about itself. It makes the status document and Prometheus text from it.
 */
#pragma once

#include "domain/element.h"
#include "policy/exception.h"
#include "status/reported.h"
#include "status/self-check-item.h"

/* Events that are counted since the start. A kind can have a label that divides its count. */
typedef enum {
    VGATE_COUNTER_CAPTURES,         /* elements that were written, by trigger */
    VGATE_COUNTER_REMOVALS,         /* elements that were removed */
    VGATE_COUNTER_CAPTURE_FAILURES, /* by code; a failure that persists counts once */
    VGATE_COUNTER_JOBS_STOPPED,     /* migrations, saves and snapshots, by code */
    VGATE_COUNTER_JOBS_REPORTED,    /* the same that would have been stopped, on a host that only reports */
    VGATE_COUNTER_SNAPSHOTS,        /* that were made and cannot be reverted to, by code */
    VGATE_COUNTER_HANGS,            /* aborted migrations that hung, and the reaction, by code */
    VGATE_COUNTER_LOADS_REFUSED,    /* at switch-over, by code */
    VGATE_COUNTER_LOADS_REPORTED,   /* the same that would have been refused, on a host that only reports */
    VGATE_COUNTER_NVML_QUESTIONS,
    VGATE_COUNTER_NVML_ERRORS, /* by code */
    VGATE_COUNTER_CONNECTIONS, /* to libvirt */
    VGATE_COUNTER_RELOADS,     /* by result: taken, refused */
    VGATE_COUNTER_DEFINITIONS, /* persistent, of arrived guests, by result: updated, left, failed */
    VGATE_COUNTER_LEFTOVERS,   /* elements removed from persistent definitions */
    VGATE_N_COUNTERS,
} VgateCounterKind;

typedef struct {
    int kind;    /* VgateCounterKind */
    char *label; /* NULL for a kind without labels */
    guint64 value;
} VgateCounter;

/* Names in the status document, indexed by VgateCounterKind and terminated by NULL. */
extern const char *const vgate_counter_names[];

/* A range of message codes that includes both ends. */
typedef struct {
    int first, last;
} VgateCodeRange;

typedef struct {
    const char *label; /* the name of the label, such as "trigger"; NULL: the counter has no label */
    const char *help;
    /* the known values of the label: one of the two members, or both NULL without a label */
    const char *const *names;    /* terminated by NULL */
    const VgateCodeRange *codes; /* terminated by {0, 0}; codes that do not exist are skipped */
} VgateCounterInfo;
/* Static; NULL for an unknown kind. */
const VgateCounterInfo *vgate_counter_info (VgateCounterKind kind);

/* The known values of the counter's label, terminated by NULL; empty when it has no label. The caller frees
 * them with g_strfreev (). */
char **vgate_counter_labels (VgateCounterKind kind);

/* An array of VgateCounter *, with one for each kind and label. */
GPtrArray *vgate_counters_new (void);
/* Adds n to a counter. */
void vgate_counters_add (GPtrArray *counters, VgateCounterKind kind, const char *label, guint64 n);

typedef struct {
    char *uuid;
    guint32 type;
    char *type_name;
    char *guest_address; /* PCI; NULL: the vGPU has no hostdev */
    char *pgpu;          /* PCI address */
    char *guest_driver;  /* "" while it is not running */
    guint32 guest_version;
} VgateStatusVgpu;

/* Is the guest's QEMU on the bus of the gate at switch-over? */
typedef enum {
    VGATE_STATUS_BUS_NONE, /* the gate is not enabled for the guest, or this is not known yet */
    VGATE_STATUS_BUS_SERVED,
    VGATE_STATUS_BUS_LOST,     /* it is not, so the guest can be neither migrated nor saved */
    VGATE_STATUS_BUS_UNSERVED, /* vgpu-gated is not on the bus itself */
} VgateStatusBus;

/* Names in the status document, indexed by VgateStatusBus. */
extern const char *const vgate_status_bus_names[];

typedef struct {
    char *uuid;
    char *name; /* NULL until its XML has been read */
    /* the element in its XML */
    gboolean has_capture;
    gint64 captured; /* seconds since 1970 */
    int trigger;     /* VgateTrigger */
    guint64 sequence;
    GPtrArray *vgpus; /* of VgateStatusVgpu * */
    /* the last failure, if there was one */
    gint64 failed;            /* seconds since 1970, when the failure began */
    char *failure_code;       /* "VGATE-503"; NULL: none yet */
    char *failure_text;       /* up to 255 characters */
    gboolean is_failure_over; /* the guest has been captured since, or no longer needs to be */
    /* the last aborted migration that hung, if there was one */
    gint64 hung;     /* seconds since 1970, when the hang was noticed */
    char *hang_code; /* the last message about it, "VGATE-712"; NULL: none hung */
    gboolean is_hang_over;
    VgateStatusBus bus; /* of the gate at switch-over */
    /* the last migration or save that vgpu-gated stopped, if there was one */
    gint64 stopped;  /* seconds since 1970 */
    char *stop_job;  /* "migration", "save" or "snapshot"; NULL: none was stopped */
    char *stop_code; /* "VGATE-303" */
    char *stop_text; /* the reason, up to 1023 characters */
    char *stop_cure; /* what to do, with the command */
} VgateStatusGuest;

typedef struct {
    char *version;
    gint64 started, time;       /* seconds since 1970; time: when this status was made */
    guint32 domains;            /* running domains on this host */
    gboolean is_report_only;    /* [gate] mode=report */
    guint32 report_domains;     /* [gate] report-domains: their number */
    GArray *reported;           /* of VgateReported: refusals of the hook that were only reported */
    GPtrArray *exceptions;      /* of VgateException *: arrivals that root has allowed */
    gboolean is_config_refused; /* the last reload was refused, or the file has an error now */
    char *config_code;          /* the error of the file as it is now, "VGATE-604"; NULL: there is none */
    char *config_text;          /* its text, up to 255 characters; NULL: there is none */
    gboolean is_connected;      /* to libvirt */
    char *uri;                  /* libvirt's URI */
    guint32 slow_calls;         /* calls that libvirt is late to answer at present */
    gboolean was_asked;         /* NVML was queried, and the next three members are valid */
    gint64 asked;               /* seconds since 1970: the end of the last query */
    guint64 duration, total;    /* ns: of the last query, of all queries */
    guint32 unusable_gpus;      /* GPUs of this host that could not be used when NVML last answered */
    char *nvml_code;            /* the error of the last query, "VGATE-504"; NULL: it was answered */
    gint64 self_checked;        /* seconds since 1970: the end of the last self-check */
    GPtrArray *self_checks;     /* of VgateSelfCheckItem *; NULL: no self-check has ended yet */
    GPtrArray *counters;        /* of VgateCounter * */
    GPtrArray *guests;          /* of VgateStatusGuest *: the guests that are known to have vGPUs */
} VgateStatus;

VgateStatusVgpu *vgate_status_vgpu_new (void);
void vgate_status_vgpu_free (VgateStatusVgpu *vgpu);
VgateStatusGuest *vgate_status_guest_new (void);
void vgate_status_guest_free (VgateStatusGuest *guest);
VgateStatus *vgate_status_new (void);
void vgate_status_free (VgateStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateStatus, vgate_status_free)

/*
 * The status as Prometheus text, format 0.0.4: HELP, TYPE and samples for each metric, whose names begin with
 * vgpu_gate_. An age is omitted when there is nothing to which it applies. The caller frees it.
 */
char *vgate_status_metrics (const VgateStatus *status);
