/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How to reach the driver. */
#pragma once

#include <glib.h>

typedef struct {
    char *library;     /* the argument of dlopen () */
    char *helper;      /* the program vgpu-gate-nvml */
    guint deadline_ms; /* ms for the whole answer */
} VgateBackend;

/* A copy, which the caller clears. It stays valid when the configuration is read again. */
VgateBackend vgate_backend_copy (const VgateBackend *backend);
void vgate_backend_clear (VgateBackend *backend);
