/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A root with one file in it, for functions that read by path. It is removed when the program ends. */
#pragma once

#include <glib.h>

/* Writes these bytes into the file, whose name has folders of the root ("run/x/y.xml"), and returns the root.
 * The process has one root and one file: name must be the same in each call. */
const char *fuzz_scratch_put (const char *name, const guint8 *data, gsize size);
