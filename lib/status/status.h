/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What vgpu-gated says of itself: the facts, of which it makes the status document, and the same as
 * Prometheus text.
 */
#pragma once

#include "domain/element.h"

/* What is counted since the start. Each may have a label, which tells its parts from each other. */
typedef enum {
    VGATE_COUNTER_CAPTURES,         /* by trigger: elements written */
    VGATE_COUNTER_REMOVALS,         /* elements taken away */
    VGATE_COUNTER_CAPTURE_FAILURES, /* by code; one that stays counts once */
    VGATE_COUNTER_JOBS_STOPPED,     /* by code: migrations and saves */
    VGATE_COUNTER_HANGS,            /* by code: aborted migrations that hung, and what was done */
    VGATE_COUNTER_LOADS_REFUSED,    /* by code: at switch-over */
    VGATE_COUNTER_NVML_QUESTIONS,
    VGATE_COUNTER_NVML_ERRORS, /* by code */
    VGATE_COUNTER_CONNECTIONS, /* to libvirt */
    VGATE_COUNTER_RELOADS,     /* by result: taken, refused */
    VGATE_COUNTER_DEFINITIONS, /* by result: updated, left, failed; persistent, of guests that arrived */
    VGATE_COUNTER_LEFTOVERS,   /* elements removed from persistent definitions */
    VGATE_N_COUNTERS,
} VgateCounterKind;

typedef struct {
    int kind;    /* VgateCounterKind */
    char *label; /* NULL for a kind without */
    guint64 value;
} VgateCounter;

/* In the document, by VgateCounterKind; NULL at the end. */
extern const char *const vgate_counter_names[];

/* Message codes, both ends included. */
typedef struct {
    int first, last;
} VgateCodeRange;

typedef struct {
    const char *label; /* what its label is: "trigger"; NULL: it has none */
    const char *help;
    /* the values that it is known to have; one of them, or both NULL where there is no label */
    const char *const *names;    /* ended by NULL */
    const VgateCodeRange *codes; /* ended by {0, 0}: those of them that there are */
} VgateCounterInfo;
/* Static; NULL when there is no such kind. */
const VgateCounterInfo *vgate_counter_info (VgateCounterKind kind);

/* The values that its label is known to have, as strings, ended by NULL; none where it has no label. The
 * caller frees them. */
char **vgate_counter_labels (VgateCounterKind kind);

/* Counters: a GPtrArray of VgateCounter *, of each kind and label one. */
GPtrArray *vgate_counters_new (void);
/* n more. */
void vgate_counters_add (GPtrArray *counters, VgateCounterKind kind, const char *label, guint64 n);

typedef struct {
    char *uuid;
    guint32 type;
    char *type_name;
    char *guest_address; /* PCI; NULL: without hostdev */
    char *pgpu;          /* PCI address */
    char *guest_driver;  /* "" while it is not up */
    guint32 guest_version;
} VgateStatusVgpu;

typedef struct {
    char *uuid;
    char *name; /* NULL until it was looked at */
    /* the element that stands in its XML */
    gboolean has_capture;
    gint64 captured; /* seconds since 1970 */
    int trigger;     /* VgateTrigger */
    guint64 sequence;
    GPtrArray *vgpus; /* of VgateStatusVgpu * */
    /* the last failure, if there was one */
    gint64 failed;            /* seconds since 1970, when it began */
    char *failure_code;       /* "VGATE-503"; NULL: none yet */
    char *failure_text;       /* up to 255 characters */
    gboolean is_failure_over; /* it has been captured, or need not be, since */
    /* the last aborted migration that hung, if one did */
    gint64 hung;     /* seconds since 1970, when that was seen */
    char *hang_code; /* what was said of it last, "VGATE-712"; NULL: none did */
    gboolean is_hang_over;
} VgateStatusGuest;

typedef struct {
    char *version;
    gint64 started, time;       /* seconds since 1970; time: when this was put together */
    guint32 domains;            /* that run here */
    gboolean is_config_refused; /* the last reload met a bad configuration */
    gboolean is_connected;      /* to libvirt */
    char *uri;                  /* libvirt's */
    guint32 slow_calls;         /* that libvirt has not answered in time, now */
    gboolean was_asked;         /* NVML; the next three are valid then */
    gint64 asked;               /* seconds since 1970: the end of the last question */
    guint64 duration, total;    /* ns: of the last question, of all */
    guint32 unusable_gpus;      /* GPUs of this host, when NVML last answered */
    char *nvml_code;            /* what the last question failed with, "VGATE-504"; NULL: it was answered */
    GPtrArray *counters;        /* of VgateCounter * */
    GPtrArray *guests;          /* of VgateStatusGuest *: those with vGPUs, as far as is known */
} VgateStatus;

VgateStatusVgpu *vgate_status_vgpu_new (void);
void vgate_status_vgpu_free (VgateStatusVgpu *vgpu);
VgateStatusGuest *vgate_status_guest_new (void);
void vgate_status_guest_free (VgateStatusGuest *guest);
VgateStatus *vgate_status_new (void);
void vgate_status_free (VgateStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateStatus, vgate_status_free)

/*
 * As Prometheus text, format 0.0.4: for each metric HELP, TYPE and its samples, each name beginning with
 * vgpu_gate_. An age is left out while there is nothing that has one. The caller frees it.
 */
char *vgate_status_metrics (const VgateStatus *status);
