/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What AppArmor and SELinux let libvirt's daemon do. */
#pragma once

#include <glib.h>

typedef enum {
    VGATE_APPARMOR_OFF,        /* the kernel does not use it, or the daemon is not confined */
    VGATE_APPARMOR_ALLOWS,     /* a rule of the daemon's profile lets it run the program */
    VGATE_APPARMOR_FORBIDS,    /* no rule does */
    VGATE_APPARMOR_UNREADABLE, /* the profile cannot be read */
} VgateAppArmor;

/* Whether the daemon (name and, if it runs, pid) may run the program. *profile gets the path of the profile's
 * file, without root; the caller frees it. */
VgateAppArmor vgate_apparmor_may_run (const char *root, const char *daemon, guint pid, const char *program,
                                      char **profile);
/* TRUE if the path matches a pattern of AppArmor: '*' and '?' do not match '/', '**' does; {a,b} is one of
 * both. A pattern with a variable or a class of characters matches nothing. */
gboolean vgate_apparmor_matches (const char *pattern, const char *path);

typedef enum {
    VGATE_SELINUX_OFF, /* off or permissive */
    VGATE_SELINUX_ENFORCING,
} VgateSelinux;

/* *label gets the SELinux label of the program; NULL if it has none. The caller frees it. */
VgateSelinux vgate_selinux_read (const char *root, const char *program, char **label);
