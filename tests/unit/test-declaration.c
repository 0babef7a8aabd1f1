/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* devices.conf: what it declares, and what is wrong with it. */
#include "declared/declaration.h"

#include "base/codes.h"
#include "base/fault.h"

#include <glib/gstdio.h>
#include <string.h>

/* Reads the text from a file that others cannot write. */
static VgateDeclaration *
read_text (const char *text, GError **error)
{
    g_autofree char *path = NULL;
    const int fd = g_file_open_tmp ("vgate-declaration-XXXXXX", &path, NULL);
    VgateDeclaration *declaration;

    g_assert_true (g_close (fd, NULL));
    g_assert_true (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
    declaration = vgate_declaration_read (path, error);
    g_unlink (path);
    return declaration;
}

static VgateDeclaration *
read_good (const char *text)
{
    g_autoptr (GError) error = NULL;
    VgateDeclaration *declaration = read_text (text, &error);

    g_assert_no_error (error);
    return declaration;
}

static const VgateDeclaredGpu *
gpu_at (const VgateDeclaration *declaration, guint i)
{
    g_assert_cmpuint (i, <, declaration->gpus->len);
    return g_ptr_array_index (declaration->gpus, i);
}

static void
assert_type (const VgateDeclaredGpu *gpu, guint i, const char *name, guint count)
{
    const VgateDeclaredType *type = g_ptr_array_index (gpu->types, i);

    g_assert_cmpstr (type->name, ==, name);
    g_assert_cmpuint (type->count, ==, count);
}

static void
test_all (void)
{
    g_autoptr (VgateDeclaration) declaration = read_good (
        "# of host a\n[host]\nversion-range=18.1-25.1\nwait=7\n\n"
        "[gpu 00000000:41:00.0]\ntypes=NVIDIA L40S-24Q x 1 ; L40S-12Q x 2;\nkind=vf\nmig=no\n"
        "remove-others=yes\nscheduler=fixed-share\narr=enabled\nfrequency=480Hz\naverage-factor=20\n"
        "[gpu GPU-6A52C1DE-0000-4000-8000-000061000000]\nmig=yes\n"
        "[gpu 3]\ntypes=\nkind=mdev\n");
    const VgateDeclaredGpu *first = gpu_at (declaration, 0), *second = gpu_at (declaration, 1);
    const VgateDeclaredGpu *third = gpu_at (declaration, 2);

    g_assert_true (declaration->has_range);
    g_assert_cmpuint (declaration->range.max >> 16, ==, 25);
    g_assert_cmpuint (declaration->wait, ==, 7);
    g_assert_cmpstr (first->gpu, ==, "0000:41:00.0");
    g_assert_cmpuint (first->line, ==, 6);
    g_assert_cmpuint (first->types->len, ==, 2);
    assert_type (first, 0, "NVIDIA L40S-24Q", 1);
    assert_type (first, 1, "L40S-12Q", 2);
    g_assert_cmpint (first->kind, ==, VGATE_DECLARED_VF);
    g_assert_cmpint (first->mig, ==, VGATE_DECLARED_NO_MIG);
    g_assert_true (first->remove_others);
    g_assert_true (first->has_scheduler);
    g_assert_cmpint (first->scheduler.policy, ==, VGATE_SCHEDULER_FIXED_SHARE);
    g_assert_cmpint (first->scheduler.arr, ==, VGATE_ARR_ENABLED);
    g_assert_cmpuint (first->scheduler.frequency, ==, 480);
    g_assert_cmpuint (first->scheduler.average_factor, ==, 20);
    g_assert_cmpstr (second->gpu, ==, "GPU-6a52c1de-0000-4000-8000-000061000000");
    g_assert_null (second->types);
    g_assert_cmpint (second->kind, ==, VGATE_DECLARED_ANY_KIND);
    g_assert_cmpint (second->mig, ==, VGATE_DECLARED_MIG);
    g_assert_false (second->remove_others);
    g_assert_false (second->has_scheduler);
    g_assert_cmpstr (third->gpu, ==, "3");
    g_assert_cmpuint (third->types->len, ==, 0);
    g_assert_cmpint (third->kind, ==, VGATE_DECLARED_MDEV);
}

static void
test_defaults (void)
{
    g_autoptr (VgateDeclaration) declaration = read_good ("");

    g_assert_false (declaration->has_range);
    g_assert_cmpuint (declaration->wait, ==, VGATE_DECLARED_WAIT_DEFAULT);
    g_assert_cmpuint (declaration->gpus->len, ==, 0);
}

static const struct {
    const char *text;
    int code;
    guint line;
} bad[] = {
    {"[host]\nuuid=8c1d3a52-6b40-4a7e-9d55-20c9f1b7e602\n", VGATE_CODE_CONFIG_UNKNOWN, 2},
    {"[hosts]\n", VGATE_CODE_CONFIG_UNKNOWN, 1},
    {"\n[gpu]\n", VGATE_CODE_CONFIG_UNKNOWN, 2},
    {"[gpu ]\n", VGATE_CODE_CONFIG_VALUE, 1},
    {"[gpu first]\n", VGATE_CODE_CONFIG_VALUE, 1},
    {"[gpu 41:00]\n", VGATE_CODE_CONFIG_VALUE, 1},
    {"[gpu 0]\n\ntype=x\n", VGATE_CODE_CONFIG_UNKNOWN, 3},
    {"[gpu 0]\npolicy=equal-share\n", VGATE_CODE_CONFIG_UNKNOWN, 2},
    {"[gpu 0]\ntypes[de]=L40S-12Q x 1\n", VGATE_CODE_CONFIG_UNKNOWN, 2},
    {"[gpu 0]\n[gpu 00]\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\n[gpu 1]\n[gpu 0]\n", VGATE_CODE_CONFIG_VALUE, 3},
    {"[gpu 41:00.0]\n[gpu 0000:41:00.0]\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes=L40S-12Q\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes=L40S-12Q x\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes=L40S-12Q x 0\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes=L40S-12Q x 257\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes=L40S-12Q x -1\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes=L40S-12Q x 1 2\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes= x 1\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes=;\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes=L40S-12Q x 1;;L40S-24Q x 1\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes=L40S-12Q x 1, L40S-24Q x 1\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes=L40S-12Q, L40S-24Q x 1\n", 0, 0},
    {"[gpu 0]\ntypes=L40S-12Q x 1; L40S-12Q x 2\n", VGATE_CODE_CONFIG_VALUE, 2},
    /* the next driver can give the number to another type */
    {"[gpu 0]\ntypes=nvidia-1155 x 1\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes=L40S-12Q x 1 x 2\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntypes=A x 1\n\n[gpu 0]\ntypes=B x 1\n", VGATE_CODE_CONFIG_VALUE, 4},
    {"[gpu 0]\nremove-others=yes\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\nmig=yes\nkind=vf\n", VGATE_CODE_CONFIG_VALUE, 3},
    {"[gpu 0]\nscheduler=best-effort\ntime-slice=4ms\n", VGATE_CODE_CONFIG_VALUE, 3},
    {"[gpu 0]\nscheduler=best-effort\narr=enabled\n", VGATE_CODE_CONFIG_VALUE, 3},
    {"[gpu 0]\nscheduler=equal-share\nfrequency=480Hz\n", VGATE_CODE_CONFIG_VALUE, 3},
    {"[gpu 0]\nscheduler=equal-share\narr=disabled\naverage-factor=33\n", VGATE_CODE_CONFIG_VALUE, 4},
    {"[gpu 0]\nscheduler=equal-share\ntime-slice=4ms\narr=enabled\n", VGATE_CODE_CONFIG_VALUE, 3},
    {"[gpu 0]\nkind=sriov\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\nmig=on\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\nremove-others=true\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\nscheduler=fair\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[gpu 0]\ntime-slice=2ms\n", VGATE_CODE_CONFIG_VALUE, 1},
    {"[gpu 0]\nscheduler=equal-share\ntime-slice=2 ms\n", VGATE_CODE_CONFIG_VALUE, 3},
    {"[host]\nversion-range=18.1\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[host]\nversion-range=26.1-18.1\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[host]\nwait=601\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"[host]\nwait=1m\n", VGATE_CODE_CONFIG_VALUE, 2},
    {"types=x\n", VGATE_CODE_CONFIG_SYNTAX, 1},
    {"[gpu 0]\ntypes\n", VGATE_CODE_CONFIG_SYNTAX, 2},
};

/* The reader and the report agree. */
static void
test_bad (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (GError) error = NULL;
        g_autoptr (VgateDeclaration) declaration = read_text (bad[i].text, &error);
        g_autoptr (GPtrArray) faults = vgate_faults_new ();
        g_autofree char *place = g_strdup_printf (" line %u: ", bad[i].line);

        vgate_declaration_inspect_text (bad[i].text, strlen (bad[i].text), faults);
        g_test_message ("%s", bad[i].text);
        g_assert_true ((declaration != NULL) == (bad[i].code == 0));
        if (bad[i].code == 0) {
            /* a comma is a part of a name, which no GPU offers */
            g_assert_no_error (error);
            g_assert_cmpuint (faults->len, ==, 0);
            continue;
        }
        g_assert_error (error, VGATE_ERROR, bad[i].code);
        g_assert_nonnull (strstr (error->message, place));
        g_assert_cmpuint (faults->len, >, 0);
        g_assert_cmpint ((int)((VgateFault *)faults->pdata[0])->code, ==, bad[i].code);
        g_assert_cmpuint (((VgateFault *)faults->pdata[0])->line, ==, bad[i].line);
    }
}

/* A report has all faults, with what is meant. */
static void
test_inspect (void)
{
    static const char text[] = "[host]\nversion-rnge=18.1-26.1\n[gpu 0]\ntypes=a x 1\ntypes=b x 1\n"
                               "schedular=best-effort\n[gpu x]\n[other]\n";
    static const struct {
        guint line;
        const char *part;
    } expected[] = {
        {2, "did you mean 'version-range'?"}, {6, "did you mean 'scheduler'?"},       {7, "invalid GPU 'x'"},
        {8, "unknown group [other]"},         {4, "'a x 1' for types has no effect"},
    };
    g_autoptr (GPtrArray) faults = vgate_faults_new ();

    vgate_declaration_inspect_text (text, strlen (text), faults);
    g_assert_cmpuint (faults->len, ==, G_N_ELEMENTS (expected));
    for (gsize i = 0; i < G_N_ELEMENTS (expected); i++) {
        const VgateFault *fault = faults->pdata[i];

        g_assert_cmpuint (fault->line, ==, expected[i].line);
        g_assert_nonnull (strstr (fault->text, expected[i].part));
    }
}

static void
test_nul (void)
{
    static const char text[] = "[gpu 0]\n\0types=x\n";
    g_autoptr (GPtrArray) faults = vgate_faults_new ();

    vgate_declaration_inspect_text (text, sizeof text - 1, faults);
    g_assert_cmpuint (faults->len, ==, 1);
    g_assert_cmpint ((int)((VgateFault *)faults->pdata[0])->code, ==, VGATE_CODE_CONFIG_SYNTAX);
}

/* The example that is installed, and the one in the man page, are good. */
static void
test_example (void)
{
    g_autofree char *path = g_build_filename (g_getenv ("VGATE_SRCDIR"), "examples/devices.conf", NULL);
    g_autofree char *text = NULL;
    g_autoptr (VgateDeclaration) declaration = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    declaration = read_good (text);
    g_assert_true (declaration->has_range);
    g_assert_cmpuint (declaration->gpus->len, ==, 2);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/declaration/all", test_all);
    g_test_add_func ("/declaration/defaults", test_defaults);
    g_test_add_func ("/declaration/bad", test_bad);
    g_test_add_func ("/declaration/inspect", test_inspect);
    g_test_add_func ("/declaration/nul", test_nul);
    g_test_add_func ("/declaration/example", test_example);
    return g_test_run ();
}
