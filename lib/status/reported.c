/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status/reported.h"

#include "base/descriptor.h"
#include "base/run-directory.h"

#include <errno.h>
#include <unistd.h>

#define FILE_NAME     "reported"
#define LOCK_NAME     "reported-lock"
#define FILE_SIZE_MAX (64u * 1024u)
/* Nobody who holds the lock waits for anything. */
#define LOCK_WAIT_MS 5000u

const char *const vgate_reported_operations[] = {"migrate", "restore", "started", "start", NULL};

static gboolean
fail (const char *name, const char *what, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_REPORT_NOT_COUNTED, VGATE_RUN_DIRECTORY "/%s: %s", name,
                 what);
    return FALSE;
}

/* Appends the counters of one operation. FALSE when a key or a value is not one that is written. */
static gboolean
read_group (GKeyFile *file, const char *operation, GArray *counters)
{
    g_auto (GStrv) keys = g_key_file_get_keys (file, operation, NULL, NULL);

    for (gsize i = 0; keys && keys[i]; i++) {
        g_autofree char *value = g_key_file_get_value (file, operation, keys[i], NULL);
        VgateReported counter = {.operation = operation, .code = (int)vgate_code_parse (keys[i])};

        if (counter.code == VGATE_CODE_NONE ||
            !g_ascii_string_to_unsigned (value, 10, 1, G_MAXUINT64 - 1, &counter.value, NULL))
            return FALSE;
        g_array_append_val (counters, counter);
    }
    return TRUE;
}

static gboolean
parse (const GByteArray *bytes, GKeyFile *file, GArray *counters)
{
    gsize n_groups = 0, n_known = 0;
    g_auto (GStrv) groups = NULL;

    if (!g_key_file_load_from_data (file, (const char *)bytes->data, bytes->len, G_KEY_FILE_NONE, NULL))
        return FALSE;
    groups = g_key_file_get_groups (file, &n_groups);
    for (gsize i = 0; vgate_reported_operations[i]; i++) {
        if (!g_key_file_has_group (file, vgate_reported_operations[i]))
            continue;
        n_known++;
        if (!read_group (file, vgate_reported_operations[i], counters))
            return FALSE;
    }
    return n_groups == n_known;
}

/* Reads the file into a key file and counters, which stay empty when it does not exist. *is_invalid: it was
 * read, and its content is not what is written. */
static gboolean
read_file (int directory, GKeyFile *file, GArray *counters, gboolean *is_invalid, GError **error)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();

    *is_invalid = FALSE;
    if (!vgate_read_file (directory, FILE_NAME, FILE_SIZE_MAX, bytes))
        return errno == ENOENT || fail (FILE_NAME, g_strerror (errno), error);
    *is_invalid = !parse (bytes, file, counters);
    return !*is_invalid || fail (FILE_NAME, "it is not as vgpu-gate writes it", error);
}

GArray *
vgate_reported_read (const char *root, GError **error)
{
    g_autoptr (GArray) counters = g_array_new (FALSE, FALSE, sizeof (VgateReported));
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_autoptr (GError) local = NULL;
    const int directory = vgate_run_directory_open_in (root, FALSE, VGATE_CODE_REPORT_NOT_COUNTED, &local);
    gboolean is_invalid;

    if (directory >= 0) {
        read_file (directory, file, counters, &is_invalid, &local);
        close (directory);
    }
    if (!local)
        return g_steal_pointer (&counters);
    g_propagate_error (error, g_steal_pointer (&local));
    return NULL;
}

static gboolean
count_in (int directory, const char *operation, VgateCode code, GError **error)
{
    g_autoptr (GArray) counters = g_array_new (FALSE, FALSE, sizeof (VgateReported));
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_autofree char *text = NULL;
    char key[VGATE_CODE_TEXT_SIZE];
    gboolean is_invalid;

    vgate_code_format ((int)code, key);
    if (!read_file (directory, file, counters, &is_invalid, error)) {
        if (is_invalid)
            unlinkat (directory, FILE_NAME, 0);
        return FALSE;
    }
    g_key_file_set_uint64 (file, operation, key, g_key_file_get_uint64 (file, operation, key, NULL) + 1);
    text = g_key_file_to_data (file, NULL, NULL);
    return vgate_run_directory_replace (directory, FILE_NAME, text) ||
           fail (FILE_NAME, g_strerror (errno), error);
}

gboolean
vgate_reported_count (const char *root, const char *operation, VgateCode code, GError **error)
{
    const int directory = vgate_run_directory_open_in (root, TRUE, VGATE_CODE_REPORT_NOT_COUNTED, error);
    int lock;
    gboolean is_counted;

    if (directory < 0)
        return FALSE;
    lock = vgate_run_directory_take_lock (directory, LOCK_NAME, LOCK_WAIT_MS);
    if (lock < 0) {
        is_counted = fail (LOCK_NAME, g_strerror (errno), error);
    } else {
        is_counted = count_in (directory, operation, code, error);
        close (lock);
    }
    close (directory);
    return is_counted;
}
