/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program says as JSON or XML, in one neutral form, so that the two can be compared. */
#pragma once

/*
 * Every field on a line "/host/pgpu[1]/type[0]/id=1121", sorted. An element's attributes and an object's
 * members are fields, an element's text is the field base64, and yes and true are the same. An object that is
 * no list's is number 0 of its name. Times of reading are left out. The test fails when the text is not
 * well-formed.
 */
char *fields_of_json (const char *text);
char *fields_of_xml (const char *text);
