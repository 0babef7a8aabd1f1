/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of driver branches, and a host as it would be with another driver. */
#include "compat/releases.h"
#include "fleet/branches.h"
#include "fleet/matrix.h"
#include "random-fleet.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1795471200)

static VgateBranches *
installed (void)
{
    g_autofree char *path =
        g_build_filename (g_getenv ("VGATE_SRCDIR"), "lib/compat/vgpu-branches.conf", NULL);
    g_autoptr (GError) error = NULL;
    VgateBranches *branches = vgate_branches_read (path, &error);

    g_assert_no_error (error);
    return branches;
}

/* Which entry of the installed table a host driver has. */
static void
test_find (void)
{
    static const struct {
        const char *driver, *from, *range;
        guint release;
    } cases[] = {
        {"525.85.07", "525", "7.1-16.1", 15},
        {"535", "535", "7.1-18.1", 16},
        {"535.261.04", "535", "7.1-18.1", 16},
        {"560.35.03", "560", "7.1-22.1", 0},
        {"570.86.16", "570", "7.1-24.1", 18},
        {"570.124", "570.124", "18.1-24.1", 18},
        {"570.124.6", "570.124", "18.1-24.1", 18},
        {"570.132.99", "570.124", "18.1-24.1", 18},
        {"570.133.10", "570.133", "18.1-24.2", 18},
        {"570.1000", "570.133", "18.1-24.2", 18},
        /* a branch means its latest driver */
        {"570", "570.133", "18.1-24.2", 18},
        {"580.159.04", "580", "18.1-26.1", 19},
        {"590.44.01", "590", "24.1-27.1", 0},
        {"595", "595", "24.1-28.1", 20},
    };
    static const char *const unknown[] = {"9610", "470.256.02",    "58", "5800", "581.42", "", "580.", ".580",
                                          "r580", "580.95.05.1.1", "0",  "-580", "580 "};
    g_autoptr (VgateBranches) branches = installed ();

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        const VgateBranch *branch = vgate_branches_find (branches, cases[i].driver, NULL);
        char range[VGATE_VERSION_RANGE_TEXT_SIZE];

        g_assert_nonnull (branch);
        g_assert_cmpstr (branch->from, ==, cases[i].from);
        g_assert_cmpstr (vgate_version_range_format (branch->range, range), ==, cases[i].range);
        g_assert_cmpuint (branch->release, ==, cases[i].release);
        g_assert_cmpint (branch->is_long_term, ==, branch->release == 16 || branch->release == 19);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (unknown); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (vgate_branches_find (branches, unknown[i], &error));
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_BRANCH_UNKNOWN);
        g_assert_nonnull (strstr (error->message, unknown[i]));
    }
}

/* The releases of the table decide about guest drivers, also those that are not built into the gate. Where
 * releases are missing, the one before in the table is not the previous one. */
static void
test_judge_guest (void)
{
    static const char own[] = "[535]\nrange=7.1-18.1\nrelease=16\nwindows=536.25-539.72\nlong-term=true\n"
                              "[580]\nrange=18.1-26.1\nrelease=19\nwindows=580.88-582.53\n"
                              "[9610]\nrange=24.1-29.1\n"
                              "[9620]\nrange=24.1-30.1\nrelease=20\nwindows=9621.10-9622.10\nlong-term=true\n"
                              "[9620.50]\nrange=24.1-30.2\n";
    static const struct {
        const char *driver, *guest;
        VgateSupport support;
        guint release;
    } cases[] = {
        {"9620", "9622.99", VGATE_SUPPORT_YES, 20},   {"9620.10", "9620.1", VGATE_SUPPORT_YES, 20},
        {"9620", "582.53", VGATE_SUPPORT_YES, 19},    {"9620", "539.41", VGATE_SUPPORT_YES, 16},
        {"9620", "9623.1", VGATE_SUPPORT_UNKNOWN, 0}, {"9620", "9610.1", VGATE_SUPPORT_UNKNOWN, 0},
        {"9620", "525.1", VGATE_SUPPORT_NO, 0},       {"9610", "580.1", VGATE_SUPPORT_UNKNOWN, 19},
        {"9610", "9610.1", VGATE_SUPPORT_YES, 0},     {"9610", "9620.1", VGATE_SUPPORT_NO, 20},
        {"580", "9622.10", VGATE_SUPPORT_NO, 20},     {"580", "538.95", VGATE_SUPPORT_NO, 16},
        {"580", "unknown", VGATE_SUPPORT_UNKNOWN, 0}, {"580", "550.1", VGATE_SUPPORT_UNKNOWN, 0},
        {"580", "525.1", VGATE_SUPPORT_UNKNOWN, 0},
    };
    static const char *const supported[][2] = {
        {"535", "16"}, {"580", "19"}, {"9610", ""}, {"9620", "20, 19, 16"}};
    g_autoptr (VgateBranches) branches = vgate_branches_parse ("own", own, strlen (own), NULL);

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        const VgateBranch *branch = vgate_branches_find (branches, cases[i].driver, NULL);
        guint release = 99;
        const VgateSupport support = vgate_branch_judge_guest (branch, cases[i].guest, &release);

        if (support != cases[i].support || release != cases[i].release)
            g_error ("guest driver '%s' on %s: %d (%u) instead of %d (%u)", cases[i].guest, cases[i].driver,
                     support, release, cases[i].support, cases[i].release);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (supported); i++) {
        g_autofree char *list =
            vgate_branch_list_supported (vgate_branches_find (branches, supported[i][0], NULL));

        g_assert_cmpstr (list, ==, supported[i][1]);
    }
}

