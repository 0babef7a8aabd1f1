/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Persistent definitions on libvirt's test driver, whose domains this process shares with the watch. */
#include "plugin/definition/definition-watch.h"

#include "meddled-libvirt.h"
#include "base/run-directory.h"
#include "placement/lease.h"
#include "wait.h"

#include <glib/gstdio.h>
#include <libvirt-glib/libvirt-glib.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#define URI   "test:///default"
#define GUEST "5eed0000-0000-4000-8000-000000000001"
#define OLD   "bbbbbbbb-0000-4000-8000-000000000001"
#define NEW   "cccccccc-0000-4000-8000-000000000001"
#define OTHER "dddddddd-0000-4000-8000-000000000001"
/* libvirt's parser accepts this value, its schema does not. */
#define ODD_MACHINE "pc of tin"

typedef struct {
    char *root;
    virConnectPtr libvirt;
    virDomainPtr domain;
    VgatePolicy *policy;
    VgateTally *tally;
    VgateConnection *connection;
    VgateWorkers *workers;
    VgateDefinitionWatch *watch;
} Fixture;

static char *
xml_of (const char *device, const char *machine)
{
    return g_strdup_printf (
        "<domain type='test'><name>guest</name><uuid>" GUEST "</uuid><memory unit='MiB'>64</memory>"
        "<os><type arch='x86_64' machine='%s'>hvm</type></os><devices><graphics type='vnc' passwd='secret'/>"
        "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='%s'/></source>"
        "<address type='pci' domain='0x0000' bus='0x00' slot='0x06' "
        "function='0x0'/></hostdev></devices></domain>",
        machine, device);
}

static void
define (Fixture *f, const char *device, const char *machine)
{
    g_autofree char *xml = xml_of (device, machine);

    g_clear_pointer (&f->domain, virDomainFree);
    f->domain = virDomainDefineXML (f->libvirt, xml);
    g_assert_nonnull (f->domain);
}

/* The guest runs with the new device. */
static void
start (Fixture *f)
{
    define (f, NEW, "pc");
    g_assert_cmpint (virDomainCreate (f->domain), ==, 0);
}

static void
set_up (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *run = NULL;

    f->root = g_dir_make_tmp ("vgate-definition-XXXXXX", NULL);
    run = g_build_filename (f->root, "run", NULL);
    g_assert_cmpint (g_mkdir (run, 0755), ==, 0);
    f->libvirt = virConnectOpen (URI);
    f->policy = vgate_policy_new_default ();
    f->tally = vgate_tally_new ();
    f->connection = vgate_connection_new (URI, NULL, NULL);
    f->workers = vgate_workers_new (3, 2000, NULL, NULL);
    f->watch = vgate_definition_watch_new (f->connection, f->workers, f->policy, f->tally, f->root);
}

static void
tear_down (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const names[] = {"run/vgpu-gate/leases", "run/vgpu-gate/lock", "run/vgpu-gate", "run",
                                        ""};

    vgate_workers_free (f->workers);
    vgate_definition_watch_free (f->watch);
    vgate_connection_free (f->connection);
    vgate_tally_free (f->tally);
    vgate_policy_free (f->policy);
    if (virDomainIsActive (f->domain) == 1)
        virDomainDestroy (f->domain);
    /* a domain that is not persistent no longer exists */
    virDomainUndefine (f->domain);
    virDomainFree (f->domain);
    virConnectClose (f->libvirt);
    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *path = g_build_filename (f->root, names[i], NULL);

        remove (path);
    }
    g_free (f->root);
    meddle_reset ();
}

