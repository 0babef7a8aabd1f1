/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/lease.h"

#include "base/descriptor.h"
#include "base/run-directory.h"
#include "policy/policy.h"
#include "xml/xml.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define DIRECTORY  VGATE_RUN_DIRECTORY
#define FILE_NAME  "leases"
#define NEW_NAME   VGATE_NEW_FILE FILE_NAME
#define LOCK_NAME  "lock"
#define HEAD       "leases"
#define LEASES_MAX 4096
/* A lease has less than half a KiB, and its type's name of at most 255 characters at most 1 KiB. */
#define FILE_SIZE_MAX (LEASES_MAX * 2048)

static const char *const states[] = {"taken", "planned", "made", "given", "unmade", NULL};
/* the first one is not written */
static const char *const makers[] = {"gate", "operator", NULL};

/* Keys that can be missing are written before others, so that a truncated file does not appear to lack only
 * them. */
static const VgateXmlAttribute keys[] = {
    VGATE_XML_ATTRIBUTE (VgateLease, "parent", PCI, parent),
    VGATE_XML_ATTRIBUTE (VgateLease, "pgpu", PCI, pgpu),
    VGATE_XML_ATTRIBUTE (VgateLease, "type", UINT, type),
    VGATE_XML_OPTIONAL (VgateLease, "type-name", NAME, type_name),
    VGATE_XML_OPTIONAL (VgateLease, "instead-of", ASCII, instead_of),
    VGATE_XML_OPTIONAL_ONE_OF (VgateLease, "made-by", makers, made_by),
    VGATE_XML_ONE_OF (VgateLease, "state", states, state),
    VGATE_XML_ATTRIBUTE (VgateLease, "expires", UINT64, expires),
    {.name = NULL},
};

void
vgate_lease_free (VgateLease *lease)
{
    if (!lease)
        return;
    g_free (lease->domain);
    g_free (lease->device);
    vgate_xml_clear_attributes (keys, lease);
    g_free (lease);
}

void
vgate_leases_free (VgateLeases *leases)
{
    if (!leases)
        return;
    g_ptr_array_unref (leases->all);
    /* closing the file releases the lock */
    if (leases->lock >= 0)
        close (leases->lock);
    if (leases->directory >= 0)
        close (leases->directory);
    g_free (leases);
}

char *
vgate_lease_of_unknown_guest (const char *device)
{
    g_autofree char *digits = g_compute_checksum_for_string (G_CHECKSUM_SHA256, device, -1);

    return g_strdup_printf ("%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12, digits + 16,
                            digits + 20);
}

gboolean
vgate_lease_is_of_unknown_guest (const VgateLease *lease)
{
    g_autofree char *placeholder = vgate_lease_of_unknown_guest (lease->device);

    return strcmp (lease->domain, placeholder) == 0;
}

gboolean
vgate_leases_exist (const char *root)
{
    g_autofree char *path = g_strconcat (root, DIRECTORY "/" FILE_NAME, NULL);

    /* a file that cannot be examined can exist */
    return access (path, F_OK) == 0 || errno != ENOENT;
}

static gboolean
fail (VgateCode code, const char *what, GError **error)
{
    g_set_error (error, VGATE_ERROR, (int)code, "%s: %s", what, g_strerror (errno));
    return FALSE;
}

/* --- the form of the file --- */

/*
 * Writes a group for each lease, named "DEVICE DOMAIN", because there can be several records of removed
 * devices for the same device. The first group contains their number. The caller frees the text. NULL when a
 * guest has two leases of a device.
 */
static char *
write_text (const GPtrArray *all, gsize *length)
{
    g_autoptr (GKeyFile) file = g_key_file_new ();

    g_key_file_set_uint64 (file, HEAD, "count", all->len);
    for (guint i = 0; i < all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (all, i);
        g_autofree char *group = g_strconcat (lease->device, " ", lease->domain, NULL);

        if (g_key_file_has_group (file, group))
            return NULL;
        for (const VgateXmlAttribute *key = keys; key->name; key++) {
            g_autofree char *value = vgate_xml_write_value (key, lease);

            if (value)
                g_key_file_set_string (file, group, key->name, value);
        }
    }
    return g_key_file_to_data (file, length, NULL);
}

static gboolean refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list arguments;

    va_start (arguments, format);
    what = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    g_set_error (error, VGATE_ERROR, VGATE_CODE_LEASE_UNREADABLE, DIRECTORY "/" FILE_NAME ": %s", what);
    return FALSE;
}

