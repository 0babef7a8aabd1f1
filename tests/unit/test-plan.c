/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vGPU types on the command line: what a refusal writes is what 'vgpu-gate device make' reads. */
#include "placement/plan.h"

#include <string.h>

static void
add_type (VgateHost *host, guint pgpu, guint32 id, const char *name)
{
    VgateHostType *type = vgate_host_type_new ();

    while (host->pgpus->len <= pgpu)
        g_ptr_array_add (host->pgpus, vgate_pgpu_new ());
    type->id = id;
    type->name = g_strdup (name);
    g_ptr_array_add (((VgatePgpu *)g_ptr_array_index (host->pgpus, pgpu))->types, type);
}

static VgateHost *
new_host (void)
{
    VgateHost *host = vgate_host_new ();

    add_type (host, 0, 1120, "NVIDIA H100XM-20C");
    add_type (host, 0, 1121, "NVIDIA H100XM-40C");
    add_type (host, 1, 1120, "NVIDIA H100XM-20C");
    add_type (host, 1, 1200, "NVIDIA A100-2C");
    add_type (host, 1, 1201, "GRID A100-2C");
    add_type (host, 1, 1202, "NVIDIA RTX6000-Ada-48Q");
    add_type (host, 1, 1203, "NVIDIA of another kind");
    add_type (host, 1, 1204, "NVIDIA -x");
    return host;
}

static void
test_find (void)
{
    static const struct {
        const char *text;
        guint32 id; /* 0: none is found */
    } cases[] = {
        {"NVIDIA H100XM-20C", 1120},
        {"H100XM-20C", 1120},
        {"nvidia-1120", 1120},
        {"nvidia-1121", 1121},
        {"RTX6000-Ada-48Q", 1202},
        /* either could be meant, unless the brand is written */
        {"A100-2C", 0},
        {"NVIDIA A100-2C", 1200},
        {"GRID A100-2C", 1201},
        {"", 0},
        {"H100XM-20", 0},
        {"h100xm-20c", 0},
        {"GRID H100XM-20C", 0},
        {"1120", 0},
        {"nvidia-9", 0},
        {"NVIDIA ", 0},
    };
    g_autoptr (VgateHost) host = new_host ();

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        const VgateHostType *found = vgate_plan_find_type (host, cases[i].text);

        if ((found ? found->id : 0) != cases[i].id)
            g_error ("'%s' is type %u, not %u", cases[i].text, found ? found->id : 0, cases[i].id);
    }
}

/* Every type that is written is found again; a word needs no quotes in a shell. */
static void
test_write (void)
{
    g_autoptr (VgateHost) host = new_host ();

    for (guint i = 0; i < host->pgpus->len; i++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, i);

        for (guint k = 0; k < pgpu->types->len; k++) {
            const VgateHostType *type = g_ptr_array_index (pgpu->types, k);
            g_autofree char *word = vgate_plan_write_type (type->id, type->name);
            const VgateHostType *found = vgate_plan_find_type (host, word);

            g_assert_null (strpbrk (word, " '\"$\\"));
            g_assert_cmpint (*word, !=, '-');
            /* a name that two brands have is not decided, and then nothing is created */
            if (g_str_has_suffix (type->name, "A100-2C"))
                g_assert_null (found);
            else
                g_assert_cmpuint (found->id, ==, type->id);
        }
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/plan/find-type", test_find);
    g_test_add_func ("/plan/write-type", test_write);
    return g_test_run ();
}
