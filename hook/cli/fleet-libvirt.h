/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fleet's source: the hosts of libvirt URIs. The guests come from libvirt, and the host document from
 * "vgpu-gate host", which is run here for a local URI and by ssh for one with the transport ssh. */
#pragma once

#include "fleet/fleet.h"

/* What was read, or could not be read. */
typedef struct {
    gboolean is_host;
    gboolean is_inactive; /* a domain that does not run: its definition was read */
    const char *uri;      /* static */
    char *origin;         /* the URI, and for a guest its name */
    char *name;           /* that of the domain, or NULL */
    char *xml;            /* a host document or guest document (without passwords); NULL with an error */
    GError *error;        /* of VGATE_ERROR; its text does not repeat the origin */
} VgateSourceDocument;

typedef struct {
    char *const *uris;    /* NULL-terminated */
    char *const *guests;  /* names and UUIDs, NULL-terminated: these guests, also those that do not run; NULL:
                           * all that run */
    gboolean needs_hosts; /* read the host documents, too */
    const char *config;   /* --config for the local host, or NULL */
    guint deadline_ms;    /* for a host; 0: the default, two minutes */
} VgateLibvirtSource;

/*
 * Reads all URIs, several at the same time. The documents are in the order of the URIs, each host before its
 * guests, and these by their names. A host that does not answer, also one that does not do so before the
 * deadline, is one document with an error: VGATE_CODE_LIBVIRT_ERROR, _FLEET_PROGRAM (ssh, or "vgpu-gate host"
 * there) or _FLEET_NO_SSH. Returns an array of VgateSourceDocument *, which the caller unrefs.
 */
GPtrArray *vgate_libvirt_source_read (const VgateLibvirtSource *source);

/* Adds the document to the fleet, or a fault with its error. Returns the VgateFleetHost or VgateFleetGuest
 * that was added, or NULL. */
gpointer vgate_source_document_add (const VgateSourceDocument *document, VgateFleet *fleet);
