/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Something that failed is tried again after 250 ms, and then after twice the time before, up to 30 s. */
#pragma once

#include <glib.h>

typedef struct {
    guint source;  /* 0: nothing is to be tried again */
    guint wait_ms; /* before the next time; 0: the shortest */
    void (*again) (gpointer user_data);
    gpointer user_data;
} VgateBackOff;

/* Calls again () in the main loop, unless that is to come already. */
void vgate_back_off_schedule (VgateBackOff *back_off);
/* It succeeded: the next wait is the shortest. */
void vgate_back_off_reset (VgateBackOff *back_off);
/* Nothing is tried again. */
void vgate_back_off_clear (VgateBackOff *back_off);
