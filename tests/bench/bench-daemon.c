/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cost of 1,000 guests with vGPUs for vgpu-gated when nothing changes: the daemon's library, libvirt's
 * test driver, and the simulated driver with 1,000 vGPUs. Prints the processor time of one pass and the
 * memory. The domains of the test driver are in this process too, so the daemon's own memory is measured
 * separately.
 */
#include "plugin/capture/snapshot.h"
#include "plugin/service/agent.h"
#include "plugin/service/status-document.h"
#include "fake-host.h"
#include "program.h"

#include <libvirt-glib/libvirt-glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define N_GUESTS     1000u
#define N_PASSES     10u
#define CPU_LIMIT_MS 100.0
/* What holds the main loop up in one piece: nothing else is answered in the meantime. */
#define MAIN_LOOP_LIMIT_MS 30.0

static char *
guest_uuid (guint i)
{
    return g_strdup_printf ("5eed0000-0000-4000-8000-%012x", i);
}

static void
write_sim_host (FakeHost *host)
{
    g_autoptr (GString) text =
        g_string_new ("[driver]\nversion=580.95.05\nrange=18.1-26.1\n\n"
                      "[type 9]\nname=NVIDIA Tiny-1C\nclass=Compute\nframebuffer=64\n\n"
                      "[gpu 0000:41:00.0]\nname=NVIDIA H100 80GB HBM3\n"
                      "uuid=GPU-6a52c1de-0000-4000-8000-000041000000\n"
                      "device-id=2330\nsubsystem-id=16C1\nframebuffer=81920\n"
                      "vgpu-types=9:1200\n\n");

    for (guint i = 0; i < N_GUESTS; i++) {
        g_autofree char *vm = guest_uuid (i);

        g_string_append_printf (text,
                                "[vgpu aaaa0000-0000-4000-8000-%012x]\ninstance=%u\nvm=%s\n"
                                "gpu=0000:41:00.0\ntype=9\nmdev=bbbb0000-0000-4000-8000-%012x\n"
                                "guest-driver-state=up\nguest-driver=580.95.05\nguest-version=26.1\n\n",
                                i, i + 1, vm, i);
    }
    fake_host_write_file (host, "sim-host.conf", text->str, text->len, 0644);
}

static void
start_guests (virConnectPtr libvirt)
{
    for (guint i = 0; i < N_GUESTS; i++) {
        g_autofree char *uuid = guest_uuid (i);
        g_autofree char *xml = g_strdup_printf (
            "<domain type='test'><name>guest%u</name><uuid>%s</uuid><memory unit='MiB'>64</memory>"
            "<os><type>hvm</type></os></domain>",
            i, uuid);
        virDomainPtr domain = virDomainCreateXML (libvirt, xml, 0);

        g_assert_nonnull (domain);
        virDomainFree (domain);
    }
}