/* The table that was built into the gate's rule about releases is the installed one. */
static void
test_engine (void)
{
    g_autoptr (VgateBranches) branches = installed ();

    g_assert_cmpuint (branches->releases->len, ==, vgate_releases_built_in ()->n);
    for (guint i = 0; i < branches->releases->len; i++) {
        const VgateRelease *read = &g_array_index (branches->releases, VgateRelease, i);
        const VgateRelease *built_in = &vgate_releases_built_in ()->entries[i];

        g_assert_cmpuint (read->release, ==, built_in->release);
        g_assert_cmpuint (read->branch, ==, built_in->branch);
        g_assert_cmpuint (read->last_guest, ==, built_in->last_guest);
        g_assert_cmpint (read->is_long_term, ==, built_in->is_long_term);
    }
}

static void
test_invalid (void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "contains no branch"},
        {"# nothing\n", "contains no branch"},
        {"range=7.1-16.1\n", "group"},
        {"[580\nrange=18.1-26.1\n", "t: "},
        {"[r580]\nrange=18.1-26.1\n", "invalid group [r580]"},
        {"[580.1.2.3.4]\nrange=18.1-26.1\n", "invalid group [580.1.2.3.4]"},
        {"[0]\nrange=18.1-26.1\n", "invalid group [0]"},
        {"[580]\n", "[580]: the key 'range' is missing"},
        {"[580]\nrange=\n", "invalid value '' for range"},
        {"[580]\nrange=26.1-18.1\n", "invalid value '26.1-18.1' for range"},
        {"[580]\nrange=18.1\n", "invalid value '18.1' for range"},
        {"[580]\nrange=18.1-26.1\nrelease=x\nwindows=580.88-582.53\n", "invalid value 'x' for release"},
        {"[580]\nrange=18.1-26.1\nrelease=0\nwindows=580.88-582.53\n", "invalid value '0' for release"},
        {"[580]\nrange=18.1-26.1\nrelease=19\n", "'release' and 'windows' need each other"},
        {"[580]\nrange=18.1-26.1\nwindows=580.88-582.53\n", "'release' and 'windows' need each other"},
        {"[580]\nrange=18.1-26.1\nrelease=19\nwindows=582.53-580.88\n", "invalid value '582.53-580.88'"},
        {"[580]\nrange=18.1-26.1\nrelease=19\nwindows=580.88\n", "invalid value '580.88' for windows"},
        {"[580]\nrange=18.1-26.1\nlong-term=yes\n", "invalid value 'yes' for long-term"},
        {"[580]\nrange=18.1-26.1\nlong-term=true\n", "'long-term' needs the key 'release'"},
        {"[580]\nrange=18.1-26.1\ncolour=red\n", "[580]: unknown key 'colour'"},
        {"[580]\nrange=18.1-26.1\nrange[de]=18.1-26.1\n", "unknown key 'range[de]'"},
        {"[580]\nrange=18.1-26.1\n[580.0]\nrange=18.1-26.1\n", "another group has the same driver"},
        {"[580]\nrange=18.1-26.1\n[580.9]\nrange=18.1-26.1\nrelease=19\nwindows=580.88-582.53\n",
         "[580.9]: only the first group"},
        {"[580]\nrange=18.1-26.1\nrelease=19\nwindows=580.88-582.53\n"
         "[9620]\nrange=24.1-30.1\nrelease=19\nwindows=9621.10-9622.10\n",
         "[9620]: its release must be greater than those of the branches before"},
    };
    g_autoptr (GError) zero = NULL, missing = NULL, directory = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (vgate_branches_parse ("/t", cases[i].text, strlen (cases[i].text), &error));
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_BRANCHES_INVALID);
        if (!strstr (error->message, cases[i].says) || !g_str_has_prefix (error->message, "/t: "))
            g_error ("case %zu: '%s' instead of '%s'", i, error->message, cases[i].says);
    }
    g_assert_null (vgate_branches_parse ("/t", "[580]\0x", 7, &zero));
    g_assert_error (zero, VGATE_ERROR, VGATE_CODE_BRANCHES_INVALID);
    g_assert_null (vgate_branches_read ("/nonexistent/t", &missing));
    g_assert_error (missing, VGATE_ERROR, VGATE_CODE_BRANCHES_UNREADABLE);
    g_assert_null (vgate_branches_read ("/", &directory));
    g_assert_error (directory, VGATE_ERROR, VGATE_CODE_BRANCHES_UNREADABLE);
}

