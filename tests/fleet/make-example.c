/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * make-example DIR: writes examples/fleet. Four hosts and twelve guests with virtual functions, so that the
 * matrix has each kind of answer: rack1-b has a newer driver than rack1-a, rack2-a an older one, and rack2-b
 * other GPUs. The documents have a fixed time, and no random name.
 */
#include "domain/domain.h"
#include "host/host.h"
#include "nvml/nvml-abi.h"

#include <glib/gstdio.h>
#include <string.h>

#define NOW    G_GINT64_CONSTANT (1795910400) /* 2026-11-29 00:00 UTC */
#define N_GPUS 2u
#define N_VFS  4u /* of each GPU */

typedef struct {
    const char *name, *gpu_string, *type_prefix;
    guint32 first_type;
    guint sizes[3]; /* of its types, in GiB; the frame buffer has 48 GiB */
} Board;

static const Board l40s = {"NVIDIA L40S", "26B9185100000003", "NVIDIA L40S", 1140, {12, 24, 48}};
static const Board a40 = {"NVIDIA A40", "2235145A00000003", "NVIDIA A40", 557, {8, 16, 48}};

/* vfs: the type of each virtual function, as an index into the board's sizes; -1: not configured. */
static const struct {
    const char *name;
    const Board *board;
    const char *driver;
    guint32 min, max, accepted_max; /* majors */
    int vfs[N_GPUS][N_VFS];
} hosts[] = {
    {"rack1-a", &l40s, "570.195.02", 18, 25, 25, {{0, 0, 0, 0}, {1, -1, -1, -1}}},
    {"rack1-b", &l40s, "580.95.05", 18, 26, 26, {{0, 0, 0, 0}, {2, -1, -1, -1}}},
    {"rack2-a", &l40s, "550.163.10", 17, 22, 22, {{0, -1, 0, 0}, {-1, -1, -1, -1}}},
    {"rack2-b", &a40, "570.195.02", 18, 25, 24, {{1, 1, -1, -1}, {-1, -1, -1, -1}}},
};

/* A guest has the virtual function of its host. version: a major; 0: it has no vGPU. */
static const struct {
    const char *name;
    guint host, gpu, vf;
    guint32 version;
} guests[] = {
    {"cad-anna", 0, 0, 0, 22}, {"cad-ben", 0, 0, 1, 25},  {"cad-chris", 0, 0, 2, 24},
    {"render-1", 0, 1, 0, 22}, {"cad-emil", 1, 0, 1, 25}, {"cad-dora", 1, 0, 3, 26},
    {"train-1", 1, 1, 0, 26},  {"cad-gus", 2, 0, 2, 22},  {"cad-fay", 2, 0, 3, 17},
    {"build-1", 2, 0, 0, 0},   {"infer-1", 3, 0, 0, 24},  {"infer-2", 3, 0, 1, 24},
};

static char *
uuid_of (guint kind, guint number)
{
    return g_strdup_printf ("f1ee7000-%04x-4000-8000-%012x", kind, number + 1);
}

static char *
address_of (guint gpu, int vf)
{
    return g_strdup_printf ("0000:%02x:00.%d", gpu == 0 ? 0x41 : 0x61, vf < 0 ? 0 : vf + 4);
}

static char *
type_name (const Board *board, int size)
{
    return g_strdup_printf ("%s-%uC", board->type_prefix, board->sizes[size]);
}

static VgateVersionRange
supported_by (guint h)
{
    return (VgateVersionRange){vgate_version (hosts[h].min, 1), vgate_version (hosts[h].max, 1)};
}

static VgateVersionRange
accepted_by (guint h)
{
    return (VgateVersionRange){vgate_version (hosts[h].min, 1), vgate_version (hosts[h].accepted_max, 1)};
}

/* The guest with the virtual function; -1: it is free. */
static int
find_guest (guint host, guint gpu, guint vf)
{
    for (guint g = 0; g < G_N_ELEMENTS (guests); g++)
        if (guests[g].version > 0 && guests[g].host == host && guests[g].gpu == gpu && guests[g].vf == vf)
            return (int)g;
    return -1;
}

/* --- hosts --- */

