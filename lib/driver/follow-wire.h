/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What vgate_follower_next () gets from vgate_follow_serve (): answers (driver/control-wire.h), each
 * behind its length as 32 bits of this machine. */
#pragma once

#include "driver/control-wire.h"
#include "driver/follow.h"

/* the news of each GPU; and the GPUs that are left out from now on */
#define VGATE_ROUND_TYPE "(a" VGATE_NEWS_TYPE "a" VGATE_UNUSABLE_TYPE ")"
/* address, name, is available, scheduler, restarted, missed, missed time, entries */
#define VGATE_NEWS_TYPE "(ssb(iiuu)bbta" VGATE_ENTRY_TYPE ")"
/* timestamp, run in all, run, target, preemption in all, runlist */
#define VGATE_ENTRY_TYPE "(tttttu)"

/* Every GPU of a machine with a full log needs far less. */
#define VGATE_ROUND_SIZE_MAX (16u * 1024u * 1024u)

/* VgateLogNews *, and VgateUnusableGpu *; floating, and back: the latter are added to the list (or NULL). */
GVariant *vgate_round_to_variant (const GPtrArray *news, const GPtrArray *unusable);
GPtrArray *vgate_round_from_variant (GVariant *variant, GPtrArray *unusable);
