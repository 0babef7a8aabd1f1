/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "random-fleet.h"

#include "domain/domain.h"
#include "fleet/fleet.h"
#include "host/host.h"
#include "nvml/nvml-abi.h"

#include <string.h>

#define N_SIZES 3u

#define SWITCH_OVER_BUS "unix:path=/run/vgpu-gate/bus"

/* The boards: the sizes of their types divide the frame buffer. */
typedef struct {
    const char *name;
    const char *gpu_string;
    const char *type_prefix;
    guint64 gib;
    guint32 first_type;
    guint sizes[N_SIZES]; /* GiB */
} Board;

static const Board boards[] = {
    {"NVIDIA L40S", "26B9185100000003", "NVIDIA L40S", 48, 1140, {12, 24, 48}},
    {"NVIDIA H100 80GB HBM3", "233016C100000003", "NVIDIA H100XM", 80, 1120, {20, 40, 80}},
    {"NVIDIA A40", "2235145A00000003", "NVIDIA A40", 48, 557, {8, 16, 48}},
};

/* The drivers: a host accepts what lies between its branch's oldest and newest version. */
typedef struct {
    const char *host_driver;
    guint32 min, max; /* majors */
} Driver;

static const Driver drivers[] = {
    {"535.261.04", 17, 20},
    {"550.163.10", 17, 22},
    {"570.195.02", 18, 25},
    {"580.95.05", 18, 26},
};

typedef struct {
    const Board *board;
    char *address;
    guint64 used; /* GiB */
    VgatePgpu *pgpu;
} Gpu;

typedef struct {
    VgateHost *host;
    const Driver *driver;
    gboolean has_vfs;
    GPtrArray *gpus; /* of Gpu * */
} Node;

typedef struct {
    const RandomFleet *fleet;
    GRand *random;
    GPtrArray *nodes;  /* of Node * */
    GPtrArray *guests; /* of char *: the XML, after the name */
    guint n_uuids;
} Maker;

static gint
below (const Maker *m, gint limit)
{
    return g_rand_int_range (m->random, 0, limit);
}

static gboolean
once_in (const Maker *m, gint n)
{
    return below (m, n) == 0;
}

/* The same in a fleet that is varied; never in another one. */
static gboolean
varies_once_in (const Maker *m, gint n)
{
    return m->fleet->is_varied && once_in (m, n);
}

static char *
new_uuid (Maker *m, guint kind)
{
    return g_strdup_printf ("%08x-%04x-4000-8000-%012x", m->fleet->seed, kind, ++m->n_uuids);
}

static void
gpu_free (Gpu *gpu)
{
    g_free (gpu->address);
    g_free (gpu);
}

static void
node_free (Node *node)
{
    vgate_host_free (node->host);
    g_ptr_array_unref (node->gpus);
    g_free (node);
}

static VgateHostType *
new_type (const Board *board, guint size)
{
    VgateHostType *type = vgate_host_type_new ();

    type->id = board->first_type + size;
    type->name = g_strdup_printf ("%s-%uC", board->type_prefix, board->sizes[size]);
    type->class_name = g_strdup ("Compute");
    type->framebuffer = (guint64)board->sizes[size] << 30;
    type->max_instances = (guint32)(board->gib / board->sizes[size]);
    return type;
}

static void
vary_gpu (const Maker *m, const Board *board, VgatePgpu *pgpu)
{
    if (varies_once_in (m, 3)) {
        VgateHostType *type = new_type (board, 0);

        g_free (type->name);
        type->name = g_strdup_printf ("%s-1-%uC", board->type_prefix, board->sizes[0]);
        type->id += N_SIZES;
        g_ptr_array_insert (pgpu->types, below (m, (gint)N_SIZES), type);
        pgpu->mig = once_in (m, 2) ? VGATE_MODE_ON : VGATE_MODE_UNKNOWN;
        pgpu->vgpu_sizes = VGATE_SIZES_UNKNOWN;
    }
    if (varies_once_in (m, 3)) {
        pgpu->has_scheduler = TRUE;
        pgpu->scheduler.policy = VGATE_SCHEDULER_BEST_EFFORT + below (m, 2);
        pgpu->scheduler.time_slice = 2000000;
    }
    if (varies_once_in (m, 4))
        pgpu->write_bandwidth = 0;
}

