/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/capture/guest.h"

#include "plugin/element/renewal.h"

#include <string.h>

/* The longest text that an attribute of the status document takes. */
#define STATUS_TEXT_MAX 255

/* The same for why a job was stopped, and for what to do about it: the operator needs all of both. */
#define STOP_TEXT_MAX 1023

#define ANNOUNCED_USEC ((gint64)10 * G_USEC_PER_SEC)
#define WATCH_USEC     ((gint64)10 * 60 * G_USEC_PER_SEC)

VgateGuest *
vgate_guest_new (const char *uuid)
{
    VgateGuest *guest = g_new0 (VgateGuest, 1);

    guest->uuid = g_strdup (uuid);
    guest->id = -1;
    guest->status = vgate_status_guest_new ();
    guest->status->uuid = g_strdup (uuid);
    return guest;
}

void
vgate_guest_free (VgateGuest *guest)
{
    if (!guest)
        return;
    g_free (guest->uuid);
    g_free (guest->name);
    g_free (guest->fingerprint);
    g_free (guest->loss);
    vgate_status_guest_free (guest->status);
    g_free (guest);
}

/* The precedence of a trigger. An arrival ends with a resume and a start with a change; then the arrival or
 * the start is reported. */
static guint
weight (VgateTrigger trigger)
{
    switch (trigger) {
    case VGATE_TRIGGER_CHANGE: return 0;
    case VGATE_TRIGGER_RESUME: return 1;
    case VGATE_TRIGGER_START: return 2;
    case VGATE_TRIGGER_ARRIVE: return 3;
    default: return 4;
    }
}

void
vgate_guest_set_due (VgateGuest *guest, VgateTrigger trigger)
{
    if (!guest->is_due || weight (trigger) > weight (guest->trigger))
        guest->trigger = trigger;
    guest->is_due = TRUE;
}

void
vgate_guest_expect_more (VgateGuest *guest, VgateTrigger trigger, gint64 now)
{
    vgate_guest_set_due (guest, trigger);
    guest->watched_until = now + WATCH_USEC;
}

gboolean
vgate_guest_is_plain (const VgateGuest *guest)
{
    return guest->is_known && !guest->fingerprint && !guest->has_element;
}

void
vgate_guest_note_announced (VgateGuest *guest, gint64 now)
{
    guest->announced_until = now + ANNOUNCED_USEC;
}

void
vgate_guest_note_leaving (VgateGuest *guest, VgateLeavingInput input)
{
#define TO(check, ended, missed, yes, no, no_asked, none)                                          \
    {                                                                                              \
        VGATE_LEAVING_##check, VGATE_LEAVING_##ended, VGATE_LEAVING_##missed, VGATE_LEAVING_##yes, \
            VGATE_LEAVING_##no, VGATE_LEAVING_##no_asked, VGATE_LEAVING_##none                     \
    }
    /* An answer to a question that was asked before the job ended does not apply to the next job. */
    static const VgateLeaving next[VGATE_N_LEAVING][VGATE_N_LEAVING_INPUTS] = {
        /*                           check      job    events  answer: no,
         *                           begins     ended  missed  yes  no   asked  none */
        [VGATE_LEAVING_NO] = TO (ASKED, NO, NO, NO, NO, NO, NO),
        [VGATE_LEAVING_ASKED] = TO (ASKED, OVER, ASKED, YES, NO, ASKED, NO),
        [VGATE_LEAVING_YES] = TO (YES_ASKED, NO, NO, YES, YES, YES, YES),
        [VGATE_LEAVING_YES_ASKED] = TO (YES_ASKED, OVER, ASKED, YES, NO, ASKED, YES),
        [VGATE_LEAVING_OVER] = TO (ASKED, OVER, OVER, NO, NO, OVER, NO),
    };
#undef TO

    guest->leaving = next[guest->leaving][input];
}

gboolean
vgate_guest_is_leaving (const VgateGuest *guest)
{
    return guest->leaving == VGATE_LEAVING_YES || guest->leaving == VGATE_LEAVING_YES_ASKED;
}

gboolean
vgate_guest_is_being_checked (const VgateGuest *guest)
{
    return guest->leaving == VGATE_LEAVING_ASKED || guest->leaving == VGATE_LEAVING_YES_ASKED ||
           guest->leaving == VGATE_LEAVING_OVER;
}

VgatePace
vgate_guest_pace (const VgateGuest *guest, gint64 now)
{
    const gboolean is_watched = now < guest->watched_until;

    if (vgate_guest_is_leaving (guest) && now < guest->announced_until)
        return VGATE_PACE_WARM;
    if (vgate_guest_is_leaving (guest) || (guest->is_driver_down && is_watched))
        return VGATE_PACE_FAST;
    return guest->is_due || is_watched || !vgate_guest_is_plain (guest) ? VGATE_PACE_SLOW : VGATE_PACE_NONE;
}

