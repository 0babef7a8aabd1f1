/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases: one device has one holder, even with concurrent requests, a full file, or a file without valid
 * leases. */
#include "placement/lease.h"
#include "policy/policy.h"

#include "sample.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEVICE   "bbbbbbbb-0000-4000-8000-000000000001"
#define DEVICE_2 "bbbbbbbb-0000-4000-8000-000000000002"
#define DEVICE_3 "bbbbbbbb-0000-4000-8000-000000000003"
#define VM_1     "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701"
#define VM_2     "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e702"
#define VM_3     "4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e703"
#define NOW      100000u

typedef struct {
    char *root;
} Fixture;

static char *
path_in (const Fixture *fixture, const char *name)
{
    return g_build_filename (fixture->root, "run", name, NULL);
}

static void
set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *run = NULL;

    fixture->root = g_dir_make_tmp ("vgate-lease-XXXXXX", &error);
    g_assert_no_error (error);
    run = path_in (fixture, "");
    g_assert_cmpint (g_mkdir (run, 0755), ==, 0);
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const names[] = {"vgpu-gate/leases", "vgpu-gate/lock", "vgpu-gate", ""};

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *path = path_in (fixture, names[i]);

        remove (path);
    }
    g_assert_cmpint (g_rmdir (fixture->root), ==, 0);
    g_free (fixture->root);
}

static VgateLease *
new_lease (const char *domain, const char *device, VgateLeaseState state, guint64 expires)
{
    VgateLease *lease = g_new0 (VgateLease, 1);

    lease->domain = g_strdup (domain);
    lease->kind = VGATE_HOSTDEV_MDEV;
    lease->device = g_strdup (device);
    lease->parent = g_strdup ("0000:41:00.4");
    lease->pgpu = g_strdup ("0000:41:00.0");
    lease->type = 1131;
    lease->state = state;
    lease->expires = expires;
    return lease;
}

static VgateLeases *
must_open (const Fixture *fixture, gboolean to_look)
{
    g_autoptr (GError) error = NULL;
    VgateLeases *leases = vgate_leases_open (fixture->root, to_look, &error);

    g_assert_no_error (error);
    return leases;
}

static void
save_at (VgateLeases *leases, guint64 now)
{
    g_autoptr (GError) error = NULL;

    vgate_leases_save (leases, now, &error);
    g_assert_no_error (error);
}

static void
must_save (VgateLeases *leases)
{
    save_at (leases, NOW);
}

#define TEST(name) static void name (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)

TEST (test_round_trip)
{
    g_autoptr (VgateLeases) first = must_open (fixture, FALSE), second = NULL;
    const VgateLease *lease;

    g_assert_false (vgate_leases_exist (fixture->root));
    g_ptr_array_add (first->all, new_lease (VM_1, DEVICE, VGATE_LEASE_MADE, NOW + 60));
    ((VgateLease *)g_ptr_array_index (first->all, 0))->type_name = g_strdup ("NVIDIA H100XM-80C");
    g_ptr_array_add (first->all, new_lease (VM_1, DEVICE_2, VGATE_LEASE_MADE, NOW + 60));
    must_save (first);
    g_assert_true (vgate_leases_exist (fixture->root));
    second = must_open (fixture, TRUE);
    g_assert_cmpuint (second->all->len, ==, 2);
    g_assert_null (vgate_leases_find (second, VGATE_HOSTDEV_MDEV, DEVICE_2)->type_name);
    lease = vgate_leases_find (second, VGATE_HOSTDEV_MDEV, DEVICE);
    g_assert_cmpstr (lease->type_name, ==, "NVIDIA H100XM-80C");
    g_assert_cmpstr (lease->domain, ==, VM_1);
    g_assert_cmpstr (lease->parent, ==, "0000:41:00.4");
    g_assert_cmpstr (lease->pgpu, ==, "0000:41:00.0");
    g_assert_cmpuint (lease->type, ==, 1131);
    g_assert_cmpint (lease->state, ==, VGATE_LEASE_MADE);
    g_assert_cmpuint (lease->expires, ==, NOW + 60);
    g_assert_null (lease->instead_of);
    g_assert_null (vgate_leases_find (second, VGATE_HOSTDEV_PCI, DEVICE));
}

