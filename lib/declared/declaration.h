/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an administrator declares that this host has after each boot: vgpu-gate-devices.conf(5). It is a key
 * file, which is refused unless root owns it. An unknown group or key and an invalid value are errors that
 * name the line. What a key file does not mention is not declared, and nobody changes it.
 */
#pragma once

#include "domain/domain.h"
#include "vgpu-gate/vgpu-gate.h"

/* The default and the largest value of [host] wait, in seconds. */
#define VGATE_DECLARED_WAIT_DEFAULT 60
#define VGATE_DECLARED_WAIT_MAX     600
/* The most devices of a type. No GPU has more virtual functions. */
#define VGATE_DECLARED_COUNT_MAX 256

/* Devices of this type. */
typedef struct {
    char *name; /* as it was written: with or without the brand */
    guint count;
} VgateDeclaredType;

/* Which devices count. */
typedef enum {
    VGATE_DECLARED_ANY_KIND,
    VGATE_DECLARED_MDEV,
    VGATE_DECLARED_VF,
} VgateDeclaredKind;

/* TRUE when a device of this kind can be a declared one. */
gboolean vgate_declared_has_kind (VgateDeclaredKind declared, VgateHostdevKind kind);

/* What is declared of the MIG mode. */
typedef enum {
    VGATE_DECLARED_ANY_MIG,
    VGATE_DECLARED_NO_MIG,
    VGATE_DECLARED_MIG,
} VgateDeclaredMig;

typedef struct {
    char *gpu;        /* in the spelling of vgate_gpu_name_read () */
    guint line;       /* of its group */
    GPtrArray *types; /* of VgateDeclaredType *, in the order of the file; NULL: devices are not declared */
    VgateDeclaredKind kind;
    VgateDeclaredMig mig;
    gboolean remove_others; /* free devices that are not declared are removed */
    gboolean has_scheduler;
    VgateSchedulerSettings scheduler;
} VgateDeclaredGpu;

typedef struct {
    char *path;
    gboolean has_range;
    VgateVersionRange range; /* the vGPU versions that the host accepts */
    guint wait;              /* how long to wait for the driver, in seconds */
    GPtrArray *gpus;         /* of VgateDeclaredGpu *, in the order of the file */
} VgateDeclaration;

void vgate_declaration_free (VgateDeclaration *declaration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDeclaration, vgate_declaration_free)

/* The installed file below root. The caller frees it. */
char *vgate_declaration_default_path (const char *root);
/* Reads the file. Errors: VGATE_CODE_CONFIG_*, which name file and line. */
VgateDeclaration *vgate_declaration_read (const char *path, GError **error);
/* The same for a report: all that is wrong is added to faults (base/fault.h). FALSE with an error when the
 * file cannot be read at all: VGATE_CODE_CONFIG_UNREADABLE. */
gboolean vgate_declaration_inspect (const char *path, GPtrArray *faults, GError **error);
/* The same for the content of a file, which ends with a zero byte that length does not count. */
void vgate_declaration_inspect_text (const char *text, gsize length, GPtrArray *faults);

/* TRUE for a group that only this file has: "gpu 0000:41:00.0". */
gboolean vgate_declaration_is_group (const char *group);
/* TRUE for a key of [host], which vgpu-gate.conf has as well. */
gboolean vgate_declaration_is_host_key (const char *key);
