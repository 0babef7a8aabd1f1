/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All the ways in which the vGPUs of a guest find room on a host, for tests that try every plan. */
#pragma once

#include "fleet/moving.h"

/* Calls found while the room is taken in each of the ways, with the seats of the vGPUs from v on in seats.
 * The gate must let the guest run on the host. */
void seatings_try (VgateMoving *moving, VgateMover *mover, guint host, guint v, VgateSeat *seats,
                   void (*found) (gpointer user_data), gpointer user_data);
