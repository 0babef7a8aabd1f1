/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/jobs/job-watch.h"

#include "plugin/jobs/cancel-watch.h"
#include "gate/ways-out.h"
#include "plugin/base/log.h"

struct VgateJobWatch {
    const VgateJobCalls *calls;
    gpointer world; /* the argument of the calls */
    const VgatePolicy *policy;
    VgateTally *tally;
    GHashTable *checks;    /* uuid -> Check *: those that are not over */
    GHashTable *asks;      /* set of Ask *: questions to NVML without an answer yet */
    GHashTable *unchecked; /* uuid -> why its present job goes on all the same, as it was logged */
    /* sets of uuid: QEMU has written all of the guest, or the end of its snapshot was reported; and no other
     * job of QEMU has begun since */
    GHashTable *complete, *reported;
    GHashTable *writes; /* uuid -> Write *: of those whose memory QEMU writes, or has just written */
    VgateCancelWatch *cancels;
    const VgateJobWatchMethods *methods;
    gpointer user_data;
};

/* After all is written, libvirt still has to complete the snapshot. */
#define SNAPSHOT_AFTER_US (3 * G_USEC_PER_SEC)
/* The guest is paused, and its disks are asked, between the time of a snapshot and QEMU's beginning. */
#define SNAPSHOT_BEFORE_SEC 5

/* QEMU writes a guest's memory, for whatever job. */
typedef struct {
    VgateJobWatch *watch;
    char *uuid;
    gint64 began; /* seconds since 1970 */
    guint timer;  /* 0: QEMU has not reported that all is written */
} Write;

static void
write_free (gpointer data)
{
    Write *write = data;

    if (write->timer != 0)
        write->watch->calls->remove_timer (write->watch->world, write->timer);
    g_free (write->uuid);
    g_free (write);
}

typedef enum {
    CHECK_READING,  /* libvirt is asked for the job that holds the domain */
    CHECK_JUDGING,  /* libvirt has answered, and NVML is asked */
    CHECK_ABORTING, /* the job must stop: virDomainAbortJob () is in progress */
    CHECK_ENDING,   /* libvirt has accepted the abort; cancel-watch.h watches the job's end */
    CHECK_OVER,     /* its outcome was reported; later answers are dropped */
} CheckState;

/* One check. Everything that was begun for it holds a reference (the table of checks, each call, the question
 * to NVML), because answers may come in any order, and long after the check is over. */
typedef struct {
    VgateJobWatch *watch;
    char *uuid;
    gboolean is_leaving; /* the domain was known to leave */
    CheckState state;
    VgateSnapshot *last;     /* NVML's answer before the check; or NULL */
    GPtrArray *vgpus;        /* of GBytes *: the vGPU metadata that the driver judges */
    VgateJobFacts facts;     /* libvirt's answer; from JUDGING on */
    VgateSnapshot *snapshot; /* NVML's answer; nvml_failure instead if it failed; both NULL: no answer yet */
    GError *nvml_failure;
    GError *reason;        /* why the job must stop; from ABORTING on */
    gboolean is_late;      /* there was no job to abort any more; how it ended is being found out */
    gint64 snapshot_since; /* the check is about a complete snapshot of this time or later; 0: about a job */
    gboolean is_again;     /* another check must follow, with again_last as its last */
    VgateSnapshot *again_last;
} Check;

/* A call of libvirt, made by a worker. */
typedef struct {
    Check *check;        /* a reference; the worker reads only members that do not change */
    gpointer libvirt;    /* NULL after its release */
    VgateJobFacts facts; /* of a read */
    /* of an abort */
    gboolean is_save;
    gboolean is_spared; /* the job was not aborted, because the host is shutting down */
    GError *failure;
} Call;

/* A question to NVML. */
typedef struct {
    Check *check; /* a reference */
} Ask;