/* The letters of a lease file, and its mode: root's alone. */
TEST (test_text)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE);
    g_autofree char *path = path_in (fixture, "vgpu-gate/leases"), *text = NULL;
    VgateLease *vf = new_lease (VM_2, "0000:41:00.5", VGATE_LEASE_UNMADE, 0);
    struct stat status;

    g_ptr_array_add (leases->all, new_lease (VM_1, DEVICE, VGATE_LEASE_GIVEN, NOW + 60));
    ((VgateLease *)g_ptr_array_index (leases->all, 0))->instead_of = g_strdup (DEVICE_2);
    vf->kind = VGATE_HOSTDEV_PCI;
    vf->type_name = g_strdup ("NVIDIA H100XM-80C");
    g_ptr_array_add (leases->all, vf);
    must_save (leases);
    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    g_assert_cmpstr (text, ==,
                     "[leases]\ncount=2\n\n[" DEVICE " " VM_1
                     "]\nparent=0000:41:00.4\npgpu=0000:41:00.0\ntype=1131\ninstead-of=" DEVICE_2
                     "\nstate=given\nexpires=100060\n\n[0000:41:00.5 " VM_2
                     "]\nparent=0000:41:00.4\npgpu=0000:41:00.0\ntype=1131\ntype-name=NVIDIA H100XM-80C\n"
                     "state=unmade\nexpires=0\n");
    g_assert_cmpint (stat (path, &status), ==, 0);
    g_assert_cmpint (status.st_mode & 07777, ==, 0600);
}

/* A type's name is the driver's: whatever it is, it is read again as it was. */
TEST (test_names)
{
    static const char *const names[] = {
        " ", "  a ", "#a", "[a]", "a=b;c\\d\\s\\", "\"'<&>", "\303\274\342\202\254"};

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autoptr (VgateLeases) leases = must_open (fixture, FALSE), again = NULL;
        VgateLease *lease = new_lease (VM_1, DEVICE, VGATE_LEASE_MADE, 0);

        g_ptr_array_set_size (leases->all, 0);
        lease->type_name = g_strdup (names[i]);
        g_ptr_array_add (leases->all, lease);
        must_save (leases);
        again = must_open (fixture, TRUE);
        g_assert_cmpuint (again->all->len, ==, 1);
        g_assert_cmpstr (((VgateLease *)g_ptr_array_index (again->all, 0))->type_name, ==, names[i]);
    }
}

/* It is never half of it that is read, wherever the file was cut. */
TEST (test_cut)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE);
    g_autofree char *path = path_in (fixture, "vgpu-gate/leases"), *text = NULL;
    gsize length;

    for (guint i = 0; i < 2; i++) {
        VgateLease *lease = new_lease (VM_1, i == 0 ? DEVICE : DEVICE_2, VGATE_LEASE_GIVEN, NOW + 60);

        lease->type_name = g_strdup ("NVIDIA H100XM-80C");
        lease->instead_of = g_strdup (DEVICE_3);
        g_ptr_array_add (leases->all, lease);
    }
    must_save (leases);
    g_assert_true (g_file_get_contents (path, &text, &length, NULL));
    for (gsize cut = length; cut > 0; cut--) {
        g_autoptr (GError) error = NULL;

        g_assert_cmpint (truncate (path, (off_t)cut - 1), ==, 0);
        g_assert_null (vgate_leases_open (fixture->root, TRUE, &error));
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_LEASE_UNREADABLE);
    }
}

/* An expired lease is not written again, unless it records a created device. The last one removes the
 * file. */
TEST (test_expiry)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE), again = NULL;

    g_ptr_array_add (leases->all, new_lease (VM_1, DEVICE, VGATE_LEASE_TAKEN, NOW));
    g_ptr_array_add (leases->all, new_lease (VM_2, DEVICE_2, VGATE_LEASE_MADE, NOW));
    for (guint i = 0; i < 2; i++)
        g_assert_false (vgate_lease_holds (g_ptr_array_index (leases->all, i), NOW));
    g_assert_true (vgate_lease_holds (g_ptr_array_index (leases->all, 0), NOW - 1));
    g_assert_true (vgate_lease_holds (g_ptr_array_index (leases->all, 0), NOW - VGATE_LEASE_TIME_MAX));
    g_assert_false (vgate_lease_holds (g_ptr_array_index (leases->all, 0), NOW - VGATE_LEASE_TIME_MAX - 1));
    must_save (leases);
    again = must_open (fixture, TRUE);
    g_assert_cmpuint (again->all->len, ==, 1);
    g_assert_nonnull (vgate_leases_find (again, VGATE_HOSTDEV_MDEV, DEVICE_2));
    g_ptr_array_set_size (leases->all, 0);
    must_save (leases);
    g_assert_false (vgate_leases_exist (fixture->root));
}

