/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/keys.h"

#include "policy/bus.h"
#include "policy/reader.h"
#include "xml/xml.h"

#include <string.h>

static gboolean
read_refuse_allow (const char *value, gboolean *allow)
{
    *allow = strcmp (value, "allow") == 0;
    return *allow || strcmp (value, "refuse") == 0;
}

static gboolean
read_number (const char *value, guint64 min, guint64 max, guint64 *number)
{
    return g_ascii_string_to_unsigned (value, 10, min, max, number, NULL);
}

static gboolean
read_uint (const char *value, guint min, guint max, guint *number)
{
    guint64 wide = 0;
    const gboolean good = read_number (value, min, max, &wide);

    *number = (guint)wide;
    return good;
}

static void
replace_text (char **text, const char *value)
{
    g_free (*text);
    *text = g_strdup (value);
}

static gboolean
read_library (VgatePolicy *policy, const char *value)
{
    replace_text (&policy->backend.library, value);
    /* a relative path would depend on the hook's working directory */
    return *value != '\0' && (*value == '/' || !strchr (value, '/'));
}

static gboolean
read_helper (VgatePolicy *policy, const char *value)
{
    replace_text (&policy->backend.helper, value);
    return *value == '/';
}

static gboolean
read_deadline (VgatePolicy *policy, const char *value)
{
    return read_uint (value, 100, 60000, &policy->backend.deadline_ms);
}

static gboolean
read_mode (VgatePolicy *policy, const char *value)
{
    policy->is_report_only = strcmp (value, "report") == 0;
    return policy->is_report_only || strcmp (value, "enforce") == 0;
}

/* No name of libvirt's domains contains '/'. The last ';' can be there or not, as in other key files. */
static gboolean
read_report_domains (VgatePolicy *policy, const char *value)
{
    g_auto (GStrv) words = g_strsplit (value, ";", -1);
    g_autoptr (GStrvBuilder) domains = g_strv_builder_new ();

    for (gsize i = 0; words[i]; i++) {
        const char *word = g_strstrip (words[i]);
        const gboolean is_last = !words[i + 1];

        if (strchr (word, '/') || (*word == '\0' && !is_last))
            return FALSE;
        if (*word != '\0')
            g_strv_builder_add (domains, word);
    }
    g_strfreev (policy->report_domains);
    policy->report_domains = g_strv_builder_end (domains);
    return TRUE;
}

static gboolean
read_missing_metadata (VgatePolicy *policy, const char *value)
{
    return read_refuse_allow (value, &policy->allow_missing_metadata);
}

static gboolean
read_backend_failure (VgatePolicy *policy, const char *value)
{
    return read_refuse_allow (value, &policy->allow_backend_failure);
}

static gboolean
read_cold_start (VgatePolicy *policy, const char *value)
{
    policy->gate_cold_start = strcmp (value, "check") == 0;
    return policy->gate_cold_start || strcmp (value, "ignore") == 0;
}

static gboolean
read_age (const char *value, gint64 *seconds)
{
    guint64 number = 0;
    const gboolean good = read_number (value, 0, G_MAXINT32, &number);

    *seconds = (gint64)number;
    return good;
}

static gboolean
read_max_age (VgatePolicy *policy, const char *value)
{
    return read_age (value, &policy->max_age);
}

static gboolean
read_host_max_age (VgatePolicy *policy, const char *value)
{
    return read_age (value, &policy->host_max_age);
}

static gboolean
read_seconds (const char *value, guint *seconds)
{
    return read_uint (value, 1, 3600, seconds);
}

static gboolean
read_interval (VgatePolicy *policy, const char *value)
{
    return read_seconds (value, &policy->capture_interval);
}

static gboolean
read_interval_fast (VgatePolicy *policy, const char *value)
{
    return read_seconds (value, &policy->capture_interval_fast);
}

static gboolean
read_refresh (VgatePolicy *policy, const char *value)
{
    return read_seconds (value, &policy->capture_refresh);
}

