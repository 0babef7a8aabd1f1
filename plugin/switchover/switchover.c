/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/switchover/switchover.h"

#include "plugin/switchover/load.h"
#include "plugin/switchover/bus-watch.h"
#include "plugin/switchover/save.h"
#include "plugin/base/log.h"
#include "plugin/switchover/provider.h"
#include "plugin/base/workers.h"

/* When a host is drained, many guests leave at once, and each decision waits for NVML. */
#define DECISIONS_AT_ONCE 16
/* A QEMU that ends leaves the bus before libvirt reports that its guest has ended. */
#define LOST_AFTER_SEC 5
/* For the lock of the exceptions, which nobody holds while waiting for anything: the main loop waits here. */
#define EXCEPTION_WAIT_MS 200u

struct VgateSwitchover {
    const VgatePolicy *policy;
    VgateProber *prober;
    VgateConnection *connection;
    VgateWorkers *workers;
    VgateBusWatch *watch;
    GHashTable *served; /* uuid -> Served * */
    GHashTable *guests; /* uuid -> Guest *: those with our object that run and have a vGPU */
    guint review_source;
    VgateTally *tally;
    VgateSnapshot *last; /* NVML's last answer; or NULL */
    GPtrArray *saves;    /* of Save *: in progress */
    GPtrArray *loads;    /* of Load *, borrowed: a worker decides about them */
};

/* A domain whose QEMU is on the bus. */
typedef struct {
    char *name;
    VgateProvider *provider;
} Served;

/* A running guest whose QEMU has our object, and should therefore be on the bus. */
typedef struct {
    VgateDomain *domain; /* as last read */
    gint64 missed_since; /* monotonic, us: its QEMU is not on the bus; 0: it is, or that is not known */
    gboolean is_reported_lost;
} Guest;

static void
guest_free (gpointer data)
{
    Guest *guest = data;

    vgate_domain_free (guest->domain);
    g_free (guest);
}

static void
served_free (gpointer data)
{
    Served *served = data;

    vgate_provider_free (served->provider);
    g_free (served->name);
    g_free (served);
}

static const char *
name_of (VgateSwitchover *switchover, const char *uuid)
{
    const Served *served = g_hash_table_lookup (switchover->served, uuid);

    return served ? served->name : uuid;
}

/* --- guests that have lost the bus --- */

static VgateStatusBus
bus_state (const VgateSwitchover *switchover, const char *uuid)
{
    const Served *served = g_hash_table_lookup (switchover->served, uuid);

    if (!vgate_bus_watch_is_connected (switchover->watch))
        return VGATE_STATUS_BUS_UNSERVED;
    if (served && vgate_provider_get_caller (served->provider))
        return VGATE_STATUS_BUS_SERVED;
    return vgate_bus_watch_is_settled (switchover->watch) ? VGATE_STATUS_BUS_LOST : VGATE_STATUS_BUS_NONE;
}

static void
report_lost (const char *name)
{
    g_autofree char *quoted = g_shell_quote (name);

    vgate_log (VGATE_CODE_SWITCH_OVER_BUS, name,
               "the domain's QEMU has lost the bus: the guest can be neither migrated nor saved; run: "
               "vgpu-gate switchover repair %s",
               quoted);
}

static gboolean on_review (gpointer user_data);

/* Reports guests whose QEMU has not been on the bus for some time, and those whose QEMU is on it again. */
static void
review (VgateSwitchover *switchover)
{
    const gint64 now = g_get_monotonic_time ();
    GHashTableIter iter;
    gpointer uuid, value;
    gboolean is_missed = FALSE;

    g_hash_table_iter_init (&iter, switchover->guests);
    while (g_hash_table_iter_next (&iter, &uuid, &value)) {
        Guest *guest = value;
        const VgateStatusBus state = bus_state (switchover, uuid);

        if (state == VGATE_STATUS_BUS_SERVED && guest->is_reported_lost) {
            vgate_log (VGATE_CODE_SWITCH_OVER_REPAIRED, guest->domain->name,
                       "the domain's QEMU is on the bus again: the guest can be migrated and saved");
            guest->is_reported_lost = FALSE;
        }
        /* without libvirt, a guest whose QEMU has left the bus may have ended */
        if (state != VGATE_STATUS_BUS_LOST || !vgate_connection_get (switchover->connection))
            guest->missed_since = 0;
        else if (guest->missed_since == 0)
            guest->missed_since = now;
        if (guest->missed_since == 0 || guest->is_reported_lost)
            continue;
        if (now - guest->missed_since >= LOST_AFTER_SEC * G_USEC_PER_SEC) {
            report_lost (guest->domain->name);
            guest->is_reported_lost = TRUE;
        } else {
            is_missed = TRUE;
        }
    }
    if (is_missed && switchover->review_source == 0)
        switchover->review_source = g_timeout_add_seconds (LOST_AFTER_SEC + 1, on_review, switchover);
}

