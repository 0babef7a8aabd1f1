/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/policy.h"

#include "base/fault.h"
#include "policy/file.h"
#include "policy/keys.h"
#include "policy/reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define KEY_SIZE_MIN 32
#define KEY_SIZE_MAX 4096

#define RULES_GROUP "rules"

/* What is known while a configuration is read. */
typedef struct {
    VgatePolicyReader reader;
    VgatePolicy *policy;
    /* gets the error that this user must not read the key file, and goes on; NULL: it is as any other */
    GError **key_error;
} Load;

static void
load_clear (Load *load)
{
    vgate_policy_reader_clear (&load->reader);
    g_clear_pointer (&load->policy, vgate_policy_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Load, load_clear)

static gboolean
load_rule (const Load *load, const char *key, const char *value, GError **error)
{
    g_autofree char *hint = NULL;

    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++) {
        if (strcmp (vgate_rule_info (rule)->name, key) != 0)
            continue;
        return vgate_severity_parse (value, &load->policy->severities[rule]) ||
               vgate_policy_reader_bad_value (&load->reader, RULES_GROUP, key, value,
                                              "refuse, warn or ignore", error);
    }
    hint = vgate_policy_did_you_mean (vgate_policy_suggest_rule (key));
    return vgate_policy_reader_go_on (&load->reader, VGATE_CODE_CONFIG_UNKNOWN,
                                      vgate_policy_reader_line (&load->reader, RULES_GROUP, key), error,
                                      "unknown rule '%s'%s", key, hint);
}

static gboolean
unknown_key (const Load *load, const char *group, const char *key, GError **error)
{
    const char *other = vgate_policy_group_of (key);
    g_autofree char *hint = other ? g_strdup_printf (" (it is a key of [%s])", other)
                                  : vgate_policy_did_you_mean (vgate_policy_suggest_key (group, key));

    return vgate_policy_reader_go_on (&load->reader, VGATE_CODE_CONFIG_UNKNOWN,
                                      vgate_policy_reader_line (&load->reader, group, key), error,
                                      "unknown key '%s' in [%s]%s", key, group, hint);
}

static gboolean
load_key (const Load *load, const char *group, const char *key, GError **error)
{
    g_autofree char *value = vgate_policy_reader_get (&load->reader, group, key);
    const VgatePolicyKey *known;

    if (strcmp (group, RULES_GROUP) == 0)
        return load_rule (load, key, value, error);
    known = vgate_policy_find_key (group, key);
    if (!known)
        return unknown_key (load, group, key, error);
    return known->read (load->policy, value) ||
           vgate_policy_reader_bad_value (&load->reader, group, key, value, known->expected, error);
}

static gboolean
knows_group (const char *group)
{
    return vgate_policy_has_group (group) || strcmp (group, RULES_GROUP) == 0;
}

static gboolean
load_group (const Load *load, const char *group, GError **error)
{
    g_auto (GStrv) names = vgate_key_lines_list_keys (load->reader.file, group);
    g_autofree char *hint = NULL;

    if (!knows_group (group)) {
        hint = vgate_policy_did_you_mean (vgate_policy_suggest_group (group));
        return vgate_policy_reader_go_on (&load->reader, VGATE_CODE_CONFIG_UNKNOWN,
                                          vgate_policy_reader_line (&load->reader, group, NULL), error,
                                          "unknown group [%s]%s", group, hint);
    }
    for (guint i = 0; names[i] && !vgate_policy_reader_is_full (&load->reader); i++)
        if (!load_key (load, group, names[i], error))
            return FALSE;
    return TRUE;
}

static gboolean
load_groups (const Load *load, GError **error)
{
    g_auto (GStrv) groups = g_key_file_get_groups (load->reader.file, NULL);

    for (guint i = 0; groups[i] && !vgate_policy_reader_is_full (&load->reader); i++)
        if (!load_group (load, groups[i], error))
            return FALSE;
    return TRUE;
}

static gboolean
bad_key_file (const Load *load, const char *path, const char *what, GError **error)
{
    return vgate_policy_reader_go_on (&load->reader, VGATE_CODE_CONFIG_KEY,
                                      vgate_policy_reader_line (&load->reader, "seal", "key-file"), error,
                                      "key file %s %s", path, what);
}

/* As for an ordinary user and a key file that only root may read. */
static gboolean
is_forbidden (const char *path)
{
    return access (path, R_OK) != 0 && errno == EACCES;
}

