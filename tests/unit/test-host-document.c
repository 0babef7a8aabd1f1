/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host document: written, read, and every fault that it can have. */
#include "sample.h"

#include "base/fault.h"

#include <string.h>
#include <time.h>

static VgateHost *
read_host (const char *xml, GError **error)
{
    return vgate_host_read (xml, strlen (xml), error);
}

static void
assert_same_pgpu (const VgatePgpu *a, const VgatePgpu *b)
{
    g_assert_cmpstr (a->address, ==, b->address);
    g_assert_cmpstr (a->name, ==, b->name);
    g_assert_cmpstr (a->uuid, ==, b->uuid);
    g_assert_true (g_bytes_equal (a->metadata.bytes, b->metadata.bytes));
    g_assert_cmpstr (a->record.host_driver, ==, b->record.host_driver);
    g_assert_cmpstr (a->record.gpu_string, ==, b->record.gpu_string);
    g_assert_cmphex (a->record.range.max, ==, b->record.range.max);
    g_assert_cmpuint (a->read_bandwidth, ==, b->read_bandwidth);
    g_assert_cmpuint (a->write_bandwidth, ==, b->write_bandwidth);
    g_assert_cmpint (a->vgpu_sizes, ==, b->vgpu_sizes);
    g_assert_cmpint (a->warm_update, ==, b->warm_update);
    g_assert_cmpint (a->has_scheduler, ==, b->has_scheduler);
    g_assert_true (vgate_scheduler_equal (&a->scheduler, &b->scheduler));
    g_assert_cmpuint (a->types->len, ==, b->types->len);
    for (guint i = 0; i < a->types->len; i++) {
        const VgateHostType *x = g_ptr_array_index (a->types, i), *y = g_ptr_array_index (b->types, i);

        g_assert_cmpuint (x->id, ==, y->id);
        g_assert_cmpstr (x->name, ==, y->name);
        g_assert_cmpstr (x->class_name, ==, y->class_name);
        g_assert_cmpuint (x->framebuffer, ==, y->framebuffer);
        g_assert_cmpuint (x->max_instances, ==, y->max_instances);
        g_assert_cmpuint (x->free_instances, ==, y->free_instances);
    }
}

static void
assert_same_devices (const VgateHostDevices *a, const VgateHostDevices *b)
{
    g_assert_cmpuint (a->devices->len, ==, b->devices->len);
    for (guint i = 0; i < a->devices->len; i++) {
        const VgateHostDevice *x = g_ptr_array_index (a->devices, i), *y = g_ptr_array_index (b->devices, i);

        g_assert_cmpint (x->listed.kind, ==, y->listed.kind);
        g_assert_cmpstr (x->listed.source, ==, y->listed.source);
        g_assert_cmpint (x->listed.device.kind, ==, y->listed.device.kind);
        g_assert_cmpstr (x->listed.device.pgpu, ==, y->listed.device.pgpu);
        g_assert_cmpstr (x->listed.device.parent, ==, y->listed.device.parent);
        g_assert_cmpuint (x->listed.device.type, ==, y->listed.device.type);
        g_assert_cmpstr (x->listed.device.type_name, ==, y->listed.device.type_name);
        g_assert_cmpstr (x->listed.device.fault, ==, y->listed.device.fault);
        g_assert_cmpstr (x->use, ==, y->use);
    }
    g_assert_cmpuint (a->makeable->len, ==, b->makeable->len);
    for (guint i = 0; i < a->makeable->len; i++) {
        const VgateMakeable *x = g_ptr_array_index (a->makeable, i), *y = g_ptr_array_index (b->makeable, i);

        g_assert_cmpint (x->kind, ==, y->kind);
        g_assert_cmpstr (x->parent, ==, y->parent);
        g_assert_cmpstr (x->pgpu, ==, y->pgpu);
        g_assert_cmpuint (x->type, ==, y->type);
        g_assert_cmpstr (x->type_name, ==, y->type_name);
        g_assert_cmpuint (x->available, ==, y->available);
    }
    g_assert_cmpuint (a->vgpus->len, ==, b->vgpus->len);
    g_assert_cmpuint (a->leases->len, ==, b->leases->len);
}

