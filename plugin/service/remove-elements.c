/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/service/remove-elements.h"

#include "base/run-directory.h"
#include "plugin/base/log.h"
#include "plugin/base/run-directory-lock.h"
#include "plugin/definition/leftover.h"
#include "plugin/libvirt/listing.h"

#include <unistd.h>

typedef struct {
    virConnectPtr libvirt;
    GHashTable *done, *failed; /* sets of uuids */
    GError *first_failure;
} Pass;

static void
pass_clear (Pass *pass)
{
    g_hash_table_unref (pass->done);
    g_hash_table_unref (pass->failed);
    g_clear_error (&pass->first_failure);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pass, pass_clear)

/* Takes ownership of the error. */
static void
note_failure (Pass *pass, const char *uuid, GError *error)
{
    g_hash_table_add (pass->failed, g_strdup (uuid));
    if (pass->first_failure)
        g_error_free (error);
    else
        pass->first_failure = error;
}

static void
note_busy (Pass *pass, const char *uuid, const char *name)
{
    GError *error = g_error_new (VGATE_ERROR, VGATE_CODE_CAPTURE_FAILED,
                                 "cannot remove the vGPU metadata: a migration or save is in progress");

    vgate_log ((VgateCode)error->code, name, "%s", error->message);
    note_failure (pass, uuid, error);
}

static void
remove_from_definition (Pass *pass, const char *uuid)
{
    g_autoptr (VgateLeftover) leftover = vgate_leftover_new (pass->libvirt, uuid);

    vgate_leftover_run (leftover);
    vgate_leftover_report (leftover);
    if (leftover->outcome == VGATE_LEFTOVER_REMOVED)
        g_hash_table_add (pass->done, g_strdup (uuid));
    else if (leftover->outcome == VGATE_LEFTOVER_BUSY)
        note_busy (pass, uuid, leftover->name ? leftover->name : uuid);
    else if (leftover->error)
        note_failure (pass, uuid, g_steal_pointer (&leftover->error));
}

static void
remove_from_guest (Pass *pass, const char *uuid)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (virDomain) domain = vgate_libvirt_find_domain (pass->libvirt, uuid, &error);
    const char *name = domain ? virDomainGetName (domain) : uuid;
    const VgateLogSubject subject = {.code = VGATE_CODE_CAPTURE_REMOVED, .domain = name, .uuid = uuid};
    gboolean has = FALSE;

    if (domain && vgate_libvirt_has_element (domain, &has, &error) && has) {
        if (vgate_libvirt_is_busy (domain)) {
            note_busy (pass, uuid, name);
            return;
        }
        if (vgate_libvirt_set_element (domain, NULL, &error)) {
            vgate_log_about (&subject, "removed vGPU metadata from the running guest");
            g_hash_table_add (pass->done, g_strdup (uuid));
        }
    }
    /* a guest that has ended in the meantime has no live XML any more */
    if (error && virDomainIsActive (domain) != 0) {
        vgate_log ((VgateCode)error->code, name, "cannot remove the vGPU metadata from the running guest: %s",
                   error->message);
        note_failure (pass, uuid, g_steal_pointer (&error));
    }
}

static void
for_each (Pass *pass, GHashTable *uuids, void (*remove) (Pass *pass, const char *uuid))
{
    GHashTableIter iter;
    gpointer uuid;

    g_hash_table_iter_init (&iter, uuids);
    while (g_hash_table_iter_next (&iter, &uuid, NULL))
        remove (pass, uuid);
}

static gboolean
remove_all (const char *uri, guint *n, GError **error)
{
    g_autoptr (virConnect) libvirt = virConnectOpen (uri);
    g_auto (Pass) pass = {.libvirt = libvirt,
                          .done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
                          .failed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL)};
    g_autoptr (VgateListing) listing = NULL;

    if (!libvirt) {
        vgate_set_libvirt_error (error, "virConnectOpen");
        return FALSE;
    }
    listing = vgate_listing_new (libvirt);
    vgate_listing_run (listing);
    if (listing->error) {
        g_propagate_error (error, g_steal_pointer (&listing->error));
        return FALSE;
    }
    for_each (&pass, listing->running, remove_from_guest);
    for_each (&pass, listing->persistent, remove_from_definition);
    *n = g_hash_table_size (pass.done);
    if (!pass.first_failure)
        return TRUE;
    g_set_error (error, VGATE_ERROR, pass.first_failure->code,
                 "the metadata of %u domain%s was not removed: %s", g_hash_table_size (pass.failed),
                 g_hash_table_size (pass.failed) == 1 ? "" : "s", pass.first_failure->message);
    return FALSE;
}

gboolean
vgate_remove_elements (const char *uri, guint *n, GError **error)
{
    const int lock = vgate_run_directory_lock (VGATE_RUN_DIRECTORY, error);
    gboolean is_done;

    *n = 0;
    if (lock < 0)
        return FALSE;
    is_done = remove_all (uri, n, error);
    close (lock);
    return is_done;
}