/*
 * libvirt announces our own writes like anyone else's, whether into the live XML or into the persistent
 * definition. Each write makes one event, which may come before or after the call returns. So events and
 * writes are both counted, and they are not compared while a write may be in progress.
 */
static gboolean
conclude_events (VgateGuest *guest)
{
    if (guest->update || guest->is_being_cleaned)
        return FALSE;
    if (guest->is_echo_lost) {
        guest->is_echo_lost = FALSE;
        guest->n_unexplained = MAX (guest->n_unexplained, 0);
    }
    if (guest->n_unexplained <= 0)
        return FALSE;
    guest->n_unexplained = 0;
    vgate_guest_set_due (guest, VGATE_TRIGGER_CHANGE);
    return TRUE;
}

gboolean
vgate_guest_note_metadata (VgateGuest *guest)
{
    guest->n_unexplained++;
    return conclude_events (guest);
}

void
vgate_guest_begin_cleaning (VgateGuest *guest)
{
    guest->is_being_cleaned = TRUE;
}

gboolean
vgate_guest_end_cleaning (VgateGuest *guest, gboolean is_removed)
{
    /* the cleaning began in an earlier run of the domain, or before its guest was known */
    if (!guest->is_being_cleaned)
        return FALSE;
    guest->is_being_cleaned = FALSE;
    guest->n_unexplained -= is_removed ? 1 : 0;
    return conclude_events (guest);
}

void
vgate_guest_forget_events (VgateGuest *guest)
{
    guest->n_unexplained = 0;
    guest->is_echo_lost = guest->update || guest->is_being_cleaned;
}

/* By the time in the element, which is what other hosts judge. */
static gboolean
is_renewal_due (const VgateGuest *guest, const VgatePolicy *policy)
{
    return guest->status->has_capture &&
           vgate_renewal_is_due (guest->status->captured, g_get_real_time () / G_USEC_PER_SEC,
                                 vgate_renewal_age (policy->max_age, guest->uuid));
}

void
vgate_guest_note_nvml (VgateGuest *guest, const VgateSnapshot *snapshot, const VgatePolicy *policy,
                       gint64 now)
{
    const char *fingerprint = vgate_snapshot_fingerprint (snapshot, guest->uuid);

    guest->is_driver_down = vgate_snapshot_is_driver_down (snapshot, guest->uuid);
    if (g_strcmp0 (fingerprint, guest->fingerprint) != 0)
        vgate_guest_expect_more (guest, VGATE_TRIGGER_CHANGE, now);
    else if (fingerprint && !vgate_guest_is_leaving (guest) &&
             (now >= guest->refresh_at || is_renewal_due (guest, policy)))
        vgate_guest_set_due (guest, VGATE_TRIGGER_CHANGE);
    if (guest->is_due)
        guest->refresh_at = now + (gint64)policy->capture_refresh * G_USEC_PER_SEC;
}

void
vgate_guest_begin_update (VgateGuest *guest, VgateUpdate *update)
{
    update->event = guest->trigger;
    /* an element with the highest number, which the gate would not write, cannot be exceeded */
    update->sequence_min = MIN (MAX (update->sequence_min, guest->sequence), G_MAXUINT64 - 1);
    update->may_remove = guest->is_unclaimed;
    update->known_id = guest->id;
    update->was_captured = guest->has_element;
    update->loss = g_strdup (guest->loss);
    guest->is_due = FALSE;
    guest->update = update;
}

gboolean
vgate_guest_is_update_of (const VgateGuest *guest, const VgateUpdate *update)
{
    return guest->update == update;
}

static VgateStatusVgpu *
describe_vgpu (const VgateElementVgpu *from)
{
    VgateStatusVgpu *vgpu = vgate_status_vgpu_new ();

    vgpu->uuid = g_strdup (from->uuid);
    vgpu->type = from->type;
    vgpu->type_name = g_strdup (from->type_name);
    vgpu->guest_address = g_strdup (from->guest_address);
    vgpu->pgpu = g_strdup (from->pgpu.address);
    vgpu->guest_driver = g_strdup (from->record.guest_driver);
    vgpu->guest_version = from->record.guest_version;
    return vgpu;
}

