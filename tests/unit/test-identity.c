/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's UUID from the configuration, DMI or machine-id, in this order. */
#include "host/identity.h"

#include "base/codes.h"

#include <glib/gstdio.h>

#define DMI        "4c4c4544-0043-4410-8035-b4c04f4d3532"
#define MACHINE_ID "0123456789abcdef0123456789abcdef"
#define FROM_ID    "01234567-89ab-cdef-0123-456789abcdef"

static const struct {
    const char *configured, *dmi, *machine_id; /* NULL: does not exist */
    const char *uuid;                          /* NULL: refused */
} cases[] = {
    {"55555555-5555-4555-8555-555555555555", DMI, MACHINE_ID, "55555555-5555-4555-8555-555555555555"},
    {NULL, DMI "\n", MACHINE_ID "\n", DMI},
    {NULL, "4C4C4544-0043-4410-8035-B4C04F4D3532\n", NULL, DMI},
    {NULL, NULL, MACHINE_ID "\n", FROM_ID},
    /* boards without a UUID of their own */
    {NULL, "00000000-0000-0000-0000-000000000000\n", MACHINE_ID, FROM_ID},
    {NULL, "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\n", MACHINE_ID, FROM_ID},
    {NULL, "To be filled by O.E.M.\n", MACHINE_ID, FROM_ID},
    {NULL, "", MACHINE_ID, FROM_ID},
    {NULL, NULL, NULL, NULL},
    {NULL, "", "", NULL},
    {NULL, NULL, "uninitialized\n", NULL},
    {NULL, NULL, "0123456789abcdef0123456789abcde", NULL},
    {NULL, NULL, "0123456789abcdef0123456789abcdeg", NULL},
    {NULL, NULL, "00000000000000000000000000000000", NULL},
};

static void
put (const char *root, const char *directory, const char *name, const char *text)
{
    g_autofree char *parent = g_build_filename (root, directory, NULL);
    g_autofree char *path = g_build_filename (parent, name, NULL);

    g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
    if (text)
        g_assert_true (g_file_set_contents (path, text, -1, NULL));
    else
        g_unlink (path);
}

static void
check (const char *root, gsize i)
{
    g_auto (VgateIdentity) identity = {NULL, NULL};
    g_autoptr (GError) error = NULL;

    put (root, "sys/class/dmi/id", "product_uuid", cases[i].dmi);
    put (root, "etc", "machine-id", cases[i].machine_id);
    g_assert_cmpint (vgate_identity_read (root, cases[i].configured, &identity, &error), ==,
                     cases[i].uuid != NULL);
    g_assert_cmpstr (identity.uuid, ==, cases[i].uuid);
    if (cases[i].uuid)
        g_assert_nonnull (identity.name);
    else
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_HOST_UNKNOWN);
}

static void
test_sources (void)
{
    /* the files that the cases leave; the last case has no DMI file */
    static const char *const made[] = {
        "etc/machine-id", "sys/class/dmi/id", "sys/class/dmi", "sys/class", "sys", "etc", ""};
    g_autoptr (GError) error = NULL;
    g_autofree char *root = g_dir_make_tmp ("vgate-identity-XXXXXX", &error);

    g_assert_no_error (error);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        check (root, i);
    for (gsize i = 0; i < G_N_ELEMENTS (made); i++) {
        g_autofree char *path = g_build_filename (root, made[i], NULL);

        g_assert_cmpint (g_remove (path), ==, 0);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/identity/sources", test_sources);
    return g_test_run ();
}
