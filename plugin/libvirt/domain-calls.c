/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/libvirt/domain-calls.h"

#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#define QUERY_MIGRATE  "{\"execute\":\"query-migrate\"}"
#define END_CANCELLING "{\"execute\":\"migrate-continue\",\"arguments\":{\"state\":\"cancelling\"}}"
/* QEMU has no file descriptor of this name, so the migration fails before it begins. */
#define NO_FD      "vgpu-gate-cancelled"
#define REPEAT_END "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"fd:" NO_FD "\"}}"

void
vgate_set_libvirt_error (GError **error, const char *call)
{
    const char *message = virGetLastErrorMessage ();

    g_set_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "%s: %s", call,
                 message ? message : "unknown error");
}

virDomainPtr
vgate_libvirt_find_domain (virConnectPtr libvirt, const char *uuid, GError **error)
{
    virDomainPtr domain = virDomainLookupByUUIDString (libvirt, uuid);

    if (!domain && virGetLastErrorCode () != VIR_ERR_NO_DOMAIN)
        vgate_set_libvirt_error (error, "virDomainLookupByUUIDString");
    return domain;
}

int
vgate_libvirt_id (virDomainPtr domain)
{
    const unsigned int id = virDomainGetID (domain);

    return id > G_MAXINT ? -1 : (int)id;
}

/* *reason: why the domain is paused, or VIR_DOMAIN_PAUSED_UNKNOWN. FALSE: libvirt cannot answer. */
static gboolean
paused_for (virDomainPtr domain, int *reason)
{
    int state = VIR_DOMAIN_NOSTATE;

    if (virDomainGetState (domain, &state, reason, 0) != 0)
        return FALSE;
    if (state != VIR_DOMAIN_PAUSED)
        *reason = VIR_DOMAIN_PAUSED_UNKNOWN;
    return TRUE;
}

/* Also TRUE for a domain that libvirtd found half started after its own restart. */
static gboolean
is_arriving (int reason)
{
    return reason == VIR_DOMAIN_PAUSED_MIGRATION || reason == VIR_DOMAIN_PAUSED_STARTING_UP;
}

/* About a domain that arrives, libvirt can only say that it has no answer (measured, 9.0). A driver without
 * jobs never has a job. */
gboolean
vgate_libvirt_is_busy (virDomainPtr domain)
{
    virDomainJobInfo job;
    int reason;

    /* without an answer there may be a job; and libvirt holds a job while it starts, receives or saves a
     * domain, which are paused states */
    if (!paused_for (domain, &reason) || is_arriving (reason) || reason == VIR_DOMAIN_PAUSED_SAVE)
        return TRUE;
    if (virDomainGetJobInfo (domain, &job) == 0)
        return job.type != VIR_DOMAIN_JOB_NONE;
    return virGetLastErrorCode () != VIR_ERR_NO_SUPPORT;
}

/* TRUE if libvirt's last error means that no job moves the domain away: the domain does not run, it arrives
 * (libvirt keeps statistics only at the source), or the driver has no jobs. */
static gboolean
is_no_job_error (void)
{
    const int code = virGetLastErrorCode ();

    return code == VIR_ERR_OPERATION_INVALID || code == VIR_ERR_NO_DOMAIN || code == VIR_ERR_NO_SUPPORT;
}

gboolean
vgate_libvirt_job (virDomainPtr domain, gboolean is_leaving, VgateJob *job, GError **error)
{
    virTypedParameterPtr parameters = NULL;
    int type = VIR_DOMAIN_JOB_NONE, n_parameters = 0, operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN, reason;
    unsigned long long age;
    gint64 before;

    *job = (VgateJob){.began_min = G_MININT64, .began_max = G_MAXINT64};
    if (!is_leaving && !paused_for (domain, &reason)) {
        vgate_set_libvirt_error (error, "virDomainGetState");
        return FALSE;
    }
    /* an arrival has no statistics, and libvirt logs an error if it is asked for them */
    if (!is_leaving && is_arriving (reason))
        return TRUE;
    before = g_get_monotonic_time ();
    if (virDomainGetJobStats (domain, &type, &parameters, &n_parameters, 0) != 0) {
        if (is_no_job_error ())
            return TRUE;
        vgate_set_libvirt_error (error, "virDomainGetJobStats");
        return FALSE;
    }
    if (type != VIR_DOMAIN_JOB_NONE) {
        job->kind = VGATE_JOB_OTHER;
        virTypedParamsGetInt (parameters, n_parameters, VIR_DOMAIN_JOB_OPERATION, &operation);
        if (operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT)
            job->kind = VGATE_JOB_MIGRATION;
        else if (operation == VIR_DOMAIN_JOB_OPERATION_SAVE)
            job->kind = VGATE_JOB_SAVE;
        else if (operation == VIR_DOMAIN_JOB_OPERATION_SNAPSHOT)
            job->kind = VGATE_JOB_SNAPSHOT;
        /* libvirt took the age at some time during the call, and rounded it down to whole ms */
        if (virTypedParamsGetULLong (parameters, n_parameters, VIR_DOMAIN_JOB_TIME_ELAPSED, &age) == 1 &&
            age < G_MAXINT64 / 2000) {
            job->began_min = before - ((gint64)age + 1) * 1000;
            job->began_max = g_get_monotonic_time () - (gint64)age * 1000;
        }
    }
    virTypedParamsFree (parameters, n_parameters);
    return TRUE;
}

