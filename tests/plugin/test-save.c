/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The payload that a guest takes along at switch-over, whatever is known about it. */
#include "plugin/switchover/save.h"
#include "sample.h"

#include <string.h>

#define NOW      (SAMPLE_TIME + 100)
#define ASKED_AT (SAMPLE_TIME + 90)

/* The domain as last read: its element has version 26.1. */
static VgateDomain *
sample_looked_at (void)
{
    g_autofree char *element = sample_element_xml (1), *xml = sample_domain (element, NULL);
    g_autoptr (GError) error = NULL;
    VgateDomain *domain = vgate_domain_read (xml, strlen (xml), NULL, &error);

    g_assert_no_error (error);
    return domain;
}

/* NVML's answer: the guest's driver has this version. */
static VgateSnapshot *
snapshot_of (guint32 version)
{
    VgateProbe *probe = vgate_probe_new ();
    VgateInstance *instance = vgate_instance_new ();
    VgateVgpuRecord record = sample_vgpu_record ();

    record.guest_version = version;
    probe->host = sample_host ();
    probe->host->time = ASKED_AT;
    instance->vm = g_strdup (SAMPLE_DOMAIN_UUID);
    instance->uuid = g_strdup ("33333333-3333-4333-8333-333333333333");
    instance->mdev = g_strdup ("44444444-4444-4444-8444-444444444444");
    instance->type = 1120;
    instance->type_name = g_strdup ("NVIDIA H100XM-20C");
    instance->metadata = vgate_vgpu_record_write (&record);
    g_ptr_array_add (probe->instances, instance);
    return vgate_snapshot_new (probe, NULL);
}

/* The payload as the destination reads it. */
static VgatePayload *
build (const VgateSaving *saving)
{
    VgatePayloadSource source;
    g_autoptr (GBytes) bytes = vgate_save_build (saving, &source);
    g_autoptr (GError) error = NULL;
    VgatePayload *payload = vgate_payload_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                                SAMPLE_DOMAIN_UUID, &error);

    g_assert_no_error (error);
    g_assert_cmpint (payload->source, ==, source);
    if (payload->element) {
        vgate_element_check (payload->element, SAMPLE_DOMAIN_UUID, saving->key, &error);
        g_assert_no_error (error);
    }
    return payload;
}

static guint32
version_of (const VgatePayload *payload)
{
    return ((VgateElementVgpu *)g_ptr_array_index (payload->element->vgpus, 0))->record.guest_version;
}

static void
test_fresh (void)
{
    g_autoptr (VgateDomain) domain = sample_looked_at ();
    g_autoptr (VgateSnapshot) snapshot = snapshot_of (0x120001);
    const VgateSaving saving = {
        .uuid = SAMPLE_DOMAIN_UUID, .snapshot = snapshot, .is_fresh = TRUE, .domain = domain, .now = NOW};
    g_autoptr (VgatePayload) payload = build (&saving);

    g_assert_cmpint (payload->source, ==, VGATE_PAYLOAD_NVML);
    g_assert_cmpint (payload->time, ==, ASKED_AT);
    g_assert_cmphex (version_of (payload), ==, 0x120001);
    /* the number never decreases */
    g_assert_cmpuint (payload->element->sequence, >, domain->element->sequence);
}

/* NVML is late: its last answer is newer than the XML, which could not be written any more. */
static void
test_memory_of_nvml (void)
{
    g_autoptr (VgateDomain) domain = sample_looked_at ();
    g_autoptr (VgateSnapshot) snapshot = snapshot_of (0x120001);
    const VgateSaving saving = {
        .uuid = SAMPLE_DOMAIN_UUID, .snapshot = snapshot, .domain = domain, .now = NOW};
    g_autoptr (VgatePayload) payload = build (&saving);

    g_assert_cmpint (payload->source, ==, VGATE_PAYLOAD_MEMORY);
    g_assert_cmpint (payload->time, ==, ASKED_AT);
    g_assert_cmphex (version_of (payload), ==, 0x120001);
}

static void
test_memory_of_xml (void)
{
    g_autoptr (VgateDomain) domain = sample_looked_at ();
    const VgateSaving saving = {.uuid = SAMPLE_DOMAIN_UUID, .domain = domain, .now = NOW};
    g_autoptr (VgatePayload) payload = build (&saving);

    g_assert_cmpint (payload->source, ==, VGATE_PAYLOAD_MEMORY);
    g_assert_cmpint (payload->time, ==, SAMPLE_TIME);
    g_assert_cmphex (version_of (payload), ==, 0x1A0001);
}

