/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fields of a program's JSON or XML in one neutral form, so that the two can be compared. */
#pragma once

/*
 * Returns each field on a line "/host/pgpu[1]/type[0]/id=1121", sorted. An element's attributes and an
 * object's members are fields, an element's text is the field base64, and yes and true are equal. An object
 * that is not in a list is number 0 of its name. The times of reading are left out. The test fails if the
 * text is not well-formed.
 */
char *fields_of_json (const char *text);
char *fields_of_xml (const char *text);
