/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strict numbers in text: no sign, no blanks, no leading zeros, nothing behind. NULL is FALSE. */
#pragma once

#include <glib.h>

gboolean vgpu_sim_number_parse (const char *text, guint64 min, guint64 max, guint64 *value);
/* Exactly four hexadecimal digits, as PCI ids are written. */
gboolean vgpu_sim_hex4_parse (const char *text, guint16 *value);
