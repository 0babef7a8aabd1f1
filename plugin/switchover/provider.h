/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One domain's provider of org.qemu.VMState1: a connection to the bus of its own, as QEMU knows providers by
 * one Id a connection. It answers the QEMU of that domain and nobody else.
 */
#pragma once

#include <gio/gio.h>

typedef struct VgateProvider VgateProvider;

/* In the main loop. Each call is answered once, now or later, by vgate_provider_return_* (). */
typedef struct {
    void (*save) (const char *uuid, GDBusMethodInvocation *call, gpointer user_data);
    void (*load) (const char *uuid, GBytes *payload, GDBusMethodInvocation *call, gpointer user_data);
    /* Its QEMU left a while ago; it may be freed in here. */
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
 * The bus name of the domain's QEMU, which alone is answered; NULL: it left. Then QEMUs of other domains no
 * longer find it, but those that have found it already can still talk to it for a while: one that gets no
 * answer from any provider takes its own migration for failed.
 */
void vgate_provider_set_caller (VgateProvider *provider, const char *caller);
const char *vgate_provider_get_caller (const VgateProvider *provider);

/* Both take the call. */
void vgate_provider_return_payload (GDBusMethodInvocation *call, GBytes *payload);
/* Load only. line: NULL allows; else the error that QEMU prints. */
void vgate_provider_return_loaded (GDBusMethodInvocation *call, const char *line);

/* Writes out what was answered. Blocks for as long as the bus takes. */
void vgate_provider_flush (VgateProvider *provider);
