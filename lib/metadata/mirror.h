/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The readable mirror of a metadata record: an XML element with an attribute for each documented field. Only
 * the driver's bytes are used for decisions. The mirror must agree with them, so that it does not deceive a
 * reader.
 */
#pragma once

#include "xml/xml.h"

typedef struct {
    guint32 version;
    guint32 revision;
    guint32 guest_info_state;
    char *guest_driver;
    char *host_driver;
    guint32 capabilities;
    guint32 guest_version;
    guint32 opaque_size;
    char *gpu_string;
} VgateVgpuMirror;

typedef struct {
    guint32 version;
    guint32 revision;
    char *host_driver;
    guint32 capabilities;
    VgateVersionRange range;
    guint32 opaque_size;
    char *gpu_string;
} VgatePgpuMirror;

/* Appends <mirror .../>, with element as its name. vgate_*_record_check_text () must have accepted the
 * record. */
void vgate_vgpu_mirror_write (GString *xml, const char *element, const VgateVgpuRecord *record);
void vgate_pgpu_mirror_write (GString *xml, const char *element, const VgatePgpuRecord *record);

/* Checks only the form. The caller clears *mirror, also on failure. */
gboolean vgate_vgpu_mirror_read (const VgateXmlDialect *dialect, xmlNode *node, VgateVgpuMirror *mirror,
                                 GError **error);
gboolean vgate_pgpu_mirror_read (const VgateXmlDialect *dialect, xmlNode *node, VgatePgpuMirror *mirror,
                                 GError **error);
void vgate_vgpu_mirror_clear (VgateVgpuMirror *mirror);
void vgate_pgpu_mirror_clear (VgatePgpuMirror *mirror);

/* FALSE with an error of this code when the mirror does not agree with the record. The error names the field
 * and both values. */
gboolean vgate_vgpu_mirror_check (const VgateVgpuMirror *mirror, const VgateVgpuRecord *record,
                                  VgateCode code, GError **error);
gboolean vgate_pgpu_mirror_check (const VgatePgpuMirror *mirror, const VgatePgpuRecord *record,
                                  VgateCode code, GError **error);
