/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is not in a file: the kernel's clock, and systemd's record of a reload. */
#include "self-check/self-check.h"

#include <gio/gio.h>
#include <sys/timex.h>

#define SYSTEMD    "org.freedesktop.systemd1"
#define TIMEOUT_MS 2000
/* systemd-timesyncd creates it when it has synchronised the clock. */
#define TIMESYNC_FILE "/run/systemd/timesync/synchronized"

/* Calls a method of systemd, and returns the value in its answer; NULL without an answer. */
static GVariant *
call (GDBusConnection *bus, const char *path, const char *interface, const char *method, GVariant *arguments,
      const GVariantType *type)
{
    return g_dbus_connection_call_sync (bus, SYSTEMD, path, interface, method, arguments, type,
                                        G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS, NULL, NULL);
}

/* ExecReload is an array of commands with, among others, the time at which the command was last started, in
 * us since 1970; 0 if it was not run since the unit was started. */
static gint64
ask_systemd (GDBusConnection *bus, const char *unit)
{
    g_autoptr (GVariant) object = NULL, answer = NULL, value = NULL, command = NULL;
    const char *path;
    guint64 time = 0;

    object = call (bus, "/org/freedesktop/systemd1", SYSTEMD ".Manager", "GetUnit",
                   g_variant_new ("(s)", unit), G_VARIANT_TYPE ("(o)"));
    if (!object)
        return 0;
    g_variant_get (object, "(&o)", &path);
    answer = call (bus, path, "org.freedesktop.DBus.Properties", "Get",
                   g_variant_new ("(ss)", SYSTEMD ".Service", "ExecReload"), G_VARIANT_TYPE ("(v)"));
    if (!answer)
        return 0;
    g_variant_get (answer, "(v)", &value);
    if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a(sasbttttuii)")) || g_variant_n_children (value) == 0)
        return 0;
    command = g_variant_get_child_value (value, 0);
    g_variant_get_child (command, 3, "t", &time);
    return time <= G_MAXINT64 ? (gint64)time : 0;
}

gint64
vgate_self_check_last_reload (const char *unit)
{
    g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
    g_autoptr (GDBusConnection) bus = NULL;
    gint64 time = 0;

    /* A connection of its own: when that of g_bus_get () is lost, the process ends. */
    if (address)
        bus = g_dbus_connection_new_for_address_sync (address,
                                                      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                          G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                      NULL, NULL, NULL);
    if (bus) {
        time = ask_systemd (bus, unit);
        g_dbus_connection_close_sync (bus, NULL, NULL);
    }
    return time;
}

VgateSelfCheckClock
vgate_self_check_ask_clock (const char *root)
{
    g_autofree char *file = g_strconcat (root, TIMESYNC_FILE, NULL);
    struct timex timex = {0};

    if (*root == '\0' && adjtimex (&timex) >= 0)
        return timex.status & STA_UNSYNC ? VGATE_SELF_CHECK_CLOCK_FREE : VGATE_SELF_CHECK_CLOCK_SYNCHRONISED;
    return g_file_test (file, G_FILE_TEST_EXISTS) ? VGATE_SELF_CHECK_CLOCK_SYNCHRONISED
                                                  : VGATE_SELF_CHECK_CLOCK_UNKNOWN;
}
