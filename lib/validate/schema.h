/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The RelaxNG schemas of our documents (schemas/), as files: libxml2 checks a document against them. */
#pragma once

#include "xml/xml.h"

/* The directory of the installed schemas. Static. */
const char *vgate_schemas_default_path (void);

/* A directory of schemas. Each is read when it is used first. */
typedef struct VgateSchemas VgateSchemas;

/* directory: NULL for the installed ones. */
VgateSchemas *vgate_schemas_new (const char *directory);
void vgate_schemas_free (VgateSchemas *schemas);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSchemas, vgate_schemas_free)

/* Reads the schema of this name if it was not read yet. FALSE with VGATE_CODE_SCHEMA_UNREADABLE. */
gboolean vgate_schemas_load (VgateSchemas *schemas, const char *name, GError **error);

/* Adds what the schema, which was loaded, does not accept to faults (base/fault.h), with
 * VGATE_CODE_SCHEMA_DISAGREES. */
void vgate_schemas_check (VgateSchemas *schemas, const char *name, xmlDoc *doc, GPtrArray *faults);
