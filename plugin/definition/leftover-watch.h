/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches over all persistent definitions of this host, also of guests without a vGPU and of those that do
 * not run: an element of ours that gets into one is taken out (leftover.h). What may have got one is asked
 * about, two domains at a time however many there are; a domain that a job holds is asked about again later.
 */
#pragma once

#include "plugin/libvirt/connection.h"
#include "policy/policy.h"
#include "plugin/base/tally.h"
#include "plugin/base/workers.h"

typedef struct VgateLeftoverWatch VgateLeftoverWatch;

/*
 * Both come in the main loop, one after the other, for each look at a definition: what libvirt tells of the
 * domain's metadata in between, or soon after, can be of our own doing.
 */
typedef struct {
    void (*begun) (const char *uuid, gpointer user_data);
    void (*ended) (const char *uuid, gboolean is_removed, gpointer user_data);
} VgateLeftoverMethods;

/* All are borrowed and must outlive the watch, but for the workers: they do its calls beside others, and must
 * be freed before it. */
VgateLeftoverWatch *vgate_leftover_watch_new (VgateConnection *connection, VgateWorkers *workers,
                                              const VgatePolicy *policy, VgateTally *tally,
                                              const VgateLeftoverMethods *methods, gpointer user_data);
void vgate_leftover_watch_free (VgateLeftoverWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLeftoverWatch, vgate_leftover_watch_free)

/* The definition of this domain may have changed. */
void vgate_leftover_watch_note (VgateLeftoverWatch *watch, const char *uuid);
