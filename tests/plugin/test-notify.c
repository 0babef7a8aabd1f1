/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages to systemd, with a socket of the test in its place. */
#include "plugin/service/notify.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct {
    char *directory, *path;
    int fd;
} Fixture;

static gboolean has_systemd;

static void
set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    fixture->directory = g_dir_make_tmp ("vgate-notify-XXXXXX", NULL);
    fixture->path = g_build_filename (fixture->directory, "notify", NULL);
    fixture->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    g_strlcpy (address.sun_path, fixture->path, sizeof address.sun_path);
    g_assert_cmpint (bind (fixture->fd, (const struct sockaddr *)&address, sizeof address), ==, 0);
    g_setenv ("NOTIFY_SOCKET", fixture->path, TRUE);
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_unsetenv ("NOTIFY_SOCKET");
    g_unsetenv ("WATCHDOG_USEC");
    g_unsetenv ("WATCHDOG_PID");
    close (fixture->fd);
    g_unlink (fixture->path);
    g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
    g_free (fixture->directory);
    g_free (fixture->path);
}

/* Returns the next message, or "". */
static const char *
hear (const Fixture *fixture, char buffer[256])
{
    const gssize n = recv (fixture->fd, buffer, 255, 0);

    buffer[MAX (n, 0)] = '\0';
    return buffer;
}

static void
test_messages (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    char buffer[256];

    if (!has_systemd) {
        g_test_skip ("built without libsystemd");
        return;
    }
    vgate_notify_ready ();
    g_assert_cmpstr (hear (fixture, buffer), ==, "READY=1");
    vgate_notify_status ("2 domains run");
    g_assert_cmpstr (hear (fixture, buffer), ==, "STATUS=2 domains run");
    vgate_notify_reloading ();
    g_assert_true (g_str_has_prefix (hear (fixture, buffer), "RELOADING=1\nMONOTONIC_USEC="));
    vgate_notify_reloaded ();
    g_assert_cmpstr (hear (fixture, buffer), ==, "READY=1");
    vgate_notify_stopping ();
    g_assert_cmpstr (hear (fixture, buffer), ==, "STOPPING=1");
}

/* The watchdog is notified while the main loop runs, and at no other time. */
static void
test_watchdog (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *pid = g_strdup_printf ("%d", (int)getpid ());
    char buffer[256];
    guint source;

    if (!has_systemd) {
        g_test_skip ("built without libsystemd");
        return;
    }
    g_setenv ("WATCHDOG_USEC", "100000", TRUE);
    g_setenv ("WATCHDOG_PID", pid, TRUE);
    source = vgate_notify_start_watchdog ();
    g_assert_cmpuint (source, !=, 0);
    g_usleep (200000);
    g_assert_cmpstr (hear (fixture, buffer), ==, "");
    while (!g_main_context_iteration (NULL, TRUE))
        ;
    g_assert_cmpstr (hear (fixture, buffer), ==, "WATCHDOG=1");
    g_source_remove (source);
}

static void
test_not_watched (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    char buffer[256];

    g_assert_cmpuint (vgate_notify_start_watchdog (), ==, 0);
    g_unsetenv ("NOTIFY_SOCKET");
    vgate_notify_ready ();
    g_assert_cmpstr (hear (fixture, buffer), ==, "");
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    has_systemd = argc > 1 && strcmp (argv[1], "true") == 0;
    g_test_add ("/notify/messages", Fixture, NULL, set_up, test_messages, tear_down);
    g_test_add ("/notify/watchdog", Fixture, NULL, set_up, test_watchdog, tear_down);
    g_test_add ("/notify/not-watched", Fixture, NULL, set_up, test_not_watched, tear_down);
    return g_test_run ();
}