static void
assert_round_trip (const VgateHost *host)
{
    g_autofree char *xml = vgate_host_write (host), *again = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateHost) read = read_host (xml, &error);

    g_assert_no_error (error);
    g_assert_cmpint (read->time, ==, host->time);
    g_assert_cmpstr (read->name, ==, host->name);
    g_assert_cmpstr (read->uuid, ==, host->uuid);
    g_assert_cmpstr (read->driver, ==, host->driver);
    g_assert_cmpint (read->simulated, ==, host->simulated);
    g_assert_cmphex (read->preset.min, ==, host->preset.min);
    g_assert_cmphex (read->current.max, ==, host->current.max);
    g_assert_cmpuint (read->pgpus->len, ==, host->pgpus->len);
    for (guint i = 0; i < host->pgpus->len; i++)
        assert_same_pgpu (g_ptr_array_index (read->pgpus, i), g_ptr_array_index (host->pgpus, i));
    g_assert_cmpuint (read->unusable->len, ==, host->unusable->len);
    for (guint i = 0; i < host->unusable->len; i++) {
        const VgateUnusableGpu *a = g_ptr_array_index (read->unusable, i);
        const VgateUnusableGpu *b = g_ptr_array_index (host->unusable, i);

        g_assert_cmpuint (a->index, ==, b->index);
        g_assert_cmpstr (a->address, ==, b->address);
        g_assert_cmpstr (a->name, ==, b->name);
        g_assert_cmpstr (a->reason, ==, b->reason);
    }
    g_assert_cmpint (read->has_switch_over, ==, host->has_switch_over);
    g_assert_cmpint (read->switch_over_served, ==, host->switch_over_served);
    g_assert_cmpstr (read->switch_over_bus, ==, host->switch_over_bus);
    g_assert_cmpint (read->devices != NULL, ==, host->devices != NULL);
    if (host->devices)
        assert_same_devices (read->devices, host->devices);
    again = vgate_host_write (read);
    g_assert_cmpstr (again, ==, xml);
}

static void
test_round_trip (void)
{
    g_autoptr (VgateHost) host = sample_host ();
    VgateHostType *type = g_ptr_array_index (((VgatePgpu *)g_ptr_array_index (host->pgpus, 0))->types, 0);

    assert_round_trip (host);
    host->simulated = TRUE;
    type->framebuffer = G_MAXUINT64;
    type->free_instances = G_MAXUINT32;
    host->current.max = host->current.min;
    assert_round_trip (host);
    sample_add_unusable (host, "0000:c2:00.0");
    sample_add_unusable (host, NULL);
    assert_round_trip (host);
    sample_add_devices (host);
    assert_round_trip (host);
    g_clear_pointer (&host->devices, vgate_host_devices_free);
    g_ptr_array_set_size (host->pgpus, 0);
    assert_round_trip (host);
    host->devices = vgate_host_devices_new ();
    g_clear_pointer (&host->switch_over_bus, g_free);
    assert_round_trip (host);
}

