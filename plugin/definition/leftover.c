/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/definition/leftover.h"

#include "plugin/base/log.h"

#include <libvirt/virterror.h>
#include <stdlib.h>

VgateLeftover *
vgate_leftover_new (virConnectPtr libvirt, const char *uuid)
{
    VgateLeftover *leftover = g_new0 (VgateLeftover, 1);

    virConnectRef (libvirt);
    leftover->libvirt = libvirt;
    leftover->uuid = g_strdup (uuid);
    return leftover;
}

void
vgate_leftover_free (VgateLeftover *leftover)
{
    if (!leftover)
        return;
    if (leftover->libvirt) /* it was not run */
        virConnectClose (leftover->libvirt);
    g_free (leftover->uuid);
    g_free (leftover->name);
    g_clear_error (&leftover->error);
    g_free (leftover);
}

/* A domain that was undefined or has ended in the meantime has no definition. */
static VgateLeftoverOutcome
fail (VgateLeftover *leftover, const char *call)
{
    if (virGetLastErrorCode () == VIR_ERR_NO_DOMAIN)
        return VGATE_LEFTOVER_NONE;
    vgate_set_libvirt_error (&leftover->error, call);
    g_prefix_error (&leftover->error, "cannot keep the persistent definition free of vGPU metadata: ");
    leftover->error->code = VGATE_CODE_LEFTOVER_NOT_REMOVED;
    return VGATE_LEFTOVER_FAILED;
}

/* TRUE if libvirt's last error means that a running guest was just undefined: it is now transient, without a
 * persistent definition. */
static gboolean
is_undefined (void)
{
    return virGetLastErrorCode () == VIR_ERR_OPERATION_INVALID;
}

static VgateLeftoverOutcome
look_at (VgateLeftover *leftover)
{
    g_autoptr (virDomain) domain = virDomainLookupByUUIDString (leftover->libvirt, leftover->uuid);
    const int is_persistent = domain ? virDomainIsPersistent (domain) : -1;
    char *metadata;
    int is_active;

    if (!domain)
        return fail (leftover, "virDomainLookupByUUIDString");
    leftover->name = g_strdup (virDomainGetName (domain));
    if (is_persistent < 0)
        return fail (leftover, "virDomainIsPersistent");
    if (is_persistent == 0)
        return VGATE_LEFTOVER_NONE;
    metadata = virDomainGetMetadata (domain, VIR_DOMAIN_METADATA_ELEMENT, VGATE_ELEMENT_NAMESPACE,
                                     VIR_DOMAIN_AFFECT_CONFIG);
    if (!metadata)
        return virGetLastErrorCode () == VIR_ERR_NO_DOMAIN_METADATA || is_undefined ()
                   ? VGATE_LEFTOVER_NONE
                   : fail (leftover, "virDomainGetMetadata");
    free (metadata); /* libvirt allocates with malloc () */
    is_active = virDomainIsActive (domain);
    if (is_active < 0)
        return fail (leftover, "virDomainIsActive");
    if (is_active == 1 && vgate_libvirt_is_busy (domain))
        return VGATE_LEFTOVER_BUSY;
    if (virDomainSetMetadata (domain, VIR_DOMAIN_METADATA_ELEMENT, NULL, VGATE_ELEMENT_PREFIX,
                              VGATE_ELEMENT_NAMESPACE, VIR_DOMAIN_AFFECT_CONFIG) == 0)
        return VGATE_LEFTOVER_REMOVED;
    /* a job began after the check for one, and libvirt waited for the job as long as it waits */
    if (virGetLastErrorCode () == VIR_ERR_OPERATION_TIMEOUT)
        return VGATE_LEFTOVER_BUSY;
    return is_undefined () ? VGATE_LEFTOVER_NONE : fail (leftover, "virDomainSetMetadata");
}

void
vgate_leftover_run (VgateLeftover *leftover)
{
    leftover->outcome = look_at (leftover);
    /* here, and not when it is freed: the last reference waits for libvirtd */
    g_clear_pointer (&leftover->libvirt, virConnectClose);
}

void
vgate_leftover_report (const VgateLeftover *leftover)
{
    VgateLogSubject subject = {.domain = leftover->name ? leftover->name : leftover->uuid,
                               .uuid = leftover->uuid};

    switch (leftover->outcome) {
    case VGATE_LEFTOVER_REMOVED:
        subject.code = VGATE_CODE_LEFTOVER_REMOVED;
        vgate_log_about (&subject, "removed vGPU metadata from the persistent definition");
        break;
    case VGATE_LEFTOVER_FAILED:
        subject.code = (VgateCode)leftover->error->code;
        vgate_log_about (&subject, "%s", leftover->error->message);
        break;
    default: break;
    }
}
