/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The output of a command is one JSON document, {"NAME": {...}}, called its "report". The text for people is
 * made from the same document, so that both outputs contain the same facts.
 *
 *               JSON                         text
 *   text        a string                     a line, the name's dashes as blanks
 *   number      an integer, in base units    with its unit: 2 ms, 480 Hz, 20 GiB
 *   flag        true, false                  yes, no
 *   child       an object                    lines, the child's name before the member's
 *   list        an array of objects          a table, or a block for each
 *   bytes       base64                       left out
 *
 * A number's unit follows from its name, so a name must have the same meaning in all reports; tree-text.c
 * lists the units. Use json_object_set_string_member () and its like where no function below helps. In each
 * object, strings, numbers and flags come before children, and children before lists.
 */
#pragma once

#include <json-glib/json-glib.h>

typedef enum {
    VGATE_OUTPUT_TEXT,
    VGATE_OUTPUT_JSON,
    VGATE_OUTPUT_XML, /* only for commands that write a document which is XML itself */
} VgateOutput;

/* "text", "json" or "xml"; FALSE for any other text. */
gboolean vgate_output_parse (const char *text, VgateOutput *output);

/* JSON-GLib's integers are signed, so a number above 2^63 - 1 becomes that: 292 years in nanoseconds. */
void vgate_tree_set_number (JsonObject *tree, const char *name, guint64 number);
/* Sets a text that can contain the name of a file, which can have any bytes; JSON is UTF-8. */
void vgate_tree_set_path (JsonObject *tree, const char *name, const char *text);
/* Sets a text unless it is NULL. */
void vgate_tree_set_optional (JsonObject *tree, const char *name, const char *text);
/* Sets "code" to "VGATE-303". */
void vgate_tree_set_code (JsonObject *tree, int code);
/* Adds a child without members; the tree owns it. */
JsonObject *vgate_tree_add_child (JsonObject *tree, const char *name);
/* Returns the list of this name, and adds an empty one if there is none; the tree owns it. */
JsonArray *vgate_tree_add_list (JsonObject *tree, const char *name);
/* Adds an item without members; the list owns it. */
JsonObject *vgate_tree_add_item (JsonArray *list);

/* Returns the report as text or JSON (not VGATE_OUTPUT_XML), ended by a line feed. The caller frees it. */
char *vgate_report_render (JsonObject *report, VgateOutput output);
/* Returns the report as JSON on one line, without a line feed at the end. The caller frees it. */
char *vgate_report_to_json_line (JsonObject *report);
char *vgate_report_to_text (JsonObject *report);
/* Returns a report without children and lists as one line, in columns wide enough for most values; *head gets
 * the line of column heads. The caller frees both. */
char *vgate_report_to_row (JsonObject *report, char **head);
