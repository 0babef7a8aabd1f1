/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet-libvirt.h"

#include "base/threads.h"
#include "domain/guest-document.h"
#include "libvirt-access.h"
#include "program-run.h"
#include "xml/xml.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* The hosts that are asked at the same time. Most of the time is spent waiting for them. */
#define THREADS_MAX 16

/* "vgpu-gate host" itself waits for NVML for at most a minute by default. */
#define HOST_DEADLINE_MS  120000u
#define DEADLINE_MS       90000u
#define CONNECT_TIMEOUT   "ConnectTimeout=10"
#define SSH_FAILED        255
#define COMMAND_NOT_FOUND 127

static void
document_free (VgateSourceDocument *document)
{
    g_free (document->origin);
    g_free (document->name);
    g_free (document->xml);
    g_clear_error (&document->error);
    g_free (document);
}

/* Adds a document, or its error; takes xml and error. */
static VgateSourceDocument *
add (GPtrArray *documents, gboolean is_host, const char *uri, const char *name, char *xml, GError *error)
{
    VgateSourceDocument *document = g_new0 (VgateSourceDocument, 1);

    document->is_host = is_host;
    document->uri = uri;
    document->origin = name ? g_strdup_printf ("%s %s", uri, name) : g_strdup (uri);
    document->name = g_strdup (name);
    document->xml = xml;
    document->error = error;
    g_ptr_array_add (documents, document);
    return document;
}

/* --- the host document --- */

/* Sets the words of ssh, which are those that libvirt uses for the same URI. */
static gboolean
write_ssh (GUri *uri, GPtrArray *words, GError **error)
{
    const char *query = g_uri_get_query (uri), *host = g_uri_get_host (uri);
    g_autoptr (GHashTable) parameters =
        g_uri_parse_params (query ? query : "", -1, "&", G_URI_PARAMS_NONE, NULL);
    const char *program = parameters ? g_hash_table_lookup (parameters, "command") : NULL;
    const char *key = parameters ? g_hash_table_lookup (parameters, "keyfile") : NULL;
    const char *no_verify = parameters ? g_hash_table_lookup (parameters, "no_verify") : NULL;
    static const char *const options[] = {
        /* several hosts are asked at the same time, so none can ask the user for a password */
        "-oBatchMode=yes", ("-o" CONNECT_TIMEOUT),
        /* a new master would keep standard error open after the command has ended */
        "-oControlMaster=no", "-T", "-e", "none"};

    g_ptr_array_add (words, g_strdup (program ? program : "ssh"));
    for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
        g_ptr_array_add (words, g_strdup (options[i]));
    if (g_strcmp0 (no_verify, "1") == 0)
        g_ptr_array_add (words, g_strdup ("-oStrictHostKeyChecking=no"));
    if (key) {
        g_ptr_array_add (words, g_strdup ("-i"));
        g_ptr_array_add (words, g_strdup (key));
    }
    if (g_uri_get_port (uri) > 0)
        g_ptr_array_add (words, g_strdup_printf ("-p%d", g_uri_get_port (uri)));
    if (g_uri_get_userinfo (uri)) {
        g_ptr_array_add (words, g_strdup ("-l"));
        g_ptr_array_add (words, g_strdup (g_uri_get_userinfo (uri)));
    }
    g_ptr_array_add (words, g_strdup ("--"));
    g_ptr_array_add (words, g_strdup (host));
    g_ptr_array_add (words, g_strdup ("vgpu-gate host"));
    if (*host != '-')
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_FLEET_PROGRAM, "invalid host name '%s' in the URI", host);
    return FALSE;
}

static void
write_local (const VgateLibvirtSource *source, GPtrArray *words)
{
    g_autoptr (GError) error = NULL;
    char *self = g_file_read_link ("/proc/self/exe", &error);

    g_ptr_array_add (words, self ? self : g_strdup ("vgpu-gate"));
    if (source->config)
        g_ptr_array_add (words, g_strconcat ("--config=", source->config, NULL));
    g_ptr_array_add (words, g_strdup ("host"));
}

/* Sets the words of the program that prints the host document of the URI's host, and *is_ssh if it is ssh. */
static gboolean
write_words (const VgateLibvirtSource *source, const char *text, GPtrArray *words, gboolean *is_ssh,
             GError **error)
{
    g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_ENCODED_QUERY | G_URI_FLAGS_PARSE_RELAXED, NULL);
    const char *host = uri ? g_uri_get_host (uri) : NULL;
    const char *transport = uri ? strchr (g_uri_get_scheme (uri), '+') : NULL;

    *is_ssh = FALSE;
    if (uri && (!host || *host == '\0')) {
        write_local (source, words);
        return TRUE;
    }
    if (transport && (strcmp (transport, "+ssh") == 0 || strcmp (transport, "+libssh") == 0 ||
                      strcmp (transport, "+libssh2") == 0)) {
        *is_ssh = TRUE;
        return write_ssh (uri, words, error);
    }
    g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_FLEET_NO_SSH,
                         "'vgpu-gate host' can be run there only by ssh, which is not the URI's transport");
    return FALSE;
}

