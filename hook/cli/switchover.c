/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate switchover: the gate at switch-over is set up for each domain, because its QEMU must be started
 * with an object for it. */
#include "command.h"
#include "gate/observation.h"
#include "host/provider-lock.h"
#include "libvirt-access.h"
#include "switchover-bus.h"
#include "switchover-xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One run of the command. */
typedef struct {
    const VgatePolicy *policy;
    const char *config, *uri; /* as they were given, or NULL */
    gboolean is_all;          /* --all */
    virConnectPtr libvirt;
    gboolean is_local;  /* libvirt's guests run on this host */
    GHashTable *on_bus; /* UUIDs of the domains whose QEMU is on the bus; NULL: not known, or not read yet */
    GError *bus_error;  /* why it is not known */
} Session;

/* A domain. Its XML is not printed or logged. */
typedef struct {
    Session *session;
    virDomainPtr domain;
    const char *name;
    gboolean is_active, is_persistent;
    char *inactive_xml; /* with the secrets, because a domain that is defined without them loses them */
    VgateDomain *inactive, *running; /* NULL: the domain has no such XML */
} Target;

static void
target_clear (Target *target)
{
    g_free (target->inactive_xml);
    vgate_domain_free (target->inactive);
    vgate_domain_free (target->running);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Target, target_clear)

/* The caller clears *target, also after a failure. */
static gboolean
target_read (Target *target, GError **error)
{
    const int is_active = virDomainIsActive (target->domain);
    const int is_persistent = is_active < 0 ? -1 : virDomainIsPersistent (target->domain);
    g_autofree char *running = NULL;

    if (is_active < 0)
        return vgate_libvirt_fail (error, "virDomainIsActive");
    if (is_persistent < 0)
        return vgate_libvirt_fail (error, "virDomainIsPersistent");
    target->is_active = is_active;
    target->is_persistent = is_persistent;
    if (is_persistent) {
        target->inactive_xml =
            vgate_libvirt_read_xml (target->domain, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE, error);
        if (target->inactive_xml)
            target->inactive = vgate_domain_read_leniently (target->inactive_xml,
                                                            strlen (target->inactive_xml), NULL, error);
        if (!target->inactive)
            return FALSE;
    }
    if (is_active) {
        running = vgate_libvirt_read_xml (target->domain, 0, error);
        if (running)
            target->running = vgate_domain_read_leniently (running, strlen (running), NULL, error);
        if (!target->running)
            return FALSE;
    }
    return TRUE;
}

/* Asks the bus once. */
static void
read_bus (Session *session)
{
    if (session->on_bus || session->bus_error)
        return;
    if (!session->policy->switch_over_bus)
        g_set_error_literal (&session->bus_error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_UNSERVED,
                             "bus= in [switch-over] of the configuration is empty");
    else if (!session->is_local)
        g_set_error_literal (&session->bus_error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_BUS,
                             "the guest runs on another host");
    else if (geteuid () != 0)
        g_set_error_literal (&session->bus_error, VGATE_ERROR, VGATE_CODE_NOT_ROOT,
                             "only root can find out which QEMUs are on the bus");
    else
        session->on_bus = vgate_switchover_bus_read (session->policy->switch_over_bus, &session->bus_error);
}

/* Returns a command of the same libvirt and with the same configuration. The caller frees it. */
static char *
write_command (const Target *target, const char *action)
{
    const Session *session = target->session;
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    const char *const words[] = {"switchover", action, uuid, session->uri ? "-c" : NULL, session->uri, NULL};

    virDomainGetUUIDString (target->domain, uuid);
    return vgate_command_write (words, session->config);
}

/* --- enable, disable --- */

static gboolean
define (const Target *target, const char *xml, GError **error)
{
    g_autoptr (virDomain) defined = virDomainDefineXML (virDomainGetConnect (target->domain), xml);

    return defined || vgate_libvirt_fail (error, "virDomainDefineXML");
}

static gboolean
change (const Target *target, gboolean enable, GError **error)
{
    g_autofree char *edited = NULL;
    const char *bus = target->session->policy->switch_over_bus, *state = enable ? "enabled" : "disabled";

    if (enable && !bus) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_UNSERVED,
                             "bus= in [switch-over] of the configuration is empty");
        return FALSE;
    }
    if (!target->is_persistent) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_EDIT,
                     "domain '%s' is transient: it has no persistent definition to change", target->name);
        return FALSE;
    }
    if (!vgate_switchover_edit (target->inactive_xml, enable ? bus : NULL, &edited, error))
        return FALSE;
    if (!edited) {
        g_print ("%s: already %s\n", target->name, state);
        return TRUE;
    }
    if (!define (target, edited, error))
        return FALSE;
    g_print ("%s: %s; takes effect when the guest is next started\n", target->name, state);
    return TRUE;
}

