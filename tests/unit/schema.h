/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks documents against a RelaxNG schema of the source tree's schemas/ folder. */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

typedef struct Schema Schema;

/* Aborts the test if the schema itself is wrong. */
Schema *schema_open (const char *name);
void schema_free (Schema *schema);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Schema, schema_free)

/* xml must be well-formed. */
gboolean schema_accepts (Schema *schema, const char *xml);
gboolean schema_accepts_doc (Schema *schema, xmlDoc *doc);
