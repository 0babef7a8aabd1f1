/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status/status.h"

static const VgateXmlDialect dialect = {
    .namespace_uri = VGATE_STATUS_NAMESPACE,
    .structure = VGATE_CODE_AGENT_ANSWER,
    .value = VGATE_CODE_AGENT_ANSWER,
    .base64 = VGATE_CODE_AGENT_ANSWER,
};

static const VgateXmlAttribute status_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateStatus, "version", ASCII, version),
    VGATE_XML_ATTRIBUTE (VgateStatus, "started", TIME, started),
    VGATE_XML_ATTRIBUTE (VgateStatus, "time", TIME, time),
    VGATE_XML_ATTRIBUTE (VgateStatus, "domains", UINT, domains),
    VGATE_XML_ATTRIBUTE (VgateStatus, "configuration-refused", YES_NO, is_config_refused),
    {.name = NULL},
};

static const VgateXmlAttribute libvirt_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateStatus, "uri", NAME, uri),
    VGATE_XML_ATTRIBUTE (VgateStatus, "connected", YES_NO, is_connected),
    VGATE_XML_ATTRIBUTE (VgateStatus, "slow-calls", UINT, slow_calls),
    {.name = NULL},
};

static const VgateXmlAttribute nvml_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateStatus, "asked", TIME, asked),
    VGATE_XML_ATTRIBUTE (VgateStatus, "duration", UINT64, duration),
    VGATE_XML_ATTRIBUTE (VgateStatus, "total", UINT64, total),
    VGATE_XML_ATTRIBUTE (VgateStatus, "unusable-gpus", UINT, unusable_gpus),
    VGATE_XML_OPTIONAL (VgateStatus, "failure", ASCII, nvml_code),
    {.name = NULL},
};

static const VgateXmlAttribute counter_attributes[] = {
    VGATE_XML_ONE_OF (VgateCounter, "name", vgate_counter_names, kind),
    VGATE_XML_OPTIONAL (VgateCounter, "label", ASCII, label),
    VGATE_XML_ATTRIBUTE (VgateCounter, "value", UINT64, value),
    {.name = NULL},
};

static const VgateXmlAttribute guest_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateStatusGuest, "uuid", UUID, uuid),
    VGATE_XML_OPTIONAL (VgateStatusGuest, "name", NAME, name),
    {.name = NULL},
};

static const VgateXmlAttribute capture_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateStatusGuest, "time", TIME, captured),
    VGATE_XML_ONE_OF (VgateStatusGuest, "trigger", vgate_trigger_names, trigger),
    VGATE_XML_ATTRIBUTE (VgateStatusGuest, "sequence", UINT64, sequence),
    {.name = NULL},
};

static const VgateXmlAttribute failure_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateStatusGuest, "time", TIME, failed),
    VGATE_XML_ATTRIBUTE (VgateStatusGuest, "code", ASCII, failure_code),
    VGATE_XML_ATTRIBUTE (VgateStatusGuest, "text", NAME, failure_text),
    VGATE_XML_ATTRIBUTE (VgateStatusGuest, "over", YES_NO, is_failure_over),
    {.name = NULL},
};

static const VgateXmlAttribute hang_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateStatusGuest, "time", TIME, hung),
    VGATE_XML_ATTRIBUTE (VgateStatusGuest, "code", ASCII, hang_code),
    VGATE_XML_ATTRIBUTE (VgateStatusGuest, "over", YES_NO, is_hang_over),
    {.name = NULL},
};

static const VgateXmlAttribute vgpu_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateStatusVgpu, "uuid", UUID, uuid),
    VGATE_XML_ATTRIBUTE (VgateStatusVgpu, "type", UINT, type),
    VGATE_XML_ATTRIBUTE (VgateStatusVgpu, "type-name", NAME, type_name),
    VGATE_XML_OPTIONAL (VgateStatusVgpu, "guest-address", PCI, guest_address),
    VGATE_XML_ATTRIBUTE (VgateStatusVgpu, "pgpu", PCI, pgpu),
    VGATE_XML_ATTRIBUTE (VgateStatusVgpu, "guest-driver", ASCII, guest_driver),
    VGATE_XML_ATTRIBUTE (VgateStatusVgpu, "guest-vgpu-version", VERSION, guest_version),
    {.name = NULL},
};

VgateStatusVgpu *
vgate_status_vgpu_new (void)
{
    return g_new0 (VgateStatusVgpu, 1);
}

void
vgate_status_vgpu_free (VgateStatusVgpu *vgpu)
{
    if (!vgpu)
        return;
    vgate_xml_clear_attributes (vgpu_attributes, vgpu);
    g_free (vgpu);
}

VgateStatusGuest *
vgate_status_guest_new (void)
{
    VgateStatusGuest *guest = g_new0 (VgateStatusGuest, 1);

    guest->vgpus = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_status_vgpu_free);
    return guest;
}

void
vgate_status_guest_free (VgateStatusGuest *guest)
{
    if (!guest)
        return;
    vgate_xml_clear_attributes (guest_attributes, guest);
    vgate_xml_clear_attributes (failure_attributes, guest);
    vgate_xml_clear_attributes (hang_attributes, guest);
    g_ptr_array_unref (guest->vgpus);
    g_free (guest);
}

VgateStatus *
vgate_status_new (void)
{
    VgateStatus *status = g_new0 (VgateStatus, 1);

    status->counters = vgate_counters_new ();
    status->guests = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_status_guest_free);
    return status;
}

