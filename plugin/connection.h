/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The connection to libvirt: opens it, watches it, and opens it again with back-off when it is lost. Events
 * come through GLib's main loop (gvir_event_register () must have been called).
 */
#pragma once

#include "domain/element.h"

#include <libvirt/libvirt.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (virDomain, virDomainFree)

typedef struct VgateConnection VgateConnection;

typedef struct {
    /* connected, for the first time or again: events may have been missed */
    void (*connected) (gpointer user_data);
    /* something happened to a domain after which it should be captured */
    void (*domain_event) (const char *uuid, VgateTrigger trigger, gpointer user_data);
} VgateConnectionCallbacks;

VgateConnection *vgate_connection_new (const char *uri, VgateConnectionCallbacks callbacks,
                                       gpointer user_data);
void vgate_connection_free (VgateConnection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateConnection, vgate_connection_free)

/* One attempt, now. FALSE with VGATE_CODE_LIBVIRT_ERROR. */
gboolean vgate_connection_open (VgateConnection *connection, GError **error);
/* Tries until it works, from the main loop. */
void vgate_connection_keep_open (VgateConnection *connection);
/* libvirt's connection; NULL while there is none. Borrowed. */
virConnectPtr vgate_connection_get (VgateConnection *connection);

/* VGATE_CODE_LIBVIRT_ERROR with libvirt's last error of this thread. */
void vgate_set_libvirt_error (GError **error, const char *call);
