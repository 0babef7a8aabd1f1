/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hook's counters of refusals that were only reported, and which domains these are. */
#include "gate/request.h"
#include "status/reported.h"

#include <glib/gstdio.h>
#include <string.h>

#define DIRECTORY "/run/vgpu-gate"
#define THREADS   4
#define TIMES     10

typedef struct {
    char *root;
} Fixture;

static void
set_up (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *run = NULL;

    f->root = g_dir_make_tmp ("vgate-reported-XXXXXX", &error);
    g_assert_no_error (error);
    run = g_strconcat (f->root, "/run", NULL);
    g_assert_cmpint (g_mkdir (run, 0755), ==, 0);
}

static void
tear_down (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const names[] = {DIRECTORY "/reported", DIRECTORY "/reported-lock", DIRECTORY, "/run",
                                        ""};

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *path = g_strconcat (f->root, names[i], NULL);

        g_remove (path);
    }
    g_assert_false (g_file_test (f->root, G_FILE_TEST_EXISTS));
    g_free (f->root);
}

static void
count (const Fixture *f, const char *operation, VgateCode code)
{
    g_autoptr (GError) error = NULL;

    vgate_reported_count (f->root, operation, code, &error);
    g_assert_no_error (error);
}

static void
assert_counters (const Fixture *f, const VgateReported *expected, guint n)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GArray) read = vgate_reported_read (f->root, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (read->len, ==, n);
    for (guint i = 0; i < n; i++) {
        const VgateReported *reported = &g_array_index (read, VgateReported, i);

        g_assert_cmpstr (reported->operation, ==, expected[i].operation);
        g_assert_cmpint (reported->code, ==, expected[i].code);
        g_assert_cmpuint (reported->value, ==, expected[i].value);
    }
}

static void
test_counts (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const VgateReported expected[] = {
        {"migrate", 303, 1}, {"restore", 213, 2}, {"restore", 107, 1}, {"start", 213, 1}};

    assert_counters (f, NULL, 0);
    count (f, "restore", VGATE_CODE_METADATA_MISSING);
    count (f, "start", VGATE_CODE_METADATA_MISSING);
    count (f, "restore", VGATE_CODE_XML_MALFORMED);
    count (f, "migrate", (VgateCode)303);
    count (f, "restore", VGATE_CODE_METADATA_MISSING);
    assert_counters (f, expected, G_N_ELEMENTS (expected));
}

static gpointer
count_often (gpointer data)
{
    for (guint i = 0; i < TIMES; i++)
        count (data, "migrate", VGATE_CODE_METADATA_MISSING);
    return NULL;
}

/* Several hooks run at the same time. */
static void
test_at_once (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const VgateReported expected[] = {{"migrate", 213, (guint64)THREADS * TIMES}};
    GThread *threads[THREADS];

    for (guint i = 0; i < THREADS; i++)
        threads[i] = g_thread_new ("hook", count_often, f);
    for (guint i = 0; i < THREADS; i++)
        g_thread_join (threads[i]);
    assert_counters (f, expected, G_N_ELEMENTS (expected));
}

/* What the hook counts by is what the gate calls it. */
static void
test_operations (G_GNUC_UNUSED Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const VgateOperation operations[] = {VGATE_OPERATION_MIGRATE, VGATE_OPERATION_RESTORE,
                                                VGATE_OPERATION_STARTED, VGATE_OPERATION_PREPARE};

    g_assert_cmpuint (g_strv_length ((char **)vgate_reported_operations), ==, G_N_ELEMENTS (operations));
    for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
        g_assert_cmpstr (vgate_reported_operations[i], ==, vgate_operation_name (operations[i]));
}

/* A copy for another thread keeps the domains. */
static void
test_policy (G_GNUC_UNUSED Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    const char *domains[] = {"vm1", "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701", NULL};
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default (), copy = NULL;

    g_assert_false (vgate_policy_only_reports (policy, "vm1", NULL));
    g_assert_false (vgate_policy_only_reports (policy, NULL, NULL));
    policy->report_domains = g_strdupv ((char **)domains);
    copy = vgate_policy_copy (policy);
    g_assert_true (vgate_policy_only_reports (copy, "vm1", NULL));
    g_assert_true (vgate_policy_only_reports (copy, NULL, "4D7C0A6E-9B1F-4F2E-8A35-B1F0C2D9E701"));
    g_assert_false (vgate_policy_only_reports (copy, "vm2", "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e702"));
    g_assert_false (vgate_policy_only_reports (copy, NULL, NULL));
    copy->is_report_only = TRUE;
    g_assert_true (vgate_policy_only_reports (copy, NULL, NULL));
}

#define ADD(path, test) g_test_add ("/reported/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    ADD ("counts", test_counts);
    ADD ("at-once", test_at_once);
    ADD ("operations", test_operations);
    ADD ("policy", test_policy);
    return g_test_run ();
}
