/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The metadata element: what was written can be read, survives libvirt, and is sealed. */
#include "sample.h"
#include "nvml/nvml-abi.h"

#include <string.h>

static GBytes *
key_of (char letter)
{
    g_autofree char *text = g_strnfill (32, letter);

    return g_bytes_new (text, 32);
}

static void
assert_same_vgpu (const VgateElementVgpu *a, const VgateElementVgpu *b)
{
    g_assert_cmpstr (a->uuid, ==, b->uuid);
    g_assert_cmpstr (a->mdev, ==, b->mdev);
    g_assert_cmpstr (a->vf, ==, b->vf);
    g_assert_cmpstr (a->guest_address, ==, b->guest_address);
    g_assert_cmpuint (a->type, ==, b->type);
    g_assert_cmpstr (a->type_name, ==, b->type_name);
    g_assert_cmpuint (a->framebuffer_used, ==, b->framebuffer_used);
    g_assert_cmpuint (a->runtime_state, ==, b->runtime_state);
    g_assert_cmpuint (a->pgpu.read_bandwidth, ==, b->pgpu.read_bandwidth);
    g_assert_cmpuint (a->metadata.length, ==, b->metadata.length);
    g_assert_true (g_bytes_equal (a->metadata.bytes, b->metadata.bytes));
    g_assert_cmpstr (a->pgpu.address, ==, b->pgpu.address);
    g_assert_cmpstr (a->pgpu.name, ==, b->pgpu.name);
    g_assert_cmpstr (a->pgpu.host_driver, ==, b->pgpu.host_driver);
    g_assert_cmphex (a->pgpu.range.min, ==, b->pgpu.range.min);
    g_assert_cmphex (a->pgpu.range.max, ==, b->pgpu.range.max);
    g_assert_cmpint (a->pgpu.has_scheduler, ==, b->pgpu.has_scheduler);
    if (a->pgpu.has_scheduler)
        g_assert_cmpmem (&a->pgpu.scheduler, sizeof (VgateScheduler), &b->pgpu.scheduler,
                         sizeof (VgateScheduler));
    g_assert_cmpstr (a->record.guest_driver, ==, b->record.guest_driver);
    g_assert_cmpstr (a->record.gpu_string, ==, b->record.gpu_string);
    g_assert_cmphex (a->record.guest_version, ==, b->record.guest_version);
}

static void
assert_same (const VgateElement *a, const VgateElement *b)
{
    g_assert_cmpstr (a->domain, ==, b->domain);
    g_assert_cmpuint (a->sequence, ==, b->sequence);
    g_assert_cmpint (a->time, ==, b->time);
    g_assert_cmpint (a->trigger, ==, b->trigger);
    g_assert_cmpstr (a->host, ==, b->host);
    g_assert_cmpstr (a->host_uuid, ==, b->host_uuid);
    g_assert_cmpint (a->simulated, ==, b->simulated);
    g_assert_cmpint (a->power, ==, b->power);
    g_assert_cmpuint (a->max_downtime, ==, b->max_downtime);
    g_assert_cmpstr (a->seal, ==, b->seal);
    g_assert_cmpuint (a->vgpus->len, ==, b->vgpus->len);
    for (guint i = 0; i < a->vgpus->len; i++)
        assert_same_vgpu (g_ptr_array_index (a->vgpus, i), g_ptr_array_index (b->vgpus, i));
}

/* Written, read, checked, written again: the same members and the same text. */
static void
assert_round_trip (const VgateElement *element)
{
    g_autofree char *xml = vgate_element_write (element, TRUE), *again = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateElement) read = sample_read_and_check (xml, NULL, &error);

    g_assert_no_error (error);
    assert_same (read, element);
    again = vgate_element_write (read, TRUE);
    g_assert_cmpstr (again, ==, xml);
}

