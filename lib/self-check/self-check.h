/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is this host really gated? vgpu-gate-hook refuses nothing if libvirt does not run it, and no program of
 * vgpu-gate is then asked. These checks find that out from outside, as virt-host-validate does for QEMU:
 *
 *   hook-link      libvirt's directory of hooks has a link to vgpu-gate-hook, which exists and is executable
 *   hook-loaded    libvirt's daemon looked for hooks after the link was created
 *   hook-chain     no other hook changes what ours gets, or replaces what it answers
 *   configuration  can be read, and allows nothing that is refused by default
 *   mode           guests that are refused do not pass
 *   allowed-once   no arrival is allowed, whatever the gate decides; only if there is one
 *   fleet-key      is set, or captures are not sealed
 *   nvml, gpus     NVML answers, and GPUs are in vGPU host mode; only with ask_nvml
 *   devices        exist as devices.conf declares; only with ask_nvml and if there is such a file
 *   vgpu-gated     runs, is connected to libvirt, and has this version; only with agent
 *   bus            of the gate at switch-over
 *   confinement    AppArmor lets libvirt's daemon run the hook; the hook has the label that SELinux expects
 *   clock          is synchronised where the age of a document is judged; not if the caller cannot ask
 *   host-uuid      identifies this host only
 *   fleet          no other host document has this host's UUID; only with fleet
 *
 * libvirt (virhook.c, since qemu.d exists) looks for the hooks of a driver when its daemon starts and on
 * SIGHUP, and remembers whether there was any. If there was, it reads the directory again at each event. A
 * process has the time of its start; systemd knows when it last reloaded a unit; a SIGHUP of somebody else
 * leaves no trace.
 */
#pragma once

#include "policy/policy.h"
#include "status/self-check-item.h"

typedef enum {
    VGATE_SELF_CHECK_CLOCK_SKIPPED, /* the caller cannot ask the kernel: no item */
    VGATE_SELF_CHECK_CLOCK_UNKNOWN,
    VGATE_SELF_CHECK_CLOCK_SYNCHRONISED,
    VGATE_SELF_CHECK_CLOCK_FREE, /* it is not synchronised */
} VgateSelfCheckClock;

/* What vgpu-gated answered. */
typedef struct {
    const GError *error;   /* it did not answer; the other members are then not set */
    gboolean is_forbidden; /* only root can ask */
    const char *version;
    gboolean is_connected; /* to libvirt */
} VgateSelfCheckAgent;

/* All pointers are borrowed. */
typedef struct {
    const char *root;           /* prepended to all paths; "" on a real host */
    const char *config_path;    /* of the configuration */
    const VgatePolicy *policy;  /* NULL: it cannot be read, for the reason config_error */
    const GError *config_error; /* NULL with a policy */
    gboolean ask_nvml;
    const VgateSelfCheckAgent *agent; /* NULL: vgpu-gated itself checks */
    VgateSelfCheckClock clock;
    const char *fleet; /* a directory with hosts/NAME.xml; NULL: none */
    gint64 now;        /* us since 1970 */
    /* When systemd last reloaded the unit, in us since 1970; 0: never, or not known. */
    gint64 (*last_reload) (const char *unit);
} VgateSelfCheckRequest;

/* Blocks: with ask_nvml for the deadline of the configuration at most. Returns an array of
 * VgateSelfCheckItem *, which the caller unrefs. */
GPtrArray *vgate_self_check_run (const VgateSelfCheckRequest *request);

/* For VgateSelfCheckRequest.last_reload: asks systemd on the system's bus, for two seconds at most.
 * From then on the process ignores SIGPIPE, as GLib does with its first socket. */
gint64 vgate_self_check_last_reload (const char *unit);
/* Asks the kernel (adjtimex), and looks for the file of systemd-timesyncd. With another root, only the file
 * counts. */
VgateSelfCheckClock vgate_self_check_ask_clock (const char *root);
