/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "self-check/libvirt-daemon.h"

#include "host/sysfs-read.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUR_HOOK  "vgpu-gate-hook"
#define LINKS_MAX 16
/* that of the distributions' libvirt */
#define HOOKS_DEFAULT "/etc/libvirt/hooks"

static char *
read_proc (const char *root, const char *pid, const char *file)
{
    g_autofree char *path = g_build_filename (root, "/proc", pid, file, NULL);
    char *text = NULL;

    return g_file_get_contents (path, &text, NULL, NULL) ? text : NULL;
}

/* Returns the value of "NAME:\tVALUE" in /proc/PID/status, without blanks at its ends; NULL if it is missing.
 */
static char *
status_value (const char *status, const char *name)
{
    g_auto (GStrv) lines = g_strsplit (status, "\n", -1);
    const gsize length = strlen (name);

    for (gsize i = 0; lines[i]; i++)
        if (strncmp (lines[i], name, length) == 0 && lines[i][length] == ':')
            return g_strstrip (g_strdup (lines[i] + length + 1));
    return NULL;
}

/* The system's daemon runs as root. That of a container has another number in its own PID namespace, and
 * reads other hooks. */
static gboolean
is_system_daemon (const char *root, const char *pid, const char *name)
{
    g_autofree char *status = read_proc (root, pid, "status");
    g_autofree char *comm = status ? status_value (status, "Name") : NULL;
    g_autofree char *uid = status ? status_value (status, "Uid") : NULL;
    g_autofree char *numbers = status ? status_value (status, "NSpid") : NULL;

    return g_strcmp0 (comm, name) == 0 && uid && strtoul (uid, NULL, 10) == 0 &&
           (!numbers || !strpbrk (numbers, " \t"));
}

static guint
find_pid (const char *root, const char *name)
{
    g_autofree char *proc = g_build_filename (root, "/proc", NULL);
    g_autoptr (GDir) dir = g_dir_open (proc, 0, NULL);
    const char *entry;
    guint64 pid;

    while (dir && (entry = g_dir_read_name (dir)))
        if (g_ascii_string_to_unsigned (entry, 10, 1, G_MAXINT32, &pid, NULL) &&
            is_system_daemon (root, entry, name))
            return (guint)pid;
    return 0;
}

/* The start is field 22 of /proc/PID/stat, in clock ticks since the boot; /proc/uptime has the time since the
 * boot as well. The name in field 2 can contain blanks and parentheses. */
static gint64
read_start (const char *root, const char *pid, gint64 now)
{
    g_autofree char *uptime = read_proc (root, "", "uptime"), *stat = read_proc (root, pid, "stat");
    const char *after_name = stat ? strrchr (stat, ')') : NULL;
    const long ticks_per_second = sysconf (_SC_CLK_TCK);
    g_auto (GStrv) fields = NULL;
    guint64 ticks;
    double seconds;

    if (!uptime || !after_name || strlen (after_name) < 2 || ticks_per_second <= 0)
        return 0;
    fields = g_strsplit (after_name + 2, " ", -1);
    if (g_strv_length (fields) < 20 ||
        !g_ascii_string_to_unsigned (fields[19], 10, 0, G_MAXINT64, &ticks, NULL))
        return 0;
    seconds = (double)ticks / (double)ticks_per_second - g_ascii_strtod (uptime, NULL);
    return now + (gint64)(seconds * G_USEC_PER_SEC);
}

/* libvirt is built with the path: its library contains "SYSCONFDIR/libvirt/hooks" as a string. */
static char *
find_hooks_in (const char *library)
{
    static const char end[] = "/libvirt/hooks"; /* with the NUL */
    g_autoptr (GMappedFile) file = g_mapped_file_new (library, FALSE, NULL);
    const char *begin = file ? g_mapped_file_get_contents (file) : NULL, *found, *start;

    if (!begin)
        return NULL;
    found = memmem (begin, g_mapped_file_get_length (file), end, sizeof end);
    for (start = found; start && start > begin && g_ascii_isgraph (start[-1]);)
        start--;
    return start && *start == '/' ? g_strndup (start, (gsize)(found - start) + strlen (end)) : NULL;
}

