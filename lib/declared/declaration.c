/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "declared/declaration.h"

#include "base/fault.h"
#include "host/gpu-name.h"
#include "policy/reader.h"
#include "scheduler/settings.h"

#include <string.h>

#define HOST_GROUP   "host"
#define GPU_GROUP    "gpu "
#define GROUPS       "[host] or [gpu GPU]"
#define COUNT_OF     " x "
#define TYPES_FORM   "TYPE x COUNT, separated by ';', such as NVIDIA L40S-12Q x 4"
#define TYPE_ID_FORM "nvidia-"

static void
type_free (VgateDeclaredType *type)
{
    g_free (type->name);
    g_free (type);
}

static void
gpu_free (VgateDeclaredGpu *gpu)
{
    g_free (gpu->gpu);
    g_clear_pointer (&gpu->types, g_ptr_array_unref);
    g_free (gpu);
}

static VgateDeclaration *
declaration_new (const char *path)
{
    VgateDeclaration *declaration = g_new0 (VgateDeclaration, 1);

    declaration->path = g_strdup (path);
    declaration->wait = VGATE_DECLARED_WAIT_DEFAULT;
    declaration->gpus = g_ptr_array_new_with_free_func ((GDestroyNotify)gpu_free);
    return declaration;
}

void
vgate_declaration_free (VgateDeclaration *declaration)
{
    if (!declaration)
        return;
    g_free (declaration->path);
    g_ptr_array_unref (declaration->gpus);
    g_free (declaration);
}

gboolean
vgate_declared_has_kind (VgateDeclaredKind declared, VgateHostdevKind kind)
{
    return declared == VGATE_DECLARED_ANY_KIND ||
           (declared == VGATE_DECLARED_MDEV) == (kind == VGATE_HOSTDEV_MDEV);
}

/* --- values --- */

static gboolean
read_range (VgateDeclaration *declaration, const char *value)
{
    declaration->has_range = vgate_version_range_parse (value, &declaration->range) &&
                             declaration->range.min <= declaration->range.max;
    return declaration->has_range;
}

static gboolean
read_wait (VgateDeclaration *declaration, const char *value)
{
    guint64 seconds = 0;
    const gboolean good = g_ascii_string_to_unsigned (value, 10, 0, VGATE_DECLARED_WAIT_MAX, &seconds, NULL);

    declaration->wait = (guint)seconds;
    return good;
}

static gboolean
has_type (const GPtrArray *types, const char *name)
{
    for (guint i = 0; i < types->len; i++)
        if (strcmp (((const VgateDeclaredType *)g_ptr_array_index (types, i))->name, name) == 0)
            return TRUE;
    return FALSE;
}

/* "NVIDIA L40S-12Q x 4". The number of a type in sysfs is no name: the next driver can give it to another
 * type. */
static gboolean
read_type (GPtrArray *types, char *item)
{
    char *separator = g_strrstr (item, COUNT_OF);
    VgateDeclaredType *type;
    guint64 count;

    if (!separator || !g_ascii_string_to_unsigned (g_strstrip (separator + strlen (COUNT_OF)), 10, 1,
                                                   VGATE_DECLARED_COUNT_MAX, &count, NULL))
        return FALSE;
    *separator = '\0';
    g_strstrip (item);
    /* no type's name has a count in it: "A x 1 x 2" is a mistake */
    if (*item == '\0' || strstr (item, COUNT_OF) || g_str_has_prefix (item, TYPE_ID_FORM) ||
        has_type (types, item))
        return FALSE;
    type = g_new0 (VgateDeclaredType, 1);
    type->name = g_strdup (item);
    type->count = (guint)count;
    g_ptr_array_add (types, type);
    return TRUE;
}

/* An empty list declares that the GPU has no devices. */
static gboolean
read_types (VgateDeclaredGpu *gpu, const char *value)
{
    g_auto (GStrv) items = g_strsplit (value, ";", -1);

    g_clear_pointer (&gpu->types, g_ptr_array_unref);
    gpu->types = g_ptr_array_new_with_free_func ((GDestroyNotify)type_free);
    for (gsize i = 0; items[i]; i++) {
        g_strstrip (items[i]);
        /* a list can end with its separator */
        if (*items[i] == '\0' && !items[i + 1])
            break;
        if (!read_type (gpu->types, items[i]))
            return FALSE;
    }
    return TRUE;
}

