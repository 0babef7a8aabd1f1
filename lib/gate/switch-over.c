/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest whose QEMU asks at switch-over: is there somebody to ask, and on which GPU does it sit by then? */
#include "gate/internal.h"

#include "host/provider-lock.h"

#include <string.h>

/* QEMU would ask in vain when all memory has been copied: so it is asked first, here. */
gboolean
vgate_switch_over_check (const VgateRequest *request, GError **error)
{
    const VgateVmstate *vmstate = request->domain->vmstate;

    if (!vmstate || request->host || request->operation == VGATE_OPERATION_START ||
        request->operation == VGATE_OPERATION_SWITCH_OVER)
        return TRUE;
    if (strcmp (vmstate->uuid, request->domain->uuid) != 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_OBJECT,
                     "the object on QEMU's command line is that of domain %s", vmstate->uuid);
        return FALSE;
    }
    if (g_strcmp0 (vmstate->bus, request->policy->switch_over_bus) != 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_UNSERVED,
                     "its QEMU asks on the bus %s at switch-over, the configuration of this host says %s",
                     vmstate->bus,
                     request->policy->switch_over_bus ? request->policy->switch_over_bus : "none");
        return FALSE;
    }
    if (!vgate_provider_lock_is_held (request->root)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_UNSERVED,
                     "its QEMU asks vgpu-gated at switch-over, which does not serve %s on this host",
                     vmstate->bus);
        return FALSE;
    }
    return TRUE;
}

gboolean
vgate_switch_over_holds (const VgateHost *host, const GPtrArray *instances, const char *vm,
                         const VgateElementVgpu *vgpu, int pgpu)
{
    for (guint i = 0; i < instances->len; i++) {
        const VgateInstance *instance = g_ptr_array_index (instances, i);

        if (g_strcmp0 (instance->vm, vm) == 0 && (pgpu < 0 || instance->pgpu == (guint)pgpu) &&
            vgate_pgpu_is_same_type (g_ptr_array_index (host->pgpus, instance->pgpu), instance->type,
                                     instance->type_name, vgpu->type, vgpu->type_name))
            return TRUE;
    }
    return FALSE;
}
