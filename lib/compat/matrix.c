/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vgpu-gate/growth.h"

#define STATES_PACKED 0x0fu
#define LIMITS_PACKED (VGATE_LIMIT_HOST_DRIVER | VGATE_LIMIT_GUEST_DRIVER | VGATE_LIMIT_GPU)
#define LIMITS_SHIFT  4
#define OTHER_PACKED  0x80u

/* The four packed answers of the rule. Tests compare them with vgate_compat_answer (). */
#define HOST_DRIVER_REFUSES (VGATE_LIMIT_HOST_DRIVER << LIMITS_SHIFT)
#define NOT_MIGRATABLE      ((VGATE_LIMIT_HOST_DRIVER | VGATE_LIMIT_GPU) << LIMITS_SHIFT)
#define GPU_DIFFERS         (VGATE_LIMIT_GPU << LIMITS_SHIFT)
#define COMPATIBLE          (VGATE_STATE_COLD | VGATE_STATE_LIVE)

/* The faults of one side. A pair has the faults of both sides, and FAULT_TOO_OLD takes precedence. */
#define FAULT_NOT_MIGRATABLE 1u
#define FAULT_TOO_OLD        2u

/* All pGPUs, with an array for each field, so that the compiler can vectorise the inner loop. */
typedef struct {
    gsize n;
    guint32 *min;
    guint32 *span; /* version - min <= span checks both ends of the range */
    guint32 *string;
    guint32 *fault;
} Columns;

VgatePackedAnswer
vgate_answer_pack (VgateAnswer answer)
{
    return (VgatePackedAnswer)((answer.states & STATES_PACKED) |
                               (answer.limit & LIMITS_PACKED) << LIMITS_SHIFT |
                               (answer.limit & VGATE_LIMIT_OTHER ? OTHER_PACKED : 0));
}

VgateAnswer
vgate_answer_unpack (VgatePackedAnswer packed)
{
    return (VgateAnswer){
        .states = packed & STATES_PACKED,
        .limit = ((guint32)packed >> LIMITS_SHIFT & LIMITS_PACKED) |
                 (packed & OTHER_PACKED ? VGATE_LIMIT_OTHER : 0),
    };
}

/* The rule's answer for a side and a partner without fault tells the fault of that side. */
static guint32
fault_of (VgateAnswer answer)
{
    if (answer.limit == VGATE_LIMIT_HOST_DRIVER)
        return FAULT_TOO_OLD;
    return answer.limit & VGATE_LIMIT_HOST_DRIVER ? FAULT_NOT_MIGRATABLE : 0;
}

static guint32
fault_of_vgpu (const VgateVgpuRecord *vgpu)
{
    const VgatePgpuRecord partner = {
        .size = sizeof (VgatePgpuRecord),
        .version = vgpu->version,
        .capabilities = VGATE_CAPABILITY_MIGRATION,
        .range = {0, G_MAXUINT32},
    };

    return fault_of (vgate_compat_answer (vgpu, &partner));
}

static guint32
fault_of_pgpu (const VgatePgpuRecord *pgpu)
{
    const VgateVgpuRecord partner = {
        .size = sizeof (VgateVgpuRecord),
        .version = pgpu->version,
        .capabilities = VGATE_CAPABILITY_MIGRATION,
        .guest_version = 0,
    };

    return fault_of (vgate_compat_answer (&partner, pgpu));
}

/* Maps equal strings to equal numbers. The table borrows the strings. */
static guint32
number_of (GHashTable *numbers, const char *string)
{
    gpointer number = g_hash_table_lookup (numbers, string);

    if (!number) {
        number = GUINT_TO_POINTER (g_hash_table_size (numbers) + 1);
        g_hash_table_insert (numbers, (gpointer)string, number);
    }
    return GPOINTER_TO_UINT (number);
}

static void
fill_column (const Columns *columns, gsize i, const VgatePgpuRecord *pgpu, GHashTable *numbers)
{
    const VgateVersionRange range = pgpu->range;
    /* an inverted range accepts only version 0, which every range accepts */
    const gboolean is_inverted = range.min > range.max;

    columns->min[i] = is_inverted ? 0 : range.min;
    columns->span[i] = is_inverted ? 0 : range.max - range.min;
    columns->string[i] = number_of (numbers, pgpu->gpu_string);
    columns->fault[i] = fault_of_pgpu (pgpu);
}

/* The rule for one vGPU on all pGPUs. The loop has no branches. */
static void
judge_row (const Columns *columns, const VgateVgpuRecord *vgpu, guint32 string,
           VgatePackedAnswer *restrict row)
{
    const guint32 *restrict min = columns->min, *restrict span = columns->span;
    const guint32 *restrict strings = columns->string, *restrict faults = columns->fault;
    const guint32 version = vgpu->guest_version;
    const guint32 any_version = version == 0 ? G_MAXUINT32 : 0;
    const guint32 own_fault = fault_of_vgpu (vgpu);

    for (gsize i = 0; i < columns->n; i++) {
        const guint32 fault = faults[i] | own_fault;
        guint32 answer = strings[i] == string ? COMPATIBLE : GPU_DIFFERS;

        answer = version - min[i] <= (span[i] | any_version) ? answer : HOST_DRIVER_REFUSES;
        answer = fault == 0 ? answer : NOT_MIGRATABLE;
        answer = fault < FAULT_TOO_OLD ? answer : HOST_DRIVER_REFUSES;
        row[i] = (VgatePackedAnswer)answer;
    }
}

/* The record at an index of an array, whose records have the caller's size. */
static gconstpointer
record_at (gconstpointer records, gsize size, gsize index)
{
    return (const char *)records + index * size;
}

void
vgate_compat_matrix (const VgateVgpuRecord *vgpus, gsize n_vgpus, const VgatePgpuRecord *pgpus, gsize n_pgpus,
                     VgatePackedAnswer *answers)
{
    g_autoptr (GHashTable) numbers = g_hash_table_new (g_str_hash, g_str_equal);
    g_autofree guint32 *cells = g_new (guint32, MAX (n_pgpus, 1) * 4);
    const Columns columns = {n_pgpus, cells, cells + n_pgpus, cells + 2 * n_pgpus, cells + 3 * n_pgpus};

    g_return_if_fail (n_vgpus == 0 || VGATE_GROWTH_HAS_SIZE (vgpus, VGATE_SIZE_VGPU_RECORD));
    g_return_if_fail (n_pgpus == 0 || VGATE_GROWTH_HAS_SIZE (pgpus, VGATE_SIZE_PGPU_RECORD));
    for (gsize i = 0; i < n_pgpus; i++)
        fill_column (&columns, i, record_at (pgpus, pgpus->size, i), numbers);
    for (gsize v = 0; v < n_vgpus; v++) {
        const VgateVgpuRecord *vgpu = record_at (vgpus, vgpus->size, v);

        judge_row (&columns, vgpu, number_of (numbers, vgpu->gpu_string), answers + v * n_pgpus);
    }
}
