/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/device-host.h"

void
vgate_device_host_clear (VgateDeviceHost *host)
{
    g_clear_pointer (&host->policy, vgate_policy_free);
    g_clear_pointer (&host->leases, vgate_leases_free);
    g_clear_pointer (&host->look, vgate_use_look_free);
    g_clear_pointer (&host->probe, vgate_probe_free);
}

gboolean
vgate_device_host_read_again (VgateDeviceHost *host, gboolean with_makeable, GError **error)
{
    g_auto (VgateIdentity) identity = {0};
    const VgateProbing probing = {
        .identity = &identity,
        .with_instances = TRUE,
        .devices = with_makeable ? VGATE_PROBE_DEVICES_AND_MAKEABLE : VGATE_PROBE_DEVICES,
        .root = host->root,
    };

    g_clear_pointer (&host->look, vgate_use_look_free);
    g_clear_pointer (&host->probe, vgate_probe_free);
    if (!vgate_identity_read (host->root, host->policy->host_uuid, &identity, error))
        return FALSE;
    host->look = vgate_use_look (host->root);
    host->probe = vgate_probe_ask (&host->policy->backend, &probing, error);
    return host->probe != NULL;
}

gboolean
vgate_device_host_read (VgateDeviceHost *host, gboolean locks, gboolean with_makeable, GError **error)
{
    g_clear_pointer (&host->leases, vgate_leases_free);
    /* as the gate does it: NVML then lists the vGPU of a guest whose lease has already ended */
    host->leases = locks ? vgate_leases_open_within (host->root, VGATE_LEASES_HOOK_WAIT_MS, error)
                         : vgate_leases_open (host->root, TRUE, error);
    return host->leases && vgate_device_host_read_again (host, with_makeable, error);
}

VgateUse *
vgate_device_host_read_use (const VgateDeviceHost *host, GError **error)
{
    const VgateUseInput input = {
        .root = host->root,
        .instances = host->probe->instances,
        .host = host->probe->host,
        .devices = host->probe->devices,
        .leases = host->leases,
        .earlier = host->look,
        .domain = "",
        /* a time at which no lease holds */
        .now = G_MAXUINT64,
    };

    return vgate_use_read (&input, error);
}

const char *
vgate_device_host_type_name (const VgateDeviceHost *host, const VgateListedDevice *listed)
{
    const VgateDevice *device = &listed->device;
    const VgatePgpu *pgpu = device->pgpu ? vgate_host_find_pgpu (host->probe->host, device->pgpu) : NULL;
    const VgateHostType *type =
        pgpu && device->type != 0 ? vgate_pgpu_find_type (pgpu, device->type, device->type_name) : NULL;

    return type ? type->name : device->type_name;
}
