/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses the command line of vgpu-sim, and checks single arguments. All errors are VGPU_SIM_ERROR_USAGE. */
#pragma once

#include "nvml-sim/model/address.h"
#include "vgpu-gate/vgpu-gate.h"

/*
 * Parses the options of a subcommand, whose name is argv[0]. Exactly as many words as positional must remain;
 * they are in (*argv)[1] and following.
 */
gboolean vgpu_sim_option_parse (const char *words, const GOptionEntry *entries, int positional, int *argc,
                                char ***argv, GError **error);

/* Sets an error of one line, and always returns FALSE. */
gboolean vgpu_sim_option_bad (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* name is the option as the user wrote it: "--vm". A missing option has text NULL, which is only an error for
 * _required; the other functions then leave their result unchanged. */
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
