/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A vGPU and a pGPU between which no rule is broken; tests break one rule at a time. */
#pragma once

#include "compat/verdict.h"
#include "sample.h"

#include <string.h>

typedef struct {
    VgateVgpuRecord vgpu_record;
    VgatePgpuRecord pgpu_record;
    VgateScheduler vgpu_scheduler;
    VgateScheduler pgpu_scheduler;
    VgateVgpuSide vgpu;
    VgatePgpuSide pgpu;
    VgateCircumstances circumstances; /* every rule refuses */
    VgateVerdict verdict;
} CompatPair;

/* The sides point into *pair: do not copy it. */
static inline void
compat_pair_init (CompatPair *pair)
{
    pair->vgpu_record = sample_vgpu_record ();
    pair->pgpu_record = sample_pgpu_record ();
    pair->vgpu_scheduler = pair->pgpu_scheduler =
        (VgateScheduler){sizeof (VgateScheduler), VGATE_SCHEDULER_EQUAL_SHARE, 2, 33, 2000000};
    pair->vgpu = (VgateVgpuSide){
        .size = sizeof (VgateVgpuSide),
        .record = &pair->vgpu_record,
        .type_id = 1131,
        .type_name = "NVIDIA H100XM-80C",
        .scheduler = &pair->vgpu_scheduler,
        .captured = SAMPLE_TIME,
        .captured_on = SAMPLE_HOST_UUID,
        .framebuffer_used = (guint64)200 << 20,
        .runtime_state = (guint64)50 << 20,
        .read_bandwidth = 12000,
    };
    pair->pgpu = (VgatePgpuSide){
        .size = sizeof (VgatePgpuSide),
        .record = &pair->pgpu_record,
        .offer = VGATE_OFFER_YES,
        .free_instances = 1,
        .scheduler = &pair->pgpu_scheduler,
        .write_bandwidth = 9000,
    };
    pair->circumstances = (VgateCircumstances){
        .size = sizeof (VgateCircumstances),
        .now = SAMPLE_TIME + 60,
        .max_age = 60,
        .host_max_age = 3600,
        .sent_by = SAMPLE_HOST_UUID,
        .certainly_not_from = "33333333-3333-4333-8333-333333333333",
        .link_speed = 10000,
        .down_time_limit = 300,
    };
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        pair->circumstances.severities[rule] = VGATE_SEVERITY_REFUSE;
}

static inline void
compat_pair_judge (CompatPair *pair)
{
    /* the verdict needs no initialisation */
    memset (&pair->verdict, 0x5a, sizeof pair->verdict);
    vgate_compat_judge (&pair->vgpu, &pair->pgpu, &pair->circumstances, &pair->verdict);
}

static inline void
compat_pair_assert_answer (const CompatPair *pair, guint32 states, guint32 limit)
{
    g_assert_cmphex (pair->verdict.states, ==, states);
    g_assert_cmphex (pair->verdict.limit, ==, limit);
}

#define COLD_LIVE (VGATE_STATE_COLD | VGATE_STATE_LIVE)
