/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer to QEMU's dbus-vmstate method Load: the decision about a guest that arrives by a migration or
 * from a save image. Whether a guest may be saved is not judged here: plugin/jobs does that when `virsh save`
 * begins, by lib/gate/departure.c.
 */
#include "plugin/switchover/load.h"

#include "plugin/switchover/payload.h"

VgateLoad *
vgate_load_new (virConnectPtr libvirt, const char *uuid, GBytes *payload, const VgatePolicy *policy)
{
    VgateLoad *load = g_new0 (VgateLoad, 1);

    if (libvirt)
        virConnectRef (libvirt);
    load->libvirt = libvirt;
    load->uuid = g_strdup (uuid);
    load->payload = g_bytes_ref (payload);
    load->policy = vgate_policy_copy (policy);
    /* below load-ms, so that a failure of NVML leads to the policy's decision in time */
    load->policy->backend.deadline_ms =
        MIN (policy->backend.deadline_ms, policy->switch_over_load_ms - policy->switch_over_load_ms / 4);
    return load;
}

void
vgate_load_free (VgateLoad *load)
{
    if (!load)
        return;
    if (load->libvirt) /* it was not run */
        virConnectClose (load->libvirt);
    g_free (load->uuid);
    g_bytes_unref (load->payload);
    vgate_policy_free (load->policy);
    vgate_decision_free (load->decision);
    vgate_domain_free (load->domain);
    g_free (load);
}

/* Reads the domain's XML, which has its hostdevs and the element from the beginning of the migration. */
static VgateDomain *
read_domain (const VgateLoad *load, GError **error)
{
    g_autoptr (virDomain) domain = NULL;

    if (!load->libvirt) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "no connection to libvirt");
        return NULL;
    }
    domain = vgate_libvirt_find_domain (load->libvirt, load->uuid, error);
    if (!domain) {
        if (error && !*error)
            g_set_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "libvirt has no domain %s",
                         load->uuid);
        return NULL;
    }
    return vgate_libvirt_read_domain (domain, error);
}

static VgateDecision *
decide (VgateLoad *load)
{
    GError *error = NULL;
    gsize length;
    const void *data = g_bytes_get_data (load->payload, &length);
    g_autoptr (VgatePayload) payload = vgate_payload_read (data, length, load->uuid, &error);
    VgateRequest request = {.operation = VGATE_OPERATION_SWITCH_OVER, .policy = load->policy, .root = ""};

    if (!payload)
        return vgate_decision_new_refusal (error);
    load->domain = read_domain (load, &error);
    if (!load->domain)
        return vgate_decision_new_refusal (error);
    /* without an element the source had nothing better than the XML, whose element is then judged again with
     * the present state of this host */
    if (payload->element) {
        vgate_element_free (load->domain->element);
        load->domain->element = g_steal_pointer (&payload->element);
    }
    request.domain = load->domain;
    request.now = g_get_real_time () / G_USEC_PER_SEC;
    return vgate_gate_decide (&request);
}

void
vgate_load_run (VgateLoad *load)
{
    load->decision = decide (load);
    /* released here and not when the load is freed, because releasing the last reference waits for
     * libvirtd */
    g_clear_pointer (&load->libvirt, virConnectClose);
}
