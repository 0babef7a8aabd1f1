/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "answers.h"

static char *
fingerprint_of (const VgateVgpuRecord *records, guint n)
{
    g_autoptr (VgateSnapshot) snapshot = answers_snapshot (records, n);

    return g_strdup (vgate_snapshot_fingerprint (snapshot, SAMPLE_DOMAIN_UUID));
}

static void
test_find (void)
{
    const VgateVgpuRecord records[] = {sample_vgpu_record (), sample_vgpu_record (), sample_vgpu_record ()};
    g_autoptr (VgateSnapshot) snapshot = answers_snapshot (records, 3);
    const GPtrArray *found = vgate_snapshot_find (snapshot, SAMPLE_DOMAIN_UUID);

    g_assert_null (vgate_snapshot_find (snapshot, SAMPLE_HOST_UUID));
    g_assert_nonnull (found);
    g_assert_cmpuint (found->len, ==, 3);
    for (guint i = 1; i < found->len; i++)
        g_assert_cmpstr (((VgateInstance *)found->pdata[i - 1])->uuid, <,
                         ((VgateInstance *)found->pdata[i])->uuid);
}

static void
test_fingerprint_stays (void)
{
    const VgateVgpuRecord records[] = {sample_vgpu_record (), sample_vgpu_record ()};
    g_autofree char *one = fingerprint_of (records, 2), *other = fingerprint_of (records, 2);
    g_autoptr (VgateSnapshot) snapshot = answers_snapshot (records, 2);

    g_assert_cmpstr (one, ==, other);
    g_assert_null (vgate_snapshot_fingerprint (snapshot, SAMPLE_HOST_UUID));
}

static void
test_fingerprint_changes (void)
{
    const VgateVgpuRecord before[] = {sample_vgpu_record (), sample_vgpu_record ()};
    VgateVgpuRecord after[] = {sample_vgpu_record (), sample_vgpu_record ()};
    g_autofree char *same = fingerprint_of (before, 2), *fewer = fingerprint_of (before, 1), *newer = NULL;
    g_autoptr (VgateSnapshot) snapshot = answers_snapshot (before, 2), elsewhere = NULL;

    after[1].guest_version++;
    newer = fingerprint_of (after, 2);
    /* the pGPU's members of the element count as well */
    answers_pgpu (snapshot)->record.range.min++;
    elsewhere = vgate_snapshot_new (g_steal_pointer (&snapshot->probe), NULL);
    g_assert_cmpstr (same, !=, fewer);
    g_assert_cmpstr (same, !=, newer);
    g_assert_cmpstr (same, !=, vgate_snapshot_fingerprint (elsewhere, SAMPLE_DOMAIN_UUID));
}

static void
test_driver_down (void)
{
    VgateVgpuRecord records[] = {sample_vgpu_record (), sample_vgpu_record ()};
    g_autoptr (VgateSnapshot) up = answers_snapshot (records, 2);
    g_autoptr (VgateSnapshot) down = NULL;

    records[1].guest_version = 0;
    down = answers_snapshot (records, 2);
    g_assert_false (vgate_snapshot_is_driver_down (up, SAMPLE_DOMAIN_UUID));
    g_assert_true (vgate_snapshot_is_driver_down (down, SAMPLE_DOMAIN_UUID));
    g_assert_false (vgate_snapshot_is_driver_down (down, SAMPLE_HOST_UUID));
}

static void
test_answer (void)
{
    const VgateVgpuRecord record = sample_vgpu_record ();
    VgateVgpuRecord other = record;
    g_autoptr (VgateSnapshot) snapshot = answers_snapshot_judged (&record, (VgateAnswer){9, 0});
    g_autoptr (GBytes) its = vgate_vgpu_record_write (&record);
    g_autoptr (GBytes) another = NULL;

    other.guest_version++;
    another = vgate_vgpu_record_write (&other);
    g_assert_nonnull (vgate_snapshot_find_answer (snapshot, its, 0));
    g_assert_cmpuint (vgate_snapshot_find_answer (snapshot, its, 0)->states, ==, 9);
    g_assert_null (vgate_snapshot_find_answer (snapshot, its, 1));
    g_assert_null (vgate_snapshot_find_answer (snapshot, another, 0));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/snapshot/find", test_find);
    g_test_add_func ("/snapshot/fingerprint-stays", test_fingerprint_stays);
    g_test_add_func ("/snapshot/fingerprint-changes", test_fingerprint_changes);
    g_test_add_func ("/snapshot/driver-down", test_driver_down);
    g_test_add_func ("/snapshot/answer", test_answer);
    return g_test_run ();
}
