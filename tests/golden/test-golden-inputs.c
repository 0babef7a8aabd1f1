/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hook/NAME.in.xml is what guests.c writes, so a change of the element's form shows here first. */
#include "golden.h"
#include "guests.h"
#include "program.h"

static void
test_input (gconstpointer data)
{
    const guint index = GPOINTER_TO_UINT (data);
    g_autofree char *file = g_strdup_printf ("%s.in.xml", guest_name (index));
    g_autofree char *xml = guest_write (index);

    golden_compare ("hook", file, xml);
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    golden_assert_none_left ("hook", ".in.xml");
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (guint i = 0; i < guest_count (); i++) {
        g_autofree char *path = g_strdup_printf ("/inputs/%s", guest_name (i));

        program_add_test (path, GUINT_TO_POINTER (i), test_input);
    }
    program_add_test ("/none-left/inputs", NULL, test_none_left);
    return g_test_run ();
}
