/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job-watch.h"

#include "down-time.h"
#include "log.h"

struct VgateJobWatch {
    const VgateJobCalls *calls;
    gpointer world; /* what they work with */
    const VgatePolicy *policy;
    VgateTally *tally;
    GHashTable *checks; /* uuid -> Check * */
    VgateJobWatchDone done;
    gpointer user_data;
};

/* One check. Its two halves, what libvirt and what NVML says, come in any order. */
typedef struct {
    VgateJobWatch *watch;
    char *uuid;
    VgateSnapshot *last; /* what NVML said last; or NULL */
    GPtrArray *vgpus;    /* of GBytes *: what the driver is asked about */
    gboolean is_leaving; /* it was known to */
    gboolean is_again;   /* another one is to follow */
    gboolean is_aborting;
    gboolean is_decided; /* with this outcome; the other half is yet to come */
    VgateWatchOutcome outcome;
    gboolean has_facts;
    VgateJobFacts facts;
    gboolean has_nvml;
    VgateSnapshot *snapshot;
    GError *nvml_failure;
} Check;

/* What a worker gets: the check itself belongs to the main loop. */
typedef struct {
    Check *check;     /* borrowed: it waits for us */
    gpointer libvirt; /* NULL once it was released */
    VgateJobFacts facts;
    GError *reason; /* of an abort */
    GError *failure;
} Call;

static void
check_free (gpointer data)
{
    Check *check = data;

    g_free (check->uuid);
    g_ptr_array_unref (check->vgpus);
    vgate_snapshot_unref (check->last);
    vgate_job_facts_clear (&check->facts);
    vgate_snapshot_unref (check->snapshot);
    g_clear_error (&check->nvml_failure);
    g_free (check);
}

/* In the worker, and not when the call is freed: the last reference waits for libvirtd. */
static void
release (Call *call)
{
    if (call->libvirt)
        call->check->watch->calls->release (g_steal_pointer (&call->libvirt));
}

static void
call_free (gpointer data)
{
    Call *call = data;

    release (call);
    vgate_job_facts_clear (&call->facts);
    g_clear_error (&call->reason);
    g_clear_error (&call->failure);
    g_free (call);
}

/* FALSE when there is no connection. */
static gboolean
push_call (Check *check, const VgateWorkKind *kind, GError *reason)
{
    VgateJobWatch *watch = check->watch;
    Call *call = g_new0 (Call, 1);

    call->check = check;
    call->reason = reason;
    call->libvirt = watch->calls->libvirt (watch->world);
    if (!call->libvirt) {
        call_free (call);
        return FALSE;
    }
    watch->calls->push (watch->world, kind, call);
    return TRUE;
}

static void begin (Check *check);
static void join (Check *check);

static void
finish (Check *check)
{
    VgateJobWatch *watch = check->watch;
    const VgateWatchOutcome outcome = check->outcome;
    g_autofree char *uuid = NULL;

    if (check->is_again && outcome != VGATE_WATCH_STOPPED) {
        begin (check);
        return;
    }
    uuid = g_strdup (check->uuid);
    g_hash_table_remove (watch->checks, uuid);
    watch->done (uuid, outcome, watch->user_data);
}

static void
decide (Check *check, VgateWatchOutcome outcome)
{
    check->is_aborting = FALSE;
    check->is_decided = TRUE;
    check->outcome = outcome;
    join (check);
}

/* --- the abort --- */

static void
abort_run (gpointer data)
{
    Call *call = data;

    call->check->watch->calls->abort (call->libvirt, call->check->uuid, &call->failure);
    release (call);
}

static const char *
kind_name (const Check *check)
{
    return check->facts.kind == VGATE_JOB_SAVE ? "save" : "migration";
}

/* The line's subject: the guest that leaves. */
static VgateLogSubject
subject_of (const Check *check, int code)
{
    return (VgateLogSubject){
        .code = (VgateCode)code,
        .domain = check->facts.name,
        .uuid = check->uuid,
        .element = check->facts.domain ? check->facts.domain->element : NULL,
    };
}

static void
abort_done (gpointer data, G_GNUC_UNUSED gpointer user_data)
{
    const Call *call = data;
    Check *check = call->check;
    const VgateLogSubject subject =
        subject_of (check, call->failure ? VGATE_CODE_JOB_NOT_STOPPED : call->reason->code);

    if (call->failure) {
        vgate_log_about (&subject, "the %s was not stopped: %s; but %s", kind_name (check),
                         call->failure->message, call->reason->message);
    } else {
        vgate_log_about (&subject, "the %s was stopped: %s. %s", kind_name (check), call->reason->message,
                         vgate_code_info (call->reason->code)->cure);
        vgate_tally_count_code (check->watch->tally, VGATE_COUNTER_JOBS_STOPPED, call->reason->code);
    }
    decide (check, call->failure ? VGATE_WATCH_TOO_LATE : VGATE_WATCH_STOPPED);
}

static const VgateWorkKind abort_kind = {abort_run, abort_done, call_free};

/* --- the judgement --- */

static void
leave (Check *check, const GError *why)
{
    const VgateLogSubject subject = subject_of (check, VGATE_CODE_JOB_UNCHECKED);

    vgate_log_about (&subject, "the %s goes on unchecked: %s", kind_name (check), why->message);
    decide (check, VGATE_WATCH_LEFT);
}

static void
stop (Check *check, GError *reason)
{
    check->is_aborting = push_call (check, &abort_kind, reason);
    if (!check->is_aborting)
        decide (check, VGATE_WATCH_LEFT); /* the next connection finds it */
}

static gboolean
is_ours (const Check *check)
{
    return check->facts.kind == VGATE_JOB_MIGRATION || check->facts.kind == VGATE_JOB_SAVE;
}

