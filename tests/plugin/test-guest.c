/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state that the daemon keeps of a domain, and when an update is due. */
#include "plugin/capture/guest.h"

#include "answers.h"
#include "plugin/element/renewal.h"

#define MINUTE ((gint64)60 * G_USEC_PER_SEC)

static const VgatePolicy policy = {.capture_refresh = 60, .max_age = 3600};

/* An update as a worker would return it, with the guest's part done. */
static gboolean
update (VgateGuest *guest, VgateSnapshot *snapshot, VgateUpdateOutcome outcome)
{
    VgateUpdate found = {.uuid = guest->uuid, .snapshot = snapshot, .name = (char *)"demo"};

    vgate_guest_begin_update (guest, &found);
    found.outcome = outcome;
    return vgate_guest_end_update (guest, &found);
}

/* A check has found a job that moves the guest away. */
static void
leave (VgateGuest *guest)
{
    vgate_guest_note_leaving (guest, VGATE_LEAVING_CHECK_BEGINS);
    vgate_guest_note_leaving (guest, VGATE_LEAVING_ANSWER_YES);
}

static VgateSnapshot *
snapshot_of (guint32 guest_version)
{
    VgateVgpuRecord record = sample_vgpu_record ();

    record.guest_version = guest_version;
    return answers_snapshot (&record, 1);
}

static void
test_news (void)
{
    g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);
    g_autoptr (VgateSnapshot) up = snapshot_of (vgate_version (26, 1)), down = snapshot_of (0);

    vgate_guest_note_nvml (guest, down, &policy, 0);
    g_assert_true (guest->is_due);
    g_assert_false (update (guest, down, VGATE_UPDATE_WRITTEN));
    vgate_guest_note_nvml (guest, down, &policy, 0);
    g_assert_false (guest->is_due);
    vgate_guest_note_nvml (guest, up, &policy, 0);
    g_assert_true (guest->is_due);
}

static void
test_trigger (void)
{
    g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);

    vgate_guest_set_due (guest, VGATE_TRIGGER_ARRIVE);
    vgate_guest_set_due (guest, VGATE_TRIGGER_RESUME);
    g_assert_cmpint (guest->trigger, ==, VGATE_TRIGGER_ARRIVE);
}

/* The event of our own write may come before or after the write returns. */
static void
test_own_echo (void)
{
    g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);
    g_autoptr (VgateSnapshot) snapshot = snapshot_of (1);
    VgateUpdate found = {.uuid = guest->uuid, .snapshot = snapshot, .outcome = VGATE_UPDATE_WRITTEN};

    g_assert_false (update (guest, snapshot, VGATE_UPDATE_WRITTEN));
    g_assert_false (vgate_guest_note_metadata (guest));
    vgate_guest_begin_update (guest, &found);
    g_assert_false (vgate_guest_note_metadata (guest));
    g_assert_false (vgate_guest_end_update (guest, &found));
    g_assert_false (guest->is_due);
}

static void
test_foreign_change (void)
{
    g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);
    g_autoptr (VgateSnapshot) snapshot = snapshot_of (1);
    VgateUpdate found = {.uuid = guest->uuid, .snapshot = snapshot, .outcome = VGATE_UPDATE_WRITTEN};

    g_assert_false (update (guest, snapshot, VGATE_UPDATE_WRITTEN));
    g_assert_false (vgate_guest_note_metadata (guest));
    g_assert_true (vgate_guest_note_metadata (guest));
    g_assert_true (guest->is_due);
    /* during an update: one of two events is ours, whichever came first */
    vgate_guest_begin_update (guest, &found);
    g_assert_false (vgate_guest_note_metadata (guest));
    g_assert_false (vgate_guest_note_metadata (guest));
    g_assert_true (vgate_guest_end_update (guest, &found));
    /* an update that wrote nothing explains no event */
    found.outcome = VGATE_UPDATE_IN_ORDER;
    vgate_guest_begin_update (guest, &found);
    g_assert_false (vgate_guest_note_metadata (guest));
    g_assert_true (vgate_guest_end_update (guest, &found));
}

/* Removing our element from the persistent definition makes an event as well, before or after the call
 * returns. */