static gboolean
on_review (gpointer user_data)
{
    VgateSwitchover *switchover = user_data;

    switchover->review_source = 0;
    review (switchover);
    return G_SOURCE_REMOVE;
}

/* --- Save: a question to NVML and a timer; the first of them answers --- */

typedef struct {
    VgateSwitchover *switchover;
    char *uuid;
    GDBusMethodInvocation *call; /* NULL after the answer */
    guint source;                /* the timer */
} Save;

static void
save_free (gpointer data)
{
    Save *save = data;

    if (save->source != 0)
        g_source_remove (save->source);
    g_clear_object (&save->call);
    g_free (save->uuid);
    g_free (save);
}

static void
answer_save (Save *save, VgateSnapshot *fresh)
{
    VgateSwitchover *switchover = save->switchover;
    const Guest *guest = g_hash_table_lookup (switchover->guests, save->uuid);
    const VgateSaving saving = {
        .uuid = save->uuid,
        .snapshot = fresh ? fresh : switchover->last,
        .is_fresh = fresh != NULL,
        .domain = guest ? guest->domain : NULL,
        .key = switchover->policy->seal_key,
        .now = g_get_real_time () / G_USEC_PER_SEC,
    };
    VgatePayloadSource source;
    g_autoptr (GBytes) payload = NULL;

    if (!save->call)
        return;
    payload = vgate_save_build (&saving, &source);
    vgate_provider_return_payload (g_steal_pointer (&save->call), payload);
    if (source != VGATE_PAYLOAD_NVML)
        vgate_log (VGATE_CODE_PAYLOAD_NOT_FRESH, name_of (switchover, save->uuid),
                   source == VGATE_PAYLOAD_MEMORY
                       ? "sent the last known vGPU metadata at switch-over: NVML gave no current one in time"
                       : "sent no vGPU metadata at switch-over: none is known");
}

static gboolean
on_save_timeout (gpointer user_data)
{
    Save *save = user_data;

    save->source = 0;
    answer_save (save, NULL);
    return G_SOURCE_REMOVE;
}

static void
on_save_snapshot (VgateSnapshot *snapshot, G_GNUC_UNUSED const GError *error, gpointer user_data)
{
    Save *save = user_data;

    answer_save (save, snapshot);
    g_ptr_array_remove_fast (save->switchover->saves, save);
}

static const VgateProberMethods save_methods = {.answered = on_save_snapshot};

static void
on_save (const char *uuid, GDBusMethodInvocation *call, gpointer user_data)
{
    VgateSwitchover *switchover = user_data;
    Save *save = g_new0 (Save, 1);

    save->switchover = switchover;
    save->uuid = g_strdup (uuid);
    save->call = call;
    save->source = g_timeout_add_full (G_PRIORITY_HIGH, switchover->policy->switch_over_save_ms,
                                       on_save_timeout, save, NULL);
    g_ptr_array_add (switchover->saves, save);
    vgate_prober_ask (switchover->prober, NULL, &save_methods, save);
}

/* --- Load: a worker decides, within the time of a timer --- */

typedef struct {
    VgateSwitchover *switchover;
    char *name;
    VgateLoad *load;
    GDBusMethodInvocation *call; /* NULL after the answer */
    guint source;                /* the timer */
} Load;

static void
load_free (gpointer data)
{
    Load *load = data;

    if (load->source != 0)
        g_source_remove (load->source);
    g_clear_object (&load->call);
    vgate_load_free (load->load);
    g_free (load->name);
    g_free (load);
}

static void
load_run (gpointer data)
{
    vgate_load_run (((Load *)data)->load);
}

/* Logs with the priorities that the hook uses. */
static void
log_decision (const VgateDecision *decision, const char *name)
{
    VgateLogSubject subject = {.domain = name};

    for (guint i = 0; i < decision->warnings->len; i++) {
        const VgateWarning *warning = g_ptr_array_index (decision->warnings, i);

        subject.code = warning->code;
        subject.weight = VGATE_LOG_WARNING;
        vgate_log_about (&subject, "%s", warning->text);
    }
    subject.code = decision->code;
    subject.weight = decision->allowed       ? VGATE_LOG_INFORMATION
                     : decision->is_reported ? VGATE_LOG_WARNING
                                             : VGATE_LOG_BY_CODE;
    if (decision->is_reported)
        vgate_log_about (&subject, "would have been refused at switch-over, but this %s: %s",
                         decision->is_excepted ? "arrival was allowed once" : "host only reports",
                         decision->text);
    else
        vgate_log_about (&subject, decision->allowed ? "at switch-over: %s" : "%s", decision->text);
}