static gboolean
read_kind (VgateDeclaredGpu *gpu, const char *value)
{
    const gboolean is_mdev = strcmp (value, "mdev") == 0;

    gpu->kind = is_mdev ? VGATE_DECLARED_MDEV : VGATE_DECLARED_VF;
    return is_mdev || strcmp (value, "vf") == 0;
}

static gboolean
read_yes_no (const char *value, gboolean *yes)
{
    *yes = strcmp (value, "yes") == 0;
    return *yes || strcmp (value, "no") == 0;
}

static gboolean
read_mig (VgateDeclaredGpu *gpu, const char *value)
{
    gboolean yes;
    const gboolean good = read_yes_no (value, &yes);

    gpu->mig = yes ? VGATE_DECLARED_MIG : VGATE_DECLARED_NO_MIG;
    return good;
}

static gboolean
read_remove_others (VgateDeclaredGpu *gpu, const char *value)
{
    return read_yes_no (value, &gpu->remove_others);
}

static const struct {
    const char *name;
    gboolean (*read) (VgateDeclaration *declaration, const char *value);
    const char *expected;
} host_keys[] = {
    {"version-range", read_range, "MIN-MAX, such as 18.1-26.1"},
    {"wait", read_wait, "0 to " G_STRINGIFY (VGATE_DECLARED_WAIT_MAX) " (seconds)"},
};

static const struct {
    const char *name;
    gboolean (*read) (VgateDeclaredGpu *gpu, const char *value);
    const char *expected;
} gpu_keys[] = {
    {"types", read_types, TYPES_FORM},
    {"kind", read_kind, "mdev or vf"},
    {"mig", read_mig, "yes or no"},
    {"remove-others", read_remove_others, "yes or no"},
};

/* The keys of a scheduler are those of 'vgpu-gate scheduler set'; its policy is "scheduler". */
#define POLICY_SETTING "policy"
#define POLICY_KEY     "scheduler"

static const VgateSchedulerSetting *
find_setting (const char *key)
{
    if (strcmp (key, POLICY_SETTING) == 0)
        return NULL;
    return vgate_scheduler_setting_find (strcmp (key, POLICY_KEY) == 0 ? POLICY_SETTING : key);
}

gboolean
vgate_declaration_is_group (const char *group)
{
    return g_str_has_prefix (group, GPU_GROUP);
}

gboolean
vgate_declaration_is_host_key (const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS (host_keys); i++)
        if (strcmp (host_keys[i].name, key) == 0)
            return TRUE;
    return FALSE;
}

/* --- groups --- */

static gboolean
unknown_key (const VgatePolicyReader *reader, const char *group, const char *key, GError **error)
{
    const gboolean is_host = strcmp (group, HOST_GROUP) == 0;
    const char *best = NULL;
    g_autofree char *hint = NULL;
    gsize n_settings;
    const VgateSchedulerSetting *settings = vgate_scheduler_settings_list (&n_settings);

    for (gsize i = 0; is_host && i < G_N_ELEMENTS (host_keys); i++)
        vgate_policy_take_nearer (key, host_keys[i].name, &best);
    for (gsize i = 0; !is_host && i < G_N_ELEMENTS (gpu_keys); i++)
        vgate_policy_take_nearer (key, gpu_keys[i].name, &best);
    for (gsize i = 0; !is_host && i < n_settings; i++)
        vgate_policy_take_nearer (
            key, strcmp (settings[i].name, POLICY_SETTING) == 0 ? POLICY_KEY : settings[i].name, &best);
    hint = vgate_policy_did_you_mean (best);
    return vgate_policy_reader_go_on (reader, VGATE_CODE_CONFIG_UNKNOWN,
                                      vgate_policy_reader_line (reader, group, key), error,
                                      "unknown key '%s' in [%s]%s", key, group, hint);
}

static gboolean
read_host_key (const VgatePolicyReader *reader, VgateDeclaration *declaration, const char *key,
               GError **error)
{
    g_autofree char *value = vgate_policy_reader_get (reader, HOST_GROUP, key);

    for (gsize i = 0; i < G_N_ELEMENTS (host_keys); i++)
        if (strcmp (host_keys[i].name, key) == 0)
            return host_keys[i].read (declaration, value) ||
                   vgate_policy_reader_bad_value (reader, HOST_GROUP, key, value, host_keys[i].expected,
                                                  error);
    return unknown_key (reader, HOST_GROUP, key, error);
}

