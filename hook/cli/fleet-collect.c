/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate fleet: a directory of documents, which is filled from libvirt. */
#include "base/descriptor.h"
#include "command.h"
#include "fleet-libvirt.h"
#include "fleet-options.h"
#include "libvirt-access.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The documents contain no passwords. */
#define FILE_MODE      0644
#define DIRECTORY_MODE 0755
#define SUFFIX         ".xml"

typedef struct {
    const char *path;
    int directory, hosts, guests; /* descriptors; directory is locked. -1: not open */
} Target;

static void
target_clear (Target *target)
{
    const int fds[] = {target->hosts, target->guests, target->directory};

    for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
        if (fds[i] >= 0)
            close (fds[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Target, target_clear)

static gboolean
fail (GError **error, const char *what, const char *path, const char *name, int reason)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_FLEET_NOT_WRITTEN, "cannot %s '%s%s%s': %s", what, path,
                 *name != '\0' ? "/" : "", name, g_strerror (reason));
    return FALSE;
}

/* Opens the directory, which is created if it does not exist. A symbolic link is followed only for the one
 * that the user names. -1 with errno. */
static int
open_directory (int parent, const char *name, int flags)
{
    if (mkdirat (parent, name, DIRECTORY_MODE) != 0 && errno != EEXIST)
        return -1;
    return openat (parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
}

static gboolean
target_open (Target *target, GError **error)
{
    target->directory = open_directory (AT_FDCWD, target->path, 0);
    if (target->directory < 0)
        return fail (error, "open", target->path, "", errno);
    /* two runs at the same time would write the same files */
    if (flock (target->directory, LOCK_EX | LOCK_NB) != 0)
        return fail (error, "lock", target->path, "", errno);
    target->hosts = open_directory (target->directory, "hosts", O_NOFOLLOW);
    if (target->hosts < 0)
        return fail (error, "open", target->path, "hosts", errno);
    target->guests = open_directory (target->directory, "guests", O_NOFOLLOW);
    return target->guests >= 0 || fail (error, "open", target->path, "guests", errno);
}

/* Calls visit () for each file in the directory. */
static void
for_each_name (int directory, void (*visit) (int directory, const char *name, gpointer data), gpointer data)
{
    const int fd = openat (directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir (fd) : NULL;
    const struct dirent *entry;

    while (entries && (entry = readdir (entries)))
        visit (directory, entry->d_name, data);
    if (entries)
        closedir (entries);
    else if (fd >= 0)
        close (fd);
}

/* Removes what a run that was killed has left. */
static void
remove_unfinished (int directory, const char *name, G_GNUC_UNUSED gpointer data)
{
    if (g_str_has_prefix (name, VGATE_NEW_FILE))
        unlinkat (directory, name, 0);
}

/* --- what was collected --- */

typedef struct {
    VgateFleet *fleet;
    GHashTable *xml;      /* a host or guest of the fleet -> its document, borrowed */
    GHashTable *complete; /* the UUIDs of the hosts whose guests are all known */
} Collection;

static void
collect (const Collection *collection, const GPtrArray *documents)
{
    /* URI -> the UUID of its host; and the URIs of which something could not be read */
    g_autoptr (GHashTable) uuids = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
    g_autoptr (GHashTable) incomplete = g_hash_table_new (g_str_hash, g_str_equal);
    GHashTableIter iter;
    gpointer uri, uuid;

    for (guint i = 0; i < documents->len; i++) {
        const VgateSourceDocument *document = g_ptr_array_index (documents, i);
        const gpointer entry = vgate_source_document_add (document, collection->fleet);

        if (entry)
            g_hash_table_insert (collection->xml, entry, document->xml);
        else
            g_hash_table_add (incomplete, (gpointer)document->uri);
        if (entry && document->is_host)
            g_hash_table_insert (uuids, (gpointer)document->uri,
                                 g_strdup (((const VgateFleetHost *)entry)->host->uuid));
    }
    g_hash_table_iter_init (&iter, uuids);
    while (g_hash_table_iter_next (&iter, &uri, &uuid))
        if (!g_hash_table_contains (incomplete, uri))
            g_hash_table_add (collection->complete, g_strdup (uuid));
    vgate_fleet_drop_duplicates (collection->fleet);
}

/* --- writing --- */

/* Writes each entry to its file. written gets the files' names. */
static gboolean
write_all (const Collection *collection, const Target *target, gboolean are_hosts, GHashTable *written,
           GError **error)
{
    const GPtrArray *entries = are_hosts ? collection->fleet->hosts : collection->fleet->guests;

    for (guint i = 0; i < entries->len; i++) {
        gpointer entry = g_ptr_array_index (entries, i);
        const char *xml = g_hash_table_lookup (collection->xml, entry);
        const char *uuid =
            are_hosts ? ((VgateFleetHost *)entry)->host->uuid : ((VgateFleetGuest *)entry)->domain->uuid;
        char *name = g_strconcat (uuid, SUFFIX, NULL);

        g_hash_table_add (written, name);
        if (!vgate_replace_file (are_hosts ? target->hosts : target->guests, name, FILE_MODE, xml,
                                 strlen (xml)))
            return fail (error, are_hosts ? "write host document" : "write guest document", target->path,
                         name, errno);
    }
    return TRUE;
}

typedef struct {
    const Collection *collection;
    GHashTable *written;
    guint n_removed;
} Pruning;

/* Removes the document of a guest that runs no longer on a host of which all guests were read. Files with
 * other names were written by others. */
static void
prune (int directory, const char *name, gpointer data)
{
    Pruning *pruning = data;
    g_autofree char *uuid =
        g_str_has_suffix (name, SUFFIX) ? g_strndup (name, strlen (name) - strlen (SUFFIX)) : NULL;
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (VgateDomain) domain = NULL;

    if (!uuid || !vgate_xml_text_has_form (uuid, VGATE_XML_UUID) ||
        g_hash_table_contains (pruning->written, name) ||
        !vgate_read_file (directory, name, VGATE_XML_SIZE_MAX, bytes))
        return;
    domain = vgate_domain_read_leniently ((const char *)bytes->data, bytes->len, NULL, NULL);
    if (domain && domain->element &&
        g_hash_table_contains (pruning->collection->complete, domain->element->host_uuid) &&
        unlinkat (directory, name, 0) == 0)
        pruning->n_removed++;
}

static int
fill (const char *path, const Collection *collection)
{
    g_auto (Target) target = {path, -1, -1, -1};
    g_autoptr (GHashTable) hosts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr (GHashTable) guests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    Pruning pruning = {.collection = collection, .written = guests};
    g_autoptr (GError) error = NULL;

    if (!target_open (&target, &error))
        return vgate_command_fail (error);
    for_each_name (target.hosts, remove_unfinished, NULL);
    for_each_name (target.guests, remove_unfinished, NULL);
    if (!write_all (collection, &target, TRUE, hosts, &error) ||
        !write_all (collection, &target, FALSE, guests, &error))
        return vgate_command_fail (error);
    for_each_name (target.guests, prune, &pruning);
    g_print ("%s: %u host document%s and %u guest document%s written, %u removed\n", path,
             collection->fleet->hosts->len, collection->fleet->hosts->len == 1 ? "" : "s",
             collection->fleet->guests->len, collection->fleet->guests->len == 1 ? "" : "s",
             pruning.n_removed);
    return collection->fleet->faults->len > 0 ? VGATE_EXIT_UNANSWERED : VGATE_EXIT_ALLOWED;
}

int
vgate_command_fleet_collect (int argc, char *argv[], const char *config)
{
    g_auto (GStrv) words = NULL, uris = NULL;
    const GOptionEntry entries[] = {
        {"connect", 'c', 0, G_OPTION_ARG_STRING_ARRAY, &uris,
         "ask libvirt at URI and its host (repeatable; default: qemu:///system)", "URI"},
        {0},
    };
    char *const this_host[] = {(char *)VGATE_LIBVIRT_URI, NULL};
    VgateLibvirtSource source = {.needs_hosts = TRUE, .config = config};
    g_autoptr (GPtrArray) documents = NULL;
    g_autoptr (VgateFleet) fleet = vgate_fleet_new ();
    g_autoptr (GHashTable) xml = g_hash_table_new (NULL, NULL);
    g_autoptr (GHashTable) complete = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    const Collection collection = {fleet, xml, complete};
    g_autoptr (GError) error = NULL;

    if (!vgate_command_parse (
            argc, argv, "DIR",
            "Write the host documents of hosts, and the guest documents of the guests that run\n"
            "there, into DIR/hosts and DIR/guests, for the option --fleet of other commands.",
            entries, &words, &error))
        return vgate_command_usage (error->message);
    if (!words || g_strv_length (words) != 1)
        return vgate_command_usage ("'fleet collect' requires one DIR");
    if (!vgate_command_check_config (config, &error))
        return vgate_command_fail (error);
    source.uris = uris ? uris : (char **)this_host;
    documents = vgate_libvirt_source_read (&source);
    collect (&collection, documents);
    vgate_fleet_print_faults (fleet);
    return fill (words[0], &collection);
}

int
vgate_command_fleet (int argc, char *argv[], const char *config)
{
    static const VgateCommand commands[] = {
        {"collect", vgate_command_fleet_collect,
         "fill a directory with the documents of hosts and their guests"},
    };

    return vgate_command_group (commands, G_N_ELEMENTS (commands), argc, argv, config);
}