static gboolean
enable (const Target *target, GError **error)
{
    return change (target, TRUE, error);
}

static gboolean
disable (const Target *target, GError **error)
{
    return change (target, FALSE, error);
}

/* TRUE if the guest has a vGPU of NVIDIA, by the devices of this host or by the metadata that vgpu-gated has
 * captured. FALSE with an error: that is not known, because a device does not exist at present. */
static gboolean
has_vgpu (const Target *target, GError **error)
{
    const VgateDomain *const domains[] = {target->running, target->inactive};
    const VgateHostdev *unknown = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (domains); i++) {
        g_autoptr (VgateObservation) observation =
            domains[i] ? vgate_observation_new (domains[i], "", FALSE) : NULL;

        if (!observation)
            continue;
        if (domains[i]->element || domains[i]->element_error || vgate_observation_has_vgpu (observation))
            return TRUE;
        if (!unknown)
            unknown = vgate_observation_unknown_device (observation);
    }
    if (unknown) {
        g_autofree char *command = write_command (target, "enable");

        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_SKIPPED,
                     "mediated device %s does not exist, so it is not known whether it is an NVIDIA vGPU; "
                     "if it is one, run: %s",
                     unknown->source, command);
    }
    return FALSE;
}

static gboolean
may_enable (const Target *target, GError **error)
{
    return target->is_persistent && has_vgpu (target, error);
}

static gboolean
may_disable (const Target *target, G_GNUC_UNUSED GError **error)
{
    return target->inactive && target->inactive->vmstate;
}

/* --- repair --- */

/* FALSE with an error if the running guest has no object of ours, or not the one that it should have. */
static gboolean
check_object (const Target *target, GError **error)
{
    const VgateVmstate *vmstate = target->running ? target->running->vmstate : NULL;
    g_autofree char *command = write_command (target, "enable");

    if (!target->is_active)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_NOT_REPAIRED,
                     "the guest does not run; its QEMU connects to the bus when it is started");
    else if (!vmstate)
        g_set_error (
            error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_NOT_REPAIRED,
            "the gate at switch-over is not enabled in the running guest; to enable it, run '%s' and "
            "restart the guest",
            command);
    else if (strcmp (vmstate->uuid, target->running->uuid) != 0)
        g_set_error (
            error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_NOT_REPAIRED,
            "the object of the running guest belongs to another domain, %s; run '%s' and restart the "
            "guest",
            vmstate->uuid, command);
    else if (g_strcmp0 (vmstate->bus, target->session->policy->switch_over_bus) != 0)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_NOT_REPAIRED,
                     "the object of the running guest is for another bus, %s; run '%s' and restart the guest",
                     vmstate->bus, command);
    else
        return TRUE;
    return FALSE;
}

/* FALSE with an error while a job holds the domain. */
static gboolean
check_no_job (const Target *target, GError **error)
{
    virDomainJobInfo job;

    if (virDomainGetJobInfo (target->domain, &job) != 0)
        return vgate_libvirt_fail (error, "virDomainGetJobInfo");
    if (job.type == VIR_DOMAIN_JOB_NONE)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_NOT_REPAIRED,
                 "a job holds the domain, such as a migration or a backup; wait until it has ended "
                 "(virsh domjobinfo shows it), and try again");
    return FALSE;
}

static gboolean
repair (const Target *target, GError **error)
{
    Session *session = target->session;

    if (!check_object (target, error))
        return FALSE;
    read_bus (session);
    /* without a bus, QEMU would lose its object and get no new one */
    if (session->is_local && !session->on_bus) {
        g_propagate_error (error, g_error_copy (session->bus_error));
        return FALSE;
    }
    if (session->on_bus && g_hash_table_contains (session->on_bus, target->running->uuid)) {
        g_print ("%s: its QEMU is on the bus; there is nothing to repair\n", target->name);
        return TRUE;
    }
    if (!check_no_job (target, error) ||
        !vgate_switchover_bus_connect (target->domain, target->running->vmstate, error))
        return FALSE;
    g_print ("%s: repaired; its QEMU is on the bus again\n", target->name);
    return TRUE;
}

