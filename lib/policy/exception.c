/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/exception.h"

#include "base/descriptor.h"
#include "base/run-directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME     "allowed-once"
#define LOCK_NAME     "allowed-once-lock"
#define FILE_SIZE_MAX (128u * 1024u)
/* 9999-12-31T23:59:59Z, after which a time cannot be written. */
#define TIME_MAX 253402300799u
/* Nobody who holds the lock waits for anything. */
#define COMMAND_WAIT_MS 5000u

static const char *const stage_names[] = {
    [VGATE_EXCEPTION_UNUSED] = "unused",   [VGATE_EXCEPTION_ARRIVES] = "arrives",
    [VGATE_EXCEPTION_PREPARE] = "prepare", [VGATE_EXCEPTION_STARTED] = "started",
    [VGATE_EXCEPTION_SWITCH_OVER] = NULL, /* the last stage, after which it is removed */
};

G_STATIC_ASSERT (G_N_ELEMENTS (stage_names) == VGATE_EXCEPTION_N_STAGES);

void
vgate_exception_free (VgateException *exception)
{
    if (!exception)
        return;
    g_free (exception->domain);
    g_free (exception->guest);
    g_free (exception->reason);
    g_free (exception->sudo_user);
    g_free (exception);
}

char *
vgate_exception_domain (const char *text)
{
    return g_uuid_string_is_valid (text) ? g_ascii_strdown (text, -1) : g_strdup (text);
}

static VgateException *
copy_of (const VgateException *exception)
{
    VgateException *copy = g_memdup2 (exception, sizeof *exception);

    copy->domain = vgate_exception_domain (exception->domain);
    copy->guest = g_strdup (exception->guest);
    copy->reason = g_strdup (exception->reason);
    copy->sudo_user = g_strdup (exception->sudo_user);
    return copy;
}

static gboolean
is_printable (const char *text)
{
    g_autofree char *shown = vgate_printable (text, G_MAXSIZE);

    return strcmp (shown, text) == 0;
}

/* libvirt allows no slash and no line feed in the name of a domain. */
gboolean
vgate_exception_is_domain (const char *text)
{
    const gsize length = strlen (text);

    return length > 0 && length <= VGATE_EXCEPTION_DOMAIN_MAX && !strpbrk (text, "/\n") &&
           g_utf8_validate (text, -1, NULL);
}

gboolean
vgate_exception_is_reason (const char *text)
{
    g_autofree char *stripped = g_strstrip (g_strdup (text));

    return *stripped != '\0' && is_printable (text) &&
           (gsize)g_utf8_strlen (text, -1) <= VGATE_EXCEPTION_REASON_MAX;
}

const char *
vgate_exception_state (const VgateException *exception)
{
    return exception->stage == VGATE_EXCEPTION_UNUSED ? "unused" : "in-use";
}

char *
vgate_exception_by (const VgateException *exception)
{
    g_autoptr (GString) text = g_string_new (NULL);

    g_string_append_printf (text, "uid %u", exception->uid);
    if (exception->login >= 0)
        g_string_append_printf (text, ", login uid %" G_GINT64_FORMAT, exception->login);
    if (exception->sudo_user)
        g_string_append_printf (text, ", user '%s' of sudo", exception->sudo_user);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
fail (const char *name, const char *what, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_EXCEPTION_UNUSABLE, VGATE_RUN_DIRECTORY "/%s: %s", name,
                 what);
    return FALSE;
}

/* --- the file --- */

static gboolean
read_number (GKeyFile *file, const char *group, const char *key, guint64 max, guint64 *number)
{
    g_autofree char *value = g_key_file_get_value (file, group, key, NULL);

    return value && g_ascii_string_to_unsigned (value, 10, 0, max, number, NULL);
}

static gboolean
read_stage (GKeyFile *file, const char *group, int *stage)
{
    g_autofree char *value = g_key_file_get_value (file, group, "stage", NULL);

    for (gsize i = 0; value && i < G_N_ELEMENTS (stage_names); i++)
        if (g_strcmp0 (stage_names[i], value) == 0) {
            *stage = (int)i;
            return TRUE;
        }
    return FALSE;
}

