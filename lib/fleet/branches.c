/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/branches.h"

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/key-lines.h"
#include "compat/releases.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TABLE_SIZE_MAX (1024 * 1024)
/* "580.95.05" has three. */
#define NUMBERS_MAX 4u

/* The numbers of a driver, in the order in which drivers are compared. Numbers that it does not have are
 * 0. */
typedef struct {
    guint64 numbers[NUMBERS_MAX];
    guint n;
} Driver;

static gboolean
parse_driver (const char *text, Driver *driver)
{
    g_auto (GStrv) words = g_strsplit (text, ".", -1);

    *driver = (Driver){0};
    for (; words[driver->n]; driver->n++)
        if (driver->n == NUMBERS_MAX ||
            !g_ascii_string_to_unsigned (words[driver->n], 10, 0, 99999, &driver->numbers[driver->n], NULL))
            return FALSE;
    return driver->n > 0 && driver->numbers[0] > 0;
}

static int
compare_drivers (const Driver *left, const Driver *right)
{
    for (guint i = 0; i < NUMBERS_MAX; i++)
        if (left->numbers[i] != right->numbers[i])
            return left->numbers[i] < right->numbers[i] ? -1 : 1;
    return 0;
}

static int
compare_texts (const char *left, const char *right)
{
    Driver left_driver, right_driver;

    if (!parse_driver (left, &left_driver) || !parse_driver (right, &right_driver))
        return g_strcmp0 (left, right);
    return compare_drivers (&left_driver, &right_driver);
}

static int
compare_entries (gconstpointer left, gconstpointer right)
{
    return compare_texts ((*(VgateBranch *const *)left)->from, (*(VgateBranch *const *)right)->from);
}

static void
branch_free (VgateBranch *branch)
{
    g_free (branch->from);
    g_free (branch->windows_first);
    g_free (branch->windows_last);
    g_free (branch);
}

void
vgate_branches_free (VgateBranches *branches)
{
    if (!branches)
        return;
    g_free (branches->path);
    g_ptr_array_unref (branches->entries);
    g_array_unref (branches->releases);
    g_free (branches);
}

const char *
vgate_branches_default_path (void)
{
    return VGATE_DATADIR "/vgpu-branches.conf";
}

/* --- the file --- */

static gboolean
read_range (VgateBranch *branch, const char *value)
{
    return vgate_version_range_parse (value, &branch->range) && branch->range.min <= branch->range.max;
}

static gboolean
read_release (VgateBranch *branch, const char *value)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned (value, 10, 1, 9999, &number, NULL))
        return FALSE;
    branch->release = (guint)number;
    return TRUE;
}

static gboolean
read_windows (VgateBranch *branch, const char *value)
{
    g_auto (GStrv) ends = g_strsplit (value, "-", -1);
    Driver first, last;

    if (g_strv_length (ends) != 2 || !parse_driver (ends[0], &first) || !parse_driver (ends[1], &last) ||
        compare_drivers (&first, &last) > 0)
        return FALSE;
    g_free (branch->windows_first);
    g_free (branch->windows_last);
    branch->windows_first = g_steal_pointer (&ends[0]);
    branch->windows_last = g_steal_pointer (&ends[1]);
    /* g_strfreev () stops at the first NULL, and both were taken */
    return TRUE;
}

static gboolean
read_long_term (VgateBranch *branch, const char *value)
{
    branch->is_long_term = strcmp (value, "true") == 0;
    return branch->is_long_term || strcmp (value, "false") == 0;
}

static const struct {
    const char *key;
    gboolean (*read) (VgateBranch *branch, const char *value);
    const char *expected;
} keys[] = {
    {"range", read_range, "MIN-MAX, such as 18.1-26.1"},
    {"release", read_release, "the number of a release of NVIDIA vGPU software, such as 19"},
    {"windows", read_windows, "the lowest and the highest driver, such as 580.88-582.53"},
    {"long-term", read_long_term, "true or false"},
};

