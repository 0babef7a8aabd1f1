/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/mirror.h"

static const VgateXmlAttribute vgpu_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateVgpuMirror, "version", UINT, version),
    VGATE_XML_ATTRIBUTE (VgateVgpuMirror, "revision", UINT, revision),
    VGATE_XML_ATTRIBUTE (VgateVgpuMirror, "guest-info-state", UINT, guest_info_state),
    VGATE_XML_ATTRIBUTE (VgateVgpuMirror, "guest-driver", ASCII, guest_driver),
    VGATE_XML_ATTRIBUTE (VgateVgpuMirror, "host-driver", ASCII, host_driver),
    VGATE_XML_ATTRIBUTE (VgateVgpuMirror, "capabilities", HEX, capabilities),
    VGATE_XML_ATTRIBUTE (VgateVgpuMirror, "guest-vgpu-version", VERSION, guest_version),
    VGATE_XML_ATTRIBUTE (VgateVgpuMirror, "opaque-size", UINT, opaque_size),
    VGATE_XML_ATTRIBUTE (VgateVgpuMirror, "gpu-string", ASCII, gpu_string),
    {.name = NULL},
};

static const VgateXmlAttribute pgpu_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgatePgpuMirror, "version", UINT, version),
    VGATE_XML_ATTRIBUTE (VgatePgpuMirror, "revision", UINT, revision),
    VGATE_XML_ATTRIBUTE (VgatePgpuMirror, "host-driver", ASCII, host_driver),
    VGATE_XML_ATTRIBUTE (VgatePgpuMirror, "capabilities", HEX, capabilities),
    VGATE_XML_ATTRIBUTE (VgatePgpuMirror, "range", RANGE, range),
    VGATE_XML_ATTRIBUTE (VgatePgpuMirror, "opaque-size", UINT, opaque_size),
    VGATE_XML_ATTRIBUTE (VgatePgpuMirror, "gpu-string", ASCII, gpu_string),
    {.name = NULL},
};

/* The mirror of a record. It borrows the record's texts, so it must not be cleared. */
static VgateVgpuMirror
vgpu_mirror_of (const VgateVgpuRecord *record)
{
    return (VgateVgpuMirror){
        .version = record->version,
        .revision = record->revision,
        .guest_info_state = record->guest_info_state,
        .guest_driver = (char *)record->guest_driver,
        .host_driver = (char *)record->host_driver,
        .capabilities = record->capabilities,
        .guest_version = record->guest_version,
        .opaque_size = record->opaque_size,
        .gpu_string = (char *)record->gpu_string,
    };
}

static VgatePgpuMirror
pgpu_mirror_of (const VgatePgpuRecord *record)
{
    return (VgatePgpuMirror){
        .version = record->version,
        .revision = record->revision,
        .host_driver = (char *)record->host_driver,
        .capabilities = record->capabilities,
        .range = record->range,
        .opaque_size = record->opaque_size,
        .gpu_string = (char *)record->gpu_string,
    };
}

static gboolean
check_mirror (const VgateXmlAttribute *table, gconstpointer mirror, gconstpointer expected, VgateCode code,
              GError **error)
{
    g_autofree char *written = NULL, *meant = NULL;

    if (!vgate_xml_first_difference (table, mirror, expected, &written, &meant))
        return TRUE;
    g_set_error (error, VGATE_ERROR, code, "<mirror> contains %s, but the driver's bytes contain %s", written,
                 meant);
    return FALSE;
}

void
vgate_vgpu_mirror_write (GString *xml, const char *element, const VgateVgpuRecord *record)
{
    const VgateVgpuMirror mirror = vgpu_mirror_of (record);

    vgate_xml_write_leaf (xml, element, vgpu_attributes, &mirror);
}

void
vgate_pgpu_mirror_write (GString *xml, const char *element, const VgatePgpuRecord *record)
{
    const VgatePgpuMirror mirror = pgpu_mirror_of (record);

    vgate_xml_write_leaf (xml, element, pgpu_attributes, &mirror);
}

gboolean
vgate_vgpu_mirror_read (const VgateXmlDialect *dialect, xmlNode *node, VgateVgpuMirror *mirror,
                        GError **error)
{
    return vgate_xml_read_leaf (dialect, node, vgpu_attributes, mirror, error);
}

gboolean
vgate_pgpu_mirror_read (const VgateXmlDialect *dialect, xmlNode *node, VgatePgpuMirror *mirror,
                        GError **error)
{
    return vgate_xml_read_leaf (dialect, node, pgpu_attributes, mirror, error);
}

void
vgate_vgpu_mirror_clear (VgateVgpuMirror *mirror)
{
    vgate_xml_clear_attributes (vgpu_attributes, mirror);
}

void
vgate_pgpu_mirror_clear (VgatePgpuMirror *mirror)
{
    vgate_xml_clear_attributes (pgpu_attributes, mirror);
}

gboolean
vgate_vgpu_mirror_check (const VgateVgpuMirror *mirror, const VgateVgpuRecord *record, VgateCode code,
                         GError **error)
{
    const VgateVgpuMirror expected = vgpu_mirror_of (record);

    return check_mirror (vgpu_attributes, mirror, &expected, code, error);
}

gboolean
vgate_pgpu_mirror_check (const VgatePgpuMirror *mirror, const VgatePgpuRecord *record, VgateCode code,
                         GError **error)
{
    const VgatePgpuMirror expected = pgpu_mirror_of (record);

    return check_mirror (pgpu_attributes, mirror, &expected, code, error);
}
