/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet-options.h"

#include "command.h"
#include "fleet-libvirt.h"

#include <string.h>

void
vgate_fleet_options_clear (VgateFleetOptions *options)
{
    g_clear_pointer (&options->directories, g_strfreev);
    g_clear_pointer (&options->uris, g_strfreev);
    g_clear_pointer (&options->hosts, g_strfreev);
}

gboolean
vgate_fleet_word_is_path (const char *word)
{
    return strchr (word, '/') || g_str_has_suffix (word, ".xml") || strcmp (word, "-") == 0;
}

gboolean
vgate_fleet_options_have_fleet (const VgateFleetOptions *options)
{
    return options->directories || options->uris;
}

static gboolean
check_words (char *const *words, const char *what, gboolean has_fleet, guint *n_inputs, GError **error)
{
    for (gsize i = 0; words && words[i]; i++) {
        *n_inputs += strcmp (words[i], "-") == 0 ? 1 : 0;
        if (has_fleet || vgate_fleet_word_is_path (words[i]))
            continue;
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "%s '%s' is not the path of a document; a name requires --fleet or --connect", what,
                     words[i]);
        return FALSE;
    }
    return TRUE;
}

gboolean
vgate_fleet_options_check (const VgateFleetOptions *options, char *const *guests, GError **error)
{
    const gboolean has_fleet = vgate_fleet_options_have_fleet (options);
    guint n_inputs = 0;

    if (!check_words (guests, "guest", has_fleet, &n_inputs, error) ||
        !check_words (options->hosts, "host", has_fleet, &n_inputs, error))
        return FALSE;
    if (n_inputs > 1)
        g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                             "standard input ('-') can be read only once");
    return n_inputs <= 1;
}

static gpointer
find (const VgateFleet *fleet, const char *word, gboolean is_host, gboolean *is_ambiguous)
{
    return is_host ? (gpointer)vgate_fleet_find_host (fleet, word, is_ambiguous)
                   : (gpointer)vgate_fleet_find_guest (fleet, word, is_ambiguous);
}

static int
compare_ranks (gconstpointer left, gconstpointer right, gpointer ranks)
{
    const guint a = GPOINTER_TO_UINT (g_hash_table_lookup (ranks, *(gpointer const *)left));
    const guint b = GPOINTER_TO_UINT (g_hash_table_lookup (ranks, *(gpointer const *)right));

    return (a > b) - (a < b);
}

static void
add_unknown (VgateFleet *fleet, const char *word, gboolean is_host, gboolean is_ambiguous)
{
    vgate_fleet_add_fault (fleet, is_host, word, NULL,
                           g_error_new (VGATE_ERROR, VGATE_CODE_FLEET_UNKNOWN,
                                        is_ambiguous ? "several %ss of the fleet have this name"
                                                     : "no %s of the fleet has this name or UUID",
                                        is_host ? "host" : "guest"));
}

/* Keeps those that the words name, and adds the documents that they are paths of, in the order of the
 * words. */
static void
choose (VgateFleet *fleet, char *const *words, gboolean is_host)
{
    GPtrArray *entries = is_host ? fleet->hosts : fleet->guests;
    g_autoptr (GHashTable) ranks = g_hash_table_new (NULL, NULL);
    g_autoptr (GHashTable) paths = g_hash_table_new (g_str_hash, g_str_equal);

    if (!words)
        return;
    for (guint i = 0; words[i]; i++) {
        gboolean is_ambiguous;
        gpointer entry;

        if (vgate_fleet_word_is_path (words[i]))
            continue;
        entry = find (fleet, words[i], is_host, &is_ambiguous);
        if (!entry)
            add_unknown (fleet, words[i], is_host, is_ambiguous);
        else if (!g_hash_table_contains (ranks, entry))
            g_hash_table_insert (ranks, entry, GUINT_TO_POINTER (i));
    }
    for (guint i = entries->len; i-- > 0;)
        if (!g_hash_table_contains (ranks, g_ptr_array_index (entries, i)))
            g_ptr_array_remove_index (entries, i);
    for (guint i = 0; words[i]; i++) {
        const guint n = entries->len;

        if (!vgate_fleet_word_is_path (words[i]) || !g_hash_table_add (paths, words[i]))
            continue;
        if (is_host)
            vgate_fleet_add_host_file (fleet, words[i]);
        else
            vgate_fleet_add_guest_file (fleet, words[i]);
        if (entries->len > n)
            g_hash_table_insert (ranks, g_ptr_array_index (entries, n), GUINT_TO_POINTER (i));
    }
    g_ptr_array_sort_with_data (entries, compare_ranks, ranks);
}