static gboolean
is_device (int kind, const char *text)
{
    return vgate_xml_text_has_form (text, kind == VGATE_HOSTDEV_MDEV ? VGATE_XML_UUID : VGATE_XML_PCI);
}

static gboolean
read_group (VgateLeases *leases, GKeyFile *file, const char *group, GError **error)
{
    g_autoptr (VgateLease) lease = g_new0 (VgateLease, 1);
    const char *blank = strchr (group, ' ');

    lease->device = g_strndup (group, blank ? (gsize)(blank - group) : 0);
    lease->domain = g_strdup (blank ? blank + 1 : "");
    lease->kind = is_device (VGATE_HOSTDEV_MDEV, lease->device) ? VGATE_HOSTDEV_MDEV : VGATE_HOSTDEV_PCI;
    if (!is_device (lease->kind, lease->device) || !vgate_xml_text_has_form (lease->domain, VGATE_XML_UUID))
        return refuse (error, "invalid group [%s]: expected a device and the UUID of a guest", group);
    for (const VgateXmlAttribute *key = keys; key->name; key++) {
        g_autofree char *value = g_key_file_get_string (file, group, key->name, NULL);

        if (!value && !key->optional)
            return refuse (error, "[%s] has no '%s'", group, key->name);
        if (value && (!vgate_xml_read_value (key, value, lease) ||
                      (strcmp (key->name, "instead-of") == 0 && !is_device (lease->kind, value))))
            return refuse (error, "[%s]: invalid value '%s' for '%s'", group, value, key->name);
    }
    if (lease->state != VGATE_LEASE_UNMADE && vgate_leases_find (leases, lease->kind, lease->device))
        return refuse (error, "two guests have the device %s", lease->device);
    g_ptr_array_add (leases->all, g_steal_pointer (&lease));
    return TRUE;
}

/*
 * GLib accepts duplicate keys and groups, comments, and unknown groups and keys. So the text must be the same
 * as what would be written for the leases that were read from it.
 */
static gboolean
parse (VgateLeases *leases, const char *text, gsize length, GError **error)
{
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_auto (GStrv) groups = NULL;
    g_autofree char *again = NULL;
    gsize n = 0, again_length = 0;
    guint64 count;

    if (length == 0 || memchr (text, '\0', length) ||
        !g_key_file_load_from_data (file, text, length, G_KEY_FILE_NONE, NULL))
        return refuse (error, "it is not a key file");
    groups = g_key_file_get_groups (file, &n);
    count = g_key_file_get_uint64 (file, HEAD, "count", NULL);
    if (n == 0 || strcmp (groups[0], HEAD) != 0 || count != n - 1)
        return refuse (error,
                       "it is not complete: [" HEAD "] counts %" G_GUINT64_FORMAT " of %" G_GSIZE_FORMAT
                       " leases",
                       count, n > 0 ? n - 1 : 0);
    if (count > LEASES_MAX)
        return refuse (error, "more than %d leases", LEASES_MAX);
    for (gsize i = 1; i < n; i++)
        if (!read_group (leases, file, groups[i], error))
            return FALSE;
    again = write_text (leases->all, &again_length);
    /* a file without leases is not written, but removed */
    return (count > 0 && again && again_length == length && memcmp (again, text, length) == 0) ||
           refuse (error, "it is not as vgpu-gate writes it");
}

static gboolean
read_file (VgateLeases *leases, GError **error)
{
    g_autoptr (GByteArray) text = g_byte_array_new ();

    if (vgate_read_file (leases->directory, FILE_NAME, FILE_SIZE_MAX, text))
        return parse (leases, (const char *)text->data, text->len, error);
    if (errno == ENOENT)
        return TRUE;
    if (errno != EFBIG)
        return fail (VGATE_CODE_LEASE_UNREADABLE, DIRECTORY "/" FILE_NAME, error);
    return refuse (error, "it is larger than %d KiB", FILE_SIZE_MAX / 1024);
}

/* --- the directory and the lock --- */