/* The lease as the hook leaves it at 'prepare begin'. */
static void
give (const Fixture *f)
{
    g_autoptr (VgateLeases) leases = vgate_leases_open (f->root, FALSE, NULL);
    VgateLease *lease = g_new0 (VgateLease, 1);

    lease->domain = g_strdup (GUEST);
    lease->kind = VGATE_HOSTDEV_MDEV;
    lease->device = g_strdup (NEW);
    lease->instead_of = g_strdup (OLD);
    lease->parent = g_strdup ("0000:41:00.0");
    lease->pgpu = g_strdup ("0000:41:00.0");
    lease->type = 1131;
    lease->state = VGATE_LEASE_GIVEN;
    g_ptr_array_add (leases->all, lease);
    g_assert_true (vgate_leases_save (leases, vgate_run_directory_clock (), NULL));
}

static guint64
count_of (const Fixture *f, const char *result)
{
    g_autoptr (VgateStatus) status = vgate_tally_describe (f->tally);

    for (guint i = 0; i < status->counters->len; i++) {
        const VgateCounter *counter = g_ptr_array_index (status->counters, i);

        if (counter->kind == VGATE_COUNTER_DEFINITIONS && g_strcmp0 (counter->label, result) == 0)
            return counter->value;
    }
    return 0;
}

static void
connect_and_note (Fixture *f)
{
    vgate_connection_start (f->connection);
    WAIT_UNTIL (vgate_connection_get (f->connection));
    vgate_definition_watch_note (f->watch);
}