TEST (test_drop)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE);

    g_ptr_array_add (leases->all, new_lease (VM_1, DEVICE, VGATE_LEASE_PLANNED, NOW + 60));
    g_ptr_array_add (leases->all, new_lease (VM_2, DEVICE_2, VGATE_LEASE_MADE, NOW + 60));
    g_assert_true (vgate_leases_drop (leases, VM_1));
    g_assert_false (vgate_leases_drop (leases, VM_1));
    g_assert_cmpuint (leases->all->len, ==, 1);
    g_assert_true (vgate_leases_drop (leases, VM_2));
    g_assert_cmpuint (leases->all->len, ==, 1);
    g_assert_false (vgate_lease_holds (g_ptr_array_index (leases->all, 0), NOW));
}

static VgateLease *
new_moved_lease (const char *domain, const char *device, VgateLeaseState state)
{
    VgateLease *lease = new_lease (domain, device, state, NOW + 60);

    lease->instead_of = g_strdup (DEVICE_3);
    return lease;
}

/* A device in place of another is kept until that was handled, and is then like any other. */
TEST (test_settle)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE), again = NULL;
    const VgateLease *lease;

    g_ptr_array_add (leases->all, new_moved_lease (VM_1, DEVICE, VGATE_LEASE_GIVEN));
    g_ptr_array_add (leases->all, new_moved_lease (VM_2, DEVICE_2, VGATE_LEASE_TAKEN));
    g_assert_true (vgate_lease_is_unsettled (g_ptr_array_index (leases->all, 0)));
    /* that guest has not arrived yet */
    g_assert_false (vgate_lease_is_unsettled (g_ptr_array_index (leases->all, 1)));
    g_assert_false (vgate_leases_settle (leases, VM_2));
    save_at (leases, NOW + 60);
    again = must_open (fixture, TRUE);
    g_assert_cmpuint (again->all->len, ==, 1);
    lease = g_ptr_array_index (again->all, 0);
    g_assert_cmpstr (lease->instead_of, ==, DEVICE_3);
    g_assert_true (vgate_leases_settle (again, VM_1));
    g_assert_false (vgate_leases_settle (again, VM_1));
    g_assert_cmpint (lease->state, ==, VGATE_LEASE_TAKEN);
    g_assert_true (vgate_lease_holds (lease, NOW));
    g_assert_true (vgate_leases_settle (leases, VM_1));
    save_at (leases, NOW + 60);
    g_assert_false (vgate_leases_exist (fixture->root));
}

/* A created device remains recorded, and is no longer in place of another. */
TEST (test_settle_made)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE);
    const VgateLease *lease;

    for (guint i = 0; i < 2; i++) {
        g_ptr_array_add (leases->all, new_moved_lease (VM_1, DEVICE, VGATE_LEASE_MADE));
        g_assert_true (i == 0 ? vgate_leases_settle (leases, VM_1) : vgate_leases_drop (leases, VM_1));
        lease = vgate_leases_find (leases, VGATE_HOSTDEV_MDEV, DEVICE);
        g_assert_cmpint (lease->state, ==, VGATE_LEASE_MADE);
        g_assert_null (lease->instead_of);
        g_ptr_array_set_size (leases->all, 0);
    }
}

/* Several guests may have had the device. It belongs to none, and no guest's drop removes the record. */
TEST (test_unmade)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE), again = NULL;

    g_ptr_array_add (leases->all, new_lease (VM_1, DEVICE, VGATE_LEASE_UNMADE, 0));
    g_ptr_array_add (leases->all, new_lease (VM_2, DEVICE, VGATE_LEASE_UNMADE, 0));
    g_assert_null (vgate_leases_find (leases, VGATE_HOSTDEV_MDEV, DEVICE));
    g_ptr_array_add (leases->all, new_lease (VM_3, DEVICE, VGATE_LEASE_MADE, 0));
    g_assert_nonnull (vgate_leases_find (leases, VGATE_HOSTDEV_MDEV, DEVICE));
    g_assert_false (vgate_leases_drop (leases, VM_1));
    must_save (leases);
    again = must_open (fixture, TRUE);
    g_assert_cmpuint (again->all->len, ==, 3);
}