/* Returns the path of the libvirt library that the process has mapped, or NULL. */
static char *
mapped_library (const char *root, const char *pid)
{
    g_autofree char *maps = read_proc (root, pid, "maps");
    g_auto (GStrv) lines = maps ? g_strsplit (maps, "\n", -1) : NULL;

    for (gsize i = 0; lines && lines[i]; i++) {
        const char *path = strchr (lines[i], '/');

        if (path && strstr (path, "/libvirt.so."))
            return g_strconcat (root, path, NULL);
    }
    return NULL;
}

void
vgate_libvirt_daemon_find (const char *root, gint64 now, VgateLibvirtDaemon *daemon)
{
    static const char *const names[] = {"virtqemud", "libvirtd"};
    g_autofree char *pid = NULL, *library = NULL;

    *daemon = (VgateLibvirtDaemon){.name = "libvirtd"};
    for (gsize i = 0; i < G_N_ELEMENTS (names) && daemon->pid == 0; i++) {
        daemon->pid = find_pid (root, names[i]);
        daemon->name = names[i];
    }
    if (daemon->pid > 0) {
        pid = g_strdup_printf ("%u", daemon->pid);
        daemon->started = read_start (root, pid, now);
        library = mapped_library (root, pid);
    }
    if (!library)
        library = mapped_library (root, "self");
    daemon->hooks = library ? find_hooks_in (library) : NULL;
    if (!daemon->hooks)
        daemon->hooks = g_strdup (HOOKS_DEFAULT);
}

void
vgate_libvirt_daemon_clear (VgateLibvirtDaemon *daemon)
{
    g_clear_pointer (&daemon->hooks, g_free);
}

static void
hook_free (gpointer data)
{
    VgateLibvirtHook *hook = data;

    g_free (hook->path);
    g_free (hook->target);
    g_free (hook);
}

/* Follows the links that path itself is, below root. The caller frees it. */
static char *
follow_links (const char *root, const char *path)
{
    char *at = g_strdup (path);

    for (guint n = 0; n < LINKS_MAX; n++) {
        g_autofree char *full = g_strconcat (root, at, NULL);
        g_autofree char *link = g_file_read_link (full, NULL), *directory = g_path_get_dirname (at);
        g_autofree char *next = link ? g_canonicalize_filename (link, directory) : NULL;

        if (!next)
            break;
        g_free (at);
        at = g_steal_pointer (&next);
    }
    return at;
}

/* Adds the hook, if there is something with its name. */
static void
add_hook (GPtrArray *hooks, const char *root, const char *path)
{
    g_autofree char *full = g_strconcat (root, path, NULL), *target = NULL, *name = NULL;
    struct stat status;
    VgateLibvirtHook *hook;

    if (lstat (full, &status) != 0 || S_ISDIR (status.st_mode))
        return;
    hook = g_new0 (VgateLibvirtHook, 1);
    hook->path = g_strdup (path);
    hook->changed = (gint64)status.st_ctim.tv_sec * G_USEC_PER_SEC + status.st_ctim.tv_nsec / 1000;
    hook->target = follow_links (root, path);
    target = g_strconcat (root, hook->target, NULL);
    hook->exists = stat (target, &status) == 0;
    hook->is_executable = hook->exists && S_ISREG (status.st_mode) && (status.st_mode & 0111) != 0;
    name = g_path_get_basename (hook->target);
    hook->is_ours = strcmp (name, OUR_HOOK) == 0;
    g_ptr_array_add (hooks, hook);
}

GPtrArray *
vgate_libvirt_hooks_list (const char *root, const char *directory)
{
    GPtrArray *hooks = g_ptr_array_new_with_free_func (hook_free);
    g_autofree char *single = g_build_filename (directory, "qemu", NULL);
    g_autofree char *several = g_build_filename (directory, "qemu.d", NULL);
    g_auto (GStrv) names = vgate_sysfs_names (root, several);

    add_hook (hooks, root, single);
    for (gsize i = 0; names[i]; i++) {
        g_autofree char *path = g_build_filename (several, names[i], NULL);

        add_hook (hooks, root, path);
    }
    return hooks;
}
