/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sample.h"
#include "nvml/nvml-abi.h"

#include <string.h>

VgateVgpuRecord
sample_vgpu_record (void)
{
    VgateVgpuRecord record = {
        .size = sizeof (VgateVgpuRecord),
        .version = 3,
        .revision = 1,
        .guest_info_state = NVML_GUEST_INFO_INITIALIZED,
        .guest_driver = SAMPLE_DRIVER,
        .host_driver = SAMPLE_DRIVER,
        .capabilities = NVML_VIRTUALIZATION_CAP_MIGRATION,
        .guest_version = vgate_version (26, 1),
        .opaque_size = NVML_VGPU_OPAQUE_SIZE,
        .gpu_string = SAMPLE_GPU_STRING,
    };

    return record;
}

VgatePgpuRecord
sample_pgpu_record (void)
{
    VgatePgpuRecord record = {
        .size = sizeof (VgatePgpuRecord),
        .version = 3,
        .revision = 1,
        .host_driver = SAMPLE_DRIVER,
        .capabilities = NVML_VIRTUALIZATION_CAP_MIGRATION,
        .range = {vgate_version (18, 1), vgate_version (26, 1)},
        .opaque_size = NVML_PGPU_OPAQUE_SIZE,
        .gpu_string = SAMPLE_GPU_STRING,
    };

    return record;
}

void
sample_set_record (VgateElement *element, guint vgpu, const VgateVgpuRecord *record)
{
    VgateElementVgpu *its = g_ptr_array_index (element->vgpus, vgpu);

    its->record = *record;
    vgate_xml_bytes_clear (&its->metadata);
    its->metadata.bytes = vgate_vgpu_record_write (record);
    its->metadata.length = (guint32)g_bytes_get_size (its->metadata.bytes);
}

static VgateElementVgpu *
sample_vgpu (guint number)
{
    VgateElementVgpu *vgpu = vgate_element_vgpu_new ();

    vgpu->uuid = g_strdup_printf ("aaaaaaaa-0000-4000-8000-%012x", number);
    if (number % 2 == 1)
        vgpu->mdev = g_strdup_printf ("bbbbbbbb-0000-4000-8000-%012x", number);
    else
        vgpu->vf = g_strdup_printf ("0000:41:%02x.%x", number / 8, number % 8);
    vgpu->guest_address = g_strdup_printf ("0000:%02x:00.0", number);
    vgpu->type = 1131;
    vgpu->type_name = g_strdup ("NVIDIA H100XM-80C");
    vgpu->pgpu.address = g_strdup ("0000:41:00.0");
    vgpu->pgpu.name = g_strdup ("NVIDIA H100 80GB HBM3");
    vgpu->pgpu.host_driver = g_strdup (SAMPLE_DRIVER);
    vgpu->pgpu.range = (VgateVersionRange){vgate_version (18, 1), vgate_version (26, 1)};
    if (number == 1) {
        vgpu->framebuffer_used = (guint64)5 << 30;
        vgpu->runtime_state = (guint64)192 << 20;
        vgpu->pgpu.read_bandwidth = 12000;
    }
    vgpu->pgpu.has_scheduler = number == 1;
    vgpu->pgpu.scheduler =
        (VgateScheduler){sizeof (VgateScheduler), VGATE_SCHEDULER_EQUAL_SHARE, 2, 33, 2000000};
    return vgpu;
}

VgateElement *
sample_element (guint n_vgpus)
{
    const VgateVgpuRecord record = sample_vgpu_record ();
    VgateElement *element = vgate_element_new ();

    element->domain = g_strdup (SAMPLE_DOMAIN_UUID);
    element->sequence = 7;
    element->time = SAMPLE_TIME;
    element->trigger = VGATE_TRIGGER_CHANGE;
    element->host = g_strdup ("host-a.example");
    element->host_uuid = g_strdup (SAMPLE_HOST_UUID);
    element->power = VGATE_POWER_RUNNING;
    element->max_downtime = 300;
    for (guint i = 0; i < n_vgpus; i++) {
        g_ptr_array_add (element->vgpus, sample_vgpu (i + 1));
        sample_set_record (element, i, &record);
    }
    return element;
}

char *
sample_element_xml (guint n_vgpus)
{
    g_autoptr (VgateElement) element = sample_element (n_vgpus);

    return vgate_element_write (element, TRUE);
}

static VgateHostType *
sample_type (guint32 id, const char *name, guint32 gib, guint32 max)
{
    VgateHostType *type = vgate_host_type_new ();

    type->id = id;
    type->name = g_strdup (name);
    type->class_name = g_strdup ("Compute");
    type->framebuffer = (guint64)gib << 30;
    type->max_instances = max;
    type->free_instances = max - 1;
    return type;
}

