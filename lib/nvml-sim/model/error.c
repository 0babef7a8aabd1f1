/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/error.h"

/* clang-format takes the dashes for minus signs, and puts blanks around them. */
/* clang-format off */
G_DEFINE_QUARK (vgpu-sim-error-quark, vgpu_sim_error)
/* clang-format on */
