/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status document contains every fact, and correct JSON for values that are easy to get wrong. */
#include "plugin/service/status-document.h"
#include "sample.h"

#include <json-glib/json-glib.h>
#include <string.h>

static JsonObject *
parse (const VgateStatus *status, JsonParser *parser)
{
    g_autofree char *document = vgate_status_document (status);
    g_autoptr (GError) error = NULL;

    json_parser_load_from_data (parser, document, -1, &error);
    g_assert_no_error (error);
    g_assert_true (g_str_has_suffix (document, "}\n"));
    return json_object_get_object_member (json_node_get_object (json_parser_get_root (parser)), "status");
}

/* Byte for byte, because programs read the command's output. */
static void
test_sample (void)
{
    g_autofree char *path = g_build_filename (g_getenv ("VGATE_SRCDIR"), "tests/data/status.json", NULL);
    g_autoptr (VgateStatus) status = sample_status ();
    g_autofree char *document = vgate_status_document (status), *expected = NULL;

    g_assert_true (g_file_get_contents (path, &expected, NULL, NULL));
    g_assert_cmpstr (document, ==, expected);
}

/* A daemon that was just started: the lists exist and are empty, and there is no age without an event. */
static void
test_fresh (void)
{
    g_autoptr (VgateStatus) status = vgate_status_new ();
    g_autoptr (JsonParser) parser = json_parser_new ();
    JsonObject *object;

    status->version = g_strdup ("0.1.0");
    status->uri = g_strdup ("qemu:///system");
    object = parse (status, parser);
    g_assert_false (json_object_has_member (object, "nvml"));
    g_assert_cmpuint (json_array_get_length (json_object_get_array_member (object, "guest")), ==, 0);
    g_assert_cmpuint (json_array_get_length (json_object_get_array_member (object, "counter")), ==, 0);
    g_assert_cmpstr (json_object_get_string_member (object, "started"), ==, "1970-01-01T00:00:00Z");
}

/* What is wrong with the configuration is named with its code; the sample has nothing of it. */
static void
test_bad_configuration (void)
{
    g_autoptr (VgateStatus) status = sample_status ();
    g_autoptr (JsonParser) parser = json_parser_new ();
    JsonObject *object;

    status->is_config_refused = TRUE;
    status->config_code = g_strdup ("VGATE-604");
    status->config_text = g_strdup ("vgpu-gate.conf line 3: there is no group [gates]");
    object = parse (status, parser);
    g_assert_true (json_object_get_boolean_member (object, "configuration-refused"));
    object = json_object_get_object_member (object, "configuration-error");
    g_assert_nonnull (object);
    g_assert_cmpstr (json_object_get_string_member (object, "code"), ==, "VGATE-604");
    g_assert_cmpstr (json_object_get_string_member (object, "text"), ==, status->config_text);
}

/* Each state of the bus has a name, and the line for systemd names the way out. */
static void
test_lost_bus (void)
{
    g_autoptr (VgateStatus) status = sample_status ();
    VgateStatusGuest *guest = g_ptr_array_index (status->guests, 0);
    g_autofree char *line = NULL;

    for (VgateStatusBus bus = VGATE_STATUS_BUS_NONE; bus <= VGATE_STATUS_BUS_UNSERVED; bus++) {
        g_autoptr (JsonParser) parser = json_parser_new ();
        JsonObject *object;

        guest->bus = bus;
        object = parse (status, parser);
        object = json_array_get_object_element (json_object_get_array_member (object, "guest"), 0);
        g_assert_cmpint (json_object_has_member (object, "switch-over"), ==, bus != VGATE_STATUS_BUS_NONE);
        g_assert_cmpstr (json_object_get_string_member_with_default (object, "switch-over", NULL), ==,
                         vgate_status_bus_names[bus]);
    }
    guest->bus = VGATE_STATUS_BUS_LOST;
    line = vgate_status_line (status);
    g_assert_nonnull (strstr (line, "; 1 lost the bus, run: vgpu-gate switchover repair --all"));
}

static void
assert_line (const VgateStatus *status, const char *expected)
{
    g_autofree char *line = vgate_status_line (status);

    g_assert_cmpstr (line, ==, expected);
}

/* systemd's line: a file that was corrected after a refused reload has no error, but needs another reload. */
static void
test_line (void)
{
    g_autoptr (VgateStatus) status = vgate_status_new ();

    status->is_connected = TRUE;
    status->domains = 1;
    assert_line (status, "1 running domain, 0 with vGPUs, 0 captured");
    status->is_config_refused = TRUE;
    status->config_code = g_strdup ("VGATE-604");
    status->config_text = g_strdup ("vgpu-gate.conf line 3: there is no group [gates]");
    assert_line (status, "1 running domain, 0 with vGPUs, 0 captured; the configuration has an error");
    g_clear_pointer (&status->config_code, g_free);
    g_clear_pointer (&status->config_text, g_free);
    assert_line (status,
                 "1 running domain, 0 with vGPUs, 0 captured; the last reload was refused, the file is "
                 "valid now; run: systemctl reload vgpu-gated");
    status->is_config_refused = FALSE;
    status->is_report_only = TRUE;
    assert_line (status, "1 running domain, 0 with vGPUs, 0 captured; refusals are only reported");
    g_ptr_array_add (status->exceptions, g_new0 (VgateException, 1));
    assert_line (status, "1 running domain, 0 with vGPUs, 0 captured; refusals are only reported; one "
                         "arrival is allowed of 1 guest");
    g_ptr_array_set_size (status->exceptions, 0);
    status->is_report_only = status->is_connected = FALSE;
    status->domains = 2;
    assert_line (status, "2 running domains, 0 with vGPUs, 0 captured; no connection to libvirt");
}

static void
test_odd_values (void)
{
    static const char text[] = "a\"b\\c</status>gr\303\266\303\237e";
    g_autoptr (VgateStatus) status = sample_status ();
    VgateStatusGuest *guest = g_ptr_array_index (status->guests, 0);
    g_autoptr (JsonParser) parser = json_parser_new ();
    JsonObject *object;

    /* a clock that was set back, and a number that no signed integer can hold */
    status->time = guest->captured - 10;
    guest->sequence = G_MAXUINT64;
    g_free (guest->failure_text);
    guest->failure_text = g_strdup (text);
    object = parse (status, parser);
    object = json_array_get_object_element (json_object_get_array_member (object, "guest"), 0);
    g_assert_cmpstr (
        json_object_get_string_member (json_object_get_object_member (object, "failure"), "text"), ==, text);
    object = json_object_get_object_member (object, "capture");
    g_assert_cmpint (json_object_get_int_member (object, "age"), ==, 0);
    g_assert_cmpstr (json_object_get_string_member (object, "sequence"), ==, "18446744073709551615");
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/status-document/sample", test_sample);
    g_test_add_func ("/status-document/fresh", test_fresh);
    g_test_add_func ("/status-document/bad-configuration", test_bad_configuration);
    g_test_add_func ("/status-document/line", test_line);
    g_test_add_func ("/status-document/lost-bus", test_lost_bus);
    g_test_add_func ("/status-document/odd-values", test_odd_values);
    return g_test_run ();
}