/* --- a host with another driver --- */

/* The copy is a host document that can be read, and differs from the host in its driver alone. */
static void
check_document (const VgateFleetHost *host, const VgateBranch *branch, const VgateFleetHost *copy,
                VgateVersionRange accepted)
{
    g_autofree char *xml = vgate_host_write (copy->host), *before = vgate_host_write (host->host);
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateHost) read = vgate_host_read (xml, strlen (xml), &error);

    g_assert_no_error (error);
    g_assert_cmpstr (read->uuid, ==, host->host->uuid);
    g_assert_cmpstr (read->driver, ==, "595.58.02");
    g_assert_cmpuint (read->preset.min, ==, branch->range.min);
    g_assert_cmpuint (read->preset.max, ==, branch->range.max);
    g_assert_cmpuint (read->current.max, ==, accepted.max);
    g_assert_cmpuint (read->pgpus->len, ==, host->host->pgpus->len);
    for (guint i = 0; i < read->pgpus->len; i++) {
        const VgatePgpu *pgpu = g_ptr_array_index (read->pgpus, i),
                        *old = g_ptr_array_index (host->host->pgpus, i);

        g_assert_cmpstr (pgpu->record.host_driver, ==, "595.58.02");
        g_assert_cmpuint (pgpu->record.range.min, ==, accepted.min);
        g_assert_cmpuint (pgpu->record.range.max, ==, accepted.max);
        g_assert_cmpstr (pgpu->record.gpu_string, ==, old->record.gpu_string);
        g_assert_cmpuint (pgpu->types->len, ==, old->types->len);
    }
    g_assert_cmpstr (before, !=, xml);
}

/* A guest that its gate would refuse because of its version is refused with the limit of the host driver,
 * and no other guest gets that limit. */
static void
test_with_driver (void)
{
    const RandomFleet wanted = {
        .seed = g_test_rand_int () & 0x7fffffff, .n_hosts = 8, .n_guests = 60, .now = NOW};
    g_autoptr (VgateBranches) branches = installed ();
    const VgateBranch *branch = vgate_branches_find (branches, "595", NULL);
    const VgateVersionRange narrow = {branch->range.min, vgate_version (26, 1)};
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    const VgateFleetQuestion question = {policy, "/nonexistent", NOW};
    g_autoptr (VgateFleet) fleet = vgate_fleet_new (), updated = vgate_fleet_new ();
    g_autoptr (VgateMatrix) matrix = NULL;
    guint n_outside = 0, n_inside = 0;

    policy->gate_cold_start = TRUE;
    random_fleet_write (&wanted, random_fleet_add, fleet);
    random_fleet_write (&wanted, random_fleet_add, updated);
    g_ptr_array_set_size (updated->hosts, 0);
    for (guint h = 0; h < fleet->hosts->len; h++) {
        const VgateFleetHost *host = g_ptr_array_index (fleet->hosts, h);
        g_autoptr (VgateFleetHost) copy = vgate_fleet_host_with_driver (host, "595.58.02", branch, &narrow);

        check_document (host, branch, copy, narrow);
        g_ptr_array_add (updated->hosts, vgate_fleet_host_with_driver (host, "595.58.02", branch, NULL));
    }
    matrix = vgate_matrix_new (updated, &question, NULL, NULL);
    for (guint g = 0; g < updated->guests->len; g++) {
        const VgateFleetGuest *guest = g_ptr_array_index (updated->guests, g);
        const VgateElement *element = guest->domain->element;
        gboolean is_inside = TRUE;

        for (guint i = 0; element && i < element->vgpus->len; i++) {
            const VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);

            is_inside = is_inside && vgate_version_in_range (vgpu->record.guest_version, branch->range);
        }
        for (guint h = 0; element && h < updated->hosts->len; h++) {
            const VgateOutcome *outcome = vgate_matrix_cell (matrix, g, h);

            if (outcome->kind == VGATE_CELL_HERE)
                continue;
            n_inside += is_inside;
            n_outside += !is_inside;
            g_assert_false (!is_inside && outcome->kind == VGATE_CELL_LIVE);
            g_assert_false (is_inside && outcome->limit == VGATE_LIMIT_HOST_DRIVER);
        }
    }
    g_assert_cmpuint (n_inside, >, 0);
    g_assert_cmpuint (n_outside, >, 0);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/fleet/branches/find", test_find);
    g_test_add_func ("/fleet/branches/judge-guest", test_judge_guest);
    g_test_add_func ("/fleet/branches/engine", test_engine);
    g_test_add_func ("/fleet/branches/invalid", test_invalid);
    g_test_add_func ("/fleet/branches/with-driver", test_with_driver);
    return g_test_run ();
}
