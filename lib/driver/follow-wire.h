/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages from vgate_follow_serve () to vgate_follower_next (): answers (driver/control-wire.h), each
 * after its length as 32 bits in this machine's byte order. */
#pragma once

#include "driver/control-wire.h"
#include "driver/follow.h"

/* the news of each GPU, and the GPUs that are left out from now on */
#define VGATE_ROUND_TYPE "(a" VGATE_NEWS_TYPE "a" VGATE_UNUSABLE_TYPE ")"
/* address, name, is available, scheduler, restarted, missed, missed time, entries */
#define VGATE_NEWS_TYPE "(ssb(iiuu)bbta" VGATE_ENTRY_TYPE ")"
/* timestamp, total run, run, target, total preemption, runlist, weight */
#define VGATE_ENTRY_TYPE "(tttttuu)"

/* The full logs of all GPUs of a machine need far less. */
#define VGATE_ROUND_SIZE_MAX (16u * 1024u * 1024u)

/* _to_variant writes lists of VgateLogNews * and VgateUnusableGpu * (floating). _from_variant returns the
 * former, and adds the latter to unusable, which can be NULL. */
GVariant *vgate_round_to_variant (const GPtrArray *news, const GPtrArray *unusable);
GPtrArray *vgate_round_from_variant (GVariant *variant, GPtrArray *unusable);
