/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "self-check/confinement.h"

#include <string.h>
#include <sys/xattr.h>

#define PROFILES "/etc/apparmor.d"

static char *
read_below (const char *root, const char *path)
{
    g_autofree char *full = g_strconcat (root, path, NULL);
    char *text = NULL;

    return g_file_get_contents (full, &text, NULL, NULL) ? g_strchomp (text) : NULL;
}

gboolean
vgate_apparmor_matches (const char *pattern, const char *path)
{
    for (; *pattern != '\0'; pattern++, path++) {
        if (*pattern == '{') {
            const char *end = strchr (pattern, '}');
            g_autofree char *list = end ? g_strndup (pattern + 1, (gsize)(end - pattern - 1)) : NULL;
            g_auto (GStrv) choices = list ? g_strsplit (list, ",", -1) : NULL;

            for (gsize i = 0; choices && choices[i]; i++) {
                g_autofree char *rest = g_strconcat (choices[i], end + 1, NULL);

                if (vgate_apparmor_matches (rest, path))
                    return TRUE;
            }
            return FALSE;
        }
        if (*pattern == '*') {
            const gboolean crosses = pattern[1] == '*';

            for (;; path++) {
                if (vgate_apparmor_matches (pattern + (crosses ? 2 : 1), path))
                    return TRUE;
                if (*path == '\0' || (*path == '/' && !crosses))
                    return FALSE;
            }
        }
        if (strchr ("@[\\", *pattern) || *path == '\0' ||
            (*pattern == '?' ? *path == '/' : *path != *pattern))
            return FALSE;
    }
    return *path == '\0';
}

/* TRUE if a line "PATTERN PERMISSIONS," of the profile lets it run the program. */
static gboolean
lets_run (const char *profile, const char *program)
{
    g_auto (GStrv) lines = g_strsplit (profile, "\n", -1);

    for (gsize i = 0; lines[i]; i++) {
        const char *line = g_strstrip (lines[i]);
        const gsize length = strcspn (line, " \t");
        g_autofree char *pattern = g_strndup (line, length);
        const char *permissions = line + length + strspn (line + length, " \t");

        if (*line == '/' && memchr (permissions, 'x', strcspn (permissions, ", \t")) &&
            vgate_apparmor_matches (pattern, program))
            return TRUE;
    }
    return FALSE;
}

/* TRUE if the process runs without a profile. FALSE if it has one, or if its label cannot be
 * read. */
static gboolean
is_unconfined (const char *root, guint pid)
{
    g_autofree char *path = g_strdup_printf ("/proc/%u/attr/current", pid);
    g_autofree char *label = pid > 0 ? read_below (root, path) : NULL;

    return label && (g_str_has_prefix (label, "unconfined") || g_str_has_suffix (label, "(complain)"));
}

VgateAppArmor
vgate_apparmor_may_run (const char *root, const char *daemon, guint pid, const char *program, char **profile)
{
    g_autofree char *enabled = read_below (root, "/sys/module/apparmor/parameters/enabled");
    g_autofree char *name = g_strconcat ("usr.sbin.", daemon, NULL);
    g_autofree char *path = g_build_filename (PROFILES, name, NULL), *full = g_strconcat (root, path, NULL);
    g_autofree char *disabled = g_build_filename (root, PROFILES, "disable", name, NULL);
    g_autofree char *local_path = g_build_filename (PROFILES, "local", name, NULL);
    g_autofree char *text = NULL, *local = NULL;

    *profile = NULL;
    if (g_strcmp0 (enabled, "Y") != 0 || is_unconfined (root, pid) ||
        g_file_test (disabled, G_FILE_TEST_EXISTS) || !g_file_test (full, G_FILE_TEST_EXISTS))
        return VGATE_APPARMOR_OFF;
    *profile = g_strdup (path);
    text = read_below (root, path);
    local = read_below (root, local_path);
    if (!text)
        return VGATE_APPARMOR_UNREADABLE;
    return lets_run (text, program) || (local && lets_run (local, program)) ? VGATE_APPARMOR_ALLOWS
                                                                            : VGATE_APPARMOR_FORBIDS;
}

VgateSelinux
vgate_selinux_read (const char *root, const char *program, char **label)
{
    g_autofree char *enforce = read_below (root, "/sys/fs/selinux/enforce");
    g_autofree char *full = g_strconcat (root, program, NULL);
    char value[256];
    gssize length;

    *label = NULL;
    if (g_strcmp0 (enforce, "1") != 0)
        return VGATE_SELINUX_OFF;
    length = getxattr (full, "security.selinux", value, sizeof value - 1);
    if (length > 0) {
        value[length] = '\0';
        *label = g_strdup (value);
    }
    return VGATE_SELINUX_ENFORCING;
}