/* What is known while a table is read. */
typedef struct {
    const char *path;
    VgateKeyLines *lines; /* of the text */
    GKeyFile *file;
    VgateBranches *branches;
    GPtrArray *faults; /* all of them are collected; NULL: the first one is the error */
} Load;

static void
load_clear (Load *load)
{
    g_clear_pointer (&load->lines, vgate_key_lines_free);
    g_clear_pointer (&load->file, g_key_file_unref);
    g_clear_pointer (&load->branches, vgate_branches_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Load, load_clear)

/* TRUE when faults are collected, and reading goes on. */
G_GNUC_PRINTF (4, 5)
static gboolean
go_on (const Load *load, guint line, GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start (arguments, format);
    text = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    if (load->faults)
        vgate_faults_add (load->faults, VGATE_CODE_BRANCHES_INVALID, line, text);
    else if (line > 0)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_BRANCHES_INVALID, "%s: line %u: %s", load->path, line,
                     text);
    else
        g_set_error (error, VGATE_ERROR, VGATE_CODE_BRANCHES_INVALID, "%s: %s", load->path, text);
    return load->faults != NULL;
}

static gboolean
read_key (const Load *load, const char *key, VgateBranch *branch, GError **error)
{
    const guint line = vgate_key_lines_find (load->lines, branch->from, key);
    g_autofree char *value = g_key_file_get_value (load->file, branch->from, key, NULL);

    if (value)
        g_strchomp (value);
    for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
        if (strcmp (keys[i].key, key) != 0)
            continue;
        return (value && keys[i].read (branch, value)) ||
               go_on (load, line, error, "[%s]: invalid value '%s' for %s: expected %s", branch->from,
                      value ? value : "", key, keys[i].expected);
    }
    return go_on (load, line, error, "[%s]: unknown key '%s'", branch->from, key);
}

static gboolean
read_group (const Load *load, const char *group, GError **error)
{
    g_auto (GStrv) names = vgate_key_lines_list_keys (load->file, group);
    VgateBranch *branch;
    Driver driver;

    if (!parse_driver (group, &driver))
        return go_on (load, vgate_key_lines_find (load->lines, group, NULL), error,
                      "invalid group [%s]: expected the number of a driver, such as [580]", group);
    branch = g_new0 (VgateBranch, 1);
    branch->from = g_strdup (group);
    branch->number = (guint)driver.numbers[0];
    branch->table = load->branches;
    g_ptr_array_add (load->branches->entries, branch);
    for (guint i = 0; names[i]; i++)
        if (!read_key (load, names[i], branch, error))
            return FALSE;
    return TRUE;
}

/* Adds the release of the first group of a branch. */
static void
add_release (const VgateBranch *branch, GArray *releases)
{
    const VgateRelease release = {
        .release = branch->release,
        .branch = branch->number,
        .last_guest = vgate_driver_branch (branch->windows_last),
        .is_long_term = branch->is_long_term,
    };

    g_array_append_val (releases, release);
}

/* Checks a group against the one before it, from which it takes what belongs to the branch. */
static gboolean
complete_entry (const Load *load, const VgateBranch *before, VgateBranch *branch, GError **error)
{
    const gboolean is_first = !before || before->number != branch->number;
    const GArray *releases = load->branches->releases;
    const char *fault = NULL;

    if (branch->range.max == 0)
        fault = "the key 'range' is missing";
    else if (before && compare_texts (before->from, branch->from) == 0)
        fault = "another group has the same driver";
    else if (!is_first && (branch->release != 0 || branch->windows_first || branch->is_long_term))
        fault = "only the first group of a branch can have the keys 'release', 'windows' and 'long-term'";
    else if (is_first && (branch->release != 0) != (branch->windows_first != NULL))
        fault = "the keys 'release' and 'windows' need each other";
    else if (is_first && branch->is_long_term && branch->release == 0)
        fault = "the key 'long-term' needs the key 'release'";
    else if (branch->release != 0 && releases->len > 0 &&
             branch->release <= g_array_index (releases, VgateRelease, releases->len - 1).release)
        fault = "its release must be greater than those of the branches before";
    if (fault)
        return go_on (load, vgate_key_lines_find (load->lines, branch->from, NULL), error, "[%s]: %s",
                      branch->from, fault);
    if (!is_first) {
        branch->release = before->release;
        branch->is_long_term = before->is_long_term;
        branch->windows_first = g_strdup (before->windows_first);
        branch->windows_last = g_strdup (before->windows_last);
    } else if (branch->release != 0) {
        add_release (branch, load->branches->releases);
    }
    return TRUE;
}

