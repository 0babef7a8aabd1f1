/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vgpu-gate/vgpu-gate.h"
#include "compat/verdict.h"

#include "vgpu-gate/growth.h"

#define MIB ((guint64)1 << 20)

/* An upper limit for speeds, faster than any GPU or link. It prevents overflows in the calculations below,
 * except of the number of bytes. */
#define SPEED_MAX ((guint64)1 << 40)

static guint64
add (guint64 a, guint64 b)
{
    return a > G_MAXUINT64 - b ? G_MAXUINT64 : a + b;
}

/* The time in us, rounded up. A rate of 1 Mbit/s is one bit per us. */
static guint64
transfer_time (guint64 bytes, guint64 rate)
{
    const guint64 whole = bytes / rate, rest = bytes % rate;

    if (whole > G_MAXUINT64 / 8)
        return G_MAXUINT64;
    return add (whole * 8, (rest * 8 + rate - 1) / rate);
}

static void
slow_down (VgateDownTime *estimate, guint64 rate, VgatePaceOf pace_of)
{
    if (rate == 0 || (estimate->rate != 0 && estimate->rate <= rate))
        return;
    estimate->rate = rate;
    estimate->pace_of = pace_of;
}

gboolean
vgate_down_time_estimate (const VgateVgpuSide *vgpu, const VgatePgpuSide *pgpu,
                          const VgateCircumstances *circumstances, VgateDownTime *estimate)
{
    VgateDownTime e = {.size = sizeof (VgateDownTime), .rate = 0, .others = circumstances->other_down_time};

    g_return_val_if_fail (VGATE_GROWTH_HAS_SIZE (vgpu, VGATE_SIZE_VGPU_SIDE) &&
                              (!pgpu || VGATE_GROWTH_HAS_SIZE (pgpu, VGATE_SIZE_PGPU_SIDE)) &&
                              VGATE_GROWTH_HAS_SIZE (circumstances, VGATE_SIZE_CIRCUMSTANCES) &&
                              VGATE_GROWTH_HAS_SIZE (estimate, VGATE_SIZE_DOWN_TIME),
                          FALSE);
    slow_down (&e, MIN (circumstances->link_speed, SPEED_MAX), VGATE_PACE_OF_LINK);
    slow_down (&e, MIN (vgpu->read_bandwidth, SPEED_MAX) * 8, VGATE_PACE_OF_READING);
    if (pgpu)
        slow_down (&e, MIN (pgpu->write_bandwidth, SPEED_MAX) * 8, VGATE_PACE_OF_WRITING);
    if (vgpu->framebuffer_used == 0 || e.rate == 0)
        return FALSE;
    e.bytes = add (vgpu->framebuffer_used, vgpu->runtime_state);
    e.lacks_state = vgpu->runtime_state == 0;
    e.time = add (transfer_time (e.bytes, e.rate), e.others);
    VGATE_GROWTH_WRITE (estimate, &e);
    return TRUE;
}

gboolean
vgate_down_time_exceeds (const VgateDownTime *estimate, const VgateCircumstances *circumstances)
{
    const guint64 limit = circumstances->down_time_limit;

    /* the first comparison keeps the second from overflowing */
    return limit > 0 && estimate->time / 1000 >= limit && estimate->time > limit * 1000;
}

/* Rounds up, as a part of a unit also takes time. */
static guint64
in_units (guint64 number, guint64 unit)
{
    return number / unit + (number % unit != 0 ? 1 : 0);
}

char *
vgate_down_time_summarise (const VgateDownTime *estimate)
{
    static const char *const parts[] = {"the source's GPU", "the link", "the GPU here"};
    const char *part = (guint)estimate->pace_of < G_N_ELEMENTS (parts) ? parts[estimate->pace_of] : "unknown";

    G_STATIC_ASSERT (G_N_ELEMENTS (parts) == VGATE_PACE_OF_WRITING + 1);
    return g_strdup_printf ("about %" G_GUINT64_FORMAT " ms of down-time (%" G_GUINT64_FORMAT
                            " MiB at %" G_GUINT64_FORMAT " Mbit/s of %s)",
                            in_units (estimate->time, 1000), in_units (estimate->bytes, MIB), estimate->rate,
                            part);
}

char *
vgate_down_time_describe (const VgateDownTime *estimate)
{
    static const char *const paces[] = {"the speed of reading the GPU at the source", "the link's speed",
                                        "the speed of writing the GPU here"};
    const char *pace =
        (guint)estimate->pace_of < G_N_ELEMENTS (paces) ? paces[estimate->pace_of] : "an unknown speed";
    g_autofree char *others = NULL;

    G_STATIC_ASSERT (G_N_ELEMENTS (paces) == VGATE_PACE_OF_WRITING + 1);
    if (estimate->others > 0)
        others = g_strdup_printf (", %" G_GUINT64_FORMAT " ms of it for the guest's other vGPUs",
                                  in_units (estimate->others, 1000));
    return g_strdup_printf ("about %" G_GUINT64_FORMAT " ms for %" G_GUINT64_FORMAT
                            " MiB of frame buffer%s at %" G_GUINT64_FORMAT " Mbit/s, %s%s",
                            in_units (estimate->time, 1000), in_units (estimate->bytes, MIB),
                            estimate->lacks_state ? " (without its state, whose size is not known)"
                                                  : " and state",
                            estimate->rate, pace, others ? others : "");
}
