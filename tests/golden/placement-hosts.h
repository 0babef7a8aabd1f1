/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts at which a guest arrives whose device does not exist, is busy, or has become another one. */
#pragma once

#include "events.h"

#define VF_2     "0000:41:00.5"
#define FREE     "c0ffee00-0000-4000-8000-000000000001"
#define OTHER_VM "9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6d"
#define GPU_2    "0000:61:00.0"
#define TYPE     FAKE_TYPE_H100_20C

void one_gpu (FakeHost *host);
/* Another device is free. */
void free_mdev (FakeHost *host);
void room_for_mdevs (FakeHost *host);
/* The device that the guest names exists, and another one is free; or it exists, but a running domain has
 * it. */
void named_and_free (FakeHost *host);
void busy_by_domain (FakeHost *host);

/* Two virtual functions: neither has a type, the second has that of the guest, the first has another one. */
void vfs_without_type (FakeHost *host);
void second_vf_has_type (FakeHost *host);
void first_vf_has_other_type (FakeHost *host);

/* Returns a file of leases with this one, which ends in seconds. The clock of leases begins with the boot of
 * this machine. The caller frees the text. */
char *lease_with_seconds_left (const char *vm, const char *device, const char *state, int seconds);
