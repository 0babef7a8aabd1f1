/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that a program can check, over every .c and .h of the source tree, and for its English over the
 * documentation as well. A line that breaks a rule for a reason has a comment on it or on the line before:
 * nocheck: REASON.
 */
#include <glib.h>
#include <string.h>

/* in two parts, because it is not the license of this file */
#define SPDX           \
    "/* SPDX-License-" \
    "Identifier: LGPL-2.1-or-later */"
#define COLUMNS_MAX 110

/* The floors of lib/, lowest first: a folder includes only itself and the floors below it. */
static const char *const floors[] = {"vgpu-gate", "base",      "version",    "nvml",      "xml",
                                     "metadata",  "scheduler", "compat",     "policy",    "domain",
                                     "status",    "host",      "driver",     "placement", "declared",
                                     "gate",      "fleet",     "self-check", "validate"};

/* The rooms of plugin/, lowest first, by the same rule. */
static const char *const rooms[] = {"element", "base",       "libvirt",    "capture",
                                    "jobs",    "definition", "switchover", "service"};

/* The simulated driver is not a floor: it is a separate library, which may use only these folders. */
static const char *const below_sim[] = {"vgpu-gate", "nvml", "version", "nvml-sim"};

static const struct {
    const char *name;
    const char *instead;
} banned[] = {
    {"strcpy", "g_strlcpy or memcpy with a checked length"},
    {"strcat", "GString"},
    {"strncpy", "g_strlcpy"},
    {"sprintf", "g_snprintf or g_strdup_printf"},
    {"vsprintf", "g_vsnprintf"},
    {"gets", "a function that knows the size"},
    {"system", "g_spawn_* with an argument vector"},
    {"popen", "g_spawn_* with an argument vector"},
    {"atoi", "g_ascii_string_to_unsigned or a strict reader of lib/xml"},
    {"atol", "g_ascii_string_to_unsigned"},
    {"strtok", "g_strsplit"},
    {"alloca", "g_malloc and g_autofree"},
    {"tmpnam", "g_dir_make_tmp"},
    {"mktemp", "g_dir_make_tmp"},
    {"goto", "g_autoptr and a return"},
};

/* English that has to be read twice. The pattern is a Perl expression; blanks and line ends are one blank. */
static const struct {
    const char *pattern;
    const char *instead;
} riddles[] = {
    {"(?<!there )(is|are) none\\b", "'is not' with the noun, or 'no' with the noun"},
    {"\\bha(s|ve) not (the|a|an|its)\\b", "'does not have', 'does not match' or 'lacks'"},
    {"\\b[Ss]hall\\b", "'must', 'should' or 'will'"},
    {"\\banew\\b", "'again'"},
    {"\\b(be|is|are) told(?! apart)\\b", "'is reported', or 'cannot tell' with a subject"},
    {"\\bcomes? here\\b", "'migrate to this host' or 'arrive'"},
    {"\\bstand(s|ing)? still\\b", "'is paused', or 'down-time'"},
    {"\\bstands\\b", "'is', 'is listed' or 'is written'"},
    {"\\b[Ww]hoever\\b", "'a user who' or 'a program that'"},
    {"\\b(thereof|wherefrom)\\b", "'of' or 'from' with the noun"},
};

typedef struct {
    const char *path; /* below the source tree */
    char **lines;
    gboolean is_quiet;
    guint n_complaints;
} Source;

typedef void (*Check) (Source *source);

/* line: NULL in an empty file. */
static gboolean
is_excused (const char *line)
{
    return line && strstr (line, "nocheck: ");
}

G_GNUC_PRINTF (3, 4)
static void
complain (Source *source, guint line, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    if (is_excused (source->lines[line]) || (line > 0 && is_excused (source->lines[line - 1])))
        return;
    va_start (arguments, format);
    text = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    if (!source->is_quiet)
        g_printerr ("# %s:%u: %s\n", source->path, line + 1, text);
    source->n_complaints++;
}

static void
check_licence (Source *source)
{
    if (!source->lines[0] || strcmp (source->lines[0], SPDX) != 0)
        complain (source, 0, "the first line must be '%s'", SPDX);
}

