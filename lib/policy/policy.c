/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/policy.h"

#include "base/descriptor.h"
#include "policy/bus.h"
#include "policy/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_SIZE_MAX      (1024 * 1024)
#define KEY_SIZE_MIN         32
#define KEY_SIZE_MAX         4096
#define DEADLINE_DEFAULT_MS  5000
#define INTERVAL_DEFAULT_SEC 5
#define FAST_DEFAULT_SEC     1
/* A migration is rare, and reading a guest takes libvirt a few ms. */
#define REFRESH_DEFAULT_SEC 60
#define LEASE_DEFAULT_SEC   120
/* The longest time for which the guest is paused by it. QEMU gives up after 25 s. */
#define SAVE_DEFAULT_MS 250
#define LOAD_DEFAULT_MS 10000

#define RULES_GROUP "rules"

/* GKeyFile does not keep line numbers, but an error must name the line. This finds the last line that sets
 * the key in the group, which is the one that GKeyFile uses, or the group's line when key is NULL. 0 when
 * there is none. */
static guint
find_line (const char *text, const char *group, const char *key)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    g_autofree char *header = g_strdup_printf ("[%s]", group);
    gboolean is_in_group = FALSE;
    guint found = 0;

    for (guint i = 0; lines[i]; i++) {
        char *line = g_strstrip (lines[i]);
        char *equals;

        if (line[0] == '[') {
            is_in_group = strcmp (line, header) == 0;
            if (is_in_group && !key)
                found = i + 1;
            continue;
        }
        equals = strchr (line, '=');
        if (!is_in_group || !key || line[0] == '#' || !equals)
            continue;
        *equals = '\0';
        if (strcmp (g_strchomp (line), key) == 0)
            found = i + 1;
    }
    return found;
}

typedef struct {
    const char *path;
    const char *text;
    GKeyFile *file;
    VgatePolicy *policy;
} Load;

static gboolean
bad_value (const Load *load, const char *group, const char *key, const char *value, const char *expected,
           GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_VALUE,
                 "%s line %u: invalid value '%s' for %s: "
                 "expected %s",
                 load->path, find_line (load->text, group, key), value, key, expected);
    return FALSE;
}

static gboolean
load_rule (const Load *load, const char *key, const char *value, GError **error)
{
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++) {
        if (strcmp (vgate_rule_info (rule)->name, key) != 0)
            continue;
        return vgate_severity_parse (value, &load->policy->severities[rule]) ||
               bad_value (load, RULES_GROUP, key, value, "refuse, warn or ignore", error);
    }
    g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNKNOWN, "%s line %u: unknown rule '%s'", load->path,
                 find_line (load->text, RULES_GROUP, key), key);
    return FALSE;
}

/* The value without blanks at its end, which are invisible. GKeyFile removes those at its beginning. */
static char *
get_value (const Load *load, const char *group, const char *key)
{
    char *value = g_key_file_get_value (load->file, group, key, NULL);

    return value ? g_strchomp (value) : NULL;
}

static gboolean
load_key (const Load *load, const char *group, const char *key, GError **error)
{
    g_autofree char *value = get_value (load, group, key);
    const VgatePolicyKey *known;

    if (strcmp (group, RULES_GROUP) == 0)
        return load_rule (load, key, value, error);
    known = vgate_policy_find_key (group, key);
    if (known)
        return known->read (load->policy, value) ||
               bad_value (load, group, key, value, known->expected, error);
    g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNKNOWN, "%s line %u: unknown key '%s' in [%s]",
                 load->path, find_line (load->text, group, key), key, group);
    return FALSE;
}