static void
test_written (void)
{
    g_autoptr (VgateElement) element = sample_element (1);
    g_autofree char *bare = vgate_element_write (element, FALSE), *full = vgate_element_write (element, TRUE);
    g_autofree char *expected = sample_edit (bare, "<vgpus", "<vgpus xmlns='" VGATE_ELEMENT_NAMESPACE "'");

    g_assert_true (g_str_has_prefix (
        bare, "<vgpus domain='" SAMPLE_DOMAIN_UUID "' sequence='7'><capture time='2026-11-23T22:00:00Z' "
              "trigger='change' host='host-a.example' host-uuid='" SAMPLE_HOST_UUID
              "' simulated='no'/><guest power='running' max-downtime='300'/><vgpu "
              "uuid='aaaaaaaa-0000-4000-8000-000000000001' "
              "type='1131' "
              "type-name='NVIDIA H100XM-80C' mdev='bbbbbbbb-0000-4000-8000-000000000001' "
              "guest-address='0000:01:00.0' framebuffer-used='5368709120' runtime-state='201326592'>"
              "<metadata length='468'>"));
    g_assert_true (g_str_has_suffix (
        bare, "</metadata><mirror version='3' revision='1' guest-info-state='1' guest-driver='580.95.05' "
              "host-driver='580.95.05' capabilities='0x1' guest-vgpu-version='26.1' opaque-size='260' "
              "gpu-string='233016C100000003'/><pgpu address='0000:41:00.0' name='NVIDIA H100 80GB HBM3' "
              "host-driver='580.95.05' range='18.1-26.1' read-bandwidth='12000'><scheduler "
              "policy='equal-share' arr='enabled' "
              "average-factor='33' time-slice='2000000'/></pgpu></vgpu></vgpus>"));
    g_assert_cmpstr (full, ==, expected);
}

static void
test_round_trip (void)
{
    static const guint counts[] = {1, 2, 3, VGATE_ELEMENT_VGPUS_MAX};

    for (gsize i = 0; i < G_N_ELEMENTS (counts); i++) {
        g_autoptr (VgateElement) element = sample_element (counts[i]);
        g_autoptr (GBytes) key = key_of ('k');

        assert_round_trip (element);
        vgate_element_seal (element, key);
        assert_round_trip (element);
    }
}

/* Every value of each choice, and the limits of the numbers. */
static void
test_extremes (void)
{
    for (int trigger = 0; trigger < VGATE_N_TRIGGERS; trigger++) {
        g_autoptr (VgateElement) element = sample_element (1);
        VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, 0);

        element->trigger = trigger;
        element->power = trigger % 2 ? VGATE_POWER_SUSPENDED : VGATE_POWER_RUNNING;
        element->simulated = trigger % 2;
        element->sequence = trigger % 2 ? G_MAXUINT64 : 0;
        element->time =
            trigger % 2 ? G_GINT64_CONSTANT (253402300799) : 0; /* the last second of 9999, 1970 */
        vgpu->type = trigger % 2 ? G_MAXUINT32 : 0;
        vgpu->pgpu.range.max = trigger % 2 ? G_MAXUINT32 : vgpu->pgpu.range.min;
        g_clear_pointer (&vgpu->mdev, g_free);
        g_clear_pointer (&vgpu->guest_address, g_free);
        assert_round_trip (element);
        g_assert_nonnull (vgate_trigger_name ((VgateTrigger)trigger));
    }
}

/* A guest whose driver is not up, and an unknown layout: texts are then empty. */
static void
test_empty_texts (void)
{
    g_autoptr (VgateElement) element = sample_element (2);
    VgateVgpuRecord record = sample_vgpu_record ();

    record.guest_driver[0] = '\0';
    record.guest_info_state = NVML_GUEST_INFO_UNINITIALIZED;
    record.guest_version = 0;
    memset (record.guest_driver, 0, sizeof record.guest_driver);
    sample_set_record (element, 0, &record);
    record.opaque_size = 1000;
    memset (record.gpu_string, 0, sizeof record.gpu_string);
    sample_set_record (element, 1, &record);
    assert_round_trip (element);
}

/* Other users choose the names: markup in them is text, and they may be long. */
static void
test_names (void)
{
    static const char *const names[] = {"<&'\">", "a b", " blank ",         "gr\xc3\xbcn",
                                        "&lt;",   "]]>", "\xf0\x9f\x92\xbe"};
    g_autofree char *longest = g_strnfill (255, 'x');

    for (gsize i = 0; i <= G_N_ELEMENTS (names); i++) {
        g_autoptr (VgateElement) element = sample_element (1);
        VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, 0);
        const char *name = i < G_N_ELEMENTS (names) ? names[i] : longest;

        g_free (element->host);
        element->host = g_strdup (name);
        g_free (vgpu->type_name);
        vgpu->type_name = g_strdup (name);
        g_free (vgpu->pgpu.name);
        vgpu->pgpu.name = g_strdup (name);
        assert_round_trip (element);
    }
}

static void
put_prefix (xmlNode *node, xmlNs *ns)
{
    for (; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE)
            xmlSetNs (node, ns);
        put_prefix (node->children, ns);
    }
}

