/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole daemon except its main (): with libvirt's test driver, whose domains this process shares with it,
 * and the simulated driver. */
#include "plugin/service/agent.h"
#include "plugin/libvirt/domain-calls.h"
#include "fake-host.h"
#include "meddled-libvirt.h"
#include "plugin/service/capture-once.h"
#include "program.h"
#include "wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <libvirt-glib/libvirt-glib.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define URI     "test:///default"
#define GUEST   "5eed0000-0000-4000-8000-000000000001"
#define PLAIN   "5eed0000-0000-4000-8000-000000000002"
#define ANOTHER "5eed0000-0000-4000-8000-000000000003"
#define STOPPED "5eed0000-0000-4000-8000-000000000004"

typedef struct {
    FakeHost *host;
    virConnectPtr libvirt;
    int listener;
    VgateAgent *agent;
} Fixture;

static int
pass_over (G_GNUC_UNUSED virConnectPtr libvirt, G_GNUC_UNUSED virDomainPtr domain, G_GNUC_UNUSED int event,
           G_GNUC_UNUSED int detail, G_GNUC_UNUSED void *data)
{
    return 0;
}

static void
start_guest (Fixture *f, const char *name, const char *uuid)
{
    g_autofree char *xml =
        g_strdup_printf ("<domain type='test'><name>%s</name><uuid>%s</uuid><memory unit='MiB'>64</memory>"
                         "<os><type>hvm</type></os></domain>",
                         name, uuid);
    virDomainPtr domain = virDomainCreateXML (f->libvirt, xml, 0);

    g_assert_nonnull (domain);
    virDomainFree (domain);
}

static void
destroy_guest (Fixture *f, const char *uuid)
{
    g_autoptr (virDomain) domain = virDomainLookupByUUIDString (f->libvirt, uuid);

    g_assert_cmpint (virDomainDestroy (domain), ==, 0);
}

/* The guest has a vGPU and runs; the daemon exists but was not started. */
static void
set_up (Fixture *f, gconstpointer lines)
{
    g_autoptr (GError) error = NULL;

    f->host = fake_host_new ();
    f->libvirt = virConnectOpen (URI);
    /* The connections of the test driver share their events. If the last listener is removed while an event
     * is queued, later ones queue up behind it and are never delivered, so there must always be one. */
    f->listener = virConnectDomainEventRegisterAny (f->libvirt, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                    VIR_DOMAIN_EVENT_CALLBACK (pass_over), NULL, NULL);
    g_assert_cmpint (f->listener, >=, 0);
    fake_host_add_gpu (f->host, "0000:41:00.0", FAKE_H100);
    fake_host_sim (f->host,
                   "plug --vm " GUEST " --type 1120 --guest-driver 580.95.05 --guest-range 18.1-26.1");
    start_guest (f, "guest", GUEST);
    start_guest (f, "plain", PLAIN);
    fake_host_configure (f->host, lines ? lines : "[capture]\ninterval=3600\ninterval-fast=3600\n");
    f->agent = vgate_agent_new (vgate_policy_load (fake_host_config (f->host), &error), URI);
    g_assert_no_error (error);
    g_assert_true (vgate_agent_start (f->agent, &error));
}

static void
tear_down (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    vgate_agent_free (f->agent);
    virConnectDomainEventDeregisterAny (f->libvirt, f->listener);
    virConnectClose (f->libvirt);
    fake_host_free (f->host);
    meddle_reset ();
}

static VgateAgentStats
stats_of (Fixture *f)
{
    VgateAgentStats stats;

    vgate_agent_get_stats (f->agent, &stats);
    return stats;
}

static void
poll_once (Fixture *f)
{
    const guint n_polls = stats_of (f).n_polls;

    vgate_agent_poll (f->agent);
    WAIT_UNTIL (stats_of (f).n_polls > n_polls);
}

/* The element in the guest's XML; NULL: none, or not readable. */
static VgateElement *
element_of (Fixture *f, const char *uuid)
{
    g_autoptr (virDomain) domain = virDomainLookupByUUIDString (f->libvirt, uuid);
    g_autoptr (VgateDomain) read = vgate_libvirt_read_domain (domain, NULL);

    return read && read->element && vgate_element_check (read->element, uuid, NULL, NULL)
               ? g_steal_pointer (&read->element)
               : NULL;
}

