/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The payload of the migration stream at switch-over: the element in an envelope that says how recent it is,
 *
 * <payload xmlns='urn:x-vgpu-gate:payload:1' domain='UUID' time='2026-11-23T22:00:00Z' source='nvml'>
 *   <vgpus xmlns='urn:x-vgpu-gate:domain:1' ...>...</vgpus>
 * </payload>
 *
 * in the form of schemas/vgpu-gate-payload.rng. The element is sealed as in the domain XML; the envelope is
 * not.
 */
#pragma once

#include "domain/element.h"

#define VGATE_PAYLOAD_NAMESPACE        "urn:x-vgpu-gate:payload:1"
#define VGATE_PAYLOAD_NAMESPACE_FAMILY "urn:x-vgpu-gate:payload:"
/* QEMU's limits: 1 byte to 1 MiB. */
#define VGATE_PAYLOAD_SIZE_MAX (1024u * 1024u)

typedef enum {
    VGATE_PAYLOAD_NVML,    /* read from NVML when QEMU asked */
    VGATE_PAYLOAD_MEMORY,  /* NVML did not answer in time: the last known state */
    VGATE_PAYLOAD_NOTHING, /* nothing is known: no element */
} VgatePayloadSource;

/* "unknown" for a number that is not in the enum. Static. */
const char *vgate_payload_source_name (VgatePayloadSource source);

typedef struct {
    char *domain;          /* UUID */
    gint64 time;           /* when NVML answered; seconds since 1970 */
    int source;            /* VgatePayloadSource */
    VgateElement *element; /* read, but not checked; NULL with NOTHING, and only then */
} VgatePayload;

VgatePayload *vgate_payload_new (const char *domain, gint64 time, VgatePayloadSource source);
void vgate_payload_free (VgatePayload *payload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgatePayload, vgate_payload_free)

/* Returns at most as many bytes as QEMU takes: an element that does not fit is left out, and the source is
 * then NOTHING. The element is written from its records, as by vgate_element_write (). */
GBytes *vgate_payload_write (const VgatePayload *payload);

/* Reads untrusted bytes. domain_uuid is the arriving domain's. Errors: VGATE_CODE_PAYLOAD_*,
 * VGATE_CODE_XML_*, and those of vgate_element_read (). */
VgatePayload *vgate_payload_read (const void *data, gsize length, const char *domain_uuid, GError **error);