static void
check_clear (gpointer data)
{
    Check *check = data;

    g_free (check->uuid);
    g_ptr_array_unref (check->vgpus);
    vgate_snapshot_unref (check->last);
    vgate_snapshot_unref (check->again_last);
    vgate_job_facts_clear (&check->facts);
    vgate_snapshot_unref (check->snapshot);
    g_clear_error (&check->nvml_failure);
    g_clear_error (&check->reason);
}

static void
check_unref (gpointer check)
{
    g_rc_box_release_full (check, check_clear);
}

static void
ask_free (gpointer data)
{
    Ask *ask = data;

    check_unref (ask->check);
    g_free (ask);
}

/* Called in the worker and not when the call is freed, because releasing the last reference waits for
 * libvirtd. */
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
    g_clear_error (&call->failure);
    check_unref (call->check);
    g_free (call);
}

/* FALSE if there is no connection. */
static gboolean
push_call (Check *check, const VgateWorkKind *kind)
{
    VgateJobWatch *watch = check->watch;
    Call *call = g_new0 (Call, 1);

    call->check = g_rc_box_acquire (check);
    call->is_save = check->facts.kind == VGATE_JOB_SAVE;
    call->libvirt = watch->calls->libvirt (watch->world);
    if (!call->libvirt) {
        call_free (call);
        return FALSE;
    }
    watch->calls->push (watch->world, kind, call, watch);
    return TRUE;
}

static void begin (VgateJobWatch *watch, const char *uuid, gboolean is_leaving, VgateSnapshot *last);

/* The caller must hold a reference to the check. */
static void
conclude (Check *check, VgateWatchOutcome outcome)
{
    VgateJobWatch *watch = check->watch;

    check->state = CHECK_OVER;
    if (outcome == VGATE_WATCH_STOPPED || outcome == VGATE_WATCH_TOO_LATE || outcome == VGATE_WATCH_NO_JOB)
        g_hash_table_remove (watch->unchecked, check->uuid);
    g_hash_table_remove (watch->checks, check->uuid);
    /* if the guest is migrated again at once, that must be judged as well */
    if (check->is_again)
        begin (watch, check->uuid, check->is_leaving, check->again_last);
    if (!check->is_again || outcome == VGATE_WATCH_STOPPED)
        watch->methods->checked (check->uuid, outcome, watch->user_data);
}

/* --- the abort --- */

/*
 * At shutdown, libvirt-guests saves each guest in turn. It does nothing else for a guest whose save fails,
 * which then ends with the host as in a power failure. So the save goes on: an image that cannot be
 * restored here may be restored on another host, and the gate judges it then.
 */
static void
abort_run (gpointer data)
{
    Call *call = data;
    const VgateJobCalls *calls = call->check->watch->calls;

    call->is_spared = call->is_save && calls->is_shutting_down (call->libvirt);
    if (!call->is_spared)
        calls->abort (call->libvirt, call->check->uuid, &call->failure);
    release (call);
}

static const char *
kind_name (const Check *check)
{
    switch (check->facts.kind) {
    case VGATE_JOB_SAVE: return "save";
    case VGATE_JOB_SNAPSHOT: return "snapshot";
    default: return "migration";
    }
}

/* The guest that leaves, as the subject of a log line. */
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
say_not_stopped (const Check *check, const char *why)
{
    const VgateLogSubject subject = subject_of (check, VGATE_CODE_JOB_NOT_STOPPED);

    vgate_log_about (&subject, "the %s was not stopped: %s. Reason to stop it: %s", kind_name (check), why,
                     check->reason->message);
}

/*
 * The job goes on although it was not checked, or should have been stopped. A job has several checks: libvirt
 * announces it, QEMU begins it, and NVML's answers change. The same reason is logged once for each job: TRUE
 * if it was logged now.
 */
static gboolean
say_it_goes_on (const Check *check, const VgateLogSubject *subject, const char *what, const GError *why)
{
    GHashTable *unchecked = check->watch->unchecked;

    if (g_strcmp0 (g_hash_table_lookup (unchecked, check->uuid), why->message) == 0)
        return FALSE;
    vgate_log_about (subject, "the %s %s: %s", kind_name (check), what, why->message);
    g_hash_table_replace (unchecked, g_strdup (check->uuid), g_strdup (why->message));
    return TRUE;
}