static void
vary_host (const Maker *m, VgateHost *host)
{
    if (varies_once_in (m, 4)) {
        g_autofree char *name = host->name;

        host->name = g_strconcat (name, ".a-long-name-of-a-domain.example.org", NULL);
    }
    host->simulated = varies_once_in (m, 5);
    if (varies_once_in (m, 4))
        host->has_switch_over = FALSE;
    else if (varies_once_in (m, 2))
        host->switch_over_bus = g_strdup (SWITCH_OVER_BUS);
    host->switch_over_served = host->switch_over_bus && varies_once_in (m, 2);
    if (varies_once_in (m, 5)) {
        g_autoptr (GError) why = g_error_new_literal (VGATE_ERROR, VGATE_CODE_NVML_ERROR, "it is lost");

        g_ptr_array_add (host->unusable,
                         vgate_unusable_gpu_new (7, once_in (m, 2) ? "0000:c1:00.0" : NULL, NULL, why));
    }
    if (varies_once_in (m, 6))
        host->time += 60 * 60;
}

static void
add_gpu (Maker *m, Node *node, const Board *board, guint number)
{
    Gpu *gpu = g_new0 (Gpu, 1);
    VgatePgpu *pgpu = vgate_pgpu_new ();
    VgatePgpuRecord record = {
        .size = sizeof (VgatePgpuRecord),
        .version = 3,
        .revision = 1,
        .capabilities = NVML_VIRTUALIZATION_CAP_MIGRATION,
        .range = node->host->current,
        .opaque_size = NVML_PGPU_OPAQUE_SIZE,
    };

    gpu->board = board;
    gpu->address = g_strdup_printf ("0000:%02x:00.0", 0x41 + number * (m->fleet->n_gpus > 5 ? 0x10 : 0x20));
    gpu->pgpu = pgpu;
    g_strlcpy (record.host_driver, node->driver->host_driver, sizeof record.host_driver);
    g_strlcpy (record.gpu_string, board->gpu_string, sizeof record.gpu_string);
    pgpu->address = g_strdup (gpu->address);
    pgpu->name = g_strdup (board->name);
    pgpu->uuid = g_strdup_printf ("GPU-%08x-0000-4000-8000-%012x", m->fleet->seed, ++m->n_uuids);
    pgpu->record = record;
    pgpu->metadata.bytes = vgate_pgpu_record_write (&record);
    pgpu->metadata.length = (guint32)g_bytes_get_size (pgpu->metadata.bytes);
    pgpu->vgpu_sizes = once_in (m, 3) ? VGATE_SIZES_MIXED : VGATE_SIZES_EQUAL;
    pgpu->mig = VGATE_MODE_OFF;
    pgpu->ecc = VGATE_MODE_ON;
    pgpu->sriov = node->has_vfs ? VGATE_MODE_ON : VGATE_MODE_OFF;
    pgpu->migration = VGATE_MODE_ON;
    pgpu->write_bandwidth = 9000;
    for (guint size = 0; size < N_SIZES; size++)
        g_ptr_array_add (pgpu->types, new_type (board, size));
    vary_gpu (m, board, pgpu);
    g_ptr_array_add (node->host->pgpus, pgpu);
    g_ptr_array_add (node->gpus, gpu);
}

static void
add_node (Maker *m, guint number)
{
    Node *node = g_new0 (Node, 1);
    const Board *board = &boards[below (m, m->fleet->is_uniform ? 1 : G_N_ELEMENTS (boards))];
    const guint n_random = 1 + (guint)below (m, m->fleet->is_uniform ? 2 : 4);
    const guint n_gpus = m->fleet->n_gpus > 0 ? m->fleet->n_gpus : n_random;

    node->gpus = g_ptr_array_new_with_free_func ((GDestroyNotify)gpu_free);
    node->driver = &drivers[below (m, m->fleet->is_uniform ? 1 : G_N_ELEMENTS (drivers))];
    node->has_vfs = once_in (m, 4);
    node->host = vgate_host_new ();
    node->host->time = m->fleet->now - below (m, 600);
    node->host->name = g_strdup_printf ("host-%03u", number + 1);
    node->host->uuid = new_uuid (m, 1);
    node->host->driver = g_strdup (node->driver->host_driver);
    node->host->preset =
        (VgateVersionRange){vgate_version (node->driver->min, 1), vgate_version (node->driver->max, 1)};
    node->host->current = node->host->preset;
    if (once_in (m, 5))
        node->host->current.max = vgate_version (node->driver->max - 1, 1);
    node->host->has_switch_over = TRUE;
    vary_host (m, node->host);
    if (!m->fleet->is_irregular || !once_in (m, 10))
        node->host->devices = vgate_host_devices_new ();
    for (guint i = 0; i < n_gpus; i++)
        add_gpu (m, node, board, i);
    g_ptr_array_add (m->nodes, node);
}

