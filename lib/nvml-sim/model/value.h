/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads and checks single values of the keyfile. The functions return FALSE with VGPU_SIM_ERROR_FILE, which
 * names group and key, when the value is invalid, or when it is missing and required.
 */
#pragma once

#include "nvml-sim/model/address.h"
#include "vgpu-gate/vgpu-gate.h"

typedef struct {
    GKeyFile *file;
    const char *group;
} VgpuSimGroup;

gboolean vgpu_sim_value_has (VgpuSimGroup group, const char *key);
/* Checks that every key of the group is one of keys, which is terminated by NULL. */
gboolean vgpu_sim_value_only (VgpuSimGroup group, const char *const *keys, GError **error);

/* TRUE for a text without control characters. */
gboolean vgpu_sim_value_is_plain (const char *text);
/* A text of 1 to max bytes without control characters. */
gboolean vgpu_sim_value_text (VgpuSimGroup group, const char *key, gsize max, char **text, GError **error);
gboolean vgpu_sim_value_uuid (VgpuSimGroup group, const char *key, char **text, GError **error);
gboolean vgpu_sim_value_number (VgpuSimGroup group, const char *key, guint64 min, guint64 max,
                                guint64 *number, GError **error);
gboolean vgpu_sim_value_hex4 (VgpuSimGroup group, const char *key, guint16 *number, GError **error);
gboolean vgpu_sim_value_address (VgpuSimGroup group, const char *key, VgpuSimAddress *address,
                                 GError **error);
gboolean vgpu_sim_value_version (VgpuSimGroup group, const char *key, guint32 *version, GError **error);
/* A range that is not inverted. */
gboolean vgpu_sim_value_range (VgpuSimGroup group, const char *key, VgateVersionRange *range, GError **error);
/* true or false. A missing key leaves *flag unchanged. */
gboolean vgpu_sim_value_flag (VgpuSimGroup group, const char *key, gboolean *flag, GError **error);

/* Sets the error of the functions above, "[GROUP] KEY: what is wrong with it". Always returns FALSE. */
gboolean vgpu_sim_value_bad (VgpuSimGroup group, const char *key, GError **error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);
