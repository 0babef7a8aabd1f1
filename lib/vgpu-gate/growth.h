/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Helpers for the structures of the public header that can grow. They begin with "gsize size", the size that
 * the structure has in the caller's version. Later versions of the library add members at the end.
 */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

#include <string.h>

/* Copies the members that both versions have. Members that only the caller's version has are set to 0. */
static inline void
vgate_growth_write (gpointer given, gconstpointer own, gsize own_size)
{
    const gsize given_size = *(const gsize *)given, size = sizeof (gsize);

    memset ((char *)given + size, 0, given_size - size);
    memcpy ((char *)given + size, (const char *)own + size, MIN (own_size, given_size) - size);
}

#define VGATE_GROWTH_WRITE(given, own) vgate_growth_write (given, own, sizeof *(own))

/* The size of a structure up to and including a member. Members of later versions may be read only where the
 * caller's size includes them. */
#define VGATE_GROWTH_END(type, last_member) \
    (G_STRUCT_OFFSET (type, last_member) + sizeof (((type *)0)->last_member))

/* The sizes in version 0.1.0, which is the oldest that a caller can have. */
#define VGATE_SIZE_VGPU_RECORD  VGATE_GROWTH_END (VgateVgpuRecord, reserved)
#define VGATE_SIZE_PGPU_RECORD  VGATE_GROWTH_END (VgatePgpuRecord, reserved)
#define VGATE_SIZE_SCHEDULER    VGATE_GROWTH_END (VgateScheduler, time_slice)
#define VGATE_SIZE_CAPABILITIES VGATE_GROWTH_END (VgateSchedulerCapabilities, average_factor_max)
/* since 0.2.0 */
#define VGATE_SIZE_CAPABILITIES_ADAPTIVE VGATE_GROWTH_END (VgateSchedulerCapabilities, reserved)
#define VGATE_SIZE_SETTINGS              VGATE_GROWTH_END (VgateSchedulerSettings, reserved)
#define VGATE_SIZE_LOG_NEWS              VGATE_GROWTH_END (VgateSchedulerLogNews, reserved)
#define VGATE_SIZE_VGPU_SIDE             VGATE_GROWTH_END (VgateVgpuSide, read_bandwidth)
#define VGATE_SIZE_PGPU_SIDE             VGATE_GROWTH_END (VgatePgpuSide, described)
#define VGATE_SIZE_CIRCUMSTANCES         VGATE_GROWTH_END (VgateCircumstances, host_max_age)
#define VGATE_SIZE_DOWN_TIME             VGATE_GROWTH_END (VgateDownTime, time)

/* The structures must have no padding at the end: callers do not initialise it, and a later version would
 * read it as a member. (These assertions are for structures that have not grown. One that grows needs an
 * assertion for the last member of each version.) */
G_STATIC_ASSERT (VGATE_SIZE_VGPU_RECORD == sizeof (VgateVgpuRecord));
G_STATIC_ASSERT (VGATE_SIZE_PGPU_RECORD == sizeof (VgatePgpuRecord));
G_STATIC_ASSERT (VGATE_SIZE_SCHEDULER == sizeof (VgateScheduler));
G_STATIC_ASSERT (VGATE_SIZE_CAPABILITIES == 40);
G_STATIC_ASSERT (VGATE_SIZE_CAPABILITIES_ADAPTIVE == sizeof (VgateSchedulerCapabilities));
G_STATIC_ASSERT (VGATE_SIZE_SETTINGS == sizeof (VgateSchedulerSettings));
G_STATIC_ASSERT (VGATE_SIZE_LOG_NEWS == sizeof (VgateSchedulerLogNews));
G_STATIC_ASSERT (VGATE_SIZE_VGPU_SIDE == sizeof (VgateVgpuSide));
G_STATIC_ASSERT (VGATE_SIZE_PGPU_SIDE == sizeof (VgatePgpuSide));
G_STATIC_ASSERT (VGATE_SIZE_CIRCUMSTANCES == sizeof (VgateCircumstances));
G_STATIC_ASSERT (VGATE_SIZE_DOWN_TIME == sizeof (VgateDownTime));

/* Larger than any structure will be. A larger size was never initialised. */
#define VGATE_GROWTH_MAX 65536u

#define VGATE_GROWTH_HAS_SIZE(given, size_min) \
    ((given)->size >= (size_min) && (given)->size <= VGATE_GROWTH_MAX)
