/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every key of vgpu-gate.conf(5) but those of [rules], once: how its value is read, and what it can be. */
#pragma once

#include "policy/policy.h"

typedef struct {
    const char *group;
    const char *key;
    /* Into the policy, whose former value is freed; FALSE when it is none that the key can have. */
    gboolean (*read) (VgatePolicy *policy, const char *value);
    const char *expected; /* for the message: "100 to 60000" */
} VgatePolicyKey;

/* NULL: there is no such key. Static. */
const VgatePolicyKey *vgate_policy_find_key (const char *group, const char *key);
/* All of them. Static. */
const VgatePolicyKey *vgate_policy_keys (gsize *n);
/* TRUE when a key stands in the group. */
gboolean vgate_policy_has_group (const char *group);