/* QEMU prints the line into its log; it is in the journal as well. */
static void
answer_load (Load *load, VgateDecision *decision)
{
    const VgateDecisionStage stage = {
        .root = "",
        .operation = VGATE_OPERATION_SWITCH_OVER,
        .domain = load->name,
        .uuid = load->load->uuid,
        .wait_ms = EXCEPTION_WAIT_MS,
    };
    g_autofree char *line = NULL;

    if (!load->call)
        return;
    vgate_decision_apply_mode (decision, load->switchover->policy, load->name, load->load->uuid);
    vgate_decision_apply_exception (decision, &stage);
    line = vgate_decision_line (decision, NULL, load->name);
    vgate_provider_return_loaded (g_steal_pointer (&load->call),
                                  vgate_decision_lets_pass (decision) ? NULL : line);
    if (!decision->allowed)
        vgate_tally_count_code (load->switchover->tally,
                                decision->is_reported ? VGATE_COUNTER_LOADS_REPORTED
                                                      : VGATE_COUNTER_LOADS_REFUSED,
                                decision->code);
    log_decision (decision, load->name);
}

static void
load_done (gpointer data, gpointer user_data)
{
    Load *load = data;
    VgateSwitchover *switchover = user_data;

    g_ptr_array_remove_fast (switchover->loads, load);
    answer_load (load, load->load->decision);
}

static const VgateWorkKind load_kind = {load_run, load_done, load_free};

static void
give_up_load (Load *load)
{
    g_autoptr (VgateDecision) decision = vgate_decision_new_refusal (
        g_error_new (VGATE_ERROR, VGATE_CODE_SWITCH_OVER_TIMEOUT,
                     "cannot decide within %u ms whether the guest can run on this host",
                     load->switchover->policy->switch_over_load_ms));

    answer_load (load, decision);
}

static gboolean
on_load_timeout (gpointer user_data)
{
    Load *load = user_data;

    load->source = 0;
    give_up_load (load);
    return G_SOURCE_REMOVE;
}

static void
on_load (const char *uuid, GBytes *payload, GDBusMethodInvocation *call, gpointer user_data)
{
    VgateSwitchover *switchover = user_data;
    Load *load = g_new0 (Load, 1);

    load->switchover = switchover;
    load->name = g_strdup (name_of (switchover, uuid));
    load->load =
        vgate_load_new (vgate_connection_get (switchover->connection), uuid, payload, switchover->policy);
    load->call = call;
    load->source = g_timeout_add (switchover->policy->switch_over_load_ms, on_load_timeout, load);
    g_ptr_array_add (switchover->loads, load);
    vgate_workers_push (switchover->workers, &load_kind, load, switchover);
}

/* --- providers --- */

static void
on_idle (const char *uuid, gpointer user_data)
{
    g_hash_table_remove (((VgateSwitchover *)user_data)->served, uuid);
}

static void
on_failed (const char *uuid, const GError *error, gpointer user_data)
{
    VgateSwitchover *switchover = user_data;

    vgate_log (VGATE_CODE_SWITCH_OVER_BUS, name_of (switchover, uuid),
               "cannot serve the domain at switch-over: %s", error->message);
    g_hash_table_remove (switchover->served, uuid);
}

static const VgateProviderMethods provider_methods = {
    .save = on_save, .load = on_load, .idle = on_idle, .failed = on_failed};

static void
on_appeared (const char *unique_name, const char *uuid, const char *domain, gpointer user_data)
{
    VgateSwitchover *switchover = user_data;
    Served *served = g_hash_table_lookup (switchover->served, uuid);

    if (!served) {
        served = g_new0 (Served, 1);
        served->provider =
            vgate_provider_new (switchover->policy->switch_over_bus, uuid, &provider_methods, switchover);
        g_hash_table_insert (switchover->served, g_strdup (uuid), served);
    }
    g_free (served->name);
    served->name = g_strdup (domain);
    vgate_provider_set_caller (served->provider, unique_name);
    review (switchover);
}

static void
on_vanished (const char *unique_name, gpointer user_data)
{
    VgateSwitchover *switchover = user_data;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init (&iter, switchover->served);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
        const Served *served = value;

        if (g_strcmp0 (vgate_provider_get_caller (served->provider), unique_name) == 0)
            vgate_provider_set_caller (served->provider, NULL);
    }
    review (switchover);
}