static guint32
version_of (Fixture *f)
{
    g_autoptr (VgateElement) element = element_of (f, GUEST);

    return element ? ((VgateElementVgpu *)g_ptr_array_index (element->vgpus, 0))->record.guest_version : 0;
}

/* 0: the guest has no element. */
static guint64
sequence_of (Fixture *f)
{
    g_autoptr (VgateElement) element = element_of (f, GUEST);

    return element ? element->sequence : 0;
}

static gboolean
is_said_to_be_captured (Fixture *f)
{
    g_autoptr (VgateStatus) status = vgate_agent_describe (f->agent);

    for (guint i = 0; i < status->guests->len; i++) {
        const VgateStatusGuest *guest = g_ptr_array_index (status->guests, i);

        if (strcmp (guest->uuid, GUEST) == 0)
            return guest->has_capture;
    }
    return FALSE;
}

/* TRUE if its last capture failed with this code in the status. */
static gboolean
is_said_to_fail (Fixture *f, const char *uuid, const char *code)
{
    g_autoptr (VgateStatus) status = vgate_agent_describe (f->agent);

    for (guint i = 0; i < status->guests->len; i++) {
        const VgateStatusGuest *guest = g_ptr_array_index (status->guests, i);

        if (strcmp (guest->uuid, uuid) == 0 && !guest->is_failure_over)
            return g_strcmp0 (guest->failure_code, code) == 0;
    }
    return FALSE;
}

static void
set_metadata (Fixture *f, const char *xml)
{
    g_autoptr (virDomain) domain = virDomainLookupByUUIDString (f->libvirt, GUEST);

    g_assert_cmpint (virDomainSetMetadata (domain, VIR_DOMAIN_METADATA_ELEMENT, xml, "vgate",
                                           VGATE_ELEMENT_NAMESPACE, VIR_DOMAIN_AFFECT_LIVE),
                     ==, 0);
}

static void
test_captured (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    g_autoptr (VgateElement) element = NULL, none = NULL;

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    element = element_of (f, GUEST);
    g_assert_nonnull (element);
    g_assert_cmpint (element->trigger, ==, VGATE_TRIGGER_START);
    g_assert_cmpstr (element->host_uuid, ==, FAKE_HOST_UUID);
    none = element_of (f, PLAIN);
    g_assert_null (none);
}

/* What another program removed, or cannot be read, is written again, and that is no start of the guest. */
static void
test_lost (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    static const char *const by_others[] = {NULL, "<nonsense/>"};

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    poll_once (f);
    for (guint i = 0; i < G_N_ELEMENTS (by_others); i++) {
        g_autoptr (VgateElement) element = NULL;

        set_metadata (f, by_others[i]);
        WAIT_UNTIL (stats_of (f).n_writes == i + 2);
        element = element_of (f, GUEST);
        g_assert_nonnull (element);
        g_assert_cmpint (element->trigger, ==, VGATE_TRIGGER_CHANGE);
    }
}

/* Redirects standard error into a file. Returns the descriptor of the former one. */
static int
redirect_log (const char *path)
{
    const int was = dup (STDERR_FILENO), fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    g_assert_cmpint (was, >=, 0);
    g_assert_cmpint (dup2 (fd, STDERR_FILENO), ==, STDERR_FILENO);
    close (fd);
    return was;
}

/* The update that removes an unreadable element cannot write another. The update that does so later reports
 * what was found first, and not that another program has removed the element. */
static void
test_lost_and_failed (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    g_autofree char *directory = g_dir_make_tmp ("vgate-agent-XXXXXX", NULL);
    g_autofree char *path = g_build_filename (directory, "log", NULL), *log = NULL;
    int was;

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    poll_once (f);
    was = redirect_log (path);
    /* the call that reads the domain again after the removal */
    meddle_fail_after ("virDomainGetXMLDesc", 1, 1);
    set_metadata (f, "<nonsense/>");
    WAIT_UNTIL (stats_of (f).n_writes == 2);
    g_assert_cmpint (dup2 (was, STDERR_FILENO), ==, STDERR_FILENO);
    close (was);
    g_assert_true (g_file_get_contents (path, &log, NULL, NULL));
    g_assert_nonnull (strstr (log, "virDomainGetXMLDesc"));
    g_assert_nonnull (strstr (log,
                              "VGATE-831: guest: the metadata in the XML of the running guest could not be "
                              "read, and was replaced: "));
    g_assert_null (strstr (log, "another program had removed it"));
    g_unlink (path);
    g_rmdir (directory);
}