static void
check_layout (Source *source)
{
    for (guint i = 0; source->lines[i]; i++) {
        const glong length = g_utf8_strlen (source->lines[i], -1);

        if (length > COLUMNS_MAX)
            complain (source, i,
                      "%ld columns, at most %d: break it by hand where it is a string or a comment", length,
                      COLUMNS_MAX);
        if (strchr (source->lines[i], '\t'))
            complain (source, i, "a tab; indent with four spaces");
        if (g_str_has_suffix (source->lines[i], " "))
            complain (source, i, "a blank at the end");
    }
}

/* Returns the line with the content of comments and strings replaced by blanks, so that columns remain. */
static char *
code_of (const char *line, gboolean *in_comment)
{
    char *code = g_strdup (line);
    char quote = '\0';

    for (char *at = code; *at != '\0'; at++) {
        if (*in_comment) {
            *in_comment = !(at[0] == '*' && at[1] == '/');
            if (!*in_comment)
                *at++ = ' ';
            *at = ' ';
        } else if (quote != '\0') {
            const gboolean ends = *at == quote, escapes = *at == '\\' && at[1] != '\0';

            *at = ' ';
            if (escapes)
                *++at = ' ';
            if (ends)
                quote = '\0';
        } else if (at[0] == '/' && at[1] == '/') {
            *at = '\0';
            break;
        } else if (at[0] == '/' && at[1] == '*') {
            *in_comment = TRUE;
            *at++ = ' ';
            *at = ' ';
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
            *at = ' ';
        }
    }
    return code;
}

static gboolean
is_word_character (char c)
{
    return g_ascii_isalnum (c) || c == '_';
}

static gboolean
has_word (const char *code, const char *word)
{
    const gsize length = strlen (word);

    for (const char *at = strstr (code, word); at; at = strstr (at + 1, word))
        if ((at == code || !is_word_character (at[-1])) && !is_word_character (at[length]))
            return TRUE;
    return FALSE;
}

static void
check_banned (Source *source)
{
    gboolean in_comment = FALSE;

    for (guint i = 0; source->lines[i]; i++) {
        g_autofree char *code = code_of (source->lines[i], &in_comment);

        for (gsize j = 0; j < G_N_ELEMENTS (banned); j++)
            if (has_word (code, banned[j].name))
                complain (source, i, "%s is not used here; take %s", banned[j].name, banned[j].instead);
    }
}

/* The macro makes a string of its first argument with all blanks, which is the name of a public error domain.
 */
static void
check_quarks (Source *source)
{
    for (guint i = 0; source->lines[i]; i++)
        if (g_str_has_prefix (source->lines[i], "G_DEFINE_QUARK") && strstr (source->lines[i], " - "))
            complain (source, i, "blanks in the name of an error domain; put clang-format off before it");
}

/* NVIDIA's driver serves the content of these files in sysfs: if it hangs, so does the reader. */
static const char *const served_files[] = {"current_vgpu_type\"", "creatable_vgpu_types\"",
                                           "available_instances\"", "mdev_type/name\""};

static void
check_served (Source *source)
{
    if (!g_str_has_suffix (source->path, ".c") || g_str_has_prefix (source->path, "tests/") ||
        g_str_has_prefix (source->path, "lib/nvml-sim/"))
        return;
    for (guint i = 0; source->lines[i]; i++) {
        for (gsize j = 0; j < G_N_ELEMENTS (served_files); j++)
            if (strstr (source->lines[i], served_files[j]) &&
                !strstr (source->lines[i], "vgate_served_read ("))
                complain (source, i,
                          "the driver serves this file, and can hang: read it by vgate_served_read ()");
        if (strstr (source->lines[i], "VGATE_SERVED_DIRECTLY") &&
            !strstr (source->path, "lib/host/served.h") && !strstr (source->path, "lib/driver/probe-serve.c"))
            complain (source, i, "only vgpu-gate-nvml may hang: take VGATE_SERVED_IN_TIME");
    }
}