static void
let_go_on (Check *check, VgateCode code, const char *what, const GError *why)
{
    const VgateLogSubject subject = subject_of (check, (int)code);

    say_it_goes_on (check, &subject, what, why);
    conclude (check, VGATE_WATCH_GOES_ON);
}

/* This host only reports. */
static void
report_only (Check *check, const GError *reason)
{
    VgateLogSubject subject = subject_of (check, reason->code);

    subject.weight = VGATE_LOG_WARNING;
    if (say_it_goes_on (check, &subject, "would have been stopped, but this host only reports", reason))
        vgate_tally_count_code (check->watch->tally, VGATE_COUNTER_JOBS_REPORTED, reason->code);
    conclude (check, VGATE_WATCH_GOES_ON);
}

static void
abort_done (gpointer data, G_GNUC_UNUSED gpointer user_data)
{
    const Call *call = data;
    Check *check = call->check;

    if (call->is_spared) {
        let_go_on (check, VGATE_CODE_SAVE_AT_SHUTDOWN, "was not stopped, because this host is shutting down",
                   check->reason);
        return;
    }
    check->is_late = g_error_matches (call->failure, VGATE_ERROR, VGATE_CODE_JOB_NOT_STOPPED);
    if (call->failure && !check->is_late) {
        say_not_stopped (check, call->failure->message);
        conclude (check, VGATE_WATCH_TOO_LATE);
        return;
    }
    check->state = CHECK_ENDING;
    vgate_cancel_watch_note (check->watch->cancels, check->uuid, VGATE_CANCEL_INPUT_ABORTED);
}

static void
report_stop (const Check *check)
{
    const VgateJobWatch *watch = check->watch;
    const VgateLogSubject subject = subject_of (check, check->reason->code);
    g_autofree char *way_out = vgate_way_out ((VgateCode)check->reason->code, VGATE_SITUATION_RUNS, NULL);

    vgate_log_about (&subject, "the %s was stopped: %s. %s", kind_name (check), check->reason->message,
                     way_out);
    vgate_tally_count_code (watch->tally, VGATE_COUNTER_JOBS_STOPPED, check->reason->code);
    watch->methods->stopped (check->uuid, kind_name (check), check->reason, way_out, watch->user_data);
}

/*
 * The aborted job is over, and the guest is still here. So the job was stopped, unless it was a snapshot,
 * after which the guest is here in any case. libvirt's job lasts a little longer than QEMU's, so several
 * checks can meet the end of one snapshot; it is reported once.
 */
static VgateWatchOutcome
report_stay (const Check *check)
{
    const VgateJobWatch *watch = check->watch;
    const gboolean is_snapshot = check->facts.kind == VGATE_JOB_SNAPSHOT;
    const gboolean is_complete = is_snapshot && g_hash_table_contains (watch->complete, check->uuid);

    /* it was stopped by another user, or by an earlier check, which has reported it */
    if (check->is_late && !is_complete)
        return VGATE_WATCH_NO_JOB;
    if (is_snapshot && !g_hash_table_add (watch->reported, g_strdup (check->uuid)))
        return VGATE_WATCH_NO_JOB;
    if (is_complete) {
        say_not_stopped (check, "it was almost complete");
        return VGATE_WATCH_TOO_LATE;
    }
    report_stop (check);
    return VGATE_WATCH_STOPPED;
}

