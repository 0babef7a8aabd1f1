/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status/status.h"

#include <stddef.h>
#include <string.h>

static const VgateXmlDialect dialect = {
    .namespace_uri = VGATE_STATUS_NAMESPACE,
    .structure = VGATE_CODE_AGENT_ANSWER,
    .value = VGATE_CODE_AGENT_ANSWER,
    .base64 = VGATE_CODE_AGENT_ANSWER,
};

#define ATTRIBUTE(type, attribute, kind, member)                                       \
    {                                                                                  \
        .name = attribute, .form = VGATE_XML_##kind, .offset = offsetof (type, member) \
    }
#define OPTIONAL(type, attribute, kind, member)                                                          \
    {                                                                                                    \
        .name = attribute, .form = VGATE_XML_##kind, .offset = offsetof (type, member), .optional = TRUE \
    }

static const VgateXmlAttribute status_attributes[] = {
    ATTRIBUTE (VgateStatus, "version", ASCII, version),
    ATTRIBUTE (VgateStatus, "started", TIME, started),
    ATTRIBUTE (VgateStatus, "time", TIME, time),
    ATTRIBUTE (VgateStatus, "domains", UINT, domains),
    ATTRIBUTE (VgateStatus, "configuration-refused", YES_NO, is_config_refused),
    {.name = NULL},
};

static const VgateXmlAttribute libvirt_attributes[] = {
    ATTRIBUTE (VgateStatus, "uri", NAME, uri),
    ATTRIBUTE (VgateStatus, "connected", YES_NO, is_connected),
    ATTRIBUTE (VgateStatus, "slow-calls", UINT, slow_calls),
    {.name = NULL},
};

static const VgateXmlAttribute nvml_attributes[] = {
    ATTRIBUTE (VgateStatus, "asked", TIME, asked),
    ATTRIBUTE (VgateStatus, "duration", UINT64, duration),
    ATTRIBUTE (VgateStatus, "total", UINT64, total),
    OPTIONAL (VgateStatus, "failure", ASCII, nvml_code),
    {.name = NULL},
};

static const VgateXmlAttribute counter_attributes[] = {
    {.name = "name",
     .form = VGATE_XML_CHOICE,
     .offset = offsetof (VgateCounter, kind),
     .choices = vgate_counter_names},
    OPTIONAL (VgateCounter, "label", ASCII, label),
    ATTRIBUTE (VgateCounter, "value", UINT64, value),
    {.name = NULL},
};

static const VgateXmlAttribute guest_attributes[] = {
    ATTRIBUTE (VgateStatusGuest, "uuid", UUID, uuid),
    OPTIONAL (VgateStatusGuest, "name", NAME, name),
    {.name = NULL},
};

static const VgateXmlAttribute capture_attributes[] = {
    ATTRIBUTE (VgateStatusGuest, "time", TIME, captured),
    {.name = "trigger",
     .form = VGATE_XML_CHOICE,
     .offset = offsetof (VgateStatusGuest, trigger),
     .choices = vgate_trigger_names},
    ATTRIBUTE (VgateStatusGuest, "sequence", UINT64, sequence),
    {.name = NULL},
};

static const VgateXmlAttribute failure_attributes[] = {
    ATTRIBUTE (VgateStatusGuest, "time", TIME, failed),
    ATTRIBUTE (VgateStatusGuest, "code", ASCII, failure_code),
    ATTRIBUTE (VgateStatusGuest, "text", NAME, failure_text),
    ATTRIBUTE (VgateStatusGuest, "over", YES_NO, is_failure_over),
    {.name = NULL},
};

