/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every XML file of examples/ and tests/ with a namespace of ours: reader and schema agree on its form, and
 * the form is valid. A file named *-invalid.xml is refused, for its form or for its values. */
#include "plugin/switchover/payload.h"
#include "sample.h"
#include "schema.h"

#include <string.h>

static Schema *domain_schema, *host_schema, *payload_schema;
static guint n_good, n_invalid;

static void
find_files (const char *directory, GPtrArray *files)
{
    g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name (dir))) {
        g_autofree char *path = g_build_filename (directory, name, NULL);

        if (g_file_test (path, G_FILE_TEST_IS_SYMLINK))
            continue;
        if (g_file_test (path, G_FILE_TEST_IS_DIR))
            find_files (path, files);
        else if (g_str_has_suffix (name, ".xml"))
            g_ptr_array_add (files, g_steal_pointer (&path));
    }
}

/* Returns the first element with a namespace of ours, of any version. */
static xmlNode *
find_ours (xmlNode *node)
{
    for (; node; node = node->next) {
        xmlNode *found;

        if (node->type == XML_ELEMENT_NODE && node->ns &&
            (g_str_has_prefix ((const char *)node->ns->href, VGATE_ELEMENT_NAMESPACE_FAMILY) ||
             g_str_has_prefix ((const char *)node->ns->href, VGATE_PAYLOAD_NAMESPACE_FAMILY) ||
             g_str_has_prefix ((const char *)node->ns->href, "urn:x-vgpu-gate:host:")))
            return node;
        if (node->type == XML_ELEMENT_NODE && (found = find_ours (node->children)))
            return found;
    }
    return NULL;
}

static gboolean
schema_accepts_node (Schema *schema, xmlNode *node)
{
    g_autoptr (xmlDoc) doc = xmlNewDoc ((const xmlChar *)"1.0");

    xmlDocSetRootElement (doc, xmlDocCopyNode (node, doc, 1));
    return schema_accepts_doc (schema, doc);
}

/* Readers and schema must agree on the form; valid values are checked as well. */
static void
check_element (xmlNode *node, const char *domain_uuid, gboolean *form, gboolean *sense)
{
    g_autoptr (VgateElement) element = vgate_element_read (node, NULL);

    *form = element != NULL;
    *sense =
        element && vgate_element_check (element, domain_uuid ? domain_uuid : element->domain, NULL, NULL);
}

static void
check_host (const char *xml, gboolean *form, gboolean *sense)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateHost) host = vgate_host_read (xml, strlen (xml), &error);

    *sense = host != NULL;
    *form = host || vgate_error_is (error, VGATE_CODE_HOST_DISAGREES);
}

static void
check_payload (const char *xml, xmlNode *root, gboolean *form, gboolean *sense)
{
    xmlChar *uuid = xmlGetNoNsProp (root, (const xmlChar *)"domain");
    g_autoptr (VgatePayload) payload =
        vgate_payload_read (xml, strlen (xml), uuid ? (const char *)uuid : "", NULL);

    *form = payload != NULL;
    *sense =
        payload && (!payload->element || vgate_element_check (payload->element, payload->domain, NULL, NULL));
    xmlFree (uuid);
}

static char *
domain_uuid_of (xmlDoc *doc)
{
    xmlNode *root = xmlDocGetRootElement (doc);

    for (xmlNode *node = strcmp ((const char *)root->name, "domain") == 0 ? root->children : NULL; node;
         node = node->next) {
        if (node->type == XML_ELEMENT_NODE && strcmp ((const char *)node->name, "uuid") == 0) {
            xmlChar *text = xmlNodeGetContent (node);
            char *uuid = g_strdup ((const char *)text);

            xmlFree (text);
            return uuid;
        }
    }
    return NULL;
}

static void
judge (const char *path, gboolean form, gboolean sense, gboolean by_schema)
{
    const gboolean should_fail = g_str_has_suffix (path, "-invalid.xml");

    if (form != by_schema)
        g_error ("%s: the reader %s its form, the schema %s", path, form ? "accepts" : "refuses",
                 by_schema ? "accepts" : "refuses");
    if (should_fail && sense)
        g_error ("%s: accepted", path);
    if (!should_fail && !form)
        g_error ("%s: not of the form that its schema asks for; if that is meant, name it *-invalid.xml",
                 path);
    if (should_fail)
        n_invalid++;
    else
        n_good++;
}

static void
check_file (const char *path)
{
    g_autofree char *xml = NULL, *uuid = NULL;
    g_autoptr (xmlDoc) doc = NULL;
    gboolean form, sense;
    xmlNode *ours;

    g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
    doc = xmlReadMemory (xml, (int)strlen (xml), path, "UTF-8",
                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!doc) {
        if (!g_str_has_suffix (path, "-invalid.xml"))
            g_error ("%s is not well-formed", path);
        return;
    }
    ours = find_ours (xmlDocGetRootElement (doc));
    if (!ours)
        return;
    if (g_str_has_prefix ((const char *)ours->ns->href, VGATE_ELEMENT_NAMESPACE_FAMILY)) {
        uuid = domain_uuid_of (doc);
        check_element (ours, uuid, &form, &sense);
        judge (path, form, sense, schema_accepts_node (domain_schema, ours));
    } else if (g_str_has_prefix ((const char *)ours->ns->href, VGATE_PAYLOAD_NAMESPACE_FAMILY)) {
        check_payload (xml, ours, &form, &sense);
        judge (path, form, sense, schema_accepts_node (payload_schema, ours));
    } else {
        check_host (xml, &form, &sense);
        judge (path, form, sense, schema_accepts_node (host_schema, ours));
    }
}

static void
test_files (void)
{
    static const char *const folders[] = {"examples", "tests"};
    g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

    for (gsize i = 0; i < G_N_ELEMENTS (folders); i++) {
        g_autofree char *folder = g_build_filename (g_getenv ("VGATE_SRCDIR"), folders[i], NULL);

        find_files (folder, files);
    }
    for (guint i = 0; i < files->len; i++)
        check_file (g_ptr_array_index (files, i));
    g_test_message ("%u XML files: %u of ours accepted, %u refused as they should", files->len, n_good,
                    n_invalid);
    /* at least those of tests/data */
    g_assert_cmpuint (n_good, >=, 3);
    g_assert_cmpuint (n_invalid, >=, 3);
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    domain_schema = schema_open ("vgpu-gate-domain.rng");
    host_schema = schema_open ("vgpu-gate-host.rng");
    payload_schema = schema_open ("vgpu-gate-payload.rng");
    g_test_add_func ("/schema-files/all", test_files);
    status = g_test_run ();
    schema_free (domain_schema);
    schema_free (host_schema);
    schema_free (payload_schema);
    return status;
}
