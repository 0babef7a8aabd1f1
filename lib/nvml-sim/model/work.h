/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest does with its vGPU, as far as the host can ask: utilization, processes, sessions of the video
 * encoder and of frame buffer capture, and its license. It counts while the guest driver is running.
 */
#pragma once

#include "nvml-sim/model/value.h"

typedef enum {
    VGPU_SIM_SM,
    VGPU_SIM_MEMORY,
    VGPU_SIM_ENCODER,
    VGPU_SIM_DECODER,
    VGPU_SIM_JPEG,
    VGPU_SIM_OFA,
    VGPU_SIM_N_UTILIZATIONS,
} VgpuSimUtilization;

typedef struct {
    guint32 pid;   /* in the guest */
    char name[64]; /* as long as NVML's */
    guint32 sm;    /* percent, as memory */
    guint32 memory;
    guint64 framebuffer_mib;
} VgpuSimProcess;

typedef struct {
    guint32 pid;
    guint32 kind; /* NVML_ENCODER_* or NVML_FBC_* */
    guint32 width, height;
    guint32 fps;
    guint32 latency; /* us */
} VgpuSimSession;

typedef struct {
    guint32 utilization[VGPU_SIM_N_UTILIZATIONS]; /* percent */
    GArray *processes;                            /* of VgpuSimProcess */
    GArray *encoder_sessions;                     /* of VgpuSimSession, as the captures */
    GArray *captures;
    gboolean accounting;
    guint32 license;   /* NVML_GRID_LICENSE_* */
    GDateTime *expiry; /* of the license, in UTC; NULL: not known */
} VgpuSimWork;

/* Parses the keys of a vGPU. The work must be zeroed, and must be cleared afterwards, also after an error. */
gboolean vgpu_sim_work_parse (VgpuSimWork *work, VgpuSimGroup group, GError **error);
void vgpu_sim_work_clear (VgpuSimWork *work);

/* Reads WIDTHxHEIGHT, each from 1 to 65535. */
gboolean vgpu_sim_resolution_parse (const char *text, guint32 *width, guint32 *height);