/* Neither the daemon's own writes nor intervals cause an update. */
static void
test_nothing_changes (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    VgateAgentStats before, after;

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    for (int i = 0; i < 3; i++)
        poll_once (f);
    before = stats_of (f);
    for (int i = 0; i < 5; i++)
        poll_once (f);
    after = stats_of (f);
    g_assert_cmpuint (after.n_updates, ==, before.n_updates);
    g_assert_cmpuint (after.n_writes, ==, 1);
    /* each guest once, and the test driver's own domain; the event of the write caused no other */
    g_assert_cmpuint (after.n_updates, ==, 3);
}

static void
test_nvml_changes (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    WAIT_UNTIL (version_of (f) == vgate_version (26, 1));
    fake_host_sim (f->host, "guest-driver up --vm " GUEST " --driver 535.261.03 --range 7.1-18.1");
    vgate_agent_poll (f->agent);
    WAIT_UNTIL (version_of (f) == vgate_version (18, 1));
    WAIT_UNTIL (stats_of (f).n_writes == 2);
}

static void
test_foreign_change (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    guint64 sequence;

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    sequence = sequence_of (f);
    set_metadata (f, "<nonsense/>");
    WAIT_UNTIL (version_of (f) != 0);
    set_metadata (f, NULL);
    WAIT_UNTIL (version_of (f) != 0);
    /* although the element in between had no number */
    g_assert_cmpuint (sequence_of (f), >=, sequence + 2);
}

static void
test_a_vgpu_that_goes (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    WAIT_UNTIL (version_of (f) != 0);
    fake_host_sim (f->host, "unplug --vm " GUEST);
    /* NVML may list a vGPU late, so not at the first update */
    poll_once (f);
    WAIT_UNTIL (stats_of (f).n_updates == 4);
    g_assert_cmpuint (version_of (f), !=, 0);
    poll_once (f);
    WAIT_UNTIL (version_of (f) == 0);
}

/* The guest starts after the daemon, and starts again: the number increases. */
static void
test_a_guest_that_starts (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    g_autoptr (VgateElement) element = NULL;
    guint64 sequence;

    WAIT_UNTIL (version_of (f) != 0);
    sequence = sequence_of (f);
    destroy_guest (f, GUEST);
    start_guest (f, "guest", GUEST);
    WAIT_UNTIL (version_of (f) != 0);
    element = element_of (f, GUEST);
    g_assert_cmpuint (element->sequence, >, sequence);
    g_assert_cmpint (element->trigger, ==, VGATE_TRIGGER_START);
}

/* The number also increases when another daemon takes over, which cannot know the numbers before. */
static void
test_a_guest_that_starts_after_the_daemon (Fixture *f, gconstpointer lines)
{
    g_autoptr (GError) error = NULL;
    guint64 sequence;

    (void)lines;
    WAIT_UNTIL (version_of (f) != 0);
    sequence = sequence_of (f);
    vgate_agent_free (f->agent);
    destroy_guest (f, GUEST);
    g_usleep (G_USEC_PER_SEC);
    start_guest (f, "guest", GUEST);
    f->agent = vgate_agent_new (vgate_policy_load (fake_host_config (f->host), &error), URI);
    g_assert_true (vgate_agent_start (f->agent, &error));
    WAIT_UNTIL (version_of (f) != 0);
    g_assert_cmpuint (sequence_of (f), >, sequence);
}

/* The guest ends without an event: the number increases nevertheless, even if it is far ahead of the
 * clock. */
static void
test_an_end_that_is_missed (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    g_autoptr (VgateElement) element = NULL;
    g_autofree char *xml = NULL;
    const guint64 sequence = G_GUINT64_CONSTANT (1) << 62;

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    element = element_of (f, GUEST);
    element->sequence = sequence;
    element->trigger = VGATE_TRIGGER_REQUEST;
    xml = vgate_element_write (element, FALSE);
    set_metadata (f, xml);
    poll_once (f);
    fake_host_sim (f->host, "guest-driver up --vm " GUEST " --driver 535.261.03 --range 7.1-18.1");
    poll_once (f);
    WAIT_UNTIL (sequence_of (f) == sequence + 1);
    meddle_lose_connection ();
    destroy_guest (f, GUEST);
    WAIT_UNTIL (stats_of (f).n_guests == 2);
    start_guest (f, "guest", GUEST);
    WAIT_UNTIL (version_of (f) != 0);
    g_assert_cmpuint (sequence_of (f), >, sequence + 1);
}

