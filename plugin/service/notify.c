/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/service/notify.h"

#if VGATE_HAVE_SYSTEMD
#    include <systemd/sd-daemon.h>

static void
notify (const char *state)
{
    /* systemd itself logs a failure */
    sd_notify (0, state);
}

static gboolean
is_watched (guint64 *usec)
{
    return sd_watchdog_enabled (0, usec) > 0;
}
#else
static void
notify (G_GNUC_UNUSED const char *state)
{
}

static gboolean
is_watched (G_GNUC_UNUSED guint64 *usec)
{
    return FALSE;
}
#endif

void
vgate_notify_ready (void)
{
    notify ("READY=1");
}

void
vgate_notify_reloading (void)
{
    g_autofree char *state =
        g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time ());

    notify (state);
}

void
vgate_notify_reloaded (void)
{
    notify ("READY=1");
}

void
vgate_notify_stopping (void)
{
    notify ("STOPPING=1");
}

void
vgate_notify_status (const char *text)
{
    g_autofree char *state = g_strconcat ("STATUS=", text, NULL);

    notify (state);
}

static gboolean
on_watchdog (G_GNUC_UNUSED gpointer user_data)
{
    notify ("WATCHDOG=1");
    return G_SOURCE_CONTINUE;
}

guint
vgate_notify_start_watchdog (void)
{
    guint64 usec = 0;

    return is_watched (&usec) ? g_timeout_add ((guint)MAX (usec / 2000, 1), on_watchdog, NULL) : 0;
}
