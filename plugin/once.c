/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "once.h"

#include "log.h"
#include "look.h"
#include "report.h"

#include <stdlib.h>

typedef struct {
    virConnectPtr libvirt;
    const VgatePolicy *policy;
    VgateSnapshot *snapshot;
    guint n_busy;
    GError *first_failure;
} Pass;

static void
look_at (Pass *pass, virDomainPtr domain)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autoptr (VgateLook) look = NULL;

    if (virDomainGetUUIDString (domain, uuid) != 0)
        return;
    look = vgate_look_new (pass->libvirt, uuid, pass->snapshot, pass->policy->seal_key);
    look->event = VGATE_TRIGGER_REQUEST;
    vgate_look_run (look);
    vgate_report_look (look);
    pass->n_busy += look->outcome == VGATE_LOOK_BUSY ? 1 : 0;
    if (look->error && !pass->first_failure)
        pass->first_failure = g_steal_pointer (&look->error);
}

static gboolean
look_at_all (Pass *pass, GError **error)
{
    virDomainPtr *domains = NULL;
    const int n = virConnectListAllDomains (pass->libvirt, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    if (n < 0) {
        vgate_set_libvirt_error (error, "virConnectListAllDomains");
        return FALSE;
    }
    for (int i = 0; i < n; i++) {
        look_at (pass, domains[i]);
        virDomainFree (domains[i]);
    }
    free (domains);
    if (pass->first_failure) {
        g_propagate_error (error, pass->first_failure);
        return FALSE;
    }
    if (pass->n_busy > 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CAPTURE_FAILED,
                     "%u guests are being migrated or saved just now", pass->n_busy);
        return FALSE;
    }
    return TRUE;
}

gboolean
vgate_capture_once (const VgatePolicy *policy, const char *uri, GError **error)
{
    g_auto (VgateIdentity) identity = {0};
    g_autoptr (virConnect) libvirt = NULL;
    g_autoptr (VgateSnapshot) snapshot = NULL;
    VgateProbe *probe;
    Pass pass = {.policy = policy};

    if (!vgate_identity_read ("", policy->host_uuid, &identity, error))
        return FALSE;
    libvirt = virConnectOpen (uri);
    if (!libvirt) {
        vgate_set_libvirt_error (error, "virConnectOpen");
        return FALSE;
    }
    /* a host without guests leaves NVML alone */
    if (virConnectNumOfDomains (libvirt) == 0)
        return TRUE;
    probe = vgate_probe_ask (&policy->backend, &identity, NULL, TRUE, error);
    if (!probe)
        return FALSE;
    snapshot = vgate_snapshot_new (probe, NULL);
    pass.libvirt = libvirt;
    pass.snapshot = snapshot;
    return look_at_all (&pass, error);
}
