/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches over the persistent definitions of guests that arrived with another device than their XML named:
 * each is made to agree, or said not to, once. Which guests those are says the hook's record, the leases: so
 * nothing is forgotten while the daemon is away, and nobody's later edit is undone.
 */
#pragma once

#include "plugin/libvirt/connection.h"
#include "policy/policy.h"
#include "plugin/base/tally.h"
#include "plugin/base/workers.h"

typedef struct VgateDefinitionWatch VgateDefinitionWatch;

/*
 * All but root, which is put before /run, are borrowed and must outlive the watch, but for the workers: they
 * do its calls beside others, and must be freed before it.
 */
VgateDefinitionWatch *vgate_definition_watch_new (VgateConnection *connection, VgateWorkers *workers,
                                                  const VgatePolicy *policy, VgateTally *tally,
                                                  const char *root);
void vgate_definition_watch_free (VgateDefinitionWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDefinitionWatch, vgate_definition_watch_free)

/* A guest arrives, or may have arrived while nobody heard of it. Again and again until it is there. */
void vgate_definition_watch_note (VgateDefinitionWatch *watch);
