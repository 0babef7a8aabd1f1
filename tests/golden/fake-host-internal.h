/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What fake-host.c and fake-settings.c share. */
#pragma once

#include "fake-host.h"

struct FakeHost {
    char *root;
    char *config;
    GKeyFile *sim;
    GKeyFile *settings;
    int lock;        /* descriptor; -1: not held */
    GThread *kernel; /* NULL: none */
    int kernel_stops;
    GMutex kernel_works; /* held while the kernel changes a device, which is atomic for others */
};
