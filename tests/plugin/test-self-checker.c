/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The self-check of vgpu-gated runs beside the main loop. What it finds is golden-self-check's matter: this
 * machine may be anything. */
#include "plugin/service/self-checker.h"
#include "wait.h"

static gboolean
has_checked (const VgateSelfChecker *checker)
{
    gint64 time;
    g_autoptr (GPtrArray) items = vgate_self_checker_last (checker, &time);

    return items != NULL;
}

static gboolean
has_item (const GPtrArray *items, const char *name)
{
    for (guint i = 0; i < items->len; i++)
        if (g_str_equal (((const VgateSelfCheckItem *)g_ptr_array_index (items, i))->name, name))
            return TRUE;
    return FALSE;
}

static void
test_items (void)
{
    VgateSelfChecker *checker = vgate_self_checker_new ();
    const gint64 before = g_get_real_time () / G_USEC_PER_SEC;
    g_autoptr (GPtrArray) items = NULL;
    gint64 time;

    g_assert_false (has_checked (checker));
    WAIT_UNTIL (has_checked (checker));
    items = vgate_self_checker_last (checker, &time);
    g_assert_true (has_item (items, "hook-link"));
    g_assert_true (has_item (items, "configuration"));
    g_assert_true (has_item (items, "confinement"));
    /* these are other parts of the status */
    g_assert_false (has_item (items, "nvml"));
    g_assert_false (has_item (items, "vgpu-gated"));
    g_assert_cmpint (time, >=, before);
    g_assert_cmpint (time, <=, g_get_real_time () / G_USEC_PER_SEC);
    vgate_self_checker_free (checker);
}

static gboolean
has_changed (const VgateSelfChecker *checker, const GPtrArray *first)
{
    gint64 time;
    g_autoptr (GPtrArray) items = vgate_self_checker_last (checker, &time);

    return items != first;
}

/* Checks that are asked for while others run are new ones, as the answer of those may be of before. */
static void
test_hurry (void)
{
    VgateSelfChecker *checker = vgate_self_checker_new ();
    g_autoptr (GPtrArray) first = NULL;
    gint64 time;

    vgate_self_checker_hurry (checker);
    vgate_self_checker_hurry (checker);
    g_assert_false (has_checked (checker));
    WAIT_UNTIL (has_checked (checker));
    first = vgate_self_checker_last (checker, &time);
    WAIT_UNTIL (has_changed (checker, first));
    vgate_self_checker_free (checker);
}

static void
test_free (void)
{
    VgateSelfChecker *checker = vgate_self_checker_new ();
    GMainContext *context = g_main_context_default ();
    const gint64 end = g_get_monotonic_time () + G_USEC_PER_SEC;

    vgate_self_checker_hurry (checker);
    vgate_self_checker_free (checker);
    vgate_self_checker_free (NULL);
    /* the thread ends in the meantime, which a sanitiser would notice */
    while (g_get_monotonic_time () < end) {
        g_main_context_iteration (context, FALSE);
        g_usleep (10000);
    }
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/self-checker/items", test_items);
    g_test_add_func ("/self-checker/hurry", test_hurry);
    g_test_add_func ("/self-checker/free", test_free);
    return g_test_run ();
}
