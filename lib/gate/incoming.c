/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/internal.h"

#include <string.h>

/* libvirt's QEMU driver keeps the pid here (measured; lab of libvirt 9.0). */
#define PID_DIRECTORY "/run/libvirt/qemu"

static gboolean
unknown (const char *why, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_QEMU_UNKNOWN,
                 "whether QEMU was started to receive a guest cannot be told: %s", why);
    return FALSE;
}

gboolean
vgate_qemu_is_incoming (const char *root, const char *domain_name, GError **error)
{
    g_autofree char *pid_path = g_strdup_printf ("%s" PID_DIRECTORY "/%s.pid", root, domain_name);
    g_autofree char *pid_text = NULL, *path = NULL, *arguments = NULL;
    g_autoptr (GError) local = NULL;
    gsize length;
    guint64 pid;

    /* libvirt allows no '/' in a name; this is root, so do not depend on it */
    if (strchr (domain_name, '/'))
        return unknown ("the domain's name has a '/'", error);
    if (!g_file_get_contents (pid_path, &pid_text, NULL, &local))
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
