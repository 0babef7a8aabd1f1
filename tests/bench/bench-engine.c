/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The speed of the engine: one pair with NVIDIA's whole rule, one pair with every finding, and 10,000 vGPUs
 * on 1,000 pGPUs with the matrix, compared with a plain loop of single calls. Prints the best of several
 * rounds.
 */
#include "compat/verdict.h"
#include "nvml/nvml-abi.h"

#include <stdio.h>
#include <string.h>

#define N_VGPUS 10000u
#define N_PGPUS 1000u
#define ROUNDS  5
#define SINGLES 5000000u

/* Eight boards in two settings, three driver branches. */
static void
fill (VgateVgpuRecord *vgpus, VgatePgpuRecord *pgpus)
{
    static const guint32 versions[] = {0x120001, 0x180001, 0x1a0001, 0x1b0001};

    for (guint i = 0; i < N_VGPUS; i++) {
        vgpus[i] = (VgateVgpuRecord){.size = sizeof (VgateVgpuRecord),
                                     .version = 3,
                                     .capabilities = 1,
                                     .guest_version = versions[i % 4]};
        vgpus[i].opaque_size = NVML_VGPU_OPAQUE_SIZE;
        g_snprintf (vgpus[i].gpu_string, sizeof vgpus[i].gpu_string, "23%02X16C10000000%u", i % 8,
                    i / 8 % 2 + 2);
    }
    for (guint i = 0; i < N_PGPUS; i++) {
        pgpus[i] = (VgatePgpuRecord){.size = sizeof (VgatePgpuRecord),
                                     .version = 3,
                                     .capabilities = 1,
                                     .range = {versions[i % 2], versions[2 + i % 2]}};
        pgpus[i].opaque_size = NVML_PGPU_OPAQUE_SIZE;
        g_snprintf (pgpus[i].gpu_string, sizeof pgpus[i].gpu_string, "23%02X16C10000000%u", i % 8,
                    i / 8 % 2 + 2);
    }
}

static double
best (double before, gint64 began_us)
{
    const double taken_ms = (double)(g_get_monotonic_time () - began_us) / 1000;

    return before > 0 && before < taken_ms ? before : taken_ms;
}

static double
time_matrix (const VgateVgpuRecord *vgpus, const VgatePgpuRecord *pgpus, VgatePackedAnswer *answers)
{
    double ms = 0;

    for (int round = 0; round < ROUNDS; round++) {
        const gint64 began = g_get_monotonic_time ();

        vgate_compat_matrix (vgpus, N_VGPUS, pgpus, N_PGPUS, answers);
        ms = best (ms, began);
    }
    return ms;
}

static double
time_loop (const VgateVgpuRecord *vgpus, const VgatePgpuRecord *pgpus, VgatePackedAnswer *answers)
{
    double ms = 0;

    for (int round = 0; round < ROUNDS; round++) {
        const gint64 began = g_get_monotonic_time ();

        for (guint v = 0; v < N_VGPUS; v++)
            for (guint p = 0; p < N_PGPUS; p++)
                answers[(gsize)v * N_PGPUS + p] =
                    vgate_answer_pack (vgate_compat_answer (&vgpus[v], &pgpus[p]));
        ms = best (ms, began);
    }
    return ms;
}

/* The same compatible pair repeatedly, so that every line of the rule is evaluated. */
static double
time_single (const VgateVgpuRecord *vgpu, const VgatePgpuRecord *pgpu)
{
    VgateVgpuRecord changing = *vgpu;
    double ms = 0;
    guint32 states = 0;

    for (int round = 0; round < ROUNDS; round++) {
        const gint64 began = g_get_monotonic_time ();

        for (guint i = 0; i < SINGLES; i++) {
            *(volatile guint32 *)&changing.revision = i;
            states += vgate_compat_answer (&changing, pgpu).states;
        }
        ms = best (ms, began);
    }
    g_assert_cmpuint (states, !=, 0);
    return ms * 1e6 / SINGLES;
}

static double
time_judge (const VgateVgpuRecord *vgpu, const VgatePgpuRecord *pgpu)
{
    const VgateVgpuSide vgpu_side = {
        .size = sizeof (VgateVgpuSide), .record = vgpu, .type_id = 1, .type_name = "type"};
    const VgatePgpuSide pgpu_side = {
        .size = sizeof (VgatePgpuSide), .record = pgpu, .offer = VGATE_OFFER_YES, .free_instances = 1};
    VgateCircumstances circumstances = VGATE_INIT (VgateCircumstances);
    VgateVerdict verdict;
    double ms = 0;

    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        circumstances.severities[rule] = vgate_rule_info (rule)->severity;
    for (int round = 0; round < ROUNDS; round++) {
        const gint64 began = g_get_monotonic_time ();

        for (guint i = 0; i < SINGLES / 5; i++)
            vgate_compat_judge (&vgpu_side, &pgpu_side, &circumstances, &verdict);
        ms = best (ms, began);
    }
    return ms * 1e6 / (SINGLES / 5);
}

int
main (void)
{
    g_autofree VgateVgpuRecord *vgpus = g_new (VgateVgpuRecord, N_VGPUS);
    g_autofree VgatePgpuRecord *pgpus = g_new (VgatePgpuRecord, N_PGPUS);
    g_autofree VgatePackedAnswer *by_matrix = g_new (VgatePackedAnswer, N_VGPUS * N_PGPUS);
    g_autofree VgatePackedAnswer *by_loop = g_new (VgatePackedAnswer, N_VGPUS * N_PGPUS);
    double single_ns, judge_ns, matrix_ms, loop_ms;
    gboolean same;

    fill (vgpus, pgpus);
    single_ns = time_single (&vgpus[0], &pgpus[0]);
    judge_ns = time_judge (&vgpus[0], &pgpus[0]);
    matrix_ms = time_matrix (vgpus, pgpus, by_matrix);
    loop_ms = time_loop (vgpus, pgpus, by_loop);
    same = memcmp (by_matrix, by_loop, (gsize)N_VGPUS * N_PGPUS) == 0;
    printf ("1..3\n");
    printf ("# one pair: NVIDIA's rule %.1f ns, with every finding %.1f ns\n", single_ns, judge_ns);
    printf ("# %u vGPUs on %u pGPUs: matrix %.1f ms, loop of single calls %.1f ms, ratio %.1f\n", N_VGPUS,
            N_PGPUS, matrix_ms, loop_ms, loop_ms / matrix_ms);
    printf ("%s 1 - matrix and loop agree\n", same ? "ok" : "not ok");
    printf ("%s 2 - one pair takes at most 20 ns\n", single_ns <= 20 ? "ok" : "not ok");
    printf ("%s 3 - the matrix takes less than 40 ms\n", matrix_ms < 40 ? "ok" : "not ok");
    return same && single_ns <= 20 && matrix_ms < 40 ? 0 : 1;
}