static void
on_lost (gpointer user_data)
{
    VgateSwitchover *switchover = user_data;
    GHashTableIter iter;
    gpointer uuid, value;

    g_hash_table_iter_init (&iter, switchover->served);
    while (g_hash_table_iter_next (&iter, &uuid, &value)) {
        const Served *served = value;
        Guest *guest = g_hash_table_lookup (switchover->guests, uuid);

        if (!vgate_provider_get_caller (served->provider))
            continue;
        report_lost (served->name);
        if (guest)
            guest->is_reported_lost = TRUE;
    }
    g_hash_table_remove_all (switchover->served);
}

static void
on_settled (gpointer user_data)
{
    review (user_data);
}

static const VgateBusWatchMethods watch_methods = {
    .appeared = on_appeared, .vanished = on_vanished, .lost = on_lost, .settled = on_settled};

/* --- the gate --- */

VgateSwitchover *
vgate_switchover_new (const VgatePolicy *policy, VgateProber *prober, VgateConnection *connection,
                      VgateTally *tally)
{
    VgateSwitchover *switchover;

    if (!policy->switch_over_bus)
        return NULL;
    switchover = g_new0 (VgateSwitchover, 1);
    switchover->policy = policy;
    switchover->prober = prober;
    switchover->connection = connection;
    switchover->tally = tally;
    switchover->workers = vgate_workers_new (DECISIONS_AT_ONCE, policy->switch_over_load_ms, NULL, NULL);
    switchover->watch = vgate_bus_watch_new (policy->switch_over_bus, &watch_methods, switchover);
    switchover->served = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, served_free);
    switchover->guests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, guest_free);
    switchover->saves = g_ptr_array_new_with_free_func (save_free);
    switchover->loads = g_ptr_array_new ();
    return switchover;
}

void
vgate_switchover_free (VgateSwitchover *switchover)
{
    if (!switchover)
        return;
    if (switchover->review_source != 0)
        g_source_remove (switchover->review_source);
    vgate_bus_watch_free (switchover->watch);
    vgate_workers_free (switchover->workers);
    g_hash_table_unref (switchover->served);
    g_hash_table_unref (switchover->guests);
    g_ptr_array_unref (switchover->saves);
    g_ptr_array_unref (switchover->loads);
    vgate_snapshot_unref (switchover->last);
    g_free (switchover);
}

void
vgate_switchover_start (VgateSwitchover *switchover)
{
    if (switchover)
        vgate_bus_watch_start (switchover->watch);
}

void
vgate_switchover_stop (VgateSwitchover *switchover)
{
    GHashTableIter iter;
    gpointer served;

    if (!switchover)
        return;
    for (guint i = 0; i < switchover->saves->len; i++)
        answer_save (g_ptr_array_index (switchover->saves, i), NULL);
    g_hash_table_iter_init (&iter, switchover->served);
    while (g_hash_table_iter_next (&iter, NULL, &served))
        vgate_provider_flush (((Served *)served)->provider);
}

void
vgate_switchover_note_snapshot (VgateSwitchover *switchover, VgateSnapshot *snapshot)
{
    if (!switchover)
        return;
    vgate_snapshot_unref (switchover->last);
    switchover->last = vgate_snapshot_ref (snapshot);
    review (switchover);
}

void
vgate_switchover_note_update (VgateSwitchover *switchover, VgateUpdate *update)
{
    Guest *guest;

    if (!switchover)
        return;
    if (update->domain && update->domain->vmstate) {
        guest = g_hash_table_lookup (switchover->guests, update->uuid);
        if (!guest) {
            guest = g_new0 (Guest, 1);
            g_hash_table_insert (switchover->guests, g_strdup (update->uuid), guest);
        }
        vgate_domain_free (guest->domain);
        guest->domain = g_steal_pointer (&update->domain);
        review (switchover);
    } else if (update->outcome == VGATE_UPDATE_NOTHING || update->outcome == VGATE_UPDATE_REMOVED) {
        vgate_switchover_forget (switchover, update->uuid);
    }
}

void
vgate_switchover_forget (VgateSwitchover *switchover, const char *uuid)
{
    if (switchover)
        g_hash_table_remove (switchover->guests, uuid);
}

void
vgate_switchover_describe (const VgateSwitchover *switchover, VgateStatus *status)
{
    for (guint i = 0; i < status->guests->len; i++) {
        VgateStatusGuest *guest = g_ptr_array_index (status->guests, i);

        guest->bus = switchover && g_hash_table_contains (switchover->guests, guest->uuid)
                         ? bus_state (switchover, guest->uuid)
                         : VGATE_STATUS_BUS_NONE;
    }
}