gboolean
vgate_libvirt_abort_job (virDomainPtr domain, GError **error)
{
    if (virDomainAbortJob (domain) == 0)
        return TRUE;
    vgate_set_libvirt_error (error, "virDomainAbortJob");
    if (error && virGetLastErrorCode () == VIR_ERR_OPERATION_INVALID)
        (*error)->code = VGATE_CODE_JOB_NOT_STOPPED;
    return FALSE;
}

gboolean
vgate_libvirt_guest (virDomainPtr domain, VgateGuestState *guest, GError **error)
{
    int state = VIR_DOMAIN_NOSTATE, reason = 0;

    if (virDomainGetState (domain, &state, &reason, 0) != 0) {
        vgate_set_libvirt_error (error, "virDomainGetState");
        return FALSE;
    }
    switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED: *guest = VGATE_GUEST_RUNS; break;
    case VIR_DOMAIN_PAUSED:
        *guest = reason == VIR_DOMAIN_PAUSED_USER        ? VGATE_GUEST_PAUSED_BY_USER
                 : reason == VIR_DOMAIN_PAUSED_MIGRATION ? VGATE_GUEST_PAUSED_BY_MIGRATION
                 : reason == VIR_DOMAIN_PAUSED_SAVE      ? VGATE_GUEST_PAUSED_BY_SAVE
                                                         : VGATE_GUEST_PAUSED;
        break;
    case VIR_DOMAIN_PMSUSPENDED: *guest = VGATE_GUEST_PAUSED; break;
    default: *guest = VGATE_GUEST_GONE; break;
    }
    return TRUE;
}

gboolean
vgate_libvirt_suspend (virDomainPtr domain, GError **error)
{
    if (virDomainSuspend (domain) == 0)
        return TRUE;
    vgate_set_libvirt_error (error, "virDomainSuspend");
    return FALSE;
}

gboolean
vgate_libvirt_resume (virDomainPtr domain, GError **error)
{
    if (virDomainResume (domain) == 0)
        return TRUE;
    vgate_set_libvirt_error (error, "virDomainResume");
    return FALSE;
}

gboolean
vgate_libvirt_was_cancelled (virDomainPtr domain)
{
    char *reply = NULL;
    gboolean is_cancelled;

    if (virDomainQemuMonitorCommand (domain, QUERY_MIGRATE, &reply, 0) != 0)
        return FALSE;
    /* or it was cancelled, and vgate_libvirt_repeat_end () was called since then */
    is_cancelled = reply && (strstr (reply, "\"status\":\"cancelled\"") ||
                             (strstr (reply, "\"status\":\"failed\"") && strstr (reply, "'" NO_FD "'")));
    free (reply); /* libvirt allocates with malloc () */
    return is_cancelled;
}

gboolean
vgate_libvirt_repeat_end (virDomainPtr domain, gboolean *is_refused, GError **error)
{
    char *reply = NULL;
    gboolean is_done;

    *is_refused = !vgate_libvirt_was_cancelled (domain);
    if (*is_refused) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR,
                             "QEMU does not report that its last migration was cancelled");
        return FALSE;
    }
    if (virDomainQemuMonitorCommand (domain, REPEAT_END, &reply, 0) != 0) {
        vgate_set_libvirt_error (error, "virDomainQemuMonitorCommand");
        return FALSE;
    }
    /* the error that is expected */
    is_done = reply && strstr (reply, "'" NO_FD "'") != NULL;
    if (!is_done) {
        g_autofree char *text = vgate_printable (reply ? reply : "", 255);

        g_set_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "migrate: QEMU returned %s", text);
    }
    free (reply); /* libvirt allocates with malloc () */
    return is_done;
}

