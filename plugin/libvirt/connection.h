/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The connection to libvirt: opens it, watches it, and opens it again with back-off when it is lost. It never
 * blocks the main loop, because a worker makes the calls. Events come through GLib's main loop
 * (gvir_event_register () must have been called).
 */
#pragma once

#include "plugin/libvirt/domain-calls.h"

/* The events of a domain. */
typedef enum {
    VGATE_DOMAIN_STARTED,
    VGATE_DOMAIN_ARRIVED, /* by migration or restore */
    VGATE_DOMAIN_RESUMED,
    VGATE_DOMAIN_CHANGED,  /* its power state, or a device came or went */
    VGATE_DOMAIN_METADATA, /* its element was written or removed, perhaps by us: in the live XML of a running
                            * guest, or in its persistent definition */
    VGATE_DOMAIN_JOB_BEGINS,     /* a job may have begun: libvirt reports that the guest was paused */
    VGATE_DOMAIN_JOB_SETUP,      /* QEMU sets up a migration: out or in, or into a file */
    VGATE_DOMAIN_JOB_SWITCHES,   /* at the end of a migration: the guest is paused */
    VGATE_DOMAIN_JOB_CANCELLING, /* the migration was aborted */
    VGATE_DOMAIN_JOB_CANCELLED,  /* it has ended because of the abort, for QEMU */
    VGATE_DOMAIN_JOB_COMPLETED,  /* with success: the guest may run at the destination */
    VGATE_DOMAIN_JOB_FAILED,     /* with an error */
    VGATE_DOMAIN_ENDED,
    VGATE_DOMAIN_DEFINED, /* its persistent definition was created or changed; the domain need not run */
} VgateDomainEvent;

typedef struct VgateConnection VgateConnection;

/* Called in the main loop. */
typedef struct {
    /* For the first time or again; events may have been missed. */
    void (*connected) (gpointer user_data);
    void (*happened) (const char *uuid, VgateDomainEvent event, gpointer user_data);
} VgateConnectionMethods;

/* uri: libvirt's. methods: NULL if no events are needed. */
VgateConnection *vgate_connection_new (const char *uri, const VgateConnectionMethods *methods,
                                       gpointer user_data);
/* Waits for the calls in progress that open or close it. */
void vgate_connection_free (VgateConnection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateConnection, vgate_connection_free)

/* Connects, repeatedly until it succeeds, and again after the connection was lost. */
void vgate_connection_start (VgateConnection *connection);

/* Replaces the present connection, on which too many calls hang, by a new one. */
void vgate_connection_renew (VgateConnection *connection);

/* Returns libvirt's connection; NULL if there is none. Borrowed: a worker needs a reference
 * (virConnectRef). */
virConnectPtr vgate_connection_get (VgateConnection *connection);
