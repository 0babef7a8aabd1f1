/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/switchover/payload.h"

#include <stddef.h>
#include <string.h>

#define NAME "payload"

static const VgateXmlDialect dialect = {
    .namespace_uri = VGATE_PAYLOAD_NAMESPACE,
    .structure = VGATE_CODE_PAYLOAD_FORM,
    .value = VGATE_CODE_PAYLOAD_FORM,
    .base64 = VGATE_CODE_PAYLOAD_FORM,
};

static const char *const sources[] = {"nvml", "memory", "nothing", NULL};

G_STATIC_ASSERT (G_N_ELEMENTS (sources) == VGATE_PAYLOAD_NOTHING + 2);

static const VgateXmlAttribute attributes[] = {
    {.name = "domain", .form = VGATE_XML_UUID, .offset = offsetof (VgatePayload, domain)},
    {.name = "time", .form = VGATE_XML_TIME, .offset = offsetof (VgatePayload, time)},
    {.name = "source",
     .form = VGATE_XML_CHOICE,
     .offset = offsetof (VgatePayload, source),
     .choices = sources},
    {.name = NULL},
};

const char *
vgate_payload_source_name (VgatePayloadSource source)
{
    return (guint)source <= VGATE_PAYLOAD_NOTHING ? sources[source] : "unknown";
}

VgatePayload *
vgate_payload_new (const char *domain, gint64 time, VgatePayloadSource source)
{
    VgatePayload *payload = g_new0 (VgatePayload, 1);

    payload->domain = g_strdup (domain);
    payload->time = time;
    payload->source = (int)source;
    return payload;
}

void
vgate_payload_free (VgatePayload *payload)
{
    if (!payload)
        return;
    vgate_xml_clear_attributes (attributes, payload);
    vgate_element_free (payload->element);
    g_free (payload);
}

GBytes *
vgate_payload_write (const VgatePayload *payload)
{
    const VgatePayload without = {
        .domain = payload->domain, .time = payload->time, .source = VGATE_PAYLOAD_NOTHING};
    g_autoptr (GString) xml = g_string_new ("<" NAME " xmlns='" VGATE_PAYLOAD_NAMESPACE "'");

    vgate_xml_write_attributes (xml, attributes, payload);
    if (payload->element) {
        g_autofree char *element = vgate_element_write (payload->element, TRUE);

        g_string_append_printf (xml, ">%s</" NAME ">", element);
    } else {
        g_string_append (xml, "/>");
    }
    return xml->len <= VGATE_PAYLOAD_SIZE_MAX ? g_string_free_to_bytes (g_steal_pointer (&xml))
                                              : vgate_payload_write (&without);
}

/* Reads the root with everything in it. */
static xmlDoc *
read_tree (const char *xml, gsize length, GError **error)
{
    g_autoptr (VgateXmlReader) reader = vgate_xml_reader_new (xml, length, error);
    g_autoptr (GError) local = NULL;
    g_autoptr (xmlDoc) doc = NULL;

    if (!reader)
        return NULL;
    while (vgate_xml_next (reader, &local)) {
        if (doc || xmlTextReaderNodeType (vgate_xml_reader_get (reader)) != XML_READER_TYPE_ELEMENT)
            continue;
        doc = vgate_xml_copy_element (reader, &local);
        if (!doc)
            break;
    }
    if (local) {
        g_propagate_error (error, g_steal_pointer (&local));
        return NULL;
    }
    return g_steal_pointer (&doc);
}

static gboolean
check_root (const xmlNode *root, GError **error)
{
    const char *uri = root->ns ? (const char *)root->ns->href : "";
    g_autofree char *shown = NULL;

    if (strcmp ((const char *)root->name, NAME) == 0 && strcmp (uri, VGATE_PAYLOAD_NAMESPACE) == 0)
        return TRUE;
    shown = vgate_printable (uri, 64);
    vgate_xml_set_error (
        error,
        g_str_has_prefix (uri, VGATE_PAYLOAD_NAMESPACE_FAMILY) && strcmp (uri, VGATE_PAYLOAD_NAMESPACE) != 0
            ? VGATE_CODE_PAYLOAD_VERSION
            : VGATE_CODE_PAYLOAD_FORM,
        root, "unexpected namespace '%s': expected <" NAME "> of '%s'", shown, VGATE_PAYLOAD_NAMESPACE);
    return FALSE;
}

/* The element has a namespace and errors of its own. */
static gboolean
read_content (xmlNode *root, VgatePayload *payload, GError **error)
{
    xmlNode *cursor = vgate_xml_children (root), *taken;
    VgateXmlDialect of_element = dialect;

    of_element.namespace_uri = VGATE_ELEMENT_NAMESPACE;
    if (!vgate_xml_read_attributes (&dialect, root, attributes, payload, error))
        return FALSE;
    if (payload->source == VGATE_PAYLOAD_NOTHING)
        return vgate_xml_end (&dialect, &cursor, error);
    if (!vgate_xml_need (&of_element, root, &cursor, VGATE_ELEMENT_NAME, &taken, error) ||
        !vgate_xml_end (&dialect, &cursor, error))
        return FALSE;
    payload->element = vgate_element_read (taken, error);
    return payload->element != NULL;
}

VgatePayload *
vgate_payload_read (const void *data, gsize length, const char *domain_uuid, GError **error)
{
    g_autoptr (VgatePayload) payload = g_new0 (VgatePayload, 1);
    g_autoptr (xmlDoc) doc = NULL;

    if (length == 0 || length > VGATE_PAYLOAD_SIZE_MAX) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_PAYLOAD_SIZE,
                     "invalid payload size %" G_GSIZE_FORMAT ": expected 1 to %u bytes", length,
                     VGATE_PAYLOAD_SIZE_MAX);
        return NULL;
    }
    doc = read_tree (data, length, error);
    if (!doc || !check_root (xmlDocGetRootElement (doc), error) ||
        !read_content (xmlDocGetRootElement (doc), payload, error)) {
        g_prefix_error (error, "invalid payload at switch-over: ");
        return NULL;
    }
    if (strcmp (payload->domain, domain_uuid) != 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_PAYLOAD_DOMAIN,
                     "the payload is from domain %s, but this domain is %s", payload->domain, domain_uuid);
        return NULL;
    }
    return g_steal_pointer (&payload);
}