static gboolean
read_link_speed (VgatePolicy *policy, const char *value)
{
    return read_number (value, 1, VGATE_LINK_SPEED_MAX, &policy->link_speed);
}

static gboolean
read_down_time_limit (VgatePolicy *policy, const char *value)
{
    return read_number (value, 1, VGATE_DOWN_TIME_LIMIT_MAX, &policy->down_time_limit);
}

static gboolean
read_abort_ignore (const char *value, gboolean *ignore)
{
    *ignore = strcmp (value, "ignore") == 0;
    return *ignore || strcmp (value, "abort") == 0;
}

static gboolean
read_stale_metadata (VgatePolicy *policy, const char *value)
{
    return read_abort_ignore (value, &policy->ignore_stale_metadata);
}

static gboolean
read_unrestorable_save (VgatePolicy *policy, const char *value)
{
    return read_abort_ignore (value, &policy->ignore_unrestorable_save);
}

/* node_exporter only reads files whose names end with .prom. */
static gboolean
read_metrics_file (VgatePolicy *policy, const char *value)
{
    replace_text (&policy->metrics_file, value);
    return *value == '/' && g_str_has_suffix (value, ".prom");
}

static gboolean
read_uuid (VgatePolicy *policy, const char *value)
{
    replace_text (&policy->host_uuid, value);
    return vgate_xml_text_has_form (value, VGATE_XML_UUID);
}

static gboolean
read_bus (VgatePolicy *policy, const char *value)
{
    g_clear_pointer (&policy->switch_over_bus, g_free);
    if (*value == '\0')
        return TRUE;
    policy->switch_over_bus = g_strdup (value);
    return vgate_bus_is_address (value);
}

static gboolean
read_save_ms (VgatePolicy *policy, const char *value)
{
    return read_uint (value, 1, 1000, &policy->switch_over_save_ms);
}

static gboolean
read_load_ms (VgatePolicy *policy, const char *value)
{
    return read_uint (value, 100, 20000, &policy->switch_over_load_ms);
}

