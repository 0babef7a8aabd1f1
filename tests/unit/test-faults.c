/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All that is wrong in a key file, with the lines; and how faults are kept. */
#include "base/fault.h"

#include "fleet/branches.h"
#include "policy/keys.h"

#include <glib/gstdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The lines of the faults and their codes: "2:604 5:605". The caller frees it. */
static char *
list_faults (const GPtrArray *faults)
{
    GString *list = g_string_new (NULL);

    for (guint i = 0; i < faults->len; i++) {
        const VgateFault *fault = g_ptr_array_index (faults, i);

        g_string_append_printf (list, "%s%u:%d%s", i > 0 ? " " : "", fault->line, (int)fault->code,
                                fault->is_warning ? "w" : "");
    }
    return g_string_free (list, FALSE);
}

static const struct {
    const char *text, *faults;
} configurations[] = {
    {"", ""},
    {"# nothing\n\n", ""},
    {"[gate]\r\nmax-age=1\r\n", ""},
    {"[gate]\nmax-age=x\nmax-aeg=1\n[gates]\n[rules]\nmetadata-odl=warn\nmetadata-old=no\n",
     "2:605 3:604 4:604 6:604 7:605"},
    {"garbage\n[gate]\n=x\nmax-age=x\n[open\n", "1:603 3:603 4:605 5:603"},
    {"[gate]\nmax-age=1\n[capture]\ninterval=0\n[gate]\nmax-age=2\nmax-age=3\n", "2:953w 4:605 6:953w"},
    {"[gate]\nmissing-metadata=\xff\ncold-start=\xff\n", "2:605 3:605"},
    {"[seal]\nkey-file=/nonexistent/fleet.key\n[host]\nuuid=X\n", "2:606 4:605"},
    {"[seal]\nkey-file=fleet.key\n", "2:605"},
    {"[host]\nmax-age=1\n", "2:604"},
    {"[gate]\nmax-age[de]=1\nmax-age[=1\n]=1\n[a[b]]\n[]\n[\x01]\n[host]\nuuid=X\n",
     "2:604 3:603 4:603 5:603 6:603 7:603 9:605"},
    {"[gate]\nEncoding=latin1\nmax-age=x\n[host]\nEncoding=latin1\n", "2:603 3:605 5:604"},
    /* each value once, however often its key is set */
    {"[gate]\nmax-age=x\nmax-age=x\nmax-age=x\n", "2:953w 3:953w 4:605"},
    /* no configuration */
    {"root:$6$c2VjcmV0:1\nbin:*:1\n", "0:950"},
    {"c2VjcmV0c2VjcmV0==\n", "0:950"},
    {"<domain>\n<graphics passwd='secret'/>\n</domain>\n", "0:950"},
    {"[connection]\npsk=secret\npsk=secret\n", "0:950"},
    {"[gates]\nmax-age=1\n", "1:604"},
};

static void
test_configuration (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (configurations); i++) {
        const char *text = configurations[i].text;
        g_autoptr (GPtrArray) faults = vgate_faults_new ();
        g_autofree char *list = NULL;

        g_assert_true (vgate_policy_inspect_text (text, strlen (text), faults, NULL));
        vgate_faults_sort (faults);
        list = list_faults (faults);
        if (strcmp (list, configurations[i].faults) != 0)
            g_error ("configuration %zu has the faults '%s' instead of '%s'", i, list,
                     configurations[i].faults);
    }
}

static void
test_nul (void)
{
    static const char text[] = "[gate]\nmax-age=1\n\0x";
    g_autoptr (GPtrArray) faults = vgate_faults_new ();
    g_autofree char *list = NULL;

    g_assert_true (vgate_policy_inspect_text (text, sizeof text - 1, faults, NULL));
    list = list_faults (faults);
    g_assert_cmpstr (list, ==, "3:603");
}

/* A line that is no key can be one of another file, with a secret. */
static void
test_not_quoted (void)
{
    static const char *const lines[] = {"secret",       "=secret", "secret]=1",
                                        "[secret\002]", "[secret", "sec ret [x]=1"};

    for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
        g_autofree char *text = g_strdup_printf ("[gate]\n%s\nmax-age=1\n", lines[i]);
        g_autofree char *path = NULL;
        g_autoptr (GPtrArray) faults = vgate_faults_new ();
        g_autoptr (VgatePolicy) policy = NULL;
        g_autoptr (GError) error = NULL;
        const int fd = g_file_open_tmp ("vgate-faults-XXXXXX", &path, NULL);

        g_assert_true (vgate_policy_inspect_text (text, strlen (text), faults, NULL));
        g_assert_cmpuint (faults->len, ==, 1);
        g_assert_null (strstr (((const VgateFault *)g_ptr_array_index (faults, 0))->text, "sec"));
        close (fd);
        g_assert_true (g_file_set_contents (path, text, -1, NULL));
        policy = vgate_policy_load_file (path, FALSE, &error);
        g_assert_cmpint (g_unlink (path), ==, 0);
        g_assert_null (policy);
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_SYNTAX);
        g_assert_nonnull (strstr (error->message, " line 2: "));
        g_assert_null (strstr (error->message, "sec"));
    }
}

