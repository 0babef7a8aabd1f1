/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls for the sessions of a vGPU's video encoder, and of frame buffer capture. */
#include "nvml-sim/calls/exports.h"

#include "nvml-sim/calls/change.h"
#include "nvml-sim/calls/handle.h"

typedef struct {
    guint count, fps, latency; /* the last two are averages */
} Summary;

/* A guest has sessions while its driver is running. */
static guint
session_count (const VgpuSimVgpu *vgpu, const GArray *sessions)
{
    return vgpu->guest_up ? sessions->len : 0;
}

static Summary
summarise (const VgpuSimVgpu *vgpu, const GArray *sessions)
{
    Summary summary = {.count = session_count (vgpu, sessions)};
    guint64 fps = 0, latency = 0;

    if (summary.count == 0)
        return summary;
    for (guint i = 0; i < summary.count; i++) {
        const VgpuSimSession *session = &g_array_index (sessions, VgpuSimSession, i);

        fps += session->fps;
        latency += session->latency;
    }
    summary.fps = (guint)(fps / summary.count);
    summary.latency = (guint)(latency / summary.count);
    return summary;
}

/* Documented for both lists of sessions, unlike other lists: a size of 0 asks for the number and succeeds. */
static nvmlReturn_t
enter_sessions (guint sessions, unsigned int *size, const void *list, guint *fill)
{
    const unsigned int given = *size;

    *fill = 0;
    if (given > 0 && !list)
        return NVML_ERROR_INVALID_ARGUMENT;
    *size = sessions;
    if (given == 0)
        return NVML_SUCCESS;
    if (given < sessions)
        return NVML_ERROR_INSUFFICIENT_SIZE;
    *fill = sessions;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuInstanceGetEncoderCapacity (nvmlVgpuInstance_t instance, unsigned int *percent)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, percent, &host, &vgpu);

    if (code == NVML_SUCCESS)
        *percent = vgpu->encoder_capacity;
    return code;
}

nvmlReturn_t
nvmlVgpuInstanceSetEncoderCapacity (nvmlVgpuInstance_t instance, unsigned int percent)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (VgpuSimEdit) edit = NULL;
    const VgpuSimVgpu *vgpu;
    nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, &instance, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    if (percent > 100)
        return NVML_ERROR_INVALID_ARGUMENT;
    code = vgpu_sim_change_begin (&edit);
    if (code == NVML_SUCCESS)
        code = vgpu_sim_find_vgpu (__func__, edit->host, instance, &vgpu);
    if (code != NVML_SUCCESS)
        return code;
    g_key_file_set_integer (edit->file, vgpu->group, "encoder-capacity", (int)percent);
    return vgpu_sim_change_commit (edit);
}

nvmlReturn_t
nvmlVgpuInstanceGetEncoderStats (nvmlVgpuInstance_t instance, unsigned int *sessions, unsigned int *fps,
                                 unsigned int *latency)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code =
        vgpu_sim_enter_vgpu (__func__, instance, fps && latency ? sessions : NULL, &host, &vgpu);
    Summary summary;

    if (code != NVML_SUCCESS)
        return code;
    summary = summarise (vgpu, vgpu->work.encoder_sessions);
    *sessions = summary.count;
    *fps = summary.fps;
    *latency = summary.latency;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuInstanceGetEncoderSessions (nvmlVgpuInstance_t instance, unsigned int *count,
                                    nvmlEncoderSessionInfo_t *sessions)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, count, &host, &vgpu);
    guint fill;

    if (code != NVML_SUCCESS)
        return code;
    code = enter_sessions (session_count (vgpu, vgpu->work.encoder_sessions), count, sessions, &fill);
    for (guint i = 0; i < fill; i++) {
        const VgpuSimSession *session = &g_array_index (vgpu->work.encoder_sessions, VgpuSimSession, i);

        sessions[i] = (nvmlEncoderSessionInfo_t){
            .sessionId = i + 1,
            .pid = session->pid,
            .vgpuInstance = instance,
            .codecType = session->kind,
            .hResolution = session->width,
            .vResolution = session->height,
            .averageFps = session->fps,
            .averageLatency = session->latency,
        };
    }
    return code;
}

nvmlReturn_t
nvmlVgpuInstanceGetFBCStats (nvmlVgpuInstance_t instance, nvmlFBCStats_t *stats)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, stats, &host, &vgpu);
    Summary summary;

    if (code != NVML_SUCCESS)
        return code;
    summary = summarise (vgpu, vgpu->work.captures);
    *stats = (nvmlFBCStats_t){summary.count, summary.fps, summary.latency};
    return NVML_SUCCESS;
}

/* All captures are of the first display, and can be as large as its resolution. */
nvmlReturn_t
nvmlVgpuInstanceGetFBCSessions (nvmlVgpuInstance_t instance, unsigned int *count,
                                nvmlFBCSessionInfo_t *sessions)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, count, &host, &vgpu);
    guint fill;

    if (code != NVML_SUCCESS)
        return code;
    code = enter_sessions (session_count (vgpu, vgpu->work.captures), count, sessions, &fill);
    for (guint i = 0; i < fill; i++) {
        const VgpuSimSession *session = &g_array_index (vgpu->work.captures, VgpuSimSession, i);

        sessions[i] = (nvmlFBCSessionInfo_t){
            .sessionId = i + 1,
            .pid = session->pid,
            .vgpuInstance = instance,
            .sessionType = session->kind,
            .hMaxResolution = vgpu->type->width,
            .vMaxResolution = vgpu->type->height,
            .hResolution = session->width,
            .vResolution = session->height,
            .averageFPS = session->fps,
            .averageLatency = session->latency,
        };
    }
    return code;
}