/* Reports the lines that GKeyFile does not accept, and when faults are collected reads the others. */
static gboolean
parse_lines (Load *load, const char *text, GError **error)
{
    g_autoptr (GError) local = NULL;

    for (guint i = 0; i < load->lines->lines->len; i++) {
        const VgateKeyLine *line = g_ptr_array_index (load->lines->lines, i);

        if (line->fault && !go_on (load, line->number, error, "%s", line->fault))
            return FALSE;
    }
    load->file = vgate_key_lines_parse (load->lines, text, &local);
    return load->file || go_on (load, 0, error, "%s", local->message);
}

/* Reads the table into load->branches. */
static gboolean
parse (Load *load, const char *text, gsize length, GError **error)
{
    g_auto (GStrv) groups = NULL;
    GPtrArray *entries;

    load->branches = g_new0 (VgateBranches, 1);
    load->branches->path = g_strdup (load->path);
    entries = load->branches->entries = g_ptr_array_new_with_free_func ((GDestroyNotify)branch_free);
    load->branches->releases = g_array_new (FALSE, FALSE, sizeof (VgateRelease));
    load->lines = vgate_key_lines_read (text);
    if (strlen (text) != length &&
        !go_on (load, vgate_line_of_byte (text, strlen (text)), error, "the file contains a zero byte"))
        return FALSE;
    if (!parse_lines (load, text, error))
        return FALSE;
    if (!load->file)
        return TRUE;
    groups = g_key_file_get_groups (load->file, NULL);
    for (guint i = 0; groups[i]; i++)
        if (!read_group (load, groups[i], error))
            return FALSE;
    if (entries->len == 0 && !go_on (load, 0, error, "the file contains no branch"))
        return FALSE;
    g_ptr_array_sort (entries, compare_entries);
    /* what was not read would be reported as missing */
    if (load->faults && load->faults->len > 0)
        return TRUE;
    for (guint i = 0; i < entries->len; i++)
        if (!complete_entry (load, i > 0 ? g_ptr_array_index (entries, i - 1) : NULL,
                             g_ptr_array_index (entries, i), error))
            return FALSE;
    return TRUE;
}

VgateBranches *
vgate_branches_parse (const char *path, const char *text, gsize length, GError **error)
{
    g_auto (Load) load = {.path = path};

    return parse (&load, text, length, error) ? g_steal_pointer (&load.branches) : NULL;
}

void
vgate_branches_inspect (const char *text, gsize length, GPtrArray *faults)
{
    g_auto (Load) load = {.faults = faults};

    parse (&load, text, length, NULL);
}

VgateBranches *
vgate_branches_read (const char *given, GError **error)
{
    const char *path = given ? given : vgate_branches_default_path ();
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    const int fd = open (path, O_RDONLY | O_CLOEXEC);
    gboolean is_read;
    int error_number;

    if (fd < 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_BRANCHES_UNREADABLE, "cannot open '%s': %s", path,
                     g_strerror (errno));
        return NULL;
    }
    is_read = vgate_read_all (fd, TABLE_SIZE_MAX, bytes);
    error_number = errno;
    close (fd);
    if (!is_read) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_BRANCHES_UNREADABLE, "cannot read '%s': %s", path,
                     g_strerror (error_number));
        return NULL;
    }
    g_byte_array_append (bytes, (const guint8 *)"", 1);
    return vgate_branches_parse (path, (const char *)bytes->data, bytes->len - 1, error);
}

/* --- questions --- */

