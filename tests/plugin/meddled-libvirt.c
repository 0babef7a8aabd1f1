/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "meddled-libvirt.h"

#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <string.h>

#define CALLS_MAX 32

typedef struct {
    const char *name;
    guint n_good, n_failing; /* the next calls that succeed, and those after them that fail */
    gboolean is_to_hold, is_held;
    guint n, n_now, n_most;
} Call;

static GMutex lock;
static GCond changed;
static Call calls[CALLS_MAX];
static gboolean is_migrating;
static virConnectCloseFunc close_callback;
static void *close_data;
static virConnectPtr close_connection;

/* Under the lock. */
static Call *
find (const char *name)
{
    for (gsize i = 0; i < CALLS_MAX; i++) {
        if (!calls[i].name)
            calls[i].name = name;
        if (strcmp (calls[i].name, name) == 0)
            return &calls[i];
    }
    g_assert_not_reached ();
}

/* FALSE if the call must fail. */
static gboolean
begin (const char *name)
{
    Call *call;
    gboolean fails = g_strcmp0 (g_getenv ("VGATE_MEDDLE_FAIL"), name) == 0;

    g_mutex_lock (&lock);
    call = find (name);
    call->n++;
    call->n_now++;
    call->n_most = MAX (call->n_most, call->n_now);
    if (call->n_good > 0) {
        call->n_good--;
    } else if (call->n_failing > 0) {
        call->n_failing--;
        fails = TRUE;
    }
    g_mutex_unlock (&lock);
    return !fails;
}

static void
end (const char *name)
{
    Call *call;

    g_mutex_lock (&lock);
    call = find (name);
    if (call->is_to_hold) {
        call->is_to_hold = FALSE;
        call->is_held = TRUE;
        while (call->is_held)
            g_cond_wait (&changed, &lock);
    }
    call->n_now--;
    g_mutex_unlock (&lock);
}

void
meddle_fail_after (const char *name, guint n_good, guint n)
{
    Call *call;

    g_mutex_lock (&lock);
    call = find (name);
    call->n_good = n_good;
    call->n_failing = n;
    g_mutex_unlock (&lock);
}

void
meddle_fail (const char *name, guint n)
{
    meddle_fail_after (name, 0, n);
}

void
meddle_hold (const char *name)
{
    g_mutex_lock (&lock);
    find (name)->is_to_hold = TRUE;
    g_mutex_unlock (&lock);
}

gboolean
meddle_is_held (const char *name)
{
    gboolean is_held;

    g_mutex_lock (&lock);
    is_held = find (name)->is_held;
    g_mutex_unlock (&lock);
    return is_held;
}

void
meddle_release (const char *name)
{
    g_mutex_lock (&lock);
    find (name)->is_held = FALSE;
    g_cond_broadcast (&changed);
    g_mutex_unlock (&lock);
}

guint
meddle_count (const char *name)
{
    guint n;

    g_mutex_lock (&lock);
    n = find (name)->n;
    g_mutex_unlock (&lock);
    return n;
}

guint
meddle_most_at_once (const char *name)
{
    guint n;

    g_mutex_lock (&lock);
    n = find (name)->n_most;
    g_mutex_unlock (&lock);
    return n;
}

void
meddle_migrate (void)
{
    g_mutex_lock (&lock);
    is_migrating = TRUE;
    g_mutex_unlock (&lock);
}

void
meddle_reset (void)
{
    g_mutex_lock (&lock);
    is_migrating = FALSE;
    for (gsize i = 0; i < CALLS_MAX; i++) {
        calls[i].n_good = calls[i].n_failing = calls[i].n = calls[i].n_most = 0;
        calls[i].is_to_hold = calls[i].is_held = FALSE;
    }
    g_cond_broadcast (&changed);
    g_mutex_unlock (&lock);
}

void
meddle_lose_connection (void)
{
    virConnectCloseFunc callback;

    g_mutex_lock (&lock);
    callback = close_callback;
    g_mutex_unlock (&lock);
    g_assert_nonnull (callback);
    callback (close_connection, VIR_CONNECT_CLOSE_REASON_EOF, close_data);
}