static gboolean
take_lock (VgateLeases *leases, guint wait_ms, GError **error)
{
    leases->lock = openat (leases->directory, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (leases->lock < 0)
        return fail (VGATE_CODE_LEASE_UNWRITABLE, DIRECTORY "/" LOCK_NAME, error);
    if (vgate_lock_within (leases->lock, wait_ms))
        return TRUE;
    if (errno != EWOULDBLOCK)
        return fail (VGATE_CODE_LEASE_LOCKED, DIRECTORY "/" LOCK_NAME, error);
    g_set_error (error, VGATE_ERROR, VGATE_CODE_LEASE_LOCKED,
                 DIRECTORY "/" LOCK_NAME ": other runs of the hook held the lock for %g s", wait_ms / 1000.0);
    return FALSE;
}

/* wait_ms is the time to wait for the lock. */
static VgateLeases *
open_leases (const char *root, gboolean to_look, guint wait_ms, GError **error)
{
    g_autoptr (VgateLeases) leases = g_new0 (VgateLeases, 1);
    g_autoptr (GError) local = NULL;

    leases->all = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_lease_free);
    leases->lock = -1;
    leases->directory = vgate_run_directory_open_in (
        root, !to_look, to_look ? VGATE_CODE_LEASE_UNREADABLE : VGATE_CODE_LEASE_UNWRITABLE, &local);
    if (leases->directory < 0) {
        if (!local)
            return g_steal_pointer (&leases);
        g_propagate_error (error, g_steal_pointer (&local));
        return NULL;
    }
    if ((!to_look && !take_lock (leases, wait_ms, error)) || !read_file (leases, error))
        return NULL;
    return g_steal_pointer (&leases);
}

VgateLeases *
vgate_leases_open (const char *root, gboolean to_look, GError **error)
{
    return open_leases (root, to_look, VGATE_LEASES_AGENT_WAIT_MS, error);
}

VgateLeases *
vgate_leases_open_within (const char *root, guint wait_ms, GError **error)
{
    return open_leases (root, FALSE, wait_ms, error);
}

/* --- writing --- */

/* Counts the records of removed devices; the oldest come first. */
static guint
count_unmade (const VgateLeases *leases)
{
    guint n = 0;

    for (guint i = 0; i < leases->all->len; i++)
        n += ((const VgateLease *)g_ptr_array_index (leases->all, i))->state == VGATE_LEASE_UNMADE ? 1 : 0;
    return n;
}

static gboolean
is_to_be_kept (const VgateLease *lease, guint64 now, guint *n_unmade)
{
    switch (lease->state) {
    case VGATE_LEASE_MADE:
    case VGATE_LEASE_GIVEN: return TRUE;
    case VGATE_LEASE_UNMADE: return (*n_unmade)-- <= VGATE_LEASE_UNMADE_MAX;
    default: return vgate_lease_holds (lease, now);
    }
}

gboolean
vgate_leases_save (VgateLeases *leases, guint64 now, GError **error)
{
    g_autoptr (GPtrArray) kept = g_ptr_array_new ();
    g_autofree char *text = NULL;
    guint n_unmade = count_unmade (leases);
    gsize length = 0;

    g_return_val_if_fail (leases->lock >= 0, FALSE);
    for (guint i = 0; i < leases->all->len; i++)
        if (is_to_be_kept (g_ptr_array_index (leases->all, i), now, &n_unmade))
            g_ptr_array_add (kept, g_ptr_array_index (leases->all, i));
    if (kept->len > LEASES_MAX) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_LEASE_UNWRITABLE,
                     DIRECTORY "/" FILE_NAME ": the file cannot hold more than %d leases", LEASES_MAX);
        return FALSE;
    }
    /* a process that was killed while it wrote the file left it */
    if (unlinkat (leases->directory, NEW_NAME, 0) != 0 && errno != ENOENT)
        return fail (VGATE_CODE_LEASE_UNWRITABLE, DIRECTORY "/" NEW_NAME, error);
    if (kept->len == 0)
        return unlinkat (leases->directory, FILE_NAME, 0) == 0 || errno == ENOENT ||
               fail (VGATE_CODE_LEASE_UNWRITABLE, DIRECTORY "/" FILE_NAME, error);
    text = write_text (kept, &length);
    if (!text) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_LEASE_UNWRITABLE,
                     DIRECTORY "/" FILE_NAME ": a guest has two leases of one device");
        return FALSE;
    }
    /* in the open directory, which was checked, and not by its path */
    return vgate_replace_file (leases->directory, FILE_NAME, 0600, text, length) ||
           fail (VGATE_CODE_LEASE_UNWRITABLE, DIRECTORY "/" FILE_NAME, error);
}

gboolean
vgate_lease_holds (const VgateLease *lease, guint64 now)
{
    /* a lease that would end later than any lease can was not written in this boot */
    return lease->expires > now && lease->expires - now <= VGATE_LEASE_TIME_MAX;
}

gboolean
vgate_lease_is_unsettled (const VgateLease *lease)
{
    return lease->instead_of && (lease->state == VGATE_LEASE_MADE || lease->state == VGATE_LEASE_GIVEN);
}