static VgateDomain *
new_domain (const char *uuid, const char *device)
{
    g_autofree char *xml = g_strdup_printf ("<domain><name>vm1</name><uuid>%s</uuid><devices>"
                                            "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
                                            "<address uuid='%s'/></source></hostdev></devices></domain>",
                                            uuid, device);
    g_autoptr (GError) error = NULL;
    VgateDomain *domain = vgate_domain_read (xml, strlen (xml), NULL, &error);

    g_assert_no_error (error);
    return domain;
}

/* A device that was created before its guest was known belongs to the guest that names it. */
TEST (test_adopt)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE), again = NULL;
    g_autoptr (VgateDomain) guest = new_domain (VM_1, DEVICE), other = new_domain (VM_2, DEVICE_3);
    g_autofree char *unknown = vgate_lease_of_unknown_guest (DEVICE);
    g_autofree char *unknown_2 = vgate_lease_of_unknown_guest (DEVICE_2);
    VgateLease *made = new_lease (unknown, DEVICE, VGATE_LEASE_MADE, NOW + 60);

    g_assert_cmpstr (unknown, !=, unknown_2);
    made->made_by = VGATE_LEASE_BY_OPERATOR;
    g_ptr_array_add (leases->all, new_lease (VM_1, DEVICE, VGATE_LEASE_UNMADE, 0));
    g_ptr_array_add (leases->all, made);
    g_ptr_array_add (leases->all, new_lease (unknown_2, DEVICE_2, VGATE_LEASE_MADE, NOW + 60));
    must_save (leases);
    again = must_open (fixture, TRUE);
    vgate_leases_adopt (again, other);
    g_assert_true (vgate_lease_is_of_unknown_guest (vgate_leases_find (again, VGATE_HOSTDEV_MDEV, DEVICE)));
    vgate_leases_adopt (again, guest);
    /* the guest has only one record of the device, so that the file can be written */
    g_assert_cmpuint (again->all->len, ==, 2);
    made = vgate_leases_find (again, VGATE_HOSTDEV_MDEV, DEVICE);
    g_assert_cmpstr (made->domain, ==, VM_1);
    g_assert_cmpint (made->made_by, ==, VGATE_LEASE_BY_OPERATOR);
    g_assert_true (vgate_lease_is_of_unknown_guest (vgate_leases_find (again, VGATE_HOSTDEV_MDEV, DEVICE_2)));
}

/* A new lease of a device that was created for its former guest keeps the record of that. */
TEST (test_put)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE);
    g_autoptr (VgateLease) taken = new_lease (VM_1, DEVICE, VGATE_LEASE_TAKEN, NOW + 60);
    VgateLease *made = new_lease (VM_2, DEVICE, VGATE_LEASE_MADE, 0);
    const VgateLease *found;

    made->made_by = VGATE_LEASE_BY_OPERATOR;
    g_ptr_array_add (leases->all, made);
    g_ptr_array_add (leases->all, new_lease (VM_1, DEVICE, VGATE_LEASE_UNMADE, 0));
    vgate_leases_put (leases, taken);
    g_assert_cmpuint (leases->all->len, ==, 1);
    found = vgate_leases_find (leases, VGATE_HOSTDEV_MDEV, DEVICE);
    g_assert_cmpstr (found->domain, ==, VM_1);
    g_assert_cmpint (found->state, ==, VGATE_LEASE_MADE);
    g_assert_cmpint (found->made_by, ==, VGATE_LEASE_BY_OPERATOR);
    g_assert_true (vgate_lease_holds (found, NOW));
}

