/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent.h"

#include "capture.h"
#include "connection.h"
#include "gate/gate.h"
#include "log.h"

#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#define RETRIES  5
#define RETRY_MS 200

struct VgateAgent {
    VgatePolicy *policy;
    VgateIdentity identity;
    VgateConnection *connection;
    guint pass_source;     /* a pass soon, after an event or for a domain that was busy */
    guint interval_source; /* and one at each interval */
    GHashTable *triggers;  /* uuid -> VgateTrigger: what happened since the last pass */
    GHashTable *sequences; /* uuid -> guint64 *: the last sequence number written */
    GHashTable *unclaimed; /* uuids that carried our element in the last pass, but had no vGPU */
    guint n_busy;          /* domains that a job held in the last pass */
    guint retries_left;
    char *failure; /* what the last probe failed with: logged when it changes */
};

/* One pass over the domains. */
typedef struct {
    VgateAgent *agent;
    VgateProbe *probe;
    VgateTrigger fallback; /* for domains to which nothing particular happened */
    GHashTable *unclaimed; /* the next value of the agent's */
    GHashTable *busy;      /* uuids of vGPU domains that a job held: they are looked at again soon */
    GError *first_failure;
} Pass;

static void
note_failure (Pass *pass, const char *domain, GError *error)
{
    vgate_log ((VgateCode)error->code, domain, "%s", error->message);
    if (!pass->first_failure)
        pass->first_failure = error;
    else
        g_error_free (error);
}

/* Starting, arriving, being saved: the paused states in which libvirt holds a job. */
static gboolean
is_in_transition (virDomainPtr domain)
{
    int state = VIR_DOMAIN_NOSTATE, reason = 0;

    if (virDomainGetState (domain, &state, &reason, 0) != 0 || state != VIR_DOMAIN_PAUSED)
        return FALSE;
    return reason == VIR_DOMAIN_PAUSED_MIGRATION || reason == VIR_DOMAIN_PAUSED_SAVE ||
           reason == VIR_DOMAIN_PAUSED_STARTING_UP;
}

/*
 * A job holds the domain: setting metadata would wait for it, 30 s at most, and then fail. The event at its
 * end, or the next interval, brings us here again. Of a domain that arrives libvirt says nothing but that it
 * cannot say (measured, 9.0); a driver without jobs has none.
 */
static gboolean
is_busy (virDomainPtr domain)
{
    virDomainJobInfo job;

    if (is_in_transition (domain))
        return TRUE;
    if (virDomainGetJobInfo (domain, &job) == 0)
        return job.type != VIR_DOMAIN_JOB_NONE;
    return virGetLastErrorCode () != VIR_ERR_NO_SUPPORT;
}

static VgateDomain *
read_domain (virDomainPtr domain, GError **error)
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

/* The domain with its element left out: when that cannot be read, it is to be replaced, not to stop us. */
static VgateDomain *
read_domain_leniently (virDomainPtr domain, GError **error)
{
    g_autoptr (GError) local = NULL;
    VgateDomain *read = read_domain (domain, &local);

    if (read || local->domain != VGATE_ERROR || local->code < VGATE_CODE_ELEMENT_TWICE ||
        local->code > VGATE_CODE_ELEMENT_BASE64) {
        if (local)
            g_propagate_error (error, g_steal_pointer (&local));
        return read;
    }
    if (virDomainSetMetadata (domain, VIR_DOMAIN_METADATA_ELEMENT, NULL, VGATE_ELEMENT_PREFIX,
                              VGATE_ELEMENT_NAMESPACE, VIR_DOMAIN_AFFECT_LIVE) < 0) {
        vgate_set_libvirt_error (error, "virDomainSetMetadata");
        return NULL;
    }
    return read_domain (domain, error);
}

static VgatePower
power_of (virDomainPtr domain)
{
    int state = VIR_DOMAIN_NOSTATE;

    virDomainGetState (domain, &state, NULL, 0);
    return state == VIR_DOMAIN_PMSUSPENDED ? VGATE_POWER_SUSPENDED : VGATE_POWER_RUNNING;
}

