/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every fault that an element can have: each with its own code, and a message that names the place. */
#include "sample.h"

#include <string.h>

/* Replaces the first FROM of the good element by TO. */
typedef struct {
    const char *from, *to;
    VgateCode code;
    const char *place, *words;
} Bad;

#define STRUCTURE VGATE_CODE_ELEMENT_STRUCTURE
#define VALUE     VGATE_CODE_ELEMENT_VALUE

static const Bad bad_form[] = {
    /* an unknown version, or another namespace */
    {"domain:1'", "domain:2'", VGATE_CODE_ELEMENT_VERSION, "<vgpus>", "urn:x-vgpu-gate:domain:2"},
    {"domain:1'", "domain:10'", VGATE_CODE_ELEMENT_VERSION, "<vgpus>", "urn:x-vgpu-gate:domain:10"},
    {" xmlns='urn:x-vgpu-gate:domain:1'", "", VGATE_CODE_ELEMENT_VERSION, "<vgpus>", "namespace ''"},
    /* elements: missing, unknown, twice, out of place, in no or another namespace */
    {"<guest power='running' max-downtime='300'/>", "", STRUCTURE, "<vgpu>", "expected <guest>"},
    {"<guest power='running' max-downtime='300'/>",
     "<guest power='running' max-downtime='300'/><guest power='running' max-downtime='300'/>", STRUCTURE,
     "<guest>", "unexpected element"},
    {"<guest power='running' max-downtime='300'/>", "<other/><guest power='running' max-downtime='300'/>",
     STRUCTURE, "<other>", "expected <guest>"},
    {"<guest power='running' max-downtime='300'/>", "<guest xmlns='' power='running'/>", STRUCTURE, "<guest>",
     "unexpected element: expected <"},
    {"<guest power='running' max-downtime='300'/>", "<guest xmlns='urn:x' power='running'/>", STRUCTURE,
     "<guest>", "unexpected element: expected <"},
    {"<guest power='running' max-downtime='300'/>", "<guest power='running'><x/></guest>", STRUCTURE, "<x>",
     "unexpected element"},
    {"<guest power='running' max-downtime='300'/>", "<guest power='running'>text</guest>", STRUCTURE,
     "<guest>", "text"},
    {"<guest power='running' max-downtime='300'/>", "text<guest power='running' max-downtime='300'/>",
     STRUCTURE, "<vgpus>", "text"},
    {"<guest power='running' max-downtime='300'/>",
     "<![CDATA[x]]><guest power='running' max-downtime='300'/>", STRUCTURE, "<vgpus>", "text"},
    {"</vgpus>", "<late/></vgpus>", STRUCTURE, "<late>", "unexpected element"},
    {"</vgpus>", "late</vgpus>", STRUCTURE, "<vgpus>", "text"},
    {"</vgpu>", "<late/></vgpu>", STRUCTURE, "<late>", "unexpected element"},
    {"</metadata>", "<x/></metadata>", STRUCTURE, "<metadata>", "text"},
    {"</pgpu>", "<scheduler policy='unknown' arr='default' average-factor='0' time-slice='0'/></pgpu>",
     STRUCTURE, "<scheduler>", "unexpected element"},
    /* attributes: missing, unknown, in a namespace */
    {" domain='" SAMPLE_DOMAIN_UUID "'", "", STRUCTURE, "<vgpus>", "'domain' is missing"},
    {" sequence='7'", "", STRUCTURE, "<vgpus>", "'sequence' is missing"},
    {" power='running'", "", STRUCTURE, "<guest>", "'power' is missing"},
    {" length='468'", "", STRUCTURE, "<metadata>", "'length' is missing"},
    {" revision='1'", "", STRUCTURE, "<mirror>", "'revision' is missing"},
    {" range='18.1-26.1'", "", STRUCTURE, "<pgpu>", "'range' is missing"},
    {" arr='enabled'", "", STRUCTURE, "<scheduler>", "'arr' is missing"},
    {"<guest power", "<guest colour='red' power", STRUCTURE, "<guest>", "'colour' is unknown"},
    {"<guest power", "<guest xmlns:x='urn:x' x:power='running' power", STRUCTURE, "<guest>",
     "'power' is unknown"},
    {"<guest power", "<guest xmlns:x='urn:x' x:power", STRUCTURE, "<guest>", "'power' is missing"},
    {"<guest power", "<guest xml:lang='en' power", STRUCTURE, "<guest>", "'lang' is unknown"},
    /* values */
    {"domain='1", "domain='x", VALUE, "<vgpus>", "invalid value 'x1111111"},
    {"sequence='7'", "sequence='18446744073709551616'", VALUE, "<vgpus>", "'sequence'"},
    {"sequence='7'", "sequence='07'", VALUE, "<vgpus>", "'sequence'"},
    {"time='2026-11-23T22:00:00Z'", "time='2026-02-30T22:00:00Z'", VALUE, "<capture>", "2026-02-30"},
    {"trigger='change'", "trigger='Change'", VALUE, "<capture>",
     "invalid value 'Change' for attribute 'trigger'"},
    {"host='host-a.example'", "host=''", VALUE, "<capture>", "invalid value '' for attribute 'host'"},
    {"host='host-a.example'", "host='a&#10;b'", VALUE, "<capture>",
     "invalid value 'a?b' for attribute 'host'"},
    {"simulated='no'", "simulated='false'", VALUE, "<capture>", "'simulated'"},
    {"power='running'", "power='off'", VALUE, "<guest>", "invalid value 'off' for attribute 'power'"},
    {"type='1131'", "type='4294967296'", VALUE, "<vgpu>", "'type'"},
    {"type='1131'", "type='-1'", VALUE, "<vgpu>", "'type'"},
    {"mdev='b", "mdev='B", VALUE, "<vgpu>", "'mdev'"},
    {"guest-address='0000:01:00.0'", "guest-address='0000:01:00.8'", VALUE, "<vgpu>", "'guest-address'"},
    {"guest-address='0000:01:00.0'", "guest-address='01:00.0'", VALUE, "<vgpu>", "'guest-address'"},
    {"max-downtime='300'", "max-downtime='0'", VALUE, "<guest>",
     "invalid value '0' for attribute 'max-downtime'"},
    {"max-downtime='300'", "max-downtime='0300'", VALUE, "<guest>", "'max-downtime'"},
    {"framebuffer-used='5368709120'", "framebuffer-used='18446744073709551616'", VALUE, "<vgpu>",
     "'framebuffer-used'"},
    {"runtime-state='201326592'", "runtime-state=''", VALUE, "<vgpu>", "'runtime-state'"},
    {"read-bandwidth='12000'", "read-bandwidth='-1'", VALUE, "<pgpu>", "'read-bandwidth'"},
    {"capabilities='0x1'", "capabilities='1'", VALUE, "<mirror>", "'capabilities'"},
    {"guest-vgpu-version='26.1'", "guest-vgpu-version='26'", VALUE, "<mirror>", "'guest-vgpu-version'"},
    {"guest-driver='580",
     "guest-driver='\xc3\xa9"
     "80",
     VALUE, "<mirror>", "'guest-driver'"},
    {"range='18.1-26.1'", "range='18.1'", VALUE, "<pgpu>", "'range'"},
    {"policy='equal-share'", "policy='round-robin'", VALUE, "<scheduler>", "'policy'"},
    /* text that is not base64 */
    {"'>AwAAAAEA", "'>AwAA*AEA", VGATE_CODE_ELEMENT_BASE64, "<metadata>", "base64"},
    {"'>AwAAAAEA", "'>wAAAAEA", VGATE_CODE_ELEMENT_BASE64, "<metadata>", "base64"},
    {"'>AwAAAAEA", "'>Aw==AAAA", VGATE_CODE_ELEMENT_BASE64, "<metadata>", "base64"},
    {"</metadata>", "=</metadata>", VGATE_CODE_ELEMENT_BASE64, "<metadata>", "base64"},
    {"</metadata>", "====</metadata>", VGATE_CODE_ELEMENT_BASE64, "<metadata>", "base64"},
    {"</metadata>", "AB==</metadata>", VGATE_CODE_ELEMENT_BASE64, "<metadata>",
     "base64"}, /* unused bits not 0 */
};