/* The element as libvirt writes it: a prefix on every element, its own indentation and quotes. */
static char *
as_libvirt_writes_it (const char *xml)
{
    g_autoptr (xmlDoc) doc = xmlReadMemory (xml, (int)strlen (xml), NULL, NULL, XML_PARSE_NOBLANKS);
    xmlNode *root = xmlDocGetRootElement (doc);
    xmlChar *text;
    int length;
    char *copy;

    xmlFreeNsList (root->nsDef);
    root->nsDef = NULL;
    put_prefix (root, xmlNewNs (root, (const xmlChar *)VGATE_ELEMENT_NAMESPACE,
                                (const xmlChar *)VGATE_ELEMENT_PREFIX));
    xmlDocDumpFormatMemory (doc, &text, &length, 1);
    copy = g_strdup (strchr ((const char *)text, '\n') + 1); /* without <?xml?> */
    xmlFree (text);
    return copy;
}

static void
test_survives_libvirt (void)
{
    g_autoptr (VgateElement) element = sample_element (3);
    g_autoptr (GBytes) key = key_of ('k');
    g_autofree char *xml = NULL, *changed = NULL, *domain_xml = NULL, *again = NULL;
    g_autoptr (VgateDomain) domain = NULL;
    g_autoptr (GError) error = NULL;

    vgate_element_seal (element, key);
    xml = vgate_element_write (element, TRUE);
    changed = as_libvirt_writes_it (xml);
    g_assert_nonnull (strstr (changed, "<vgate:mirror version=\"3\""));
    g_assert_nonnull (strstr (changed, "\n  <vgate:vgpu "));
    domain_xml = sample_domain (changed, NULL);
    domain = vgate_domain_read (domain_xml, strlen (domain_xml), NULL, &error);
    g_assert_no_error (error);
    g_assert_true (vgate_element_check (domain->element, domain->uuid, key, &error));
    g_assert_no_error (error);
    assert_same (domain->element, element);
    again = vgate_element_write (domain->element, TRUE);
    g_assert_cmpstr (again, ==, xml);
}

/* Base64 may be broken into lines, and attributes may come in any order. */
static void
test_layout_is_free (void)
{
    g_autofree char *xml = sample_element_xml (1);
    g_autofree char *lines = sample_edit (xml, "<metadata length='468'>AwAAAAEAAAAB",
                                          "<metadata length='468'>\n  AwAA\tAAEA\r\n AA A B");
    g_autofree char *order =
        sample_edit (lines, "policy='equal-share' arr='enabled'", "arr = 'enabled'\n policy=\"equal-share\"");
    g_autofree char *between = sample_edit (order, "<guest", "<!-- c --><?p i?> \n<guest");
    g_autofree char *empty = sample_edit (between, "<guest power='running' max-downtime='300'/>",
                                          "<guest power='running' max-downtime='300'> <!-- c --></guest >");
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateElement) read = sample_read_and_check (empty, NULL, &error);
    g_autofree char *again = NULL;

    g_assert_no_error (error);
    again = vgate_element_write (read, TRUE);
    g_assert_cmpstr (again, ==, xml);
}

static void
assert_seal_error (const char *xml, GBytes *key, VgateCode code)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateElement) element = sample_read_and_check (xml, key, &error);

    g_assert_null (element);
    sample_assert_error (error, code, "seal", NULL);
}

static void
test_seal (void)
{
    g_autoptr (VgateElement) element = sample_element (2);
    g_autoptr (GBytes) key = key_of ('k'), other = key_of ('l'),
                       longer = g_bytes_new ("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", 33);
    g_autofree char *unsealed = vgate_element_write (element, TRUE), *sealed = NULL, *first_seal = NULL;
    g_autoptr (VgateElement) good = NULL, without_key = NULL;
    g_autoptr (GError) error = NULL;

    vgate_element_seal (element, key);
    g_assert_true (vgate_xml_text_has_form (element->seal, VGATE_XML_SHA256));
    first_seal = g_strdup (element->seal);
    vgate_element_seal (element, key); /* the seal does not cover itself */
    g_assert_cmpstr (element->seal, ==, first_seal);
    sealed = vgate_element_write (element, TRUE);

    good = sample_read_and_check (sealed, key, &error);
    g_assert_no_error (error);
    without_key = sample_read_and_check (sealed, NULL, &error);
    g_assert_no_error (error);
    assert_seal_error (unsealed, key, VGATE_CODE_SEAL_MISSING);
    assert_seal_error (sealed, other, VGATE_CODE_SEAL_WRONG);
    assert_seal_error (sealed, longer, VGATE_CODE_SEAL_WRONG);
}