/* Copies what the update found into the guest. */
static void
remember_found (VgateGuest *guest, const VgateUpdate *update)
{
    const VgateElement *element = update->domain ? update->domain->element : NULL;
    VgateStatusGuest *status = guest->status;

    g_free (guest->fingerprint);
    guest->fingerprint = g_strdup (vgate_snapshot_fingerprint (update->snapshot, update->uuid));
    guest->has_element = update->outcome == VGATE_UPDATE_IN_ORDER || update->outcome == VGATE_UPDATE_WRITTEN;
    guest->is_known = TRUE;
    g_clear_pointer (&guest->loss, g_free);
    guest->sequence = MAX (guest->sequence, update->sequence_removed);
    g_ptr_array_set_size (status->vgpus, 0);
    status->has_capture = element != NULL;
    if (!element)
        return;
    guest->sequence = MAX (guest->sequence, element->sequence);
    status->captured = element->time;
    status->trigger = element->trigger;
    status->sequence = element->sequence;
    for (guint i = 0; i < element->vgpus->len; i++)
        g_ptr_array_add (status->vgpus, describe_vgpu (g_ptr_array_index (element->vgpus, i)));
}

gboolean
vgate_guest_end_update (VgateGuest *guest, const VgateUpdate *update)
{
    gboolean is_due_now = guest->is_due;

    guest->update = NULL;
    if (update->id >= 0)
        guest->id = update->id;
    if (update->name) {
        g_free (guest->name);
        guest->name = g_strdup (update->name);
        g_free (guest->status->name);
        guest->status->name = vgate_printable (update->name, STATUS_TEXT_MAX);
    }
    if (update->outcome == VGATE_UPDATE_WRITTEN || update->outcome == VGATE_UPDATE_REMOVED)
        guest->n_unexplained--;
    is_due_now |= conclude_events (guest);
    guest->is_unclaimed = update->outcome == VGATE_UPDATE_UNCLAIMED;
    guest->n_busy = update->outcome == VGATE_UPDATE_BUSY ? guest->n_busy + 1 : 0;
    switch (update->outcome) {
    case VGATE_UPDATE_NOTHING:
    case VGATE_UPDATE_IN_ORDER:
    case VGATE_UPDATE_WRITTEN:
    case VGATE_UPDATE_REMOVED: remember_found (guest, update); break;
    case VGATE_UPDATE_UNCLAIMED:
        guest->has_element = TRUE;
        vgate_guest_set_due (guest, update->event);
        break;
    default:
        g_free (guest->loss);
        guest->loss = g_strdup (update->loss);
        vgate_guest_set_due (guest, update->event);
        break;
    }
    return is_due_now;
}

/* Two failures are the same if their texts are equal as far as they are kept. */
gboolean
vgate_guest_note_failure (VgateGuest *guest, const GError *failure)
{
    VgateStatusGuest *status = guest->status;
    const gboolean was_failing = status->failure_code && !status->is_failure_over;
    g_autofree char *text = failure ? vgate_printable (failure->message, STATUS_TEXT_MAX) : NULL;
    char code[VGATE_CODE_TEXT_SIZE];

    if (!failure) {
        status->is_failure_over = TRUE;
        return was_failing;
    }
    if (was_failing && strcmp (text, status->failure_text) == 0)
        return FALSE;
    g_free (status->failure_code);
    g_free (status->failure_text);
    status->failed = g_get_real_time () / G_USEC_PER_SEC;
    status->failure_code = g_strdup (vgate_code_format (failure->code, code));
    status->failure_text = g_steal_pointer (&text);
    status->is_failure_over = FALSE;
    return TRUE;
}

void
vgate_guest_note_hang (VgateGuest *guest, VgateCode code, gboolean is_over)
{
    VgateStatusGuest *status = guest->status;
    char text[VGATE_CODE_TEXT_SIZE];

    if (!status->hang_code || status->is_hang_over)
        status->hung = g_get_real_time () / G_USEC_PER_SEC;
    g_free (status->hang_code);
    status->hang_code = g_strdup (vgate_code_format (code, text));
    status->is_hang_over = is_over;
}

void
vgate_guest_note_stop (VgateGuest *guest, const char *job, const GError *reason, const char *way_out)
{
    VgateStatusGuest *status = guest->status;
    char code[VGATE_CODE_TEXT_SIZE];

    g_free (status->stop_job);
    g_free (status->stop_code);
    g_free (status->stop_text);
    g_free (status->stop_cure);
    status->stopped = g_get_real_time () / G_USEC_PER_SEC;
    status->stop_job = g_strdup (job);
    status->stop_code = g_strdup (vgate_code_format (reason->code, code));
    status->stop_text = vgate_printable (reason->message, STOP_TEXT_MAX);
    status->stop_cure = vgate_printable (way_out, STOP_TEXT_MAX);
}

gboolean
vgate_guest_has_vgpus (const VgateGuest *guest)
{
    return guest->status->has_capture || guest->status->failure_code || guest->status->hang_code ||
           guest->status->stop_job || guest->n_busy > 0;
}
