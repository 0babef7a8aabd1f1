/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a command has to say, before it is text, JSON or XML: a tree of named, typed fields. Every output is
 * made from the same tree, so all have the same fields.
 *
 *               XML                      JSON                      text
 *   field       an attribute             a member                  a line, the name's dashes as blanks
 *   number      decimal, in base units   the same number           with its unit: 2 ms, 480 Hz, 20 GiB
 *   flag        yes, no                  true, false               yes, no
 *   bytes       base64                   base64                    left out
 *   child       an element               an object                 lines, the child's name before the field's
 *   list        an element for each      an array of objects       a table, or a block for each
 *   note        left out                 left out                  a paragraph at the end
 */
#pragma once

#include <glib.h>

/* The namespace of what vgate_tree_render () writes as XML; schemas/vgpu-gate-report.rng. */
#define VGATE_REPORT_NAMESPACE "urn:x-vgpu-gate:report:1"

typedef enum {
    VGATE_OUTPUT_TEXT,
    VGATE_OUTPUT_JSON,
    VGATE_OUTPUT_XML,
} VgateOutput;

/* "text", "json" or "xml". FALSE when it is none of them. */
gboolean vgate_output_parse (const char *text, VgateOutput *output);

typedef enum {
    VGATE_UNIT_NONE,
    VGATE_UNIT_NS,
    VGATE_UNIT_SECONDS, /* an age: 2 d 3 h */
    VGATE_UNIT_HZ,
    VGATE_UNIT_BYTES,
    VGATE_UNIT_MB_PER_SECOND,
} VgateUnit;

typedef enum {
    VGATE_FIELD_TEXT,
    VGATE_FIELD_NUMBER,
    VGATE_FIELD_FLAG,
    VGATE_FIELD_BYTES,
} VgateFieldKind;

typedef struct {
    char *name; /* lower case, words joined by dashes */
    VgateFieldKind kind;
    VgateUnit unit;
    guint64 number; /* a number's value; a flag's is 0 or 1 */
    char *text;     /* a text; or bytes as base64 */
} VgateField;

/* What hangs below a tree under one name: a list, possibly empty, or one child. */
typedef struct {
    char *name;
    gboolean is_list;
    GPtrArray *trees; /* of VgateTree * */
} VgateBranch;

typedef struct {
    char *name;
    GPtrArray *fields;   /* of VgateField *, in order; their names are unique among fields and branches */
    GPtrArray *branches; /* of VgateBranch *, behind the fields */
    char *note;          /* or NULL */
} VgateTree;

VgateTree *vgate_tree_new (const char *name);
void vgate_tree_free (VgateTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateTree, vgate_tree_free)

void vgate_tree_add_text (VgateTree *tree, const char *name, const char *text);
void vgate_tree_add_number (VgateTree *tree, const char *name, guint64 number, VgateUnit unit);
void vgate_tree_add_flag (VgateTree *tree, const char *name, gboolean flag);
void vgate_tree_add_bytes (VgateTree *tree, const char *name, const char *base64);
/* A child, to be filled; the tree owns it. */
VgateTree *vgate_tree_add_child (VgateTree *tree, const char *name);
/* Makes sure that there is a list of this name, though it be empty. */
void vgate_tree_add_list (VgateTree *tree, const char *name);
/* One more item of a list, to be filled; the tree owns it. */
VgateTree *vgate_tree_add_item (VgateTree *tree, const char *list);
void vgate_tree_set_note (VgateTree *tree, const char *note);

/* The tree in this form, ended by a line feed. The caller frees it. */
char *vgate_tree_render (const VgateTree *tree, VgateOutput output);

/* --- For the renderers: one file each --- */

char *vgate_tree_to_text (const VgateTree *tree);
/* A tree without branches as a line of its own, in columns wide enough for most; *head: the line of their
 * heads. */
char *vgate_tree_to_row (const VgateTree *tree, char **head);
/* {"NAME": {...}}; pretty: indented, over several lines. Without a line feed at the end. */
char *vgate_tree_to_json (const VgateTree *tree, gboolean pretty);
char *vgate_tree_to_xml (const VgateTree *tree);
/* An element without namespace declaration, its lines indented by this many blanks. */
void vgate_tree_append_xml (GString *xml, const VgateTree *tree, guint indent);

/* A field's value for people: "2 ms", "480 Hz", "20 GiB", "yes". The caller frees it. */
char *vgate_field_describe (const VgateField *field);
/* The field's name for people: its dashes as blanks. The caller frees it. */
char *vgate_field_label (const VgateField *field);
