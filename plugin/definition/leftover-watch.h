/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches all persistent definitions of this host, also of guests without a vGPU and of those that do not
 * run: an element of ours in one of them is removed (leftover.h). Every definition that may contain one is
 * checked, two domains at a time however many there are; a domain that a job holds is checked again later.
 */
#pragma once

#include "plugin/libvirt/connection.h"
#include "policy/policy.h"
#include "plugin/base/tally.h"
#include "plugin/base/workers.h"

typedef struct VgateLeftoverWatch VgateLeftoverWatch;

/* Both are called in the main loop, in this order, for each check of a definition. A metadata event of the
 * domain between the two calls, or soon after, may come from our own write. */
typedef struct {
    void (*begun) (const char *uuid, gpointer user_data);
    void (*ended) (const char *uuid, gboolean is_removed, gpointer user_data);
} VgateLeftoverMethods;

/* All are borrowed. They must outlive the watch except the workers, which also make other calls and must be
 * freed before it. */
VgateLeftoverWatch *vgate_leftover_watch_new (VgateConnection *connection, VgateWorkers *workers,
                                              const VgatePolicy *policy, VgateTally *tally,
                                              const VgateLeftoverMethods *methods, gpointer user_data);
void vgate_leftover_watch_free (VgateLeftoverWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLeftoverWatch, vgate_leftover_watch_free)

/* The definition of this domain may have changed: checks it. */
void vgate_leftover_watch_note (VgateLeftoverWatch *watch, const char *uuid);