static void
test_devices (void)
{
    static const struct {
        const char *from, *to;
        VgateCode code;
        const char *place, *words;
    } wrong[] = {
        {"served='yes'", "served='maybe'", VGATE_CODE_HOST_DOCUMENT, "<switch-over>", "maybe"},
        {"<devices>", "<devices x='1'>", VGATE_CODE_HOST_DOCUMENT, "<devices>", "'x' is unknown"},
        {"<mdev ", "<lease/><mdev ", VGATE_CODE_HOST_DOCUMENT, "<lease>", "missing"},
        {"parent='0000:41:00.0' gpu", "gpu", VGATE_CODE_HOST_DOCUMENT, "<mdev>", "'parent' is missing"},
        {"free='2'", "free='many'", VGATE_CODE_HOST_DOCUMENT, "<creatable>", "many"},
        {"kind='mdev'", "kind='usb'", VGATE_CODE_HOST_DOCUMENT, "<unusable-device>", "usb"},
        {"kind='virtual-function' device='0000:41:00.6'",
         "kind='virtual-function' device='55555555-5555-4555-8555-000000000009'", VGATE_CODE_HOST_DOCUMENT,
         "<lease>", "not a PCI address"},
        {"000000000002' parent", "000000000001' parent", VGATE_CODE_HOST_DISAGREES, "000000000001", "twice"},
        {"address='0000:41:00.5'", "address='0000:41:00.4'", VGATE_CODE_HOST_DISAGREES, "0000:41:00.4",
         "twice"},
        {"mdev='55555555-5555-4555-8555-000000000001' gpu='0000:41:00.0'",
         "mdev='55555555-5555-4555-8555-000000000001' gpu='0000:99:00.0'", VGATE_CODE_HOST_DISAGREES,
         "0000:99:00.0", "not listed"},
        {"migration='on'", "migration='off'", VGATE_CODE_HOST_DISAGREES, "migration='off'", "'on'"},
        {"mig='off'", "mig='maybe'", VGATE_CODE_HOST_DOCUMENT, "<pgpu>", "maybe"},
    };
    g_autoptr (VgateHost) host = sample_host ();
    g_autofree char *xml = NULL;

    sample_add_devices (host);
    g_assert_true (vgate_host_devices_have_kind (host->devices, VGATE_HOSTDEV_MDEV));
    g_assert_true (vgate_host_devices_run_domain (host->devices, "77777777-7777-4777-8777-000000000001"));
    g_assert_false (vgate_host_devices_run_domain (host->devices, SAMPLE_DOMAIN_UUID));
    xml = vgate_host_write (host);
    g_assert_nonnull (
        strstr (xml, "  <switch-over served='yes' bus='unix:path=/run/vgpu-gate/bus'/>\n  <devices>"));
    g_assert_nonnull (strstr (xml,
                              "  <devices>\n    <mdev uuid='55555555-5555-4555-8555-000000000001' "
                              "parent='0000:41:00.0' gpu='0000:41:00.0' type='1128' "
                              "type-name='NVIDIA H100XM-20C' use='the running domain &apos;vm2&apos; uses "
                              "it'/>\n"));
    g_assert_nonnull (strstr (xml,
                              "    <virtual-function address='0000:41:00.5' gpu='0000:41:00.0' type='0'/>\n"
                              "    <unusable-device kind='mdev' "));
    g_assert_nonnull (strstr (xml, "    <creatable kind='virtual-function' parent='0000:41:00.6' "
                                   "gpu='0000:41:00.0' type='1128' free='2'/>\n"
                                   "    <vgpu uuid='66666666-6666-4666-8666-000000000001' "
                                   "domain='77777777-7777-4777-8777-000000000001' "));
    g_assert_true (g_str_has_suffix (xml, "device='0000:41:00.6' exists='no' parent='0000:41:00.6' "
                                          "gpu='0000:41:00.0' type='1128'/>\n  </devices>\n</host>\n"));
    for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_autofree char *edited = sample_edit (xml, wrong[i].from, wrong[i].to);
        g_autoptr (GError) error = NULL;

        g_test_message ("%s -> %s", wrong[i].from, wrong[i].to);
        g_assert_null (read_host (edited, &error));
        sample_assert_error (error, wrong[i].code, wrong[i].place, wrong[i].words, NULL);
    }
}

static void
test_written (void)
{
    g_autoptr (VgateHost) host = sample_host ();
    g_autofree char *xml = vgate_host_write (host);

    g_assert_true (g_str_has_prefix (
        xml, "<host xmlns='urn:x-vgpu-gate:host:1' time='2026-11-23T22:00:00Z' name='host-b.example' "
             "uuid='33333333-3333-4333-8333-333333333333'>\n"
             "  <driver version='580.95.05' simulated='no' preset='18.1-26.1' range='18.1-26.1' "
             "warm-update='on'/>\n"
             "  <pgpu address='0000:41:00.0' name='NVIDIA H100 80GB HBM3' "
             "uuid='GPU-cccccccc-0000-4000-8000-000000000001' read-bandwidth='12000' "
             "write-bandwidth='9000' vgpu-sizes='mixed' mig='off' ecc='on' sr-iov='on' migration='on' "
             "warm-update='off'>\n"
             "    <metadata length='380'>"));
    g_assert_nonnull (strstr (
        xml,
        "</metadata>\n"
        "    <mirror version='3' revision='1' host-driver='580.95.05' capabilities='0x1' range='18.1-26.1' "
        "opaque-size='256' gpu-string='233016C100000003'/>\n"
        "    <scheduler policy='best-effort' arr='default' average-factor='0' time-slice='0'/>\n"
        "    <type id='1128' name='NVIDIA H100XM-20C' class='Compute' framebuffer='21474836480' max='4' "
        "free='3'/>\n"));
    g_assert_true (g_str_has_suffix (xml, "  </pgpu>\n</host>\n"));
}