static int
floor_of (const char *folder)
{
    for (gsize i = 0; i < G_N_ELEMENTS (floors); i++)
        if (strcmp (floors[i], folder) == 0)
            return (int)i;
    return -1;
}

/* Returns the folder of lib/ in #include "FOLDER/FILE"; NULL for any other line. */
static char *
included_folder (const char *line)
{
    static const char include[] = "#include \"";
    const char *name = line + strlen (include), *slash;

    if (!g_str_has_prefix (line, include))
        return NULL;
    slash = strchr (name, '/');
    return slash ? g_strndup (name, (gsize)(slash - name)) : NULL;
}

static void
check_include (Source *source, guint line, const char *own, const char *folder)
{
    const int own_floor = floor_of (own), its_floor = floor_of (folder);

    if (strcmp (own, "nvml-sim") == 0) {
        for (gsize i = 0; i < G_N_ELEMENTS (below_sim); i++)
            if (strcmp (below_sim[i], folder) == 0)
                return;
        complain (source, line, "nvml-sim may include nvml, version and itself, not %s", folder);
    } else if (own_floor < 0) {
        complain (source, line, "lib/%s is not in the list of floors in tests/unit/test-source.c", own);
    } else if (its_floor < 0) {
        complain (source, line, "%s is not in the list of floors of lib/", folder);
    } else if (its_floor > own_floor) {
        complain (source, line, "%s is above %s: a floor includes only itself and the floors below it",
                  folder, own);
    }
}

static void
check_floors (Source *source)
{
    g_auto (GStrv) parts = g_strsplit (source->path, "/", -1);

    if (strcmp (parts[0], "lib") != 0)
        return;
    for (guint i = 0; source->lines[i]; i++) {
        g_autofree char *folder = included_folder (source->lines[i]);

        if (folder)
            check_include (source, i, parts[1], folder);
    }
}

static int
room_of (const char *folder)
{
    for (gsize i = 0; i < G_N_ELEMENTS (rooms); i++)
        if (g_strcmp0 (rooms[i], folder) == 0)
            return (int)i;
    return -1;
}

/* Checks #include "plugin/ROOM/FILE"; main.c may use all rooms. */
static void
check_rooms (Source *source)
{
    static const char include[] = "#include \"plugin/";
    g_auto (GStrv) parts = g_strsplit (source->path, "/", -1);
    const int own = g_strv_length (parts) > 2 ? room_of (parts[1]) : (int)G_N_ELEMENTS (rooms);

    if (strcmp (parts[0], "plugin") != 0)
        return;
    if (own < 0)
        complain (source, 0, "plugin/%s is not in the list of rooms in tests/unit/test-source.c", parts[1]);
    for (guint i = 0; source->lines[i]; i++) {
        const char *line = source->lines[i];
        g_auto (GStrv) its = NULL;

        if (g_str_has_prefix (line, "#include \"") && !strchr (line, '/'))
            complain (source, i, "name the room: #include \"plugin/ROOM/FILE\"");
        if (!g_str_has_prefix (line, include))
            continue;
        its = g_strsplit (line + strlen (include), "/", -1);
        if (room_of (its[0]) < 0 || room_of (its[0]) > own)
            complain (source, i, "%s comes after plugin/%s: a room uses only itself and those before it",
                      its[0], parts[1]);
    }
}

static void
check_once (Source *source)
{
    for (guint i = 0; g_str_has_suffix (source->path, ".h") && source->lines[i]; i++)
        if (strcmp (source->lines[i], "#pragma once") == 0)
            return;
    if (g_str_has_suffix (source->path, ".h"))
        complain (source, 0, "a header begins with #pragma once");
}

static gboolean
has_suffix (const char *name, const char *const *suffixes)
{
    for (; *suffixes; suffixes++)
        if (g_str_has_suffix (name, *suffixes))
            return TRUE;
    return FALSE;
}

/* Returns the line with its code replaced by '|', so that only comments and strings are left. */
static char *
words_of (const char *line, gboolean *in_comment)
{
    g_autofree char *code = code_of (line, in_comment);
    const gsize length = strlen (code);
    char *words = g_strdup (line);

    for (gsize i = 0; i < length; i++)
        if (code[i] != ' ')
            words[i] = '|';
    return words;
}

