/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was found and done about a declaration (declared/apply.h). */
#pragma once

#include "declared/declaration.h"

/* What is to be done about it. */
typedef enum {
    VGATE_DECLARED_LOOK,    /* compares */
    VGATE_DECLARED_DRY_RUN, /* also plans; changes nothing */
    VGATE_DECLARED_APPLY,
} VgateDeclaredAction;

/* A setting: the range of versions, or a GPU's scheduler. */
typedef enum {
    VGATE_SETTING_NOT_DECLARED,
    VGATE_SETTING_AS_DECLARED,
    VGATE_SETTING_SET, /* it differed, and was set */
    VGATE_SETTING_WOULD_BE_SET,
    VGATE_SETTING_DIFFERS, /* it differs still; a problem has the reason */
} VgateSettingState;

/* For both outputs: "as-declared". Static. */
const char *vgate_setting_state_name (VgateSettingState state);

typedef enum {
    VGATE_OUTCOME_EXISTED, /* it is one of the declared devices */
    /* it had been created for a guest; from now on it is a declared one, which stays when the guest ends */
    VGATE_OUTCOME_KEPT,
    VGATE_OUTCOME_CREATED,
    VGATE_OUTCOME_WOULD_BE_CREATED,
    VGATE_OUTCOME_REMOVED, /* it was not declared */
    VGATE_OUTCOME_WOULD_BE_REMOVED,
    VGATE_OUTCOME_OTHER,    /* it is not declared, and was left */
    VGATE_OUTCOME_MDEVCTL,  /* it is mdevctl's, and does not count */
    VGATE_OUTCOME_GUEST,    /* it was created for a guest, is removed with it, and does not count */
    VGATE_OUTCOME_UNUSABLE, /* its data in sysfs is invalid, so that it was left and does not count */
    VGATE_N_OUTCOMES,
} VgateOutcome;

/* "existed", "would-be-created". Static. */
const char *vgate_outcome_name (VgateOutcome outcome);

typedef struct {
    VgateOutcome outcome;
    char *name; /* UUID or PCI address; NULL: a mediated device that would be created */
    char *type; /* NULL: not known */
    char *user; /* a clause about who uses it, or about what is invalid; NULL: it is free */
} VgateDeclaredDevice;

/* The devices of one declared type. */
typedef struct {
    char *name; /* in full if the GPU offers the type; otherwise as it was declared */
    guint n_declared;
    guint n_existing; /* of the declared ones, those that existed before */
    guint n_created;  /* or would be */
} VgateDeclaredCount;

/* What was found on one GPU. */
typedef struct {
    char *declared_as; /* as it is declared: an index, a UUID or an address */
    char *address;     /* NULL: the host has no such GPU */
    char *name;        /* of the GPU; or NULL */
    VgateSettingState scheduler;
    char *scheduler_declared; /* NULL: not declared */
    char *scheduler_is;       /* NULL: not known */
    char *scheduler_was;      /* if it was set; otherwise NULL */
    GPtrArray *counts;        /* of VgateDeclaredCount * */
    GPtrArray *devices;       /* of VgateDeclaredDevice * */
    GPtrArray *problems;      /* of GError *: VGATE_ERROR */
} VgateGpuReport;

typedef struct {
    VgateSettingState range;
    char *range_declared; /* NULL: not declared */
    char *range_is;       /* NULL: not known */
    char *range_was;      /* if it was set; otherwise NULL */
    GPtrArray *gpus;      /* of VgateGpuReport *, in the order of the declaration */
    GPtrArray *problems;  /* of GError *: what concerns the whole host */
} VgateDeclaredReport;

typedef enum {
    VGATE_DECLARED_DONE,    /* the host is as declared, or would be */
    VGATE_DECLARED_DIFFERS, /* it is not */
    VGATE_DECLARED_UNKNOWN, /* a part of it could not be found out, as the driver fails or hangs */
} VgateDeclaredResult;

VgateDeclaredReport *vgate_declared_report_new (void);
/* Adds an empty report about the GPU, which the report owns. */
VgateGpuReport *vgate_declared_report_add_gpu (VgateDeclaredReport *report, const VgateDeclaredGpu *declared);
void vgate_gpu_report_add_device (VgateGpuReport *gpu, VgateOutcome outcome, const char *name,
                                  const char *type, const char *user);
void vgate_declared_report_free (VgateDeclaredReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDeclaredReport, vgate_declared_report_free)

VgateDeclaredResult vgate_declared_report_result (const VgateDeclaredReport *report);
/* TRUE when by this error a part of the answer is not known. */
gboolean vgate_declared_is_unanswered (const GError *error);
/* The number of problems, of the host and of all GPUs. */
guint vgate_declared_report_n_problems (const VgateDeclaredReport *report);