/* Only what an operator had created for the same guest, and was removed, is created again without asking. */
TEST (test_was_ordered)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE);
    VgateLease *lease = new_lease (VM_1, DEVICE, VGATE_LEASE_UNMADE, 0);

    g_ptr_array_add (leases->all, lease);
    g_assert_false (vgate_leases_was_ordered (leases, VM_1, VGATE_HOSTDEV_MDEV, DEVICE));
    lease->made_by = VGATE_LEASE_BY_OPERATOR;
    g_assert_true (vgate_leases_was_ordered (leases, VM_1, VGATE_HOSTDEV_MDEV, DEVICE));
    g_assert_false (vgate_leases_was_ordered (leases, VM_2, VGATE_HOSTDEV_MDEV, DEVICE));
    g_assert_false (vgate_leases_was_ordered (leases, VM_1, VGATE_HOSTDEV_MDEV, DEVICE_2));
    lease->state = VGATE_LEASE_MADE;
    g_assert_false (vgate_leases_was_ordered (leases, VM_1, VGATE_HOSTDEV_MDEV, DEVICE));
}

/* A host with many guests does not record all of them. */
TEST (test_unmade_many)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE), again = NULL;
    const VgateLease *oldest;

    g_ptr_array_add (leases->all, new_lease (VM_1, DEVICE, VGATE_LEASE_MADE, 0));
    for (guint i = 0; i < VGATE_LEASE_UNMADE_MAX + 2; i++) {
        g_autofree char *device = g_strdup_printf ("bbbbbbbb-0000-4000-9000-%012u", i);

        g_ptr_array_add (leases->all, new_lease (VM_2, device, VGATE_LEASE_UNMADE, 0));
    }
    must_save (leases);
    again = must_open (fixture, TRUE);
    g_assert_cmpuint (again->all->len, ==, VGATE_LEASE_UNMADE_MAX + 1);
    oldest = g_ptr_array_index (again->all, 1);
    g_assert_cmpstr (oldest->device, ==, "bbbbbbbb-0000-4000-9000-000000000002");
    g_assert_nonnull (vgate_leases_find (again, VGATE_HOSTDEV_MDEV, DEVICE));
}

/* As many leases as possible, each as long as possible, can be read again; one more is not written, and loses
 * nothing. */
TEST (test_many)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE), again = NULL;
    g_autoptr (GError) error = NULL;

    for (guint i = 0; i < 4096; i++) {
        g_autofree char *device = g_strdup_printf ("bbbbbbbb-0000-4000-9000-%012u", i);
        VgateLease *lease = new_lease (VM_1, device, VGATE_LEASE_GIVEN, NOW + 3600);

        lease->instead_of = g_strdup (DEVICE);
        lease->type = G_MAXUINT32;
        lease->type_name = g_strnfill (255, '\\');
        g_ptr_array_add (leases->all, lease);
    }
    must_save (leases);
    again = must_open (fixture, TRUE);
    g_assert_cmpuint (again->all->len, ==, 4096);
    g_ptr_array_add (leases->all, new_lease (VM_2, DEVICE, VGATE_LEASE_MADE, 0));
    g_assert_false (vgate_leases_save (leases, NOW, &error));
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_LEASE_UNWRITABLE);
    g_clear_error (&error);
    /* nor is what could not be read again */
    g_ptr_array_set_size (leases->all, 1);
    g_ptr_array_add (leases->all,
                     new_lease (VM_1, "bbbbbbbb-0000-4000-9000-000000000000", VGATE_LEASE_UNMADE, 0));
    g_assert_false (vgate_leases_save (leases, NOW, &error));
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_LEASE_UNWRITABLE);
    g_clear_pointer (&again, vgate_leases_free);
    again = must_open (fixture, TRUE);
    g_assert_cmpuint (again->all->len, ==, 4096);
}

/* Another process tries to get the device: 0 got it, 1 did not, others failed. */
static int
try_to_get (const char *root, const char *domain)
{
    g_autoptr (VgateLeases) leases = vgate_leases_open (root, FALSE, NULL);
    const VgateLease *holder;

    if (!leases)
        return 2;
    holder = vgate_leases_find (leases, VGATE_HOSTDEV_MDEV, DEVICE);
    if (holder && vgate_lease_holds (holder, NOW))
        return 1;
    g_ptr_array_add (leases->all, new_lease (domain, DEVICE, VGATE_LEASE_TAKEN, NOW + 60));
    return vgate_leases_save (leases, NOW, NULL) ? 0 : 3;
}