static gboolean
check_run (const VgateProgramRun *run, gboolean is_ssh, GError **error)
{
    if (run->status == 0)
        return TRUE;
    if (run->status == COMMAND_NOT_FOUND)
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_FLEET_PROGRAM,
                             "vgpu-gate is not installed there");
    else
        g_set_error (error, VGATE_ERROR, VGATE_CODE_FLEET_PROGRAM, "%s failed with status %d: %s",
                     is_ssh && run->status == SSH_FAILED ? "ssh" : "'vgpu-gate host'", run->status,
                     run->complaint[0] != '\0' ? run->complaint : "it printed no reason");
    return FALSE;
}

/* Adds the host document, or the error. FALSE when ssh did not reach the host, so that libvirt need not try
 * to reach it, too. */
static gboolean
read_host (const VgateLibvirtSource *source, const char *uri, GPtrArray *documents)
{
    g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
    g_auto (VgateProgramRun) run = {0};
    GError *error = NULL;
    gboolean is_ssh, is_read;

    is_read = write_words (source, uri, words, &is_ssh, &error);
    g_ptr_array_add (words, NULL);
    is_read = is_read &&
              vgate_program_run ((const char *const *)words->pdata, VGATE_XML_SIZE_MAX, DEADLINE_MS, &run,
                                 &error) &&
              check_run (&run, is_ssh, &error);
    add (documents, TRUE, uri, NULL,
         is_read ? g_strndup ((const char *)run.output->data, run.output->len) : NULL, error);
    return !is_ssh || !error || (run.output && run.status != SSH_FAILED && run.status != -1);
}

/* --- the guests --- */

/* TRUE when the domain is one of those that are asked for. */
static gboolean
is_wanted (const VgateLibvirtSource *source, virDomainPtr domain)
{
    char uuid[VIR_UUID_STRING_BUFLEN] = "";

    if (!source->guests)
        return TRUE;
    virDomainGetUUIDString (domain, uuid);
    return g_strv_contains ((const char *const *)source->guests, virDomainGetName (domain)) ||
           g_strv_contains ((const char *const *)source->guests, uuid);
}

static void
read_guest (const char *uri, virDomainPtr domain, GPtrArray *documents)
{
    GError *error = NULL;
    const gboolean is_inactive = virDomainIsActive (domain) == 0;
    g_autofree char *xml = vgate_libvirt_read_xml (domain, 0, &error);
    char *document = NULL;

    /* it ended since it was listed */
    if (!xml && virGetLastErrorCode () == VIR_ERR_NO_DOMAIN) {
        g_error_free (error);
        return;
    }
    document = xml ? vgate_guest_document_write (xml, strlen (xml), &error) : NULL;
    add (documents, FALSE, uri, virDomainGetName (domain), document, error)->is_inactive = is_inactive;
}

static void
read_guests (const VgateLibvirtSource *source, const char *uri, GPtrArray *documents)
{
    GError *error = NULL;
    g_autoptr (virConnect) libvirt = vgate_libvirt_open (uri, TRUE, &error);
    virDomainPtr *domains = NULL;
    const int n = libvirt ? vgate_libvirt_list (libvirt, source->guests ? 0 : VIR_CONNECT_LIST_DOMAINS_ACTIVE,
                                                &domains, &error)
                          : -1;

    if (n < 0)
        add (documents, FALSE, uri, NULL, NULL, error);
    for (int i = 0; i < n; i++) {
        g_autoptr (virDomain) domain = domains[i];

        if (is_wanted (source, domain))
            read_guest (uri, domain, documents);
    }
    free (domains); /* libvirt allocates with malloc () */
}

/* --- all URIs --- */

/* The source and the tasks, which threads use. */
typedef struct {
    VgateLibvirtSource source; /* a copy */
    GMutex mutex;              /* for all of the tasks */
    GCond changed;             /* a task has begun or is done */
} Reading;

typedef struct {
    const char *uri;
    GPtrArray *documents; /* NULL: it is not done */
    gint64 end;           /* when it is given up, by the monotonic clock; 0: no thread has taken it yet */
} Task;

static void
read_one (gpointer data, gpointer user_data)
{
    Reading *reading = user_data;
    Task *task = data;
    g_autoptr (GPtrArray) documents = g_ptr_array_new_with_free_func ((GDestroyNotify)document_free);

    g_mutex_lock (&reading->mutex);
    task->end = g_get_monotonic_time () + (gint64)reading->source.deadline_ms * 1000;
    g_cond_signal (&reading->changed);
    g_mutex_unlock (&reading->mutex);
    if (!reading->source.needs_hosts || read_host (&reading->source, task->uri, documents))
        read_guests (&reading->source, task->uri, documents);
    g_mutex_lock (&reading->mutex);
    if (!task->documents)
        task->documents = g_steal_pointer (&documents);
    g_cond_signal (&reading->changed);
    g_mutex_unlock (&reading->mutex);
}

