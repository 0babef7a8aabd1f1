/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strict numbers: no sign, no blanks, no leading zeros, nothing after the number. FALSE for NULL. */
#pragma once

#include <glib.h>

gboolean vgpu_sim_number_parse (const char *text, guint64 min, guint64 max, guint64 *value);
/* Reads exactly four hexadecimal digits, as in a PCI ID. */
gboolean vgpu_sim_hex4_parse (const char *text, guint16 *value);
