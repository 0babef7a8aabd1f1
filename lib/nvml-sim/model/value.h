/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Single values out of the keyfile, checked. Each returns FALSE with VGPU_SIM_ERROR_FILE, naming group and
 * key, when the value is bad, or missing where it must not be.
 */
#pragma once

#include "nvml-sim/model/address.h"
#include "vgpu-gate/vgpu-gate.h"

typedef struct {
    GKeyFile *file;
    const char *group;
} VgpuSimGroup;

gboolean vgpu_sim_value_has (VgpuSimGroup group, const char *key);
/* Every key of the group is one of keys, which ends with NULL. */
gboolean vgpu_sim_value_only (VgpuSimGroup group, const char *const *keys, GError **error);

/* Text of 1 to max bytes, free of control characters. */
gboolean vgpu_sim_value_text (VgpuSimGroup group, const char *key, gsize max, char **text, GError **error);
gboolean vgpu_sim_value_uuid (VgpuSimGroup group, const char *key, char **text, GError **error);
gboolean vgpu_sim_value_number (VgpuSimGroup group, const char *key, guint64 min, guint64 max,
                                guint64 *number, GError **error);
gboolean vgpu_sim_value_hex4 (VgpuSimGroup group, const char *key, guint16 *number, GError **error);
gboolean vgpu_sim_value_address (VgpuSimGroup group, const char *key, VgpuSimAddress *address,
                                 GError **error);
gboolean vgpu_sim_value_version (VgpuSimGroup group, const char *key, guint32 *version, GError **error);
/* Not inverted. */
gboolean vgpu_sim_value_range (VgpuSimGroup group, const char *key, VgateVersionRange *range, GError **error);
/* true or false; missing leaves *flag as it is. */
gboolean vgpu_sim_value_flag (VgpuSimGroup group, const char *key, gboolean *flag, GError **error);

/* The message of every function here: "[GROUP] KEY: what is wrong with it". Always FALSE. */
gboolean vgpu_sim_value_bad (VgpuSimGroup group, const char *key, GError **error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);