/*
 * Looks for the riddles in the whole text, because a phrase can continue on the next line of a comment or a
 * string. Blanks, and what begins and ends comments and strings, become one blank.
 */
static void
check_words (Source *source)
{
    static const char *const c_files[] = {".c", ".h", ".def", NULL};
    const gboolean is_c = has_suffix (source->path, c_files);
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (GArray) lines = g_array_new (FALSE, FALSE, sizeof (guint)); /* of each byte of text */
    gboolean in_comment = FALSE;

    for (guint i = 0; source->lines[i]; i++) {
        g_autofree char *words =
            is_c ? words_of (source->lines[i], &in_comment) : g_strdup (source->lines[i]);
        g_autofree char *line = g_strconcat (words, " ", NULL);

        for (const char *at = line; *at != '\0'; at++) {
            const char c = strchr (" \t*\"#/\\", *at) ? ' ' : *at;

            if (c == ' ' && text->len > 0 && text->str[text->len - 1] == ' ')
                continue;
            g_string_append_c (text, c);
            g_array_append_val (lines, i);
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS (riddles); i++) {
        g_autoptr (GRegex) regex = g_regex_new (riddles[i].pattern, G_REGEX_RAW, 0, NULL);
        g_autoptr (GMatchInfo) match = NULL;

        g_assert_nonnull (regex);
        for (g_regex_match (regex, text->str, 0, &match); g_match_info_matches (match);
             g_match_info_next (match, NULL)) {
            g_autofree char *found = g_match_info_fetch (match, 0);
            int start;

            g_match_info_fetch_pos (match, 0, &start, NULL);
            complain (source, g_array_index (lines, guint, start), "'%s': write %s", found,
                      riddles[i].instead);
        }
    }
}

static guint
check_file (const char *root, const char *path, Check check)
{
    g_autofree char *full = g_build_filename (root, path, NULL), *text = NULL;
    g_auto (GStrv) lines = NULL;
    Source source = {.path = path};

    g_assert_true (g_file_get_contents (full, &text, NULL, NULL));
    g_assert_true (g_utf8_validate (text, -1, NULL));
    lines = g_strsplit (text, "\n", -1);
    source.lines = lines;
    check (&source);
    return source.n_complaints;
}

static void
find_files (const char *root, const char *folder, const char *const *suffixes, GPtrArray *files)
{
    g_autofree char *full = g_build_filename (root, folder, NULL);
    g_autoptr (GDir) dir = g_dir_open (full, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name (dir))) {
        g_autofree char *path = g_build_filename (folder, name, NULL);
        g_autofree char *full_path = g_build_filename (root, path, NULL);

        if (g_file_test (full_path, G_FILE_TEST_IS_SYMLINK))
            continue;
        if (g_file_test (full_path, G_FILE_TEST_IS_DIR))
            find_files (root, path, suffixes, files);
        else if (has_suffix (name, suffixes))
            g_ptr_array_add (files, g_steal_pointer (&path));
    }
}

static GPtrArray *
all_sources (const char *root)
{
    static const char *const folders[] = {"lib", "hook", "plugin", "tests"}, *const suffixes[] = {".c", ".h",
                                                                                                  NULL};
    GPtrArray *sources = g_ptr_array_new_with_free_func (g_free);

    for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
        find_files (root, folders[i], suffixes, sources);
    return sources;
}

/* The files whose English is checked: everything that users and readers of the source get to see. */
static GPtrArray *
all_texts (const char *root)
{
    static const char *const folders[] = {"lib", "hook", "plugin", "docs", "examples", "schemas"};
    static const char *const single[] = {"README.md", "NEWS.md", "CONTRIBUTING.md", "SECURITY.md",
                                         "meson.build"};
    static const char *const suffixes[] = {".c",      ".h",    ".def", ".md",  ".in",
                                           ".build",  ".conf", ".xml", ".rng", ".sh",
                                           ".socket", ".html", ".css", ".js",  NULL};
    GPtrArray *texts = g_ptr_array_new_with_free_func (g_free);

    for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
        find_files (root, folders[i], suffixes, texts);
    for (gsize i = 0; i < G_N_ELEMENTS (single); i++)
        g_ptr_array_add (texts, g_strdup (single[i]));
    return texts;
}