static VgatePgpu *
sample_pgpu (guint number)
{
    VgatePgpu *pgpu = vgate_pgpu_new ();

    pgpu->address = g_strdup_printf ("0000:4%u:00.0", number);
    pgpu->name = g_strdup ("NVIDIA H100 80GB HBM3");
    pgpu->uuid = g_strdup_printf ("GPU-cccccccc-0000-4000-8000-%012x", number);
    pgpu->record = sample_pgpu_record ();
    pgpu->metadata.bytes = vgate_pgpu_record_write (&pgpu->record);
    pgpu->metadata.length = (guint32)g_bytes_get_size (pgpu->metadata.bytes);
    return pgpu;
}

VgateHost *
sample_host (void)
{
    VgateHost *host = vgate_host_new ();
    VgatePgpu *first = sample_pgpu (1);

    host->time = SAMPLE_TIME;
    host->name = g_strdup ("host-b.example");
    host->uuid = g_strdup ("33333333-3333-4333-8333-333333333333");
    host->driver = g_strdup (SAMPLE_DRIVER);
    host->preset = (VgateVersionRange){vgate_version (18, 1), vgate_version (26, 1)};
    host->current = host->preset;
    host->warm_update = VGATE_MODE_ON;
    first->read_bandwidth = 12000;
    first->write_bandwidth = 9000;
    first->vgpu_sizes = VGATE_SIZES_MIXED;
    first->mig = VGATE_MODE_OFF;
    first->ecc = VGATE_MODE_ON;
    first->sriov = VGATE_MODE_ON;
    first->warm_update = VGATE_MODE_OFF;
    first->migration = VGATE_MODE_ON;
    first->has_scheduler = TRUE;
    first->scheduler = (VgateScheduler){sizeof (VgateScheduler), VGATE_SCHEDULER_BEST_EFFORT, 0, 0, 0};
    g_ptr_array_add (first->types, sample_type (1128, "NVIDIA H100XM-20C", 20, 4));
    g_ptr_array_add (first->types, sample_type (1131, "NVIDIA H100XM-80C", 80, 1));
    g_ptr_array_add (host->pgpus, first);
    g_ptr_array_add (host->pgpus, sample_pgpu (2));
    return host;
}

void
sample_add_unusable (VgateHost *host, const char *address)
{
    g_autoptr (GError) why =
        g_error_new_literal (VGATE_NVML_ERROR, 15, "nvmlDeviceGetUUID: NVML error 15: GPU is lost");

    g_ptr_array_add (host->unusable, vgate_unusable_gpu_new (host->pgpus->len + host->unusable->len, address,
                                                             address ? "NVIDIA L4" : NULL, why));
}

static void
add_device (VgateHostDevices *devices, VgateHostdevKind kind, const char *source, const char *use)
{
    VgateHostDevice *device = vgate_host_device_new ();

    device->listed.kind = kind;
    device->listed.source = g_strdup (source);
    device->listed.device.kind = VGATE_DEVICE_VGPU;
    device->listed.device.pgpu = g_strdup ("0000:41:00.0");
    device->listed.device.parent = g_strdup (kind == VGATE_HOSTDEV_PCI ? source : "0000:41:00.0");
    device->listed.device.type = use ? 1128 : 0;
    device->listed.device.type_name = g_strdup (use ? "NVIDIA H100XM-20C" : NULL);
    device->use = g_strdup (use);
    g_ptr_array_add (devices->devices, device);
}

static void
add_unusable_device (VgateHostDevices *devices, VgateHostdevKind kind, const char *source)
{
    VgateHostDevice *device = vgate_host_device_new ();

    device->listed.kind = kind;
    device->listed.source = g_strdup (source);
    device->listed.device.kind = VGATE_DEVICE_UNUSABLE;
    device->listed.device.fault = g_strdup ("its link leads out of sysfs");
    g_ptr_array_add (devices->devices, device);
}

static void
add_makeable (VgateHostDevices *devices, VgateHostdevKind kind, const char *type_name)
{
    VgateMakeable *makeable = g_new0 (VgateMakeable, 1);

    makeable->kind = kind;
    makeable->parent = g_strdup ("0000:41:00.6");
    makeable->pgpu = g_strdup ("0000:41:00.0");
    makeable->type = 1128;
    makeable->type_name = g_strdup (type_name);
    makeable->available = 2;
    g_ptr_array_add (devices->makeable, makeable);
}