static gboolean
load_groups (const Load *load, GError **error)
{
    g_auto (GStrv) groups = g_key_file_get_groups (load->file, NULL);

    for (guint i = 0; groups[i]; i++) {
        g_auto (GStrv) names = g_key_file_get_keys (load->file, groups[i], NULL, NULL);

        if (!vgate_policy_has_group (groups[i]) && strcmp (groups[i], RULES_GROUP) != 0) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNKNOWN, "%s line %u: unknown group [%s]",
                         load->path, find_line (load->text, groups[i], NULL), groups[i]);
            return FALSE;
        }
        for (guint j = 0; names && names[j]; j++)
            if (!load_key (load, groups[i], names[j], error))
                return FALSE;
    }
    return TRUE;
}

/* Checks the open file instead of its path, so that it cannot be replaced between the check and its use. */
static gboolean
check_owner (int fd, const char *path, gboolean is_secret, GError **error)
{
    struct stat status;
    const mode_t forbidden = is_secret ? (S_IRWXG | S_IRWXO) : (S_IWGRP | S_IWOTH);

    if (fstat (fd, &status) != 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE, "%s: %s", path, g_strerror (errno));
        return FALSE;
    }
    if (!S_ISREG (status.st_mode)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_OWNER, "%s is not a regular file", path);
        return FALSE;
    }
    if (status.st_uid != 0 && status.st_uid != geteuid ()) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_OWNER, "%s belongs to user %u, not to root", path,
                     (guint)status.st_uid);
        return FALSE;
    }
    if (status.st_mode & forbidden) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_OWNER,
                     "%s has mode %04o: others must not be "
                     "able to %s it",
                     path, (guint)(status.st_mode & 07777), is_secret ? "read or write" : "write");
        return FALSE;
    }
    return TRUE;
}

/*
 * Where open () reports that a file does not exist: the symbolic link that leads nowhere, which is the file
 * itself or a directory above it. NULL: there is none, the file is just missing. The caller frees it.
 */
static char *
find_dangling_link (const char *path)
{
    g_autofree char *at = g_strdup (path);
    struct stat status;

    while (lstat (at, &status) != 0) {
        char *above = g_path_get_dirname (at);

        g_free (at);
        at = above;
        if (g_str_equal (at, "/") || g_str_equal (at, "."))
            return NULL;
    }
    return S_ISLNK (status.st_mode) && stat (at, &status) != 0 ? g_steal_pointer (&at) : NULL;
}

/* Sets the error of open (). A missing file is not an error, but the target of a link must exist. */
static void
set_open_error (const char *path, int error_number, GError **error)
{
    g_autofree char *link = error_number == ENOENT ? find_dangling_link (path) : NULL;

    if (link)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE,
                     "cannot open '%s': the symbolic link '%s' leads to a file that does not exist", path,
                     link);
    else if (error_number != ENOENT)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE, "%s: %s", path,
                     g_strerror (error_number));
}

/* NULL without an error when the file does not exist. */
static GBytes *
read_file (const char *path, gsize max, gboolean is_secret, GError **error)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    gboolean is_read = FALSE;
    /* O_NONBLOCK prevents a FIFO in its place from blocking the hook; check_owner () then refuses it */
    const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0) {
        set_open_error (path, errno, error);
        return NULL;
    }
    if (check_owner (fd, path, is_secret, error)) {
        is_read = vgate_read_all (fd, max, bytes);
        if (!is_read && errno == EFBIG)
            g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE,
                         "%s is larger than %" G_GSIZE_FORMAT " bytes", path, max);
        else if (!is_read)
            g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE, "%s: %s", path,
                         g_strerror (errno));
    }
    close (fd);
    return is_read ? g_byte_array_free_to_bytes (g_steal_pointer (&bytes)) : NULL;
}

static gboolean
bad_key_file (const Load *load, const char *path, const char *what, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_KEY, "%s line %u: key file %s %s", load->path,
                 find_line (load->text, "seal", "key-file"), path, what);
    return FALSE;
}