/* --- circles --- */

/* A file of the programs, and the files that it uses. */
typedef struct {
    char *path;      /* below the source tree */
    char *code;      /* without comments and strings */
    GPtrArray *uses; /* of Use *: one for each file that it uses */
} Module;

typedef struct {
    const Module *module;
    char *word; /* the first of its functions that is used */
} Use;

static void
use_free (Use *use)
{
    g_free (use->word);
    g_free (use);
}

static void
module_free (Module *module)
{
    g_free (module->path);
    g_free (module->code);
    g_ptr_array_unref (module->uses);
    g_free (module);
}

static Module *
module_new (const char *path, const char *text)
{
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
    g_autoptr (GString) all = g_string_new (NULL);
    Module *module = g_new0 (Module, 1);
    gboolean in_comment = FALSE;

    for (guint i = 0; lines[i]; i++) {
        g_autofree char *code = code_of (lines[i], &in_comment);

        g_string_append_printf (all, "%s\n", code);
    }
    module->path = g_strdup (path);
    module->code = g_string_free (g_steal_pointer (&all), FALSE);
    module->uses = g_ptr_array_new_with_free_func ((GDestroyNotify)use_free);
    return module;
}

/* Returns function name -> the Module that defines it. A public function has its type on the line before. */
static GHashTable *
find_definitions (const GPtrArray *modules)
{
    g_autoptr (GRegex) definition =
        g_regex_new ("^(?!static)[a-zA-Z].*\\n((?=\\w*[a-z])\\w+) \\(", G_REGEX_MULTILINE, 0, NULL);
    GHashTable *owners = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < modules->len; i++) {
        Module *module = g_ptr_array_index (modules, i);
        g_autoptr (GMatchInfo) match = NULL;

        for (g_regex_match (definition, module->code, 0, &match); g_match_info_matches (match);
             g_match_info_next (match, NULL)) {
            g_autofree char *name = g_match_info_fetch (match, 1);

            /* each program has one, and none calls it */
            if (strcmp (name, "main") != 0)
                g_hash_table_insert (owners, g_steal_pointer (&name), module);
        }
    }
    return owners;
}

static void
add_use (Module *module, const Module *used, const char *word)
{
    Use *use;

    for (guint i = 0; i < module->uses->len; i++)
        if (((Use *)g_ptr_array_index (module->uses, i))->module == used)
            return;
    use = g_new0 (Use, 1);
    use->module = used;
    use->word = g_strdup (word);
    g_ptr_array_add (module->uses, use);
}

static void
find_uses (const GPtrArray *modules)
{
    g_autoptr (GHashTable) owners = find_definitions (modules);

    for (guint i = 0; i < modules->len; i++) {
        Module *module = g_ptr_array_index (modules, i);
        const char *at = module->code;

        while (*at != '\0') {
            const char *start = at;
            g_autofree char *word = NULL;
            const Module *owner;

            while (is_word_character (*at))
                at++;
            if (at == start) {
                at++;
                continue;
            }
            word = g_strndup (start, (gsize)(at - start));
            owner = g_hash_table_lookup (owners, word);
            if (owner && owner != module)
                add_use (module, owner, word);
        }
    }
}