static gboolean
load_seal_key (const Load *load, GError **error)
{
    g_autofree char *path = vgate_policy_reader_get (&load->reader, "seal", "key-file");
    g_autoptr (GBytes) key = NULL;
    g_autoptr (GError) local = NULL;

    if (!path || (load->reader.faults && *path != '/'))
        return TRUE;
    key = vgate_policy_read_file (path, VGATE_POLICY_SIZE_MAX, TRUE, NULL, &local);
    if (local && load->key_error && is_forbidden (path)) {
        g_propagate_error (load->key_error, g_steal_pointer (&local));
        return TRUE;
    }
    if (local && load->reader.faults) {
        vgate_faults_take (load->reader.faults, g_steal_pointer (&local),
                           vgate_policy_reader_line (&load->reader, "seal", "key-file"));
        return TRUE;
    }
    if (local) {
        g_propagate_error (error, g_steal_pointer (&local));
        return FALSE;
    }
    if (!key)
        return bad_key_file (load, path, "does not exist", error);
    if (g_bytes_get_size (key) < KEY_SIZE_MIN)
        return bad_key_file (load, path, "is shorter than " G_STRINGIFY (KEY_SIZE_MIN) " bytes", error);
    if (g_bytes_get_size (key) > KEY_SIZE_MAX)
        return bad_key_file (load, path, "is longer than " G_STRINGIFY (KEY_SIZE_MAX) " bytes", error);
    load->policy->seal_key = g_steal_pointer (&key);
    return TRUE;
}

/* FALSE for a file without any group that is one of a configuration or looks like one. */
static gboolean
is_configuration (const Load *load)
{
    for (guint i = 0; i < load->reader.lines->lines->len; i++) {
        const VgateKeyLine *line = g_ptr_array_index (load->reader.lines->lines, i);

        if (!line->key && !line->fault &&
            (knows_group (line->group) || vgate_policy_suggest_group (line->group)))
            return TRUE;
    }
    return load->reader.lines->lines->len == 0;
}

static gboolean
load_text (Load *load, const char *text, gsize length, GError **error)
{
    VgatePolicyReader *reader = &load->reader;

    reader->lines = vgate_key_lines_read (text);
    if (reader->faults && !is_configuration (load)) {
        vgate_faults_add (reader->faults, VGATE_CODE_DOCUMENT_UNKNOWN, 0,
                          "the file is no configuration: it contains no group of one");
        return TRUE;
    }
    if (!vgate_policy_reader_parse (reader, text, length, error))
        return FALSE;
    if (!reader->file)
        return TRUE;
    if (!load_groups (load, error) || !load_seal_key (load, error))
        return FALSE;
    if (reader->faults)
        vgate_policy_reader_warn_of_twice (reader);
    return TRUE;
}

/* Reads the file. FALSE with an error; also TRUE when the file does not exist and need not. */
static gboolean
load_file (Load *load, const char *path, gboolean may_be_missing, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr (GError) local = NULL;
    gsize length;

    load->reader.path = path;
    load->policy = vgate_policy_new_default ();
    text = vgate_policy_reader_load (&load->reader, may_be_missing, &length, &local);
    if (local) {
        g_propagate_error (error, g_steal_pointer (&local));
        return FALSE;
    }
    return !text || load_text (load, text, length, error);
}

VgatePolicy *
vgate_policy_new_default (void)
{
    VgatePolicy *policy = g_new0 (VgatePolicy, 1);
    gsize n;
    const VgatePolicyKey *keys = vgate_policy_keys (&n);

    for (gsize i = 0; i < n; i++)
        if (keys[i].value && !keys[i].read (policy, keys[i].value))
            g_error ("'%s' is no value for %s", keys[i].value, keys[i].key);
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        policy->severities[rule] = vgate_rule_info (rule)->severity;
    return policy;
}

VgatePolicy *
vgate_policy_load_file (const char *path, gboolean may_be_missing, GError **error)
{
    g_auto (Load) load = {0};

    return load_file (&load, path, may_be_missing, error) ? g_steal_pointer (&load.policy) : NULL;
}

VgatePolicy *
vgate_policy_load (const char *given, GError **error)
{
    return given ? vgate_policy_load_file (given, FALSE, error)
                 : vgate_policy_load_file (vgate_policy_default_path (), TRUE, error);
}

VgatePolicy *
vgate_policy_load_for_user (const char *given, GError **key_error, GError **error)
{
    g_auto (Load) load = {.key_error = key_error};

    return load_file (&load, given ? given : vgate_policy_default_path (), !given, error)
               ? g_steal_pointer (&load.policy)
               : NULL;
}