static const VgateXmlAttribute vgpu_attributes[] = {
    ATTRIBUTE (VgateStatusVgpu, "uuid", UUID, uuid),
    ATTRIBUTE (VgateStatusVgpu, "type", UINT, type),
    ATTRIBUTE (VgateStatusVgpu, "type-name", NAME, type_name),
    OPTIONAL (VgateStatusVgpu, "guest-address", PCI, guest_address),
    ATTRIBUTE (VgateStatusVgpu, "pgpu", PCI, pgpu),
    ATTRIBUTE (VgateStatusVgpu, "guest-driver", ASCII, guest_driver),
    ATTRIBUTE (VgateStatusVgpu, "guest-vgpu-version", VERSION, guest_version),
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
write_leaf (GString *xml, const char *indent, const char *name, const VgateXmlAttribute *table,
            gconstpointer object)
{
    g_string_append (xml, indent);
    vgate_xml_write_leaf (xml, name, table, object);
    g_string_append_c (xml, '\n');
}

static void
write_guest (GString *xml, const VgateStatusGuest *guest)
{
    g_string_append (xml, "  <guest");
    vgate_xml_write_attributes (xml, guest_attributes, guest);
    g_string_append (xml, ">\n");
    if (guest->has_capture)
        write_leaf (xml, "    ", "capture", capture_attributes, guest);
    if (guest->failure_code)
        write_leaf (xml, "    ", "failure", failure_attributes, guest);
    for (guint i = 0; i < guest->vgpus->len; i++)
        write_leaf (xml, "    ", "vgpu", vgpu_attributes, g_ptr_array_index (guest->vgpus, i));
    g_string_append (xml, "  </guest>\n");
}

char *
vgate_status_write (const VgateStatus *status)
{
    g_autoptr (GString) xml = g_string_new ("<status xmlns='" VGATE_STATUS_NAMESPACE "'");

    vgate_xml_write_attributes (xml, status_attributes, status);
    g_string_append (xml, ">\n");
    write_leaf (xml, "  ", "libvirt", libvirt_attributes, status);
    if (status->was_asked)
        write_leaf (xml, "  ", "nvml", nvml_attributes, status);
    for (guint i = 0; i < status->counters->len; i++)
        write_leaf (xml, "  ", "counter", counter_attributes, g_ptr_array_index (status->counters, i));
    for (guint i = 0; i < status->guests->len; i++)
        write_guest (xml, g_ptr_array_index (status->guests, i));
    g_string_append (xml, "</status>\n");
    return g_string_free (g_steal_pointer (&xml), FALSE);
}

/* --- reading --- */

static gboolean
read_vgpus (xmlNode **cursor, GPtrArray *vgpus, GError **error)
{
    xmlNode *node;

    if (!vgate_xml_take (&dialect, cursor, "vgpu", &node, error))
        return FALSE;
    while (node) {
        VgateStatusVgpu *vgpu = vgate_status_vgpu_new ();

        g_ptr_array_add (vgpus, vgpu);
        if (!vgate_xml_read_leaf (&dialect, node, vgpu_attributes, vgpu, error) ||
            !vgate_xml_take (&dialect, cursor, "vgpu", &node, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_guest (xmlNode *node, VgateStatusGuest *guest, GError **error)
{
    xmlNode *cursor = vgate_xml_children (node), *capture, *failure;

    if (!vgate_xml_read_attributes (&dialect, node, guest_attributes, guest, error) ||
        !vgate_xml_take (&dialect, &cursor, "capture", &capture, error) ||
        (capture && !vgate_xml_read_leaf (&dialect, capture, capture_attributes, guest, error)) ||
        !vgate_xml_take (&dialect, &cursor, "failure", &failure, error) ||
        (failure && !vgate_xml_read_leaf (&dialect, failure, failure_attributes, guest, error)))
        return FALSE;
    guest->has_capture = capture != NULL;
    return read_vgpus (&cursor, guest->vgpus, error) && vgate_xml_end (&dialect, &cursor, error);
}

static gboolean
read_counters (xmlNode **cursor, GPtrArray *counters, GError **error)
{
    xmlNode *node;

    if (!vgate_xml_take (&dialect, cursor, "counter", &node, error))
        return FALSE;
    while (node) {
        VgateCounter *counter = g_new0 (VgateCounter, 1);

        g_ptr_array_add (counters, counter);
        if (!vgate_xml_read_leaf (&dialect, node, counter_attributes, counter, error) ||
            !vgate_xml_take (&dialect, cursor, "counter", &node, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_guests (xmlNode **cursor, GPtrArray *guests, GError **error)
{
    xmlNode *node;

    if (!vgate_xml_take (&dialect, cursor, "guest", &node, error))
        return FALSE;
    while (node) {
        VgateStatusGuest *guest = vgate_status_guest_new ();

        g_ptr_array_add (guests, guest);
        if (!read_guest (node, guest, error) || !vgate_xml_take (&dialect, cursor, "guest", &node, error))
            return FALSE;
    }
    return TRUE;
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
    return read_counters (&cursor, status->counters, error) && read_guests (&cursor, status->guests, error) &&
           vgate_xml_end (&dialect, &cursor, error);
}

VgateStatus *
vgate_status_read (const char *xml, gsize length, GError **error)
{
    g_autoptr (VgateStatus) status = vgate_status_new ();
    g_autoptr (xmlDoc) doc = vgate_xml_read_tree (xml, length, error);
    xmlNode *root;

    if (!doc)
        return NULL;
    root = xmlDocGetRootElement (doc);
    if (strcmp ((const char *)root->name, "status") != 0 || !root->ns ||
        strcmp ((const char *)root->ns->href, VGATE_STATUS_NAMESPACE) != 0) {
        vgate_xml_set_error (error, VGATE_CODE_AGENT_ANSWER, root,
                             "this is not a status document (<status xmlns='%s'>)", VGATE_STATUS_NAMESPACE);
        return NULL;
    }
    return read_content (root, status, error) ? g_steal_pointer (&status) : NULL;
}
