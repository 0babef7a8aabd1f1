/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leases of devices, in a file in ROOT/run/vgpu-gate. A lease is taken at 'migrate begin' and at
 * 'restore begin'. The file also has records: of the devices that were created for a guest, until
 * 'release end' and, after their removal, for a later cold start; and of devices that replace others in a
 * guest's XML, until vgpu-gated has handled the persistent definition. It is a GKeyFile with a group for each
 * device and guest, and is read and written under a lock. It is read strictly: when it cannot be read or
 * written, that is an error, and never treated as "no leases".
 *
 * Times are seconds of the monotonic clock (g_get_monotonic_time ()). Like the file, they start again with
 * each boot, and nobody can set the clock.
 */
#pragma once

#include "domain/domain.h"

/* The number of removed devices whose records are kept. */
#define VGATE_LEASE_UNMADE_MAX 1024

typedef enum {
    VGATE_LEASE_TAKEN,   /* the device exists */
    VGATE_LEASE_PLANNED, /* it is to be created at 'prepare begin' */
    VGATE_LEASE_MADE,    /* it was created by vgpu-gate, or was about to be; it is removed at 'release end' */
    VGATE_LEASE_GIVEN,   /* it existed, and the guest was started with it instead of another device */
    /* It was created for the guest and removed; a cold start of the guest creates it again. Others can use
     * the device. */
    VGATE_LEASE_UNMADE,
} VgateLeaseState;

/* Who decided that the device is created. */
typedef enum {
    VGATE_LEASE_BY_GATE, /* the hook, with mode=apply */
    /* An operator, with 'vgpu-gate device make'. Until the host is booted, the gate creates the device
     * again for the same guest, whatever the mode is. */
    VGATE_LEASE_BY_OPERATOR,
} VgateLeaseMaker;

typedef struct {
    char *domain;    /* UUID; of a guest that is not known yet: vgate_lease_of_unknown_guest () */
    int kind;        /* VgateHostdevKind */
    char *device;    /* UUID of the mediated device, or PCI address of the virtual function */
    char *parent;    /* PCI address of the device's parent, or of the virtual function */
    char *pgpu;      /* PCI address of the physical function */
    guint32 type;    /* vGPU type ID, with the number that the driver had when the device was created */
    char *type_name; /* NULL: not known */
    int state;       /* VgateLeaseState */
    guint64 expires;
    /* The device of the same kind in the guest's XML before the hook replaced it; NULL: not replaced, or
     * vgpu-gated has handled it. */
    char *instead_of;
    int made_by; /* VgateLeaseMaker; only for a device that is or was to be created */
} VgateLease;

/* The caller frees it. */
VgateLease *vgate_lease_copy (const VgateLease *lease);
void vgate_lease_free (VgateLease *lease);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLease, vgate_lease_free)

typedef struct {
    GPtrArray *all; /* of VgateLease * */
    int directory;  /* descriptors; -1: opened for reading only, or the directory does not exist */
    int lock;
} VgateLeases;

/*
 * An operator can have a device created by its name alone. The guest is not known then: it is the one
 * whose XML names the device. Until that guest arrives or is started, the lease has a UUID in place of the
 * guest's that follows from the device, and that no domain has. The caller frees it.
 */
char *vgate_lease_of_unknown_guest (const char *device);
gboolean vgate_lease_is_of_unknown_guest (const VgateLease *lease);

/* TRUE when there can be leases. Takes no lock. */
gboolean vgate_leases_exist (const char *root);

/*
 * How long a caller waits for the lock, in ms:
 *
 * - A caller that only reads the leases (a dry run, or a check whether the guest has one) takes no lock.
 * - A hook waits for 60 s. Another hook can hold the lock while it asks NVML at an arrival (10 ms to a few
 *   seconds; when NVML hangs, the whole deadline) or creates devices at a start, and several guests can
 *   arrive one after the other.
 * - vgpu-gated waits for 10 s, because it tries again at its next update of the definition.
 */
#define VGATE_LEASES_HOOK_WAIT_MS  60000
#define VGATE_LEASES_AGENT_WAIT_MS 10000

/*
 * Opens the leases, and holds the lock until vgate_leases_free (); waits for it as vgpu-gated does. to_look:
 * without the lock, and nothing is created. Errors: VGATE_CODE_LEASE_LOCKED, _UNREADABLE (the content is not
 * what vgpu-gate writes), _UNWRITABLE (the directory cannot be created or is not safe).
 */
VgateLeases *vgate_leases_open (const char *root, gboolean to_look, GError **error);
/* The same with the lock, with this time to wait. */
VgateLeases *vgate_leases_open_within (const char *root, guint wait_ms, GError **error);
void vgate_leases_free (VgateLeases *leases);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLeases, vgate_leases_free)

/*
 * Writes the leases. Leases that have ended are left out unless they are records, and so are the oldest
 * records of removed devices when there are too many. When writing fails, the former file is unchanged;
 * VGATE_CODE_LEASE_UNWRITABLE. Without leases, the file is removed.
 */
gboolean vgate_leases_save (VgateLeases *leases, guint64 now, GError **error);

/* TRUE while the lease reserves the device. */
gboolean vgate_lease_holds (const VgateLease *lease, guint64 now);

/* TRUE when the guest was started with the device instead of another one, and vgpu-gated has not handled that
 * yet. */
gboolean vgate_lease_is_unsettled (const VgateLease *lease);

/* The lease of a device, of any guest, or NULL. Records of removed devices are not considered. */
VgateLease *vgate_leases_find (const VgateLeases *leases, VgateHostdevKind kind, const char *device);
/*
 * Writes a copy of the lease over the records of its device. A device that was created for a guest which no
 * longer exists here is still to be removed later, so it stays MADE. The record that the same guest had the
 * device in an earlier stay is dropped.
 */
void vgate_leases_put (VgateLeases *leases, const VgateLease *chosen);
/* Gives the domain the leases of guests that were not known whose devices its XML names. Only changes the
 * leases in memory. */
void vgate_leases_adopt (VgateLeases *leases, const VgateDomain *domain);
/* TRUE when an operator had the device created for the domain in this boot, and it was removed when the
 * domain ended. */
gboolean vgate_leases_was_ordered (const VgateLeases *leases, const char *domain, VgateHostdevKind kind,
                                   const char *device);
/* Removes all leases of a domain, but keeps the records of devices that were created for it or removed. FALSE
 * when there was no other lease. */
gboolean vgate_leases_drop (VgateLeases *leases, const char *domain);
/* Notes that vgpu-gated has handled the devices that replace others in the domain. FALSE when there was
 * none. */
gboolean vgate_leases_settle (VgateLeases *leases, const char *domain);
