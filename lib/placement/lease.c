/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/lease.h"

#include "base/descriptor.h"
#include "base/runtime-directory.h"
#include "policy/policy.h"
#include "xml/xml.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY  VGATE_RUN_DIRECTORY
#define FILE_NAME  "leases.xml"
#define LOCK_NAME  "lock"
#define LEASES_MAX 4096
/* a lease takes less than half a KiB, and its type's name, of at most 255 characters, at most 1.5 KiB */
#define FILE_SIZE_MAX (LEASES_MAX * 2048)
#define WAIT_MS       10000
#define LOCK_STEP_US  10000

static const char *const kinds[] = {"mdev", "vf", NULL};
static const char *const states[] = {"taken", "planned", "made", "given", "unmade", NULL};

static const VgateXmlDialect dialect = {
    .namespace_uri = "urn:x-vgpu-gate:leases:1",
    .structure = VGATE_CODE_LEASE_UNREADABLE,
    .value = VGATE_CODE_LEASE_UNREADABLE,
    .base64 = VGATE_CODE_LEASE_UNREADABLE,
};

static const VgateXmlAttribute attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateLease, "domain", UUID, domain),
    VGATE_XML_ONE_OF (VgateLease, "kind", kinds, kind),
    VGATE_XML_ATTRIBUTE (VgateLease, "device", ASCII, device),
    VGATE_XML_ATTRIBUTE (VgateLease, "parent", PCI, parent),
    VGATE_XML_ATTRIBUTE (VgateLease, "pgpu", PCI, pgpu),
    VGATE_XML_ATTRIBUTE (VgateLease, "type", UINT, type),
    VGATE_XML_OPTIONAL (VgateLease, "type-name", NAME, type_name),
    VGATE_XML_ONE_OF (VgateLease, "state", states, state),
    VGATE_XML_ATTRIBUTE (VgateLease, "expires", UINT64, expires),
    VGATE_XML_OPTIONAL (VgateLease, "instead-of", ASCII, instead_of),
    {.name = NULL},
};

void
vgate_lease_free (VgateLease *lease)
{
    if (!lease)
        return;
    vgate_xml_clear_attributes (attributes, lease);
    g_free (lease);
}

void
vgate_leases_free (VgateLeases *leases)
{
    if (!leases)
        return;
    g_ptr_array_unref (leases->all);
    /* closing it lets the lock go */
    if (leases->lock >= 0)
        close (leases->lock);
    if (leases->directory >= 0)
        close (leases->directory);
    g_free (leases);
}

guint64
vgate_leases_clock (void)
{
    return (guint64)g_get_monotonic_time () / G_USEC_PER_SEC;
}

gboolean
vgate_leases_exist (const char *root)
{
    g_autofree char *path = g_strconcat (root, DIRECTORY "/" FILE_NAME, NULL);

    /* what cannot be looked at may be there */
    return access (path, F_OK) == 0 || errno != ENOENT;
}

static gboolean
fail (VgateCode code, const char *what, GError **error)
{
    g_set_error (error, VGATE_ERROR, (int)code, "%s: %s", what, g_strerror (errno));
    return FALSE;
}

/* --- reading --- */

static gboolean
is_device (const VgateLease *lease, const char *text)
{
    return vgate_xml_text_has_form (text, lease->kind == VGATE_HOSTDEV_MDEV ? VGATE_XML_UUID : VGATE_XML_PCI);
}

/* Several guests can have had a virtual function one after the other, each once; one can have it. */
static gboolean
is_twice (const VgateLeases *leases, const VgateLease *lease)
{
    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *other = g_ptr_array_index (leases->all, i);

        if (other->kind == lease->kind && strcmp (other->device, lease->device) == 0 &&
            ((other->state != VGATE_LEASE_UNMADE && lease->state != VGATE_LEASE_UNMADE) ||
             strcmp (other->domain, lease->domain) == 0))
            return TRUE;
    }
    return FALSE;
}

static gboolean
read_lease (VgateLeases *leases, xmlNode *node, GError **error)
{
    g_autoptr (VgateLease) lease = g_new0 (VgateLease, 1);

    if (!vgate_xml_read_leaf (&dialect, node, attributes, lease, error))
        return FALSE;
    if (!is_device (lease, lease->device) || (lease->instead_of && !is_device (lease, lease->instead_of))) {
        vgate_xml_set_error (error, dialect.value, node, "device is none");
        return FALSE;
    }
    if (is_twice (leases, lease)) {
        vgate_xml_set_error (error, dialect.value, node, "the device stands here twice");
        return FALSE;
    }
    g_ptr_array_add (leases->all, g_steal_pointer (&lease));
    return TRUE;
}

