/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/policy.h"

#include "base/fault.h"
#include "base/key-lines.h"
#include "policy/file.h"
#include "policy/keys.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define KEY_SIZE_MIN 32
#define KEY_SIZE_MAX 4096

#define RULES_GROUP "rules"

/* What is known while a configuration is read. */
typedef struct {
    const char *path;
    VgateKeyLines *lines; /* of the text */
    GKeyFile *file;
    VgatePolicy *policy;
    GPtrArray *faults; /* all of them are collected; NULL: the first one is the error */
    /* gets the error that this user must not read the key file, and goes on; NULL: it is as any other */
    GError **key_error;
} Load;

static void
load_clear (Load *load)
{
    g_clear_pointer (&load->lines, vgate_key_lines_free);
    g_clear_pointer (&load->file, g_key_file_unref);
    g_clear_pointer (&load->policy, vgate_policy_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Load, load_clear)

/* TRUE when faults are collected, and reading goes on. */
G_GNUC_PRINTF (5, 6)
static gboolean
go_on (const Load *load, VgateCode code, guint line, GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start (arguments, format);
    text = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    if (load->faults)
        vgate_faults_add (load->faults, code, line, text);
    else if (line > 0)
        g_set_error (error, VGATE_ERROR, code, "%s line %u: %s", load->path, line, text);
    else
        g_set_error (error, VGATE_ERROR, code, "%s: %s", load->path, text);
    return load->faults != NULL;
}

/* More faults would not be kept. */
static gboolean
is_full (const Load *load)
{
    return load->faults && vgate_faults_are_full (load->faults);
}

static guint
find_line (const Load *load, const char *group, const char *key)
{
    return vgate_key_lines_find (load->lines, group, key);
}

static gboolean
bad_value (const Load *load, const char *group, const char *key, const char *value, const char *expected,
           GError **error)
{
    return go_on (load, VGATE_CODE_CONFIG_VALUE, find_line (load, group, key), error,
                  "invalid value '%s' for %s: expected %s", value, key, expected);
}

/* " (did you mean 'WORD'?)", or "". The caller frees it. */
static char *
did_you_mean (const char *word)
{
    return word ? g_strdup_printf (" (did you mean '%s'?)", word) : g_strdup ("");
}

static gboolean
load_rule (const Load *load, const char *key, const char *value, GError **error)
{
    g_autofree char *hint = NULL;

    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++) {
        if (strcmp (vgate_rule_info (rule)->name, key) != 0)
            continue;
        return vgate_severity_parse (value, &load->policy->severities[rule]) ||
               bad_value (load, RULES_GROUP, key, value, "refuse, warn or ignore", error);
    }
    hint = did_you_mean (vgate_policy_suggest_rule (key));
    return go_on (load, VGATE_CODE_CONFIG_UNKNOWN, find_line (load, RULES_GROUP, key), error,
                  "unknown rule '%s'%s", key, hint);
}

/* The value without blanks at its end, which are invisible. GKeyFile removes those at its beginning. */
static char *
get_value (const Load *load, const char *group, const char *key)
{
    char *value = load->file ? g_key_file_get_value (load->file, group, key, NULL) : NULL;

    return value ? g_strchomp (value) : NULL;
}

static gboolean
unknown_key (const Load *load, const char *group, const char *key, GError **error)
{
    const char *other = vgate_policy_group_of (key);
    g_autofree char *hint = other ? g_strdup_printf (" (it is a key of [%s])", other)
                                  : did_you_mean (vgate_policy_suggest_key (group, key));

    return go_on (load, VGATE_CODE_CONFIG_UNKNOWN, find_line (load, group, key), error,
                  "unknown key '%s' in [%s]%s", key, group, hint);
}

static gboolean
load_key (const Load *load, const char *group, const char *key, GError **error)
{
    g_autofree char *value = get_value (load, group, key);
    const VgatePolicyKey *known;

    if (strcmp (group, RULES_GROUP) == 0)
        return load_rule (load, key, value, error);
    known = vgate_policy_find_key (group, key);
    if (!known)
        return unknown_key (load, group, key, error);
    return known->read (load->policy, value) || bad_value (load, group, key, value, known->expected, error);
}

static gboolean
knows_group (const char *group)
{
    return vgate_policy_has_group (group) || strcmp (group, RULES_GROUP) == 0;
}

static gboolean
load_group (const Load *load, const char *group, GError **error)
{
    g_auto (GStrv) names = vgate_key_lines_list_keys (load->file, group);
    g_autofree char *hint = NULL;

    if (!knows_group (group)) {
        hint = did_you_mean (vgate_policy_suggest_group (group));
        return go_on (load, VGATE_CODE_CONFIG_UNKNOWN, find_line (load, group, NULL), error,
                      "unknown group [%s]%s", group, hint);
    }
    for (guint i = 0; names[i] && !is_full (load); i++)
        if (!load_key (load, group, names[i], error))
            return FALSE;
    return TRUE;
}

static gboolean
load_groups (const Load *load, GError **error)
{
    g_auto (GStrv) groups = g_key_file_get_groups (load->file, NULL);

    for (guint i = 0; groups[i] && !is_full (load); i++)
        if (!load_group (load, groups[i], error))
            return FALSE;
    return TRUE;
}