/* A sealed element with one change that no other check would notice. */
static void
test_seal_covers (void)
{
    static const char *const edits[][2] = {
        {"sequence='7'", "sequence='8'"},
        {"22:00:00Z", "22:00:01Z"},
        {"trigger='change'", "trigger='start'"},
        {"host='host-a.example'", "host='host-c.example'"},
        {"host-uuid='2", "host-uuid='3"},
        {"simulated='no'", "simulated='yes'"},
        {"power='running'", "power='suspended'"},
        {"<vgpu uuid='a", "<vgpu uuid='b"},
        {"type='1131'", "type='1132'"},
        {"type-name='NVIDIA H100XM-80C'", "type-name='NVIDIA H100XM-40C'"},
        {"mdev='b", "mdev='c"},
        {" mdev='bbbbbbbb-0000-4000-8000-000000000001'", ""},
        {"guest-address='0000:01:00.0'", "guest-address='0000:09:00.0'"},
        {" guest-address='0000:01:00.0'", ""},
        {"address='0000:41:00.0'", "address='0000:42:00.0'"},
        {"name='NVIDIA H100 80GB HBM3'", "name='NVIDIA H100 80GB'"},
        {"max-downtime='300'", "max-downtime='301'"},
        {" max-downtime='300'", ""},
        {"framebuffer-used='5368709120'", "framebuffer-used='5368709121'"},
        {" framebuffer-used='5368709120'", ""},
        {"runtime-state='201326592'", "runtime-state='1'"},
        {"read-bandwidth='12000'", "read-bandwidth='12001'"},
        {"host-driver='580.95.05' range", "host-driver='580.95.06' range"},
        {"range='18.1-26.1'", "range='18.1-27.1'"},
        {"policy='equal-share'", "policy='fixed-share'"},
        {"arr='enabled'", "arr='disabled'"},
        {"average-factor='33'", "average-factor='34'"},
        {"time-slice='2000000'", "time-slice='2000001'"},
        {"<scheduler policy='equal-share' arr='enabled' average-factor='33' time-slice='2000000'/>", ""},
    };
    g_autoptr (VgateElement) element = sample_element (2);
    g_autoptr (GBytes) key = key_of ('k');
    g_autofree char *sealed = NULL;

    vgate_element_seal (element, key);
    sealed = vgate_element_write (element, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS (edits); i++) {
        g_autofree char *edited = sample_edit (sealed, edits[i][0], edits[i][1]);

        g_test_message ("%s -> %s", edits[i][0], edits[i][1]);
        assert_seal_error (edited, key, VGATE_CODE_SEAL_WRONG);
    }
}

/* Every digit of the seal counts. */
static void
test_seal_digits (void)
{
    g_autoptr (VgateElement) element = sample_element (1);
    g_autoptr (GBytes) key = key_of ('k');

    vgate_element_seal (element, key);
    for (gsize i = 0; i < 64; i++) {
        const char digit = element->seal[i];
        g_autofree char *xml = NULL;

        element->seal[i] = digit == '0' ? '1' : '0';
        xml = vgate_element_write (element, TRUE);
        assert_seal_error (xml, key, VGATE_CODE_SEAL_WRONG);
        element->seal[i] = digit;
    }
}

/* The order of the vGPUs counts too. */
static void
test_seal_covers_order (void)
{
    g_autoptr (VgateElement) element = sample_element (2);
    g_autoptr (GBytes) key = key_of ('k');
    g_autofree char *swapped = NULL;
    gpointer first;

    vgate_element_seal (element, key);
    first = element->vgpus->pdata[0];
    element->vgpus->pdata[0] = element->vgpus->pdata[1];
    element->vgpus->pdata[1] = first;
    swapped = vgate_element_write (element, TRUE);
    assert_seal_error (swapped, key, VGATE_CODE_SEAL_WRONG);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/element/written", test_written);
    g_test_add_func ("/element/round-trip", test_round_trip);
    g_test_add_func ("/element/extremes", test_extremes);
    g_test_add_func ("/element/empty-texts", test_empty_texts);
    g_test_add_func ("/element/names", test_names);
    g_test_add_func ("/element/survives-libvirt", test_survives_libvirt);
    g_test_add_func ("/element/layout-is-free", test_layout_is_free);
    g_test_add_func ("/element/seal", test_seal);
    g_test_add_func ("/element/seal-covers", test_seal_covers);
    g_test_add_func ("/element/seal-digits", test_seal_digits);
    g_test_add_func ("/element/seal-covers-order", test_seal_covers_order);
    return g_test_run ();
}