/* The guest ends and starts without events: what is known about the run that ended is not used for the
 * next. */
static void
test_a_start_that_is_missed (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    const guint n_polls = stats_of (f).n_polls;

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    g_assert_true (is_said_to_be_captured (f));
    fake_host_sim (f->host, "fail nvmlInit_v2 999");
    meddle_lose_connection ();
    destroy_guest (f, GUEST);
    start_guest (f, "guest", GUEST);
    WAIT_UNTIL (stats_of (f).n_failures > 0);
    g_assert_cmpuint (stats_of (f).n_polls, >, n_polls);
    g_assert_false (is_said_to_be_captured (f));
    fake_host_sim (f->host, "heal");
    poll_once (f);
    WAIT_UNTIL (is_said_to_be_captured (f));
}

/* A guest starts when libvirt has just listed the others: it does not count as ended. */
static void
test_a_start_during_the_listing (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    WAIT_UNTIL (stats_of (f).n_writes == 1);
    destroy_guest (f, GUEST);
    WAIT_UNTIL (stats_of (f).n_guests == 2);
    meddle_hold ("virConnectListAllDomains");
    meddle_lose_connection ();
    WAIT_UNTIL (meddle_is_held ("virConnectListAllDomains"));
    /* NVML must be late, or the guest would be captured before the listing arrives */
    fake_host_sim (f->host, "fail nvmlInit_v2 999");
    start_guest (f, "guest", GUEST);
    WAIT_UNTIL (stats_of (f).n_guests == 3);
    meddle_release ("virConnectListAllDomains");
    WAIT_UNTIL (stats_of (f).n_failures > 0);
    fake_host_sim (f->host, "heal");
    poll_once (f);
    WAIT_UNTIL (version_of (f) != 0);
}

/* The listing of a connection that was given up arrives last: it does not contain a guest that started in the
 * meantime. */
static void
test_a_listing_that_is_late (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    WAIT_UNTIL (stats_of (f).n_writes == 1);
    meddle_hold ("virConnectListAllDomains");
    meddle_lose_connection ();
    WAIT_UNTIL (meddle_is_held ("virConnectListAllDomains"));
    meddle_lose_connection ();
    start_guest (f, "another", ANOTHER);
    WAIT_UNTIL (stats_of (f).n_guests == 4);
    meddle_release ("virConnectListAllDomains");
    for (int i = 0; i < 3; i++)
        poll_once (f);
    g_assert_cmpuint (stats_of (f).n_guests, ==, 4);
}

/* The guest ends and starts during an update, which then writes the element of the other run. */
static void
test_a_look_at_one_that_ended (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    WAIT_UNTIL (stats_of (f).n_writes == 1);
    /* held with the XML of a guest that needs a write */
    meddle_hold ("virDomainGetXMLDesc");
    fake_host_sim (f->host, "guest-driver up --vm " GUEST " --driver 580.82.07 --range 18.1-25.1");
    vgate_agent_poll (f->agent);
    WAIT_UNTIL (meddle_is_held ("virDomainGetXMLDesc"));
    destroy_guest (f, GUEST);
    fake_host_sim (f->host, "guest-driver up --vm " GUEST " --driver 535.261.03 --range 7.1-18.1");
    start_guest (f, "guest", GUEST);
    WAIT_UNTIL (version_of (f) == vgate_version (18, 1));
    meddle_release ("virDomainGetXMLDesc");
    WAIT_UNTIL (stats_of (f).n_writes == 4);
    g_assert_cmpuint (version_of (f), ==, vgate_version (18, 1));
    /* the write of that update does not explain an event of this guest */
    set_metadata (f, "<nonsense/>");
    WAIT_UNTIL (version_of (f) == vgate_version (18, 1));
}