/* NULL when the group is not as it is written. */
static VgateException *
read_group (GKeyFile *file, const char *group)
{
    g_autoptr (VgateException) exception = g_new0 (VgateException, 1);
    guint64 uid, login = 0, given;
    guint n_known = 6;
    g_auto (GStrv) keys = g_key_file_get_keys (file, group, NULL, NULL);

    exception->domain = g_key_file_get_string (file, group, "domain", NULL);
    exception->reason = g_key_file_get_string (file, group, "reason", NULL);
    exception->login = -1;
    if (g_key_file_has_key (file, group, "login-uid", NULL)) {
        n_known++;
        if (!read_number (file, group, "login-uid", G_MAXUINT32, &login))
            return NULL;
        exception->login = (gint64)login;
    }
    if (g_key_file_has_key (file, group, "guest", NULL)) {
        n_known++;
        exception->guest = g_key_file_get_string (file, group, "guest", NULL);
        if (!exception->guest || !g_uuid_string_is_valid (exception->guest))
            return NULL;
    }
    if (g_key_file_has_key (file, group, "sudo-user", NULL)) {
        n_known++;
        exception->sudo_user = g_key_file_get_string (file, group, "sudo-user", NULL);
        if (!exception->sudo_user || !is_printable (exception->sudo_user))
            return NULL;
    }
    if (!exception->domain || !vgate_exception_is_domain (exception->domain) || !exception->reason ||
        !vgate_exception_is_reason (exception->reason) ||
        !read_number (file, group, "uid", G_MAXUINT32, &uid) ||
        !read_number (file, group, "given", TIME_MAX, &given) ||
        !read_number (file, group, "expires", G_MAXUINT64, &exception->expires) ||
        !read_stage (file, group, &exception->stage) || !keys || g_strv_length (keys) != n_known)
        return NULL;
    exception->uid = (guint32)uid;
    exception->given = (gint64)given;
    return g_steal_pointer (&exception);
}

static VgateException *
find (const GPtrArray *all, const char *domain)
{
    for (guint i = 0; i < all->len; i++) {
        VgateException *exception = g_ptr_array_index (all, i);

        if (strcmp (exception->domain, domain) == 0)
            return exception;
    }
    return NULL;
}

/* What has expired is left out, and what would be valid for longer than it can be: it is not of this boot. */
static gboolean
parse (const GByteArray *bytes, GPtrArray *all)
{
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_auto (GStrv) groups = NULL;
    const guint64 now = vgate_run_directory_clock ();
    gsize n_groups = 0;

    if ((bytes->len > 0 && memchr (bytes->data, '\0', bytes->len)) ||
        !g_key_file_load_from_data (file, (const char *)bytes->data, bytes->len, G_KEY_FILE_NONE, NULL))
        return FALSE;
    groups = g_key_file_get_groups (file, &n_groups);
    if (n_groups > VGATE_EXCEPTIONS_MAX)
        return FALSE;
    for (gsize i = 0; i < n_groups; i++) {
        g_autoptr (VgateException) exception = read_group (file, groups[i]);

        if (!exception || find (all, exception->domain))
            return FALSE;
        if (exception->expires >= now && exception->expires - now <= VGATE_EXCEPTION_SECONDS_MAX)
            g_ptr_array_add (all, g_steal_pointer (&exception));
    }
    return TRUE;
}

static GPtrArray *
new_list (void)
{
    return g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_exception_free);
}

/* TRUE with *exists FALSE when there is no file. The directory was checked when it was opened, so only root
 * or this program's user can have put a file there; the file must be as it was written nevertheless. */
static gboolean
check_file (int directory, gboolean *exists, GError **error)
{
    struct stat status;

    *exists = fstatat (directory, FILE_NAME, &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (!*exists)
        return errno == ENOENT || fail (FILE_NAME, g_strerror (errno), error);
    if ((status.st_uid != 0 && status.st_uid != geteuid ()) || status.st_mode & (S_IWGRP | S_IWOTH))
        return fail (FILE_NAME, "it must belong to root, and others must not be able to write it", error);
    return TRUE;
}

/* NULL with an error. *is_invalid: it was read, and its content is not what is written. */
static GPtrArray *
read_file (int directory, gboolean *is_invalid, GError **error)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (GPtrArray) all = new_list ();
    gboolean exists;

    *is_invalid = FALSE;
    if (!check_file (directory, &exists, error))
        return NULL;
    if (!exists)
        return g_steal_pointer (&all);
    if (!vgate_read_file (directory, FILE_NAME, FILE_SIZE_MAX, bytes)) {
        if (errno == ENOENT) /* the last exception was used in the meantime */
            return g_steal_pointer (&all);
        fail (FILE_NAME, g_strerror (errno), error);
        return NULL;
    }
    *is_invalid = !parse (bytes, all);
    if (!*is_invalid)
        return g_steal_pointer (&all);
    fail (FILE_NAME, "it is not as vgpu-gate writes it", error);
    return NULL;
}

