/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The connection to libvirt: opens it, watches it, and opens it again with back-off when it is lost. It
 * blocks nobody: calls are made by a worker. Events come through GLib's main loop (gvir_event_register ()
 * must have been called).
 */
#pragma once

#include "plugin/libvirt/domain-calls.h"

/* What can happen to a domain, as far as it concerns us. */
typedef enum {
    VGATE_DOMAIN_STARTED,
    VGATE_DOMAIN_ARRIVED, /* by migration or restore */
    VGATE_DOMAIN_RESUMED,
    VGATE_DOMAIN_CHANGED,  /* its power state, or a device came or went */
    VGATE_DOMAIN_METADATA, /* its element was written or taken away, perhaps by ourselves: in the live XML of
                            * a guest that runs, or in its persistent definition */
    VGATE_DOMAIN_JOB_BEGINS,     /* one may have begun: libvirt says that the guest was paused */
    VGATE_DOMAIN_JOB_SETUP,      /* QEMU sets up a migration: out or in, or into a file */
    VGATE_DOMAIN_JOB_SWITCHES,   /* the last moment of it: the guest is paused */
    VGATE_DOMAIN_JOB_CANCELLING, /* somebody has aborted it */
    VGATE_DOMAIN_JOB_CANCELLED,  /* it has ended by that, as far as QEMU is concerned */
    VGATE_DOMAIN_JOB_COMPLETED,  /* with success: the guest may run at the destination */
    VGATE_DOMAIN_JOB_FAILED,     /* with an error */
    VGATE_DOMAIN_ENDED,
    VGATE_DOMAIN_DEFINED, /* its persistent definition was made or changed; it need not run */
} VgateDomainEvent;

typedef struct VgateConnection VgateConnection;

/* In the main loop. */
typedef struct {
    /* For the first time or again; events may have been missed. */
    void (*connected) (gpointer user_data);
    void (*happened) (const char *uuid, VgateDomainEvent event, gpointer user_data);
} VgateConnectionMethods;

/* uri: libvirt's. methods: NULL where nobody asks. */
VgateConnection *vgate_connection_new (const char *uri, const VgateConnectionMethods *methods,
                                       gpointer user_data);
/* Waits for the calls that open or close it. */
void vgate_connection_free (VgateConnection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateConnection, vgate_connection_free)

/* Tries until it works, and again when it is lost. */
void vgate_connection_start (VgateConnection *connection);

/* Gives up the connection at hand, on which too many calls hang, for a new one. */
void vgate_connection_renew (VgateConnection *connection);

/* libvirt's connection; NULL while there is none. Borrowed: a worker needs a reference (virConnectRef). */
virConnectPtr vgate_connection_get (VgateConnection *connection);
