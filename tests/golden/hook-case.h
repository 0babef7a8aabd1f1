/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call of the hook: a domain's XML, an event, a host, and the expected result. Each case is run twice: as
 * libvirt would run it, and as a dry run, which must have the same result. */
#pragma once

#include "fake-host.h"
#include "program.h"

/* The GPUs and devices that the domains of hook/ name, on the host that most cases run on. */
#define CASE_GPU          "0000:41:00.0"
#define CASE_VF           "0000:41:00.4"
#define CASE_MDEV         "a3a3f5f0-2b1c-4f6e-9a9d-0c7b1d5e8f01"
#define CASE_MDEV_2       "a3a3f5f0-2b1c-4f6e-9a9d-0c7b1d5e8f02"
#define CASE_FOREIGN      "0000:00:02.0"
#define CASE_FOREIGN_MDEV "5d1f2c3b-7a44-4c0e-8f6b-3f9d1e2a4b01"
#define CASE_PASSTHROUGH  "0000:c1:00.0"
/* The name of every domain in hook/. */
#define CASE_DOMAIN "vm1"

/* The result of a call: the decision's code (below 100: allowed), or this where nothing is decided. */
#define CASE_NOT_GATED 0

typedef void (*CasePrepare) (FakeHost *host);

/* Replaces the first (or every) "what" in the input's text by "by"; a list ends with an edit without what. */
typedef struct {
    const char *what;
    const char *by;
} CaseEdit;

#define CASE_EDITS_MAX 4

typedef struct {
    const char *name;
    const char *input;     /* hook/INPUT.in.xml; NULL: text and length are the input */
    const char *operation; /* "migrate": 'migrate begin -'; "stopped end": 'stopped end -' */
    int code;              /* expected result */
    CasePrepare prepare;   /* or NULL: case_standard_host () */
    const char *sim;       /* vgpu-sim commands, or NULL */
    const char *config;    /* configuration lines, or NULL */
    CaseEdit edits[CASE_EDITS_MAX];
    const char *text;
    gsize length;
    gboolean report; /* the dry run's report is golden too */
} HookCase;

/*
 * An H100 at CASE_GPU with the virtual function CASE_VF of type 20C; CASE_MDEV of that type on it,
 * CASE_MDEV_2 on CASE_GPU; a foreign device with a mediated one; and an NVIDIA GPU in plain passthrough.
 */
void case_standard_host (FakeHost *host);
/* That host, with these lines in its configuration. The caller frees it. */
FakeHost *case_configured_host (const char *config);

/* Returns the input after its edits. The caller frees it. */
char *case_input (const HookCase *c, gsize *length);

/* Runs the case. A refusal is checked as refusal_compare () does with INPUT.NAME; a report, shortened, is
 * compared with FOLDER/INPUT.NAME.report. */
void case_run (const HookCase *c, const char *folder);

/* Runs the hook with --config and --root of this host, then extra (or NULL), then domain and operation. */
typedef struct {
    FakeHost *host;
    const char *extra; /* further options, separated by spaces; $ROOT in them is the host's directory */
    const char *domain;
    const char *operation;
    const char *input;
    gsize length;
} HookCall;

void case_call_hook (const HookCall *call, ProgramRun *run);

/* How the line about an event begins: "vgpu-gate: VGATE-303: HOST refuses DOMAIN: " with the name of this
 * machine, or "vgpu-gate: VGATE-001: DOMAIN: " for a code below 100 and for "release end", which refuses
 * nothing. The caller frees it. */
char *case_line_begin (int code, const char *operation, const char *domain);

/* What every call of the hook must fulfil: exit status, nothing on stdout, one line with the code or no
 * line. */
void case_assert_answer (const ProgramRun *run, const char *domain, int code);

/* The same for a call about CASE_DOMAIN; a refusal is also checked by refusal_compare (). */
void case_assert_refusal (const FakeHost *host, const ProgramRun *run, int code, const char *folder,
                          const char *name);

/* FALSE, and the case is skipped, if this machine has leases: called as libvirt calls it, without --root, the
 * hook would find them, and a cold start or 'release end' would behave differently. */
gboolean case_machine_has_no_leases (void);
