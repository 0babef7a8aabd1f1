/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tries an action that failed again after 250 ms, and then after twice the previous time, up to a limit. */
#pragma once

#include <glib.h>

typedef struct {
    guint source;  /* 0: no attempt is due */
    guint max_ms;  /* the longest wait */
    guint wait_ms; /* before the next attempt; 0: the shortest wait */
    void (*again) (gpointer user_data);
    gpointer user_data;
} VgateBackOff;

/* max_ms: the longest wait, 250 ms or more. The structure must not move while an attempt is due. */
void vgate_back_off_init (VgateBackOff *back_off, guint max_ms, void (*again) (gpointer user_data),
                          gpointer user_data);
/* Calls again () in the main loop after the wait, unless that is already due. */
void vgate_back_off_schedule (VgateBackOff *back_off);
/* Call this after a success: the next wait is the shortest. */
void vgate_back_off_reset (VgateBackOff *back_off);
/* Cancels the next attempt. */
void vgate_back_off_clear (VgateBackOff *back_off);