TEST (test_race)
{
    static const char *const domains[] = {VM_1, VM_2};
    g_autofree char *file = path_in (fixture, "vgpu-gate/leases");
    guint n_first = 0;

    for (guint round = 0; round < 200; round++) {
        pid_t children[G_N_ELEMENTS (domains)];
        int statuses[G_N_ELEMENTS (domains)];

        for (gsize i = 0; i < G_N_ELEMENTS (domains); i++) {
            children[i] = fork ();
            g_assert_cmpint (children[i], >=, 0);
            if (children[i] == 0)
                _exit (try_to_get (fixture->root, domains[i]));
        }
        for (gsize i = 0; i < G_N_ELEMENTS (domains); i++) {
            g_assert_cmpint (waitpid (children[i], &statuses[i], 0), ==, children[i]);
            g_assert_true (WIFEXITED (statuses[i]));
        }
        g_assert_cmpint (WEXITSTATUS (statuses[0]) + WEXITSTATUS (statuses[1]), ==, 1);
        n_first += WEXITSTATUS (statuses[0]) == 0 ? 1 : 0;
        g_assert_cmpint (g_unlink (file), ==, 0);
    }
    g_test_message ("the first process won %u of 200 rounds", n_first);
}

/* --- not valid leases --- */

#define HEAD  "[leases]\ncount=1\n"
#define GROUP "\n[" DEVICE " " VM_1 "]\n"
#define PLACE "parent=0000:41:00.4\npgpu=0000:41:00.0\n"
#define REST  PLACE "type=1\nstate=made\nexpires=1\n"
#define TWICE "[leases]\ncount=2\n" GROUP REST

TEST (test_rubbish)
{
    static const char *const texts[] = {
        "",
        "\n",
        "rubbish",
        "<leases xmlns='urn:x-vgpu-gate:leases:1'/>\n",
        "[leases]\n",
        "[leases]\ncount=0",
        "[leases]\ncount=0\n",
        "[leases]\ncount=00\n",
        "[leases]\ncount=-0\n",
        "[leases]\ncount=many\n",
        "[leases]\ncount=0\nother=1\n",
        "[leases]\n# a comment\ncount=0\n",
        "[other]\ncount=0\n",
        "count=0\n",
        "[leases]\ncount=0\n" GROUP REST,
        "[leases]\ncount=2\n" GROUP REST,
        GROUP REST "\n[leases]\ncount=1\n",
        HEAD,
        HEAD GROUP,
        HEAD "\n[" DEVICE "]\n" REST,
        HEAD "\n[" DEVICE " x]\n" REST,
        HEAD "\n[" DEVICE " " VM_1 " ]\n" REST,
        HEAD "\n[" DEVICE "  " VM_1 "]\n" REST,
        HEAD "\n[ " VM_1 "]\n" REST,
        HEAD "\n[../.. " VM_1 "]\n" REST,
        HEAD "\n[0000:41:00.9 " VM_1 "]\n" REST,
        HEAD GROUP "parent=../..\npgpu=0000:41:00.0\ntype=1\nstate=made\nexpires=1\n",
        HEAD GROUP "pgpu=0000:41:00.0\nparent=0000:41:00.4\ntype=1\nstate=made\nexpires=1\n",
        HEAD GROUP PLACE "type=-1\nstate=made\nexpires=1\n",
        HEAD GROUP PLACE "type=4294967296\nstate=made\nexpires=1\n",
        HEAD GROUP PLACE "type=1\nstate=stolen\nexpires=1\n",
        HEAD GROUP PLACE "type=1\nstate=made\nexpires=99999999999999999999\n",
        HEAD GROUP PLACE "type=1\nstate=made\n",
        HEAD GROUP PLACE "type=1\ntype-name=\nstate=made\nexpires=1\n",
        HEAD GROUP PLACE "type=1\ntype-name=a\\nb\nstate=made\nexpires=1\n",
        HEAD GROUP PLACE "type=1\ntype-name=\377\nstate=made\nexpires=1\n",
        HEAD GROUP PLACE "type=1\ninstead-of=0000:41:00.4\nstate=made\nexpires=1\n",
        HEAD GROUP PLACE "type=1\ninstead-of=\nstate=made\nexpires=1\n",
        HEAD GROUP REST "why=not\n",
        HEAD GROUP REST "expires=1\n",
        HEAD GROUP REST "\n",
        HEAD GROUP REST "# a comment\n",
        HEAD GROUP REST GROUP REST,
        TWICE GROUP REST,
        TWICE "\n[" DEVICE " " VM_2 "]\n" REST,
        TWICE GROUP PLACE "type=1\nstate=unmade\nexpires=0\n",
    };
    static const char with_nul[] = HEAD GROUP REST "\0";
    g_autofree char *path = path_in (fixture, "vgpu-gate/leases");

    vgate_leases_free (must_open (fixture, FALSE));
    g_assert_true (g_file_set_contents (path, HEAD GROUP REST, -1, NULL));
    vgate_leases_free (must_open (fixture, FALSE));
    for (gsize i = 0; i <= G_N_ELEMENTS (texts); i++) {
        const gboolean is_text = i < G_N_ELEMENTS (texts);
        g_autoptr (GError) error = NULL;

        g_assert_true (g_file_set_contents (path, is_text ? texts[i] : with_nul,
                                            is_text ? -1 : (gssize)sizeof with_nul, NULL));
        g_assert_null (vgate_leases_open (fixture->root, i % 2 == 0, &error));
        g_assert_error (error, VGATE_ERROR, VGATE_CODE_LEASE_UNREADABLE);
    }
}

