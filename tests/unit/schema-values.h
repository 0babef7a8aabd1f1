/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What test-schemas tries: both tables end with NULL. */
#pragma once

/* Values that some form takes, and what lies next to them. Each is tried on each attribute. */
extern const char *const schema_values[];

/* Texts of the element that holds the bytes: with 3, 2 and 1 byte in the last group, white space, and none.
 */
extern const char *const schema_texts[];
