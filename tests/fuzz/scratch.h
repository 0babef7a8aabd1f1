/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A root with one file in it, for what is read by path only. It is removed when the program ends. */
#pragma once

#include <glib.h>

/* The root; the file, which stands in folders of it ("run/x/y.xml"), gets these bytes. The process has one
 * root and one file: name is the same in each call. */
const char *fuzz_scratch_put (const char *name, const guint8 *data, gsize size);