static void
assert_bad_form (const char *xml, const Bad *bad)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateElement) element = sample_read (xml, &error);

    g_test_message ("%s -> %s", bad->from, bad->to);
    g_assert_null (element);
    sample_assert_error (error, bad->code, bad->place, bad->words, NULL);
    g_assert_true (g_str_has_prefix (error->message, "line 1: "));
}

static void
test_form (void)
{
    g_autofree char *xml = sample_element_xml (1);

    for (gsize i = 0; i < G_N_ELEMENTS (bad_form); i++) {
        g_autofree char *edited = sample_edit (xml, bad_form[i].from, bad_form[i].to);

        assert_bad_form (edited, &bad_form[i]);
    }
}

/* The message has the line of the element in the document that was read, wherever our element is in it. */
static void
test_names_the_line (void)
{
    g_autofree char *xml = sample_element_xml (1);
    g_autofree char *lower =
        sample_edit (xml, "<guest power='running' max-downtime='300'/>", "\n\n\n<guest power='off'/>");
    g_autofree char *domain = sample_domain (lower, NULL);
    g_autoptr (GError) error = NULL;

    g_assert_null (vgate_domain_read (domain, strlen (domain), NULL, &error));
    sample_assert_error (error, VALUE, "line 7: <guest>:", NULL);
}