#define FORM  VGATE_CODE_HOST_DOCUMENT
#define SENSE VGATE_CODE_HOST_DISAGREES

static const struct {
    const char *from, *to;
    VgateCode code;
    const char *place, *words;
} bad[] = {
    {"host:1'", "host:2'", FORM, "<host>", "unsupported namespace"},
    {" xmlns='urn:x-vgpu-gate:host:1'", "", FORM, "<host>", "not a host document"},
    {"<driver ", "<drive ", FORM, "<drive>", "expected <driver>"},
    {"  <driver version='580.95.05' simulated='no' preset='18.1-26.1' range='18.1-26.1' warm-update='on'/>\n",
     "", FORM, "<pgpu>", "expected <driver>"},
    {"<pgpu ", "<x/><pgpu ", FORM, "<x>", "unexpected element"},
    {"<type ", "text<type ", FORM, "<pgpu>", "text"},
    {"<mirror ", "<mirror x='1' ", FORM, "<mirror>", "'x' is unknown"},
    {" free='3'", "", FORM, "<type>", "'free' is missing"},
    {"time='2026", "time='026", FORM, "<host>", "'time'"},
    {"name='host-b.example'", "name=''", FORM, "<host>", "'name'"},
    {"uuid='3", "uuid='X", FORM, "<host>", "'uuid'"},
    {"simulated='no'", "simulated='maybe'", FORM, "<driver>", "maybe"},
    {"preset='18.1-26.1'", "preset='18.1'", FORM, "<driver>", "'preset'"},
    {"framebuffer='21474836480'", "framebuffer='20 GiB'", FORM, "<type>", "20 GiB"},
    {"max='4'", "max='4294967296'", FORM, "<type>", "'max'"},
    {"vgpu-sizes='mixed'", "vgpu-sizes='any'", FORM, "<pgpu>", "'any'"},
    /* unknown values are not written */
    {"vgpu-sizes='mixed'", "vgpu-sizes=''", FORM, "<pgpu>", "'vgpu-sizes'"},
    {"'380'>Aw", "'380'>*w", FORM, "<metadata>", "base64"},
    /* valid form, wrong values */
    {"preset='18.1-26.1'", "preset='26.1-18.1'", SENSE, "driver's", "26.1-18.1 is inverted"},
    {"range='18.1-26.1' warm", "range='26.1-18.1' warm", SENSE, "administrator's", "26.1-18.1 is inverted"},
    {"length='380'", "length='379'", SENSE, "pGPU 0000:41:00.0", "379"},
    {"length='380'>AwAA", "length='377'>", SENSE, "pGPU 0000:41:00.0", "bytes"},
    {"mirror version='3'", "mirror version='4'", SENSE, "pGPU 0000:41:00.0", "version='4'"},
    {"revision='1'", "revision='0'", SENSE, "pGPU 0000:41:00.0", "revision='0'"},
    {"host-driver='580.95.05'", "host-driver='580.95.06'", SENSE, "pGPU 0000:41:00.0",
     "host-driver='580.95.06'"},
    {"capabilities='0x1'", "capabilities='0x3'", SENSE, "pGPU 0000:41:00.0", "capabilities='0x3'"},
    {"range='18.1-26.1' opaque", "range='7.1-26.1' opaque", SENSE, "pGPU 0000:41:00.0", "range='7.1-26.1'"},
    {"opaque-size='256'", "opaque-size='260'", SENSE, "pGPU 0000:41:00.0", "opaque-size='260'"},
    {"gpu-string='2", "gpu-string='3", SENSE, "pGPU 0000:41:00.0", "gpu-string='3"},
    {"address='0000:42:00.0'", "address='0000:41:00.0'", SENSE, "pGPU 0000:41:00.0", "twice"},
};

