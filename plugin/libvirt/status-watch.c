/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/libvirt/status-watch.h"

#include "base/descriptor.h"
#include "xml/xml.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define SUFFIX ".xml"

struct VgateStatusWatch {
    char *directory;
    int inotify; /* -1: the directory is not watched */
    guint source;
    GHashTable *jobs; /* a domain's name -> the job that was reported */
    const VgateStatusWatchMethods *methods;
    gpointer user_data;
};

/* The domain's job. libvirt writes it before the <domain>, whose <metadata> may have elements of any name. */
static gboolean
find_job (VgateXmlReader *reader)
{
    xmlTextReader *text_reader = vgate_xml_reader_get (reader);

    while (vgate_xml_next (reader, NULL)) {
        const char *name = (const char *)xmlTextReaderConstLocalName (text_reader);
        const int depth = xmlTextReaderDepth (text_reader);

        if (xmlTextReaderNodeType (text_reader) != XML_READER_TYPE_ELEMENT)
            continue;
        if (depth == 0 && strcmp (name, "domstatus") != 0)
            return FALSE;
        if (depth == 1 && strcmp (name, "job") == 0)
            return TRUE;
        if (depth == 1 && strcmp (name, "domain") == 0)
            return FALSE;
    }
    return FALSE;
}

static char *
take_attribute (xmlTextReader *reader, const char *name)
{
    xmlChar *value = xmlTextReaderGetAttribute (reader, (const xmlChar *)name);
    char *copy = g_strdup ((const char *)value);

    xmlFree (value);
    return copy;
}

gboolean
vgate_status_file_leaves (const char *xml, gsize length, char **job)
{
    g_autoptr (VgateXmlReader) reader = vgate_xml_reader_new (xml, length, NULL);
    g_autofree char *async = NULL, *started = NULL;

    if (!reader || !find_job (reader))
        return FALSE;
    async = take_attribute (vgate_xml_reader_get (reader), "async");
    started = take_attribute (vgate_xml_reader_get (reader), "asyncStarted");
    if (g_strcmp0 (async, "migration out") != 0 && g_strcmp0 (async, "save") != 0)
        return FALSE;
    *job = g_strdup_printf ("%s, %s", async, started ? started : "");
    return TRUE;
}

/* Does not block, because the file system is in memory. Files that libvirt did not write are skipped. */
static GByteArray *
read_file (const char *directory, const char *file)
{
    g_autofree char *path = g_build_filename (directory, file, NULL);
    g_autoptr (GByteArray) text = g_byte_array_new ();

    return vgate_read_file (AT_FDCWD, path, VGATE_XML_SIZE_MAX, text) && text->len > 0
               ? g_steal_pointer (&text)
               : NULL;
}

/* libvirt writes another file and renames it to this name, and repeats that for each step of a job. */
static void
on_file (VgateStatusWatch *watch, const char *file)
{
    g_autofree char *name = NULL, *job = NULL;
    g_autoptr (GByteArray) text = NULL;

    if (!g_str_has_suffix (file, SUFFIX))
        return;
    name = g_strndup (file, strlen (file) - strlen (SUFFIX));
    text = read_file (watch->directory, file);
    if (!text || !vgate_status_file_leaves ((const char *)text->data, text->len, &job)) {
        if (g_hash_table_remove (watch->jobs, name) && text)
            watch->methods->job (name, FALSE, watch->user_data);
        return;
    }
    if (g_strcmp0 (g_hash_table_lookup (watch->jobs, name), job) == 0)
        return;
    g_hash_table_insert (watch->jobs, g_strdup (name), g_steal_pointer (&job));
    watch->methods->job (name, TRUE, watch->user_data);
}

/* Does not remove the source: it is being dispatched and removes itself. */
static void
stop (VgateStatusWatch *watch)
{
    if (watch->inotify >= 0)
        close (watch->inotify);
    watch->inotify = -1;
    watch->source = 0;
    g_hash_table_remove_all (watch->jobs);
}

static gboolean
on_inotify (int fd, G_GNUC_UNUSED GIOCondition condition, gpointer user_data)
{
    VgateStatusWatch *watch = user_data;
    _Alignas(struct inotify_event) char buffer[16384];
    const gssize n = read (fd, buffer, sizeof buffer);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
    for (gssize at = 0; at < n;) {
        const struct inotify_event *event = (const struct inotify_event *)(buffer + at);

        at += (gssize)(sizeof *event + event->len);
        if (event->mask & IN_IGNORED) {
            /* the directory was removed; the next connection to libvirt starts the watch again */
            stop (watch);
            return G_SOURCE_REMOVE;
        }
        if (event->len == 0)
            continue;
        if (event->mask & IN_DELETE) {
            g_autofree char *name = g_strdup (event->name);

            if (g_str_has_suffix (name, SUFFIX)) {
                name[strlen (name) - strlen (SUFFIX)] = '\0';
                g_hash_table_remove (watch->jobs, name);
            }
        } else {
            on_file (watch, event->name);
        }
    }
    return G_SOURCE_CONTINUE;
}

void
vgate_status_watch_start (VgateStatusWatch *watch)
{
    if (watch->inotify >= 0)
        return;
    watch->inotify = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
    if (watch->inotify < 0)
        return;
    if (inotify_add_watch (watch->inotify, watch->directory, IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) < 0) {
        stop (watch);
        return;
    }
    watch->source = g_unix_fd_add (watch->inotify, G_IO_IN, on_inotify, watch);
}

VgateStatusWatch *
vgate_status_watch_new (const char *directory, const VgateStatusWatchMethods *methods, gpointer user_data)
{
    VgateStatusWatch *watch = g_new0 (VgateStatusWatch, 1);

    watch->directory = g_strdup (directory);
    watch->inotify = -1;
    watch->jobs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    watch->methods = methods;
    watch->user_data = user_data;
    return watch;
}

void
vgate_status_watch_free (VgateStatusWatch *watch)
{
    if (!watch)
        return;
    if (watch->source != 0)
        g_source_remove (watch->source);
    stop (watch);
    g_hash_table_unref (watch->jobs);
    g_free (watch->directory);
    g_free (watch);
}
