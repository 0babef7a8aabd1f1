/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/qemu-process.h"

#include "message/codes.h"

#include <string.h>
#include <unistd.h>

/* libvirt's QEMU driver keeps the pids here (measured; lab of libvirt 9.0). */
#define PID_DIRECTORY "/run/libvirt/qemu"
/* The same of a session, below the user's run-time directory. */
#define SESSION_DIRECTORY "libvirt/qemu/run"

/*
 * libvirt hands its hooks no XDG_RUNTIME_DIR. So the file is looked for where systemd makes that directory,
 * and where GLib, and with it libvirt, has it when there is none: in the user's cache. The caller frees the
 * path.
 */
static char *
pid_path (const char *root, gboolean is_session, const char *domain_name)
{
    g_autofree char *file = g_strdup_printf ("%s.pid", domain_name);
    g_autofree char *user = g_strdup_printf ("/run/user/%u", (guint)geteuid ());
    const char *const directories[] = {user, g_get_user_runtime_dir ()};

    if (!is_session)
        return g_build_filename (root, PID_DIRECTORY, file, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS (directories); i++) {
        g_autofree char *path = g_build_filename (root, directories[i], SESSION_DIRECTORY, file, NULL);

        if (g_file_test (path, G_FILE_TEST_EXISTS))
            return g_steal_pointer (&path);
    }
    return g_build_filename (root, user, SESSION_DIRECTORY, file, NULL);
}

static gboolean
unknown (const char *why, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_QEMU_UNKNOWN,
                 "whether QEMU was started to receive a guest cannot be told: %s", why);
    return FALSE;
}

gboolean
vgate_qemu_is_incoming (const char *root, gboolean is_session, const char *domain_name, GError **error)
{
    g_autofree char *pid_file = pid_path (root, is_session, domain_name);
    g_autofree char *pid_text = NULL, *path = NULL, *arguments = NULL;
    g_autoptr (GError) local = NULL;
    gsize length;
    guint64 pid;

    /* libvirt allows no '/' in a name; this is root, so do not depend on it */
    if (strchr (domain_name, '/'))
        return unknown ("the domain's name has a '/'", error);
    if (!g_file_get_contents (pid_file, &pid_text, NULL, &local))
        return unknown (local->message, error);
    if (!g_ascii_string_to_unsigned (g_strstrip (pid_text), 10, 1, G_MAXINT32, &pid, NULL))
        return unknown ("its pid file holds no number", error);
    path = g_strdup_printf ("%s/proc/%" G_GUINT64_FORMAT "/cmdline", root, pid);
    if (!g_file_get_contents (path, &arguments, &length, &local))
        return unknown (local->message, error);
    if (length == 0)
        return unknown ("its command line is empty", error);
    for (const char *at = arguments; at < arguments + length; at += strlen (at) + 1)
        if (strcmp (at, "-incoming") == 0)
            return TRUE;
    return FALSE;
}