/* Returns "b.c: name" for each step, the last one first. from: Use -> Module; reached_by: Module -> Use. */
static char *
describe_circle (const Module *first, const Use *last, GHashTable *from, GHashTable *reached_by)
{
    g_autoptr (GString) text = g_string_new (NULL);
    const Module *at = g_hash_table_lookup (from, last);

    g_string_append_printf (text, "%s (%s)", first->path, last->word);
    while (at != first) {
        const Use *use = g_hash_table_lookup (reached_by, at);
        g_autofree char *step = g_strdup_printf ("%s (%s) -> ", at->path, use->word);

        g_string_prepend (text, step);
        at = g_hash_table_lookup (from, use);
    }
    g_string_prepend (text, " -> ");
    g_string_prepend (text, first->path);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Describes the shortest path from a file back to itself; NULL if there is no such path. The caller frees it.
 */
static char *
find_circle (const Module *first)
{
    g_autoptr (GHashTable) reached_by = g_hash_table_new (NULL, NULL); /* Module -> Use */
    g_autoptr (GHashTable) from = g_hash_table_new (NULL, NULL);       /* Use -> Module */
    g_autoptr (GPtrArray) queue = g_ptr_array_new ();

    g_ptr_array_add (queue, (gpointer)first);
    for (guint i = 0; i < queue->len; i++) {
        const Module *module = g_ptr_array_index (queue, i);

        for (guint u = 0; u < module->uses->len; u++) {
            Use *use = g_ptr_array_index (module->uses, u);

            if (use->module != first && g_hash_table_contains (reached_by, use->module))
                continue;
            g_hash_table_insert (from, use, (gpointer)module);
            if (use->module == first)
                return describe_circle (first, use, from, reached_by);
            g_hash_table_insert (reached_by, (gpointer)use->module, use);
            g_ptr_array_add (queue, (gpointer)use->module);
        }
    }
    return NULL;
}

/* Returns how many files have a path back to themselves. */
static guint
count_circles (GPtrArray *modules, gboolean is_quiet)
{
    guint n = 0;

    find_uses (modules);
    for (guint i = 0; i < modules->len; i++) {
        const Module *module = g_ptr_array_index (modules, i);
        g_autofree char *circle = find_circle (module);

        if (circle && !is_quiet)
            g_printerr ("# a circle: %s\n", circle);
        n += circle ? 1 : 0;
    }
    return n;
}

/* Returns the folders of these files, each as one file with the code of all its files. */
static GPtrArray *
fold (const GPtrArray *modules)
{
    GPtrArray *folders = g_ptr_array_new_with_free_func ((GDestroyNotify)module_free);
    g_autoptr (GHashTable) by_path = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint i = 0; i < modules->len; i++) {
        const Module *module = g_ptr_array_index (modules, i);
        g_autofree char *path = g_path_get_dirname (module->path), *both = NULL;
        Module *folder = g_hash_table_lookup (by_path, path);

        if (!folder) {
            folder = module_new (path, "");
            g_ptr_array_add (folders, folder);
            g_hash_table_insert (by_path, folder->path, folder);
        }
        both = g_strconcat (folder->code, module->code, NULL);
        g_free (folder->code);
        folder->code = g_steal_pointer (&both);
    }
    return folders;
}

/* Groups that do not call each other's functions, or only downwards, so that names may be equal in them. */
static const char *const circle_groups[] = {"lib/nvml-sim/", "lib/", "hook/", "plugin/"};

/* Returns the group of a .c file; -1 if it has no group. */
static int
circle_group_of (const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS (circle_groups); i++)
        if (g_str_has_prefix (path, circle_groups[i]) && g_str_has_suffix (path, ".c"))
            return (int)i;
    return -1;
}

static void
test_circles (void)
{
    const char *root = g_getenv ("VGATE_SRCDIR");
    g_autoptr (GPtrArray) sources = all_sources (root);
    guint n_circles = 0;

    for (int group = 0; group < (int)G_N_ELEMENTS (circle_groups); group++) {
        g_autoptr (GPtrArray) modules = g_ptr_array_new_with_free_func ((GDestroyNotify)module_free);
        g_autoptr (GPtrArray) folders = NULL;

        for (guint i = 0; i < sources->len; i++) {
            const char *path = g_ptr_array_index (sources, i);
            g_autofree char *full = g_build_filename (root, path, NULL), *text = NULL;

            if (circle_group_of (path) != group)
                continue;
            g_assert_true (g_file_get_contents (full, &text, NULL, NULL));
            g_ptr_array_add (modules, module_new (path, text));
        }
        g_assert_cmpuint (modules->len, >, 20);
        folders = fold (modules);
        n_circles += count_circles (modules, FALSE) + count_circles (folders, FALSE);
    }
    g_assert_cmpuint (n_circles, ==, 0);
}