static void
test_nvml_fails (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    WAIT_UNTIL (stats_of (f).n_writes == 1);
    fake_host_sim (f->host, "fail nvmlInit_v2 999; guest-driver up --vm " GUEST
                            " --driver 535.261.03 --range 7.1-18.1");
    poll_once (f);
    g_assert_cmpuint (stats_of (f).n_failures, ==, 1);
    g_assert_cmpuint (version_of (f), ==, vgate_version (26, 1));
    fake_host_sim (f->host, "heal");
    poll_once (f);
    WAIT_UNTIL (version_of (f) == vgate_version (18, 1));
}

/* The main loop continues while NVML hangs: a second is only the time until the guest's event arrives. */
static void
test_nvml_hangs (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    gint64 began;

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    fake_host_sim (f->host, "hang nvmlInit_v2");
    vgate_agent_poll (f->agent);
    began = g_get_monotonic_time ();
    start_guest (f, "another", ANOTHER);
    WAIT_UNTIL (stats_of (f).n_guests == 4);
    g_assert_cmpint (g_get_monotonic_time () - began, <, G_USEC_PER_SEC);
    g_assert_cmpuint (stats_of (f).n_failures, ==, 0);
    WAIT_UNTIL (stats_of (f).n_failures > 0);
    g_assert_cmpuint (version_of (f), ==, vgate_version (26, 1));
}

/* The guest ends and starts during a check whether it leaves: the new run does not leave. */
static void
test_a_check_of_one_that_ended (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    g_autoptr (virDomain) domain = virDomainLookupByUUIDString (f->libvirt, GUEST);
    const gint64 second = G_USEC_PER_SEC;
    gint64 began;
    guint n_polls;

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    meddle_migrate ();
    meddle_hold ("virDomainGetJobStats");
    /* a save begins this way */
    g_assert_cmpint (virDomainSuspend (domain), ==, 0);
    WAIT_UNTIL (meddle_is_held ("virDomainGetJobStats"));
    destroy_guest (f, GUEST);
    start_guest (f, "guest", GUEST);
    WAIT_UNTIL (version_of (f) != 0);
    meddle_release ("virDomainGetJobStats");
    /* NVML is asked at the fast interval only because of a guest that leaves */
    began = g_get_monotonic_time ();
    WAIT_UNTIL (g_get_monotonic_time () > began + second);
    n_polls = stats_of (f).n_polls;
    WAIT_UNTIL (g_get_monotonic_time () > began + 4 * second);
    g_assert_cmpuint (stats_of (f).n_polls, <=, n_polls + 1);
}

/* libvirt cannot answer whether the guest is suspended, so its power state is not written. */
static void
test_a_state_that_libvirt_does_not_tell (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    WAIT_UNTIL (stats_of (f).n_writes == 1);
    fake_host_sim (f->host, "guest-driver up --vm " GUEST " --driver 535.261.03 --range 7.1-18.1");
    meddle_fail ("virDomainGetState", 1);
    poll_once (f);
    WAIT_UNTIL (is_said_to_fail (f, GUEST, "VGATE-705"));
    g_assert_cmpuint (version_of (f), ==, vgate_version (26, 1));
    poll_once (f);
    WAIT_UNTIL (version_of (f) == vgate_version (18, 1));
    WAIT_UNTIL (!is_said_to_fail (f, GUEST, "VGATE-705"));
}

/* A job may or may not hold the domain, so nothing is written yet. */
static void
test_a_job_that_libvirt_does_not_tell (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    guint n_states;

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    n_states = meddle_count ("virDomainGetState");
    fake_host_sim (f->host, "guest-driver up --vm " GUEST " --driver 535.261.03 --range 7.1-18.1");
    /* it is called three times: for the element, and for the job before the down-time and before the write */
    meddle_fail_after ("virDomainGetState", 2, 1);
    poll_once (f);
    WAIT_UNTIL (version_of (f) == vgate_version (18, 1));
    g_assert_cmpuint (meddle_count ("virDomainGetState"), >=, n_states + 6);
}

/* libvirt cannot answer whether there is an element, so the guest does not count as one without a vGPU. */
static void
test_metadata_that_libvirt_does_not_tell (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    WAIT_UNTIL (stats_of (f).n_writes == 1);
    poll_once (f);
    meddle_fail ("virDomainGetMetadata", 1);
    start_guest (f, "another", ANOTHER);
    WAIT_UNTIL (is_said_to_fail (f, ANOTHER, "VGATE-705"));
    poll_once (f);
    WAIT_UNTIL (!is_said_to_fail (f, ANOTHER, "VGATE-705"));
}

