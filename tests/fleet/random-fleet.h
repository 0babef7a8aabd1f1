/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random fleets of documents: hosts with boards, drivers and devices of several kinds, and guests that run on
 * them. Guests have few combinations of board, driver and type, as those of a real fleet.
 */
#pragma once

#include <glib.h>

typedef struct {
    guint32 seed;
    guint n_hosts;
    guint n_guests;
    gint64 now; /* captures and host documents are at most 10 minutes older */
    /* Some guests have no metadata, have an old one, are suspended, or have devices that others have; some
     * hosts do not list their devices. */
    gboolean is_irregular;
    gboolean
        is_uniform; /* the hosts have one board and driver and at most two GPUs, so that many are equal */
    /* Some GPUs are in MIG mode, have a scheduler or are unusable, some virtual functions have a type
     * although they are free, some devices are reserved; guests have other PCI devices, tell the size of
     * their frame buffer, or have QEMU's object for switch-over; names have several lengths. */
    gboolean is_varied;
    guint n_gpus; /* of each host; 0: one to four */
} RandomFleet;

/* Called with each document and the name of its host or guest, which is also its file's without ".xml". */
typedef void (*RandomFleetAdd) (gboolean is_host, const char *name, const char *xml, gpointer user_data);

void random_fleet_write (const RandomFleet *fleet, RandomFleetAdd add, gpointer user_data);
/* Adds the document to user_data, a VgateFleet *. */
void random_fleet_add (gboolean is_host, const char *name, const char *xml, gpointer user_data);