/* Checks the check: it finds a made-up circle, also one through a table or a longer path, and none if a name
 * is in a comment, a string, or a longer name. */
static void
test_circle_check (void)
{
    static const char *const paths[] = {"r/a/1.c", "r/b/2.c", "r/a/3.c"};
    static const struct {
        const char *texts[3];
        guint n_circles, n_between_folders;
    } cases[] = {
        {{"int\nx_a (void)\n{\n    x_b ();\n}\n", "void\nx_b (int i)\n{\n}\n", ""}, 0, 0},
        {{"int\nx_a (void)\n{\n    x_b ();\n}\n", "void\nx_b (int i)\n{\n    x_a ();\n}\n", ""}, 2, 2},
        {{"int\nx_a (void)\n{\n    x_b ();\n}\n", "void\nx_b (int i)\n{\n    x_c ();\n}\n",
          "static f *t[] = {x_a};\nf *\nx_c (int i)\n{\n}\n"},
         3,
         2},
        {{"int\nx_a (void)\n{\n    x_b ();\n}\n",
          "void\nx_b (int i)\n{\n    /* x_a\n x_a */ my_x_a (\"x_a\");\n}\n", ""},
         0,
         0},
        {{"static int\nx_a (void)\n{\n    x_b ();\n}\n", "void\nx_b (int i)\n{\n    x_a ();\n}\n", ""}, 0, 0},
        {{"void\nx_a (void)\n{\n    x_b ();\n}\n", "void\nx_b (void)\n{\n    x_c ();\n}\n",
          "void\nx_c (void)\n{\n}\n"},
         0,
         2},
        {{"void\nx_a (void)\n{\n    x_a ();\n}\n", "", ""}, 0, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GPtrArray) modules = g_ptr_array_new_with_free_func ((GDestroyNotify)module_free);
        g_autoptr (GPtrArray) folders = NULL;
        guint n, n_between_folders;

        for (gsize j = 0; j < G_N_ELEMENTS (paths); j++)
            g_ptr_array_add (modules, module_new (paths[j], cases[i].texts[j]));
        folders = fold (modules);
        n = count_circles (modules, TRUE);
        n_between_folders = count_circles (folders, TRUE);
        if (n != cases[i].n_circles || n_between_folders != cases[i].n_between_folders)
            g_error ("case %zu: %u files and %u folders in circles", i, n, n_between_folders);
    }
}

static void
run (const GPtrArray *paths, Check check)
{
    const char *root = g_getenv ("VGATE_SRCDIR");
    guint n_complaints = 0;

    g_assert_cmpuint (paths->len, >, 80);
    for (guint i = 0; i < paths->len; i++)
        n_complaints += check_file (root, g_ptr_array_index (paths, i), check);
    g_test_message ("%u files", paths->len);
    g_assert_cmpuint (n_complaints, ==, 0);
}

static void
test_sources (gconstpointer data)
{
    g_autoptr (GPtrArray) sources = all_sources (g_getenv ("VGATE_SRCDIR"));

    run (sources, *(const Check *)data);
}

static void
test_words (void)
{
    g_autoptr (GPtrArray) texts = all_texts (g_getenv ("VGATE_SRCDIR"));

    run (texts, check_words);
}

