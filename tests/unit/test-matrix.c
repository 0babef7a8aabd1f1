/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The matrix gives the same answer for every pair as the rule. */
#include "vgpu-gate/vgpu-gate.h"

#include <string.h>

#define N_VGPUS 257u
#define N_PGPUS 131u

static const char *const strings[] = {"", "233016C100000003", "233016C100000002", "26B918510B7E00000003",
                                      "GPU-b6a3986c-592d-47ce-adb0-cabdece1a74a"};
static const guint32 structure_versions[] = {3, 3, 3, 3, 3, 3, 2, 0, 4, G_MAXUINT32};
static const guint32 capabilities[] = {1, 1, 1, 1, 1, 3, 0, 2, 0xfffffffe};
static const guint32 vgpu_versions[] = {0,        1,        0x70001,  0x120000,   0x120001,
                                        0x180001, 0x1a0001, 0x1a0002, G_MAXUINT32};

#define PICK(rand, list) (list)[g_rand_int_range (rand, 0, (gint32)G_N_ELEMENTS (list))]

static void
draw (GRand *rand, VgateVgpuRecord *vgpus, VgatePgpuRecord *pgpus)
{
    for (gsize i = 0; i < N_VGPUS; i++) {
        vgpus[i].size = sizeof vgpus[i];
        vgpus[i].version = PICK (rand, structure_versions);
        vgpus[i].capabilities = PICK (rand, capabilities);
        vgpus[i].guest_version = PICK (rand, vgpu_versions);
        g_strlcpy (vgpus[i].gpu_string, PICK (rand, strings), sizeof vgpus[i].gpu_string);
    }
    for (gsize i = 0; i < N_PGPUS; i++) {
        pgpus[i].size = sizeof pgpus[i];
        pgpus[i].version = PICK (rand, structure_versions);
        pgpus[i].capabilities = PICK (rand, capabilities);
        pgpus[i].range = (VgateVersionRange){PICK (rand, vgpu_versions), PICK (rand, vgpu_versions)};
        g_strlcpy (pgpus[i].gpu_string, PICK (rand, strings), sizeof pgpus[i].gpu_string);
    }
}

static void
test_pairs (void)
{
    g_autoptr (GRand) rand = g_rand_new_with_seed (1);
    guint seen[256] = {0};

    for (int round = 0; round < 20; round++) {
        g_autofree VgateVgpuRecord *vgpus = g_new0 (VgateVgpuRecord, N_VGPUS);
        g_autofree VgatePgpuRecord *pgpus = g_new0 (VgatePgpuRecord, N_PGPUS);
        g_autofree VgatePackedAnswer *answers = g_new0 (VgatePackedAnswer, N_VGPUS * N_PGPUS);

        draw (rand, vgpus, pgpus);
        vgate_compat_matrix (vgpus, N_VGPUS, pgpus, N_PGPUS, answers);
        for (gsize v = 0; v < N_VGPUS; v++) {
            for (gsize p = 0; p < N_PGPUS; p++) {
                const VgateAnswer one = vgate_compat_answer (&vgpus[v], &pgpus[p]);
                const VgateAnswer of_many = vgate_answer_unpack (answers[v * N_PGPUS + p]);

                g_assert_cmphex (of_many.states, ==, one.states);
                g_assert_cmphex (of_many.limit, ==, one.limit);
                seen[answers[v * N_PGPUS + p]]++;
            }
        }
    }
    /* all four answers occurred */
    g_assert_cmpuint (seen[0x10], >, 1000);
    g_assert_cmpuint (seen[0x50], >, 1000);
    g_assert_cmpuint (seen[0x40], >, 1000);
    g_assert_cmpuint (seen[0x09], >, 1000);
}

static void
test_pack (void)
{
    const VgateAnswer all = {0xf, VGATE_LIMIT_HOST_DRIVER | VGATE_LIMIT_GUEST_DRIVER | VGATE_LIMIT_GPU |
                                      VGATE_LIMIT_OTHER};

    g_assert_cmphex (vgate_answer_pack (all), ==, 0xff);
    for (guint packed = 0; packed < 256; packed++)
        g_assert_cmphex (vgate_answer_pack (vgate_answer_unpack ((VgatePackedAnswer)packed)), ==, packed);
}

/* Without records nothing is written. */
static void
test_empty (void)
{
    const VgateVgpuRecord vgpu = {.size = sizeof (VgateVgpuRecord), .version = 3};
    const VgatePgpuRecord pgpu = {.size = sizeof (VgatePgpuRecord), .version = 3};
    VgatePackedAnswer answer = 0xaa;

    vgate_compat_matrix (&vgpu, 0, &pgpu, 1, &answer);
    vgate_compat_matrix (&vgpu, 1, &pgpu, 0, &answer);
    g_assert_cmphex (answer, ==, 0xaa);
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/matrix/pairs", test_pairs);
    g_test_add_func ("/matrix/pack", test_pack);
    g_test_add_func ("/matrix/empty", test_empty);
    return g_test_run ();
}