static void
test_own_echo_of_a_definition (void)
{
    g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);
    g_autoptr (VgateSnapshot) snapshot = snapshot_of (1);

    g_assert_false (update (guest, snapshot, VGATE_UPDATE_IN_ORDER));
    vgate_guest_begin_cleaning (guest);
    g_assert_false (vgate_guest_note_metadata (guest));
    g_assert_false (vgate_guest_end_cleaning (guest, TRUE));
    vgate_guest_begin_cleaning (guest);
    g_assert_false (vgate_guest_end_cleaning (guest, TRUE));
    g_assert_false (vgate_guest_note_metadata (guest));
    /* another program's event is noticed after that and during it, both with and without a removal */
    g_assert_true (vgate_guest_note_metadata (guest));
    vgate_guest_begin_cleaning (guest);
    g_assert_false (vgate_guest_note_metadata (guest));
    g_assert_true (vgate_guest_end_cleaning (guest, FALSE));
    vgate_guest_begin_cleaning (guest);
    g_assert_false (vgate_guest_note_metadata (guest));
    g_assert_false (vgate_guest_note_metadata (guest));
    g_assert_true (vgate_guest_end_cleaning (guest, TRUE));
    /* a cleaning that began before this guest was known does not count */
    g_assert_false (vgate_guest_end_cleaning (guest, TRUE));
    g_assert_true (vgate_guest_note_metadata (guest));
}

/* The connection is lost during the write of an update: its event may never come, and the guest must not wait
 * for it. */
static void
test_lost_echo (void)
{
    g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);
    g_autoptr (VgateSnapshot) snapshot = snapshot_of (1);
    VgateUpdate found = {.uuid = guest->uuid, .snapshot = snapshot, .outcome = VGATE_UPDATE_WRITTEN};

    vgate_guest_begin_update (guest, &found);
    vgate_guest_forget_events (guest);
    g_assert_false (vgate_guest_end_update (guest, &found));
    g_assert_true (vgate_guest_note_metadata (guest));
    vgate_guest_begin_cleaning (guest);
    vgate_guest_forget_events (guest);
    g_assert_false (vgate_guest_end_cleaning (guest, TRUE));
    g_assert_true (vgate_guest_note_metadata (guest));
}

static void
test_event_during_a_look (void)
{
    g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);
    g_autoptr (VgateSnapshot) snapshot = snapshot_of (1);
    VgateUpdate found = {.uuid = guest->uuid, .snapshot = snapshot, .outcome = VGATE_UPDATE_IN_ORDER};

    vgate_guest_begin_update (guest, &found);
    vgate_guest_set_due (guest, VGATE_TRIGGER_RESUME);
    g_assert_true (vgate_guest_end_update (guest, &found));
    g_assert_true (guest->is_due);
}

/* A guest whose update failed remains due, with its trigger. */
static void
test_not_done (void)
{
    static const VgateUpdateOutcome outcomes[] = {VGATE_UPDATE_BUSY, VGATE_UPDATE_FAILED,
                                                  VGATE_UPDATE_UNCLAIMED};
    g_autoptr (VgateSnapshot) snapshot = snapshot_of (1);

    for (gsize i = 0; i < G_N_ELEMENTS (outcomes); i++) {
        g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);

        vgate_guest_set_due (guest, VGATE_TRIGGER_ARRIVE);
        g_assert_false (update (guest, snapshot, outcomes[i]));
        g_assert_true (guest->is_due);
        g_assert_cmpint (guest->trigger, ==, VGATE_TRIGGER_ARRIVE);
        g_assert_cmpuint (guest->n_busy, ==, outcomes[i] == VGATE_UPDATE_BUSY ? 1 : 0);
        g_assert_cmpint (guest->is_unclaimed, ==, outcomes[i] == VGATE_UPDATE_UNCLAIMED);
    }
}

static void
test_pace (void)
{
    g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);
    g_autoptr (VgateSnapshot) up = snapshot_of (vgate_version (26, 1)), down = snapshot_of (0);

    vgate_guest_note_nvml (guest, down, &policy, 0);
    update (guest, down, VGATE_UPDATE_WRITTEN);
    g_assert_cmpint (vgate_guest_pace (guest, MINUTE), ==, VGATE_PACE_FAST);
    /* no guest driver within ten minutes: it is no longer expected */
    g_assert_cmpint (vgate_guest_pace (guest, 11 * MINUTE), ==, VGATE_PACE_SLOW);
    vgate_guest_note_nvml (guest, up, &policy, 11 * MINUTE);
    update (guest, up, VGATE_UPDATE_WRITTEN);
    g_assert_cmpint (vgate_guest_pace (guest, 12 * MINUTE), ==, VGATE_PACE_SLOW);
    g_assert_cmpint (vgate_guest_pace (guest, 1000 * MINUTE), ==, VGATE_PACE_SLOW);
    leave (guest);
    g_assert_cmpint (vgate_guest_pace (guest, 1000 * MINUTE), ==, VGATE_PACE_FAST);
}

/* Several times a second until QEMU begins, but not for ever, because a destination may take long to be
 * ready. */
