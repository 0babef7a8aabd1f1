/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/use.h"

#include "base/descriptor.h"
#include "host/vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* The directory where libvirt's QEMU driver keeps the state of running domains for its restart (measured). */
#define STATUS_DIRECTORY "/run/libvirt/qemu"
#define END              "</domstatus>"

struct VgateUseLook {
    GPtrArray *domains; /* of VgateDomain * */
    VgateVfioHolders *holders;
};

/* The state while the lists are read. */
typedef struct {
    const VgateUseInput *input;
    VgateUse *use;
    GHashTable *own;    /* devices of the guest, according to its status file */
    gboolean *is_known; /* indexed by instance: its virtual function is known */
    GHashTable *known;  /* of VgateListedDevice *: the virtual functions of those instances */
} Reading;

static gboolean
unknown (const char *file, const char *why, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICES_UNKNOWN, STATUS_DIRECTORY "/%s: %s", file, why);
    return FALSE;
}

static void
add (VgateUse *use, const char *device, char *who)
{
    g_hash_table_replace (use, g_strdup (device), who);
}

static const VgateListedDevice *
find_listed (const Reading *r, VgateHostdevKind kind, const char *source)
{
    return r->input->devices ? vgate_listed_device_find (r->input->devices, kind, source) : NULL;
}

static gboolean
may_run_on (const Reading *r, const VgateInstance *instance, const VgateListedDevice *listed)
{
    const VgatePgpu *pgpu = g_ptr_array_index (r->input->host->pgpus, instance->pgpu);

    return !instance->mdev && listed->kind == VGATE_HOSTDEV_PCI && listed->device.kind == VGATE_DEVICE_VGPU &&
           strcmp (listed->device.pgpu, pgpu->address) == 0 &&
           vgate_pgpu_is_same_type (pgpu, listed->device.type, listed->device.type_name, instance->type,
                                    instance->type_name);
}

/* Notes that a vGPU of the VM (NULL: of any VM) runs on the virtual function, if there is one that is not
 * known to run elsewhere. */
static void
note_running (const Reading *r, const VgateListedDevice *listed, const char *vm)
{
    if (!listed || g_hash_table_contains (r->known, listed))
        return;
    for (guint i = 0; i < r->input->instances->len; i++) {
        const VgateInstance *instance = g_ptr_array_index (r->input->instances, i);

        if (!r->is_known[i] && (!vm || g_strcmp0 (instance->vm, vm) == 0) &&
            may_run_on (r, instance, listed)) {
            r->is_known[i] = TRUE;
            g_hash_table_add (r->known, (gpointer)listed);
            return;
        }
    }
}

static void
add_domain (const Reading *r, const VgateDomain *domain)
{
    g_autofree char *name = vgate_printable (domain->name, 128);

    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        note_running (r, find_listed (r, hostdev->kind, hostdev->source), domain->uuid);
        if (strcmp (domain->uuid, r->input->domain) == 0)
            g_hash_table_add (r->own, g_strdup (hostdev->source));
        else
            add (r->use, hostdev->source, g_strdup_printf ("the running domain '%s' uses it", name));
    }
}

/* Adds the domain to the list if it can have a device. */
static gboolean
read_status (GPtrArray *domains, const char *file, const char *xml, gsize length, GError **error)
{
    VgateDomain *domain;

    /* most domains have no hostdev, and a complete file without one need not be parsed (the text of an empty
     * file is NULL). QEMU's capabilities name vfio-pci in each file; an argument can only be in a
     * <qemu:commandline>. */
    if (xml && length > 0 && !memmem (xml, length, "hostdev", strlen ("hostdev")) &&
        !memmem (xml, length, "commandline", strlen ("commandline")) &&
        memmem (xml, length, END, strlen (END)))
        return TRUE;
    domain = vgate_domain_read_status (xml, length, NULL);
    /* the parser's message is not used, as it can quote secrets of the file */
    if (!domain)
        return unknown (file, "the file is truncated, or not what libvirt writes", error);
    g_ptr_array_add (domains, domain);
    return TRUE;
}