/* Checks the checks: a file that breaks each rule in known places. */
static void
test_checks (void)
{
    static const struct {
        const char *path, *text;
        Check check;
        guint n_complaints;
    } cases[] = {
        {"lib/xml/a.c", SPDX "\n", check_licence, 0},
        {"lib/xml/a.c", "\n" SPDX "\n", check_licence, 1},
        {"lib/xml/a.c", "", check_licence, 1},
        {"lib/xml/a.c", "a\tb\nc \n", check_layout, 2},
        {"lib/xml/a.c", "strcpy (a, b); /* strcat */ \"goto\" // gets\n", check_banned, 1},
        {"lib/xml/a.c", "/* strcpy\n goto */ my_strcpy (system_x);\n", check_banned, 0},
        {"lib/xml/a.c", "'\"'; goto x; '\\''; \"\\\"\"; system (0)\n", check_banned, 2},
        {"lib/xml/a.c", "/* nocheck: the reason */\ngoto x;\ngoto y;\ngoto z; /* nocheck: too */\n",
         check_banned, 1},
        {"lib/xml/a.c", "#include \"base/codes.h\"\n#include \"xml/xml.h\"\n#include <x/y.h>\n", check_floors,
         0},
        {"lib/xml/a.c", "#include \"gate/gate.h\"\n#include \"metadata/record.h\"\n#include \"new/x.h\"\n",
         check_floors, 3},
        {"lib/nvml-sim/a.c", "#include \"nvml/nvml-abi.h\"\n#include \"xml/xml.h\"\n", check_floors, 1},
        {"lib/new/a.c", "#include \"version/version.h\"\n", check_floors, 1},
        {"hook/a.c", "#include \"gate/gate.h\"\n", check_floors, 0},
        {"plugin/jobs/a.c", "#include \"plugin/capture/x.h\"\n#include \"plugin/jobs/y.h\"\n", check_rooms,
         0},
        {"plugin/jobs/a.c", "#include \"plugin/service/x.h\"\n#include \"plugin/new/x.h\"\n", check_rooms, 2},
        {"plugin/jobs/a.c", "#include \"gate/gate.h\"\n#include \"a.h\"\n", check_rooms, 1},
        {"plugin/new/a.c", "", check_rooms, 1},
        {"plugin/main.c", "#include \"plugin/service/x.h\"\n", check_rooms, 0},
        {"tests/plugin/a.c", "#include \"a.h\"\n", check_rooms, 0},
        {"lib/xml/a.c", "G_DEFINE_QUARK (a-b-quark, a_b)\n", check_quarks, 0},
        {"lib/xml/a.c", "G_DEFINE_QUARK (a - b - quark, a_b)\n", check_quarks, 1},
        {"lib/host/a.c", "vgate_served_read (s, d, \"available_instances\");\n", check_served, 0},
        {"plugin/a.c", "read (d, \"nvidia/current_vgpu_type\");\n", check_served, 1},
        {"hook/a.c", "VgateServed served = VGATE_SERVED_DIRECTLY;\n", check_served, 1},
        {"lib/driver/probe-serve.c", "VgateServed served = VGATE_SERVED_DIRECTLY;\n", check_served, 0},
        {"lib/xml/a.h", "#pragma once\n", check_once, 0},
        {"lib/xml/a.h", "\n", check_once, 1},
        {"lib/xml/a.c", "\n", check_once, 0},
        {"lib/xml/a.c", "/* It is\n * none. */ \"that sha\" \"ll\" \"It shall\"\n", check_words, 2},
        {"lib/xml/a.c", "/* if there is none: what the value is */ none;\nshall (anew, \"b\");\n",
         check_words, 0},
        {"lib/xml/a.c", "f (\"cannot be \" /* nocheck: a quotation */\n   \"told\"); /* are told apart */\n",
         check_words, 0},
        {"docs/a.md", "The guest *stands\nstill*. Whoever comes here has not the form.\n", check_words, 5},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_auto (GStrv) lines = g_strsplit (cases[i].text, "\n", -1);
        Source source = {.path = cases[i].path, .lines = lines, .is_quiet = TRUE};

        cases[i].check (&source);
        if (source.n_complaints != cases[i].n_complaints)
            g_error ("case %zu: %u complaints", i, source.n_complaints);
    }
}

int
main (int argc, char **argv)
{
    static const struct {
        const char *path;
        Check check;
    } checks[] = {
        {"/source/licence", check_licence}, {"/source/layout", check_layout},
        {"/source/banned", check_banned},   {"/source/floors", check_floors},
        {"/source/once", check_once},       {"/source/quarks", check_quarks},
        {"/source/served", check_served},   {"/source/rooms", check_rooms},
    };

    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/source/checks", test_checks);
    g_test_add_func ("/source/circle-check", test_circle_check);
    g_test_add_func ("/source/circles", test_circles);
    g_test_add_func ("/source/words", test_words);
    for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
        g_test_add_data_func (checks[i].path, &checks[i].check, test_sources);
    return g_test_run ();
}