void
vgate_fleet_print_fault (const VgateFleetFault *fault)
{
    const char *origin = strcmp (fault->origin, "-") == 0 ? "standard input" : fault->origin;
    /* that of a file that cannot be read already contains its path */
    const gboolean is_named = strstr (fault->error->message, origin) != NULL;
    g_autofree char *text =
        g_strdup_printf ("%s%s%s", is_named ? "" : origin, is_named ? "" : ": ", fault->error->message);
    g_autoptr (GError) error = g_error_new_literal (fault->error->domain, fault->error->code, text);

    vgate_command_fail_domain (error, fault->name);
}

void
vgate_fleet_print_faults (const VgateFleet *fleet)
{
    for (guint i = 0; i < fleet->faults->len; i++)
        vgate_fleet_print_fault (g_ptr_array_index (fleet->faults, i));
}

/* The words that are no paths, ending with NULL; NULL without words. They are borrowed. */
static GPtrArray *
names_of (char *const *words)
{
    GPtrArray *names = words ? g_ptr_array_new () : NULL;

    for (gsize i = 0; words && words[i]; i++)
        if (!vgate_fleet_word_is_path (words[i]))
            g_ptr_array_add (names, words[i]);
    if (names)
        g_ptr_array_add (names, NULL);
    return names;
}

static void
add_libvirt (VgateFleet *fleet, const VgateFleetOptions *options, const GPtrArray *guest_names,
             const char *config)
{
    g_autoptr (GPtrArray) host_names = names_of (options->hosts);
    const VgateLibvirtSource source = {
        .uris = options->uris,
        .guests = guest_names ? (char *const *)guest_names->pdata : NULL,
        .needs_hosts = host_names ? host_names->len > 1 : !options->is_about_here,
        .config = config,
    };
    g_autoptr (GPtrArray) documents = vgate_libvirt_source_read (&source);

    for (guint i = 0; i < documents->len; i++)
        vgate_source_document_add (g_ptr_array_index (documents, i), fleet);
}

VgateFleet *
vgate_fleet_options_collect (const VgateFleetOptions *options, char *const *guests, const char *config,
                             GError **error)
{
    g_autoptr (VgateFleet) fleet = vgate_fleet_new ();

    g_autoptr (GPtrArray) names = names_of (guests);
    /* without a guest of the fleet, thousands of documents need not be read */
    const gboolean has_guests = !names || names->len > 1;

    for (gsize i = 0; options->directories && options->directories[i]; i++)
        if (!(has_guests ? vgate_fleet_add_directory
                         : vgate_fleet_add_hosts_of_directory) (fleet, options->directories[i], error))
            return NULL;
    if (options->uris)
        add_libvirt (fleet, options, names, config);
    vgate_fleet_drop_duplicates (fleet);
    choose (fleet, guests, FALSE);
    choose (fleet, options->hosts, TRUE);
    vgate_fleet_drop_duplicates (fleet);
    return g_steal_pointer (&fleet);
}

VgateFleet *
vgate_fleet_options_read (const VgateFleetOptions *options, char *const *guests, const char *config,
                          GError **error)
{
    g_autoptr (VgateFleet) fleet = vgate_fleet_options_collect (options, guests, config, error);

    if (!fleet)
        return NULL;
    vgate_fleet_print_faults (fleet);
    if (fleet->guests->len > 0 && fleet->hosts->len > 0)
        return g_steal_pointer (&fleet);
    g_set_error (error, VGATE_ERROR, VGATE_CODE_FLEET_EMPTY, "the fleet contains no %s",
                 fleet->guests->len == 0 ? "guest" : "host");
    return NULL;
}

VgateFleet *
vgate_fleet_options_read_hosts (const VgateFleetOptions *options, const char *config, GError **error)
{
    char *const no_guests[] = {NULL};
    g_autoptr (VgateFleet) fleet = vgate_fleet_options_collect (options, no_guests, config, error);

    if (!fleet)
        return NULL;
    for (guint i = fleet->faults->len; i-- > 0;)
        if (!((const VgateFleetFault *)g_ptr_array_index (fleet->faults, i))->is_host)
            g_ptr_array_remove_index (fleet->faults, i);
    vgate_fleet_print_faults (fleet);
    if (fleet->hosts->len > 0)
        return g_steal_pointer (&fleet);
    g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_FLEET_EMPTY, "the fleet contains no host");
    return NULL;
}
