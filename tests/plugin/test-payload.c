/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The payload at switch-over: written and read, and every fault that a received one can have. */
#include "plugin/switchover/payload.h"
#include "sample.h"

#include <string.h>

#define FROM_DOMAIN "urn:x-vgpu-gate:domain:1"

static VgatePayload *
sample_payload (guint n_vgpus)
{
    VgatePayload *payload = vgate_payload_new (SAMPLE_DOMAIN_UUID, SAMPLE_TIME, VGATE_PAYLOAD_NVML);

    payload->element = sample_element (n_vgpus);
    return payload;
}

/* Returns the payload as text, for edits. */
static char *
sample_text (void)
{
    g_autoptr (VgatePayload) payload = sample_payload (1);
    g_autoptr (GBytes) bytes = vgate_payload_write (payload);

    return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static VgatePayload *
read_text (const char *text, GError **error)
{
    return vgate_payload_read (text, strlen (text), SAMPLE_DOMAIN_UUID, error);
}

static void
test_round_trip (void)
{
    for (guint n = 1; n <= VGATE_ELEMENT_VGPUS_MAX; n *= 4) {
        g_autoptr (VgatePayload) payload = sample_payload (n), read = NULL;
        g_autoptr (GBytes) bytes = vgate_payload_write (payload), again = NULL;
        g_autoptr (GError) error = NULL;

        g_test_message ("%u vGPUs: %zu bytes", n, g_bytes_get_size (bytes));
        read = vgate_payload_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                   SAMPLE_DOMAIN_UUID, &error);
        g_assert_no_error (error);
        g_assert_cmpint (read->time, ==, SAMPLE_TIME);
        g_assert_cmpint (read->source, ==, VGATE_PAYLOAD_NVML);
        g_assert_true (vgate_element_check (read->element, SAMPLE_DOMAIN_UUID, NULL, &error));
        again = vgate_payload_write (read);
        g_assert_true (g_bytes_equal (bytes, again));
    }
}

static void
test_nothing (void)
{
    g_autoptr (VgatePayload) payload =
        vgate_payload_new (SAMPLE_DOMAIN_UUID, SAMPLE_TIME, VGATE_PAYLOAD_NOTHING);
    g_autoptr (GBytes) bytes = vgate_payload_write (payload);
    g_autoptr (VgatePayload) read = NULL;
    g_autoptr (GError) error = NULL;

    g_assert_cmpuint (g_bytes_get_size (bytes), >=, 1);
    read = vgate_payload_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), SAMPLE_DOMAIN_UUID,
                               &error);
    g_assert_no_error (error);
    g_assert_null (read->element);
    g_assert_cmpint (read->source, ==, VGATE_PAYLOAD_NOTHING);
}

/* A payload larger than QEMU accepts must not be sent: QEMU would skip it, and the image could not be
 * restored. */
static void
test_too_much_to_write (void)
{
    g_autoptr (VgatePayload) payload = sample_payload (VGATE_ELEMENT_VGPUS_MAX), read = NULL;
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (GError) error = NULL;

    for (guint i = 0; i < payload->element->vgpus->len; i++) {
        VgateElementVgpu *vgpu = g_ptr_array_index (payload->element->vgpus, i);

        g_free (vgpu->type_name);
        vgpu->type_name = g_strnfill (20000, 'x');
    }
    bytes = vgate_payload_write (payload);
    g_assert_cmpuint (g_bytes_get_size (bytes), <=, VGATE_PAYLOAD_SIZE_MAX);
    read = vgate_payload_read (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), SAMPLE_DOMAIN_UUID,
                               &error);
    g_assert_no_error (error);
    g_assert_cmpint (read->source, ==, VGATE_PAYLOAD_NOTHING);
}

static void
test_sizes (void)
{
    g_autofree char *blanks = g_strnfill (VGATE_PAYLOAD_SIZE_MAX + 1, ' ');
    g_autofree char *text = sample_text ();
    static const gsize lengths[] = {0, VGATE_PAYLOAD_SIZE_MAX + 1};
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePayload) largest = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++) {
        g_assert_null (vgate_payload_read (blanks, lengths[i], SAMPLE_DOMAIN_UUID, &error));
        sample_assert_error (error, VGATE_CODE_PAYLOAD_SIZE, "1 to 1048576", NULL);
        g_clear_error (&error);
    }
    memcpy (blanks, text, strlen (text));
    largest = vgate_payload_read (blanks, VGATE_PAYLOAD_SIZE_MAX, SAMPLE_DOMAIN_UUID, &error);
    g_assert_no_error (error);
}

