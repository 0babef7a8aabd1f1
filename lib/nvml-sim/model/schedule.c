/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/schedule.h"

#include <time.h>

#include "nvml/nvml-abi.h"

#define NS_PER_S G_GUINT64_CONSTANT (1000000000)
#define ROUNDS   8u

static gboolean
has_work (const VgpuSimVgpu *vgpu, guint round)
{
    return vgpu->guest_up && vgpu->instance % ROUNDS != round;
}

static guint32
slots_in_round (const VgpuSimGpu *gpu)
{
    guint32 most = 1;

    for (guint i = 0; i < gpu->offers->len; i++) {
        const VgpuSimOffer *offer = &g_array_index (gpu->offers, VgpuSimOffer, i);

        if (!vgpu_sim_type_is_mig_backed (offer->type))
            most = MAX (most, offer->count);
    }
    return most;
}

static void
use_slot (VgpuSimSchedule *schedule, const VgpuSimVgpu *vgpu, guint32 share)
{
    const VgpuSimSlot slot = {.slot = schedule->length, .vgpu = vgpu->instance, .share = share};

    g_array_append_val (schedule->used, slot);
}

/* Adds a round in which each vGPU with work has a slot and, with idle_keep, also each vGPU without work. */
static void
add_even_round (VgpuSimSchedule *schedule, const GPtrArray *vgpus, guint round, gboolean idle_keep)
{
    const guint64 start = schedule->length;

    for (guint i = 0; i < vgpus->len; i++) {
        const gboolean works = has_work (vgpus->pdata[i], round);

        if (works)
            use_slot (schedule, vgpus->pdata[i], 1);
        schedule->length += works || idle_keep;
    }
    /* when no vGPU has a slot in this round, the time of one slot passes */
    if (schedule->length == start)
        schedule->length++;
}

/*
 * Adds a round of size slots. The vGPUs take turns until each has had its share, and the rest stays empty. A
 * hand-written file can have more vGPUs than there is room for; the last of them then get no slots.
 */
static void
add_fixed_round (VgpuSimSchedule *schedule, const VgpuSimGpu *gpu, const GPtrArray *vgpus, guint round,
                 guint32 size)
{
    const guint64 end = schedule->length + size;

    for (guint32 turn = 1; turn <= size; turn++) {
        for (guint i = 0; i < vgpus->len && schedule->length < end; i++) {
            const VgpuSimVgpu *vgpu = vgpus->pdata[i];
            const guint32 share = size / vgpu_sim_gpu_offer (gpu, vgpu->type->id)->count;

            if (turn > share)
                continue;
            if (has_work (vgpu, round))
                use_slot (schedule, vgpu, share);
            schedule->length++;
        }
    }
    schedule->length = end;
}

/* Counts the slots of each vGPU, so that its slots since the epoch can be computed for any moment without
 * iterating. */
static void
count_slots (VgpuSimSchedule *schedule)
{
    g_autoptr (GHashTable) counts = g_hash_table_new (NULL, NULL);

    for (guint i = 0; i < schedule->used->len; i++) {
        VgpuSimSlot *slot = &g_array_index (schedule->used, VgpuSimSlot, i);
        const gpointer key = GUINT_TO_POINTER (slot->vgpu);

        slot->count = GPOINTER_TO_UINT (g_hash_table_lookup (counts, key)) + 1;
        g_hash_table_insert (counts, key, GUINT_TO_POINTER (slot->count));
    }
    for (guint i = 0; i < schedule->used->len; i++) {
        VgpuSimSlot *slot = &g_array_index (schedule->used, VgpuSimSlot, i);

        slot->total = GPOINTER_TO_UINT (g_hash_table_lookup (counts, GUINT_TO_POINTER (slot->vgpu)));
    }
}

VgpuSimSchedule *
vgpu_sim_schedule_new (const VgpuSimHost *host, const VgpuSimGpu *gpu, VgpuSimEngine engine)
{
    VgpuSimSchedule *schedule = g_new0 (VgpuSimSchedule, 1);
    g_autoptr (GPtrArray) vgpus = g_ptr_array_new ();
    const VgpuSimScheduler *scheduler = &gpu->schedulers[engine];
    const guint32 size = slots_in_round (gpu);

    for (guint i = 0; i < host->vgpus->len; i++)
        if (((VgpuSimVgpu *)host->vgpus->pdata[i])->gpu == gpu)
            g_ptr_array_add (vgpus, host->vgpus->pdata[i]);
    schedule->slice = vgpu_sim_scheduler_slice (scheduler);
    schedule->used = g_array_new (FALSE, FALSE, sizeof (VgpuSimSlot));
    for (guint round = 0; round < ROUNDS; round++) {
        if (scheduler->policy == NVML_SCHEDULER_FIXED_SHARE)
            add_fixed_round (schedule, gpu, vgpus, round, size);
        else
            add_even_round (schedule, vgpus, round, scheduler->policy == NVML_SCHEDULER_EQUAL_SHARE);
    }
    count_slots (schedule);
    return schedule;
}

void
vgpu_sim_schedule_free (VgpuSimSchedule *schedule)
{
    g_array_unref (schedule->used);
    g_free (schedule);
}

gboolean
vgpu_sim_schedule_equal (const VgpuSimSchedule *a, const VgpuSimSchedule *b)
{
    if (a->used->len != b->used->len)
        return FALSE;
    for (guint i = 0; i < a->used->len; i++) {
        const VgpuSimSlot *left = &g_array_index (a->used, VgpuSimSlot, i);
        const VgpuSimSlot *right = &g_array_index (b->used, VgpuSimSlot, i);

        if (left->slot != right->slot || left->vgpu != right->vgpu)
            return FALSE;
    }
    /* two empty logs are equal, whatever the length of their slots */
    return a->used->len == 0 || (a->slice == b->slice && a->length == b->length);
}

/* The number of used slots in the table before this one. */
static guint
used_before (const VgpuSimSchedule *schedule, guint64 slot)
{
    guint used = 0;

    while (used < schedule->used->len && g_array_index (schedule->used, VgpuSimSlot, used).slot < slot)
        used++;
    return used;
}

guint
vgpu_sim_schedule_last (const VgpuSimSchedule *schedule, guint64 elapsed, VgpuSimRun *runs, guint max)
{
    const guint64 period = (guint64)schedule->slice + VGPU_SIM_PREEMPTION;
    const guint64 over = elapsed / period, tables = over / schedule->length;
    const guint used = schedule->used->len;
    const guint64 all = tables * used + used_before (schedule, over % schedule->length);
    const guint count = (guint)MIN (all, max);

    for (guint i = 0; i < count; i++) {
        const guint64 nth = all - count + i, table = nth / used;
        const VgpuSimSlot *slot = &g_array_index (schedule->used, VgpuSimSlot, (guint)(nth % used));

        runs[i] = (VgpuSimRun){
            .end = (table * schedule->length + slot->slot + 1) * period,
            .runs = table * slot->total + slot->count,
            .vgpu = slot->vgpu,
            .share = slot->share,
        };
    }
    return count;
}

guint64
vgpu_sim_schedule_now (void)
{
    struct timespec now = {0};

    clock_gettime (CLOCK_MONOTONIC, &now);
    return (guint64)now.tv_sec * NS_PER_S + (guint64)now.tv_nsec;
}
