/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/error.h"

/* clang-format would put blanks around the dashes, as if they were minus signs. */
/* clang-format off */
G_DEFINE_QUARK (vgpu-sim-error-quark, vgpu_sim_error)
/* clang-format on */
