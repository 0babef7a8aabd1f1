/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The values that test-schemas tries: both tables end with NULL. */
#pragma once

/* Values that some form accepts, and values close to them. Each is tried for each attribute. */
extern const char *const schema_values[];

/* Texts of the element with the bytes: with 3, 2 and 1 byte in the last group, white space, and empty. */
extern const char *const schema_texts[];
