/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an audit judges: files from which libvirt can start a guest. A save image (also a managed save) and a
 * snapshot with memory are restored; a definition and a snapshot without memory are started cold. Only files
 * are read; libvirt is not asked.
 */
#pragma once

#include "fleet/branches.h"
#include "fleet/question.h"

typedef struct {
    char *root; /* "" on a real host */
    gboolean judges_starts;
    /* guests: what can be judged (vgate_fleet_operation () is its operation); faults: what cannot be read. A
     * guest whose metadata element cannot be read is no fault, because the gate refuses it. */
    VgateFleet *files;
    GPtrArray *ignored;  /* of char *: paths of files in a directory that are neither save images nor XML */
    guint n_running;     /* definitions that were left out, because their guests run */
    GHashTable *running; /* UUIDs of the guests that run; NULL until it is needed */
} VgateAudit;

/*
 * root is copied; it is prepended to the paths of vgate_audit_add_host () and to /proc and /run.
 * judges_starts: the configuration has a cold start judged by metadata that an earlier run left
 * (cold-start=check). Otherwise such metadata is dropped, because the gate does not use it.
 */
VgateAudit *vgate_audit_new (const char *root, gboolean judges_starts);
void vgate_audit_free (VgateAudit *audit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateAudit, vgate_audit_free)

/*
 * Adds a file, or the files in a directory (not those in its subdirectories, and no hidden ones), sorted by
 * name; "-" is standard input. A file is recognised by its content; the XML of a domain is taken for the
 * definition of a guest that does not run. A named file, and a file in a directory whose name ends in ".save"
 * or ".xml", that is neither is a fault (VGATE_CODE_AUDIT_FOREIGN); another file in a directory is ignored.
 * What is not a regular file is not opened.
 */
void vgate_audit_add (VgateAudit *audit, const char *path);

/*
 * Adds what libvirt's system daemon has on this host: the managed saves, the definitions of guests that do
 * not run, and the snapshots. The memory of an external snapshot must have a valid header
 * (VGATE_CODE_SNAPSHOT_MEMORY). A directory that does not exist is empty.
 */
void vgate_audit_add_host (VgateAudit *audit);

/* "save-image", "managed-save", "definition" or "snapshot". Static. */
const char *vgate_audit_kind (const VgateFleetGuest *guest);

/* --- the judgement --- */

/*
 * The host as it will be with another driver (vgate_fleet_host_with_driver ()), when it has been updated: it
 * accepts all vGPU versions of the driver, offers the vGPU types that it offers now, no guest runs on it, and
 * each guest finds a device. The caller frees it.
 */
VgateFleetHost *vgate_audit_plan_host (const VgateFleetHost *host, const char *driver,
                                       const VgateBranch *branch);

/*
 * The gate's decision about a guest of the audit. host: NULL for this one. planned: that host as it will be;
 * NULL: no driver is planned. A guest without metadata is judged on the host as it is. The caller frees the
 * decision.
 */
VgateDecision *vgate_audit_decide (const VgateFleetQuestion *question, const VgateFleetGuest *guest,
                                   const VgateFleetHost *host, const VgateFleetHost *planned);

/* For several hosts together, the greatest one is true. */
typedef enum {
    VGATE_AUDIT_NO,            /* the gate refuses it */
    VGATE_AUDIT_UNKNOWN,       /* it could not be judged */
    VGATE_AUDIT_YES,           /* it can be restored or started */
    VGATE_AUDIT_NOT_CONCERNED, /* it has no vGPU */
    VGATE_N_AUDIT_ANSWERS,
} VgateAuditAnswer;

VgateAuditAnswer vgate_audit_answer (const VgateDecision *decision);
/* "no", "unknown", "yes", "none". Static. */
const char *vgate_audit_answer_name (VgateAuditAnswer answer);
