/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The warning about the down-time when a migration begins: by NVML's answer at that time, not by the XML. */
#include "plugin/jobs/job.h"

#include "answers.h"

#include <string.h>

#define MIB ((guint64)1 << 20)

typedef struct {
    VgateJobFacts facts;
    VgatePolicy *policy;
    VgateSnapshot *snapshot; /* two vGPUs, each of 250 MiB */
} Fixture;

static void
set_up (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    const VgateVgpuRecord records[] = {sample_vgpu_record (), sample_vgpu_record ()};
    g_autoptr (VgateElement) element = sample_element (2);
    g_autofree char *metadata = vgate_element_write (element, TRUE), *xml = sample_domain (metadata, NULL);
    g_autoptr (GError) error = NULL;

    f->facts = (VgateJobFacts){.kind = VGATE_JOB_MIGRATION, .power = VGATE_POWER_RUNNING};
    f->facts.domain = vgate_domain_read (xml, strlen (xml), NULL, &error);
    g_assert_no_error (error);
    f->policy = vgate_policy_new_default ();
    f->policy->link_speed = 10000;
    f->snapshot = answers_snapshot (records, 2);
    for (guint i = 0; i < 2; i++) {
        VgateInstance *instance = g_ptr_array_index (f->snapshot->probe->instances, i);

        instance->framebuffer_used = 200 * MIB;
        instance->runtime_state = 50 * MIB;
    }
}

static void
tear_down (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    vgate_job_facts_clear (&f->facts);
    vgate_policy_free (f->policy);
    vgate_snapshot_unref (f->snapshot);
}

static void
assert_said (const Fixture *f, const char *expected)
{
    g_autofree char *said = vgate_job_down_time (&f->facts, f->snapshot, f->policy);

    g_assert_cmpstr (said, ==, expected);
}

#define TEST(name) static void name (Fixture *f, G_GNUC_UNUSED gconstpointer data)

TEST (test_limit_of_guest)
{
    assert_said (
        f, "about 420 ms of down-time (250 MiB at 10000 Mbit/s of the link); the guest's limit is 300 ms");
    f->facts.domain->element->max_downtime = 420;
    assert_said (f, NULL);
    f->facts.domain->element->max_downtime = 0;
    assert_said (f, NULL);
}

TEST (test_limit_of_configuration)
{
    f->policy->down_time_limit = 419;
    assert_said (
        f, "about 420 ms of down-time (250 MiB at 10000 Mbit/s of the link); this host's limit is 419 ms");
    f->policy->down_time_limit = 420;
    assert_said (f, NULL);
}

TEST (test_nothing_to_say)
{
    f->policy->down_time_limit = 1;
    f->facts.kind = VGATE_JOB_SAVE;
    assert_said (f, NULL);
    f->facts.kind = VGATE_JOB_MIGRATION;
    f->facts.power = VGATE_POWER_SUSPENDED;
    assert_said (f, NULL);
    f->facts.power = VGATE_POWER_RUNNING;
    f->policy->severities[VGATE_RULE_DOWN_TIME] = VGATE_SEVERITY_IGNORE;
    assert_said (f, NULL);
    f->policy->severities[VGATE_RULE_DOWN_TIME] = VGATE_SEVERITY_REFUSE;
    for (guint i = 0; i < 2; i++)
        ((VgateInstance *)g_ptr_array_index (f->snapshot->probe->instances, i))->framebuffer_used = 0;
    assert_said (f, NULL);
}

#define ADD(path, test) g_test_add ("/down-time/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    ADD ("limit-of-guest", test_limit_of_guest);
    ADD ("limit-of-configuration", test_limit_of_configuration);
    ADD ("nothing-to-say", test_nothing_to_say);
    return g_test_run ();
}
