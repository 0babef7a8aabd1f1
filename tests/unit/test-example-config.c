/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* examples/vgpu-gate.conf, vgpu-gate.conf(5) and the defaults are compared with the table of keys
 * (policy/keys.c) and that of rules: each has every key, no other key, and the same default. */
#include "policy/keys.h"

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

/* Reads a copy, because a checkout may be writable by a group, which a configuration must not be. */
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

/* TRUE if all keys have the same values, except the sealing key, which is read from another file. */
static gboolean
is_same (const VgatePolicy *a, const VgatePolicy *b)
{
    return g_strcmp0 (a->backend.library, b->backend.library) == 0 &&
           g_strcmp0 (a->backend.helper, b->backend.helper) == 0 &&
           a->backend.deadline_ms == b->backend.deadline_ms && a->is_report_only == b->is_report_only &&
           (a->report_domains == b->report_domains ||
            (a->report_domains && b->report_domains &&
             g_strv_equal ((const char *const *)a->report_domains,
                           (const char *const *)b->report_domains))) &&
           a->allow_missing_metadata == b->allow_missing_metadata &&
           a->allow_backend_failure == b->allow_backend_failure && a->gate_cold_start == b->gate_cold_start &&
           a->max_age == b->max_age && a->host_max_age == b->host_max_age &&
           a->capture_interval == b->capture_interval &&
           a->capture_interval_fast == b->capture_interval_fast && a->capture_refresh == b->capture_refresh &&
           a->link_speed == b->link_speed && a->down_time_limit == b->down_time_limit &&
           a->ignore_stale_metadata == b->ignore_stale_metadata &&
           a->ignore_unrestorable_save == b->ignore_unrestorable_save &&
           g_strcmp0 (a->metrics_file, b->metrics_file) == 0 &&
           g_strcmp0 (a->switch_over_bus, b->switch_over_bus) == 0 &&
           a->switch_over_save_ms == b->switch_over_save_ms &&
           a->switch_over_load_ms == b->switch_over_load_ms && a->placement_mode == b->placement_mode &&
           a->placement_order == b->placement_order && a->lease_time == b->lease_time &&
           a->report_definition == b->report_definition && g_strcmp0 (a->host_uuid, b->host_uuid) == 0 &&
           memcmp (a->severities, b->severities, sizeof a->severities) == 0;
}

static gboolean
is_key_file (const VgatePolicyKey *key)
{
    return strcmp (key->key, "key-file") == 0;
}

/* Each key has a value that changes the policy, so is_same () overlooks none. */
static void
test_is_same (void)
{
    static const char *const values[] = {
        "allow", "check", "ignore", "off",     "depth-first",  "report",
        "7",     "200",   "/x",     "/x.prom", "unix:path=/x", "00000000-0000-4000-8000-000000000001"};
    gsize n;
    const VgatePolicyKey *keys = vgate_policy_keys (&n);

    for (gsize i = 0; i < n; i++) {
        gboolean differs = is_key_file (&keys[i]);

        for (gsize j = 0; j < G_N_ELEMENTS (values) && !differs; j++) {
            g_autoptr (VgatePolicy) policy = vgate_policy_new_default (),
                                    defaults = vgate_policy_new_default ();

            differs = keys[i].read (policy, values[j]) && !is_same (policy, defaults);
        }
        if (!differs)
            g_error ("no value of %s makes a difference to is_same ()", keys[i].key);
    }
}

static void
test_defaults (void)
{
    g_autofree char *text = read_source ("examples/vgpu-gate.conf");
    g_autoptr (VgatePolicy) policy = load (text), defaults = vgate_policy_new_default ();

    g_assert_true (is_same (policy, defaults));
}

/* --- the values in a text: "GROUP.KEY" to its value, "" for a placeholder --- */

static gboolean
is_rule (const char *name)
{
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        if (strcmp (vgate_rule_info (rule)->name, name) == 0)
            return TRUE;
    return FALSE;
}

static void
take_key (GHashTable *said, const char *group, const char *key, const char *value)
{
    if (g_strcmp0 (group, "rules") == 0 ? !is_rule (key) : !vgate_policy_find_key (group ? group : "", key))
        g_error ("[%s] %s is no key of the configuration", group, key);
    if (!g_hash_table_insert (said, g_strdup_printf ("%s.%s", group, key), g_strdup (value)))
        g_error ("[%s] %s is described twice", group, key);
}

/* A commented key has no default. */
static GHashTable *
read_example (void)
{
    g_autofree char *text = read_source ("examples/vgpu-gate.conf"), *group = NULL;
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    g_autoptr (GRegex) group_line = g_regex_new ("^(?:# )?\\[([a-z-]+)\\]$", 0, 0, NULL);
    g_autoptr (GRegex) key_line = g_regex_new ("^(# )?([a-z-]+)=(.*)$", 0, 0, NULL);
    GHashTable *said = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

    for (gsize i = 0; lines[i]; i++) {
        g_autoptr (GMatchInfo) as_group = NULL, as_key = NULL;

        if (g_regex_match (group_line, lines[i], 0, &as_group)) {
            g_free (group);
            group = g_match_info_fetch (as_group, 1);
        } else if (g_regex_match (key_line, lines[i], 0, &as_key)) {
            g_autofree char *comment = g_match_info_fetch (as_key, 1), *key = g_match_info_fetch (as_key, 2);
            g_autofree char *value = g_match_info_fetch (as_key, 3);

            take_key (said, group, key, *comment != '\0' ? "" : value);
        }
    }
    return said;
}