static void
test_bad (void)
{
    g_autoptr (VgateHost) host = sample_host ();
    g_autofree char *xml = vgate_host_write (host);

    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autofree char *edited = sample_edit (xml, bad[i].from, bad[i].to);
        g_autoptr (GError) error = NULL;

        g_test_message ("%s -> %s", bad[i].from, bad[i].to);
        g_assert_null (read_host (edited, &error));
        sample_assert_error (error, bad[i].code, bad[i].place, bad[i].words, NULL);
    }
}

static void
set_pgpu_record (VgatePgpu *pgpu, const VgatePgpuRecord *record)
{
    pgpu->record = *record;
    vgate_xml_bytes_clear (&pgpu->metadata);
    pgpu->metadata.bytes = vgate_pgpu_record_write (record);
}

/* Faults in the driver's bytes: a text that is not valid, and a range that is inverted in bytes and
 * mirror. */
static void
test_bad_bytes (void)
{
    g_autoptr (VgateHost) host = sample_host ();
    VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, 1);
    VgatePgpuRecord record = sample_pgpu_record ();
    g_autofree char *inverted = NULL, *not_text = NULL;
    g_autoptr (GError) first = NULL, second = NULL;

    record.range = (VgateVersionRange){vgate_version (26, 1), vgate_version (18, 1)};
    set_pgpu_record (pgpu, &record);
    inverted = vgate_host_write (host);
    g_assert_null (read_host (inverted, &first));
    sample_assert_error (first, SENSE, "pGPU 0000:42:00.0", "26.1-18.1 is inverted", NULL);

    record = sample_pgpu_record ();
    record.gpu_string[0] = '\x01';
    set_pgpu_record (pgpu, &record);
    pgpu->record = sample_pgpu_record ();
    not_text = vgate_host_write (host);
    g_assert_null (read_host (not_text, &second));
    sample_assert_error (second, SENSE, "pGPU 0000:42:00.0", "0x01", NULL);
}

static void
test_bad_xml (void)
{
    static const struct {
        const char *xml;
        VgateCode code;
    } cases[] = {
        {"", VGATE_CODE_XML_EMPTY},
        {"hello", VGATE_CODE_XML_MALFORMED},
        {"<host", VGATE_CODE_XML_TRUNCATED},
        {"<!DOCTYPE host><host/>", VGATE_CODE_XML_DOCTYPE},
        {"<domain/>", VGATE_CODE_HOST_DOCUMENT},
        {"<host xmlns='urn:x-vgpu-gate:host:1'/>x", VGATE_CODE_XML_MALFORMED},
        {"<host xmlns='urn:x-vgpu-gate:host:1'>&x;</host>", VGATE_CODE_XML_ENTITY},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (read_host (cases[i].xml, &error));
        g_assert_error (error, VGATE_ERROR, (int)cases[i].code);
    }
}

