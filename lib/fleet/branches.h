/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The branches of NVIDIA's host drivers (compat/vgpu-branches.conf), and a host as it would be with another
 * driver. The gate's own rule about releases (compat/releases.h) is built from the same file.
 */
#pragma once

#include "compat/releases.h"
#include "fleet/fleet.h"

/* Drivers of one branch, from one driver on. */
typedef struct {
    char *from;              /* the first driver: "570", "570.124" */
    guint number;            /* of the branch: 570 */
    VgateVersionRange range; /* the vGPU versions that the host driver supports */
    /* The following are those of the branch. */
    guint release;         /* of NVIDIA vGPU software; 0: no release has this branch */
    gboolean is_long_term; /* FALSE without a release */
    char *windows_first;   /* the lowest and the highest guest driver for Windows; NULL without a release */
    char *windows_last;
    const struct VgateBranches *table; /* which contains this entry */
} VgateBranch;

typedef struct VgateBranches {
    char *path;
    GPtrArray *entries; /* of VgateBranch *, in ascending order of their first drivers */
    GArray *releases;   /* of VgateRelease, likewise */
} VgateBranches;

/* The path of the installed table. Static. */
const char *vgate_branches_default_path (void);

/*
 * Reads a table; path: NULL for the installed one. The caller frees it. Errors:
 * VGATE_CODE_BRANCHES_UNREADABLE when the file cannot be read, VGATE_CODE_BRANCHES_INVALID when its content
 * is not valid.
 */
VgateBranches *vgate_branches_read (const char *path, GError **error);
/* The same with the content of a file; path is for messages. text ends with a zero byte, which length does
 * not count. */
VgateBranches *vgate_branches_parse (const char *path, const char *text, gsize length, GError **error);
/* The same for a report: all that is wrong is added to faults (base/fault.h), which is empty before. */
void vgate_branches_inspect (const char *text, gsize length, GPtrArray *faults);
void vgate_branches_free (VgateBranches *branches);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateBranches, vgate_branches_free)

/*
 * The entry for a host driver: "580.95.05", or a branch ("580"), which means its latest driver that the table
 * contains. It belongs to the table. NULL with VGATE_CODE_BRANCH_UNKNOWN when the table has no such branch or
 * the text is not the number of a driver.
 */
const VgateBranch *vgate_branches_find (const VgateBranches *branches, const char *driver, GError **error);

/*
 * Whether NVIDIA supports a guest driver on the host drivers of a branch, by the table that contains the
 * branch. *release is the guest driver's vGPU software release, or 0.
 */
VgateSupport vgate_branch_judge_guest (const VgateBranch *branch, const char *guest_driver, guint *release);
/* "19, 18, 16": the releases of the table whose guest drivers are supported on the branch. "" when it has no
 * release. The caller frees it. */
char *vgate_branch_list_supported (const VgateBranch *branch);

/*
 * The host as it would be with another driver: a copy of its document, in which the driver, the vGPU versions
 * and the metadata of each pGPU are those of the driver. driver is the text that the document then contains.
 * accepted: the versions that an administrator will set, which the branch supports; NULL: all that it
 * supports.
 *
 * What a document cannot contain stays as it is: the vGPU types and the devices are those of the driver that
 * runs now, although another driver can offer other types, and mediated devices must be created again after
 * it is loaded. Returns what vgate_fleet_host_free () frees.
 */
VgateFleetHost *vgate_fleet_host_with_driver (const VgateFleetHost *host, const char *driver,
                                              const VgateBranch *branch, const VgateVersionRange *accepted);
