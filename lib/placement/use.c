/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/use.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* libvirt's QEMU driver keeps there what it must know of its live domains after a restart (measured). */
#define STATUS_DIRECTORY "/run/libvirt/qemu"
#define END              "</domstatus>"

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

static void
add_domain (const VgateUseInput *input, const VgateDomain *domain, VgateUse *use)
{
    g_autofree char *name = vgate_printable (domain->name, 128);

    if (strcmp (domain->uuid, input->domain) == 0)
        return;
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        add (use, hostdev->source, g_strdup_printf ("the running domain '%s' has it", name));
    }
}

static gboolean
read_status (const VgateUseInput *input, const char *file, const char *xml, gsize length, VgateUse *use,
             GError **error)
{
    g_autoptr (VgateDomain) domain = NULL;

    /* most have none; what is whole and has none needs no parser (an empty file has no text at all). On
     * QEMU's command line the driver's name is written out. */
    if (xml && length > 0 && !memmem (xml, length, "hostdev", strlen ("hostdev")) &&
        !memmem (xml, length, "vfio", strlen ("vfio")) && memmem (xml, length, END, strlen (END)))
        return TRUE;
    domain = vgate_domain_read_status (xml, length, NULL);
    /* not the parser's words, which may quote what is secret there */
    if (!domain)
        return unknown (file, "it is cut, or not what libvirt writes", error);
    add_domain (input, domain, use);
    return TRUE;
}

/* NULL without an error: it has ended meanwhile, or is no file. */
static GByteArray *
read_file (const char *directory, const char *file, GError **error)
{
    g_autofree char *path = g_build_filename (directory, file, NULL);
    g_autoptr (GByteArray) text = g_byte_array_new ();
    const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    guint8 buffer[65536];
    struct stat status;
    gssize n = 1;

    if (fd < 0) {
        if (errno != ENOENT)
            unknown (file, g_strerror (errno), error);
        return NULL;
    }
    if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode)) {
        while (n != 0 && text->len <= VGATE_XML_SIZE_MAX) {
            n = read (fd, buffer, sizeof buffer);
            if (n < 0 && errno != EINTR)
                break;
            g_byte_array_append (text, buffer, (guint)MAX (n, 0));
        }
        if (n < 0)
            unknown (file, g_strerror (errno), error);
    } else {
        unknown (file, "it is no file", error);
        n = -1;
    }
    close (fd);
    return n < 0 ? NULL : g_steal_pointer (&text);
}

static gboolean
read_domains (const VgateUseInput *input, VgateUse *use, GError **error)
{
    g_autofree char *directory = g_strconcat (input->root, STATUS_DIRECTORY, NULL);
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
        if (text && !read_status (input, name, (const char *)text->data, text->len, use, error))
            return FALSE;
    }
    return TRUE;
}

VgateUse *
vgate_use_read (const VgateUseInput *input, GError **error)
{
    g_autoptr (GHashTable) use = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

    for (guint i = 0; i < input->leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (input->leases->all, i);

        if (vgate_lease_holds (lease, input->now) && strcmp (lease->domain, input->domain) != 0)
            add (use, lease->device,
                 g_strdup_printf ("the domain %s, which is about to arrive, has a lease on it for another "
                                  "%" G_GUINT64_FORMAT " s",
                                  lease->domain, lease->expires - input->now));
    }
    for (guint i = 0; i < input->instances->len; i++) {
        const VgateInstance *instance = g_ptr_array_index (input->instances, i);

        if (instance->mdev && strcmp (instance->vm, input->domain) != 0)
            add (use, instance->mdev, g_strdup_printf ("a vGPU of the VM %s runs on it", instance->vm));
    }
    if (!read_domains (input, use, error))
        return NULL;
    return g_steal_pointer (&use);
}

const char *
vgate_use_find (const VgateUse *use, const char *device)
{
    return g_hash_table_lookup ((GHashTable *)use, device);
}