static void
add_gpu (VgateHost *host, guint h, guint gpu)
{
    const Board *board = hosts[h].board;
    VgatePgpu *pgpu = vgate_pgpu_new ();
    VgatePgpuRecord record = {
        .size = sizeof (VgatePgpuRecord),
        .version = 3,
        .revision = 1,
        .capabilities = NVML_VIRTUALIZATION_CAP_MIGRATION,
        .range = accepted_by (h),
        .opaque_size = NVML_PGPU_OPAQUE_SIZE,
    };
    guint used = 0;
    int type_used = -1;

    for (guint vf = 0; vf < N_VFS; vf++) {
        if (hosts[h].vfs[gpu][vf] < 0)
            continue;
        type_used = hosts[h].vfs[gpu][vf];
        used += board->sizes[type_used];
    }
    g_strlcpy (record.host_driver, hosts[h].driver, sizeof record.host_driver);
    g_strlcpy (record.gpu_string, board->gpu_string, sizeof record.gpu_string);
    pgpu->address = address_of (gpu, -1);
    pgpu->name = g_strdup (board->name);
    pgpu->uuid = g_strdup_printf ("GPU-f1ee7000-0000-4000-8000-%012x", h * N_GPUS + gpu + 1);
    pgpu->record = record;
    pgpu->metadata.bytes = vgate_pgpu_record_write (&record);
    pgpu->metadata.length = (guint32)g_bytes_get_size (pgpu->metadata.bytes);
    pgpu->vgpu_sizes = VGATE_SIZES_EQUAL;
    pgpu->mig = VGATE_MODE_OFF;
    pgpu->ecc = VGATE_MODE_ON;
    pgpu->sriov = VGATE_MODE_ON;
    pgpu->migration = VGATE_MODE_ON;
    pgpu->write_bandwidth = 9000;
    for (int size = 0; size < 3; size++) {
        VgateHostType *type = vgate_host_type_new ();

        type->id = board->first_type + (guint32)size;
        type->name = type_name (board, size);
        type->class_name = g_strdup ("Compute");
        type->framebuffer = (guint64)board->sizes[size] << 30;
        type->max_instances = 48 / board->sizes[size];
        type->free_instances = type_used >= 0 && type_used != size ? 0 : (48 - used) / board->sizes[size];
        g_ptr_array_add (pgpu->types, type);
    }
    g_ptr_array_add (host->pgpus, pgpu);
}

static void
add_vf (VgateHost *host, guint h, guint gpu, guint vf)
{
    const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, gpu);
    const int size = hosts[h].vfs[gpu][vf];
    const int g = find_guest (h, gpu, vf);
    VgateHostDevice *device = vgate_host_device_new ();

    device->listed.kind = VGATE_HOSTDEV_PCI;
    device->listed.source = address_of (gpu, (int)vf);
    device->listed.device.kind = VGATE_DEVICE_VGPU;
    device->listed.device.pgpu = g_strdup (pgpu->address);
    device->listed.device.parent = g_strdup (device->listed.source);
    device->listed.device.type = size >= 0 ? hosts[h].board->first_type + (guint32)size : 0;
    device->use = g >= 0 ? g_strdup_printf ("the running domain '%s' uses it", guests[g].name) : NULL;
    g_ptr_array_add (host->devices->devices, device);
    if (g >= 0) {
        VgateHostVgpu *vgpu = vgate_host_vgpu_new ();

        vgpu->uuid = uuid_of (4, (guint)g);
        vgpu->domain = uuid_of (2, (guint)g);
        vgpu->pgpu = g_strdup (pgpu->address);
        vgpu->type = device->listed.device.type;
        vgpu->type_name = type_name (hosts[h].board, size);
        g_ptr_array_add (host->devices->vgpus, vgpu);
    }
    for (guint t = 0; size < 0 && t < pgpu->types->len; t++) {
        const VgateHostType *type = g_ptr_array_index (pgpu->types, t);
        VgateMakeable *makeable;

        if (type->free_instances == 0)
            continue;
        makeable = g_new0 (VgateMakeable, 1);
        makeable->kind = VGATE_HOSTDEV_PCI;
        makeable->parent = g_strdup (device->listed.source);
        makeable->pgpu = g_strdup (pgpu->address);
        makeable->type = type->id;
        makeable->type_name = g_strdup (type->name);
        makeable->available = 1;
        g_ptr_array_add (host->devices->makeable, makeable);
    }
}

static char *
write_host (guint h)
{
    g_autoptr (VgateHost) host = vgate_host_new ();

    host->time = NOW;
    host->name = g_strdup (hosts[h].name);
    host->uuid = uuid_of (1, h);
    host->driver = g_strdup (hosts[h].driver);
    host->preset = supported_by (h);
    host->current = accepted_by (h);
    host->has_switch_over = TRUE;
    host->devices = vgate_host_devices_new ();
    for (guint gpu = 0; gpu < N_GPUS; gpu++)
        add_gpu (host, h, gpu);
    for (guint gpu = 0; gpu < N_GPUS; gpu++)
        for (guint vf = 0; vf < N_VFS; vf++)
            add_vf (host, h, gpu, vf);
    return vgate_host_write (host);
}

