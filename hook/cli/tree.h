/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a command says is one JSON document, {"NAME": {...}}: its "report". The text for people is made from
 * the same document, so that neither output lacks what the other has.
 *
 *               JSON                         text
 *   text        a string                     a line, the name's dashes as blanks
 *   number      an integer, in base units    with its unit: 2 ms, 480 Hz, 20 GiB
 *   flag        true, false                  yes, no
 *   child       an object                    lines, the child's name before the member's
 *   list        an array of objects          a table, or a block for each
 *   bytes       base64                       left out
 *
 * A number's unit follows from its name, which therefore has one meaning in all reports: tree-text.c lists
 * them. Members are put in with json_object_set_string_member () and its like where nothing below helps; in
 * each object, strings, numbers and flags come before children, and these before lists.
 */
#pragma once

#include <json-glib/json-glib.h>

typedef enum {
    VGATE_OUTPUT_TEXT,
    VGATE_OUTPUT_JSON,
    VGATE_OUTPUT_XML, /* of commands that write a document which is XML by itself */
} VgateOutput;

/* "text", "json" or "xml". FALSE when it is none of them. */
gboolean vgate_output_parse (const char *text, VgateOutput *output);

/* JSON-GLib's integers are signed, so a number above 2^63 - 1 becomes that: 292 years in nanoseconds. */
void vgate_tree_set_number (JsonObject *tree, const char *name, guint64 number);
/* A child, to be filled; the tree owns it. */
JsonObject *vgate_tree_add_child (JsonObject *tree, const char *name);
/* The list of this name, which is made (empty) where there is none; the tree owns it. */
JsonArray *vgate_tree_add_list (JsonObject *tree, const char *name);
/* One more item, to be filled; the list owns it. */
JsonObject *vgate_tree_add_item (JsonArray *list);

/* The report in this form, which is not VGATE_OUTPUT_XML, ended by a line feed. The caller frees it. */
char *vgate_report_render (JsonObject *report, VgateOutput output);
/* As JSON, on one line. Without a line feed at the end. The caller frees it. */
char *vgate_report_to_json_line (JsonObject *report);
char *vgate_report_to_text (JsonObject *report);
/* A report without children and lists as a line of its own, in columns wide enough for most; *head: the line
 * of their heads. The caller frees both. */
char *vgate_report_to_row (JsonObject *report, char **head);
