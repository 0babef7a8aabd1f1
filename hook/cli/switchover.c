/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate switchover: the gate at switch-over is set up for each domain, because its QEMU must be started
 * with an object for it. */
#include "command.h"
#include "host/provider-lock.h"
#include "switchover-xml.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (virConnect, virConnectClose)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (virDomain, virDomainFree)

typedef struct {
    virDomainPtr domain;
    const char *name;
    const VgatePolicy *policy;
    const char *config, *uri; /* as they were given, or NULL */
} Target;

/* Without an error function, libvirt prints its errors itself. */
static void
swallow_libvirt_error (G_GNUC_UNUSED void *user_data, G_GNUC_UNUSED virErrorPtr error)
{
}

static gboolean
fail_libvirt (GError **error, const char *call)
{
    const char *message = virGetLastErrorMessage ();

    g_set_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "%s: %s", call,
                 message ? message : "unknown error");
    return FALSE;
}

/* With the secrets, because a domain that is defined without them loses them. The XML is not printed or
 * logged. */
static char *
read_xml (const Target *target, unsigned int flags, GError **error)
{
    char *xml = virDomainGetXMLDesc (target->domain, flags);
    char *copy;

    if (!xml) {
        fail_libvirt (error, "virDomainGetXMLDesc");
        return NULL;
    }
    copy = g_strdup (xml);
    free (xml); /* libvirt allocates with malloc () */
    return copy;
}

static gboolean
define (const Target *target, const char *xml, GError **error)
{
    g_autoptr (virDomain) defined = virDomainDefineXML (virDomainGetConnect (target->domain), xml);

    return defined || fail_libvirt (error, "virDomainDefineXML");
}

static gboolean
change (const Target *target, gboolean enable, GError **error)
{
    g_autofree char *xml = NULL, *edited = NULL;
    const char *bus = target->policy->switch_over_bus, *state = enable ? "enabled" : "disabled";
    const int is_persistent = virDomainIsPersistent (target->domain);

    if (is_persistent < 0)
        return fail_libvirt (error, "virDomainIsPersistent");

    if (enable && !bus) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_UNSERVED,
                             "bus= in [switch-over] of the configuration is empty");
        return FALSE;
    }
    if (!is_persistent) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_EDIT,
                     "domain '%s' is transient: it has no persistent definition to change", target->name);
        return FALSE;
    }
    xml = read_xml (target, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE, error);
    if (!xml || !vgate_switchover_edit (xml, enable ? bus : NULL, &edited, error))
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

/* Returns the command that enables the gate for the domain, of the same libvirt and with the same
 * configuration. The caller frees it. */
static char *
write_enable (const Target *target, const char *uuid)
{
    const char *const words[] = {"switchover", "enable", uuid, target->uri ? "-c" : NULL, target->uri, NULL};

    return vgate_command_write (words, target->config);
}

/* FALSE if the XML cannot be read. */
static gboolean
print_state (const Target *target, const char *label, unsigned int flags, GError **error)
{
    g_autofree char *xml = read_xml (target, flags, error);
    g_autoptr (VgateDomain) domain = xml ? vgate_domain_read (xml, strlen (xml), NULL, error) : NULL;
    g_autofree char *command = NULL;
    const VgateVmstate *vmstate;

    if (!domain)
        return FALSE;
    vmstate = domain->vmstate;
    command = write_enable (target, domain->uuid);
    if (!vmstate)
        g_print ("%s: disabled\n", label);
    else if (strcmp (vmstate->uuid, domain->uuid) != 0)
        g_print ("%s: enabled for another domain, %s; run: %s\n", label, vmstate->uuid, command);
    else if (g_strcmp0 (vmstate->bus, target->policy->switch_over_bus) != 0)
        g_print ("%s: enabled on another bus, %s; run: %s\n", label, vmstate->bus, command);
    else
        g_print ("%s: enabled\n", label);
    return TRUE;
}

static void
print_host (void)
{
    g_print ("this host: %s by vgpu-gated\n", vgate_provider_lock_is_held ("") ? "served" : "not served");
}