static void
test_rubbish (void)
{
    static const struct {
        const char *bytes;
        gsize length;
        VgateCode code;
    } cases[] = {
        {"\0", 1, VGATE_CODE_XML_NOT_UTF8},
        {"\xff\xfe<\0", 4, VGATE_CODE_XML_NOT_UTF8},
        {" \n", 2, VGATE_CODE_XML_EMPTY},
        {"rubbish", 7, VGATE_CODE_XML_MALFORMED},
        {"<!DOCTYPE x><x/>", 16, VGATE_CODE_XML_DOCTYPE},
        {"<x>&y;</x>", 10, VGATE_CODE_XML_ENTITY},
        {"<x/>", 4, VGATE_CODE_PAYLOAD_FORM},
        {"<payload/>", 10, VGATE_CODE_PAYLOAD_FORM},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (vgate_payload_read (cases[i].bytes, cases[i].length, SAMPLE_DOMAIN_UUID, &error));
        sample_assert_error (error, cases[i].code, "invalid payload", NULL);
    }
}

/* A payload that is cut anywhere is never accepted. */
static void
test_cut (void)
{
    g_autofree char *text = sample_text ();

    for (gsize length = 1; length < strlen (text); length++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (vgate_payload_read (text, length, SAMPLE_DOMAIN_UUID, &error));
        g_assert_true (vgate_error_is (error, VGATE_CODE_XML_TRUNCATED) ||
                       vgate_error_is (error, VGATE_CODE_XML_MALFORMED));
    }
}

static void
test_spoilt (void)
{
    static const struct {
        const char *from, *to;
        VgateCode code;
    } cases[] = {
        {"payload:1'", "payload:2'", VGATE_CODE_PAYLOAD_VERSION},
        {"payload:1'", "other:1'", VGATE_CODE_PAYLOAD_FORM},
        {" time='", " tyme='", VGATE_CODE_PAYLOAD_FORM},
        {"time='2026", "time='2O26", VGATE_CODE_PAYLOAD_FORM},
        {"source='nvml'", "source='gossip'", VGATE_CODE_PAYLOAD_FORM},
        {"source='nvml'", "source='nothing'", VGATE_CODE_PAYLOAD_FORM},
        {"<vgpus ", "<first/><vgpus ", VGATE_CODE_PAYLOAD_FORM},
        {"</payload>", "<last/></payload>", VGATE_CODE_PAYLOAD_FORM},
        {"</payload>", "text</payload>", VGATE_CODE_PAYLOAD_FORM},
        {"<payload xmlns='urn:x-vgpu-gate:payload:1' domain='11111111",
         "<payload xmlns='urn:x-vgpu-gate:payload:1' domain='99999999", VGATE_CODE_PAYLOAD_DOMAIN},
        /* the element's own errors have their own codes */
        {FROM_DOMAIN "'", "urn:x-vgpu-gate:domain:2'", VGATE_CODE_PAYLOAD_FORM},
        {"<guest power='running' max-downtime='300'/>", "", VGATE_CODE_ELEMENT_STRUCTURE},
        {"trigger='change'", "trigger='whim'", VGATE_CODE_ELEMENT_VALUE},
        {"<metadata length='468'>", "<metadata length='468'>!", VGATE_CODE_ELEMENT_BASE64},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *good = sample_text (), *bad = sample_edit (good, cases[i].from, cases[i].to);
        g_autoptr (GError) error = NULL;
        g_autoptr (VgatePayload) payload = read_text (bad, &error);

        if (payload || !vgate_error_is (error, cases[i].code))
            g_error ("case %zu: %s", i, error ? error->message : "accepted");
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/payload/round-trip", test_round_trip);
    g_test_add_func ("/payload/nothing", test_nothing);
    g_test_add_func ("/payload/too-much-to-write", test_too_much_to_write);
    g_test_add_func ("/payload/sizes", test_sizes);
    g_test_add_func ("/payload/rubbish", test_rubbish);
    g_test_add_func ("/payload/cut", test_cut);
    g_test_add_func ("/payload/spoilt", test_spoilt);
    return g_test_run ();
}
