/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Readers and schemas accept the same forms: in both directions, case by case. */
#include "mutate.h"
#include "plugin/switchover/payload.h"
#include "sample.h"
#include "schema-values.h"
#include "schema.h"

#include <string.h>

typedef struct {
    gboolean (*reads) (const char *xml); /* the reader's check of the form */
    Schema *schema;
    guint accepted, rejected;
} Comparison;

/* Exactly as the gate reads it: through the checks of the input, and from a copy of the element. */
static gboolean
element_reads (const char *xml)
{
    g_autoptr (VgateXmlReader) reader = vgate_xml_reader_new (xml, strlen (xml), NULL);
    g_autoptr (xmlDoc) doc = NULL;
    g_autoptr (VgateElement) element = NULL;

    g_assert_nonnull (reader);
    while (vgate_xml_next (reader, NULL))
        if (xmlTextReaderNodeType (vgate_xml_reader_get (reader)) == XML_READER_TYPE_ELEMENT)
            break;
    doc = vgate_xml_copy_element (reader, NULL);
    g_assert_nonnull (doc);
    element = vgate_element_read (xmlDocGetRootElement (doc), NULL);
    return element != NULL;
}

/* The host document's two steps are one function; their codes distinguish them. */
static gboolean
host_reads (const char *xml)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateHost) host = vgate_host_read (xml, strlen (xml), &error);

    if (host || vgate_error_is (error, VGATE_CODE_HOST_DISAGREES))
        return TRUE;
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_HOST_DOCUMENT);
    return FALSE;
}

/* The domain's UUID is compared after the form was found valid. */
static gboolean
payload_reads (const char *xml)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePayload) payload = vgate_payload_read (xml, strlen (xml), SAMPLE_DOMAIN_UUID, &error);

    return payload || vgate_error_is (error, VGATE_CODE_PAYLOAD_DOMAIN);
}

static void
compare (const char *what, const char *xml, gpointer data)
{
    Comparison *comparison = data;
    const gboolean reads = comparison->reads (xml);

    if (schema_accepts (comparison->schema, xml) != reads)
        g_error ("%s: the reader %s what the schema %s: %.4000s", what, reads ? "accepts" : "refuses",
                 reads ? "refuses" : "accepts", xml);
    if (reads)
        comparison->accepted++;
    else
        comparison->rejected++;
}

static void
report (const Comparison *comparison, guint accepted_min, guint rejected_min)
{
    g_test_message ("%u mutations: %u accepted, %u rejected, by reader and schema alike",
                    comparison->accepted + comparison->rejected, comparison->accepted, comparison->rejected);
    g_assert_cmpuint (comparison->accepted, >=, accepted_min);
    g_assert_cmpuint (comparison->rejected, >=, rejected_min);
}

/* Values at the limits of length: 255 characters can be more bytes, and a wide character counts once. */
static void
compare_lengths (const char *xml, Comparison *comparison)
{
    g_autofree char *longest = g_strnfill (255, 'x'), *too_long = g_strnfill (256, 'x');
    g_autoptr (GString) wide = g_string_new (NULL), too_wide = g_string_new ("x");
    const char *lengths[] = {longest, too_long, NULL, NULL, NULL};

    for (guint i = 0; i < 255; i++)
        g_string_append (wide, i % 2 ? "\xf0\x9f\x92\xbe" : "\xc3\xa9");
    g_string_append (too_wide, wide->str);
    lengths[2] = wide->str;
    lengths[3] = too_wide->str;
    mutate_values (xml, lengths, compare, comparison);
}

/* whole has every element at least once, and twice where allowed; small has every attribute once. */
static void
compare_all (const char *whole, const char *small, Comparison *comparison, guint accepted_min,
             guint rejected_min)
{
    mutate_structure (whole, compare, comparison);
    mutate_values (small, schema_values, compare, comparison);
    mutate_texts (small, schema_texts, compare, comparison);
    compare_lengths (small, comparison);
    report (comparison, accepted_min, rejected_min);
}

static char *
sealed_element (guint n_vgpus)
{
    g_autoptr (VgateElement) element = sample_element (n_vgpus);
    g_autoptr (GBytes) key = g_bytes_new_static ("0123456789abcdef0123456789abcdef", 32);

    ((VgateElementVgpu *)g_ptr_array_index (element->vgpus, 0))->vf = g_strdup ("0000:41:00.4");
    vgate_element_seal (element, key);
    return vgate_element_write (element, TRUE);
}

static void
test_element (void)
{
    g_autoptr (Schema) schema = schema_open ("vgpu-gate-domain.rng");
    Comparison comparison = {.reads = element_reads, .schema = schema};
    g_autofree char *whole = sealed_element (2), *small = sealed_element (1);

    compare_all (whole, small, &comparison, 1400, 5000);
}

static void
test_host (void)
{
    g_autoptr (Schema) schema = schema_open ("vgpu-gate-host.rng");
    Comparison comparison = {.reads = host_reads, .schema = schema};
    g_autoptr (VgateHost) host = sample_host ();
    g_autofree char *whole = NULL, *small = NULL;

    sample_add_unusable (host, "0000:c2:00.0");
    sample_add_unusable (host, NULL);
    sample_add_devices (host);
    whole = vgate_host_write (host);
    g_ptr_array_set_size (host->unusable, 1);
    g_ptr_array_remove_range (host->devices->devices, 3, 3);
    g_ptr_array_remove_index (host->devices->devices, 1);
    g_ptr_array_set_size (host->devices->makeable, 1);
    g_ptr_array_set_size (host->devices->vgpus, 1);
    g_ptr_array_set_size (host->pgpus, 1);
    g_ptr_array_set_size (((VgatePgpu *)g_ptr_array_index (host->pgpus, 0))->types, 1);
    small = vgate_host_write (host);
    compare_all (whole, small, &comparison, 2500, 8000);
}