gboolean
vgate_libvirt_end_cancelling (virDomainPtr domain, gboolean *is_refused, GError **error)
{
    char *reply = NULL;

    *is_refused = FALSE;
    if (virDomainQemuMonitorCommand (domain, END_CANCELLING, &reply, 0) != 0) {
        vgate_set_libvirt_error (error, "virDomainQemuMonitorCommand");
        return FALSE;
    }
    /* libvirt passes QEMU's errors on like any other reply */
    if (!reply || strstr (reply, "\"error\"")) {
        g_autofree char *text = vgate_printable (reply ? reply : "", 255);

        g_set_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "migrate-continue: QEMU returned %s",
                     text);
        *is_refused = TRUE;
    }
    free (reply); /* libvirt allocates with malloc () */
    return !*is_refused;
}

VgateDomain *
vgate_libvirt_read_domain (virDomainPtr domain, GError **error)
{
    char *xml = virDomainGetXMLDesc (domain, 0);
    VgateDomain *read;

    if (!xml) {
        vgate_set_libvirt_error (error, "virDomainGetXMLDesc");
        return NULL;
    }
    read = vgate_domain_read (xml, strlen (xml), NULL, error);
    free (xml); /* libvirt allocates with malloc () */
    return read;
}

/* libvirt names a snapshot that is given no name after this time, and writes it into the XML in any case. */
static gint64
creation_time (const char *xml)
{
    static const char tag[] = "<creationTime>";
    const char *at = strstr (xml, tag);

    return at ? g_ascii_strtoll (at + strlen (tag), NULL, 10) : 0;
}

gboolean
vgate_libvirt_read_snapshot (virDomainPtr domain, gint64 since, char **name, char **xml, GError **error)
{
    const int has_one = virDomainHasCurrentSnapshot (domain, 0);
    virDomainSnapshotPtr snapshot = has_one > 0 ? virDomainSnapshotCurrent (domain, 0) : NULL;
    char *text = snapshot ? virDomainSnapshotGetXMLDesc (snapshot, 0) : NULL;

    *name = *xml = NULL;
    /* a driver without snapshots has none */
    if (has_one == 0 || (has_one < 0 && virGetLastErrorCode () == VIR_ERR_NO_SUPPORT))
        return TRUE;
    if (!text)
        vgate_set_libvirt_error (error, "virDomainSnapshotGetXMLDesc");
    if (text && creation_time (text) >= since) {
        *name = g_strdup (virDomainSnapshotGetName (snapshot));
        *xml = g_strdup (text);
    }
    if (snapshot)
        virDomainSnapshotFree (snapshot);
    free (text); /* libvirt allocates with malloc () */
    return text != NULL;
}

gboolean
vgate_libvirt_is_element_error (const GError *error)
{
    return error->domain == VGATE_ERROR && error->code >= VGATE_CODE_ELEMENT_TWICE &&
           error->code <= VGATE_CODE_ELEMENT_BASE64;
}

gboolean
vgate_libvirt_power (virDomainPtr domain, VgatePower *power, GError **error)
{
    int state = VIR_DOMAIN_NOSTATE;

    if (virDomainGetState (domain, &state, NULL, 0) != 0) {
        vgate_set_libvirt_error (error, "virDomainGetState");
        return FALSE;
    }
    *power = state == VIR_DOMAIN_PMSUSPENDED ? VGATE_POWER_SUSPENDED : VGATE_POWER_RUNNING;
    return TRUE;
}

guint64
vgate_libvirt_max_downtime (virDomainPtr domain)
{
    unsigned long long limit = 0;

    if (vgate_libvirt_is_busy (domain) || virDomainMigrateGetMaxDowntime (domain, &limit, 0) != 0)
        return 0;
    /* 0 means "not known", so a guest that must not be paused at all gets 1 */
    return MAX (limit, 1);
}

gboolean
vgate_libvirt_has_element (virDomainPtr domain, gboolean *has, GError **error)
{
    char *metadata = virDomainGetMetadata (domain, VIR_DOMAIN_METADATA_ELEMENT, VGATE_ELEMENT_NAMESPACE,
                                           VIR_DOMAIN_AFFECT_LIVE);

    *has = metadata != NULL;
    free (metadata); /* libvirt allocates with malloc () */
    if (*has || virGetLastErrorCode () == VIR_ERR_NO_DOMAIN_METADATA)
        return TRUE;
    vgate_set_libvirt_error (error, "virDomainGetMetadata");
    return FALSE;
}

gboolean
vgate_libvirt_set_element (virDomainPtr domain, const char *xml, GError **error)
{
    if (virDomainSetMetadata (domain, VIR_DOMAIN_METADATA_ELEMENT, xml, VGATE_ELEMENT_PREFIX,
                              VGATE_ELEMENT_NAMESPACE, VIR_DOMAIN_AFFECT_LIVE) == 0)
        return TRUE;
    vgate_set_libvirt_error (error, "virDomainSetMetadata");
    return FALSE;
}
