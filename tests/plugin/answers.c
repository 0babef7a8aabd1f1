/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "answers.h"

#include <string.h>

static VgateInstance *
instance (guint number, const VgateVgpuRecord *record)
{
    VgateInstance *made = vgate_instance_new ();

    made->vm = g_strdup (SAMPLE_DOMAIN_UUID);
    made->uuid = g_strdup_printf ("aaaaaaaa-0000-4000-8000-%012x", number);
    made->mdev = number % 2 == 1 ? g_strdup_printf ("bbbbbbbb-0000-4000-8000-%012x", number) : NULL;
    made->type = 1131;
    made->type_name = g_strdup ("NVIDIA H100XM-80C");
    made->metadata = vgate_vgpu_record_write (record);
    return made;
}

static VgateProbe *
probe (const VgateVgpuRecord *records, guint n_records)
{
    VgateProbe *made = vgate_probe_new ();

    made->host = sample_host ();
    /* NVML promises no order */
    for (guint i = n_records; i > 0; i--)
        g_ptr_array_add (made->instances, instance (i, &records[i - 1]));
    return made;
}

VgateSnapshot *
answers_snapshot (const VgateVgpuRecord *records, guint n_records)
{
    return vgate_snapshot_new (probe (records, n_records), NULL);
}

VgateSnapshot *
answers_snapshot_judged (const VgateVgpuRecord *record, VgateAnswer answer)
{
    const VgateDriverAnswer said = {.rc = 0, .states = answer.states, .limit = answer.limit};
    g_autoptr (GPtrArray) judged = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
    VgateProbe *made = probe (record, 1);

    g_array_append_val (made->answers, said);
    g_ptr_array_add (judged, vgate_vgpu_record_write (record));
    return vgate_snapshot_new (made, judged);
}

VgatePgpu *
answers_pgpu (VgateSnapshot *snapshot)
{
    return g_ptr_array_index (snapshot->probe->host->pgpus, 0);
}

VgateJobFacts
answers_facts (VgateJobKind kind, const VgateVgpuRecord *record)
{
    VgateJobFacts facts = {.kind = kind, .power = VGATE_POWER_RUNNING};
    g_autoptr (VgateElement) element = sample_element (1);
    g_autofree char *metadata = NULL, *xml = NULL;
    g_autoptr (GError) error = NULL;

    if (record) {
        sample_set_record (element, 0, record);
        metadata = vgate_element_write (element, TRUE);
    }
    xml = sample_domain (metadata, NULL);
    facts.name = g_strdup ("demo");
    facts.domain = vgate_domain_read (xml, strlen (xml), NULL, &error);
    g_assert_no_error (error);
    return facts;
}
