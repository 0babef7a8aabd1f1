/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device-host.h"

#include "command.h"
#include "xml/xml.h"

void
vgate_device_host_clear (VgateDeviceHost *host)
{
    g_clear_pointer (&host->policy, vgate_policy_free);
    g_clear_pointer (&host->leases, vgate_leases_free);
    g_clear_pointer (&host->look, vgate_use_look_free);
    g_clear_pointer (&host->probe, vgate_probe_free);
}

gboolean
vgate_device_host_read (VgateDeviceHost *host, gboolean locks, gboolean with_makeable, GError **error)
{
    g_auto (VgateIdentity) identity = {0};
    const VgateProbing probing = {
        .identity = &identity,
        .with_instances = TRUE,
        .devices = with_makeable ? VGATE_PROBE_DEVICES_AND_MAKEABLE : VGATE_PROBE_DEVICES,
        .root = host->root,
    };

    g_clear_pointer (&host->leases, vgate_leases_free);
    g_clear_pointer (&host->look, vgate_use_look_free);
    g_clear_pointer (&host->probe, vgate_probe_free);
    if (!vgate_identity_read (host->root, host->policy->host_uuid, &identity, error))
        return FALSE;
    /* as the gate does it: NVML then lists the vGPU of a guest whose lease has already ended */
    host->leases = locks ? vgate_leases_open_within (host->root, VGATE_LEASES_HOOK_WAIT_MS, error)
                         : vgate_leases_open (host->root, TRUE, error);
    if (!host->leases)
        return FALSE;
    host->look = vgate_use_look (host->root);
    host->probe = vgate_probe_ask (&host->policy->backend, &probing, error);
    return host->probe != NULL;
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

gboolean
vgate_device_need_root (const char *root, const char *what, const char *as_root, GError **error)
{
    return root || vgate_command_need_root (what, as_root, error);
}

int
vgate_device_fail (const GError *error)
{
    const int status = vgate_command_fail (error);

    return vgate_error_is (error, VGATE_CODE_DEVICE_HANGS) ? VGATE_EXIT_UNANSWERED : status;
}

gboolean
vgate_device_parse_name (const char *text, VgateHostdevKind *kind)
{
    *kind = vgate_xml_text_has_form (text, VGATE_XML_UUID) ? VGATE_HOSTDEV_MDEV : VGATE_HOSTDEV_PCI;
    return *kind == VGATE_HOSTDEV_MDEV || vgate_xml_text_has_form (text, VGATE_XML_PCI);
}
