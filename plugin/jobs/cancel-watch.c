/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/jobs/cancel-watch.h"

#include "plugin/base/log.h"

struct VgateCancelWatch {
    const VgateJobCalls *calls;
    gpointer world;
    VgateTally *tally;
    GHashTable *all; /* uuid -> Cancelled *: those that have not ended */
    const VgateCancelWatchMethods *methods;
    gpointer user_data;
};

/* A cancelled migration. The table and each call hold a reference. */
typedef struct {
    VgateCancelWatch *watch;
    char *uuid;
    char *name; /* NULL until libvirt was asked */
    VgateCancel cancel;
    guint timer;    /* 0: none */
    guint sign_ms;  /* how long the sign had existed when the last call began */
    VgateCode code; /* of the last message; 0: none, because it does not hang */
    char *failure;  /* of the last call, or NULL */
    gboolean is_act_failure;
    gboolean has_vgpu; /* the guest is known to have a vGPU */
    gboolean is_over;
} Cancelled;

/* A call, made by a worker. cancelled is NULL for the call that finds guests. */
typedef struct {
    VgateCancelWatch *watch;
    Cancelled *cancelled;
    gpointer libvirt;   /* NULL after its release */
    VgateCancelAct act; /* for a look as well */
    gboolean has_vgpu;  /* the guest is known to have a vGPU */
    VgateCancelResult result;
    VgateCancelLook look;
    GPtrArray *found;
    GError *failure;
} Call;

static void
cancelled_clear (gpointer data)
{
    Cancelled *cancelled = data;

    g_free (cancelled->uuid);
    g_free (cancelled->name);
    g_free (cancelled->failure);
}

static void
cancelled_unref (gpointer cancelled)
{
    g_rc_box_release_full (cancelled, cancelled_clear);
}

static void
release (Call *call)
{
    if (call->libvirt)
        call->watch->calls->release (g_steal_pointer (&call->libvirt));
}

static void
call_free (gpointer data)
{
    Call *call = data;

    release (call);
    if (call->cancelled)
        cancelled_unref (call->cancelled);
    g_free (call->look.name);
    g_clear_pointer (&call->found, g_ptr_array_unref);
    g_clear_error (&call->failure);
    g_free (call);
}

/* FALSE if there is no connection. */
static gboolean
push (VgateCancelWatch *watch, Cancelled *cancelled, VgateCancelAction action, const VgateWorkKind *kind)
{
    gpointer libvirt = watch->calls->libvirt (watch->world);
    Call *call;

    if (!libvirt)
        return FALSE;
    call = g_new0 (Call, 1);
    call->watch = watch;
    call->cancelled = cancelled ? g_rc_box_acquire (cancelled) : NULL;
    call->libvirt = libvirt;
    call->act.action = action;
    if (cancelled) {
        call->act.began = cancelled->cancel.began;
        call->act.run = cancelled->cancel.run;
        call->has_vgpu = cancelled->has_vgpu || cancelled->cancel.is_ours;
    }
    watch->calls->push (watch->world, kind, call, watch);
    return TRUE;
}

/* --- messages --- */

/* Logs a line about the migration. VGATE_CODE_CANCEL_ENDED does not replace the code that is kept for the
 * guest's status. */
G_GNUC_PRINTF (3, 4)
static void
say (Cancelled *cancelled, VgateCode code, const char *format, ...)
{
    VgateCancelWatch *watch = cancelled->watch;
    const VgateLogSubject subject = {
        .code = code,
        .domain = cancelled->name ? cancelled->name : cancelled->uuid,
        .uuid = cancelled->uuid,
    };
    g_autofree char *text = NULL;
    va_list arguments;

    va_start (arguments, format);
    text = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    vgate_log_about (&subject, "%s", text);
    if (code != VGATE_CODE_CANCEL_ENDED) {
        cancelled->code = code;
        vgate_tally_count_code (watch->tally, VGATE_COUNTER_HANGS, code);
    }
    watch->methods->hangs (cancelled->uuid, cancelled->code, cancelled->is_over, watch->user_data);
}