/* Puts the page's paragraph of each key into paragraphs as well. */
static GHashTable *
read_manual (GHashTable *paragraphs)
{
    g_autofree char *text = read_source ("docs/vgpu-gate.conf.5.in"), *group = NULL, *name = NULL;
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    g_autoptr (GRegex) group_line = g_regex_new ("^\\.SS \\[([a-z-]+)\\]$", 0, 0, NULL);
    g_autoptr (GRegex) key_line = g_regex_new ("^\\.BR ([a-z-]+) =(.*)$", 0, 0, NULL);
    GHashTable *said = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

    for (gsize i = 0; lines[i]; i++) {
        g_autoptr (GMatchInfo) as_group = NULL, as_key = NULL;

        if (g_regex_match (group_line, lines[i], 0, &as_group)) {
            g_free (group);
            group = g_match_info_fetch (as_group, 1);
        } else if (g_regex_match (key_line, lines[i], 0, &as_key)) {
            g_autofree char *key = g_match_info_fetch (as_key, 1), *value = g_match_info_fetch (as_key, 2);

            take_key (said, group, key, g_str_has_prefix (value, "\\fI") ? "" : value);
            g_free (name);
            name = g_strdup_printf ("%s.%s", group, key);
            g_hash_table_insert (paragraphs, g_strdup (name), g_string_new (NULL));
        } else if (g_str_has_prefix (lines[i], ".S")) {
            g_clear_pointer (&name, g_free);
        } else if (name) {
            g_string_append_printf (g_hash_table_lookup (paragraphs, name), " %s", lines[i]);
        }
    }
    return said;
}

/* The default in the text is the default. */
static void
assert_default (const VgatePolicyKey *key, GHashTable *said, const char *where)
{
    g_autofree char *name = g_strdup_printf ("%s.%s", key->group, key->key);
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default (), defaults = vgate_policy_new_default ();
    const char *value = g_hash_table_lookup (said, name);

    if (!value)
        g_error ("%s lacks [%s] %s", where, key->group, key->key);
    if (*value != '\0' && (!key->read (policy, value) || !is_same (policy, defaults)))
        g_error ("%s: '%s' is not the default of [%s] %s", where, value, key->group, key->key);
}

/* The text names the range of a number, or the words of a choice. */
static void
assert_names_values (const VgatePolicyKey *key, GHashTable *paragraphs)
{
    g_autofree char *name = g_strdup_printf ("%s.%s", key->group, key->key);
    const GString *paragraph = g_hash_table_lookup (paragraphs, name);
    const gboolean is_choice =
        g_regex_match_simple ("^[a-z-]+(, [a-z-]+)*,? or [a-z-]+$", key->expected, 0, 0);
    g_auto (GStrv) words = g_strsplit_set (key->expected, " ,", -1);

    for (gsize i = 0; words[i]; i++) {
        const gboolean counts =
            is_choice ? *words[i] != '\0' && strcmp (words[i], "or") != 0 : g_ascii_isdigit (*words[i]);

        if (counts && !strstr (paragraph->str, words[i]))
            g_error ("vgpu-gate.conf(5) does not say that [%s] %s can be '%s'", key->group, key->key,
                     words[i]);
    }
}

static void
free_string (gpointer string)
{
    g_string_free (string, TRUE);
}

static void
test_keys (void)
{
    g_autoptr (GHashTable) paragraphs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_string);
    g_autoptr (GHashTable) example = read_example (), manual = read_manual (paragraphs);
    gsize n;
    const VgatePolicyKey *keys = vgate_policy_keys (&n);

    for (gsize i = 0; i < n; i++) {
        assert_default (&keys[i], example, "examples/vgpu-gate.conf");
        assert_default (&keys[i], manual, "vgpu-gate.conf(5)");
        assert_names_values (&keys[i], paragraphs);
    }
    g_assert_cmpuint (g_hash_table_size (example), ==, n + VGATE_N_RULES);
    g_assert_cmpuint (g_hash_table_size (manual), ==, n + VGATE_N_RULES);
}

/* Commented lines are valid as well. */
static void
test_commented (void)
{
    g_autofree char *text = read_source ("examples/vgpu-gate.conf");
    g_autoptr (GString) enabled = g_string_new (text);
    g_autoptr (VgatePolicy) policy = NULL;

    g_assert_cmpuint (g_string_replace (enabled, "# helper=", "helper=", 0), ==, 1);
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
    g_assert_cmpstr (policy->backend.helper, ==, "/usr/libexec/vgpu-gate/vgpu-gate-nvml");
    g_assert_nonnull (policy->host_uuid);
    g_assert_nonnull (policy->metrics_file);
}

static void
test_rules_are_documented (void)
{
    g_autofree char *example = read_source ("examples/vgpu-gate.conf");
    g_autofree char *manual = read_source ("docs/vgpu-gate.conf.5.in");

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
    g_test_add_func ("/example-config/is-same", test_is_same);
    g_test_add_func ("/example-config/defaults", test_defaults);
    g_test_add_func ("/example-config/keys", test_keys);
    g_test_add_func ("/example-config/commented", test_commented);
    g_test_add_func ("/example-config/rules-are-documented", test_rules_are_documented);
    return g_test_run ();
}