static void
test_payload (void)
{
    g_autoptr (Schema) schema = schema_open ("vgpu-gate-payload.rng");
    Comparison comparison = {.reads = payload_reads, .schema = schema};
    VgatePayload payload = {.domain = (char *)SAMPLE_DOMAIN_UUID, .time = SAMPLE_TIME};
    g_autoptr (VgateElement) element = sample_element (1);
    g_autoptr (GBytes) whole = NULL, nothing = NULL;
    g_autofree char *whole_xml = NULL, *nothing_xml = NULL;

    payload.element = element;
    whole = vgate_payload_write (&payload);
    whole_xml = g_strndup (g_bytes_get_data (whole, NULL), g_bytes_get_size (whole));
    payload.element = NULL;
    payload.source = VGATE_PAYLOAD_NOTHING;
    nothing = vgate_payload_write (&payload);
    nothing_xml = g_strndup (g_bytes_get_data (nothing, NULL), g_bytes_get_size (nothing));
    mutate_structure (whole_xml, compare, &comparison);
    mutate_structure (nothing_xml, compare, &comparison);
    mutate_values (nothing_xml, schema_values, compare, &comparison);
    report (&comparison, 120, 850);
}

/* One to 64 vGPUs are valid, none and 65 are not. */
static void
test_counts (void)
{
    g_autoptr (Schema) schema = schema_open ("vgpu-gate-domain.rng");
    Comparison comparison = {.reads = element_reads, .schema = schema};

    for (guint n = 0; n <= VGATE_ELEMENT_VGPUS_MAX + 3; n++) {
        g_autofree char *xml = sample_element_xml (n);
        g_autofree char *what = g_strdup_printf ("%u vGPUs", n);

        compare (what, xml, &comparison);
    }
    g_assert_cmpuint (comparison.accepted, ==, VGATE_ELEMENT_VGPUS_MAX);
}

/* A host without GPUs and a GPU without types have a valid form. */
static void
test_empty_host (void)
{
    g_autoptr (Schema) schema = schema_open ("vgpu-gate-host.rng");
    Comparison comparison = {.reads = host_reads, .schema = schema};
    g_autoptr (VgateHost) host = sample_host ();
    g_autofree char *no_types = NULL, *no_gpus = NULL;

    g_ptr_array_set_size (((VgatePgpu *)g_ptr_array_index (host->pgpus, 0))->types, 0);
    no_types = vgate_host_write (host);
    compare ("no types", no_types, &comparison);
    g_ptr_array_set_size (host->pgpus, 0);
    no_gpus = vgate_host_write (host);
    compare ("no GPUs", no_gpus, &comparison);
    g_assert_cmpuint (comparison.accepted, ==, 2);
}

static void
compare_value (Comparison *comparison, const char *xml, const char *from, const char *to)
{
    g_autofree char *edited = sample_edit (xml, from, to);

    compare (to, edited, comparison);
}

/* Every day of years of each kind, and days that do not exist. */
static void
test_calendar (void)
{
    static const int years[] = {1000, 1600, 1900, 1999, 2000, 2024, 2100, 9999};
    g_autoptr (Schema) schema = schema_open ("vgpu-gate-domain.rng");
    Comparison comparison = {.reads = element_reads, .schema = schema};
    g_autofree char *xml = sample_element_xml (1);
    guint days = 0;

    for (gsize i = 0; i < G_N_ELEMENTS (years); i++) {
        days += g_date_is_leap_year ((GDateYear)years[i]) ? 366 : 365;
        for (int month = 0; month <= 13; month++) {
            for (int day = 0; day <= 32; day++) {
                g_autofree char *time = g_strdup_printf ("%04d-%02d-%02dT12:34:56Z", years[i], month, day);

                compare_value (&comparison, xml, "2026-11-23T22:00:00Z", time);
            }
        }
    }
    g_assert_cmpuint (comparison.accepted, ==, days);
}

/* The 16 bits of a version's parts, in each of its places. */
static void
test_version_parts (void)
{
    g_autoptr (Schema) schema = schema_open ("vgpu-gate-domain.rng");
    Comparison comparison = {.reads = element_reads, .schema = schema};
    g_autofree char *xml = sample_element_xml (1);
    guint good = 0;

    for (guint part = 0; part < 700000; part += part < 110 || (part > 65000 && part < 66000) ? 1 : 997) {
        g_autofree char *major = g_strdup_printf ("guest-vgpu-version='%u.1'", part);
        g_autofree char *minor = g_strdup_printf ("guest-vgpu-version='1.%u'", part);

        compare_value (&comparison, xml, "guest-vgpu-version='26.1'", major);
        compare_value (&comparison, xml, "guest-vgpu-version='26.1'", minor);
        good += part <= G_MAXUINT16 ? 2 : 0;
    }
    g_assert_cmpuint (comparison.accepted, ==, good);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/schemas/element", test_element);
    g_test_add_func ("/schemas/host", test_host);
    g_test_add_func ("/schemas/payload", test_payload);
    g_test_add_func ("/schemas/counts", test_counts);
    g_test_add_func ("/schemas/empty-host", test_empty_host);
    g_test_add_func ("/schemas/calendar", test_calendar);
    g_test_add_func ("/schemas/version-parts", test_version_parts);
    return g_test_run ();
}