void
vgate_status_free (VgateStatus *status)
{
    if (!status)
        return;
    vgate_xml_clear_attributes (status_attributes, status);
    vgate_xml_clear_attributes (libvirt_attributes, status);
    vgate_xml_clear_attributes (nvml_attributes, status);
    g_ptr_array_unref (status->counters);
    g_ptr_array_unref (status->guests);
    g_free (status);
}

/* --- writing --- */

static void
write_guest (GString *xml, const VgateStatusGuest *guest)
{
    g_string_append (xml, "  <guest");
    vgate_xml_write_attributes (xml, guest_attributes, guest);
    g_string_append (xml, ">\n");
    if (guest->has_capture)
        vgate_xml_write_line (xml, "    ", "capture", capture_attributes, guest);
    if (guest->failure_code)
        vgate_xml_write_line (xml, "    ", "failure", failure_attributes, guest);
    if (guest->hang_code)
        vgate_xml_write_line (xml, "    ", "hang", hang_attributes, guest);
    for (guint i = 0; i < guest->vgpus->len; i++)
        vgate_xml_write_line (xml, "    ", "vgpu", vgpu_attributes, g_ptr_array_index (guest->vgpus, i));
    g_string_append (xml, "  </guest>\n");
}

char *
vgate_status_write (const VgateStatus *status)
{
    g_autoptr (GString) xml = g_string_new ("<status xmlns='" VGATE_STATUS_NAMESPACE "'");

    vgate_xml_write_attributes (xml, status_attributes, status);
    g_string_append (xml, ">\n");
    vgate_xml_write_line (xml, "  ", "libvirt", libvirt_attributes, status);
    if (status->was_asked)
        vgate_xml_write_line (xml, "  ", "nvml", nvml_attributes, status);
    for (guint i = 0; i < status->counters->len; i++)
        vgate_xml_write_line (xml, "  ", "counter", counter_attributes,
                              g_ptr_array_index (status->counters, i));
    for (guint i = 0; i < status->guests->len; i++)
        write_guest (xml, g_ptr_array_index (status->guests, i));
    g_string_append (xml, "</status>\n");
    return g_string_free (g_steal_pointer (&xml), FALSE);
}

/* --- reading --- */

static gboolean
read_vgpu (xmlNode *node, GPtrArray *vgpus, GError **error)
{
    VgateStatusVgpu *vgpu = vgate_status_vgpu_new ();

    g_ptr_array_add (vgpus, vgpu);
    return vgate_xml_read_leaf (&dialect, node, vgpu_attributes, vgpu, error);
}

static gboolean
read_guest (xmlNode *node, GPtrArray *guests, GError **error)
{
    xmlNode *cursor = vgate_xml_children (node), *capture, *failure, *hang;
    VgateStatusGuest *guest = vgate_status_guest_new ();

    g_ptr_array_add (guests, guest);
    if (!vgate_xml_read_attributes (&dialect, node, guest_attributes, guest, error) ||
        !vgate_xml_take (&dialect, &cursor, "capture", &capture, error) ||
        (capture && !vgate_xml_read_leaf (&dialect, capture, capture_attributes, guest, error)) ||
        !vgate_xml_take (&dialect, &cursor, "failure", &failure, error) ||
        (failure && !vgate_xml_read_leaf (&dialect, failure, failure_attributes, guest, error)) ||
        !vgate_xml_take (&dialect, &cursor, "hang", &hang, error) ||
        (hang && !vgate_xml_read_leaf (&dialect, hang, hang_attributes, guest, error)))
        return FALSE;
    guest->has_capture = capture != NULL;
    return vgate_xml_take_all (&dialect, &cursor, "vgpu", read_vgpu, guest->vgpus, error) &&
           vgate_xml_end (&dialect, &cursor, error);
}

static gboolean
read_counter (xmlNode *node, GPtrArray *counters, GError **error)
{
    VgateCounter *counter = g_new0 (VgateCounter, 1);

    g_ptr_array_add (counters, counter);
    return vgate_xml_read_leaf (&dialect, node, counter_attributes, counter, error);
}

static gboolean
read_content (xmlNode *root, VgateStatus *status, GError **error)
{
    xmlNode *cursor = vgate_xml_children (root), *node;

    if (!vgate_xml_read_attributes (&dialect, root, status_attributes, status, error) ||
        !vgate_xml_need (&dialect, root, &cursor, "libvirt", &node, error) ||
        !vgate_xml_read_leaf (&dialect, node, libvirt_attributes, status, error) ||
        !vgate_xml_take (&dialect, &cursor, "nvml", &node, error) ||
        (node && !vgate_xml_read_leaf (&dialect, node, nvml_attributes, status, error)))
        return FALSE;
    status->was_asked = node != NULL;
    return vgate_xml_take_all (&dialect, &cursor, "counter", read_counter, status->counters, error) &&
           vgate_xml_take_all (&dialect, &cursor, "guest", read_guest, status->guests, error) &&
           vgate_xml_end (&dialect, &cursor, error);
}

VgateStatus *
vgate_status_read (const char *xml, gsize length, GError **error)
{
    g_autoptr (VgateStatus) status = vgate_status_new ();
    g_autoptr (xmlDoc) doc = vgate_xml_read_document (&dialect, "status", xml, length, error);

    if (!doc || !read_content (xmlDocGetRootElement (doc), status, error))
        return NULL;
    return g_steal_pointer (&status);
}