static gboolean
read_gpu_key (const VgatePolicyReader *reader, VgateDeclaredGpu *gpu, const char *group, const char *key,
              GError **error)
{
    g_autofree char *value = vgate_policy_reader_get (reader, group, key);
    const VgateSchedulerSetting *setting = find_setting (key);

    for (gsize i = 0; i < G_N_ELEMENTS (gpu_keys); i++)
        if (strcmp (gpu_keys[i].name, key) == 0)
            return gpu_keys[i].read (gpu, value) ||
                   vgate_policy_reader_bad_value (reader, group, key, value, gpu_keys[i].expected, error);
    if (!setting)
        return unknown_key (reader, group, key, error);
    gpu->has_scheduler = TRUE;
    return setting->read (value, &gpu->scheduler) ||
           vgate_policy_reader_bad_value (reader, group, key, value, setting->expected, error);
}

/* Of two groups with the same name GKeyFile would make one. */
static gboolean
check_group (const VgatePolicyReader *reader, const char *group, GError **error)
{
    guint first = 0;

    for (guint i = 0; i < reader->lines->lines->len; i++) {
        const VgateKeyLine *line = g_ptr_array_index (reader->lines->lines, i);

        if (line->key || line->fault || g_strcmp0 (line->group, group) != 0)
            continue;
        if (first > 0)
            return vgate_policy_reader_go_on (reader, VGATE_CODE_CONFIG_VALUE, line->number, error,
                                              "the group [%s] began before, in line %u", group, first);
        first = line->number;
    }
    return TRUE;
}

/* What only has a meaning together with "types". */
static gboolean
check_has_types (const VgatePolicyReader *reader, const VgateDeclaredGpu *gpu, const char *group,
                 GError **error)
{
    static const char *const keys[] = {"kind", "remove-others"};

    for (gsize i = 0; !gpu->types && i < G_N_ELEMENTS (keys); i++) {
        const guint line = vgate_policy_reader_line (reader, group, keys[i]);

        if (line > 0 && !vgate_policy_reader_go_on (reader, VGATE_CODE_CONFIG_VALUE, line, error,
                                                    "%s has no meaning without types", keys[i]))
            return FALSE;
    }
    return TRUE;
}

/* A setting that would have no effect is refused, as the author could believe that it has one. Ranges are
 * known to the GPU alone. */