/* A configuration with a fault is invalid whatever its key file contains. */
static gboolean
is_inspected (const GPtrArray *faults, GError *key_error, GError **error)
{
    if (!key_error)
        return TRUE;
    if (!vgate_faults_refuse (faults)) {
        g_propagate_error (error, key_error);
        return FALSE;
    }
    g_error_free (key_error);
    return TRUE;
}

gboolean
vgate_policy_inspect (const char *given, GPtrArray *faults, GError **error)
{
    GError *key_error = NULL;
    g_auto (Load) load = {.reader.faults = faults, .key_error = &key_error};

    return load_file (&load, given ? given : vgate_policy_default_path (), !given, error) &&
           is_inspected (faults, key_error, error);
}

gboolean
vgate_policy_inspect_text (const char *text, gsize length, GPtrArray *faults, GError **error)
{
    GError *key_error = NULL;
    g_auto (Load)
        load = {.policy = vgate_policy_new_default (), .reader.faults = faults, .key_error = &key_error};

    return load_text (&load, text, length, error) && is_inspected (faults, key_error, error);
}

static void
setting_free (VgateSetting *setting)
{
    g_free (setting->value);
    g_free (setting);
}

static void
add_setting (const Load *load, GPtrArray *settings, const char *group, const char *key,
             const char *by_default)
{
    VgateSetting *setting = g_new0 (VgateSetting, 1);
    g_autofree char *value = vgate_policy_reader_get (&load->reader, group, key);

    setting->group = group;
    setting->key = key;
    setting->line = value ? vgate_policy_reader_line (&load->reader, group, key) : 0;
    setting->value = g_strdup (value ? value : by_default);
    g_ptr_array_add (settings, setting);
}

GPtrArray *
vgate_policy_read_settings (const char *given, gboolean *has_file, GError **error)
{
    g_autoptr (GError) key_error = NULL;
    g_auto (Load) load = {.key_error = &key_error};
    GPtrArray *settings;
    gsize n;
    const VgatePolicyKey *keys = vgate_policy_keys (&n);

    if (!load_file (&load, given ? given : vgate_policy_default_path (), !given, error))
        return NULL;
    *has_file = load.reader.file != NULL;
    settings = g_ptr_array_new_with_free_func ((GDestroyNotify)setting_free);
    for (gsize i = 0; i < n; i++)
        add_setting (&load, settings, keys[i].group, keys[i].key, keys[i].value);
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        add_setting (&load, settings, RULES_GROUP, vgate_rule_info (rule)->name,
                     vgate_severity_name (vgate_rule_info (rule)->severity));
    return settings;
}

void
vgate_policy_free (VgatePolicy *policy)
{
    if (!policy)
        return;
    vgate_backend_clear (&policy->backend);
    g_strfreev (policy->report_domains);
    g_free (policy->switch_over_bus);
    g_clear_pointer (&policy->seal_key, g_bytes_unref);
    g_free (policy->metrics_file);
    g_free (policy->host_uuid);
    g_free (policy);
}

VgatePolicy *
vgate_policy_copy (const VgatePolicy *policy)
{
    VgatePolicy *copy = g_memdup2 (policy, sizeof *policy);

    copy->backend = vgate_backend_copy (&policy->backend);
    copy->report_domains = g_strdupv (policy->report_domains);
    copy->switch_over_bus = g_strdup (policy->switch_over_bus);
    copy->seal_key = policy->seal_key ? g_bytes_ref (policy->seal_key) : NULL;
    copy->metrics_file = g_strdup (policy->metrics_file);
    copy->host_uuid = g_strdup (policy->host_uuid);
    return copy;
}

gboolean
vgate_policy_only_reports (const VgatePolicy *policy, const char *name, const char *uuid)
{
    if (policy->is_report_only)
        return TRUE;
    for (gsize i = 0; policy->report_domains && policy->report_domains[i]; i++) {
        const char *word = policy->report_domains[i];

        /* people write UUIDs in capitals, too */
        if (g_strcmp0 (word, name) == 0 || (uuid && g_ascii_strcasecmp (word, uuid) == 0))
            return TRUE;
    }
    return FALSE;
}

void
vgate_policy_swap (VgatePolicy *a, VgatePolicy *b)
{
    const VgatePolicy was = *a;

    *a = *b;
    *b = was;
}

const char *
vgate_policy_default_path (void)
{
    return VGATE_SYSCONFDIR "/vgpu-gate/vgpu-gate.conf";
}
