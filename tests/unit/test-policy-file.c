/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A configuration file that does not exist: the installed one may be missing, one that is named must exist,
 * and a symbolic link that leads nowhere is an error in both cases.
 */
#include "policy/policy.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *name;
    const char *link, *target; /* a symbolic link below the directory, or NULL */
    const char *path;          /* what is read, below the directory */
    gboolean is_error;         /* where it may be missing */
    const char *says;          /* of the link, below the directory; NULL: there is none */
} Case;

static const Case cases[] = {
    {"missing", NULL, NULL, "vgpu-gate.conf", FALSE, NULL},
    {"missing-directory", NULL, NULL, "etc/vgpu-gate/vgpu-gate.conf", FALSE, NULL},
    {"dangling", "vgpu-gate.conf", "nowhere.conf", "vgpu-gate.conf", TRUE, "vgpu-gate.conf"},
    {"dangling-directory", "etc", "nowhere", "etc/vgpu-gate/vgpu-gate.conf", TRUE, "etc"},
    /* a link that is in order on the way to a file that is just missing */
    {"missing-behind-link", "etc", ".", "etc/vgpu-gate.conf", FALSE, NULL},
};

static void
test_case (gconstpointer data)
{
    const Case *c = data;
    g_autoptr (GError) error = NULL, required_error = NULL;
    g_autofree char *directory = g_dir_make_tmp ("vgate-policy-XXXXXX", &error);
    g_autofree char *path = g_build_filename (directory, c->path, NULL);
    g_autofree char *link = c->link ? g_build_filename (directory, c->link, NULL) : NULL;
    g_autofree char *named = g_strdup_printf ("symbolic link '%s/%s'", directory, c->says ? c->says : "");
    g_autoptr (VgatePolicy) optional = NULL, required = NULL;

    g_assert_no_error (error);
    if (link)
        g_assert_cmpint (symlink (c->target, link), ==, 0);
    optional = vgate_policy_load_file (path, TRUE, &error);
    required = vgate_policy_load_file (path, FALSE, &required_error);
    if (link)
        g_assert_cmpint (g_unlink (link), ==, 0);
    g_assert_cmpint (g_rmdir (directory), ==, 0);

    g_assert_null (required);
    g_assert_error (required_error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE);
    if (c->is_error) {
        g_assert_null (optional);
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE);
        g_assert_nonnull (strstr (error->message, named));
        g_assert_nonnull (strstr (required_error->message, named));
    } else {
        g_assert_no_error (error);
        g_assert_nonnull (optional);
        g_assert_nonnull (strstr (required_error->message, "No such file"));
    }
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *path = g_strdup_printf ("/policy-file/%s", cases[i].name);

        g_test_add_data_func (path, &cases[i], test_case);
    }
    return g_test_run ();
}