static gboolean
status (const Target *target, GError **error)
{
    const int is_active = virDomainIsActive (target->domain);
    const int is_persistent = is_active < 0 ? -1 : virDomainIsPersistent (target->domain);

    if (is_active < 0)
        return fail_libvirt (error, "virDomainIsActive");
    if (is_persistent < 0)
        return fail_libvirt (error, "virDomainIsPersistent");
    if (is_persistent && !print_state (target, "when next started", VIR_DOMAIN_XML_INACTIVE, error))
        return FALSE;
    if (is_active && !print_state (target, "running guest", 0, error))
        return FALSE;
    if (!is_active)
        g_print ("running guest: not running\n");
    print_host ();
    return TRUE;
}

static const struct {
    const char *name;
    gboolean (*run) (const Target *target, GError **error);
} actions[] = {{"enable", enable}, {"disable", disable}, {"status", status}};

static virDomainPtr
find_domain (virConnectPtr libvirt, const char *name, GError **error)
{
    virDomainPtr domain = virDomainLookupByName (libvirt, name);

    if (domain)
        return domain;
    if (virGetLastErrorCode () != VIR_ERR_NO_DOMAIN) {
        fail_libvirt (error, "virDomainLookupByName");
        return NULL;
    }
    domain = virDomainLookupByUUIDString (libvirt, name);
    if (domain)
        return domain;
    /* a name that is not a UUID is an invalid argument */
    if (virGetLastErrorCode () == VIR_ERR_NO_DOMAIN || virGetLastErrorCode () == VIR_ERR_INVALID_ARG)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "no domain with name or UUID '%s'", name);
    else
        fail_libvirt (error, "virDomainLookupByUUIDString");
    return NULL;
}

static int
run (gboolean (*action) (const Target *target, GError **error), const char *name, Target *target)
{
    g_autoptr (virConnect) libvirt = NULL;
    g_autoptr (virDomain) domain = NULL;
    g_autoptr (GError) error = NULL;

    virSetErrorFunc (NULL, swallow_libvirt_error);
    libvirt = virConnectOpen (target->uri ? target->uri : "qemu:///system");
    if (libvirt)
        domain = find_domain (libvirt, name, &error);
    else
        fail_libvirt (&error, "virConnectOpen");
    if (!domain)
        return vgate_command_fail (error);
    target->domain = domain;
    target->name = virDomainGetName (domain);
    return action (target, &error) ? VGATE_EXIT_ALLOWED : vgate_command_fail (error);
}

int
vgate_command_switchover (int argc, char *argv[], const char *config)
{
    g_auto (GStrv) words = NULL;
    g_autofree char *uri = NULL, *what = NULL;
    const GOptionEntry entries[] = {
        {"connect", 'c', 0, G_OPTION_ARG_STRING, &uri, "connect to libvirt at URI instead of qemu:///system",
         "URI"},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;

    if (!vgate_command_parse (
            argc, argv, "enable|disable DOMAIN | status [DOMAIN]",
            "Enable, disable or print the gate at switch-over, by which the domain's QEMU asks\n"
            "vgpu-gated again before the guest resumes on the destination.",
            entries, &words, &error))
        return vgate_command_usage (error->message);
    if (words && g_strv_length (words) == 1 && strcmp (words[0], "status") == 0) {
        print_host ();
        return VGATE_EXIT_ALLOWED;
    }
    if (!words || g_strv_length (words) != 2)
        return vgate_command_usage ("'switchover' requires enable, disable or status, and a DOMAIN");
    for (gsize i = 0; i < G_N_ELEMENTS (actions); i++) {
        if (strcmp (words[0], actions[i].name) != 0)
            continue;
        policy = vgate_command_policy (config, &error);
        if (!policy)
            return vgate_command_fail (error);
        return run (actions[i].run, words[1], &(Target){.policy = policy, .config = config, .uri = uri});
    }
    what =
        g_strdup_printf ("unknown action '%s' of 'switchover': expected enable, disable or status", words[0]);
    return vgate_command_usage (what);
}