static gboolean
write_file (int directory, const GPtrArray *all, GError **error)
{
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_autofree char *text = NULL;

    if (all->len == 0)
        return unlinkat (directory, FILE_NAME, 0) == 0 || errno == ENOENT ||
               fail (FILE_NAME, g_strerror (errno), error);
    for (guint i = 0; i < all->len; i++) {
        const VgateException *exception = g_ptr_array_index (all, i);
        g_autofree char *group = g_strdup_printf ("exception-%u", i + 1);

        g_key_file_set_string (file, group, "domain", exception->domain);
        if (exception->guest)
            g_key_file_set_string (file, group, "guest", exception->guest);
        g_key_file_set_string (file, group, "reason", exception->reason);
        g_key_file_set_uint64 (file, group, "uid", exception->uid);
        if (exception->login >= 0)
            g_key_file_set_int64 (file, group, "login-uid", exception->login);
        if (exception->sudo_user)
            g_key_file_set_string (file, group, "sudo-user", exception->sudo_user);
        g_key_file_set_int64 (file, group, "given", exception->given);
        g_key_file_set_uint64 (file, group, "expires", exception->expires);
        g_key_file_set_string (file, group, "stage", stage_names[exception->stage]);
    }
    text = g_key_file_to_data (file, NULL, NULL);
    return vgate_run_directory_replace (directory, FILE_NAME, text) ||
           fail (FILE_NAME, g_strerror (errno), error);
}

static int
take_lock (int directory, guint wait_ms, GError **error)
{
    const int lock = vgate_run_directory_take_lock (directory, LOCK_NAME, wait_ms);

    if (lock < 0)
        fail (LOCK_NAME, g_strerror (errno), error);
    return lock;
}

GPtrArray *
vgate_exceptions_read (const char *root, GError **error)
{
    g_autoptr (GError) local = NULL;
    const int directory = vgate_run_directory_open_in (root, FALSE, VGATE_CODE_EXCEPTION_UNUSABLE, &local);
    GPtrArray *all = NULL;
    gboolean is_invalid;

    if (directory >= 0) {
        all = read_file (directory, &is_invalid, &local);
        close (directory);
    } else if (!local) {
        all = new_list ();
    }
    if (local)
        g_propagate_error (error, g_steal_pointer (&local));
    return all;
}

/* --- the command --- */

static gboolean
give_in (int directory, const VgateException *exception, GError **error)
{
    g_autoptr (GError) local = NULL;
    gboolean is_invalid;
    g_autoptr (GPtrArray) all = read_file (directory, &is_invalid, &local);
    g_autofree char *canonical = vgate_exception_domain (exception->domain);
    VgateException *former;

    if (!all && !is_invalid) {
        g_propagate_error (error, g_steal_pointer (&local));
        return FALSE;
    }
    if (!all)
        all = new_list ();
    former = find (all, canonical);
    if (former)
        g_ptr_array_remove (all, former);
    if (all->len >= VGATE_EXCEPTIONS_MAX)
        return fail (FILE_NAME, "there are too many of them; withdraw some", error);
    g_ptr_array_add (all, copy_of (exception));
    return write_file (directory, all, error);
}

static gboolean
withdraw_in (int directory, const char *domain, GError **error)
{
    gboolean is_invalid;
    g_autoptr (GPtrArray) all = read_file (directory, &is_invalid, error);
    g_autofree char *canonical = vgate_exception_domain (domain);
    VgateException *found = all ? find (all, canonical) : NULL;

    if (!all)
        return FALSE;
    if (!found) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_EXCEPTION_MISSING,
                     "no arrival of '%s' is allowed on this host", domain);
        return FALSE;
    }
    g_ptr_array_remove (all, found);
    return write_file (directory, all, error);
}