/* Gives up the tasks whose time is over, and returns their number. *end: when the next one is to be given up;
 * 0: all are done. */
static guint
give_up (const Reading *reading, Task *tasks, guint n_tasks, gint64 *end)
{
    const gint64 now = g_get_monotonic_time ();
    guint n = 0;

    *end = 0;
    for (guint i = 0; i < n_tasks; i++) {
        GError *error = NULL;

        if (tasks[i].documents)
            continue;
        if (tasks[i].end == 0 || tasks[i].end > now) {
            /* the thread that takes it signals */
            const gint64 its = tasks[i].end == 0 ? G_MAXINT64 : tasks[i].end;

            *end = *end == 0 ? its : MIN (*end, its);
            continue;
        }
        n++;
        tasks[i].documents = g_ptr_array_new_with_free_func ((GDestroyNotify)document_free);
        g_set_error (&error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "libvirt did not answer within %u s",
                     reading->source.deadline_ms / 1000);
        add (tasks[i].documents, FALSE, tasks[i].uri, NULL, NULL, error);
    }
    return n;
}

/* A call of libvirt cannot be cancelled. The thread of a host that was given up remains until this process
 * ends, and so does what it uses. */
static guint
wait_for_all (Reading *reading, VgateThreads *threads, Task *tasks, guint n_tasks)
{
    guint n_given_up = 0;

    g_mutex_lock (&reading->mutex);
    for (;;) {
        gint64 end;
        const guint n = give_up (reading, tasks, n_tasks, &end);

        n_given_up += n;
        if (n > 0)
            vgate_threads_set_max (threads, THREADS_MAX + n_given_up);
        if (end == 0)
            break;
        g_cond_wait_until (&reading->changed, &reading->mutex, end);
    }
    g_mutex_unlock (&reading->mutex);
    return n_given_up;
}

static Reading *
reading_new (const VgateLibvirtSource *source)
{
    Reading *reading = g_new0 (Reading, 1);

    reading->source = *source;
    reading->source.guests = g_strdupv ((char **)source->guests);
    reading->source.config = g_strdup (source->config);
    if (reading->source.deadline_ms == 0)
        reading->source.deadline_ms = HOST_DEADLINE_MS;
    g_mutex_init (&reading->mutex);
    g_cond_init (&reading->changed);
    return reading;
}

static void
reading_free (Reading *reading)
{
    g_strfreev ((char **)reading->source.guests);
    g_free ((char *)reading->source.config);
    g_mutex_clear (&reading->mutex);
    g_cond_clear (&reading->changed);
    g_free (reading);
}

GPtrArray *
vgate_libvirt_source_read (const VgateLibvirtSource *source)
{
    GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify)document_free);
    const guint n_uris = g_strv_length ((char **)source->uris);
    Task *tasks = g_new0 (Task, n_uris + 1);
    Reading *reading = reading_new (source);
    void (*on_pipe) (int) = signal (SIGPIPE, SIG_IGN);
    VgateThreads *threads = vgate_threads_new (THREADS_MAX, read_one, reading);
    guint n_given_up;

    for (guint i = 0; i < n_uris; i++) {
        /* for a thread that outlives the caller's text */
        tasks[i].uri = g_intern_string (source->uris[i]);
        vgate_threads_push (threads, &tasks[i]);
    }
    n_given_up = wait_for_all (reading, threads, tasks, n_uris);
    if (n_given_up == 0)
        vgate_threads_free (threads);
    /* libvirt needed it. A reader of the output that goes away ends this process. */
    signal (SIGPIPE, on_pipe);
    for (guint i = 0; i < n_uris; i++) {
        GPtrArray *documents = tasks[i].documents;

        while (documents->len > 0)
            g_ptr_array_add (all, g_ptr_array_steal_index (documents, 0));
        g_ptr_array_unref (documents);
    }
    if (n_given_up == 0) {
        g_free (tasks);
        reading_free (reading);
    }
    return all;
}

gpointer
vgate_source_document_add (const VgateSourceDocument *document, VgateFleet *fleet)
{
    VgateFleetGuest *guest;

    if (document->error) {
        vgate_fleet_add_fault (fleet, document->is_host, document->origin, document->name,
                               g_error_copy (document->error));
        return NULL;
    }
    if (document->is_host)
        return vgate_fleet_add_host (fleet, document->origin, document->xml, strlen (document->xml));
    guest = vgate_fleet_add_guest (fleet, document->origin, document->xml, strlen (document->xml));
    if (guest && document->is_inactive)
        guest->document = VGATE_DOMAIN_DOCUMENT_DEFINITION;
    return guest;
}