/* A job that was aborted, by us or another user, has ended. */
static void
on_ended (const char *uuid, VgateCancelAction end, gpointer user_data)
{
    VgateJobWatch *watch = user_data;
    Check *check = g_hash_table_lookup (watch->checks, uuid);

    if (!check || check->state != CHECK_ENDING)
        return;
    g_rc_box_acquire (check);
    switch (end) {
    case VGATE_CANCEL_END_STAYED: conclude (check, report_stay (check)); break;
    case VGATE_CANCEL_END_DEPARTED:
        say_not_stopped (check, "it was almost complete");
        conclude (check, VGATE_WATCH_TOO_LATE);
        break;
    case VGATE_CANCEL_END_PAUSED_HERE:
        say_not_stopped (check, "it has ended, but the guest is paused (see VGATE-715)");
        conclude (check, VGATE_WATCH_TOO_LATE);
        break;
    /* QEMU's event of the new migration begins another check */
    case VGATE_CANCEL_END_BEGUN: conclude (check, VGATE_WATCH_GOES_ON); break;
    case VGATE_CANCEL_END_JUDGE_AGAIN:
        if (!check->is_again)
            vgate_job_watch_check (watch, uuid, check->is_leaving, check->last);
        conclude (check, VGATE_WATCH_GOES_ON);
        break;
    default:
        say_not_stopped (check, "cannot tell how it ended: libvirt does not answer");
        conclude (check, VGATE_WATCH_GOES_ON);
    }
    check_unref (check);
}

static void
on_hangs (const char *uuid, VgateCode code, gboolean is_over, gpointer user_data)
{
    const VgateJobWatch *watch = user_data;

    watch->methods->hangs (uuid, code, is_over, watch->user_data);
}

static const VgateCancelWatchMethods cancel_methods = {.ended = on_ended, .hangs = on_hangs};

static const VgateWorkKind abort_kind = {abort_run, abort_done, call_free};

/* --- the judgement --- */

/* Aborts the job, unless this host only reports. Takes the reason. */
static void
stop (Check *check, GError *reason)
{
    check->reason = reason;
    if (vgate_policy_only_reports (check->watch->policy, check->facts.name, check->uuid)) {
        report_only (check, reason);
        return;
    }
    check->state = CHECK_ABORTING;
    if (!push_call (check, &abort_kind))
        conclude (check, VGATE_WATCH_GOES_ON); /* the check after the next connection finds the job */
}

/* Warns once for each migration, when it begins. No job is stopped because of the down-time. */
static void
warn_of_down_time (const Check *check)
{
    g_autofree char *clause =
        check->is_leaving ? NULL : vgate_job_down_time (&check->facts, check->snapshot, check->watch->policy);
    const VgateLogSubject subject = subject_of (check, VGATE_CODE_DOWN_TIME);

    if (clause)
        vgate_log_about (&subject, "the migration may exceed its down-time limit: %s. %s", clause,
                         vgate_code_info (VGATE_CODE_DOWN_TIME)->cure);
}

/* Called when libvirt and NVML have answered. */
static void
judge (Check *check)
{
    g_autoptr (GError) error = NULL;

    if (!vgate_job_is_judged (check->facts.kind)) {
        conclude (check, check->facts.failure ? VGATE_WATCH_NOT_TOLD : VGATE_WATCH_NO_JOB);
        return;
    }
    /* a snapshot that is judged now need not be judged when it is complete */
    g_hash_table_remove (check->watch->writes, check->uuid);
    if (!check->snapshot) {
        let_go_on (check, VGATE_CODE_JOB_UNCHECKED, "continues without a check", check->nvml_failure);
        return;
    }
    switch (vgate_job_judge (&check->facts, check->snapshot, check->watch->policy, &error)) {
    case VGATE_JOB_MAY_GO_ON:
        warn_of_down_time (check);
        conclude (check, VGATE_WATCH_GOES_ON);
        break;
    case VGATE_JOB_UNKNOWN:
        let_go_on (check, VGATE_CODE_JOB_UNCHECKED, "continues without a check", error);
        break;
    case VGATE_JOB_MUST_STOP: stop (check, g_steal_pointer (&error)); break;
    }
}

static void
read_run (gpointer data)
{
    Call *call = data;

    call->check->watch->calls->read (call->libvirt, call->check->uuid, call->check->is_leaving, &call->facts);
    release (call);
}

/* A small guest is gone within 20 ms. So if the previous answer of NVML is enough to stop the job, it is
 * stopped without waiting for the new one. */
