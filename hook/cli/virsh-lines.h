/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes the shell commands that migrate a guest with vGPUs. Nothing is executed. The commands are for a
 * machine from which virsh reaches both hosts, and vgpu-gate is run on the hosts by ssh.
 *
 * A guest with a vGPU is migrated live and without --postcopy, which VFIO devices do not support. Neither
 * --p2p nor --tunnelled is needed. --parallel is only written when it is asked for, because no document
 * contains the version of QEMU.
 */
#pragma once

#include "domain/domain.h"
#include "gate/decision.h"

/* libvirt's down-time limit of a migration when nothing was set, in ms. */
#define VGATE_VIRSH_DOWN_TIME_DEFAULT 300u
/* The largest one that QEMU accepts, in ms. */
#define VGATE_VIRSH_DOWN_TIME_MAX 2000000u
/* The URI of a host of which only the name is known. */
#define VGATE_VIRSH_URI_DEFAULT "qemu+ssh://root@%h/system"

/* How the hosts are reached, and the options of virsh that no document determines. */
typedef struct {
    const char *uri;       /* "%h" is replaced by the host's name; NULL: VGATE_VIRSH_URI_DEFAULT */
    guint n_connections;   /* of --parallel; 0: without --parallel */
    gboolean is_transient; /* the definition is neither copied to the destination nor removed at the source */
} VgateVirshHosts;

/* The device of one vGPU at the destination. */
typedef struct {
    VgateHostdevKind kind;
    char *named;  /* the device that the guest's XML names: a UUID or a PCI address */
    char *device; /* the device that the guest gets */
    char *type;   /* as a word (vgate_plan_write_type ()); NULL: the device exists */
    char *gpu;    /* the GPU on which a mediated device is created; NULL: any */
} VgateVirshDevice;

/* The strings are copied. */
VgateVirshDevice *vgate_virsh_device_new (VgateHostdevKind kind, const char *named, const char *device,
                                          const char *type, const char *gpu);
void vgate_virsh_device_free (VgateVirshDevice *device);

/* The devices of a decision that chose devices on the host, as VgateVirshDevice *. vGPUs without a hostdev
 * are left out. A mediated device that cannot be created under the guest's name gets a new UUID. The caller
 * unrefs the array. */
GPtrArray *vgate_virsh_devices_of (const VgateDecision *decision, const VgateHost *host);

typedef struct {
    const char *name;         /* of the domain */
    const char *uuid;         /* of the domain */
    const char *source;       /* the source's name; NULL: virsh connects to its default */
    const char *destination;  /* the destination's name */
    const GPtrArray *devices; /* of VgateVirshDevice *, those of all vGPUs; NULL: none */
    guint64 down_time;        /* the estimate in us; 0: not known */
    guint64 max_down_time;    /* what libvirt allows the guest, in ms; 0: not known, so its default */
} VgateVirshMove;

/*
 * The commands that migrate the guest, in their order: allow a sufficient down-time, create the devices at
 * the destination, write the XML that names other devices, migrate, and remove the files. Each must succeed
 * before the next is run. The result contains char *; the caller unrefs it.
 */
GPtrArray *vgate_virsh_migrate (const VgateVirshMove *move, const VgateVirshHosts *hosts);

/* The command that removes a device which a guest has left behind on the host. The caller frees it. */
char *vgate_virsh_remove (const char *host, const char *device, const VgateVirshHosts *hosts);

/* The down-time that is allowed for this estimate (us), in ms: a quarter more, because the estimate does not
 * contain the guest's memory, rounded up to 100 ms. */
guint64 vgate_virsh_allowed_down_time (guint64 estimate);

/* FALSE with G_OPTION_ERROR when uri is not a URI with the mark "%h". */
gboolean vgate_virsh_check_uri (const char *uri, GError **error);