static gboolean
check_scheduler (const VgatePolicyReader *reader, const VgateDeclaredGpu *gpu, const char *group,
                 GError **error)
{
    const VgateSchedulerSettings *settings = &gpu->scheduler;
    const gboolean is_best_effort = settings->policy == VGATE_SCHEDULER_BEST_EFFORT;
    const gboolean has_arr = settings->arr == VGATE_ARR_ENABLED;
    const struct {
        const char *key;
        gboolean is_set;
        gboolean is_meaningless;
        const char *why;
    } checks[] = {
        {"arr", settings->arr != VGATE_ARR_DEFAULT, FALSE, NULL},
        {"time-slice", settings->time_slice > 0, has_arr, "with arr=enabled"},
        {"frequency", settings->frequency > 0, !has_arr, "without arr=enabled"},
        {"average-factor", settings->average_factor > 0, !has_arr, "without arr=enabled"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
        if (checks[i].is_set && (is_best_effort || checks[i].is_meaningless) &&
            !vgate_policy_reader_go_on (reader, VGATE_CODE_CONFIG_VALUE,
                                        vgate_policy_reader_line (reader, group, checks[i].key), error,
                                        "%s has no meaning %s", checks[i].key,
                                        is_best_effort ? "with " POLICY_KEY "=best-effort" : checks[i].why))
            return FALSE;
    return TRUE;
}

/* A GPU has one group, whatever name it has there. Two kinds of names for one GPU are found out only on the
 * host. */
static gboolean
check_gpu (const VgatePolicyReader *reader, const VgateDeclaration *declaration, const VgateDeclaredGpu *gpu,
           const char *group, GError **error)
{
    for (guint i = 0; i < declaration->gpus->len; i++) {
        const VgateDeclaredGpu *other = g_ptr_array_index (declaration->gpus, i);

        if (strcmp (other->gpu, gpu->gpu) == 0)
            return vgate_policy_reader_go_on (reader, VGATE_CODE_CONFIG_VALUE, gpu->line, error,
                                              "GPU %s has another group, in line %u", gpu->gpu, other->line);
    }
    if (gpu->has_scheduler && gpu->scheduler.policy == VGATE_SCHEDULER_UNKNOWN)
        return vgate_policy_reader_go_on (reader, VGATE_CODE_CONFIG_VALUE, gpu->line, error,
                                          "the settings of a scheduler need the key '" POLICY_KEY "'");
    return check_group (reader, group, error) && check_has_types (reader, gpu, group, error) &&
           check_scheduler (reader, gpu, group, error);
}

static gboolean
read_gpu (const VgatePolicyReader *reader, VgateDeclaration *declaration, const char *group, GError **error)
{
    g_auto (GStrv) keys = vgate_key_lines_list_keys (reader->file, group);
    g_autofree char *typed = g_strstrip (g_strdup (group + strlen (GPU_GROUP)));
    g_autofree char *name = vgate_gpu_name_read (typed);
    VgateDeclaredGpu *gpu;

    if (!name)
        return vgate_policy_reader_go_on (reader, VGATE_CODE_CONFIG_VALUE,
                                          vgate_policy_reader_line (reader, group, NULL), error,
                                          "invalid GPU '%s': expected " VGATE_GPU_NAME_FORM, typed);
    gpu = g_new0 (VgateDeclaredGpu, 1);
    gpu->gpu = g_steal_pointer (&name);
    gpu->line = vgate_policy_reader_line (reader, group, NULL);
    gpu->scheduler = (VgateSchedulerSettings)VGATE_INIT (VgateSchedulerSettings);
    for (guint i = 0; keys[i] && !vgate_policy_reader_is_full (reader); i++) {
        if (!read_gpu_key (reader, gpu, group, keys[i], error)) {
            gpu_free (gpu);
            return FALSE;
        }
    }
    if (!check_gpu (reader, declaration, gpu, group, error)) {
        gpu_free (gpu);
        return FALSE;
    }
    g_ptr_array_add (declaration->gpus, gpu);
    return TRUE;
}

static gboolean
read_group (const VgatePolicyReader *reader, VgateDeclaration *declaration, const char *group, GError **error)
{
    g_auto (GStrv) keys = NULL;

    if (vgate_declaration_is_group (group))
        return read_gpu (reader, declaration, group, error);
    if (strcmp (group, HOST_GROUP) != 0)
        return vgate_policy_reader_go_on (reader, VGATE_CODE_CONFIG_UNKNOWN,
                                          vgate_policy_reader_line (reader, group, NULL), error,
                                          "unknown group [%s]: expected " GROUPS, group);
    keys = vgate_key_lines_list_keys (reader->file, group);
    for (guint i = 0; keys[i] && !vgate_policy_reader_is_full (reader); i++)
        if (!read_host_key (reader, declaration, keys[i], error))
            return FALSE;
    return TRUE;
}

/* NULL with an error. With faults, what was read in spite of them. */
static VgateDeclaration *
read_text (VgatePolicyReader *reader, const char *text, gsize length, GError **error)
{
    g_autoptr (VgateDeclaration) declaration = declaration_new (reader->path);
    g_auto (GStrv) groups = NULL;

    if (!vgate_policy_reader_parse (reader, text, length, error))
        return NULL;
    groups = reader->file ? g_key_file_get_groups (reader->file, NULL) : NULL;
    for (guint i = 0; groups && groups[i] && !vgate_policy_reader_is_full (reader); i++)
        if (!read_group (reader, declaration, groups[i], error))
            return NULL;
    if (reader->faults && reader->file)
        vgate_policy_reader_warn_of_twice (reader);
    return g_steal_pointer (&declaration);
}

VgateDeclaration *
vgate_declaration_read (const char *path, GError **error)
{
    g_auto (VgatePolicyReader) reader = {.path = path};
    gsize length;
    g_autofree char *text = vgate_policy_reader_load (&reader, FALSE, &length, error);

    return text ? read_text (&reader, text, length, error) : NULL;
}

gboolean
vgate_declaration_inspect (const char *path, GPtrArray *faults, GError **error)
{
    g_auto (VgatePolicyReader) reader = {.path = path, .faults = faults};
    gsize length;
    g_autofree char *text = vgate_policy_reader_load (&reader, FALSE, &length, error);
    g_autoptr (VgateDeclaration) declaration = text ? read_text (&reader, text, length, error) : NULL;

    return declaration != NULL;
}

void
vgate_declaration_inspect_text (const char *text, gsize length, GPtrArray *faults)
{
    g_auto (VgatePolicyReader) reader = {.faults = faults};

    vgate_declaration_free (read_text (&reader, text, length, NULL));
}

char *
vgate_declaration_default_path (const char *root)
{
    return g_strconcat (root, VGATE_SYSCONFDIR "/vgpu-gate/devices.conf", NULL);
}