/* --- elements in persistent definitions --- */

/* Gives the domain a persistent definition with an element of this namespace, as from a guest that ran. */
static void
define_with (Fixture *f, const char *name, const char *uuid, const char *uri)
{
    g_autofree char *xml =
        g_strdup_printf ("<domain type='test'><name>%s</name><uuid>%s</uuid><metadata>"
                         "<vgate:vgpus xmlns:vgate='%s' domain='" GUEST "'/>"
                         "<other:data xmlns:other='urn:other'/></metadata><memory unit='MiB'>64</memory>"
                         "<os><type>hvm</type></os></domain>",
                         name, uuid, uri);
    g_autoptr (virDomain) domain = virDomainDefineXML (f->libvirt, xml);

    g_assert_nonnull (domain);
}

static void
undefine (Fixture *f, const char *uuid)
{
    g_autoptr (virDomain) domain = virDomainLookupByUUIDString (f->libvirt, uuid);

    g_assert_cmpint (virDomainUndefine (domain), ==, 0);
}

static gboolean
is_defined_with (Fixture *f, const char *uuid, const char *uri)
{
    g_autoptr (virDomain) domain = virDomainLookupByUUIDString (f->libvirt, uuid);
    char *metadata =
        virDomainGetMetadata (domain, VIR_DOMAIN_METADATA_ELEMENT, uri, VIR_DOMAIN_AFFECT_CONFIG);
    const gboolean is_there = metadata != NULL;

    free (metadata); /* libvirt allocates with malloc () */
    return is_there;
}

static guint64
count_removed (Fixture *f)
{
    g_autoptr (VgateStatus) status = vgate_agent_describe (f->agent);

    for (guint i = 0; i < status->counters->len; i++) {
        const VgateCounter *counter = g_ptr_array_index (status->counters, i);

        if (counter->kind == VGATE_COUNTER_LEFTOVERS)
            return counter->value;
    }
    return 0;
}

/* A domain that does not run: when it is defined, and when it was defined before the daemon was connected. */
static void
test_leftover_of_a_stopped_domain (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    WAIT_UNTIL (stats_of (f).n_writes == 1);
    define_with (f, "stopped", STOPPED, VGATE_ELEMENT_NAMESPACE);
    WAIT_UNTIL (count_removed (f) == 1);
    g_assert_false (is_defined_with (f, STOPPED, VGATE_ELEMENT_NAMESPACE));
    /* metadata of other programs is not touched */
    g_assert_true (is_defined_with (f, STOPPED, "urn:other"));
    meddle_lose_connection ();
    define_with (f, "stopped", STOPPED, VGATE_ELEMENT_NAMESPACE);
    WAIT_UNTIL (count_removed (f) == 2);
    g_assert_false (is_defined_with (f, STOPPED, VGATE_ELEMENT_NAMESPACE));
    /* an element of a later version belongs to a later version of vgpu-gated */
    define_with (f, "stopped", STOPPED, "urn:x-vgpu-gate:domain:2");
    define_with (f, "guest", GUEST, VGATE_ELEMENT_NAMESPACE);
    WAIT_UNTIL (count_removed (f) == 3);
    g_assert_true (is_defined_with (f, STOPPED, "urn:x-vgpu-gate:domain:2"));
    undefine (f, STOPPED);
    undefine (f, GUEST);
}

/* A guest that runs: the live element remains, and the removal is not treated as another program's change of
 * it. */
static void
test_leftover_of_a_guest (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    VgateAgentStats before, after;
    guint64 sequence;

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    for (int i = 0; i < 3; i++)
        poll_once (f);
    sequence = sequence_of (f);
    before = stats_of (f);
    define_with (f, "guest", GUEST, VGATE_ELEMENT_NAMESPACE);
    WAIT_UNTIL (count_removed (f) == 1);
    g_assert_false (is_defined_with (f, GUEST, VGATE_ELEMENT_NAMESPACE));
    for (int i = 0; i < 3; i++)
        poll_once (f);
    after = stats_of (f);
    g_assert_cmpuint (after.n_updates, ==, before.n_updates);
    g_assert_cmpuint (sequence_of (f), ==, sequence);
    /* while another program's change is still noticed */
    set_metadata (f, "<nonsense/>");
    WAIT_UNTIL (version_of (f) == vgate_version (26, 1));
    undefine (f, GUEST);
}

