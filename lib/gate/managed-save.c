/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/managed-save.h"

#include "base/descriptor.h"
#include "base/run-directory.h"
#include "placement/lease.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FILE_SIZE_MAX 16384
#define GROUP         "refusal"
#define CANNOT_KEEP   "cannot keep the refusal of the managed save until 'prepare begin': "

/* As in hook/front.c. By the domain's name, because libvirt passes it even if the XML cannot be read. */
static char *
name_of (const char *domain_name)
{
    return g_strconcat ("refused-", domain_name, NULL);
}

/* libvirt allows no slash in the name of a domain. */
static gboolean
is_file_name (const char *domain_name)
{
    return !strchr (domain_name, '/');
}

gboolean
vgate_managed_save_exists (const char *root, const char *domain_name)
{
    g_autofree char *file = g_strconcat (domain_name, ".save", NULL);
    g_autofree char *path = g_build_filename (root, "/var/lib/libvirt/qemu/save", file, NULL);

    return is_file_name (domain_name) && g_file_test (path, G_FILE_TEST_EXISTS);
}

gboolean
vgate_managed_save_keep_refusal (const char *root, const char *domain_name, const char *line, GError **error)
{
    g_autofree char *name = name_of (domain_name);
    g_autofree char *text = g_strdup_printf ("[" GROUP "]\ntime=%" G_GUINT64_FORMAT "\nline=%s\n",
                                             vgate_run_directory_clock (), line);
    const int directory = vgate_run_directory_open_in (root, TRUE, VGATE_CODE_REFUSAL_NOT_KEPT, error);
    gboolean is_written;

    if (directory < 0) {
        g_prefix_error (error, CANNOT_KEEP);
        return FALSE;
    }
    is_written = vgate_run_directory_replace (directory, name, text);
    if (!is_written)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_REFUSAL_NOT_KEPT,
                     CANNOT_KEEP VGATE_RUN_DIRECTORY "/%s: %s", name, g_strerror (errno));
    close (directory);
    return is_written;
}

char *
vgate_managed_save_take_refusal (const char *root, const char *domain_name)
{
    g_autofree char *name = name_of (domain_name), *since = NULL;
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (GKeyFile) file = g_key_file_new ();
    const int directory = is_file_name (domain_name)
                              ? vgate_run_directory_open_in (root, FALSE, VGATE_CODE_REFUSAL_NOT_KEPT, NULL)
                              : -1;
    const guint64 now = vgate_run_directory_clock ();
    guint64 time;
    gboolean is_read;

    if (directory < 0)
        return NULL;
    is_read = vgate_read_file (directory, name, FILE_SIZE_MAX, bytes);
    /* one that cannot be removed applies until it is too old */
    unlinkat (directory, name, 0);
    close (directory);
    if (!is_read ||
        !g_key_file_load_from_data (file, (const char *)bytes->data, bytes->len, G_KEY_FILE_NONE, NULL))
        return NULL;
    since = g_key_file_get_value (file, GROUP, "time", NULL);
    if (!since || !g_ascii_string_to_unsigned (since, 10, 0, G_MAXUINT64, &time, NULL) || time > now ||
        now - time > VGATE_REFUSAL_SECONDS || !vgate_managed_save_exists (root, domain_name))
        return NULL;
    return g_key_file_get_value (file, GROUP, "line", NULL);
}