static void
add_running (VgateHostDevices *devices, const char *uuid, const char *domain, const char *mdev)
{
    VgateHostVgpu *vgpu = vgate_host_vgpu_new ();

    vgpu->uuid = g_strdup (uuid);
    vgpu->domain = g_strdup (domain);
    vgpu->mdev = g_strdup (mdev);
    vgpu->pgpu = g_strdup ("0000:41:00.0");
    vgpu->type = 1128;
    vgpu->type_name = g_strdup ("NVIDIA H100XM-20C");
    g_ptr_array_add (devices->vgpus, vgpu);
}

static void
add_lease (VgateHostDevices *devices, VgateHostdevKind kind, const char *device, const char *type_name)
{
    VgateHostLease *lease = vgate_host_lease_new ();

    lease->domain = g_strdup (SAMPLE_DOMAIN_UUID);
    lease->kind = (int)kind;
    lease->device = g_strdup (device);
    lease->exists = type_name != NULL;
    lease->parent = g_strdup ("0000:41:00.6");
    lease->pgpu = g_strdup ("0000:41:00.0");
    lease->type = 1128;
    lease->type_name = g_strdup (type_name);
    g_ptr_array_add (devices->leases, lease);
}

void
sample_add_devices (VgateHost *host)
{
    VgateHostDevices *devices = vgate_host_devices_new ();

    host->has_switch_over = TRUE;
    host->switch_over_served = TRUE;
    host->switch_over_bus = g_strdup ("unix:path=/run/vgpu-gate/bus");
    add_device (devices, VGATE_HOSTDEV_MDEV, "55555555-5555-4555-8555-000000000001",
                "the running domain 'vm2' uses it");
    add_device (devices, VGATE_HOSTDEV_MDEV, "55555555-5555-4555-8555-000000000002", NULL);
    add_device (devices, VGATE_HOSTDEV_PCI, "0000:41:00.4", "the process 4711 (qemu) has it open");
    add_device (devices, VGATE_HOSTDEV_PCI, "0000:41:00.5", NULL);
    add_unusable_device (devices, VGATE_HOSTDEV_MDEV, "55555555-5555-4555-8555-000000000003");
    add_unusable_device (devices, VGATE_HOSTDEV_PCI, "10000:e1:00.4");
    add_makeable (devices, VGATE_HOSTDEV_MDEV, "NVIDIA H100XM-20C");
    add_makeable (devices, VGATE_HOSTDEV_PCI, NULL);
    add_running (devices, "66666666-6666-4666-8666-000000000001", "77777777-7777-4777-8777-000000000001",
                 "55555555-5555-4555-8555-000000000001");
    add_running (devices, "66666666-6666-4666-8666-000000000002", NULL, NULL);
    add_lease (devices, VGATE_HOSTDEV_MDEV, "55555555-5555-4555-8555-000000000009", "NVIDIA H100XM-20C");
    add_lease (devices, VGATE_HOSTDEV_PCI, "0000:41:00.6", NULL);
    host->devices = devices;
}

char *
sample_domain (const char *metadata, const char *devices)
{
    return g_strdup_printf ("<domain type='kvm' id='3'>\n"
                            "  <name>guest</name>\n"
                            "  <uuid>" SAMPLE_DOMAIN_UUID "</uuid>\n"
                            "  <metadata>%s</metadata>\n"
                            "  <devices>%s</devices>\n"
                            "</domain>\n",
                            metadata ? metadata : "", devices ? devices : "");
}

VgateElement *
sample_read (const char *xml, GError **error)
{
    g_autoptr (xmlDoc) doc = xmlReadMemory (xml, (int)strlen (xml), NULL, "UTF-8", XML_PARSE_NONET);

    g_assert_nonnull (doc);
    return vgate_element_read (xmlDocGetRootElement (doc), error);
}

VgateElement *
sample_read_and_check (const char *xml, GBytes *key, GError **error)
{
    g_autoptr (VgateElement) element = sample_read (xml, error);

    if (!element || !vgate_element_check (element, SAMPLE_DOMAIN_UUID, key, error))
        return NULL;
    return g_steal_pointer (&element);
}

char *
sample_edit (const char *text, const char *from, const char *to)
{
    const char *found = strstr (text, from);

    g_assert_nonnull (found);
    return g_strdup_printf ("%.*s%s%s", (int)(found - text), text, to, found + strlen (from));
}

void
sample_assert_error (const GError *error, VgateCode code, ...)
{
    va_list words;
    const char *word;

    g_assert_error (error, VGATE_ERROR, (int)code);
    g_assert_null (strchr (error->message, '\n'));
    va_start (words, code);
    while ((word = va_arg (words, const char *))) {
        if (!strstr (error->message, word))
            g_error ("'%s' does not name '%s'", error->message, word);
    }
    va_end (words);
}

