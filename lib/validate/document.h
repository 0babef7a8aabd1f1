/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks one of our documents against its schema and for sense, with all that is wrong and where. The readers
 * are those of the gate, so what is valid here is what the gate can read.
 */
#pragma once

#include "policy/policy.h"
#include "validate/schema.h"

typedef enum {
    VGATE_KIND_UNKNOWN,
    VGATE_KIND_HOST,       /* a host document */
    VGATE_KIND_DOMAIN,     /* a domain XML or a guest document */
    VGATE_KIND_SNAPSHOT,   /* a domain's snapshot */
    VGATE_KIND_ELEMENT,    /* the metadata element alone, as 'virsh metadata' prints it with its namespace */
    VGATE_KIND_SAVE_IMAGE, /* a save image of libvirt, of which the XML is checked */
    VGATE_KIND_BRANCHES,   /* a table of driver branches */
    VGATE_KIND_CONFIGURATION, /* vgpu-gate.conf */
    VGATE_KIND_DECLARATION,   /* devices.conf */
    VGATE_N_KINDS,
} VgateKind;

/* "host", "save-image"; and for people "host document", "save image". Static. */
const char *vgate_kind_name (VgateKind kind);
const char *vgate_kind_describe (VgateKind kind);

/* What the documents are checked with. */
typedef struct {
    VgateSchemas *schemas;
    const VgatePolicy *policy; /* the fleet key, and how bad a time in the future is */
    const GError *key_error;   /* why the fleet key could not be read; otherwise NULL */
    gint64 now;                /* seconds since 1970 */
} VgateValidation;

typedef struct {
    VgateKind kind;
    gboolean can_have_metadata; /* a domain could be read of it */
    gboolean has_metadata;
    gboolean is_missing; /* the installed configuration, which need not exist */
    GPtrArray *faults;   /* of VgateFault *, by their lines */
} VgateDocument;

/*
 * Checks the document in a file; "-" is standard input. A configuration must be owned as vgpu-gate requires,
 * unless it comes from standard input. NULL with an error when the file cannot be read, or the document not
 * be checked: VGATE_CODE_INPUT_UNREADABLE, SCHEMA_UNREADABLE, key_error. The caller frees it.
 */
VgateDocument *vgate_validate_file (const VgateValidation *validation, const char *path, GError **error);
/* The same for a file that is a configuration, whatever it contains; NULL for the installed one, which may be
 * missing. Also VGATE_CODE_CONFIG_UNREADABLE. */
VgateDocument *vgate_validate_configuration (const char *path, GError **error);
/* The same for a declaration of devices. NULL without an error when path is NULL and the installed one does
 * not exist. */
VgateDocument *vgate_validate_declaration (const char *path, GError **error);
/* vgate_validate_configuration () for standard input, which belongs to nobody. */
VgateDocument *vgate_validate_configuration_input (GError **error);
/* The same for the content of a file, which ends with a zero byte that length does not count. */
VgateDocument *vgate_validate_text (const VgateValidation *validation, const char *text, gsize length,
                                    GError **error);
void vgate_document_free (VgateDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDocument, vgate_document_free)