/* With NULL as its first argument libvirt fails, and reports an error. */
#define MEDDLED(type, name, first_type, parameters, arguments)        \
    type name parameters                                              \
    {                                                                 \
        type (*real) parameters;                                      \
        void *found = dlsym (RTLD_NEXT, G_STRINGIFY (name));          \
        first_type given = begin (G_STRINGIFY (name)) ? first : NULL; \
        type answer;                                                  \
                                                                      \
        memcpy (&real, &found, sizeof real);                          \
        answer = real arguments;                                      \
        end (G_STRINGIFY (name));                                     \
        return answer;                                                \
    }

MEDDLED (int, virDomainIsActive, virDomainPtr, (virDomainPtr first), (given))
MEDDLED (int, virDomainIsPersistent, virDomainPtr, (virDomainPtr first), (given))
MEDDLED (int, virDomainGetState, virDomainPtr,
         (virDomainPtr first, int *state, int *reason, unsigned int flags), (given, state, reason, flags))
MEDDLED (char *, virDomainGetMetadata, virDomainPtr,
         (virDomainPtr first, int type, const char *uri, unsigned int flags), (given, type, uri, flags))
MEDDLED (int, virDomainSetMetadata, virDomainPtr,
         (virDomainPtr first, int type, const char *metadata, const char *key, const char *uri,
          unsigned int flags),
         (given, type, metadata, key, uri, flags))
MEDDLED (int, virConnectNumOfDomains, virConnectPtr, (virConnectPtr first), (given))
MEDDLED (int, virConnectListAllDomains, virConnectPtr,
         (virConnectPtr first, virDomainPtr **domains, unsigned int flags), (given, domains, flags))
MEDDLED (virDomainPtr, virDomainLookupByName, virConnectPtr, (virConnectPtr first, const char *name),
         (given, name))
MEDDLED (virDomainPtr, virDomainLookupByUUIDString, virConnectPtr, (virConnectPtr first, const char *uuid),
         (given, uuid))

/* VGATE_MEDDLE_XML names a file with the XML of each domain: libvirt's test driver does not keep QEMU's
 * command line. */
char *
virDomainGetXMLDesc (virDomainPtr domain, unsigned int flags)
{
    char *(*real) (virDomainPtr domain, unsigned int flags);
    void *found = dlsym (RTLD_NEXT, "virDomainGetXMLDesc");
    const char *file = g_getenv ("VGATE_MEDDLE_XML");
    g_autofree char *text = NULL;
    const gboolean succeeds = begin ("virDomainGetXMLDesc");
    char *xml;

    memcpy (&real, &found, sizeof real);
    if (succeeds && file && g_file_get_contents (file, &text, NULL, NULL))
        xml = strdup (text); /* as libvirt, for free () */
    else
        xml = real (succeeds ? domain : NULL, flags);
    end ("virDomainGetXMLDesc");
    return xml;
}

int
virDomainGetJobStats (G_GNUC_UNUSED virDomainPtr domain, int *type, virTypedParameterPtr *parameters,
                      int *n_parameters, G_GNUC_UNUSED unsigned int flags)
{
    gboolean is_job;
    int n_max = 0;

    begin ("virDomainGetJobStats");
    g_mutex_lock (&lock);
    is_job = is_migrating;
    g_mutex_unlock (&lock);
    *type = is_job ? VIR_DOMAIN_JOB_UNBOUNDED : VIR_DOMAIN_JOB_NONE;
    *parameters = NULL;
    *n_parameters = 0;
    if (is_job)
        virTypedParamsAddInt (parameters, n_parameters, &n_max, VIR_DOMAIN_JOB_OPERATION,
                              VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT);
    end ("virDomainGetJobStats");
    return 0;
}

/* libvirt's test driver has no such callback, and no connection that can be lost. */
int
virConnectRegisterCloseCallback (virConnectPtr connection, virConnectCloseFunc callback, void *data,
                                 G_GNUC_UNUSED virFreeCallback free_data)
{
    g_mutex_lock (&lock);
    close_connection = connection;
    close_callback = callback;
    close_data = data;
    g_mutex_unlock (&lock);
    return 0;
}

int
virConnectUnregisterCloseCallback (G_GNUC_UNUSED virConnectPtr connection,
                                   G_GNUC_UNUSED virConnectCloseFunc callback)
{
    return 0;
}