static gboolean
read_placement_mode (VgatePolicy *policy, const char *value)
{
    static const char *const modes[] = {"off", "suggest", "apply"};

    for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
        policy->placement_mode = (VgatePlacementMode)i;
        if (strcmp (value, modes[i]) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
read_placement_order (VgatePolicy *policy, const char *value)
{
    const gboolean is_depth = strcmp (value, "depth-first") == 0;

    policy->placement_order = is_depth ? VGATE_ORDER_DEPTH_FIRST : VGATE_ORDER_BREADTH_FIRST;
    return is_depth || strcmp (value, "breadth-first") == 0;
}

static gboolean
read_lease_time (VgatePolicy *policy, const char *value)
{
    return read_uint (value, 10, VGATE_LEASE_TIME_MAX, &policy->lease_time);
}

static gboolean
read_persistent_definition (VgatePolicy *policy, const char *value)
{
    policy->report_definition = strcmp (value, "report") == 0;
    return policy->report_definition || strcmp (value, "update") == 0;
}

/* The key file is read later, when the whole configuration has been found valid. */
static gboolean
read_key_file (G_GNUC_UNUSED VgatePolicy *policy, const char *value)
{
    return *value == '/';
}

static const VgatePolicyKey keys[] = {
    {"backend", "library", read_library, "libnvidia-ml.so.1", "a file name without '/', or an absolute path"},
    {"backend", "helper", read_helper, VGATE_LIBEXECDIR "/vgpu-gate-nvml", "an absolute path"},
    {"backend", "deadline-ms", read_deadline, "5000", "100 to 60000 (milliseconds)"},
    {"gate", "mode", read_mode, "enforce", "enforce or report"},
    {"gate", "report-domains", read_report_domains, NULL, "names or UUIDs of domains, separated by ';'"},
    {"gate", "missing-metadata", read_missing_metadata, "refuse", "refuse or allow"},
    {"gate", "backend-failure", read_backend_failure, "refuse", "refuse or allow"},
    {"gate", "cold-start", read_cold_start, "ignore", "ignore or check"},
    {"gate", "max-age", read_max_age, G_STRINGIFY (VGATE_MAX_AGE_DEFAULT),
     "0 to 2147483647 (seconds; 0 for no limit)"},
    {"gate", "host-max-age", read_host_max_age, G_STRINGIFY (VGATE_MAX_AGE_DEFAULT),
     "0 to 2147483647 (seconds; 0 for no limit)"},
    {"capture", "interval", read_interval, "5", "1 to 3600 (seconds)"},
    {"capture", "interval-fast", read_interval_fast, "1", "1 to 3600 (seconds)"},
    /* A migration is rare, and reading a guest takes libvirt a few ms. */
    {"capture", "refresh", read_refresh, "60", "1 to 3600 (seconds)"},
    {"down-time", "link-speed", read_link_speed, NULL, "1 to 10000000 (Mbit/s)"},
    {"down-time", "limit-ms", read_down_time_limit, NULL, "1 to 2000000 (milliseconds)"},
    {"jobs", "stale-metadata", read_stale_metadata, "abort", "abort or ignore"},
    {"jobs", "unrestorable-save", read_unrestorable_save, "abort", "abort or ignore"},
    {"agent", "metrics-file", read_metrics_file, NULL, "an absolute path that ends in .prom"},
    {"switch-over", "bus", read_bus, VGATE_BUS_DEFAULT,
     "'unix:path=' and an absolute path of letters, digits, '.', '_' and '-', or nothing"},
    /* The longest time for which the guest is paused by it. QEMU gives up after 25 s. */
    {"switch-over", "save-ms", read_save_ms, "250", "1 to 1000 (milliseconds)"},
    {"switch-over", "load-ms", read_load_ms, "10000", "100 to 20000 (milliseconds)"},
    {"placement", "mode", read_placement_mode, "suggest", "off, suggest or apply"},
    {"placement", "order", read_placement_order, "breadth-first", "breadth-first or depth-first"},
    {"placement", "lease-time", read_lease_time, "120", "10 to 3600 (seconds)"},
    {"placement", "persistent-definition", read_persistent_definition, "update", "update or report"},
    {"seal", "key-file", read_key_file, NULL, "an absolute path"},
    {"host", "uuid", read_uuid, NULL, "a UUID in lower case"},
};

const VgatePolicyKey *
vgate_policy_find_key (const char *group, const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
        if (strcmp (keys[i].group, group) == 0 && strcmp (keys[i].key, key) == 0)
            return &keys[i];
    return NULL;
}

const VgatePolicyKey *
vgate_policy_keys (gsize *n)
{
    *n = G_N_ELEMENTS (keys);
    return keys;
}

const char *
vgate_policy_group_of (const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
        if (strcmp (keys[i].key, key) == 0)
            return keys[i].group;
    return NULL;
}

gboolean
vgate_policy_has_group (const char *group)
{
    for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
        if (strcmp (keys[i].group, group) == 0)
            return TRUE;
    return FALSE;
}

/* --- what a misspelt word is meant to be --- */

const char *
vgate_policy_suggest_key (const char *group, const char *word)
{
    const char *best = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
        if (strcmp (keys[i].group, group) == 0)
            vgate_policy_take_nearer (word, keys[i].key, &best);
    return best;
}

const char *
vgate_policy_suggest_group (const char *word)
{
    const char *best = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
        vgate_policy_take_nearer (word, keys[i].group, &best);
    vgate_policy_take_nearer (word, "rules", &best);
    return best;
}

const char *
vgate_policy_suggest_rule (const char *word)
{
    const char *best = NULL;

    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        vgate_policy_take_nearer (word, vgate_rule_info (rule)->name, &best);
    return best;
}
