/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All keys of vgpu-gate.conf(5) except those of [rules]: how their values are read, and which values they can
 * have. */
#pragma once

#include "policy/policy.h"

typedef struct {
    const char *group;
    const char *key;
    /* Reads the value into the policy and frees its former value. FALSE when the value is invalid. */
    gboolean (*read) (VgatePolicy *policy, const char *value);
    const char *value;    /* the default; NULL: none */
    const char *expected; /* for the message: "100 to 60000" */
} VgatePolicyKey;

/* Static; NULL for an unknown key. */
const VgatePolicyKey *vgate_policy_find_key (const char *group, const char *key);
/* All keys. Static. */
const VgatePolicyKey *vgate_policy_keys (gsize *n);
/* TRUE when the group has a key. */
gboolean vgate_policy_has_group (const char *group);
/* The group that has a key of this name; NULL when no group has it. */
const char *vgate_policy_group_of (const char *key);

/* What an unknown word can be meant to be: a key of the group, a group, or a rule. Static; NULL when nothing
 * is written much like it. */
const char *vgate_policy_suggest_key (const char *group, const char *word);
const char *vgate_policy_suggest_group (const char *word);
const char *vgate_policy_suggest_rule (const char *word);