static guint
ms_since (const Cancelled *cancelled, gint64 since)
{
    const VgateCancelWatch *watch = cancelled->watch;

    return (guint)((watch->calls->now (watch->world) - since) / 1000);
}

static const char *
guest_text (VgateGuestState guest)
{
    switch (guest) {
    case VGATE_GUEST_NOT_KNOWN: return "has not been checked yet";
    case VGATE_GUEST_GONE: return "no longer runs here";
    case VGATE_GUEST_RUNS: return "runs";
    default: return "is paused";
    }
}

static void
say_hangs (Cancelled *cancelled)
{
    static const char *const phases[] = {
        [VGATE_CANCEL_PHASE_QUIET] = "has not begun to cancel it",
        [VGATE_CANCEL_PHASE_FOUND] = "sent its events before vgpu-gated was connected",
        [VGATE_CANCEL_PHASE_CANCELLING] = "is in state 'cancelling'",
        [VGATE_CANCEL_PHASE_CANCELLED] = "has cancelled it",
    };
    g_autofree char *failure =
        cancelled->failure ? g_strdup_printf ("; %s", cancelled->failure) : g_strdup ("");

    /* a guest without a vGPU is not reported */
    if (!cancelled->has_vgpu && !cancelled->cancel.is_ours)
        return;
    say (cancelled, VGATE_CODE_CANCEL_HANGS,
         "the migration was aborted but has not ended after %u ms: the guest %s; QEMU %s%s. %s",
         ms_since (cancelled, cancelled->cancel.began), guest_text (cancelled->cancel.guest),
         phases[cancelled->cancel.phase], failure, vgate_code_info (VGATE_CODE_CANCEL_HANGS)->cure);
}

/* Logs what was done to the guest. */
static void
say_done (Cancelled *cancelled, VgateCancelAction action)
{
    switch (action) {
    case VGATE_CANCEL_DO_SUSPEND:
        say (
            cancelled, VGATE_CODE_CANCEL_HUNG_LIBVIRT,
            "the aborted migration hung in libvirt: its job had not ended %u ms after QEMU had cancelled the "
            "migration. vgpu-gated suspended the guest for a moment, which makes libvirt end the job",
            cancelled->sign_ms);
        break;
    case VGATE_CANCEL_DO_CONTINUE:
        say (cancelled, VGATE_CODE_CANCEL_HUNG_QEMU,
             "the aborted migration hung in QEMU: it was still in state 'cancelling' after %u ms, with the "
             "guest paused. vgpu-gated sent migrate-continue to QEMU",
             cancelled->sign_ms);
        break;
    case VGATE_CANCEL_DO_REPEAT:
        say (
            cancelled, VGATE_CODE_CANCEL_HUNG_LIBVIRT,
            "the aborted migration hung in libvirt: its job had not ended %u ms after QEMU had cancelled the "
            "migration, with the guest paused. vgpu-gated made QEMU report an end of the migration again",
            cancelled->sign_ms);
        break;
    case VGATE_CANCEL_DO_RESUME:
        say (cancelled, VGATE_CODE_CANCEL_RESUMED,
             "the aborted migration has ended, but the guest was still paused: vgpu-gated resumed it");
        break;
    default: break;
    }
}

static void
say_ended (Cancelled *cancelled, VgateCancelAction how)
{
    const guint ms = ms_since (cancelled, cancelled->cancel.began);

    if (how == VGATE_CANCEL_END_PAUSED_HERE)
        say (cancelled, VGATE_CODE_CANCEL_PAUSED,
             "the aborted migration has ended, but the guest is still paused %u ms after the abort%s%s. %s",
             ms, cancelled->failure ? ": " : "", cancelled->failure ? cancelled->failure : "",
             vgate_code_info (VGATE_CODE_CANCEL_PAUSED)->cure);
    else if (cancelled->code == 0)
        return;
    else if (how == VGATE_CANCEL_END_UNKNOWN)
        say (cancelled, VGATE_CODE_CANCEL_ENDED,
             "cannot tell how the aborted migration ended: libvirt does not answer: %s",
             cancelled->failure ? cancelled->failure : "unknown error");
    else if (cancelled->cancel.guest == VGATE_GUEST_NOT_KNOWN)
        say (cancelled, VGATE_CODE_CANCEL_ENDED,
             "the aborted migration has ended at most %u ms after the abort: QEMU has begun another one", ms);
    else
        say (cancelled, VGATE_CODE_CANCEL_ENDED,
             "the aborted migration has ended %u ms after the abort; the guest %s", ms,
             guest_text (cancelled->cancel.guest));
}