static gboolean
load_seal_key (const Load *load, GError **error)
{
    g_autofree char *path = get_value (load, "seal", "key-file");
    g_autoptr (GBytes) key = NULL;
    g_autoptr (GError) local = NULL;

    if (!path)
        return TRUE;
    key = read_file (path, CONFIG_SIZE_MAX, TRUE, &local);
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

/* The number of the first line that GKeyFile does not accept, for the message. */
static guint
find_bad_line (const char *text)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    gboolean has_group = FALSE;

    for (guint i = 0; lines[i]; i++) {
        const char *line = g_strstrip (lines[i]);

        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (line[0] == '[' && g_str_has_suffix (line, "]"))
            has_group = TRUE;
        else if (!has_group || line[0] == '[' || line[0] == '=' || !strchr (line, '='))
            return i + 1;
    }
    return 0;
}

static guint
last_line (const char *text)
{
    guint line = 1;

    for (; *text != '\0'; text++)
        line += *text == '\n' ? 1 : 0;
    return line;
}

static gboolean
load_text (Load *load, gsize length, GError **error)
{
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_autoptr (GError) local = NULL;

    if (strlen (load->text) != length) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_SYNTAX, "%s line %u: unexpected NUL byte",
                     load->path, last_line (load->text));
        return FALSE;
    }
    /* with translations kept, "key[de]=" is reported as an unknown key instead of being skipped */
    if (!g_key_file_load_from_data (file, load->text, length, G_KEY_FILE_KEEP_TRANSLATIONS, &local)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_SYNTAX, "%s line %u: %s", load->path,
                     find_bad_line (load->text), local->message);
        return FALSE;
    }
    load->file = file;
    return load_groups (load, error) && load_seal_key (load, error);
}

VgatePolicy *
vgate_policy_new_default (void)
{
    VgatePolicy *policy = g_new0 (VgatePolicy, 1);

    policy->backend.library = g_strdup ("libnvidia-ml.so.1");
    policy->backend.helper = g_strdup (VGATE_LIBEXECDIR "/vgpu-gate-nvml");
    policy->backend.deadline_ms = DEADLINE_DEFAULT_MS;
    policy->max_age = VGATE_MAX_AGE_DEFAULT;
    policy->host_max_age = VGATE_MAX_AGE_DEFAULT;
    policy->capture_interval = INTERVAL_DEFAULT_SEC;
    policy->capture_interval_fast = FAST_DEFAULT_SEC;
    policy->capture_refresh = REFRESH_DEFAULT_SEC;
    policy->switch_over_bus = g_strdup (VGATE_BUS_DEFAULT);
    policy->switch_over_save_ms = SAVE_DEFAULT_MS;
    policy->switch_over_load_ms = LOAD_DEFAULT_MS;
    policy->placement_mode = VGATE_PLACEMENT_SUGGEST;
    policy->placement_order = VGATE_ORDER_BREADTH_FIRST;
    policy->lease_time = LEASE_DEFAULT_SEC;
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        policy->severities[rule] = vgate_rule_info (rule)->severity;
    return policy;
}

VgatePolicy *
vgate_policy_load_file (const char *path, gboolean may_be_missing, GError **error)
{
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (GError) local = NULL;
    g_autofree char *text = NULL;
    Load load = {.path = path, .policy = policy};
    gsize length;

    bytes = read_file (path, CONFIG_SIZE_MAX, FALSE, &local);
    if (local) {
        g_propagate_error (error, g_steal_pointer (&local));
        return NULL;
    }
    if (!bytes && !may_be_missing) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE, "cannot open '%s': %s", path,
                     g_strerror (ENOENT));
        return NULL;
    }
    if (!bytes)
        return g_steal_pointer (&policy);
    length = g_bytes_get_size (bytes);
    /* the data of an empty GBytes is NULL */
    text = length > 0 ? g_strndup (g_bytes_get_data (bytes, NULL), length) : g_strdup ("");
    load.text = text;
    return load_text (&load, length, error) ? g_steal_pointer (&policy) : NULL;
}

VgatePolicy *
vgate_policy_load (const char *given, GError **error)
{
    return given ? vgate_policy_load_file (given, FALSE, error)
                 : vgate_policy_load_file (vgate_policy_default_path (), TRUE, error);
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