static void
test_find (void)
{
    g_autoptr (VgateHost) host = sample_host ();
    const VgatePgpu *first = g_ptr_array_index (host->pgpus, 0), *second = g_ptr_array_index (host->pgpus, 1);
    VgateHostType *unnamed;

    g_assert_true (vgate_host_find_pgpu (host, "0000:41:00.0") == first);
    g_assert_true (vgate_host_find_pgpu (host, "0000:42:00.0") == second);
    g_assert_null (vgate_host_find_pgpu (host, "0000:43:00.0"));
    g_assert_cmpuint (vgate_pgpu_find_type (first, 1131, NULL)->id, ==, 1131);
    /* the name decides, because another driver has other type numbers; the number only without a name */
    g_assert_cmpuint (vgate_pgpu_find_type (first, 1131, "NVIDIA H100XM-20C")->id, ==, 1128);
    g_assert_cmpuint (vgate_pgpu_find_type (first, 9, "NVIDIA H100XM-20C")->id, ==, 1128);
    g_assert_null (vgate_pgpu_find_type (first, 1131, "NVIDIA H100XM-10C"));
    g_assert_null (vgate_pgpu_find_type (first, 9, "NVIDIA H100XM-10C"));
    g_assert_null (vgate_pgpu_find_type (first, 9, NULL));
    /* our text for an empty text of the driver */
    g_assert_cmpuint (vgate_pgpu_find_type (first, 1131, "unknown")->id, ==, 1131);
    g_assert_null (vgate_pgpu_find_type (second, 1131, "NVIDIA H100XM-80C"));
    /* without a name the number decides */
    unnamed = (VgateHostType *)vgate_pgpu_find_type (first, 1131, NULL);
    g_free (unnamed->name);
    unnamed->name = g_strdup ("unknown");
    g_assert_true (vgate_pgpu_find_type (first, 1131, "NVIDIA H100XM-10C") == unnamed);
    g_assert_true (vgate_pgpu_is_same_type (first, 1131, NULL, 1131, "NVIDIA H100XM-10C"));
    g_assert_cmpuint (vgate_pgpu_find_type (first, 1131, "NVIDIA H100XM-20C")->id, ==, 1128);
    g_assert_null (vgate_pgpu_find_type (first, 9, "NVIDIA H100XM-10C"));
}

static void
test_same_type (void)
{
    g_autoptr (VgateHost) host = sample_host ();
    const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, 0);

    g_assert_true (vgate_pgpu_is_same_type (pgpu, 1, "a", 2, "a"));
    g_assert_false (vgate_pgpu_is_same_type (pgpu, 1, "a", 1, "b"));
    /* the host's list has a name for the number */
    g_assert_true (vgate_pgpu_is_same_type (pgpu, 1131, NULL, 7, "NVIDIA H100XM-80C"));
    g_assert_false (vgate_pgpu_is_same_type (pgpu, 1131, NULL, 1131, "NVIDIA H100XM-20C"));
    g_assert_true (vgate_pgpu_is_same_type (pgpu, 1131, NULL, 1131, NULL));
    g_assert_false (vgate_pgpu_is_same_type (pgpu, 1131, NULL, 1128, NULL));
    /* no name is known */
    g_assert_true (vgate_pgpu_is_same_type (pgpu, 9, NULL, 9, "x"));
    g_assert_false (vgate_pgpu_is_same_type (pgpu, 9, NULL, 8, "x"));
    g_assert_true (vgate_pgpu_is_same_type (pgpu, 9, "unknown", 9, "x"));
}

static void
test_unusable (void)
{
    g_autoptr (VgateHost) host = sample_host ();
    g_autofree char *xml = NULL, *bad_index = NULL, *before = NULL;
    g_autoptr (GError) error = NULL, other = NULL;

    sample_add_unusable (host, "0000:c2:00.0");
    sample_add_unusable (host, NULL);
    xml = vgate_host_write (host);
    g_assert_true (g_str_has_suffix (
        xml,
        "  </pgpu>\n"
        "  <unusable-gpu index='2' address='0000:c2:00.0' name='NVIDIA L4' "
        "reason='nvmlDeviceGetUUID: NVML error 15: GPU is lost'/>\n"
        "  <unusable-gpu index='3' reason='nvmlDeviceGetUUID: NVML error 15: GPU is lost'/>\n</host>\n"));
    /* the GPU of an address, as far as that can be determined */
    g_assert_cmpuint (vgate_host_find_unusable (host, "0000:c2:00.0")->index, ==, 2);
    g_assert_cmpuint (vgate_host_find_unusable (host, "0000:c3:00.0")->index, ==, 3);
    g_assert_null (vgate_host_find_unusable (host, "0000:41:00.0"));
    g_ptr_array_set_size (host->unusable, 1);
    g_assert_null (vgate_host_find_unusable (host, "0000:c3:00.0"));
    bad_index = sample_edit (xml, "index='3'", "index='x'");
    g_assert_null (read_host (bad_index, &error));
    sample_assert_error (error, FORM, "<unusable-gpu>", "'index'", NULL);
    before = sample_edit (xml, "  <pgpu ", "  <unusable-gpu index='9' reason='x'/>\n  <pgpu ");
    g_assert_null (read_host (before, &other));
    sample_assert_error (other, FORM, "<pgpu>", "unexpected element", NULL);
}