static void
assert_fails (const Fixture *fixture, gboolean to_look, VgateCode code)
{
    g_autoptr (GError) error = NULL;

    g_assert_null (vgate_leases_open (fixture->root, to_look, &error));
    g_assert_error (error, VGATE_ERROR, (int)code);
}

TEST (test_odd_places)
{
    g_autofree char *directory = path_in (fixture, "vgpu-gate");
    g_autofree char *file = path_in (fixture, "vgpu-gate/leases");

    /* for a read it need not exist */
    vgate_leases_free (must_open (fixture, TRUE));
    g_assert_false (g_file_test (directory, G_FILE_TEST_EXISTS));
    g_assert_cmpint (symlink ("/tmp", directory), ==, 0);
    assert_fails (fixture, FALSE, VGATE_CODE_LEASE_UNWRITABLE);
    assert_fails (fixture, TRUE, VGATE_CODE_LEASE_UNREADABLE);
    g_assert_cmpint (g_unlink (directory), ==, 0);
    g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
    g_assert_cmpint (g_chmod (directory, 0770), ==, 0);
    assert_fails (fixture, FALSE, VGATE_CODE_LEASE_UNWRITABLE);
    g_assert_cmpint (g_chmod (directory, 0700), ==, 0);
    g_assert_cmpint (symlink ("/etc/passwd", file), ==, 0);
    assert_fails (fixture, FALSE, VGATE_CODE_LEASE_UNREADABLE);
    g_assert_cmpint (g_unlink (file), ==, 0);
    g_assert_cmpint (mkfifo (file, 0600), ==, 0);
    assert_fails (fixture, FALSE, VGATE_CODE_LEASE_UNREADABLE);
}

/* A process that was killed while it wrote the file left a part of it. */
TEST (test_killed_writer)
{
    g_autofree char *part = path_in (fixture, "vgpu-gate/.new-leases");

    for (guint n = 0; n < 2; n++) {
        g_autoptr (VgateLeases) leases = must_open (fixture, FALSE), again = NULL;

        g_ptr_array_set_size (leases->all, 0);
        if (n == 0)
            g_ptr_array_add (leases->all, new_lease (VM_1, DEVICE, VGATE_LEASE_MADE, NOW + 60));
        g_assert_true (g_file_set_contents (part, "[leases]\ncou", -1, NULL));
        must_save (leases);
        g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
        again = must_open (fixture, TRUE);
        g_assert_cmpuint (again->all->len, ==, n == 0 ? 1 : 0);
    }
}

/* The file is written into the directory that was checked and whose lock is held, not into another one that
 * now has its name. */
