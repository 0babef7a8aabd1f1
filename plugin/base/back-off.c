/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/base/back-off.h"

#define MIN_MS 250u

static gboolean
on_time (gpointer user_data)
{
    VgateBackOff *back_off = user_data;

    back_off->source = 0;
    back_off->again (back_off->user_data);
    return G_SOURCE_REMOVE;
}

void
vgate_back_off_init (VgateBackOff *back_off, guint max_ms, void (*again) (gpointer user_data),
                     gpointer user_data)
{
    *back_off = (VgateBackOff){.max_ms = max_ms, .again = again, .user_data = user_data};
}

void
vgate_back_off_schedule (VgateBackOff *back_off)
{
    if (back_off->source != 0)
        return;
    back_off->wait_ms = MAX (back_off->wait_ms, MIN_MS);
    back_off->source = g_timeout_add (back_off->wait_ms, on_time, back_off);
    back_off->wait_ms = MIN (back_off->wait_ms * 2, back_off->max_ms);
}

void
vgate_back_off_reset (VgateBackOff *back_off)
{
    back_off->wait_ms = 0;
}

void
vgate_back_off_clear (VgateBackOff *back_off)
{
    g_clear_handle_id (&back_off->source, g_source_remove);
}