/* A small guest is away in 20 ms: what was known before needs no answer to be waited for. */
static void
judge_by_last (Check *check)
{
    g_autoptr (GError) error = NULL;

    if (is_ours (check) && check->last &&
        vgate_job_judge (&check->facts, check->last, check->watch->policy, &error) == VGATE_JOB_MUST_STOP)
        stop (check, g_steal_pointer (&error));
}

/* Once a migration, when it begins. Nothing is stopped for it. */
static void
warn_of_down_time (const Check *check)
{
    g_autofree char *clause =
        check->is_leaving ? NULL : vgate_job_down_time (&check->facts, check->snapshot, check->watch->policy);
    const VgateLogSubject subject = subject_of (check, VGATE_CODE_DOWN_TIME);

    if (clause)
        vgate_log_about (&subject, "the migration may take long to end: %s. %s", clause,
                         vgate_code_info (VGATE_CODE_DOWN_TIME)->cure);
}

static void
judge (Check *check)
{
    g_autoptr (GError) error = NULL;

    switch (vgate_job_judge (&check->facts, check->snapshot, check->watch->policy, &error)) {
    case VGATE_JOB_MAY_GO_ON:
        warn_of_down_time (check);
        decide (check, VGATE_WATCH_LEFT);
        break;
    case VGATE_JOB_UNKNOWN: leave (check, error); break;
    case VGATE_JOB_MUST_STOP: stop (check, g_steal_pointer (&error)); break;
    }
}

/* Both halves come to the check, which must be there: so a decision that needed only one waits for the other.
 */
static void
join (Check *check)
{
    if (!check->has_facts || !check->has_nvml || check->is_aborting)
        return;
    if (check->is_decided)
        finish (check);
    else if (!is_ours (check))
        decide (check, VGATE_WATCH_NO_JOB);
    else if (check->snapshot)
        judge (check);
    else
        leave (check, check->nvml_failure);
}

/* --- the two halves --- */

static void
read_run (gpointer data)
{
    Call *call = data;

    call->check->watch->calls->read (call->libvirt, call->check->uuid, call->check->is_leaving, &call->facts);
    release (call);
}

static void
read_done (gpointer data, G_GNUC_UNUSED gpointer user_data)
{
    Call *call = data;

    call->check->facts = call->facts;
    call->facts = (VgateJobFacts){0};
    call->check->has_facts = TRUE;
    judge_by_last (call->check);
    join (call->check);
}

static const VgateWorkKind read_kind = {read_run, read_done, call_free};

static void
on_snapshot (VgateSnapshot *snapshot, const GError *error, gpointer user_data)
{
    Check *check = user_data;

    check->snapshot = snapshot ? vgate_snapshot_ref (snapshot) : NULL;
    check->nvml_failure = error ? g_error_copy (error) : NULL;
    check->has_nvml = TRUE;
    join (check);
}

static void
begin (Check *check)
{
    check->is_again = FALSE;
    check->has_facts = check->has_nvml = check->is_decided = FALSE;
    vgate_job_facts_clear (&check->facts);
    g_clear_pointer (&check->snapshot, vgate_snapshot_unref);
    g_clear_error (&check->nvml_failure);
    check->watch->calls->ask (check->watch->world, check->vgpus, on_snapshot, check);
    if (push_call (check, &read_kind, NULL))
        return;
    check->has_facts = TRUE; /* that there is no job: the next connection begins with everybody */
    join (check);
}

/* The bytes of the domain's vGPUs, of which the host's driver is asked what it thinks. */
static GPtrArray *
vgpus_of (const VgateSnapshot *snapshot, const char *uuid)
{
    const GPtrArray *instances = snapshot ? vgate_snapshot_find (snapshot, uuid) : NULL;
    GPtrArray *vgpus = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);

    for (guint i = 0; instances && i < instances->len; i++) {
        const VgateInstance *instance = g_ptr_array_index (instances, i);
        VgateVgpuRecord record;
        gsize length = 0;
        const guint8 *bytes = instance->metadata ? g_bytes_get_data (instance->metadata, &length) : NULL;

        if (bytes && vgate_vgpu_record_read (bytes, length, &record, NULL))
            g_ptr_array_add (vgpus, g_bytes_ref (instance->metadata));
    }
    return vgpus;
}

VgateJobWatch *
vgate_job_watch_new (const VgateJobCalls *calls, gpointer world, const VgatePolicy *policy, VgateTally *tally,
                     VgateJobWatchDone done, gpointer user_data)
{
    VgateJobWatch *watch = g_new0 (VgateJobWatch, 1);

    watch->calls = calls;
    watch->world = world;
    watch->policy = policy;
    watch->tally = tally;
    watch->checks = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, check_free);
    watch->done = done;
    watch->user_data = user_data;
    return watch;
}

void
vgate_job_watch_free (VgateJobWatch *watch)
{
    if (!watch)
        return;
    watch->calls->free (watch->world);
    g_hash_table_unref (watch->checks);
    g_free (watch);
}

void
vgate_job_watch_check (VgateJobWatch *watch, const char *uuid, gboolean is_leaving, VgateSnapshot *last)
{
    Check *check = g_hash_table_lookup (watch->checks, uuid);

    if (check) {
        check->is_again = TRUE;
        return;
    }
    check = g_new0 (Check, 1);
    check->watch = watch;
    check->uuid = g_strdup (uuid);
    check->is_leaving = is_leaving;
    check->last = last ? vgate_snapshot_ref (last) : NULL;
    check->vgpus = vgpus_of (last, uuid);
    g_hash_table_insert (watch->checks, check->uuid, check);
    begin (check);
}
