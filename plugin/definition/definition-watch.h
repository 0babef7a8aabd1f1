/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches the persistent definitions of guests that arrived with another device than the one in their XML:
 * each is changed to agree, or reported, once. The leases, which the hook writes, list these guests. So none
 * is forgotten while the daemon does not run, and no later edit by a user is undone.
 */
#pragma once

#include "plugin/libvirt/connection.h"
#include "policy/policy.h"
#include "plugin/base/tally.h"
#include "plugin/base/workers.h"

typedef struct VgateDefinitionWatch VgateDefinitionWatch;

/* root is the prefix of /run. All other arguments are borrowed. They must outlive the watch except the
 * workers, which also make other calls and must be freed before it. */
VgateDefinitionWatch *vgate_definition_watch_new (VgateConnection *connection, VgateWorkers *workers,
                                                  const VgatePolicy *policy, VgateTally *tally,
                                                  const char *root);
void vgate_definition_watch_free (VgateDefinitionWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDefinitionWatch, vgate_definition_watch_free)

/* A guest arrives, or may have arrived without an event. It is checked repeatedly until its arrival has
 * ended. */
void vgate_definition_watch_note (VgateDefinitionWatch *watch);
