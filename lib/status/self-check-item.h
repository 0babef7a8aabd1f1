/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a self-check has found: a list of items, one for each subject. */
#pragma once

#include <glib.h>

typedef enum {
    VGATE_SELF_CHECK_PASS,
    VGATE_SELF_CHECK_WARN,    /* guests are gated, but something is not as it should be */
    VGATE_SELF_CHECK_FAIL,    /* guests are not gated, or every guest is refused */
    VGATE_SELF_CHECK_UNKNOWN, /* could not be judged */
    VGATE_N_SELF_CHECK_RESULTS,
} VgateSelfCheckResult;

/* "pass", indexed by VgateSelfCheckResult and terminated by NULL. */
extern const char *const vgate_self_check_result_names[];

typedef struct {
    const char *name; /* static: "hook-link" */
    int result;       /* VgateSelfCheckResult */
    char *text;       /* what was found, without a full stop */
    char *remedy;     /* what to do, a command where there is one; NULL for PASS */
} VgateSelfCheckItem;

/* An array of VgateSelfCheckItem * that owns them. */
GPtrArray *vgate_self_check_items_new (void);
/* Appends an item. Takes text and remedy. File names can be part of them, so that they become one
 * printable line of up to 2000 characters. */
void vgate_self_check_items_take (GPtrArray *items, const char *name, VgateSelfCheckResult result, char *text,
                                  char *remedy);

/* FAIL if an item fails; otherwise UNKNOWN if one could not be judged; otherwise WARN if there is a warning;
 * otherwise PASS. */
VgateSelfCheckResult vgate_self_check_overall (const GPtrArray *items);