static void
read_done (gpointer data, G_GNUC_UNUSED gpointer user_data)
{
    Call *call = data;
    Check *check = call->check;
    g_autoptr (GError) error = NULL;

    check->facts = call->facts;
    call->facts = (VgateJobFacts){0};
    check->state = CHECK_JUDGING;
    if (vgate_job_is_judged (check->facts.kind) && check->last &&
        vgate_job_judge (&check->facts, check->last, check->watch->policy, &error) == VGATE_JOB_MUST_STOP)
        stop (check, g_steal_pointer (&error));
    else if (!vgate_job_is_judged (check->facts.kind) || check->snapshot || check->nvml_failure)
        judge (check);
}

static const VgateWorkKind read_kind = {read_run, read_done, call_free};

static void
on_snapshot (VgateSnapshot *snapshot, const GError *error, gpointer user_data)
{
    Ask *ask = user_data;
    Check *check = g_rc_box_acquire (ask->check);

    g_hash_table_remove (check->watch->asks, ask);
    check->snapshot = snapshot ? vgate_snapshot_ref (snapshot) : NULL;
    check->nvml_failure = error ? g_error_copy (error) : NULL;
    if (check->state == CHECK_JUDGING)
        judge (check);
    check_unref (check);
}

static const VgateProberMethods ask_methods = {.answered = on_snapshot};

/* Returns the metadata of the domain's vGPUs, which the host's driver is to judge. */
static GPtrArray *
vgpus_of (const VgateSnapshot *snapshot, const char *uuid)
{
    const GPtrArray *instances = snapshot ? vgate_snapshot_find (snapshot, uuid) : NULL;
    GPtrArray *vgpus = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);

    for (guint i = 0; instances && i < instances->len; i++) {
        const VgateInstance *instance = g_ptr_array_index (instances, i);
        VgateVgpuRecord record = VGATE_INIT (VgateVgpuRecord);
        gsize length = 0;
        const guint8 *bytes = instance->metadata ? g_bytes_get_data (instance->metadata, &length) : NULL;

        if (bytes && vgate_vgpu_record_read (bytes, length, &record, NULL))
            g_ptr_array_add (vgpus, g_bytes_ref (instance->metadata));
    }
    return vgpus;
}

static void
begin (VgateJobWatch *watch, const char *uuid, gboolean is_leaving, VgateSnapshot *last)
{
    Check *check = g_rc_box_new0 (Check);
    Ask *ask = g_new0 (Ask, 1);

    check->watch = watch;
    check->uuid = g_strdup (uuid);
    check->is_leaving = is_leaving;
    check->last = last ? vgate_snapshot_ref (last) : NULL;
    check->vgpus = vgpus_of (last, uuid);
    g_hash_table_insert (watch->checks, check->uuid, check);
    ask->check = g_rc_box_acquire (check);
    g_hash_table_add (watch->asks, ask);
    watch->calls->ask (watch->world, check->vgpus, &ask_methods, ask);
    /* without a connection no job is known; after the next connection all guests are checked */
    if (!push_call (check, &read_kind))
        check->state = CHECK_JUDGING;
}

/* --- snapshots that are complete --- */

/*
 * libvirt lets nobody see or abort the job of an internal snapshot, and the memory of a small guest is
 * written before the job of an external one can be read. So when QEMU has written a guest's memory and no job
 * was judged, the current snapshot is read afterwards. A snapshot that cannot be reverted to is reported.
 */
static void
judge_snapshot (const Check *check)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *domain = NULL, *snapshot = NULL;
    VgateLogSubject subject;

    if (vgate_job_judge (&check->facts, check->snapshot, check->watch->policy, &error) != VGATE_JOB_MUST_STOP)
        return;
    vgate_tally_count_code (check->watch->tally, VGATE_COUNTER_SNAPSHOTS, error->code);
    domain = g_shell_quote (check->facts.name);
    snapshot = g_shell_quote (check->facts.snapshot);
    subject = subject_of (check, VGATE_CODE_SNAPSHOT_UNUSABLE);
    vgate_log_about (&subject,
                     "snapshot %s cannot be reverted to: %s. To delete it, run: "
                     "virsh snapshot-delete %s %s",
                     snapshot, error->message, domain, snapshot);
}

