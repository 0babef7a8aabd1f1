/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/schema.h"

#include "base/fault.h"

#include <errno.h>
#include <libxml/relaxng.h>
#include <string.h>
#include <unistd.h>

/* The argument of an error handler is const since libxml2 2.12. */
#if LIBXML_VERSION >= 21200
typedef const xmlError *GivenError;
#else
typedef xmlErrorPtr GivenError;
#endif

struct VgateSchemas {
    char *directory;
    GHashTable *grammars; /* name -> xmlRelaxNG * */
};

const char *
vgate_schemas_default_path (void)
{
    return VGATE_DATADIR "/schemas";
}

VgateSchemas *
vgate_schemas_new (const char *directory)
{
    VgateSchemas *schemas = g_new0 (VgateSchemas, 1);

    schemas->directory = g_strdup (directory ? directory : vgate_schemas_default_path ());
    schemas->grammars =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)xmlRelaxNGFree);
    return schemas;
}

void
vgate_schemas_free (VgateSchemas *schemas)
{
    if (!schemas)
        return;
    g_free (schemas->directory);
    g_hash_table_unref (schemas->grammars);
    g_free (schemas);
}

/* Keeps the first message. */
static void
on_schema_error (void *user_data, GivenError xml_error)
{
    char **message = user_data;

    if (*message)
        return;
    *message = xml_error->line > 0 ? g_strdup_printf ("line %d: %s", xml_error->line, xml_error->message)
                                   : g_strdup (xml_error->message);
}

gboolean
vgate_schemas_load (VgateSchemas *schemas, const char *name, GError **error)
{
    g_autofree char *path = NULL, *message = NULL;
    xmlRelaxNGParserCtxt *parser;
    xmlRelaxNG *grammar;

    if (g_hash_table_contains (schemas->grammars, name))
        return TRUE;
    path = g_build_filename (schemas->directory, name, NULL);
    /* libxml2 would print this error */
    if (access (path, R_OK) != 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SCHEMA_UNREADABLE, "cannot read the schema '%s': %s",
                     path, g_strerror (errno));
        return FALSE;
    }
    parser = xmlRelaxNGNewParserCtxt (path);
    xmlRelaxNGSetParserStructuredErrors (parser, on_schema_error, &message);
    /* for what its parser of XML finds */
    xmlSetStructuredErrorFunc (&message, on_schema_error);
    grammar = xmlRelaxNGParse (parser);
    xmlSetStructuredErrorFunc (NULL, NULL);
    xmlRelaxNGFreeParserCtxt (parser);
    if (!grammar) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SCHEMA_UNREADABLE, "'%s' is not a RelaxNG schema: %s",
                     path, message ? g_strchomp (message) : "libxml2 gives no reason");
        return FALSE;
    }
    g_hash_table_insert (schemas->grammars, g_strdup (name), grammar);
    return TRUE;
}

static void
on_error (void *user_data, GivenError xml_error)
{
    g_autofree char *text = g_strchomp (g_strdup (xml_error->message ? xml_error->message : ""));

    vgate_faults_add (user_data, VGATE_CODE_SCHEMA_DISAGREES, (guint)MAX (xml_error->line, 0), text);
}

void
vgate_schemas_check (VgateSchemas *schemas, const char *name, xmlDoc *doc, GPtrArray *faults)
{
    xmlRelaxNGValidCtxt *validator = xmlRelaxNGNewValidCtxt (g_hash_table_lookup (schemas->grammars, name));
    const guint n_before = faults->len;
    int rc;

    xmlRelaxNGSetValidStructuredErrors (validator, on_error, faults);
    rc = xmlRelaxNGValidateDoc (validator, doc);
    xmlRelaxNGFreeValidCtxt (validator);
    if (rc != 0 && faults->len == n_before)
        vgate_faults_add (faults, VGATE_CODE_SCHEMA_DISAGREES, 0, "libxml2 gives no reason");
}