static gboolean
bad_key_file (const Load *load, const char *path, const char *what, GError **error)
{
    return go_on (load, VGATE_CODE_CONFIG_KEY, find_line (load, "seal", "key-file"), error, "key file %s %s",
                  path, what);
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
    g_autofree char *path = get_value (load, "seal", "key-file");
    g_autoptr (GBytes) key = NULL;
    g_autoptr (GError) local = NULL;

    if (!path || (load->faults && *path != '/'))
        return TRUE;
    key = vgate_policy_read_file (path, VGATE_POLICY_SIZE_MAX, TRUE, NULL, &local);
    if (local && load->key_error && is_forbidden (path)) {
        g_propagate_error (load->key_error, g_steal_pointer (&local));
        return TRUE;
    }
    if (local && load->faults) {
        vgate_faults_take (load->faults, g_steal_pointer (&local), find_line (load, "seal", "key-file"));
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

/* GKeyFile takes the last line that sets a key. */
static void
warn_of_keys_set_twice (const Load *load)
{
    for (guint i = 0; i < load->lines->lines->len && !is_full (load); i++) {
        const VgateKeyLine *line = g_ptr_array_index (load->lines->lines, i);
        const guint last = line->key ? find_line (load, line->group, line->key) : line->number;
        g_autofree char *value = NULL, *text = NULL;

        if (line->fault || last == line->number)
            continue;
        value = get_value (load, line->group, line->key);
        text = g_strdup_printf ("'%s' for %s has no effect: line %u sets it to '%s'", line->value, line->key,
                                last, value ? value : "");
        vgate_faults_add_warning (load->faults, VGATE_CODE_CONFIG_TWICE, line->number, text);
    }
}

/* Reports the lines that GKeyFile does not accept, and when faults are collected reads the others. */
static gboolean
parse_lines (Load *load, const char *text, GError **error)
{
    g_autoptr (GError) local = NULL;

    for (guint i = 0; i < load->lines->lines->len; i++) {
        const VgateKeyLine *line = g_ptr_array_index (load->lines->lines, i);

        if (line->fault && !go_on (load, VGATE_CODE_CONFIG_SYNTAX, line->number, error, "%s", line->fault))
            return FALSE;
    }
    load->file = vgate_key_lines_parse (load->lines, text, &local);
    return load->file || go_on (load, VGATE_CODE_CONFIG_SYNTAX, 0, error, "%s", local->message);
}

/* FALSE for a file without any group that is one of a configuration or looks like one. */
static gboolean
is_configuration (const Load *load)
{
    for (guint i = 0; i < load->lines->lines->len; i++) {
        const VgateKeyLine *line = g_ptr_array_index (load->lines->lines, i);

        if (!line->key && !line->fault &&
            (knows_group (line->group) || vgate_policy_suggest_group (line->group)))
            return TRUE;
    }
    return load->lines->lines->len == 0;
}

static gboolean
load_text (Load *load, const char *text, gsize length, GError **error)
{
    load->lines = vgate_key_lines_read (text);
    if (strlen (text) != length &&
        !go_on (load, VGATE_CODE_CONFIG_SYNTAX, vgate_line_of_byte (text, strlen (text)), error,
                "unexpected NUL byte"))
        return FALSE;
    if (load->faults && !is_configuration (load)) {
        vgate_faults_add (load->faults, VGATE_CODE_DOCUMENT_UNKNOWN, 0,
                          "the file is no configuration: it contains no group of one");
        return TRUE;
    }
    if (!parse_lines (load, text, error))
        return FALSE;
    if (!load->file)
        return TRUE;
    if (!load_groups (load, error) || !load_seal_key (load, error))
        return FALSE;
    if (load->faults)
        warn_of_keys_set_twice (load);
    return TRUE;
}

/* Reads the file. FALSE with an error; also TRUE when the file does not exist and need not. */
static gboolean
load_file (Load *load, const char *path, gboolean may_be_missing, GError **error)
{
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (GError) local = NULL;
    GError *unsafe = NULL;
    g_autofree char *text = NULL;
    gsize length;

    load->path = path;
    load->policy = vgate_policy_new_default ();
    bytes =
        vgate_policy_read_file (path, VGATE_POLICY_SIZE_MAX, FALSE, load->faults ? &unsafe : NULL, &local);
    if (unsafe)
        vgate_faults_take (load->faults, unsafe, 0);
    if (local) {
        g_propagate_error (error, g_steal_pointer (&local));
        return FALSE;
    }
    if (!bytes && !may_be_missing) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE, "cannot open '%s': %s", path,
                     g_strerror (ENOENT));
        return FALSE;
    }
    if (!bytes)
        return TRUE;
    length = g_bytes_get_size (bytes);
    /* the data of an empty GBytes is NULL */
    text = length > 0 ? g_strndup (g_bytes_get_data (bytes, NULL), length) : g_strdup ("");
    return load_text (load, text, length, error);
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
    g_auto (Load) load = {.faults = faults, .key_error = &key_error};

    return load_file (&load, given ? given : vgate_policy_default_path (), !given, error) &&
           is_inspected (faults, key_error, error);
}

gboolean
vgate_policy_inspect_text (const char *text, gsize length, GPtrArray *faults, GError **error)
{
    GError *key_error = NULL;
    g_auto (Load) load = {.policy = vgate_policy_new_default (), .faults = faults, .key_error = &key_error};

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
    g_autofree char *value = get_value (load, group, key);

    setting->group = group;
    setting->key = key;
    setting->line = value ? find_line (load, group, key) : 0;
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
    *has_file = load.file != NULL;
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
    copy->switch_over_bus = g_strdup (policy->switch_over_bus);
    copy->seal_key = policy->seal_key ? g_bytes_ref (policy->seal_key) : NULL;
    copy->metrics_file = g_strdup (policy->metrics_file);
    copy->host_uuid = g_strdup (policy->host_uuid);
    return copy;
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