static void
on_snapshot_asked (VgateSnapshot *snapshot, G_GNUC_UNUSED const GError *error, gpointer user_data)
{
    Ask *ask = user_data;
    Check *check = g_rc_box_acquire (ask->check);

    g_hash_table_remove (check->watch->asks, ask);
    check->snapshot = snapshot ? vgate_snapshot_ref (snapshot) : NULL;
    if (snapshot)
        judge_snapshot (check);
    check_unref (check);
}

static const VgateProberMethods snapshot_ask_methods = {.answered = on_snapshot_asked};

static void
snapshot_run (gpointer data)
{
    Call *call = data;

    call->check->watch->calls->read_snapshot (call->libvirt, call->check->uuid, call->check->snapshot_since,
                                              &call->facts);
    release (call);
}

static void
snapshot_done (gpointer data, G_GNUC_UNUSED gpointer user_data)
{
    Call *call = data;
    Check *check = call->check;
    Ask *ask;

    check->facts = call->facts;
    call->facts = (VgateJobFacts){0};
    if (check->facts.kind != VGATE_JOB_SNAPSHOT)
        return;
    ask = g_new0 (Ask, 1);
    ask->check = g_rc_box_acquire (check);
    g_hash_table_add (check->watch->asks, ask);
    check->watch->calls->ask (check->watch->world, check->vgpus, &snapshot_ask_methods, ask);
}

static const VgateWorkKind snapshot_kind = {snapshot_run, snapshot_done, call_free};

static gboolean
on_written (gpointer user_data)
{
    Write *write = user_data;
    VgateJobWatch *watch = write->watch;
    Check *check = g_rc_box_new0 (Check);

    write->timer = 0;
    check->watch = watch;
    check->uuid = g_strdup (write->uuid);
    check->vgpus = g_ptr_array_new ();
    check->snapshot_since = write->began;
    g_hash_table_remove (watch->writes, check->uuid);
    push_call (check, &snapshot_kind);
    check_unref (check);
    return G_SOURCE_REMOVE;
}

static void
note_write (VgateJobWatch *watch, const char *uuid, VgateDomainEvent event)
{
    Write *write = g_hash_table_lookup (watch->writes, uuid);

    switch (event) {
    case VGATE_DOMAIN_JOB_SETUP:
        write = g_new0 (Write, 1);
        write->watch = watch;
        write->uuid = g_strdup (uuid);
        write->began = g_get_real_time () / G_USEC_PER_SEC - SNAPSHOT_BEFORE_SEC;
        g_hash_table_replace (watch->writes, write->uuid, write);
        break;
    case VGATE_DOMAIN_JOB_COMPLETED:
        if (write && write->timer == 0)
            write->timer = watch->calls->add_timer (
                watch->world, watch->calls->now (watch->world) + SNAPSHOT_AFTER_US, on_written, write);
        break;
    case VGATE_DOMAIN_JOB_CANCELLED:
    case VGATE_DOMAIN_JOB_FAILED: g_hash_table_remove (watch->writes, uuid); break;
    default: break;
    }
}

VgateJobWatch *
vgate_job_watch_new (const VgateJobCalls *calls, gpointer world, const VgatePolicy *policy, VgateTally *tally,
                     const VgateJobWatchMethods *methods, gpointer user_data)
{
    VgateJobWatch *watch = g_new0 (VgateJobWatch, 1);

    watch->calls = calls;
    watch->world = world;
    watch->policy = policy;
    watch->tally = tally;
    watch->checks = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, check_unref);
    watch->asks = g_hash_table_new_full (NULL, NULL, ask_free, NULL);
    watch->unchecked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    watch->complete = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    watch->reported = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    watch->writes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, write_free);
    watch->cancels = vgate_cancel_watch_new (calls, world, tally, &cancel_methods, watch);
    watch->methods = methods;
    watch->user_data = user_data;
    return watch;
}