static void
test_too_many (void)
{
    g_autofree char *xml = sample_element_xml (VGATE_ELEMENT_VGPUS_MAX + 1);
    g_autoptr (GError) error = NULL;

    g_assert_null (sample_read (xml, &error));
    sample_assert_error (error, STRUCTURE, "<vgpu>", "more than 64", NULL);
}

static void
test_none (void)
{
    g_autoptr (VgateElement) element = sample_element (0);
    g_autofree char *xml = vgate_element_write (element, TRUE);
    g_autoptr (GError) error = NULL;

    g_assert_null (sample_read (xml, &error));
    sample_assert_error (error, STRUCTURE, "<vgpus>", "<vgpu> is missing", NULL);
}

static const Bad bad_sense[] = {
    /* wrong lengths */
    {"length='468'", "length='467'", VGATE_CODE_ELEMENT_LENGTH, "<metadata>", "467"},
    {"length='468'", "length='0'", VGATE_CODE_ELEMENT_LENGTH, "<metadata>", "0 bytes"},
    {"length='468'", "length='4294967295'", VGATE_CODE_ELEMENT_LENGTH, "<metadata>", "4294967295"},
    {"</metadata>", "AAAA</metadata>", VGATE_CODE_ELEMENT_LENGTH, "<metadata>", "471"},
    {"length='468'>AwAA", "length='465'>", VGATE_CODE_ELEMENT_LENGTH, "vGPU metadata", "257 bytes"},
    /* for another domain */
    {"domain='1", "domain='2", VGATE_CODE_ELEMENT_DOMAIN, "21111111-", SAMPLE_DOMAIN_UUID},
    /* the mirror, each attribute of it */
    {"mirror version='3'", "mirror version='4'", VGATE_CODE_ELEMENT_MIRROR, "<mirror>",
     "version='4', but the driver's bytes contain version='3'"},
    {"revision='1'", "revision='2'", VGATE_CODE_ELEMENT_MIRROR, "<mirror>", "revision='2'"},
    {"guest-info-state='1'", "guest-info-state='0'", VGATE_CODE_ELEMENT_MIRROR, "<mirror>",
     "guest-info-state='0'"},
    {"guest-driver='580.95.05'", "guest-driver='580.95.06'", VGATE_CODE_ELEMENT_MIRROR, "<mirror>",
     "guest-driver='580.95.06'"},
    {"guest-driver='580.95.05'", "guest-driver=''", VGATE_CODE_ELEMENT_MIRROR, "<mirror>", "guest-driver=''"},
    {"host-driver='580.95.05' cap", "host-driver='580.95.0' cap", VGATE_CODE_ELEMENT_MIRROR, "<mirror>",
     "host-driver='580.95.0'"},
    {"capabilities='0x1'", "capabilities='0x0'", VGATE_CODE_ELEMENT_MIRROR, "<mirror>", "capabilities='0x0'"},
    {"guest-vgpu-version='26.1'", "guest-vgpu-version='18.1'", VGATE_CODE_ELEMENT_MIRROR, "<mirror>",
     "guest-vgpu-version='18.1', but the driver's bytes contain guest-vgpu-version='26.1'"},
    {"opaque-size='260'", "opaque-size='256'", VGATE_CODE_ELEMENT_MIRROR, "<mirror>", "opaque-size='256'"},
    {"gpu-string='233016C100000003'", "gpu-string='233016C100000002'", VGATE_CODE_ELEMENT_MIRROR, "<mirror>",
     "gpu-string='233016C100000002'"},
    {"gpu-string='233016C100000003'", "gpu-string='233016c100000003'", VGATE_CODE_ELEMENT_MIRROR, "<mirror>",
     "gpu-string"},
    /* the bytes were changed, the mirror was not */
    {"'>AwAAAAEA", "'>BAAAAAEA", VGATE_CODE_ELEMENT_MIRROR, "<mirror>",
     "version='3', but the driver's bytes contain version='4'"},
    {"range='18.1-26.1'", "range='26.1-18.1'", VALUE, "<pgpu>", "26.1-18.1 is inverted"},
};