/* Each key was looked for in all lines: 90,000 did not end within a minute. */
static void
test_many_keys (void)
{
    g_autoptr (GString) text = g_string_new ("[gate]\n");
    g_autoptr (GPtrArray) faults = vgate_faults_new ();
    const clock_t begin = clock ();

    for (guint i = 0; i < 90000; i++)
        g_string_append_printf (text, "k%u=1\n", i);
    g_assert_true (vgate_policy_inspect_text (text->str, text->len, faults, NULL));
    g_assert_cmpuint (faults->len, ==, VGATE_FAULTS_MAX + 1);
    g_assert_cmpint ((clock () - begin) / CLOCKS_PER_SEC, <, 10);
}

static void
test_branches (void)
{
    static const struct {
        const char *text, *faults;
    } tables[] = {
        {"[580]\nrange=18.1-26.1\n", ""},
        {"", "0:571"},
        {"[580]\nrange=18.1\nrelease=x\n[r580]\n[590]\ncolour=red\nrange=18.1-27.1\n",
         "2:571 3:571 4:571 6:571"},
        {"[580]\ngarbage\nrange=18.1-26.1\n[590]\nrange\n", "2:571 5:571"},
        {"[580]\nrange=18.1-26.1\n\n[580.0]\nrange=18.1-26.1\n[590]\n", "4:571 6:571"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (tables); i++) {
        g_autoptr (GPtrArray) faults = vgate_faults_new ();
        g_autoptr (VgateBranches) branches = NULL;
        g_autofree char *list = NULL;

        vgate_branches_inspect (tables[i].text, strlen (tables[i].text), faults);
        vgate_faults_sort (faults);
        list = list_faults (faults);
        if (strcmp (list, tables[i].faults) != 0)
            g_error ("table %zu has the faults '%s' instead of '%s'", i, list, tables[i].faults);
        branches = vgate_branches_parse ("file", tables[i].text, strlen (tables[i].text), NULL);
        g_assert_true ((branches != NULL) == (faults->len == 0));
    }
}

static void
test_suggestions (void)
{
    g_assert_cmpstr (vgate_policy_suggest_key ("gate", "max-aeg"), ==, "max-age");
    g_assert_cmpstr (vgate_policy_suggest_key ("gate", "Max-Age"), ==, "max-age");
    g_assert_cmpstr (vgate_policy_suggest_key ("capture", "intervall"), ==, "interval");
    g_assert_cmpstr (vgate_policy_suggest_key ("capture", "interval-fats"), ==, "interval-fast");
    g_assert_null (vgate_policy_suggest_key ("capture", "colour"));
    g_assert_null (vgate_policy_suggest_key ("capture", ""));
    g_assert_null (vgate_policy_suggest_key ("nowhere", "interval"));
    g_assert_cmpstr (vgate_policy_suggest_group ("switchover"), ==, "switch-over");
    g_assert_cmpstr (vgate_policy_suggest_group ("rule"), ==, "rules");
    g_assert_cmpstr (vgate_policy_suggest_rule ("metadata_old"), ==, "metadata-old");
    g_assert_cmpstr (vgate_policy_group_of ("max-age"), ==, "gate");
    g_assert_null (vgate_policy_group_of ("max-aeg"));
}

/* --- faults --- */

static void
test_faults (void)
{
    g_autoptr (GPtrArray) faults = vgate_faults_new ();
    g_autofree char *list = NULL;
    const VgateFault *last;

    g_assert_false (vgate_faults_refuse (faults));
    vgate_faults_add_warning (faults, VGATE_CODE_CONFIG_TWICE, 3, "three");
    g_assert_false (vgate_faults_refuse (faults));
    vgate_faults_take (faults, g_error_new (VGATE_ERROR, VGATE_CODE_XML_MALFORMED, "line 2: two"), 9);
    vgate_faults_take (faults, g_error_new (VGATE_ERROR, VGATE_CODE_XML_MALFORMED, "line x: nine"), 9);
    vgate_faults_take (faults, g_error_new (VGATE_ERROR, VGATE_CODE_XML_MALFORMED, "line 4 of many"), 1);
    g_assert_true (vgate_faults_refuse (faults));
    vgate_faults_sort (faults);
    list = list_faults (faults);
    g_assert_cmpstr (list, ==, "1:107 2:107 3:953w 9:107");
    g_assert_cmpstr (((const VgateFault *)g_ptr_array_index (faults, 0))->text, ==, "line 4 of many");
    g_assert_cmpstr (((const VgateFault *)g_ptr_array_index (faults, 1))->text, ==, "two");
    for (guint i = 0; i < 2 * VGATE_FAULTS_MAX; i++)
        vgate_faults_add (faults, VGATE_CODE_CONFIG_VALUE, i + 10, "x");
    vgate_faults_sort (faults);
    g_assert_cmpuint (faults->len, ==, VGATE_FAULTS_MAX + 1);
    last = g_ptr_array_index (faults, VGATE_FAULTS_MAX);
    g_assert_cmpint (last->code, ==, VGATE_CODE_FAULTS_LEFT_OUT);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/faults/configuration", test_configuration);
    g_test_add_func ("/faults/nul", test_nul);
    g_test_add_func ("/faults/not-quoted", test_not_quoted);
    g_test_add_func ("/faults/many-keys", test_many_keys);
    g_test_add_func ("/faults/branches", test_branches);
    g_test_add_func ("/faults/suggestions", test_suggestions);
    g_test_add_func ("/faults/kept", test_faults);
    return g_test_run ();
}