/* Of all domains, those that have lost the bus. */
static gboolean
may_repair (const Target *target, G_GNUC_UNUSED GError **error)
{
    if (!target->running || !target->running->vmstate)
        return FALSE;
    read_bus (target->session);
    return !target->session->on_bus ||
           !g_hash_table_contains (target->session->on_bus, target->running->uuid);
}

/* --- status --- */

static void
print_state (const Target *target, const char *label, const VgateDomain *domain)
{
    const VgateVmstate *vmstate = domain->vmstate;
    Session *session = target->session;
    g_autofree char *command = write_command (target, "enable"), *repair_command = NULL;

    if (session->is_all)
        g_print ("%s: ", target->name);
    if (!vmstate)
        g_print ("%s: disabled\n", label);
    else if (strcmp (vmstate->uuid, domain->uuid) != 0)
        g_print ("%s: enabled for another domain, %s; run: %s\n", label, vmstate->uuid, command);
    else if (g_strcmp0 (vmstate->bus, session->policy->switch_over_bus) != 0)
        g_print ("%s: enabled on another bus, %s; run: %s\n", label, vmstate->bus, command);
    else if (domain != target->running)
        g_print ("%s: enabled\n", label);
    else {
        read_bus (session);
        repair_command = write_command (target, "repair");
        if (!session->on_bus)
            g_print ("%s: enabled; cannot tell whether its QEMU is on the bus: %s\n", label,
                     session->bus_error->message);
        else if (g_hash_table_contains (session->on_bus, domain->uuid))
            g_print ("%s: enabled\n", label);
        else
            g_print ("%s: enabled, but its QEMU has lost the bus: the guest can be neither migrated nor "
                     "saved; run: %s\n",
                     label, repair_command);
    }
}

static void
print_host (void)
{
    g_print ("this host: %s by vgpu-gated\n", vgate_provider_lock_is_held ("") ? "served" : "not served");
}

static gboolean
status (const Target *target, G_GNUC_UNUSED GError **error)
{
    if (target->inactive)
        print_state (target, "when next started", target->inactive);
    if (target->running)
        print_state (target, "running guest", target->running);
    else if (!target->session->is_all)
        g_print ("running guest: not running\n");
    return TRUE;
}

static gboolean
may_show (const Target *target, G_GNUC_UNUSED GError **error)
{
    return (target->inactive && target->inactive->vmstate) || (target->running && target->running->vmstate) ||
           has_vgpu (target, NULL);
}

/* --- the command --- */

typedef struct {
    const char *name;
    gboolean (*run) (const Target *target, GError **error);
    /* --all: does the action concern the domain? FALSE with an error: this is not known. */
    gboolean (*concerns) (const Target *target, GError **error);
    const char *none;           /* printed if it concerns no domain */
    gboolean needs_local_vgpus; /* --all finds the vGPUs in this host's sysfs */
    gboolean prints_host;
} Action;

static const Action actions[] = {
    {"enable", enable, may_enable, "no persistent domain has an NVIDIA vGPU", TRUE, FALSE},
    {"disable", disable, may_disable, "it is not enabled for any persistent domain", FALSE, FALSE},
    {"status", status, may_show, "no domain has an NVIDIA vGPU", FALSE, TRUE},
    {"repair", repair, may_repair, "no guest has lost the bus", FALSE, TRUE},
};

static int
run_one (const Action *action, Session *session, virDomainPtr domain, gboolean *is_concerned)
{
    g_auto (Target) target = {.session = session, .domain = domain, .name = virDomainGetName (domain)};
    g_autoptr (GError) error = NULL;

    *is_concerned = FALSE;
    if (target_read (&target, &error)) {
        *is_concerned = !session->is_all || action->concerns (&target, &error);
        if (*is_concerned && !error)
            action->run (&target, &error);
    }
    if (!error)
        return VGATE_EXIT_ALLOWED;
    *is_concerned = TRUE;
    return vgate_command_fail_domain (error, target.name);
}

