/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the driver is reached. */
#pragma once

#include <glib.h>

typedef struct {
    char *library;     /* what dlopen () gets */
    char *helper;      /* the program vgpu-gate-nvml */
    guint deadline_ms; /* for the whole answer */
} VgateBackend;

/* A backend with texts of its own, which the caller clears: the configuration may be read anew meanwhile. */
VgateBackend vgate_backend_copy (const VgateBackend *backend);
void vgate_backend_clear (VgateBackend *backend);