static void
test_sense (void)
{
    g_autofree char *xml = sample_element_xml (1);

    for (gsize i = 0; i < G_N_ELEMENTS (bad_sense); i++) {
        g_autofree char *edited = sample_edit (xml, bad_sense[i].from, bad_sense[i].to);
        g_autoptr (GError) error = NULL;
        g_autoptr (VgateElement) form = sample_read (edited, &error);

        g_test_message ("%s -> %s", bad_sense[i].from, bad_sense[i].to);
        g_assert_no_error (error);
        g_assert_nonnull (form);
        g_assert_null (sample_read_and_check (edited, NULL, &error));
        sample_assert_error (error, bad_sense[i].code, bad_sense[i].place, bad_sense[i].words, NULL);
        if (bad_sense[i].code != VGATE_CODE_ELEMENT_DOMAIN)
            sample_assert_error (error, bad_sense[i].code,
                                 "vGPU aaaaaaaa-0000-4000-8000-000000000001: ", NULL);
    }
}

/* With several vGPUs the message names the faulty one. */
static void
test_names_the_vgpu (void)
{
    g_autoptr (VgateElement) element = sample_element (3);
    VgateVgpuRecord record = sample_vgpu_record ();
    g_autofree char *xml = NULL;
    g_autoptr (GError) error = NULL;

    record.guest_driver[0] = '\x1b'; /* bytes that a driver never writes; the mirror cannot contain them */
    sample_set_record (element, 1, &record);
    ((VgateElementVgpu *)g_ptr_array_index (element->vgpus, 1))->record = sample_vgpu_record ();
    xml = vgate_element_write (element, TRUE);
    g_assert_null (sample_read_and_check (xml, NULL, &error));
    sample_assert_error (error, VGATE_CODE_METADATA_NOT_TEXT,
                         "vGPU aaaaaaaa-0000-4000-8000-000000000002: ", "guest driver version", "0x1b", NULL);
}

static void
copy_text (char **to, const char *from)
{
    g_free (*to);
    *to = g_strdup (from);
}

static void
test_duplicates (void)
{
    static const char *const kinds[] = {"same uuid", "same mdev", "same vf", "same guest-address"};

    for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
        g_autoptr (VgateElement) element = sample_element (3);
        VgateElementVgpu *first = g_ptr_array_index (element->vgpus, 0),
                         *third = g_ptr_array_index (element->vgpus, 2);
        g_autofree char *xml = NULL;
        g_autoptr (GError) error = NULL;

        if (i == 0)
            copy_text (&third->uuid, first->uuid);
        else if (i == 1)
            copy_text (&third->mdev, first->mdev);
        else if (i == 2)
            first->vf = g_strdup (third->vf = g_strdup ("0000:41:00.4"));
        else
            copy_text (&third->guest_address, first->guest_address);
        xml = vgate_element_write (element, TRUE);
        g_assert_null (sample_read_and_check (xml, NULL, &error));
        sample_assert_error (error, VGATE_CODE_ELEMENT_DUPLICATE, "vGPU 3", "vGPU 1", kinds[i], third->uuid,
                             NULL);
    }
}

/* Values that several vGPUs may share. */
static void
test_not_duplicates (void)
{
    g_autoptr (VgateElement) element = sample_element (2);
    g_autofree char *xml = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateElement) read = NULL;

    for (guint i = 0; i < 2; i++) {
        VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);

        g_clear_pointer (&vgpu->mdev, g_free);
        g_clear_pointer (&vgpu->vf, g_free);
        g_clear_pointer (&vgpu->guest_address, g_free);
    }
    xml = vgate_element_write (element, TRUE);
    read = sample_read_and_check (xml, NULL, &error);
    g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/element-bad/form", test_form);
    g_test_add_func ("/element-bad/names-the-line", test_names_the_line);
    g_test_add_func ("/element-bad/too-many", test_too_many);
    g_test_add_func ("/element-bad/none", test_none);
    g_test_add_func ("/element-bad/sense", test_sense);
    g_test_add_func ("/element-bad/names-the-vgpu", test_names_the_vgpu);
    g_test_add_func ("/element-bad/duplicates", test_duplicates);
    g_test_add_func ("/element-bad/not-duplicates", test_not_duplicates);
    return g_test_run ();
}