/* --- calls --- */

static void feed (Cancelled *cancelled, const VgateCancelInput *input);

static void
run_call (gpointer data)
{
    Call *call = data;
    const VgateJobCalls *calls = call->watch->calls;

    if (call->act.action == VGATE_CANCEL_DO_LOOK)
        calls->look (call->libvirt, call->cancelled->uuid, call->has_vgpu, &call->look, &call->failure);
    else
        call->result = calls->act (call->libvirt, call->cancelled->uuid, &call->act, &call->failure);
    release (call);
}

static void
call_done (gpointer data, G_GNUC_UNUSED gpointer user_data)
{
    Call *call = data;
    Cancelled *cancelled = call->cancelled;
    const gboolean is_look = call->act.action == VGATE_CANCEL_DO_LOOK;
    const VgateCancelInput input = {
        .kind = is_look ? VGATE_CANCEL_INPUT_LOOKED : VGATE_CANCEL_INPUT_ACTED,
        .now = call->watch->calls->now (call->watch->world),
        .is_answered = !call->failure,
        .job = call->look.job,
        .guest = call->look.guest,
        .run = call->look.run,
        .has_no_vgpu = call->look.has_no_vgpu,
        .result = call->result,
    };

    if (call->look.name) {
        g_free (cancelled->name);
        cancelled->name = g_steal_pointer (&call->look.name);
    }
    /* the error of an act is kept while the looks after it succeed */
    if (call->failure || !is_look || !cancelled->is_act_failure) {
        g_free (cancelled->failure);
        cancelled->failure = call->failure ? g_strdup (call->failure->message) : NULL;
        cancelled->is_act_failure = call->failure && !is_look;
    }
    if (is_look && !call->failure)
        cancelled->has_vgpu = !call->look.has_no_vgpu;
    if (!is_look &&
        (call->result == VGATE_CANCEL_RESULT_DONE || call->result == VGATE_CANCEL_RESULT_LEFT_PAUSED))
        say_done (cancelled, call->act.action);
    feed (cancelled, &input);
}

static const VgateWorkKind call_kind = {run_call, call_done, call_free};

static void
end (Cancelled *cancelled, VgateCancelAction how)
{
    VgateCancelWatch *watch = cancelled->watch;

    cancelled->is_over = TRUE;
    say_ended (cancelled, how);
    g_hash_table_remove (watch->all, cancelled->uuid);
    watch->methods->ended (cancelled->uuid, how, watch->user_data);
}

static gboolean
on_time (gpointer user_data)
{
    Cancelled *cancelled = user_data;
    const VgateCancelWatch *watch = cancelled->watch;
    const VgateCancelInput input = {.kind = VGATE_CANCEL_INPUT_TIME, .now = watch->calls->now (watch->world)};

    cancelled->timer = 0;
    feed (cancelled, &input);
    return G_SOURCE_REMOVE;
}

static void
set_timer (Cancelled *cancelled, gboolean is_wanted)
{
    const VgateCancelWatch *watch = cancelled->watch;

    if (cancelled->timer != 0)
        watch->calls->remove_timer (watch->world, cancelled->timer);
    cancelled->timer = 0;
    if (is_wanted && cancelled->cancel.wake != G_MAXINT64)
        cancelled->timer = watch->calls->add_timer (watch->world, cancelled->cancel.wake, on_time, cancelled);
}

