/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* TRUE for the error (VGATE_NVML_ERROR) of a call that the library or the driver does not have, or has no
 * more. */
gboolean vgate_nvml_lacks_call (const GError *error);
