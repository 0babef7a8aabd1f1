/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages between vgate_control_*() and vgate_control_serve (). */
#pragma once

#include "driver/control.h"
#include "driver/wire.h"

/* minimum, maximum */
#define VGATE_RANGE_TYPE "(uu)"
/* driver, simulated, preset, current */
#define VGATE_VERSIONS_TYPE "(sb(uu)(uu))"
/* a GPU's address, empty for all; an engine */
#define VGATE_ENGINE_TYPE "(si)"
/* address, engine, policy, ARR mode, time slice, frequency, averaging factor */
#define VGATE_SETTINGS_TYPE "(siiiuuu)"
/* address, name, is available, capabilities, scheduler */
#define VGATE_SCHEDULER_TYPE "(ssb(ubuuuuuub)(iiuu))"
/* schedulers, and the GPUs that cannot be used and were left out */
#define VGATE_SCHEDULERS_TYPE "(a" VGATE_SCHEDULER_TYPE "a" VGATE_UNUSABLE_TYPE ")"
/* index, address and name (empty: not known), reason */
#define VGATE_UNUSABLE_TYPE "(usss)"
/* the values before and after */
#define VGATE_PAIR_TYPE(type) "(" type type ")"

/* _to_variant returns a floating GVariant; _from_variant fills an empty structure, which the caller
 * clears. */
GVariant *vgate_versions_to_variant (const VgateVersions *versions);
void vgate_versions_from_variant (GVariant *variant, VgateVersions *versions);

GVariant *vgate_engine_to_variant (const char *address, int engine);
/* The address, which the variant owns; NULL for all GPUs. */
const char *vgate_engine_from_variant (GVariant *variant, int *engine);
GVariant *vgate_scheduler_to_variant (const VgateGpuScheduler *gpu);
void vgate_scheduler_from_variant (GVariant *variant, VgateGpuScheduler *gpu);

/* _to_variant writes a list of VgateUnusableGpu * (floating); _from_variant adds to the list. */
GVariant *vgate_unusable_to_variant (const GPtrArray *unusable);
void vgate_unusable_from_variant (GVariant *variant, GPtrArray *unusable);

typedef void (*VgateFromVariant) (GVariant *variant, gpointer object);
void vgate_pair_from_variant (GVariant *variant, VgateFromVariant from_variant, gpointer was, gpointer is);
