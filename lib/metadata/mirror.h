/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The readable mirror of a metadata record: an XML element whose attributes are every documented field. The
 * driver's bytes decide; the mirror must agree with them, or whoever reads one is deceived about the other.
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

/* <mirror .../> appended. The record's texts must have passed vgate_*_record_check_text (). */
void vgate_vgpu_mirror_write (GString *xml, const char *element, const VgateVgpuRecord *record);
void vgate_pgpu_mirror_write (GString *xml, const char *element, const VgatePgpuRecord *record);

/* The form only. The caller clears *mirror, on failure too. */
gboolean vgate_vgpu_mirror_read (const VgateXmlDialect *dialect, xmlNode *node, VgateVgpuMirror *mirror,
                                 GError **error);
gboolean vgate_pgpu_mirror_read (const VgateXmlDialect *dialect, xmlNode *node, VgatePgpuMirror *mirror,
                                 GError **error);
void vgate_vgpu_mirror_clear (VgateVgpuMirror *mirror);
void vgate_pgpu_mirror_clear (VgatePgpuMirror *mirror);

/* FALSE with the code when the mirror is not that of the record: names the field and both values. */
gboolean vgate_vgpu_mirror_check (const VgateVgpuMirror *mirror, const VgateVgpuRecord *record,
                                  VgateCode code, GError **error);
gboolean vgate_pgpu_mirror_check (const VgatePgpuMirror *mirror, const VgatePgpuRecord *record,
                                  VgateCode code, GError **error);
