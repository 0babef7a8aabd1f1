/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/switchover/qemu-process.h"

#include "domain/vmstate.h"
#include "message/codes.h"

#include <string.h>

/* libvirt's QEMU driver keeps the pids here, and nobody but root writes there. */
#define PID_DIRECTORY "/run/libvirt/qemu"

void
vgate_qemu_free (VgateQemu *qemu)
{
    if (!qemu)
        return;
    g_free (qemu->name);
    g_free (qemu->uuid);
    g_free (qemu);
}

/* "guest=NAME,debug-threads=on": QEMU doubles a comma that is part of a value. */
static char *
guest_name (const char *argument)
{
    static const char key[] = "guest=";
    g_autoptr (GString) name = g_string_new (NULL);

    if (!g_str_has_prefix (argument, key))
        return NULL;
    for (const char *at = argument + strlen (key); *at != '\0'; at++) {
        if (*at == ',' && *++at != ',')
            break;
        g_string_append_c (name, *at);
    }
    return g_string_free (g_steal_pointer (&name), FALSE);
}

typedef struct {
    char *name;
    const char *uuid; /* borrowed from the command line */
    VgateVmstate *vmstate;
} Arguments;

static void
arguments_clear (Arguments *arguments)
{
    g_free (arguments->name);
    vgate_vmstate_free (arguments->vmstate);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Arguments, arguments_clear)

/* The kernel separates them by NULs, and g_file_get_contents () puts one behind the last. */
static void
read_arguments (const char *line, gsize length, Arguments *arguments)
{
    const char *before = "";

    for (const char *at = line; at < line + length; before = at, at += strlen (at) + 1) {
        if (strcmp (before, "-name") == 0 && !arguments->name)
            arguments->name = guest_name (at);
        else if (strcmp (before, "-uuid") == 0)
            arguments->uuid = at;
        else if (strcmp (before, "-object") == 0 && !arguments->vmstate)
            arguments->vmstate = vgate_vmstate_parse (at);
    }
}

static gboolean
is_domain_of_libvirt (const char *root, const char *name, guint32 pid)
{
    g_autofree char *path = g_strdup_printf ("%s" PID_DIRECTORY "/%s.pid", root, name);
    g_autofree char *text = NULL;
    guint64 written;

    return !strchr (name, '/') && g_file_get_contents (path, &text, NULL, NULL) &&
           g_ascii_string_to_unsigned (g_strstrip (text), 10, 1, G_MAXINT32, &written, NULL) &&
           written == pid;
}

VgateQemu *
vgate_qemu_identify (const char *root, guint32 pid, GError **error)
{
    g_autofree char *path = g_strdup_printf ("%s/proc/%u/cmdline", root, pid), *line = NULL;
    g_auto (Arguments) arguments = {0};
    VgateQemu *qemu;
    gsize length;

    if (!g_file_get_contents (path, &line, &length, NULL))
        return NULL;
    read_arguments (line, length, &arguments);
    if (!arguments.name || !arguments.uuid || !arguments.vmstate ||
        !is_domain_of_libvirt (root, arguments.name, pid))
        return NULL;
    if (strcmp (arguments.vmstate->uuid, arguments.uuid) != 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_OBJECT,
                     "%s: the object on QEMU's command line is that of domain %s", arguments.name,
                     arguments.vmstate->uuid);
        return NULL;
    }
    qemu = g_new0 (VgateQemu, 1);
    qemu->name = g_steal_pointer (&arguments.name);
    qemu->uuid = g_strdup (arguments.uuid);
    return qemu;
}