static void
feed (Cancelled *cancelled, const VgateCancelInput *input)
{
    VgateCancelAction action;

    if (cancelled->is_over)
        return;
    /* a callback below may release the last reference */
    g_rc_box_acquire (cancelled);
    action = vgate_cancel_step (&cancelled->cancel, input);
    if (vgate_cancel_is_call (action))
        cancelled->sign_ms = ms_since (cancelled, cancelled->cancel.since);
    if (action == VGATE_CANCEL_DO_REPORT)
        say_hangs (cancelled);
    if (vgate_cancel_is_call (action) && !push (cancelled->watch, cancelled, action, &call_kind)) {
        const VgateCancelInput unconnected = {.kind = VGATE_CANCEL_INPUT_UNCONNECTED, .now = input->now};

        action = vgate_cancel_step (&cancelled->cancel, &unconnected);
    }
    set_timer (cancelled, !vgate_cancel_is_end (action));
    if (vgate_cancel_is_end (action))
        end (cancelled, action);
    cancelled_unref (cancelled);
}

void
vgate_cancel_watch_note (VgateCancelWatch *watch, const char *uuid, VgateCancelInputKind what)
{
    const VgateCancelInput input = {.kind = what, .now = watch->calls->now (watch->world)};
    Cancelled *cancelled = g_hash_table_lookup (watch->all, uuid);

    if (!cancelled) {
        /* other events matter only for a migration that is being cancelled */
        if (what != VGATE_CANCEL_INPUT_ABORTED && what != VGATE_CANCEL_INPUT_FOUND &&
            what != VGATE_CANCEL_INPUT_CANCELLING && what != VGATE_CANCEL_INPUT_CANCELLED)
            return;
        cancelled = g_rc_box_new0 (Cancelled);
        cancelled->watch = watch;
        cancelled->uuid = g_strdup (uuid);
        vgate_cancel_init (&cancelled->cancel, input.now);
        g_hash_table_insert (watch->all, cancelled->uuid, cancelled);
    }
    feed (cancelled, &input);
}

/* --- after connecting --- */

static void
find_run (gpointer data)
{
    Call *call = data;

    call->found = call->watch->calls->find_paused (call->libvirt);
    release (call);
}

static void
find_done (gpointer data, G_GNUC_UNUSED gpointer user_data)
{
    const Call *call = data;

    for (guint i = 0; i < call->found->len; i++) {
        const char *uuid = g_ptr_array_index (call->found, i);

        if (!g_hash_table_contains (call->watch->all, uuid))
            vgate_cancel_watch_note (call->watch, uuid, VGATE_CANCEL_INPUT_FOUND);
    }
}

static const VgateWorkKind find_kind = {find_run, find_done, call_free};

void
vgate_cancel_watch_connected (VgateCancelWatch *watch)
{
    g_autoptr (GPtrArray) uuids = g_ptr_array_new_with_free_func (g_free);
    GHashTableIter iter;
    gpointer uuid;

    g_hash_table_iter_init (&iter, watch->all);
    while (g_hash_table_iter_next (&iter, &uuid, NULL))
        g_ptr_array_add (uuids, g_strdup (uuid));
    for (guint i = 0; i < uuids->len; i++)
        vgate_cancel_watch_note (watch, g_ptr_array_index (uuids, i), VGATE_CANCEL_INPUT_CONNECTED);
    push (watch, NULL, VGATE_CANCEL_DO_LOOK, &find_kind);
}

VgateCancelWatch *
vgate_cancel_watch_new (const VgateJobCalls *calls, gpointer world, VgateTally *tally,
                        const VgateCancelWatchMethods *methods, gpointer user_data)
{
    VgateCancelWatch *watch = g_new0 (VgateCancelWatch, 1);

    watch->calls = calls;
    watch->world = world;
    watch->tally = tally;
    watch->all = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, cancelled_unref);
    watch->methods = methods;
    watch->user_data = user_data;
    return watch;
}

void
vgate_cancel_watch_stop (VgateCancelWatch *watch)
{
    GHashTableIter iter;
    gpointer cancelled;

    g_hash_table_iter_init (&iter, watch->all);
    while (g_hash_table_iter_next (&iter, NULL, &cancelled))
        set_timer (cancelled, FALSE);
}

void
vgate_cancel_watch_free (VgateCancelWatch *watch)
{
    g_hash_table_unref (watch->all);
    g_free (watch);
}