/* One domain that fails does not keep the others from being done. */
static int
run_all (const Action *action, Session *session)
{
    g_autoptr (GError) error = NULL;
    virDomainPtr *domains = NULL;
    const int n = vgate_libvirt_list (session->libvirt, 0, &domains, &error);
    int worst = VGATE_EXIT_ALLOWED;
    gboolean is_any = FALSE;

    if (n < 0)
        return vgate_command_fail (error);
    for (int i = 0; i < n; i++) {
        g_autoptr (virDomain) domain = domains[i];
        gboolean is_concerned;
        const int one = run_one (action, session, domain, &is_concerned);

        worst = MAX (worst, one);
        is_any = is_any || is_concerned;
    }
    free (domains); /* libvirt allocates with malloc () */
    if (!is_any)
        g_print ("%s\n", action->none);
    return worst;
}

/* TRUE if libvirt's URI names no other host: "qemu:///system", but not "qemu+ssh://host/system". */
static gboolean
is_local (virConnectPtr libvirt)
{
    char *uri = virConnectGetURI (libvirt);
    const char *host = uri ? strstr (uri, "://") : NULL;
    const gboolean is_local = host && host[strlen ("://")] == '/';

    free (uri); /* libvirt allocates with malloc () */
    return is_local;
}

/* name: NULL with --all. */
static int
run (const Action *action, const char *name, Session *session)
{
    g_autoptr (virConnect) libvirt = NULL;
    g_autoptr (virDomain) domain = NULL;
    g_autoptr (GError) error = NULL;
    gboolean is_concerned;
    int result;

    libvirt = vgate_libvirt_open (session->uri, FALSE, &error);
    if (!libvirt)
        return vgate_command_fail (error);
    session->libvirt = libvirt;
    session->is_local = is_local (libvirt);
    if (session->is_all && action->needs_local_vgpus && !session->is_local) {
        g_set_error (
            &error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_SKIPPED,
            "cannot tell from here which guests of %s have NVIDIA vGPUs; run '%s --all' on that host",
            session->uri, action->name);
        return vgate_command_fail (error);
    }
    if (!session->is_all) {
        domain = vgate_libvirt_find (libvirt, name, &error);
        if (!domain)
            return vgate_command_fail (error);
    }
    result = session->is_all ? run_all (action, session) : run_one (action, session, domain, &is_concerned);
    if (action->prints_host && result == VGATE_EXIT_ALLOWED)
        print_host ();
    g_clear_pointer (&session->on_bus, g_hash_table_unref);
    g_clear_error (&session->bus_error);
    return result;
}

int
vgate_command_switchover (int argc, char *argv[], const char *config)
{
    g_auto (GStrv) words = NULL;
    g_autofree char *uri = NULL, *what = NULL;
    gboolean is_all = FALSE;
    const GOptionEntry entries[] = {
        {"all", 'a', 0, G_OPTION_ARG_NONE, &is_all, "do it for all domains that it concerns", NULL},
        {"connect", 'c', 0, G_OPTION_ARG_STRING, &uri, "connect to libvirt at URI instead of qemu:///system",
         "URI"},
        {0},
    };
    const Action *action = NULL;
    gboolean is_host;
    guint n_words;
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;

    if (!vgate_command_parse (
            argc, argv, "enable|disable|repair DOMAIN|--all | status [DOMAIN|--all]",
            "Enable, disable, print or repair the gate at switch-over, by which the domain's QEMU asks\n"
            "vgpu-gated again before the guest resumes on the destination.",
            entries, &words, &error))
        return vgate_command_usage (error->message);
    n_words = words ? g_strv_length (words) : 0;
    for (gsize i = 0; n_words > 0 && i < G_N_ELEMENTS (actions); i++)
        if (strcmp (words[0], actions[i].name) == 0)
            action = &actions[i];
    if (n_words > 0 && !action) {
        what = g_strdup_printf (
            "unknown action '%s' of 'switchover': expected enable, disable, status or repair", words[0]);
        return vgate_command_usage (what);
    }
    is_host = n_words == 1 && !is_all && action->run == status;
    if (!is_host && n_words != (is_all ? 1u : 2u))
        return vgate_command_usage (
            "'switchover' requires enable, disable, status or repair, and a DOMAIN or --all");
    policy = vgate_command_policy (config, &error);
    if (!policy)
        return vgate_command_fail (error);
    if (is_host) {
        print_host ();
        return VGATE_EXIT_ALLOWED;
    }
    return run (action, is_all ? NULL : words[1],
                &(Session){.policy = policy, .config = config, .uri = uri, .is_all = is_all});
}