static VgateHostDevice *
add_device (Node *node, const Gpu *gpu, VgateHostdevKind kind, const char *source, const VgateHostType *type,
            const char *use)
{
    VgateHostDevice *device = vgate_host_device_new ();

    device->listed.kind = kind;
    device->listed.source = g_strdup (source);
    device->listed.device.kind = VGATE_DEVICE_VGPU;
    device->listed.device.pgpu = g_strdup (gpu->address);
    device->listed.device.parent = g_strdup (kind == VGATE_HOSTDEV_PCI ? source : gpu->address);
    device->listed.device.type = type ? type->id : 0;
    device->listed.device.type_name = g_strdup (type && kind == VGATE_HOSTDEV_MDEV ? type->name : NULL);
    device->use = g_strdup (use);
    g_ptr_array_add (node->host->devices->devices, device);
    return device;
}

/* The address of the next virtual function of the GPU. The caller frees it. */
static char *
next_vf (const Node *node, const Gpu *gpu)
{
    guint n = 0;

    for (guint i = 0; node->host->devices && i < node->host->devices->devices->len; i++) {
        const VgateHostDevice *device = g_ptr_array_index (node->host->devices->devices, i);

        n += g_strcmp0 (device->listed.device.pgpu, gpu->address) == 0;
    }
    return g_strdup_printf ("%.8s%02x.%x", gpu->address, (n + 4) / 8, (n + 4) % 8);
}

static gboolean
can_have (const Gpu *gpu, const VgateHostType *type)
{
    return gpu->used + (type->framebuffer >> 30) <= gpu->board->gib;
}

/* With equal sizes, a GPU has vGPUs of one type only. */
static const VgateHostType *
type_of (const Maker *m, const Gpu *gpu)
{
    const guint n = gpu->pgpu->types->len;

    if (gpu->pgpu->vgpu_sizes == VGATE_SIZES_EQUAL)
        return g_ptr_array_index (gpu->pgpu->types, (guint)(gpu->address[5] - '0') % n);
    return g_ptr_array_index (gpu->pgpu->types, below (m, (gint)n));
}

static VgateElement *
new_element (Maker *m, const Node *node, const char *uuid)
{
    VgateElement *element = vgate_element_new ();

    element->domain = g_strdup (uuid);
    element->sequence = 1;
    element->time = m->fleet->now - below (m, 600);
    element->host = g_strdup (node->host->name);
    element->host_uuid = g_strdup (node->host->uuid);
    element->power = VGATE_POWER_RUNNING;
    element->max_downtime = 300;
    if (m->fleet->is_irregular && once_in (m, 10))
        element->power = VGATE_POWER_SUSPENDED;
    if (m->fleet->is_irregular && once_in (m, 10))
        element->time -= 24 * 60 * 60;
    return element;
}

