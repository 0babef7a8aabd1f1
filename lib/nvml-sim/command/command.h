/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The subcommands of vgpu-sim. Each gets the path of the keyfile and its part of the command line, where
 * argv[0] is its name. When it returns FALSE, nothing was changed.
 */
#pragma once

#include "nvml-sim/model/edit.h"

typedef gboolean (*VgpuSimCommand) (const char *path, int argc, char **argv, GError **error);

gboolean vgpu_sim_command_init (const char *path, int argc, char **argv, GError **error);
gboolean vgpu_sim_command_show (const char *path, int argc, char **argv, GError **error);
gboolean vgpu_sim_command_plug (const char *path, int argc, char **argv, GError **error);
gboolean vgpu_sim_command_unplug (const char *path, int argc, char **argv, GError **error);
gboolean vgpu_sim_command_guest_driver (const char *path, int argc, char **argv, GError **error);
gboolean vgpu_sim_command_guest_memory (const char *path, int argc, char **argv, GError **error);
gboolean vgpu_sim_command_guest_work (const char *path, int argc, char **argv, GError **error);
gboolean vgpu_sim_command_update (const char *path, int argc, char **argv, GError **error);
gboolean vgpu_sim_command_reload (const char *path, int argc, char **argv, GError **error);
gboolean vgpu_sim_command_fail (const char *path, int argc, char **argv, GError **error);
gboolean vgpu_sim_command_hang (const char *path, int argc, char **argv, GError **error);
gboolean vgpu_sim_command_heal (const char *path, int argc, char **argv, GError **error);

/* Removes the settings that a driver loses when it is loaded again: the administrator's range, the settings
 * of the schedulers, and the heterogeneous mode of GPUs on which no vGPU runs. */
void vgpu_sim_reload_settings (VgpuSimEdit *edit);
