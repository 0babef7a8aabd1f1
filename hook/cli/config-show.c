/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate config show: the configuration as the hook would read it now, and the origin of each value. */
#include "command.h"
#include "wrap.h"

#include <string.h>

#define FORMAT    "vgpu-gate/config/1"
#define VALUE_MAX 4096

static const char *
origin_of (const VgateSetting *setting)
{
    return setting->line > 0 ? "file" : setting->value ? "default" : "none";
}

static void
print_json (const char *path, gboolean has_file, const GPtrArray *settings)
{
    g_autoptr (JsonObject) tree = json_object_new ();
    JsonArray *list;

    json_object_set_string_member (tree, "format", FORMAT);
    vgate_tree_set_path (tree, "file", path);
    json_object_set_boolean_member (tree, "exists", has_file);
    list = vgate_tree_add_list (tree, "key");
    for (guint i = 0; i < settings->len; i++) {
        const VgateSetting *setting = g_ptr_array_index (settings, i);
        JsonObject *item = vgate_tree_add_item (list);

        json_object_set_string_member (item, "group", setting->group);
        json_object_set_string_member (item, "key", setting->key);
        if (setting->value)
            vgate_tree_set_path (item, "value", setting->value);
        json_object_set_string_member (item, "origin", origin_of (setting));
        if (setting->line > 0)
            vgate_tree_set_number (item, "line", setting->line);
    }
    vgate_command_print (tree, VGATE_OUTPUT_JSON);
}

/* "line 5", "default" or "not set". The caller frees it. */
static char *
describe_origin (const VgateSetting *setting)
{
    if (setting->line > 0)
        return g_strdup_printf ("line %u", setting->line);
    return g_strdup (setting->value ? "default" : "not set");
}

/* "[gate]", and below it a line for each key: "  max-age=3600  (default)". */
static void
print_text (const char *path, gboolean has_file, const GPtrArray *settings)
{
    g_autofree char *shown = vgate_printable (path, VALUE_MAX);
    const char *group = "";

    g_print ("%s%s\n", shown, has_file ? "" : ": the file does not exist, so all keys have their defaults");
    for (guint i = 0; i < settings->len; i++) {
        const VgateSetting *setting = g_ptr_array_index (settings, i);
        g_autofree char *value = vgate_printable (setting->value ? setting->value : "", VALUE_MAX);
        g_autofree char *origin = describe_origin (setting);

        if (strcmp (setting->group, group) != 0)
            g_print ("\n[%s]\n", setting->group);
        group = setting->group;
        g_print ("  %s=%s  (%s)\n", setting->key, value, origin);
    }
}

static int
show (int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    const char *path = config ? config : vgate_policy_default_path ();
    g_autoptr (GPtrArray) settings = NULL;
    g_autoptr (GError) error = NULL;
    gboolean has_file = FALSE;

    if (!vgate_command_line_parse (
            &line, argc, argv, NULL,
            "Print the configuration as the hook would read it now: each key, its value, and whether\n"
            "that is from the file or the default. Of a key file, only the path is printed. vgpu-gated\n"
            "uses what it has read before, until it reads the configuration again.",
            NULL, &error))
        return vgate_command_usage (error->message);
    if (line.n_words > 0)
        return vgate_command_usage ("'config show' takes no arguments");
    settings = vgate_policy_read_settings (config, &has_file, &error);
    if (!settings)
        return vgate_command_fail (error);
    if (line.output == VGATE_OUTPUT_JSON)
        print_json (path, has_file, settings);
    else
        print_text (path, has_file, settings);
    return VGATE_EXIT_ALLOWED;
}

int
vgate_command_config (int argc, char *argv[], const char *config)
{
    static const VgateCommand commands[] = {
        {"show", show,
         "print the configuration as the hook would read it now, and where each value comes from"},
    };

    return vgate_command_group (commands, G_N_ELEMENTS (commands), argc, argv, config);
}