static gboolean
set_element (virDomainPtr domain, const char *xml, GError **error)
{
    if (virDomainSetMetadata (domain, VIR_DOMAIN_METADATA_ELEMENT, xml, VGATE_ELEMENT_PREFIX,
                              VGATE_ELEMENT_NAMESPACE, VIR_DOMAIN_AFFECT_LIVE) == 0)
        return TRUE;
    vgate_set_libvirt_error (error, "virDomainSetMetadata");
    return FALSE;
}

static guint64
last_sequence (const VgateAgent *agent, const char *uuid)
{
    const guint64 *sequence = g_hash_table_lookup (agent->sequences, uuid);

    return sequence ? *sequence : 0;
}

/*
 * Why a domain is captured now. The event says it, but may come after the pass that met its domain first (a
 * start is announced after the resume that ends it; libvirt 9.0, measured), so what the domain carries goes
 * before: nothing, and this is its start; another host's element, and it has arrived.
 */
static VgateTrigger
trigger_for (const Pass *pass, const VgateDomain *domain)
{
    const VgateAgent *agent = pass->agent;
    VgateTrigger event = VGATE_TRIGGER_CHANGE;
    gpointer found;

    if (pass->fallback == VGATE_TRIGGER_REQUEST)
        return VGATE_TRIGGER_REQUEST;
    if (g_hash_table_lookup_extended (agent->triggers, domain->uuid, NULL, &found))
        event = (VgateTrigger)GPOINTER_TO_INT (found);
    if (!domain->element)
        return event == VGATE_TRIGGER_ARRIVE ? VGATE_TRIGGER_ARRIVE : VGATE_TRIGGER_START;
    if (strcmp (domain->element->host_uuid, agent->identity.uuid) != 0)
        return VGATE_TRIGGER_ARRIVE;
    return event == VGATE_TRIGGER_START ? VGATE_TRIGGER_CHANGE : event;
}

static void
remember_sequence (VgateAgent *agent, const char *uuid, guint64 sequence)
{
    guint64 *copy = g_new (guint64, 1);

    *copy = sequence;
    g_hash_table_insert (agent->sequences, g_strdup (uuid), copy);
}

static gboolean
write_element (Pass *pass, virDomainPtr domain, const VgateDomain *read, const VgateElement *element,
               GError **error)
{
    g_autofree char *xml = vgate_element_write (element, FALSE);

    if (!set_element (domain, xml, error))
        return FALSE;
    remember_sequence (pass->agent, read->uuid, element->sequence);
    vgate_log (VGATE_CODE_CAPTURED, read->name,
               "captured %u vGPU%s (trigger %s, sequence %" G_GUINT64_FORMAT ")%s", element->vgpus->len,
               element->vgpus->len == 1 ? "" : "s", vgate_trigger_name ((VgateTrigger)element->trigger),
               element->sequence, element->simulated ? ", simulated driver" : "");
    return TRUE;
}

static gboolean
capture (Pass *pass, virDomainPtr domain, GError **error)
{
    g_autoptr (VgateDomain) read = read_domain_leniently (domain, error);
    g_autoptr (VgateElement) element = NULL;
    VgateCaptureInput input = {
        .probe = pass->probe,
        .domain = read,
        .root = "",
        .key = pass->agent->policy->seal_key,
        .now = g_get_real_time () / G_USEC_PER_SEC,
    };

    if (!read)
        return FALSE;
    input.trigger = trigger_for (pass, read);
    input.power = power_of (domain);
    input.sequence_min = last_sequence (pass->agent, read->uuid);
    return vgate_capture_build (&input, &element, error) &&
           (!element || write_element (pass, domain, read, element, error));
}

/*
 * A domain without a vGPU that carries our element: its vGPU was detached. It is taken away when two passes
 * in a row saw it so, since NVML may list a vGPU late; and never while it has an NVIDIA hostdev, whose
 * capture must then be missing rather than its need be forgotten.
 */
static gboolean
take_away (Pass *pass, virDomainPtr domain, const char *uuid, GError **error)
{
    g_autoptr (VgateDomain) read = read_domain (domain, NULL);

    if (!read || !read->element)
        return TRUE;
    if (vgate_gate_has_vgpu (read, ""))
        return TRUE;
    g_hash_table_add (pass->unclaimed, g_strdup (uuid));
    if (!g_hash_table_contains (pass->agent->unclaimed, uuid))
        return TRUE;
    if (!set_element (domain, NULL, error))
        return FALSE;
    vgate_log (VGATE_CODE_CAPTURE_REMOVED, read->name,
               "the metadata was removed: the guest has no vGPU any more");
    return TRUE;
}

