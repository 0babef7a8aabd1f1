/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/survey.h"

#include "base/run-directory.h"
#include "policy/policy.h"

#include <string.h>

/* The longest text of the form VGATE_XML_NAME, in characters. */
#define USE_MAX 255

/* --- writing: from this host to its document --- */

static void
add_devices (const VgateProbe *probe, const VgateUse *use, VgateHostDevices *devices)
{
    for (guint i = 0; i < probe->devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (probe->devices, i);
        const char *who = vgate_use_find (use, listed->source);
        VgateHostDevice *device = vgate_host_device_new ();

        device->listed.kind = listed->kind;
        device->listed.source = g_strdup (listed->source);
        vgate_device_copy (&listed->device, &device->listed.device);
        device->use = who ? vgate_printable (who, USE_MAX) : NULL;
        g_ptr_array_add (devices->devices, device);
    }
}

static VgateMakeable *
copy_makeable (const VgateMakeable *makeable)
{
    VgateMakeable *copy = g_new0 (VgateMakeable, 1);

    copy->kind = makeable->kind;
    copy->parent = g_strdup (makeable->parent);
    copy->pgpu = g_strdup (makeable->pgpu);
    copy->type = makeable->type;
    copy->type_name = g_strdup (makeable->type_name);
    copy->available = makeable->available;
    return copy;
}

static void
add_vgpus (const VgateProbe *probe, VgateHostDevices *devices)
{
    for (guint i = 0; i < probe->instances->len; i++) {
        const VgateInstance *instance = g_ptr_array_index (probe->instances, i);
        const VgatePgpu *pgpu = g_ptr_array_index (probe->host->pgpus, instance->pgpu);
        VgateHostVgpu *vgpu = vgate_host_vgpu_new ();

        vgpu->uuid = g_strdup (instance->uuid);
        vgpu->domain = g_strdup (instance->vm);
        vgpu->mdev = g_strdup (instance->mdev);
        vgpu->pgpu = g_strdup (pgpu->address);
        vgpu->type = instance->type;
        vgpu->type_name = g_strdup (instance->type_name);
        g_ptr_array_add (devices->vgpus, vgpu);
    }
}

static void
add_leases (const VgateLeases *leases, guint64 now, VgateHostDevices *devices)
{
    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);
        VgateHostLease *copy;

        if (lease->state == VGATE_LEASE_UNMADE || !vgate_lease_holds (lease, now))
            continue;
        copy = vgate_host_lease_new ();
        copy->domain = g_strdup (lease->domain);
        copy->kind = lease->kind;
        copy->device = g_strdup (lease->device);
        copy->exists = lease->state != VGATE_LEASE_PLANNED;
        copy->parent = g_strdup (lease->parent);
        copy->pgpu = g_strdup (lease->pgpu);
        copy->type = lease->type;
        copy->type_name = g_strdup (lease->type_name);
        g_ptr_array_add (devices->leases, copy);
    }
}

VgateHost *
vgate_survey_host (const VgateBackend *backend, const VgateIdentity *identity, const char *root,
                   GError **unknown, GError **error)
{
    /* as in the gate, the leases and the users of devices are read before NVML is asked: a guest that arrives
     * in the meantime is then counted twice rather than not at all */
    g_autoptr (VgateLeases) leases = vgate_leases_open (root, TRUE, unknown);
    g_autoptr (VgateUseLook) earlier = vgate_use_look (root);
    const VgateProbing probing = {
        .identity = identity,
        .with_instances = TRUE,
        .devices = VGATE_PROBE_DEVICES_AND_MAKEABLE,
        .root = root,
    };
    g_autoptr (VgateProbe) probe = vgate_probe_ask (backend, &probing, error);
    g_autoptr (GHashTable) use = NULL;
    g_autoptr (VgateHostDevices) devices = NULL;
    VgateUseInput input = {.root = root, .leases = leases, .earlier = earlier, .domain = ""};

    if (!probe || !leases)
        return probe ? g_steal_pointer (&probe->host) : NULL;
    input.instances = probe->instances;
    input.host = probe->host;
    input.devices = probe->devices;
    /* after all leases have ended: the reservations are listed by themselves, and not as users */
    input.now = G_MAXUINT64;
    use = vgate_use_read (&input, unknown);
    if (!use)
        return g_steal_pointer (&probe->host);
    devices = vgate_host_devices_new ();
    add_devices (probe, use, devices);
    for (guint i = 0; i < probe->makeable->len; i++)
        g_ptr_array_add (devices->makeable, copy_makeable (g_ptr_array_index (probe->makeable, i)));
    add_vgpus (probe, devices);
    add_leases (leases, vgate_run_directory_clock (), devices);
    probe->host->devices = g_steal_pointer (&devices);
    return g_steal_pointer (&probe->host);
}

