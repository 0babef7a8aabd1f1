/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* examples/vgpu-gate.conf says that it shows every key at its default, and the man page names every rule. */
#include "policy/policy.h"

#include <glib/gstdio.h>
#include <string.h>

static char *
read_source (const char *path)
{
    g_autofree char *full = g_build_filename (g_getenv ("VGATE_SRCDIR"), path, NULL);
    g_autoptr (GError) error = NULL;
    char *text;

    g_file_get_contents (full, &text, NULL, &error);
    g_assert_no_error (error);
    return text;
}

/* A copy, as a checkout may be writable by a group, which a configuration must not be. */
static VgatePolicy *
load (const char *text)
{
    g_autofree char *path = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;
    const int fd = g_file_open_tmp ("vgate-example-XXXXXX", &path, &error);

    g_assert_no_error (error);
    g_assert_true (g_close (fd, NULL));
    g_assert_true (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
    policy = vgate_policy_load (path, &error);
    g_unlink (path);
    g_assert_no_error (error);
    return g_steal_pointer (&policy);
}

static void
test_defaults (void)
{
    g_autofree char *text = read_source ("examples/vgpu-gate.conf");
    g_autoptr (VgatePolicy) policy = load (text), defaults = vgate_policy_new_default ();

    g_assert_cmpstr (policy->backend.library, ==, defaults->backend.library);
    g_assert_cmpuint (policy->backend.deadline_ms, ==, defaults->backend.deadline_ms);
    g_assert_cmpint (policy->allow_missing_metadata, ==, defaults->allow_missing_metadata);
    g_assert_cmpint (policy->allow_backend_failure, ==, defaults->allow_backend_failure);
    g_assert_cmpint (policy->gate_cold_start, ==, defaults->gate_cold_start);
    g_assert_cmpint (policy->max_age, ==, defaults->max_age);
    g_assert_cmpuint (policy->capture_interval, ==, defaults->capture_interval);
    g_assert_cmpuint (policy->capture_refresh, ==, defaults->capture_refresh);
    g_assert_cmpuint (policy->link_speed, ==, defaults->link_speed);
    g_assert_cmpuint (policy->down_time_limit, ==, defaults->down_time_limit);
    g_assert_cmpint (policy->placement_mode, ==, defaults->placement_mode);
    g_assert_cmpint (policy->placement_order, ==, defaults->placement_order);
    g_assert_cmpuint (policy->lease_time, ==, defaults->lease_time);
    g_assert_cmpint (policy->report_definition, ==, defaults->report_definition);
    g_assert_cmpmem (policy->severities, sizeof policy->severities, defaults->severities,
                     sizeof defaults->severities);
}

/* What is commented out is right too. */
static void
test_commented (void)
{
    g_autofree char *text = read_source ("examples/vgpu-gate.conf");
    g_autoptr (GString) enabled = g_string_new (text);
    g_autoptr (VgatePolicy) policy = NULL;

    g_assert_cmpuint (g_string_replace (enabled, "# [host]", "[host]", 0), ==, 1);
    g_assert_cmpuint (g_string_replace (enabled, "# uuid=", "uuid=", 0), ==, 1);
    g_assert_cmpuint (g_string_replace (enabled, "# [agent]", "[agent]", 0), ==, 1);
    g_assert_cmpuint (g_string_replace (enabled, "# metrics-file=", "metrics-file=", 0), ==, 1);
    g_assert_cmpuint (g_string_replace (enabled, "# [down-time]", "[down-time]", 0), ==, 1);
    g_assert_cmpuint (g_string_replace (enabled, "# link-speed=", "link-speed=", 0), ==, 1);
    g_assert_cmpuint (g_string_replace (enabled, "# limit-ms=", "limit-ms=", 0), ==, 1);
    policy = load (enabled->str);
    g_assert_cmpuint (policy->link_speed, ==, 10000);
    g_assert_cmpuint (policy->down_time_limit, ==, 300);
    g_assert_nonnull (policy->host_uuid);
    g_assert_nonnull (policy->metrics_file);
}

static void
test_rules_are_documented (void)
{
    g_autofree char *example = read_source ("examples/vgpu-gate.conf");
    g_autofree char *manual = read_source ("docs/vgpu-gate.conf.5");

    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++) {
        const VgateRuleInfo *info = vgate_rule_info (rule);
        const char *severity = vgate_severity_name (info->severity);
        g_autofree char *line = g_strdup_printf ("\n%s=%s\n", info->name, severity);
        g_autofree char *entry = g_strdup_printf (".BR %s =%s\n", info->name, severity);

        g_assert_nonnull (strstr (example, line));
        g_assert_nonnull (strstr (manual, entry));
    }
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/example-config/defaults", test_defaults);
    g_test_add_func ("/example-config/commented", test_commented);
    g_test_add_func ("/example-config/rules-are-documented", test_rules_are_documented);
    return g_test_run ();
}