TEST (test_exchanged)
{
    g_autoptr (VgateLeases) leases = must_open (fixture, FALSE);
    g_autofree char *directory = path_in (fixture, "vgpu-gate"), *moved = path_in (fixture, "moved");
    g_autofree char *file = path_in (fixture, "vgpu-gate/leases");

    g_assert_cmpint (g_rename (directory, moved), ==, 0);
    g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
    g_ptr_array_add (leases->all, new_lease (VM_1, DEVICE, VGATE_LEASE_MADE, NOW + 60));
    must_save (leases);
    g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
    g_assert_cmpint (g_rmdir (directory), ==, 0);
    g_assert_cmpint (g_rename (moved, directory), ==, 0);
    g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
}

/* In a child process with its own mount: /run without room for another page. 0: correct. */
static int
fill_and_save (const Fixture *fixture)
{
    g_autofree char *directory = path_in (fixture, "vgpu-gate");
    g_autofree char *filler = path_in (fixture, "vgpu-gate/filler");
    g_autofree char *buffer = g_strnfill (65536, 'x');
    g_autoptr (VgateLeases) leases = NULL, again = NULL;
    g_autoptr (GError) error = NULL;
    int fd;

    if (unshare (CLONE_NEWNS) != 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        g_mkdir (directory, 0700) != 0 || mount ("tmpfs", directory, "tmpfs", 0, "size=64k,mode=0700") != 0)
        return 77;
    leases = must_open (fixture, FALSE);
    g_ptr_array_add (leases->all, new_lease (VM_1, DEVICE, VGATE_LEASE_MADE, NOW + 60));
    must_save (leases);
    fd = open (filler, O_WRONLY | O_CREAT, 0600);
    while (write (fd, buffer, 4096) > 0)
        ;
    close (fd);
    g_ptr_array_add (leases->all, new_lease (VM_2, DEVICE_2, VGATE_LEASE_TAKEN, NOW + 60));
    if (vgate_leases_save (leases, NOW, &error) || !vgate_error_is (error, VGATE_CODE_LEASE_UNWRITABLE) ||
        !strstr (error->message, g_strerror (ENOSPC)))
        return 1;
    again = must_open (fixture, TRUE);
    return again->all->len == 1 ? 0 : 2;
}

TEST (test_full)
{
    const pid_t child = fork ();
    int status;

    g_assert_cmpint (child, >=, 0);
    if (child == 0)
        _exit (fill_and_save (fixture));
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    g_assert_true (WIFEXITED (status));
    if (WEXITSTATUS (status) == 77)
        g_test_skip ("a file system cannot be mounted here");
    else
        g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

/* Another process holds the lock for ever, or only for a moment. */
TEST (test_locked)
{
    VgateLeases *holder = must_open (fixture, FALSE);
    g_autoptr (GError) error = NULL;
    const gint64 begin = g_get_monotonic_time ();
    pid_t child;
    int status;

    g_assert_null (vgate_leases_open_within (fixture->root, 300, &error));
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_LEASE_LOCKED);
    g_assert_nonnull (strstr (error->message, "0.3 s"));
    g_assert_cmpint (g_get_monotonic_time () - begin, >=, 300000);
    child = fork ();
    g_assert_cmpint (child, >=, 0);
    if (child == 0) {
        /* the child keeps the lock until it ends */
        g_usleep (200000);
        _exit (0);
    }
    vgate_leases_free (holder);
    holder = vgate_leases_open_within (fixture->root, VGATE_LEASES_HOOK_WAIT_MS, NULL);
    g_assert_nonnull (holder);
    vgate_leases_free (holder);
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
}

#define ADD(path, test) g_test_add ("/lease/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    ADD ("round-trip", test_round_trip);
    ADD ("text", test_text);
    ADD ("names", test_names);
    ADD ("cut", test_cut);
    ADD ("expiry", test_expiry);
    ADD ("drop", test_drop);
    ADD ("settle", test_settle);
    ADD ("settle-made", test_settle_made);
    ADD ("unmade", test_unmade);
    ADD ("adopt", test_adopt);
    ADD ("put", test_put);
    ADD ("was-ordered", test_was_ordered);
    ADD ("unmade-many", test_unmade_many);
    ADD ("race", test_race);
    ADD ("many", test_many);
    ADD ("rubbish", test_rubbish);
    ADD ("odd-places", test_odd_places);
    ADD ("killed-writer", test_killed_writer);
    ADD ("exchanged", test_exchanged);
    ADD ("full", test_full);
    ADD ("locked", test_locked);
    return g_test_run ();
}