VgateLease *
vgate_leases_find (const VgateLeases *leases, VgateHostdevKind kind, const char *device)
{
    for (guint i = 0; i < leases->all->len; i++) {
        VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (lease->state != VGATE_LEASE_UNMADE && lease->kind == (int)kind &&
            strcmp (lease->device, device) == 0)
            return lease;
    }
    return NULL;
}

static gboolean
is_record_of_stay (const VgateLease *lease, const char *domain, VgateHostdevKind kind, const char *device)
{
    return lease->state == VGATE_LEASE_UNMADE && lease->kind == (int)kind &&
           strcmp (lease->device, device) == 0 && strcmp (lease->domain, domain) == 0;
}

static void
forget_stay (VgateLeases *leases, const char *domain, VgateHostdevKind kind, const char *device)
{
    for (guint i = leases->all->len; i > 0; i--)
        if (is_record_of_stay (g_ptr_array_index (leases->all, i - 1), domain, kind, device))
            g_ptr_array_remove_index (leases->all, i - 1);
}

VgateLease *
vgate_lease_copy (const VgateLease *lease)
{
    VgateLease *copy = g_new0 (VgateLease, 1);

    *copy = *lease;
    copy->domain = g_strdup (lease->domain);
    copy->device = g_strdup (lease->device);
    copy->parent = g_strdup (lease->parent);
    copy->pgpu = g_strdup (lease->pgpu);
    copy->type_name = g_strdup (lease->type_name);
    copy->instead_of = g_strdup (lease->instead_of);
    return copy;
}

void
vgate_leases_put (VgateLeases *leases, const VgateLease *chosen)
{
    const VgateHostdevKind kind = (VgateHostdevKind)chosen->kind;
    VgateLease *former = vgate_leases_find (leases, kind, chosen->device);
    VgateLease *lease = vgate_lease_copy (chosen);

    if (former && former->state == VGATE_LEASE_MADE) {
        lease->state = VGATE_LEASE_MADE;
        lease->made_by = former->made_by;
    }
    if (former)
        g_ptr_array_remove (leases->all, former);
    forget_stay (leases, lease->domain, kind, lease->device);
    g_ptr_array_add (leases->all, lease);
}

void
vgate_leases_adopt (VgateLeases *leases, const VgateDomain *domain)
{
    g_autoptr (GPtrArray) found = g_ptr_array_new ();

    for (guint i = 0; i < leases->all->len; i++) {
        VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (vgate_domain_find_device (domain, (VgateHostdevKind)lease->kind, lease->device) &&
            vgate_lease_is_of_unknown_guest (lease))
            g_ptr_array_add (found, lease);
    }
    for (guint i = 0; i < found->len; i++) {
        VgateLease *lease = g_ptr_array_index (found, i);

        /* a guest has only one record of a device */
        forget_stay (leases, domain->uuid, (VgateHostdevKind)lease->kind, lease->device);
        g_free (lease->domain);
        lease->domain = g_strdup (domain->uuid);
    }
}

gboolean
vgate_leases_was_ordered (const VgateLeases *leases, const char *domain, VgateHostdevKind kind,
                          const char *device)
{
    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (lease->made_by == VGATE_LEASE_BY_OPERATOR && is_record_of_stay (lease, domain, kind, device))
            return TRUE;
    }
    return FALSE;
}

gboolean
vgate_leases_drop (VgateLeases *leases, const char *domain)
{
    gboolean any = FALSE;

    for (guint i = leases->all->len; i > 0; i--) {
        VgateLease *lease = g_ptr_array_index (leases->all, i - 1);

        if (lease->state == VGATE_LEASE_UNMADE || strcmp (lease->domain, domain) != 0)
            continue;
        any = TRUE;
        if (lease->state == VGATE_LEASE_MADE) {
            lease->expires = 0;
            g_clear_pointer (&lease->instead_of, g_free);
        } else {
            g_ptr_array_remove_index (leases->all, i - 1);
        }
    }
    return any;
}

gboolean
vgate_leases_settle (VgateLeases *leases, const char *domain)
{
    gboolean any = FALSE;

    for (guint i = leases->all->len; i > 0; i--) {
        VgateLease *lease = g_ptr_array_index (leases->all, i - 1);

        if (strcmp (lease->domain, domain) != 0 || !vgate_lease_is_unsettled (lease))
            continue;
        any = TRUE;
        g_clear_pointer (&lease->instead_of, g_free);
        /* it can still reserve the device; when it has ended, vgate_leases_save () drops it */
        if (lease->state == VGATE_LEASE_GIVEN)
            lease->state = VGATE_LEASE_TAKEN;
    }
    return any;
}