/* Without the domain the vGPUs cannot be told apart; a faulty element has no information. */
static void
test_nothing (void)
{
    g_autoptr (VgateDomain) spoilt = sample_looked_at ();
    g_autoptr (VgateSnapshot) snapshot = snapshot_of (0x120001);
    const VgateSaving cases[] = {
        {.uuid = SAMPLE_DOMAIN_UUID, .now = NOW},
        {.uuid = SAMPLE_DOMAIN_UUID, .snapshot = snapshot, .is_fresh = TRUE, .now = NOW},
        {.uuid = SAMPLE_DOMAIN_UUID, .domain = spoilt, .now = NOW},
    };

    g_free (spoilt->element->domain);
    spoilt->element->domain = g_strdup ("99999999-1111-4111-8111-111111111111");
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (VgatePayload) payload = build (&cases[i]);

        g_assert_cmpint (payload->source, ==, VGATE_PAYLOAD_NOTHING);
        g_assert_cmpint (payload->time, ==, NOW);
    }
}

/* With a fleet key the payload is sealed, because the destination accepts nothing else. */
static void
test_sealed (void)
{
    g_autoptr (VgateDomain) domain = sample_looked_at ();
    g_autoptr (VgateSnapshot) snapshot = snapshot_of (0x1A0001);
    g_autoptr (GBytes) key = g_bytes_new_static ("0123456789abcdef0123456789abcdef", 32);
    VgateSaving saving = {.uuid = SAMPLE_DOMAIN_UUID,
                          .snapshot = snapshot,
                          .is_fresh = TRUE,
                          .domain = domain,
                          .key = key,
                          .now = NOW};
    g_autoptr (VgatePayload) payload = build (&saving), unsealed = NULL;
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (payload->element->seal);
    saving.key = NULL;
    unsealed = build (&saving);
    g_assert_false (vgate_element_check (unsealed->element, SAMPLE_DOMAIN_UUID, key, &error));
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_SEAL_MISSING);
}

#define PCI_HOSTDEV(function)                                                                       \
    "<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x41' slot='0x00' " \
    "function='" function "'/></source><address type='pci' domain='0x0000' bus='0x06' slot='0x00' " \
    "function='" function "'/></hostdev>"

static void
add_device (VgateProbe *probe, const char *source, const char *pgpu, guint32 type, const char *fault)
{
    VgateListedDevice *listed = g_new0 (VgateListedDevice, 1);

    listed->kind = VGATE_HOSTDEV_PCI;
    listed->source = g_strdup (source);
    listed->device.kind = fault ? VGATE_DEVICE_UNUSABLE : VGATE_DEVICE_VGPU;
    listed->device.fault = g_strdup (fault);
    listed->device.pgpu = g_strdup (pgpu);
    listed->device.parent = g_strdup (source);
    listed->device.type = type;
    g_ptr_array_add (probe->devices, listed);
}

/*
 * The virtual function of a vGPU is taken from what was read with NVML's answer, never from sysfs: the files
 * with the type can hang, and QEMU waits for this answer. A virtual function of the type and the GPU is used,
 * and none without that answer.
 */
static void
test_virtual_function (void)
{
    g_autofree char *xml =
        sample_domain (NULL, PCI_HOSTDEV ("0x2") PCI_HOSTDEV ("0x3") PCI_HOSTDEV ("0x4") PCI_HOSTDEV ("0x5"));

    for (guint is_known = 0; is_known < 2; is_known++) {
        g_autoptr (VgateDomain) domain = vgate_domain_read (xml, strlen (xml), NULL, NULL);
        g_autoptr (VgateSnapshot) snapshot = snapshot_of (0x1A0001);
        const VgateSaving saving = {
            .uuid = SAMPLE_DOMAIN_UUID, .snapshot = snapshot, .is_fresh = TRUE, .domain = domain, .now = NOW};
        g_autoptr (VgatePayload) payload = NULL;
        const VgateElementVgpu *vgpu;

        g_clear_pointer (&((VgateInstance *)g_ptr_array_index (snapshot->probe->instances, 0))->mdev, g_free);
        add_device (snapshot->probe, "0000:41:00.2", "0000:41:00.0", 1131, NULL);
        add_device (snapshot->probe, "0000:41:00.3", "0000:42:00.0", 1128, NULL);
        add_device (snapshot->probe, "0000:41:00.4", NULL, 0, "its current_vgpu_type cannot be read");
        if (is_known)
            add_device (snapshot->probe, "0000:41:00.5", "0000:41:00.0", 1128, NULL);
        payload = build (&saving);
        g_assert_cmpint (payload->source, ==, VGATE_PAYLOAD_NVML);
        vgpu = g_ptr_array_index (payload->element->vgpus, 0);
        g_assert_cmpstr (vgpu->vf, ==, is_known ? "0000:41:00.5" : NULL);
        g_assert_cmpstr (vgpu->guest_address, ==, is_known ? "0000:06:00.5" : NULL);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/save/fresh", test_fresh);
    g_test_add_func ("/save/memory-of-nvml", test_memory_of_nvml);
    g_test_add_func ("/save/memory-of-xml", test_memory_of_xml);
    g_test_add_func ("/save/nothing", test_nothing);
    g_test_add_func ("/save/sealed", test_sealed);
    g_test_add_func ("/save/virtual-function", test_virtual_function);
    return g_test_run ();
}