/* --- reading: from the document to what the placement needs --- */

static guint
pgpu_index (const VgateHost *host, const char *address)
{
    guint i = 0;

    /* the reader has checked that the GPU is listed */
    while (strcmp (((const VgatePgpu *)g_ptr_array_index (host->pgpus, i))->address, address) != 0)
        i++;
    return i;
}

VgateProbe *
vgate_survey_probe (const VgateHost *host)
{
    const VgateHostDevices *devices = host->devices;
    VgateProbe *probe = vgate_probe_new ();

    g_ptr_array_unref (probe->devices);
    probe->devices = g_ptr_array_ref (devices->devices);
    g_ptr_array_unref (probe->makeable);
    probe->makeable = g_ptr_array_ref (devices->makeable);
    for (guint i = 0; i < devices->vgpus->len; i++) {
        const VgateHostVgpu *vgpu = g_ptr_array_index (devices->vgpus, i);
        VgateInstance *instance = vgate_instance_new ();

        instance->uuid = g_strdup (vgpu->uuid);
        instance->vm = g_strdup (vgpu->domain);
        instance->mdev = g_strdup (vgpu->mdev);
        instance->pgpu = pgpu_index (host, vgpu->pgpu);
        instance->type = vgpu->type;
        instance->type_name = g_strdup (vgpu->type_name);
        g_ptr_array_add (probe->instances, instance);
    }
    return probe;
}

VgateLeases *
vgate_survey_leases (const VgateHost *host, guint64 now)
{
    VgateLeases *leases = g_new0 (VgateLeases, 1);

    leases->all = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_lease_free);
    leases->directory = -1;
    leases->lock = -1;
    for (guint i = 0; i < host->devices->leases->len; i++) {
        const VgateHostLease *listed = g_ptr_array_index (host->devices->leases, i);
        VgateLease *lease = g_new0 (VgateLease, 1);

        lease->domain = g_strdup (listed->domain);
        lease->kind = listed->kind;
        lease->device = g_strdup (listed->device);
        lease->parent = g_strdup (listed->parent);
        lease->pgpu = g_strdup (listed->pgpu);
        lease->type = listed->type;
        lease->type_name = g_strdup (listed->type_name);
        lease->state = listed->exists ? VGATE_LEASE_TAKEN : VGATE_LEASE_PLANNED;
        lease->expires = now + VGATE_LEASE_TIME_MAX;
        g_ptr_array_add (leases->all, lease);
    }
    return leases;
}

static gboolean
is_reserved_for (const VgateLease *lease, const VgateDomain *domain)
{
    g_autofree char *unknown = vgate_lease_of_unknown_guest (lease->device);

    return strcmp (lease->domain, domain->uuid) == 0 ||
           (strcmp (lease->domain, unknown) == 0 &&
            vgate_domain_find_device (domain, (VgateHostdevKind)lease->kind, lease->device));
}

VgateUse *
vgate_survey_use (const VgateHost *host, const VgateLeases *leases, const VgateDomain *domain)
{
    GHashTable *use = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

    /* the most precise source comes last, as in vgate_use_read () */
    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (!is_reserved_for (lease, domain))
            g_hash_table_replace (
                use, g_strdup (lease->device),
                g_strdup_printf ("leased to domain %s, which is about to arrive", lease->domain));
    }
    for (guint i = 0; i < host->devices->devices->len; i++) {
        const VgateHostDevice *device = g_ptr_array_index (host->devices->devices, i);

        if (device->use)
            g_hash_table_replace (use, g_strdup (device->listed.source), g_strdup (device->use));
    }
    return use;
}
