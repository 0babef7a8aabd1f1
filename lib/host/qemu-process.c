/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/qemu-process.h"

#include "base/codes.h"
#include "base/descriptor.h"
#include "domain/domain.h"
#include "domain/vmstate.h"
#include "xml/xml.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The directory of the pid files of libvirt's QEMU driver (measured; lab of libvirt 9.0). Only root can write
 * there. */
#define PID_DIRECTORY "/run/libvirt/qemu"
/* The directory of a session's pid files, below the user's run-time directory. */
#define SESSION_DIRECTORY "libvirt/qemu/run"

/*
 * libvirt does not pass XDG_RUNTIME_DIR to its hooks. So a session's file is searched in the run-time
 * directory that systemd creates, and in the user's cache directory, which GLib and therefore libvirt use
 * without one. The caller frees the path.
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
read_pid_file (const char *path, guint64 *pid, char **why)
{
    g_autofree char *text = NULL;
    g_autoptr (GError) error = NULL;

    if (!g_file_get_contents (path, &text, NULL, &error))
        *why = g_strdup (error->message);
    else if (!g_ascii_string_to_unsigned (g_strstrip (text), 10, 1, G_MAXINT32, pid, NULL))
        *why = g_strdup ("its pid file contains no number");
    return !*why;
}

/* Reads the pid of a domain's QEMU from libvirt's pid file. FALSE with *why. */
static gboolean
read_pid (const char *root, gboolean is_session, const char *domain_name, guint64 *pid, char **why)
{
    g_autofree char *path = pid_path (root, is_session, domain_name);

    /* libvirt allows no '/' in a name, but a program that runs as root must not depend on that */
    if (strchr (domain_name, '/'))
        *why = g_strdup ("the domain's name contains a '/'");
    return !*why && read_pid_file (path, pid, why);
}

/* The arguments, each terminated by a NUL; NULL with an error. */
static char *
read_command_line (const char *root, guint64 pid, gsize *length, GError **error)
{
    g_autofree char *path = g_strdup_printf ("%s/proc/%" G_GUINT64_FORMAT "/cmdline", root, pid);
    char *line = NULL;

    return g_file_get_contents (path, &line, length, error) ? line : NULL;
}

gboolean
vgate_qemu_is_incoming (const char *root, gboolean is_session, const char *domain_name, GError **error)
{
    g_autofree char *arguments = NULL, *why = NULL;
    g_autoptr (GError) local = NULL;
    gsize length = 0;
    guint64 pid;

    if (read_pid (root, is_session, domain_name, &pid, &why)) {
        arguments = read_command_line (root, pid, &length, &local);
        if (!arguments)
            why = g_strdup (local->message);
        else if (length == 0)
            why = g_strdup ("its command line is empty");
    }
    if (why) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_QEMU_UNKNOWN,
                     "cannot tell whether QEMU was started for an incoming migration: %s", why);
        return FALSE;
    }
    for (const char *at = arguments; at < arguments + length; at += strlen (at) + 1)
        if (strcmp (at, "-incoming") == 0)
            return TRUE;
    return FALSE;
}

char *
vgate_qemu_read_job (const char *root, const char *domain_name)
{
    g_autofree char *file = g_strdup_printf ("%s.xml", domain_name);
    g_autofree char *path = g_build_filename (root, PID_DIRECTORY, file, NULL);
    g_autoptr (GByteArray) text = g_byte_array_new ();
    g_autoptr (VgateXmlReader) reader = NULL;
    g_autofree char *job = NULL;

    if (strchr (domain_name, '/') || !vgate_read_file (AT_FDCWD, path, VGATE_XML_SIZE_MAX, text))
        return NULL;
    reader = vgate_xml_reader_new ((const char *)text->data, text->len, NULL);
    while (reader && !job && vgate_xml_next (reader, NULL)) {
        xmlTextReader *at = vgate_xml_reader_get (reader);

        /* a child of the root: a domain can contain an element of this name in its metadata */
        if (xmlTextReaderNodeType (at) == XML_READER_TYPE_ELEMENT && xmlTextReaderDepth (at) == 1 &&
            strcmp ((const char *)xmlTextReaderConstLocalName (at), "job") == 0) {
            xmlChar *async = xmlTextReaderGetAttribute (at, (const xmlChar *)"async");

            job = g_strdup (async ? (const char *)async : "");
            xmlFree (async);
        }
    }
    return g_steal_pointer (&job);
}

/* --- the domain of a process --- */

