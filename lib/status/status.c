/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status/status.h"

const char *const vgate_status_bus_names[] = {
    [VGATE_STATUS_BUS_NONE] = NULL,
    [VGATE_STATUS_BUS_SERVED] = "served",
    [VGATE_STATUS_BUS_LOST] = "lost",
    [VGATE_STATUS_BUS_UNSERVED] = "not-served",
};

VgateStatusVgpu *
vgate_status_vgpu_new (void)
{
    return g_new0 (VgateStatusVgpu, 1);
}

void
vgate_status_vgpu_free (VgateStatusVgpu *vgpu)
{
    if (!vgpu)
        return;
    g_free (vgpu->uuid);
    g_free (vgpu->type_name);
    g_free (vgpu->guest_address);
    g_free (vgpu->pgpu);
    g_free (vgpu->guest_driver);
    g_free (vgpu);
}

VgateStatusGuest *
vgate_status_guest_new (void)
{
    VgateStatusGuest *guest = g_new0 (VgateStatusGuest, 1);

    guest->vgpus = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_status_vgpu_free);
    return guest;
}

void
vgate_status_guest_free (VgateStatusGuest *guest)
{
    if (!guest)
        return;
    g_free (guest->uuid);
    g_free (guest->name);
    g_free (guest->failure_code);
    g_free (guest->failure_text);
    g_free (guest->hang_code);
    g_free (guest->stop_job);
    g_free (guest->stop_code);
    g_free (guest->stop_text);
    g_free (guest->stop_cure);
    g_ptr_array_unref (guest->vgpus);
    g_free (guest);
}

VgateStatus *
vgate_status_new (void)
{
    VgateStatus *status = g_new0 (VgateStatus, 1);

    status->counters = vgate_counters_new ();
    status->reported = g_array_new (FALSE, FALSE, sizeof (VgateReported));
    status->exceptions = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_exception_free);
    status->guests = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_status_guest_free);
    return status;
}

void
vgate_status_free (VgateStatus *status)
{
    if (!status)
        return;
    g_free (status->version);
    g_free (status->uri);
    g_free (status->config_code);
    g_free (status->config_text);
    g_free (status->nvml_code);
    g_clear_pointer (&status->self_checks, g_ptr_array_unref);
    g_array_unref (status->reported);
    g_ptr_array_unref (status->exceptions);
    g_ptr_array_unref (status->counters);
    g_ptr_array_unref (status->guests);
    g_free (status);
}