static gboolean
has_element (virDomainPtr domain)
{
    char *metadata = virDomainGetMetadata (domain, VIR_DOMAIN_METADATA_ELEMENT, VGATE_ELEMENT_NAMESPACE,
                                           VIR_DOMAIN_AFFECT_LIVE);
    const gboolean has = metadata != NULL;

    free (metadata);
    return has;
}

static gboolean
look_at (Pass *pass, virDomainPtr domain, const char *uuid, GError **error)
{
    const gboolean has_vgpu = vgate_capture_has_vgpu (pass->probe, uuid);

    if (!has_vgpu && !has_element (domain))
        return TRUE;
    if (is_busy (domain)) {
        g_hash_table_add (pass->busy, g_strdup (uuid));
        return TRUE;
    }
    return has_vgpu ? capture (pass, domain, error) : take_away (pass, domain, uuid, error);
}

static void
visit (Pass *pass, virDomainPtr domain)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    GError *error = NULL;

    if (virDomainGetUUIDString (domain, uuid) != 0 || look_at (pass, domain, uuid, &error))
        return;
    /* a domain that ended meanwhile is no failure */
    if (virDomainIsActive (domain) == 1)
        note_failure (pass, virDomainGetName (domain), error);
    else
        g_error_free (error);
}

static gboolean
visit_all (Pass *pass, GError **error)
{
    virDomainPtr *domains = NULL;
    const int n = virConnectListAllDomains (vgate_connection_get (pass->agent->connection), &domains,
                                            VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    if (n < 0) {
        vgate_set_libvirt_error (error, "virConnectListAllDomains");
        return FALSE;
    }
    for (int i = 0; i < n; i++) {
        visit (pass, domains[i]);
        virDomainFree (domains[i]);
    }
    free (domains);
    return TRUE;
}

/* NVML's failure is logged when it begins, changes and ends: not every few seconds. */
static void
note_probe (VgateAgent *agent, const GError *error)
{
    const char *failure = error ? error->message : NULL;

    if (g_strcmp0 (failure, agent->failure) == 0)
        return;
    if (failure)
        vgate_log ((VgateCode)error->code, NULL, "nothing can be captured: %s", failure);
    else
        vgate_log (VGATE_CODE_CAPTURED, NULL, "NVML answers again");
    g_free (agent->failure);
    agent->failure = g_strdup (failure);
}

static gboolean
is_not_in (gpointer uuid, G_GNUC_UNUSED gpointer trigger, gpointer set)
{
    return !g_hash_table_contains (set, uuid);
}

/* What the pass has learnt for the next one. What happened to a domain that was busy is still to be captured.
 */
static void
finish_pass (Pass *pass)
{
    VgateAgent *agent = pass->agent;

    g_hash_table_unref (agent->unclaimed);
    agent->unclaimed = pass->unclaimed;
    g_hash_table_foreach_remove (agent->triggers, is_not_in, pass->busy);
    agent->n_busy = g_hash_table_size (pass->busy);
    g_hash_table_unref (pass->busy);
}

/* A host without guests leaves NVML alone. */
static gboolean
has_domains (VgateAgent *agent)
{
    return virConnectNumOfDomains (vgate_connection_get (agent->connection)) != 0;
}

static gboolean
run_pass (VgateAgent *agent, VgateTrigger fallback, GError **error)
{
    g_autoptr (VgateProbe) probe = NULL;
    g_autoptr (GError) local = NULL;
    Pass pass = {.agent = agent, .fallback = fallback};
    gboolean good;

    if (!has_domains (agent)) {
        agent->n_busy = 0;
        g_hash_table_remove_all (agent->triggers);
        return TRUE;
    }
    probe = vgate_probe_ask (&agent->policy->backend, &agent->identity, NULL, TRUE, &local);
    note_probe (agent, local);
    if (!probe) {
        g_propagate_error (error, g_steal_pointer (&local));
        return FALSE;
    }
    pass.probe = probe;
    pass.unclaimed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    pass.busy = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    good = visit_all (&pass, error);
    finish_pass (&pass);
    if (good && pass.first_failure) {
        g_propagate_error (error, pass.first_failure);
        return FALSE;
    }
    g_clear_error (&pass.first_failure);
    return good;
}

static gboolean
on_interval (gpointer user_data)
{
    VgateAgent *agent = user_data;

    /* without libvirt there is nothing to look at; with it, a failure has been logged where it happened */
    if (vgate_connection_get (agent->connection))
        run_pass (agent, VGATE_TRIGGER_CHANGE, NULL);
    return G_SOURCE_CONTINUE;
}

static gboolean on_pass (gpointer user_data);

/*
 * Not within libvirt's callback; and a burst of events makes one pass. An event often comes just before the
 * job that made it is over (a migration that arrives), so a few passes follow while a domain is busy; then
 * the interval does.
 */
static void
pass_soon (VgateAgent *agent)
{
    agent->retries_left = RETRIES;
    if (agent->pass_source == 0)
        agent->pass_source = g_idle_add (on_pass, agent);
}

static gboolean
on_pass (gpointer user_data)
{
    VgateAgent *agent = user_data;

    agent->pass_source = 0;
    if (!vgate_connection_get (agent->connection))
        return G_SOURCE_REMOVE;
    run_pass (agent, VGATE_TRIGGER_CHANGE, NULL);
    if (agent->n_busy > 0 && agent->retries_left > 0) {
        agent->retries_left--;
        agent->pass_source = g_timeout_add (RETRY_MS, on_pass, agent);
    }
    return G_SOURCE_REMOVE;
}

static void
on_connected (gpointer user_data)
{
    pass_soon (user_data);
}

static void
on_domain_event (const char *uuid, VgateTrigger trigger, gpointer user_data)
{
    VgateAgent *agent = user_data;

    /* an arrival ends with a resume: the arrival is what happened */
    if (trigger != VGATE_TRIGGER_RESUME || !g_hash_table_contains (agent->triggers, uuid))
        g_hash_table_insert (agent->triggers, g_strdup (uuid), GINT_TO_POINTER ((int)trigger));
    pass_soon (agent);
}

VgateAgent *
vgate_agent_new (VgatePolicy *policy, const char *uri)
{
    const VgateConnectionCallbacks callbacks = {.connected = on_connected, .domain_event = on_domain_event};
    VgateAgent *agent = g_new0 (VgateAgent, 1);

    agent->policy = policy;
    agent->connection = vgate_connection_new (uri, callbacks, agent);
    agent->triggers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    agent->sequences = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    agent->unclaimed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    return agent;
}

void
vgate_agent_free (VgateAgent *agent)
{
    if (!agent)
        return;
    if (agent->pass_source != 0)
        g_source_remove (agent->pass_source);
    if (agent->interval_source != 0)
        g_source_remove (agent->interval_source);
    vgate_connection_free (agent->connection);
    vgate_policy_free (agent->policy);
    vgate_identity_clear (&agent->identity);
    g_hash_table_unref (agent->triggers);
    g_hash_table_unref (agent->sequences);
    g_hash_table_unref (agent->unclaimed);
    g_free (agent->failure);
    g_free (agent);
}

gboolean
vgate_agent_start (VgateAgent *agent, GError **error)
{
    if (!vgate_identity_read ("", agent->policy->host_uuid, &agent->identity, error))
        return FALSE;
    agent->interval_source = g_timeout_add_seconds (agent->policy->capture_interval, on_interval, agent);
    vgate_connection_keep_open (agent->connection);
    return TRUE;
}

gboolean
vgate_agent_run_once (VgateAgent *agent, GError **error)
{
    if (!vgate_identity_read ("", agent->policy->host_uuid, &agent->identity, error) ||
        !vgate_connection_open (agent->connection, error) || !run_pass (agent, VGATE_TRIGGER_REQUEST, error))
        return FALSE;
    if (agent->n_busy == 0)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_CAPTURE_FAILED,
                 "%u guests are being migrated or saved just now", agent->n_busy);
    return FALSE;
}