/* A guest's driver is that of its host's branch or of an older one, as far as the host accepts it. */
static void
add_vgpu (Maker *m, const Node *node, const Gpu *gpu, const VgateHostType *type, const char *device,
          VgateElement *element)
{
    const VgateVersionRange range = node->host->current;
    const guint32 oldest = range.min >> 16, newest = range.max >> 16;
    VgateElementVgpu *vgpu = vgate_element_vgpu_new ();
    VgateVgpuRecord record = {
        .size = sizeof (VgateVgpuRecord),
        .version = 3,
        .revision = 1,
        .guest_info_state = NVML_GUEST_INFO_INITIALIZED,
        .capabilities = NVML_VIRTUALIZATION_CAP_MIGRATION,
        .guest_version = vgate_version (newest - (guint32)below (m, (gint)MIN (newest - oldest + 1, 3)), 1),
        .opaque_size = NVML_VGPU_OPAQUE_SIZE,
    };

    if (m->fleet->is_irregular && once_in (m, 12)) {
        record.guest_info_state = NVML_GUEST_INFO_UNINITIALIZED;
        record.guest_version = 0;
    } else {
        g_strlcpy (record.guest_driver, node->driver->host_driver, sizeof record.guest_driver);
    }
    g_strlcpy (record.host_driver, node->driver->host_driver, sizeof record.host_driver);
    g_strlcpy (record.gpu_string, gpu->board->gpu_string, sizeof record.gpu_string);
    vgpu->uuid = new_uuid (m, 4);
    vgpu->mdev = node->has_vfs ? NULL : g_strdup (device);
    vgpu->vf = node->has_vfs ? g_strdup (device) : NULL;
    vgpu->guest_address = g_strdup_printf ("0000:%02x:00.0", 6 + element->vgpus->len);
    vgpu->type = type->id;
    vgpu->type_name = g_strdup (type->name);
    vgpu->pgpu.address = g_strdup (gpu->address);
    vgpu->pgpu.name = g_strdup (gpu->board->name);
    vgpu->pgpu.host_driver = g_strdup (node->driver->host_driver);
    vgpu->pgpu.range = range;
    if (varies_once_in (m, 2)) {
        vgpu->framebuffer_used = (guint64)(1 + below (m, 3)) << 30;
        vgpu->runtime_state = varies_once_in (m, 2) ? (guint64)64 << 20 : 0;
        vgpu->pgpu.read_bandwidth = varies_once_in (m, 2) ? 5000 : 0;
    }
    vgpu->pgpu.has_scheduler = gpu->pgpu->has_scheduler;
    vgpu->pgpu.scheduler = gpu->pgpu->scheduler;
    vgpu->record = record;
    vgpu->metadata.bytes = vgate_vgpu_record_write (&record);
    vgpu->metadata.length = (guint32)g_bytes_get_size (vgpu->metadata.bytes);
    g_ptr_array_add (element->vgpus, vgpu);
}

static void
add_running (Node *node, const Gpu *gpu, const VgateHostType *type, const char *domain, const char *uuid,
             const char *mdev)
{
    VgateHostVgpu *running = vgate_host_vgpu_new ();

    running->uuid = g_strdup (uuid);
    running->domain = g_strdup (domain);
    running->mdev = g_strdup (mdev);
    running->pgpu = g_strdup (gpu->address);
    running->type = type->id;
    running->type_name = g_strdup (type->name);
    g_ptr_array_add (node->host->devices->vgpus, running);
}

static void
append_hostdev (GString *hostdevs, gboolean is_vf, const char *device, guint number)
{
    guint domain, bus, slot, function;

    if (!is_vf) {
        g_string_append_printf (hostdevs,
                                "    <hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci'>\n"
                                "      <source>\n        <address uuid='%s'/>\n      </source>\n",
                                device);
    } else {
        g_assert_cmpint (sscanf (device, "%x:%x:%x.%x", &domain, &bus, &slot, &function), ==, 4);
        g_string_append_printf (hostdevs,
                                "    <hostdev mode='subsystem' type='pci' managed='no'>\n"
                                "      <source>\n        <address domain='0x%04x' bus='0x%02x' slot='0x%02x' "
                                "function='0x%x'/>\n      </source>\n",
                                domain, bus, slot, function);
    }
    g_string_append_printf (hostdevs,
                            "      <address type='pci' domain='0x0000' bus='0x%02x' slot='0x00' "
                            "function='0x0'/>\n    </hostdev>\n",
                            6 + number);
}

/* One vGPU more for a guest of this host. FALSE when no GPU has room. */
static gboolean
give_vgpu (Maker *m, Node *node, const char *domain, const char *use, VgateElement *element,
           GString *hostdevs)
{
    Gpu *gpu = g_ptr_array_index (node->gpus, below (m, (gint)node->gpus->len));
    const VgateHostType *type = type_of (m, gpu);
    g_autofree char *device = node->has_vfs ? next_vf (node, gpu) : new_uuid (m, 3);

    if (!can_have (gpu, type))
        return FALSE;
    gpu->used += type->framebuffer >> 30;
    append_hostdev (hostdevs, node->has_vfs, device, element->vgpus->len);
    add_vgpu (m, node, gpu, type, device, element);
    if (node->host->devices) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, element->vgpus->len - 1);

        add_device (node, gpu, node->has_vfs ? VGATE_HOSTDEV_PCI : VGATE_HOSTDEV_MDEV, device, type, use);
        add_running (node, gpu, type, domain, vgpu->uuid, node->has_vfs ? NULL : device);
    }
    return TRUE;
}

