/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vgpu-gate/vgpu-gate.h"

#include <string.h>

static const struct {
    const char *source;
    const char *destination;
    VgateGpuDifference difference;
    const char *words; /* in the explanation */
} cases[] = {
    {"233016C100000003", "233016C100000003", VGATE_GPU_SAME, "equal"},
    {"233016C100000003", "233016C100000002", VGATE_GPU_ECC, "ECC is on at the source, off here"},
    {"233016C100000002", "233016C100000003", VGATE_GPU_ECC, "ECC is off at the source, on here"},
    {"233016C100000003", "233016C100000001", VGATE_GPU_SRIOV, "SR-IOV is on at the source, off here"},
    {"233016C100000000", "233016C100000003", VGATE_GPU_ECC | VGATE_GPU_SRIOV,
     "ECC is off at the source, on here; SR-IOV is off at the source, on here"},
    {"233016C100000003", "2331162600000003", VGATE_GPU_BOARD,
     "the board is 2330-16C1 at the source, 2331-1626 here"},
    {"233016C100000003", "2331162600000000", VGATE_GPU_BOARD | VGATE_GPU_ECC | VGATE_GPU_SRIOV,
     "2331-1626 here; ECC"},
    {"20B2146300000001AB00000003", "20B2146300000001CD00000003", VGATE_GPU_FLOORSWEEPING, "floor-sweeping"},
    /* a middle part of another length is another middle part */
    {"20B21463AB00000003", "20B21463ABCD00000003", VGATE_GPU_FLOORSWEEPING, "floor-sweeping"},
    {"20B21463AB00000003", "233016C100000002", VGATE_GPU_BOARD | VGATE_GPU_FLOORSWEEPING | VGATE_GPU_ECC,
     "board"},
    {"233016C100000003", "233016C180000003", VGATE_GPU_CAPABILITY,
     "capability word is 00000003 at the source, 80000003"},
    {"233016C100000003", "233016C1FFFFFFFC", VGATE_GPU_ECC | VGATE_GPU_SRIOV | VGATE_GPU_CAPABILITY,
     "fffffffc"},
    {"GPU-aaaaaaaa-0000-4000-8000-000000000001", "233016C100000003", VGATE_GPU_NOT_CAPABLE, "not capable"},
    {"233016C100000003", "GPU-aaaaaaaa-0000-4000-8000-000000000001", VGATE_GPU_NOT_CAPABLE, "not capable"},
    {"aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002", VGATE_GPU_NOT_CAPABLE,
     "not capable"},
    /* case matters, so these have no known form */
    {"233016c100000003", "233016C100000003", VGATE_GPU_UNREADABLE, "form"},
    {"", "233016C100000003", VGATE_GPU_UNREADABLE, "form"},
    {"233016C10000003", "233016C100000003", VGATE_GPU_UNREADABLE, "form"}, /* 15 characters */
    {"233016C100000003", "233016C1 0000003", VGATE_GPU_UNREADABLE, "form"},
};

static void
test_compare (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        if (vgate_gpu_string_compare (cases[i].source, cases[i].destination) != cases[i].difference)
            g_error ("%s against %s: 0x%x", cases[i].source, cases[i].destination,
                     vgate_gpu_string_compare (cases[i].source, cases[i].destination));
}

/* A difference shows in both directions. */
static void
test_symmetric (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        g_assert_cmpint (vgate_gpu_string_compare (cases[i].destination, cases[i].source), ==,
                         cases[i].difference);
}

static void
test_explain (void)
{
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *text = vgate_gpu_string_explain (cases[i].source, cases[i].destination);

        if (!strstr (text, cases[i].words))
            g_error ("'%s' does not say '%s'", text, cases[i].words);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/gpu-string/compare", test_compare);
    g_test_add_func ("/gpu-string/symmetric", test_symmetric);
    g_test_add_func ("/gpu-string/explain", test_explain);
    return g_test_run ();
}