/* Adds the exception, or removes that of the domain if exception is NULL. */
static gboolean
change (const char *root, const VgateException *exception, const char *domain, GError **error)
{
    const int directory = vgate_run_directory_open_in (root, TRUE, VGATE_CODE_EXCEPTION_UNUSABLE, error);
    int lock;
    gboolean is_done = FALSE;

    if (directory < 0)
        return FALSE;
    lock = take_lock (directory, COMMAND_WAIT_MS, error);
    if (lock >= 0) {
        is_done = exception ? give_in (directory, exception, error) : withdraw_in (directory, domain, error);
        close (lock);
    }
    close (directory);
    return is_done;
}

gboolean
vgate_exception_give (const char *root, const VgateException *exception, GError **error)
{
    return change (root, exception, NULL, error);
}

gboolean
vgate_exception_withdraw (const char *root, const char *domain, GError **error)
{
    return change (root, NULL, domain, error);
}

/* --- its use --- */

/* A guest can have any name, also the UUID of another one. And another guest of the same name can arrive
 * while one that has begun does. */
static gboolean
is_about (const VgateException *exception, const VgateArrivalStage *arrival)
{
    if (exception->guest && arrival->uuid && g_ascii_strcasecmp (exception->guest, arrival->uuid) != 0)
        return FALSE;
    if (g_uuid_string_is_valid (exception->domain))
        return arrival->uuid && g_ascii_strcasecmp (exception->domain, arrival->uuid) == 0;
    return g_strcmp0 (exception->domain, arrival->name) == 0;
}

/* The exception whose arrival this stage continues, or an unused one; NULL: none. Those whose arrival has
 * ended are removed, because this stage belongs to another one. */
static VgateException *
take (GPtrArray *all, const VgateArrivalStage *arrival, gboolean *is_changed)
{
    VgateException *begun = NULL, *unused = NULL;

    for (guint i = all->len; i > 0; i--) {
        VgateException *exception = g_ptr_array_index (all, i - 1);

        if (!is_about (exception, arrival))
            continue;
        if (exception->stage == VGATE_EXCEPTION_UNUSED) {
            unused = exception;
        } else if (exception->stage < (int)arrival->stage) {
            begun = exception;
        } else {
            g_ptr_array_remove_index (all, i - 1);
            *is_changed = TRUE;
        }
    }
    return begun ? begun : arrival->is_refused ? unused : NULL;
}

/* The taken exception is in use from now on. */
static void
note_stage (VgateException *taken, const VgateArrivalStage *arrival)
{
    static const guint seconds[] = {
        [VGATE_EXCEPTION_ARRIVES] = VGATE_EXCEPTION_ARRIVES_SECONDS,
        [VGATE_EXCEPTION_PREPARE] = VGATE_EXCEPTION_BEGUN_SECONDS,
        [VGATE_EXCEPTION_STARTED] = VGATE_EXCEPTION_TRANSFER_SECONDS,
    };

    taken->stage = (int)arrival->stage;
    taken->expires = vgate_run_directory_clock () + seconds[arrival->stage];
    if (!taken->guest && arrival->uuid && g_uuid_string_is_valid (arrival->uuid))
        taken->guest = g_ascii_strdown (arrival->uuid, -1);
}

static VgateException *
use_in (int directory, const VgateArrivalStage *arrival, GError **error)
{
    gboolean is_invalid, is_changed = FALSE;
    g_autoptr (GPtrArray) all = read_file (directory, &is_invalid, error);
    VgateException *taken = all ? take (all, arrival, &is_changed) : NULL;
    g_autoptr (VgateException) used = taken ? copy_of (taken) : NULL;

    if (!taken && !is_changed)
        return NULL;
    if (taken && (arrival->is_last || arrival->stage == VGATE_EXCEPTION_SWITCH_OVER))
        g_ptr_array_remove (all, taken);
    else if (taken)
        note_stage (taken, arrival);
    if (!write_file (directory, all, error) || !arrival->is_refused)
        return NULL;
    return g_steal_pointer (&used);
}

VgateException *
vgate_exception_use (const char *root, const VgateArrivalStage *arrival, GError **error)
{
    const int directory = vgate_run_directory_open_in (root, FALSE, VGATE_CODE_EXCEPTION_UNUSABLE, error);
    VgateException *used = NULL;
    gboolean exists;
    int lock;

    if (directory < 0)
        return NULL;
    /* nearly always there is no exception, and nobody waits for a lock then */
    if (check_file (directory, &exists, error) && exists) {
        lock = take_lock (directory, arrival->wait_ms, error);
        if (lock >= 0) {
            used = use_in (directory, arrival, error);
            close (lock);
        }
    }
    close (directory);
    return used;
}
