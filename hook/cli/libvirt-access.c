/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libvirt-access.h"

#include <signal.h>
#include <stdlib.h>

gboolean
vgate_libvirt_fail (GError **error, const char *call)
{
    const char *message = virGetLastErrorMessage ();

    g_set_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "%s: %s", call,
                 message ? message : "unknown error");
    return FALSE;
}

/* Without an error function, libvirt prints its errors itself. */
static void
swallow_error (G_GNUC_UNUSED void *user_data, G_GNUC_UNUSED virErrorPtr error)
{
}

/* Once, because several threads connect at the same time. */
static void
initialize (void)
{
    static gsize is_done;

    if (!g_once_init_enter (&is_done))
        return;
    virInitialize ();
    /* libvirt writes to a connection that the other side has closed */
    signal (SIGPIPE, SIG_IGN);
    virSetErrorFunc (NULL, swallow_error);
    g_once_init_leave (&is_done, 1);
}

virConnectPtr
vgate_libvirt_open (const char *uri, gboolean is_read_only, GError **error)
{
    virConnectPtr libvirt;

    if (!uri)
        uri = VGATE_LIBVIRT_URI;
    initialize ();
    libvirt = is_read_only ? virConnectOpenReadOnly (uri) : virConnectOpen (uri);
    if (!libvirt)
        vgate_libvirt_fail (error, is_read_only ? "virConnectOpenReadOnly" : "virConnectOpen");
    return libvirt;
}

virDomainPtr
vgate_libvirt_find (virConnectPtr libvirt, const char *name, GError **error)
{
    virDomainPtr domain = virDomainLookupByName (libvirt, name);

    if (domain)
        return domain;
    if (virGetLastErrorCode () != VIR_ERR_NO_DOMAIN) {
        vgate_libvirt_fail (error, "virDomainLookupByName");
        return NULL;
    }
    domain = virDomainLookupByUUIDString (libvirt, name);
    if (domain)
        return domain;
    /* a name that is not a UUID is an invalid argument */
    if (virGetLastErrorCode () == VIR_ERR_NO_DOMAIN || virGetLastErrorCode () == VIR_ERR_INVALID_ARG)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "no domain with name or UUID '%s'", name);
    else
        vgate_libvirt_fail (error, "virDomainLookupByUUIDString");
    return NULL;
}

char *
vgate_libvirt_read_xml (virDomainPtr domain, unsigned int flags, GError **error)
{
    char *xml = virDomainGetXMLDesc (domain, flags);
    char *copy = g_strdup (xml);

    if (!xml)
        vgate_libvirt_fail (error, "virDomainGetXMLDesc");
    free (xml); /* libvirt allocates with malloc () */
    return copy;
}

static int
compare_names (const void *a, const void *b)
{
    const virDomainPtr *left = a, *right = b;

    return g_strcmp0 (virDomainGetName (*left), virDomainGetName (*right));
}

int
vgate_libvirt_list (virConnectPtr libvirt, unsigned int flags, virDomainPtr **domains, GError **error)
{
    const int n = virConnectListAllDomains (libvirt, domains, flags);

    if (n < 0)
        vgate_libvirt_fail (error, "virConnectListAllDomains");
    else
        qsort (*domains, (size_t)n, sizeof (virDomainPtr), compare_names);
    return n;
}