/* --- guests --- */

static char *
write_element (guint g)
{
    const guint h = guests[g].host;
    const Board *board = hosts[h].board;
    const int size = hosts[h].vfs[guests[g].gpu][guests[g].vf];
    g_autoptr (VgateElement) element = vgate_element_new ();
    VgateElementVgpu *vgpu = vgate_element_vgpu_new ();
    VgateVgpuRecord record = {
        .size = sizeof (VgateVgpuRecord),
        .version = 3,
        .revision = 1,
        .guest_info_state = NVML_GUEST_INFO_INITIALIZED,
        .capabilities = NVML_VIRTUALIZATION_CAP_MIGRATION,
        .guest_version = vgate_version (guests[g].version, 1),
        .opaque_size = NVML_VGPU_OPAQUE_SIZE,
    };

    element->domain = uuid_of (2, g);
    element->sequence = 1;
    element->time = NOW;
    element->host = g_strdup (hosts[h].name);
    element->host_uuid = uuid_of (1, h);
    element->power = VGATE_POWER_RUNNING;
    element->max_downtime = 300;
    g_strlcpy (record.guest_driver, hosts[h].driver, sizeof record.guest_driver);
    g_strlcpy (record.host_driver, hosts[h].driver, sizeof record.host_driver);
    g_strlcpy (record.gpu_string, board->gpu_string, sizeof record.gpu_string);
    vgpu->uuid = uuid_of (4, g);
    vgpu->vf = address_of (guests[g].gpu, (int)guests[g].vf);
    vgpu->guest_address = g_strdup ("0000:06:00.0");
    vgpu->type = board->first_type + (guint32)size;
    vgpu->type_name = type_name (board, size);
    vgpu->pgpu.address = address_of (guests[g].gpu, -1);
    vgpu->pgpu.name = g_strdup (board->name);
    vgpu->pgpu.host_driver = g_strdup (hosts[h].driver);
    vgpu->pgpu.range = accepted_by (h);
    vgpu->record = record;
    vgpu->metadata.bytes = vgate_vgpu_record_write (&record);
    vgpu->metadata.length = (guint32)g_bytes_get_size (vgpu->metadata.bytes);
    g_ptr_array_add (element->vgpus, vgpu);
    return vgate_element_write (element, TRUE);
}

static char *
write_guest (guint g)
{
    static const char hostdev_form[] =
        "    <hostdev mode='subsystem' type='pci' managed='no'>\n"
        "      <source>\n        <address domain='0x0000' bus='0x%s' slot='0x00' function='0x%u'/>\n"
        "      </source>\n"
        "      <address type='pci' domain='0x0000' bus='0x06' slot='0x00' function='0x0'/>\n"
        "    </hostdev>\n";
    const gboolean has_vgpu = guests[g].version > 0;
    g_autofree char *uuid = uuid_of (2, g);
    g_autofree char *element = has_vgpu ? write_element (g) : g_strdup ("");
    g_autofree char *hostdev =
        has_vgpu ? g_strdup_printf (hostdev_form, guests[g].gpu == 0 ? "41" : "61", guests[g].vf + 4)
                 : g_strdup ("");

    return g_strdup_printf ("<domain type='kvm' id='%u'>\n"
                            "  <name>%s</name>\n"
                            "  <uuid>%s</uuid>\n"
                            "  <metadata>\n%s  </metadata>\n"
                            "  <devices>\n%s  </devices>\n"
                            "</domain>\n",
                            g + 1, guests[g].name, uuid, element, hostdev);
}

static void
write_file (const char *directory, const char *folder, const char *name, const char *xml)
{
    g_autofree char *file = g_strconcat (name, ".xml", NULL);
    g_autofree char *parent = g_build_filename (directory, folder, NULL);
    g_autofree char *path = g_build_filename (parent, file, NULL);
    g_autoptr (GError) error = NULL;

    g_mkdir_with_parents (parent, 0755);
    if (!g_file_set_contents (path, xml, -1, &error))
        g_error ("%s", error->message);
}

int
main (int argc, char *argv[])
{
    if (argc != 2)
        g_error ("usage: make-example DIR");
    for (guint h = 0; h < G_N_ELEMENTS (hosts); h++) {
        g_autofree char *xml = write_host (h);

        write_file (argv[1], "hosts", hosts[h].name, xml);
    }
    for (guint g = 0; g < G_N_ELEMENTS (guests); g++) {
        g_autofree char *xml = write_guest (g);

        write_file (argv[1], "guests", guests[g].name, xml);
    }
    return 0;
}
