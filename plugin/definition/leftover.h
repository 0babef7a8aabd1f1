/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Our element in the persistent (inactive) definition of one domain. It describes a guest that ran, and would
 * be compared with a guest that is stopped, or with another domain that was made from a copy. It gets there
 * when a transient guest is made persistent, by 'virsh migrate --persistent' or by its own 'virsh dumpxml'.
 * It is removed, and nothing else of the definition is changed. Called by a worker.
 */
#pragma once

#include "plugin/libvirt/domain-calls.h"

typedef enum {
    VGATE_LEFTOVER_NONE,    /* no element, no persistent definition, or no such domain any more */
    VGATE_LEFTOVER_REMOVED, /* there was one, and it was removed */
    VGATE_LEFTOVER_BUSY,    /* there is one, but a job holds the domain */
    VGATE_LEFTOVER_FAILED,  /* error has the reason */
} VgateLeftoverOutcome;

typedef struct {
    /* input */
    virConnectPtr libvirt; /* owned; NULL after _run () */
    char *uuid;

    /* results */
    VgateLeftoverOutcome outcome;
    char *name; /* NULL: it could not be found out */
    GError *error;
} VgateLeftover;

/* Takes references and copies, not ownership. */
VgateLeftover *vgate_leftover_new (virConnectPtr libvirt, const char *uuid);
void vgate_leftover_free (VgateLeftover *leftover);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLeftover, vgate_leftover_free)

/*
 * Blocks. Elements of namespaces that this version does not support, such as those of a newer one, are not
 * touched. libvirt reports a removal by one metadata event, like any change of metadata in the live or the
 * persistent XML.
 */
void vgate_leftover_run (VgateLeftover *leftover);

/* Logs what was removed and what failed; logs nothing otherwise. */
void vgate_leftover_report (const VgateLeftover *leftover);