static VgateStatusVgpu *
status_vgpu (guint number)
{
    VgateStatusVgpu *vgpu = vgate_status_vgpu_new ();

    vgpu->uuid = g_strdup_printf ("44444444-4444-4444-8444-%012u", number);
    vgpu->type = 1120;
    vgpu->type_name = g_strdup ("NVIDIA H100XM-20C");
    vgpu->guest_address = g_strdup ("0000:06:00.0");
    vgpu->pgpu = g_strdup ("0000:41:00.0");
    vgpu->guest_driver = g_strdup (SAMPLE_DRIVER);
    vgpu->guest_version = vgate_version (26, 1);
    return vgpu;
}

static VgateStatusGuest *
status_guest (const char *uuid, const char *name, gboolean is_captured)
{
    VgateStatusGuest *guest = vgate_status_guest_new ();

    guest->uuid = g_strdup (uuid);
    guest->name = g_strdup (name);
    guest->has_capture = is_captured;
    if (is_captured) {
        guest->captured = SAMPLE_TIME - 3600;
        guest->trigger = VGATE_TRIGGER_CHANGE;
        guest->sequence = 7;
    }
    guest->failed = SAMPLE_TIME - 7200;
    guest->failure_code = g_strdup ("VGATE-702");
    guest->failure_text = g_strdup ("vGPU: NVML answered <6> & \"nothing\"");
    guest->is_failure_over = is_captured;
    if (is_captured) {
        guest->hung = SAMPLE_TIME - 1800;
        guest->hang_code = g_strdup ("VGATE-712");
        guest->is_hang_over = TRUE;
        guest->stopped = SAMPLE_TIME - 60;
        guest->stop_job = g_strdup ("save");
        guest->stop_code = g_strdup ("VGATE-303");
        guest->stop_text = g_strdup ("the guest could not be restored on this host");
        guest->stop_cure = g_strdup ("Shut the guest down: virsh shutdown vm1.");
    }
    return guest;
}

/* It expires at this moment, whenever that is. */
static VgateException *
status_exception (void)
{
    VgateException *exception = g_new0 (VgateException, 1);

    exception->domain = g_strdup ("vm2");
    exception->reason = g_strdup ("rack 7");
    exception->login = 1000;
    exception->sudo_user = g_strdup ("anna");
    exception->given = SAMPLE_TIME - 60;
    return exception;
}

VgateStatus *
sample_status (void)
{
    static const VgateReported reported[] = {{"migrate", 303, 4}, {"started", 213, 1}};
    VgateStatus *status = vgate_status_new ();
    VgateStatusGuest *captured = status_guest (SAMPLE_DOMAIN_UUID, "vm1", TRUE);

    status->version = g_strdup ("0.1.0");
    status->started = SAMPLE_TIME - 86400;
    status->time = SAMPLE_TIME;
    status->domains = 3;
    status->is_report_only = TRUE;
    status->report_domains = 2;
    g_array_append_vals (status->reported, reported, G_N_ELEMENTS (reported));
    g_ptr_array_add (status->exceptions, status_exception ());
    status->is_connected = TRUE;
    status->uri = g_strdup ("qemu:///system");
    status->was_asked = TRUE;
    status->asked = SAMPLE_TIME - 2;
    status->duration = 12345678;
    status->total = G_GUINT64_CONSTANT (5000000001);
    status->nvml_code = g_strdup ("VGATE-504");
    status->self_checked = SAMPLE_TIME - 5;
    status->self_checks = vgate_self_check_items_new ();
    vgate_self_check_items_take (status->self_checks, "hook-link", VGATE_SELF_CHECK_PASS,
                                 g_strdup ("libvirt runs '/usr/sbin/vgpu-gate-hook'"), NULL);
    vgate_self_check_items_take (status->self_checks, "clock", VGATE_SELF_CHECK_WARN,
                                 g_strdup ("the clock is not synchronised"),
                                 g_strdup ("timedatectl set-ntp true"));
    vgate_counters_add (status->counters, VGATE_COUNTER_CAPTURES, "start", 1);
    vgate_counters_add (status->counters, VGATE_COUNTER_CAPTURES, "change", 1);
    vgate_counters_add (status->counters, VGATE_COUNTER_CAPTURES, "change", 1);
    vgate_counters_add (status->counters, VGATE_COUNTER_NVML_QUESTIONS, NULL, 1);
    vgate_counters_add (status->counters, VGATE_COUNTER_JOBS_STOPPED, "VGATE-706", 1);
    captured->bus = VGATE_STATUS_BUS_SERVED;
    g_ptr_array_add (captured->vgpus, status_vgpu (1));
    g_ptr_array_add (captured->vgpus, status_vgpu (2));
    g_ptr_array_add (status->guests, captured);
    g_ptr_array_add (status->guests, status_guest ("33333333-3333-4333-8333-333333333333", NULL, FALSE));
    return status;
}
