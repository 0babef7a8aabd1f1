/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One domain's provider of org.qemu.VMState1. It has its own connection to the bus, because QEMU expects one
 * Id for each connection. It answers only the QEMU of that domain. */
#pragma once

#include <gio/gio.h>

typedef struct VgateProvider VgateProvider;

/* Called in the main loop. Each D-Bus call must be answered once, now or later, by vgate_provider_return_*
 * (). */
typedef struct {
    void (*save) (const char *uuid, GDBusMethodInvocation *call, gpointer user_data);
    void (*load) (const char *uuid, GBytes *payload, GDBusMethodInvocation *call, gpointer user_data);
    /* Its QEMU left a while ago. The provider may be freed in this call. */
    void (*idle) (const char *uuid, gpointer user_data);
    /* It cannot be on the bus. */
    void (*failed) (const char *uuid, const GError *error, gpointer user_data);
} VgateProviderMethods;

/* bus: D-Bus address. methods must outlive it. */
VgateProvider *vgate_provider_new (const char *bus, const char *uuid, const VgateProviderMethods *methods,
                                   gpointer user_data);
void vgate_provider_free (VgateProvider *provider);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateProvider, vgate_provider_free)

/*
 * Sets the bus name of the domain's QEMU, which alone is answered; NULL: it has left. QEMUs of other domains
 * then no longer find the provider, but those that have found it can still call it for a while, because a
 * QEMU that gets no answer from a provider treats its own migration as failed.
 */
void vgate_provider_set_caller (VgateProvider *provider, const char *caller);
const char *vgate_provider_get_caller (const VgateProvider *provider);

/* Both take ownership of the call. */
void vgate_provider_return_payload (GDBusMethodInvocation *call, GBytes *payload);
/* For Load only. line: NULL allows; otherwise the error that QEMU prints. */
void vgate_provider_return_loaded (GDBusMethodInvocation *call, const char *line);

/* Writes the answers out. Blocks as long as the bus takes. */
void vgate_provider_flush (VgateProvider *provider);
