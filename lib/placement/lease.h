/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who gets which device: leases in ROOT/run/vgpu-gate, which are taken at 'migrate begin'; the record of the
 * devices that were made for a guest, which lasts until 'release end', and after that of what they were; and
 * of those that a guest has in place of others, until vgpu-gated has seen to its persistent definition. The
 * file is a GKeyFile with a group for each device and guest. It is read and written under a lock, strictly:
 * what cannot be read or written is an error, and never taken for "no leases".
 *
 * Times are seconds of the monotonic clock (g_get_monotonic_time ()): like the file they begin anew with each
 * boot, and nobody sets them.
 */
#pragma once

#include "domain/domain.h"

/* So many of the last devices that were unmade are remembered. */
#define VGATE_LEASE_UNMADE_MAX 1024

typedef enum {
    VGATE_LEASE_TAKEN,   /* the device exists */
    VGATE_LEASE_PLANNED, /* it is to be made at 'prepare begin' */
    VGATE_LEASE_MADE,    /* we made it, or were about to: it is unmade at 'release end' */
    VGATE_LEASE_GIVEN,   /* it existed, and the guest was started with it instead of another one */
    /* We had made it for the guest, and unmade it: a cold start of the guest makes it again. Keeps nobody
     * from the device. */
    VGATE_LEASE_UNMADE,
} VgateLeaseState;

typedef struct {
    char *domain; /* UUID */
    int kind;     /* VgateHostdevKind */
    char *device; /* UUID of the mediated device, or PCI address of the virtual function */
    char *parent; /* PCI address of what the device is on, or of the virtual function */
    char *pgpu;   /* PCI address of the physical function */
    guint32 type; /* vGPU type id on this host, as the driver numbered the types when the device was made */
    char *type_name; /* NULL: not known */
    int state;       /* VgateLeaseState */
    guint64 expires;
    /* What the guest's XML named, of the same kind, before the hook changed that to the device; NULL: the
     * same, or vgpu-gated has seen to it. */
    char *instead_of;
} VgateLease;

void vgate_lease_free (VgateLease *lease);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLease, vgate_lease_free)

typedef struct {
    GPtrArray *all; /* of VgateLease * */
    char *path;     /* of the file */
    int directory;  /* descriptors; -1: opened to look only, or there is no directory */
    int lock;
} VgateLeases;

/* The clock of the leases, now. */
guint64 vgate_leases_clock (void);

/* TRUE when there may be leases: a look that takes no lock. */
gboolean vgate_leases_exist (const char *root);

/* How long a hook waits for the lock. Who has it may be asking NVML, and several guests arrive one after the
 * other: see vgate_leases_open_within (). */
#define VGATE_LEASES_WAIT_MS 60000

/*
 * Opens them; the lock is held until vgate_leases_free (). to_look: without lock, and nothing is created.
 * Waits for the lock up to 10 s. Errors: VGATE_CODE_LEASE_LOCKED, _UNREADABLE (what is there is not what
 * vgpu-gate writes), _UNWRITABLE (the directory cannot be made, or is not safe).
 */
VgateLeases *vgate_leases_open (const char *root, gboolean to_look, GError **error);
/* The same with the lock, which is waited for this long. An arrival holds it while it asks NVML (10 ms to a
 * few seconds; when NVML hangs the whole deadline) and a start while it makes devices, so those that come at
 * once take turns. */
VgateLeases *vgate_leases_open_within (const char *root, guint wait_ms, GError **error);
void vgate_leases_free (VgateLeases *leases);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLeases, vgate_leases_free)

/*
 * Writes them, without those that ended before now and say no more than that, and without what was unmade
 * longest ago where that is too much. All or nothing: the file that was there stays when it fails, with
 * VGATE_CODE_LEASE_UNWRITABLE. No lease is no file.
 */
gboolean vgate_leases_save (VgateLeases *leases, guint64 now, GError **error);

/* TRUE while it keeps others from the device. */
gboolean vgate_lease_holds (const VgateLease *lease, guint64 now);

/* TRUE when its guest was started with the device in place of another, and vgpu-gated has not seen to that.
 */
gboolean vgate_lease_is_unsettled (const VgateLease *lease);

/* The lease of a device, whoever has it, but for what was unmade; NULL. */
VgateLease *vgate_leases_find (const VgateLeases *leases, VgateHostdevKind kind, const char *device);
/* Takes away all of a domain, but keeps the record of what was made for it, or unmade. FALSE: there was no
 * other. */
gboolean vgate_leases_drop (VgateLeases *leases, const char *domain);
/* vgpu-gated has seen to what the domain has in place of others. FALSE: there was nothing to see to. */
gboolean vgate_leases_settle (VgateLeases *leases, const char *domain);
