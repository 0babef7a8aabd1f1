/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fleet of documents in a fake host's directory, for the commands that answer about one. */
#pragma once

#include "fake-host.h"
#include "../fleet/random-fleet.h"

/* Writes the fleet of now into $ROOT/fleet. Only its times differ when the other members are the same. */
void fleet_case_write (FakeHost *host, RandomFleet fleet);
/* Replaces what by by, wherever it is in this file of the host, and at least once. */
void fleet_case_change (FakeHost *host, const char *file, const char *what, const char *by);
/* Removes <devices> from the document of the host with this number, from 1. */
void fleet_case_remove_devices (FakeHost *host, guint number);
