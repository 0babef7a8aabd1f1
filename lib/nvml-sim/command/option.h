/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of vgpu-sim: parsing it, and judging single arguments. All errors: VGPU_SIM_ERROR_USAGE.
 */
#pragma once

#include "nvml-sim/model/address.h"
#include "vgpu-gate/vgpu-gate.h"

/*
 * Parses the options of one subcommand, argv[0] being its name. What remains must be exactly so many words as
 * positional; they stand in (*argv)[1] and behind.
 */
gboolean vgpu_sim_option_parse (const char *words, const GOptionEntry *entries, int positional, int *argc,
                                char ***argv, GError **error);

/* One line, always FALSE. */
gboolean vgpu_sim_option_bad (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* name is how the user wrote it: "--vm". A NULL text means that it is missing: an error for _required only,
 * while the others leave their result alone. */
gboolean vgpu_sim_option_required (const char *name, const char *text, GError **error);
gboolean vgpu_sim_option_uuid (const char *name, const char *text, GError **error);
gboolean vgpu_sim_option_driver (const char *name, const char *text, GError **error);
gboolean vgpu_sim_option_hex4 (const char *name, const char *text, GError **error);
gboolean vgpu_sim_option_number (const char *name, const char *text, guint32 min, guint32 max,
                                 guint32 *number, GError **error);
gboolean vgpu_sim_option_address (const char *name, const char *text, VgpuSimAddress *address,
                                  GError **error);
gboolean vgpu_sim_option_version (const char *name, const char *text, guint32 *version, GError **error);
gboolean vgpu_sim_option_range (const char *name, const char *text, VgateVersionRange *range, GError **error);
gboolean vgpu_sim_option_switch (const char *name, const char *text, GError **error);