/* A host with room, if one is found quickly. A guest without vGPUs runs on any other one. */
static Node *
any_node (const Maker *m)
{
    Node *node = NULL;

    for (guint attempt = 0; attempt < 20; attempt++) {
        node = g_ptr_array_index (m->nodes, below (m, (gint)m->nodes->len));
        for (guint i = 0; i < node->gpus->len; i++) {
            const Gpu *gpu = g_ptr_array_index (node->gpus, i);

            if (gpu->used == 0)
                return node;
        }
    }
    return node;
}

static void
add_guest (Maker *m, guint number)
{
    Node *node = any_node (m);
    g_autofree char *name = g_strdup_printf ("vm%05u", number + 1);
    g_autofree char *use = g_strdup_printf ("the running domain '%s' uses it", name);
    g_autofree char *uuid = new_uuid (m, 2);
    g_autofree char *metadata = NULL;
    g_autoptr (VgateElement) element = new_element (m, node, uuid);
    g_autoptr (GString) hostdevs = g_string_new (NULL);
    const guint n = once_in (m, m->fleet->is_varied ? 3 : 8) ? 2 : 1;
    g_autofree char *arguments = NULL;

    for (guint attempt = 0; attempt < 4 * n && element->vgpus->len < n; attempt++)
        give_vgpu (m, node, uuid, use, element, hostdevs);
    if (varies_once_in (m, 6))
        append_hostdev (hostdevs, TRUE, "0000:03:00.0", 9);
    if (varies_once_in (m, 4)) {
        g_autofree char *object = vgate_vmstate_format (SWITCH_OVER_BUS, uuid);

        arguments = g_strdup_printf ("  <qemu:commandline>\n    <qemu:arg value='-object'/>\n"
                                     "    <qemu:arg value='%s'/>\n  </qemu:commandline>\n",
                                     object);
    }
    if (element->vgpus->len > 0 && !(m->fleet->is_irregular && once_in (m, 12)))
        metadata = vgate_element_write (element, TRUE);
    g_ptr_array_add (m->guests, g_strdup (name));
    g_ptr_array_add (m->guests, g_strdup_printf ("<domain type='kvm' id='%u' "
                                                 "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
                                                 "  <name>%s</name>\n"
                                                 "  <uuid>%s</uuid>\n"
                                                 "  <metadata>\n%s  </metadata>\n"
                                                 "  <devices>\n%s  </devices>\n%s"
                                                 "</domain>\n",
                                                 number + 1, name, uuid, metadata ? metadata : "",
                                                 hostdevs->str, arguments ? arguments : ""));
}

/* The vGPUs that can be created: as many as there is room for. A host of virtual functions has four free ones
 * on each GPU. */
static void
add_room (Node *node, const Gpu *gpu, VgateHostType *type)
{
    const guint64 size = type->framebuffer >> 30;
    const gboolean is_equal = gpu->pgpu->vgpu_sizes == VGATE_SIZES_EQUAL;
    gboolean is_other_used = FALSE;

    for (guint i = 0; node->host->devices && i < node->host->devices->vgpus->len; i++) {
        const VgateHostVgpu *vgpu = g_ptr_array_index (node->host->devices->vgpus, i);

        is_other_used = is_other_used || (strcmp (vgpu->pgpu, gpu->address) == 0 && vgpu->type != type->id);
    }
    type->free_instances = is_equal && is_other_used ? 0 : (guint32)((gpu->board->gib - gpu->used) / size);
    if (type->free_instances > 0 && node->host->devices && !node->has_vfs) {
        VgateMakeable *makeable = g_new0 (VgateMakeable, 1);

        makeable->kind = VGATE_HOSTDEV_MDEV;
        makeable->parent = g_strdup (gpu->address);
        makeable->pgpu = g_strdup (gpu->address);
        makeable->type = type->id;
        makeable->type_name = g_strdup (type->name);
        makeable->available = type->free_instances;
        g_ptr_array_add (node->host->devices->makeable, makeable);
    }
}

