/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/switchover/load.h"

#include "plugin/switchover/payload.h"

VgateArriving *
vgate_arriving_new (virConnectPtr libvirt, const char *uuid, GBytes *payload, const VgatePolicy *policy)
{
    VgateArriving *arriving = g_new0 (VgateArriving, 1);

    if (libvirt)
        virConnectRef (libvirt);
    arriving->libvirt = libvirt;
    arriving->uuid = g_strdup (uuid);
    arriving->payload = g_bytes_ref (payload);
    arriving->policy = vgate_policy_copy (policy);
    /* so that what the policy says of a failing NVML is said in time */
    arriving->policy->backend.deadline_ms =
        MIN (policy->backend.deadline_ms, policy->switch_over_load_ms - policy->switch_over_load_ms / 4);
    return arriving;
}

void
vgate_arriving_free (VgateArriving *arriving)
{
    if (!arriving)
        return;
    if (arriving->libvirt) /* it was not run */
        virConnectClose (arriving->libvirt);
    g_free (arriving->uuid);
    g_bytes_unref (arriving->payload);
    vgate_policy_free (arriving->policy);
    vgate_decision_free (arriving->decision);
    vgate_domain_free (arriving->domain);
    g_free (arriving);
}

/* Its XML says where its hostdevs lead, and carries the element that was there when the migration began. */
static VgateDomain *
read_domain (const VgateArriving *arriving, GError **error)
{
    g_autoptr (virDomain) domain = NULL;

    if (!arriving->libvirt) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR,
                             "there is no connection to libvirt");
        return NULL;
    }
    domain = vgate_libvirt_find_domain (arriving->libvirt, arriving->uuid, error);
    if (!domain) {
        if (error && !*error)
            g_set_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "libvirt knows no domain %s",
                         arriving->uuid);
        return NULL;
    }
    return vgate_libvirt_read_domain (domain, error);
}

static VgateDecision *
decide (VgateArriving *arriving)
{
    GError *error = NULL;
    gsize length;
    const void *data = g_bytes_get_data (arriving->payload, &length);
    g_autoptr (VgatePayload) payload = vgate_payload_read (data, length, arriving->uuid, &error);
    VgateRequest request = {.operation = VGATE_OPERATION_SWITCH_OVER, .policy = arriving->policy, .root = ""};

    if (!payload)
        return vgate_decision_new_refusal (error);
    arriving->domain = read_domain (arriving, &error);
    if (!arriving->domain)
        return vgate_decision_new_refusal (error);
    /* the source knew nothing better: then what stands in the XML is judged again, on what this host is now
     */
    if (payload->element) {
        vgate_element_free (arriving->domain->element);
        arriving->domain->element = g_steal_pointer (&payload->element);
    }
    request.domain = arriving->domain;
    request.now = g_get_real_time () / G_USEC_PER_SEC;
    return vgate_gate_decide (&request);
}

void
vgate_arriving_run (VgateArriving *arriving)
{
    arriving->decision = decide (arriving);
    /* here, and not when it is freed: the last reference waits for libvirtd */
    g_clear_pointer (&arriving->libvirt, virConnectClose);
}
