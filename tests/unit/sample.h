/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Good records, elements, host documents and domains as a starting point for tests, and tools to break them.
 * All fit together: every sample vGPU runs on the sample host's first pGPU. */
#pragma once

#include "domain/domain.h"
#include "host/host.h"
#include "status/status.h"

#define SAMPLE_DOMAIN_UUID "11111111-1111-4111-8111-111111111111"
#define SAMPLE_HOST_UUID   "22222222-2222-4222-8222-222222222222"
#define SAMPLE_GPU_STRING  "233016C100000003"
#define SAMPLE_DRIVER      "580.95.05"
#define SAMPLE_TIME        G_GINT64_CONSTANT (1795471200) /* 2026-11-23T22:00:00Z */

VgateVgpuRecord sample_vgpu_record (void);
VgatePgpuRecord sample_pgpu_record (void);

/* vGPUs are numbered from 1; those with an even number have a virtual function, the others a mediated device.
 */
VgateElement *sample_element (guint n_vgpus);
/* The same as a document of its own. */
char *sample_element_xml (guint n_vgpus);
/* Puts other metadata into the element's vGPU, as if it had been captured. */
void sample_set_record (VgateElement *element, guint vgpu, const VgateVgpuRecord *record);

/* Two pGPUs; the first has a scheduler and two types. */
VgateHost *sample_host (void);
/* Adds a GPU that cannot be used: NVML error 15 for its UUID. address: NULL if it is not known. */
void sample_add_unusable (VgateHost *host, const char *address);
/* Adds the gate at switch-over, and the devices of the host: one of each element, with all its attributes,
 * and then one of each without the optional ones. */
void sample_add_devices (VgateHost *host);

/* Two guests: the first with two vGPUs, a capture, and a failure and a hang that are over, the second with a
 * failure only. */
VgateStatus *sample_status (void);

/* A domain's XML; both arguments may be NULL. */
char *sample_domain (const char *metadata, const char *devices);

/* Reads the element from a separate document: its form only, or form and values. */
VgateElement *sample_read (const char *xml, GError **error);
VgateElement *sample_read_and_check (const char *xml, GBytes *key, GError **error);

/* Returns text with its first FROM replaced. The caller frees it. */
char *sample_edit (const char *text, const char *from, const char *to);

/* Asserts that the error has this code, one line, and all of the words (NULL at the end). */
void sample_assert_error (const GError *error, VgateCode code, ...) G_GNUC_NULL_TERMINATED;