/* The document with an element repeated; '@' in the element becomes a number. The caller frees it. */
static char *
repeat_element (const char *xml, const char *before, const char *element, guint n)
{
    g_auto (GStrv) parts = g_strsplit (element, "@", 2), halves = g_strsplit (xml, before, 2);
    GString *text = g_string_new (halves[0]);

    g_assert_nonnull (halves[1]);
    for (guint i = 0; i < n; i++) {
        g_string_append (text, parts[0]);
        if (parts[1])
            g_string_append_printf (text, "%08x%s", i, parts[1]);
    }
    g_string_append_printf (text, "%s%s", before, halves[1]);
    return g_string_free (text, FALSE);
}

/* The shortest of three times that reading takes: processor time, which other programs do not change. */
static gint64
time_to_read (const char *xml, gboolean is_good)
{
    clock_t least = 0;

    for (guint i = 0; i < 3; i++) {
        const clock_t begin = clock ();
        g_autoptr (GPtrArray) faults = vgate_faults_new ();
        g_autoptr (VgateHost) host = vgate_host_inspect (xml, strlen (xml), faults);
        const clock_t taken = clock () - begin;

        g_assert_true ((host != NULL) == is_good);
        least = i == 0 ? taken : MIN (least, taken);
    }
    return (gint64)least;
}

/* Four times as many elements take about four times as long, good or bad; with each compared with all others,
 * it would be 16 times. */
static void
test_many (void)
{
    static const struct {
        const char *before, *element;
        gboolean is_good;
    } cases[] = {
        {"</devices>",
         "<lease domain='" SAMPLE_DOMAIN_UUID "' kind='mdev' device='@-4555-4555-8555-000000000009' "
         "exists='no' parent='0000:41:00.0' gpu='0000:41:00.0' type='1128'/>\n",
         TRUE},
        {"<virtual-function ",
         "<mdev uuid='@-4555-4555-8555-000000000009' parent='0000:41:00.0' gpu='0000:41:00.0' type='0'/>\n",
         TRUE},
        {"<virtual-function ",
         "<mdev uuid='55555555-5555-4555-8555-000000000009' parent='0000:41:00.0' gpu='0000:41:00.0' "
         "type='0'/>\n",
         FALSE},
        {"<lease ", "<vgpu uuid='@-4555-4555-8555-000000000009' gpu='0000:ff:00.0' type='1128'/>\n", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (VgateHost) host = sample_host ();
        g_autofree char *xml = NULL, *some = NULL, *many = NULL;
        gint64 time_of_some, time_of_many;

        sample_add_devices (host);
        xml = vgate_host_write (host);
        some = repeat_element (xml, cases[i].before, cases[i].element, 5000);
        many = repeat_element (xml, cases[i].before, cases[i].element, 20000);
        time_of_some = time_to_read (some, cases[i].is_good);
        time_of_many = time_to_read (many, cases[i].is_good);
        g_test_message ("case %zu: %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " us", i, time_of_some,
                        time_of_many);
        g_assert_cmpint (time_of_many, <, 8 * time_of_some);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/host-document/round-trip", test_round_trip);
    g_test_add_func ("/host-document/written", test_written);
    g_test_add_func ("/host-document/devices", test_devices);
    g_test_add_func ("/host-document/bad", test_bad);
    g_test_add_func ("/host-document/bad-bytes", test_bad_bytes);
    g_test_add_func ("/host-document/bad-xml", test_bad_xml);
    g_test_add_func ("/host-document/find", test_find);
    g_test_add_func ("/host-document/unusable", test_unusable);
    g_test_add_func ("/host-document/same-type", test_same_type);
    g_test_add_func ("/host-document/many", test_many);
    return g_test_run ();
}
