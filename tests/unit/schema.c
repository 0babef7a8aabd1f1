/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schema.h"

#include "xml/xml.h"

#include <libxml/relaxng.h>
#include <string.h>

struct Schema {
    xmlRelaxNG *grammar;
    xmlRelaxNGValidCtxt *validator;
};

static void
be_silent (G_GNUC_UNUSED void *data, G_GNUC_UNUSED const char *format, ...)
{
}

Schema *
schema_open (const char *name)
{
    g_autofree char *path = g_build_filename (g_getenv ("VGATE_SRCDIR"), "schemas", name, NULL);
    xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewParserCtxt (path);
    Schema *schema = g_new0 (Schema, 1);

    g_assert_nonnull (parser);
    schema->grammar = xmlRelaxNGParse (parser);
    xmlRelaxNGFreeParserCtxt (parser);
    if (!schema->grammar)
        g_error ("%s is no schema", path);
    schema->validator = xmlRelaxNGNewValidCtxt (schema->grammar);
    xmlRelaxNGSetValidErrors (schema->validator, be_silent, be_silent, NULL);
    return schema;
}

void
schema_free (Schema *schema)
{
    xmlRelaxNGFreeValidCtxt (schema->validator);
    xmlRelaxNGFree (schema->grammar);
    g_free (schema);
    /* the datatype library is libxml2's, and is created for the first schema that needs it; newer releases
     * free it */
#if LIBXML_VERSION < 21400
    xmlRelaxNGCleanupTypes ();
#endif
}

gboolean
schema_accepts_doc (Schema *schema, xmlDoc *doc)
{
    const int rc = xmlRelaxNGValidateDoc (schema->validator, doc);

    g_assert_cmpint (rc, >=, 0); /* negative: libxml2 itself failed */
    return rc == 0;
}

gboolean
schema_accepts (Schema *schema, const char *xml)
{
    g_autoptr (xmlDoc) doc = xmlReadMemory (xml, (int)strlen (xml), NULL, "UTF-8", XML_PARSE_NONET);

    g_assert_nonnull (doc);
    return schema_accepts_doc (schema, doc);
}