/* NULL without an error when the domain has ended in the meantime. */
static GByteArray *
read_file (const char *directory, const char *file, GError **error)
{
    g_autofree char *path = g_build_filename (directory, file, NULL);
    g_autoptr (GByteArray) text = g_byte_array_new ();

    if (vgate_read_file (AT_FDCWD, path, VGATE_XML_SIZE_MAX, text))
        return g_steal_pointer (&text);
    if (errno != ENOENT)
        unknown (file, errno == EINVAL ? "it is not a regular file" : g_strerror (errno), error);
    return NULL;
}

/* Reads the status files up to the first that cannot be read; then FALSE with an error. */
static gboolean
read_domains (const char *root, GPtrArray *domains, GError **error)
{
    g_autofree char *directory = g_strconcat (root, STATUS_DIRECTORY, NULL);
    g_autoptr (GError) local = NULL;
    g_autoptr (GDir) dir = g_dir_open (directory, 0, &local);
    const char *name;

    if (!dir && g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return TRUE;
    if (!dir)
        return unknown ("", local->message, error);
    while ((name = g_dir_read_name (dir))) {
        g_autoptr (GByteArray) text = NULL;

        if (!g_str_has_suffix (name, ".xml"))
            continue;
        text = read_file (directory, name, &local);
        if (local) {
            g_propagate_error (error, g_steal_pointer (&local));
            return FALSE;
        }
        if (text && !read_status (domains, name, (const char *)text->data, text->len, error))
            return FALSE;
    }
    return TRUE;
}

static char *
describe_lease (const VgateLease *lease, guint64 now)
{
    const guint64 seconds = lease->expires - now;

    if (vgate_lease_is_of_unknown_guest (lease))
        return g_strdup_printf (
            "an operator created it for a guest whose XML names it, and it is reserved for "
            "another %" G_GUINT64_FORMAT " s",
            seconds);
    return g_strdup_printf ("leased to domain %s, which is about to arrive, for %" G_GUINT64_FORMAT " s",
                            lease->domain, seconds);
}

static void
add_leases (const Reading *r)
{
    for (guint i = 0; i < r->input->leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (r->input->leases->all, i);

        if (lease->state == VGATE_LEASE_UNMADE)
            continue;
        note_running (r, find_listed (r, (VgateHostdevKind)lease->kind, lease->device), lease->domain);
        if (vgate_lease_holds (lease, r->input->now) && strcmp (lease->domain, r->input->domain) != 0)
            add (r->use, lease->device, describe_lease (lease, r->input->now));
    }
}

/* Describes the VM of a vGPU. The caller frees it. */
static char *
describe_vm (const VgateInstance *instance)
{
    return instance->vm ? g_strdup_printf ("the VM %s", instance->vm)
                        : g_strdup ("a VM that NVML does not name by UUID");
}

/* Adds the mediated devices, which NVML names. The guest's own vGPUs are not in use by others. */
static void
add_instances (const Reading *r)
{
    for (guint i = 0; i < r->input->instances->len; i++) {
        const VgateInstance *instance = g_ptr_array_index (r->input->instances, i);
        g_autofree char *vm = describe_vm (instance);

        if (g_strcmp0 (instance->vm, r->input->domain) == 0)
            r->is_known[i] = TRUE;
        else if (instance->mdev)
            add (r->use, instance->mdev, g_strdup_printf ("%s uses it", vm));
    }
}

static void
add_if_held (const Reading *r, const VgateVfioHolders *holders, VgateHostdevKind kind, const char *source)
{
    const char *holder = vgate_vfio_find_holder (holders, r->input->root, kind, source);

    if (!holder)
        return;
    note_running (r, find_listed (r, kind, source), NULL);
    if (!g_hash_table_contains (r->own, source) && !vgate_use_find (r->use, source))
        add (r->use, source, g_strdup (holder));
}

static void
add_held (const Reading *r)
{
    g_autoptr (GHashTable) holders = vgate_vfio_read_holders (r->input->root);

    for (guint i = 0; r->input->devices && i < r->input->devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (r->input->devices, i);

        add_if_held (r, holders, listed->kind, listed->source);
    }
    for (guint i = 0; !r->input->devices && i < r->input->leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (r->input->leases->all, i);

        add_if_held (r, holders, (VgateHostdevKind)lease->kind, lease->device);
    }
}

/* Notes the virtual functions of the earlier look, because a vGPU that ended before the present look can
 * still be in NVML's list. */
static void
note_earlier_look (const Reading *r)
{
    const VgateUseLook *earlier = r->input->earlier;

    for (guint i = 0; earlier && i < earlier->domains->len; i++) {
        const VgateDomain *domain = g_ptr_array_index (earlier->domains, i);

        for (guint k = 0; k < domain->hostdevs->len; k++) {
            const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, k);

            note_running (r, find_listed (r, hostdev->kind, hostdev->source), domain->uuid);
        }
    }
    for (guint i = 0; earlier && r->input->devices && i < r->input->devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (r->input->devices, i);

        if (vgate_vfio_find_holder (earlier->holders, r->input->root, listed->kind, listed->source))
            note_running (r, listed, NULL);
    }
}