static gboolean
read_root (VgateLeases *leases, xmlNode *root, GError **error)
{
    xmlNode *children = NULL, *node;

    if (strcmp ((const char *)root->name, "leases") != 0 || !root->ns ||
        strcmp ((const char *)root->ns->href, dialect.namespace_uri) != 0) {
        vgate_xml_set_error (error, dialect.structure, root, "it is not <leases xmlns='%s'>",
                             dialect.namespace_uri);
        return FALSE;
    }
    children = vgate_xml_children (root);
    for (;;) {
        if (!vgate_xml_take (&dialect, &children, "lease", &node, error))
            return FALSE;
        if (!node)
            break;
        if (leases->all->len == LEASES_MAX) {
            vgate_xml_set_error (error, dialect.structure, node, "there are more than %d", LEASES_MAX);
            return FALSE;
        }
        if (!read_lease (leases, node, error))
            return FALSE;
    }
    return vgate_xml_end (&dialect, &children, error);
}

static gboolean
parse (VgateLeases *leases, const char *text, gsize length, GError **error)
{
    g_autoptr (GError) local = NULL;
    g_autoptr (xmlDoc) doc = vgate_xml_read_tree (text, length, &local);

    if (doc && read_root (leases, xmlDocGetRootElement (doc), &local))
        return TRUE;
    /* whatever it is, it is a lease file that cannot be read */
    g_set_error (error, VGATE_ERROR, VGATE_CODE_LEASE_UNREADABLE, DIRECTORY "/" FILE_NAME ": %s",
                 local->message);
    return FALSE;
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
    g_set_error (error, VGATE_ERROR, VGATE_CODE_LEASE_UNREADABLE,
                 DIRECTORY "/" FILE_NAME ": it is larger than %d KiB", FILE_SIZE_MAX / 1024);
    return FALSE;
}

/* --- the directory and the lock --- */

static gboolean
take_lock (VgateLeases *leases, guint wait_ms, GError **error)
{
    const gint64 end = g_get_monotonic_time () + (gint64)wait_ms * 1000;

    leases->lock = openat (leases->directory, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (leases->lock < 0)
        return fail (VGATE_CODE_LEASE_UNWRITABLE, DIRECTORY "/" LOCK_NAME, error);
    for (;;) {
        if (flock (leases->lock, LOCK_EX | LOCK_NB) == 0)
            return TRUE;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail (VGATE_CODE_LEASE_LOCKED, DIRECTORY "/" LOCK_NAME, error);
        if (g_get_monotonic_time () >= end)
            break;
        g_usleep (LOCK_STEP_US);
    }
    g_set_error (error, VGATE_ERROR, VGATE_CODE_LEASE_LOCKED,
                 DIRECTORY "/" LOCK_NAME ": other runs of the hook held it for %g s", wait_ms / 1000.0);
    return FALSE;
}

/* wait_ms: for the lock. */
static VgateLeases *
open_leases (const char *root, gboolean to_look, guint wait_ms, GError **error)
{
    g_autoptr (VgateLeases) leases = g_new0 (VgateLeases, 1);
    g_autofree char *path = g_strconcat (root, DIRECTORY, NULL);
    g_autoptr (GError) local = NULL;

    leases->all = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_lease_free);
    leases->lock = -1;
    leases->directory = vgate_run_directory_open (
        path, !to_look, to_look ? VGATE_CODE_LEASE_UNREADABLE : VGATE_CODE_LEASE_UNWRITABLE, &local);
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
    return open_leases (root, to_look, WAIT_MS, error);
}

VgateLeases *
vgate_leases_open_within (const char *root, guint wait_ms, GError **error)
{
    return open_leases (root, FALSE, wait_ms, error);
}

/* --- writing --- */

/* The oldest come first. */
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
    g_autoptr (GString) text = g_string_new (NULL);
    guint n = 0, n_unmade = count_unmade (leases);

    g_return_val_if_fail (leases->lock >= 0, FALSE);
    g_string_append_printf (text, "<leases xmlns='%s'>\n", dialect.namespace_uri);
    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (!is_to_be_kept (lease, now, &n_unmade))
            continue;
        g_string_append (text, "  ");
        vgate_xml_write_leaf (text, "lease", attributes, lease);
        g_string_append_c (text, '\n');
        n++;
    }
    g_string_append (text, "</leases>\n");
    if (n > LEASES_MAX) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_LEASE_UNWRITABLE,
                     DIRECTORY "/" FILE_NAME ": it can have no more than %d leases", LEASES_MAX);
        return FALSE;
    }
    if (n == 0)
        return unlinkat (leases->directory, FILE_NAME, 0) == 0 || errno == ENOENT ||
               fail (VGATE_CODE_LEASE_UNWRITABLE, DIRECTORY "/" FILE_NAME, error);
    return vgate_replace_file (leases->directory, FILE_NAME, 0600, text->str, text->len) ||
           fail (VGATE_CODE_LEASE_UNWRITABLE, DIRECTORY "/" FILE_NAME, error);
}

gboolean
vgate_lease_holds (const VgateLease *lease, guint64 now)
{
    /* one that would last longer than any can was not written in this boot */
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
        /* it may still have to keep others away; what has ended goes when it is saved */
        if (lease->state == VGATE_LEASE_GIVEN)
            lease->state = VGATE_LEASE_TAKEN;
    }
    return any;
}