static void
test_pace_when_announced (void)
{
    g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);
    g_autoptr (VgateSnapshot) up = snapshot_of (vgate_version (26, 1));

    vgate_guest_note_nvml (guest, up, &policy, 0);
    update (guest, up, VGATE_UPDATE_WRITTEN);
    vgate_guest_note_announced (guest, MINUTE);
    g_assert_cmpint (vgate_guest_pace (guest, MINUTE), ==, VGATE_PACE_SLOW);
    leave (guest);
    g_assert_cmpint (vgate_guest_pace (guest, MINUTE), ==, VGATE_PACE_WARM);
    g_assert_cmpint (vgate_guest_pace (guest, MINUTE + 9 * G_USEC_PER_SEC), ==, VGATE_PACE_WARM);
    g_assert_cmpint (vgate_guest_pace (guest, MINUTE + 11 * G_USEC_PER_SEC), ==, VGATE_PACE_FAST);
}

/* Inputs in turn, and whether the guest then leaves, and whether an answer is awaited. */
static void
test_leaving (void)
{
    enum { BEGIN, END, MISSED, YES, NO, NO_ASKED, NONE, STOP };
    static const struct {
        int inputs[6];
        gboolean is_leaving, is_checked;
    } cases[] = {
        {{STOP}, FALSE, FALSE},
        {{BEGIN, STOP}, FALSE, TRUE},
        {{BEGIN, YES, STOP}, TRUE, FALSE},
        {{BEGIN, NO, STOP}, FALSE, FALSE},
        {{BEGIN, NONE, STOP}, FALSE, FALSE},
        /* it was known to leave, and libvirt is asked again */
        {{BEGIN, YES, BEGIN, STOP}, TRUE, TRUE},
        {{BEGIN, YES, BEGIN, NONE, STOP}, TRUE, FALSE},
        {{BEGIN, YES, BEGIN, NO, STOP}, FALSE, FALSE},
        {{BEGIN, YES, BEGIN, NO_ASKED, STOP}, FALSE, TRUE},
        {{BEGIN, YES, END, STOP}, FALSE, FALSE},
        /* an answer after the end of the job does not count */
        {{BEGIN, END, STOP}, FALSE, TRUE},
        {{BEGIN, END, YES, STOP}, FALSE, FALSE},
        {{BEGIN, YES, BEGIN, END, YES, STOP}, FALSE, FALSE},
        {{BEGIN, END, NO_ASKED, YES, STOP}, FALSE, FALSE},
        /* unless there was another question since, about another job */
        {{BEGIN, END, BEGIN, YES, STOP}, TRUE, FALSE},
        {{BEGIN, YES, MISSED, STOP}, FALSE, FALSE},
        {{BEGIN, YES, BEGIN, MISSED, STOP}, FALSE, TRUE},
        {{BEGIN, END, MISSED, YES, STOP}, FALSE, FALSE},
        /* there was no question */
        {{YES, STOP}, FALSE, FALSE},
        {{BEGIN, YES, NO, STOP}, TRUE, FALSE},
        {{END, BEGIN, YES, STOP}, TRUE, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);

        for (gsize j = 0; j < G_N_ELEMENTS (cases[i].inputs) && cases[i].inputs[j] != STOP; j++)
            vgate_guest_note_leaving (guest, (VgateLeavingInput)cases[i].inputs[j]);
        if (vgate_guest_is_leaving (guest) != cases[i].is_leaving ||
            vgate_guest_is_being_checked (guest) != cases[i].is_checked)
            g_error ("case %zu: leaves %d, checked %d", i, vgate_guest_is_leaving (guest),
                     vgate_guest_is_being_checked (guest));
    }
}

static void
test_pace_without_vgpu (void)
{
    g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);
    g_autoptr (VgateSnapshot) nothing = answers_snapshot (NULL, 0);

    g_assert_false (vgate_guest_is_plain (guest));
    vgate_guest_expect_more (guest, VGATE_TRIGGER_START, 0);
    update (guest, nothing, VGATE_UPDATE_NOTHING);
    g_assert_true (vgate_guest_is_plain (guest));
    g_assert_cmpint (vgate_guest_pace (guest, MINUTE), ==, VGATE_PACE_SLOW);
    g_assert_cmpint (vgate_guest_pace (guest, 11 * MINUTE), ==, VGATE_PACE_NONE);
}