/* A vGPU whose virtual function is not known can run on any free one of its GPU and type, so all of these
 * count as in use. */
static void
add_possible (const Reading *r)
{
    for (guint i = 0; i < r->input->instances->len; i++) {
        const VgateInstance *instance = g_ptr_array_index (r->input->instances, i);
        g_autofree char *vm = describe_vm (instance);

        for (guint k = 0; !r->is_known[i] && r->input->devices && k < r->input->devices->len; k++) {
            const VgateListedDevice *listed = g_ptr_array_index (r->input->devices, k);

            if (may_run_on (r, instance, listed) && !vgate_use_find (r->use, listed->source))
                add (r->use, listed->source,
                     g_strdup_printf (
                         "%s uses it or another virtual function of GPU %s; NVML does not report which one, "
                         "and no process was found",
                         vm, listed->device.pgpu));
        }
    }
}

VgateUseLook *
vgate_use_look (const char *root)
{
    VgateUseLook *look = g_new0 (VgateUseLook, 1);

    look->domains = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_domain_free);
    read_domains (root, look->domains, NULL);
    look->holders = vgate_vfio_read_holders (root);
    return look;
}

const char *
vgate_use_look_find_domain (const VgateUseLook *look, VgateHostdevKind kind, const char *device)
{
    for (guint i = 0; i < look->domains->len; i++) {
        const VgateDomain *domain = g_ptr_array_index (look->domains, i);

        if (vgate_domain_find_device (domain, kind, device))
            return domain->name;
    }
    return NULL;
}

void
vgate_use_look_free (VgateUseLook *look)
{
    if (!look)
        return;
    g_ptr_array_unref (look->domains);
    g_hash_table_unref (look->holders);
    g_free (look);
}

VgateUse *
vgate_use_read (const VgateUseInput *input, GError **error)
{
    g_autoptr (GHashTable) use = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr (GHashTable) own = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr (GHashTable) known = g_hash_table_new (NULL, NULL);
    g_autofree gboolean *is_known = g_new0 (gboolean, MAX (input->instances->len, 1));
    g_autoptr (GPtrArray) domains = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_domain_free);
    const Reading r = {.input = input, .use = use, .own = own, .is_known = is_known, .known = known};

    /* the most precise source comes last */
    add_leases (&r);
    add_instances (&r);
    if (!read_domains (input->root, domains, error))
        return NULL;
    for (guint i = 0; i < domains->len; i++)
        add_domain (&r, g_ptr_array_index (domains, i));
    add_held (&r);
    note_earlier_look (&r);
    add_possible (&r);
    return g_steal_pointer (&use);
}

const char *
vgate_use_find (const VgateUse *use, const char *device)
{
    return g_hash_table_lookup ((GHashTable *)use, device);
}
