/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/error.h"

G_DEFINE_QUARK (vgpu - sim - error, vgpu_sim_error)