/* "525, 535, 545". The caller frees it. */
static char *
list_branches (const VgateBranches *branches)
{
    GString *text = g_string_new (NULL);
    guint last = 0;

    for (guint i = 0; i < branches->entries->len; i++) {
        const VgateBranch *branch = g_ptr_array_index (branches->entries, i);

        if (branch->number != last)
            g_string_append_printf (text, "%s%u", last ? ", " : "", branch->number);
        last = branch->number;
    }
    return g_string_free (text, FALSE);
}

const VgateBranch *
vgate_branches_find (const VgateBranches *branches, const char *text, GError **error)
{
    g_autofree char *known = NULL;
    const VgateBranch *found = NULL;
    Driver driver;

    if (!parse_driver (text, &driver)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_BRANCH_UNKNOWN,
                     "invalid driver '%s': expected a branch or a driver, such as 580 or 580.95.05", text);
        return NULL;
    }
    for (guint i = 0; i < branches->entries->len; i++) {
        const VgateBranch *branch = g_ptr_array_index (branches->entries, i);
        Driver from;

        if (branch->number == driver.numbers[0] && parse_driver (branch->from, &from) &&
            (driver.n == 1 || compare_drivers (&from, &driver) <= 0))
            found = branch;
    }
    if (found)
        return found;
    known = list_branches (branches);
    g_set_error (error, VGATE_ERROR, VGATE_CODE_BRANCH_UNKNOWN,
                 "driver '%s' belongs to no branch in '%s', which contains %s", text, branches->path, known);
    return NULL;
}

VgateSupport
vgate_branch_judge_guest (const VgateBranch *branch, const char *guest_driver, guint *release)
{
    const VgateReleases releases = {(const VgateRelease *)(gpointer)branch->table->releases->data,
                                    branch->table->releases->len};
    g_autofree char *host_driver = g_strdup_printf ("%u", branch->number);
    guint host_release;

    return vgate_releases_judge (&releases, guest_driver, host_driver, release, &host_release);
}

char *
vgate_branch_list_supported (const VgateBranch *branch)
{
    const GArray *releases = branch->table->releases;
    GString *text = g_string_new (NULL);

    for (guint i = releases->len; i-- > 0 && branch->release > 0;) {
        const VgateRelease *release = &g_array_index (releases, VgateRelease, i);
        g_autofree char *driver = g_strdup_printf ("%u", release->branch);
        guint number;

        if (vgate_branch_judge_guest (branch, driver, &number) == VGATE_SUPPORT_YES)
            g_string_append_printf (text, "%s%u", text->len > 0 ? ", " : "", release->release);
    }
    return g_string_free (text, FALSE);
}

VgateFleetHost *
vgate_fleet_host_with_driver (const VgateFleetHost *host, const char *driver, const VgateBranch *branch,
                              const VgateVersionRange *accepted)
{
    VgateFleetHost *copy = g_new0 (VgateFleetHost, 1);
    g_autofree char *xml = vgate_host_write (host->host);
    g_autoptr (GError) error = NULL;

    copy->origin = g_strdup (host->origin);
    /* what was read from a document can be written as one, and be read again */
    copy->host = vgate_host_read (xml, strlen (xml), &error);
    if (!copy->host)
        g_error ("the document of host '%s' cannot be copied: %s", host->host->name, error->message);
    g_free (copy->host->driver);
    copy->host->driver = g_strdup (driver);
    copy->host->preset = branch->range;
    copy->host->current = accepted ? *accepted : branch->range;
    for (guint i = 0; i < copy->host->pgpus->len; i++) {
        VgatePgpu *pgpu = g_ptr_array_index (copy->host->pgpus, i);

        g_strlcpy (pgpu->record.host_driver, driver, sizeof pgpu->record.host_driver);
        pgpu->record.range = copy->host->current;
        g_bytes_unref (pgpu->metadata.bytes);
        pgpu->metadata.bytes = vgate_pgpu_record_write (&pgpu->record);
        pgpu->metadata.length = (guint32)g_bytes_get_size (pgpu->metadata.bytes);
    }
    return copy;
}
