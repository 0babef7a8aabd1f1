/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host refuses a guest, an operator does what the text says, and the same operation is tried again. */
#pragma once

#include "base/codes.h"
#include "events.h"
#include "gate/ways-out.h"

/* What is there of the guest before its operation, in the host's directory. */
#define WALK_SAVE   "var/lib/libvirt/qemu/save/" CASE_DOMAIN ".save"
#define WALK_STATUS "run/libvirt/qemu/" CASE_DOMAIN ".xml"

/* A guest and the host that refuses it. */
typedef struct {
    VgateCode code;
    const char *input;   /* hook/INPUT.in.xml */
    CasePrepare prepare; /* or NULL: case_standard_host () */
    const char *sim, *config;
    CaseEdit edits[CASE_EDITS_MAX];
    gboolean has_kernel; /* devices can be created */
} Refused;

typedef struct {
    const Refused *by;
    VgateSituation situation;
    FakeHost *host;
    Guest guest;
    gboolean boots; /* without the saved memory */
} Walk;

void walk_init (Walk *w, const Refused *by, VgateSituation situation);
void walk_clear (Walk *w);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, walk_clear)

/* Runs the events of the operation until one is refused. Returns the line of the refusal, or NULL. The caller
 * frees it. */
char *walk_operate (Walk *w);

/* Replaces what matches the pattern in the guest's XML; something must. */
void walk_edit (Walk *w, const char *pattern, const char *by);
/* The guest's XML names this mediated device instead of CASE_MDEV. */
void walk_name_mdev (Walk *w, const char *uuid);
/* Runs vgpu-gate with these words, which must succeed. The guest's XML is in $ROOT/guest.xml. Returns its
 * output; the caller frees it. NULL: command_can_run () says no, and the case is skipped. */
char *walk_command (Walk *w, const char *line);
/* Another host, or this one after a change of driver, GPU or settings: without what made this one refuse.
 * clause is not used. */
void walk_elsewhere (Walk *w, const GMatchInfo *clause);