static char *
definition_of (const Fixture *f)
{
    char *xml = virDomainGetXMLDesc (f->domain, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    char *copy = g_strdup (xml);

    g_assert_nonnull (xml);
    free (xml); /* libvirt allocates with malloc () */
    return copy;
}

#define TEST(name) static void name (Fixture *f, G_GNUC_UNUSED gconstpointer data)

/* Only these bytes change; the password remains. */
TEST (test_updated)
{
    g_autofree char *before = NULL, *after = NULL;
    g_autoptr (GString) expected = NULL;

    start (f);
    define (f, OLD, "pc");
    before = definition_of (f);
    g_assert_nonnull (strstr (before, "passwd='secret'"));
    give (f);
    connect_and_note (f);
    WAIT_UNTIL (count_of (f, "updated") == 1);
    after = definition_of (f);
    expected = g_string_new (before);
    g_assert_cmpuint (g_string_replace (expected, OLD, NEW, 0), ==, 1);
    g_assert_cmpstr (after, ==, expected->str);
    g_assert_false (vgate_leases_exist (f->root));
}

/* The definition is changed only once: later edits by a user remain. */
TEST (test_once)
{
    g_autofree char *after = NULL;

    start (f);
    define (f, OLD, "pc");
    give (f);
    connect_and_note (f);
    WAIT_UNTIL (count_of (f, "updated") == 1);
    define (f, OLD, "pc");
    for (guint i = 0; i < 3; i++) {
        const gint64 end = g_get_monotonic_time () + G_USEC_PER_SEC / 10;

        vgate_definition_watch_note (f->watch);
        WAIT_UNTIL (g_get_monotonic_time () > end);
    }
    after = definition_of (f);
    g_assert_nonnull (strstr (after, OLD));
    g_assert_cmpuint (count_of (f, "updated"), ==, 1);
}

static void
assert_left (Fixture *f, const char *device)
{
    g_autofree char *before = NULL, *after = NULL;

    start (f);
    define (f, device, "pc");
    before = definition_of (f);
    give (f);
    connect_and_note (f);
    WAIT_UNTIL (count_of (f, "left") == 1);
    after = definition_of (f);
    g_assert_cmpstr (after, ==, before);
    g_assert_false (vgate_leases_exist (f->root));
}

TEST (test_reported)
{
    f->policy->report_definition = TRUE;
    assert_left (f, OLD);
}

TEST (test_chosen)
{
    assert_left (f, OTHER);
}

static void
assert_settled_in_silence (Fixture *f)
{
    give (f);
    connect_and_note (f);
    WAIT_UNTIL (!vgate_leases_exist (f->root));
    g_assert_cmpuint (count_of (f, "updated") + count_of (f, "left") + count_of (f, "failed"), ==, 0);
}

TEST (test_agrees)
{
    start (f);
    assert_settled_in_silence (f);
}

TEST (test_not_persistent)
{
    g_autofree char *xml = xml_of (NEW, "pc");

    f->domain = virDomainCreateXML (f->libvirt, xml, 0);
    g_assert_nonnull (f->domain);
    assert_settled_in_silence (f);
    g_assert_cmpint (virDomainIsPersistent (f->domain), ==, 0);
}

/* The guest has not arrived, or has ended: the hook removes its lease. */
TEST (test_not_running)
{
    g_autofree char *after = NULL;
    const gint64 end = g_get_monotonic_time () + G_USEC_PER_SEC / 2;

    define (f, OLD, "pc");
    give (f);
    connect_and_note (f);
    WAIT_UNTIL (g_get_monotonic_time () > end);
    after = definition_of (f);
    g_assert_nonnull (strstr (after, OLD));
    g_assert_true (vgate_leases_exist (f->root));
}

/* libvirt refuses the change; after that it succeeds. */
TEST (test_failed)
{
    g_autofree char *after = NULL;

    start (f);
    define (f, OLD, ODD_MACHINE);
    give (f);
    connect_and_note (f);
    WAIT_UNTIL (count_of (f, "failed") == 1);
    after = definition_of (f);
    g_assert_nonnull (strstr (after, OLD));
    g_assert_true (vgate_leases_exist (f->root));
    define (f, OLD, "pc");
    vgate_definition_watch_note (f->watch);
    WAIT_UNTIL (count_of (f, "updated") == 1);
    g_assert_false (vgate_leases_exist (f->root));
}

/* libvirt cannot answer whether the guest runs: that is reported, and the change follows when libvirt answers
 * again. */
static void
assert_failed_then_updated (Fixture *f, const char *call)
{
    start (f);
    define (f, OLD, "pc");
    give (f);
    meddle_fail (call, 1);
    connect_and_note (f);
    WAIT_UNTIL (count_of (f, "failed") == 1);
    g_assert_true (vgate_leases_exist (f->root));
    vgate_definition_watch_note (f->watch);
    WAIT_UNTIL (count_of (f, "updated") == 1);
}

TEST (test_activity_unknown)
{
    assert_failed_then_updated (f, "virDomainIsActive");
}

TEST (test_persistence_unknown)
{
    assert_failed_then_updated (f, "virDomainIsPersistent");
}

/* Leases that cannot be read. */
TEST (test_unreadable)
{
    g_autofree char *path = g_build_filename (f->root, "run/vgpu-gate/leases", NULL), *after = NULL;
    const gint64 end = g_get_monotonic_time () + G_USEC_PER_SEC / 2;

    start (f);
    define (f, OLD, "pc");
    give (f);
    g_assert_true (g_file_set_contents (path, "rubbish", -1, NULL));
    connect_and_note (f);
    WAIT_UNTIL (g_get_monotonic_time () > end);
    after = definition_of (f);
    g_assert_nonnull (strstr (after, OLD));
}

static void
swallow (G_GNUC_UNUSED void *data, G_GNUC_UNUSED virErrorPtr error)
{
}

#define ADD(path, test) g_test_add ("/definition-watch/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    xmlInitParser ();
    gvir_event_register ();
    virSetErrorFunc (NULL, swallow);
    ADD ("updated", test_updated);
    ADD ("once", test_once);
    ADD ("reported", test_reported);
    ADD ("chosen", test_chosen);
    ADD ("agrees", test_agrees);
    ADD ("not-persistent", test_not_persistent);
    ADD ("not-running", test_not_running);
    ADD ("failed", test_failed);
    ADD ("activity-unknown", test_activity_unknown);
    ADD ("persistence-unknown", test_persistence_unknown);
    ADD ("unreadable", test_unreadable);
    return g_test_run ();
}