void
vgate_job_watch_free (VgateJobWatch *watch)
{
    if (!watch)
        return;
    vgate_cancel_watch_stop (watch->cancels);
    g_hash_table_unref (watch->writes);
    g_hash_table_unref (watch->complete);
    g_hash_table_unref (watch->reported);
    watch->calls->free (watch->world);
    vgate_cancel_watch_free (watch->cancels);
    g_hash_table_unref (watch->asks);
    g_hash_table_unref (watch->checks);
    g_hash_table_unref (watch->unchecked);
    g_free (watch);
}

void
vgate_job_watch_check (VgateJobWatch *watch, const char *uuid, gboolean is_leaving, VgateSnapshot *last)
{
    Check *check = g_hash_table_lookup (watch->checks, uuid);

    if (!check) {
        begin (watch, uuid, is_leaving, last);
        return;
    }
    check->is_again = TRUE;
    vgate_snapshot_unref (check->again_last);
    check->again_last = last ? vgate_snapshot_ref (last) : NULL;
}

void
vgate_job_watch_note (VgateJobWatch *watch, const char *uuid, VgateDomainEvent event)
{
    if (event == VGATE_DOMAIN_JOB_COMPLETED) {
        g_hash_table_add (watch->complete, g_strdup (uuid));
    } else if (event == VGATE_DOMAIN_JOB_SETUP) {
        g_hash_table_remove (watch->complete, uuid);
        g_hash_table_remove (watch->reported, uuid);
    }
    note_write (watch, uuid, event);
    if (event == VGATE_DOMAIN_JOB_CANCELLED || event == VGATE_DOMAIN_JOB_FAILED ||
        event == VGATE_DOMAIN_JOB_COMPLETED)
        g_hash_table_remove (watch->unchecked, uuid);
    switch (event) {
    case VGATE_DOMAIN_JOB_SETUP:
        vgate_cancel_watch_note (watch->cancels, uuid, VGATE_CANCEL_INPUT_SETUP);
        break;
    case VGATE_DOMAIN_JOB_CANCELLING:
        vgate_cancel_watch_note (watch->cancels, uuid, VGATE_CANCEL_INPUT_CANCELLING);
        break;
    case VGATE_DOMAIN_JOB_CANCELLED:
        vgate_cancel_watch_note (watch->cancels, uuid, VGATE_CANCEL_INPUT_CANCELLED);
        break;
    case VGATE_DOMAIN_JOB_FAILED:
        vgate_cancel_watch_note (watch->cancels, uuid, VGATE_CANCEL_INPUT_JOB_FAILED);
        break;
    case VGATE_DOMAIN_JOB_COMPLETED:
        vgate_cancel_watch_note (watch->cancels, uuid, VGATE_CANCEL_INPUT_COMPLETED);
        break;
    default: break;
    }
}

gboolean
vgate_job_watch_is_checking (const VgateJobWatch *watch, const char *uuid)
{
    return g_hash_table_contains (watch->checks, uuid);
}

void
vgate_job_watch_forget (VgateJobWatch *watch, const char *uuid)
{
    g_hash_table_remove (watch->unchecked, uuid);
    g_hash_table_remove (watch->writes, uuid);
    g_hash_table_remove (watch->complete, uuid);
    g_hash_table_remove (watch->reported, uuid);
    vgate_cancel_watch_note (watch->cancels, uuid, VGATE_CANCEL_INPUT_DOMAIN_ENDS);
}

void
vgate_job_watch_connected (VgateJobWatch *watch)
{
    /* the end of a job, and the beginning of another one, may have been missed */
    g_hash_table_remove_all (watch->unchecked);
    g_hash_table_remove_all (watch->complete);
    g_hash_table_remove_all (watch->reported);
    vgate_cancel_watch_connected (watch->cancels);
}