static void
add_free_vfs (const Maker *m, Node *node, Gpu *gpu)
{
    for (guint i = 0; i < 4; i++) {
        g_autofree char *vf = next_vf (node, gpu);
        const VgateHostType *set = varies_once_in (m, 4) ? type_of (m, gpu) : NULL;

        if (set && !can_have (gpu, set))
            set = NULL;
        gpu->used += set ? set->framebuffer >> 30 : 0;
        add_device (node, gpu, VGATE_HOSTDEV_PCI, vf, set, NULL);
        for (guint t = 0; t < gpu->pgpu->types->len; t++) {
            const VgateHostType *type = g_ptr_array_index (gpu->pgpu->types, t);
            VgateMakeable *makeable;

            if (type->free_instances == 0)
                continue;
            makeable = g_new0 (VgateMakeable, 1);
            makeable->kind = VGATE_HOSTDEV_PCI;
            makeable->parent = g_strdup (vf);
            makeable->pgpu = g_strdup (gpu->address);
            makeable->type = type->id;
            makeable->type_name = g_strdup (type->name);
            makeable->available = 1;
            g_ptr_array_add (node->host->devices->makeable, makeable);
        }
    }
}

static void
add_free_mdev (Maker *m, Node *node, Gpu *gpu)
{
    const VgateHostType *type = type_of (m, gpu);
    g_autofree char *uuid = new_uuid (m, 3);

    if (!can_have (gpu, type))
        return;
    gpu->used += type->framebuffer >> 30;
    add_device (node, gpu, VGATE_HOSTDEV_MDEV, uuid, type, NULL);
}

/* Reserves a device that exists or is to be created, for a guest of the fleet or another one. */
static void
add_lease (Maker *m, const Node *node, const Gpu *gpu)
{
    const VgateHostType *type = g_ptr_array_index (gpu->pgpu->types, 0);
    VgateHostLease *lease = vgate_host_lease_new ();

    lease->domain = new_uuid (m, 5);
    lease->kind = node->has_vfs ? VGATE_HOSTDEV_PCI : VGATE_HOSTDEV_MDEV;
    lease->device = node->has_vfs ? next_vf (node, gpu) : new_uuid (m, 3);
    lease->parent = g_strdup (node->has_vfs ? lease->device : gpu->address);
    lease->pgpu = g_strdup (gpu->address);
    lease->type = type->id;
    lease->type_name = g_strdup (type->name);
    g_ptr_array_add (node->host->devices->leases, lease);
}

static void
finish_node (Maker *m, Node *node)
{
    for (guint i = 0; i < node->gpus->len; i++) {
        Gpu *gpu = g_ptr_array_index (node->gpus, i);

        if (node->host->devices && !node->has_vfs && once_in (m, 3))
            add_free_mdev (m, node, gpu);
        for (guint t = 0; t < gpu->pgpu->types->len; t++)
            add_room (node, gpu, g_ptr_array_index (gpu->pgpu->types, t));
        if (node->host->devices && varies_once_in (m, 12))
            add_lease (m, node, gpu);
        if (node->host->devices && node->has_vfs)
            add_free_vfs (m, node, gpu);
    }
}

void
random_fleet_write (const RandomFleet *fleet, RandomFleetAdd add, gpointer user_data)
{
    Maker m = {.fleet = fleet, .random = g_rand_new_with_seed (fleet->seed)};

    m.nodes = g_ptr_array_new_with_free_func ((GDestroyNotify)node_free);
    m.guests = g_ptr_array_new_with_free_func (g_free);
    for (guint i = 0; i < fleet->n_hosts; i++)
        add_node (&m, i);
    for (guint i = 0; i < fleet->n_guests && fleet->n_hosts > 0; i++)
        add_guest (&m, i);
    for (guint i = 0; i < m.nodes->len; i++) {
        Node *node = g_ptr_array_index (m.nodes, i);
        g_autofree char *xml = NULL;

        finish_node (&m, node);
        xml = vgate_host_write (node->host);
        add (TRUE, node->host->name, xml, user_data);
    }
    for (guint i = 0; i < m.guests->len; i += 2)
        add (FALSE, g_ptr_array_index (m.guests, i), g_ptr_array_index (m.guests, i + 1), user_data);
    g_ptr_array_unref (m.guests);
    g_ptr_array_unref (m.nodes);
    g_rand_free (m.random);
}

void
random_fleet_add (gboolean is_host, const char *name, const char *xml, gpointer user_data)
{
    if (is_host)
        vgate_fleet_add_host (user_data, name, xml, strlen (xml));
    else
        vgate_fleet_add_guest (user_data, name, xml, strlen (xml));
}