/* Another program writes an element into an existing definition. */
static void
test_leftover_by_metadata (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    g_autoptr (virDomain) domain = virDomainLookupByUUIDString (f->libvirt, GUEST);

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    define_with (f, "guest", GUEST, "urn:another");
    poll_once (f);
    g_assert_cmpint (virDomainSetMetadata (domain, VIR_DOMAIN_METADATA_ELEMENT, "<vgpus/>", "x",
                                           VGATE_ELEMENT_NAMESPACE, VIR_DOMAIN_AFFECT_CONFIG),
                     ==, 0);
    WAIT_UNTIL (count_removed (f) == 1);
    g_assert_false (is_defined_with (f, GUEST, VGATE_ELEMENT_NAMESPACE));
    g_assert_cmpuint (version_of (f), ==, vgate_version (26, 1));
    undefine (f, GUEST);
}

/* A job holds the domain, or may hold it: another attempt follows. If libvirt refuses, the next event causes
 * it. */
static void
test_leftover_of_a_busy_domain (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    guint n;

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    for (int i = 0; i < 3; i++)
        poll_once (f);
    n = meddle_count ("virDomainGetState");
    meddle_fail ("virDomainGetState", 3);
    define_with (f, "guest", GUEST, VGATE_ELEMENT_NAMESPACE);
    WAIT_UNTIL (count_removed (f) == 1);
    g_assert_cmpuint (meddle_count ("virDomainGetState"), >=, n + 4);
    n = meddle_count ("virDomainSetMetadata");
    meddle_fail ("virDomainSetMetadata", 1);
    define_with (f, "guest", GUEST, VGATE_ELEMENT_NAMESPACE);
    WAIT_UNTIL (meddle_count ("virDomainSetMetadata") == n + 1);
    g_assert_true (is_defined_with (f, GUEST, VGATE_ELEMENT_NAMESPACE));
    define_with (f, "guest", GUEST, VGATE_ELEMENT_NAMESPACE);
    WAIT_UNTIL (count_removed (f) == 2);
    undefine (f, GUEST);
}

/* A thousand definitions are checked gradually, and those without an element are not written. */
static void
test_many_definitions (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    WAIT_UNTIL (stats_of (f).n_writes == 1);
    meddle_lose_connection ();
    for (guint i = 0; i < 1000; i++) {
        g_autofree char *name = g_strdup_printf ("many-%u", i),
                        *uuid = g_strdup_printf ("5eed0000-0000-4000-8000-%012u", 1000 + i);

        define_with (f, name, uuid, i % 100 == 0 ? VGATE_ELEMENT_NAMESPACE : "urn:another");
    }
    meddle_reset ();
    WAIT_UNTIL (count_removed (f) == 10);
    WAIT_UNTIL (meddle_count ("virDomainIsPersistent") >= 1000 + 10);
    poll_once (f);
    /* each once, the ten once more after libvirt's event of their change, and the guests without vGPUs */
    g_assert_cmpuint (meddle_count ("virDomainGetMetadata"), <=, 1000 + 10 + 5);
    g_assert_cmpuint (meddle_count ("virDomainSetMetadata"), ==, 10);
    g_assert_cmpuint (meddle_most_at_once ("virDomainIsPersistent"), <=, 2);
    for (guint i = 0; i < 1000; i++) {
        g_autofree char *uuid = g_strdup_printf ("5eed0000-0000-4000-8000-%012u", 1000 + i);

        undefine (f, uuid);
    }
}