char *
vgate_qemu_find_name (const char *root, const char *uuid)
{
    g_autofree char *path = g_strconcat (root, PID_DIRECTORY, NULL);
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *file;

    while (dir && (file = g_dir_read_name (dir))) {
        g_autofree char *status = g_build_filename (path, file, NULL);
        g_autoptr (GByteArray) text = g_byte_array_new ();
        g_autoptr (VgateDomain) domain = NULL;

        if (!g_str_has_suffix (file, ".xml") || !vgate_read_file (AT_FDCWD, status, VGATE_XML_SIZE_MAX, text))
            continue;
        domain = vgate_domain_read_status ((const char *)text->data, text->len, NULL);
        if (domain && g_ascii_strcasecmp (domain->uuid, uuid) == 0)
            return g_strdup (domain->name);
    }
    return NULL;
}

void
vgate_qemu_free (VgateQemu *qemu)
{
    if (!qemu)
        return;
    g_free (qemu->name);
    g_free (qemu->uuid);
    g_free (qemu);
}

/* Reads the name from "guest=NAME,debug-threads=on". A comma in the name is doubled. */
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

/* The kernel separates the arguments by NULs, and g_file_get_contents () adds one after the last. */
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

/* TRUE when the pid file's process was started with this UUID. A pid file can be left from a process that has
 * exited. */
static gboolean
runs_as (const char *root, gboolean is_session, const char *domain_name, const char *uuid)
{
    g_autofree char *line = NULL, *why = NULL;
    g_auto (Arguments) arguments = {0};
    gsize length;
    guint64 pid;

    if (read_pid (root, is_session, domain_name, &pid, &why))
        line = read_command_line (root, pid, &length, NULL);
    if (line)
        read_arguments (line, length, &arguments);
    return arguments.uuid && g_ascii_strcasecmp (arguments.uuid, uuid) == 0;
}

gboolean
vgate_qemu_runs (const char *root, const char *domain_name, const char *uuid)
{
    g_autofree char *name = NULL;

    if (runs_as (root, FALSE, domain_name, uuid) || runs_as (root, TRUE, domain_name, uuid))
        return TRUE;
    name = vgate_qemu_find_name (root, uuid);
    return name && runs_as (root, FALSE, name, uuid);
}

static void
add_uuids (const char *root, const char *directory, GHashTable *uuids)
{
    g_autofree char *path = g_build_filename (root, directory, NULL);
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *file;

    while (dir && (file = g_dir_read_name (dir))) {
        g_autofree char *pid_file = g_build_filename (path, file, NULL), *why = NULL, *line = NULL;
        g_auto (Arguments) arguments = {0};
        gsize length;
        guint64 pid;

        if (g_str_has_suffix (file, ".pid") && read_pid_file (pid_file, &pid, &why))
            line = read_command_line (root, pid, &length, NULL);
        if (line)
            read_arguments (line, length, &arguments);
        if (arguments.uuid)
            g_hash_table_add (uuids, g_ascii_strdown (arguments.uuid, -1));
    }
}

GHashTable *
vgate_qemu_list_uuids (const char *root)
{
    GHashTable *uuids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *user = g_strdup_printf ("/run/user/%u/" SESSION_DIRECTORY, (guint)geteuid ());
    g_autofree char *own = g_build_filename (g_get_user_runtime_dir (), SESSION_DIRECTORY, NULL);

    add_uuids (root, PID_DIRECTORY, uuids);
    add_uuids (root, user, uuids);
    add_uuids (root, own, uuids);
    return uuids;
}

VgateQemu *
vgate_qemu_identify (const char *root, guint32 pid, GError **error)
{
    gsize length;
    g_autofree char *line = read_command_line (root, pid, &length, NULL), *why = NULL;
    g_auto (Arguments) arguments = {0};
    guint64 libvirt_pid;
    VgateQemu *qemu;

    if (!line)
        return NULL;
    read_arguments (line, length, &arguments);
    if (!arguments.name || !arguments.uuid || !arguments.vmstate ||
        !read_pid (root, FALSE, arguments.name, &libvirt_pid, &why) || libvirt_pid != pid)
        return NULL;
    if (strcmp (arguments.vmstate->uuid, arguments.uuid) != 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_OBJECT,
                     "%s: the dbus-vmstate object on QEMU's command line belongs to domain %s",
                     arguments.name, arguments.vmstate->uuid);
        return NULL;
    }
    qemu = g_new0 (VgateQemu, 1);
    qemu->name = g_steal_pointer (&arguments.name);
    qemu->uuid = g_strdup (arguments.uuid);
    return qemu;
}