/* Without changes a guest is updated once a minute, but not while it leaves. */
static void
test_refresh (void)
{
    g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);
    g_autoptr (VgateSnapshot) snapshot = snapshot_of (1), nothing = answers_snapshot (NULL, 0);

    vgate_guest_note_nvml (guest, snapshot, &policy, MINUTE);
    update (guest, snapshot, VGATE_UPDATE_WRITTEN);
    vgate_guest_note_nvml (guest, snapshot, &policy, 2 * MINUTE - 1);
    g_assert_false (guest->is_due);
    leave (guest);
    vgate_guest_note_nvml (guest, snapshot, &policy, 2 * MINUTE);
    g_assert_false (guest->is_due);
    vgate_guest_note_leaving (guest, VGATE_LEAVING_JOB_ENDED);
    vgate_guest_note_nvml (guest, snapshot, &policy, 2 * MINUTE);
    g_assert_true (guest->is_due);
    update (guest, snapshot, VGATE_UPDATE_IN_ORDER);
    vgate_guest_note_nvml (guest, snapshot, &policy, 3 * MINUTE - 1);
    g_assert_false (guest->is_due);
    /* nor is a guest without a vGPU */
    vgate_guest_note_nvml (guest, nothing, &policy, 3 * MINUTE - 1);
    update (guest, nothing, VGATE_UPDATE_NOTHING);
    vgate_guest_note_nvml (guest, nothing, &policy, 100 * MINUTE);
    g_assert_false (guest->is_due);
}

/* A capture is made again when it is old by the clock in its element, whatever else happens, but not
 * while the guest leaves. */
static void
test_renewal (void)
{
    static const VgatePolicy seldom = {.capture_refresh = 3600, .max_age = 3600};
    const gint64 now = g_get_real_time () / G_USEC_PER_SEC,
                 age = vgate_renewal_age (3600, SAMPLE_DOMAIN_UUID);
    const struct {
        gint64 captured;
        gboolean is_due;
    } cases[] = {
        {now, FALSE}, {now - age + 10, FALSE}, {now - age, TRUE}, {now - 1200, TRUE}, {now + 60, TRUE}};
    g_autoptr (VgateSnapshot) snapshot = snapshot_of (1);

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);

        vgate_guest_note_nvml (guest, snapshot, &seldom, MINUTE);
        update (guest, snapshot, VGATE_UPDATE_WRITTEN);
        guest->status->has_capture = TRUE;
        guest->status->captured = cases[i].captured;
        leave (guest);
        vgate_guest_note_nvml (guest, snapshot, &seldom, 2 * MINUTE);
        g_assert_false (guest->is_due);
        vgate_guest_note_leaving (guest, VGATE_LEAVING_JOB_ENDED);
        vgate_guest_note_nvml (guest, snapshot, &seldom, 2 * MINUTE);
        g_assert_cmpint (guest->is_due, ==, cases[i].is_due);
    }
}

static void
test_failure (void)
{
    g_autoptr (VgateGuest) guest = vgate_guest_new (SAMPLE_DOMAIN_UUID);
    g_autoptr (GError) one = g_error_new (VGATE_ERROR, VGATE_CODE_CAPTURE_FAILED, "one");
    g_autoptr (GError) other = g_error_new (VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "another\n");

    g_assert_false (vgate_guest_note_failure (guest, NULL));
    g_assert_false (vgate_guest_has_vgpus (guest));
    g_assert_true (vgate_guest_note_failure (guest, one));
    g_assert_false (vgate_guest_note_failure (guest, one));
    g_assert_cmpstr (guest->status->failure_code, ==, "VGATE-702");
    g_assert_true (vgate_guest_note_failure (guest, other));
    g_assert_cmpstr (guest->status->failure_text, ==, "another?");
    g_assert_false (guest->status->is_failure_over);
    g_assert_true (vgate_guest_note_failure (guest, NULL));
    g_assert_false (vgate_guest_note_failure (guest, NULL));
    /* the failure has ended and is still known; the same failure again counts as new */
    g_assert_true (guest->status->is_failure_over);
    g_assert_cmpstr (guest->status->failure_code, ==, "VGATE-705");
    g_assert_true (vgate_guest_note_failure (guest, other));
    g_assert_true (vgate_guest_has_vgpus (guest));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/guest/news", test_news);
    g_test_add_func ("/guest/trigger", test_trigger);
    g_test_add_func ("/guest/own-echo", test_own_echo);
    g_test_add_func ("/guest/foreign-change", test_foreign_change);
    g_test_add_func ("/guest/own-echo-of-a-definition", test_own_echo_of_a_definition);
    g_test_add_func ("/guest/lost-echo", test_lost_echo);
    g_test_add_func ("/guest/event-during-a-look", test_event_during_a_look);
    g_test_add_func ("/guest/not-done", test_not_done);
    g_test_add_func ("/guest/pace", test_pace);
    g_test_add_func ("/guest/leaving", test_leaving);
    g_test_add_func ("/guest/pace-when-announced", test_pace_when_announced);
    g_test_add_func ("/guest/pace-without-vgpu", test_pace_without_vgpu);
    g_test_add_func ("/guest/refresh", test_refresh);
    g_test_add_func ("/guest/renewal", test_renewal);
    g_test_add_func ("/guest/failure", test_failure);
    return g_test_run ();
}