/* The same without a daemon. A failure is reported, and does not prevent the rest. */
static void
test_once (Fixture *f, G_GNUC_UNUSED gconstpointer lines)
{
    g_autoptr (GError) error = NULL, failure = NULL;
    g_autoptr (VgatePolicy) policy = vgate_policy_load (fake_host_config (f->host), &error);

    WAIT_UNTIL (stats_of (f).n_writes == 1);
    g_clear_pointer (&f->agent, vgate_agent_free);
    define_with (f, "stopped", STOPPED, VGATE_ELEMENT_NAMESPACE);
    define_with (f, "guest", GUEST, VGATE_ELEMENT_NAMESPACE);
    g_assert_true (vgate_capture_once (policy, URI, &error));
    g_assert_no_error (error);
    g_assert_false (is_defined_with (f, STOPPED, VGATE_ELEMENT_NAMESPACE));
    g_assert_false (is_defined_with (f, GUEST, VGATE_ELEMENT_NAMESPACE));
    g_assert_cmpuint (version_of (f), ==, vgate_version (26, 1));
    define_with (f, "stopped", STOPPED, VGATE_ELEMENT_NAMESPACE);
    define_with (f, "guest", GUEST, VGATE_ELEMENT_NAMESPACE);
    set_metadata (f, "<nonsense/>");
    meddle_fail ("virDomainSetMetadata", 1);
    g_assert_false (vgate_capture_once (policy, URI, &failure));
    g_assert_error (failure, VGATE_ERROR, VGATE_CODE_LEFTOVER_NOT_REMOVED);
    g_assert_true (is_defined_with (f, STOPPED, VGATE_ELEMENT_NAMESPACE) !=
                   is_defined_with (f, GUEST, VGATE_ELEMENT_NAMESPACE));
    g_assert_cmpuint (version_of (f), ==, vgate_version (26, 1));
    undefine (f, STOPPED);
    undefine (f, GUEST);
}

static void
swallow (G_GNUC_UNUSED void *data, G_GNUC_UNUSED virErrorPtr error)
{
}

#define ADD(path, lines, function) g_test_add ("/agent/" path, Fixture, lines, set_up, function, tear_down)

int
main (int argc, char **argv)
{
    program_test_init (&argc, &argv);
    xmlInitParser ();
    gvir_event_register ();
    virSetErrorFunc (NULL, swallow);
    ADD ("captured", NULL, test_captured);
    ADD ("lost", NULL, test_lost);
    ADD ("lost-and-failed", NULL, test_lost_and_failed);
    ADD ("nothing-changes", NULL, test_nothing_changes);
    ADD ("nvml-changes", NULL, test_nvml_changes);
    ADD ("foreign-change", NULL, test_foreign_change);
    ADD ("a-vgpu-that-goes", NULL, test_a_vgpu_that_goes);
    ADD ("a-guest-that-starts", NULL, test_a_guest_that_starts);
    ADD ("a-guest-that-starts-after-the-daemon", NULL, test_a_guest_that_starts_after_the_daemon);
    ADD ("an-end-that-is-missed", NULL, test_an_end_that_is_missed);
    ADD ("a-start-that-is-missed", NULL, test_a_start_that_is_missed);
    ADD ("a-start-during-the-listing", NULL, test_a_start_during_the_listing);
    ADD ("a-listing-that-is-late", NULL, test_a_listing_that_is_late);
    ADD ("a-look-at-one-that-ended", NULL, test_a_look_at_one_that_ended);
    ADD ("a-check-of-one-that-ended", "[capture]\ninterval=3600\ninterval-fast=1\n",
         test_a_check_of_one_that_ended);
    ADD ("a-state-that-libvirt-does-not-tell", NULL, test_a_state_that_libvirt_does_not_tell);
    ADD ("a-job-that-libvirt-does-not-tell", NULL, test_a_job_that_libvirt_does_not_tell);
    ADD ("metadata-that-libvirt-does-not-tell", NULL, test_metadata_that_libvirt_does_not_tell);
    ADD ("leftover-of-a-stopped-domain", NULL, test_leftover_of_a_stopped_domain);
    ADD ("leftover-of-a-guest", NULL, test_leftover_of_a_guest);
    ADD ("leftover-by-metadata", NULL, test_leftover_by_metadata);
    ADD ("leftover-of-a-busy-domain", NULL, test_leftover_of_a_busy_domain);
    ADD ("many-definitions", NULL, test_many_definitions);
    ADD ("once", NULL, test_once);
    ADD ("nvml-fails", NULL, test_nvml_fails);
    ADD ("nvml-hangs", "[backend]\ndeadline-ms=2000\n[capture]\ninterval=3600\ninterval-fast=3600\n",
         test_nvml_hangs);
    return g_test_run ();
}
