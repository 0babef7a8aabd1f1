/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Breaks a good document systematically: every mutation at every place, one at a time. */
#pragma once

#include "xml/xml.h"

/* what: "swap <guest> (3)" or "<vgpu type='07'>", for people. xml: the whole document, mutated. */
typedef void (*MutateEach) (const char *what, const char *xml, gpointer data);

/* Elements, attributes and their places. */
void mutate_structure (const char *xml, MutateEach each, gpointer data);

/* Each attribute set to each of the values (NULL at the end; UTF-8, not escaped). */
void mutate_values (const char *xml, const char *const *values, MutateEach each, gpointer data);

/* The text of each element that has text set to each of the values, which are XML. */
void mutate_texts (const char *xml, const char *const *values, MutateEach each, gpointer data);