static double
cpu_ms (void)
{
    struct rusage usage;

    getrusage (RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* Returns the reader's times from the shell's 'times': its second line, "0m0.010s 0m0.004s". */
static double
reader_ms (const FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, "times"), *text = NULL;
    g_auto (GStrv) lines = NULL;
    double minutes[2], seconds[2];

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    lines = g_strsplit (text, "\n", -1);
    g_assert_cmpint (
        sscanf (lines[1], "%lfm%lfs %lfm%lfs", &minutes[0], &seconds[0], &minutes[1], &seconds[1]), ==, 4);
    return (minutes[0] + minutes[1]) * 60000 + (seconds[0] + seconds[1]) * 1000;
}

static void
wait_for (const VgateAgent *agent, guint n_polls, guint n_writes)
{
    const gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;
    VgateAgentStats stats;

    do {
        g_main_context_iteration (NULL, TRUE);
        vgate_agent_get_stats (agent, &stats);
        g_assert_cmpint (g_get_monotonic_time (), <, end);
    } while (stats.n_polls < n_polls || stats.n_writes < n_writes);
}

/* The answer to 'vgpu-gate agent status', which the main loop makes. */
static void
measure_status (const VgateAgent *agent)
{
    const double before = cpu_ms ();
    gsize length = 0;
    double cpu;

    for (guint i = 0; i < N_PASSES; i++) {
        g_autoptr (VgateStatus) status = vgate_agent_describe (agent);
        g_autofree char *document = vgate_status_document (status);

        g_assert_cmpuint (status->guests->len, ==, N_GUESTS);
        length = strlen (document);
    }
    cpu = (cpu_ms () - before) / N_PASSES;
    g_test_message ("the status document of %u guests, %" G_GSIZE_FORMAT " KiB: %.1f ms of processor time",
                    N_GUESTS, length / 1024, cpu);
    g_assert_cmpfloat (cpu, <, MAIN_LOOP_LIMIT_MS);
}

/* What every answer of NVML is compared by. */
static void
measure_fingerprints (const VgatePolicy *policy)
{
    VgateIdentity identity = {.name = (char *)"bench",
                              .uuid = (char *)"5eed0000-0000-4000-8000-00000000abcd"};
    const VgateProbing probing = {.identity = &identity, .with_instances = TRUE};
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateSnapshot) snapshot = NULL;
    VgateProbe *probe = vgate_probe_ask (&policy->backend, &probing, &error);
    double cpu = cpu_ms ();

    g_assert_no_error (error);
    snapshot = vgate_snapshot_new (probe, NULL);
    cpu = cpu_ms ();
    for (guint i = 0; i < N_GUESTS; i++) {
        g_autofree char *uuid = guest_uuid (i);

        g_assert_nonnull (vgate_snapshot_fingerprint (snapshot, uuid));
    }
    cpu = cpu_ms () - cpu;
    g_test_message ("the fingerprints of %u guests: %.1f ms of processor time", N_GUESTS, cpu);
    g_assert_cmpfloat (cpu, <, MAIN_LOOP_LIMIT_MS);
}

static void
test_unchanged (void)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    virConnectPtr libvirt = virConnectOpen ("test:///default");
    g_autoptr (VgateAgent) agent = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree char *lines = NULL;
    VgateAgentStats before, after;
    VgatePolicy *policy;
    double cpu;

    write_sim_host (host);
    start_guests (libvirt);
    fake_host_configure (host, "[capture]\ninterval=3600\ninterval-fast=3600\n");
    lines = g_strdup_printf ("\"$HELPER\"; times >%s/times", fake_host_root (host));
    fake_host_set_helper (host, lines);
    policy = vgate_policy_load (fake_host_config (host), &error);
    g_assert_no_error (error);
    agent = vgate_agent_new (policy, "test:///default");
    g_assert_true (vgate_agent_start (agent, &error));
    wait_for (agent, 1, N_GUESTS);
    vgate_agent_get_stats (agent, &before);
    vgate_agent_poll (agent);
    wait_for (agent, before.n_polls + 1, 0);
    vgate_agent_get_stats (agent, &before);
    cpu = cpu_ms ();
    for (guint i = 1; i <= N_PASSES; i++) {
        vgate_agent_poll (agent);
        wait_for (agent, before.n_polls + i, 0);
    }
    cpu = (cpu_ms () - cpu) / N_PASSES;
    vgate_agent_get_stats (agent, &after);
    g_test_message (
        "%u guests with vGPUs, one pass without a change: %.1f ms of processor time, %.0f ms of the "
        "process that reads NVML; %u looks, %u writes",
        after.n_vgpu, cpu, reader_ms (host), after.n_updates - before.n_updates,
        after.n_writes - before.n_writes);
    g_assert_cmpuint (after.n_vgpu, ==, N_GUESTS);
    g_assert_cmpuint (after.n_updates, ==, before.n_updates);
    g_assert_cmpuint (after.n_writes, ==, before.n_writes);
    g_assert_cmpfloat (cpu, <, CPU_LIMIT_MS);
    measure_status (agent);
    measure_fingerprints (policy);
    virConnectClose (libvirt);
}

static void
swallow (G_GNUC_UNUSED void *data, G_GNUC_UNUSED virErrorPtr error)
{
}

int
main (int argc, char **argv)
{
    program_test_init (&argc, &argv);
    xmlInitParser ();
    gvir_event_register ();
    virSetErrorFunc (NULL, swallow);
    g_test_add_func ("/bench/daemon/unchanged", test_unchanged);
    return g_test_run ();
}
