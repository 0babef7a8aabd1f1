/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/permit.h"

#include "base/descriptor.h"
#include "base/run-directory.h"
#include "driver/control.h"
#include "placement/lease.h"
#include "xml/xml.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FILE_SIZE_MAX 4096
#define GROUP         "restore"

typedef struct {
    char *driver;
    guint64 expires; /* vgate_run_directory_clock () */
    gboolean has_begun;
} Permit;

static void
permit_clear (Permit *permit)
{
    g_free (permit->driver);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Permit, permit_clear)

static char *
name_of (const char *domain_uuid)
{
    return g_strdup_printf ("restore-%s", domain_uuid);
}

static gboolean
fail (const char *name, const char *what, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_PERMIT_UNUSABLE, VGATE_RUN_DIRECTORY "/%s: %s", name, what);
    return FALSE;
}

static gboolean
write_permit (int directory, const char *name, const Permit *permit, GError **error)
{
    g_autofree char *text =
        g_strdup_printf ("[" GROUP "]\ndriver=%s\nexpires=%" G_GUINT64_FORMAT "\nhas-begun=%s\n",
                         permit->driver, permit->expires, permit->has_begun ? "true" : "false");

    return vgate_run_directory_replace (directory, name, text) || fail (name, g_strerror (errno), error);
}

gboolean
vgate_permit_give (const char *root, const char *domain_uuid, const char *driver, GError **error)
{
    const Permit permit = {.driver = (char *)driver,
                           .expires = vgate_run_directory_clock () + VGATE_PERMIT_SECONDS};
    g_autofree char *name = name_of (domain_uuid);
    const int directory = vgate_run_directory_open_in (root, TRUE, VGATE_CODE_PERMIT_UNUSABLE, error);
    gboolean is_written;

    if (directory < 0)
        return FALSE;
    is_written = write_permit (directory, name, &permit, error);
    close (directory);
    return is_written;
}

/* FALSE without an error if there is no such file. */
static gboolean
read_permit (int directory, const char *name, Permit *permit, GError **error)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_autofree char *begun = NULL, *expires = NULL;

    if (!vgate_read_file (directory, name, FILE_SIZE_MAX, bytes))
        return errno != ENOENT && fail (name, g_strerror (errno), error);
    if (!g_key_file_load_from_data (file, (const char *)bytes->data, bytes->len, G_KEY_FILE_NONE, NULL))
        return fail (name, "it is not a key file", error);
    permit->driver = g_key_file_get_value (file, GROUP, "driver", NULL);
    expires = g_key_file_get_value (file, GROUP, "expires", NULL);
    begun = g_key_file_get_value (file, GROUP, "has-begun", NULL);
    permit->has_begun = g_strcmp0 (begun, "true") == 0;
    if (!permit->driver || !expires || (!permit->has_begun && g_strcmp0 (begun, "false") != 0) ||
        !g_ascii_string_to_unsigned (expires, 10, 0, G_MAXUINT64, &permit->expires, NULL))
        return fail (name, "a value is missing or invalid", error);
    return TRUE;
}

/* The directory was checked when it was opened, so that nobody else can have written the file. */
static gboolean
use_in (int directory, const VgateRequest *request, GError **error)
{
    const gboolean is_started = request->operation == VGATE_OPERATION_STARTED;
    g_autofree char *name = name_of (request->domain->uuid);
    g_auto (Permit) permit = {0};
    g_auto (VgateVersions) versions = {0};

    if (!read_permit (directory, name, &permit, error))
        return FALSE;
    /* A permission that does not expire within its time was not given since this boot. */
    if (permit.has_begun != is_started || permit.expires < vgate_run_directory_clock () ||
        permit.expires > vgate_run_directory_clock () + VGATE_PERMIT_SECONDS)
        return FALSE;
    if (!vgate_control_versions (&request->policy->backend, &versions, error))
        return FALSE;
    if (strcmp (versions.driver, permit.driver) != 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_PERMIT_UNUSABLE,
                     "the restore was allowed under host driver %s; the driver is %s now", permit.driver,
                     versions.driver);
        return FALSE;
    }
    if (request->is_dry_run)
        return TRUE;
    if (is_started)
        return unlinkat (directory, name, 0) == 0 || fail (name, g_strerror (errno), error);
    permit.has_begun = TRUE;
    return write_permit (directory, name, &permit, error);
}

gboolean
vgate_permit_use (const VgateRequest *request, GError **error)
{
    int directory;
    gboolean is_used;

    if (request->is_session || request->host ||
        (request->operation != VGATE_OPERATION_RESTORE && request->operation != VGATE_OPERATION_STARTED))
        return FALSE;
    directory = vgate_run_directory_open_in (request->root, FALSE, VGATE_CODE_PERMIT_UNUSABLE, error);
    if (directory < 0)
        return FALSE;
    is_used = use_in (directory, request, error);
    close (directory);
    return is_used;
}
