/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes an answer of the process that reads NVML into FILE, as a seed for the fuzzer: wire-seed FILE. */
#include "driver/probe-wire.h"

static VgatePgpu *
make_pgpu (void)
{
    VgatePgpu *pgpu = vgate_pgpu_new ();

    pgpu->record = (VgatePgpuRecord){
        .size = sizeof (VgatePgpuRecord), .version = 3, .capabilities = 1, .range = {0x120001, 0x1a0001}};
    pgpu->record.opaque_size = VGATE_PGPU_OPAQUE_SIZE;
    g_strlcpy (pgpu->record.gpu_string, "233016C100000003", sizeof pgpu->record.gpu_string);
    pgpu->address = g_strdup ("0000:41:00.0");
    pgpu->name = g_strdup ("GPU");
    pgpu->uuid = g_strdup ("GPU-1");
    pgpu->read_bandwidth = 12000;
    pgpu->write_bandwidth = 9000;
    pgpu->metadata.bytes = vgate_pgpu_record_write (&pgpu->record);
    return pgpu;
}

static VgateInstance *
make_instance (void)
{
    const VgateVgpuRecord record = {
        .size = sizeof (VgateVgpuRecord), .version = 3, .opaque_size = VGATE_VGPU_OPAQUE_SIZE};
    VgateInstance *instance = vgate_instance_new ();

    instance->vm = g_strdup ("deadbeef-0001-4000-8000-000000000001");
    instance->uuid = g_strdup ("deadbeef-0001-4000-8000-000000000002");
    instance->type_name = g_strdup ("type");
    instance->framebuffer_used = 1 << 20;
    instance->runtime_state = 1;
    instance->metadata = vgate_vgpu_record_write (&record);
    return instance;
}

static VgateListedDevice *
make_device (void)
{
    VgateListedDevice *listed = g_new0 (VgateListedDevice, 1);

    listed->kind = VGATE_HOSTDEV_PCI;
    listed->source = g_strdup ("0000:41:00.4");
    listed->device.kind = VGATE_DEVICE_VGPU;
    listed->device.pgpu = g_strdup ("0000:41:00.0");
    listed->device.parent = g_strdup ("0000:41:00.4");
    return listed;
}

static VgateMakeable *
make_makeable (void)
{
    VgateMakeable *makeable = g_new0 (VgateMakeable, 1);

    makeable->kind = VGATE_HOSTDEV_PCI;
    makeable->parent = g_strdup ("0000:41:00.4");
    makeable->pgpu = g_strdup ("0000:41:00.0");
    makeable->type = 1;
    makeable->available = 1;
    return makeable;
}

int
main (int argc, char *argv[])
{
    g_autoptr (VgateProbe) probe = vgate_probe_new ();
    g_autoptr (GBytes) bytes = NULL;
    const VgateDriverAnswer answer = {.rc = 0, .states = 9};

    probe->host = vgate_host_new ();
    probe->host->name = g_strdup ("host");
    probe->host->uuid = g_strdup ("deadbeef-0001-4000-8000-000000000003");
    probe->host->driver = g_strdup ("580.95.05");
    g_ptr_array_add (probe->host->pgpus, make_pgpu ());
    g_array_append_val (probe->answers, answer);
    g_ptr_array_add (probe->instances, make_instance ());
    g_ptr_array_add (probe->devices, make_device ());
    g_ptr_array_add (probe->makeable, make_makeable ());
    bytes = vgate_wire_write_answer (probe, NULL);
    return argc == 2 && g_file_set_contents (argv[1], g_bytes_get_data (bytes, NULL),
                                             (gssize)g_bytes_get_size (bytes), NULL)
               ? 0
               : 1;
}
